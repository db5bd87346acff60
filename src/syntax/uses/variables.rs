//! Which variable a name means: the one of the innermost surrounding scope that binds the name, from where it is known there. `scope.scm`
//! says what bounds a variable, what reaches further, and what does not know it.

use std::ops::Range;

use tree_sitter::Node;

use super::binding::binding_at;
use super::{OUTER, Special, Stands, TOKENS, Way, Within, role, special, stands, visit, within};
use crate::syntax::Parsed;
use crate::syntax::place::{is, marks};
use crate::syntax::scope::{self, Item};
use crate::text::words;

/// A variable or a parameter, of a function, a block or a loop, or a type parameter of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The part of the text that bounds it.
    pub scope: Range<usize>,
    /// The enclosing function; none if there is none.
    pub function: Option<Item>,
    /// Where it is bound, in order.
    pub bound: Vec<Range<usize>>,
    /// Where its name means it, in order; including where it is bound.
    pub uses: Vec<Range<usize>>,
    is_type: bool,
}

impl Variable {
    /// Whether a name that begins at a place means it.
    pub fn is_meant_at(&self, at: usize) -> bool {
        self.uses.binary_search_by_key(&at, |range| range.start).is_ok()
    }

    /// Whether it is a parameter of the enclosing function, which calls may name.
    pub fn is_parameter(&self) -> bool {
        let Some(function) = &self.function else { return false };
        let covers = function.body.as_ref().is_none_or(|body| self.scope.start <= body.start && body.end <= self.scope.end);
        covers && self.bound.iter().any(|bound| function.signature.contains(&bound.start))
    }
}

/// Where a name is bound.
struct Bound {
    scope: Range<usize>,
    name: Range<usize>,
    /// It is not known before this offset.
    from: usize,
    /// Parts of what binds it that do not know it.
    unseen: Vec<Range<usize>>,
    function: Option<Item>,
    is_type: bool,
}

/// An occurrence of the name that may mean a variable.
struct Place {
    range: Range<usize>,
    /// The scopes of variables around it, innermost first.
    around: Vec<Range<usize>>,
    is_type: bool,
}

/// What a text says of a name.
#[derive(Default)]
struct NameFacts {
    bound: Vec<Bound>,
    places: Vec<Place>,
    /// Functions that declare the name to be the file's (`global`).
    of_file: Vec<Range<usize>>,
    /// Functions that declare it to be that of the enclosing function (`nonlocal`).
    of_outer: Vec<Range<usize>>,
}

/// The variables of a name, each with its uses.
pub fn variables(parsed: &Parsed, name: &str) -> Vec<Variable> {
    let mut told = NameFacts::default();
    visit(parsed, words::places(parsed.text(), name), |range, way| look(parsed, range, way, &mut told));
    let NameFacts { mut bound, places, of_file, of_outer } = told;
    bound.retain(|bound| !of_file.contains(&bound.scope) && !of_outer.contains(&bound.scope));
    let mut found: Vec<Variable> = vec![];
    for place in &places {
        let Some(bound) = meant(place, &bound, &of_file) else { continue };
        let is_bound = bound.name == place.range;
        let known = found.iter().position(|one| one.scope == bound.scope && one.is_type == bound.is_type);
        let at = known.unwrap_or_else(|| {
            let (scope, function, is_type) = (bound.scope.clone(), bound.function.clone(), bound.is_type);
            found.push(Variable { scope, function, bound: vec![], uses: vec![], is_type });
            found.len() - 1
        });
        found[at].uses.push(place.range.clone());
        if is_bound {
            found[at].bound.push(place.range.clone());
        }
    }
    found
}

/// What binds the name at a place.
fn meant<'a>(place: &Place, bound: &'a [Bound], of_file: &[Range<usize>]) -> Option<&'a Bound> {
    // They are in order, and so are the places.
    if let Ok(own) = bound.binary_search_by_key(&place.range.start, |bound| bound.name.start) {
        return Some(&bound[own]);
    }
    let at = place.range.start;
    for scope in &place.around {
        if of_file.contains(scope) {
            return None;
        }
        let first = bound.partition_point(|bound| bound.name.start < scope.start);
        let inside = bound[first..].iter().take_while(|bound| bound.name.start < scope.end);
        let known = |bound: &&Bound| bound.scope == *scope && bound.from <= at && !bound.unseen.iter().any(|part| part.contains(&at));
        let mut known = inside.filter(known).filter(|bound| bound.is_type || !place.is_type);
        let any = known.next();
        // As a value, a name means a variable before it means a type.
        let value = any.filter(|bound| !bound.is_type || place.is_type).or_else(|| known.find(|bound| !bound.is_type));
        if let Some(found) = value.or(any) {
            return Some(found);
        }
    }
    None
}

fn look(parsed: &Parsed, range: Range<usize>, way: &Way<'_>, told: &mut NameFacts) {
    let Some((leaf, _)) = way.last().copied() else { return };
    let is_function = |node: &Node<'_>| is(parsed, "bounds.function", *node);
    let function = || way.iter().rev().map(|(node, _)| *node).find(is_function).map(|node| node.byte_range());
    if way.iter().any(|(node, _)| role(&parsed.language().use_roles, *node) & OUTER != 0) {
        told.of_file.extend(function());
    } else if way.iter().any(|(node, _)| is(parsed, "yields", *node)) {
        told.of_outer.extend(function());
    }
    if !may_be_variable(parsed, &range, way) {
        return;
    }
    let is_type = is(parsed, "type", leaf);
    if let Some(at) = binding_at(parsed, &range, way) {
        let Some(scope) = scope_of(parsed, way, at) else { return };
        told.bound.push(bound(parsed, range.clone(), way, at, scope, is_type));
    }
    told.places.push(Place { range, around: around(parsed, way), is_type });
}

