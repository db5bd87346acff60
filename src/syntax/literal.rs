//! String literals of several lines: what their later lines hold is theirs, to the byte, and not the layout of the code.

use std::ops::Range;

use super::Parsed;
use super::place::is;
use super::scope::STRING;

/// A string literal that ends on another line than it begins.
pub struct Literal {
    pub range: Range<usize>,
    /// It is a statement of its own, as docstrings are: what it holds is laid out with the code.
    pub alone: bool,
}

/// The literals of several lines in a text, in order. What they interpolate belongs to them.
pub fn over_lines(parsed: &Parsed) -> Vec<Literal> {
    let (text, language) = (parsed.text(), parsed.language());
    let mut cursor = parsed.root().walk();
    let (mut found, mut around) = (vec![], vec![]);
    loop {
        let node = cursor.node();
        let role = language.scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
        let literal = role & STRING != 0;
        if literal && text.get(node.byte_range()).is_some_and(|inside| inside.contains('\n')) {
            let alone = language.indented && around.last().is_some_and(|statement| is(parsed, "alone", *statement));
            found.push(Literal { range: node.byte_range(), alone });
        }
        if !literal && cursor.goto_first_child() {
            around.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
            around.pop();
        }
    }
}
