//! The tools that read: files, text, symbols, references, problems. Quoted text is in fences that it cannot close.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Refusal, ToolAnswer, Workbench, text};
use crate::agent::limits::MAX_RESULT_BYTES;
use crate::context::{Stretch, fence};
use crate::index::{self, Hit, Query, Unread};
use crate::redact::{Masked, Secrets};
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Kind};
use crate::text::excerpt::shorten;
use crate::text::lines::line_number;
use crate::text::visible::{one_line, visible};
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Maximum entries of each list.
const MAX_FILES: usize = 300;
const MAX_HITS: usize = 60;
const MAX_SYMBOLS: usize = 200;
const MAX_DEFINITIONS: usize = 20;
const MAX_REFERENCES: usize = 100;
/// Maximum bytes of a file that are shown at once: a result without its frame.
const MAX_SHOWN_BYTES: usize = MAX_RESULT_BYTES - 512;
/// The longest line of a list, in bytes.
const MAX_LINE_BYTES: usize = 240;

/// Quotes lines of a file, with line numbers.
pub fn read_file(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let path = bench.path(text(arguments, "path"))?;
    let whole = bench.read(&path)?;
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let line = |name: &str| arguments[name].as_u64().map(|line| usize::try_from(line).unwrap_or(usize::MAX));
    let (first, last) = (line("start_line").unwrap_or(1), line("end_line").unwrap_or(usize::MAX).min(lines.len()));
    if lines.is_empty() {
        return Ok(format!("{} is empty", one_line(&path.to_string())).into());
    }
    if first > lines.len() || last < first {
        return Err(format!("{path} has {} lines; ask for some of these", lines.len()).into());
    }
    let mut size = 0;
    let fitting = lines[first - 1..last].iter().take_while(|line| {
        size += line.len();
        size <= MAX_SHOWN_BYTES
    });
    let shown = fitting.count().max(1);
    let end = first + shown - 1;
    let start: usize = lines[..first - 1].iter().map(|line| line.len()).sum();
    let size: usize = lines[first - 1..end].iter().map(|line| line.len()).sum();
    let code = Masked::stretch(&whole, start..start + size).rewritten(|code| shorten(code, MAX_SHOWN_BYTES));
    let mut out = fence::quote(&path.to_string(), Some((first as u32, end as u32)), &code);
    if end < last {
        out.push_str(&format!("There are {} lines; the next is {}.\n", lines.len(), end + 1));
    }
    Ok(ToolAnswer { text: out, places: vec![Stretch::new(&path, first as u32, end as u32)], ..ToolAnswer::default() })
}

/// Lists indexed and drafted files in a folder.
pub fn list_files(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let below = index::folder(text(arguments, "folder"));
    let inside = |path: &str| index::is_below(path, below);
    let mut paths: BTreeSet<String> = bench.index.files().map(|(_, file)| file.path.to_string()).collect();
    paths.extend(bench.drafts.iter().map(|draft| draft.path.to_string()));
    let paths: Vec<String> = paths.into_iter().filter(|path| inside(path)).map(|path| one_line(&path)).collect();
    if paths.is_empty() {
        return Err(format!("there are no files below `{}`; list_files without a folder shows all", shorten(below, 120)).into());
    }
    let shown = paths[..paths.len().min(MAX_FILES)].join("\n");
    Ok(list("files", &shown, paths.len(), MAX_FILES, "name a folder").into())
}

/// Lists lines that contain a text or match an expression, in files and drafts.
pub fn search_text(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let folder = text(arguments, "folder");
    let query = Query {
        pattern: text(arguments, "query"),
        is_regex: arguments["regex"] == true,
        case_sensitive: true,
        below: Some(folder).filter(|folder| !folder.is_empty()),
        limit: MAX_HITS + 1,
    };
    let created = bench.drafts.iter().filter(|draft| draft.before.is_none()).map(|draft| draft.path.clone());
    let hits = bench.index.search_while(&bench.snapshot, created, &query, || !bench.is_stopped())?;
    if hits.is_empty() {
        return Ok("There is no such line. Search for less of it, or for a name with find_symbol.".into());
    }
    let shown = &hits[..hits.len().min(MAX_HITS)];
    let lines: Vec<String> = shown
        .iter()
        .map(|hit| format!("{}:{}: {}", one_line(&hit.path.to_string()), hit.line + 1, one_line(masked(bench, hit).trim())))
        .collect();
    let mut out = fence::quote("hits", None, &Masked::whole(&shorten(&lines.join("\n"), MAX_SHOWN_BYTES)));
    if hits.len() > MAX_HITS {
        out.push_str(&format!("These are the first {MAX_HITS}; there are more: search for something rarer, or in one folder.\n"));
    }
    let places = shown.iter().map(|hit| Stretch::new(&hit.path, hit.line + 1, hit.line + 1)).collect();
    Ok(ToolAnswer { text: out, places, ..ToolAnswer::default() })
}

