//! The first lines of a new test file, and the line that imports what is tested, in the style of the files around.

use std::ops::Range;

use super::example::{self, Example};
use super::testfile::{self, Source};
use crate::features::Site;
use crate::syntax::{Definition, HandsOut, lists, naming};
use crate::text::lines::line_start;
use crate::text::words;
use crate::workspace::WorkspacePath;

/// The first lines of a new test file.
pub fn head(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> String {
    let Some(head) = &source.rules.head else { return included(source, path, example) };
    let file = path.name().split('.').next().unwrap_or_default();
    // Without a package nothing is declared.
    let package = package_of(source, path, example).or_else(|| source.package.clone());
    let named = package.map(|package| head.replace("{package}", &package));
    let head = named
        .unwrap_or_else(|| head.split_inclusive('\n').skip_while(|line| line.contains("{package}") || line.trim().is_empty()).collect());
    head.replace("{file}", file)
}

/// The package of tests beside a new file, if what is tested can be used from there: `package cart_test` in Go.
fn package_of(source: &Source<'_>, path: &WorkspacePath, example: Option<&Example>) -> Option<String> {
    let beside = example.filter(|example| source.is_public && example.path.folder() == path.folder())?;
    testfile::package(source.language, &beside.text)
}

/// For languages that include whole files: what another test file of the folder includes, without the file that it tests.
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

/// The line that imports what is tested; empty if none is needed, or the test file has a way of its own.
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
    if let Some(hands_out) = source.language.hands_out.as_ref().filter(|_| template.contains("{path}")) {
        return taken(source, hands_out, site, path, there.or(example.map(|example| &*example.text)), name);
    }
    template.replace("{name}", name).replace("{module}", &testfile::module(source))
}

/// Whether the example's includes bring in the source, directly or by one more step.
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

/// The header of a source, if there is one that shows the item; else the source itself.
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
    // A header below a folder of headers is included from there.
    naming::from_headers(source.language, nearest.relative()).map_or_else(|| way_with_name(path, nearest), String::from)
}

fn way_with_name(from: &WorkspacePath, to: &WorkspacePath) -> String {
    let way = format!("{}.{}", testfile::way(from, to), to.extension());
    way.strip_prefix("./").map(String::from).unwrap_or(way)
}

/// An import of what a source hands out, written as those of its tests or of the source are.
fn taken(source: &Source<'_>, hands_out: &HandsOut, site: &Site, path: &WorkspacePath, tests: Option<&str>, name: &str) -> String {
    let texts: Vec<&str> = tests.into_iter().chain([&*site.text]).collect();
    let lines: Vec<String> = texts.iter().flat_map(|text| example::imports(source.language, text)).collect();
    let way = format!("{}{}", testfile::way(path, source.here), extension(source, hands_out, &lines));
    let first = lines.first().map_or("", String::as_str);
    let quote = if first.contains('"') { '"' } else { '\'' };
    let end = if first.is_empty() || first.ends_with(';') { ";" } else { "" };
    let braces = lines.iter().find(|line| line.contains('{'));
    let space = if braces.is_some_and(|line| !line.contains("{ ") && !line.contains("{\n")) { "" } else { " " };
    let default = |at: Range<usize>| {
        let before = hands_out.without_items(&site.text[..at.start]);
        before.trim_end().ends_with(hands_out.whole.as_str())
    };
    let is_default = words::places(&site.text, name).any(|at| default(at.clone()) || is_whole_module(hands_out, &site.text, &at));
    let named = if is_default { name.to_string() } else { format!("{{{space}{name}{space}}}") };
    let is_older = texts.first().is_some_and(|text| hands_out.is_older(text));
    let line = if is_older { &hands_out.older_taken } else { &hands_out.taken };
    format!("{}{end}", line.replace("{path}", &format!("{quote}{way}{quote}")).replace("{name}", &named))
}

/// Whether a name is all that an old module is: `module.exports = size;`, `module.exports = function size() {`.
fn is_whole_module(hands_out: &HandsOut, text: &str, name: &Range<usize>) -> bool {
    let before = hands_out.without_items(text[..name.start].trim_end_matches('\n'));
    let is_set = before.trim_end().strip_suffix('=').is_some_and(|before| before.trim_end().ends_with(hands_out.older_whole.as_str()));
    let after = text[name.end..].trim_start_matches([' ', '\t']);
    is_set && (before.len() < name.start || after.is_empty() || after.starts_with([';', '\n', '\r']))
}

/// Why tests in another file cannot see an item: nothing hands it out.
pub fn hidden(source: &Source<'_>, site: &Site, name: &str) -> Option<String> {
    let hands_out =
        source.language.hands_out.as_ref().filter(|_| source.rules.import.as_ref().is_some_and(|form| form.contains("{path}")))?;
    let text = &site.text;
    let object = source.language.exports_object.as_ref().map(|object| format!("{object}."));
    if text.contains(&hands_out.older_whole) || object.is_some_and(|object| text.contains(&object)) {
        return None;
    }
    let word = hands_out.word.as_str();
    let before = |at: &Range<usize>| text[line_start(text, at.start)..at.start].trim_start();
    let begins = |at: &Range<usize>| before(at).strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
    let defined = |one: &&Definition| one.parent.is_none() && one.name.of(text) == name;
    // Exported where it is defined, or in a statement of its own: `export { a, b };`, `export default a;`.
    let in_statement = |at: Range<usize>| {
        let said = text[..at.start].rfind(word).map_or("", |from| text[from..at.start].trim());
        let list = said.trim_start_matches(word);
        let list = hands_out.kinds.iter().find_map(|kind| list.strip_prefix(' ')?.strip_prefix(kind.as_str())).unwrap_or(list);
        let listed = list.trim_start().starts_with('{') && !said.contains('}');
        listed || lists(&hands_out.whole_named, said)
    };
    let is_shown =
        site.definitions().iter().filter(defined).any(|one| begins(&one.name.range())) || words::places(text, name).any(in_statement);
    (!is_shown).then(|| format!("`{name}` is not exported from {}, so tests in another file cannot import it", site.path))
}

/// What follows the stem of a source in an import: as in the imports that there are, else as what runs it wants it.
fn extension(source: &Source<'_>, hands_out: &HandsOut, lines: &[String]) -> String {
    let own = source.here.extension();
    let runs_as = &source.language.runs_as;
    let run = runs_as.get(own).map_or(own, String::as_str);
    let ways = lines.iter().filter_map(|line| line.rsplit(['"', '\'']).nth(1)).filter(|way| way.starts_with('.'));
    let mut said = ways.map(|way| way.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension));
    let is_script = |extension: &&str| extension.is_empty() || runs_as.contains_key(*extension);
    let used = said.find(is_script);
    // The files that run are made from it.
    let typed = |extension: &str| runs_as.get(extension).is_some_and(|run| run != extension);
    let as_module = || example::manifests(source).first().is_some_and(|text| text.contains(&hands_out.newer_project));
    match used {
        Some("") => String::new(),
        Some(extension) if typed(extension) => format!(".{own}"),
        Some(_) => format!(".{run}"),
        None if !typed(own) && (own == hands_out.newer_extension || as_module()) => format!(".{own}"),
        None => String::new(),
    }
}
