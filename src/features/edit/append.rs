//! Where new tests stand in a test file: behind those that are there, before what runs them, inside of a class where the language or the
//! tests want one. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use super::strings::fitted;
use crate::syntax::{self, Definition, Language, Parsed};
use crate::text::layout::indentation;
use crate::text::lines::{line_start, next_line};

/// A test file, for who adds to it.
pub struct TestFile<'a> {
    pub language: &'a Arc<Language>,
    /// Its name without what follows the dot.
    pub stem: &'a str,
    /// Tests are members of a class.
    pub members: bool,
    /// Blank lines between two tests.
    pub gap: &'a str,
}

impl TestFile<'_> {
    /// The text with these tests, or why they have no place in it.
    pub fn with(&self, text: &str, tests: &str) -> Result<String, String> {
        let parse = |text: &str| syntax::parse(self.language, text).map_err(|error| error.to_string());
        let (parsed, new) = (parse(text)?, parse(tests)?);
        let all = syntax::tags(&parsed, "").definitions;
        let holder = self.holder(&parsed, &all, &new)?;
        not_twice(text, &all, holder, &new)?;
        match holder.and_then(|holder| all.get(holder)) {
            Some(holder) => Ok(self.into(text, holder, tests)),
            None => Ok(self.behind(text, last_place(&parsed, &all), tests)),
        }
    }

    /// The class that the tests go into; none where they stand free.
    fn holder(&self, parsed: &Parsed, all: &[Definition], new: &Parsed) -> Result<Option<usize>, String> {
        let text = parsed.text();
        let own = syntax::tags(new, "").definitions;
        let takes_self = |one: &Definition| {
            let parameters = new.text()[one.name.range().end..].trim_start().strip_prefix('(');
            one.parent.is_none() && one.kind.is_callable() && parameters.is_some_and(|rest| rest.trim_start().starts_with("self"))
        };
        if !(self.members || self.language.indented && own.iter().any(takes_self)) {
            return Ok(None);
        }
        let types = all.iter().enumerate().filter(|(_, one)| one.parent.is_none() && one.kind.is_type() && !one.body.is_empty());
        let types: Vec<(usize, &Definition)> = types.collect();
        let named = types.iter().find(|(_, one)| self.members && one.name.of(text) == self.stem);
        let found = named.or(types.last()).map(|(at, _)| *at);
        found.map(Some).ok_or_else(|| "the tests are members of a class, and there is none in the file: give the class too".to_string())
    }

    /// Members at the end of a class.
    fn into(&self, text: &str, holder: &Definition, tests: &str) -> String {
        let body = holder.body.range();
        let outer = indentation(&text[line_start(text, holder.item.range().start)..]);
        let braced = text[body.clone()].starts_with('{');
        let inside = if braced { &text[body.start + 1..body.end - 1] } else { &text[line_start(text, body.start)..body.end] };
        let first = inside.lines().find(|line| !line.trim().is_empty()).map(indentation).filter(|own| own.len() > outer.len());
        let inner = first.map_or_else(|| format!("{outer}{}", self.language.indent_unit(text)), String::from);
        let tests = fitted(Some(self.language), tests.trim_matches('\n'), &inner);
        let tests = tests.trim_end();
        if !braced {
            let end = next_line(text, body.end);
            let line_end = if text[..end].ends_with('\n') { "" } else { "\n" };
            return format!("{}{line_end}\n{tests}\n{}", &text[..end], &text[end..]);
        }
        let close = body.end - 1;
        let gap = if inside.trim().is_empty() { "" } else { "\n" };
        let line = line_start(text, close);
        if text[line..close].trim().is_empty() && line > body.start {
            return format!("{}{gap}{tests}\n{}", &text[..line], &text[line..]);
        }
        format!("{}\n{gap}{tests}\n{outer}{}", text[..close].trim_end(), &text[close..])
    }

    /// Behind what stands before a place.
    fn behind(&self, text: &str, place: usize, tests: &str) -> String {
        let (before, after) = (text[..place].trim_end(), &text[place..]);
        let tests = fitted(Some(self.language), tests, "");
        let tests = tests.trim();
        let above = if before.is_empty() { String::new() } else { format!("{before}\n{}", self.gap) };
        let below = if after.trim().is_empty() { String::new() } else { format!("{}{after}", self.gap) };
        format!("{above}{tests}\n{below}")
    }
}

/// Before what runs the tests, where that stands at the end of the file; else its end.
fn last_place(parsed: &Parsed, all: &[Definition]) -> usize {
    let (text, language) = (parsed.text(), parsed.language());
    if language.indented {
        let starts = text.match_indices("if __name__").map(|(at, _)| at);
        return starts.filter(|at| line_start(text, *at) == *at).last().unwrap_or(text.len());
    }
    let main =
        all.iter().find(|one| language.declared_first && one.parent.is_none() && one.name.of(text) == "main" && !one.body.is_empty());
    let start = main.map(|main| if main.doc.is_empty() { main.item.range().start } else { main.doc.range().start });
    start.map_or(text.len(), |start| line_start(text, start))
}

/// Two tests of one name are an error, or one of them is never run.
fn not_twice(text: &str, all: &[Definition], holder: Option<usize>, new: &Parsed) -> Result<(), String> {
    let among = |one: &&Definition| one.parent == holder.map(|holder| holder as u32) && (one.container.is_empty() || holder.is_some());
    let there: HashSet<&str> = all.iter().filter(among).map(|one| one.name.of(text)).collect();
    let own = syntax::tags(new, "").definitions;
    let twice = own.iter().filter(|one| one.parent.is_none() && one.container.is_empty() && (one.kind.is_callable() || one.kind.is_type()));
    match twice.map(|one| one.name.of(new.text())).find(|name| there.contains(name)) {
        Some(name) => Err(format!("`{name}` is in the test file already; give the new tests other names")),
        None => Ok(()),
    }
}
