//! Texts made short enough for a message, a list or a prompt. Pure.

/// A text of at most `limit` bytes: its start and its end, with a mark between that says how much is gone.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.into();
    }
    let mark = format!("\n[… {} bytes left out …]\n", text.len() - limit);
    let room = limit.saturating_sub(mark.len());
    let head = text.floor_char_boundary(room * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - (room - room * 2 / 3));
    format!("{}{mark}{}", &text[..head], &text[tail..])
}

/// Longest first line of a text in a title, in characters.
const MAX_TITLE_LETTERS: usize = 80;

/// The first line of a text, shortened for a menu.
pub fn headline(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(MAX_TITLE_LETTERS) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line.into(),
    }
}

/// A text with every white space reduced to one blank.
pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
