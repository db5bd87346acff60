//! Makes of what the model wrote what is offered: cut where the hole ends, without what stands behind the cursor already, in the
//! file's own layout. Pure; every step may leave nothing, with the reason.

use super::answer::{clean, without_beginning};
use super::brackets::{Comments, balance, brackets, code, long_strings};
use super::hole::{Hole, Mode, begins_line, begins_with_closer, closes, is_closing_word, last_line};
use super::indent::indented;
use super::rest;
use crate::text::Ending;
use crate::text::layout::indentation;
use crate::text::words::is_word;

/// Why nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// The model wrote nothing, or blanks.
    Empty,
    /// It wrote what stands before the cursor again.
    Echo,
    /// It wrote what stands behind the cursor already.
    Repeats,
    /// A line is longer than anybody wants.
    LongLine,
    /// It wrote attributes or decorators, and not what they stand on.
    Unfinished,
    /// It wrote the placeholder of a secret, which models do not see.
    Secret,
    /// With it the file would parse worse.
    Broken,
}

impl Nothing {
    pub fn words(self) -> &'static str {
        match self {
            Nothing::Empty => "the model wrote nothing",
            Nothing::Echo => "the model repeated what stands before the cursor",
            Nothing::Repeats => "the model repeated what stands behind the cursor",
            Nothing::LongLine => "the model wrote a line of more than 4 KiB",
            Nothing::Unfinished => "the model wrote only the beginning of something",
            Nothing::Secret => "the model wrote a secret that it cannot see",
            Nothing::Broken => "with the suggestion the file would not parse",
        }
    }
}

/// Longest line of a suggestion, in bytes.
const LONGEST_LINE: usize = 4 << 10;

/// The file's layout.
pub struct Layout {
    pub ending: Ending,
    /// One level of indentation, where the file or its language tells.
    pub unit: Option<String>,
    /// The language is one whose blanks at line ends and kinds of indentation mean nothing; a Makefile's mean something.
    pub known: bool,
}

/// What is offered of `raw`, to be inserted at the cursor. `cut_short` says that the model ran out of tokens.
pub fn shape(hole: &Hole, raw: &str, cut_short: bool, layout: &Layout) -> Result<String, Nothing> {
    shapes(hole, raw, cut_short, layout).map(|mut shapes| shapes.swap_remove(0))
}

/// The same with what it may be as well, where the end of the line may be a repetition or not: the likeliest first.
pub fn shapes(hole: &Hole, raw: &str, cut_short: bool, layout: &Layout) -> Result<Vec<String>, Nothing> {
    let text = without_beginning(hole, &clean(hole, raw));
    let text = indented(hole, &text, layout);
    let text = if layout.known { without_blanks_at_ends(hole, &text) } else { text };
    let text = cut(hole, &text, cut_short);
    let of = |end: usize| finished(hole, raw, &text[..end], cut_short, layout);
    let tried: Vec<Result<String, Nothing>> = rest::ends(hole, &text).into_iter().map(of).collect();
    let reason = tried.iter().find_map(|one| one.as_ref().err()).copied();
    let found: Vec<String> = tried.into_iter().flatten().collect();
    if found.is_empty() { Err(reason.unwrap_or(Nothing::Empty)) } else { Ok(found) }
}

fn finished(hole: &Hole, raw: &str, text: &str, cut_short: bool, layout: &Layout) -> Result<String, Nothing> {
    let text = without_following(hole, text);
    let whole = without_loops(&text, cut_short);
    let text = without_last_attributes(hole, &whole).trim_end();
    if text.is_empty() && (cut_short && !raw.trim().is_empty() || !whole.trim().is_empty()) {
        return Err(Nothing::Unfinished);
    }
    if text.trim().is_empty() {
        let echoed = without_beginning(hole, &clean(hole, raw)).trim().is_empty();
        return Err(match (raw.trim().is_empty(), echoed) {
            (true, _) => Nothing::Empty,
            (_, true) => Nothing::Echo,
            _ => Nothing::Repeats,
        });
    }
    if text.lines().any(|line| line.len() > LONGEST_LINE) {
        return Err(Nothing::LongLine);
    }
    if is_echo(hole, text) {
        return Err(Nothing::Echo);
    }
    Ok(layout.ending.apply(text))
}

