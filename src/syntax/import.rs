//! Import statements: what is imported from where, read from their text. Four styles serve all languages. And where they stand at the top
//! of a file, for who adds one.

use crate::text::lines::next_line;
use crate::text::words;
use std::ops::Range;

use serde::Deserialize;
use tree_sitter::Node;

use super::place::is;
use super::scope::{BLOCK, COMMENT, STRING};
use super::{Language, Parsed};

/// How a language writes imports; `imports` in `languages.toml`.
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

/// Names taken from one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// As it is written: `crate::index`, `.models`, `./view`, `fmt`, `java.util`.
    pub module: Box<str>,
    /// What is taken and how it is called here; empty when it is the module itself.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// Zero-based.
    pub line: u32,
}

impl Import {
    /// The names that this binds here, with their last offset in `text`.
    pub(super) fn bound<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        self.names
            .iter()
            .filter(|(_, here)| &**here != "*" && &**here != "_")
            .filter_map(|(_, here)| Some((words::places(text, here).last()?.start, &**here)))
    }
}

/// An import statement at the top of a file, with all its lines.
#[derive(Clone, Debug)]
pub struct Statement {
    pub range: Range<usize>,
    /// What it brings in, with the place of each in a list of several, else of the whole.
    pub parts: Vec<(Range<usize>, Vec<Import>)>,
    /// The list in parentheses, as Go has it.
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
    let read = |range: Range<usize>| parsed.language().imports.map(|style| parse(style, text(range), 0)).unwrap_or_default();
    let list = Some(around.byte_range()).filter(|range| first != top && text(range.clone()).starts_with('('));
    let parts = match list {
        Some(_) => found.iter().map(|(part, _)| (part.byte_range(), read(part.byte_range()))).collect(),
        None => vec![(top.byte_range(), found.iter().flat_map(|(part, _)| read(part.byte_range())).collect())],
    };
    Some(Statement { range: top.byte_range(), parts, list })
}

/// Imports in a statement, with the node around each; not those in blocks or definitions, which are of that place alone.
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

/// Where a file names its package.
pub fn package(parsed: &Parsed) -> Option<Range<usize>> {
    let mut cursor = parsed.root().walk();
    parsed.root().named_children(&mut cursor).find(|node| is(parsed, "package", *node)).map(|node| node.byte_range())
}

/// The name of that package.
pub fn package_name(parsed: &Parsed) -> Option<&str> {
    let clause = &parsed.text()[package(parsed)?];
    // Annotations may stand before the word.
    let name = clause[words::places(clause, "package").last()?.end..].trim().trim_end_matches(';').trim();
    (!name.is_empty()).then_some(name)
}

/// Where the first import of a file goes: behind the comments that stand apart at its top, its docstring, and the name of its package.
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
        // What speaks of the whole file, who runs it and what holds for all of it among that, stands above everything.
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

/// What an import statement takes, which may be only half written.
pub fn read(language: &Language, statement: &str) -> Vec<Import> {
    language.imports.map(|style| parse(style, statement, 0)).unwrap_or_default()
}

/// Reads one import statement.
pub(super) fn parse(style: Style, text: &str, line: u32) -> Vec<Import> {
    let mut found = match style {
        Style::Paths => paths(text),
        Style::From => from(text),
        Style::Quoted => quoted(text),
        Style::Dotted => dotted(text),
    };
    found.iter_mut().for_each(|import| import.line = line);
    found
}

fn import(module: &str, names: Vec<(Box<str>, Box<str>)>) -> Import {
    Import { module: module.trim().into(), names, line: 0 }
}

/// `a as b` and `a`.
fn renamed(text: &str) -> (Box<str>, Box<str>) {
    match text.split_once(" as ") {
        Some((there, here)) => (there.trim().into(), here.trim().into()),
        None => (text.trim().into(), text.trim().into()),
    }
}

fn paths(text: &str) -> Vec<Import> {
    let text = without_comments(text);
    let Some(at) = find_use(&text) else { return vec![] };
    let mut found = vec![];
    expand(text[at..].trim().trim_end_matches(';'), "", 0, &mut found);
    found
}

/// Where the path begins after `use`.
fn find_use(text: &str) -> Option<usize> {
    let at = if text.starts_with("use ") { 0 } else { text.find(" use ")? + 1 };
    Some(at + 4)
}

/// Most levels of braces in one `use`.
const MAX_BRACES: usize = 16;

