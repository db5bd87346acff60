//! The children of a node before and after an edit, and which of them differ. A node may have thousands of children. If the parser says
//! which ones to check, a cursor goes straight there. If it does not, all are visited, once per version, and their marks are kept for the
//! next one.

use std::cell::{Cell, OnceCell};
use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, TreeCursor};

/// What distinguishes nodes without looking inside.
#[derive(Clone, Copy, Debug)]
pub(in crate::syntax) struct Mark {
    pub id: usize,
    pub start: usize,
    pub end: usize,
    pub kind: u16,
    pub has_error: bool,
    pub descendants: usize,
}

impl Mark {
    /// The mark of a node.
    pub fn of(node: Node<'_>) -> Self {
        Self {
            id: node.id(),
            start: node.start_byte(),
            end: node.end_byte(),
            kind: node.kind_id(),
            has_error: node.has_error(),
            descendants: node.descendant_count(),
        }
    }
}

/// The marks of all children of some nodes in one tree, by the id of the node.
#[derive(Clone, Debug, Default)]
pub(in crate::syntax) struct Marks(Vec<(usize, Arc<[Mark]>)>);

/// Nodes with fewer children are simply visited again.
const MANY: usize = 32;
/// Up to this many children known by their marks are fetched one by one. Fetching one takes as long as visiting all before it.
const FEW: usize = 6;

/// The children of a node, in order.
pub(super) struct Side<'t> {
    parent: Node<'t>,
    /// The marks of all children, if this side is all of them.
    marks: Option<Arc<[Mark]>>,
    nodes: OnceCell<Vec<Node<'t>>>,
    looked_up: Cell<usize>,
    /// Only children that end here or later, up to the first one that begins after it.
    within: Option<Range<usize>>,
}

impl<'t> Side<'t> {
    /// The children within some bytes.
    pub fn within(parent: Node<'t>, bytes: Range<usize>, cursor: &mut Option<TreeCursor<'t>>) -> Self {
        let nodes = OnceCell::from(children(parent, Some(&bytes), cursor));
        Self { parent, marks: None, nodes, looked_up: Cell::new(0), within: Some(bytes) }
    }

    /// All children, by their marks if these are known.
    pub fn whole(parent: Node<'t>, known: Option<&Marks>, cursor: &mut Option<TreeCursor<'t>>) -> Self {
        let known = known.and_then(|marks| marks.0.iter().find(|(node, _)| *node == parent.id()));
        let (marks, nodes) = match known {
            Some((_, marks)) => (marks.clone(), OnceCell::new()),
            None => {
                let nodes = children(parent, None, cursor);
                (nodes.iter().copied().map(Mark::of).collect(), OnceCell::from(nodes))
            }
        };
        Self { parent, marks: Some(marks), nodes, looked_up: Cell::new(0), within: None }
    }

    /// Keeps the marks of all children, if there are many.
    pub fn keep(&self, kept: &mut Marks) {
        if let Some(marks) = self.marks.as_ref().filter(|marks| marks.len() >= MANY) {
            kept.0.push((self.parent.id(), marks.clone()));
        }
    }

    /// The number of children on this side.
    pub fn len(&self) -> usize {
        self.marks.as_ref().map_or_else(|| self.all().len(), |marks| marks.len())
    }

    /// Where a child begins and ends.
    fn bytes(&self, at: usize) -> Range<usize> {
        self.marks.as_ref().map_or_else(|| self.all()[at].byte_range(), |marks| marks[at].start..marks[at].end)
    }

    fn all(&self) -> &[Node<'t>] {
        self.nodes.get_or_init(|| children(self.parent, self.within.as_ref(), &mut None))
    }

