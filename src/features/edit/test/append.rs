//! The place of new tests in a test file: behind the existing ones, before what runs them, in a class if the language or the tests need
//! one. Pure.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::dedup::sift;
use crate::features::edit::fit::layout::opened;
use crate::features::edit::fit::strings::{fitted, fitted_in};
use crate::syntax::{self, Definition, Language, Parsed, TestFiles};
use crate::text::excerpt::squeezed;
use crate::text::layout::{indent_unit, indentation};
use crate::text::lines::{line_start, next_line};
use crate::text::words;

/// A test file that gets new tests.
pub struct TestFile<'a> {
    pub language: &'a Arc<Language>,
    /// Its name up to the first dot.
    pub stem: &'a str,
    /// Tests are members of a class.
    pub members: bool,
    /// The text between two tests: blank lines.
    pub gap: &'a str,
}

impl TestFile<'_> {
    /// The text with these tests, or why they have no place in it.
    pub fn with(&self, text: &str, tests: &str) -> Result<String, String> {
        let parse = |text: &str| syntax::parse(self.language, text).map_err(|error| error.to_string());
        let (parsed, new) = (parse(text)?, parse(tests)?);
        let all = syntax::tags(&parsed, "").definitions;
        if let Some((holder, members, rest)) = self.shared(&parsed, &all, &new)? {
            let text = if members.trim().is_empty() { text.to_string() } else { self.into(&parsed, &all[holder], &members) };
            return if rest.trim().is_empty() { Ok(text) } else { self.with(&text, &rest) };
        }
        let holder = self.holder(&parsed, &all, &new)?;
        not_twice(text, &all, holder, &new)?;
        match holder.and_then(|holder| all.get(holder)) {
            Some(holder) => Ok(self.into(&parsed, holder, tests)),
            None => {
                // Tests with a namespace of their own stand outside of other namespaces.
                let own = self.rules().and_then(|rules| rules.wrapped_in.as_ref()).is_some_and(|word| tests.contains(word.as_str()));
                let place = if own { text.len() } else { last_place(&parsed, &all) };
                let text = self.behind(text, place, tests);
                Ok(match self.rules().and_then(|rules| rules.main.as_ref()) {
                    Some(main) => registered(self.language, main, text, &new),
                    None => text,
                })
            }
        }
    }

    fn rules(&self) -> Option<&TestFiles> {
        self.language.tests.as_ref()
    }

    /// A class of the new tests that the file has, too, with the members that are new; and the tests without that class.
    fn shared(&self, parsed: &Parsed, all: &[Definition], new: &Parsed) -> Result<Option<(usize, String, String)>, String> {
        let (text, tests) = (parsed.text(), new.text());
        let free = |one: &Definition| one.parent.is_none() && one.kind.is_type() && !one.body.is_empty();
        let own = syntax::tags(new, "").definitions;
        let both = own.iter().filter(|one| self.language.indented && free(one)).find_map(|one| {
            let same = |known: &Definition| free(known) && known.name.of(text) == one.name.of(tests);
            Some((all.iter().position(same)?, one))
        });
        let Some((holder, class)) = both else { return Ok(None) };
        let inside = |text: &str, class: &Definition| {
            let body = class.body.range();
            fitted(Some(self.language), &text[line_start(text, body.start)..body.end], "")
        };
        let members = sift(self.language, &inside(tests, class), &inside(text, &all[holder]), &[]);
        let parsed = syntax::parse(self.language, members.as_str()).map_err(|error| error.to_string())?;
        not_twice(text, all, Some(holder), &parsed)?;
        let start = line_start(tests, class.item.start as usize);
        let rest = [&tests[..start], &tests[next_line(tests, class.item.end as usize)..]].concat();
        Ok(Some((holder, members, rest)))
    }

    /// The class that the tests go to; none if they are functions.
    fn holder(&self, parsed: &Parsed, all: &[Definition], new: &Parsed) -> Result<Option<usize>, String> {
        let text = parsed.text();
        let own = syntax::tags(new, "").definitions;
        let takes_self = |one: &Definition| {
            let parameters = new.text()[one.name.range().end..].trim_start().strip_prefix('(');
            one.parent.is_none()
                && one.kind.is_callable()
                && parameters.is_some_and(|rest| self.language.types.is_own(words::first(rest.trim_start())))
        };
        if !(self.members || self.language.indented && own.iter().any(takes_self)) {
            return Ok(None);
        }
        let types = all.iter().enumerate().filter(|(_, one)| one.parent.is_none() && one.kind.is_type() && !one.body.is_empty());
        let types: Vec<(usize, &Definition)> = types.collect();
        let named = types.iter().find(|(_, one)| self.members && one.name.of(text) == self.stem);
        let found = named.or(types.last()).map(|(at, _)| *at);
        found.map(Some).ok_or_else(|| "the tests are members of a class, and there is none in the file\ngive the class too".to_string())
    }

    /// Adds members at the end of a class.
    fn into(&self, parsed: &Parsed, holder: &Definition, tests: &str) -> String {
        let (text, body) = (parsed.text(), holder.body.range());
        let outer = indentation(&text[line_start(text, holder.item.range().start)..]);
        let braces = braces(parsed, &body);
        let inside = braces.as_ref().map_or_else(|| &text[line_start(text, body.start)..body.end], |inside| &text[inside.clone()]);
        let first = inside.lines().find(|line| !line.trim().is_empty()).map(indentation).filter(|own| own.len() > outer.len());
        let inner = first.map_or_else(|| format!("{outer}{}", parsed.indent_unit()), String::from);
        let tests = fitted_in(Some(self.language), tests.trim_matches('\n'), &inner, inner.strip_prefix(outer));
        let tests = tests.trim_end();
        let Some(braces) = braces else {
            let end = next_line(text, body.end);
            let line_end = if text[..end].ends_with('\n') { "" } else { "\n" };
            return format!("{}{line_end}\n{tests}\n{}", &text[..end], &text[end..]);
        };
        let close = braces.end;
        let gap = if inside.trim().is_empty() { "" } else { "\n" };
        if close == body.end {
            return format!("{}\n{gap}{tests}\n{}", text[..close].trim_end(), text[close..].trim_start_matches(['\r', '\n']));
        }
        let line = line_start(text, close);
        if text[line..close].trim().is_empty() && line > body.start {
            return format!("{}{gap}{tests}\n{}", &text[..line], &text[line..]);
        }
        format!("{}\n{gap}{tests}\n{outer}{}", text[..close].trim_end(), &text[close..])
    }

    /// Adds tests behind what stands before a place.
    fn behind(&self, text: &str, place: usize, tests: &str) -> String {
        let (before, after) = (text[..place].trim_end(), &text[place..]);
        let known = syntax::parse(self.language, text).ok().map_or_else(|| indent_unit(text), |parsed| parsed.indent_unit());
        let unit = Some(known).filter(|_| text.lines().any(|line| line.starts_with([' ', '\t'])));
        let tests = fitted_in(Some(self.language), tests, "", unit.as_deref());
        let tests = tests.trim();
        let above = if before.is_empty() { String::new() } else { format!("{before}\n{}", self.gap) };
        let below = if after.trim().is_empty() { String::new() } else { format!("{}{after}", self.gap) };
        format!("{above}{tests}\n{below}")
    }
}

