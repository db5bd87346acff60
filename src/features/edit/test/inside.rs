//! The place of tests in the tested file itself, as in Rust: the test module for an item, found in the tree, or a new one at the end of the
//! file.

use std::ops::Range;
use std::sync::Arc;

use super::append::braces;
use super::dedup;
use super::imports;
use super::location::signatures;
use crate::features::Site;
use crate::features::edit::fit::strings::fitted_in;
use crate::features::edit::fit::wrapped;
use crate::features::edit::forms::line_indent;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition, InlineTests, Kind, Language, import};
use crate::text::lines::{line_start, next_line};
use crate::text::{Edit, Ending, words};

/// The test module for an item: the innermost beside it, the last if there are several. One without a body has a file of its own.
pub fn module(site: &Site, item: &Item) -> Option<Definition> {
    let all = site.definitions();
    let beside = |one: &&Definition| {
        let around = one.parent.and_then(|parent| all.get(parent as usize)).map(|around| around.item.range());
        around.is_none_or(|around| around.start <= item.range.start && item.range.end <= around.end)
    };
    let modules = all.iter().filter(|one| one.kind == Kind::Module && holds_tests(site, one)).filter(beside);
    modules.max_by_key(|one| (one.parent.map(|parent| all[parent as usize].item.start), one.item.start)).cloned()
}

fn holds_tests(site: &Site, module: &Definition) -> bool {
    let attributes = site.text.get(module.item.start as usize..module.signature.start as usize).unwrap_or_default();
    let name = module.name.of(&site.text);
    forms(site).is_some_and(|forms| forms.is_one(name, attributes))
}

/// How the language of a file writes tests inside of it.
pub fn forms(site: &Site) -> Option<&InlineTests> {
    site.language.as_ref()?.inline_tests.as_ref()
}

/// The edits that add tests, or why they have no place there.
pub fn add(site: &Site, item: &Item, code: &str) -> Result<Vec<Edit>, String> {
    let unit = site.indent_unit();
    let known = site.language.as_ref().and_then(|language| Some((language, language.inline_tests.as_ref()?)));
    let Some((language, forms)) = known else { return Err("longsight does not know where tests go here".into()) };
    let code = wrapped::tests(language, code);
    if let Some(module) = module(site, item).filter(|module| !module.body.is_empty()) {
        return Module { site, language, forms, module: &module, unit: &unit }.with(item, &code);
    }
    let code = dedup::sift(language, &code, "", &signatures(site));
    let head = if forms.is_imported_in(&code) { "".into() } else { format!("{unit}{}\n\n", forms.importing(&forms.all)) };
    let tests = fitted_in(Some(language), code.trim_matches('\n'), &unit, Some(&unit));
    let gap = if site.text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{gap}\n{}\n{head}{}\n}}\n", forms.opens, tests.trim_end());
    Ok(vec![Edit::insert(site.text.len(), Ending::of(&site.text).apply(&text))])
}

/// A test module with a body.
struct Module<'a> {
    site: &'a Site,
    language: &'a Arc<Language>,
    forms: &'a InlineTests,
    module: &'a Definition,
    unit: &'a str,
}

