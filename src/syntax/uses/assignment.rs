//! What gives a name its value or type: a declaration, an assignment, a loop, a pattern, or the call that a function is passed to.

use std::ops::Range;

use tree_sitter::Node;

use super::{MEMBER, Way, role, visit};
use crate::syntax::Parsed;
use crate::syntax::place::is;
use crate::syntax::scope::BLOCK;
use crate::text::words;

/// A place that gives a name a value or a type: the bytes of both, as far as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    pub range: Range<usize>,
    pub kind: Option<Range<usize>>,
    pub value: Option<Range<usize>>,
    /// The name gets a part of the value, or one element after another: `Some(a) = b`, `for a in b`.
    pub part: bool,
    /// The anonymous function that it is a parameter of, if that is passed to a call.
    pub scope: Option<Range<usize>>,
}

/// Maximum nodes between a name and what gives it a value: `(a, b) = …`, `int *a = …`.
const NEAR: usize = 5;

/// All places where a name (a variable or a member) gets a value or a type.
pub fn given(parsed: &Parsed, name: &str) -> Vec<Assignment> {
    let mut found = vec![];
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        let given = given_at(parsed, &range, way);
        if given.kind.is_some() || given.value.is_some() {
            found.push(given);
        } else {
            found.extend(handed(parsed, &range, way));
        }
    });
    found
}

fn given_at(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Assignment {
    const GIVEN: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "attribute", "property", "field"];
    let mut given = Assignment { range: range.clone(), ..Assignment::default() };
    for (at, pair) in way.windows(2).enumerate().rev().take(NEAR) {
        let [(parent, _), (child, field)] = pair else { break };
        if field.is_some_and(|field| !GIVEN.contains(&field)) {
            break;
        }
        // `a.b = 1` does not give `b` alone a value.
        if role(&parsed.language().use_roles, *parent) & MEMBER != 0 {
            continue;
        }
        let value_of = |node: &Node<'_>, field: &str| {
            node.child_by_field_name(field).map(|node| node.byte_range()).filter(|node| !node.contains(&range.start))
        };
        let of = |field: &str| value_of(parent, field);
        if is(parsed, "given.arm", *parent) {
            // The matched value is two nodes up; the value of the arm is something else.
            given.value = way[..at].iter().rev().find_map(|(node, _)| value_of(node, "value"));
            given.part = true;
            break;
        }
        let named = (*field == Some("alias")).then(|| parent.named_child(0).map(|node| node.byte_range())).flatten();
        // In `Some(a)`, `Some` is not the type of `a`.
        given.kind = given.kind.or(of("type").filter(|_| !is(parsed, "given.pattern", *parent)));
        // In `int a = 1` the type is one node further up than the value.
        let known = given.value.is_some();
        given.value = given.value.or(of("value")).or(of("right")).or(named);
        if !known && given.value.is_some() {
            given.part = is(parsed, "given.each", *parent) || parsed.text()[child.byte_range()].contains(['(', '[', '{']);
        }
        if known || given.kind.is_some() || role(&parsed.language().scope_roles, *parent) & BLOCK != 0 {
            break;
        }
    }
    given
}

/// What the parameter of an anonymous function may be a part of: the other arguments of the call that the function is passed to.
fn handed(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Vec<Assignment> {
    let Some(closure) = way.iter().rposition(|(node, _)| is(parsed, "closure", *node)) else { return vec![] };
    let is_parameter = way.get(closure + 1).is_some_and(|(_, field)| matches!(field, Some("parameters" | "parameter")));
    let call = way[..closure].iter().rev().take(3).find_map(|(node, _)| Some((*node, node.child_by_field_name("arguments")?)));
    let Some((call, arguments)) = call.filter(|_| is_parameter) else { return vec![] };
    let scope = way[closure].0.byte_range();
    let function = call.child_by_field_name("function").and_then(|function| function.named_child(0));
    let mut cursor = arguments.walk();
    let parts = function.or(call.child_by_field_name("object")).into_iter().chain(arguments.named_children(&mut cursor));
    let parts = parts.map(|part| part.byte_range()).filter(|part| !part.contains(&scope.start));
    parts.map(|part| Assignment { range: range.clone(), kind: None, value: Some(part), part: true, scope: Some(scope.clone()) }).collect()
}
