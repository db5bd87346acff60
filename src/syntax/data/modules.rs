//! The part of `grammars/languages.toml` about files as modules: what makes a file one, how an item gets a module of its own, how names are
//! exported.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

/// What makes a file a module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleMarks {
    /// A regular expression that matches in it.
    pattern: String,
    /// A text that must not be in it, since it makes names global anyway.
    everywhere: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl ModuleMarks {
    /// Whether a text is that of a module; true if the pattern is broken.
    pub fn are_in(&self, text: &str) -> bool {
        let pattern = self.compiled.get_or_init(|| Regex::new(&self.pattern).ok());
        pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)) && !text.contains(&self.everywhere)
    }
}

/// How an item gets a module of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnModule {
    /// What declares it, with `{module}`, and what re-exports the item after its visibility, with `{module}` and `{name}`.
    pub declares: String,
    pub hands_on: String,
    /// The stem of the file that is a module in a folder of the same name.
    pub in_folder: String,
    /// What imports all names of the enclosing file.
    pub above: String,
    /// The word that visibilities begin with, and the visibility for the enclosing file.
    pub public: String,
    pub private: String,
    /// What means the same one module deeper: from and to.
    pub outward: Vec<[String; 2]>,
    /// The start of a line that makes an item conditional.
    pub condition: String,
    /// What makes the order in a file matter, and what means something else in another file.
    pub by_order: Vec<String>,
    pub fixed: Vec<String>,
    /// Folders in which each file is a program of its own.
    pub alone_in: Vec<String>,
}

/// How a file exports its names, in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandsOut {
    /// The word before an export.
    pub word: String,
    /// What precedes the only export of a file, if it is defined there and if it is only named.
    pub whole: String,
    pub whole_named: Vec<String>,
    /// Words that say of which kind all names of a list are.
    pub kinds: Vec<String>,
    /// Words between these and the name of a definition.
    pub items: Vec<String>,
    /// What the only export is assigned to in the older style, and what shows that a file is written in that style.
    pub older_whole: String,
    pub older: Vec<String>,
    /// Starts of lines that show that it is not.
    pub newer: Vec<String>,
    /// How others import it: `{name}` may be a list in braces, and `{path}` has its quotes.
    pub taken: String,
    pub older_taken: String,
    /// What a project states whose files are all modules of the newer style, and the extension of files that always are.
    pub newer_project: String,
    pub newer_extension: String,
}

impl HandsOut {
    /// A text without the trailing words that precede the name of a definition.
    pub fn without_items<'a>(&self, mut text: &'a str) -> &'a str {
        let before = |text: &'a str| self.items.iter().find_map(|word| text.trim_end().strip_suffix(word.as_str()));
        while let Some(rest) = before(text).filter(|_| text.ends_with(char::is_whitespace)) {
            text = rest;
        }
        text
    }

    /// Whether a file exports names in the older style.
    pub fn is_older(&self, text: &str) -> bool {
        self.older.iter().any(|sign| text.contains(sign.as_str()))
            && !text.lines().any(|line| self.newer.iter().any(|word| line.starts_with(word.as_str())))
    }
}
