//! Import statements: what is imported from where, read from their text. Four styles serve all languages, and the words of each are data.
//! Also where they are at the top of a file, for adding one.

use crate::text::lines::next_line;
use crate::text::words;
use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use tree_sitter::Node;

use super::brackets::without_comments;
use super::place::is;
use super::scope::{BLOCK, COMMENT, STRING};
use super::{Language, Parsed};

/// How a language writes imports; `imports` in `languages.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportForms {
    pub(super) style: Style,
    /// The word that begins one; with `from`, the word before the names.
    pub word: String,
    /// The word before the module, if names are written apart from it.
    pub from: Option<String>,
    /// The word between a name and its local name.
    renames: Option<String>,
    /// The word that begins a statement which re-exports a module.
    hands_on: Option<String>,
    /// What denotes the module itself among the names that are taken from it.
    #[serde(default)]
    itself: String,
    /// Words that say which kind of thing is imported.
    #[serde(default)]
    kinds: Vec<String>,
    /// The function that returns a module, from which names are destructured.
    pub(super) gives: Option<String>,
    /// Words between the module and braces that say how it is read.
    #[serde(default)]
    attributes: Vec<String>,
    /// What precedes the braces of a statement that takes several names.
    #[serde(default)]
    takes_several: Vec<String>,
    /// The local name of a module may stand before its path.
    #[serde(default)]
    name_first: bool,
    /// An import may also be in the body of a function.
    #[serde(default)]
    pub(super) anywhere: bool,
}

/// The order of the parts of an import.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `use a::b::{c, d as e};`
    Paths,
    /// `from a.b import c as d`, `import a.b as c`
    From,
    /// `import {a as b} from './c'`, `import "fmt"`, `#include <a.h>`
    Quoted,
    /// `import a.b.C;`
    Dotted,
}

/// What denotes the module itself, or everything in it, among the names taken from it.
pub const ALL: &str = "*";

/// The module of names that a file hands on of its own: `export { a as b }`. No path is written so.
pub const OWN: &str = "=";

/// Names taken from one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// As written: `crate::index`, `.models`, `./view`, `fmt`, `java.util`. [`OWN`] means the file itself.
    pub module: Box<str>,
    /// Pairs of the imported name and its local name; empty if the module itself is imported. [`ALL`] and another name if that stands for
    /// the module here: `import a.b as c`, `import * as c from './b'`.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// Zero-based line.
    pub line: u32,
}

impl Import {
    /// The local names that this import binds, each with the offset of its last mention in `text`.
    pub(super) fn bound<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        let path = text.rfind(&*self.module).filter(|at| text[..*at].ends_with(['"', '\'']));
        let text = &text[..path.unwrap_or(text.len())];
        self.names
            .iter()
            .filter(|(_, here)| &**here != ALL && &**here != "_")
            .filter_map(|(_, here)| Some((words::places(text, here).last()?.start, &**here)))
    }
}

/// The name of a package that is imported by its path, where the import gives it no other: `v2` is only its version.
pub fn package_of(module: &str) -> &str {
    let is_version =
        |part: &&str| part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_digit()));
    module.rsplit('/').find(|part| !is_version(part)).unwrap_or(module)
}

/// An import statement at the top level of a file, with all of its lines.
#[derive(Clone, Debug)]
pub struct Statement {
    pub range: Range<usize>,
    /// Its imports, each with its range in a list of several, else with that of the whole statement.
    pub parts: Vec<(Range<usize>, Vec<Import>)>,
    /// The list in parentheses, if the statement is one, as in Go.
    pub list: Option<Range<usize>>,
}

/// The import statements at the top level of a file, in order.
pub fn statements(parsed: &Parsed) -> Vec<Statement> {
    let mut cursor = parsed.root().walk();
    let top: Vec<Node<'_>> = parsed.root().named_children(&mut cursor).collect();
    top.into_iter().filter_map(|node| statement(parsed, node)).collect()
}

