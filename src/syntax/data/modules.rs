//! What `grammars/languages.toml` says of files as modules: what makes one of them, how an item gets one of its own, how names are handed
//! out.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

/// What makes a module of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleMarks {
    /// A regular expression that is found in it.
    pattern: String,
    /// What is not in it, since that makes names known everywhere all the same.
    everywhere: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl ModuleMarks {
    /// Whether a text is that of a module; one is where the pattern is broken.
    pub fn are_in(&self, text: &str) -> bool {
        let pattern = self.compiled.get_or_init(|| Regex::new(&self.pattern).ok());
        pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)) && !text.contains(&self.everywhere)
    }
}

/// How an item gets a module of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnModule {
    /// What declares it, with `{module}`, and what hands the item on behind its visibility, with `{module}` and `{name}`.
    pub declares: String,
    pub hands_on: String,
    /// The stem of the file that is a module in a folder called like it.
    pub in_folder: String,
    /// What takes all names of the file around.
    pub above: String,
    /// The word that visibilities begin with, and the visibility for the file around.
    pub public: String,
    pub private: String,
    /// What means the same one module deeper: from and to.
    pub outward: Vec<[String; 2]>,
    /// What a line begins with that says under which condition there is an item.
    pub condition: String,
    /// What makes the order of a file matter, and what means another thing in another file.
    pub by_order: Vec<String>,
    pub fixed: Vec<String>,
    /// Folders in which each file is a program of its own.
    pub alone_in: Vec<String>,
}

/// How a file says which of its names others may take, in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandsOut {
    /// The word before what is handed out.
    pub word: String,
    /// What stands before the one thing that is all that is handed out, where it is defined and where it is only named.
    pub whole: String,
    pub whole_named: Vec<String>,
    /// Words that say of which kind all names of a list are.
    pub kinds: Vec<String>,
    /// Words between these and the name of what is defined.
    pub items: Vec<String>,
    /// What the one thing is given to in the older way, and what shows that a file is written in that.
    pub older_whole: String,
    pub older: Vec<String>,
    /// What lines begin with that show that it is not.
    pub newer: Vec<String>,
    /// How others take it: `{name}` may be a list in braces, and `{path}` has its quotes.
    pub taken: String,
    pub older_taken: String,
    /// What a project says whose files are all modules of the newer way, and the extension of files that always are.
    pub newer_project: String,
    pub newer_extension: String,
}

impl HandsOut {
    /// A text without the words at its end that stand before the name of what is defined.
    pub fn without_items<'a>(&self, mut text: &'a str) -> &'a str {
        let before = |text: &'a str| self.items.iter().find_map(|word| text.trim_end().strip_suffix(word.as_str()));
        while let Some(rest) = before(text).filter(|_| text.ends_with(char::is_whitespace)) {
            text = rest;
        }
        text
    }

    /// Whether a file hands names out in the older way.
    pub fn is_older(&self, text: &str) -> bool {
        self.older.iter().any(|sign| text.contains(sign.as_str()))
            && !text.lines().any(|line| self.newer.iter().any(|word| line.starts_with(word.as_str())))
    }
}
