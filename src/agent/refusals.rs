//! Edits that were refused, cut off or not run, and not made up for since: they are missing from what is offered. The model is told once,
//! when it wants to finish, and the user at the end.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::text::excerpt::{shorten, squeezed};
use crate::text::visible::visible;

/// An edit that a call asked for, in a form by which it is recognised when the model writes it again differently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedEdit {
    pub path: String,
    /// Distinctive lines: those that are replaced, those of them that disappear, and the new ones.
    old: BTreeSet<String>,
    removed: BTreeSet<String>,
    added: BTreeSet<String>,
    /// What it would change must not be touched, so trying again is pointless.
    pub barred: bool,
}

/// A part of a line counts as that line from this many letters on.
const TELLING_LETTERS: usize = 6;
/// Maximum letters of a line by which a missing edit is described.
const DESCRIBED_LETTERS: usize = 80;
/// Maximum missing edits that are described.
const MAX_DESCRIBED_EDITS: usize = 8;

impl RequestedEdit {
    /// The edits in a call of `propose_edit`.
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

    /// The model was shown these lines as the ones it may have meant.
    pub fn near(&mut self, lines: &str) {
        self.removed.append(&mut telling(lines));
    }

    /// Whether it is an edit of this file; a model may leave out a folder, or add one.
    pub fn is_of(&self, path: &str) -> bool {
        let parts = |path: &str| -> Vec<String> {
            path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).rev().map(str::to_string).collect()
        };
        let (own, other) = (parts(&self.path), parts(path));
        own.iter().zip(&other).all(|(a, b)| a == b)
    }

    /// Whether an accepted edit touches the same place, or writes the same.
    fn is_done_by(&self, taken: &RequestedEdit) -> bool {
        let says_nothing = self.removed.is_empty() && self.added.is_empty();
        let same_place = !self.old.is_empty() && self.old == taken.old;
        let does_it = || share(&self.added, &taken.added) || share(&self.removed, &taken.old);
        self.is_of(&taken.path) && (says_nothing || same_place || does_it())
    }

    fn name(&self) -> String {
        let line = self.added.first().or(self.removed.first());
        let line = line.map(|line| format!(" (`{}`)", shorten(line, DESCRIBED_LETTERS).replace('\n', " "))).unwrap_or_default();
        visible(&format!("{}{line}", shorten(&self.path, 120)))
    }
}

/// The distinctive lines of a text, ignoring white space.
fn telling(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.contains(char::is_alphanumeric));
    lines.map(squeezed).collect()
}

/// Whether some line of one is a line of the other, or a distinctive part of one.
fn share(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let holds = |long: &str, short: &str| short.len() >= TELLING_LETTERS && long.contains(short);
    a.iter().any(|a| b.iter().any(|b| a == b || holds(a, b) || holds(b, a)))
}

/// What is missing because a call was not accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// Its edits are unknown, so any edit accepted later may be one of them.
    #[default]
    Unknown,
    /// Nothing: what these edits want is already there.
    Stands(Vec<RequestedEdit>),
    /// These edits.
    Edits(Vec<RequestedEdit>),
}

#[derive(Clone, Debug)]
struct OpenRefusal {
    gap: Gap,
    why: String,
    /// An edit was seen and refused; otherwise it is unknown whether there was one.
    refused: bool,
}

/// The missing edits of a turn, in order.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    open: Vec<OpenRefusal>,
    /// Those of the current answer. No edit of the same answer makes up for them: it was written before they were refused.
    new: Vec<OpenRefusal>,
    newest: Option<String>,
    /// Some edit was accepted in this turn.
    has_taken: bool,
    told: bool,
}

impl Refusals {
    /// A call was refused.
    pub fn refused(&mut self, gap: Gap, reason: String) {
        match gap {
            Gap::Stands(edits) => self.close(&edits),
            Gap::Edits(edits) if !edits.is_empty() => {
                // The same edit again is missing only once.
                self.close(&edits);
                self.new.push(OpenRefusal { gap: Gap::Edits(edits), why: reason.clone(), refused: true });
            }
            Gap::Edits(_) | Gap::Unknown => self.new.push(OpenRefusal { gap: Gap::Unknown, why: reason.clone(), refused: true }),
        }
        self.newest = Some(reason);
    }

    /// An answer broke off or was unreadable: it is unknown what else it was to change.
    pub fn lost(&mut self, why: &str) {
        self.new.push(OpenRefusal { gap: Gap::Unknown, why: why.into(), refused: false });
    }

    /// These edits were accepted.
    pub fn taken(&mut self, edits: &[RequestedEdit]) {
        self.open.retain(|open| open.gap != Gap::Unknown);
        self.close(edits);
        self.has_taken = true;
        self.newest = None;
    }

    fn close(&mut self, done: &[RequestedEdit]) {
        for open in &mut self.open {
            if let Gap::Edits(edits) = &mut open.gap {
                edits.retain(|edit| !done.iter().any(|done| edit.is_done_by(done)));
            }
        }
        self.open.retain(|open| open.gap != Gap::Edits(vec![]));
    }

    /// All calls of an answer have been run.
    pub fn end_answer(&mut self) {
        self.open.append(&mut self.new);
    }

    /// What is missing, for a model that wants to finish. Said once, and only if other edits were accepted: otherwise nothing could be
    /// mistaken for a complete edit.
    pub fn unfinished(&mut self) -> Option<String> {
        let mut missing = vec![];
        for open in &self.open {
            match &open.gap {
                Gap::Edits(edits) => missing.extend(edits.iter().filter(|edit| !edit.barred).map(RequestedEdit::name)),
                Gap::Unknown => missing.push(for_person(&open.why)),
                Gap::Stands(_) => {}
            }
        }
        if missing.is_empty() || !self.has_taken || std::mem::replace(&mut self.told, true) {
            return None;
        }
        missing.dedup();
        let more = if missing.len() > MAX_DESCRIBED_EDITS { "; …" } else { "" };
        missing.truncate(MAX_DESCRIBED_EDITS);
        Some(missing.join("; ") + more)
    }

    /// What is missing and why, in sentences for the user.
    pub fn gaps(&self) -> Vec<String> {
        let mut said: Vec<String> = vec![];
        for OpenRefusal { gap, why, refused } in self.open.iter().chain(&self.new) {
            let why = for_person(why);
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
                [_] => format!("an edit was refused and is missing here, of {}: the call that held it failed ({why})", visible(&files())),
                more => {
                    let files = visible(&files());
                    format!("{} edits were refused and are missing here, of {files}: the call that held them failed ({why})", more.len())
                }
            };
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        said
    }

    /// Why it is not known what an answer was to change, if there was such an answer.
    pub fn lost_answer(&self) -> Option<&str> {
        self.open.iter().chain(&self.new).find(|open| !open.refused).map(|open| open.why.as_str())
    }

    /// Why the newest edit was refused, for the user, until another one is accepted.
    pub fn newest(&self) -> Option<String> {
        self.newest.as_deref().map(for_person)
    }
}

/// A refusal as the user reads it: what is wrong. The lines after that, which tell the model what to do, are dropped.
pub fn for_person(why: &str) -> String {
    why.lines().next().unwrap_or_default().trim_end_matches(':').to_string()
}
