//! What an edit changes of a file's facts. A path from the root leads to where the tree before and the tree after differ, and only the item
//! around it is walked again. This is what makes a keystroke in a long file cost the function that it is in. The parser tells where the
//! trees differ; in a text that does not parse cleanly it cannot, but takes over whole subtrees, and these are told by their identity:
//! wherever it guesses otherwise than before, the subtrees are new ones.

use std::ops::Range;

use tree_sitter::Node;

use super::super::blanks;
use super::super::parse::Parsed;
use super::super::tags::{Definition, Facts};
use super::{ATTRIBUTE, COMMENT, Defined, IMPORT, Lead, OPAQUE, WRAPPER, Walk};

/// See the module. All bytes outside `before` have the facts that they had, moved.
pub struct Change<'a> {
    pub edit: Edit,
    /// The bytes of the earlier text whose facts are replaced.
    pub before: Range<usize>,
    /// The facts of these bytes as they were, and as they are now.
    pub removed: Facts<'a>,
    pub added: Facts<'a>,
    /// The definitions around the place, which begin both lists from the outside in; they go on, but for where they end.
    pub around: (usize, usize),
}

/// One replaced stretch of text.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub start: u32,
    pub old_end: u32,
    pub new_end: u32,
    /// Zero-based line of `old_end` before.
    pub old_row: u32,
    /// By how many lines the rest has moved.
    pub rows: i32,
}

/// Nodes smaller than this, in bytes, are walked again as a whole.
const SMALL: usize = 1024;

/// What has changed from one version to the next, which [`Parsed::edited`] has made of it. None where it cannot be told: then everything
/// has to be walked.
pub fn between<'a>(before: &'a Parsed, after: &'a Parsed, path: &str) -> Option<Change<'a>> {
    let (made, differing) = after.edit()?;
    if !blanks::are_alike(before.blanks(), after.blanks(), made.start_byte, made.old_end_byte, made.new_end_byte) {
        return None;
    }
    let edit = Edit {
        start: made.start_byte as u32,
        old_end: made.old_end_byte as u32,
        new_end: made.new_end_byte as u32,
        old_row: made.old_end_position.row as u32,
        rows: made.new_end_position.row as i32 - made.old_end_position.row as i32,
    };
    let mut old = Walk::new(before, path, SMALL);
    let mut new = Walk::new(after, path, SMALL);
    let spot = Descent { edit, differing: differing.clone(), old: &mut old, new: &mut new }.run(before.root(), after.root())?;
    let bytes = match (spot.old.first(), spot.old.last()) {
        (Some(first), Some(last)) => first.start_byte()..last.end_byte(),
        _ => edit.start as usize..edit.old_end as usize,
    };
    for (walk, nodes, (definitions, open)) in [(&mut old, &spot.old, spot.old_state), (&mut new, &spot.new, spot.new_state)] {
        walk.facts.definitions.truncate(definitions);
        walk.open.truncate(open);
        for node in nodes {
            if node.is_named() {
                walk.tree(*node, spot.depth);
            }
        }
    }
    Some(Change {
        edit,
        before: bytes.start.min(edit.start as usize)..bytes.end.max(edit.old_end as usize),
        removed: old.facts,
        added: new.facts,
        around: (spot.old_state.0, spot.new_state.0),
    })
}

/// Siblings that have to be walked again, before and after.
struct Spot<'t> {
    old: Vec<Node<'t>>,
    new: Vec<Node<'t>>,
    depth: u32,
    /// Definitions and open items around them.
    old_state: (usize, usize),
    new_state: (usize, usize),
}

/// What a node demands of the children that differ, so that its own facts stay as they are.
enum Demand<'t> {
    Nothing,
    /// They belong to the first item inside, so that nothing below may be walked by itself.
    Deeper,
    /// They stand after the name of a scope.
    After(usize, usize),
    /// They stand after the signature of a definition that has no body, however deep.
    Past(usize, usize),
    /// They are in the body of a definition, which may begin with its comment.
    Body(Node<'t>, Node<'t>, bool),
    /// The first of them is not the first statement.
    NotFirst,
}

struct Descent<'w, 'a> {
    edit: Edit,
    /// The bytes of the later text in which the trees differ, where the parser can tell.
    differing: Option<Range<usize>>,
    old: &'w mut Walk<'a>,
    new: &'w mut Walk<'a>,
}

