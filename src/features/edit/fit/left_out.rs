//! An answer in which comments like "... existing code ..." stand for lines of the file: those lines are put back.

use std::ops::Range;

use super::whole_item::behind_annotations;
use crate::features::Site;
use crate::syntax::elided::expanded;
use crate::syntax::scope::{self, Item};
use crate::text::lines::line_start;

/// The answer with the lines that others stand for: those of the marked lines, else of the items around them, else of the file. None if it
/// leaves nothing out, or if the file does not tell what.
pub(in crate::features::edit) fn written_out(site: &Site, marked: &Range<usize>, new: &str) -> Option<String> {
    let language = site.language.as_ref()?;
    let all = |place: Range<usize>| expanded(language, &site.text[place], new, true);
    let part = |place: Range<usize>| expanded(language, &site.text[place], new, false);
    // An answer that begins like an item is all of it, with the comments above or from its own first word.
    let first = new.trim_start().lines().next();
    let begins = |place: &Range<usize>| site.text[place.clone()].trim_start().lines().next() == first;
    let own = |item: &Item| site.definition_of(item).map(|known| line_start(&site.text, behind_annotations(site, &site.text, &known)));
    let around = site.parsed().map(|parsed| scope::at(parsed, marked.start).items).unwrap_or_default();
    let of_item = |item: &Item| {
        let place = Some(site.whole_lines(item.range.clone())).filter(|place| place.end >= marked.end)?;
        let places = [Some(place.clone()), own(item).map(|own| own..place.end)];
        part(place).or_else(|| places.into_iter().flatten().find(begins).and_then(all))
    };
    all(marked.clone()).or_else(|| around.iter().rev().find_map(of_item)).or_else(|| part(0..site.text.len()))
}
