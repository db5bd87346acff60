//! What was to be moved into a module of its own, once it is there: who still takes it from where it was, and who uses it without taking it
//! from anywhere.

use std::ops::Range;
use std::sync::Arc;

use crate::features::Session;
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Language};
use crate::text::lines::{line_number, line_start};
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Places that are told.
const MOST: usize = 5;

/// See the module.
pub(super) struct Moved<'a> {
    pub session: &'a Session,
    pub name: &'a str,
    /// Where it was, and where it is.
    pub home: &'a WorkspacePath,
    pub new: &'a WorkspacePath,
}

impl Moved<'_> {
    /// What does not follow the move, in words. `now` is what the drafts make of a file.
    pub fn left(&self, now: &dyn Fn(&WorkspacePath) -> Option<Arc<str>>) -> Vec<String> {
        let Self { session, name, home, new } = *self;
        let text = |path: &WorkspacePath| now(path).or_else(|| session.snapshot.read_exact(path).ok());
        let at_home = text(home).unwrap_or_default();
        let mut found = vec![];
        let language = session.language_at(new, &text(new).unwrap_or_default());
        if language.as_ref().is_some_and(|language| language.family == "rust") && !self.is_declared(&text) {
            found.push(format!("no `mod {};` names {new}, so that it is no part of the crate", stem(new)));
        }
        // Where it is handed on, everybody may go on as before.
        let hands_on = lines_of(language.as_ref(), &at_home, name).iter().any(takes);
        if hands_on {
            return found;
        }
        if folder(home) != folder(new) || !shares_folders(language.as_deref()) {
            let used = lines_of(language.as_ref(), &at_home, name);
            found.extend(used.first().map(|_| format!("{home} still uses `{name}`, and takes it from nowhere")));
        }
        let index = &session.index;
        let users = index.name(name).map(|id| index.users(id)).unwrap_or_default();
        let files = users.into_iter().filter_map(|(id, _)| index.file(id)).filter(|file| file.path != *home && file.path != *new);
        let mut places = vec![];
        for file in files.filter(|file| session.closed_path(&file.path).is_none()) {
            let Some(text) = text(&file.path) else { continue };
            let old = stem(home);
            let is_old = |line: &&Taken| takes(line) && words::has(&line.text, old) && !words::has(&line.text, stem(new));
            let lines = lines_of(file.language.as_ref(), &text, name);
            places.extend(lines.iter().filter(is_old).map(|line| format!("{}:{}", file.path, line.number)));
        }
        places.sort();
        if !places.is_empty() {
            let more = if places.len() > MOST { ", …" } else { "" };
            places.truncate(MOST);
            found.push(format!("`{name}` is still taken from {home} at {}{more}", places.join(", ")));
        }
        found
    }

    /// Whether a file of the crate declares the new module.
    fn is_declared(&self, text: &dyn Fn(&WorkspacePath) -> Option<Arc<str>>) -> bool {
        let name = if self.new.name() == "mod.rs" { folder(self.new).rsplit('/').next().unwrap_or_default() } else { stem(self.new) };
        let declares = |line: &str| {
            let line = line.trim().trim_end_matches(';');
            line.strip_suffix(name).is_some_and(|before| before.trim_end().ends_with("mod") && before.ends_with(' '))
        };
        let files = self.session.index.files().map(|(_, file)| &file.path).filter(|path| path.name().ends_with(".rs"));
        let near = files.filter(|path| folder(self.new).starts_with(folder(path)));
        near.chain([self.home]).any(|path| text(path).is_some_and(|text| text.lines().any(declares)))
    }
}

/// A line of code that names what was moved.
struct Taken {
    number: usize,
    text: String,
}

fn lines_of(language: Option<&Arc<Language>>, text: &Arc<str>, name: &str) -> Vec<Taken> {
    let Some(parsed) = language.and_then(|language| syntax::parse(language, text.clone()).ok()) else { return vec![] };
    let text = parsed.text();
    // All of a statement that goes over several lines counts.
    let line = |range: Range<usize>, top: Range<usize>| {
        let start = line_start(text, range.start);
        let own = text[start..].lines().next().unwrap_or_default();
        let whole = text.get(top).filter(|whole| whole.len() < 2000 && begins_taking(whole)).unwrap_or(own);
        Taken { number: line_number(text, range.start), text: whole.to_string() }
    };
    let code = uses::mentions(&parsed, name).into_iter().filter(|one| one.within == Within::Code);
    code.map(|one| line(one.range, one.top)).collect()
}

fn takes(line: &Taken) -> bool {
    begins_taking(&line.text)
}

/// Whether a statement takes names from another file.
fn begins_taking(statement: &str) -> bool {
    let statement = statement.trim_start();
    let words = ["import", "from", "use", "pub use", "pub(crate) use", "using", "#include"];
    let begins = words.iter().any(|word| statement.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '{', '(', '"', '<', '*'])));
    let hands_on = statement.starts_with("export") && statement.contains(" from ");
    begins || hands_on || statement.contains("require(")
}

/// Whether files of one folder see each other's definitions without a word.
fn shares_folders(language: Option<&Language>) -> bool {
    language.is_some_and(|language| matches!(language.family.as_str(), "go" | "java"))
}

fn folder(path: &WorkspacePath) -> &str {
    path.relative().rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn stem(path: &WorkspacePath) -> &str {
    let name = path.name();
    name.split_once('.').map_or(name, |(stem, _)| stem)
}
