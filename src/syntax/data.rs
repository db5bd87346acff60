//! What `grammars/languages.toml` says about a language: every key and its meaning. Any other key there is an error.

mod modules;
mod testing;
mod writing;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::claim::ClaimEntry;
use super::files::Files;
use super::import::ImportForms;
use super::lines::LineForms;
use super::linkage::Wrapping;
use super::naming::FileNames;
use super::surface::{Blocks, Surface, Unread};

pub use modules::{HandsOut, ModuleMarks, OwnModule};
pub use testing::{InlineTests, Runner, TestFiles, TestNames};
pub(super) use writing::braced;
pub use writing::{Docstring, Documentation, ParameterForms};

/// One `[[language]]`. Keys that it lacks are taken from the language it is `like`, else from `[common]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LanguageData {
    pub name: String,
    /// LSP language ids other than the name.
    pub ids: Vec<String>,
    pub extensions: Vec<String>,
    /// Names of files without extension that are in this language: `SConstruct`.
    pub filenames: Vec<String>,
    /// Programs that run it, as named on the `#!` line of a script.
    pub shebangs: Vec<String>,
    /// Which files with another language's extensions belong to this one, judged by their content.
    pub(super) claims: Option<ClaimEntry>,
    /// Languages of one family use each other's definitions. By default, the family is the language's own name.
    pub family: String,
    /// The start of a line comment.
    pub comment: Option<String>,
    /// The start and the end of a block comment.
    pub block_comment: Option<[String; 2]>,
    /// How documentation differs from other comments.
    pub documentation: Documentation,
    /// How an import statement reads: in the style `paths`, `from`, `quoted` or `dotted`, and with which words.
    pub imports: Option<ImportForms>,
    /// Several imports are written as one list in parentheses.
    pub lists_imports: bool,
    /// A regular expression that finds definitions line by line; its groups are named after kinds.
    pub(super) lexical: Option<String>,
    /// Indentation makes blocks, not braces.
    pub indented: bool,
    /// A statement that opens a block (`if 1:`), put before code from inside a block so that it parses. Only for indented languages.
    pub opens_block: String,
    /// The only allowed level of indentation, such as Go's tab.
    pub indent: Option<String>,
    /// Labels are one level less deep than the statements of their block.
    pub labels_hang: bool,
    /// Functions that load the module at a given path: `require`.
    pub loads: Vec<String>,
    /// Prefixes of names in the language's own library: `std::`.
    pub libraries: Vec<String>,
    /// Names for modules relative to the file: `crate`, `self`, `super`. They keep their meaning in the middle of a path.
    pub modules_by_place: Vec<String>,
    /// How a file exports its names; without this key, exporting follows `visibility`, or does not exist.
    pub hands_out: Option<HandsOut>,
    /// The object that holds a file's exports.
    pub exports_object: Option<String>,
    /// What precedes the single value that a file exports as a whole.
    pub whole: Vec<String>,
    /// Values are written as tags too, whose attributes are the fields of a function's parameter.
    pub tags: bool,
    /// A field that is written as a type alone embeds that type: its members are members of the outer type as well.
    pub embeds: bool,
    /// Words of a top-level statement that exports or imports names, so that other files use the same names.
    pub shares: Vec<String>,
    /// Statements used in place of an unwritten body, such as `todo!`; arguments may follow.
    pub placeholders: Vec<String>,
    /// How an error is raised. It counts as an unwritten body if its message says so.
    pub raises: Vec<String>,
    /// How a function shows that others implement it.
    pub contracts: Contracts,
    /// How an item is moved into a module of its own. None if that takes more than moving its lines to another file.
    pub own_module: Option<OwnModule>,
    /// A statement that names a value, with `{name}` and `{value}`.
    pub binding: Option<String>,
    /// The same for a value made only of literals, where a variable would get another type.
    pub constant: Option<String>,
    /// Strings interpolate `{name}`.
    pub captures: bool,
    /// Methods may refer to members of their type without `this`.
    pub bare_members: bool,
    /// Library functions that return what they are given, or a part of it: `Some`, `clone`.
    pub passes_on: Vec<String>,
    /// Names that the language itself calls, such as `main`; `*` matches any letters.
    pub called: Vec<String>,
    /// Names of methods that the standard library may call: `toString`.
    pub asked_for: Vec<String>,
    /// The word that marks an overriding method; none if types have no bases.
    pub overrides: Option<String>,
    /// A function can be called only below its declaration.
    pub declared_first: bool,
    /// A top-level value has a keyword of its own, and other files use such values as often as functions.
    pub declares_values: bool,
    /// Which other files see a top-level definition by its bare name; all of them without this key.
    pub reach: Option<Reach>,
    /// Texts which show that a file imports all names of another package.
    pub takes_all: Vec<String>,
    /// What makes a file a module; definitions in a file without it are global. Without this key every file is a module.
    pub module_marks: Option<ModuleMarks>,
    /// The method that runs when a type is called: `__init__`.
    pub constructor: Option<String>,
    /// Methods that make an instance, and are called neither by their type's name nor by their own.
    pub makers: Vec<String>,
    /// The preprocessor operator that joins two words: `##`.
    pub joins_words: Option<String>,
    /// Lines around code shared with another language, whose brackets no grammar can pair.
    pub(super) wrapping: Option<Wrapping>,
    /// What a head that consists only of a macro is read as, with `{name}`: a function without parameters. None if every head names a
    /// function.
    pub macro_head: Option<String>,
    /// The list whose strings are names that a file exports.
    pub exports: Option<String>,
    /// The list whose strings are members of the enclosing type: `__slots__`.
    pub members: Option<String>,
    /// Functions that copy a value, with some fields replaced by name: `_replace`.
    pub copies: Vec<String>,
    /// A file has the name of the type in it.
    pub type_per_file: bool,
    /// A field and a method of one type may have the same name: the way a name is used tells which is meant.
    pub members_apart: bool,
    /// Words that cannot be names.
    pub reserved: Vec<String>,
    /// Members may have such words as names.
    pub free_members: bool,
    /// A value is of every type whose fields it has (structural typing).
    pub structural: bool,
    /// A type implements an interface by having its methods.
    pub implicit_interfaces: bool,
    /// The last expression of a block is its value.
    pub tail_values: bool,
    /// A variable may be declared again in its own block.
    pub redeclares: bool,
    /// Functions of one name in one place may differ in their parameters.
    pub overloads: bool,
    /// The words used in writing types.
    pub types: TypeWords,
    /// How test files are named; none if tests are in the file they test.
    pub tests: Option<TestFiles>,
    /// The module for tests inside the file they test.
    pub inline_tests: Option<InlineTests>,
    /// How tests and their containers are named.
    pub test_names: TestNames,
    /// Marks of a test, in its head or above it: `@Test`.
    pub test_marks: Vec<String>,
    /// A type that contains one of these holds tests.
    pub test_members: Vec<String>,
    /// The keyword that makes an instance of the type after it: `new`.
    pub constructs: Option<String>,
    /// The same, if the keyword may also be left out.
    pub may_construct: Option<String>,
    /// Words before brackets that are not calls.
    pub uncalled: Vec<String>,
    /// What code with an anonymous function contains: `=>`.
    pub unnamed: Vec<String>,
    /// What follows (or precedes) a name that is declared by being given a value there.
    pub declares_behind: Vec<String>,
    pub declares_before: Vec<String>,
    /// What parameter lists contain besides names.
    pub parameters: ParameterForms,
    /// Words before an argument that the function may change.
    pub by_reference: Vec<String>,
    /// Modifiers that limit a top-level definition to its file: `static` in C.
    pub file_private: Vec<String>,
    /// The extension under which a source file runs, by the extension under which it is written: `ts` as `js`.
    pub runs_as: BTreeMap<String, String>,
    /// What its code looks like without a parser.
    pub surface: Surface,
    pub(super) files: FileNames,
    pub lines: LineForms,
    /// Names that start with `_` are private (`underscore`), names that start in lower case are private (`capital`), or a modifier decides.
    pub(super) visibility: Option<Visibility>,
    /// The modifiers that make a definition public.
    pub(super) public: Vec<String>,
    /// Words before a definition that say who sees it; brackets may follow one.
    pub(super) shown_by: Vec<String>,
    /// The prefix of a member name that is known only inside its type, and is part of the name wherever it is used.
    pub private_mark: Option<String>,
    /// From whom it hides definitions that are not declared public; from nobody without this key.
    pub hides: Option<Hides>,
    /// Files that contain a project's name as used in imports.
    pub manifests: Vec<Manifest>,
}

