//! After an item was moved to a module of its own: who still imports it from the old place, and who uses it without importing it.

use std::ops::Range;
use std::sync::Arc;

use crate::features::Session;
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Language, Reach, naming};
use crate::text::lines::{line_number, line_start};
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Most places that are named.
const MAX_NAMED_PLACES: usize = 5;

/// An item that was moved.
pub(in crate::features::edit) struct Moved<'a> {
    pub session: &'a Session,
    pub name: &'a str,
    /// Its old and its new file.
    pub home: &'a WorkspacePath,
    pub new: &'a WorkspacePath,
}

impl Moved<'_> {
    /// What does not follow the move, in words. `now` is a file's text with the drafts.
    pub fn left(&self, now: &dyn Fn(&WorkspacePath) -> Option<Arc<str>>) -> Vec<String> {
        let Self { session, name, home, new } = *self;
        let text = |path: &WorkspacePath| now(path).or_else(|| session.snapshot.read_exact(path).ok());
        let at_home = text(home).unwrap_or_default();
        let mut found = vec![];
        let language = session.language_at(new, &text(new).unwrap_or_default());
        if let Some(language) = &language
            && let Some(own) = &language.own_module
        {
            let declares = own.declares.replace("{module}", naming::stem(Some(language), new.relative()));
            if !self.is_declared(language, &declares, &text) {
                found.push(format!("no `{declares}` names {new}, so that it is no part of the crate"));
            }
        }
        // If the old file re-exports it, imports from there still work.
        let hands_on = lines_of(language.as_ref(), &at_home, name).iter().any(|line| line.takes);
        if hands_on {
            return found;
        }
        if home.folder() != new.folder() || !language.as_deref().is_some_and(shares_folders) {
            let used = lines_of(language.as_ref(), &at_home, name);
            found.extend(used.first().map(|_| format!("{home} still uses `{name}`, and takes it from nowhere")));
        }
        let index = &session.index;
        let users = index.name(name).map(|id| index.users(id)).unwrap_or_default();
        let files = users.into_iter().filter_map(|(id, _)| index.file(id)).filter(|file| file.path != *home && file.path != *new);
        let mut places = vec![];
        for file in files.filter(|file| session.closed_path(&file.path).is_none()) {
            let Some(text) = text(&file.path) else { continue };
            let old = naming::first_part(home.name());
            let is_old =
                |line: &&Taken| line.takes && words::has(&line.text, old) && !words::has(&line.text, naming::first_part(new.name()));
            let lines = lines_of(file.language.as_ref(), &text, name);
            places.extend(lines.iter().filter(is_old).map(|line| format!("{}:{}", file.path, line.number)));
        }
        places.sort();
        if !places.is_empty() {
            let more = if places.len() > MAX_NAMED_PLACES { ", …" } else { "" };
            places.truncate(MAX_NAMED_PLACES);
            found.push(format!("`{name}` is still taken from {home} at {}{more}", places.join(", ")));
        }
        found
    }

    /// Whether a file nearby declares the new module, in these words.
    fn is_declared(&self, language: &Arc<Language>, declares: &str, text: &dyn Fn(&WorkspacePath) -> Option<Arc<str>>) -> bool {
        let says = |line: &str| line.trim().strip_suffix(declares).is_some_and(|before| before.is_empty() || before.ends_with(' '));
        let files = self
            .session
            .index
            .files()
            .map(|(_, file)| file)
            .filter(|file| file.language.as_ref().is_some_and(|known| known.family == language.family));
        let near = files.map(|file| &file.path).filter(|path| self.new.folder().starts_with(path.folder()));
        near.chain([self.home]).any(|path| text(path).is_some_and(|text| text.lines().any(says)))
    }
}

/// A line of code that names what was moved.
struct Taken {
    number: usize,
    text: String,
    /// It imports the name from another file.
    takes: bool,
}

/// A longer statement imports nothing.
const MAX_STATEMENT_BYTES: usize = 2000;

fn lines_of(language: Option<&Arc<Language>>, text: &Arc<str>, name: &str) -> Vec<Taken> {
    let Some(parsed) = language.and_then(|language| syntax::parse(language, text.clone()).ok()) else { return vec![] };
    let text = parsed.text();
    // A statement counts whole, even over several lines.
    let line = |range: Range<usize>, top: Range<usize>| {
        let start = line_start(text, range.start);
        let own = text[start..].lines().next().unwrap_or_default();
        let takes = |statement: &str| begins_taking(parsed.language(), statement);
        let whole = text.get(top).filter(|whole| whole.len() < MAX_STATEMENT_BYTES && takes(whole)).unwrap_or(own);
        Taken { number: line_number(text, range.start), text: whole.to_string(), takes: takes(whole) }
    };
    let code = uses::mentions(&parsed, name).into_iter().filter(|one| one.within == Within::Code);
    code.map(|one| line(one.range, one.top)).collect()
}

/// Whether a statement imports or re-exports names of another file.
fn begins_taking(language: &Language, statement: &str) -> bool {
    let statement = statement.trim_start();
    let from = language.imports.as_ref().and_then(|forms| forms.from.as_ref());
    let word = language.hands_out.as_ref().map(|hands_out| hands_out.word.as_str());
    let hands_on =
        word.is_some_and(|word| statement.starts_with(word)) && from.is_some_and(|from| statement.contains(&format!(" {from} ")));
    let loads = language.loads.iter().any(|word| statement.contains(&format!("{word}(")));
    language.is_import(statement) || hands_on || loads
}

/// Whether files of one folder see each other's definitions without an import.
fn shares_folders(language: &Language) -> bool {
    matches!(language.reach, Some(Reach::Package | Reach::Folder))
}
