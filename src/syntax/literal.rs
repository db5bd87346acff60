//! Multi-line string literals: their later lines are content, to the byte, and not layout of the code.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::place::is;
use super::scope::STRING;
use super::uses::role;
use crate::text::layout;

/// A string literal that ends on a later line than it begins.
pub struct Literal {
    pub range: Range<usize>,
    /// It is a statement of its own, like a docstring: its lines are indented with the code.
    pub alone: bool,
}

/// The multi-line literals in a text, in order, including interpolated parts.
pub fn over_lines(parsed: &Parsed) -> Vec<Literal> {
    let (text, language) = (parsed.text(), parsed.language());
    let is_literal = |node: Node<'_>| role(&language.scope_roles, node) & STRING != 0;
    // Most nodes are on one line, and nothing in those is looked for.
    let goes_on = |node: Node<'_>| node.start_position().row < node.end_position().row;
    let mut nodes = parsed.preorder(|node| goes_on(node) && !is_literal(node));
    let mut found = vec![];
    while let Some(node) = nodes.next() {
        if is_literal(node) && text.get(node.byte_range()).is_some_and(|inside| inside.contains('\n')) {
            let statement = nodes.path().iter().rev().nth(1);
            let alone = language.indented && statement.is_some_and(|statement| is(parsed, "alone", *statement));
            found.push(Literal { range: node.byte_range(), alone });
        }
    }
    found
}

impl Parsed {
    /// One level of indentation as used in the code: the content of multi-line strings is not layout.
    pub fn known_unit(&self) -> Option<String> {
        let (text, mut code, mut from) = (self.text(), String::new(), 0);
        for literal in over_lines(self).into_iter().filter(|literal| !literal.alone) {
            let tail = literal.range.start + text[literal.range.clone()].find('\n').unwrap_or(literal.range.len());
            code.push_str(&text[from..tail]);
            from = literal.range.end;
        }
        code.push_str(&text[from..]);
        layout::known_unit(&code)
    }

    /// The same, else as the language is usually written.
    pub fn indent_unit(&self) -> String {
        self.known_unit().unwrap_or_else(|| self.language().indent_unit(""))
    }
}
