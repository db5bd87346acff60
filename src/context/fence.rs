//! Repository text inside a prompt is data. Invisible characters are made visible, and the text cannot forge the end of the fence around
//! it, because the fence is longer than any run of backquotes inside.

use super::Masked;
use crate::text::visible::visible;

/// A text in a fence of backquotes that is longer than any run inside.
pub fn block(language: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    format!("{fence}{language}\n{}{end}{fence}\n", visible(text))
}

/// Repository text as a quotation: a heading with its source, and a fence longer than any run of backquotes inside. `path` is put on a
/// single line, so that it cannot end the heading either.
pub fn quote(path: &str, lines: Option<(u32, u32)>, text: &Masked) -> String {
    let path: String = visible(path).replace(['\n', '\r', '`'], "?");
    let place = lines.map(|(start, end)| format!(":{start}-{end}")).unwrap_or_default();
    format!("{path}{place}\n{}", block("", text))
}
