//! A language, ready for use: what its data say, its parser, and the tables that its queries are compiled to.

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

/// A language. What `languages.toml` says of it is read as if it were its own: `language.family`.
pub struct Language {
    pub(super) data: LanguageData,
    pub(super) grammar: Option<tree_sitter::Language>,
    /// From `tags.scm`; empty when that is broken.
    pub(super) tags: Table,
    /// What each node kind means to the walk, as bits, from `tags.scm`.
    pub(super) roles: Vec<u8>,
    /// From `scope.scm`.
    pub(super) scope: Table,
    /// What each node kind means to [`super::scope`], as bits, from `scope.scm`; all zero when that is broken.
    pub(super) scope_roles: Vec<u8>,
    /// The same to [`super::uses`].
    pub(super) use_roles: Vec<u8>,
    /// Definitions by line, where the data have a pattern for them.
    pub(super) by_line: Option<Lexical>,
    /// Where macros stand that no grammar knows.
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
    /// Its parser, for who wants to do without us: measures and tests beside which we stand.
    pub fn grammar(&self) -> Option<&tree_sitter::Language> {
        self.grammar.as_ref()
    }

    /// Whether nodes of a kind are names and nothing else.
    pub(super) fn is_name(&self, kind: u16) -> bool {
        self.roles.get(usize::from(kind)) == Some(&super::walk::IDENTIFIER)
    }

    /// Whether imports name files, as `"ring.h"` and `"./lib/go"` do, so that a dot is part of a name.
    pub fn imports_files(&self) -> bool {
        self.imports.as_ref().is_some_and(|forms| forms.style == import::Style::Quoted)
    }

    /// Whether an import written so may as well stand in the body of a function.
    pub fn imports_anywhere(&self, statement: &str) -> bool {
        self.imports.as_ref().is_none_or(|forms| forms.anywhere || !statement.starts_with(forms.word.as_str()))
    }

    /// Whether it has macros whose text no tree is made of, so that the index does not know what they name.
    pub fn has_raw_macros(&self) -> bool {
        self.use_roles.iter().any(|role| role & RAW != 0)
    }

    /// Whether the language has a parser.
    pub fn parses(&self) -> bool {
        self.grammar.is_some()
    }

    /// One level of indentation in a text: as it has it, else as the language is written.
    pub fn indent_unit(&self, text: &str) -> String {
        layout::known_unit(text).or_else(|| self.indent.clone()).unwrap_or_else(|| layout::indent_unit(""))
    }

    /// Whether lines hold no code: space, comments, or statements that stand for a body to come.
    pub fn is_blank(&self, code: &str) -> bool {
        self.without_blocks(code).lines().all(|line| self.is_blank_line(line))
    }

    /// Code without the comments that do not end with their line.
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

/// Whether the message of an error says that what raises it is still to be written.
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
