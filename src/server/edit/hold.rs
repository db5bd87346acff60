//! Edits held back as hunks until a person decides: how they are held, what is told about them, and what becomes of them when their file
//! changes outside of the editor.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::lsp_types::MessageType;

use super::hunk_view::redraw;
use super::hunks::DroppedHunk;
use super::moved_file::FileWithHunks;
use super::unopened_file::as_opened;
use super::warnings::{look_twice, shown_warning};
use crate::features::edit::FileEdit;
use crate::server::Server;
use crate::server::state::State;
use crate::text::rebase::Dropped;
use crate::text::{Text, unmarked};
use crate::workspace::walk::{self, Listing};
use crate::workspace::{Document, ReadError, Snapshot, uri};

/// Holds edits back as hunks that wait for a decision; returns their numbers. All or none, since half of a change is no change. `warnings`
/// are reasons for a second look.
///
/// # Errors
/// The text of a file has changed where an edit is.
pub fn hold(server: &Server, title: &str, files: &[FileEdit], warnings: &[String]) -> Result<Vec<u64>, String> {
    add(server, title, files, warnings, false)
}

/// [`hold`] for edits of closed files that the editor says it has made and that nothing shows.
pub fn hold_claimed(server: &Server, title: &str, files: &[FileEdit], warnings: &[String]) -> Vec<u64> {
    add(server, title, files, warnings, true).unwrap_or_default()
}

fn add(server: &Server, title: &str, files: &[FileEdit], warnings: &[String], is_claimed: bool) -> Result<Vec<u64>, String> {
    let warnings = warnings.iter().map(|why| shown_warning(why)).collect();
    let held = server.with(|state| {
        let newest = files.iter().map(|file| newest(state, file)).collect::<Result<Vec<FileEdit>, String>>()?;
        let ids: Vec<u64> = newest.iter().flat_map(|file| state.hunks.add(title, file, &warnings)).collect();
        if is_claimed {
            state.hunks.claim(&ids);
        }
        Ok(ids)
    });
    redraw(server, files.iter().map(|file| file.document.uri.as_str()).collect::<BTreeSet<_>>());
    held
}

/// An edit rebased on its document's newest text, which may have changed while the edit was computed.
fn newest(state: &State, file: &FileEdit) -> Result<FileEdit, String> {
    let base = &file.document;
    let Some((uri, open)) = state.open_as(base) else { return as_shown(file) };
    let why = |why: Dropped| format!("nothing is changed, since {} is not as it was when the model read it: {why}", uri::name(&base.uri));
    let (_, edits) = state.carry_over(uri, base.version, &base.text, &file.edits).map_err(why)?;
    Ok(FileEdit { document: open.document.clone(), edits, ..file.clone() })
}

/// A file that is not open, as the editor will show it once it is.
fn as_shown(file: &FileEdit) -> Result<FileEdit, String> {
    let (text, edits) = as_opened(&file.document.text, &file.edits)?;
    Ok(FileEdit { document: Arc::new(Document { text, ..(*file.document).clone() }), edits, ..file.clone() })
}

/// Tells which files do not show their changes so far; returns their names.
pub fn tell_unseen(server: &Server, files: &[FileEdit]) -> Value {
    let names: Vec<String> = files.iter().map(|file| uri::name(&file.document.uri)).collect();
    let text = format!(
        "longsight: applied, as the editor says, but {} {} not show it yet. Open or save it to be sure; until then the change stays in the list.",
        names.join(", "),
        if names.len() == 1 { "does" } else { "do" }
    );
    server.client.show(MessageType::WARNING, &text);
    json!(names)
}

/// Most files that are named in a message.
const MAX_NAMED_FILES: usize = 5;

