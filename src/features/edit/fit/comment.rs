//! Writes documentation as a comment or as a docstring of a language. The writer's layout stays: lists, sections, code. Only the comment
//! signs that came with it are removed, and paragraphs that are too wide are wrapped. Pure.

use crate::syntax::{Docstring, Language};
use crate::text::layout::{common_indentation, indentation, reindent};
use crate::text::markdown::fence_at;

/// Widest line of a comment, in characters.
const MAX_COMMENT_WIDTH: usize = 100;
/// Starts of line comments that are documentation.
const DOCUMENTATION_SIGNS: [&str; 3] = ["///", "//!", "//"];

/// How a comment is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Each line begins with this.
    Lines(String),
    /// A block opened by this.
    Block(String),
}

impl Style {
    /// The style of the old comment if the language leaves a choice, else the style that the file uses.
    pub fn of(language: Option<&Language>, old: Option<&str>, file: &str) -> Self {
        let Some(language) = language else { return Self::Lines("//".into()) };
        let forms = &language.documentation;
        let kept = old.and_then(|old| forms.kept.iter().find(|sign| old.trim_start().starts_with(sign.as_str())));
        let has = |sign: &String| file.lines().any(|line| line.trim_start().starts_with(sign.as_str()));
        let alternative = forms.alternative.as_ref().filter(|other| old.is_none() && has(other) && !forms.sign.as_ref().is_some_and(has));
        let sign = kept.or(alternative).or(forms.sign.as_ref()).or(language.comment.as_ref()).map_or("//", String::as_str);
        let is_block = language.block_comment.as_ref().is_some_and(|[open, _]| sign.starts_with(open.as_str()));
        if is_block { Self::Block(sign.into()) } else { Self::Lines(sign.into()) }
    }
}

/// Text as a documentation comment of this language, each line indented, without a last line break.
pub fn as_comment(language: Option<&Language>, style: &Style, text: &str, indent: &str) -> String {
    let lines = wrapped(bare(text, false), MAX_COMMENT_WIDTH.saturating_sub(indent.chars().count() + 4));
    match style {
        Style::Lines(sign) => line_by_line(&lines, indent, sign),
        Style::Block(open) => in_block(&lines, indent, open, language.and_then(|language| language.documentation.escape.as_ref())),
    }
}

fn line_by_line(lines: &[String], indent: &str, sign: &str) -> String {
    let line = |line: &String| {
        // Go's own tool separates code from the sign by just a tab.
        let gap = if line.starts_with('\t') { "" } else { " " };
        format!("{indent}{sign}{gap}{line}").trim_end().to_string()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn in_block(lines: &[String], indent: &str, open: &str, escape: Option<&[String; 2]>) -> String {
    let line = |line: &String| {
        let line = line.replace("*/", "* /");
        let line = escape.map_or(line.clone(), |[raw, escaped]| line.replace(raw.as_str(), escaped));
        format!("{indent} * {line}").trim_end().to_string()
    };
    format!("{indent}{open}\n{}\n{indent} */", lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Text as a docstring with its quotes, whose later lines have this indentation. The one that it replaces says which quotes, and whether
/// backslashes are letters; they are where the text has any, unless it was written as a literal in which they mean something.
pub fn docstring(form: &Docstring, text: &str, indent: &str, old: Option<&str>) -> String {
    let (was_raw, old) = literal_start(form, old.unwrap_or_default());
    let [usual, other] = &form.quotes;
    let (quotes, apart) = if old.starts_with(other.as_str()) { (other, usual) } else { (usual, other) };
    let (given, inside) = literal(form, text.trim());
    let escaped = given == Some(false);
    let raw = was_raw || given == Some(true) || inside.contains('\\') && !(escaped && escapes_are_right(form, inside));
    let inside = if raw && escaped { inside.replace("\\\\", "\\") } else { inside.to_string() };
    let inside = inside.replace(quotes.as_str(), apart);
    let lines = wrapped(bare(&inside, true), MAX_COMMENT_WIDTH.saturating_sub(indent.chars().count()));
    let indented = lines.iter().enumerate().map(|(number, line)| match number {
        0 => line.clone(),
        _ if line.is_empty() => String::new(),
        _ => format!("{indent}{line}"),
    });
    let mut out = indented.collect::<Vec<_>>().join("\n");
    if lines.len() > 1 {
        out.push_str(&format!("\n{indent}"));
    }
    // A quote or backslash at the end would join the closing quotes.
    let gap = if out.ends_with(['"', '\'', '\\']) { " " } else { "" };
    format!("{}{quotes}{out}{gap}{quotes}", if raw { form.raw.as_str() } else { "" })
}

/// Whether a string literal is raw, and the rest of it behind its prefix.
fn literal_start<'a>(form: &Docstring, text: &'a str) -> (bool, &'a str) {
    let rest = text.trim_start_matches(|letter: char| form.prefixes.contains(letter));
    (text[..text.len() - rest.len()].to_lowercase().contains(&form.raw), rest)
}

/// The inside of a text that is a literal in triple quotes, and whether a raw one.
fn literal<'a>(form: &Docstring, text: &'a str) -> (Option<bool>, &'a str) {
    let (raw, rest) = literal_start(form, text);
    // Behind it the code may stand that it documents.
    let closed = |rest: &'_ str, quotes: &str| -> Option<usize> {
        let end = rest.find(quotes)?;
        let after = &rest[end + quotes.len()..];
        (after.trim_start_matches([' ', '\t', '\r']).is_empty() || after.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
            .then_some(end)
    };
    let inside = form.quotes.iter().find_map(|quotes| {
        let rest = rest.strip_prefix(quotes.as_str())?;
        closed(rest, quotes).map(|end| &rest[..end]).or_else(|| rest.strip_suffix(quotes.as_str()))
    });
    inside.map_or((None, text), |inside| (Some(raw), inside.trim()))
}

/// Whether every backslash begins an escape that the language knows.
fn escapes_are_right(form: &Docstring, text: &str) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' && !letters.next().is_some_and(|next| form.escapes.contains(next)) {
            return false;
        }
    }
    true
}

