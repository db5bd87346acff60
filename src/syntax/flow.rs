//! What leads out of a stretch of code: jumps, and names that get a value inside and are used after it. When the stretch becomes a
//! function, all of this has to be carried over. Determined from the tree and `scope.scm`, without types and without following paths
//! through loops.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::place::{is, marks, place};
use super::scope::BLOCK;
use super::uses::{self, Stands, Within, role};
use crate::text::words;

/// Where a jump leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// A return.
    Return,
    /// A return on failure: `?`.
    Perhaps,
    /// An await, which only asynchronous functions may have.
    Waits,
    /// A jump that no extracted function can make: `break`, `continue`, `goto`, `yield`, `defer`.
    Nowhere,
}

/// A jump, with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    pub leads: Leads,
    pub range: Range<usize>,
}

/// Tags of jumps, where each leads, and the tags of nodes that keep it inside.
const JUMPS: &[(&str, Leads, &[&str])] = &[
    ("leaves.function", Leads::Return, &["keeps.function"]),
    ("leaves.try", Leads::Perhaps, &["keeps.function"]),
    ("leaves.await", Leads::Waits, &["keeps.function"]),
    ("leaves.generator", Leads::Nowhere, &["keeps.function"]),
    ("leaves.defer", Leads::Nowhere, &["keeps.function"]),
    ("leaves.loop", Leads::Nowhere, &["keeps.loop", "keeps.function"]),
    ("leaves.switch", Leads::Nowhere, &["keeps.loop", "keeps.switch", "keeps.function"]),
    ("leaves.arm", Leads::Nowhere, &["keeps.switch", "keeps.function"]),
    ("leaves.label", Leads::Nowhere, &["keeps.function"]),
];

/// The jumps that lead out of a stretch of a text.
pub fn leaving(parsed: &Parsed, lines: &Range<usize>) -> Vec<Jump> {
    let mut found = vec![];
    each(parsed, lines, |path| {
        let Some((node, above)) = path.split_last().filter(|(node, _)| holds(lines, &node.byte_range())) else { return };
        let Some((tag, leads, keepers)) = JUMPS.iter().find(|(tag, ..)| is(parsed, tag, *node)) else { return };
        let label = label_of(parsed, *node).filter(|_| matches!(*tag, "leaves.loop" | "leaves.switch" | "leaves.label"));
        let mut inside = above.iter().rev().take_while(|node| holds(lines, &node.byte_range()));
        let kept = match label {
            Some(label) if *tag == "leaves.label" => declares(&parsed.text()[lines.clone()], label),
            Some(label) => inside.any(|node| begins_with_label(&parsed.text()[node.byte_range()], label)),
            None => inside.any(|node| keepers.iter().any(|keeper| is(parsed, keeper, *node))),
        };
        if !kept {
            found.push(Jump { leads: *leads, range: node.byte_range() });
        }
    });
    found
}

/// Whether a stretch begins or ends inside a statement.
pub fn is_cut(parsed: &Parsed, lines: &Range<usize>) -> bool {
    let text = parsed.text();
    let inside = &text[lines.clone()];
    let start = lines.start + (inside.len() - inside.trim_start().len());
    let stretch = start..lines.start + inside.trim_end().len();
    let mut cut = false;
    each(parsed, &stretch, |path| {
        let Some(node) = path.last() else { return };
        let end = node.start_byte() + text[node.byte_range()].trim_end().len();
        cut |= node.start_byte() < stretch.start && stretch.start < end && end < stretch.end;
        cut |= stretch.start < node.start_byte() && node.start_byte() < stretch.end && stretch.end < end;
    });
    cut
}

