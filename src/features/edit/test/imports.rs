//! The imports in new code: taken out as whole statements, and put behind the file's imports, without those that it has already. Pure.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::syntax::import::{self, ALL, Statement};
use crate::syntax::{self, Import, Language, Parsed, Reach, lists};
use crate::text::lines::{line_start, next_line};
use crate::text::words;

/// An import that new code brings.
#[derive(Clone)]
pub struct Wanted {
    /// Its text, and what it imports.
    text: String,
    imports: Vec<Import>,
    /// It stands in a list in parentheses.
    part: bool,
}

/// The imports of a code, and the code without them. A package clause is dropped: the package is the file's.
pub fn split(language: &Arc<Language>, code: &str) -> (Vec<Wanted>, String) {
    let Ok(parsed) = syntax::parse(language, code) else { return (vec![], code.into()) };
    let statements = import::statements(&parsed);
    let mut rest = code.to_string();
    for statement in statements.iter().rev() {
        // The rest of the line goes with the statement.
        let end = statement.range.end + code[statement.range.end..].find('\n').map_or(0, |at| at + 1);
        let end =
            if code[statement.range.end..end].trim_matches([';', ' ', '\t', '\r', '\n']).is_empty() { end } else { statement.range.end };
        let line = line_start(&rest, statement.range.start);
        let start = if rest[line..statement.range.start].trim().is_empty() { line } else { statement.range.start };
        rest.replace_range(start..end, "");
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

/// A text with the import `own` of the tested name, and with further wanted imports that it lacks.
pub fn added(language: &Arc<Language>, text: String, own: &str, name: &str, mut wanted: Vec<Wanted>) -> String {
    let Ok(parsed) = syntax::parse(language, text.as_str()) else { return text };
    let facts = syntax::tags(&parsed, "");
    let brings = |import: &Import| import.names.iter().any(|(_, here)| &**here == name);
    let known = facts.imports.iter().any(brings) || facts.definitions.iter().any(|one| one.name.of(&text) == name);
    // The same file under a path that the model made up.
    let file = |text: &str| included(language, text).map(|way| way.rsplit('/').next().unwrap_or(way).to_string());
    if let Some(own) = file(own) {
        wanted.retain(|one| file(&one.text).is_none_or(|other| other != own));
    }
    if !own.is_empty() && !known {
        // Ours has the right path; one that imports more than the name must not import it twice.
        wanted.retain(|one| !one.imports.iter().all(|import| brings(import) && import.names.len() == 1));
        if !wanted.iter().any(|one| one.imports.iter().any(brings)) {
            wanted.insert(0, Wanted { text: own.into(), imports: vec![], part: false });
        }
    }
    // Names that are imported already are not imported twice.
    let covered = |import: &Import, name: &(Box<str>, Box<str>)| {
        facts.imports.iter().any(|known| known.module == import.module && known.names.contains(name))
    };
    let missing = |one: Wanted| {
        let all = || one.imports.iter().flat_map(|import| import.names.iter().map(move |name| (import, name)));
        let needed: Vec<String> = all().filter(|(import, name)| !covered(import, name)).map(|(_, (_, here))| here.to_string()).collect();
        if needed.is_empty() || needed.len() == all().count() { one } else { one.narrowed(language, &needed) }
    };
    wanted = wanted.into_iter().map(missing).collect();
    let has =
        |one: &Wanted| !one.imports.is_empty() && one.imports.iter().all(|import| facts.imports.iter().any(|known| covers(known, import)));
    wanted.retain(|one| !has(one) && !text.contains(one.text.trim()));
    if wanted.is_empty() { text } else { put(&parsed, &wanted) }
}

/// The path in a line that includes a file of the project.
fn included<'a>(language: &Language, line: &'a str) -> Option<&'a str> {
    if language.reach == Some(Reach::Includes) && language.is_import(line) { line.split('"').nth(1) } else { None }
}