/// The line of a hit with secrets hidden; they are searched for in the whole file, since a single line may not reveal them.
fn masked(bench: &Workbench, hit: &Hit) -> Masked {
    let text = bench.read(&hit.path).unwrap_or_default();
    let start: usize = text.split_inclusive('\n').take(hit.line as usize).map(str::len).sum();
    let range = start..start + hit.text.len();
    if text.get(range.clone()) == Some(&hit.text) { Masked::stretch(&text, range) } else { Masked::whole(&hit.text) }
}

/// Lists the definitions of a name, or of similar names if there are none.
pub fn find_symbol(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let name = last_part(text(arguments, "name"));
    let mut found: Vec<(String, Stretch)> = vec![];
    let exact = bench.index.named(name);
    let ids = if exact.is_empty() { bench.index.names_like(name, MAX_DEFINITIONS) } else { exact };
    for id in ids {
        let Some(file) = bench.index.file(id.file).filter(|file| bench.drafts.get(&file.path).is_none()) else { continue };
        let Some(symbol) = bench.index.symbol(id) else { continue };
        let source = bench.read(&file.path).unwrap_or_default();
        let signature = shorten(&one_line(symbol.signature.of(&source)), MAX_LINE_BYTES);
        let owner = symbol.container().map(|container| format!(" in {}", bench.index.text(container))).unwrap_or_default();
        let (first, last) = (symbol.line + 1, symbol.end_line + 1);
        let words = format!("{}:{first}-{last} {}{owner}: {signature}", one_line(&file.path.to_string()), symbol.kind.name());
        found.push((words, Stretch::of(&file.path, first, symbol.signature.of(&source))));
    }
    for draft in bench.drafts.iter() {
        let here = defined(bench, &draft.path, &draft.after).into_iter().filter(|one| one.name == name);
        found.extend(here.map(|one| (one.line_of(&draft.path), one.shown(&draft.path))));
    }
    if found.is_empty() {
        let name = shorten(&visible(name), 120);
        return Ok(format!("There is no definition of `{name}`. Search for the word with search_text.").into());
    }
    let total = found.len();
    found.truncate(MAX_DEFINITIONS);
    let (lines, places): (Vec<String>, Vec<Stretch>) = found.into_iter().unzip();
    Ok(ToolAnswer {
        text: list("definitions", &lines.join("\n"), total, MAX_DEFINITIONS, "give a more telling name"),
        places,
        ..ToolAnswer::default()
    })
}

/// Lists the lines that mention a name, in code only.
pub fn find_references(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let name = last_part(text(arguments, "name"));
    let mut paths: BTreeSet<WorkspacePath> = bench.drafts.iter().map(|draft| draft.path.clone()).collect();
    let users = bench.index.name(name).map(|id| bench.index.users(id)).unwrap_or_default();
    paths.extend(users.iter().filter_map(|(id, _)| Some(bench.index.file(*id)?.path.clone())));
    let (mut lines, mut places) = (vec![], vec![]);
    let mut total = 0;
    for path in paths {
        if bench.is_stopped() {
            return Err("the search was broken off".into());
        }
        let Ok(source) = bench.read(&path) else { continue };
        let (mut secrets, mut next) = (None, 0);
        for (number, line) in source.split_inclusive('\n').enumerate() {
            let start = next;
            next += line.len();
            if !words::has(line, name) {
                continue;
            }
            total += 1;
            if lines.len() < MAX_REFERENCES {
                let line = secrets.get_or_insert_with(|| Secrets::of(&source)).cut(&source, start..next);
                lines.push(format!("{}:{}: {}", one_line(&path.to_string()), number + 1, shorten(&one_line(line.trim()), MAX_LINE_BYTES)));
                places.push(Stretch::new(&path, number as u32 + 1, number as u32 + 1));
            }
        }
    }
    let unread = unread(bench, name);
    if lines.is_empty() {
        let name = shorten(&visible(name), 120);
        let nowhere = if unread.is_empty() { "is used nowhere" } else { "is used nowhere that is parsed" };
        return Ok(format!("`{name}` {nowhere}. {unread}").trim_end().to_string().into());
    }
    let listed = list("uses", &lines.join("\n"), total, MAX_REFERENCES, "search in one folder");
    Ok(ToolAnswer { text: listed + &unread, places, ..ToolAnswer::default() })
}

/// A sentence about the places of a name in files that are not parsed, or left out of the index; empty if there are none.
fn unread(bench: &Workbench, name: &str) -> String {
    let users = bench.index.name(name).map(|id| bench.index.users(id)).unwrap_or_default();
    let languages: BTreeSet<String> =
        users.iter().filter_map(|(id, _)| Some(bench.index.file(*id)?.language.as_ref()?.family.clone())).collect();
    let unread = Unread {
        view: &bench.index,
        snapshot: &bench.snapshot,
        registry: &bench.registry,
        is_readable: &|path| bench.is_open_to_tools(path),
        is_kin: &|kin| languages.is_empty() || languages.contains(&kin.family),
    };
    let places = unread.places(name);
    if places.is_empty() {
        return String::new();
    }
    let more = if places.len() > MAX_USES_LEFT { format!(" and {} more", places.len() - MAX_USES_LEFT) } else { String::new() };
    let shown: Vec<String> = places.iter().take(MAX_USES_LEFT).map(|place| one_line(place)).collect();
    format!(
        "It also stands, as a word, in files that are not parsed here: {}{more}. Read these lines before you rely on this list.\n",
        shown.join(", ")
    )
}