    /// The child with this index.
    pub fn node(&self, at: usize) -> Node<'t> {
        if self.nodes.get().is_none() && self.looked_up.get() < FEW {
            self.looked_up.set(self.looked_up.get() + 1);
            if let Some(node) = self.parent.child(at as u32) {
                return node;
            }
        }
        self.all()[at]
    }

    /// The first of the children.
    fn first(&self) -> Option<TreeCursor<'t>> {
        let mut cursor = self.parent.walk();
        goto_first(&mut cursor, self.within.as_ref()).then_some(cursor)
    }

    /// The children before this side's, last to first.
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

    /// The children after this side's.
    pub fn following(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let known = self.len();
        // After all children there is nothing.
        let mut cursor = if self.within.is_some() { self.first() } else { None };
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

/// The children of a node, or those within some bytes. Making a cursor takes longer than most of its moves.
fn children<'t>(parent: Node<'t>, within: Option<&Range<usize>>, cursor: &mut Option<TreeCursor<'t>>) -> Vec<Node<'t>> {
    let all = if within.is_none() { parent.child_count() as usize } else { 0 };
    let mut children = Vec::with_capacity(all);
    let cursor = cursor.get_or_insert_with(|| parent.walk());
    cursor.reset(parent);
    if !goto_first(cursor, within) {
        return children;
    }
    let end = within.map_or(usize::MAX, |within| within.end);
    loop {
        let child = cursor.node();
        children.push(child);
        if child.start_byte() > end || !cursor.goto_next_sibling() {
            return children;
        }
    }
}

fn goto_first(cursor: &mut TreeCursor<'_>, within: Option<&Range<usize>>) -> bool {
    match within.and_then(|within| within.start.checked_sub(1)) {
        Some(byte) => cursor.goto_first_child_for_byte(byte).is_some(),
        None => cursor.goto_first_child(),
    }
}

/// The children of a node before and after. The first `first` and the last `rest` of them are the same.
pub(super) struct Differing<'t> {
    pub old: Side<'t>,
    pub new: Side<'t>,
    pub first: usize,
    pub rest: usize,
}

impl<'t> Differing<'t> {
    /// Compares both sides from their starts and from their ends. `same` compares two nodes, the second moved by this many bytes; `told`
    /// does it by their marks if that is enough.
    pub fn new(
        old: Side<'t>,
        new: Side<'t>,
        moved: i64,
        told: impl Fn(&Mark, &Mark, i64) -> Option<bool>,
        mut same: impl FnMut(Node<'t>, Node<'t>, i64) -> bool,
    ) -> Self {
        let marks = old.marks.as_ref().zip(new.marks.as_ref());
        let mut are_same = |a: usize, b: usize, moved: i64| {
            let told = marks.and_then(|(old, new)| told(&old[a], &new[b], moved));
            told.unwrap_or_else(|| same(old.node(a), new.node(b), moved))
        };
        let (before, after) = (old.len(), new.len());
        let most = before.min(after);
        let first = (0..most).take_while(|at| are_same(*at, *at, 0)).count();
        let rest = (1..=most - first).take_while(|back| are_same(before - back, after - back, moved)).count();
        Self { old, new, first, rest }
    }

    /// The indices of the children on a side that differ.
    pub fn range(&self, side: &Side<'_>) -> Range<usize> {
        self.first..side.len() - self.rest
    }

    /// The differing child, if there is just one on both sides, of the same kind.
    pub fn pair(&self) -> Option<(Node<'t>, Node<'t>)> {
        let one = |side: &Side<'t>| (self.range(side).len() == 1).then(|| side.node(self.first));
        let (a, b) = (one(&self.old)?, one(&self.new)?);
        (a.kind_id() == b.kind_id() && a.child_count() > 0 && b.child_count() > 0).then_some((a, b))
    }

    /// Whether all differences begin at or after these bytes (before and after).
    pub fn begins_after(&self, old: usize, new: usize) -> bool {
        let after = |side: &Side<'t>, name: usize| self.first >= side.len() || side.bytes(self.first).start >= name;
        after(&self.old, old) && after(&self.new, new)
    }

    /// Whether all differences end at or before these bytes (before and after).
    pub fn ends_before(&self, old: usize, new: usize) -> bool {
        let before = |side: &Side<'t>, body: usize| self.range(side).next_back().is_none_or(|last| side.bytes(last).end <= body);
        before(&self.old, old) && before(&self.new, new)
    }

    /// Whether a named node precedes the differences.
    pub fn has_named_before(&self) -> bool {
        let first = self.old.parent.named_child(0);
        let differing = (self.first < self.old.len()).then(|| self.old.bytes(self.first).start);
        first.is_some_and(|first| differing.is_none_or(|differing| first.start_byte() < differing))
    }
}