fn expand(text: &str, prefix: &str, level: usize, found: &mut Vec<Import>) {
    if level > MAX_BRACES {
        return;
    }
    for part in split_outside_braces(text) {
        let part = part.trim();
        if let Some((head, inside)) = part.split_once('{') {
            let prefix = joined(prefix, head.trim().trim_end_matches("::"));
            expand(inside.trim_end().strip_suffix('}').unwrap_or(inside), &prefix, level + 1, found);
            continue;
        }
        if part.is_empty() {
            continue;
        }
        let (path, here) = renamed(part);
        let (module, name) = path.rsplit_once("::").unwrap_or(("", &path));
        let module = joined(prefix, module);
        let (module, name) = if name == "self" {
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

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

fn from(text: &str) -> Vec<Import> {
    let flat: String =
        text.lines().map(|line| line.split('#').next().unwrap_or_default().trim_end_matches('\\')).collect::<Vec<_>>().join(" ");
    let flat = flat.trim();
    if let Some((module, names)) = flat.strip_prefix("from").and_then(split_at_import) {
        let names = names.trim().trim_start_matches('(').trim_end_matches(')');
        return vec![import(module, names.split(',').filter(|name| !name.trim().is_empty()).map(renamed).collect())];
    }
    let Some(modules) = flat.strip_prefix("import ") else { return vec![] };
    modules.split(',').map(|module| import(&renamed(module).0, vec![])).collect()
}

/// What stands before and after the word `import`; brackets and dots may touch it.
fn split_at_import(text: &str) -> Option<(&str, &str)> {
    let at = words::places(text, "import").next()?;
    Some((&text[..at.start], &text[at.end..]))
}

/// `import a from 'b' with { type: 'json' }` without what follows the module.
fn without_attributes(text: &str) -> &str {
    let cut = |word: &str| {
        let attributes = |(at, _): &(usize, &str)| {
            let module = text[..*at].trim_end();
            // The quotation mark that closes the module, not the one that opens it.
            let closed = |quote: char| module.strip_suffix(quote).is_some_and(|rest| rest.contains(quote));
            (closed('"') || closed('\'')) && text[at + word.len()..].trim_start().starts_with('{')
        };
        text.match_indices(word).find(attributes).map(|(at, _)| at)
    };
    let end = ["with", "assert"].into_iter().filter_map(cut).min();
    end.map_or(text, |end| text[..end].trim_end())
}

fn quoted(text: &str) -> Vec<Import> {
    let text = without_attributes(text);
    let Some(start) = text.rfind(['"', '\'', '>']) else { return vec![] };
    let open = match text.as_bytes()[start] {
        b'>' => '<',
        quote => quote as char,
    };
    let Some(begin) = text[..start].rfind(open) else { return vec![] };
    let module = &text[begin + 1..start];
    let before = &text[..begin];
    let mut names: Vec<(Box<str>, Box<str>)> = vec![];
    if let Some((bound, _)) = before.rsplit_once("require").and_then(|(head, _)| head.rsplit_once('=')) {
        // `{a, b: c} = require('d')`, `d = require('d')`
        let inside = bound.trim().trim_start_matches('{').trim_end_matches('}').replace(": ", " as ");
        let whole = !bound.contains('{');
        let one = |name: &str| if whole { ("*".into(), name.trim().into()) } else { renamed(name) };
        names.extend(inside.split(',').filter(|name| !name.trim().is_empty()).map(one));
    } else if let Some((head, rest)) = before.split_once('{') {
        let inside = rest.split('}').next().unwrap_or_default();
        names.extend(inside.split(',').map(|name| name.trim().trim_start_matches("type ")).filter(|name| !name.is_empty()).map(renamed));
        names.extend(default_name(head));
    } else {
        names.extend(default_name(before));
    }
    vec![import(module, names)]
}

/// `import React, …` and `import * as ns from`.
fn default_name(head: &str) -> Option<(Box<str>, Box<str>)> {
    let head = head.trim().strip_prefix("import")?.trim().trim_end_matches("from").trim();
    let head = head.trim_start_matches("type ").split(',').next()?.trim();
    if head == "type" {
        return None;
    }
    let (there, here) = renamed(head);
    let is_name = here.chars().all(words::is_word);
    (!here.is_empty() && is_name).then(|| if &*there == "*" { (there, here) } else { ("default".into(), here) })
}

fn dotted(text: &str) -> Vec<Import> {
    let path = text.trim().trim_end_matches(';').trim_start_matches("import").trim().trim_start_matches("static ").trim();
    let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
    if path.is_empty() { vec![] } else { vec![import(module, vec![(name.into(), name.into())])] }
}
