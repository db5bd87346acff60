//! What a value is made of: a call, a member, an element, or other values that it is one of. So a type that is written somewhere is followed
//! to where a member of it is used.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::uses::MEMBER;
use crate::text::words;

/// A value, one step taken apart. All ranges are bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// Text, a number, a function: nothing that a definition of the workspace is the type of.
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
    /// One of these, or the same by another way of writing: `(a)`, `*a`, `a or b`, `await a`.
    Same(Vec<Range<usize>>),
    /// What holds these: a list, a tuple.
    Holds(Vec<Range<usize>>),
    /// Of the type in these bytes.
    Typed(Range<usize>),
    Unknown,
}

/// Words in the names of nodes, with what such a node is. The first that fits counts.
const KINDS: &[(&str, Form)] = &[
    ("subscript", Form::Element),
    ("index_expression", Form::Element),
    ("array_access", Form::Element),
    ("slice_expression", Form::Element),
    ("comprehension", Form::Unknown),
    ("array_creation", Form::Unknown),
    ("boolean_operator", Form::Same),
    ("conditional_expression", Form::Same),
    ("ternary", Form::Same),
    ("binary", Form::Same),
    ("parenthesized", Form::Same),
    ("await", Form::Same),
    ("try_expression", Form::Same),
    ("reference_expression", Form::Same),
    ("pointer_expression", Form::Same),
    ("unary", Form::Same),
    ("non_null", Form::Same),
    ("expression_list", Form::Same),
    ("named_expression", Form::Same),
    ("spread", Form::Same),
    ("argument_list", Form::Holds),
    ("arguments", Form::Holds),
    ("array", Form::Holds),
    ("tuple", Form::Holds),
    ("list", Form::Holds),
    ("string", Form::Literal),
    ("literal", Form::Literal),
    ("integer", Form::Literal),
    ("float", Form::Literal),
    ("number", Form::Literal),
    ("regex", Form::Literal),
];

#[derive(Clone, Copy)]
enum Form {
    Element,
    Same,
    Holds,
    Literal,
    Unknown,
}

/// Takes the value in these bytes apart. What no parser saw, as in a macro of Rust, is what its first word leads to.
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
    let kind = node.kind();
    if let (Some(function), Some(arguments)) = (field("function"), field("arguments")) {
        return call(parsed, function, arguments);
    }
    if let (Some(name), Some(arguments)) = (field("name"), field("arguments")) {
        return Made::Call { of: field("object").map(|of| of.byte_range()), name: name.byte_range(), arguments: named(arguments) };
    }
    if let Some(name) = field("macro") {
        return Made::Call { of: None, name: name.byte_range(), arguments: vec![] };
    }
    let made = field("constructor").or(field("type").filter(|_| !kind.ends_with("identifier")));
    if let Some(of) = made.or(field("name").filter(|_| kind == "struct_expression")) {
        return Made::Typed(of.byte_range());
    }
    if matches!(kind, "as_expression" | "satisfies_expression") {
        return node.named_child(1).map_or(Made::Unknown, |kind| Made::Typed(kind.byte_range()));
    }
    let children = named(node);
    if parsed.language().use_roles.get(usize::from(node.kind_id())).is_some_and(|role| role & MEMBER != 0) {
        return match (children.first(), children.last()) {
            (Some(of), Some(name)) if of != name => Made::Member { of: of.clone(), name: name.clone() },
            _ => Made::Unknown,
        };
    }
    let form = KINDS.iter().find(|(word, _)| kind.contains(word)).map(|(_, form)| *form);
    match form {
        Some(Form::Element) => children.first().map_or(Made::Unknown, |of| Made::Element(of.clone())),
        Some(Form::Same) => Made::Same(children),
        Some(Form::Holds) => Made::Holds(children),
        Some(Form::Literal) => Made::Literal,
        Some(Form::Unknown) => Made::Unknown,
        None if node.child_count() == 0 => Made::Name(node.byte_range()),
        None => Made::Unknown,
    }
}

fn call(parsed: &Parsed, function: Node<'_>, arguments: Node<'_>) -> Made {
    // `f::<T>(a)`, `f<T>(a)`.
    let inner = function.child_by_field_name("function").filter(|_| function.child_by_field_name("arguments").is_none());
    let function = inner.or(function.child_by_field_name("name").filter(|_| function.kind() == "template_function")).unwrap_or(function);
    let arguments = named(arguments);
    match of_node(parsed, function) {
        Made::Name(name) => Made::Call { of: None, name, arguments },
        Made::Member { of, name } => Made::Call { of: Some(of), name, arguments },
        // `(a or b)(c)`, a function out of a list.
        _ => Made::Unknown,
    }
}

/// The parts of a node that are no punctuation, comments or words like `mut`.
fn named(node: Node<'_>) -> Vec<Range<usize>> {
    let mut cursor = node.walk();
    let parts = node.named_children(&mut cursor).filter(|part| !part.kind().contains("comment") && part.kind() != "mutable_specifier");
    parts.map(|part| part.byte_range()).collect()
}
