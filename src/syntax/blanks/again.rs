//! Updates what is hidden from the parser after an edit. The forms are long expressions, and running all of them over a whole text costs
//! more than parsing it after a keystroke. No form matches across the end of a statement, so matches after one do not depend on what
//! precedes it: only the statements around the edit are searched again.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use memchr::{memchr, memrchr};
use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Blank, Form, Found, HEAD, find, goes_on_above};
use crate::syntax::language::Language;
use crate::text::Cut;
use crate::text::lines::{line_end, line_start};

/// All forms of a language that do not look far back, in one set: most edits are not near any match.
#[derive(Debug, Default)]
pub(in crate::syntax) struct Near(OnceLock<Option<RegexSet>>);

/// Matches nowhere; used in place of the forms that look further back.
const NOWHERE: &str = r"[^\s\S]";

impl Near {
    /// Whether any of these forms may match in a stretch of a text.
    fn may_fit(&self, forms: &[Form], text: &str, within: &Range<usize>) -> bool {
        let pattern = |form: &Form| if form.entry.behind.is_some() { NOWHERE.into() } else { form.entry.pattern.clone() };
        let set = || RegexSetBuilder::new(forms.iter().map(pattern)).unicode(false).build().ok();
        let bytes = &text.as_bytes()[..text.len().min(within.end + 1)];
        self.0.get_or_init(set).as_ref().is_none_or(|set| set.is_match_at(bytes, within.start))
    }
}

/// What [`find`] returns for a text, derived from the matches in the previous version.
pub(in crate::syntax) fn again(language: &Language, known: &Arc<[Found]>, text: &str, cut: Option<&Cut>) -> Arc<[Found]> {
    let Some(cut) = cut.filter(|_| !language.macros.is_empty()) else { return known.clone() };
    let [near, far] = [0, HEAD].map(|looks_back| around(text, cut, looks_back));
    let moved = |at: usize| (at as i64 + cut.moved()) as usize;
    let mut found = Vec::with_capacity(known.len() + 4);
    let mut rest = &known[..];
    let may_fit = language.near_macros.may_fit(&language.macros, text, &near);
    for (number, form) in language.macros.iter().enumerate() {
        let looks_far = form.entry.behind.is_some();
        let within = if looks_far { &far } else { &near };
        let behind = (within.end as i64 - cut.moved()) as usize;
        let (of_form, others) = rest.split_at(rest.partition_point(|one| one.form <= number));
        rest = others;
        let (first, others) = of_form.split_at(of_form.partition_point(|one| one.start < within.start));
        let last = &others[others.partition_point(|one| one.start < behind)..];
        found.extend(first.iter().map(|one| {
            let mut one = one.clone();
            if form.entry.closes && one.reach > cut.start {
                form.close(text, &mut one);
            }
            one
        }));
        if looks_far || may_fit {
            form.find(number, text, within.clone(), &mut found);
        }
        found.extend(last.iter().map(|one| {
            let range = |range: &Range<usize>| moved(range.start)..moved(range.end);
            Found {
                form: number,
                start: moved(one.start),
                opened: moved(one.opened),
                reach: if one.reach == usize::MAX { usize::MAX } else { moved(one.reach) },
                hidden: one.hidden.iter().map(|(hidden, reads)| (range(hidden), reads.clone())).collect(),
                closing: one.closing.iter().map(range).collect(),
            }
        }));
    }
    let found: Arc<[Found]> = found.into();
    if crate::report::is_strict() && found != find(language, text) {
        crate::bug!("what is hidden after an edit is not what the text says: {:?} is {:?}", found, find(language, text));
    }
    found
}

/// The stretch in which an edit may have changed the matches that begin there. It starts at the end of a statement before the edit, and
/// ends with one so far after it that forms which look `looks_back` bytes back do not see the edit from there.
fn around(text: &str, cut: &Cut, looks_back: usize) -> Range<usize> {
    let end = text.ceil_char_boundary((line_end(text, cut.new_end) + 1).max(cut.new_end + looks_back).min(text.len()));
    end_before(text, cut.start)..end_after(text, end)
}

const STATEMENT: u8 = b';';

