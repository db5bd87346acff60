//! The imports that come with new code: taken from it whole, as its tree has them, and put behind those that a file has, without what it
//! imports already. Pure.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::syntax::import::{self, Statement};
use crate::syntax::{self, Import, Language, Parsed};
use crate::text::lines::next_line;
use crate::text::words;

/// What new code wants to import.
pub struct Wanted {
    /// As it is written, and what it brings in.
    text: String,
    imports: Vec<Import>,
    /// It is one of a list in parentheses.
    part: bool,
}

/// The imports of a code, and the code without them. The name of its package is that of the file.
pub fn split(language: &Arc<Language>, code: &str) -> (Vec<Wanted>, String) {
    let Ok(parsed) = syntax::parse(language, code) else { return (vec![], code.into()) };
    let statements = import::statements(&parsed);
    let mut rest = code.to_string();
    for statement in statements.iter().rev() {
        // What only ends the line goes with it.
        let end = statement.range.end + code[statement.range.end..].find('\n').map_or(0, |at| at + 1);
        let end =
            if code[statement.range.end..end].trim_matches([';', ' ', '\t', '\r', '\n']).is_empty() { end } else { statement.range.end };
        rest.replace_range(statement.range.start..end, "");
    }
    if let Some(package) = import::package(&parsed) {
        rest.replace_range(package, "");
    }
    (statements.iter().flat_map(|statement| wanted(&parsed, statement)).collect(), rest)
}

fn wanted(parsed: &Parsed, statement: &Statement) -> Vec<Wanted> {
    let part = statement.list.is_some();
    let one = |(range, imports): &(std::ops::Range<usize>, Vec<Import>)| Wanted {
        text: parsed.text()[range.clone()].trim_end().to_string(),
        imports: imports.clone(),
        part,
    };
    statement.parts.iter().map(one).collect()
}

/// A text with the import `own` of the name that is tested, and with what else is wanted, as far as it is not there.
pub fn added(language: &Arc<Language>, text: String, own: &str, name: &str, mut wanted: Vec<Wanted>) -> String {
    let Ok(parsed) = syntax::parse(language, text.as_str()) else { return text };
    let facts = syntax::tags(&parsed, "");
    let brings = |import: &Import| import.names.iter().any(|(_, here)| &**here == name);
    let known = facts.imports.iter().any(brings) || facts.definitions.iter().any(|one| one.name.of(&text) == name);
    if !own.is_empty() && !known {
        // Ours says the right place; one that brings in more than the name is not to bring it in twice.
        wanted.retain(|one| !one.imports.iter().all(|import| brings(import) && import.names.len() == 1));
        if !wanted.iter().any(|one| one.imports.iter().any(brings)) {
            wanted.insert(0, Wanted { text: own.into(), imports: vec![], part: false });
        }
    }
    // Of several names those that are there already are not brought in twice.
    let covered = |import: &Import, name: &(Box<str>, Box<str>)| {
        facts.imports.iter().any(|known| known.module == import.module && known.names.contains(name))
    };
    let missing = |one: Wanted| {
        let all = || one.imports.iter().flat_map(|import| import.names.iter().map(move |name| (import, name)));
        let needed: Vec<String> = all().filter(|(import, name)| !covered(import, name)).map(|(_, (_, here))| here.to_string()).collect();
        if needed.is_empty() || needed.len() == all().count() { one } else { one.narrowed(&needed) }
    };
    wanted = wanted.into_iter().map(missing).collect();
    let has =
        |one: &Wanted| !one.imports.is_empty() && one.imports.iter().all(|import| facts.imports.iter().any(|known| covers(known, import)));
    wanted.retain(|one| !has(one) && !text.contains(one.text.trim()));
    if wanted.is_empty() { text } else { put(&parsed, &wanted) }
}

/// Whether an import brings in all that another does.
fn covers(known: &Import, wanted: &Import) -> bool {
    let all = |import: &Import| import.names.iter().any(|(there, here)| &**there == "*" && &**here == "*");
    known.module == wanted.module && all(known)
        || known.module == wanted.module
            && wanted.names.iter().all(|name| known.names.contains(name))
            && known.names.is_empty() == wanted.names.is_empty()
}

/// A text with the imports that code needs to stand in it and does not bring along, from statements by which others import the same names.
pub fn completed(language: &Arc<Language>, text: String, code: &str, samples: &[String]) -> String {
    let (Ok(parsed), Ok(new)) = (syntax::parse(language, text.as_str()), syntax::parse(language, code)) else { return text };
    let facts = syntax::tags(&parsed, "");
    let own = syntax::tags(&new, "");
    let mut known: HashSet<String> = facts.imports.iter().flat_map(bound).collect();
    known.extend(facts.definitions.iter().map(|one| one.name.of(&text).to_string()));
    known.extend(own.definitions.iter().map(|one| one.name.of(code).to_string()));
    let all_of = |import: &Import| import.names.iter().all(|(there, here)| &**there == "*" && &**here == "*") && !import.names.is_empty();
    let of_class = |import: &Import| all_of(import) && import.module.rsplit('.').next().is_some_and(is_type_name);
    // Whatever is called there may come from a class of which all is taken.
    let has_all = facts.imports.iter().any(of_class);
    let (mut found, mut wildcards) = (vec![], vec![]);
    for sample in samples {
        let Ok(sample) = syntax::parse(language, sample.as_str()) else { continue };
        for one in import::statements(&sample).iter().flat_map(|statement| wanted(&sample, statement)) {
            // From a class all of its static members can be taken at once.
            if one.imports.iter().any(of_class) {
                wildcards.push(one);
                continue;
            }
            let named = |name: &String| {
                !known.contains(name) && (is_type_name(name) || !has_all) && words::places(code, name).any(|at| is_use(code, &at, &one))
            };
            let needed: Vec<String> = one.imports.iter().flat_map(bound).filter(named).collect();
            if !needed.is_empty() {
                found.push(one.narrowed(&needed));
                known.extend(needed);
            }
        }
    }
    if let Some(wildcard) = wildcards.into_iter().next().filter(|_| !has_all && bare_calls(code).any(|name| !known.contains(name))) {
        found.push(wildcard);
    }
    let has = |one: &Wanted| text.contains(one.text.trim());
    found.retain(|one| !has(one));
    if found.is_empty() { text } else { put(&parsed, &found) }
}

