//! An answer that says the same twice: the marked item or the marked lines as they were and as they are to be, or changed and once
//! more. One of these is what was asked for.

use std::collections::HashSet;
use std::ops::Range;

use super::similarity::{LINE_WEIGHT, alike, weight};
use super::strings::placed;
use super::whole_item::{above, behind_annotations, end};
use crate::features::Site;
use crate::features::edit::check::duplicates::{Place, heads, twice};
use crate::syntax::{self, Definition};
use crate::text::lines::{line_start, next_line};
use crate::text::words;

/// So many lines of code have to come again to be a repetition, and not one line that is there twice.
const MIN_REPEATED_LINES: usize = 2;

/// The answer with what it says several times once; none if it says nothing several times, or two different things.
pub(in crate::features::edit) fn once(site: &Site, marked: &Range<usize>, new: &str) -> Option<String> {
    item(site, marked, new).or_else(|| lines(&site.text[marked.clone()], new))
}

/// The answer with the item that is marked, or the one around, once.
fn item(site: &Site, marked: &Range<usize>, new: &str) -> Option<String> {
    let text: &str = &site.text;
    let own = |known: &Definition| line_start(text, behind_annotations(site, text, known))..end(site, known);
    let is_said = |known: &&Definition| {
        (known.kind.is_callable() || known.kind.is_type()) && !known.body.is_empty() && words::places(new, known.name.of(text)).count() > 1
    };
    let named: Vec<&Definition> = site.definitions().iter().filter(is_said).collect();
    let is_marked = |known: &&&Definition| marked.start <= own(known).start && own(known).end <= marked.end;
    let is_around = |known: &&&Definition| own(known).start <= marked.start && marked.end <= own(known).end;
    let within = named.iter().filter(is_marked).max_by_key(|known| known.item.range().len());
    let known = within.or_else(|| named.iter().filter(is_around).min_by_key(|known| known.item.range().len()))?;
    let place = if within.is_some() { marked.clone() } else { own(known) };
    once_at(site, known, &place, new)
}

/// The answer in place of an item, without all copies of it but one.
fn once_at(site: &Site, known: &Definition, place: &Range<usize>, new: &str) -> Option<String> {
    let (text, parsed): (&str, _) = (&site.text, site.parsed()?);
    let code = placed(site.language.as_ref(), new, &text[place.clone()]).trim_end().to_string();
    let after = [&text[..place.start], &code, &text[place.end..]].concat();
    let now = parsed.edited(after.as_str()).ok()?;
    let all = syntax::tags(&now, &site.path).definitions;
    let inside = place.start..place.start + code.len();
    let names = HashSet::from([known.name.of(text)]);
    let is_known = |places: &Vec<Place>| places.iter().all(|one| site.definitions()[one.number].item == known.item);
    let (head, _) = heads(parsed, site.definitions(), &names).into_iter().find(|(_, places)| is_known(places))?;
    let copies = heads(&now, &all, &names).remove(&head)?;
    let is_inside =
        |one: &Place| inside.start <= behind_annotations(site, &after, &all[one.number]) && all[one.number].item.end as usize <= inside.end;
    if copies.len() < 2 || !copies.iter().all(is_inside) || twice(&now, &copies) == 0 {
        return None;
    }
    let said = |text: &str, one: &Definition| {
        let lines = text[behind_annotations(site, text, one)..one.item.end as usize].lines().map(str::trim);
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let (before, texts): (String, Vec<String>) = (said(text, known), copies.iter().map(|one| said(&after, &all[one.number])).collect());
    let changed: Vec<usize> = (0..copies.len()).filter(|at| texts[*at] != before).collect();
    let kept = changed.first().copied().unwrap_or_default();
    if changed.iter().any(|at| texts[*at] != texts[kept]) {
        return None;
    }
    let mut others: Vec<&Definition> = copies.iter().enumerate().filter(|(at, _)| *at != kept).map(|(_, one)| &all[one.number]).collect();
    others.sort_by_key(|one| one.item.start);
    let (mut out, mut from) = (String::new(), inside.start);
    for one in others {
        let start = above(site, &after, one).start.max(from);
        out.push_str(&after[from..start]);
        let behind = next_line(&after, one.item.end.saturating_sub(1) as usize).clamp(start, inside.end);
        from = inside.end - after[behind..inside.end].trim_start_matches(['\n', '\r']).len();
    }
    out.push_str(&after[from..inside.end]);
    Some(out.trim_end().to_string())
}

/// The answer with the marked lines once, in which they come changed and again, changed or not. Lines that are only doubled may be meant.
fn lines(marked: &str, new: &str) -> Option<String> {
    let said = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.trim().to_string()).collect::<Vec<_>>();
    let old = said(marked);
    // A model that loops says one line again and again.
    let counts = |lines: &[String]| lines.iter().filter(|line| weight(line) == LINE_WEIGHT).collect::<HashSet<_>>().len();
    let are_many = |lines: &[String]| counts(lines) >= MIN_REPEATED_LINES;
    let lines: Vec<&str> = new.lines().collect();
    let is_old = |lines: &[&str]| said(&lines.join("\n")) == old;
    let holds_old = |lines: &[&str]| {
        let all = said(&lines.join("\n"));
        let mut rest = all.iter();
        all.len() > old.len() && old.iter().all(|line| rest.any(|own| own == line))
    };
    let whole = |lines: &[&str]| lines.join("\n").trim_matches('\n').to_string();
    (1..lines.len()).filter(|at| !lines[*at].trim().is_empty()).find_map(|at| {
        let (first, second) = lines.split_at(at);
        let half = said(&first.join("\n"));
        match (is_old(first), is_old(second)) {
            (true, false) if are_many(&old) && holds_old(second) => Some(whole(second)),
            (false, true) if are_many(&old) && holds_old(first) => Some(whole(first)),
            (false, false) if are_many(&half) && half == said(&second.join("\n")) && is_changed(marked, first) => Some(whole(first)),
            _ => None,
        }
    })
}

/// Whether lines are the marked ones, with changes: most of these are still there.
fn is_changed(marked: &str, lines: &[&str]) -> bool {
    let old: Vec<&str> = marked.lines().collect();
    alike(&old, lines, true).is_some_and(|alike| {
        let (kept, all) = alike.kept_code(&old);
        kept * 2 > all
    })
}
