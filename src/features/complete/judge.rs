//! Whether a suggestion may go into its file, as the parser sees it: everything in it parses, it swallows nothing of what follows, and the
//! file is no worse than before.

use std::ops::Range;
use std::sync::OnceLock;

use super::extent::{is_lead, is_type_of_function};
use super::hole::{Hole, Mode, begins_with_closer};
use crate::features::Site;
use crate::syntax::brackets::brackets;
use crate::syntax::{Kind, Parsed, parse, scope};
use crate::text::Edit;
use crate::text::layout::indentation;
use crate::text::lines::line_start;

/// Judges edits at one place.
pub(super) struct Judge<'a> {
    site: &'a Site,
    hole: &'a Hole<'a>,
    /// What is wrong with the current text.
    known: OnceLock<Known>,
    /// The text parsed from scratch, if an edit seems to break it.
    anew: OnceLock<Option<(Parsed, Known)>>,
}

/// What is wrong with a text; the same for every edit that is tried.
struct Known {
    faults: Vec<Range<usize>>,
    strays: usize,
}

impl Known {
    fn of(parsed: &Parsed) -> Self {
        Self { faults: parsed.faults(), strays: parsed.strays() }
    }
}

impl<'a> Judge<'a> {
    /// Nothing is judged yet.
    pub fn new(site: &'a Site, hole: &'a Hole<'a>) -> Self {
        Self { site, hole, known: OnceLock::new(), anew: OnceLock::new() }
    }

    /// How many faults the file has with an acceptable edit; none for an edit that is not acceptable.
    pub fn faults(&self, edit: &Edit) -> Option<usize> {
        let Some(old) = self.site.parsed() else { return Some(0) };
        let mut changed = self.site.text.to_string();
        changed.replace_range(edit.range.clone(), &edit.text);
        let Ok(new) = old.edited(changed.as_str()) else { return Some(0) };
        let trial = |old: &Parsed, known: &Known, new: &Parsed| Trial::new(self.hole, old, new, edit).verdict(known);
        trial(old, self.known.get_or_init(|| Known::of(old)), &new).or_else(|| {
            // An incremental parse may recover from an error differently than a parse from scratch, so both texts are parsed from scratch.
            let fresh = || {
                let parsed = parse(old.language(), self.site.text.clone()).ok()?;
                let known = Known::of(&parsed);
                Some((parsed, known))
            };
            let (old, known) = self.anew.get_or_init(fresh).as_ref()?;
            trial(old, known, &parse(old.language(), changed).ok()?)
        })
    }
}

/// One edit, with the trees before and after.
struct Trial<'a> {
    hole: &'a Hole<'a>,
    old: &'a Parsed,
    new: &'a Parsed,
    edit: &'a Edit,
    /// The range of the edit in the new text.
    inserted: Range<usize>,
}

impl<'a> Trial<'a> {
    fn new(hole: &'a Hole<'a>, old: &'a Parsed, new: &'a Parsed, edit: &'a Edit) -> Self {
        let inserted = edit.range.start..edit.range.start + edit.text.len();
        Self { hole, old, new, edit, inserted }
    }

    fn verdict(&self, known: &Known) -> Option<usize> {
        let (before, after) = (&known.faults, self.new.faults());
        let is_whole = is_whole(self.hole, &self.edit.text);
        let harms = self.new.is_hollow(&self.inserted) || self.new.strays() > known.strays || self.hushes() || is_whole && self.swallows();
        if harms || is_whole && !self.was_lost(before) && self.has_fault_inside(&after) {
            return None;
        }
        let is_better = after.len() <= before.len() || self.is_clearer(before, &after);
        // Error recovery may place an old error elsewhere after the edit, so new faults far from it are not held against it.
        let guesses = || !before.is_empty() && is_whole && !self.has_fault_near(before, &after);
        (is_better || guesses()).then_some(after.len())
    }

    /// Whether all faults are now outside the edit, inside what was unreadable before, and cover less text. (With a missing brace, all the
    /// rest of a file was one fault that hid the others.)
    fn is_clearer(&self, before: &[Range<usize>], after: &[Range<usize>]) -> bool {
        let was_wrong = |fault: &Range<usize>| {
            let apart = fault.end < self.inserted.start || fault.start > self.inserted.end;
            apart && before.iter().any(|old| old.start <= self.then(fault.start) && self.then(fault.end) <= old.end)
        };
        let bytes = |faults: &[Range<usize>]| faults.iter().map(Range::len).sum::<usize>();
        after.iter().all(was_wrong) && bytes(after) < bytes(before)
    }

