//! What binds a name at its place, and the type that is written next to it.

use std::ops::Range;

use tree_sitter::Node;

use super::{REFUTABLE, Way, role};
use crate::syntax::Parsed;
use crate::syntax::scope::{self, BINDING, BLOCK, EXPRESSION};

/// Whether the grammar reads a word as a name, not as a keyword.
pub fn is_identifier(parsed: &Parsed, range: &Range<usize>) -> bool {
    parsed.root().descendant_for_byte_range(range.start, range.end).is_some_and(|leaf| leaf.is_named())
}

/// Whether a word belongs to the language and is not a name given by a text: `self` in Rust, `this`.
pub fn is_own_word(parsed: &Parsed, range: &Range<usize>) -> bool {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end);
    leaf.is_some_and(|leaf| leaf.byte_range() == *range && !parsed.language().is_name(leaf.kind_id()))
}

/// The type written where the fields around a name are destructured or built: `Options` in `const o: Options = { name: 1 }`.
pub fn annotation(parsed: &Parsed, range: &Range<usize>) -> Option<Range<usize>> {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end)?;
    let (mut braces, mut last) = (0, None);
    for node in scope::path_to(parsed, leaf).into_iter().rev() {
        // A pattern and the parameter around it begin at the same byte.
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

/// What binds a name at its place.
pub(in crate::syntax) fn binding(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Option<Range<usize>> {
    binding_at(parsed, range, way).map(|at| way[at].0.byte_range())
}

/// The same as an index into the path: that leads up to a binding by the fields of what is bound, not of types or values.
pub(super) fn binding_at(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Option<usize> {
    const BOUND: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "parameters"];
    way.last().filter(|(leaf, _)| leaf.byte_range() == *range && leaf.is_named())?;
    let roles = |node| (role(&parsed.language().scope_roles, node), role(&parsed.language().use_roles, node));
    for (at, pair) in way.windows(2).enumerate().rev() {
        let [(parent, _), (_, field)] = pair else { return None };
        let (scope, used) = roles(*parent);
        let named = if scope & BINDING != 0 { bound_name(parsed, *parent) } else { Bound::Any };
        if let Bound::One(name) = &named
            && name.start <= range.start
            && range.end <= name.end
        {
            return Some(at);
        }
        if field.is_some_and(|field| !BOUND.contains(&field)) {
            return None;
        }
        if scope & (BINDING | EXPRESSION) != 0 {
            let constant = used & REFUTABLE != 0 && parsed.text()[range.clone()].starts_with(char::is_uppercase);
            return (scope & BINDING != 0 && named == Bound::Any && !constant).then_some(at);
        }
    }
    None
}

/// What a node binds among the names in it.
#[derive(PartialEq)]
enum Bound {
    /// Whatever its fields lead to.
    Any,
    /// The name at this range.
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