/// [`hold`], and tells the person how many there are and where they are decided on.
///
/// # Errors
/// As [`hold`].
pub fn hold_and_tell(server: &Server, title: &str, files: &[FileEdit], warnings: &[String]) -> Result<Vec<u64>, String> {
    let changed: Vec<&FileEdit> = files.iter().filter(|file| file.changes()).collect();
    let name = |file: &&FileEdit| file.document.path.as_ref().map_or_else(|| uri::name(&file.document.uri), ToString::to_string);
    let mut names: Vec<String> = changed.iter().take(MAX_NAMED_FILES).map(name).collect();
    names.extend((changed.len() > MAX_NAMED_FILES).then(|| "…".to_string()));
    let (by, more) = server.with(|state| {
        let by = match (state.editor.draws_hunks, state.editor.can.apply_edits) {
            (_, false) if changed.iter().any(|file| file.creates) => "by its code action; that of a new file is listed in every document",
            (true, _) => "where it is shown, or by a code action",
            (false, true) => "by its code lens or code action",
            (false, false) => "by its code action",
        };
        (by, only_by_actions(state).map(String::from))
    });
    let (count, names) = (changed.len(), names.join(", "));
    let ids = hold(server, title, files, warnings)?;
    let hunks = ids.len();
    let wait = format!("longsight: {hunks} change(s) in {count} file(s) wait for your decision: accept or reject each {by} ({names}).");
    let text = [Some(wait), more, look_twice(warnings)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    server.client.show(MessageType::INFO, &text);
    Ok(ids)
}

/// What to tell, once, an editor that can only accept hunks by code actions.
fn only_by_actions(state: &mut State) -> Option<&'static str> {
    let words = "This editor cannot be asked to apply edits: choose the code action that accepts, for code lenses only reject.";
    let is_news = !state.editor.can.apply_edits && !std::mem::replace(&mut state.told_of_actions, true);
    is_news.then_some(words)
}

/// Pauses in which a file that is gone may come back. Git, and editors that save by a new file, remove one and write it again.
const RETURN_PAUSES: &[Duration] = &[
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(750),
];

/// Rebases hunks of files that are not open on the new text of these files. Hunks of a file that has another name now go there, and those
/// that do not fit are dropped with a reason. A file that is gone, or seems half written, is looked at again after a while.
pub async fn follow_disk(server: &Server, wanted: impl Fn(&Path) -> bool) {
    let Some(looked) = look(server, files_with_hunks(server, wanted)).await else { return };
    let is_shown = |file: &FileWithHunks| server.with(|state| state.shown_as(&file.uri).is_some());
    let (passing, settled): (Vec<_>, Vec<_>) = looked.into_iter().partition(|(now, file)| now.may_pass(file) && !is_shown(file));
    place(server, settled);
    if passing.is_empty() {
        return;
    }
    let passing: Vec<PathBuf> = passing.into_iter().map(|(_, file)| file.path.absolute()).collect();
    let is_passing = |path: &Path| passing.iter().any(|gone| gone == path);
    for pause in RETURN_PAUSES {
        tokio::time::sleep(*pause).await;
        // By then its hunks may have been decided on, or be for another text.
        let files = files_with_hunks(server, is_passing);
        let snapshot = server.snapshot().workspace;
        let are_settled = async move { files.iter().all(|file| file.is_settled(&snapshot)) };
        if server.workers.spawn_on_own_thread(Box::pin(are_settled)).await.unwrap_or_default() {
            break;
        }
    }
    let again = files_with_hunks(server, is_passing);
    place(server, look(server, again).await.unwrap_or_default());
}

/// The files with hunks that are not open and that are `wanted`.
fn files_with_hunks(server: &Server, wanted: impl Fn(&Path) -> bool) -> Vec<FileWithHunks> {
    server.with(|state| {
        let closed = state.hunks.iter().filter(|pending| state.open_as(&pending.document).is_none());
        let uris: BTreeSet<&str> = closed.map(|pending| pending.document.uri.as_str()).collect();
        let files = uris.into_iter().filter_map(|uri| FileWithHunks::of(&state.hunks, uri));
        files.filter(|file| wanted(&file.path.absolute())).collect()
    })
}

