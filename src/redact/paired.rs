//! Values that several names are given at once, each its own: `user, password = "root", "…"`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::compiled;
use super::given::closes;

/// What may follow a name in a list of names: further names, the end of the list, the sign, and the values. In brackets these may span
/// several lines.
static REST: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\A(?<names>(?:[ \t]*,\s*[\w.$*]+)*)(?:[ \t]*|,?\s*[)\]])[ \t]*",
        r"(?::?=|<-)[ \t]*(?:\\\r?\n\s*)?(?<values>[(\[][\s\S]*|[^=\s(\[][^\n]*)"
    ))
});

/// What is between the bracket that begins a list of names and a name in it.
static NAMES: LazyLock<Regex> = LazyLock::new(|| compiled(r"[(\[](?:\s*[\w.$*]+\s*,)*\s*[\w.$*]*\z"));

/// The string given to the name between `before` and `behind` on its line, without its quotes: a range of `behind`. None for a name that is
/// given its value alone, or if the numbers of names and values differ.
pub(super) fn string(before: &str, behind: &str) -> Option<Range<usize>> {
    // Earlier lines count if a bracket is open.
    let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let opens = if before[..line].trim_end().ends_with([',', '(', '[']) { NAMES.find(before).map(|names| names.start()) } else { None };
    let names = before[opens.unwrap_or(line)..].rsplit(['(', '[', ';', '{']).next().unwrap_or_default();
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

/// The items of a list, with or without brackets, up to the end of its statement.
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
                // A comma after the last item of a list does not begin another.
                items.extend(Some(start..at).filter(|last| !list[last.clone()].trim().is_empty()));
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