fn statement(parsed: &Parsed, top: Node<'_>) -> Option<Statement> {
    let mut found = vec![];
    imports_below(parsed, top, top, 2, &mut found);
    let (first, around) = *found.first()?;
    let text = |range: Range<usize>| parsed.text().get(range).unwrap_or_default();
    let read = |range: Range<usize>| read(parsed.language(), text(range));
    let list = Some(around.byte_range()).filter(|range| first != top && text(range.clone()).starts_with('('));
    let parts = match list {
        Some(_) => found.iter().map(|(part, _)| (part.byte_range(), read(part.byte_range()))).collect(),
        None => vec![(top.byte_range(), found.iter().flat_map(|(part, _)| read(part.byte_range())).collect())],
    };
    Some(Statement { range: top.byte_range(), parts, list })
}

/// Import nodes below a node, each with its parent. Those in blocks and definitions are left out, since they only apply there.
fn imports_below<'a>(parsed: &Parsed, node: Node<'a>, around: Node<'a>, depth: u32, found: &mut Vec<(Node<'a>, Node<'a>)>) {
    let language = parsed.language();
    let tags = || language.tags.at(node.kind_id());
    if tags().any(|pattern| pattern.tag == "import" && pattern.matches(node, parsed.text()).is_some()) {
        found.push((node, around));
        return;
    }
    let block = language.scope_roles.get(usize::from(node.kind_id())).is_some_and(|role| role & BLOCK != 0);
    if depth == 0 || block {
        return;
    }
    let mut cursor = node.walk();
    node.named_children(&mut cursor).for_each(|child| imports_below(parsed, child, node, depth - 1, found));
}

/// The bytes of the clause that names a file's package.
pub fn package(parsed: &Parsed) -> Option<Range<usize>> {
    let mut cursor = parsed.root().walk();
    parsed.root().named_children(&mut cursor).find(|node| is(parsed, "package", *node)).map(|node| node.byte_range())
}

/// The name of the file's package.
pub fn package_name(parsed: &Parsed) -> Option<&str> {
    let clause = &parsed.text()[package(parsed)?];
    // Annotations may precede the word.
    let word = parsed.language().names_modules()?;
    let name = clause[words::places(clause, word).last()?.end..].trim().trim_end_matches(';').trim();
    (!name.is_empty()).then_some(name)
}

/// Where the first import of a file belongs: below its header comment, its docstring and its package clause.
pub fn first_place(parsed: &Parsed) -> usize {
    let text = parsed.text();
    let role = |node: &Node<'_>| parsed.language().scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
    let line_end = |node: &Node<'_>| {
        let end = text[..node.end_byte()].trim_end().len();
        next_line(text, end)
    };
    let (mut cursor, mut place) = (parsed.root().walk(), 0);
    for node in parsed.root().named_children(&mut cursor) {
        let (end, said) = (line_end(&node), &text[node.byte_range()]);
        // Shebangs and comments about the whole file come before everything.
        if said.starts_with("#!") || parsed.language().documentation.inner.iter().any(|sign| said.starts_with(sign.as_str())) {
            place = end;
            continue;
        }
        if role(&node) & COMMENT != 0 {
            let apart = text[end..].lines().next().is_none_or(|next| next.trim().is_empty());
            place = if apart { end } else { place };
            continue;
        }
        let is_string = |node: Node<'_>| role(&node) & STRING != 0;
        let docstring = node.named_child_count() == 1 && node.named_child(0).is_some_and(is_string) && is(parsed, "alone", node);
        if !docstring && !is(parsed, "package", node) {
            break;
        }
        place = end;
    }
    place
}

/// The imports of a statement, which may be half-written.
pub fn read(language: &Language, statement: &str) -> Vec<Import> {
    language.imports.as_ref().map(|forms| parse(forms, &bare(language, statement), 0)).unwrap_or_default()
}

/// A module that a text loads by calling a function with its path, as `require('./a')` does.
pub struct Loaded<'a> {
    /// Where the function is called.
    pub at: usize,
    pub path: &'a str,
    /// The text is nothing but that, possibly awaited.
    pub alone: bool,
}

