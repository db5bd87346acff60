//! Whether a use of a name is a call, a declaration or a plain value; and how many arguments are between brackets.

use std::ops::Range;

use tree_sitter::Node;

use super::{TOKENS, role};
use crate::syntax::Parsed;
use crate::syntax::place::is;
use crate::syntax::scope::{self, BLOCK, COMMENT};

/// How a name is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// A call: the name with its arguments, up to the closing bracket.
    Call(Range<usize>),
    /// A declaration without a body, with the bytes of that statement.
    Declared(Range<usize>),
    /// Defined, imported or exported: no arguments needed.
    Named,
    /// Passed around as a value, or called in a way that is not understood.
    Value,
}

/// How the name at this range is used.
pub fn use_of(parsed: &Parsed, name: &Range<usize>) -> Use {
    let Some(leaf) = parsed.root().descendant_for_byte_range(name.start, name.end) else { return Use::Value };
    let path = scope::path_to(parsed, leaf);
    let of_call = called(parsed, name, &path).map(Use::Call);
    of_call.or_else(|| declared(parsed, name, &path)).unwrap_or(if is_named(parsed, name, &path) { Use::Named } else { Use::Value })
}

/// Whether a list in brackets follows the name; type arguments may come between.
fn joins(parsed: &Parsed, name: &Range<usize>, list: Node<'_>) -> bool {
    let text = parsed.text();
    let between = text.get(name.end..list.start_byte()).map(str::trim);
    let leads = |between: &str| between.is_empty() || between == "?." || between.starts_with(['<', '[']) || between.starts_with("::<");
    text.as_bytes().get(list.start_byte()) == Some(&b'(') && between.is_some_and(leads)
}

/// The name with its arguments, if it is called.
fn called(parsed: &Parsed, name: &Range<usize>, path: &[Node<'_>]) -> Option<Range<usize>> {
    path.windows(2).rev().find_map(|pair| {
        let arguments = pair[0].child_by_field_name("arguments").filter(|arguments| joins(parsed, name, *arguments));
        // Inside a macro the arguments are just tokens after the name.
        let is_given = |next: &Node<'_>| role(&parsed.language().use_roles, *next) & TOKENS != 0 && joins(parsed, name, *next);
        let tokens = || pair[1].next_sibling().filter(|next| pair[1].byte_range() == *name && is_given(next));
        arguments.or_else(tokens).map(|arguments| name.start..arguments.end_byte())
    })
}

/// What a name before parameters is: a definition if there is a body, else a declaration.
fn declared(parsed: &Parsed, name: &Range<usize>, path: &[Node<'_>]) -> Option<Use> {
    // An include guard surrounds the whole header.
    let ends = |node: &Node<'_>| role(&parsed.language().scope_roles, *node) & BLOCK != 0 || is(parsed, "condition", *node);
    let block = path.iter().rposition(ends).unwrap_or(0);
    let declares = |node: &Node<'_>| node.child_by_field_name("parameters").is_some_and(|list| joins(parsed, name, list));
    let owner = path.iter().rposition(declares).filter(|owner| *owner > block)?;
    let around = &path[block + 1..=owner];
    let has_body = around.iter().any(|node| node.child_by_field_name("body").is_some());
    Some(if has_body { Use::Named } else { Use::Declared(around[0].byte_range()) })
}

/// Whether a name is defined, imported or exported at its place.
fn is_named(parsed: &Parsed, name: &Range<usize>, path: &[Node<'_>]) -> bool {
    let (text, tags) = (parsed.text(), &parsed.language().tags);
    let imports = |node: &Node<'_>| {
        tags.at(node.kind_id()).any(|pattern| pattern.tag.starts_with("import") && pattern.matches(*node, text).is_some())
    };
    let defines = |node: &Node<'_>| {
        let definitions = tags.at(node.kind_id()).filter(|pattern| pattern.tag.starts_with("definition."));
        let mut names = definitions.filter_map(|pattern| pattern.matches(*node, text)?.get("name"));
        names.any(|defined| defined.byte_range() == *name)
    };
    path.iter().any(|node| imports(node) || is(parsed, "exported", *node) || defines(node))
}

/// The number of parameters or arguments in the brackets that open at a place, and whether there may be more.
pub fn between_brackets(parsed: &Parsed, opening: usize) -> Option<(usize, bool)> {
    let leaf = parsed.root().descendant_for_byte_range(opening, opening + 1).filter(|leaf| leaf.byte_range() == (opening..opening + 1))?;
    let path = scope::path_to(parsed, leaf);
    let list = path.get(path.len().checked_sub(2)?)?;
    let mut cursor = list.walk();
    let is_part = |node: &Node<'_>| role(&parsed.language().scope_roles, *node) & COMMENT == 0;
    let count = list.named_children(&mut cursor).filter(is_part).count();
    Some((count, parsed.text()[list.byte_range()].contains("...")))
}
