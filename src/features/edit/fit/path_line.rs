//! The name of the file as a comment above an answer: models put it there to say what they changed, and it is no part of the code. Pure.

use crate::text::words::is_word;

/// Signs that begin the entry of a list, or a value, and no comment.
const NO_COMMENT: &[char] = &['-', '*', '+', '"', '\'', '`', '(', '[', '{'];

/// The answer without such a line; none if it has none, or if the file has it as well.
pub(in crate::features::edit) fn without(text: &str, path: &str, code: &str) -> Option<String> {
    let (first, rest) = code.split_once('\n')?;
    let line = first.trim();
    let (sign, said) = line.split_once([' ', '\t'])?;
    if sign.contains(is_word) || sign.starts_with(NO_COMMENT) && sign.chars().count() == 1 {
        return None;
    }
    let said = said.split_once(':').map_or(said, |(word, rest)| if is_label(word) { rest } else { said });
    let said = said.trim_matches(|letter: char| !is_word(letter) && letter != '.').trim_start_matches("./");
    let names_it = said.contains('.') && (said == path || path.strip_suffix(said).is_some_and(|before| before.ends_with('/')));
    (names_it && !text.lines().any(|known| known.trim() == line)).then(|| rest.trim_start_matches('\n').to_string())
}

/// Whether a word only says that a path follows.
fn is_label(word: &str) -> bool {
    ["file", "filename", "path"].contains(&word.trim().to_lowercase().as_str())
}
