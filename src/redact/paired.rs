//! Values that several names are given at once, each name its own: `user, password = "root", "…"`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::compiled;
use super::given::closes;

/// What may follow a name in a list of names: further names, the end of the list, the sign, and the values.
static REST: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\A(?<names>(?:[ \t]*,[ \t]*[\w.$*]+)*)[ \t]*[)\]]?[ \t]*:?=[ \t]*(?<values>[^=\s][^\n]*)"));

/// The string given to the name that stands between `before` and `behind` in its line, without its quotes: a range of `behind`. None for a
/// name that is given its value alone, and where names and values are not as many.
pub(super) fn string(before: &str, behind: &str) -> Option<Range<usize>> {
    let names = before.rsplit(['(', '[', ';', '{']).next().unwrap_or_default();
    let place = names.matches(',').count();
    if place == 0 && !behind.trim_start().starts_with(',') {
        return None;
    }
    let rest = REST.captures(behind)?;
    let count = place + 1 + rest["names"].matches(',').count();
    let values = rest.name("values")?;
    let items = items(values.as_str());
    let item = items.get(place).filter(|_| items.len() == count && count > 1)?;
    let quoted = quoted(&values.as_str()[item.clone()])?;
    let start = values.start() + item.start;
    Some(start + quoted.start..start + quoted.end)
}

/// The items of a list, with or without brackets around it, up to the end of its statement.
fn items(list: &str) -> Vec<Range<usize>> {
    let first = usize::from(list.starts_with(['(', '[']));
    let (mut items, mut start, mut depth, mut quote, mut escaped) = (vec![], first, 0u32, None, false);
    for (at, letter) in list.char_indices().skip(first) {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth > 0 => depth -= 1,
            (None, ')' | ']' | '}' | ';') if depth == 0 => {
                items.push(start..at);
                return items;
            }
            (None, ',') if depth == 0 => {
                items.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(start..list.len());
    items
}

/// The inside of the string that an item begins with.
fn quoted(item: &str) -> Option<Range<usize>> {
    let open = item.find(['"', '\'', '`'])?;
    // `b"…"` and the like.
    let is_first = item[..open].trim_start().bytes().all(|letter| letter.is_ascii_alphabetic());
    let length = closes(&item[open + 1..], item.get(open..=open)?)?;
    is_first.then_some(open + 1..open + 1 + length)
}
