//! How half-written code looks before anything parses it, and code in languages without a grammar: comments, strings, where blocks begin
//! and end. In `languages.toml` it is the key `surface`, of a language, of `[common]`, or of `[[unread]]` for files without a grammar.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::{Definition, Language, data, lists};
use crate::text::words;

/// What can be recognised in code of a language without a parser.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Surface {
    /// The start of a line comment. None for languages without a grammar, in which a quote may be prose.
    #[serde(skip)]
    pub line: Option<String>,
    /// The start and the end of a block comment.
    #[serde(skip)]
    pub block: Option<[String; 2]>,
    /// How blocks are marked; if there is a tree, the tree decides.
    pub blocks: Blocks,
    /// Endings of lines after which a deeper block begins.
    pub opens: Vec<String>,
    /// Words that close a block.
    pub closes: Vec<String>,
    /// Starts of lines that open a block closed by a word.
    pub worded: Vec<String>,
    /// Starts of lines that begin the next part of such a block.
    pub divides: Vec<String>,
    /// Starts of lines that continue a statement at its own level: `else`.
    pub goes_on: Vec<String>,
    /// Starts of the continuation lines of a signature.
    pub head_parts: Vec<String>,
    /// Starts of a next item, at the margin and inside a block. A model that writes one has left its hole.
    pub items: Vec<String>,
    pub inner_items: Vec<String>,
    /// Starts of lines that are at the margin because the block before has ended.
    pub margin: Vec<String>,
    /// The start of a line of attributes or decorators, and what starts the same way but is a definition.
    pub attributes: Vec<String>,
    pub not_attributes: Vec<String>,
    /// The start of a line that only precedes something, and ends with an angle bracket.
    pub leads: Vec<String>,
    /// The start of the conditions of a head on a line of their own.
    pub conditions: Option<Conditions>,
    /// The words at the beginning of a loop and of the line that ends it.
    pub loop_ends: Option<[String; 2]>,
    /// Words before a colon that are not labels.
    pub not_labels: Vec<String>,
    /// Words that are followed by a value.
    pub before_values: Vec<String>,
    /// Elements that have no content, and so are not closed.
    pub void_elements: Vec<String>,
    /// What may precede the words of a block without meaning.
    pub before_blocks: Vec<String>,
    /// What a line contains that opens a block with parameters, which end in a bar.
    pub block_takes: Option<String>,
    /// A comment ends with its line, even if that ends with a backslash.
    pub comments_end: bool,
    /// A backslash at the end of a line breaks it, and does not continue it.
    pub backslash_breaks: bool,
    /// What may precede the quote of a string, in lower case.
    pub string_prefixes: Vec<String>,
    /// The start of preprocessor lines, wherever they are.
    pub preprocessor: Option<Preprocessor>,
    /// A name with a colon is a label, which is less deep than its block.
    #[serde(skip)]
    pub labels: bool,
    /// Text between `<` and `>` may span lines: type parameters, tags of elements.
    pub angles: bool,
    /// No comma may precede the bracket that closes a list (as in JSON).
    pub no_last_comma: bool,
    /// A line with a colon is followed by commands, each after a tab (as in a Makefile).
    pub recipes: bool,
}

/// The lines of a preprocessor, by their start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessor {
    /// The start of all of them; white space may follow it.
    pub sign: String,
    /// The start of a condition, and of a negated one.
    pub opens: String,
    pub unless: String,
    /// The next part of one, and its end.
    pub divides: Vec<String>,
    pub closes: String,
    /// The others.
    pub others: Vec<String>,
}

impl Preprocessor {
    /// Whether a line belongs to a condition.
    pub fn is_conditional(&self, line: &str) -> bool {
        line.starts_with(&self.opens) || self.divides.iter().any(|word| line.starts_with(word.as_str()))
    }
}

/// Conditions of a head: `where T: Debug`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    pub word: String,
    /// What is in heads that have them unless they are ended, and in heads that always have them.
    pub of_open: String,
    pub of: String,
}

