//! The languages that longsight knows, as `grammars/languages.toml` and the query files tell it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::claim::{Claim, ClaimEntry};
use super::import;
use super::lines::LineForms;
use super::naming::{self, FileNames};
use super::pattern::{self, Table};
use super::tags::Kind;
use super::{scope, uses, walk};
use crate::text::layout;

/// What is built in for one language: its parser and its query files.
struct Builtin {
    /// Its name in `languages.toml`.
    name: &'static str,
    language: fn() -> tree_sitter::Language,
    tags: &'static [Source],
    scope: &'static [Source],
}

/// A query file: the folder below `grammars` that it is in, and its text. What a language inherits comes after its own.
type Source = (&'static str, &'static str);

// `BUILTINS`, made of `languages.toml` by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/languages.rs"));

const LANGUAGES: &str = include_str!("../../grammars/languages.toml");

#[derive(Deserialize)]
struct File {
    language: Vec<Entry>,
}

/// One `[[language]]` of `languages.toml`.
#[derive(Deserialize)]
struct Entry {
    name: String,
    /// LSP language ids besides the name.
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    extensions: Vec<String>,
    #[serde(default)]
    filenames: Vec<String>,
    #[serde(default)]
    shebangs: Vec<String>,
    /// Files of another language's extensions that are of this one by their content.
    claims: Option<ClaimEntry>,
    /// What opens a comment that ends with its line.
    comment: Option<String>,
    /// What opens and closes a comment that does not.
    block_comment: Option<[String; 2]>,
    /// How an import statement reads: `paths`, `from`, `quoted` or `dotted`.
    imports: Option<import::Style>,
    /// Definitions by line: group names are kinds.
    lexical: Option<String>,
    /// Blocks are told by indentation, not by braces.
    #[serde(default)]
    indented: bool,
    /// One level of indentation where it is always the same.
    indent: Option<String>,
    /// Functions that give back the module at the path that they are given.
    #[serde(default)]
    loads: Vec<String>,
    /// Statements that stand for a body to come; a call's arguments may follow.
    #[serde(default)]
    placeholders: Vec<String>,
    #[serde(default)]
    raises: Vec<String>,
    #[serde(default)]
    contracts: Contracts,
    /// Words before which a line may hold nothing but a macro.
    #[serde(default)]
    behind_macros: Vec<String>,
    /// How a value gets a name: a statement with `{name}` and `{value}`.
    binding: Option<String>,
    /// The same for a value that is made of literals alone, where a variable of it would have another type.
    constant: Option<String>,
    /// Strings take `{name}` for what is in scope.
    #[serde(default)]
    captures: bool,
    /// Methods name the members of their type without a word before them.
    #[serde(default)]
    bare_members: bool,
    /// Functions of its libraries that give back what they are given, or a part of it.
    #[serde(default)]
    passes_on: Vec<String>,
    /// Names by which the language itself calls something; a star stands for any letters.
    #[serde(default)]
    called: Vec<String>,
    /// Names of methods that its standard library may ask for.
    #[serde(default)]
    asked_for: Vec<String>,
    /// The word beside a method that overrides that of a base.
    overrides: Option<String>,
    /// What stands free can be called only below its declaration.
    #[serde(default)]
    declared_first: bool,
    /// Which other files see what stands free in one.
    reach: Option<Reach>,
    /// The list whose strings are names that a file hands on, and that whose strings are members of the type around it.
    exports: Option<String>,
    members: Option<String>,
    /// Functions that copy a value, with the fields that are given by name.
    #[serde(default)]
    copies: Vec<String>,
    /// A file is called like the type in it.
    #[serde(default)]
    type_per_file: bool,
    /// A value is of every type whose fields it has.
    #[serde(default)]
    structural: bool,
    /// A type that has the methods of an interface implements it.
    #[serde(default)]
    implicit_interfaces: bool,
    /// The last expression of a block is its value.
    #[serde(default)]
    tail_values: bool,
    /// A variable may be declared where one of that name is.
    #[serde(default)]
    redeclares: bool,
    /// Functions of one name in one place differ by their parameters.
    #[serde(default)]
    overloads: bool,
    tests: Option<TestFiles>,
    /// Languages of one family use each other's definitions; its own name where nothing is said.
    family: Option<String>,
    #[serde(default)]
    files: FileNames,
    #[serde(default)]
    lines: LineForms,
    /// Names that start with `_` are private (`underscore`), that start small are private (`capital`), or a modifier says so.
    visibility: Option<Visibility>,
}

