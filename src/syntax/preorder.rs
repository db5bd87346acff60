//! The nodes of a tree, each before what stands in it. By a cursor: a text may nest deeper than any stack.

use tree_sitter::{Node, TreeCursor};

use super::Parsed;

/// The nodes of a text in their order; of each it is asked, once it has been seen, whether to go into it.
pub(super) struct Preorder<'tree, F> {
    cursor: TreeCursor<'tree>,
    /// From the root to the node that was given last; empty behind the last one.
    path: Vec<Node<'tree>>,
    has_begun: bool,
    goes_into: F,
}

impl Parsed {
    /// All nodes but those below one that is not gone into.
    pub(super) fn preorder<'tree, F: FnMut(Node<'tree>) -> bool>(&'tree self, goes_into: F) -> Preorder<'tree, F> {
        Preorder { cursor: self.root().walk(), path: vec![self.root()], has_begun: false, goes_into }
    }
}

impl<'tree, F> Preorder<'tree, F> {
    /// The way to the node that was given last, that node included.
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
