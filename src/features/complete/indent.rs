//! Indents a model's text: starting at the cursor, in the file's own unit. If the file's unit is unknown, the text stays as written;
//! alignment, and lines inside strings, always stay.

use std::borrow::Cow;

use super::hole::{Hole, Mode, begins_with_closer};
use super::shape::Layout;
use crate::syntax::Surface;
use crate::syntax::brackets::{balance, brackets, code, goes_on_below, long_strings};
use crate::text::layout::indentation;

/// Widths of a level that models use, most common first.
const WIDTHS: &[usize] = &[4, 2, 8, 3];

/// A text to insert at the cursor, indented as its place requires.
pub(super) fn indented(hole: &Hole, text: &str, layout: &Layout) -> String {
    let blank = hole.is_blank();
    // The cursor's line is already blank, so the blank lines at the start of an answer are not inserted again.
    let skipped = text.split_inclusive('\n').take_while(|line| blank && line.trim().is_empty() && line.ends_with('\n')).map(str::len).sum();
    let unit = layout.unit.clone().or_else(|| unit_at(hole));
    let text = from_margin(hole, &text[skipped..], unit.as_deref().filter(|_| layout.known));
    let text = without_second_indent(hole, text, unit.as_deref());
    match unit {
        Some(unit) if layout.known => in_unit(hole, &text, &unit),
        _ => text,
    }
}

/// The answer with a tab before each command, in the recipe of a Makefile, where spaces do not work.
pub(super) fn recipe<'a>(hole: &Hole, raw: &'a str) -> Cow<'a, str> {
    let opened = || hole.opener().is_some_and(|opener| opener.trim_end().ends_with(':'));
    if !hole.surface.recipes || !matches!(hole.mode, Mode::Block { .. }) || !opened() {
        return raw.into();
    }
    let mut goes_on = false;
    let lines = raw.split('\n').enumerate().map(|(number, line)| {
        let begins = !goes_on && line.starts_with("  ") && (number > 0 || hole.line().is_empty());
        goes_on = goes_on_below(line, hole.surface);
        if begins { format!("\t{}", line.trim_start_matches(' ')) } else { line.to_string() }
    });
    lines.collect::<Vec<_>>().join("\n").into()
}

/// One level of indentation, deduced from a cursor that is deeper than the line that opens its block.
fn unit_at(hole: &Hole) -> Option<String> {
    let unit = hole.line().strip_prefix(hole.outer().filter(|_| hole.is_blank())?)?;
    // Other blanks, as an input method may type them, indent no code.
    (!unit.is_empty() && indentation(unit) == unit).then(|| unit.into())
}

/// Models like to indent again on an indented line. If the cursor is less deep than its block requires, the model has to write the
/// difference.
fn without_second_indent(hole: &Hole, text: String, unit: Option<&str>) -> String {
    let line = hole.line();
    if line.is_empty() || !hole.is_blank() || indentation(&text).is_empty() {
        return text;
    }
    let missing = match (hole.outer(), unit) {
        (Some(outer), Some(unit)) => format!("{outer}{unit}").strip_prefix(line).unwrap_or_default().to_string(),
        (Some(outer), None) if line.len() <= outer.len() => return text,
        _ => String::new(),
    };
    missing + text.trim_start_matches([' ', '\t'])
}

/// An answer whose lines begin at the margin, with its first line at the cursor's column: all others are meant to be there too.
fn from_margin(hole: &Hole, text: &str, unit: Option<&str>) -> String {
    let column = hole.line();
    if is_from_margin(hole, text, unit) {
        let text = unit.map_or_else(|| text.into(), |unit| in_unit_of_file(hole, text, unit));
        let moved = text.split('\n').enumerate().map(|(number, line)| match number {
            0 => line.to_string(),
            _ if line.trim().is_empty() => String::new(),
            _ => format!("{column}{line}"),
        });
        return moved.collect::<Vec<_>>().join("\n");
    }
    text.into()
}

/// An answer whose lines begin at the margin, with the file's unit for each level of its own.
fn in_unit_of_file(hole: &Hole, text: &str, unit: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let free = free_lines(hole, text, &lines);
    let Some(own) = free.iter().map(|number| indentation(lines[*number])).find(|indent| !indent.is_empty()) else { return text.into() };
    let whole = |number: &usize| indentation(lines[*number]).chars().all(|letter| own.starts_with(letter));
    if own == unit || !free.iter().all(whole) {
        return text.into();
    }
    let moved = lines.iter().enumerate().map(|(number, line)| {
        let levels = if free.contains(&number) { indentation(line).len() / own.len() } else { 0 };
        format!("{}{}", unit.repeat(levels), &line[levels * own.len()..])
    });
    moved.collect::<Vec<_>>().join("\n")
}