/// The inside of a body in braces: up to the last brace, or to the end if it is not closed yet. In a text that does not parse the last
/// brace may belong to something inside.
pub(super) fn braces(parsed: &Parsed, body: &Range<usize>) -> Option<Range<usize>> {
    let text = &parsed.text()[body.clone()];
    let inside = text.strip_prefix('{')?;
    let is_closed = inside.ends_with('}') && (!parsed.is_broken() || opened(text) <= 0);
    Some(body.start + 1..body.end - usize::from(is_closed))
}

/// Before what runs the tests at the end of the file; else the end.
fn last_place(parsed: &Parsed, all: &[Definition]) -> usize {
    let (text, language) = (parsed.text(), parsed.language());
    let Some(rules) = &language.tests else { return text.len() };
    if let Some(run_by) = &rules.run_by {
        let starts = text.match_indices(run_by.as_str()).map(|(at, _)| at);
        return starts.filter(|at| line_start(text, *at) == *at).last().unwrap_or(text.len());
    }
    let is_main = |one: &&Definition| rules.main.as_deref() == Some(one.name.of(text));
    let main = all.iter().filter(is_main).find(|one| one.parent.is_none() && !one.body.is_empty());
    if let (None, Some(wraps)) = (main, &rules.wrapped_in) {
        // Inside of the namespaces at the end of the file, which are usually closed with `}  // namespace io`.
        let comment = language.comment.as_deref().unwrap_or_default();
        let closes = |line: &str| line.starts_with('}') && line.contains(comment) && line.contains(wraps.as_str());
        let from = text.trim_end().lines().rev().take_while(|line| line.is_empty() || closes(line)).filter(|line| closes(line)).last();
        return from.and_then(|line| text.rfind(&format!("\n{line}"))).map_or(text.len(), |at| at + 1);
    }
    let start = main.map(|main| if main.doc.is_empty() { main.item.range().start } else { main.doc.range().start });
    start.map_or(text.len(), |start| line_start(text, start))
}

