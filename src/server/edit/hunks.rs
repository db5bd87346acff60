//! Hunks that wait for the user's decision. Each is kept for the newest text of its document: with every change of the text it is rebased
//! exactly, or dropped with a reason.

use std::sync::Arc;
use std::time::SystemTime;

use super::unopened_file::marked_as;
use crate::features::edit::FileEdit;
use crate::text::excerpt::squeezed;
use crate::text::rebase::{self, Tie};
use crate::text::visible::visible;
use crate::text::{Batch, Edit, Text, diff};
use crate::workspace::{Document, WorkspacePath, uri};

/// One hunk.
#[derive(Clone, Debug)]
pub struct PendingHunk {
    pub id: u64,
    /// What was requested.
    pub title: String,
    /// The model's reason for this change; empty if it gave none.
    pub reason: String,
    /// Reasons for a second look at the whole change.
    pub warnings: Arc<[String]>,
    /// The document that the edit is for.
    pub document: Arc<Document>,
    pub edit: Edit,
    /// The file does not exist yet.
    pub creates: bool,
    /// The editor said that it has made this change in a closed file, but neither the disk nor an open document shows it. To request the
    /// change again might make it twice, so the hunk waits until the file is seen.
    pub claimed: bool,
    /// The user has accepted it, and its file is being read before the editor is asked.
    pub accepting: bool,
    /// When it was made.
    pub since: SystemTime,
}

/// The warning for a change that the editor claims to have made and that nothing shows.
const CLAIMED: &str = "the editor says that it has made this change, but the file does not show it yet: open or save it";

impl PendingHunk {
    /// Reasons for a second look.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.iter().map(String::as_str).chain(self.claimed.then_some(CLAIMED)).map(String::from).collect()
    }

    /// One line for lists and lenses.
    pub fn name(&self) -> &str {
        if self.reason.is_empty() { &self.title } else { &self.reason }
    }

    /// The hunk as an edit of its file.
    pub fn file(&self) -> FileEdit {
        FileEdit {
            document: self.document.clone(),
            edits: Batch::one(self.edit.clone()),
            reasons: vec![self.reason.clone()],
            creates: self.creates,
        }
    }

    /// The same in a file that has another name now.
    pub fn named(mut self, uri: &str, path: Option<&WorkspacePath>) -> Self {
        let document = Arc::make_mut(&mut self.document);
        (document.uri, document.path) = (uri.into(), path.cloned());
        self
    }

    /// Its 1-based line.
    pub fn line(&self) -> usize {
        self.document.text.line_of(self.edit.range.start) + 1
    }
}

/// A dropped hunk, and the reason.
#[derive(Clone, Debug)]
pub struct DroppedHunk {
    pub pending: Box<PendingHunk>,
    pub why: String,
}

/// All hunks that wait. No number is used twice.
#[derive(Default)]
pub struct Hunks {
    waiting: Vec<PendingHunk>,
    /// Hunks that the editor was asked to apply. Text that appears at their places is not the user's typing.
    accepted: Vec<PendingHunk>,
    last: u64,
}

impl Hunks {
    /// All hunks that wait.
    pub fn iter(&self) -> impl Iterator<Item = &PendingHunk> {
        self.waiting.iter()
    }

    /// The hunks that wait in a document.
    pub fn of<'a>(&'a self, uri: &'a str) -> impl Iterator<Item = &'a PendingHunk> {
        self.waiting.iter().filter(move |pending| pending.document.uri == uri)
    }

    /// How many hunks wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds the edits of a file, one hunk each; returns their numbers.
    pub fn add(&mut self, title: &str, file: &FileEdit, warnings: &Arc<[String]>) -> Vec<u64> {
        let mut ids = vec![];
        // A file that is created empty is a hunk without text.
        let empty = (file.creates && file.edits.is_empty()).then(|| Edit { range: 0..0, text: String::new() });
        for (number, edit) in file.edits.edits().iter().chain(&empty).enumerate() {
            self.last += 1;
            ids.push(self.last);
            let reason = file.reasons.get(number).map(|reason| visible(&squeezed(reason))).unwrap_or_default();
            let (document, edit, warnings) = (file.document.clone(), edit.clone(), warnings.clone());
            let pending = PendingHunk {
                id: self.last,
                title: visible(&squeezed(title)),
                reason,
                warnings,
                document,
                edit,
                creates: file.creates,
                claimed: false,
                accepting: false,
                since: SystemTime::now(),
            };
            self.waiting.push(pending);
        }
        ids
    }

