//! The children of a node before and after an edit, from where they differ. Nodes may have thousands of children, so that a cursor goes
//! straight to those in question where the parser tells which they are.

use std::ops::Range;

use tree_sitter::{Node, TreeCursor};

/// Children of a node, in order.
pub(super) struct Side<'t> {
    parent: Node<'t>,
    pub children: Vec<Node<'t>>,
    /// Only those that end here or later, and up to the first that begins behind it.
    within: Option<Range<usize>>,
}

impl<'t> Side<'t> {
    pub fn new(parent: Node<'t>, within: Option<Range<usize>>) -> Self {
        let all = if within.is_none() { parent.child_count() as usize } else { 0 };
        let mut side = Self { parent, children: Vec::with_capacity(all), within };
        let Some(mut cursor) = side.first() else { return side };
        let end = side.within.as_ref().map_or(usize::MAX, |within| within.end);
        loop {
            let child = cursor.node();
            side.children.push(child);
            if child.start_byte() > end || !cursor.goto_next_sibling() {
                return side;
            }
        }
    }

    /// The first of the children.
    fn first(&self) -> Option<TreeCursor<'t>> {
        let mut cursor = self.parent.walk();
        let there = match self.within.as_ref().and_then(|within| within.start.checked_sub(1)) {
            Some(byte) => cursor.goto_first_child_for_byte(byte).is_some(),
            None => cursor.goto_first_child(),
        };
        there.then_some(cursor)
    }

    /// The children before these, from the last to the first.
    pub fn preceding(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let is_part = self.within.is_some();
        let (mut cursor, mut there) = match self.first() {
            Some(mut cursor) => {
                let there = is_part && cursor.goto_previous_sibling();
                (cursor, there)
            }
            None => {
                let mut cursor = self.parent.walk();
                let there = is_part && cursor.goto_last_child();
                (cursor, there)
            }
        };
        std::iter::from_fn(move || {
            let node = there.then(|| cursor.node())?;
            there = cursor.goto_previous_sibling();
            Some(node)
        })
    }

    /// The children behind these.
    pub fn following(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let mut cursor = self.first();
        let known = self.children.len();
        let mut is_new = false;
        std::iter::from_fn(move || {
            let cursor = cursor.as_mut()?;
            if !is_new {
                is_new = true;
                for _ in 1..known {
                    cursor.goto_next_sibling();
                }
            }
            cursor.goto_next_sibling().then(|| cursor.node())
        })
    }
}

/// The children of a node before and after, or those of them in question: the first `first` and the last `rest` are the same.
pub(super) struct Differing<'t> {
    pub old: Side<'t>,
    pub new: Side<'t>,
    pub first: usize,
    pub rest: usize,
}

impl<'t> Differing<'t> {
    /// The one child that differs, if it is one on both sides, and of one kind.
    pub fn pair(&self) -> Option<(Node<'t>, Node<'t>)> {
        let one = |side: &Side<'t>| (side.children.len() == self.first + self.rest + 1).then(|| side.children[self.first]);
        let (a, b) = (one(&self.old)?, one(&self.new)?);
        (a.kind_id() == b.kind_id() && a.child_count() > 0 && b.child_count() > 0).then_some((a, b))
    }

    pub fn begins_after(&self, old: usize, new: usize) -> bool {
        let after = |side: &Side<'t>, name: usize| side.children.get(self.first).is_none_or(|node| node.start_byte() >= name);
        after(&self.old, old) && after(&self.new, new)
    }

    pub fn ends_before(&self, old: usize, new: usize) -> bool {
        let before = |side: &Side<'t>, body: usize| {
            let differing = &side.children[self.first..side.children.len() - self.rest];
            differing.last().is_none_or(|node| node.end_byte() <= body)
        };
        before(&self.old, old) && before(&self.new, new)
    }

    /// Whether something with a name stands before what differs.
    pub fn has_named_before(&self) -> bool {
        let first = self.old.parent.named_child(0);
        let differing = self.old.children.get(self.first);
        first.is_some_and(|first| differing.is_none_or(|differing| first.start_byte() < differing.start_byte()))
    }
}