impl Wanted {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It brings in a module, by whose name its members are called.
    fn is_module(&self) -> bool {
        self.imports.iter().all(|import| import.names.is_empty())
    }

    /// With these names alone.
    fn narrowed(mut self, needed: &[String]) -> Self {
        let here = |part: &&str| needed.iter().any(|name| part.trim().rsplit(' ').next() == Some(name));
        if let Some((open, close)) = self.text.find('{').zip(self.text.rfind('}')).filter(|(open, close)| open < close) {
            let inside = &self.text[open + 1..close];
            let space = if inside.starts_with(' ') { " " } else { "" };
            let kept: Vec<&str> = inside.split(',').filter(here).map(str::trim).collect();
            self.text = match kept[..] {
                // One name behind a path needs no braces.
                [only] if self.text[..open].ends_with("::") => format!("{}{only}{}", &self.text[..open], &self.text[close + 1..]),
                _ => format!("{}{space}{}{space}{}", &self.text[..=open], kept.join(", "), &self.text[close..]),
            };
        } else if let Some((head, names)) = self.text.split_once(" import ").filter(|(head, _)| head.starts_with("from ")) {
            let kept: Vec<&str> = names.trim_matches(['(', ')', ' ', '\n']).split(',').filter(here).map(str::trim).collect();
            self.text = format!("{head} import {}", kept.join(", "));
        }
        self
    }
}

/// The names that an import brings in.
fn bound(import: &Import) -> Vec<String> {
    if import.names.is_empty() {
        // A module is called by the last part of its path, without a version.
        let parts = || {
            import
                .module
                .rsplit('/')
                .filter(|part| !part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|digit| digit.is_ascii_digit())))
        };
        return parts().next().map(|name| name.to_string()).into_iter().collect();
    }
    import.names.iter().map(|(_, here)| here.to_string()).filter(|here| here != "*" && here != "_").collect()
}

fn is_type_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_uppercase())
}

/// Whether a word in code uses what an import would bring in: it is called, taken apart or stands as a mark, and is not given a value there.
fn is_use(code: &str, at: &Range<usize>, import: &Wanted) -> bool {
    let (before, after) = (&code[..at.start], &code[at.end..]);
    let sets = after.trim_start_matches([' ', '\t']);
    if before.ends_with('.') || sets.starts_with(":=") || sets.starts_with('=') && !sets.starts_with("==") {
        return false;
    }
    match import.is_module() {
        true => after.starts_with('.'),
        false => before.ends_with('@') || after.starts_with(['(', '.', '<', '!', '`']),
    }
}

/// The names of what is called without anything before it.
fn bare_calls(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices('(').filter_map(|(at, _)| {
        let name = words::last(&code[..at]);
        let before = &code[..at - name.len()];
        let starts_small = name.starts_with(|letter: char| letter.is_lowercase());
        let word = words::last(before.trim_end());
        let is_keyword = matches!(name, "if" | "for" | "while" | "switch" | "catch" | "return" | "try" | "synchronized" | "this" | "super");
        (starts_small && !is_keyword && !before.ends_with(['.', '@']) && word != "new").then_some(name)
    })
}

/// The text with these imports: in the list of its imports, behind the last of them, or where the first one goes.
fn put(parsed: &Parsed, wanted: &[Wanted]) -> String {
    let mut text = parsed.text().to_string();
    let statements = import::statements(parsed);
    if let Some(list) = statements.iter().rev().find_map(|statement| statement.list.clone()) {
        let close = list.end - 1;
        let parts: String = wanted.iter().map(|one| format!("\t{}\n", one.text.trim_start_matches("import ").trim())).collect();
        let gap = if text[..close].ends_with('\n') { "" } else { "\n" };
        text.insert_str(close, &format!("{gap}{parts}"));
        return text;
    }
    let line = |one: &Wanted| if one.part { format!("import {}\n", one.text) } else { format!("{}\n", one.text) };
    let lines: String = wanted.iter().map(line).collect();
    if let Some(last) = statements.last() {
        let end = text[..last.range.end].trim_end().len();
        let at = next_line(&text, end);
        let gap = if text[..at].ends_with('\n') { "" } else { "\n" };
        text.insert_str(at, &format!("{gap}{lines}"));
        return text;
    }
    let at = import::first_place(parsed);
    let above = if at == 0 || text[..at].ends_with("\n\n") { "" } else { "\n" };
    let below = if text[at..].is_empty() || text[at..].starts_with('\n') { "" } else { "\n" };
    text.insert_str(at, &format!("{above}{lines}{below}"));
    text
}
