//! Turns a computed edit into an offer: hunks with reasons, versions, and what a person has to know before applying them.

use std::ops::Range;
use std::sync::Arc;

use super::EditedFile;
use super::FileEdit;
use super::Hunk;
use super::Work;
use super::forms::Filled;
use crate::agent::permit::{self, Permit};
use crate::agent::tools::draft::Draft;
use crate::engine::{EngineError, ErrorKind};
use crate::features::Session;
use crate::redact::{self, PLACEHOLDER};
use crate::text::{Batch, Edit, Text, diff, rebase};
use crate::workspace::{Document, ReadError, WorkspacePath};

/// A filled form as an offer for the current file.
pub fn of_form(work: &Work<'_>, filled: Filled) -> Result<Offered, EngineError> {
    let text = &work.site.exact();
    let written = filled.edits.into_iter().map(|edit| Edit { text: work.site.as_written(&edit.text), ..edit });
    let batch = Batch::new(written.collect()).map_err(|overlap| EngineError::new(ErrorKind::Garbled, overlap.to_string()))?;
    let after = batch.applied_to(text);
    let target = &work.params.at;
    let mut offered = Offered::default();
    if after != **text {
        let (known, path) = (target.document.path.as_ref(), work.site.path.as_str());
        let file = File { known, path, document: target.document.clone(), before: Some(text), after: &after };
        offered.add(work.session, file, |_| filled.reason.clone())?;
    }
    for other in filled.others {
        let draft = Draft::whole(&other.path, other.before, other.after, &filled.reason);
        offered.draft(work.session, &draft)?;
    }
    Ok(offered)
}

/// Drafts as an offer: all of them, or none with the reason.
pub fn of_drafts<'a>(session: &Session, drafts: impl Iterator<Item = &'a Draft>) -> Result<Offered, EngineError> {
    let mut offered = Offered::default();
    for draft in drafts {
        offered.draft(session, draft)?;
    }
    Ok(offered)
}

/// The document that a draft was made from, if the current text is the same or the draft can follow it.
fn standing(session: &Session, draft: &Draft) -> Result<Arc<Document>, String> {
    let path = &draft.path;
    if let Some(open) = session.snapshot.documents.at(path) {
        return Ok(open.clone());
    }
    let now = match session.snapshot.read_exact(path) {
        Ok(text) => Some(text),
        Err(ReadError::Missing) => None,
        Err(error) => return Err(format!("{path}: {error}; nothing is changed")),
    };
    let text = Text::new(draft.before.as_deref().unwrap_or_default());
    if now != draft.before && !now.is_some_and(|now| can_follow(draft, &text, &Text::new(&now))) {
        return Err(format!("{path} has changed on disk meanwhile; nothing is changed, try again"));
    }
    Ok(Arc::new(Document::on_disk(path.clone(), text)))
}

/// Whether a draft's changes can be rebased on the current text; whoever applies them does that.
fn can_follow(draft: &Draft, before: &Text, now: &Text) -> bool {
    let Some(old) = draft.before.as_deref() else { return false };
    let edits = diff::hunks(old, &draft.after).into_iter().map(|hunk| hunk.edit).collect();
    Batch::new(edits).is_ok_and(|edits| rebase::rebase_all(&edits, before, [&diff::change(before, now)]).is_ok())
}

/// Whether an edit removes something that is masked for models: it may exist nowhere else.
fn takes_secret(before: &str, after: &str) -> bool {
    let masks = |text: &str| -> Vec<String> {
        let masked = redact::mask(text);
        let begin = masked.match_indices(PLACEHOLDER).map(|(at, _)| at);
        begin.filter_map(|at| masked[at..].split_once('>').map(|(mask, _)| mask.to_string())).collect()
    };
    let (before, after) = (masks(before), masks(after));
    before.iter().any(|mask| !after.contains(mask))
}

/// A change as it can be offered, before it is said who has made it.
#[derive(Default)]
pub struct Offered {
    pub edits: Vec<EditedFile>,
    /// All of it as a unified diff.
    pub diff: String,
    /// Reasons for a person to look before it is applied; empty if there are none.
    pub confirm: Vec<String>,
}

/// The change of one file.
struct File<'a> {
    /// Its place in the workspace, if it has one, ...
    known: Option<&'a WorkspacePath>,
    /// ... and its name for people.
    path: &'a str,
    document: Arc<Document>,
    /// None if it does not exist yet.
    before: Option<&'a str>,
    after: &'a str,
}

impl Offered {
    fn draft(&mut self, session: &Session, draft: &Draft) -> Result<(), EngineError> {
        let path = &draft.path;
        if draft.before.as_deref() == Some(draft.after.as_str()) {
            return Ok(());
        }
        let document = standing(session, draft).map_err(EngineError::refused)?;
        let (before, after) = (draft.before.as_deref(), draft.after.as_str());
        let file = File { known: Some(path), path: &path.to_string(), document, before, after };
        self.add(session, file, |bytes| draft.reason(&bytes))
    }

    fn add(&mut self, session: &Session, file: File<'_>, reason: impl Fn(Range<usize>) -> String) -> Result<(), EngineError> {
        let File { known, path, document, before, after } = file;
        match known.map(|known| permit::judge(known, before, Some(after))) {
            Some(Permit::Refused(reason)) => return Err(EngineError::refused(reason)),
            Some(Permit::Ask(reasons)) => self.confirm.extend(reasons),
            Some(Permit::Free) | None => {}
        }
        let old = before.unwrap_or_default();
        if takes_secret(old, after) {
            let words = format!("the change of {path} takes away what looks like a secret, which the model has not seen");
            self.confirm.push(words);
        }
        let found = diff::hunks(old, after);
        let (base, new) = (Text::new(old), Text::new(after));
        let hunks = found.iter().map(|hunk| Hunk {
            start_line: hunk.old_lines.start + 1,
            end_line: hunk.old_lines.end,
            old: base.slice(hunk.edit.range.clone()),
            new: hunk.edit.text.clone(),
            reason: reason(new.line_start(hunk.new_lines.start.saturating_sub(hunk.slack))..new.line_start(hunk.new_lines.end)),
        });
        let mut hunks: Vec<Hunk> = hunks.collect();
        let mut unified = diff::unified(path, old, after);
        if before.is_none() && after.is_empty() {
            hunks.push(Hunk { start_line: 1, end_line: 0, old: String::new(), new: String::new(), reason: reason(0..0) });
            unified = format!("diff --git a/{path} b/{path}\nnew file mode 100644\n");
        }
        let version = session.snapshot.document(&document.uri).map(|open| open.version);
        let edits: Vec<Edit> = found.into_iter().map(|hunk| hunk.edit).collect();
        let edits = Batch::new(edits).map_err(|overlap| EngineError::new(ErrorKind::Garbled, overlap.to_string()))?;
        self.diff.push_str(&unified);
        let (created, reasons) = (before.is_none(), hunks.iter().map(|hunk| hunk.reason.clone()).collect());
        let edit = FileEdit { document, edits, reasons, creates: created };
        self.edits.push(EditedFile { path: path.into(), version, created, hunks, edit });
        Ok(())
    }
}
