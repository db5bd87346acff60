//! What fills the lines around some lines: a statement, an item, a list. A model that returns such a thing whole may have been asked for
//! only a part of it.

use std::ops::Range;

use tree_sitter::Node;

use super::parse::Parsed;
use super::scope::path_to;
use crate::text::lines::{line_end, line_start};

/// What may follow a node on its last line.
const ENDS: &[char] = &[';', ',', ' ', '\t', '\r'];

/// A node, or several of the same extent, with lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its lines, without the last line break.
    pub lines: Range<usize>,
    /// The grammar's ids of the kinds of nodes that fill these lines.
    pub kinds: Vec<u16>,
}

/// Everything that fills the lines around these and is less than the file, innermost first. What fills exactly these lines is left out.
pub fn around(parsed: &Parsed, lines: &Range<usize>) -> Vec<Whole> {
    let text = parsed.text();
    let Some(inside) = inked(text, lines) else { return vec![] };
    let Some(leaf) = parsed.root().descendant_for_byte_range(inside.start, inside.end) else { return vec![] };
    let mut found: Vec<Whole> = vec![];
    for node in path_to(parsed, leaf).iter().skip(1).rev() {
        let Some(filled) = filled(text, node) else { continue };
        match found.last_mut() {
            Some(last) if last.lines == filled => last.kinds.push(node.kind_id()),
            _ => found.push(Whole { lines: filled, kinds: vec![node.kind_id()] }),
        }
    }
    found.retain(|whole| whole.lines != *lines);
    found
}

/// The kinds of the nodes that fill exactly these lines.
pub fn kinds(parsed: &Parsed, lines: &Range<usize>) -> Vec<u16> {
    let text = parsed.text();
    let Some(inside) = inked(text, lines) else { return vec![] };
    let end = inside.start + text[inside.clone()].trim_end_matches(ENDS).len();
    let Some(leaf) = parsed.root().descendant_for_byte_range(inside.start, end) else { return vec![] };
    let fills = |node: &&Node<'_>| node.start_byte() == inside.start && (end..=inside.end).contains(&node.end_byte());
    path_to(parsed, leaf).iter().skip(1).filter(fills).map(Node::kind_id).collect()
}

/// Lines without white space at both ends; none if nothing is left.
fn inked(text: &str, lines: &Range<usize>) -> Option<Range<usize>> {
    let inside = &text[lines.clone()];
    let start = lines.start + (inside.len() - inside.trim_start().len());
    let end = start + inside.trim().len();
    (start < end).then_some(start..end)
}

/// The lines of a node, if they contain nothing else.
fn filled(text: &str, node: &Node<'_>) -> Option<Range<usize>> {
    let (start, end) = (line_start(text, node.start_byte()), line_end(text, node.end_byte()));
    let alone = text[start..node.start_byte()].trim().is_empty() && text[node.end_byte()..end].trim_end_matches(ENDS).is_empty();
    let end = start + text[start..end].trim_end_matches('\r').len();
    alone.then_some(start..end)
}