/// The last call in a statement that runs before `value` is evaluated, if that value makes calls too: moved out of the statement, the value
/// would run first.
pub fn overtaken(parsed: &Parsed, statement: &Range<usize>, value: &Range<usize>) -> Option<Range<usize>> {
    let (mut calls, mut before) = (false, None);
    each(parsed, statement, |path| {
        let Some(node) = path.last().filter(|node| node.child_by_field_name("arguments").is_some()) else { return };
        let range = node.byte_range();
        calls |= holds(value, &range);
        if range.end <= value.start && statement.start <= range.start {
            before = Some(range);
        }
    });
    before.filter(|_| calls)
}

/// Jumps from other parts of an item to a label inside a stretch.
pub fn entering(parsed: &Parsed, item: &Range<usize>, lines: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = vec![];
    each(parsed, item, |path| {
        let Some(node) = path.last().filter(|node| !holds(lines, &node.byte_range()) && is(parsed, "leaves.label", **node)) else { return };
        if label_of(parsed, *node).is_some_and(|label| declares(&parsed.text()[lines.clone()], label)) {
            found.push(node.byte_range());
        }
    });
    found
}

/// Whether the last statement of a stretch is a return.
pub fn ends_with_return(parsed: &Parsed, lines: &Range<usize>) -> bool {
    let end = lines.start + parsed.text()[lines.clone()].trim_end_matches(|letter: char| letter.is_whitespace() || letter == ';').len();
    let mut ends = false;
    each(parsed, lines, |path| {
        let Some((node, above)) = path.split_last().filter(|(node, _)| is(parsed, "leaves.function", **node)) else { return };
        // A return in a nested statement has an ancestor in the stretch that begins before it.
        let deeper = above.iter().any(|around| holds(lines, &around.byte_range()) && around.start_byte() < node.start_byte());
        ends |= !deeper && node.end_byte() >= end;
    });
    ends
}

/// A name that gets a value in a stretch and is used after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    pub name: String,
    /// It is declared in the stretch and not before.
    pub declared: bool,
}

/// One occurrence of a name.
struct Mention {
    range: Range<usize>,
    /// The declaration or assignment that gives the name its value here.
    given: Option<Range<usize>>,
    declared: bool,
    /// Its old value is read as well.
    reads: bool,
    /// The innermost block, loop or function around the declaration or assignment.
    scope: Range<usize>,
    /// All loops around it.
    loops: Vec<Range<usize>>,
}

/// The names that get a value in a stretch of an item and are used after it, or in the next iteration of a loop around it.
pub fn needed(parsed: &Parsed, item: &Range<usize>, lines: &Range<usize>) -> Vec<Needed> {
    let needs = |name: String| {
        let all = mentions(parsed, item, &name);
        let inside: Vec<&Mention> = all.iter().filter(|one| holds(lines, &one.range)).collect();
        // A name declared in a deeper block is not visible after the stretch.
        let given: Vec<&&Mention> =
            inside.iter().filter(|one| one.given.is_some() && !(one.declared && holds(lines, &one.scope))).collect();
        let declared = given.first().is_some_and(|first| first.declared);
        let hidden = inside.iter().any(|one| one.declared && holds(lines, &one.scope)) && !declared;
        let visible = |at: usize| given.iter().any(|one| !one.declared || one.scope.contains(&at));
        let used = |one: &&Mention| one.range.start >= lines.end && (one.given.is_none() || one.reads) && visible(one.range.start);
        let cut = |one: &Mention| {
            all.iter().any(|other| {
                let again =
                    other.given.as_ref().filter(|_| !other.reads && other.range.start >= lines.end && other.range.start < one.range.start);
                again.is_some_and(|by| (!holds(by, &one.range) || other.declared || *by == other.scope) && holds(&other.scope, &one.range))
            })
        };
        let behind = all.iter().filter(used).any(|one| !cut(one));
        let round = !declared && !given.is_empty() && comes_round(&all, lines);
        (!given.is_empty() && !hidden && (behind || round)).then_some(Needed { name, declared })
    };
    names(parsed, lines).into_iter().filter_map(needs).collect()
}