/// Without blanks at the ends of lines, but for those of strings.
fn without_blanks_at_ends(hole: &Hole, text: &str) -> String {
    let whole = format!("{}{text}", hole.line());
    let strings = long_strings(&whole, hole.comments);
    let mut out = String::with_capacity(text.len());
    let mut at = whole.len() - text.len();
    for line in text.split_inclusive('\n') {
        at += line.len();
        let plain = line.ends_with('\n') && !strings.iter().any(|string| string.contains(&(at - 1)));
        out.push_str(if plain { line.trim_end_matches(['\n', ' ', '\t']) } else { line });
        out.push_str(if plain { "\n" } else { "" });
    }
    out
}

fn cut(hole: &Hole, text: &str, cut_short: bool) -> String {
    match &hole.mode {
        Mode::Line => text.split_once('\n').map_or_else(|| whole_words(text, cut_short), |(line, _)| line).into(),
        Mode::Statement => statement(hole, whole_lines(text, cut_short)),
        Mode::Block { indent } => block(hole, whole_lines(text, cut_short), indent),
        Mode::Pair { indent, .. } if begins_line(text) => block(hole, whole_lines(text, cut_short), indent),
        Mode::Pair { .. } => values(hole, whole_words(text, cut_short && !text.contains('\n'))),
    }
}

/// Without the line that the model had no tokens left to finish.
fn whole_lines(text: &str, cut_short: bool) -> &str {
    if !cut_short {
        return text;
    }
    text.rfind('\n').map_or_else(|| whole_words(text, true), |at| &text[..at])
}

/// Without the word that the model had no tokens left to finish.
fn whole_words(text: &str, cut_short: bool) -> &str {
    if cut_short { text.trim_end_matches(is_word) } else { text }
}

/// The first statement: its first line, lines that are indented deeper or go on with it, and lines until every bracket and string that it
/// opens is closed.
fn statement(hole: &Hole, text: &str) -> String {
    let base = indentation(hole.line()).len();
    let lines: Vec<&str> = text.split('\n').collect();
    let open = open_at(hole, text);
    let ends = |number: &usize| {
        let line = lines[*number];
        let deeper = indentation(line).len() > base;
        let level = indentation(line).len() == base;
        !(line.trim().is_empty() || deeper || open[*number] != Open::Nothing || level && goes_on(hole, &lines[..*number], line))
    };
    let end = (1..lines.len()).find(ends).unwrap_or(lines.len());
    lines[..end].join("\n")
}

/// The first line, and lines until every bracket and string that it opens is closed: the arguments of a call, one of which is a function.
fn values(hole: &Hole, text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let open = open_at(hole, text);
    let end = (1..lines.len()).find(|number| open[*number] == Open::Nothing).unwrap_or(lines.len());
    lines[..end].join("\n")
}

/// Lines that are indented deeper than the block's opener, and the closing line where it is missing.
fn block(hole: &Hole, text: &str, indent: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let open = open_at(hole, text);
    // A line at the edge that stands below the cursor already is that line once more, whatever is open.
    let next = hole.following().find(|line| !line.trim().is_empty()).map(str::trim_end);
    let inside = |number: &usize| {
        let line = lines[*number];
        let deeper = line.trim().is_empty() || indentation(line).len() > indent.len();
        let again = || line.trim().len() > 3 && next == Some(line.trim_end());
        deeper || !again() && (open[*number] == Open::String || stands_out(hole, line, open[*number]))
    };
    let end = (1..lines.len()).find(|number| !inside(number)).unwrap_or(lines.len());
    let mut out = lines[..end].join("\n");
    if let Some(line) = lines.get(end)
        && closes(Some(line), indent)
        && !closes(hole.following().next(), indent)
        && closes_only(line)
        && !matches!(hole.mode, Mode::Pair { .. })
    {
        out.push('\n');
        out.push_str(line.trim_end());
    }
    out
}

/// What is open where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    String,
    /// A bracket, or an `#if` of the preprocessor.
    Bracket,
}

/// What is open at the start of each line of a text that is inserted at the cursor.
fn open_at(hole: &Hole, text: &str) -> Vec<Open> {
    let line = hole.line();
    let whole = format!("{line}{text}");
    let strings = long_strings(&whole, hole.comments);
    let brackets = brackets(&whole, hole.comments);
    // What the cursor's line opens is closed behind the cursor, or may be below it.
    let closed = matches!(hole.mode, Mode::Pair { .. }) || hole.following().next().is_some_and(begins_with_closer);
    let counted = brackets.iter().filter(|bracket| !closed || bracket.at >= line.len());
    let mut counted = counted.peekable();
    let (mut depth, mut directives, mut at) = (0, 0, 0);
    let mut found = vec![];
    for one in whole.split_inclusive('\n').chain(whole.ends_with('\n').then_some("")) {
        let quoted = strings.iter().any(|string| string.start < at && at < string.end);
        found.push(match quoted {
            true => Open::String,
            false if depth > 0 || directives > 0 => Open::Bracket,
            false => Open::Nothing,
        });
        at += one.len();
        while let Some(bracket) = counted.next_if(|bracket| bracket.at < at) {
            depth += if bracket.opens { 1 } else { -1 };
        }
        directives += if quoted || !hole.comments.of_braces() { 0 } else { directive(one) };
    }
    found
}