/// How a definition shows that others may use it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Underscore,
    Capital,
    /// One of the words `pub`, `public`, `protected`, `export` before the name.
    Modifier,
}

/// How a function shows that it has a body for form's sake, and that others implement it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contracts {
    /// Words of what stands above it.
    pub marks: Vec<String>,
    /// Types that its own is made of.
    pub bases: Vec<String>,
}

/// Which other files see by its bare name what stands free in one.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Those that take the name.
    Names,
    /// Those of the same package.
    Package,
    /// Those of the same package in the same folder.
    Folder,
    /// Those that include it.
    Includes,
}

/// A language, ready for use.
pub struct Language {
    pub name: String,
    pub comment: Option<String>,
    pub block_comment: Option<[String; 2]>,
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
    /// Blocks are told by indentation.
    pub indented: bool,
    /// One level of indentation where it is always the same.
    pub indent: Option<String>,
    /// Functions that give back the module at the path that they are given.
    pub loads: Vec<String>,
    /// How a value gets a name: a statement with `{name}` and `{value}`.
    pub binding: Option<String>,
    /// The same for a value that is made of literals alone; none where that is no different.
    pub constant: Option<String>,
    /// How test files are called; none where tests stand in the file itself.
    pub tests: Option<TestFiles>,
    /// Languages of one family use each other's definitions.
    pub family: String,
    pub(super) files: FileNames,
    pub(super) lines: LineForms,
    /// Strings take `{name}` for what is in scope.
    pub(super) captures: bool,
    /// Methods name the members of their type without a word before them.
    pub bare_members: bool,
    /// Functions of its libraries that give back what they are given, or a part of it.
    pub passes_on: Vec<String>,
    /// Names by which the language itself calls something; a star stands for any letters.
    pub called: Vec<String>,
    /// Names of methods that its standard library may ask for.
    pub asked_for: Vec<String>,
    /// The word beside a method that overrides that of a base; none where types are not derived from others.
    pub overrides: Option<String>,
    /// What stands free can be called only below its declaration.
    pub declared_first: bool,
    /// Which other files see by its bare name what stands free in one; none for all of them.
    pub reach: Option<Reach>,
    /// The list whose strings are names that a file hands on.
    pub exports: Option<String>,
    /// That whose strings are members of the type around it.
    pub members: Option<String>,
    /// Functions that copy a value, with the fields that are given by name.
    pub copies: Vec<String>,
    /// A file is called like the type in it.
    pub type_per_file: bool,
    /// A value is of every type whose fields it has.
    pub structural: bool,
    /// A type that has the methods of an interface implements it.
    pub implicit_interfaces: bool,
    /// The last expression of a block is its value.
    pub tail_values: bool,
    /// A variable may be declared in the block of another of that name.
    pub redeclares: bool,
    /// Functions of one name in one place differ by their parameters.
    pub overloads: bool,
    placeholders: Vec<String>,
    /// How an error is raised, which stands for a body to come where its message says so.
    raises: Vec<String>,
    pub contracts: Contracts,
    pub(super) behind_macros: Vec<String>,
    pub(super) lexical: Option<Lexical>,
    pub(super) imports: Option<import::Style>,
    pub(super) visibility: Option<Visibility>,
}

impl Language {
    /// Its parser, for who wants to do without us: measures and tests beside which we stand.
    pub fn grammar(&self) -> Option<&tree_sitter::Language> {
        self.grammar.as_ref()
    }

    /// Whether imports name files, as `"ring.h"` and `"./lib/go"` do, so that a dot is part of a name.
    pub fn imports_files(&self) -> bool {
        matches!(self.imports, Some(import::Style::Quoted))
    }

    /// Whether an import written so may as well stand in the body of a function.
    pub fn imports_anywhere(&self, statement: &str) -> bool {
        match self.imports {
            Some(import::Style::Paths | import::Style::From) => true,
            _ => !["import", "#include"].iter().any(|word| statement.starts_with(word)),
        }
    }

