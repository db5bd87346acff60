//! The children of a node, as visited by the walk.

use tree_sitter::{Node, TreeCursor};

/// The named children of a node, one after the other. Anonymous tokens mean nothing to the walk.
pub(super) struct Level<'tree> {
    parent: Node<'tree>,
    taken: u32,
    count: u32,
    /// For many children a cursor is faster than to look each up by its number.
    cursor: Option<TreeCursor<'tree>>,
}

/// From this number of children a cursor is used.
const MANY: u32 = 12;

impl<'tree> Level<'tree> {
    /// Uses one of the spare cursors if there is one.
    pub fn below(parent: Node<'tree>, spare: &mut Vec<TreeCursor<'tree>>) -> Option<Self> {
        let count = parent.named_child_count() as u32;
        let cursor = (count >= MANY).then(|| {
            let mut cursor = match spare.pop() {
                Some(mut cursor) => {
                    cursor.reset(parent);
                    cursor
                }
                None => parent.walk(),
            };
            cursor.goto_first_child();
            cursor
        });
        (count > 0).then_some(Self { parent, taken: 0, count, cursor })
    }

    /// Returns its cursor to the spare ones.
    pub fn end(self, spare: &mut Vec<TreeCursor<'tree>>) {
        spare.extend(self.cursor);
    }

    /// The next named child.
    pub fn next(&mut self) -> Option<Node<'tree>> {
        if self.taken == self.count {
            return None;
        }
        self.taken += 1;
        let Some(cursor) = &mut self.cursor else { return self.parent.named_child(self.taken - 1) };
        loop {
            let node = cursor.node();
            let is_last = node.is_named() && self.taken == self.count;
            let moved = !is_last && cursor.goto_next_sibling();
            if node.is_named() {
                return Some(node);
            }
            if !moved {
                return None;
            }
        }
    }
}
