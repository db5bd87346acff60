//! What does not parse, what has no body, and which node a place belongs to: to tell whether an edit does harm.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::place::is;
use super::preorder::Preorder;
use super::scope::{BLOCK, leaf_at, path_to};
use super::uses::role;

/// A node that a place belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub start: usize,
    /// It is an error node.
    pub broken: bool,
    /// It only groups other nodes: a block, a list, a file.
    pub holds: bool,
}

impl Parsed {
    /// The byte ranges that do not parse; an empty range if something is missing.
    pub fn faults(&self) -> Vec<Range<usize>> {
        self.broken().map(|node| node.byte_range()).collect()
    }

    /// The outermost error and missing nodes.
    pub(super) fn broken(&self) -> impl Iterator<Item = Node<'_>> {
        let is_broken = |node: &Node<'_>| node.is_error() || node.is_missing();
        Preorder::of(self.own_root(), move |node: Node<'_>| !is_broken(&node) && node.has_error()).filter(is_broken)
    }

    /// Whether a statement that begins in these bytes lacks its body, or a `try` its handlers. Grammars of indented languages accept both.
    pub fn is_hollow(&self, within: &Range<usize>) -> bool {
        let touches = |node: Node<'_>| node.start_byte() < within.end && node.end_byte() >= within.start;
        self.language().indented && self.preorder(touches).any(|node| within.contains(&node.start_byte()) && is_hollow(self, node))
    }

    /// The parent of the largest node that begins at an offset.
    pub fn owner(&self, offset: usize) -> Option<Owner> {
        let path = path_to(self, leaf_at(self, offset));
        let first = path.iter().position(|node| node.start_byte() >= offset)?;
        let around = path.get(first.checked_sub(1)?)?;
        let holds = first == 1 || ["block", "list", "body"].iter().any(|part| around.kind().contains(part));
        Some(Owner { start: around.start_byte(), broken: around.is_error(), holds })
    }
}

fn is_hollow(parsed: &Parsed, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let mut children = node.named_children(&mut cursor);
    if is(parsed, "tries", node) {
        return !children.any(|child| is(parsed, "handles", child));
    }
    let roles = &parsed.language().scope_roles;
    children.any(|child| role(roles, child) & BLOCK != 0 && child.byte_range().is_empty())
}