/// The names that get a value in a stretch.
pub fn given(parsed: &Parsed, lines: &Range<usize>) -> Vec<String> {
    let is_given = |name: &String| mentions(parsed, lines, name).iter().any(|one| one.given.is_some());
    names(parsed, lines).into_iter().filter(is_given).collect()
}

/// Whether two stretches use a variable that one of them gives a value.
pub fn share(parsed: &Parsed, one: &Range<usize>, other: &Range<usize>) -> bool {
    let theirs = names(parsed, other);
    let both = names(parsed, one).into_iter().filter(|name| theirs.contains(name));
    both.map(|name| (mentions(parsed, one, &name), mentions(parsed, other, &name))).any(|(one, other)| {
        let is_given = one.iter().chain(&other).any(|mention| mention.given.is_some());
        is_given && !one.is_empty() && !other.is_empty()
    })
}

/// Whether a name that a stretch of an item gives a value is a variable from outside the item, there and in a function: a field, or one of
/// the file.
pub fn is_outer(parsed: &Parsed, item: &Range<usize>, name: &str) -> bool {
    let lends = |range: &Range<usize>| {
        let mut lent = false;
        each(parsed, range, |path| {
            lent |= path.last().is_some_and(|node| is(parsed, "lends", *node) && words::has(&parsed.text()[node.byte_range()], name));
        });
        lent
    };
    // If assigning declares a name, a word says that this one does not.
    if parsed.language().indented { lends(item) } else { !mentions(parsed, item, name).iter().any(|one| one.declared) }
}

/// Whether a name that is not a variable is given a value in some bytes, or its content is: `self.n += 1`.
pub fn is_written_in(parsed: &Parsed, bytes: &Range<usize>, name: &str) -> bool {
    let mut written = false;
    each(parsed, bytes, |path| {
        for pair in path.windows(2) {
            let target = pair[0].child_by_field_name("left").filter(|left| *left == pair[1] && marks(parsed, "place", pair[0], pair[1]));
            written |= target.is_some_and(|target| {
                let rest = parsed.text()[target.byte_range()].strip_prefix(name);
                rest.is_some_and(|rest| rest.trim_start().starts_with('.'))
            });
        }
    });
    written
}

/// Whether a name is used elsewhere in a loop around the lines, which gives it no other value there.
fn comes_round(all: &[Mention], lines: &Range<usize>) -> bool {
    let loops = all
        .iter()
        .filter(|one| holds(lines, &one.range))
        .flat_map(|one| &one.loops)
        .filter(|around| holds(around, lines) && *around != lines);
    loops.into_iter().any(|around| {
        let mut outside = all.iter().filter(|one| holds(around, &one.range) && !holds(lines, &one.range)).peekable();
        outside.peek().is_some() && outside.all(|one| one.given.is_none() || one.reads)
    })
}

/// What a stretch does with a name that is needed after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// It gives the name its value.
    Value,
    /// It gives the value to another variable of that name, which the code after it does not see.
    Another,
    Nothing,
}

/// Whether a stretch of an item gives a needed name its value: by a declaration, if the original lines declared it; else by an assignment,
/// or in languages that allow it by a new declaration that all code after it sees.
pub fn gives(parsed: &Parsed, item: &Range<usize>, lines: &Range<usize>, needed: &Needed) -> Gives {
    let all = mentions(parsed, item, &needed.name);
    let given: Vec<&Mention> = all.iter().filter(|one| holds(lines, &one.range) && one.given.is_some()).collect();
    if given.is_empty() {
        return Gives::Nothing;
    }
    if needed.declared {
        let is_declared = parsed.language().indented || given.iter().any(|one| one.declared);
        return if is_declared { Gives::Value } else { Gives::Nothing };
    }
    let first = all.iter().find(|one| one.declared && one.range.end <= lines.start && holds(&one.scope, lines));
    let is_seen = |by: &Mention| {
        let behind = |one: &&Mention| one.range.start >= lines.end && first.is_none_or(|first| holds(&first.scope, &one.range));
        let again = by.loops.iter().any(|around| first.is_none_or(|first| !holds(around, &first.range)));
        !again && all.iter().filter(behind).all(|one| holds(&by.scope, &one.range))
    };
    let is_given = |one: &&Mention| !one.declared || parsed.language().redeclares && is_seen(one);
    if given.iter().any(is_given) { Gives::Value } else { Gives::Another }
}