/// Maximum remaining uses of a name that are listed.
const MAX_USES_LEFT: usize = 20;

/// The lines of code that still use a name that should be gone; none if there are none.
pub fn left_over(bench: &Workbench, name: &str) -> Option<String> {
    let mut paths: BTreeSet<WorkspacePath> = bench.drafts.iter().map(|draft| draft.path.clone()).collect();
    let users = bench.index.name(name).map(|id| bench.index.users(id)).unwrap_or_default();
    paths.extend(users.iter().filter_map(|(id, _)| Some(bench.index.file(*id)?.path.clone())));
    let mut lines = vec![];
    for path in paths {
        let Ok(source) = bench.read(&path) else { continue };
        let Some(parsed) = bench.parsed(&path, &source) else { continue };
        let code = uses::uses(&parsed, name).into_iter().filter(|(_, within)| *within == Within::Code);
        lines.extend(code.map(|(range, _)| format!("{}:{}", one_line(&path.to_string()), line_number(&source, range.start))));
    }
    lines.dedup();
    let shown = lines.iter().take(MAX_USES_LEFT).cloned().collect::<Vec<_>>().join(", ");
    (!lines.is_empty()).then(|| format!("`{name}` is still used in code: {shown}"))
}

/// Lists the definitions in a file.
pub fn outline(bench: &Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let path = bench.path(text(arguments, "path"))?;
    let source = bench.read(&path)?;
    let found = defined(bench, &path, &source);
    if found.is_empty() {
        let count = source.lines().count();
        return Ok(format!("{} defines nothing that is known; it has {count} lines.", one_line(&path.to_string())).into());
    }
    let shown = || found.iter().take(MAX_SYMBOLS);
    let lines: Vec<String> = shown().map(|one| one.line_of(&path)).collect();
    let places = shown().map(|one| one.shown(&path)).collect();
    Ok(ToolAnswer {
        text: list("definitions", &lines.join("\n"), found.len(), MAX_SYMBOLS, "read the file by lines"),
        places,
        ..ToolAnswer::default()
    })
}

/// Quotes the editor's problems, and how many places of each draft do not parse.
pub fn diagnostics(bench: &Workbench) -> String {
    let mut lines: Vec<String> = bench.problems.iter().map(|problem| shorten(&one_line(problem), 1000)).collect();
    for draft in bench.drafts.iter() {
        let (before, after) = bench.errors(&draft.path, draft.before.as_deref().unwrap_or_default(), &draft.after);
        if after > 0 {
            lines.push(format!("{}: {after} places do not parse; there were {before} before", one_line(&draft.path.to_string())));
        }
    }
    if lines.is_empty() {
        return "The editor shows no problems here. Compilers and tests are not run.".into();
    }
    fence::quote("problems", None, &Masked::whole(&lines.join("\n")))
}

/// A definition, as shown in lists.
struct Defined {
    name: String,
    kind: Kind,
    first: u32,
    last: u32,
    signature: String,
    /// The number of its lines.
    height: u32,
}

impl Defined {
    fn line_of(&self, path: &WorkspacePath) -> String {
        format!("{}:{}-{} {}: {}", one_line(&path.to_string()), self.first, self.last, self.kind.name(), self.signature)
    }

    /// The stretch whose text that line shows.
    fn shown(&self, path: &WorkspacePath) -> Stretch {
        Stretch::new(path, self.first, self.first + self.height.saturating_sub(1))
    }
}

/// The definitions in a text, found by parsing it.
fn defined(bench: &Workbench, path: &WorkspacePath, source: &str) -> Vec<Defined> {
    let Some(parsed) = bench.parsed(path, source) else { return vec![] };
    let facts = syntax::tags(&parsed, &path.to_string());
    let shown = facts.definitions.iter().filter(|one| !matches!(one.kind, Kind::Attribute | Kind::Variant | Kind::Reexport));
    let found = shown.map(|one| Defined {
        name: one.name.of(source).into(),
        kind: one.kind,
        first: one.line + 1,
        last: one.end_line + 1,
        signature: shorten(&one_line(one.signature.of(source)), MAX_LINE_BYTES),
        height: one.signature.of(source).lines().count() as u32,
    });
    found.collect()
}

/// A quoted list, with advice if it is longer than shown.
fn list(what: &str, lines: &str, total: usize, most: usize, more: &str) -> String {
    let mut out = fence::quote(what, None, &Masked::whole(&shorten(lines, MAX_SHOWN_BYTES)));
    if total > most {
        out.push_str(&format!("{total} in all, and only {most} are shown: {more}.\n"));
    }
    out
}

/// The last part of a name such as `Type::method` or `module.function`, which is what is looked up.
fn last_part(name: &str) -> &str {
    name.trim().trim_end_matches("()").rsplit(['.', ':', '#']).next().unwrap_or_default()
}