/// What a line of the preprocessor opens or closes.
fn directive(line: &str) -> i32 {
    let line = line.trim_start();
    if line.starts_with("#if") {
        1
    } else if line.starts_with("#endif") {
        -1
    } else {
        0
    }
}

/// Whether a line belongs to a block though it is not indented as one: a label, or a line of the preprocessor.
fn stands_out(hole: &Hole, line: &str, open: Open) -> bool {
    if !hole.comments.of_braces() {
        return false;
    }
    let line = line.trim();
    let word = |text: &str| {
        text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
            && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let label = code(line, hole.comments).strip_suffix(':').is_some_and(|name| word(name.trim()) && name.trim() != "default");
    let below_label = hole.opener().is_some_and(|opener| code(opener, hole.comments).ends_with(':'));
    const OPEN: &[&str] = &["#if", "#define", "#undef", "#include", "#pragma", "#error", "#line"];
    const WITHIN: &[&str] = &["#el", "#endif"];
    let begins = |with: &[&str]| with.iter().any(|begin| line.starts_with(begin));
    label && !below_label || begins(OPEN) || begins(WITHIN) && open == Open::Bracket
}

/// Whether a line at the level of a statement goes on with it.
fn goes_on(hole: &Hole, before: &[&str], line: &str) -> bool {
    let said = format!("{}{}", hole.line(), before.join("\n"));
    let head = said.trim_start();
    let last = before
        .iter()
        .rev()
        .map(|line| code(line, hole.comments))
        .find(|line| !line.trim().is_empty())
        .unwrap_or(code(hole.line(), hole.comments))
        .trim();
    let unended = !last.ends_with([';', '}', '{']);
    let line = line.trim();
    let first = line.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    match first {
        "else" | "elif" | "catch" | "except" | "finally" => return true,
        "while" if head.starts_with("do") && line.ends_with(';') => return true,
        "where" => return unended && head.contains("fn ") || head.contains("impl"),
        _ => {}
    }
    let letter_behind = |sign: &str| line.strip_prefix(sign).is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let closes_angle = line.strip_prefix('>').is_some_and(|rest| rest.is_empty() || rest.starts_with([';', ',', ')', '(', ' ']));
    line.starts_with('{') && unended && (!last.ends_with(',') || said.lines().any(|line| line.trim_start().starts_with("where")))
        || head.starts_with("```") && head.matches("```").count() % 2 == 1
        || line.starts_with("/>")
        || closes_angle && said.contains('<') && hole.comments.of_braces()
        || line.strip_prefix("</").is_some_and(|rest| {
            said.contains(&format!("<{}", rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()))
        })
        || letter_behind(".")
        || letter_behind("?.")
        || line.starts_with("&& ")
        || line.starts_with("|| ")
        || hole.is_blank() && is_lead(&said, hole.comments)
        || is_type_of_function(hole, &said, line)
}

/// Whether a text of C is the type alone of a function whose name begins the next line.
pub(super) fn is_type_of_function(hole: &Hole, said: &str, next: &str) -> bool {
    let type_letter = |letter: char| letter.is_alphanumeric() || "_ \t*&:<>,".contains(letter);
    let named = next
        .split_once('(')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_:~*".contains(letter)));
    hole.comments.of_braces() && hole.line().is_empty() && named && said.starts_with(char::is_alphabetic) && said.chars().all(type_letter)
}

/// Whether a text is only what stands before something: attributes, decorators, comments, the parameters of a template.
pub(super) fn is_lead(text: &str, comments: Comments) -> bool {
    let mut depth = 0;
    let mut lines = text.split('\n').filter(|line| !line.trim().is_empty());
    lines.all(|line| {
        let begins = depth == 0;
        depth += balance(line, comments);
        !begins
            || is_attribute(line.trim())
            || code(line, comments).trim().is_empty()
            || line.trim_start().starts_with("template <") && line.trim_end().ends_with('>')
    })
}

/// The same with an attribute or the like among them.
pub(super) fn has_attributes_only(text: &str, comments: Comments) -> bool {
    is_lead(text, comments) && text.lines().any(|line| !code(line, comments).trim().is_empty())
}

/// Whether a line begins an attribute or a decorator.
fn is_attribute(line: &str) -> bool {
    line.starts_with("#[") || line.starts_with('@') && line.len() > 1 && !line.starts_with("@interface")
}

fn closes_only(line: &str) -> bool {
    let line = line.trim();
    let behind = line.strip_prefix("</").and_then(|rest| rest.split_once('>')).map_or(line, |(_, behind)| behind);
    is_closing_word(line) || behind.chars().all(|letter| "})];,".contains(letter))
}

/// Without the lines that stand behind the cursor already: two of them, or all that is left. One alone may be an early return.
fn without_following(hole: &Hole, text: &str) -> String {
    let following: Vec<&str> = hole.following().take(40).collect();
    if following.is_empty() {
        return text.into();
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    let blank = hole.line().trim().is_empty();
    // The first line is indented by what stands before the cursor.
    let first = format!("{}{}", hole.line(), lines[0]);
    if blank {
        lines[0] = &first;
    }
    let repeats = |start: &usize| {
        let there: Vec<&str> = lines[*start..].iter().filter(|line| !line.trim().is_empty()).copied().collect();
        let same = there.iter().zip(&following).take_while(|(a, b)| is_same_line(a, b)).count();
        same > 0 && (same >= 2 || same == there.len().min(following.len()))
    };
    match (usize::from(!blank)..lines.len()).find(repeats) {
        Some(0) => String::new(),
        Some(end) => text.split('\n').take(end).collect::<Vec<_>>().join("\n"),
        None => text.into(),
    }
}

/// Whether a line of a suggestion is one of the file's: not where it stands deeper, in a block of its own. Of closing brackets a block has
/// many, so they are the same only at the same indentation.
fn is_same_line(ours: &str, there: &str) -> bool {
    let (indent, wanted) = (indentation(ours), indentation(there));
    ours.trim() == there.trim() && (indent == wanted || indent.len() < wanted.len() && !closes_only(ours))
}

/// Without attributes and decorators at the end: what they stand on was cut off, unless it stands below the cursor. Nothing is taken where
/// only those were to be written.
fn without_last_attributes<'a>(hole: &Hole, text: &'a str) -> &'a str {
    if matches!(hole.mode, Mode::Line) || !hole.is_blank() && !text.contains('\n') {
        return text;
    }
    let next = hole.after.split('\n').nth(1).unwrap_or_default();
    let item = next.trim_start().starts_with(|letter: char| letter.is_alphabetic() || matches!(letter, '@' | '#'));
    if item && hole.is_blank() && indentation(next) == hole.line() {
        return text;
    }
    let attribute = |line: &str| is_attribute(line) && (line.starts_with('@') || line.ends_with(']'));
    let mut text = text.trim_end();
    while attribute(last_line(text).trim()) {
        text = text[..text.len() - last_line(text).len()].trim_end();
    }
    text
}

