//! What a new test file begins with, and the line that brings in what is tested, as the files around it write such a line.

use std::ops::Range;

use super::example::{self, Example};
use super::testfile::{self, Source};
use crate::features::Site;
use crate::syntax::{Definition, lists, naming};
use crate::text::lines::line_start;
use crate::text::words;
use crate::workspace::WorkspacePath;

/// The first lines of a new test file.
pub fn head(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> String {
    let Some(head) = &source.rules.head else { return included(source, path, example) };
    let file = path.name().split('.').next().unwrap_or_default();
    // What lies in no package names none.
    let package = package_of(source, path, example).or_else(|| source.package.clone());
    let named = package.map(|package| head.replace("{package}", &package));
    let head = named
        .unwrap_or_else(|| head.split_inclusive('\n').skip_while(|line| line.contains("{package}") || line.trim().is_empty()).collect());
    head.replace("{file}", file)
}

/// The package of the tests beside a new file, where what is tested can be named from there: `package cart_test` in Go.
fn package_of(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> Option<String> {
    let beside = example.filter(|example| source.is_public && example.path.folder() == path.folder())?;
    testfile::package(source.language, &beside.text)
}

/// Whole files are included: a new one of a folder has what another one there has, but for what that one tests.
fn included(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> String {
    let includes = source.rules.import.as_ref().is_some_and(|import| import.contains("{include}"));
    let Some(example) = example.filter(|example| includes && example.path.folder() == path.folder()) else { return String::new() };
    let tested = |line: &str| {
        let stem = included_stem(line).unwrap_or_default();
        let (name, extension) = (example.path.name(), example.path.extension());
        let called = |form: &String| form.replace("{stem}", stem).replace("{ext}", extension) == name;
        !stem.is_empty() && source.rules.names.iter().any(called)
    };
    let lines = example::imports(source.language, &example.text).into_iter().filter(|line| !tested(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The line that brings in what is tested; empty where none is needed, or where the test file has its own way to it.
pub fn import(
    source: &Source<'_>,
    site: &Site,
    path: &WorkspacePath,
    there: Option<&str>,
    example: Option<&Example>,
    name: &str,
) -> String {
    let Some(template) = &source.rules.import else { return String::new() };
    if template.contains("{include}") {
        let has = there.is_some() || is_included(source, path, example);
        return if has { String::new() } else { template.replace("{include}", &header(source, site, path)) };
    }
    if template.contains("{path}") {
        return script(source, site, path, there.or(example.map(|example| &*example.text)), name);
    }
    template.replace("{name}", name).replace("{module}", &testfile::module(source))
}

/// Whether what the example includes brings in the source, by itself or by one more step.
fn is_included(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> bool {
    let head = included(source, path, example);
    let stem = source.here.name().rsplit_once('.').map_or(source.here.name(), |(stem, _)| stem);
    let names = |text: &str| text.lines().any(|line| source.language.is_import(line) && included_stem(line) == Some(stem));
    let own = path.to_string();
    let folder = own.strip_suffix(path.name()).unwrap_or_default();
    let steps = head.lines().filter_map(|line| line.split('"').nth(1)).filter_map(|way| {
        let next = source.session.snapshot.roots.resolve(&format!("{folder}{way}")).ok()?;
        source.session.snapshot.read_exact(&next).ok()
    });
    names(&head) || steps.into_iter().any(|text| names(&text))
}

/// The stem of the file that a line includes.
fn included_stem(line: &str) -> Option<&str> {
    let file = line.split(['"', '<', '>']).nth(1)?.rsplit('/').next()?;
    file.rsplit_once('.').map(|(stem, _)| stem)
}

/// The header of a source where there is one and it shows the item, else the source itself.
fn header(source: &Source<'_>, site: &Site, path: &WorkspacePath) -> String {
    let here = source.here;
    let stem = here.name().rsplit_once('.').map_or(here.name(), |(stem, _)| stem);
    let hidden =
        site.item().is_some_and(|item| site.text[item.signature].split_whitespace().any(|word| lists(&source.language.file_private, word)));
    let is_header = |path: &WorkspacePath| {
        naming::is_header(source.language, path.extension()) && path.name().rsplit_once('.').is_some_and(|(own, _)| own == stem)
    };
    if is_header(here) || hidden {
        return way_with_name(path, here);
    }
    let files = source.session.index.files().map(|(_, file)| &file.path);
    let headers = files.filter(|path| path.root() == here.root() && is_header(path));
    let nearest = headers.max_by_key(|path| (testfile::shared_folders(path, here), std::cmp::Reverse(path.relative().len())));
    let Some(nearest) = nearest else { return way_with_name(path, here) };
    // What lies below a folder of headers is included from there.
    naming::from_headers(source.language, nearest.relative()).map_or_else(|| way_with_name(path, nearest), String::from)
}

fn way_with_name(from: &WorkspacePath, to: &WorkspacePath) -> String {
    let way = format!("{}.{}", testfile::way(from, to), to.extension());
    way.strip_prefix("./").map(String::from).unwrap_or(way)
}

/// An import of a script, written as those of its tests or of the source are.
fn script(source: &Source<'_>, site: &Site, path: &WorkspacePath, tests: Option<&str>, name: &str) -> String {
    let texts: Vec<&str> = tests.into_iter().chain([&*site.text]).collect();
    let lines: Vec<String> = texts.iter().flat_map(|text| example::imports(source.language, text)).collect();
    let way = format!("{}{}", testfile::way(path, source.here), extension(source, &lines));
    let first = lines.first().map_or("", String::as_str);
    let quote = if first.contains('"') { '"' } else { '\'' };
    let end = if first.is_empty() || first.ends_with(';') { ";" } else { "" };
    let braces = lines.iter().find(|line| line.contains('{'));
    let space = if braces.is_some_and(|line| !line.contains("{ ") && !line.contains("{\n")) { "" } else { " " };
    let default = |at: std::ops::Range<usize>| {
        let before = site.text[..at.start].trim_end();
        let before =
            ["class", "function", "function*", "async function"].iter().find_map(|word| before.strip_suffix(word)).unwrap_or(before);
        before.trim_end().ends_with("export default")
    };
    let is_default =
        words::places(&site.text, name).any(default) || words::places(&site.text, name).any(|at| is_whole_module(&site.text, &at));
    let named = if is_default { name.to_string() } else { format!("{{{space}{name}{space}}}") };
    let old = |text: &str| ["require(", "module.exports", "exports."].iter().any(|word| text.contains(word));
    let new = |text: &str| text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "));
    let requires = |text: &&str| old(text) && !new(text);
    if texts.first().is_some_and(requires) {
        return format!("const {named} = require({quote}{way}{quote}){end}");
    }
    format!("import {named} from {quote}{way}{quote}{end}")
}

/// Whether a name is all that an old module is: `module.exports = size;`, `module.exports = function size() {`.
fn is_whole_module(text: &str, name: &Range<usize>) -> bool {
    let words = ["async ", "function ", "function* ", "class "];
    let mut before = text[..name.start].trim_end_matches('\n');
    while let Some(rest) = words.iter().find_map(|word| before.strip_suffix(word)) {
        before = rest;
    }
    let is_set = before.trim_end().strip_suffix('=').is_some_and(|before| before.trim_end().ends_with("module.exports"));
    let after = text[name.end..].trim_start_matches([' ', '\t']);
    is_set && (before.len() < name.start || after.is_empty() || after.starts_with([';', '\n', '\r']))
}

/// Why tests in another file cannot see an item of a script: nothing hands it out.
pub fn hidden(source: &Source<'_>, site: &Site, name: &str) -> Option<String> {
    if !source.rules.import.as_ref()?.contains("{path}") || site.text.contains("module.exports") || site.text.contains("exports.") {
        return None;
    }
    let text = &site.text;
    let begins = |at: &Range<usize>| text[line_start(text, at.start)..at.start].trim_start().starts_with("export ");
    let defined = |one: &&Definition| one.parent.is_none() && one.name.of(text) == name;
    // Handed out where it is defined, or in a statement of its own: `export { a, b };`, `export default a;`.
    let in_statement = |at: Range<usize>| {
        let said = text[..at.start].rfind("export").map_or("", |from| text[from..at.start].trim());
        let listed = said.trim_start_matches("export").trim_start_matches(" type").trim_start().starts_with('{') && !said.contains('}');
        listed || matches!(said, "export default" | "export =")
    };
    let is_shown =
        site.definitions().iter().filter(defined).any(|one| begins(&one.name.range())) || words::places(text, name).any(in_statement);
    (!is_shown).then(|| format!("`{name}` is not exported from {}, so tests in another file cannot import it", site.path))
}

/// What follows the stem of a script that is imported: as in the imports that there are, else as Node wants it.
fn extension(source: &Source<'_>, lines: &[String]) -> String {
    let own = source.here.extension();
    let runs_as = &source.language.runs_as;
    let run = runs_as.get(own).map_or(own, String::as_str);
    let ways = lines.iter().filter_map(|line| line.rsplit(['"', '\'']).nth(1)).filter(|way| way.starts_with('.'));
    let mut said = ways.map(|way| way.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension));
    let is_script = |extension: &&str| extension.is_empty() || runs_as.contains_key(*extension);
    let used = said.find(is_script);
    // What is run is made of it.
    let typed = |extension: &str| runs_as.get(extension).is_some_and(|run| run != extension);
    let as_module = || example::manifests(source).first().is_some_and(|text| text.contains("\"type\": \"module\""));
    match used {
        Some("") => String::new(),
        Some(extension) if typed(extension) => format!(".{own}"),
        Some(_) => format!(".{run}"),
        None if !typed(own) && (own == "mjs" || as_module()) => format!(".{own}"),
        None => String::new(),
    }
}
