//! Edits that were refused, cut off or not run, and not put right since: what they were to change is missing from what is offered. The
//! model is told once, when it wants to finish, and the person in the end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::limits::shorten;
use crate::context::fence;

/// An edit that a call asks for, as far as it can be known again: models write it another time, in other words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub path: String,
    /// Lines that say something: those that are replaced, and of them those that go, and those that come.
    old: BTreeSet<String>,
    removed: BTreeSet<String>,
    added: BTreeSet<String>,
    /// What it would change is not to be touched: trying again leads nowhere.
    pub barred: bool,
}

/// Letters from which on a part of a line is that line.
const TELLING: usize = 6;
/// Letters of a line by which a missing edit is named.
const NAMED: usize = 80;
/// Missing edits that are named.
const MOST: usize = 8;

impl Wanted {
    /// Those of a call of `propose_edit`.
    pub fn all(arguments: &Value) -> Vec<Self> {
        let text = |edit: &Value, name: &str| edit[name].as_str().unwrap_or_default().to_string();
        let edits = arguments["edits"].as_array().into_iter().flatten();
        edits.map(|edit| Self::new(&text(edit, "path"), &text(edit, "old"), &text(edit, "new"))).collect()
    }

    fn new(path: &str, old: &str, new: &str) -> Self {
        let (old, new) = (telling(old), telling(new));
        let without = |lines: &BTreeSet<String>, others: &BTreeSet<String>| lines.difference(others).cloned().collect();
        Self { path: path.into(), removed: without(&old, &new), added: without(&new, &old), old, barred: false }
    }

    /// The model was shown these lines as those that it may have meant.
    pub fn near(&mut self, lines: &str) {
        self.removed.append(&mut telling(lines));
    }

    /// Whether it is one of a file: a model may leave out a folder, or write one more.
    pub fn is_of(&self, path: &str) -> bool {
        let parts = |path: &str| -> Vec<String> {
            path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).rev().map(str::to_string).collect()
        };
        let (own, other) = (parts(&self.path), parts(path));
        own.iter().zip(&other).all(|(a, b)| a == b)
    }

    /// Whether an edit that was taken touches the same place, or writes the same.
    fn is_done_by(&self, taken: &Wanted) -> bool {
        let says_nothing = self.removed.is_empty() && self.added.is_empty();
        let same_place = !self.old.is_empty() && self.old == taken.old;
        let does_it = || share(&self.added, &taken.added) || share(&self.removed, &taken.old);
        self.is_of(&taken.path) && (says_nothing || same_place || does_it())
    }

    fn name(&self) -> String {
        let line = self.added.first().or(self.removed.first());
        let line = line.map(|line| format!(" (`{}`)", shorten(line, NAMED).replace('\n', " "))).unwrap_or_default();
        fence::visible(&format!("{}{line}", shorten(&self.path, 120)))
    }
}

/// The lines of a text that say something, whatever blanks are in them.
fn telling(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.contains(char::is_alphanumeric));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Whether a line of one is a line of the other, or a part of it that says enough.
fn share(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let holds = |long: &str, short: &str| short.len() >= TELLING && long.contains(short);
    a.iter().any(|a| b.iter().any(|b| a == b || holds(a, b) || holds(b, a)))
}

/// What a call leaves undone that was not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// Nothing is known of what it was to do: any edit that is taken later may be that.
    #[default]
    Unknown,
    /// Nothing: what these edits want stands there already.
    Stands(Vec<Wanted>),
    /// Each of these edits.
    Edits(Vec<Wanted>),
}

#[derive(Clone, Debug)]
struct Open {
    gap: Gap,
    why: String,
    /// An edit was seen, and refused; else nobody knows whether there was one.
    refused: bool,
}

/// Those of a turn, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    open: Vec<Open>,
    /// Of the answer that is being worked on. Nothing in an answer puts right what the same answer did wrong: it was written before.
    new: Vec<Open>,
    newest: Option<String>,
    /// Something was taken in this turn.
    has_taken: bool,
    told: bool,
}

impl Refusals {
    /// A call was not taken.
    pub fn refused(&mut self, gap: Gap, reason: String) {
        match gap {
            Gap::Stands(edits) => self.close(&edits),
            Gap::Edits(edits) if !edits.is_empty() => {
                // The same edit once more is missing once.
                self.close(&edits);
                self.new.push(Open { gap: Gap::Edits(edits), why: reason.clone(), refused: true });
            }
            Gap::Edits(_) | Gap::Unknown => self.new.push(Open { gap: Gap::Unknown, why: reason.clone(), refused: true }),
        }
        self.newest = Some(reason);
    }

    /// An answer broke off or could not be read: nobody knows what else it was to change.
    pub fn lost(&mut self, why: &str) {
        self.new.push(Open { gap: Gap::Unknown, why: why.into(), refused: false });
    }

    /// These edits were taken.
    pub fn taken(&mut self, edits: &[Wanted]) {
        self.open.retain(|open| open.gap != Gap::Unknown);
        self.close(edits);
        self.has_taken = true;
        self.newest = None;
    }

    fn close(&mut self, done: &[Wanted]) {
        for open in &mut self.open {
            if let Gap::Edits(edits) = &mut open.gap {
                edits.retain(|edit| !done.iter().any(|done| edit.is_done_by(done)));
            }
        }
        self.open.retain(|open| open.gap != Gap::Edits(vec![]));
    }

    /// All calls of an answer are done.
    pub fn end_answer(&mut self) {
        self.open.append(&mut self.new);
    }

    /// What is missing where the model wants to finish, for the model. Said once, and only where something else was taken: without it there
    /// is nothing that could pass for the whole.
    pub fn unfinished(&mut self) -> Option<String> {
        let mut missing = vec![];
        for open in &self.open {
            match &open.gap {
                Gap::Edits(edits) => missing.extend(edits.iter().filter(|edit| !edit.barred).map(Wanted::name)),
                Gap::Unknown => missing.push(first_line(&open.why)),
                Gap::Stands(_) => {}
            }
        }
        if missing.is_empty() || !self.has_taken || std::mem::replace(&mut self.told, true) {
            return None;
        }
        missing.dedup();
        let more = if missing.len() > MOST { "; …" } else { "" };
        missing.truncate(MOST);
        Some(missing.join("; ") + more)
    }

    /// What is missing, and why, in sentences for a person.
    pub fn gaps(&self) -> Vec<String> {
        let mut said: Vec<String> = vec![];
        for Open { gap, why, refused } in self.open.iter().chain(&self.new) {
            let why = first_line(why);
            if !refused {
                said.push(format!("an edit may be missing here: {why}"));
                continue;
            }
            let missing = match gap {
                Gap::Edits(edits) => edits.as_slice(),
                Gap::Unknown | Gap::Stands(_) => &[],
            };
            let files =
                || missing.iter().map(|edit| edit.path.as_str()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
            let sentence = match missing {
                [] => format!("an edit was refused and is missing here: {why}"),
                [one] if why.contains(&one.path) => format!("an edit was refused and is missing here: {why}"),
                [_] => format!(
                    "an edit was refused and is missing here, of {}: the call that held it failed ({why})",
                    fence::visible(&files())
                ),
                more => {
                    let files = fence::visible(&files());
                    format!("{} edits were refused and are missing here, of {files}: the call that held them failed ({why})", more.len())
                }
            };
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        said
    }

    /// Why the newest edit was refused, until another is taken.
    pub fn newest(&self) -> Option<&str> {
        self.newest.as_deref()
    }
}

fn first_line(why: &str) -> String {
    why.lines().next().unwrap_or_default().trim_end_matches(':').to_string()
}
