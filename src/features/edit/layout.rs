//! How what the model wrote is laid out in the file: indentation, comment signs, no code fences. Pure.

use crate::syntax::Language;
use crate::text::layout::reindent;

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

/// The insides of the code blocks of an answer; one that is never closed ends with the answer.
pub fn blocks(answer: &str) -> Vec<String> {
    let answer = answer.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = answer.split('\n');
    let mut found = vec![];
    while let Some(opening) = lines.by_ref().map(str::trim_start).find(|line| line.starts_with("```")) {
        let fence = "`".repeat(opening.len() - opening.trim_start_matches('`').len());
        let inside: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != fence).collect();
        found.push(inside.join("\n"));
    }
    found
}

/// Code moved to an indentation. A first line that lost its indentation, as models often give it, is not taken for the common one.
pub fn fitted(code: &str, indent: &str) -> String {
    let Some((first, rest)) = code.split_once('\n') else { return reindent(code, indent) };
    let bare = !first.starts_with([' ', '\t']);
    let deeper = rest.lines().filter(|line| !line.trim().is_empty()).all(|line| line.starts_with([' ', '\t']));
    let closes = rest.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with(['}', ')', ']']));
    // `fn f() {` followed by lines that are all deeper, the closing brace included: only the first line lost its indentation.
    if bare && deeper && closes && !indent.is_empty() {
        return format!("{}\n{}", reindent(first, indent), reindent(rest, indent));
    }
    reindent(code, indent)
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