/// The modules that a text loads by their path. Which functions load them is data of the language.
pub fn loaded<'a>(language: &'a Language, text: &'a str) -> impl Iterator<Item = Loaded<'a>> {
    let found = language.loads.iter().flat_map(move |load| words::places(text, load));
    found.filter_map(move |at| {
        let path = text[at.end..].trim_start().strip_prefix('(')?.trim_start();
        let quote = path.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
        let (path, behind) = path[1..].split_once(quote)?;
        let alone = !text[..at.start].contains([')', ']', ';', '=']) && behind.trim_matches([')', ' ']).is_empty();
        Some(Loaded { at: at.start, path, alone })
    })
}

/// An import statement with spaces in place of its comments, which may stand between any two names.
pub(super) fn bare<'a>(language: &Language, statement: &'a str) -> Cow<'a, str> {
    without_comments(statement, &language.surface)
}

/// Reads one import statement that is [`bare`].
pub(super) fn parse(forms: &ImportForms, text: &str, line: u32) -> Vec<Import> {
    let mut found = match forms.style {
        Style::Paths => forms.paths(text),
        Style::From => forms.of_module(text),
        Style::Quoted => forms.quoted(text),
        Style::Dotted => forms.dotted(text),
    };
    found.iter_mut().for_each(|import| import.line = line);
    found
}

fn import(module: &str, names: Vec<(Box<str>, Box<str>)>) -> Import {
    Import { module: module.trim().into(), names, line: 0 }
}

impl ImportForms {
    /// `a as b` and `a`.
    fn renamed(&self, text: &str) -> (Box<str>, Box<str>) {
        let apart = |word: &str| {
            let parts = text.match_indices(word).map(|(at, _)| (&text[..at], &text[at + word.len()..]));
            parts.into_iter().find(|(there, here)| there.ends_with(' ') && here.starts_with(' '))
        };
        match self.renames.as_deref().and_then(apart) {
            Some((there, here)) => (there.trim().into(), here.trim().into()),
            None => (text.trim().into(), text.trim().into()),
        }
    }

