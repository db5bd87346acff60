//! What `grammars/languages.toml` says of a language: every key, and what it means. A key that is not here is an error there.

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
pub use testing::{InlineTests, Runner, TestFiles};
pub use writing::{Docstring, Documentation, ParameterForms};

/// One `[[language]]`. Where it is `like` another, what it does not say is as that one says it, else as `[common]` does.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LanguageData {
    pub name: String,
    /// LSP language ids besides the name.
    pub ids: Vec<String>,
    pub extensions: Vec<String>,
    /// Names of files that are of it without an extension.
    pub filenames: Vec<String>,
    /// Programs that run it, where a first line `#!` names one.
    pub shebangs: Vec<String>,
    /// Files of another language's extensions that are of this one by their content.
    pub(super) claims: Option<ClaimEntry>,
    /// Languages of one family use each other's definitions; its own name where nothing is said.
    pub family: String,
    /// What opens a comment that ends with its line.
    pub comment: Option<String>,
    /// What opens and closes a comment that does not.
    pub block_comment: Option<[String; 2]>,
    /// How documentation is told from other comments.
    pub documentation: Documentation,
    /// How an import statement reads: in the style `paths`, `from`, `quoted` or `dotted`, and by which words.
    pub imports: Option<ImportForms>,
    /// Imports stand in one list in parentheses, if there are several.
    pub lists_imports: bool,
    /// Definitions by line: group names are kinds.
    pub(super) lexical: Option<String>,
    /// Blocks are told by indentation, not by braces.
    pub indented: bool,
    /// A statement that opens a block, to read code in that stands in one; only where blocks are told by indentation.
    pub opens_block: String,
    /// One level of indentation where it is always the same.
    pub indent: Option<String>,
    /// Labels stand less deep than the statements of their block.
    pub labels_hang: bool,
    /// Functions that give back the module at the path that they are given.
    pub loads: Vec<String>,
    /// What names of its own library begin with.
    pub libraries: Vec<String>,
    /// Modules that are named by where they lie from here, within the path of another too.
    pub modules_by_place: Vec<String>,
    /// How a file says which of its names others may take; where nothing is said, it is by `visibility` or not at all.
    pub hands_out: Option<HandsOut>,
    /// The object that holds what a file hands on.
    pub exports_object: Option<String>,
    /// What stands before the one value that a file hands on as a whole.
    pub whole: Vec<String>,
    /// Values are written as tags too, whose attributes are the fields of what a function takes.
    pub tags: bool,
    /// A field that is written as a type alone has that embedded: its members are those of what is around as well.
    pub embeds: bool,
    /// Words in a statement at the top of a file that hands names on, so that those who take them call them the same.
    pub shares: Vec<String>,
    /// Statements that stand for a body to come; a call's arguments may follow.
    pub placeholders: Vec<String>,
    /// How an error is raised, which stands for a body to come where its message says so.
    pub raises: Vec<String>,
    /// Functions that others implement.
    pub contracts: Contracts,
    /// How an item gets a module of its own; none where that is more than its lines in another file.
    pub own_module: Option<OwnModule>,
    /// How a value gets a name: a statement with `{name}` and `{value}`.
    pub binding: Option<String>,
    /// The same for a value that is made of literals alone, where a variable of it would have another type.
    pub constant: Option<String>,
    /// Strings take `{name}` for what is in scope.
    pub captures: bool,
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
    /// What stands free and is given a value is said to be a value by a word of its own, and as often wanted by others as a function is.
    pub declares_values: bool,
    /// Which other files see by its bare name what stands free in one; none for all of them.
    pub reach: Option<Reach>,
    /// What is in a file that takes all names of another package.
    pub takes_all: Vec<String>,
    /// What makes a module of a file; what is defined in one without it is seen everywhere. Every file is one where nothing is said.
    pub module_marks: Option<ModuleMarks>,
    /// The method that makes an instance where its type is called.
    pub constructor: Option<String>,
    /// Methods that make an instance, and are called neither like their type nor by their own name.
    pub makers: Vec<String>,
    /// What joins two words of a macro to one.
    pub joins_words: Option<String>,
    /// Lines around what is shared with another language, whose brackets no grammar can pair.
    pub(super) wrapping: Option<Wrapping>,
    /// What a head that is only a macro is read as, with `{name}`: a function of no parameters. None where every head names a function.
    pub macro_head: Option<String>,
    /// The list whose strings are names that a file hands on.
    pub exports: Option<String>,
    /// That whose strings are members of the type around it.
    pub members: Option<String>,
    /// Functions that copy a value, with the fields that are given by name.
    pub copies: Vec<String>,
    /// A file is called like the type in it.
    pub type_per_file: bool,
    /// Fields and methods of one type may be called the same: how a name is used tells which.
    pub members_apart: bool,
    /// Words that name nothing.
    pub reserved: Vec<String>,
    /// Members may be called like such words.
    pub free_members: bool,
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
    /// The words by which types are written.
    pub types: TypeWords,
    /// How test files are called; none where tests stand in the file itself.
    pub tests: Option<TestFiles>,
    /// The module that tests stand in, where they stand in the file itself.
    pub inline_tests: Option<InlineTests>,
    /// What marks an item as a test, in its head or above it.
    pub test_marks: Vec<String>,
    /// What is in a type that holds tests.
    pub test_members: Vec<String>,
    /// The word before a type of which an instance is made.
    pub constructs: Option<String>,
    /// The same where it may as well be left out.
    pub may_construct: Option<String>,
    /// Words before brackets that call nothing.
    pub uncalled: Vec<String>,
    /// What is in a function without a name.
    pub unnamed: Vec<String>,
    /// What stands behind a name, or before it, that is given a value there for the first time.
    pub declares_behind: Vec<String>,
    pub declares_before: Vec<String>,
    /// What the lists of parameters have besides their names.
    pub parameters: ParameterForms,
    /// Words before what a function is given to change.
    pub by_reference: Vec<String>,
    /// Words by which what stands free is known in its file alone.
    pub file_private: Vec<String>,
    /// What the files of a script are called by the one who runs them, by how they are written.
    pub runs_as: BTreeMap<String, String>,
    /// How its code looks without a parser.
    pub surface: Surface,
    pub(super) files: FileNames,
    pub lines: LineForms,
    /// Names that start with `_` are private (`underscore`), that start small are private (`capital`), or a modifier says so.
    pub(super) visibility: Option<Visibility>,
    /// The modifiers that make public.
    pub(super) public: Vec<String>,
    /// Words before a definition that say who sees it; brackets may follow one.
    pub(super) shown_by: Vec<String>,
    /// What stands before the name of a member that is known in its type alone, and is part of it wherever it is named.
    pub private_mark: Option<String>,
    /// From whom it hides what is not said to be public; from nobody where nothing is said.
    pub hides: Option<Hides>,
    /// Files that say how a project is called where others import it.
    pub manifests: Vec<Manifest>,
}

