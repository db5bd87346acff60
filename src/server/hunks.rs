//! Hunks that wait for a person's decision. Each lies on the newest text of its document: with every change of that text it is carried
//! over exactly, or dropped with the reason.

use std::sync::Arc;

use crate::context::fence;
use crate::text::rebase::{self, Dropped};
use crate::text::{Batch, Edit, Text};
use crate::workspace::Document;

use super::agent::FileEdit;

/// One hunk.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: u64,
    /// What was asked for.
    pub title: String,
    /// Why the model changed this place, in its words; empty when it said nothing.
    pub reason: String,
    /// The text that the edit is for.
    pub document: Arc<Document>,
    pub edit: Edit,
    /// The file does not exist yet.
    pub creates: bool,
}

impl Pending {
    /// One line for lists and lenses.
    pub fn name(&self) -> &str {
        if self.reason.is_empty() { &self.title } else { &self.reason }
    }

    pub fn file(&self) -> FileEdit {
        FileEdit {
            document: self.document.clone(),
            edits: Batch::one(self.edit.clone()),
            reasons: vec![self.reason.clone()],
            creates: self.creates,
        }
    }

    /// 1-based.
    pub fn line(&self) -> usize {
        self.document.text.line_of(self.edit.range.start) + 1
    }
}

/// A hunk that is gone, and why.
#[derive(Clone, Debug)]
pub struct Lost {
    pub pending: Pending,
    pub why: Dropped,
}

/// Those that wait. No number is used twice.
#[derive(Default)]
pub struct Hunks {
    waiting: Vec<Pending>,
    last: u64,
}

impl Hunks {
    pub fn iter(&self) -> impl Iterator<Item = &Pending> {
        self.waiting.iter()
    }

    pub fn of<'a>(&'a self, uri: &'a str) -> impl Iterator<Item = &'a Pending> {
        self.waiting.iter().filter(move |pending| pending.document.uri == uri)
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Keeps the edits of a file, one hunk each; their numbers.
    pub fn hold(&mut self, title: &str, file: &FileEdit) -> Vec<u64> {
        let mut ids = vec![];
        for (number, edit) in file.edits.edits().iter().enumerate() {
            self.last += 1;
            ids.push(self.last);
            let reason = file.reasons.get(number).map(|reason| one_line(reason)).unwrap_or_default();
            let (document, edit) = (file.document.clone(), edit.clone());
            self.waiting.push(Pending { id: self.last, title: one_line(title), reason, document, edit, creates: file.creates });
        }
        ids
    }

    /// Takes those out that are decided on.
    pub fn take(&mut self, decided: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let (taken, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|pending| decided(pending));
        self.waiting = waiting;
        taken
    }

    /// Puts those back whose acceptance did not come about.
    pub fn put_back(&mut self, pending: Vec<Pending>) {
        self.waiting.extend(pending);
        self.waiting.sort_by_key(|pending| pending.id);
    }

    /// The text of a document has changed from `before` by `change`, and is `now`.
    pub fn follow(&mut self, before: &Text, change: &Batch, now: &Arc<Document>) -> Vec<Lost> {
        let mut lost = vec![];
        let mut waiting = vec![];
        for mut pending in std::mem::take(&mut self.waiting) {
            if pending.document.uri != now.uri {
                waiting.push(pending);
                continue;
            }
            match rebase::rebase(&pending.edit, before, change) {
                // The person has typed it.
                Ok(edit) if edit.is_empty() => {}
                Ok(edit) => {
                    pending.edit = edit;
                    pending.document = now.clone();
                    waiting.push(pending);
                }
                Err(why) => lost.push(Lost { pending, why }),
            }
        }
        self.waiting = waiting;
        lost
    }

    /// A document was opened: hunks made for what lay on disk go on with what the editor shows. Each was made for what lay there at its
    /// own time, and under our own spelling of the file's name.
    pub fn opened(&mut self, now: &Arc<Document>, is_open: impl Fn(&str) -> bool) -> Vec<Lost> {
        let lies_there = |known: &Document| known.path.is_some() && known.path == now.path && !is_open(&known.uri);
        let here = self.take(|pending| pending.document.uri == now.uri || lies_there(&pending.document));
        let mut carried = std::mem::take(&mut self.waiting);
        let mut lost = vec![];
        for mut pending in here {
            let before = pending.document.text.clone();
            Arc::make_mut(&mut pending.document).uri.clone_from(&now.uri);
            let whole = Edit { range: 0..before.len_bytes(), text: now.text.to_string() }.trimmed(&before);
            self.waiting = vec![pending];
            lost.extend(self.follow(&before, &Batch::one(whole), now));
            carried.append(&mut self.waiting);
        }
        self.put_back(carried);
        lost
    }

    /// Drops all of a document of which the text is not known any more.
    pub fn forget(&mut self, uri: &str) {
        self.waiting.retain(|pending| pending.document.uri != uri);
    }
}

fn one_line(text: &str) -> String {
    fence::visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
