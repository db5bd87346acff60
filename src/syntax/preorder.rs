//! The nodes of a tree, parents first. Uses a cursor instead of recursion: a text may nest deeper than any stack.

use tree_sitter::{Node, TreeCursor};

use super::Parsed;

/// The nodes of a text in preorder. After each node `goes_into` decides whether to visit its children.
pub(super) struct Preorder<'tree, F> {
    cursor: TreeCursor<'tree>,
    /// From the root to the node returned last; empty at the end.
    path: Vec<Node<'tree>>,
    has_begun: bool,
    goes_into: F,
}

impl Parsed {
    /// All nodes, except those below one that is not entered.
    pub(super) fn preorder<'tree, F: FnMut(Node<'tree>) -> bool>(&'tree self, goes_into: F) -> Preorder<'tree, F> {
        Preorder::of(self.root(), goes_into)
    }
}

impl<'tree, F> Preorder<'tree, F> {
    /// The nodes of the tree with this root.
    pub fn of(root: Node<'tree>, goes_into: F) -> Self {
        Self { cursor: root.walk(), path: vec![root], has_begun: false, goes_into }
    }

    /// The path from the root to the node returned last.
    pub fn path(&self) -> &[Node<'tree>] {
        &self.path
    }
}

impl<'tree, F: FnMut(Node<'tree>) -> bool> Iterator for Preorder<'tree, F> {
    type Item = Node<'tree>;

    fn next(&mut self) -> Option<Node<'tree>> {
        let here = *self.path.last()?;
        if !std::mem::replace(&mut self.has_begun, true) {
            return Some(here);
        }
        if (self.goes_into)(here) && self.cursor.goto_first_child() {
            self.path.push(self.cursor.node());
            return self.path.last().copied();
        }
        loop {
            self.path.pop();
            if self.cursor.goto_next_sibling() {
                self.path.push(self.cursor.node());
                return self.path.last().copied();
            }
            if !self.cursor.goto_parent() {
                return None;
            }
        }
    }
}
