//! Whether a selection is a value that can be given a name: it is read once, where the statement around it begins. Something that is
//! written to, or has its address taken, is a place, and a copy of it would be another place. `scope.scm` says which parts of which nodes
//! are places.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::scope::{self, BLOCK, LATER, STRING, VALUE};
use super::uses::{self, role};
use crate::text::words::{self, is_word};

/// The answer for a selection that is not one value.
const NO_VALUE: &str = "the selection is not exactly one value inside a statement; select one expression";
const PLACE: &str =
    "what is selected is written to, called or borrowed, so it is a place and not a value: a copy of it would be something else";
const LATE: &str =
    "what is selected is not evaluated where its statement begins, or perhaps not at all, so it cannot be taken out of there";
const BOUND: &str = "what is selected gets its type or its meaning from its surroundings, so it cannot be taken out of there";
const CHANGED: &str = "what is selected uses a name that its statement gives a value first, so it cannot be taken out of there";
const NO_STATEMENT: &str = "no statement can be put before what is selected";
const SAME_LINE: &str = "the statement does not begin its line; put it on a line of its own first";

/// The statement around a selection, if that is exactly one value, larger than a name and smaller than the statement, which means the same
/// before the statement. The error says why it is not, for the user.
pub fn statement_of(parsed: &Parsed, selection: &Range<usize>) -> Result<Range<usize>, &'static str> {
    let text = parsed.text();
    let selected = text.get(selection.clone()).filter(|selected| !selected.is_empty() && selected.trim() == *selected).ok_or(NO_VALUE)?;
    if selected.chars().all(is_word) && !selected.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(NO_VALUE);
    }
    let node = parsed.root().descendant_for_byte_range(selection.start, selection.end).ok_or(NO_VALUE)?;
    if node.byte_range() != *selection || node.has_error() {
        return Err(NO_VALUE);
    }
    let roles = &parsed.language().scope_roles;
    let path = scope::path_to(parsed, node);
    // Several nodes may have the same range, and any of them may be the value.
    if !path.iter().any(|here| here.byte_range() == *selection && role(roles, *here) & VALUE != 0) {
        return Err(NO_VALUE);
    }
    let block = path.iter().rposition(|here| role(roles, *here) & BLOCK != 0).ok_or(NO_STATEMENT)?;
    let in_declarations = block > 0 && marks(parsed, "declarations", path[block - 1], path[block]);
    if in_declarations || marks(parsed, "declarations", path[block], path[block]) {
        return Err(NO_STATEMENT);
    }
    // There may be a list between the block and its statements.
    let first = path.iter().skip(block + 1).position(|node| !is(parsed, "statements", *node)).ok_or(NO_VALUE)? + block + 1;
    let statement = path[first].byte_range();
    if statement == *selection || statement.len() <= selected.len() + 1 {
        return Err(NO_VALUE);
    }
    stands_by_itself(parsed, &path[first..], selection)?;
    if knows_more(parsed, &statement, selection) {
        return Err(CHANGED);
    }
    let line = text[..statement.start].rfind('\n').map_or(0, |at| at + 1);
    if text[line..statement.start].trim().is_empty() { Ok(statement) } else { Err(SAME_LINE) }
}

/// Whether a value is made of literals only.
pub fn is_literal(parsed: &Parsed, value: &Range<usize>) -> bool {
    let roles = &parsed.language().scope_roles;
    let text = &parsed.text()[value.clone()];
    let starts = text.char_indices().filter(|(at, letter)| is_word(*letter) && !text[..*at].ends_with(is_word));
    let names = starts.filter(|(_, letter)| !letter.is_ascii_digit()).map(|(at, _)| value.start + at);
    let in_string = |at: usize| {
        let leaf = parsed.root().descendant_for_byte_range(at, at + 1);
        leaf.is_some_and(|leaf| scope::path_to(parsed, leaf).iter().any(|node| role(roles, *node) & STRING != 0))
    };
    names.into_iter().all(in_string)
}

/// Whether `scope.scm` tags a child of a node: it is the pattern's target, or the pattern has none. The settings `from` and `to` limit it
/// to some of the named children, by number.
pub(super) fn marks(parsed: &Parsed, tag: &str, parent: Node<'_>, child: Node<'_>) -> bool {
    let mut patterns = parsed.language().scope.at(parent.kind_id()).filter(|pattern| pattern.tag == tag);
    patterns.any(|pattern| {
        let Some(captures) = pattern.matches(parent, parsed.text()) else { return false };
        let number = |key: &str| pattern.setting(key).and_then(|number| number.parse::<usize>().ok());
        let (from, to) = (number("from"), number("to"));
        let meant = captures.get("target").is_none_or(|target| target == child);
        meant
            && (from.is_none() && to.is_none() || {
                let at = (0..parent.named_child_count()).find(|at| parent.named_child(*at as u32).is_some_and(|node| node == child));
                at.is_some_and(|at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to))
            })
    })
}

/// Whether `scope.scm` tags the node itself.
pub(super) fn is(parsed: &Parsed, tag: &str, node: Node<'_>) -> bool {
    let mut patterns = parsed.language().scope.at(node.kind_id()).filter(|pattern| pattern.tag == tag);
    patterns.any(|pattern| pattern.matches(node, parsed.text()).is_some())
}