/// Keys that are not inherited from the language it is `like`: they distinguish the two.
const ITS_OWN: &[&str] = &["name", "ids", "extensions", "filenames", "shebangs", "claims"];
/// Keys that `build.rs` reads, and `like` itself.
const NOT_KEPT: &[&str] = &["parser", "queries", "like"];

/// A language's name, with its data or with what is wrong with them.
pub(super) type Entry = (String, Result<LanguageData, String>);

/// Parses a text like `languages.toml`, for [`languages`] and [`unread`].
///
/// # Errors
/// The text is not TOML.
pub(super) fn parsed(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| error.message().to_string())
}

/// The languages of such a text by name. A faulty one does not affect the others.
///
/// # Errors
/// The text has no language.
pub(super) fn languages(file: &Table) -> Result<Vec<Entry>, String> {
    let Some(Value::Array(entries)) = file.get("language") else { return Err("there is no `[[language]]`".into()) };
    let common = file.get("common").cloned().unwrap_or(Value::Table(Table::new()));
    let mut known: Vec<(String, Value)> = vec![];
    let mut read = vec![];
    for mut entry in entries.iter().cloned() {
        let said = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        let (name, like) = (said(&entry, "name"), said(&entry, "like"));
        let base = known.iter().find(|(known, _)| *known == like).map(|(_, base)| base);
        if base.is_none() && !like.is_empty() {
            read.push((name, Err(format!("it is like `{like}`, which does not stand above it"))));
            continue;
        }
        let mut base = base.cloned().unwrap_or_else(|| common.clone());
        if let Some(base) = base.as_table_mut() {
            base.retain(|key, _| !ITS_OWN.contains(&key));
        }
        complete(&mut entry, base);
        known.push((name.clone(), entry.clone()));
        read.push((name, typed(entry)));
    }
    Ok(read)
}

