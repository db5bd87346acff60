//! What `grammars/languages.toml` says of how documentation and parameters are written.

use serde::Deserialize;

/// How documentation is told from other comments, and how it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documentation {
    /// What a new comment begins with; where it opens a block comment, the whole is one.
    pub sign: Option<String>,
    /// What it begins with in a file that has comments like that and none like `sign`.
    pub alternative: Option<String>,
    /// Signs of old comments that a new one keeps, those that begin like others before these.
    pub kept: Vec<String>,
    /// Signs of documentation of what stands below.
    pub outer: Vec<String>,
    /// What begins like one of these and is no documentation.
    pub not_outer: Vec<String>,
    /// Signs at which a licence ends that no documentation of the file can follow.
    pub ends_licence: Vec<String>,
    /// How it is written as the first string in what it documents; none where it stands above that.
    pub within: Option<Docstring>,
    /// Signs of documentation of what is around.
    pub inner: Vec<String>,
    /// Comments without a sign of their own document, too.
    pub plain: bool,
    /// What is said to tools has no space behind its sign, and stands apart from what is said to people.
    pub tight_directives: bool,
    /// What may not stand in a comment as it is, and how it is written there.
    pub escape: Option<[String; 2]>,
    /// With which words it says types; none where the code itself does.
    pub tags: Option<TypeTags>,
}

/// Words in documentation behind which a type stands in braces, and a name behind that.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeTags {
    /// Before a parameter, ...
    pub takes: Vec<String>,
    /// ... what is given back, ...
    pub gives: Vec<String>,
    /// ... what stands below, ...
    pub kind: String,
    /// ... a type that is defined there, ...
    pub defines: String,
    /// ... and its members.
    pub members: Vec<String>,
}

impl TypeTags {
    /// The types that stand behind one of some words in a comment, each with what is behind it in its line.
    pub fn of<'a>(&self, comment: &'a str, words: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        comment.lines().filter_map(move |line| {
            let at = words.iter().find_map(|word| Some(line.find(word.as_str())? + word.len()))?;
            braced(&line[at..])
        })
    }
}

/// What stands in the braces that a text begins with, and behind them.
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
    /// What stands before them where backslashes are letters, ...
    pub raw: String,
    /// ... what else may stand there, ...
    pub prefixes: String,
    /// ... and what a backslash may stand before where they are not.
    pub escapes: String,
}

/// How parameters are written that need not be given, or are none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterForms {
    /// What stands in a list and is no parameter.
    pub none: Vec<String>,
    /// What one begins with, or has in it, that takes as many as there are.
    pub many_begins: Vec<String>,
    pub many_has: Vec<String>,
    /// What one begins with that takes whatever is given by name.
    pub any_name: Option<String>,
    /// What one has in it, or ends with, that need not be given.
    pub free_has: Vec<String>,
    pub free_ends: Vec<String>,
}