/// How blocks are marked.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Blocks {
    #[default]
    Unknown,
    Braces,
    Indentation,
    /// Words open and close them: `def … end`.
    Words,
}

/// Files without a grammar, by their names; the entry without names is for all others.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Unread {
    extensions: Vec<String>,
    filenames: Vec<String>,
    block_comment: Option<[String; 2]>,
    surface: Surface,
}

impl Unread {
    fn is_of(&self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        lists(&self.filenames, name) || lists(&self.extensions, extension)
    }
}

/// The entries of `languages.toml`, and the defaults for all other files.
static UNREAD: LazyLock<(Vec<Unread>, Surface)> = LazyLock::new(|| {
    let mut entries = data::parsed(super::registry::LANGUAGES).and_then(|file| data::unread(&file)).unwrap_or_default();
    entries.iter_mut().for_each(|entry| entry.surface.block = entry.block_comment.take());
    let others = entries.iter().position(|entry| entry.extensions.is_empty() && entry.filenames.is_empty());
    let others = others.map(|at| entries.remove(at).surface).unwrap_or_default();
    (entries, others)
});

impl Surface {
    /// Whether a line begins a comment.
    pub fn is_comment(&self, line: &str) -> bool {
        let line = line.trim_start();
        let block = self.block.iter().map(|[opens, _]| opens);
        self.line.iter().chain(block).any(|sign| line.starts_with(sign.as_str()))
    }

    /// The surface of a language; the defaults if the language is unknown.
    pub fn of(language: Option<&Arc<Language>>) -> &Self {
        language.map_or(&UNREAD.1, |language| &language.surface)
    }

    /// The surface of a file, even if its language has no grammar.
    pub fn in_file<'a>(language: Option<&'a Arc<Language>>, path: &str) -> &'a Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let unread = || UNREAD.0.iter().find(|unread| unread.is_of(name)).map(|unread| &unread.surface);
        if language.is_some() { Self::of(language) } else { unread().unwrap_or_else(|| Self::of(None)) }
    }

    /// Whether a grammar reads the language, so that every character has its proper meaning.
    pub fn is_read(&self) -> bool {
        self.line.is_some()
    }

    /// Whether a line begins an attribute or a decorator.
    pub fn is_attribute(&self, line: &str) -> bool {
        line.len() > 1 && self.attributes.iter().any(|sign| line.starts_with(sign.as_str())) && !self.is_no_attribute(line)
    }

    /// Whether a text begins like an attribute but is a definition.
    pub fn is_no_attribute(&self, text: &str) -> bool {
        self.not_attributes.iter().any(|word| text.starts_with(word.as_str()))
    }

    /// Where a signature begins behind the annotations that its language has in it.
    pub fn behind_annotations(&self, text: &str, known: &Definition) -> usize {
        let (mut at, end) = (known.signature.start as usize, known.signature.end as usize);
        while let Some(rest) = text.get(at..end).filter(|rest| !self.is_no_attribute(rest)).and_then(|rest| rest.strip_prefix('@')) {
            let name = rest.len() - rest.trim_start_matches(|letter: char| words::is_word(letter) || letter == '.').len();
            let mut next = at + 1 + name;
            if text[next..end].trim_start().starts_with('(') {
                let mut depth = 0;
                let closes = |letter: char| {
                    depth += i32::from(letter == '(') - i32::from(letter == ')');
                    letter == ')' && depth == 0
                };
                let Some(close) = text[next..end].find(closes) else { return at };
                next += close + 1;
            }
            at = next + (text[next..end].len() - text[next..end].trim_start().len());
        }
        at
    }

    /// Whether a text ends with a word that is followed by a value.
    pub fn wants_value(&self, text: &str) -> bool {
        self.before_values.iter().any(|word| text.ends_with(word.as_str()))
    }

    /// Whether blocks are in braces.
    pub fn has_braces(&self) -> bool {
        self.blocks == Blocks::Braces
    }

    /// Whether a line is nothing but a word that closes a block.
    pub fn is_closing_word(&self, line: &str) -> bool {
        lists(&self.closes, line.trim().trim_end_matches([';', ')', ',']))
    }
}
