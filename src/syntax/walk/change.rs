//! What an edit changes in a file's facts. A path from the root leads to where the trees before and after differ, and only the item around
//! that place is walked again. So a keystroke in a long file costs only the function that it is in. The parser tells where trees differ. If
//! they have errors it cannot; but it reuses whole subtrees, which are recognised by their identity, and wherever it guesses differently
//! than before, the subtrees are new.

use std::ops::Range;

use tree_sitter::{Node, TreeCursor};

use super::super::blanks;
use super::super::parse::{Made, Parsed};
use super::super::tags::{Definition, Facts, Span};
use crate::text::Cut;

use super::siblings::{Differing, Mark, Marks, Side};
use super::{ATTRIBUTE, COMMENT, DEFINITION, Defined, IDENTIFIER, IMPORT, Lead, OPAQUE, SCOPE, WRAPPER, Walk};

/// The changed facts. All bytes outside `before` have the facts they had, moved.
pub struct Change<'a> {
    pub edit: Edit,
    /// The bytes of the earlier text whose facts are replaced.
    pub before: Range<usize>,
    /// The facts of the stretch before and after the edit.
    pub removed: Facts<'a>,
    pub added: Facts<'a>,
    /// How many definitions around the place are at the start of both lists, outermost first. They continue to exist, but their ends and
    /// the ends of their signatures may move. What encloses them is not listed.
    pub around: (usize, usize),
    /// The one of them that has a new name.
    pub renamed: Option<usize>,
}

/// One replaced stretch of text.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub start: u32,
    pub old_end: u32,
    pub new_end: u32,
    /// The zero-based line of `old_end` before the edit.
    pub old_row: u32,
    /// By how many lines the rest moved.
    pub rows: i32,
}

impl Edit {
    /// By how many bytes the rest moved.
    fn moved(&self) -> i64 {
        i64::from(self.new_end) - i64::from(self.old_end)
    }
}

/// Nodes smaller than this, in bytes, are walked again completely.
const SMALL: usize = 32;

/// The changes between a version and the next one, made from it by [`Parsed::edited`]. None if they cannot be determined: then the whole
/// file has to be walked.
pub fn between<'a>(before: &'a Parsed, after: &'a Parsed, path: &str) -> Option<Change<'a>> {
    let (before, after) = (before.balanced(), after.balanced());
    if !after.is_made_from(before) {
        return None;
    }
    let Made { edit: made, differing, is_clean } = after.edit()?;
    let cut = Cut { start: made.start_byte, old_end: made.old_end_byte, new_end: made.new_end_byte };
    if !blanks::are_alike(before.blanks(), after.blanks(), &cut) {
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
    let mut descent = Descent {
        edit,
        differing,
        is_clean: *is_clean,
        old: &mut old,
        new: &mut new,
        renamed: None,
        known: before.marks(),
        marks: Marks::default(),
    };
    let spot = descent.run(before.root(), after.root());
    let (renamed, marks) = (descent.renamed, descent.marks);
    after.keep_marks(marks);
    let spot = spot?;
    let renamed = renamed.filter(|known| *known < spot.old_state.0);
    let bytes = spanned(&spot.old, cut.start..cut.old_end);
    for (walk, nodes, (definitions, open)) in [(&mut old, &spot.old, spot.old_state), (&mut new, &spot.new, spot.new_state)] {
        walk.facts.definitions.truncate(definitions);
        walk.open.truncate(open);
        for node in nodes {
            if node.is_named() {
                walk.tree(*node, spot.depth);
            }
        }
    }
    // A comment that is opened or closed may swallow hidden stretches, or release them.
    let now = spanned(&spot.new, cut.start..cut.new_end);
    let now = now.start.min(bytes.start)..now.end.max((bytes.end as i64 + cut.moved()) as usize);
    let hidden = blanks::touching(after.blanks(), &now);
    blanks::named_in(before, hidden.clone()).for_each(|name| old.facts.names.add(name));
    blanks::named_in(after, hidden).for_each(|name| new.facts.names.add(name));
    let around = (spot.old_state.0, spot.new_state.0);
    Some(Change { edit, before: bytes, removed: old.facts, added: new.facts, around, renamed })
}

/// The bytes from the first to the last of these nodes, together with the edit.
fn spanned(nodes: &[Node<'_>], edit: Range<usize>) -> Range<usize> {
    match (nodes.first(), nodes.last()) {
        (Some(first), Some(last)) => first.start_byte().min(edit.start)..last.end_byte().max(edit.end),
        _ => edit,
    }
}

/// The sibling nodes to walk again, before and after.
struct Spot<'t> {
    old: Vec<Node<'t>>,
    new: Vec<Node<'t>>,
    depth: u32,
    /// The numbers of definitions and of open items before the siblings.
    old_state: (usize, usize),
    new_state: (usize, usize),
}

/// What has to hold for the differing children of a node, so that the node's own facts stay valid.
enum Demand<'t> {
    Nothing,
    /// They belong to the first item inside, so nothing below can be walked separately.
    Deeper,
    /// They come after the name of a scope, which ends at these bytes (before and after).
    After(usize, usize),
    /// They come after the signature of a definition without body, at any depth.
    Past(usize, usize),
    /// They are in the body of a definition (true if that may begin with a docstring), or before the body in its head.
    Body(Node<'t>, Node<'t>, bool),
    /// The first statement is not among them.
    NotFirst,
}

