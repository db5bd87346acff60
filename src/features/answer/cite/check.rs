//! Checks whether named things exist: the file, its lines, the name next to them.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::guess::{NAME, PATH};
use super::named::Named;
use super::{Checker, Citation, NO_PLACE, NamedBy};
use crate::features::Session;
use crate::text::words;
use crate::workspace::WorkspacePath;
use crate::workspace::uri::percent_decoded;

/// Maximum files read to count their lines. Further places are marked as unchecked.
const MAX_FILES_READ: usize = 200;
/// The mark of a place that was not checked.
const UNCHECKED: &str = " (not checked)";
/// The mark of a place without the name that is said to be there.
const NOT_THERE: &str = " (not at that line)";
/// Lines around a place in which a name may occur, since comments and attributes belong to it.
const AROUND: u32 = 3;

/// What a check of some words has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// They name no place.
    NotAPlace,
    Verified,
    /// They name a place that does not exist, or was not checked; with the mark that says so.
    Marked(&'static str),
}

impl Checked {
    fn by(mark: Option<&'static str>) -> Self {
        mark.map_or(Checked::Verified, Checked::Marked)
    }

    /// The mark, if there is one.
    pub(super) fn mark(self) -> Option<&'static str> {
        match self {
            Checked::Marked(mark) => Some(mark),
            Checked::NotAPlace | Checked::Verified => None,
        }
    }
}