impl Descent<'_, '_> {
    /// From the root along what differs, as far down as the facts allow.
    fn run<'t>(&mut self, old: Node<'t>, new: Node<'t>) -> Option<Spot<'t>> {
        let (mut pair, mut depth, mut demand) = ((old, new), 0, Demand::Nothing);
        let mut past = (0, 0);
        let mut leads = (Lead::default(), Lead::default());
        let mut spot = None;
        if old.kind_id() != new.kind_id() {
            return None;
        }
        loop {
            let here = self.differing(pair.0, pair.1);
            if let Demand::Past(old, new) = demand {
                (past, demand) = ((old.max(past.0), new.max(past.1)), Demand::Nothing);
            }
            let is_past = here.begins_after(past.0, past.1);
            let fits = match &demand {
                Demand::Nothing | Demand::Past(..) => is_past,
                Demand::After(old, new) => is_past && here.begins_after(*old, *new),
                Demand::NotFirst => is_past && here.old.children[..here.first].iter().any(Node::is_named),
                Demand::Deeper | Demand::Body(..) => false,
            };
            if fits {
                spot = Some(self.spot(&here, depth + 1));
            }
            let Some((a, b)) = here.pair() else { return spot };
            if !(fits || !is_past || matches!(demand, Demand::Deeper | Demand::Body(..))) || b.end_byte() - b.start_byte() < SMALL {
                return spot;
            }
            depth += 1;
            demand = match demand {
                Demand::Body(old, new, docstring) if (a.id(), b.id()) == (old.id(), new.id()) && self.new.role(b) == 0 => {
                    if docstring {
                        Demand::NotFirst
                    } else {
                        Demand::Nothing
                    }
                }
                // The body lies deeper, as that of a function that is assigned.
                Demand::Body(old, new, docstring) if self.new.role(b) == 0 && holds(a, old) && holds(b, new) => {
                    Demand::Body(old, new, docstring)
                }
                Demand::Body(..) => return spot,
                _ => match self.enter(a, b, depth, &mut leads) {
                    Some(demand) => demand,
                    None => return spot,
                },
            };
            pair = (a, b);
        }
    }

    /// Takes a node of the path into both walks.
    fn enter<'t>(&mut self, a: Node<'t>, b: Node<'t>, depth: u32, leads: &mut (Lead, Lead)) -> Option<Demand<'t>> {
        let role = self.new.role(b);
        if role & OPAQUE & !IMPORT != 0 || role & IMPORT != 0 && (self.old.imports(a).is_some() || self.new.imports(b).is_some()) {
            return None;
        }
        let given = std::mem::take(leads);
        let known = self.old.facts.definitions.len();
        let found = (self.old.define(a, depth, given.0), self.new.define(b, depth, given.1));
        if role & WRAPPER != 0 {
            *leads = (self.old.handed_down(a, given.0), self.new.handed_down(b, given.1));
        }
        if !self.agree(known) {
            return None;
        }
        match found {
            (Defined::Nothing, Defined::Nothing) => Some(if role & WRAPPER != 0 { Demand::Deeper } else { Demand::Nothing }),
            (Defined::Scope(old), Defined::Scope(new)) => Some(Demand::After(old.end_byte(), new.end_byte())),
            (Defined::Item { body: Some(old), docstring }, Defined::Item { body: Some(new), .. }) => {
                Some(Demand::Body(old, new, docstring))
            }
            // What has no body has its signature alone, and that is cut where it is long.
            (Defined::Item { body: None, .. }, Defined::Item { body: None, .. }) if role & WRAPPER == 0 => {
                let end = |walk: &Walk<'_>| walk.facts.definitions[known..].iter().map(|known| known.signature.end).max();
                Some(Demand::Past(end(self.old)? as usize, end(self.new)? as usize))
            }
            _ => None,
        }
    }

    /// Whether both walks have found the same definitions from this number on, as far as the edit leaves them alone.
    fn agree(&self, known: usize) -> bool {
        let (old, new) = (&self.old.facts.definitions, &self.new.facts.definitions);
        let alike = |(a, b): (&Definition, &Definition)| {
            a.kind == b.kind && a.public == b.public && a.name.of(self.old.source) == b.name.of(self.new.source)
        };
        old.len() == new.len() && old[known..].iter().zip(&new[known..]).all(alike)
    }