/// What a language does not have from the one that it is `like`: by these it is told from it.
const ITS_OWN: &[&str] = &["name", "ids", "extensions", "filenames", "shebangs", "claims"];
/// What is read by `build.rs`, and `like` itself.
const NOT_KEPT: &[&str] = &["parser", "queries", "like"];

/// The name of a language, and what is said of it or what is wrong with that.
pub(super) type Entry = (String, Result<LanguageData, String>);

/// A text like `languages.toml`, whose parts [`languages`] and [`unread`] read.
///
/// # Errors
/// The text is not TOML.
pub(super) fn parsed(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| error.message().to_string())
}

/// The languages of such a text, each with its name; one that is not as it should be does without the others.
///
/// # Errors
/// It has none.
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

/// Gives an entry the keys that it does not say.
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

/// The `[[unread]]` of such a text. What they do not say of their surface is as `[common]` says it.
///
/// # Errors
/// One of them is not as it should be.
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
/// It is not as it should be.
pub(super) fn files(file: &Table) -> Result<Files, String> {
    let said = file.get("files").cloned().unwrap_or(Value::Table(Table::new()));
    said.try_into().map_err(|error: toml::de::Error| error.message().to_string())
}

/// The name of the one language in a text.
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
    /// One of the words of `public` before the name.
    Modifier,
}

/// From whom a language hides what is not said to be public.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hides {
    /// What stands free, and what `members` lists, is seen no further than this.
    pub beyond: Beyond,
    /// Kinds of members that are hidden by the same rule, by their names in queries.
    #[serde(default)]
    pub members: Vec<String>,
    /// Kinds that follow other rules.
    #[serde(default)]
    pub except: Vec<String>,
}

/// How far hidden things are seen.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Beyond {
    File,
    /// Its folder, and that in which its tests lie in the same way.
    Folder,
    /// The module that the file is, and those inside of it.
    Module,
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

/// The words by which a language writes types and the values of them: what tells of a member whose value no tree is a type of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeWords {
    /// What stands for the instance around a method; one with `()` is called, with arguments or without.
    pub instance: Vec<String>,
    /// What stands for the type around a method.
    pub own: Vec<String>,
    /// Values that are none.
    pub none: Vec<String>,
    /// Types that anything is of.
    pub any: Vec<String>,
    /// Words beside the name of a type that are no part of it.
    pub modifiers: Vec<String>,
    /// Types whose values have the members of what they hold.
    pub transparent: Vec<String>,
    /// Members through which one comes to what a value holds.
    pub inside: Vec<String>,
    /// What is in the names of types that hold values, in small letters.
    pub containers: Vec<String>,
    /// Members that such types have themselves.
    pub container_members: Vec<String>,
    /// Types from which one may be derived without a method of it being called from there.
    pub inert_bases: Vec<String>,
    /// Words that stand among the bases of a type and are none.
    pub beside_bases: Vec<String>,
    /// The word before what a function gives back.
    pub gives: String,
    /// The word that gives a type another name.
    pub alias: Option<String>,
    /// What a function gives back is written before its name.
    pub result_first: bool,
}

impl TypeWords {
    /// Whether a value is the instance, or the type, around a method.
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

/// A file that says how a project is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub file: String,
    /// A regular expression whose first group is the name.
    pub name: String,
    /// Its files use nothing of another project of the workspace whose name none of them has.
    #[serde(default)]
    pub bounded: bool,
}