    /// The offset in the old text of an offset in the new text, outside the edit.
    fn then(&self, at: usize) -> usize {
        if at >= self.inserted.end { at - self.edit.text.len() + self.edit.range.len() } else { at }
    }

    /// Whether the cursor was in lines that the parser could not read at all.
    fn was_lost(&self, before: &[Range<usize>]) -> bool {
        let line = line_start(self.old.text(), self.edit.range.start);
        before.iter().any(|fault| fault.start < line && fault.end > self.edit.range.start)
    }

    fn has_fault_inside(&self, after: &[Range<usize>]) -> bool {
        after.iter().any(|fault| self.inserted.contains(&fault.start) && !fault.is_empty())
    }

    /// Whether a new fault touches the suggestion or the function around it.
    fn has_fault_near(&self, before: &[Range<usize>], after: &[Range<usize>]) -> bool {
        let text = self.new.text();
        let lines =
            line_start(text, self.inserted.start)..text[self.inserted.end..].find('\n').map_or(text.len(), |at| self.inserted.end + at + 1);
        let items = scope::at(self.new, self.inserted.start).items;
        let function = items.iter().rev().find(|item| matches!(item.kind, Kind::Function | Kind::Method)).map(|item| item.range.clone());
        let near = function.map_or(lines.clone(), |item| item.start.min(lines.start)..item.end.max(lines.end));
        let is_new = |fault: &Range<usize>| !before.contains(&(self.then(fault.start)..self.then(fault.end)));
        after.iter().filter(|fault| is_new(fault)).any(|fault| fault.start <= near.end && fault.end >= near.start)
    }

    /// Whether code below the cursor's line becomes part of a comment or a string.
    fn hushes(&self) -> bool {
        let text = self.old.text();
        let below = text[self.edit.range.end..].find('\n').map_or(text.len(), |at| self.edit.range.end + at);
        let at = text.len() - text[below..].trim_start().len();
        let is_quoted = |parsed: &Parsed, at: usize| {
            let place = scope::at(parsed, at);
            place.in_comment || place.in_string
        };
        at < text.len() && !is_quoted(self.old, at) && is_quoted(self.new, at + self.edit.text.len() - self.edit.range.len())
    }

    /// Whether the next line becomes part of the suggestion: the body of a bare `for (…)`, the arguments of a call.
    fn swallows(&self) -> bool {
        let Some(next) = self.hole.following().next().filter(|_| self.hole.mode != Mode::Line && self.hole.rest().trim().is_empty()) else {
            return false;
        };
        let text = self.old.text();
        let behind = &text[self.edit.range.end..];
        let at = self.edit.range.end + (behind.len() - behind.trim_start().len());
        let deeper = indentation(next).len() > indentation(self.hole.line()).len();
        if deeper
            || begins_with_closer(next, self.hole.surface)
            || next.trim_start().starts_with(['.', '?', '&', '|', ':', ',', '=', '<', '>'])
            || at >= text.len()
            || is_lead(&self.edit.text, self.hole.surface)
            || is_type_of_function(self.hole, &self.edit.text, next)
            || self.edit.text.trim_end().ends_with(':')
        {
            return false;
        }
        if self.old.owner(at).is_none_or(|owner| owner.broken) {
            return false;
        }
        let now = self.new.owner(at + self.edit.text.len() - self.edit.range.len());
        now.is_some_and(|now| self.inserted.contains(&now.start) && !now.holds && !now.broken)
    }
}

/// Whether the cursor's line with a suggestion closes all brackets that it opens. What it closes before the cursor was opened above.
fn is_whole(hole: &Hole, text: &str) -> bool {
    let line = format!("{}{text}{}", hole.line(), hole.rest());
    let mut depth = 0;
    let falls = brackets(&line, hole.surface).iter().any(|bracket| {
        depth += if bracket.opens { 1 } else { -1 };
        depth = if bracket.at < hole.line().len() { depth.max(0) } else { depth };
        depth < 0
    });
    !falls && depth == 0
}