/// What the disk says about closed files; none where the server ends.
async fn look(server: &Server, closed: Vec<FileWithHunks>) -> Option<Vec<(OnDisk, FileWithHunks)>> {
    if closed.is_empty() {
        return None;
    }
    let snapshot = server.snapshot().workspace;
    let look = move || -> Vec<_> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let listing = LazyCell::new(|| walk::walk(&snapshot.roots, threads));
        closed.into_iter().map(|file| (on_disk(&snapshot, &file, || &listing), file)).collect()
    };
    server.workers.spawn_on_own_thread(Box::pin(async move { look() })).await.ok()
}

/// Puts the hunks of closed files where the disk says these are.
fn place(server: &Server, looked: Vec<(OnDisk, FileWithHunks)>) {
    for (now, FileWithHunks { uri, .. }) in looked {
        let mut drawn = vec![uri.clone()];
        let lost = server.with(|state| {
            // What is gone, and open word for word under another name, was renamed.
            let is_gone = matches!(now, OnDisk::Moved(_) | OnDisk::Gone(_));
            let shown = if is_gone { state.shown_as(&uri) } else { None };
            let is_open = || state.hunks.of(&uri).next().is_none_or(|pending| state.open_as(&pending.document).is_some());
            let renamed = match (now, shown) {
                (_, Some(shown)) => shown,
                _ if is_open() => return vec![],
                (OnDisk::Here(now), _) => return state.hunks.renamed(&uri, &now),
                (OnDisk::Moved(now), _) => state.open_as(&now).map_or(now, |(_, open)| open.document.clone()),
                (OnDisk::Gone(why), _) => return state.hunks.gone(&uri, why),
                (OnDisk::Unreadable, _) => return vec![],
            };
            drawn.push(renamed.uri.clone());
            state.hunks.renamed(&uri, &renamed)
        });
        say_lost(server, &lost);
        redraw(server, drawn.iter().map(String::as_str));
    }
}

/// What a look at the disk says about a closed file with hunks.
enum OnDisk {
    Here(Arc<Document>),
    /// It has another name now.
    Moved(Arc<Document>),
    /// It is nowhere, and why its hunks cannot follow it.
    Gone(&'static str),
    /// It cannot be read now, and is read when its hunks are accepted.
    Unreadable,
}

impl OnDisk {
    /// Whether it may be otherwise in a moment: the file is gone, or has only the beginning of its text.
    fn may_pass(&self, file: &FileWithHunks) -> bool {
        match self {
            Self::Gone(_) => file.had_text(),
            Self::Here(now) => !file.is_settled_as(&now.text),
            Self::Moved(_) | Self::Unreadable => false,
        }
    }
}

fn on_disk<'a>(snapshot: &Snapshot, file: &FileWithHunks, listing: impl FnOnce() -> &'a Listing) -> OnDisk {
    match snapshot.read_exact(&file.path) {
        Ok(text) => {
            let now = Document::on_disk(file.path.clone(), Text::new(unmarked(&text)));
            OnDisk::Here(Arc::new(Document { uri: file.uri.clone(), ..now }))
        }
        Err(ReadError::Missing) => file.found(snapshot, listing).map_or_else(|untraced| OnDisk::Gone(untraced.why()), OnDisk::Moved),
        Err(_) => OnDisk::Unreadable,
    }
}

/// Tells the user in one message which hunks do not fit any more, and has the editor remove them from the screen.
pub fn tell_lost(server: &Server, lost: &[DroppedHunk]) {
    say_lost(server, lost);
    redraw(server, lost.iter().map(|lost| lost.pending.document.uri.as_str()).collect::<BTreeSet<_>>());
}

/// [`tell_lost`] without removing them, for callers that redraw the documents anyway.
pub fn say_lost(server: &Server, lost: &[DroppedHunk]) {
    let Some(first) = lost.first() else { return };
    let uri = &first.pending.document.uri;
    let name = uri::name(uri);
    let text = match lost.len() {
        1 => format!("longsight: the proposed change at {name}:{} is dropped: {}.", first.pending.line(), first.why),
        count => format!("longsight: {count} proposed changes in {name} are dropped: {}.", first.why),
    };
    server.client.show(MessageType::INFO, &text);
}