/// The wanted statements that a text lacks.
pub fn missing(language: &Arc<Language>, text: &str, wanted: Vec<Wanted>) -> Vec<String> {
    let Ok(parsed) = syntax::parse(language, text) else { return vec![] };
    let known = syntax::tags(&parsed, "").imports;
    let has = |one: &Wanted| {
        let all = |import: &Import| known.iter().any(|known| covers(known, import));
        !one.imports.is_empty() && one.imports.iter().all(all) || text.contains(one.text.trim())
    };
    wanted.into_iter().filter(|one| !has(one)).map(|one| one.text).collect()
}

/// Whether imports bring in a name, alone or with its whole module.
pub fn bring(language: &Arc<Language>, text: &str, name: &str) -> bool {
    let Ok(parsed) = syntax::parse(language, text) else { return true };
    let known = syntax::tags(&parsed, "");
    let brings = |import: &Import| import.names.iter().any(|(_, here)| &**here == name || &**here == ALL);
    known.imports.iter().any(brings) || known.definitions.iter().any(|one| one.name.of(text) == name)
}

/// Whether an import brings in everything that another does.
fn covers(known: &Import, wanted: &Import) -> bool {
    let all = |import: &Import| import.names.iter().any(|(there, here)| &**there == ALL && &**here == ALL);
    known.module == wanted.module && all(known)
        || known.module == wanted.module
            && wanted.names.iter().all(|name| known.names.contains(name))
            && known.names.is_empty() == wanted.names.is_empty()
}

/// A text with the imports that code in it needs and does not bring, taken from statements that import these names elsewhere.
pub fn completed(language: &Arc<Language>, text: String, code: &str, samples: &[String]) -> String {
    let (Ok(parsed), Ok(new)) = (syntax::parse(language, text.as_str()), syntax::parse(language, code)) else { return text };
    let facts = syntax::tags(&parsed, "");
    let own = syntax::tags(&new, "");
    let mut known: HashSet<String> = facts.imports.iter().flat_map(bound).collect();
    known.extend(facts.definitions.iter().map(|one| one.name.of(&text).to_string()));
    known.extend(own.definitions.iter().map(|one| one.name.of(code).to_string()));
    let all_of = |import: &Import| import.names.iter().all(|(there, here)| &**there == ALL && &**here == ALL) && !import.names.is_empty();
    let of_class = |import: &Import| all_of(import) && import.module.rsplit('.').next().is_some_and(is_type_name);
    // Any function called there may come from a class whose members are all imported.
    let has_all = facts.imports.iter().any(of_class);
    let (mut found, mut wildcards) = (vec![], vec![]);
    for sample in samples {
        let Ok(sample) = syntax::parse(language, sample.as_str()) else { continue };
        for one in import::statements(&sample).iter().flat_map(|statement| wanted(&sample, statement)) {
            // All static members of a class can be imported at once.
            if one.imports.iter().any(of_class) {
                wildcards.push(one);
                continue;
            }
            let named = |name: &String| {
                !known.contains(name)
                    && !is_given(language, code, name)
                    && (is_type_name(name) || !has_all)
                    && words::places(code, name).any(|at| is_use(language, code, &at, &one))
            };
            let needed: Vec<String> = one.imports.iter().flat_map(bound).filter(named).collect();
            if !needed.is_empty() {
                found.push(one.narrowed(language, &needed));
                known.extend(needed);
            }
        }
    }
    if let Some(wildcard) =
        wildcards.into_iter().next().filter(|_| !has_all && bare_calls(language, code).any(|name| !known.contains(name)))
    {
        found.push(wildcard);
    }
    let has = |one: &Wanted| text.contains(one.text.trim());
    found.retain(|one| !has(one));
    if found.is_empty() { text } else { put(&parsed, &found) }
}

impl Wanted {
    /// The text of the statement.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it imports a module, with whose name its members are called.
    fn is_module(&self) -> bool {
        self.imports.iter().all(|import| import.names.iter().all(|(there, here)| &**there == ALL && &**here != ALL))
    }

