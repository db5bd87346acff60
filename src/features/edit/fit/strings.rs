//! Moves code to another indentation without changing the strings in it: lines that begin inside of a literal keep their bytes. The tree
//! says which lines these are.

use std::ops::Range;
use std::sync::Arc;

use super::layout;
use crate::syntax::literal::{self, Literal};
use crate::syntax::{self, Language};
use crate::text;
use crate::text::layout::{indentation, reindent};
use crate::text::lines::line_start;

/// [`layout::fitted`], with strings unchanged.
pub fn fitted(language: Option<&Arc<Language>>, code: &str, indent: &str) -> String {
    moved(language, code, "", |code| layout::fitted(code, indent))
}

/// [`fitted`], with this unit of indentation if the code has another.
pub fn fitted_in(language: Option<&Arc<Language>>, code: &str, indent: &str, unit: Option<&str>) -> String {
    let first = |code: &str| if language.is_some_and(|language| language.indented) { layout::with_first(code) } else { code.into() };
    let in_unit = |code: &str| unit.map_or_else(|| code.into(), |unit| layout::in_unit(code, unit));
    let act = |code: &str| layout::fitted(&in_unit(&first(code)), indent);
    moved(language, code, "", act)
}

/// [`layout::placed`], with strings unchanged. If the whole answer was shifted against the old lines, the strings in it were too: one that
/// the old lines have at another depth stays as it was there.
pub fn placed(language: Option<&Arc<Language>>, code: &str, old: &str) -> String {
    // A blank line tells nothing of the depth.
    let indent = indentation(old.lines().find(|line| !line.trim().is_empty()).unwrap_or(old));
    let old = if indentation(code) == indent { "" } else { old };
    moved(language, code, old, |code| layout::placed(code, indent))
}

/// [`layout::in_unit`], with strings unchanged.
pub fn in_unit(language: Option<&Arc<Language>>, code: &str, unit: &str) -> String {
    if !text::layout::is_foreign(code, unit) {
        return code.into();
    }
    let said = if unit.starts_with('\t') { text::layout::indent_unit(code) } else { "\t".into() };
    moved(language, code, "", |code| text::layout::in_unit(code, &said, unit))
}

/// The later lines of a literal, kept while the code around is moved.
struct Held {
    tail: String,
    /// The indentation of the line in which the literal begins, if its lines are indented with it.
    follows: Option<String>,
}

fn moved(language: Option<&Arc<Language>>, code: &str, old: &str, act: impl FnOnce(&str) -> String) -> String {
    let act = |code: &str| match language.filter(|language| language.labels_hang) {
        Some(_) => layout::hanging(code, act),
        None => act(code),
    };
    let literals = language.map(|language| literals(language, code)).unwrap_or_default();
    let Some(mark) = ('\u{e000}'..'\u{f8ff}').find(|mark| !code.contains(*mark)).filter(|_| !literals.is_empty()) else { return act(code) };
    let olds: Vec<&str> = match language {
        Some(language) if !old.is_empty() => literals_in(language, old).map(|range| &old[range]).collect(),
        _ => vec![],
    };
    let (mut folded, mut from, mut held) = (String::new(), 0, vec![]);
    for literal in literals {
        let tail = tail(code, &literal.range);
        folded.push_str(&code[from..tail.start]);
        folded.push(mark);
        from = tail.end;
        let line = line_start(code, literal.range.start);
        let follows = literal.alone.then(|| indentation(&code[line..]).to_string());
        let same = |old: &&&str| reindent(old, "") == reindent(&code[tail.clone()], "");
        let text = olds.iter().find(same).filter(|_| !literal.alone).copied().unwrap_or(&code[tail.clone()]);
        held.push(Held { tail: text.into(), follows });
    }
    folded.push_str(&code[from..]);
    unfolded(&act(&folded), mark, held)
}

/// The text with the kept lines in place of their marks.
fn unfolded(folded: &str, mark: char, held: Vec<Held>) -> String {
    let mut held = held.into_iter();
    let mut out = String::with_capacity(folded.len());
    for line in folded.split_inclusive('\n') {
        let now = indentation(line);
        for (number, piece) in line.split(mark).enumerate() {
            let next = if number > 0 { held.next() } else { None };
            match next {
                Some(Held { tail, follows: Some(before) }) => out.push_str(&following(&tail, &before, now)),
                Some(Held { tail, follows: None }) => out.push_str(&tail),
                None => {}
            }
            out.push_str(piece);
        }
    }
    out
}

/// Lines that were indented with a line of indentation `before`, now indented with one of `now`.
fn following(tail: &str, before: &str, now: &str) -> String {
    let lines = tail.split('\n').enumerate().map(|(number, line)| match line.strip_prefix(before) {
        Some(rest) if number > 0 && !rest.trim().is_empty() => format!("{now}{rest}"),
        _ => line.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The literals over several lines. In indented languages, code that begins indented only parses with something around it.
fn literals(language: &Arc<Language>, code: &str) -> Vec<Literal> {
    if !code.contains('\n') {
        return vec![];
    }
    let indented = language.indented && code.starts_with([' ', '\t']);
    let around = if indented { format!("{}\n", language.opens_block) } else { String::new() };
    let Ok(parsed) = syntax::parse(language, format!("{around}{code}")) else { return vec![] };
    let moved = |literal: Literal| Literal { range: literal.range.start - around.len()..literal.range.end - around.len(), ..literal };
    literal::over_lines(&parsed).into_iter().map(moved).collect()
}

fn literals_in<'a>(language: &Arc<Language>, code: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    literals(language, code).into_iter().map(|literal| tail(code, &literal.range))
}

/// From the first line break of a literal to its end.
fn tail(code: &str, literal: &Range<usize>) -> Range<usize> {
    literal.start + code[literal.clone()].find('\n').unwrap_or(literal.len())..literal.end
}
