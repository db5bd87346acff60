//! How what the model wrote is laid out in the file: indentation, comment signs, no code fences. Pure.

use crate::syntax::Language;
use crate::text::layout::{indentation, reindent};

/// Widest line of a comment, in characters.
const WIDTH: usize = 100;

/// Without the code fence that models like to put around code, and without blank lines at both ends.
pub fn without_fence(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let trimmed = text.trim();
    let inside = match trimmed.strip_prefix("```") {
        Some(rest) => {
            let body = rest.split_once('\n').map_or("", |(_, body)| body);
            body.rsplit_once("```").map_or(body, |(code, _)| code)
        }
        None => &text,
    };
    inside.trim_matches('\n').trim_end().to_string()
}

/// A code block of an answer.
#[derive(Debug)]
pub struct Block {
    pub code: String,
    /// Its end was written.
    pub closed: bool,
}

/// The code blocks of an answer; one that is never closed ends with the answer. A fence that stands deeper than the one that opened the block
/// belongs to the code, such as one in a docstring, and so does a block inside of the block.
pub fn blocks(answer: &str) -> Vec<Block> {
    let answer = answer.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = answer.split('\n');
    let mut found = vec![];
    while let Some(opening) = lines.by_ref().find(|line| line.trim_start().starts_with("```")) {
        let (depth, fence) = fence_of(opening);
        let (mut nested, mut closed) = (0, false);
        let inside = lines.by_ref().take_while(|line| {
            let (own, marks) = fence_of(line);
            if marks < 3 || own > depth || marks > fence {
                return true;
            }
            if line.trim().len() > marks {
                nested += 1;
                return true;
            }
            closed = nested == 0 && marks == fence;
            nested -= usize::from(nested > 0);
            !closed
        });
        let mut inside: Vec<&str> = inside.collect();
        // A closing fence that stands too deep was taken for code, and then nothing closed the block.
        if lines.clone().next().is_none() && inside.last().is_some_and(|line| line.trim() == "`".repeat(fence)) {
            inside.pop();
            closed = true;
        }
        found.push(Block { code: inside.join("\n"), closed });
    }
    found
}

/// All that stands between the first fence of an answer and its last: for an answer of one block with fences in it.
pub fn outermost(answer: &str) -> Option<String> {
    let answer = answer.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = answer.split('\n').collect();
    let first = lines.iter().position(|line| fence_of(line).1 >= 3)?;
    let last = lines.iter().rposition(|line| fence_of(line).1 >= 3 && line.trim().chars().all(|letter| letter == '`'))?;
    (first < last).then(|| lines[first + 1..last].join("\n"))
}

/// How deep a line stands, and how many backticks it begins with.
fn fence_of(line: &str) -> (usize, usize) {
    let inside = line.trim_start();
    (line.len() - inside.len(), inside.len() - inside.trim_start_matches('`').len())
}

/// The first and the last line of a text that is a code block of a Markdown file.
pub fn fences_around(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.trim().split_once('\n')?;
    let last = rest.lines().next_back()?;
    (fence_of(first).1 >= 3 && fence_of(last).1 >= 3).then_some((first.trim_end(), last))
}

/// Code moved to an indentation. A first line that lost its indentation, as models often give it, is not taken for the common one.
pub fn fitted(code: &str, indent: &str) -> String {
    let Some((first, rest)) = code.split_once('\n') else { return reindent(code, indent) };
    let bare = !first.starts_with([' ', '\t']);
    let deeper = rest.lines().filter(|line| !line.trim().is_empty()).all(|line| line.starts_with([' ', '\t']));
    let closes = rest.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with(['}', ')', ']']));
    let closes = closes && opened(rest) < 0;
    // `fn f() {` followed by lines that are all deeper, the closing brace included: only the first line lost its indentation.
    if bare && deeper && closes && !indent.is_empty() {
        return format!("{}\n{}", reindent(first, indent), reindent(rest, indent));
    }
    reindent(code, indent)
}

/// How many brackets more a code opens than it closes, by counting.
pub fn opened(code: &str) -> isize {
    code.chars().map(|sign| isize::from("([{".contains(sign)) - isize::from(")]}".contains(sign))).sum()
}

/// Code in place of lines whose first one has this indentation. Its own first line gets that, and the others keep their distance to it: where
/// it has that already, as in an answer that closes the block around the lines and opens it again, everything stays.
pub fn placed(code: &str, indent: &str) -> String {
    let own = indentation(code);
    if own.is_empty() {
        return fitted(code, indent);
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

/// Text as a documentation comment of this language, each line indented; without a last line break.
pub fn as_comment(language: Option<&Language>, text: &str, indent: &str) -> String {
    let lines = plain_lines(text, WIDTH.saturating_sub(indent.chars().count() + 4));
    let line_by_line = |sign: &str| {
        let lines = lines.iter().map(|line| format!("{indent}{sign} {line}").trim_end().to_string());
        lines.collect::<Vec<_>>().join("\n")
    };
    let name = language.map_or("", |language| &language.name);
    let sign = language.and_then(|language| language.comment.as_deref());
    match (name, sign, language.and_then(|language| language.block_comment.as_ref())) {
        ("rust", ..) => line_by_line("///"),
        ("go", ..) => line_by_line("//"),
        (_, _, Some([open, _])) if open == "/*" => {
            let inside: Vec<String> =
                lines.iter().map(|line| format!("{indent} * {}", line.replace("*/", "* /")).trim_end().to_string()).collect();
            format!("{indent}/**\n{}\n{indent} */", inside.join("\n"))
        }
        (_, Some(sign), _) => line_by_line(sign),
        _ => line_by_line("//"),
    }
}

/// Text as the inside of a docstring whose later lines have this indentation.
pub fn docstring(text: &str, indent: &str) -> String {
    let lines = plain_lines(&text.replace("\"\"\"", "'''"), WIDTH.saturating_sub(indent.chars().count()));
    let mut out = lines.join(&format!("\n{indent}")).replace(&format!("\n{indent}\n"), "\n\n");
    if lines.len() > 1 {
        out.push_str(&format!("\n{indent}"));
    }
    // A quote or backslash at the end would join the closing quotes.
    if out.ends_with(['"', '\\']) { format!("{out} ") } else { out }
}

/// The lines of a comment without comment signs, wrapped.
fn plain_lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    for line in text.trim().lines() {
        let line = line.trim();
        let line = line.strip_prefix("/**").or(line.strip_prefix("/*")).unwrap_or(line);
        let line = line.strip_suffix("*/").unwrap_or(line);
        let line = ["///", "//!", "//", "\"\"\"", "* ", "*"].iter().find_map(|sign| line.strip_prefix(sign)).unwrap_or(line);
        let line = line.strip_suffix("\"\"\"").unwrap_or(line);
        wrap(line.trim(), width.max(40), &mut lines);
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[first..last.max(first)].to_vec()
}

fn wrap(line: &str, width: usize, lines: &mut Vec<String>) {
    let mut current = String::new();
    for word in line.split_whitespace() {
        if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
}