    /// Whether it has macros whose text no tree is made of, so that the index does not know what they name.
    pub fn has_raw_macros(&self) -> bool {
        self.use_roles.iter().any(|role| role & super::uses::RAW != 0)
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

/// How the test files of a language are called, with `{stem}` and `{ext}` of the source, and what they begin with.
#[derive(Clone, Debug, Deserialize)]
pub struct TestFiles {
    pub names: Vec<String>,
    /// The first lines of a new one, with `{package}`.
    pub head: Option<String>,
    /// The line that brings in what is tested, with `{name}` and `{module}` or `{path}`.
    pub import: Option<String>,
    /// Tests are members of a type that is called like the file.
    #[serde(default)]
    pub members: bool,
    /// In a folder of tests they may be called like what they test.
    #[serde(default)]
    pub plain: bool,
    /// The folder of sources, and that in which their tests lie in the same way.
    pub mirror: Option<[String; 2]>,
    /// A file that holds tests has one of these in it.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Files that say which runner a project uses.
    #[serde(default)]
    pub manifests: Vec<String>,
    #[serde(default)]
    pub runners: Vec<Runner>,
}

/// What runs tests.
#[derive(Clone, Debug, Deserialize)]
pub struct Runner {
    /// A test file or a manifest that has one of these in it is this runner's; the last one of a language may be known by nothing.
    #[serde(default)]
    pub known: Vec<String>,
    /// The statements that bring in what it offers.
    pub imports: Vec<String>,
}

impl TestFiles {
    /// Whether a file is called as test files are.
    pub fn are_of(&self, name: &str) -> bool {
        self.names.iter().any(|form| naming::fits(form, name))
    }
}

/// A language that works only in part, and why.
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

/// All languages. A language whose data are broken degrades alone and is in [`Registry::problems`].
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

    /// As [`Registry::new`], with query files changed by `replace(language/file, text)`: how tests break a query.
    pub fn with(replace: impl Fn(&str, &str) -> String) -> Self {
        let mut registry = Self::default();
        let entries = match toml::from_str::<File>(LANGUAGES) {
            Ok(file) => file.language,
            Err(error) => {
                registry.complain("all", "languages.toml", error.message());
                return registry;
            }
        };
        for entry in entries {
            registry.add(entry, &replace);
        }
        registry
    }

    fn complain(&mut self, language: &str, file: &str, message: impl fmt::Display) {
        self.problems.push(Problem { language: language.into(), file: file.into(), message: message.to_string() });
    }

    fn add(&mut self, entry: Entry, replace: &impl Fn(&str, &str) -> String) {
        let builtin = BUILTINS.iter().find(|builtin| builtin.name == entry.name);
        let mut grammar = None;
        let mut tables = [Table::default(), Table::default()];
        if let Some(builtin) = builtin {
            let language = (builtin.language)();
            for (table, (file, sources)) in tables.iter_mut().zip([("tags.scm", builtin.tags), ("scope.scm", builtin.scope)]) {
                match compiled(&language, &entry.name, file, sources, replace) {
                    Ok(compiled) => *table = compiled,
                    Err(message) => self.complain(&entry.name, file, message),
                }
            }
            grammar = Some(language);
        }
        // Without its tags a language is plain text: half an outline would be taken for a whole one.
        let grammar = grammar.filter(|_| !tables[0].is_empty());
        let number = self.languages.len();
        self.by_id.extend(entry.ids.into_iter().chain([entry.name.clone()]).map(|id| (id, number)));
        self.by_extension.extend(entry.extensions.into_iter().map(|extension| (extension, number)));
        self.by_filename.extend(entry.filenames.into_iter().map(|name| (name, number)));
        self.shebangs.extend(entry.shebangs.into_iter().map(|program| (program, number)));
        self.claims.extend(entry.claims.map(|claim| Claim::new(claim, number)));
        let [tags, scopes] = tables;
        let kinds = tags.kinds().max(scopes.kinds());
        let widened = |mut roles: Vec<u8>| {
            roles.resize(kinds, 0);
            roles
        };
        self.languages.push(Arc::new(Language {
            family: entry.family.unwrap_or_else(|| entry.name.clone()),
            name: entry.name,
            comment: entry.comment,
            block_comment: entry.block_comment,
            roles: widened(tags.roles(walk::ROLES)),
            scope_roles: widened(scopes.roles(scope::ROLES)),
            use_roles: widened(scopes.roles(uses::ROLES)),
            scope: scopes,
            grammar,
            indented: entry.indented,
            indent: entry.indent,
            loads: entry.loads,
            binding: entry.binding,
            constant: entry.constant,
            tests: entry.tests,
            files: entry.files,
            lines: entry.lines,
            captures: entry.captures,
            bare_members: entry.bare_members,
            passes_on: entry.passes_on,
            called: entry.called,
            asked_for: entry.asked_for,
            overrides: entry.overrides,
            declared_first: entry.declared_first,
            reach: entry.reach,
            exports: entry.exports,
            members: entry.members,
            copies: entry.copies,
            type_per_file: entry.type_per_file,
            structural: entry.structural,
            implicit_interfaces: entry.implicit_interfaces,
            tail_values: entry.tail_values,
            redeclares: entry.redeclares,
            overloads: entry.overloads,
            placeholders: entry.placeholders,
            raises: entry.raises,
            contracts: entry.contracts,
            behind_macros: entry.behind_macros,
            tags,
            lexical: entry.lexical.map(Lexical::new),
            imports: entry.imports,
            visibility: entry.visibility,
        }));
    }

    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub fn languages(&self) -> &[Arc<Language>] {
        &self.languages
    }

    /// By the editor's language id, or our name.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Language>> {
        self.by_id.get(id).map(|number| &self.languages[*number])
    }