/// Two cursors that are reused: making one takes longer than comparing most nodes.
type Cursors<'t> = Option<[TreeCursor<'t>; 2]>;
type Deepest<'t> = (Differing<'t>, u32, [(usize, usize); 2]);

struct Descent<'w, 'a> {
    edit: Edit,
    /// The bytes of the later text in which the trees differ.
    differing: &'w Range<usize>,
    is_clean: bool,
    old: &'w mut Walk<'a>,
    new: &'w mut Walk<'a>,
    /// The definition on the path that has a new name.
    renamed: Option<usize>,
    /// Marks kept of the children in the tree before; marks to keep of the tree after.
    known: Option<&'w Marks>,
    marks: Marks,
}

impl Descent<'_, '_> {
    /// Follows the differences down from the root, as far as the facts allow.
    fn run<'t>(&mut self, old: Node<'t>, new: Node<'t>) -> Option<Spot<'t>> {
        let (here, depth, [old_state, new_state]) = self.deepest(old, new)?;
        let [old, new] = self.spot(&here);
        Some(Spot { old, new, depth, old_state, new_state })
    }

    /// The differing children of the deepest node on that path, their depth, and the definitions and open items around them.
    fn deepest<'t>(&mut self, old: Node<'t>, new: Node<'t>) -> Option<Deepest<'t>> {
        let (mut pair, mut depth, mut demand) = ((old, new), 0, Demand::Nothing);
        let mut past = (0, 0);
        let mut leads = (Lead::default(), Lead::default());
        let mut spot = None;
        let (mut cursor, mut cursors) = (None, None);
        if old.kind_id() != new.kind_id() {
            return None;
        }
        loop {
            let here = self.differing(pair.0, pair.1, &mut cursor, &mut cursors);
            here.new.keep(&mut self.marks);
            if let Demand::Past(old, new) = demand {
                (past, demand) = ((old.max(past.0), new.max(past.1)), Demand::Nothing);
            }
            let is_past = here.begins_after(past.0, past.1);
            let fits = match &demand {
                Demand::Nothing | Demand::Past(..) => is_past,
                Demand::After(old, new) => is_past && here.begins_after(*old, *new),
                Demand::NotFirst => is_past && here.has_named_before(),
                Demand::Body(old, new, _) => is_past && self.is_plain(*new) && self.is_before(&here, *old, *new),
                Demand::Deeper => false,
            };
            let next = here.pair();
            if fits {
                let state = |walk: &Walk<'_>| (walk.facts.definitions.len(), walk.open.len());
                spot = Some((here, depth + 1, [state(self.old), state(self.new)]));
            }
            let Some((a, b)) = next else { return spot };
            if !(fits || !is_past || matches!(demand, Demand::Deeper | Demand::Body(..))) || b.end_byte() - b.start_byte() < SMALL {
                return spot;
            }
            depth += 1;
            demand = match demand {
                Demand::Body(old, new, docstring) if (a.id(), b.id()) == (old.id(), new.id()) && self.is_plain(b) => {
                    if docstring {
                        Demand::NotFirst
                    } else {
                        Demand::Nothing
                    }
                }
                // The body is deeper, as that of a function in an assignment.
                Demand::Body(old, new, docstring) if self.new.role(b) == 0 && holds(a, old) && holds(b, new) => {
                    Demand::Body(old, new, docstring)
                }
                Demand::Body(..) if !fits => return spot,
                _ => match self.enter(a, b, depth, &mut leads) {
                    Some(demand) => demand,
                    None => return spot,
                },
            };
            pair = (a, b);
        }
    }