impl Module<'_> {
    /// The range between its braces.
    fn inside(&self) -> Range<usize> {
        let body = self.module.body.range();
        self.site.parsed().and_then(|parsed| braces(parsed, &body)).unwrap_or(body)
    }

    /// Adds imports behind those it has, and tests before the brace that closes it.
    fn with(&self, item: &Item, code: &str) -> Result<Vec<Edit>, String> {
        let (site, language) = (self.site, self.language);
        let Range { start, end: close } = self.inside();
        let (inside, is_open) = (&site.text[start..close], close == self.module.body.end as usize);
        let (wanted, code) = imports::split(language, code);
        let code = dedup::sift(language, &code, inside, &signatures(site));
        if code.trim().is_empty() {
            return Err("the tests are in the file already, as they stand\ngive others".into());
        }
        self.not_twice(&code)?;
        let mut imports = imports::missing(language, inside, wanted);
        let all = format!("{inside}\n{}", imports.join("\n"));
        if inside.trim().is_empty() && !self.forms.is_imported_in(&code) && !imports::bring(language, &all, &item.name) {
            imports.insert(0, self.forms.importing(&self.forms.all));
        }
        let all = format!("{inside}\n{}", imports.join("\n"));
        imports.extend(self.imports_of(item, &code, &all));
        let outer = line_indent(site, self.module.item.start as usize);
        let inner = format!("{outer}{}", self.unit);
        let tests = fitted_in(Some(language), code.trim_matches('\n'), &inner, Some(self.unit));
        let lines: String = imports.iter().map(|line| format!("{inner}{}\n", line.trim())).collect();
        let written = |at: usize, text: String| Edit::insert(at, Ending::of(&site.text).apply(&text));
        let line = line_start(&site.text, close);
        if inside.trim().is_empty() {
            let gap = if lines.is_empty() { "" } else { "\n" };
            let own_line = site.text[line..close].trim().is_empty();
            let (at, begin, end) = match own_line {
                _ if is_open => (start, "\n", String::new()),
                true => (line, "", "\n".into()),
                false => (close, "\n", format!("\n{outer}")),
            };
            return Ok(vec![written(at, format!("{begin}{lines}{gap}{}{end}", tests.trim_end()))]);
        }
        let mut edits = vec![];
        if !lines.is_empty() {
            let last = syntax::parse(language, inside).ok().and_then(|parsed| import::statements(&parsed).pop());
            edits.push(match last {
                Some(last) => written(next_line(&site.text, start + inside[..last.range.end].trim_end().len()), lines),
                None => written(next_line(&site.text, start), format!("{lines}\n")),
            });
        }
        edits.push(match site.text[line..close].trim().is_empty() {
            _ if is_open => {
                let at = next_line(&site.text, start + inside.trim_end().len());
                let line_end = if site.text[..at].ends_with('\n') { "" } else { "\n" };
                written(at, format!("{line_end}\n{}\n", tests.trim_end()))
            }
            true => written(line, format!("\n{}\n", tests.trim_end())),
            false => written(close, format!("\n{}\n{outer}", tests.trim_end())),
        });
        Ok(edits)
    }

    /// Fails if a function's name is taken.
    fn not_twice(&self, code: &str) -> Result<(), String> {
        let all = self.site.definitions();
        let at = all.iter().position(|one| one.item == self.module.item).map(|at| at as u32);
        let there = |name: &str| all.iter().any(|one| one.parent == at && one.kind.is_callable() && one.name.of(&self.site.text) == name);
        let own = syntax::parse(self.language, code).map(|parsed| syntax::tags(&parsed, "").definitions).unwrap_or_default();
        let mut own = own.iter().filter(|one| one.parent.is_none() && one.kind.is_callable()).map(|one| one.name.of(code));
        own.find(|name| there(name))
            .map_or(Ok(()), |name| Err(format!("`{name}` is in the test module already\ngive the new tests other names")))
    }

    /// Imports of the tested item and of what stands beside the module, if the tests use them by plain names and nothing imports them.
    fn imports_of(&self, item: &Item, code: &str, inside: &str) -> Vec<String> {
        let (text, all) = (&self.site.text, self.site.definitions());
        let is_bare = |before: &str| !before.ends_with([':', '.']) && !self.language.begins_function(words::last(before.trim_end()));
        let bare = |name: &str| words::places(code, name).any(|at| is_bare(&code[..at.start]));
        let beside = all.iter().filter(|one| one.parent == self.module.parent && one.container.is_empty());
        let beside = beside.filter(|one| one.kind.is_callable() || one.kind.is_type() || matches!(one.kind, Kind::Constant | Kind::Type));
        let mut wanted: Vec<(String, String)> = beside.map(|one| (String::new(), one.name.of(text).to_string())).collect();
        if let Some(known) = self.site.definition_of(item).filter(|known| known.parent != self.module.parent) {
            let mut name = if known.container.is_empty() { item.name.clone() } else { known.container.of(text).to_string() };
            let around = std::iter::successors(known.parent, |parent| all.get(*parent as usize)?.parent);
            let mut way = String::new();
            for one in around.take_while(|one| Some(*one) != self.module.parent).filter_map(|one| all.get(one as usize)) {
                match one.kind {
                    Kind::Module => way.insert_str(0, &format!("{}::", one.name.of(text))),
                    _ => name = one.name.of(text).to_string(),
                }
            }
            wanted.push((way, name));
        }
        wanted.dedup();
        let missing = wanted.into_iter().filter(|(_, name)| bare(name) && !imports::bring(self.language, inside, name));
        missing.map(|(way, name)| self.forms.importing(&format!("{way}{name}"))).collect()
    }
}