/// The last end of a statement before a place up to which the text is known; the start of the text if there is none.
fn end_before(text: &str, known: usize) -> usize {
    let bytes = text.as_bytes();
    let mut before = known;
    while let Some(at) = memrchr(STATEMENT, &bytes[..before]) {
        let line = line_start(text, at)..line_end(text, at);
        let [first, second] = ends(text, &line, known);
        let last_in =
            |within: Range<usize>| memrchr(STATEMENT, bytes.get(within.start..within.end.min(before))?).map(|at| within.start + at);
        if let Some(end) = last_in(second).or_else(|| last_in(first)) {
            return end;
        }
        before = line.start;
    }
    0
}

/// The first end of a statement from a place on; the end of the text if there is none.
fn end_after(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut from = from;
    while let Some(at) = memchr(STATEMENT, &bytes[from..]).map(|at| from + at) {
        let line = line_start(text, at)..line_end(text, at);
        let first_in = |within: Range<usize>| {
            let start = within.start.max(from);
            memchr(STATEMENT, bytes.get(start..within.end)?).map(|at| start + at)
        };
        let [first, second] = ends(text, &line, text.len());
        if let Some(end) = first_in(first).or_else(|| first_in(second)) {
            return end;
        }
        from = line.end;
    }
    text.len()
}

/// The stretches of a line in which a semicolon ends whatever a form may have begun before it. A semicolon in a comment, a string or a
/// preprocessor line may not, and all of these begin on its own line. No string continues on the next line, so none is open after the last
/// quote of a line, if all of it and its break are before `known`. On lines continued with a backslash none may.
fn ends(text: &str, line: &Range<usize>, known: usize) -> [Range<usize>; 2] {
    let nowhere = line.start..line.start;
    if goes_on_above(text, line.start) || goes_on_above(text, line.end + 1) {
        return [nowhere.clone(), nowhere];
    }
    let inside = &text.as_bytes()[line.clone()];
    let sign = memchr(b'#', inside).unwrap_or(inside.len());
    let remark = line.start + text[line.clone()].find("//").map_or(sign, |at| at.min(sign));
    let Some((first, last)) = memchr(b'"', inside).zip(memrchr(b'"', inside)) else { return [line.start..remark, nowhere] };
    let behind = if line.end >= known { nowhere } else { line.start + last..remark };
    [line.start..remark.min(line.start + first), behind]
}

/// Whether a hidden stretch before an edit is unchanged.
pub(super) fn stays(a: &Blank, b: &Blank, cut: &Cut) -> bool {
    a.reads == b.reads && a.range == b.range && a.range.end <= cut.start
}

/// Whether a hidden stretch after an edit has only moved.
pub(super) fn moves(a: &Blank, b: &Blank, cut: &Cut) -> bool {
    let same = a.reads == b.reads && a.range.len() == b.range.len() && a.range.start >= cut.old_end;
    same && a.range.start as i64 + cut.moved() == b.range.start as i64
}

/// The stretch in which the parser's view of two versions differs: where the texts (with these `lengths`) do, and where only one of them
/// hides something. None if there is no difference.
pub(in crate::syntax) fn widened(cut: Option<&Cut>, before: &[Blank], after: &[Blank], lengths: [usize; 2]) -> Option<Cut> {
    let texts = cut.copied().unwrap_or(Cut { start: lengths[0], old_end: 0, new_end: 0 });
    let first = before.iter().zip(after).take_while(|(a, b)| stays(a, b, &texts)).count();
    let (before, after) = (&before[first..], &after[first..]);
    let rest = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| moves(a, b, &texts)).count();
    let (before, after) = (&before[..before.len() - rest], &after[..after.len() - rest]);
    let starts = [before.first(), after.first()].into_iter().flatten().map(|blank| blank.range.start);
    let start = starts.fold(texts.start, usize::min);
    let end = |blanks: &[Blank], texts: usize| blanks.last().map_or(texts, |blank| blank.range.end.max(texts));
    let ends = (end(before, texts.old_end), end(after, texts.new_end));
    if cut.is_none() && before.is_empty() && after.is_empty() {
        return None;
    }
    let same = (lengths[0] - ends.0).min(lengths[1] - ends.1);
    Some(Cut { start, old_end: lengths[0] - same, new_end: lengths[1] - same })
}
