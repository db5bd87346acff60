//! Checks everything an answer names before anybody sees it: a path has to be a visible file of the workspace, a line has to exist in it,
//! and a name written as code has to be known to the index. What does not hold is marked in the text.

mod check;
mod guess;
pub(in crate::features) mod named;
pub(in crate::features) mod split;
mod table;
pub(super) mod words;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::Serialize;

use super::vocabulary::Vocabulary;
use crate::features::Session;
use crate::text::markdown::{FenceLine, Fences, code_spans};
use crate::workspace::WorkspacePath;
use check::Checked;
use guess::{PATH, is_compound};
use split::SplitPaths;
use table::Table;

/// A place that an answer names, or that the model was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    pub verified: bool,
    /// The file is named without a line.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    pub from: NamedBy,
}

/// Who names the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedBy {
    /// The text of the answer.
    Answer,
    /// The model was shown it, but the answer does not name it.
    Shown,
}

impl NamedBy {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            NamedBy::Answer => "named in the answer",
            NamedBy::Shown => "shown to the model",
        }
    }
}

/// Marks that are put after a place that does not exist, and after a name that nothing in the workspace has.
const NO_PLACE: &str = " (not found)";
const NO_NAME: &str = " (not in the index)";

/// Drops files that count as a place although one of their lines is named, which says more.
pub(super) fn without_files_of_lines(citations: &mut Vec<Citation>) {
    let lines: HashSet<String> = citations.iter().filter(|place| !place.whole).map(|place| place.path.clone()).collect();
    citations.retain(|place| !place.whole || !lines.contains(&place.path));
}

/// Checks an answer line by line, as it is written.
pub struct Checker<'a> {
    session: &'a Session,
    /// Paths that the model was shown; a name without its folder is looked up there first.
    pub near: Vec<String>,
    /// The file that the question is about, and the one named last: a line without a path belongs to one of them.
    subject: Option<String>,
    last: Option<String>,
    citations: Vec<Citation>,
    /// Names that were marked before in this answer; each is marked once.
    marked: HashSet<String>,
    /// For each path that was looked up, the file and its number of lines.
    found: HashMap<String, Option<(WorkspacePath, u32)>>,
    read: usize,
    vocabulary: Option<Vocabulary>,
    split: Option<SplitPaths>,
    /// The code blocks so far.
    fences: Fences,
    /// Names in the current code block that are not in the workspace. The block is not changed, since users copy code; the names are listed
    /// below it.
    below: Vec<String>,
    /// The start of the line has been checked already.
    in_line: bool,
    table: Table,
}

impl<'a> Checker<'a> {
    /// For an answer of a model that was shown these paths.
    pub fn new(session: &'a Session, near: Vec<String>) -> Self {
        Self {
            session,
            near,
            subject: None,
            last: None,
            citations: vec![],
            marked: HashSet::new(),
            found: HashMap::new(),
            read: 0,
            vocabulary: None,
            split: None,
            fences: Fences::default(),
            below: vec![],
            in_line: false,
            table: Table::default(),
        }
    }

    /// Sets the file that the answer is about.
    pub fn about(self, subject: Option<String>) -> Self {
        Self { subject, ..self }
    }

    /// Takes over what the earlier checker has read of the workspace.
    pub fn after(other: Self, near: Vec<String>) -> Self {
        Self { vocabulary: other.vocabulary, split: other.split, subject: other.subject, ..Self::new(other.session, near) }
    }

    /// Checks a whole answer; returns it with marks, and its places.
    pub fn check(mut self, text: &str) -> (String, Vec<Citation>) {
        let mut marked: String = text.split_inclusive('\n').map(|line| self.line(line)).collect();
        marked.push_str(&self.finish());
        without_files_of_lines(&mut self.citations);
        (marked, self.citations)
    }

    /// Checks a line, or a part of one that begins and ends outside of backquotes.
    pub fn line(&mut self, line: &str) -> String {
        let is_start = !std::mem::replace(&mut self.in_line, !line.ends_with('\n'));
        if is_start && matches!(self.fences.take(line.trim_start()), FenceLine::Opens { .. } | FenceLine::Closes { .. }) {
            let below = if !self.fences.in_code() { self.said_below() } else { String::new() };
            let end = if below.is_empty() || line.ends_with('\n') { "" } else { "\n" };
            return format!("{line}{end}{below}");
        }
        let mut marked = line.to_string();
        if self.fences.in_code() {
            self.check_code(line);
            return marked;
        }
        for (at, mark) in self.marks(line).into_iter().rev() {
            marked.insert_str(at, mark);
        }
        marked
    }