    /// By file name, else by extension. `path` may be a whole path with `/`.
    pub fn by_path(&self, path: &str) -> Option<&Arc<Language>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = || self.by_extension.get(name.rsplit_once('.')?.1);
        let number = self.by_filename.get(name).or_else(extension)?;
        Some(&self.languages[*number])
    }

    /// By content, file name, extension or first line. `text` is the whole text: what claims it may stand anywhere.
    pub fn detect(&self, path: &str, text: &str) -> Option<&Arc<Language>> {
        self.claimed(path, text).or_else(|| self.by_path(path)).or_else(|| self.by_shebang(text))
    }

    /// What the editor says, empty where it says nothing; else what the file looks like. An editor that says no more than the file's name
    /// does, "c" of a header, knows less than the content.
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

    /// Both query files of every language with a parser, against tree-sitter's own compiler: what tests and `doctor` check.
    pub fn check_queries(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        for language in &self.languages {
            if let Some(Err(message)) = language.lexical.as_ref().map(|lexical| compile(&lexical.pattern)) {
                problems.push(Problem { language: language.name.clone(), file: "languages.toml".into(), message });
            }
        }
        for claim in &self.claims {
            if let Err(message) = claim.compile() {
                let language = self.languages[claim.language].name.clone();
                problems.push(Problem { language, file: "languages.toml".into(), message });
            }
        }
        for builtin in BUILTINS {
            let language = (builtin.language)();
            let files = [("tags.scm", builtin.tags), ("scope.scm", builtin.scope)];
            for (file, (_, text)) in files.iter().flat_map(|(file, sources)| sources.iter().map(move |source| (*file, *source))) {
                if let Err(error) = tree_sitter::Query::new(&language, text) {
                    problems.push(Problem { language: builtin.name.into(), file: file.into(), message: error.to_string() });
                }
            }
        }
        problems
    }
}

/// Definitions by line. Compiled when it is first used: nine of them are a tenth of a second and megabytes, and a warm start needs none.
pub(super) struct Lexical {
    pattern: String,
    compiled: OnceLock<Option<Scan>>,
}

/// A compiled pattern, and the kinds that its groups stand for.
pub(super) type Scan = (Regex, Vec<(usize, Kind)>);

impl Lexical {
    fn new(pattern: String) -> Self {
        Self { pattern, compiled: OnceLock::new() }
    }

    /// None where the pattern is broken, which [`Registry::check_queries`] reports.
    pub fn scan(&self) -> Option<&Scan> {
        self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()
    }
}

/// Works on bytes, where a letter beyond ASCII is any of its bytes: tables of all Unicode letters cost more than they give.
fn compile(pattern: &str) -> Result<Scan, String> {
    let bytes = pattern.replace(r"\w", r"[\w\x80-\xff]");
    let regex = RegexBuilder::new(&bytes).unicode(false).build().map_err(|error| format!("`lexical` is no regular expression: {error}"))?;
    let mut kinds = vec![];
    for (group, name) in regex.capture_names().enumerate() {
        let Some(name) = name else { continue };
        // A kind may be named twice: `function`, `function_2`.
        let kind = name.split('_').next().unwrap_or(name);
        kinds.push((group, Kind::by_name(kind).ok_or_else(|| format!("`lexical` names a kind `{kind}` that there is not"))?));
    }
    Ok((regex, kinds))
}

/// The table of a query file and of those that it inherits.
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

/// A number that changes when any language's data do.
pub fn fingerprint() -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(LANGUAGES.as_bytes());
    for builtin in BUILTINS {
        builtin.tags.iter().for_each(|(_, text)| hasher.update(text.as_bytes()));
        hasher.update(&(builtin.language)().abi_version().to_le_bytes());
    }
    hasher.digest()
}
