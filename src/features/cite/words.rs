//! How lines are spoken of in the languages that answers are written in: said once, for sentences, for tables, and for the stream, which
//! must not be cut between such a word and its number.

use std::sync::LazyLock;

use regex::Regex;

use super::named::compiled;

/// A line, before its number.
const ONE: &[&str] =
    &["line", "zeile", "ligne", "linea", "línea", "linha", "riga", "regel", "linii", "строка", "строке", "строку", "строкой"];
/// Lines, before their numbers, of which more may follow.
const SEVERAL: &[&str] =
    &["lines", "zeilen", "lignes", "lineas", "líneas", "linhas", "righe", "regels", "строки", "строк", "строкам", "строках", "строками"];
/// A line, behind its number; blanks may stand in it.
pub(super) const BEHIND: &str = r"行目?|번째\s?줄|행|줄";
/// What stands before a number that has one of those behind it.
pub(super) const ORDINAL: char = '第';
/// More that heads a column of lines.
const HEADS: &str = r"line\(s\)|lines? ?(?:no\.?|numbers?|#)|zeilennummer|行号|行番号";

fn any(words: &[&str]) -> String {
    words.join("|")
}

/// A pattern for what stands before a number.
pub(super) fn before() -> String {
    format!("{}|{}", any(SEVERAL), any(ONE))
}

/// Whether more numbers may be listed behind what a text begins with.
pub(super) fn is_list(text: &str) -> bool {
    static LIST: LazyLock<Regex> = LazyLock::new(|| compiled(&format!(r"(?i)^(?:{})\b", any(SEVERAL))));
    LIST.is_match(text)
}

/// Whether a cell is the head of a column of lines.
pub(super) fn is_head(cell: &str) -> bool {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| compiled(&format!("(?i)^[*_`]*(?:{}|{BEHIND}|{HEADS})[*_`]*$", before())));
    HEAD.is_match(cell)
}

/// Whether a word, or what is written together with a number, may be a part of naming a line.
pub(in crate::features) fn names_line(word: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| compiled(&format!("(?i)^[(（]?(?:{})$|[{ORDINAL}行目번째줄행]", before())));
    WORD.is_match(word)
}
