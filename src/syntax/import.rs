//! Import statements: what is imported from where, read from their text. Four styles serve all languages.

use serde::Deserialize;

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
            .filter_map(|(_, here)| Some((find_word(text, here)?, &**here)))
    }
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.rmatch_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].chars().next_back().is_some_and(is_word) && !text[at + word.len()..].chars().next().is_some_and(is_word))
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
    const WORD: &str = "import";
    let apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
    let whole = |at: &usize| apart(text[..*at].chars().next_back()) && apart(text[at + WORD.len()..].chars().next());
    let at = text.match_indices(WORD).map(|(at, _)| at).find(whole)?;
    Some((&text[..at], &text[at + WORD.len()..]))
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
    let is_name = here.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$');
    (!here.is_empty() && is_name).then(|| if &*there == "*" { (there, here) } else { ("default".into(), here) })
}

fn dotted(text: &str) -> Vec<Import> {
    let path = text.trim().trim_end_matches(';').trim_start_matches("import").trim().trim_start_matches("static ").trim();
    let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
    if path.is_empty() { vec![] } else { vec![import(module, vec![(name.into(), name.into())])] }
}
