//! An answer that is the item around the marked lines, changed, replaces that item. Comments and attributes above the item that the answer
//! leaves out were not asked for, so they stay.

use std::ops::Range;

use super::attributes;
use super::extent::Extent;
use super::strings::placed;
use crate::features::Site;
use crate::syntax::{self, Definition, Surface};
use crate::text::lines::line_start;

/// The innermost item around the marked lines that the answer defines, with the answer in its place.
pub(in crate::features::edit) fn around(site: &Site, marked: &Range<usize>, new: &str) -> Option<Extent> {
    let is_around = |known: &&Definition| above(site, &site.text, known).start <= marked.start && marked.end <= end(site, known);
    let mut around: Vec<&Definition> = site.definitions().iter().filter(is_around).collect();
    around.sort_by_key(|known| known.item.range().len());
    around.into_iter().find_map(|known| instead(site, marked, known, new))
}

/// The answer in place of an item, if it defines that item.
fn instead(site: &Site, marked: &Range<usize>, known: &Definition, new: &str) -> Option<Extent> {
    let text = &site.text;
    let pre = above(site, text, known);
    let place = pre.end.min(marked.start)..end(site, known);
    let is_marked = place == *marked;
    let code = placed(site.language.as_ref(), new, &text[pre.end..place.end]).trim_end().to_string();
    let after = [&text[..place.start], &code, &text[place.end..]].concat();
    let parsed = site.parsed()?.edited(after.as_str()).ok()?;
    let is_it = |one: &&Definition| {
        let within = place.start <= behind_annotations(site, &after, one) && one.item.end as usize <= place.start + code.len();
        within && one.kind == known.kind && one.name.of(&after) == known.name.of(text) && one.body.is_empty() == known.body.is_empty()
    };
    let all = syntax::tags(&parsed, &site.path).definitions;
    let found = all.iter().find(is_it)?;
    let mut code = code;
    // From the end, so that earlier offsets stay valid.
    if let Some((at, doc)) = docstring(site, marked, known, found, &after) {
        code.insert_str(at - place.start, &doc);
    }
    let theirs = above(site, &after, found);
    // Who sees it stands in a line that was not marked, and was not asked for.
    let (ours, first) = (&text[pre.end..], theirs.end.max(place.start) - place.start);
    let shown = |line: &str| site.language.as_ref().map_or(0, |language| language.visibility(line).len());
    if marked.start > behind_annotations(site, text, known) && shown(&code[first..]) == 0 {
        let depth = code[first..].len() - code[first..].trim_start().len();
        code.insert_str(first + depth, &ours.trim_start()[..shown(ours)]);
    }
    let theirs = theirs.start.max(place.start)..theirs.end.max(place.start);
    // If exactly the item was asked for, the answer replaces it unchanged, unless the file has attributes above it.
    if is_marked && (pre.is_empty() || marked.start < pre.end) {
        return None;
    }
    if pre.is_empty() || marked.start < pre.end {
        return Some(Extent { head: Some((0, 0..0)), ..Extent::lines(place, code) });
    }
    let (doc, rest) = parted(text, known, &pre);
    let (own_doc, own_rest) = parted(&after, found, &theirs);
    if is_marked && own_rest.trim().is_empty() {
        return None;
    }
    let kept = |own: String, ours: String| if own.trim().is_empty() { ours } else { own };
    let documented = |own: String, ours: String| if own.trim().is_empty() { ours } else { attributes::documented(&ours, &own) };
    let head = match own_doc.trim().is_empty() || own_rest.trim().is_empty() || is_marked {
        // Above the marked lines only attributes count that the answer has, too.
        true if is_marked => documented(own_doc, doc) + &attributes::merged(&rest, &own_rest),
        true => documented(own_doc, doc) + &kept(own_rest, rest),
        false => after[theirs.clone()].to_string(),
    };
    let (before, item) = (&code[..theirs.start - place.start], &code[theirs.end - place.start..]);
    let above = (pre.len(), before.len()..before.len() + head.len());
    Some(Extent { head: Some(above), ..Extent::lines(pre.start..place.end, format!("{before}{head}{item}")) })
}

/// The lines of comments and attributes above an item, up to the line of its own first word.
pub(super) fn above(site: &Site, text: &str, known: &Definition) -> Range<usize> {
    let own = line_start(text, behind_annotations(site, text, known));
    let doc = known.doc.range();
    let start = known.item.range().start.min(own);
    let start = if !doc.is_empty() && doc.start < own { doc.start.min(start) } else { start };
    line_start(text, start)..own
}

/// Where a signature begins behind the annotations that its language has in it.
pub(in crate::features::edit) fn behind_annotations(site: &Site, text: &str, known: &Definition) -> usize {
    Surface::of(site.language.as_ref()).behind_annotations(text, known)
}

/// Where the last line of an item ends.
pub(super) fn end(site: &Site, known: &Definition) -> usize {
    let item = known.item.range();
    site.whole_lines(item.clone()).end.max(item.start)
}

/// What stands above an item: the lines of its comment, and all others.
fn parted(text: &str, known: &Definition, above: &Range<usize>) -> (String, String) {
    let (mut doc, mut rest, mut at) = (String::new(), String::new(), above.start);
    for line in text[above.clone()].split_inclusive('\n') {
        let is_doc = (known.doc.start as usize) < at + line.len() && at < known.doc.end as usize;
        at += line.len();
        if is_doc { doc.push_str(line) } else { rest.push_str(line) }
    }
    (doc, rest)
}

/// An item's docstring that the answer leaves out although it was not marked, and where it goes.
fn docstring(site: &Site, marked: &Range<usize>, known: &Definition, found: &Definition, after: &str) -> Option<(usize, String)> {
    let (doc, body) = (known.doc.range(), found.body.range());
    let was_marked = marked.start < doc.end && doc.start < marked.end;
    if doc.is_empty() || !found.doc.is_empty() || was_marked || doc.start < known.signature.start as usize {
        return None;
    }
    let at = line_start(after, body.start);
    let own_line = after[at..body.start].trim().is_empty() && at > found.signature.start as usize;
    own_line.then(|| (at, format!("{}\n", &site.text[site.whole_lines(doc)])))
}
