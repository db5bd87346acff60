//! What becomes of a computed edit: the editor applies it, asking or not, or its hunks wait for a person's decision.

use serde_json::{Value, json};
use tower_lsp::jsonrpc;
use tower_lsp::lsp_types::MessageType;

use super::apply::{ApplyResult, Label, Outcome};
use super::warnings::look_twice;
use super::{accept_by_action, apply, hold, partial};
use crate::engine::Cancel;
use crate::features::Sink;
use crate::features::edit::{self, Edited, FileEdit};
use crate::server::service::StateSnapshot;
use crate::server::{Server, work};
use crate::text::excerpt::headline;
use crate::workspace::{Document, ReadError, uri};

/// An edit, and what of it can be applied.
pub struct ComputedEdit {
    pub edited: Edited,
    /// What fits the current text.
    pub files: Vec<FileEdit>,
    /// That is not all of it.
    pub is_incomplete: bool,
}

/// Has an edit computed. Parts that do not fit the current text are taken out.
pub async fn compute_edit(
    server: &Server,
    snapshot: StateSnapshot,
    params: edit::Params,
    cancel: &Cancel,
    sink: Sink,
) -> jsonrpc::Result<ComputedEdit> {
    let work = server.workers.spawn_on_own_thread(server.features().edit(snapshot, params, cancel.clone(), sink));
    let edited = work::finished(work, cancel).await?;
    let files = edited.edits.iter().map(|file| file.edit.clone()).collect();
    let mut computed = ComputedEdit { edited, files, is_incomplete: false };
    follow_renames(server, &mut computed.files).await;
    computed.keep_what_fits(server).await;
    Ok(computed)
}

/// Files that were renamed while the edit was computed: what is gone, and open word for word under another name, was.
async fn follow_renames(server: &Server, files: &mut [FileEdit]) {
    for file in files.iter_mut().filter(|file| !file.creates) {
        let known = &file.document;
        let renamed = server.with(|state| if state.open_as(known).is_some() { None } else { state.shown_with(&known.text) });
        let Some((renamed, path)) = renamed.zip(known.path.clone()) else { continue };
        let snapshot = server.snapshot().workspace;
        let is_gone = async move { matches!(snapshot.read_exact(&path), Err(ReadError::Missing)) };
        if server.workers.spawn_on_own_thread(Box::pin(is_gone)).await.unwrap_or_default() {
            file.document = renamed;
        }
    }
}

/// How an edit gets into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Its hunks wait for a decision on each, and the person is told where.
    Held,
    /// The editor applies it.
    Applied {
        /// The editor asks the person about each hunk first.
        confirm: bool,
    },
}

impl ComputedEdit {
    /// Half an edit is only applied by the person, and so is one that needs a look where the editor cannot ask for it. `marked` is where it
    /// was requested.
    pub fn delivery(&self, server: &Server, marked: &Document) -> Delivery {
        let confirm = self.needs_word(server, marked);
        match self.is_incomplete || confirm && !server.with(|state| state.editor.asks()) {
            true => Delivery::Held,
            false => Delivery::Applied { confirm },
        }
    }

    /// Removes what does not fit the current text any more; returns whether there was any.
    async fn keep_what_fits(&mut self, server: &Server) -> bool {
        let has_lost = partial::keep_what_fits(server, &mut self.files, &mut self.edited.confirm).await;
        self.is_incomplete |= has_lost;
        has_lost
    }

    /// Whether a person must look at an edit before it is applied: it changes several files, one that nobody has open, or one that tools
    /// and editors obey.
    fn needs_word(&self, server: &Server, marked: &Document) -> bool {
        let changed: Vec<&FileEdit> = self.files.iter().filter(|file| file.changes()).collect();
        // What was marked in a buffer that has been closed meanwhile may have been thrown away with it.
        let was_open = |file: &FileEdit| self.edited.edits.iter().any(|one| one.version.is_some() && is_of(&one.edit, &file.document));
        let is_open = |file: &FileEdit| server.with(|state| state.open_as(&file.document).is_some());
        let is_seen = |file: &&FileEdit| is_open(file) || is_of(file, marked) && !was_open(file);
        !self.edited.confirm.is_empty() || changed.len() > 1 || !changed.iter().all(is_seen)
    }

    /// Holds it back as hunks, and tells the person so.
    pub fn hold_and_tell(&self, server: &Server, title: &str) -> Result<Vec<u64>, String> {
        hold::hold_and_tell(server, title, &self.files, &self.edited.confirm)
    }
}

/// The outcome of an edit.
enum Delivered {
    Applied {
        /// Files that do not show it.
        unseen: Vec<FileEdit>,
    },
    /// These hunks wait.
    Held(Vec<u64>),
    Refused(String),
}

impl From<Result<Vec<u64>, String>> for Delivered {
    fn from(held: Result<Vec<u64>, String>) -> Self {
        held.map_or_else(Self::Refused, Self::Held)
    }
}

