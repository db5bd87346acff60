//! Which lines an answer replaces. A model that is asked for some lines often gives back more: lines around them, or the statement or item
//! that they are in. The answer is compared with the file. Where it repeats what stands around the marked lines, the range is widened by
//! that, so that nothing stands there twice and nothing is lost.

use std::ops::Range;

use super::framed;
use super::layout::opened;
use super::repeated_below;
use super::similarity::{Alike, LINE_WEIGHT, alike, same, weight};
use super::strings;
use super::untouched_lines;
use super::whole_item;
use crate::features::Site;
use crate::features::edit::check::duplicates::PlacedEdit;
use crate::syntax::{self, Definition, elided, whole};
use crate::text::lines::{line_end, line_start};
use crate::text::{Edit, Ending};

/// Matching places that are tried above and below as an end of the answer: nearest first, and the farthest, since the answer may be the
/// whole file.
const MAX_TRIED_ENDS: usize = 8;
/// Statements or items around the marked lines that the answer may be.
const MAX_ITEMS_AROUND: usize = 8;
/// Places that are parsed, likeliest first.
const MAX_PARSED_PLACES: usize = 16;
/// Lines outside of the marked ones that a wider answer may leave out, besides as many as it repeats.
const MAX_LEFT_OUT_LINES: usize = 2;

/// Lines of the file, and their new text.
#[derive(Debug)]
pub(in crate::features::edit) struct Extent {
    pub range: Range<usize>,
    /// Indented as in the file.
    pub text: String,
    /// If it is the item itself: the length of comments and attributes above it in the file, and their range in the text.
    pub head: Option<(usize, Range<usize>)>,
}

impl Extent {
    /// An extent that is not known to be an item.
    pub fn lines(range: Range<usize>, text: String) -> Self {
        Self { range, text, head: None }
    }
}

/// The edit that puts an answer in place of the marked lines, or of those that it repeats with them.
pub fn edit(site: &Site, marked: &Range<usize>, new: &str) -> Result<Edit, String> {
    let new = repeated_below::without(site, marked, new);
    let framed = framed::inside(site, marked, new);
    let new = framed.as_deref().unwrap_or(new);
    let plain = strings::placed(site.language.as_ref(), new, &site.text[marked.clone()]).trim_end().to_string();
    let plain = Extent::lines(marked.clone(), plain);
    let loose = site.language.as_ref().is_none_or(|language| !language.indented);
    let laid = Laid { site, marked, loose };
    let chosen = laid.choose(plain, new)?;
    let text = with_line_ends(&site.text[chosen.range.clone()], &chosen.text);
    Ok(Edit { range: chosen.range, text: Ending::of(&site.text).apply(&text) })
}

/// An answer with the blanks that the file has at the ends of the lines it repeats.
fn with_line_ends(old: &str, new: &str) -> String {
    let (file, answer): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let Some(alike) = alike(&file, &answer, false) else { return new.into() };
    let lines = alike.back.iter().zip(&answer).map(|(back, own)| back.map_or(*own, |at| file[at].trim_end_matches('\r')));
    lines.collect::<Vec<_>>().join("\n")
}

/// The edit that puts an answer on an empty line, or in place of the lines around that it repeats. None of these may be lost, except inside
/// of an item that is given back whole.
pub(in crate::features::edit) fn inserted(site: &Site, plain: Extent, new: &str) -> Result<Edit, String> {
    let (marked, text) = (plain.range.clone(), plain.text.clone());
    let loose = site.language.as_ref().is_none_or(|language| !language.indented);
    let laid = Laid { site, marked: &marked, loose };
    // An answer that defines what the line is in is that definition, changed, not a second one inside of it.
    let whole = whole_item::around(site, &marked, new).filter(|one| {
        let (before, after) = laid.errors_with(one);
        after <= before && laid.doubled(one).is_none()
    });
    let chosen = match whole {
        Some(whole) => whole,
        None => laid.choose(plain, new).map_err(|why| format!("{why}; or the new code alone"))?,
    };
    let keeps = |one: &Extent| {
        let mut left: Vec<&str> = one.text.lines().map(str::trim).collect();
        let mut lines = site.text[one.range.clone()].lines().map(str::trim).filter(|line| !line.is_empty());
        lines.all(|line| left.iter().position(|own| *own == line).map(|at| left.swap_remove(at)).is_some())
    };
    let chosen = if chosen.head.is_some() || keeps(&chosen) { chosen } else { Extent::lines(marked.clone(), text) };
    if let Some(name) = laid.doubled(&chosen) {
        return Err(format!("`{name}` would be in the file twice\ngive the new code alone"));
    }
    Ok(Edit { range: chosen.range, text: Ending::of(&site.text).apply(&chosen.text) })
}

