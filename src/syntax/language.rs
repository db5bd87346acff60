//! A language ready for use: its data, its parser, and the tables made from its queries.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use super::blanks::{Form, Near};
use super::data::LanguageData;
use super::import;
use super::lexical::Lexical;
use super::pattern::Table;
use super::uses::RAW;
use crate::text::layout;

/// A language. The fields of its data are read like its own: `language.family`.
pub struct Language {
    pub(super) data: LanguageData,
    pub(super) grammar: Option<tree_sitter::Language>,
    /// Compiled `tags.scm`; empty if that is broken.
    pub(super) tags: Table,
    /// What each node kind means to the walk, as bits ([`super::walk`]); from `tags.scm`.
    pub(super) roles: Vec<u8>,
    /// Compiled `scope.scm`.
    pub(super) scope: Table,
    /// What each node kind means to [`super::scope`], as bits; all zero if `scope.scm` is broken.
    pub(super) scope_roles: Vec<u8>,
    /// What each node kind means to [`super::uses`], as bits.
    pub(super) use_roles: Vec<u8>,
    /// Finds definitions line by line, if the data have a pattern for that.
    pub(super) by_line: Option<Lexical>,
    /// Where macros occur that break the grammar.
    pub(super) macros: Vec<Form>,
    pub(super) near_macros: Near,
}

impl Deref for Language {
    type Target = LanguageData;

    fn deref(&self) -> &LanguageData {
        &self.data
    }
}

impl Language {
    /// The bare parser, for benchmarks and tests that compare with it.
    pub fn grammar(&self) -> Option<&tree_sitter::Language> {
        self.grammar.as_ref()
    }

    /// Whether nodes of a kind are plain names.
    pub(super) fn is_name(&self, kind: u16) -> bool {
        self.roles.get(usize::from(kind)) == Some(&super::walk::IDENTIFIER)
    }

    /// Whether imports name files, as `"ring.h"` and `"./lib/go"` do, so that a dot is part of the name.
    pub fn imports_files(&self) -> bool {
        self.imports.as_ref().is_some_and(|forms| forms.style == import::Style::Quoted)
    }

    /// Whether an import written like this may also occur in the body of a function.
    pub fn imports_anywhere(&self, statement: &str) -> bool {
        self.imports.as_ref().is_none_or(|forms| forms.anywhere || !statement.starts_with(forms.word.as_str()))
    }

    /// Whether it has macros whose text is not parsed, so that the index does not know the names in it.
    pub fn has_raw_macros(&self) -> bool {
        self.use_roles.iter().any(|role| role & RAW != 0)
    }

    /// Whether the language has a parser.
    pub fn parses(&self) -> bool {
        self.grammar.is_some()
    }

    /// One level of indentation in a text: as used in the text, else as the language is usually written.
    pub fn indent_unit(&self, text: &str) -> String {
        layout::known_unit(text).or_else(|| self.indent.clone()).unwrap_or_else(|| layout::indent_unit(""))
    }

    /// Whether lines hold no real code: only white space, comments, or placeholders for a body.
    pub fn is_blank(&self, code: &str) -> bool {
        self.without_blocks(code).lines().all(|line| self.is_blank_line(line))
    }

    /// Code without its block comments.
    fn without_blocks<'a>(&self, code: &'a str) -> Cow<'a, str> {
        let Some([opens, closes]) = self.block_comment.as_ref().filter(|[opens, _]| code.contains(opens.as_str())) else {
            return code.into();
        };
        let (mut out, mut rest) = (String::new(), code);
        while let Some((before, comment)) = rest.split_once(opens.as_str()) {
            out.push_str(before);
            rest = comment.split_once(closes.as_str()).map_or("", |(_, behind)| behind);
        }
        (out + rest).into()
    }

    fn is_blank_line(&self, line: &str) -> bool {
        let line = line.trim().trim_end_matches([';', ',']);
        let comment = self.comment.as_deref().is_some_and(|opens| line.starts_with(opens));
        let stands_in = |placeholder: &String| {
            let rest = line.strip_prefix(placeholder.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('(') && rest.ends_with(')'))
        };
        let raised = |raises: &String| {
            let said = line.strip_prefix(raises.as_str()).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
            said.is_some_and(says_unwritten)
        };
        line.is_empty() || comment || self.placeholders.iter().any(stands_in) || self.raises.iter().any(raised)
    }
}

/// Whether the message of an error says that the code is still to be written.
fn says_unwritten(arguments: &str) -> bool {
    let literal = |quote: char| arguments.split(quote).nth(1).filter(|_| arguments.ends_with(quote));
    let Some(said) = literal('"').or_else(|| literal('\'')) else { return false };
    let said = said.trim().to_lowercase();
    let begins = ["todo", "fixme", "implement me", "implement this", "to be implemented", "to be done"];
    begins.iter().any(|words| said.starts_with(words))
        || ["unimplemented", "not implemented", "not yet implemented"].iter().any(|words| said.contains(words))
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.name).finish()
    }
}
