//! The imports that come with new code: taken from it whole, as its tree has them, and put behind those that a file has, without what it
//! imports already. Pure.

use std::sync::Arc;

use crate::syntax::import::{self, Statement};
use crate::syntax::{self, Import, Language, Parsed};
use crate::text::lines::next_line;

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
    let has =
        |one: &Wanted| !one.imports.is_empty() && one.imports.iter().all(|import| facts.imports.iter().any(|known| covers(known, import)));
    wanted.retain(|one| !has(one));
    if wanted.is_empty() { text } else { put(&parsed, &wanted) }
}

/// Whether an import brings in all that another does.
fn covers(known: &Import, wanted: &Import) -> bool {
    known.module == wanted.module
        && wanted.names.iter().all(|name| known.names.contains(name))
        && known.names.is_empty() == wanted.names.is_empty()
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