/// Gives an entry the keys of its `base` that it does not have itself.
fn complete(entry: &mut Value, base: Value) {
    let (Value::Table(entry), Value::Table(base)) = (entry, base) else { return };
    for (key, value) in base {
        match entry.get_mut(&key) {
            Some(own) => complete(own, value),
            None => drop(entry.insert(key, value)),
        }
    }
}

fn typed(mut entry: Value) -> Result<LanguageData, String> {
    if let Some(entry) = entry.as_table_mut() {
        entry.retain(|key, _| !NOT_KEPT.contains(&key));
    }
    let mut data: LanguageData = entry.try_into().map_err(|error: toml::de::Error| error.message().to_string())?;
    if data.family.is_empty() {
        data.family = data.name.clone();
    }
    (data.surface.line, data.surface.block) = (data.comment.clone(), data.block_comment.clone());
    data.surface.labels = data.labels_hang;
    data.surface.blocks = if data.indented { Blocks::Indentation } else { Blocks::Braces };
    Ok(data)
}

/// The `[[unread]]` entries of such a text. Surface keys that they lack are taken from `[common]`.
///
/// # Errors
/// One of them is invalid.
pub(super) fn unread(file: &Table) -> Result<Vec<Unread>, String> {
    let Some(Value::Array(entries)) = file.get("unread") else { return Ok(vec![]) };
    let common = file.get("common").and_then(|common| common.get("surface"));
    let base = Value::Table(common.map(|surface| ("surface".to_string(), surface.clone())).into_iter().collect());
    let typed = |mut entry: Value| {
        complete(&mut entry, base.clone());
        entry.try_into().map_err(|error: toml::de::Error| error.message().to_string())
    };
    entries.iter().cloned().map(typed).collect()
}

/// The `[files]` of such a text.
///
/// # Errors
/// It is invalid.
pub(super) fn files(file: &Table) -> Result<Files, String> {
    let said = file.get("files").cloned().unwrap_or(Value::Table(Table::new()));
    said.try_into().map_err(|error: toml::de::Error| error.message().to_string())
}

/// The name of the only language in a text.
pub(super) fn name_of(entry: &str) -> String {
    let read = parsed(entry).and_then(|file| languages(&file)).unwrap_or_default();
    read.into_iter().next().map(|(name, _)| name).unwrap_or_default()
}