    /// Whether the text after a blank may belong to a path at the end of this text.
    pub fn may_go_on(&mut self, text: &str) -> bool {
        self.split().may_go_on(text)
    }

    fn split(&mut self) -> &SplitPaths {
        self.split.get_or_insert_with(|| SplitPaths::new(self.session))
    }

    /// Ends the answer; returns what is still to be said. Closes an open code block for it.
    pub fn finish(&mut self) -> String {
        let fence = self.fences.close();
        match self.said_below() {
            below if below.is_empty() => below,
            below => format!("\n{}\n{below}", fence.unwrap_or_default()),
        }
    }

    fn said_below(&mut self) -> String {
        let places = std::mem::take(&mut self.below);
        if places.is_empty() { String::new() } else { format!("\nIn this code: {}.\n", places.join(", ")) }
    }

    /// Where the words of a line are to be marked, in order.
    fn marks(&mut self, line: &str) -> Vec<(usize, &'static str)> {
        let places = self.places(line, false);
        let mut marks: Vec<(usize, &str)> = vec![];
        for (place, mark) in &places {
            marks.extend(mark.map(|mark| (named::end_of_quotes(line, place.end), mark)));
        }
        let said = |at: &Range<usize>| places.iter().any(|(place, _)| at.start < place.end && place.start <= at.end);
        let spans = code_spans(line);
        for (whole, code) in spans.iter().filter(|(whole, _)| !said(whole)) {
            let code = line[code.clone()].trim();
            let mark = match self.file(code, true) {
                Checked::NotAPlace if self.is_no_name(code) => Some(NO_NAME),
                checked => checked.mark(),
            };
            marks.extend(mark.map(|mark| (whole.end, mark)));
        }
        for (at, word) in named::words(line, &self.split().found(line)) {
            if said(&at) || spans.iter().any(|(whole, _)| whole.start < at.end && at.start < whole.end) {
                continue;
            }
            // A call is code also without backquotes.
            let called = word.strip_suffix('(').filter(|name| line[at.end..].starts_with(')') && is_compound(name));
            if called.is_some_and(|name| self.is_no_name(name)) {
                marks.push((at.end + 1, NO_NAME));
            } else {
                let mark = self.file(word, false).mark();
                marks.extend(mark.map(|mark| (named::end_of_link(line, at.end).unwrap_or(at.end), mark)));
            }
        }
        marks.sort_unstable();
        // Several lines before one path share one mark.
        marks.dedup();
        marks
    }

    /// Checks places in a line of code, which gets no marks.
    fn check_code(&mut self, line: &str) {
        let whole = self.split().found(line);
        for (place, mark) in self.places(line, true) {
            let path = named::path_before(line, place.start, &whole);
            let named = || format!("{path}{}", &line[place.clone()]);
            self.below.extend(mark.map(|mark| format!("`{}`{mark}", named().replace('`', ""))));
        }
    }

    /// The lines that a text names: where they stand, and their marks. In code only those with a path count.
    fn places(&mut self, line: &str, in_code: bool) -> Vec<(Range<usize>, Option<&'static str>)> {
        let mut places = vec![];
        let whole = self.split().found(line);
        let column = self.table.column(line, &whole);
        for named in column.into_iter().chain(named::named(line, &whole)) {
            let Some(first) = named.first else { continue };
            let behind = named.behind.map_or(Checked::NotAPlace, |path| self.place(path, first, &named));
            if behind != Checked::NotAPlace {
                places.push((named.range.start..named.end_behind(line), behind.mark()));
                continue;
            }
            let before = self.place(named.before, first, &named);
            if before != Checked::NotAPlace {
                places.push((named.range, before.mark()));
            } else if named.in_words && !in_code {
                let mut files = named::words(line, &whole);
                files.retain(|(at, word)| at.end <= named.range.start && (whole.contains(at) || PATH.is_match(word)));
                files.retain(|(at, _)| !places.iter().any(|(place, _): &(Range<usize>, _)| place.start == at.end));
                let nearest = files.into_iter().rev().find_map(|(_, word)| self.find(word)).map(|(path, _)| path.to_string());
                self.last = nearest.or(self.last.take());
                let mark = self.line_alone(first, &named);
                places.push((named.range, mark));
            }
        }
        places
    }
}