    /// With these names alone.
    fn narrowed(mut self, language: &Language, needed: &[String]) -> Self {
        let here = |part: &&str| needed.iter().any(|name| part.trim().rsplit(' ').next() == Some(name));
        if let Some((open, close)) = self.text.find('{').zip(self.text.rfind('}')).filter(|(open, close)| open < close) {
            let inside = &self.text[open + 1..close];
            let space = if inside.starts_with(' ') { " " } else { "" };
            let kept: Vec<&str> = inside.split(',').filter(here).map(str::trim).collect();
            self.text = match kept[..] {
                // A single name behind a path needs no braces.
                [only] if self.text[..open].ends_with("::") => format!("{}{only}{}", &self.text[..open], &self.text[close + 1..]),
                _ => format!("{}{space}{}{space}{}", &self.text[..=open], kept.join(", "), &self.text[close..]),
            };
        } else if let Some(at) = language.imports.as_ref().and_then(|forms| forms.names_at(&self.text)) {
            let (head, names) = self.text.split_at(at);
            let kept: Vec<&str> = names.trim_matches(['(', ')', ' ', '\n']).split(',').filter(here).map(str::trim).collect();
            self.text = format!("{head}{}", kept.join(", "));
        }
        self
    }
}

/// The local names of an import.
fn bound(import: &Import) -> Vec<String> {
    if import.names.is_empty() {
        return vec![import::package_of(&import.module).to_string()];
    }
    import.names.iter().map(|(_, here)| here.to_string()).filter(|here| here != ALL && here != "_").collect()
}

fn is_type_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_uppercase())
}

/// Whether a word in code uses what an import would bring in: it is called, taken apart or stands as a mark, and is given no value there.
fn is_use(language: &Language, code: &str, at: &Range<usize>, import: &Wanted) -> bool {
    let (before, after) = (&code[..at.start], &code[at.end..]);
    let sets = after.trim_start_matches([' ', '\t']);
    if before.ends_with('.') || declares(language, sets) || sets.starts_with('=') && !sets.starts_with("==") {
        return false;
    }
    match import.is_module() {
        true => after.starts_with('.'),
        false => before.ends_with('@') || after.starts_with(['(', '.', '<', '!', '`']),
    }
}

/// Whether a code gives a value to a variable of this name.
fn is_given(language: &Language, code: &str, name: &str) -> bool {
    let is_declared = |before: &str| language.declares_before.iter().any(|word| before.ends_with(word.as_str()));
    words::places(code, name).any(|at| declares(language, code[at.end..].trim_start_matches([' ', '\t'])) || is_declared(&code[..at.start]))
}

/// Whether what stands behind a name declares it.
fn declares(language: &Language, behind: &str) -> bool {
    language.declares_behind.iter().any(|sign| behind.starts_with(sign.as_str()))
}

/// The names of plain calls, without receiver.
fn bare_calls<'a>(language: &'a Language, code: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices('(').filter_map(move |(at, _)| {
        let name = words::last(&code[..at]);
        let before = &code[..at - name.len()];
        let starts_small = name.starts_with(|letter: char| letter.is_lowercase());
        let word = words::last(before.trim_end());
        let constructs = language.constructs.as_deref() == Some(word);
        (starts_small && !lists(&language.uncalled, name) && !before.ends_with(['.', '@']) && !constructs).then_some(name)
    })
}

/// A list of imports with more in it, each sorted among those of its kind; the standard library comes first.
fn listed<'a>(list: &str, more: impl Iterator<Item = &'a str>) -> String {
    let path = |line: &str| line.split('"').nth(1).unwrap_or_default().to_string();
    let is_own = |path: &str| !path.split('/').next().is_some_and(|first| first.contains('.'));
    let inside = list.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(list);
    let mut lines: Vec<String> = inside.trim().lines().map(|line| line.trim_end().to_string()).collect();
    if let Some(first) = lines.first_mut() {
        *first = format!("\t{first}");
    }
    for one in more {
        let wanted = path(one);
        let alike = |line: &String| !path(line).is_empty() && is_own(&path(line)) == is_own(&wanted);
        let line = format!("\t{one}");
        let group: Vec<usize> = (0..lines.len()).filter(|at| alike(&lines[*at])).collect();
        match (group.iter().find(|at| path(&lines[**at]) > wanted), group.last()) {
            (Some(at), _) => lines.insert(*at, line),
            (None, Some(last)) => lines.insert(last + 1, line),
            (None, None) if lines.is_empty() => lines.push(line),
            (None, None) if is_own(&wanted) => drop(lines.splice(0..0, [line, String::new()])),
            (None, None) => lines.extend([String::new(), line]),
        }
    }
    format!("(\n{}\n)", lines.join("\n"))
}

