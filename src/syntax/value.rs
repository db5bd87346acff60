//! Takes a value apart: a call, a member, an element, or one of several values. This finds the type of a member's owner, wherever it is
//! written.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::pattern::Pattern;
use super::place::is;
use super::scope::COMMENT;
use super::uses::{MEMBER, role};
use crate::text::words;

/// One step of taking a value apart. Ranges are bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// Text, a number, a function: no type of the workspace.
    Literal,
    Name(Range<usize>),
    Member {
        of: Range<usize>,
        name: Range<usize>,
    },
    Call {
        of: Option<Range<usize>>,
        name: Range<usize>,
        arguments: Vec<Range<usize>>,
    },
    /// `a[1]`.
    Element(Range<usize>),
    /// One of these, or an equivalent: `(a)`, `*a`, `a or b`, `await a`.
    Same(Vec<Range<usize>>),
    /// A list or tuple of these.
    Holds(Vec<Range<usize>>),
    /// A value of the type written in these bytes.
    Typed(Range<usize>),
    Unknown,
}

/// Takes the value in these bytes apart. Text that is not parsed, such as in a Rust macro, is judged by its first word.
pub fn made(parsed: &Parsed, range: &Range<usize>) -> Made {
    let Some(node) = parsed.root().descendant_for_byte_range(range.start, range.end) else { return Made::Unknown };
    if node.byte_range() == *range {
        return of_node(parsed, node);
    }
    let text = parsed.text().get(range.clone()).unwrap_or_default();
    let word = words::first(text).len();
    match &text[word..] {
        rest if word == 0 || rest.starts_with("::") || rest.starts_with('(') => Made::Unknown,
        "" => Made::Name(range.clone()),
        rest if rest.starts_with('[') && !rest.contains('.') => Made::Element(range.start..range.start + word),
        rest if rest.ends_with([')', ']']) => {
            let of = Some(range.start..range.start + word);
            let open = rest.rfind(['(', '[']).unwrap_or(0);
            let start = open - words::last(&rest[..open]).len();
            let name = range.start + word + start..range.start + word + open;
            Made::Call { of, name, arguments: vec![] }
        }
        rest => {
            let start = rest.len() - words::last(rest).len();
            Made::Member { of: range.start..range.start + word, name: range.start + word + start..range.end }
        }
    }
}

fn of_node(parsed: &Parsed, node: Node<'_>) -> Made {
    let field = |name: &str| node.child_by_field_name(name);
    if let (Some(function), Some(arguments)) = (field("function"), field("arguments")) {
        return call(parsed, function, arguments);
    }
    if let (Some(name), Some(arguments)) = (field("name"), field("arguments")) {
        return Made::Call { of: field("object").map(|of| of.byte_range()), name: name.byte_range(), arguments: parts(parsed, arguments) };
    }
    if let Some(name) = field("macro") {
        return Made::Call { of: None, name: name.byte_range(), arguments: vec![] };
    }
    if let Some(of) = field("constructor").or(field("type").filter(|_| !node.kind().ends_with("identifier"))) {
        return Made::Typed(of.byte_range());
    }
    let language = parsed.language();
    let children = parts(parsed, node);
    if role(&language.use_roles, node) & MEMBER != 0 {
        return match (children.first(), children.last()) {
            (Some(of), Some(name)) if of != name => Made::Member { of: of.clone(), name: name.clone() },
            _ => Made::Unknown,
        };
    }
    let mut tagged = language.scope.at(node.kind_id()).filter_map(|pattern| Some((pattern.tag.strip_prefix("made.")?, pattern)));
    match tagged.next() {
        Some(("element", _)) => children.first().map_or(Made::Unknown, |of| Made::Element(of.clone())),
        Some(("same", _)) => Made::Same(children),
        Some(("holds", _)) => Made::Holds(children),
        Some(("literal", _)) => Made::Literal,
        Some(("typed", pattern)) => typed(parsed, node, pattern).map_or(Made::Unknown, Made::Typed),
        Some(_) => Made::Unknown,
        None if node.child_count() == 0 => Made::Name(node.byte_range()),
        None => Made::Unknown,
    }
}

/// The type of a value that names its type: the pattern's target, or the named child with the number that the pattern sets.
fn typed(parsed: &Parsed, node: Node<'_>, pattern: &Pattern) -> Option<Range<usize>> {
    let target = pattern.matches(node, parsed.text())?.get("target");
    let child = || node.named_child(pattern.setting("child")?.parse().ok()?);
    target.or_else(child).map(|kind| kind.byte_range())
}

fn call(parsed: &Parsed, function: Node<'_>, arguments: Node<'_>) -> Made {
    // `f::<T>(a)`, `f<T>(a)`.
    let inner = function.child_by_field_name("function").filter(|_| function.child_by_field_name("arguments").is_none());
    let generic = || target(parsed, "made.generic", function);
    let function = inner.or_else(generic).unwrap_or(function);
    let arguments = parts(parsed, arguments);
    match of_node(parsed, function) {
        Made::Name(name) => Made::Call { of: None, name, arguments },
        Made::Member { of, name } => Made::Call { of: Some(of), name, arguments },
        // `(a or b)(c)`, a function from a list.
        _ => Made::Unknown,
    }
}

/// The parts of a node, without punctuation, comments and words like `mut`.
fn parts(parsed: &Parsed, node: Node<'_>) -> Vec<Range<usize>> {
    let mut cursor = node.walk();
    let is_part = |part: &Node<'_>| role(&parsed.language().scope_roles, *part) & COMMENT == 0 && !is(parsed, "made.word", *part);
    node.named_children(&mut cursor).filter(is_part).map(|part| part.byte_range()).collect()
}

/// The node that a pattern with this tag captures as its target.
fn target<'tree>(parsed: &Parsed, tag: &str, node: Node<'tree>) -> Option<Node<'tree>> {
    let mut patterns = parsed.language().scope.at(node.kind_id()).filter(|pattern| pattern.tag == tag);
    patterns.find_map(|pattern| pattern.matches(node, parsed.text())?.get("target"))
}
