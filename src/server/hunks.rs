//! Hunks that wait for a person's decision. Each lies on the newest text of its document: with every change of that text it is carried
//! over exactly, or dropped with the reason.

use std::sync::Arc;

use crate::context::fence;
use crate::text::rebase::{self, Tie};
use crate::text::{Batch, Edit, Text, diff};
use crate::workspace::Document;

use super::features::FileEdit;

/// One hunk.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: u64,
    /// What was asked for.
    pub title: String,
    /// Why the model changed this place, in its words; empty when it said nothing.
    pub reason: String,
    /// Why it deserves a second look, of the whole change that it is a part of.
    pub warnings: Arc<[String]>,
    /// The text that the edit is for.
    pub document: Arc<Document>,
    pub edit: Edit,
    /// The file does not exist yet.
    pub creates: bool,
    /// The editor said that it has made this change to a file that is not open, and nothing shows it. To ask for it once more might make it
    /// twice: it waits until the file is seen.
    pub claimed: bool,
    /// A person has accepted it, and its file is looked at before it is asked for.
    pub accepting: bool,
}

/// Why a change that is claimed deserves a second look.
const CLAIMED: &str = "the editor says that it has made this change, but the file does not show it yet: open or save it";

impl Pending {
    /// Why it deserves a second look.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.iter().map(String::as_str).chain(self.claimed.then_some(CLAIMED)).map(String::from).collect()
    }

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
    pub pending: Box<Pending>,
    pub why: String,
}

/// Those that wait. No number is used twice.
#[derive(Default)]
pub struct Hunks {
    waiting: Vec<Pending>,
    /// Those on their way into the editor's text: what comes in at their places is not somebody's typing.
    accepted: Vec<Pending>,
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
    pub fn hold(&mut self, title: &str, file: &FileEdit, warnings: &Arc<[String]>) -> Vec<u64> {
        let mut ids = vec![];
        // A file that is created empty is a hunk without text.
        let empty = (file.creates && file.edits.is_empty()).then(|| Edit { range: 0..0, text: String::new() });
        for (number, edit) in file.edits.edits().iter().chain(&empty).enumerate() {
            self.last += 1;
            ids.push(self.last);
            let reason = file.reasons.get(number).map(|reason| one_line(reason)).unwrap_or_default();
            let (document, edit, warnings) = (file.document.clone(), edit.clone(), warnings.clone());
            let pending = Pending {
                id: self.last,
                title: one_line(title),
                reason,
                warnings,
                document,
                edit,
                creates: file.creates,
                claimed: false,
                accepting: false,
            };
            self.waiting.push(pending);
        }
        ids
    }

    /// Marks those that a person has accepted, or takes the mark away: who rejects all that wait means the others.
    pub fn mark(&mut self, decided: impl Fn(&Pending) -> bool, accepting: bool) {
        self.waiting.iter_mut().filter(|pending| decided(pending)).for_each(|pending| pending.accepting = accepting);
    }

    /// Takes those out that are decided on.
    pub fn take(&mut self, decided: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let (taken, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|pending| decided(pending));
        self.waiting = waiting;
        taken
    }

    /// As [`Hunks::take`], of those that the editor is asked to apply; until they are [`Hunks::settled`].
    pub fn accept(&mut self, decided: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let mut taken = self.take(decided);
        taken.iter_mut().for_each(|pending| pending.accepting = false);
        self.accepted.extend(taken.iter().cloned());
        taken
    }

    /// The editor says that it has made these changes.
    pub fn claim(&mut self, ids: &[u64]) {
        self.waiting.iter_mut().filter(|pending| ids.contains(&pending.id)).for_each(|pending| pending.claimed = true);
    }

    /// These are no longer on their way.
    pub fn settled(&mut self, ids: impl Fn(u64) -> bool) {
        self.accepted.retain(|pending| !ids(pending.id));
    }

    /// Puts those back whose acceptance did not come about.
    pub fn put_back(&mut self, pending: Vec<Pending>) {
        self.waiting.extend(pending);
        self.waiting.sort_by_key(|pending| pending.id);
    }

    /// The text of a document has changed from `before` by `change`, and is `now`.
    pub fn follow(&mut self, before: &Text, change: &Batch, now: &Arc<Document>) -> Vec<Lost> {
        let here = self.take(|pending| pending.document.uri == now.uri);
        let come: Vec<_> = here.iter().map(|pending| self.come(pending, &here, before, change)).collect();
        let carried = here.into_iter().zip(come).map(|(pending, come)| carried(pending, &come, before, change, now)).collect();
        let lost = self.keep(carried);
        self.accepted.retain_mut(|accepted| {
            if accepted.document.uri != now.uri {
                return true;
            }
            let carried = rebase::rebase(&accepted.edit, before, change).ok().filter(|edit| !edit.is_empty());
            carried.map(|edit| accepted.edit = edit).is_some()
        });
        lost
    }

    /// Lets those wait that were carried over; the others.
    fn keep(&mut self, carried: Vec<Result<Option<Pending>, Lost>>) -> Vec<Lost> {
        let (carried, lost): (Vec<_>, Vec<_>) = carried.into_iter().partition(Result::is_ok);
        self.put_back(carried.into_iter().flatten().flatten().collect());
        lost.into_iter().filter_map(Result::err).collect()
    }