    /// Marks hunks as being accepted, or takes the mark away. A rejection of all waiting hunks leaves marked ones alone.
    pub fn mark(&mut self, decided: impl Fn(&PendingHunk) -> bool, accepting: bool) {
        self.waiting.iter_mut().filter(|pending| decided(pending)).for_each(|pending| pending.accepting = accepting);
    }

    /// Takes out the hunks that are decided on.
    pub fn take(&mut self, decided: impl Fn(&PendingHunk) -> bool) -> Vec<PendingHunk> {
        let (taken, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|pending| decided(pending));
        self.waiting = waiting;
        taken
    }

    /// [`Hunks::take`] for hunks that the editor is asked to apply; remembered until they are [`Hunks::settled`].
    pub fn accept(&mut self, decided: impl Fn(&PendingHunk) -> bool) -> Vec<PendingHunk> {
        let mut taken = self.take(decided);
        taken.iter_mut().for_each(|pending| pending.accepting = false);
        self.accepted.extend(taken.iter().cloned());
        taken
    }

    /// The editor says that it has made these changes.
    pub fn claim(&mut self, ids: &[u64]) {
        self.waiting.iter_mut().filter(|pending| ids.contains(&pending.id)).for_each(|pending| pending.claimed = true);
    }

    /// Forgets accepted hunks: what appears at their places from now on is typing.
    pub fn settled(&mut self, ids: impl Fn(u64) -> bool) {
        self.accepted.retain(|pending| !ids(pending.id));
    }

    /// Puts back hunks that could not be applied.
    pub fn put_back(&mut self, pending: Vec<PendingHunk>) {
        self.waiting.extend(pending);
        self.waiting.sort_by_key(|pending| pending.id);
    }

    /// A document's text has changed from `before` by `change`, and is `now`.
    pub fn follow(&mut self, before: &Text, change: &Batch, now: &Arc<Document>) -> Vec<DroppedHunk> {
        let here = self.take(|pending| pending.document.uri == now.uri);
        let come: Vec<_> = here.iter().map(|pending| self.come(pending, &here, before, change)).collect();
        let carried = here.into_iter().zip(come).map(|(pending, come)| carried(pending, &come, before, change, now)).collect();
        let lost = self.put_back_carried(carried);
        self.accepted.retain_mut(|accepted| {
            if accepted.document.uri != now.uri {
                return true;
            }
            let carried = rebase::rebase(&accepted.edit, before, change).ok().filter(|edit| !edit.is_empty());
            carried.map(|edit| accepted.edit = edit).is_some()
        });
        lost
    }

    /// Puts back the hunks that were rebased; returns the others.
    fn put_back_carried(&mut self, carried: Vec<Result<Option<PendingHunk>, DroppedHunk>>) -> Vec<DroppedHunk> {
        let (carried, lost): (Vec<_>, Vec<_>) = carried.into_iter().partition(Result::is_ok);
        self.put_back(carried.into_iter().flatten().flatten().collect());
        lost.into_iter().filter_map(Result::err).collect()
    }