/// Brings an edit to the editor and reports: the JSON of `longsight edit --json`, and what was done. With `review` its hunks wait in any
/// case.
pub async fn deliver(server: &Server, title: &str, mut computed: ComputedEdit, review: bool, marked: &Document) -> Value {
    if !computed.files.iter().any(FileEdit::changes) {
        return report(&computed.edited, false);
    }
    let editor = server.with(|state| state.editor.clone());
    let delivered = match (computed.delivery(server, marked), accept_by_action::hindered(&editor)) {
        (_, Some(reason)) => Delivered::Refused(reason.into()),
        _ if review => hold_for_review(server, title, &computed).into(),
        (Delivery::Held, None) => computed.hold_and_tell(server, title).into(),
        (Delivery::Applied { .. }, None) if !editor.can.apply_edits => computed.hold_and_tell(server, title).into(),
        (Delivery::Applied { confirm }, None) => apply(server, title, &mut computed, confirm, marked).await,
    };
    let mut report = report(&computed.edited, matches!(delivered, Delivered::Applied { .. }));
    match delivered {
        Delivered::Applied { unseen } if unseen.is_empty() => {}
        Delivered::Applied { unseen } => {
            report["hunks"] = json!(hold::hold_claimed(server, title, &unseen, &computed.edited.confirm));
            report["unseen"] = hold::tell_unseen(server, &unseen);
        }
        Delivered::Held(hunks) => report["hunks"] = json!(hunks),
        Delivered::Refused(reason) => {
            tell_refused(server, title, &computed.files, &reason);
            report["refused"] = json!(reason);
        }
    }
    report
}

fn report(edited: &Edited, applied: bool) -> Value {
    let mut report = json!(edited);
    report["applied"] = json!(applied);
    report
}

/// A person who asked for a review need not be told where the hunks are.
fn hold_for_review(server: &Server, title: &str, computed: &ComputedEdit) -> Result<Vec<u64>, String> {
    let hunks = hold::hold(server, title, &computed.files, &computed.edited.confirm)?;
    warn(server, title, &computed.edited.confirm);
    Ok(hunks)
}

async fn apply(server: &Server, title: &str, computed: &mut ComputedEdit, confirm: bool, marked: &Document) -> Delivered {
    let warnings = &computed.edited.confirm;
    warn(server, title, warnings);
    let label = Label { title, confirm, warnings };
    match apply::apply(server, &format!("longsight: {title}"), &computed.files, Some(label)).await {
        Ok(Outcome { result: ApplyResult::Applied, unseen }) => {
            if !confirm {
                name_elsewhere(server, title, &computed.files, marked);
            }
            Delivered::Applied { unseen }
        }
        Ok(Outcome { result: ApplyResult::NotShown(_), .. }) => Delivered::Refused(apply::NOT_SHOWN.into()),
        // A few keys must not lose the work.
        Ok(Outcome { result: ApplyResult::Overtaken(left), .. }) => hold::hold_and_tell(server, title, &left, warnings).into(),
        // Somebody has just typed in one of the places.
        Err(reason) => match computed.keep_what_fits(server).await {
            true => computed.hold_and_tell(server, title).into(),
            false => Delivered::Refused(reason),
        },
    }
}

/// Tells why a change deserves a second look before the editor asks about it: nobody reads the command's result.
pub fn warn(server: &Server, title: &str, warnings: &[String]) {
    if let Some(words) = look_twice(warnings) {
        server.client.show(MessageType::WARNING, &format!("longsight: “{}” is ready. {words}", headline(title)));
    }
}

/// Tells why an edit is not applied, except to our own plugins, which show the command's result.
fn tell_refused(server: &Server, title: &str, files: &[FileEdit], reason: &str) {
    if server.with(|state| !state.editor.streams_answers) {
        let names: Vec<String> = files.iter().map(|file| uri::name(&file.document.uri)).collect();
        let (title, files) = (headline(title), names.join(", "));
        server
            .client
            .show(MessageType::WARNING, &format!("longsight: “{title}” was not applied to {files}: {reason}. Fix that, then ask again."));
    }
}

fn is_of(file: &FileEdit, document: &Document) -> bool {
    file.document.uri == document.uri || file.document.path.is_some() && file.document.path == document.path
}

/// Names the changed file if it is not the one in which the change was requested.
fn name_elsewhere(server: &Server, title: &str, files: &[FileEdit], marked: &Document) {
    let elsewhere = files.iter().filter(|file| file.changes()).find(|file| !is_of(file, marked));
    let Some(file) = elsewhere else { return };
    let name = file.document.path.as_ref().map_or_else(|| uri::name(&file.document.uri), ToString::to_string);
    server.client.show(MessageType::INFO, &format!("longsight: “{}” has changed {name}.", headline(title)));
}