/// How often lines come again, to the end of the answer, until it is a loop; and where the model would have gone on.
const LOOP: usize = 6;
const LOOP_CUT_SHORT: usize = 3;

/// A model that has lost its way writes the same lines for ever; equal lines before others are code.
fn without_loops(text: &str, cut_short: bool) -> String {
    let lines: Vec<&str> = text.trim_end().split('\n').collect();
    let most = if cut_short { LOOP_CUT_SHORT } else { LOOP };
    for length in 1..=4.min(lines.len()) {
        let again = (0..lines.len() - length).rev().take_while(|at| lines[*at].trim() == lines[at + length].trim()).count();
        let start = lines.len() - length - again;
        let says = lines[start..start + length].iter().any(|line| line.trim().len() > 3);
        if says && again / length + 1 >= most {
            return lines[..start + length].join("\n");
        }
    }
    text.into()
}

/// Whether the suggestion is the text before the cursor once more.
fn is_echo(hole: &Hole, text: &str) -> bool {
    let before = hole.before.trim_end();
    let said = text.trim();
    // A closing bracket after a closing bracket is code, not an echo.
    if said.len() < 4 {
        return false;
    }
    let lines = said.lines().count();
    let above: Vec<&str> = before.rsplit('\n').filter(|line| !line.trim().is_empty()).take(lines).map(str::trim).collect();
    above.len() == lines && said.lines().rev().map(str::trim).eq(above.iter().copied())
}