/// The lines of a text without the comment signs that it was written with. `inner` says that later lines may have the indentation of a
/// docstring.
fn bare(text: &str, inner: bool) -> Vec<String> {
    let text = text.trim();
    if let Some(inside) = ["/**", "/*!", "/*"].iter().find_map(|open| text.strip_prefix(open)?.strip_suffix("*/")) {
        return of_block(inside.trim_end_matches('*').trim_end());
    }
    if inner && text.lines().all(|line| line.is_empty() || line.trim_start().starts_with('#')) {
        return without_blank_ends(text.lines().map(|line| without(line, "#")).collect());
    }
    let sign = DOCUMENTATION_SIGNS.into_iter().find(|sign| text.starts_with(sign));
    let lines: Vec<String> = match sign {
        Some(sign) => text.lines().map(|line| without(line, sign)).collect(),
        None => text.lines().map(|line| line.trim_end().to_string()).collect(),
    };
    let plain = lines.first().is_some_and(|first| !first.ends_with(':'));
    let lines = if inner && plain { dedented(lines) } else { lines };
    without_blank_ends(lines)
}

/// A line without a sign and the space behind it; unchanged if it has none.
fn without(line: &str, sign: &str) -> String {
    let rest = line.trim_start().strip_prefix(sign).map(|rest| rest.strip_prefix(' ').unwrap_or(rest));
    rest.unwrap_or(line).trim_end().to_string()
}

/// The lines inside of a block comment, which may begin with a star.
fn of_block(inside: &str) -> Vec<String> {
    let starred = inside.lines().skip(1).filter(|line| !line.trim().is_empty()).all(|line| line.trim_start().starts_with('*'));
    let lines = inside.lines().map(|line| line.trim_end().to_string());
    // If the text does not begin behind the sign, its first line is as deep as the others.
    if let (false, Some((first, rest))) = (starred, inside.split_once('\n'))
        && first.trim().is_empty()
    {
        return without_blank_ends(reindent(rest, "").lines().map(|line| line.trim_end().to_string()).collect());
    }
    let lines = if starred { lines.map(|line| without(&line, "*")).collect() } else { dedented(lines.collect()) };
    without_blank_ends(lines)
}

/// The lines without the indentation that all but the first share.
fn dedented(lines: Vec<String>) -> Vec<String> {
    let rest = lines.get(1..).unwrap_or_default().join("\n");
    let common = common_indentation(&rest).len();
    let cut = |(number, line): (usize, String)| if number == 0 { line } else { line.get(common..).unwrap_or_default().to_string() };
    lines.into_iter().enumerate().map(cut).collect()
}

fn without_blank_ends(lines: Vec<String>) -> Vec<String> {
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[first..last.max(first)].to_vec()
}

/// The lines, with running text wrapped where it is too wide.
fn wrapped(lines: Vec<String>, width: usize) -> Vec<String> {
    let (mut out, mut fence) = (vec![], None);
    for line in lines {
        let inside = in_code(&line, &mut fence);
        match hanging(&line).filter(|_| !inside && line.chars().count() > width.max(40)) {
            Some(depth) => wrap(&line, width.max(40), depth, &mut out),
            None => out.push(line),
        }
    }
    out
}

/// Whether a line is code or a fence around it; `fence` keeps what ends the current code.
fn in_code(line: &str, fence: &mut Option<&'static str>) -> bool {
    let start = line.trim_start();
    if let Some(end) = *fence {
        let over = if end.starts_with('<') { start.contains(end) } else { start.starts_with(end) };
        *fence = if over { None } else { Some(end) };
        return true;
    }
    *fence = fence_at(start);
    if fence.is_none() && start.contains("<pre") && !start.contains("</pre>") {
        *fence = Some("</pre>");
    }
    fence.is_some() || [">>>", "...", "|", "#"].iter().any(|sign| start.starts_with(sign))
}

/// The indentation of the lines that a line is wrapped into; none for a line that is not running text.
fn hanging(line: &str) -> Option<usize> {
    let (depth, start) = (indentation(line), line.trim_start());
    if depth.contains('\t') {
        return None;
    }
    let depth = depth.len();
    let number = start.len() - start.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    if number > 0 && start[number..].starts_with(". ") {
        return Some(depth + number + 2);
    }
    if ["- ", "* ", "+ "].iter().any(|sign| start.starts_with(sign)) {
        return Some(depth + 2);
    }
    // `name (type): what it is`, in a section of such entries.
    let named = start.split_once(": ").is_some_and(|(name, _)| name.split_whitespace().count() <= 2);
    if start.starts_with(['@', ':']) || depth > 0 && named {
        return Some(depth + 4);
    }
    (depth == 0).then_some(0)
}

fn wrap(line: &str, width: usize, depth: usize, lines: &mut Vec<String>) {
    let mut current = indentation(line).to_string();
    let mut empty = true;
    for word in line.split_whitespace() {
        if !empty && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut current, " ".repeat(depth)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
}
