//! Characters that cannot be seen, and texts in which they are written out. Pure.

use std::fmt::Write;

/// The text with invisible characters written as `<U+202E>`: bidirectional controls, zero-width characters, tag characters, fillers, line
/// ends that editors do not show as such, variation selectors that choose nothing, other controls. Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (at, letter) in hidden(text) {
        shown.push_str(&text[from..at]);
        // Writing to a String cannot fail.
        let _ = write!(shown, "<U+{:04X}>", letter as u32);
        from = at + letter.len_utf8();
    }
    shown.push_str(&text[from..]);
    shown
}

/// The invisible characters of a text, with their byte offsets.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut before = '\n';
    text.char_indices().filter(move |(_, letter)| {
        let follows = std::mem::replace(&mut before, *letter);
        is_hidden(*letter) || matches!(letter, '\u{fe0e}' | '\u{fe0f}') && !has_variants(follows)
    })
}

fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a variation selector behind this character chooses between text and colour: symbols, and characters that keycaps are made of.
/// Behind anything else a selector only hides something.
fn has_variants(letter: char) -> bool {
    matches!(letter, '0'..='9' | '#' | '*' | '©' | '®' | '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}') && !is_hidden(letter)
}

/// A model's text with the characters that [`visible`] wrote out put back, if `file`, which the model was shown, has them.
///
/// # Errors
/// It names a character that `file` does not have: nothing invisible gets into a file by its number.
pub fn restored(text: &str, file: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<U+") {
        let written = rest[at..].split_inclusive('>').next().unwrap_or_default();
        let number = written.strip_prefix("<U+").and_then(|code| u32::from_str_radix(code.strip_suffix('>')?, 16).ok());
        let letter = number.and_then(char::from_u32).filter(|letter| visible(letter.encode_utf8(&mut [0; 4])) == written);
        out.push_str(&rest[..at]);
        match letter {
            // Not such a number, or one that the file has in these very letters.
            None => out.push_str(&rest[at..at + "<U+".len()]),
            Some(_) if file.contains(written) => out.push_str(written),
            Some(letter) if file.contains(letter) => out.push(letter),
            Some(_) => {
                return Err(format!("`{written}` stands for a character that cannot be seen, and the file has none such\nleave it out"));
            }
        }
        rest = &rest[at + letter.map_or("<U+".len(), |_| written.len())..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A sentence for a message: invisible characters are written out, and nothing can be clicked, though editors make links of
/// `[text](target)`.
pub fn plain(text: &str) -> String {
    visible(text).replace("](", "] (")
}

/// A text on one line, with invisible characters written out.
pub fn one_line(text: &str) -> String {
    visible(&text.split(['\n', '\r']).map(str::trim_end).collect::<Vec<_>>().join(" "))
}
