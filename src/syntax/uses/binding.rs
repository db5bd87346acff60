//! What binds a name: in which functions it is a variable, the item that binds it at a place, and the type that is written beside it.

use std::ops::Range;

use tree_sitter::Node;

use super::{OUTER, REFUTABLE, Way, role, visit};
use crate::syntax::Parsed;
use crate::syntax::scope::{self, BINDING, BLOCK, EXPRESSION, Item};
use crate::text::words;

/// Whether a word is a name to the grammar, and no keyword.
pub fn is_identifier(parsed: &Parsed, range: &Range<usize>) -> bool {
    parsed.root().descendant_for_byte_range(range.start, range.end).is_some_and(|leaf| leaf.is_named())
}

/// Whether a word is one of the language and no name that a text gives: `self` in Rust, `this`.
pub fn is_own_word(parsed: &Parsed, range: &Range<usize>) -> bool {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end);
    leaf.is_some_and(|leaf| leaf.byte_range() == *range && !parsed.language().is_name(leaf.kind_id()))
}

/// The functions in which a name is a parameter or a variable, each once: there its uses are another thing than a definition of that name
/// elsewhere. Of functions in functions the outermost, since what is inside sees the variable too; one that is called so itself hides
/// nothing.
pub fn variables(parsed: &Parsed, name: &str) -> Vec<Item> {
    let mut functions: Vec<(Item, Range<usize>)> = vec![];
    let mut yielding: Vec<Range<usize>> = vec![];
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        let is_outer = way.iter().any(|(node, _)| role(&parsed.language().use_roles, *node) & OUTER != 0);
        if !is_outer && binding(parsed, &range, way).is_none() {
            return;
        }
        let mut callable = way.iter().filter_map(|(node, _)| scope::item(parsed, *node)).filter(|item| item.kind.is_callable());
        let Some(outermost) = callable.next() else { return };
        let innermost = callable.next_back().map_or(outermost.range.clone(), |innermost| innermost.range);
        if is_outer {
            yielding.push(innermost);
        } else if outermost.name != name {
            functions.push((outermost, innermost));
        }
    });
    // A function that says so binds the name of the file.
    functions.retain(|(_, innermost)| !yielding.contains(innermost));
    functions.dedup_by(|(later, _), (earlier, _)| later.range == earlier.range);
    functions.into_iter().map(|(function, _)| function).collect()
}

/// The item that binds a name which is used at a place: the function, or the type for its parameters. None where nothing around the place
/// does.
pub fn binder(parsed: &Parsed, name: &str, at: usize) -> Option<Item> {
    let function = variables(parsed, name).into_iter().find(|function| function.range.contains(&at));
    if function.is_some() {
        return function;
    }
    let mut found = None;
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        if found.is_some() || binding(parsed, &range, way).is_none() {
            return;
        }
        let items: Vec<Item> = way.iter().filter_map(|(node, _)| scope::item(parsed, *node)).collect();
        let is_free = !items.iter().any(|item| item.kind.is_callable());
        found = items.into_iter().next_back().filter(|item| is_free && item.range.contains(&at));
    });
    found
}

/// The type that is written where the fields around a name are given or taken: `Options` of `const o: Options = { name: 1 }`.
pub fn annotation(parsed: &Parsed, range: &Range<usize>) -> Option<Range<usize>> {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end)?;
    let (mut braces, mut last) = (0, None);
    for node in scope::path_to(parsed, leaf).into_iter().rev() {
        // A pattern and the parameter that it is begin with the same one.
        let opens = parsed.text()[node.start_byte()..].starts_with('{') && last.replace(node.start_byte()) != Some(node.start_byte());
        braces += usize::from(opens);
        let kind = node.child_by_field_name("type").map(|kind| kind.byte_range());
        if let Some(kind) = kind.filter(|kind| !kind.contains(&range.start)) {
            return (braces <= 1).then_some(kind);
        }
        if braces > 1 || role(&parsed.language().scope_roles, node) & BLOCK != 0 {
            return None;
        }
    }
    None
}

/// What binds a name where it stands: the way up leads to a binding by the fields of what is bound, not of types or values.
pub(in crate::syntax) fn binding(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Option<Range<usize>> {
    const BOUND: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "parameters"];
    way.last().filter(|(leaf, _)| leaf.byte_range() == *range && leaf.is_named())?;
    let roles = |node| (role(&parsed.language().scope_roles, node), role(&parsed.language().use_roles, node));
    for pair in way.windows(2).rev() {
        let [(parent, _), (_, field)] = pair else { return None };
        let (scope, used) = roles(*parent);
        let named = if scope & BINDING != 0 { bound_name(parsed, *parent) } else { Bound::Any };
        if let Bound::One(name) = &named
            && name.start <= range.start
            && range.end <= name.end
        {
            return Some(parent.byte_range());
        }
        if field.is_some_and(|field| !BOUND.contains(&field)) {
            return None;
        }
        if scope & (BINDING | EXPRESSION) != 0 {
            let constant = used & REFUTABLE != 0 && parsed.text()[range.clone()].starts_with(char::is_uppercase);
            return (scope & BINDING != 0 && named == Bound::Any && !constant).then(|| parent.byte_range());
        }
    }
    None
}

/// What a node binds of the names in it.
#[derive(PartialEq)]
enum Bound {
    /// What its fields lead to.
    Any,
    /// What stands here.
    One(Range<usize>),
    Nothing,
}

fn bound_name(parsed: &Parsed, node: Node<'_>) -> Bound {
    let mut bound = Bound::Nothing;
    for pattern in parsed.language().scope.at(node.kind_id()).filter(|pattern| pattern.tag == "binding") {
        let Some(captures) = pattern.matches(node, parsed.text()) else { continue };
        match captures.get("name") {
            Some(name) => return Bound::One(name.byte_range()),
            None => bound = Bound::Any,
        }
    }
    bound
}
