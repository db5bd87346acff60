//! All languages that longsight knows, read from `grammars/languages.toml` and the query files.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::blanks::{self, Form, Near};
use super::claim::Claim;
use super::data::{self, LanguageData};
use super::language::Language;
use super::lexical::{Lexical, compile};
use super::pattern::{self, Table};
use super::{files, scope, uses, walk};

/// What is compiled in for one language: its parser and its query files.
#[derive(Clone, Copy)]
struct Builtin<'a> {
    /// Its name in `languages.toml`.
    name: &'a str,
    language: fn() -> tree_sitter::Language,
    tags: &'a [Source],
    scope: &'a [Source],
}

impl<'a> Builtin<'a> {
    fn queries(&self) -> [(&'static str, &'a [Source]); 2] {
        [("tags.scm", self.tags), ("scope.scm", self.scope)]
    }
}

/// A query file: its folder in `grammars`, and its text. Inherited files come after the language's own.
type Source = (&'static str, &'static str);

// Defines `BUILTINS`, which `build.rs` makes from `languages.toml`.
include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The text of `languages.toml`.
pub(super) const LANGUAGES: &str = include_str!("../../grammars/languages.toml");

/// The words that users have for the built-in languages: their names, and the extensions of their files.
pub fn spoken_names() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let entries = data::parsed(LANGUAGES).and_then(|file| data::languages(&file)).unwrap_or_default();
        let words = |(name, data): data::Entry| std::iter::once(name).chain(data.map(|data| data.extensions).unwrap_or_default());
        entries.into_iter().flat_map(words).collect()
    });
    &NAMES
}

/// Why a language works only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub language: String,
    /// `tags.scm`, `scope.scm` or `languages.toml`.
    pub file: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.language, self.file, self.message)
    }
}

/// All languages. Broken data only affect their own language, and are listed in [`Registry::problems`].
#[derive(Debug, Default)]
pub struct Registry {
    languages: Vec<Arc<Language>>,
    by_id: HashMap<String, usize>,
    by_extension: HashMap<String, usize>,
    by_filename: HashMap<String, usize>,
    shebangs: Vec<(String, usize)>,
    claims: Vec<Claim>,
    problems: Vec<Problem>,
}

impl Registry {
    /// The languages that are built in.
    pub fn new() -> Self {
        Self::with(|_, file| file.to_string())
    }

    /// [`Registry::new`] with changed query files: `replace` gets `language/file` and the text. Tests break queries this way.
    pub fn with(replace: impl Fn(&str, &str) -> String) -> Self {
        Self::of(LANGUAGES, BUILTINS, &replace)
    }

    /// [`Registry::new`] with one more language: its `[[language]]` entry, its parser, and its `tags.scm` and `scope.scm`. Tests use it to
    /// show that a language needs nothing else.
    pub fn with_language(entry: &str, parser: fn() -> tree_sitter::Language, queries: [&'static str; 2]) -> Self {
        let name = data::name_of(entry);
        let [tags, scope] = queries.map(|text| [("added", text)]);
        let added = Builtin { name: &name, language: parser, tags: &tags, scope: &scope };
        let builtins: Vec<Builtin<'_>> = BUILTINS.iter().copied().chain([added]).collect();
        Self::of(&format!("{LANGUAGES}\n{entry}"), &builtins, &|_, file| file.to_string())
    }

    fn of(languages: &str, builtins: &[Builtin<'_>], replace: &impl Fn(&str, &str) -> String) -> Self {
        let mut registry = Self::default();
        let forms = blanks::forms().unwrap_or_else(|message| {
            registry.complain("all", "macros.toml", message);
            vec![]
        });
        let file = data::parsed(languages).and_then(|file| Ok((data::languages(&file)?, data::unread(&file))));
        let (entries, unread) = file.unwrap_or_else(|message| {
            registry.complain("all", "languages.toml", message);
            (vec![], Ok(vec![]))
        });
        for (name, entry) in entries {
            match entry {
                Ok(entry) => registry.add(entry, &forms, builtins.iter().find(|builtin| builtin.name == name), replace),
                Err(message) => registry.complain(&name, "languages.toml", message),
            }
        }
        if let Err(message) = unread {
            registry.complain("unread", "languages.toml", message);
        }
        registry
    }

    fn complain(&mut self, language: &str, file: &str, message: impl fmt::Display) {
        self.problems.push(Problem { language: language.into(), file: file.into(), message: message.to_string() });
    }

    fn add(
        &mut self,
        mut data: LanguageData,
        forms: &[blanks::Entry],
        builtin: Option<&Builtin<'_>>,
        replace: &impl Fn(&str, &str) -> String,
    ) {
        let grammar = builtin.map(|builtin| (builtin.language)());
        let mut tables = [Table::default(), Table::default()];
        if let Some((builtin, language)) = builtin.zip(grammar.as_ref()) {
            for (table, (file, sources)) in tables.iter_mut().zip(builtin.queries()) {
                match compiled(language, &data.name, file, sources, replace) {
                    Ok(compiled) => *table = compiled,
                    Err(message) => self.complain(&data.name, file, message),
                }
            }
        }
        let number = self.languages.len();
        self.by_id.extend(data.ids.iter().chain([&data.name]).map(|id| (id.clone(), number)));
        self.by_extension.extend(data.extensions.iter().map(|extension| (extension.clone(), number)));
        self.by_filename.extend(data.filenames.iter().map(|name| (name.clone(), number)));
        self.shebangs.extend(data.shebangs.iter().map(|program| (program.clone(), number)));
        self.claims.extend(data.claims.take().map(|claim| Claim::new(claim, number, data.surface.preprocessor.clone())));
        let [tags, scope] = tables;
        let kinds = tags.kinds().max(scope.kinds());
        let roles = |table: &Table, roles: &[&str]| {
            let mut roles = table.roles(roles);
            roles.resize(kinds, 0);
            roles
        };
        self.languages.push(Arc::new(Language {
            roles: roles(&tags, walk::ROLES),
            scope_roles: roles(&scope, scope::ROLES),
            use_roles: roles(&scope, uses::ROLES),
            // Without `tags.scm` a language counts as plain text: half an outline would be mistaken for a whole one.
            grammar: grammar.filter(|_| !tags.is_empty()),
            tags,
            scope,
            by_line: data.lexical.take().map(Lexical::new),
            macros: forms.iter().filter(|form| form.languages.contains(&data.name)).cloned().map(Form::new).collect(),
            near_macros: Near::default(),
            data,
        }));
    }

    /// What is wrong with the data of languages; empty unless a file is broken.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All languages, in the order of `languages.toml`.
    pub fn languages(&self) -> &[Arc<Language>] {
        &self.languages
    }

    /// The language with this LSP id or name.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Language>> {
        self.by_id.get(id).map(|number| &self.languages[*number])
    }

    /// The start of a comment in a file of this name.
    pub fn comment_in(&self, path: &str) -> &str {
        self.by_path(path).and_then(|language| language.comment.as_deref()).unwrap_or_else(|| files::comment(path))
    }

    /// By file name, else by extension. `path` may be a whole path with `/`.
    pub fn by_path(&self, path: &str) -> Option<&Arc<Language>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = || self.by_extension.get(name.rsplit_once('.')?.1);
        let number = self.by_filename.get(name).or_else(extension)?;
        Some(&self.languages[*number])
    }

