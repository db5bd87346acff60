//! Lines that hold nothing but a macro: `QT_BEGIN_NAMESPACE` before a class, and what ends that. A grammar that knows no macros takes the word for the type of
//! what follows, and does not see the class. Its parser is shown blanks in their place; every byte stays where it is.

use std::sync::LazyLock;

use regex::Regex;

use super::Language;
use crate::text::lines::line_start;
use crate::text::words;

static LONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*[A-Z][A-Z0-9_]{2,}[ \t]*\r?$").ok());

/// The text as the parser of a language is shown it; none where that is the text itself.
pub(super) fn veiled(language: &Language, text: &str) -> Option<String> {
    let lone = LONE.as_ref().filter(|_| !language.behind_macros.is_empty())?;
    let mut shown: Option<String> = None;
    for line in lone.find_iter(text) {
        let rest = behind(&text[line.end()..], lone);
        let is_behind = rest.is_empty() || language.behind_macros.iter().any(|word| word == words::first(rest));
        if is_behind && begins(&text[..line.start()], lone) {
            let blanks = line.as_str().replace(|letter: char| !letter.is_whitespace(), " ");
            shown.get_or_insert_with(|| text.into()).replace_range(line.range(), &blanks);
        }
    }
    shown
}

/// What follows behind comments, lines for the preprocessor, and other lone macros.
fn behind<'a>(text: &'a str, lone: &Regex) -> &'a str {
    let mut rest = text.trim_start();
    loop {
        let line = rest.lines().next().unwrap_or_default();
        let end = match rest.strip_prefix("/*") {
            Some(comment) => comment.find("*/").map(|end| end + "/**/".len()),
            None => (rest.starts_with("//") || rest.starts_with('#') || lone.is_match(line)).then_some(line.len()),
        };
        match end.filter(|end| *end > 0) {
            Some(end) => rest = rest[end..].trim_start(),
            None => return rest,
        }
    }
}

/// Whether a declaration may begin behind a text.
fn begins(text: &str, lone: &Regex) -> bool {
    let text = text.trim_end();
    let last = text[line_start(text, text.len())..].trim_start();
    let code = last.split("//").next().unwrap_or_default().trim_end();
    let is_line = last.starts_with('#') && !last.ends_with('\\') || lone.is_match(last);
    code.is_empty() || code.ends_with([';', '}', '{', ':']) || code.ends_with("*/") || is_line
}