impl Checker<'_> {
    /// Checks lines of the file `token`.
    pub(super) fn place(&mut self, token: &str, first: u32, named: &Named<'_>) -> Checked {
        let token = token.strip_prefix("file://").unwrap_or(token);
        // A URL, a name with its module, or the column after a line.
        if token.is_empty() || token.contains("://") || token.contains(':') {
            return Checked::NotAPlace;
        }
        let token = self.decoded(token);
        let Some(ours) = self.in_root(&token) else { return Checked::NotAPlace };
        let token = &*ours;
        // Brackets before a path may belong to it, as may letters that none of our paths has.
        let bare = token.trim_start_matches(['(', '[', '{']);
        let ascii = bare.trim_start_matches(|letter: char| !letter.is_ascii()).trim_end_matches(|letter: char| !letter.is_ascii());
        let found = self.find(token).or_else(|| self.find(bare)).or_else(|| self.find(ascii));
        if found.is_none() && !self.may_be_path(ascii) {
            return Checked::NotAPlace;
        }
        if found.is_none() && self.read >= MAX_FILES_READ {
            return Checked::Marked(UNCHECKED);
        }
        let Some((path, count)) = found else { return Checked::by(self.cite(ascii.into(), first, named.last, Some(NO_PLACE))) };
        self.last = Some(path.to_string());
        let mark = self.wrong(&path, count, first, named);
        Checked::by(self.cite(path.to_string(), first, named.last, mark))
    }

    /// A path without the escapes of a link target.
    fn decoded<'t>(&mut self, path: &'t str) -> Cow<'t, str> {
        if path.contains('%') && self.find(path).is_none() { percent_decoded(path).into() } else { path.into() }
    }

    /// A path as used in the workspace: without the root's folder in front, with slashes if its folder is ours. None if its backslashes
    /// mean something else.
    fn in_root<'t>(&mut self, token: &'t str) -> Option<Cow<'t, str>> {
        if token.contains('\\') {
            let path = token.replace('\\', "/");
            let ours = path.split_once('/').is_some_and(|(folder, _)| self.vocabulary().has_folder(folder));
            return ours.then(|| path.into());
        }
        let roots = &self.session.snapshot.roots;
        let inside = Path::new(token).is_absolute().then(|| roots.locate(Path::new(token))).flatten();
        Some(inside.map_or(token.into(), |path| path.to_string().into()))
    }

    /// Checks lines named without a file: in the file named last or asked about, else in any that the model was shown.
    pub(super) fn line_alone(&mut self, first: u32, named: &Named<'_>) -> Option<&'static str> {
        let meant: Vec<String> = self.last.iter().chain(&self.subject).cloned().collect();
        let mut marks = vec![];
        for path in if meant.is_empty() { self.near.clone() } else { meant.clone() } {
            let Some((file, count)) = self.find(&path) else { continue };
            let mark = self.wrong(&file, count, first, named);
            marks.push((path, mark));
        }
        let best = marks.iter().position(|(_, mark)| mark.is_none()).unwrap_or(0);
        let (path, mark) = marks.into_iter().nth(best)?;
        if meant.is_empty() { mark } else { self.cite(path, first, named.last, mark) }
    }

    /// What is wrong with lines of an existing file.
    fn wrong(&mut self, path: &WorkspacePath, count: u32, first: u32, named: &Named<'_>) -> Option<&'static str> {
        let last = named.last.unwrap_or(first);
        if first == 0 || last < first || last > count {
            return Some(NO_PLACE);
        }
        let symbol = named.symbol?.trim();
        let name = NAME.captures(symbol)?.get(1)?.as_str();
        // A file's name does not occur in another file.
        if name.contains('.') && self.find(symbol).is_some() {
            return None;
        }
        let name = name.rsplit([':', '.', '#', '>']).next()?;
        let index = &self.session.index;
        let is_within = index
            .named(name)
            .into_iter()
            .filter_map(|id| Some((index.file(id.file)?, index.symbol(id)?)))
            .any(|(file, symbol)| file.path == *path && symbol.line < last + AROUND && first <= symbol.end_line + 1);
        let text = self.session.snapshot.read(path).ok()?;
        let lines = text.lines().skip(first.saturating_sub(AROUND + 1) as usize).take((last - first + 2 * AROUND + 1) as usize);
        let stands = |line: &str| words::has(line, name);
        (!is_within && !lines.into_iter().any(stands)).then_some(NOT_THERE)
    }

    /// Adds a place with its mark.
    fn cite(&mut self, path: String, line: u32, end_line: Option<u32>, mark: Option<&'static str>) -> Option<&'static str> {
        let verified = mark.is_none();
        match self.citations.iter_mut().find(|known| known.path == path && known.line == line && !known.whole) {
            Some(known) => known.verified &= verified,
            None => self.citations.push(Citation { path, line, end_line, verified, whole: false, from: NamedBy::Answer }),
        }
        mark
    }

    /// Checks a word that may name a file without a line.
    pub(super) fn file(&mut self, word: &str, in_quotes: bool) -> Checked {
        let decoded = self.decoded(word);
        let name = decoded.trim_start_matches("./");
        if let Some((path, names)) = name.split_once("::").filter(|(path, _)| PATH.is_match(path)) {
            return self.inside(path, names);
        }
        if name.contains("://") || name.contains("::") || !PATH.is_match(word) && !self.split().has(name) {
            return Checked::NotAPlace;
        }
        let found = self.find(name);
        if found.is_none() && (self.read >= MAX_FILES_READ || !self.is_file_name(name, in_quotes)) {
            return Checked::NotAPlace;
        }
        let (path, verified) = found.map_or((name.to_string(), false), |(path, _)| (path.to_string(), true));
        if verified {
            self.last = Some(path.clone());
        }
        if !self.citations.iter().any(|known| known.path == path) {
            self.citations.push(Citation { path, line: 1, end_line: None, verified, whole: true, from: NamedBy::Answer });
        }
        Checked::by((!verified).then_some(NO_PLACE))
    }

    /// Checks something inside a file as test runners write it: `tests/test_a.py::Suite::test_one[case]`.
    fn inside(&mut self, path: &str, names: &str) -> Checked {
        let checked = self.file(path, true);
        if checked != Checked::Verified {
            return checked;
        }
        let known = self.find(path).and_then(|(path, _)| self.session.snapshot.read(&path).ok());
        let names = names.split('[').next().unwrap_or_default();
        let missing = known.is_some_and(|text| !names.split("::").all(|name| words::has(&text, name)));
        Checked::by(missing.then_some(NO_PLACE))
    }

    /// The file that a path means, and its number of lines. A name without folder counts if only one file has it.
    pub(super) fn find(&mut self, path: &str) -> Option<(WorkspacePath, u32)> {
        if let Some(known) = self.found.get(path) {
            return known.clone();
        }
        if self.read >= MAX_FILES_READ {
            return None;
        }
        let called = |whole: &&String| whole.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let by_name = || self.near.iter().find(called).and_then(|whole| readable(self.session, whole));
        let mut found = readable(self.session, path).or_else(by_name);
        if found.is_none() {
            let session = self.session;
            let mut several = self.vocabulary().paths.iter().filter(called);
            found = several.next().filter(|_| several.next().is_none()).and_then(|whole| readable(session, whole));
        }
        self.read += usize::from(found.is_some());
        self.found.insert(path.into(), found.clone());
        found
    }
}

fn readable(session: &Session, path: &str) -> Option<(WorkspacePath, u32)> {
    let path = session.snapshot.roots.resolve(path.trim_start_matches("./")).ok()?;
    if session.closed_path(&path).is_some() {
        return None;
    }
    let text: Arc<str> = session.snapshot.read(&path).ok()?;
    Some((path, text.lines().count().max(1) as u32))
}