fn is_from_margin(hole: &Hole, text: &str, unit: Option<&str>) -> bool {
    let column = hole.line();
    let mut lines = text.split('\n');
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    if column.is_empty() || !hole.is_blank() || !indentation(first).is_empty() || first.trim().is_empty() || second.trim().is_empty() {
        return false;
    }
    let quoted = long_strings(text, hole.surface).iter().any(|string| string.contains(&first.len()));
    let other_kind = indentation(second).chars().next().is_some_and(|first| !column.starts_with(first));
    if quoted || hole.following().any(|line| line == second) {
        return false;
    }
    let opens = code(first, hole.surface).ends_with(['{', ':', '(', '[']);
    let deep = indentation(second).len();
    if !opens {
        // A line at the margin may begin something new, because the block has ended there.
        let other = begins_with_closer(second, hole.surface)
            || second.starts_with(['@', '#', '/', '"', '\'', '`'])
            || second.ends_with(':') && !second.contains(' ');
        return deep == 0
            && !other
            && !hole.surface.margin.iter().any(|head| second.starts_with(head.as_str()))
            && balance(first, hole.surface) == 0;
    }
    if deep == 0 {
        return false;
    }
    // If brackets close the block, the closing one is below its start.
    let back = lines.find(|line| !line.trim().is_empty() && indentation(line).len() < deep);
    let rest: usize = lines.map(|line| line.len() + 1).sum();
    let braced = !code(first, hole.surface).ends_with(':');
    if other_kind || deep > column.len() {
        // If the answer's unit is not the file's, only the line at the margin that ends the block shows what its depth means.
        let as_in_file = unit.is_some_and(|unit| !other_kind && deep == column.len() + unit.len());
        let begins_other = |line: &str| hole.surface.margin.iter().any(|head| line.starts_with(head.as_str()));
        // The bracket there has to be the one that closes what the first line opens.
        let closes = |line: &str| begins_with_closer(line, hole.surface) && balance(&text[..text.len() - rest], hole.surface) <= 0;
        let ends = |line: &str| if braced { closes(line) } else { !as_in_file && !begins_other(line) };
        return unit.is_some() && back.is_some_and(|line| indentation(line).is_empty() && ends(line));
    }
    back.map_or(!braced, |line| indentation(line).is_empty() && (!braced || begins_with_closer(line, hole.surface)))
}

/// Converts between tabs and spaces, as used in the file, in its width.
fn in_unit(hole: &Hole, text: &str, unit: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let free = free_lines(hole, text, &lines);
    let indents: Vec<&str> = free.iter().map(|number| indentation(lines[*number])).filter(|indent| !indent.is_empty()).collect();
    let own = indentation(hole.line());
    let in_tabs = unit.starts_with('\t');
    let ours = if in_tabs { '\t' } else { ' ' };
    // A text that mixes both uses spaces to align.
    let mixed = indents.iter().any(|indent| indent.starts_with('\t')) && indents.iter().any(|indent| indent.starts_with(' '));
    if indents.is_empty() || mixed || !own.is_empty() && !own.starts_with(ours) {
        return text.into();
    }
    let foreign = !indents[0].starts_with(ours);
    let step = match (foreign, in_tabs) {
        (true, false) => "\t".to_string(),
        (false, true) => return text.into(),
        (is_foreign, _) => match width(hole, unit, &lines, &free).filter(|width| is_foreign || *width != unit.len()) {
            Some(width) => " ".repeat(width),
            None => return text.into(),
        },
    };
    let mut out = vec![];
    for (number, line) in lines.iter().enumerate() {
        let indent = indentation(line);
        let levels = if free.contains(&number) { indent.len() / step.len() } else { 0 };
        out.push(format!("{}{}", unit.repeat(levels), &line[levels * step.len()..]));
    }
    out.join("\n")
}

/// Lines whose leading white space is indentation: not the first, not those inside strings, not those aligned with what follows a bracket.
fn free_lines(hole: &Hole, text: &str, lines: &[&str]) -> Vec<usize> {
    let line = hole.line();
    let whole = format!("{line}{text}");
    let strings = long_strings(&whole, hole.surface);
    let mut starts = vec![0];
    starts.extend(whole.match_indices('\n').map(|(at, _)| at + 1));
    let free = |number: &usize| {
        let start = starts[*number];
        let quoted = strings.iter().any(|string| string.contains(&start));
        !quoted && !lines[*number].trim().is_empty() && !is_aligned(&whole[..start], hole.surface)
    };
    (1..lines.len()).filter(free).collect()
}

/// Whether the next line is aligned with what follows an open bracket.
fn is_aligned(before: &str, surface: &Surface) -> bool {
    let mut open = vec![];
    for bracket in brackets(before, surface) {
        if bracket.opens {
            open.push(bracket.at);
        } else {
            open.pop();
        }
    }
    let behind = |at: usize| code(before[at + 1..].split('\n').next().unwrap_or_default(), surface);
    open.last().is_some_and(|at| !behind(*at).is_empty())
}

/// How many spaces the model uses per level, judged by where its second line has to be.
fn width(hole: &Hole, unit: &str, lines: &[&str], free: &[usize]) -> Option<usize> {
    let second = *free.first()?;
    let own = indentation(hole.line());
    let head = format!("{}{}", hole.line(), lines[..second].join("\n"));
    let opens = code(&head, hole.surface).ends_with(['{', '(', '[', ':']);
    let level = (own.len() / unit.len() + usize::from(opens)).checked_sub(usize::from(begins_with_closer(lines[second], hole.surface)))?;
    let deep = |number: &usize| indentation(lines[*number]).len();
    let whole = |width: usize| free.iter().all(|number| deep(number) % width == 0);
    let fits = |width: &&usize| deep(&second) == level * **width && whole(**width);
    let Some(width) = WIDTHS.iter().find(fits).copied().filter(|_| level > 0) else {
        return (unit.starts_with('\t') && whole(4)).then_some(4);
    };
    if unit.starts_with('\t') {
        return Some(width);
    }
    // A line of the file itself with that indentation shows that it is intended.
    let known = |line: &str| indentation(line).len() == width;
    if hole.before.split('\n').chain(hole.after.split('\n')).any(known) {
        return None;
    }
    // The file's own width could be read as another one too. So some line must not fit it, where its block ends.
    let odd = free.iter().any(|number| deep(number) % unit.len() != 0);
    let back = free.iter().find(|number| deep(number) < deep(&second));
    let ends = back.is_some_and(|number| deep(number) == level.saturating_sub(1) * width);
    (opens && ends && (odd || width > unit.len())).then_some(width)
}