    /// The hunks that a change has brought to the place of one of them: those on their way, and those of `waiting`, which an editor applies by
    /// itself from a code action. What it inserts is the text of one, or of several that follow each other, and nothing besides: what merely
    /// holds that text is somebody's typing.
    fn come(&self, pending: &Pending, waiting: &[Pending], before: &Text, change: &Batch) -> Vec<u64> {
        let place = &pending.edit.range;
        let lies_here = |edit: &Edit| edit.range == *place && place.is_empty() && !edit.text.is_empty();
        let Some(inserted) = change.edits().iter().map(|edit| edit.trimmed(before)).find(lies_here) else { return vec![] };
        let accepted = self.accepted.iter().filter(|accepted| accepted.document.uri == pending.document.uri);
        let waiting = waiting.iter().filter(|other| lies_here(&other.edit) && other.document.text == pending.document.text);
        let mut here: Vec<&Pending> = accepted.filter(|accepted| lies_here(&accepted.edit)).chain(waiting).collect();
        here.sort_by_key(|hunk| hunk.id);
        let run = |start: usize| {
            let mut text = String::new();
            let is_all = |hunk: &&Pending| {
                join(&mut text, &hunk.edit.text);
                text == inserted.text
            };
            let last = here[start..].iter().position(is_all)?;
            Some(here[start..=start + last].iter().map(|hunk| hunk.id).collect())
        };
        (0..here.len()).find_map(run).unwrap_or_default()
    }

    /// A document was opened: hunks made for what lay on disk go on with what the editor shows. Each was made for what lay there at its
    /// own time, and under our own spelling of the file's name.
    pub fn opened(&mut self, now: &Arc<Document>, is_open: impl Fn(&str) -> bool) -> Vec<Lost> {
        let lies_there = |known: &Document| known.path.is_some() && known.path == now.path && !is_open(&known.uri);
        let here = self.take(|pending| pending.document.uri == now.uri || lies_there(&pending.document));
        let lost = self.compare(here, now);
        // What the editor shows is what it has: what it does not show there, it has not done.
        self.waiting.iter_mut().filter(|pending| pending.document.uri == now.uri).for_each(|pending| pending.claimed = false);
        lost
    }

    /// What lies on disk of a file that is not open has changed, or the file is gone.
    pub fn on_disk(&mut self, uri: &str, now: Option<&Arc<Document>>) -> Vec<Lost> {
        let here = self.take(|pending| pending.document.uri == uri);
        if let Some(now) = now {
            return self.compare(here, now);
        }
        let gone = |pending: Pending| {
            if pending.creates { Ok(Some(pending)) } else { Err(Lost { pending: pending.into(), why: "the file is gone".into() }) }
        };
        self.keep(here.into_iter().map(gone).collect())
    }

    /// Carries each of these over from its own text to that of the document as it is now, and lets it wait on. What was to be created and
    /// is there by now, empty, is only filled.
    fn compare(&mut self, hunks: Vec<Pending>, now: &Arc<Document>) -> Vec<Lost> {
        let blank = now.text.to_string().trim().is_empty();
        let one = |mut pending: Pending| {
            if pending.creates && blank {
                pending.edit.range = 0..now.text.len_bytes();
                if pending.edit.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(Pending { document: now.clone(), creates: false, ..pending }));
            }
            if pending.creates {
                // The change that was claimed, with what a formatter made of it; or the very change.
                if pending.claimed || now.text.to_string() == pending.edit.text {
                    return Ok(None);
                }
                return Err(Lost { pending: pending.into(), why: "the file exists by now".into() });
            }
            let before = pending.document.text.clone();
            if before == now.text {
                return Ok(Some(Pending { document: now.clone(), ..pending }));
            }
            Arc::make_mut(&mut pending.document).uri.clone_from(&now.uri);
            let change = diff::change(&before, &now.text);
            let come = self.come(&pending, &hunks, &before, &change);
            carried(pending, &come, &before, &change, now)
        };
        let carried = hunks.iter().cloned().map(one).collect();
        self.keep(carried)
    }

    /// Drops all of a document of which the text is not known any more; how many.
    pub fn forget(&mut self, uri: &str) -> usize {
        self.take(|pending| pending.document.uri == uri).len()
    }
}

/// A hunk on the text as it is now; none when somebody has done what it proposes. `come` are those that have come in at its own place: two
/// tests that are proposed for the end of a file follow in the order in which they were proposed.
fn carried(pending: Pending, come: &[u64], before: &Text, change: &Batch, now: &Arc<Document>) -> Result<Option<Pending>, Lost> {
    let tie = match come.first() {
        _ if come.contains(&pending.id) => return Ok(None),
        None => Tie::Clash,
        Some(first) if *first < pending.id => Tie::Behind,
        Some(_) => Tie::Before,
    };
    match rebase::rebase_beside(&pending.edit, before, change, tie) {
        Ok(edit) if edit.is_empty() => Ok(None),
        Ok(edit) => Ok(Some(Pending { edit, document: now.clone(), ..pending })),
        // Its place is another now, as the editor said, or as it wanted.
        Err(_) if pending.claimed || is_made(&pending.edit, before, change) => Ok(None),
        Err(why) => Err(Lost { pending: pending.into(), why: why.to_string() }),
    }
}

/// Appends what the next hunk inserts at the same place. What is there already is not said twice.
pub fn join(text: &mut String, next: &str) {
    if text != next {
        text.push_str(next);
    }
}

/// Whether a change holds an edit, or comes to the same.
fn is_made(edit: &Edit, before: &Text, change: &Batch) -> bool {
    let wanted = edit.trimmed(before);
    let comes_to_it = || {
        let (mut with_it, mut now) = (before.clone(), before.clone());
        with_it.apply(&Batch::one(edit.clone())).is_ok() && now.apply(change).is_ok() && with_it == now
    };
    change.edits().iter().any(|theirs| theirs.trimmed(before) == wanted) || comes_to_it()
}

fn one_line(text: &str) -> String {
    fence::visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
