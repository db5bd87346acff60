//! Drafts that make a file parse worse: where, for the model, and whether the grammar may be at fault. Grammars do not know every word of a
//! language, and macros least of all. A place that is proposed a second time, and closes what it opens, is left to the user.

use std::fmt;
use std::ops::Range;

use super::Workbench;
use super::draft::Draft;
use crate::agent::gaps::{self, Doubt, Elsewhere};
use crate::syntax::gaps::open_brackets;
use crate::syntax::{self, Parsed, linkage};
use crate::text::common::common_text;
use crate::text::excerpt::shorten;
use crate::text::lines::{line_number, line_start};
use crate::workspace::WorkspacePath;

/// Maximum letters of a line that are shown.
const SHOWN_LETTERS: usize = 120;

/// Where a draft makes its file parse worse.
pub(super) struct Misread {
    before: usize,
    now: usize,
    /// The 1-based line of the first new fault, and the text there.
    line: usize,
    text: String,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, now, line, text } = self;
        if now > before {
            write!(
                f,
                "with this edit the file has {now} places that do not parse; it has {before} without it. The first is at line {line}"
            )?;
        } else {
            write!(f, "with this edit a bracket is left open, or closed twice. What does not parse is at line {line}")?;
        }
        write!(f, ": `{text}`\nPut it right, with edits that belong together in one call; if it is right as it stands, send the call again")
    }
}

/// Places that were refused once.
pub(super) type Seen = Vec<(WorkspacePath, String)>;

impl Workbench {
    /// Where a draft makes its file parse worse; none if it does not, or if the language is not known.
    pub(super) fn misread(&self, draft: &Draft) -> Option<Misread> {
        let before = draft.before.as_deref().unwrap_or_default();
        let old = self.parsed(&draft.path, before);
        let new = self.parsed(&draft.path, &draft.after)?;
        let read = |parsed: Parsed| {
            linkage::blanked(parsed.language(), parsed.text())
                .map_or(Some(parsed.clone()), |text| syntax::parse(parsed.language(), text).ok())
        };
        let (old, new) = (old.and_then(read), read(new)?);
        let (errors, now) = (old.as_ref().map_or(0, Parsed::errors), new.errors());
        let elsewhere = Elsewhere { snapshot: &self.snapshot, index: &self.index, registry: &self.registry };
        let wrong = match gaps::doubt(&elsewhere, &draft.path, old.as_ref(), &new) {
            Doubt::None => return None,
            Doubt::At(wrong) => Some(wrong),
            Doubt::Brackets => None,
        };
        let changed = common_text(before, &draft.after);
        let known = old.map(|old| places(&old, 0)).unwrap_or_default();
        let found = places(&new, changed);
        let is_new = |(_, text): &&(usize, String)| known.iter().all(|(_, other)| other != text);
        let wrong = wrong.map(|wrong| place(new.text(), wrong, changed)).filter(|wrong| is_new(&wrong));
        let new = wrong.as_ref().or_else(|| found.iter().find(is_new)).or(found.first());
        let (line, text) = new.cloned().unwrap_or((1, String::new()));
        Some(Misread { before: errors, now, line, text: shorten(&text, SHOWN_LETTERS).replace('\n', " ") })
    }

    /// Accepts a place that does not parse if it is proposed for the second time; the first time it is remembered.
    pub(super) fn accepts_second_try(&mut self, draft: &Draft, misread: &Misread) -> bool {
        let place = (draft.path.clone(), misread.text.clone());
        if !self.seen.contains(&place) {
            self.seen.push(place);
            return false;
        }
        let open = |text: &str| self.parsed(&draft.path, text).as_ref().map(open_brackets).unwrap_or_default();
        open(draft.before.as_deref().unwrap_or_default()) == open(&draft.after)
    }

    /// All accepted places of drafts that do not parse, in words.
    pub(super) fn unread(&self) -> Vec<String> {
        let one = |draft: &Draft| {
            let Misread { line, text, .. } = self.misread(draft)?;
            Some(format!("line {line} of {} (`{text}`) is not understood here, and may be wrong", draft.path))
        };
        // A place can only be accepted after a refusal.
        let refused = |draft: &&Draft| self.seen.iter().any(|(path, _)| *path == draft.path);
        self.drafts.iter().filter(refused).filter_map(one).collect()
    }
}

/// The lines that do not parse, with their text.
fn places(parsed: &Parsed, changed: usize) -> Vec<(usize, String)> {
    parsed.faults().into_iter().map(|fault| place(parsed.text(), fault, changed)).collect()
}

/// The line of a fault and its text. A fault that starts far above is shown where the text has `changed`.
fn place(text: &str, fault: Range<usize>, changed: usize) -> (usize, String) {
    let at = if fault.contains(&changed) { changed } else { fault.start }.min(text.len());
    // A missing node belongs after the text before it.
    let at = if text[at..].trim().is_empty() || fault.is_empty() { text[..at].trim_end().len() } else { at };
    let line = text[line_start(text, at)..].lines().next().unwrap_or_default();
    (line_number(text, at), line.trim().to_string())
}
