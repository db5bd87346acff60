//! What is left of the cursor, by its text: half-written code has no tree.

use crate::syntax::uses;
use crate::text::words;

/// Lines that a call chain may go back.
const MAX_CHAIN_LINES: usize = 8;
/// Bytes that a tag may have before the cursor.
const MAX_TAG_BYTES: usize = 2_000;

/// The text before a dot, two colons or an arrow.
pub(super) fn without_separator(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let of = ["?.", "::", "->", "."].iter().find_map(|sign| text.strip_suffix(sign))?;
    let of = of.trim_end().trim_end_matches(['?', '!']);
    of.ends_with(|letter: char| words::is_word(letter) || matches!(letter, ')' | ']' | '>')).then_some(of)
}

/// The names, dots and brackets at the end of a text, over several lines if a line begins with a dot.
pub(super) fn expression(text: &str) -> &str {
    let mut start = uses::receiver_start(text);
    for _ in 0..MAX_CHAIN_LINES {
        let arrow = text[..start].ends_with("->");
        if !text[start..].starts_with('.') && !arrow {
            break;
        }
        let before = text[..if arrow { start - 2 } else { start }].trim_end();
        let further = uses::receiver_start(before);
        if further == before.len() {
            break;
        }
        start = further;
    }
    &text[start..]
}

/// A call without its brackets, an element access without its index.
pub(super) fn without_brackets(text: &str) -> &str {
    let mut text = text.trim_end().trim_end_matches(['?', '!']);
    while text.ends_with([')', ']', '}']) {
        let mut depth = 0usize;
        let open = text.char_indices().rev().find(|(_, letter)| {
            match letter {
                ')' | ']' | '}' => depth += 1,
                '(' | '[' | '{' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some((open, _)) = open else { break };
        text = text[..open].trim_end().trim_end_matches(['?', '!']);
    }
    text
}

/// A text that begins with brackets, split into their content and what follows them.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = inside(text, '(', ')').filter(|_| text.starts_with('('))?;
    Some((inner, text[inner.len() + 2..].trim_start()))
}

/// A name without the arguments in angle brackets after it, and these arguments.
pub(super) fn without_angles(text: &str) -> (&str, Option<&str>) {
    if text.strip_suffix('>').is_none_or(|before| before.ends_with(['-', '='])) {
        return (text, None);
    }
    let mut depth = 0usize;
    for (at, letter) in text.char_indices().rev() {
        match letter {
            '>' => depth += 1,
            '<' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return (text[..at].trim_end_matches("::"), Some(&text[at + 1..text.len() - 1]));
        }
    }
    (text, None)
}

/// The bracket that is still open at the end of a text, and the number of commas since.
pub(super) fn opened_before(text: &str) -> Option<(usize, usize)> {
    let (mut depth, mut commas) = (0usize, 0);
    for (at, letter) in text.char_indices().rev() {
        match letter {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth == 0 => return Some((at, commas)),
            '(' | '[' | '{' => depth -= 1,
            ',' if depth == 0 => commas += 1,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The text after the brackets that a text begins with.
pub(super) fn behind_brackets(text: &str) -> &str {
    let Some(open) = text.find('(') else { return text };
    let mut depth = 0usize;
    for (at, letter) in text[open..].char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return &text[open + at + 1..];
        }
    }
    ""
}

/// The type or the function whose tag has its attributes at the end of a text: `<Button kind="a" `.
pub(super) fn tag(text: &str) -> Option<&str> {
    if !text.ends_with(char::is_whitespace) {
        return None;
    }
    let (mut depth, mut quote) = (0usize, None);
    let nearest = text.ceil_char_boundary(text.len().saturating_sub(MAX_TAG_BYTES));
    for (at, letter) in text[nearest..].char_indices().rev() {
        let at = nearest + at;
        match letter {
            _ if quote.is_some() => quote = quote.filter(|open| *open != letter),
            '"' | '\'' => quote = Some(letter),
            '}' => depth += 1,
            '{' if depth == 0 => return None,
            '{' => depth -= 1,
            _ if depth > 0 => {}
            '<' => {
                let name = &text[at + 1..];
                let name = &name[..name.find(|letter| !words::is_word(letter) && letter != '.').unwrap_or(name.len())];
                // Anything that is not a component begins with a lower-case letter; `a<B` compares, or takes an argument.
                let is_tag = !text[..at].ends_with(words::is_word) && words::last(name).starts_with(char::is_uppercase);
                return is_tag.then_some(name);
            }
            _ if letter.is_whitespace() || words::is_word(letter) || matches!(letter, '-' | ':' | '=' | '.') => {}
            _ => return None,
        }
    }
    None
}

/// The names between the braces around the cursor are destructured from what follows them: `const { | } = value`.
pub(super) fn taken_apart(text: &str, offset: usize) -> Option<&str> {
    let (before, after) = text.split_at(offset);
    let open = before.rfind(['{', '}', ';', '('])?;
    let close = after.find(['{', '}', ';', '('])?;
    if !before[open..].starts_with('{') || !after[close..].starts_with('}') {
        return None;
    }
    let value = after[close + 1..].trim_start().strip_prefix('=')?;
    Some(value.split([';', '\n']).next().unwrap_or(value).trim())
}

/// The content of the first brackets of a text that open with this one, however many are nested in them.
pub(super) fn inside(text: &str, open: char, close: char) -> Option<&str> {
    let start = text.find(open)? + open.len_utf8();
    let mut depth = 1usize;
    for (at, letter) in text[start..].char_indices() {
        // An arrow closes nothing.
        if letter == close && !(close == '>' && text[..start + at].ends_with(['=', '-'])) {
            depth -= 1;
        } else if letter == open {
            depth += 1;
        }
        if depth == 0 {
            return Some(&text[start..start + at]);
        }
    }
    None
}

/// The parts of the content of brackets, separated by commas that are not in nested ones.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start, mut quote) = (vec![], 0usize, 0, None);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if quote.is_some() => quote = quote.filter(|open| *open != letter),
            '"' | '\'' | '`' => quote = Some(letter),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