/// An answer beside the file.
pub(super) struct Laid<'a> {
    pub site: &'a Site,
    pub marked: &'a Range<usize>,
    /// Indentation means nothing in this language.
    pub loose: bool,
}

fn nearest(mut all: Vec<usize>) -> Vec<usize> {
    let farthest = all.last().copied().filter(|_| all.len() > MAX_TRIED_ENDS);
    all.truncate(MAX_TRIED_ENDS);
    all.extend(farthest);
    all
}

impl Laid<'_> {
    fn choose(&self, plain: Extent, new: &str) -> Result<Extent, String> {
        let all = self.along(new).into_iter().chain(self.wholes(new));
        let mut wider: Vec<(usize, Extent)> = all.filter_map(|one| self.judged(one)).collect();
        wider.sort_by_key(|(cost, one)| (*cost, one.head.is_none(), one.range.len()));
        let ((before, after), twice) = (self.errors_with(&plain), self.doubled(&plain));
        let fits = after <= before && twice.is_none() && !self.stands_for_others(&plain);
        let cost = self.cost(&plain).unwrap_or(usize::MAX);
        // If the answer can replace just the marked lines, only whole lines of code, or its brackets, speak against that.
        let opens = after == before && self.opened(&plain) != 0;
        let is_likelier = |one: &(usize, Extent)| !fits || one.0 + LINE_WEIGHT <= cost || opens && self.opened(&one.1) == 0;
        let found = wider.into_iter().filter(is_likelier).take(MAX_PARSED_PLACES).find(|(_, one)| {
            let (before, after) = self.errors_with(one);
            after <= before && self.doubled(one).is_none()
        });
        match (found, twice) {
            (Some((_, one)), _) => Ok(one),
            (None, Some(name)) if after <= before => {
                Err(format!("`{name}` would be in the file twice\ngive back the marked lines alone, changed as the task asks"))
            }
            (None, _) => Ok(plain),
        }
    }

    /// The answer with the indentation of some lines of the file.
    fn placed(&self, new: &str, lines: Range<usize>) -> String {
        strings::placed(self.site.language.as_ref(), new, &self.site.text[lines])
    }

    /// The lines of the file that begin and end like the answer.
    fn along(&self, new: &str) -> Vec<Extent> {
        let text = &self.site.text;
        let most = 2 * new.lines().count() + MAX_TRIED_ENDS;
        let above: Vec<usize> = text[..self.marked.start].rmatch_indices('\n').map(|(at, _)| line_start(text, at)).take(most).collect();
        let line_below = |at: usize| self.site.whole_lines(at..at).end;
        let below: Vec<usize> =
            text[self.marked.end..].match_indices('\n').map(|(at, _)| line_below(self.marked.end + at + 1)).take(most).collect();
        let is_first =
            |start: &usize| same(new.lines().next().unwrap_or_default().trim(), text[*start..line_end(text, *start)].trim(), false);
        let starts = std::iter::once(self.marked.start).chain(nearest(above.into_iter().filter(is_first).collect()));
        let mut found = vec![];
        for start in starts {
            let code = self.placed(new, start..self.marked.end).trim_end().to_string();
            let last = code.lines().next_back().unwrap_or_default();
            let is_last = |end: &usize| same(last, &text[line_start(text, *end)..*end], self.loose);
            let ends = std::iter::once(self.marked.end).chain(nearest(below.iter().copied().filter(is_last).collect()));
            for end in ends.filter(|end| start < self.marked.start || *end > self.marked.end) {
                found.extend(self.laid(start..end, &code));
            }
        }
        found
    }

    /// An answer in place of lines of the file; lines it repeats stay as they stand there.
    fn laid(&self, range: Range<usize>, code: &str) -> Option<Extent> {
        let (file, answer): (Vec<&str>, Vec<&str>) = (self.site.text[range.clone()].lines().collect(), code.lines().collect());
        let alike = alike(&file, &answer, self.loose)?;
        // An answer that only repeats lines beside the marked ones may be the new text of the marked ones.
        let before = self.site.text[range.start..self.marked.start].matches('\n').count();
        let ours = before..before + self.site.text[self.marked.clone()].lines().count().max(1);
        let both = range.start < self.marked.start && range.end > self.marked.end;
        let only_beside = |(back, line): (&Option<usize>, &&str)| weight(line) < LINE_WEIGHT || back.is_some_and(|at| !ours.contains(&at));
        if !both && alike.back.iter().zip(&answer).all(only_beside) {
            return None;
        }
        let lines = alike.back.iter().zip(&answer).map(|(back, own)| back.map_or(*own, |at| file[at].trim_end_matches('\r')));
        Some(Extent::lines(range, lines.collect::<Vec<_>>().join("\n")))
    }

    /// Statements and items around the marked lines that the answer may be.
    fn wholes(&self, new: &str) -> Vec<Extent> {
        let Some(parsed) = self.site.parsed() else { return vec![] };
        let mut found: Vec<Extent> = whole_item::around(self.site, self.marked, new).into_iter().collect();
        for one in whole::around(parsed, self.marked).into_iter().take(MAX_ITEMS_AROUND) {
            let text = &self.site.text;
            let first = &text[one.lines.start..line_end(text, one.lines.start)];
            let begins_alike =
                one.lines.start >= self.marked.start || same(first.trim(), new.lines().next().unwrap_or_default().trim(), false);
            let code = self.placed(new, one.lines.clone()).trim_end().to_string();
            let after = [&text[..one.lines.start], &code, &text[one.lines.end..]].concat();
            let is_it = |after: syntax::Parsed| {
                whole::kinds(&after, &(one.lines.start..one.lines.start + code.len())).iter().any(|kind| one.kinds.contains(kind))
            };
            if begins_alike && parsed.edited(after).is_ok_and(is_it) {
                found.push(Extent::lines(one.lines, code));
            }
        }
        found
    }

    /// A wider extent with what speaks against it, and with lines of the file that it leaves out for no reason; none for one that loses
    /// others that nobody marked.
    fn judged(&self, one: Extent) -> Option<(usize, Extent)> {
        let (file, answer) = self.both(&one);
        let alike = alike(&file, &answer, self.loose)?;
        let mut at = one.range.start + one.head.as_ref().map_or(0, |head| head.0);
        let (mut kept, mut lost) = (0, 0);
        for (line, is_kept) in self.site.text[at..one.range.end].split_inclusive('\n').zip(&alike.kept) {
            let is_marked = self.marked.start <= at && at < self.marked.end.max(self.marked.start + 1);
            at += line.len();
            if !is_marked && weight(line) == LINE_WEIGHT {
                kept += usize::from(*is_kept);
                lost += usize::from(!is_kept);
            }
        }
        let mut own = alike.back.iter().zip(&answer).filter(|(back, _)| back.is_none());
        let elides = lost > 0 && own.any(|(_, line)| self.elides(line));
        let (with, stay) = untouched_lines::kept(self, &one);
        // An answer that repeats no unmarked line was not meant to replace any.
        let loses = one.head.is_none() && (lost > kept + stay + MAX_LEFT_OUT_LINES || stay > 0 && kept == 0);
        (!elides && !loses && !self.cuts_another(&one, &alike)).then_some((alike.cost, with.unwrap_or(one)))
    }

    /// Whether it changes lines of a definition that is neither marked nor around the marked lines, without giving its head back.
    fn cuts_another(&self, one: &Extent, alike: &Alike) -> bool {
        if one.head.is_some() {
            return false;
        }
        let (text, marked) = (&self.site.text, self.marked);
        let mut starts = vec![one.range.start];
        starts.extend(text[one.range.clone()].match_indices('\n').map(|(at, _)| one.range.start + at + 1));
        let line_at = |at: usize| starts.partition_point(|start| *start <= at).checked_sub(1);
        let touches = |known: &Definition| known.item.start as usize <= marked.end && marked.start <= known.item.end as usize;
        let around: Vec<&Definition> = self.site.definitions().iter().filter(|known| touches(known)).collect();
        let is_local = |known: &Definition| {
            around.iter().any(|of| of.kind.is_callable() && of.item.start <= known.item.start && known.item.end <= of.item.end)
        };
        self.site.definitions().iter().filter(|known| !known.body.is_empty() && !touches(known) && !is_local(known)).any(|known| {
            let (item, name) = (known.item.range(), known.name.range());
            let mut inside = (0..starts.len()).filter(|at| starts[*at] < item.end && item.start <= line_end(text, starts[*at]));
            let says = |at: usize| weight(&text[starts[at]..line_end(text, starts[at])]) == LINE_WEIGHT;
            let is_lost = |at: usize| alike.kept.get(at).is_some_and(|kept| !kept) && says(at);
            let is_rival = around.iter().any(|of| of.name.of(text) == known.name.of(text));
            let has_head = one.range.contains(&name.start)
                && line_at(name.start)
                    .is_some_and(|at| if is_rival { alike.back.contains(&Some(at)) } else { alike.kept.get(at) == Some(&true) });
            !has_head && inside.any(is_lost)
        })
    }

    /// The lines of the file and of the answer, without comments and attributes above an item.
    pub fn both<'b>(&'b self, one: &'b Extent) -> (Vec<&'b str>, Vec<&'b str>) {
        let (above, head) = one.head.clone().unwrap_or_default();
        let file = self.site.text[one.range.start + above..one.range.end].lines();
        (file.collect(), one.text[..head.start].lines().chain(one.text[head.end..].lines()).collect())
    }

    /// Whether one of its lines stands for left-out code, and is not a line of the file beside the marked ones.
    fn stands_for_others(&self, one: &Extent) -> bool {
        let old = &self.site.text[one.range.clone()];
        self.site.language.as_ref().is_some_and(|language| elided::added(language, old, &one.text).is_some())
    }

    /// Whether a line stands for left-out code.
    fn elides(&self, line: &str) -> bool {
        self.site.language.as_ref().is_some_and(|language| elided::stands_for_others(language, line))
    }

    fn cost(&self, one: &Extent) -> Option<usize> {
        let (file, answer) = self.both(one);
        alike(&file, &answer, self.loose).map(|alike| alike.cost)
    }

    fn errors_with(&self, one: &Extent) -> (usize, usize) {
        self.site.errors_with(&Edit { range: one.range.clone(), text: one.text.clone() })
    }

    /// How many more brackets it opens than what it replaces; may be negative.
    fn opened(&self, one: &Extent) -> isize {
        opened(&one.text) - opened(&self.site.text[one.range.clone()])
    }

    /// A definition that the file would have twice.
    fn doubled(&self, one: &Extent) -> Option<String> {
        let text = &self.site.text;
        let after = [&text[..one.range.start], &one.text, &text[one.range.end..]].concat();
        let known = self.site.definitions();
        let put = PlacedEdit { before: self.site.parsed()?, known, range: &one.range, new: &one.text, after: &after };
        put.doubled(self.marked)
    }
}