/// Whether what is at a place is looked up among the variables.
fn may_be_variable(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> bool {
    let Some((leaf, _)) = way.last().copied() else { return false };
    let parent = way.len().checked_sub(2).map(|at| way[at].0);
    // In the arguments of a macro, only characters tell.
    let behind = &parsed.text()[range.end..];
    let is_macro = |parent: Node<'_>| {
        role(&parsed.language().use_roles, parent) & TOKENS != 0 && ["!(", "![", "! {", "!{"].iter().any(|sign| behind.starts_with(sign))
    };
    within(parsed, range, way) == Within::Code
        && matches!(stands(parsed, range, way), Stands::Alone | Stands::Shorthand(..))
        && !matches!(special(parsed, range, way), Special::Tag | Special::Path | Special::MacroParameter | Special::Base | Special::Label)
        && !parent.is_some_and(|parent| marks(parsed, "apart", parent, leaf) || is_macro(parent))
}

/// The scopes of variables around a place, innermost first.
fn around(parsed: &Parsed, way: &Way<'_>) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut skips = false;
    for at in (0..way.len()).rev() {
        let node = way[at].0;
        if bounds(parsed, way, at) && !std::mem::take(&mut skips) {
            found.push(node.byte_range());
        }
        if is(parsed, "closed", node) {
            break;
        }
        skips |= at > 0 && marks(parsed, "outside", way[at - 1].0, node);
    }
    found
}

/// Whether a node on the path bounds variables, and is not a part of a larger one that does.
fn bounds(parsed: &Parsed, way: &Way<'_>, at: usize) -> bool {
    let node = way[at].0;
    let is_one = ["bounds", "bounds.function", "bounds.list"].iter().any(|tag| is(parsed, tag, node));
    is_one && !(at > 0 && marks(parsed, "joins", way[at - 1].0, node))
}

/// Which node on the path bounds what another one binds; none if it is not a variable.
fn scope_of(parsed: &Parsed, way: &Way<'_>, bound: usize) -> Option<usize> {
    let mut hoists = false;
    for at in (0..=bound).rev() {
        let node = way[at].0;
        if is(parsed, "declarations", node) {
            return None;
        }
        hoists |= is(parsed, "hoists", node);
        if is(parsed, "bounds.list", node) {
            return Some(function_of(parsed, way, at).unwrap_or(at));
        }
        if bounds(parsed, way, at) && (!hoists || is(parsed, "bounds.function", node)) {
            return Some(at);
        }
    }
    None
}

/// The function whose head contains a list of parameters.
fn function_of(parsed: &Parsed, way: &Way<'_>, list: usize) -> Option<usize> {
    const HEAD: &[&str] = &["declarator", "parameters"];
    let is_head = |at: &usize| way[*at].1.is_none_or(|field| HEAD.contains(&field));
    (1..=list).rev().take_while(is_head).map(|at| at - 1).find(|at| is(parsed, "bounds.function", way[*at].0))
}

fn bound(parsed: &Parsed, name: Range<usize>, way: &Way<'_>, at: usize, scope: usize, is_type: bool) -> Bound {
    let by = way[at].0;
    // What is in the head of a function is known in all of it, as the parameters of old C are.
    let head = usize::from(is(parsed, "bounds.function", way[scope].0)) + scope;
    let from = (scope..=at).rev().filter(|at| *at > head || *at == scope).find_map(|at| match way[at].0 {
        node if is(parsed, "begins.behind", node) => Some(node.end_byte()),
        node if is(parsed, "begins", node) => Some(name.start),
        _ => None,
    });
    let mut cursor = by.walk();
    let unseen = by.named_children(&mut cursor).filter(|part| marks(parsed, "unbound", by, *part)).map(|part| part.byte_range()).collect();
    let items = way[..=scope].iter().rev().filter_map(|(node, _)| scope::item(parsed, *node));
    Bound {
        scope: way[scope].0.byte_range(),
        name,
        from: from.unwrap_or(0),
        unseen,
        function: items.into_iter().find(|item| item.kind.is_callable()),
        is_type: is_type || is(parsed, "types", by),
    }
}

/// What a type or the like binds for everything in it, around a place: its parameters. None if nothing there does.
pub fn binder(parsed: &Parsed, name: &str, at: usize) -> Option<Variable> {
    let (mut item, mut bound, mut uses) = (None, vec![], vec![]);
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        if !may_be_variable(parsed, &range, way) {
            return;
        }
        uses.push(range.clone());
        if binding_at(parsed, &range, way).is_none() {
            return;
        }
        bound.push(range);
        let items: Vec<Item> = way.iter().filter_map(|(node, _)| scope::item(parsed, *node)).collect();
        let is_free = !items.iter().any(|item| item.kind.is_callable());
        item = item.take().or(items.into_iter().next_back().filter(|item| is_free && item.range.contains(&at)));
    });
    let item = item?;
    let inside = |range: &Range<usize>| item.range.start <= range.start && range.end <= item.range.end;
    uses.retain(inside);
    bound.retain(inside);
    Some(Variable { scope: item.range.clone(), function: Some(item), bound, uses, is_type: false })
}
