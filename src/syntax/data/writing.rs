//! The part of `grammars/languages.toml` about how documentation and parameters are written.

use serde::Deserialize;

/// How documentation differs from other comments, and how it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documentation {
    /// The start of a new comment; if it opens a block comment, the whole is one.
    pub sign: Option<String>,
    /// Its start in a file that has comments like that and none like `sign`.
    pub alternative: Option<String>,
    /// Signs of old comments that a new one keeps; a longer sign comes before its prefixes.
    pub kept: Vec<String>,
    /// Signs of documentation of what is below.
    pub outer: Vec<String>,
    /// Signs that begin like one of these but are not documentation.
    pub not_outer: Vec<String>,
    /// Signs at which a licence ends that no documentation of the file can follow.
    pub ends_licence: Vec<String>,
    /// How it is written as the first string in what it documents; none if it is above that.
    pub within: Option<Docstring>,
    /// Signs of documentation of the enclosing item.
    pub inner: Vec<String>,
    /// Comments without a sign of their own are documentation, too.
    pub plain: bool,
    /// Directives to tools have no space after their sign, and are separate from text for readers.
    pub tight_directives: bool,
    /// What may not occur in a comment as it is, and how it is written there.
    pub escape: Option<[String; 2]>,
    /// The words with which it states types; none if the code itself does.
    pub tags: Option<TypeTags>,
}

/// Words in documentation that are followed by a type in braces, and then by a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeTags {
    /// Before a parameter, ...
    pub takes: Vec<String>,
    /// ... before the result, ...
    pub gives: Vec<String>,
    /// ... before the type of what is below, ...
    pub kind: String,
    /// ... before a type that is defined there, ...
    pub defines: String,
    /// ... and before its members.
    pub members: Vec<String>,
}

impl TypeTags {
    /// The types that follow one of some words in a comment, each with the rest of its line.
    pub fn of<'a>(&self, comment: &'a str, words: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        comment.lines().filter_map(move |line| {
            let at = words.iter().find_map(|word| Some(line.find(word.as_str())? + word.len()))?;
            braced(&line[at..])
        })
    }
}

/// The content of the braces that a text begins with, and the text after them.
pub(in crate::syntax) fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix(char::is_whitespace)?.trim_start().strip_prefix('{')?;
    let mut depth = 1usize;
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

/// A string that is documentation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docstring {
    /// Its quotes, and those that it may have instead.
    pub quotes: [String; 2],
    /// What precedes them if backslashes are letters, ...
    pub raw: String,
    /// ... what else may precede them, ...
    pub prefixes: String,
    /// ... and what a backslash may precede if they are not.
    pub escapes: String,
}

/// How optional parameters are written, and entries that are not parameters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterForms {
    /// Entries of a list that are not parameters.
    pub none: Vec<String>,
    /// The start of, or a part of, a parameter that takes any number of arguments.
    pub many_begins: Vec<String>,
    pub many_has: Vec<String>,
    /// The start of one that takes arbitrary named arguments.
    pub any_name: Option<String>,
    /// A part, or the end, of an optional one.
    pub free_has: Vec<String>,
    pub free_ends: Vec<String>,
}