/// The text with an import's names added to the statement that imports from the same module.
fn joined(parsed: &Parsed, wanted: &Wanted) -> Option<String> {
    let text = parsed.text();
    list_of(parsed.language(), &wanted.text)?;
    // Ours is written for one name, and was not read.
    let read = |text: &str| syntax::parse(parsed.language(), text).map(|parsed| syntax::tags(&parsed, "").imports).unwrap_or_default();
    let imports = if wanted.imports.is_empty() { read(&wanted.text) } else { wanted.imports.clone() };
    let [import] = imports.as_slice() else { return None };
    let plain = |import: &Import| !import.names.is_empty() && import.names.iter().all(|(there, here)| there == here && &**here != ALL);
    let of_module = |statement: &Statement| match statement.parts.as_slice() {
        [(_, known)] => known.len() == 1 && known[0].module == import.module && plain(&known[0]),
        _ => false,
    };
    let statement = import::statements(parsed).into_iter().find(|statement| plain(import) && of_module(statement))?;
    let list = list_of(parsed.language(), text[statement.range.clone()].trim_end())?;
    let known = &statement.parts[0].1[0];
    let names: Vec<&str> = import.names.iter().filter(|name| !known.names.contains(name)).map(|(_, here)| &**here).collect();
    let list = statement.range.start + list.start..statement.range.start + list.end;
    let inside = text[list.clone()].trim_end();
    let (comma, at) = (inside.ends_with(','), list.start + inside.len());
    let gap = match inside.rsplit_once('\n') {
        Some((_, last)) => format!("\n{}", &last[..last.len() - last.trim_start().len()]),
        None => " ".into(),
    };
    let more: String = names.iter().map(|name| if comma { format!("{gap}{name},") } else { format!(",{gap}{name}") }).collect();
    Some([&text[..at], &more, &text[at..]].concat())
}

/// Where the names of an import stand that takes several from a module.
fn list_of(language: &Language, statement: &str) -> Option<Range<usize>> {
    let forms = language.imports.as_ref()?;
    if let Some(at) = forms.names_at(statement) {
        return match statement[at..].find('(') {
            Some(open) => Some(at + open + 1..statement.rfind(')')?),
            None => Some(at..statement.len()),
        };
    }
    let open = statement.find('{').filter(|_| forms.takes_several(statement))?;
    Some(open + 1..statement.rfind('}').filter(|close| open < *close)?)
}

/// The text with these imports: in a statement for the same module, in the list of imports, behind the last one, or where the first one
/// goes.
fn put(parsed: &Parsed, wanted: &[Wanted]) -> String {
    if let Some((at, text)) = wanted.iter().enumerate().find_map(|(at, one)| Some((at, joined(parsed, one)?))) {
        let rest: Vec<Wanted> = wanted.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| one.clone()).collect();
        let parsed = syntax::parse(parsed.language(), text.as_str());
        return if rest.is_empty() { text } else { parsed.map_or(text, |parsed| put(&parsed, &rest)) };
    }
    let mut text = parsed.text().to_string();
    let statements = import::statements(parsed);
    let Some(forms) = &parsed.language().imports else { return text };
    let parts = || wanted.iter().map(|one| forms.part(&one.text));
    if let Some(list) = statements.iter().rev().find_map(|statement| statement.list.clone()) {
        let listed = listed(&text[list.clone()], parts());
        text.replace_range(list, &listed);
        return text;
    }
    if let (true, [only]) = (parsed.language().lists_imports, statements.as_slice()) {
        let own = text[only.range.clone()].trim_end().to_string();
        let one = forms.part(&own);
        let listed = listed("(\n)", std::iter::once(one).chain(parts()));
        text.replace_range(only.range.start..only.range.start + own.len(), &forms.statement(&listed));
        return text;
    }
    let line = |one: &Wanted| if one.part { format!("{}\n", forms.statement(&one.text)) } else { format!("{}\n", one.text) };
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