    /// The language of a file by content, name, extension or `#!` line. `text` has to be complete: what claims it may be anywhere.
    pub fn detect(&self, path: &str, text: &str) -> Option<&Arc<Language>> {
        self.claimed(path, text).or_else(|| self.by_path(path)).or_else(|| self.by_shebang(text))
    }

    /// The language of a document: the editor's `id` (may be empty), else what the file looks like. An editor that only looks at the
    /// extension ("c" for a header) knows less than the content.
    pub fn of_document(&self, id: &str, path: Option<&str>, text: &str) -> Option<&Arc<Language>> {
        let said = self.by_id(id);
        let by_name = || path.and_then(|path| self.by_path(path));
        let says_more = said.is_some_and(|said| by_name().is_none_or(|by_name| !Arc::ptr_eq(said, by_name)));
        let looks = || path.and_then(|path| self.detect(path, text));
        if says_more { said } else { looks().or(said) }
    }

    fn claimed(&self, path: &str, text: &str) -> Option<&Arc<Language>> {
        let claim = self.claims.iter().find(|claim| claim.fits(path, text))?;
        Some(&self.languages[claim.language])
    }

    fn by_shebang(&self, text: &str) -> Option<&Arc<Language>> {
        let line = text.strip_prefix("#!")?.lines().next()?;
        let program = line.split([' ', '/']).rev().find(|word| !word.is_empty() && !word.starts_with('-'))?;
        let program = program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let (_, number) = self.shebangs.iter().find(|(known, _)| known == program)?;
        Some(&self.languages[*number])
    }

    /// Checks both query files of every language with tree-sitter's own compiler. Tests and `doctor` call it.
    pub fn check_queries(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        for language in &self.languages {
            if let Some(Err(message)) = language.by_line.as_ref().map(|lexical| compile(&lexical.pattern)) {
                problems.push(Problem { language: language.name.clone(), file: "languages.toml".into(), message });
            }
            let wrong = language.macros.iter().filter_map(|form| form.check().err());
            let problem = |message| Problem { language: language.name.clone(), file: "macros.toml".into(), message };
            problems.extend(wrong.map(problem));
        }
        for claim in &self.claims {
            if let Err(message) = claim.compile() {
                let language = self.languages[claim.language].name.clone();
                problems.push(Problem { language, file: "languages.toml".into(), message });
            }
        }
        for builtin in BUILTINS {
            let language = (builtin.language)();
            for (file, (_, text)) in
                builtin.queries().into_iter().flat_map(|(file, sources)| sources.iter().map(move |source| (file, *source)))
            {
                if let Err(error) = tree_sitter::Query::new(&language, text) {
                    problems.push(Problem { language: builtin.name.into(), file: file.into(), message: error.to_string() });
                }
            }
        }
        problems
    }
}

/// The table of a query file together with those it inherits from.
fn compiled(
    language: &tree_sitter::Language,
    name: &str,
    file: &str,
    sources: &[Source],
    replace: &impl Fn(&str, &str) -> String,
) -> Result<Table, String> {
    let mut table = Table::default();
    for (at, (folder, text)) in sources.iter().enumerate() {
        let text = replace(&format!("{}/{file}", if at == 0 { name } else { folder }), text);
        let added = pattern::compile(language, &text, &mut table);
        added.map_err(|message| if at == 0 { message } else { format!("in grammars/{folder}/{file}, which it inherits: {message}") })?;
    }
    Ok(table)
}

/// A number that changes with the data of any language, for caches.
pub fn fingerprint() -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(LANGUAGES.as_bytes());
    hasher.update(blanks::FORMS.as_bytes());
    for builtin in BUILTINS {
        builtin.tags.iter().for_each(|(_, text)| hasher.update(text.as_bytes()));
        hasher.update(&(builtin.language)().abi_version().to_le_bytes());
    }
    hasher.digest()
}