    /// The differing children with what stands before the next item and belongs to it.
    fn spot<'t>(&self, here: &Differing<'t>, depth: u32) -> Spot<'t> {
        let (mut first, mut rest) = (here.first, here.rest);
        let leads = |node: &Node<'_>| !node.is_named() || self.new.role(*node) & (COMMENT | ATTRIBUTE) != 0;
        while first > 0 && leads(&here.new.children[first - 1]) {
            first -= 1;
        }
        let length = here.new.children.len();
        while rest > 0 {
            rest -= 1;
            if !leads(&here.new.children[length - rest - 1]) {
                break;
            }
        }
        let part = |side: &Side<'t>| side.children[first..side.children.len() - rest].to_vec();
        let state = |walk: &Walk<'_>| (walk.facts.definitions.len(), walk.open.len());
        Spot { old: part(&here.old), new: part(&here.new), depth, old_state: state(self.old), new_state: state(self.new) }
    }

    /// Compares the children of two nodes from both ends.
    fn differing<'t>(&self, old: Node<'t>, new: Node<'t>) -> Differing<'t> {
        let (old, new) = (Side::new(old), Side::new(new));
        let most = old.children.len().min(new.children.len());
        let moved = i64::from(self.edit.new_end) - i64::from(self.edit.old_end);
        let pairs = old.children.iter().zip(&new.children);
        let first = pairs.take_while(|(a, b)| self.same(a, b, 0)).count();
        let pairs = old.children.iter().rev().zip(new.children.iter().rev()).take(most - first);
        let rest = pairs.take_while(|(a, b)| self.same(a, b, moved)).count();
        Differing { old, new, first, rest }
    }

    /// Whether two nodes are the same, in place and inside.
    fn same(&self, a: &Node<'_>, b: &Node<'_>, moved: i64) -> bool {
        let at = |byte: usize| byte as i64 + moved;
        at(a.start_byte()) == b.start_byte() as i64
            && at(a.end_byte()) == b.end_byte() as i64
            && (b.child_count() == 0 || self.apart(b))
            && (self.told_apart(b) || self.equal(*a, *b))
    }

    /// Whether the edit is in no part of a node, so that these cannot have moved towards each other.
    fn apart(&self, b: &Node<'_>) -> bool {
        b.end_byte() <= self.edit.start as usize || b.start_byte() >= self.edit.new_end as usize
    }

    /// Whether the parser can tell that a node is as it was.
    fn told_apart(&self, b: &Node<'_>) -> bool {
        let outside = |differing: &Range<usize>| b.end_byte() < differing.start || b.start_byte() > differing.end;
        self.differing.as_ref().is_some_and(outside)
    }

    /// Whether two nodes are equal inside: one subtree that the parser has taken over, or a new one that has become what it was before.
    fn equal(&self, a: Node<'_>, b: Node<'_>) -> bool {
        if a.id() == b.id() {
            return true;
        }
        let (mut old, mut new) = (a.walk(), b.walk());
        let mut depth = 0;
        loop {
            let (a, b) = (old.node(), new.node());
            let is_taken_over = a.id() == b.id();
            let is_equal = is_taken_over || old.field_id() == new.field_id() && self.alike(a, b);
            if !is_equal {
                return false;
            }
            if !is_taken_over && old.goto_first_child() && new.goto_first_child() {
                depth += 1;
                continue;
            }
            while depth > 0 && !(old.goto_next_sibling() && new.goto_next_sibling()) {
                old.goto_parent();
                new.goto_parent();
                depth -= 1;
            }
            if depth == 0 {
                return true;
            }
        }
    }

    /// Whether two nodes are equal but for their children.
    fn alike(&self, a: Node<'_>, b: Node<'_>) -> bool {
        a.kind_id() == b.kind_id()
            && a.is_missing() == b.is_missing()
            && a.child_count() == b.child_count()
            && (b.child_count() > 0 || self.old.source.get(a.byte_range()) == self.new.source.get(b.byte_range()))
    }
}

fn holds(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

struct Side<'t> {
    children: Vec<Node<'t>>,
}

impl<'t> Side<'t> {
    fn new(node: Node<'t>) -> Self {
        let mut cursor = node.walk();
        let children = node.children(&mut cursor).collect();
        Self { children }
    }
}

/// The children of a node before and after: the first `first` and the last `rest` are the same.
struct Differing<'t> {
    old: Side<'t>,
    new: Side<'t>,
    first: usize,
    rest: usize,
}

impl<'t> Differing<'t> {
    /// The one child that differs, if it is one on both sides, and of one kind.
    fn pair(&self) -> Option<(Node<'t>, Node<'t>)> {
        let one = |side: &Side<'t>| (side.children.len() == self.first + self.rest + 1).then(|| side.children[self.first]);
        let (a, b) = (one(&self.old)?, one(&self.new)?);
        (a.kind_id() == b.kind_id() && a.child_count() > 0 && b.child_count() > 0).then_some((a, b))
    }

    fn begins_after(&self, old: usize, new: usize) -> bool {
        let after = |side: &Side<'t>, name: usize| side.children.get(self.first).is_none_or(|node| node.start_byte() >= name);
        after(&self.old, old) && after(&self.new, new)
    }
}
