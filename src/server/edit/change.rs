//! What becomes of a computed edit: the editor applies it, asking or not, or its hunks wait for a person's decision.

use serde_json::{Value, json};
use tower_lsp::jsonrpc;

use super::edits::{End, Label, Outcome};
use super::warnings::look_twice;
use super::{accept, edits, held, partly};
use crate::engine::Cancel;
use crate::features::actions::one_line;
use crate::features::{Sink, edit};
use crate::server::features::{Edited, FileEdit, StateSnapshot};
use crate::server::{Server, work};
use crate::workspace::{Document, uri};

/// An edit, and whether it is only a part of one.
pub struct Worked {
    pub edited: Edited,
    pub is_half: bool,
}

/// Has an edit computed. Parts that do not fit the current text are taken out.
pub async fn work_out(
    server: &Server,
    snapshot: StateSnapshot,
    params: edit::Params,
    cancel: &Cancel,
    sink: Sink,
) -> jsonrpc::Result<Worked> {
    let work = server.work.patient(server.features().edit(snapshot, params, cancel.clone(), sink));
    let mut edited = work::finished(work, cancel).await?;
    let is_half = partly::keep_what_fits(server, &mut edited).await;
    Ok(Worked { edited, is_half })
}

/// How an edit gets into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its hunks wait for a decision on each, and the person is told where.
    Held,
    /// The editor applies it.
    Applied {
        /// The editor asks the person about each hunk first.
        confirm: bool,
    },
}

impl Worked {
    /// Half an edit is only applied by the person, and so is one that needs a look where the editor cannot ask for it. `marked` is where it
    /// was requested.
    pub fn way(&self, server: &Server, marked: &Document) -> Way {
        let confirm = needs_word(server, &self.edited, marked);
        match self.is_half || confirm && !server.with(|state| state.editor.asks()) {
            true => Way::Held,
            false => Way::Applied { confirm },
        }
    }
}

/// The outcome of an edit.
enum Settled {
    Applied {
        /// Files that do not show it.
        unseen: Vec<FileEdit>,
    },
    /// These hunks wait.
    Held(Vec<u64>),
    Refused(String),
}

impl From<Result<Vec<u64>, String>> for Settled {
    fn from(held: Result<Vec<u64>, String>) -> Self {
        held.map_or_else(Self::Refused, Self::Held)
    }
}

/// Brings an edit to the editor and reports: the JSON of `longsight edit --json`, and what was done. With `review` its hunks wait in any
/// case.
pub async fn settle(server: &Server, title: &str, worked: Worked, review: bool, marked: &Document) -> Value {
    let way = worked.way(server, marked);
    let mut edited = worked.edited;
    edited.report["applied"] = json!(false);
    if !edited.files.iter().any(FileEdit::changes) {
        return edited.report;
    }
    let editor = server.with(|state| state.editor.clone());
    let settled = match (way, accept::hindered(&editor)) {
        (_, Some(reason)) => Settled::Refused(reason.into()),
        _ if review => hold_for_review(server, title, &edited).into(),
        (Way::Held, None) => held::hold_and_tell(server, title, &edited.files, &edited.confirm).into(),
        (Way::Applied { .. }, None) if !editor.apply_edit => held::hold_and_tell(server, title, &edited.files, &edited.confirm).into(),
        (Way::Applied { confirm }, None) => apply(server, title, &mut edited, confirm, marked).await,
    };
    match settled {
        Settled::Applied { unseen } => {
            edited.report["applied"] = json!(true);
            if !unseen.is_empty() {
                edited.report["hunks"] = json!(held::hold_claimed(server, title, &unseen, &edited.confirm));
                edited.report["unseen"] = held::tell_unseen(server, &unseen);
            }
        }
        Settled::Held(hunks) => edited.report["hunks"] = json!(hunks),
        Settled::Refused(reason) => {
            tell_refused(server, title, &edited, &reason);
            edited.report["refused"] = json!(reason);
        }
    }
    edited.report
}

/// A person who asked for a review need not be told where the hunks are.
fn hold_for_review(server: &Server, title: &str, edited: &Edited) -> Result<Vec<u64>, String> {
    let hunks = held::hold(server, title, &edited.files, &edited.confirm)?;
    warn(server, title, &edited.confirm);
    Ok(hunks)
}

async fn apply(server: &Server, title: &str, edited: &mut Edited, confirm: bool, marked: &Document) -> Settled {
    warn(server, title, &edited.confirm);
    let label = Label { title, confirm, warnings: &edited.confirm };
    match edits::apply(server, &format!("longsight: {title}"), &edited.files, Some(label)).await {
        Ok(Outcome { end: End::Applied, unseen }) => {
            if !confirm {
                name_elsewhere(server, title, edited, marked);
            }
            Settled::Applied { unseen }
        }
        Ok(Outcome { end: End::NotShown(_), .. }) => Settled::Refused(edits::NOT_SHOWN.into()),
        // A few keys must not lose the work.
        Ok(Outcome { end: End::Overtaken(left), .. }) => held::hold_and_tell(server, title, &left, &edited.confirm).into(),
        // Somebody has just typed in one of the places.
        Err(reason) => match partly::keep_what_fits(server, edited).await {
            true => held::hold_and_tell(server, title, &edited.files, &edited.confirm).into(),
            false => Settled::Refused(reason),
        },
    }
}

/// Tells why a change deserves a second look before the editor asks about it: nobody reads the command's result.
pub fn warn(server: &Server, title: &str, warnings: &[String]) {
    if let Some(words) = look_twice(warnings) {
        server.client.show(2, &format!("longsight: “{}” is ready. {words}", one_line(title)));
    }
}

/// Tells why an edit is not applied, except to our own plugins, which show the command's result.
fn tell_refused(server: &Server, title: &str, edited: &Edited, reason: &str) {
    if server.with(|state| !state.editor.streaming) {
        let names: Vec<String> = edited.files.iter().map(|file| uri::name(&file.document.uri)).collect();
        let (title, files) = (one_line(title), names.join(", "));
        server.client.show(2, &format!("longsight: “{title}” was not applied to {files}: {reason}. Ask for it again once that is mended."));
    }
}

/// Whether a person must look at an edit before it is applied: it changes several files, one that nobody has open, or one that tools and
/// editors obey.
fn needs_word(server: &Server, edited: &Edited, marked: &Document) -> bool {
    let changed: Vec<&FileEdit> = edited.files.iter().filter(|file| file.changes()).collect();
    let is_seen = |file: &&FileEdit| is_of(file, marked) || server.with(|state| state.open_as(&file.document).is_some());
    !edited.confirm.is_empty() || changed.len() > 1 || !changed.iter().all(is_seen)
}

fn is_of(file: &FileEdit, document: &Document) -> bool {
    file.document.uri == document.uri || file.document.path.is_some() && file.document.path == document.path
}

/// Names the changed file if it is not the one in which the change was requested.
fn name_elsewhere(server: &Server, title: &str, edited: &Edited, marked: &Document) {
    let elsewhere = edited.files.iter().filter(|file| file.changes()).find(|file| !is_of(file, marked));
    let Some(file) = elsewhere else { return };
    let name = file.document.path.as_ref().map_or_else(|| uri::name(&file.document.uri), ToString::to_string);
    server.client.show(3, &format!("longsight: “{}” has changed {name}.", one_line(title)));
}
