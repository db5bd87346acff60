//! Members that a mark before their name keeps to their class, as `#count` is kept: they mean something in that class alone, so that no
//! other file and no type need be known.

use std::ops::Range;

use super::Rename;
use super::references::Spot;
use crate::features::Site;
use crate::syntax::uses::{self, Within};
use crate::syntax::{Definition, Parsed};
use crate::text::words;

/// An instruction without the marks before names; within one it is part of the name.
pub(in crate::features::edit) fn unmarked(instruction: &str, mark: &str) -> String {
    let mut out = String::with_capacity(instruction.len());
    for (number, part) in instruction.split(mark).enumerate() {
        if number > 0 && out.ends_with(words::is_word) {
            out.push_str(mark);
        }
        out.push_str(part);
    }
    out
}

/// The rename of a private member, if the name at a place is one.
pub(in crate::features::edit) fn rename(site: &Site, parsed: &Parsed, old: &str, wanted: Option<String>) -> Option<Rename> {
    let mark = parsed.language().private_mark.as_ref()?;
    let marked = format!("{mark}{old}");
    let classes: Vec<Range<usize>> = classes(site, &marked);
    let around = |at: usize| classes.iter().filter(|class| class.contains(&at)).max_by_key(|class| class.start);
    let class = around(site.bytes.start).filter(|_| is_at(site, &marked))?;
    let mut rename = Rename::new(old, format!("the private member `{marked}`"), wanted, site);
    for one in uses::mentions(parsed, &marked) {
        // A class inside of the class may have its own member of that name.
        if around(one.range.start) != Some(class) {
            continue;
        }
        match one.within {
            Within::Text => rename.in_strings += 1,
            Within::Code | Within::Comment => rename.here.push(Spot::plain(one.range.start + mark.len()..one.range.end)),
        }
    }
    rename.is_private = true;
    Some(rename)
}

/// The classes that have a private member of this name.
fn classes(site: &Site, marked: &str) -> Vec<Range<usize>> {
    let known = site.definitions().iter().filter(|known| known.name.of(&site.text) == marked);
    let class = |known: &Definition| site.definitions().get(known.parent? as usize).map(|class| class.item.range());
    known.filter_map(class).collect()
}

/// Whether the cursor is on a private member of this name, or in the lines that define it.
fn is_at(site: &Site, marked: &str) -> bool {
    let at = site.bytes.start;
    let touches = words::places(&site.text, marked).any(|place| place.start <= at && at <= place.end);
    let defines = |known: &&Definition| known.name.of(&site.text) == marked && known.item.range().contains(&at);
    touches
        || site.item().is_some_and(|item| item.name == marked)
        || site.definitions().iter().find(defines).is_some_and(|known| known.body.is_empty())
}
