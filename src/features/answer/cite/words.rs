//! How lines are named in the languages that answers are written in. Defined once, for sentences, for tables, and for the stream, which
//! must not be split between such a word and its number.

use std::sync::LazyLock;

use regex::Regex;

use super::named::compiled;

/// A line, before its number.
const ONE: &[&str] =
    &["line", "zeile", "ligne", "linea", "línea", "linha", "riga", "regel", "linii", "строка", "строке", "строку", "строкой"];
/// Lines, before a number that others may follow.
const SEVERAL: &[&str] =
    &["lines", "zeilen", "lignes", "lineas", "líneas", "linhas", "righe", "regels", "строки", "строк", "строкам", "строках", "строками"];
/// A line, after its number; spaces may occur in it.
pub(super) const BEHIND: &str = r"行目?|번째\s?줄|행|줄";
/// Precedes a number that is followed by one of those words.
pub(super) const ORDINAL: char = '第';
/// Further headings of a column with lines.
const HEADS: &str = r"line\(s\)|lines? ?(?:no\.?|numbers?|#)|zeilennummer|行号|行番号";

fn any(words: &[&str]) -> String {
    words.join("|")
}

/// A pattern for what precedes a number.
pub(super) fn before() -> String {
    format!("{}|{}", any(SEVERAL), any(ONE))
}

/// Whether more numbers may follow the words at the start of this text.
pub(super) fn is_list(text: &str) -> bool {
    static LIST: LazyLock<Regex> = LazyLock::new(|| compiled(&format!(r"(?i)^(?:{})\b", any(SEVERAL))));
    LIST.is_match(text)
}

/// Whether a cell is the heading of a column with lines.
pub(super) fn is_head(cell: &str) -> bool {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| compiled(&format!("(?i)^[*_`]*(?:{}|{BEHIND}|{HEADS})[*_`]*$", before())));
    HEAD.is_match(cell)
}

/// Whether a word, or what is joined to a number, may be part of naming a line.
pub(in crate::features) fn names_line(word: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| compiled(&format!("(?i)^[(（]?(?:{})$|[{ORDINAL}行目번째줄행]", before())));
    WORD.is_match(word)
}
