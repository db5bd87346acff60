//! The layout of a model's code in the file: indentation, brackets. Pure.

use crate::text::layout::{common_indentation, indent_unit, indentation, reindent};
use crate::text::words::is_word;

/// Code moved to an indentation. Models often lose the indentation of the first line, so it is not taken for the common one.
pub fn fitted(code: &str, indent: &str) -> String {
    let Some((first, rest)) = code.split_once('\n') else { return reindent(code, indent) };
    let bare = !first.starts_with([' ', '\t']);
    let deeper = rest.lines().filter(|line| !line.trim().is_empty()).all(|line| line.starts_with([' ', '\t']));
    let closes = rest.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with(['}', ')', ']']));
    let closes = closes && opened(rest) < 0;
    // `fn f() {` followed by lines that are all deeper, including the closing brace: only the first line lost its indentation. The same
    // holds for a complete statement followed by deeper ones.
    let whole = first.trim_end().ends_with(';') && !rest.trim().is_empty();
    if bare && deeper && (closes && !indent.is_empty() || whole) {
        return format!("{}\n{}", reindent(first, indent), reindent(rest, indent));
    }
    reindent(code, indent)
}

/// Code with this unit of indentation, if its own unit is plain.
pub fn in_unit(code: &str, unit: &str) -> String {
    let own = indent_unit(code);
    let is_level = match (own.as_str(), unit) {
        ("\t", _) => true,
        (own, "\t") => matches!(own.len(), 2 | 4 | 8),
        (own, _) => matches!(own.len(), 2 | 4),
    };
    let spaces = || code.lines().filter(|line| !line.trim().is_empty()).map(indentation);
    let even = unit == "\t" || own == "\t" || spaces().all(|indent| indent.len().is_multiple_of(own.len()));
    if own == unit || unit.is_empty() || !is_level || !even || spaces().all(str::is_empty) {
        return code.into();
    }
    let line = |line: &str| {
        let levels = indentation(line).matches(own.as_str()).count();
        let rest = line.get(levels * own.len()..).filter(|_| line.starts_with(&own.repeat(levels)));
        rest.map_or_else(|| line.to_string(), |rest| format!("{}{rest}", unit.repeat(levels)))
    };
    code.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Moves code in which some lines are not indented like the rest: preprocessor lines stay at the margin, labels keep their distance to the
/// statements around.
pub fn hanging(code: &str, act: impl FnOnce(&str) -> String) -> String {
    const HANGS: char = '\u{e8ff}';
    let is_label = |line: &str| line.trim_end().strip_suffix(':').is_some_and(|name| !name.is_empty() && name.chars().all(is_word));
    let loose = |line: &str| line.starts_with('#') || is_label(line.trim_start());
    let firm: Vec<&str> = code.lines().filter(|line| !loose(line)).collect();
    let common = common_indentation(&firm.join("\n")).to_string();
    let hangs = |line: &str| line.starts_with('#') || loose(line) && indentation(line).len() < common.len();
    if firm.iter().all(|line| line.trim().is_empty()) || code.contains(HANGS) || !code.lines().any(hangs) {
        return act(code);
    }
    let (mut distances, mut goes_on) = (vec![], false);
    let marked = code.split('\n').map(|line| {
        // A macro over several lines is one.
        let follows = goes_on;
        goes_on = line.trim_end().ends_with('\\') && (follows || line.starts_with('#'));
        if follows {
            distances.push(None);
            return format!("{common}{HANGS}{line}");
        }
        if !hangs(line) {
            return line.to_string();
        }
        let distance = common.len() - indentation(line).len();
        distances.push((!line.starts_with('#')).then_some(distance));
        format!("{common}{HANGS}{}", line.trim_start())
    });
    let marked = marked.collect::<Vec<_>>().join("\n");
    let (moved, mut distances) = (act(&marked), distances.into_iter());
    let back = moved.split('\n').map(|line| match line.split_once(HANGS) {
        Some((indent, rest)) => {
            let kept = distances.next().flatten().map_or(0, |distance| indent.len().saturating_sub(distance));
            format!("{}{rest}", &indent[..kept])
        }
        None => line.to_string(),
    });
    back.collect::<Vec<_>>().join("\n")
}

/// Code of an indented language whose first line lost its indentation: nothing may be deeper than a complete statement before it.
pub fn with_first(code: &str) -> String {
    let Some((first, rest)) = code.split_once('\n').filter(|(first, _)| !first.starts_with([' ', '\t'])) else { return code.into() };
    let depths: Vec<&str> = rest.lines().filter(|line| !line.trim().is_empty()).map(indentation).collect();
    let least = depths.iter().copied().min_by_key(|depth| depth.len()).unwrap_or_default();
    let ends = first.trim_end();
    let opens_string = ["\"\"\"", "'''"].iter().any(|quotes| ends.matches(quotes).count() % 2 == 1);
    let whole = opened(first) == 0 && !ends.ends_with([':', ',', '\\', '=']) && !opens_string;
    // A block ends where a line is indented less than its first line.
    let is_over = ends.ends_with(':') && depths.first().is_some_and(|inner| inner.len() > least.len());
    if least.is_empty() || !(whole || is_over) { code.into() } else { format!("{least}{code}") }
}

/// Code without blanks at the ends of its lines, if all lines have some: that is no layout, but a habit of the model. The last line has
/// lost its own before.
pub fn without_line_ends(code: &str) -> Option<String> {
    let (above, _) = code.trim_end().rsplit_once('\n')?;
    let mut said = above.lines().filter(|line| !line.trim().is_empty());
    said.all(|line| line.ends_with([' ', '\t'])).then(|| code.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

/// The number of opening brackets minus that of closing ones.
pub fn opened(code: &str) -> isize {
    code.chars().map(|sign| isize::from("([{".contains(sign)) - isize::from(")]}".contains(sign))).sum()
}

/// Whether only the first line lost its indentation, and the others stand as they would in a file at this one: they tell it by what would
/// be no layout otherwise.
fn is_first_bare(code: &str, indent: &str) -> bool {
    const UNFINISHED_LINE_ENDS: &[char] = &['(', '[', '{', ',', '=', '+', '-', '*', '/', '|', '&', '<', '.', '\\', '?'];
    const BEGINS: &[char] = &['.', '?', ':', '+', '-', '*', '/', '|', '&', '=', '<', '>', '{', '(', '['];
    let Some((first, rest)) = code.split_once('\n').filter(|_| !indent.is_empty()) else { return false };
    let lines: Vec<&str> = rest.lines().filter(|line| !line.trim().is_empty()).collect();
    let Some(next) = lines.first().filter(|_| lines.iter().all(|line| line.starts_with(indent))) else { return false };
    let depth = |line: &str| indentation(line).len();
    let returns = lines.iter().any(|line| depth(line) == indent.len());
    // A comment behind it says nothing of that.
    let said = [" #", " //"].iter().filter_map(|sign| first.find(sign)).min().map_or(first, |at| &first[..at]).trim_end();
    let opens = opened(said) > 0 || said.ends_with(':');
    let goes_on = opens || said.ends_with(UNFINISHED_LINE_ENDS) || next.trim_start().starts_with(BEGINS);
    match (depth(next) > indent.len(), returns) {
        (true, true) => true,
        (true, false) => opens,
        (false, _) => !goes_on,
    }
}

/// Code in place of lines whose first one has this indentation. Its own first line gets that, and the others keep their distance to it:
/// where it has that already, as in an answer that closes the block around the lines and opens it again, everything stays.
pub fn placed(code: &str, indent: &str) -> String {
    let own = indentation(code);
    if own.is_empty() {
        return if is_first_bare(code, indent) { format!("{indent}{code}") } else { fitted(code, indent) };
    }
    let moved = code.split_inclusive('\n').map(|line| {
        let (depth, rest) = (indentation(line), line.trim_start_matches([' ', '\t']));
        match depth.strip_prefix(own) {
            _ if rest.trim().is_empty() => rest.to_string(),
            Some(deeper) => format!("{indent}{deeper}{rest}"),
            None => {
                let less = own.len().saturating_sub(depth.len());
                format!("{}{rest}", &indent[..indent.len().saturating_sub(less)])
            }
        }
    });
    moved.collect()
}
