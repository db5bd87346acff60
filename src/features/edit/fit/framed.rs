//! An answer that is the marked lines in the frame of the item around them: the item's head, the marked lines, changed, and what closes it.
//! The item's other lines were left out and not meant to go.

use std::ops::Range;

use super::layout::opened;
use super::similarity::{LINE_WEIGHT, alike, weight};
use super::whole_item::behind_annotations;
use crate::features::Site;
use crate::syntax::{Definition, elided, flow};
use crate::text::lines::{line_end, line_start};
use crate::text::words;

/// What such an answer has for the marked lines; none if it is no such answer.
pub(super) fn inside(site: &Site, marked: &Range<usize>, new: &str) -> Option<String> {
    let is_around = |known: &&Definition| {
        let (item, body) = (known.item.range(), known.body.range());
        !body.is_empty() && body.start < marked.end && marked.end <= item.end && item.start < marked.start
    };
    let mut around: Vec<&Definition> = site.definitions().iter().filter(is_around).collect();
    around.sort_by_key(|known| known.item.range().len());
    around.into_iter().find_map(|known| Frame::of(site, marked, known)?.inside(new))
}

/// The item around the marked lines.
struct Frame<'a> {
    site: &'a Site,
    marked: &'a Range<usize>,
    /// The lines of its signature.
    head: &'a str,
    /// Its last line.
    last: &'a str,
    /// Its other lines, above and below the marked ones.
    others: [Range<usize>; 2],
}

impl<'a> Frame<'a> {
    fn of(site: &'a Site, marked: &'a Range<usize>, known: &Definition) -> Option<Self> {
        let text: &str = &site.text;
        let own = line_start(text, behind_annotations(site, text, known));
        let (body, doc) = (known.body.range(), known.doc.range());
        let first = if !doc.is_empty() && doc.start > own { doc.start.min(body.start) } else { body.start };
        let is_braced = text[body.start..].starts_with('{');
        let end = if is_braced { line_end(text, body.start) } else { text[..line_start(text, first)].trim_end().len() };
        let item_end = known.item.end as usize;
        let last = line_start(text, item_end.max(body.end));
        let below = if is_braced { last.max(marked.end) } else { item_end.max(marked.end) };
        let fits = own < end && end < marked.start && marked.end <= below;
        fits.then(|| Self {
            site,
            marked,
            head: &text[own..end],
            last: text[last..line_end(text, last)].trim(),
            others: [end..marked.start, marked.end..below],
        })
    }

    fn inside(&self, new: &str) -> Option<String> {
        let lines: Vec<&str> = new.lines().skip_while(|line| line.trim().is_empty()).collect();
        // A line that stands for left-out ones may stand for the head, too.
        let head: Vec<&str> = if self.stands_for_others(lines.first()?) { vec![] } else { self.head.lines().collect() };
        let inside = lines.get(head.len()..).filter(|inside| !inside.is_empty())?;
        if !lines.iter().zip(&head).all(|(own, line)| own.trim() == line.trim()) {
            return None;
        }
        let mut inside = inside.to_vec();
        while inside.last().is_some_and(|line| line.trim().is_empty()) {
            inside.pop();
        }
        // What closes the item is told from what closes a block among the marked lines by the count.
        let closed = opened(&inside.concat()) - opened(&self.site.text[self.marked.clone()]);
        match opened(self.head) {
            _ if closed == 0 => {}
            opens if closed == -opens && inside.last().is_some_and(|line| line.trim() == self.last && weight(line) < LINE_WEIGHT) => {
                inside.pop();
            }
            _ => return None,
        }
        let part = self.without_left_out(&inside);
        let says_so = part.len() < inside.len();
        let fits = self.is_marked_part(part, says_so) && (says_so || !self.is_rewritten(part));
        fits.then(|| part.join("\n"))
    }

    fn stands_for_others(&self, line: &str) -> bool {
        self.site.language.as_ref().is_some_and(|language| elided::stands_for_others(language, line))
    }

    /// The lines between those at the ends that stand for left-out ones.
    fn without_left_out<'b>(&self, inside: &'b [&'b str]) -> &'b [&'b str] {
        let is_end = |line: &&str| line.trim().is_empty() || self.stands_for_others(line);
        let from = inside.iter().position(|line| !is_end(line)).unwrap_or(inside.len());
        let to = inside.iter().rposition(|line| !is_end(line)).map_or(from, |last| last + 1);
        let (above, below) = (&inside[..from], &inside[to..]);
        let cut = |lines: &[&str]| lines.iter().any(|line| self.stands_for_others(line));
        &inside[if cut(above) { from } else { 0 }..if cut(below) { to } else { inside.len() }]
    }

    /// Whether these lines are the marked ones, changed, and have none of the others; `says_so` if the answer names others as left out.
    fn is_marked_part(&self, inside: &[&str], says_so: bool) -> bool {
        let marked: Vec<&str> = self.site.text[self.marked.clone()].lines().collect();
        let Some(alike) = alike(&marked, inside, true) else { return false };
        let counts = |line: &str| weight(line) == LINE_WEIGHT;
        let (kept, all) = alike.kept_code(&marked);
        let is_other = |line: &str| counts(line) && self.others().any(|(_, other)| other.trim() == line.trim());
        let has_other = inside.iter().zip(&alike.back).any(|(line, back)| back.is_none() && is_other(line));
        let is_code = inside.iter().any(|line| counts(line)) && !inside.iter().any(|line| self.stands_for_others(line));
        is_code && !has_other && (says_so || kept > 0 && kept * 2 >= all)
    }

    /// Whether the item does without its other lines: there are none, or nothing uses the values that they give any more.
    fn is_rewritten(&self, inside: &[&str]) -> bool {
        let Some(parsed) = self.site.parsed() else { return true };
        let text = inside.join("\n");
        self.others().filter(|(_, line)| weight(line) == LINE_WEIGHT).all(|(at, line)| {
            let given = flow::given(parsed, &(at..at + line.len()));
            at < self.marked.start && !given.is_empty() && !given.iter().any(|name| words::has(&text, name))
        })
    }

    /// The other lines, with where they begin.
    fn others(&self) -> impl Iterator<Item = (usize, &'a str)> + '_ {
        let text: &'a str = &self.site.text;
        self.others.iter().flat_map(move |range| {
            let mut at = range.start;
            text[range.clone()].split_inclusive('\n').map(move |line| {
                at += line.len();
                (at - line.len(), line.trim_end_matches(['\n', '\r']))
            })
        })
    }
}
