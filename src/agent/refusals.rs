//! Edits that were refused and not put right since: what they were to change is missing from what is offered, and a person is told.

/// What a refused edit leaves undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// Nothing: what it wanted stands there already.
    Nothing,
    /// It named no file that there is: any edit that is taken later may be the one it was to be.
    #[default]
    Somewhere,
    /// A change of this file.
    In(String),
}

/// Those of a turn, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    open: Vec<(Gap, String)>,
    /// Of the answer that is being worked on. Nothing in an answer puts right what the same answer did wrong: it was written before.
    new: Vec<(Gap, String)>,
    newest: Option<String>,
}

impl Refusals {
    pub fn refused(&mut self, gap: Gap, reason: String) {
        if gap != Gap::Nothing {
            self.new.push((gap, reason.clone()));
        }
        self.newest = Some(reason);
    }

    /// An edit of these files was taken.
    pub fn taken(&mut self, files: &[String]) {
        self.open.retain(|(gap, _)| matches!(gap, Gap::In(file) if !files.contains(file)));
        self.newest = None;
    }

    /// All calls of an answer are done.
    pub fn end_answer(&mut self) {
        self.open.append(&mut self.new);
    }

    /// Why edits were refused whose changes are missing.
    pub fn gaps(&self) -> impl Iterator<Item = &str> {
        let mut last = None;
        let reasons = self.open.iter().chain(&self.new).map(|(_, reason)| reason.as_str());
        reasons.filter(move |reason| last.replace(*reason) != Some(*reason))
    }

    /// Why the newest edit was refused, until another is taken.
    pub fn newest(&self) -> Option<&str> {
        self.newest.as_deref()
    }
}