/// The node that makes the end of a path a place; none if it is read as a value.
pub(super) fn place<'tree>(parsed: &Parsed, path: &[Node<'tree>]) -> Option<Node<'tree>> {
    let mut by = None;
    for pair in path.windows(2) {
        let [parent, child] = pair else { break };
        if marks(parsed, "place", *parent, *child) {
            by = Some(*parent);
        } else if by.is_some() && parent.byte_range() != child.byte_range() && !marks(parsed, "through", *parent, *child) {
            by = None;
        }
    }
    by
}

/// Whether a value can be moved in front of its statement: it is read, immediately, and means the same there. `path` leads from the
/// statement to the value.
fn stands_by_itself(parsed: &Parsed, path: &[Node<'_>], value: &Range<usize>) -> Result<(), &'static str> {
    let roles = &parsed.language().scope_roles;
    for (at, pair) in path.windows(2).enumerate() {
        let [parent, child] = pair else { break };
        let late = role(roles, *parent) & LATER != 0 && marks(parsed, "later", *parent, *child);
        if parent.byte_range() != *value && (late || is_cut_short(parsed, *parent, *child)) {
            return Err(LATE);
        }
        if child.byte_range() != *value {
            continue;
        }
        if place(parsed, &path[..at + 2]).is_some() {
            return Err(PLACE);
        }
        let parts_a_chain = parent.byte_range() != *value && marks(parsed, "chain", *parent, *child) && shortens(parsed, *child);
        if parts_a_chain
            || marks(parsed, "head", *parent, *child)
            || is(parsed, "rooted", *child)
            || names_a_type(parsed, *parent, *child)
            || is_several(parsed, path, *parent)
        {
            return Err(BOUND);
        }
    }
    Ok(())
}

/// Whether a chain may end early, as `a?.b` does.
fn shortens(parsed: &Parsed, chain: Node<'_>) -> bool {
    let mut here = chain;
    loop {
        let mut cursor = here.walk();
        if here.children(&mut cursor).any(|child| is(parsed, "shortens", child)) {
            return true;
        }
        let Some(inner) = here.named_child(0).filter(|inner| marks(parsed, "chain", here, *inner)) else { return false };
        here = inner;
    }
}

/// Whether a child is an argument or index that is skipped if the chain before it ends early.
fn is_cut_short(parsed: &Parsed, parent: Node<'_>, child: Node<'_>) -> bool {
    let begins = parent.named_child(0).filter(|first| marks(parsed, "chain", parent, *first));
    begins.is_some_and(|first| first != child) && shortens(parsed, parent)
}

/// Whether what looks like a field may be a type or a package: `java.util` or `Outer.Inner` before another name.
fn names_a_type(parsed: &Parsed, parent: Node<'_>, value: Node<'_>) -> bool {
    let text = parsed.text();
    let said = &text[value.byte_range()];
    if !is(parsed, "path", value) || !said.chars().all(|letter| is_word(letter) || letter == '.') {
        return false;
    }
    let is_type = |name: &str| name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase);
    let next = text[value.end_byte()..parent.end_byte()].trim_start().strip_prefix('.').unwrap_or_default().trim_start();
    let next = words::first(next);
    said.rsplit('.').next().is_some_and(is_type) || is_type(next)
}

/// Whether an expression gives several values: `a, b := f()`, or `return f()` with two results.
fn is_several(parsed: &Parsed, path: &[Node<'_>], list: Node<'_>) -> bool {
    let Some(at) = path.iter().position(|node| *node == list).filter(|at| *at > 0) else { return false };
    let around = path[at - 1];
    if list.named_child_count() != 1 || !marks(parsed, "spread", around, list) {
        return false;
    }
    let results = || {
        let root = scope::path_to(parsed, list);
        root.iter().rev().find_map(|node| node.child_by_field_name("result")).map(|result| parsed.text()[result.byte_range()].to_string())
    };
    parsed.text()[around.start_byte()..list.start_byte()].contains(',')
        || around.named_child(0) == Some(list) && results().is_some_and(|results| results.starts_with('(') && results.contains(','))
}

/// Whether a value uses a name that its statement binds or changes before the value is evaluated: `with open(p) as f, read(f.name)`, `i++ +
/// f(i)`.
fn knows_more(parsed: &Parsed, statement: &Range<usize>, value: &Range<usize>) -> bool {
    let text = parsed.text();
    let inside = text.get(value.clone()).unwrap_or_default();
    let is_name = |name: &&str| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    let whole = text.get(statement.clone()).unwrap_or_default();
    words::all(inside).filter(is_name).any(|name| {
        let places = words::places(whole, name).map(|range| statement.start + range.start..statement.start + range.end);
        let mut more = false;
        uses::visit(parsed, places, |range, way| {
            // `x = x + 1` binds its name after the value is computed.
            let holds = |binding: &Range<usize>| binding.start <= value.start && value.end <= binding.end;
            more |= uses::binding(parsed, &range, way).is_some_and(|binding| !holds(&binding));
            let path: Vec<Node> = way.iter().map(|(node, _)| *node).collect();
            more |= range.end <= value.start
                && place(parsed, &path).is_some_and(|by| !holds(&by.byte_range()) && statement.start <= by.start_byte());
        });
        more
    })
}
