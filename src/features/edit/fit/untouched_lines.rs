//! Lines beside the marked ones that an answer leaves out, or has others in place of, though they have nothing to do with these, or give a
//! value that the answer still uses: nobody has asked for that, so they stay.

use std::cell::OnceCell;
use std::ops::Range;

use super::extent::{Extent, Laid};
use super::similarity::{LINE_WEIGHT, alike, weight};
use crate::syntax::{flow, import};
use crate::text::words;

/// A line of the file below an answer.
struct Line<'a> {
    text: &'a str,
    is_marked: bool,
    /// It says something, the answer has nothing of it, and it shares no variable with the marked lines, or is missed.
    is_lost: bool,
    /// It is lost and gives a value to a name that the answer still uses.
    is_missed: bool,
}

/// The answer with such lines of the file, where there are any, and how many they are.
pub(super) fn kept(laid: &Laid<'_>, one: &Extent) -> (Option<Extent>, usize) {
    if one.head.as_ref().is_some_and(|(_, head)| head.start > 0) {
        return (None, 0);
    }
    let (head, is_item) = (one.head.as_ref().map_or(0..0, |(_, head)| head.clone()), one.head.is_some());
    let (file, answer) = laid.both(one);
    let Some(alike) = alike(&file, &answer, laid.loose) else { return (None, 0) };
    let lines = lines(laid, one, &alike.kept, &answer);
    let lost = lines.iter().filter(|line| line.is_lost).count();
    if lost == 0 || lines.len() != file.len() {
        return (None, 0);
    }
    let (mut out, mut from, mut own): (Vec<&str>, usize, usize) = (vec![], 0, 0);
    let anchors = alike.back.iter().enumerate().filter_map(|(at, back)| Some((Some(at), (*back)?)));
    for (at, line) in anchors.chain([(None, file.len())]) {
        let theirs = own..at.unwrap_or(answer.len());
        let is_needed = || brings(&laid.site.text, &answer, &theirs);
        out.extend(between(&lines[from..line], &answer[theirs.clone()], is_item || is_needed()));
        out.extend(at.map(|at| answer[at]));
        (from, own) = (line + 1, at.map_or(answer.len(), |at| at + 1));
    }
    let text = format!("{}{}", &one.text[head.clone()], out.join("\n"));
    (Some(Extent { range: one.range.clone(), text, head: one.head.clone() }), lost)
}

/// Whether some lines of an answer have a word that is new, and that others of it use.
fn brings(text: &str, answer: &[&str], lines: &Range<usize>) -> bool {
    let mut said = answer[lines.clone()].iter().flat_map(|line| words::all(line));
    let others = || answer[..lines.start].iter().chain(&answer[lines.end..]);
    said.any(|word| !words::has(text, word) && others().any(|line| words::has(line, word)))
}

fn lines<'a>(laid: &'a Laid<'_>, one: &Extent, kept: &[bool], answer: &[&str]) -> Vec<Line<'a>> {
    let (text, marked) = (&laid.site.text, laid.marked);
    let mut at = one.range.start + one.head.as_ref().map_or(0, |head| head.0);
    let imports = laid.site.parsed().map(import::statements).unwrap_or_default();
    let brought = OnceCell::new();
    let mut found = vec![];
    for (line, is_kept) in text[at..one.range.end].split_inclusive('\n').zip(kept) {
        let is_marked = marked.start <= at && at < marked.end.max(marked.start + 1);
        let own = at..at + line.trim_end().len();
        at += line.len();
        let moved = || answer.iter().any(|other| other.trim() == line.trim());
        // Imports follow what is used.
        let imports = || imports.iter().any(|known| known.range.start < own.end && own.start < known.range.end);
        let is_out = !is_marked && !is_kept && weight(line) == LINE_WEIGHT && !moved() && !imports();
        let is_missed = is_out && is_missed(laid, &own, answer, brought.get_or_init(|| given_by(laid, one)));
        let is_lost = is_missed || is_out && is_apart(laid, &own);
        found.push(Line { text: line.trim_end_matches(['\n', '\r']), is_marked, is_lost, is_missed });
    }
    found
}

/// Whether a line and the marked ones give no variable a value that both use.
fn is_apart(laid: &Laid<'_>, line: &Range<usize>) -> bool {
    laid.site.parsed().is_some_and(|parsed| !flow::share(parsed, line, laid.marked))
}

/// Whether a line gives a value to a name that an answer uses and gives none itself.
fn is_missed(laid: &Laid<'_>, line: &Range<usize>, answer: &[&str], brought: &[String]) -> bool {
    let given = laid.site.parsed().map(|parsed| flow::given(parsed, line)).unwrap_or_default();
    given.iter().any(|name| !brought.contains(name) && answer.iter().any(|own| words::has(own, name)))
}

/// The names that an answer gives a value.
fn given_by(laid: &Laid<'_>, one: &Extent) -> Vec<String> {
    let text = &laid.site.text;
    let after = [&text[..one.range.start], &one.text, &text[one.range.end..]].concat();
    let parsed = laid.site.parsed().and_then(|parsed| parsed.edited(after).ok());
    parsed.map(|after| flow::given(&after, &(one.range.start..one.range.start + one.text.len()))).unwrap_or_default()
}

/// What becomes of lines of the file between two that the answer has as well; `answer` is what it has there.
fn between<'a>(file: &[Line<'a>], answer: &[&'a str], is_meant: bool) -> Vec<&'a str> {
    let first = file.iter().position(|line| line.is_marked);
    let lost = |lines: &[Line<'a>]| lines.iter().filter(|line| line.is_lost).map(|line| line.text).collect::<Vec<_>>();
    let all = || file.iter().all(|line| line.is_lost || weight(line.text) < LINE_WEIGHT);
    match first {
        None if all() && (answer.is_empty() || !is_meant) => file.iter().map(|line| line.text).collect(),
        None if answer.is_empty() => lost(file),
        // The item was given back with other lines there, or these are needed elsewhere.
        _ if is_meant && !answer.is_empty() => with_missed(file, answer),
        None => with_missed(file, answer),
        Some(first) => [lost(&file[..first]), answer.to_vec(), lost(&file[first..])].concat(),
    }
}

/// Lines of an answer with those that it misses of the file's: before it where these begin with one, else behind it.
fn with_missed<'a>(file: &[Line<'a>], answer: &[&'a str]) -> Vec<&'a str> {
    let first = file.iter().take_while(|line| line.is_missed).count();
    let missed = |lines: &[Line<'a>]| lines.iter().filter(|line| line.is_missed).map(|line| line.text).collect::<Vec<_>>();
    [missed(&file[..first]), answer.to_vec(), missed(&file[first..])].concat()
}
