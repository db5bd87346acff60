//! Repository text inside a prompt is data. What cannot be seen is made visible, and the fence around a quoted text cannot be forged by
//! the text, because it is longer than anything like it inside.

use std::fmt::Write;

use super::Masked;

/// The text with characters that people cannot see written as `<U+202E>`: bidirectional controls, zero-width characters, tag
/// characters, variation selectors beyond the common ones, other controls. Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_hidden) {
        return text.to_string();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) {
            // Writing into a String cannot fail.
            let _ = write!(shown, "<U+{:04X}>", letter as u32);
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Whether a text holds characters that people cannot see.
pub fn has_hidden(text: &str) -> bool {
    text.chars().any(is_hidden)
}

fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text in a fence that is longer than any run of backquotes inside.
pub fn block(language: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    format!("{fence}{language}\n{}{end}{fence}\n", visible(text))
}

/// Repository text as a quotation: a heading that names where it comes from, and a fence of backquotes that is longer than any run of
/// backquotes inside. `path` is written in a single line, so that it cannot end the heading either.
pub fn quote(path: &str, lines: Option<(u32, u32)>, text: &Masked) -> String {
    let path: String = visible(path).replace(['\n', '\r', '`'], "?");
    let place = lines.map(|(start, end)| format!(":{start}-{end}")).unwrap_or_default();
    format!("{path}{place}\n{}", block("", text))
}