/// How a definition shows that others may use it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Underscore,
    Capital,
    /// One of the words of `public` precedes the name.
    Modifier,
}

/// How far definitions that are not public are visible.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hides {
    /// The limit for top-level definitions, and for the members in `members`.
    pub beyond: Beyond,
    /// Kinds of members that follow the same rule, by their names in queries.
    #[serde(default)]
    pub members: Vec<String>,
    /// Kinds that follow other rules.
    #[serde(default)]
    pub except: Vec<String>,
}

/// How far a hidden definition is visible.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Beyond {
    File,
    /// Its folder, and the mirrored folder of its tests.
    Folder,
    /// Its file's module, and the modules inside it.
    Module,
}

/// How a function shows that its body is only a formality and others implement it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contracts {
    /// Words of a mark above it: `abstractmethod`.
    pub marks: Vec<String>,
    /// Bases of its type: `Protocol`.
    pub bases: Vec<String>,
}

/// Which other files see a top-level definition by its bare name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Those that import the name.
    Names,
    /// Those of the same package.
    Package,
    /// Those of the same package in the same folder.
    Folder,
    /// Those that include the file.
    Includes,
}

/// The words with which a language writes types and their values. They help to find the type of a member's owner if no node states it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeWords {
    /// Names of the instance that a method belongs to, such as `self`. One with `()` is called, with or without arguments.
    pub instance: Vec<String>,
    /// Names of the type that a method belongs to: `Self`.
    pub own: Vec<String>,
    /// Values that mean none: `None`.
    pub none: Vec<String>,
    /// Types that every value has: `Any`.
    pub any: Vec<String>,
    /// Words next to a type's name that are not part of it.
    pub modifiers: Vec<String>,
    /// Types whose values have the members of their content: `Box`.
    pub transparent: Vec<String>,
    /// Members that lead to a value's content.
    pub inside: Vec<String>,
    /// Substrings of the names of container types, in lower case.
    pub containers: Vec<String>,
    /// Members that such container types have themselves.
    pub container_members: Vec<String>,
    /// Base types that never call methods of their derived types.
    pub inert_bases: Vec<String>,
    /// Words among the bases of a type that are not bases: `where`.
    pub beside_bases: Vec<String>,
    /// The keyword before a function's result.
    pub gives: String,
    /// The keyword that gives a type another name.
    pub alias: Option<String>,
    /// A function's return type precedes its name.
    pub result_first: bool,
    /// The types of functions and variables are always written, so their values need not be searched for them.
    pub writes_results: bool,
    /// Functions that return a value of the type they are given: `new(T)`, `cast(T, value)`.
    pub takes: Vec<String>,
    /// What precedes the result in the type of a function.
    pub function: Option<String>,
    /// Words before a value whose type is meant: `typeof`.
    pub value_of: Vec<String>,
    /// Words that test a value for its type: `isinstance`.
    pub tests: Vec<String>,
    /// What queries the type of the value before it, ...
    pub asks: Option<String>,
    /// ... and words before the types that it may have.
    pub cases: Vec<String>,
    /// Members of a type that return what an arrow (`->`) accesses, ...
    pub arrow: Vec<String>,
    /// ... its elements by index, ...
    pub element: Vec<String>,
    /// ... its elements one by one, ...
    pub each: Vec<String>,
    /// ... or its result when it is called.
    pub call: Vec<String>,
    /// A dot with nothing before it names a member of the object being initialised.
    pub designates: bool,
}

impl TypeWords {
    /// Whether a value is the instance or the type that a method belongs to.
    pub fn is_own(&self, value: &str) -> bool {
        let called = |word: &str| {
            let arguments = word.strip_suffix(')').and_then(|open| value.strip_prefix(open)?.strip_suffix(')'));
            arguments.is_some_and(|arguments| !arguments.contains(['(', ')']))
        };
        self.own.iter().any(|word| word == value) || self.instance.iter().any(|word| word == value || called(word))
    }
}

/// Whether one of these words is this one.
pub fn lists(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known == word)
}

/// A file that states a project's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub file: String,
    /// A regular expression whose first group is the name.
    pub name: String,
    /// The project's files use nothing from another project in the workspace unless one of them names it.
    #[serde(default)]
    pub bounded: bool,
}