    /// The hunks whose text a change has inserted at the place of `pending`. They may be accepted hunks on their way, or hunks of
    /// `waiting`, which an editor may apply from a code action. The inserted text has to be exactly that of one hunk, or of several in a
    /// row; a text that only contains it is the user's typing.
    fn come(&self, pending: &PendingHunk, waiting: &[PendingHunk], before: &Text, change: &Batch) -> Vec<u64> {
        let place = &pending.edit.range;
        let lies_here = |edit: &Edit| edit.range == *place && place.is_empty() && !edit.text.is_empty();
        let Some(inserted) = change.edits().iter().map(|edit| edit.trimmed(before)).find(lies_here) else { return vec![] };
        let accepted = self.accepted.iter().filter(|accepted| accepted.document.uri == pending.document.uri);
        let waiting = waiting.iter().filter(|other| lies_here(&other.edit) && other.document.text == pending.document.text);
        let mut here: Vec<&PendingHunk> = accepted.filter(|accepted| lies_here(&accepted.edit)).chain(waiting).collect();
        here.sort_by_key(|hunk| hunk.id);
        let run = |start: usize| {
            let mut text = String::new();
            let is_all = |hunk: &&PendingHunk| {
                join(&mut text, &hunk.edit.text);
                text == inserted.text
            };
            let last = here[start..].iter().position(is_all)?;
            Some(here[start..=start + last].iter().map(|hunk| hunk.id).collect())
        };
        (0..here.len()).find_map(run).unwrap_or_default()
    }

    /// Called when a document was opened: hunks for the file on disk now apply to the editor's text. Each hunk was made for the file at its
    /// own time, and under the server's spelling of the file's name.
    pub fn opened(&mut self, now: &Arc<Document>, is_open: impl Fn(&str) -> bool) -> Vec<DroppedHunk> {
        let lies_there = |known: &Document| known.path.is_some() && known.path == now.path && !is_open(&known.uri);
        let here = self.take(|pending| pending.document.uri == now.uri || lies_there(&pending.document));
        let lost = self.fit(here, now);
        // The editor now shows the file's text. A claimed change that this text does not show was not made.
        self.waiting.iter_mut().filter(|pending| pending.document.uri == now.uri).for_each(|pending| pending.claimed = false);
        lost
    }

    /// The document with this URI is this one now.
    pub fn renamed(&mut self, uri: &str, now: &Arc<Document>) -> Vec<DroppedHunk> {
        let here = self.take(|pending| pending.document.uri == uri);
        self.fit(here, now)
    }

    /// A file that is not open is gone from the disk. What is to create it goes on waiting.
    pub fn gone(&mut self, uri: &str, why: &str) -> Vec<DroppedHunk> {
        let here = self.take(|pending| pending.document.uri == uri);
        let gone = |pending: PendingHunk| {
            if pending.creates { Ok(Some(pending)) } else { Err(DroppedHunk { pending: pending.into(), why: why.into() }) }
        };
        self.put_back_carried(here.into_iter().map(gone).collect())
    }

    /// Rebases each hunk from its own text to the document's current one, and keeps it. If a hunk was to create the file, and the file
    /// exists by now but is empty, the hunk only fills it.
    pub fn fit(&mut self, hunks: Vec<PendingHunk>, now: &Arc<Document>) -> Vec<DroppedHunk> {
        let blank = now.text.to_string().trim().is_empty();
        let one = |mut pending: PendingHunk| {
            if pending.creates && blank {
                pending.edit.range = 0..now.text.len_bytes();
                if pending.edit.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(PendingHunk { document: now.clone(), creates: false, ..pending }));
            }
            if pending.creates {
                // The file has the change that the editor claimed, maybe formatted; or it has exactly this change.
                if pending.claimed || now.text.to_string() == pending.edit.text {
                    return Ok(None);
                }
                return Err(DroppedHunk { pending: pending.into(), why: "the file exists by now".into() });
            }
            if let Some((text, edit)) = marked_as(&now.text, &pending.document.text, &pending.edit) {
                (Arc::make_mut(&mut pending.document).text, pending.edit) = (text, edit);
            }
            let before = pending.document.text.clone();
            if before == now.text {
                return Ok(Some(PendingHunk { document: now.clone(), ..pending }));
            }
            Arc::make_mut(&mut pending.document).uri.clone_from(&now.uri);
            let change = diff::change(&before, &now.text);
            let come = self.come(&pending, &hunks, &before, &change);
            carried(pending, &come, &before, &change, now)
        };
        let carried = hunks.iter().cloned().map(one).collect();
        self.put_back_carried(carried)
    }

    /// Drops all hunks of a document whose text is not known any more; returns how many.
    pub fn forget(&mut self, uri: &str) -> usize {
        self.take(|pending| pending.document.uri == uri).len()
    }
}