/// Fails if a test's name is taken: that is an error, or one of the two never runs.
fn not_twice(text: &str, all: &[Definition], holder: Option<usize>, new: &Parsed) -> Result<(), String> {
    let among = |one: &&Definition| one.parent == holder.map(|holder| holder as u32) && (one.container.is_empty() || holder.is_some());
    let there: HashSet<String> = all.iter().filter(among).map(|one| called(one, text)).collect();
    let own = syntax::tags(new, "").definitions;
    let twice = own.iter().filter(|one| one.parent.is_none() && one.container.is_empty() && (one.kind.is_callable() || one.kind.is_type()));
    match twice.map(|one| called(one, new.text())).find(|name| there.contains(name)) {
        Some(name) => Err(format!("`{name}` is in the test file already\ngive the new tests other names")),
        None => Ok(()),
    }
}

/// What identifies a definition: its name, or what a macro makes of it, such as `TEST(Ring, IsEmpty)`.
fn called(one: &Definition, text: &str) -> String {
    let name = one.name.of(text);
    let is_macro = name.len() > 1 && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    if is_macro && one.kind.is_callable() { squeezed(one.signature.of(text)) } else { name.into() }
}

/// If `main` calls the tests of a file: the text with calls of new tests below the last call, written alike.
fn registered(language: &Arc<Language>, main: &str, text: String, new: &Parsed) -> String {
    let is_test = |name: &&str| language.test_names.may_be_of_test(name);
    let all = syntax::parse(language, text.as_str()).map(|parsed| syntax::tags(&parsed, "").definitions).unwrap_or_default();
    let Some(main) = all.iter().find(|one| one.parent.is_none() && one.name.of(&text) == main && !one.body.is_empty()) else {
        return text;
    };
    let known: Vec<&str> = all.iter().filter(|one| one.kind.is_callable()).map(|one| one.name.of(&text)).filter(is_test).collect();
    let own = syntax::tags(new, "").definitions;
    let added = own.iter().filter(|one| one.parent.is_none() && one.kind.is_callable()).map(|one| one.name.of(new.text()));
    let body = main.body.range();
    let in_main = |name: &&str| words::places(&text[body.clone()], name).next().is_some();
    let added: Vec<&str> = added.filter(is_test).filter(|name| !in_main(name)).collect();
    // A call on a line of its own: `test_size();`, `RUN_TEST(test_size);`.
    let called = |line: &str| known.iter().copied().find(|name| words::places(line, name).count() == 1 && line.trim_end().ends_with(");"));
    let Some((line, old)) = text[body.clone()].lines().rev().find_map(|line| Some((line, called(line)?))) else { return text };
    let at = body.start + text[body.clone()].rfind(line).unwrap_or_default() + line.len();
    let more: String = added.iter().map(|name| format!("\n{}", line.replacen(old, name, 1))).collect();
    [&text[..at], &more, &text[at..]].concat()
}