    /// Enters a node of the path in both walks.
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
        let is_same = self.agree(known);
        if !is_same && self.has_another_name(known) && matches!(found.1, Defined::Item { body: Some(_), .. }) {
            self.renamed = Some(known);
        } else if !is_same {
            return None;
        }
        match found {
            (Defined::Nothing, Defined::Nothing) => Some(if role & WRAPPER != 0 { Demand::Deeper } else { Demand::Nothing }),
            (Defined::Scope(old), Defined::Scope(new)) => Some(Demand::After(old.end_byte(), new.end_byte())),
            (Defined::Item { body: Some(old), docstring }, Defined::Item { body: Some(new), .. }) => {
                // A name that comes after the body moves with the body.
                let is_named_before = self.new.facts.definitions[known..].iter().all(|known| known.name.end as usize <= new.start_byte());
                is_named_before.then_some(Demand::Body(old, new, docstring))
            }
            // Without a body there is only the signature, which is cut off if it is long, maybe even before the name.
            (Defined::Item { body: None, .. }, Defined::Item { body: None, .. }) if role & WRAPPER == 0 => {
                let end =
                    |walk: &Walk<'_>| walk.facts.definitions[known..].iter().map(|known| known.signature.end.max(known.name.end)).max();
                Some(Demand::Past(end(self.old)? as usize, end(self.new)? as usize))
            }
            _ => None,
        }
    }

    /// Whether both walks found the same definitions from this index on, apart from the edit.
    fn agree(&self, known: usize) -> bool {
        let (old, new) = (&self.old.facts.definitions, &self.new.facts.definitions);
        let alike = |(a, b): (&Definition, &Definition)| self.are_named_alike(a, b) && self.are_alike(a, b);
        old.len() == new.len() && old[known..].iter().zip(&new[known..]).all(alike)
    }

    /// Whether both walks found one definition there, which differs only in its name.
    fn has_another_name(&self, known: usize) -> bool {
        let (old, new) = (&self.old.facts.definitions, &self.new.facts.definitions);
        match (&old[known..], &new[known..]) {
            ([a], [b]) => !self.are_named_alike(a, b) && self.are_alike(a, b),
            _ => false,
        }
    }

    fn are_named_alike(&self, a: &Definition, b: &Definition) -> bool {
        a.name.of(self.old.source) == b.name.of(self.new.source)
    }

    /// Whether two definitions around an edit differ only in their names and ends.
    fn are_alike(&self, a: &Definition, b: &Definition) -> bool {
        let said = |of: fn(&Definition) -> Span| of(a).of(self.old.source) == of(b).of(self.new.source);
        a.signature.start == b.signature.start
            && a.kind == b.kind
            && a.public == b.public
            && said(|one| one.container)
            && said(|one| one.bases)
    }

    /// Whether a node has no facts of its own: what only opens a scope elsewhere opens none here.
    fn is_plain(&self, node: Node<'_>) -> bool {
        let opens = |walk: &Walk<'_>| walk.language.tags.at(node.kind_id()).any(|pattern| walk.applies(pattern));
        match self.new.role(node) {
            0 => true,
            SCOPE => !opens(self.old) && !opens(self.new),
            _ => false,
        }
    }

    /// Whether the differing children and the edit come before the definition's body.
    fn is_before(&self, here: &Differing<'_>, old: Node<'_>, new: Node<'_>) -> bool {
        let (old, new) = (old.start_byte(), new.start_byte());
        self.edit.old_end as usize <= old && self.edit.new_end as usize <= new && here.ends_before(old, new)
    }

    /// The differing children together with what precedes the next item and belongs to it.
    fn spot<'t>(&self, here: &Differing<'t>) -> [Vec<Node<'t>>; 2] {
        let (mut first, mut rest) = (here.first, here.rest);
        let leads = |node: &Node<'_>| !node.is_named() || self.new.role(*node) & (COMMENT | ATTRIBUTE) != 0;
        while first > 0 && leads(&here.new.node(first - 1)) {
            first -= 1;
        }
        let length = here.new.len();
        let mut is_done = self.ends_alone(here);
        while rest > 0 && !is_done {
            let next = here.new.node(length - rest);
            is_done = !leads(&next);
            rest -= usize::from(!is_done || self.is_led(&next));
        }
        // A lead may begin before, and the item it belongs to may come after, the children that were compared.
        let (mut before, mut after) = (0, 0);
        if first == 0 {
            before = here.new.preceding().take_while(leads).count();
        }
        if rest == 0 && !is_done {
            for next in here.new.following() {
                is_done = !leads(&next);
                after += usize::from(!is_done || self.is_led(&next));
                if is_done {
                    break;
                }
            }
        }
        [&here.old, &here.new].map(|side| {
            let mut nodes: Vec<Node<'t>> = if before > 0 { side.preceding().take(before).collect() } else { vec![] };
            nodes.reverse();
            nodes.extend((first..side.len() - rest).map(|at| side.node(at)));
            if after > 0 {
                nodes.extend(side.following().take(after));
            }
            nodes
        })
    }

    /// Whether what precedes a node may belong to it.
    fn is_led(&self, node: &Node<'_>) -> bool {
        let role = self.new.role(*node);
        role == IDENTIFIER || role & (DEFINITION | WRAPPER) != 0 || role & SCOPE != 0 && !self.is_plain(*node)
    }

    /// Whether the differing children end with an item that contains the edit and to which nothing after it belongs: then what follows is
    /// unchanged.
    fn ends_alone(&self, here: &Differing<'_>) -> bool {
        let alone = |side: &Side<'_>, walk: &Walk<'_>, edited: u32| {
            let mut differing = here.range(side).map(|at| side.node(at));
            differing.rfind(|node| node.is_named()).is_some_and(|last| {
                let role = walk.role(last);
                let ends_in_ink = walk.source.as_bytes().get(last.end_byte() - 1).is_some_and(|byte| !byte.is_ascii_whitespace());
                role != IDENTIFIER && role & (COMMENT | ATTRIBUTE) == 0 && last.end_byte() > edited as usize && ends_in_ink
            })
        };
        alone(&here.old, self.old, self.edit.old_end) && alone(&here.new, self.new, self.edit.new_end)
    }

    /// Compares the children of two nodes from both ends; without errors, only where the parser says that they differ.
    fn differing<'t>(&self, old: Node<'t>, new: Node<'t>, cursor: &mut Option<TreeCursor<'t>>, cursors: &mut Cursors<'t>) -> Differing<'t> {
        let moved = self.edit.moved();
        let is_told = self.is_clean || !(old.has_error() || new.has_error());
        let (old, new) = if is_told {
            let after = self.differing.clone();
            let before = after.start..(after.end as i64 - moved) as usize;
            (Side::within(old, before, cursor), Side::within(new, after, cursor))
        } else {
            (Side::whole(old, self.known, cursor), Side::whole(new, None, cursor))
        };
        Differing::new(old, new, moved, |a, b, moved| self.told(a, b, moved), |a, b, moved| self.same(a, b, moved, cursors))
    }

    /// Whether two nodes are the same in place and content, if their marks can tell.
    fn told(&self, a: &Mark, b: &Mark, moved: i64) -> Option<bool> {
        let is_moved = |was: usize, is: usize| was as i64 + moved == is as i64;
        let is_taken_over = is_moved(a.start, b.start) && a.id == b.id;
        let is_elsewhere = !is_moved(a.start, b.start) || !is_taken_over && !is_moved(a.end, b.end);
        if is_elsewhere { Some(false) } else { (is_taken_over || self.told_apart(a, b)).then_some(true) }
    }

    /// Whether two nodes are the same in place and content.
    fn same<'t>(&self, a: Node<'t>, b: Node<'t>, moved: i64, cursors: &mut Cursors<'t>) -> bool {
        let at = |byte: usize| byte as i64 + moved;
        if at(a.start_byte()) != b.start_byte() as i64 {
            return false;
        }
        // The edit does not touch a subtree that the parser has reused.
        a.id() == b.id()
            || at(a.end_byte()) == b.end_byte() as i64
                && (b.child_count() == 0 || self.apart(&b))
                && (self.are_told_apart(a, b) || self.equal(a, b, cursors))
    }

    /// Whether the edit is in no part of a node, so that its parts have not moved relative to each other.
    fn apart(&self, b: &Node<'_>) -> bool {
        b.end_byte() <= self.edit.start as usize || b.start_byte() >= self.edit.new_end as usize
    }

    /// Whether the parser can tell that a node is unchanged: it may reuse only what it read without errors.
    fn told_apart(&self, a: &Mark, b: &Mark) -> bool {
        let moved = if b.end <= self.edit.start as usize { 0 } else { self.edit.moved() };
        self.is_outside(b.start, b.end)
            && !(a.has_error || b.has_error)
            && a.kind == b.kind
            && a.descendants == b.descendants
            && a.start as i64 + moved == b.start as i64
            && a.end as i64 + moved == b.end as i64
    }

    fn are_told_apart(&self, a: Node<'_>, b: Node<'_>) -> bool {
        self.is_outside(b.start_byte(), b.end_byte()) && self.told_apart(&Mark::of(a), &Mark::of(b))
    }

    /// Whether bytes of the later text are clear of all differences.
    fn is_outside(&self, start: usize, end: usize) -> bool {
        end < self.differing.start || start > self.differing.end
    }

    /// Whether two nodes have equal content: one subtree that the parser reused, or a new one equal to the old.
    fn equal<'t>(&self, a: Node<'t>, b: Node<'t>, cursors: &mut Cursors<'t>) -> bool {
        if a.id() == b.id() {
            return true;
        }
        let [old, new] = cursors.get_or_insert_with(|| [a.walk(), b.walk()]);
        old.reset(a);
        new.reset(b);
        let mut depth = 0;
        loop {
            let (a, b) = (old.node(), new.node());
            let is_same_field = old.field_id() == new.field_id();
            let is_taken_over = a.id() == b.id() || is_same_field && depth > 0 && self.are_told_apart(a, b);
            let is_equal = is_taken_over || is_same_field && self.alike(a, b);
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

    /// Whether two nodes are equal apart from their children.
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
