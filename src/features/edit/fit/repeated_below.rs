//! An answer that goes on, behind what was asked for, with lines of signs that follow in the file, such as the opening of the next comment.
//! Lines with words are found by comparing; these are not, because they stand everywhere.

use std::ops::Range;

use super::whole_item::end;
use crate::features::Site;

/// The answer without such lines.
pub(super) fn without<'a>(site: &Site, marked: &Range<usize>, new: &'a str) -> &'a str {
    let around = site.definitions().iter().filter(|known| known.item.range().start <= marked.start).map(|known| end(site, known));
    let ends = around.filter(|end| *end > marked.end);
    std::iter::once(marked.end).chain(ends).find_map(|end| cut(&site.text, end, new)).unwrap_or(new)
}

/// The answer up to the line that ends at `end` in the file, if only lines of signs that follow there come after it.
fn cut<'a>(text: &str, end: usize, new: &'a str) -> Option<&'a str> {
    let last = text[..end].lines().next_back()?.trim();
    let below: Vec<&str> = text[end..].lines().skip(1).map(str::trim).collect();
    let lines: Vec<&str> = new.trim_end().split_inclusive('\n').collect();
    let are_signs = |said: &[&str]| !said.iter().any(|line| line.contains(char::is_alphanumeric));
    let tails = (1..lines.len()).rev().map(|at| lines.split_at(at)).take_while(|(_, said)| said.len() <= below.len() && are_signs(said));
    let is_repeated = |said: &[&str]| said.iter().zip(&below).all(|(own, line)| own.trim() == *line);
    let mut cuts = tails.filter(|(kept, said)| kept.last().is_some_and(|line| line.trim() == last) && is_repeated(said));
    cuts.next().map(|(kept, _)| &new[..kept.iter().map(|line| line.len()).sum()])
}
