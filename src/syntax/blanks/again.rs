//! What an edit changes of what the parser is not shown. The forms are long expressions, and going through a whole text with all of them
//! costs more than to parse it again after a keystroke. None of them reaches across the end of a statement, so that what stands behind one
//! is found whatever stands before it: only the statements around the edit are searched again.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Blank, Form, Found, HEAD, find};
use crate::syntax::language::Language;
use crate::text::Cut;
use crate::text::lines::{line_end, line_start};

/// The forms of a language that look at nothing far away, all at once: around most edits there are none of them.
#[derive(Debug, Default)]
pub(in crate::syntax) struct Near(OnceLock<Option<RegexSet>>);

/// A pattern that fits nowhere, in place of those that look further.
const NOWHERE: &str = r"[^\s\S]";

impl Near {
    /// Whether any of them may fit in a stretch of a text.
    fn may_fit(&self, forms: &[Form], text: &str, within: &Range<usize>) -> bool {
        let pattern = |form: &Form| if form.entry.behind.is_some() { NOWHERE.into() } else { form.entry.pattern.clone() };
        let set = || RegexSetBuilder::new(forms.iter().map(pattern)).unicode(false).build().ok();
        let bytes = &text.as_bytes()[..text.len().min(within.end + 1)];
        self.0.get_or_init(set).as_ref().is_none_or(|set| set.is_match_at(bytes, within.start))
    }
}

/// What [`find`] says of a text, from what it has said of the version before.
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

/// The stretch in which an edit may have changed what begins there: from the end of a statement before it to one so far behind it that no
/// form that looks back so many bytes looks at the edit from there.
fn around(text: &str, cut: &Cut, looks_back: usize) -> Range<usize> {
    let mut start = cut.start;
    let start = loop {
        match text[..start].rfind(STATEMENT) {
            Some(at) if is_end(text, at, cut.start) => break at,
            Some(at) => start = at,
            None => break 0,
        }
    };
    let mut end = text.ceil_char_boundary((line_end(text, cut.new_end) + 1).max(cut.new_end + looks_back).min(text.len()));
    let end = loop {
        match text[end..].find(STATEMENT).map(|at| end + at) {
            Some(at) if is_end(text, at, text.len()) => break at,
            Some(at) => end = at + 1,
            None => break text.len(),
        }
    };
    start..end
}

const STATEMENT: char = ';';

/// Whether a semicolon ends what any form may have begun before it: one in a comment, in a string or in what is for the preprocessor may
/// be passed by, and these begin in its line. No string goes on in the next line, so that behind the last of a line none is open; what may
/// be the rest of one has to stand before the edit.
fn is_end(text: &str, at: usize, known: usize) -> bool {
    let (before, end) = (&text.as_bytes()[line_start(text, at)..at], line_end(text, at));
    let is_quoted = || before.contains(&b'"') && (end > known || text.as_bytes()[at..end].contains(&b'"'));
    !before.contains(&b'#') && !before.windows(2).any(|two| two == b"//") && !is_quoted()
}

/// Whether something hidden stands before an edit, as it did.
pub(super) fn stays(a: &Blank, b: &Blank, cut: &Cut) -> bool {
    a.reads == b.reads && a.range == b.range && a.range.end <= cut.start
}

/// Whether something hidden stands behind an edit, as it did.
pub(super) fn moves(a: &Blank, b: &Blank, cut: &Cut) -> bool {
    let same = a.reads == b.reads && a.range.len() == b.range.len() && a.range.start >= cut.old_end;
    same && a.range.start as i64 + cut.moved() == b.range.start as i64
}

/// The stretch in which two versions of what the parser reads differ: that of the texts, `lengths` of them being what they are, and
/// whatever is hidden in one of them alone. None where they are the same.
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