/// The variables of an item that a function (a stretch of it, or another one of the file) uses without declaring them.
pub fn borrowed(parsed: &Parsed, item: &Range<usize>, function: &Range<usize>) -> Vec<String> {
    let is_borrowed = |name: &String| {
        let declared = |range: &Range<usize>| mentions(parsed, range, name).iter().any(|one| one.given.is_some());
        // A capitalised name is a constant or a type.
        !name.starts_with(char::is_uppercase)
            && !declared(function)
            && mentions(parsed, item, name).iter().any(|one| one.declared || one.given.is_some() && parsed.language().indented)
    };
    names(parsed, function).into_iter().filter(is_borrowed).filter(|name| !mentions(parsed, function, name).is_empty()).collect()
}

/// The words of a stretch that may be names.
fn names(parsed: &Parsed, lines: &Range<usize>) -> BTreeSet<String> {
    let words = words::all(&parsed.text()[lines.clone()]);
    words.filter(|word| !word.starts_with(|letter: char| letter.is_ascii_digit())).map(String::from).collect()
}

/// The places in these bytes where a name is a variable.
fn mentions(parsed: &Parsed, inside: &Range<usize>, name: &str) -> Vec<Mention> {
    let mut found = vec![];
    let places = words::places(&parsed.text()[inside.clone()], name).map(|range| inside.start + range.start..inside.start + range.end);
    uses::visit(parsed, places, |range, way| {
        let alone = || matches!(uses::stands(parsed, &range, way), Stands::Alone | Stands::Shorthand(..));
        if uses::within(parsed, &range, way) != Within::Code || !alone() {
            return;
        }
        let path: Vec<Node> = way.iter().map(|(node, _)| *node).collect();
        let is_loop = |node: &&Node<'_>| is(parsed, "keeps.loop", **node);
        let scopes = |node: &&Node<'_>| {
            role(&parsed.language().scope_roles, **node) & BLOCK != 0 || is_loop(node) || is(parsed, "keeps.function", **node)
        };
        let (bound, by) = (uses::binding(parsed, &range, way), place(parsed, &path).map(|node| node.byte_range()));
        let declared = bound.is_some() && !parsed.language().indented;
        let reads = path.windows(2).any(|pair| marks(parsed, "reads", pair[0], pair[1]));
        let scope = path.iter().rev().find(scopes).map_or(inside.clone(), Node::byte_range);
        let loops = path.iter().filter(is_loop).map(Node::byte_range).collect();
        found.push(Mention { range, given: bound.or(by), declared, reads, scope, loops });
    });
    found
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The label that a jump names.
fn label_of<'a>(parsed: &'a Parsed, jump: Node<'_>) -> Option<&'a str> {
    let label = jump.named_child(0)?;
    (is(parsed, "label", label) || is(parsed, "labelled", jump)).then(|| &parsed.text()[label.byte_range()])
}

fn begins_with_label(text: &str, label: &str) -> bool {
    text.strip_prefix(label).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

/// Whether some line of a text begins with a label.
fn declares(text: &str, label: &str) -> bool {
    text.lines().any(|line| begins_with_label(line.trim_start(), label))
}

/// Visits all nodes that touch some bytes, each with the path from the root to it.
fn each<'tree>(parsed: &'tree Parsed, bytes: &Range<usize>, mut look: impl FnMut(&[Node<'tree>])) {
    let touches = |node: Node<'_>| node.start_byte() < bytes.end && bytes.start < node.end_byte();
    let mut nodes = parsed.preorder(touches);
    while let Some(node) = nodes.next() {
        if touches(node) {
            look(nodes.path());
        }
    }
}