/// A hunk rebased on the current text; none if its change has been made. `come` are hunks that were just inserted at its place: thus two
/// tests that go to the end of a file keep the order in which they were proposed.
fn carried(
    pending: PendingHunk,
    come: &[u64],
    before: &Text,
    change: &Batch,
    now: &Arc<Document>,
) -> Result<Option<PendingHunk>, DroppedHunk> {
    let tie = match come.first() {
        _ if come.contains(&pending.id) => return Ok(None),
        None => Tie::Clash,
        Some(first) if *first < pending.id => Tie::Behind,
        Some(_) => Tie::Before,
    };
    match rebase::rebase_beside(&pending.edit, before, change, tie) {
        Ok(edit) if edit.is_empty() => Ok(None),
        Ok(edit) if pending.claimed && stands_beside(&edit, &now.text) => Ok(None),
        Ok(edit) => Ok(Some(PendingHunk { edit, document: now.clone(), ..pending })),
        // The text at its place is different now, and that difference is the change that the editor claimed, or the one that the hunk would
        // make.
        Err(_) if pending.claimed || is_made(&pending.edit, before, change) => Ok(None),
        Err(why) => Err(DroppedHunk { pending: pending.into(), why: why.to_string() }),
    }
}

/// Appends what the next hunk inserts at the same place, without a part that is there already.
fn join(text: &mut String, next: &str) {
    if text != next {
        text.push_str(next);
    }
}

/// Hunks as edits, one entry per file on the same text. Insertions at the same place stay in order.
///
/// # Errors
/// Two hunks change the same place, so one of them has to be decided on first.
pub fn by_file(taken: &[PendingHunk]) -> Result<Vec<FileEdit>, String> {
    let mut files: Vec<(FileEdit, Vec<Edit>)> = vec![];
    for pending in taken {
        let same = |file: &FileEdit| file.document.uri == pending.document.uri && file.document.text == pending.document.text;
        let edit = pending.edit.clone();
        let Some((_, edits)) = files.iter_mut().find(|(file, _)| same(file)) else {
            files.push((pending.file(), vec![edit]));
            continue;
        };
        // Two files are not one after the other.
        if pending.creates && edits.iter().any(|other| *other != edit) {
            return Err(clashing(&pending.document));
        }
        let inserts = |other: &&mut Edit| edit.range.is_empty() && other.range == edit.range;
        match edits.iter_mut().find(inserts) {
            Some(other) => join(&mut other.text, &edit.text),
            None => edits.push(edit),
        }
    }
    let batch = |(file, edits): (FileEdit, Vec<Edit>)| {
        let edits = Batch::new(edits).map_err(|_| clashing(&file.document))?;
        Ok(FileEdit { edits, ..file })
    };
    files.into_iter().map(batch).collect()
}

fn clashing(document: &Document) -> String {
    format!("two of the changes are to the same place of {}: accept or reject one of them by itself first", uri::name(&document.uri))
}

/// Whether the text that would be inserted stands at its place already.
fn stands_beside(edit: &Edit, text: &Text) -> bool {
    let (at, length) = (edit.range.start, edit.text.len());
    let above = || at >= length && text.floor(at - length) == at - length && text.slice(at - length..at) == edit.text;
    let below = || text.floor(at + length) == at + length && text.slice(at..at + length) == edit.text;
    edit.range.is_empty() && (above() || below())
}

/// Whether a change contains an edit, or leads to the same.
fn is_made(edit: &Edit, before: &Text, change: &Batch) -> bool {
    let wanted = edit.trimmed(before);
    let comes_to_it = || {
        let (mut with_it, mut now) = (before.clone(), before.clone());
        with_it.apply(&Batch::one(edit.clone())).is_ok() && now.apply(change).is_ok() && with_it == now
    };
    change.edits().iter().any(|theirs| theirs.trimmed(before) == wanted) || comes_to_it()
}