    /// A text without the leading words that say which kind of thing it is.
    fn without_kinds<'a>(&self, mut text: &'a str) -> &'a str {
        while let Some(rest) = self.kinds.iter().find_map(|kind| text.strip_prefix(kind.as_str())?.strip_prefix(' ')) {
            text = rest;
        }
        text
    }

    fn paths(&self, text: &str) -> Vec<Import> {
        let text = text.lines().collect::<Vec<_>>().join(" ");
        let Some(at) = self.path_at(&text) else { return vec![] };
        let mut found = vec![];
        self.expand(text[at..].trim().trim_end_matches(';'), "", 0, &mut found);
        found
    }

    /// Where the path begins after the word.
    fn path_at(&self, text: &str) -> Option<usize> {
        let word = format!("{} ", self.word);
        let at = if text.starts_with(&word) { 0 } else { text.find(&format!(" {word}"))? + 1 };
        Some(at + word.len())
    }

    fn expand(&self, text: &str, prefix: &str, level: usize, found: &mut Vec<Import>) {
        if level > MAX_BRACES {
            return;
        }
        for part in split_outside_braces(text) {
            let part = part.trim();
            if let Some((head, inside)) = part.split_once('{') {
                let prefix = joined(prefix, head.trim().trim_end_matches("::"));
                self.expand(inside.trim_end().strip_suffix('}').unwrap_or(inside), &prefix, level + 1, found);
                continue;
            }
            if part.is_empty() {
                continue;
            }
            let (path, here) = self.renamed(part);
            let (module, name) = path.rsplit_once("::").unwrap_or(("", &path));
            let module = joined(prefix, module);
            let (module, name) = if name == self.itself {
                module.rsplit_once("::").map_or((String::new(), module.clone()), |(m, n)| (m.into(), n.into()))
            } else {
                (module.clone(), name.into())
            };
            let here = if here == path { name.as_str().into() } else { here };
            match found.iter_mut().find(|import| *import.module == *module) {
                Some(import) => import.names.push((name.into(), here)),
                None => found.push(import(&module, vec![(name.into(), here)])),
            }
        }
    }

    fn of_module(&self, text: &str) -> Vec<Import> {
        let lines = text.lines().map(|line| line.trim_end_matches('\\'));
        let flat = lines.collect::<Vec<_>>().join(" ");
        let flat = flat.trim();
        let behind_from = self.from.as_ref().and_then(|from| flat.strip_prefix(from.as_str()));
        if let Some((module, names)) = behind_from.and_then(|rest| self.split_at_word(rest)) {
            let names = names.trim().trim_start_matches('(').trim_end_matches(')');
            let names = names.split(',').filter(|name| !name.trim().is_empty());
            return vec![import(module, names.map(|name| self.renamed(name)).collect())];
        }
        let Some(modules) = flat.strip_prefix(self.word.as_str()).and_then(|rest| rest.strip_prefix(' ')) else { return vec![] };
        let one = |module: &str| {
            let (module, here) = self.renamed(module);
            let names = if here == module { vec![] } else { vec![(ALL.into(), here)] };
            import(&module, names)
        };
        modules.split(',').map(one).collect()
    }

    /// The text before and after the word before the names; brackets and dots may touch it.
    fn split_at_word<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let at = words::places(text, &self.word).next()?;
        Some((&text[..at.start], &text[at.end..]))
    }

    /// `import a from 'b' with { type: 'json' }` without what follows the module.
    fn without_attributes<'a>(&self, text: &'a str) -> &'a str {
        let cut = |word: &String| {
            let attributes = |(at, _): &(usize, &str)| {
                let module = text[..*at].trim_end();
                // The quotation mark that closes the module, not the one that opens it.
                let closed = |quote: char| module.strip_suffix(quote).is_some_and(|rest| rest.contains(quote));
                (closed('"') || closed('\'')) && text[at + word.len()..].trim_start().starts_with('{')
            };
            text.match_indices(word.as_str()).find(attributes).map(|(at, _)| at)
        };
        let end = self.attributes.iter().filter_map(cut).min();
        end.map_or(text, |end| text[..end].trim_end())
    }

    fn quoted(&self, text: &str) -> Vec<Import> {
        let text = self.without_attributes(text);
        let Some(start) = text.rfind(['"', '\'', '>']) else { return self.own_under_other_names(text) };
        let open = match text.as_bytes()[start] {
            b'>' => '<',
            quote => quote as char,
        };
        let Some(begin) = text[..start].rfind(open) else { return vec![] };
        let module = &text[begin + 1..start];
        let before = &text[..begin];
        let mut names: Vec<(Box<str>, Box<str>)> = vec![];
        let given = self.gives.as_ref().and_then(|gives| before.rsplit_once(gives.as_str()));
        if let Some((bound, _)) = given.and_then(|(head, _)| head.rsplit_once('=')) {
            // `{a, b: c} = require('d')`, `d = require('d')`, `import d = require('d')`
            let bound = bound.trim();
            let bound = bound.strip_prefix(self.word.as_str()).filter(|rest| rest.starts_with(' ')).map_or(bound, str::trim_start);
            let inside = self.without_kinds(bound).trim_start_matches('{').trim_end_matches('}');
            let inside = self.renames.as_ref().map_or_else(|| inside.into(), |word| inside.replace(": ", &format!(" {word} ")));
            let whole = !bound.contains('{');
            let one = |name: &str| if whole { (ALL.into(), name.trim().into()) } else { self.renamed(name) };
            names.extend(inside.split(',').filter(|name| !name.trim().is_empty()).map(one));
        } else if let Some((head, rest)) = before.split_once('{') {
            names.extend(self.several(rest.split('}').next().unwrap_or_default()));
            names.extend(self.default_name(head));
        } else if self.name_first {
            names.extend(self.name_before(before).map(|here| (ALL.into(), here.into())));
        } else {
            names.extend(self.default_name(before));
        }
        vec![import(module, names)]
    }

    /// The names between braces.
    fn several(&self, inside: &str) -> impl Iterator<Item = (Box<str>, Box<str>)> {
        let several = inside.split(',').map(|name| self.without_kinds(name.trim())).filter(|name| !name.is_empty());
        several.map(|name| self.renamed(name))
    }

    /// `export { a as b }`: what the file defines itself and hands on under another name.
    fn own_under_other_names(&self, text: &str) -> Vec<Import> {
        let list = self.hands_on.as_deref().and_then(|word| text.strip_prefix(word)).and_then(|rest| rest.split_once('{'));
        let whole = list.and_then(|(_, rest)| rest.split_once('}')).filter(|(_, behind)| behind.trim_matches([';', ' ']).is_empty());
        let names: Vec<_> = whole.into_iter().flat_map(|(inside, _)| self.several(inside)).filter(|(there, here)| there != here).collect();
        if names.is_empty() { vec![] } else { vec![import(OWN, names)] }
    }

    /// The local name in front of a module's path: `tea "example.org/bubbletea"`. `_` and `.` give it none.
    fn name_before<'a>(&self, head: &'a str) -> Option<&'a str> {
        let name = head.trim();
        let name = name.strip_prefix(self.word.as_str()).filter(|rest| !rest.starts_with(words::is_word)).unwrap_or(name).trim();
        (!name.is_empty() && name != "_" && name.chars().all(words::is_word)).then_some(name)
    }

    /// `import React, …` and `import * as ns from`.
    fn default_name(&self, head: &str) -> Option<(Box<str>, Box<str>)> {
        let head = head.trim();
        // What is re-exported under a name has that name for those who import it from here.
        let handed_on =
            || head.strip_prefix(self.hands_on.as_deref()?).filter(|rest| words::has(rest, self.renames.as_deref().unwrap_or("")));
        let head = head.strip_prefix(self.word.as_str()).or_else(handed_on)?.trim();
        let head = self.from.as_ref().map_or(head, |from| head.trim_end_matches(from.as_str())).trim();
        let head = self.without_kinds(head).split(',').next()?.trim();
        if self.kinds.iter().any(|kind| kind == head) {
            return None;
        }
        let (there, here) = self.renamed(head);
        let is_name = here.chars().all(words::is_word);
        (!here.is_empty() && is_name).then(|| if &*there == ALL { (there, here) } else { ("default".into(), here) })
    }

    fn dotted(&self, text: &str) -> Vec<Import> {
        let path = self.without_kinds(text.trim().trim_end_matches(';').trim_start_matches(self.word.as_str()).trim()).trim();
        let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
        if path.is_empty() { vec![] } else { vec![import(module, vec![(name.into(), name.into())])] }
    }

    /// A statement that imports a module by its path, or a part of a list.
    pub fn statement(&self, part: &str) -> String {
        format!("{} {part}", self.word)
    }

    /// What an import takes, without the word that begins it.
    pub fn part<'a>(&self, statement: &'a str) -> &'a str {
        statement.strip_prefix(self.word.as_str()).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(statement).trim()
    }

    /// Where the names begin in a statement that names the module before them.
    pub fn names_at(&self, statement: &str) -> Option<usize> {
        statement.strip_prefix(self.from.as_deref()?)?.strip_prefix(' ')?;
        let word = format!(" {} ", self.word);
        statement.find(&word).map(|at| at + word.len())
    }

    /// Whether a statement takes several names in braces that are values.
    pub fn takes_several(&self, statement: &str) -> bool {
        let of_kind = |kind: &String| statement.starts_with(&format!("{} {kind} ", self.word));
        self.takes_several.iter().any(|word| statement.starts_with(word.as_str())) && !self.kinds.iter().any(of_kind)
    }
}

/// Maximum levels of braces in one import.
const MAX_BRACES: usize = 16;

fn joined(prefix: &str, rest: &str) -> String {
    match (prefix, rest) {
        ("", rest) => rest.into(),
        (prefix, "") => prefix.into(),
        (prefix, rest) => format!("{prefix}::{rest}"),
    }
}

fn split_outside_braces(text: &str) -> Vec<&str> {
    let mut parts = vec![];
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
