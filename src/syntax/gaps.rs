//! What a grammar cannot read: the shape of a place that does not parse, by which the same construct is known again where nobody doubts
//! that it is right. A macro that loops looks the same wherever it stands.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::scope::{COMMENT, STRING};
use super::uses::role;
use crate::text::lines::line_start;
use crate::text::words;

/// Bytes up to which a broken place has a shape: what is broken from far above is broken in some other way.
const SMALL: usize = 400;
/// Nodes in a broken place that are compared.
const COMPARED: usize = 12;

/// A place that does not parse.
pub struct Gap {
    pub range: Range<usize>,
    /// None of one that is too large, or too bare, to be known again.
    pub shape: Option<Shape>,
}

/// What a broken place looks like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// What is missing, or that something is too much.
    kind: String,
    parent: String,
    /// What stands in it, or where something is missing, beside it.
    nodes: Vec<String>,
    /// The first word of its line: a keyword, or the name of a macro.
    pub word: String,
}

impl Parsed {
    /// The places that do not parse, in their order.
    pub fn gaps(&self) -> Vec<Gap> {
        self.broken().map(|node| Gap { range: node.byte_range(), shape: self.shape(node) }).collect()
    }

    fn shape(&self, node: Node<'_>) -> Option<Shape> {
        if node.byte_range().len() > SMALL {
            return None;
        }
        let parent = node.parent()?;
        let nodes = if node.is_missing() {
            let beside = [node.prev_sibling(), node.next_sibling(), parent.next_sibling()];
            beside.into_iter().map(|node| node.map_or(String::new(), |node| node.kind().into())).collect()
        } else {
            let mut cursor = node.walk();
            node.children(&mut cursor).take(COMPARED).map(|child| child.kind().into()).collect()
        };
        let text = self.text();
        // What is missing is missing behind something.
        let at = if node.is_missing() { text[..node.start_byte()].trim_end().len() } else { node.start_byte() };
        let line = text[line_start(text, at)..].lines().next().unwrap_or_default();
        let word = words::all(line).next()?.to_string();
        Some(Shape { kind: node.kind().into(), parent: parent.kind().into(), nodes, word })
    }
}

const BRACKETS: [(u8, u8); 3] = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
/// Bytes of the longest token that is a bracket, or holds one: `#[`, `${`, `[[`.
const TOKEN: usize = 2;

/// How many brackets of each kind a text leaves open, but for those in strings and comments. What opens one and does not close it is half
/// of something, whatever the grammar makes of it.
pub fn open_brackets(parsed: &Parsed) -> [i64; 3] {
    let (text, roles) = (parsed.text().as_bytes(), &parsed.language().scope_roles);
    let is_code = |node: &Node<'_>| role(roles, *node) & (COMMENT | STRING) == 0;
    let is_token = |node: &Node<'_>| node.child_count() == 0 && (node.is_error() || node.byte_range().len() <= TOKEN);
    let mut open = [0; 3];
    for node in parsed.preorder(|node| is_code(&node)).filter(is_code).filter(is_token) {
        for byte in &text[node.byte_range()] {
            let change = |(opens, closes): &(u8, u8)| i64::from(byte == opens) - i64::from(byte == closes);
            open.iter_mut().zip(&BRACKETS).for_each(|(open, pair)| *open += change(pair));
        }
    }
    open
}
