//! What a grammar cannot read. The shape of a place that does not parse lets us recognise the same construct elsewhere, where it is known
//! to be right: a macro that loops looks the same everywhere.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::preorder::Preorder;
use super::scope::{COMMENT, STRING};
use super::uses::role;
use crate::text::lines::line_start;
use crate::text::words;

/// The longest broken place, in bytes, that has a shape. A longer one is broken by something else, far above.
const MAX_SHAPE_BYTES: usize = 400;
/// Maximum nodes of a broken place that are compared.
const MAX_COMPARED_NODES: usize = 12;

/// A place that does not parse.
pub struct Gap {
    pub range: Range<usize>,
    /// None if the place is too large or too bare to be recognised.
    pub shape: Option<Shape>,
}

/// What a broken place looks like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The kind of the node: which one is missing, or an error.
    kind: String,
    parent: String,
    /// Kinds of the nodes inside, or next to the place where something is missing.
    nodes: Vec<String>,
    /// The first word of its line: a keyword, or the name of a macro.
    pub word: String,
}

impl Parsed {
    /// All places that do not parse, in order.
    pub fn gaps(&self) -> Vec<Gap> {
        self.broken().map(|node| Gap { range: node.byte_range(), shape: self.shape(node) }).collect()
    }

    fn shape(&self, node: Node<'_>) -> Option<Shape> {
        if node.byte_range().len() > MAX_SHAPE_BYTES {
            return None;
        }
        let parent = node.parent()?;
        let nodes = if node.is_missing() {
            let beside = [node.prev_sibling(), node.next_sibling(), parent.next_sibling()];
            beside.into_iter().map(|node| node.map_or(String::new(), |node| node.kind().into())).collect()
        } else {
            let mut cursor = node.walk();
            node.children(&mut cursor).take(MAX_COMPARED_NODES).map(|child| child.kind().into()).collect()
        };
        let text = self.text();
        // A missing node belongs after the text before it.
        let at = if node.is_missing() { text[..node.start_byte()].trim_end().len() } else { node.start_byte() };
        let line = text[line_start(text, at)..].lines().next().unwrap_or_default();
        let word = words::all(line).next()?.to_string();
        Some(Shape { kind: node.kind().into(), parent: parent.kind().into(), nodes, word })
    }
}

const BRACKETS: [(u8, u8); 3] = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
/// The longest token, in bytes, that contains a bracket: `#[`, `${`, `[[`.
const TOKEN: usize = 2;

/// How many brackets of each kind a text leaves open, not counting those in strings and comments. Text that leaves one open is half of
/// something, whatever the grammar makes of it.
pub fn open_brackets(parsed: &Parsed) -> [i64; 3] {
    let (text, roles) = (parsed.text().as_bytes(), &parsed.language().scope_roles);
    let is_code = |node: &Node<'_>| role(roles, *node) & (COMMENT | STRING) == 0;
    let is_token = |node: &Node<'_>| node.child_count() == 0 && (node.is_error() || node.byte_range().len() <= TOKEN);
    let mut open = [0; 3];
    for node in Preorder::of(parsed.own_root(), |node: Node<'_>| is_code(&node)).filter(is_code).filter(is_token) {
        for byte in &text[node.byte_range()] {
            let change = |(opens, closes): &(u8, u8)| i64::from(byte == opens) - i64::from(byte == closes);
            open.iter_mut().zip(&BRACKETS).for_each(|(open, pair)| *open += change(pair));
        }
    }
    open
}
