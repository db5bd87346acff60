//! Edits on their way to the editor: rebased on the newest text, versioned, all or nothing, and annotated if the editor can ask the user
//! about each hunk.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tower_lsp::lsp_types::Url;

use super::unopened_file::{self, UnopenedFile, fill};
use super::verify::{self, Expected};
use super::warnings::shown_warnings;
use crate::features::edit::FileEdit;
use crate::server::editor::Quirk;
use crate::server::state::State;
use crate::server::{Server, convert};
use crate::text::visible::visible;
use crate::text::{Batch, Text};
use crate::workspace::{Document, uri};

/// How long an editor may take to show that it has applied an edit.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
/// The same if the editor's text differs from the one that the edit was made for: then the editor has most likely dropped the edit.
const SHOWN_WITHIN_IF_BEHIND: Duration = Duration::from_millis(600);
/// Pauses between two looks: the first one, doubled each time, and the longest one.
const FIRST_LOOK_PAUSE: Duration = Duration::from_millis(10);
const MAX_LOOK_PAUSE: Duration = Duration::from_millis(200);

/// What the editor is told besides the edit.
#[derive(Clone, Copy)]
pub struct Label<'a> {
    /// What was requested; replaces a hunk's reason if the model gave none.
    pub title: &'a str,
    /// The user has to confirm each hunk.
    pub confirm: bool,
    /// The reasons, apart from several files being changed.
    pub warnings: &'a [String],
}

/// The edits of one file as they are sent.
struct Fitted<'a> {
    file: &'a FileEdit,
    /// In the editor's spelling.
    uri: String,
    /// The document's URI in the editor, and its version; none for a file that is not open.
    open: Option<(Url, i32)>,
    edits: Batch,
    text: Text,
    creates: bool,
}

/// The edits as a `WorkspaceEdit` for the current texts, or why none of them is offered. Files that are not open are read off the
/// protocol's threads, and the edits fitted to them.
pub async fn workspace_edit(server: &Server, files: &[FileEdit], label: Option<Label<'_>>) -> Result<Value, String> {
    let looked = look_at(server, files).await?;
    server.with(|state| Ok(edit_of(state, &fit_all(state, files, looked)?, label)))
}

/// [`look`] for each of these files.
async fn look_at(server: &Server, files: &[FileEdit]) -> Result<Vec<Option<UnopenedFile>>, String> {
    let mut looked = vec![];
    for file in files {
        looked.push(if file.changes() { look(server, file).await? } else { None });
    }
    Ok(looked)
}

/// The edits of all files that change, fitted to the current text; or why none is offered.
fn fit_all<'a>(state: &State, files: &'a [FileEdit], looked: Vec<Option<UnopenedFile>>) -> Result<Vec<Fitted<'a>>, String> {
    let changed = files.iter().zip(looked).filter(|(file, _)| file.changes());
    let fitted = changed.map(|(file, closed)| fit(state, file, closed)).collect::<Result<Vec<_>, _>>()?;
    match fitted.iter().find(|fitted| fitted.creates && !state.editor.can.create_files) {
        Some(fitted) => Err(format!("this editor cannot create {}", uri::name(&fitted.uri))),
        None => Ok(fitted),
    }
}

fn edit_of(state: &State, fitted: &[Fitted], label: Option<Label<'_>>) -> Value {
    if state.editor.can.version_edits { document_changes(state, fitted, label) } else { changes(state, fitted) }
}

/// Why the edits of a file cannot be made to its text.
pub struct Misfit {
    /// The file's name, if the reason does not have it.
    file: Option<String>,
    /// The reason, for people.
    pub why: String,
}

impl From<String> for Misfit {
    fn from(why: String) -> Self {
        Self { file: None, why }
    }
}

impl From<Misfit> for String {
    fn from(Misfit { file, why }: Misfit) -> Self {
        file.map_or_else(|| why.clone(), |file| format!("{file}: {why}"))
    }
}

/// Whether the edits of a file fit its current text; the error says why not.
pub async fn fits(server: &Server, file: &FileEdit) -> Result<(), Misfit> {
    let looked = look(server, file).await?;
    server.with(|state| fit(state, file, looked).map(|_| ()))
}

/// A file that is not open, with its edits; none for an open one.
async fn look(server: &Server, file: &FileEdit) -> Result<Option<UnopenedFile>, String> {
    if server.with(|state| state.open_as(&file.document).is_some()) {
        return Ok(None);
    }
    let (snapshot, file) = (server.snapshot().workspace, file.clone());
    let looked = server.workers.spawn_on_own_thread(Box::pin(async move { unopened_file::read(&snapshot, &file).map(Some) }));
    looked.await.map_err(|error| error.message.to_string())?
}

fn fit<'a>(state: &State, file: &'a FileEdit, closed: Option<UnopenedFile>) -> Result<Fitted<'a>, Misfit> {
    let Document { uri, version, text, .. } = &*file.document;
    let Some((key, open)) = state.open_as(&file.document) else {
        let UnopenedFile { text, edits, creates } = closed.ok_or_else(|| format!("{} was closed meanwhile; try again", uri::name(uri)))?;
        return Ok(Fitted { file, uri: uri.clone(), open: None, edits, text, creates });
    };
    let text_now = open.document.text.clone();
    let (version, edits) = if file.creates && *text != text_now {
        let filled = fill(&file.edits, &text_now).ok_or_else(|| format!("{} exists by now", uri::name(uri)))?;
        (open.document.version, filled)
    } else {
        let carried = state.carry_over(key, *version, text, &file.edits);
        carried.map_err(|dropped| Misfit { file: Some(uri::name(uri)), why: dropped.to_string() })?
    };
    Ok(Fitted { file, uri: key.to_string(), open: Some((key.clone(), version)), edits, text: text_now, creates: false })
}

/// What the editor shows where it asks about a part of an edit.
fn annotation(label: Label, reason: &str, place: &str) -> Value {
    json!({ "label": visible(reason), "description": visible(place), "needsConfirmation": label.confirm })
}

fn document_changes(state: &State, files: &[Fitted], label: Option<Label>) -> Value {
    let label =
        label.filter(|label| state.editor.can.annotate_changes && (label.confirm || !state.editor.has(Quirk::AsksAboutAllAnnotations)));
    let (mut changes, mut annotations) = (vec![], Map::new());
    for fitted in files {
        let uri = &fitted.uri;
        if fitted.creates {
            // If the file has been created meanwhile, the whole edit has to fail: it must neither empty that file nor write into it.
            let options = json!({ "overwrite": false, "ignoreIfExists": state.editor.has(Quirk::EmptiesExistingFiles) });
            let mut change = json!({ "kind": "create", "uri": uri, "options": options });
            if let Some(label) = label {
                let id = format!("hunk {}", annotations.len() + 1);
                let place = [vec![uri::name(uri)], shown_warnings(label.warnings)].concat().join("; ");
                annotations.insert(id.clone(), annotation(label, label.title, &place));
                change["annotationId"] = json!(id);
            }
            changes.push(change);
        }
        if fitted.edits.is_empty() && fitted.creates {
            continue;
        }
        let mut edits = vec![];
        for (number, edit) in fitted.edits.edits().iter().enumerate() {
            let mut change = json!(convert::to_text_edit(edit, &fitted.text, state.editor.encoding));
            if let Some(label) = label {
                let id = format!("hunk {}", annotations.len() + 1);
                let reason = fitted.file.reasons.get(number).filter(|reason| !reason.trim().is_empty());
                let place = format!("{}:{}", uri::name(uri), fitted.text.line_of(edit.range.start) + 1);
                let place = [vec![place], shown_warnings(label.warnings)].concat().join("; ");
                annotations.insert(id.clone(), annotation(label, reason.map_or(label.title, |reason| reason.trim()), &place));
                change["annotationId"] = json!(id);
            }
            edits.push(change);
        }
        let mut document = json!({ "uri": uri });
        // For a document that is not open the specification wants `null`, and VS Code's client insists on it. Some cannot handle it, and
        // others do not need it.
        if fitted.open.is_some() || state.editor.can.annotate_changes && !state.editor.has(Quirk::NoNullVersions) {
            document["version"] = json!(fitted.open.as_ref().map(|(_, version)| version));
        }
        changes.push(json!({ "textDocument": document, "edits": edits }));
    }
    let mut edit = json!({ "documentChanges": changes });
    if !annotations.is_empty() {
        edit["changeAnnotations"] = Value::Object(annotations);
    }
    edit
}

/// The edit for editors without versions.
fn changes(state: &State, files: &[Fitted]) -> Value {
    let mut changes = Map::new();
    for Fitted { uri, edits, text, .. } in files {
        let edits: Vec<_> = edits.edits().iter().map(|edit| convert::to_text_edit(edit, text, state.editor.encoding)).collect();
        changes.insert(uri.clone(), json!(edits));
    }
    json!({ "changes": changes })
}

/// The message for [`ApplyResult::NotShown`].
pub const NOT_SHOWN: &str =
    "the editor said that it applied the change, but its text does not show it; it may have been typed in meanwhile";

/// The outcome of an edit that the editor was asked to apply.
#[derive(Debug)]
pub struct Outcome {
    pub result: ApplyResult,
    /// Files that are not open and do not show what the editor says it did: it may hold them in memory, or may have dropped the edit.
    pub unseen: Vec<FileEdit>,
}

/// How an attempt to apply an edit ended.
#[derive(Debug)]
pub enum ApplyResult {
    Applied,
    /// The editor says that it applied it, but these texts do not show it.
    NotShown(Vec<FileEdit>),
    /// The user kept typing: at each attempt the editor had another text of these files.
    Overtaken(Vec<FileEdit>),
}

/// Pauses before an edit is requested again because the user has typed meanwhile.
const RETRY_PAUSES: &[Duration] = &[Duration::ZERO, Duration::from_millis(150), Duration::from_millis(400), Duration::from_millis(1000)];

/// Has the editor apply edits. If the editor refuses because the user has typed, the edits are fitted to the new text and requested again,
/// since keys come faster than answers. The user is never asked twice.
pub async fn apply(server: &Server, name: &str, files: &[FileEdit], label: Option<Label<'_>>) -> Result<Outcome, String> {
    if !server.with(|state| state.editor.can.apply_edits) {
        return Err(super::accept_by_action::APPLIES_NO_EDITS.into());
    }
    let mut left: Vec<FileEdit> = files.iter().filter(|file| file.changes()).cloned().collect();
    let mut unseen = vec![];
    for pause in RETRY_PAUSES {
        tokio::time::sleep(*pause).await;
        let attempt = apply_once(server, name, &left, label).await?;
        unseen.extend(attempt.unseen);
        match attempt.result {
            ApplyResult::Overtaken(files) if !attempt.asks => left = files,
            result => return Ok(Outcome { result, unseen }),
        }
    }
    Ok(Outcome { result: ApplyResult::Overtaken(left), unseen })
}

/// The outcome of one attempt.
struct Attempt {
    result: ApplyResult,
    /// As in [`Outcome`].
    unseen: Vec<FileEdit>,
    /// The user was asked.
    asks: bool,
}

/// One attempt. That the editor says it has applied the edit is no proof, so the text has to show it (`verify`). Eglot is an exception: it
/// sends no change before its command is answered.
async fn apply_once(server: &Server, name: &str, files: &[FileEdit], label: Option<Label<'_>>) -> Result<Attempt, String> {
    let sent = ask_editor(server, name, files, label).await?;
    let result = match &sent {
        SentEdit { applied: false, .. } => ApplyResult::Overtaken(files.to_vec()),
        _ if server.with(|state| state.editor.has(Quirk::SendsChangesLate)) => ApplyResult::Applied,
        _ => return Ok(await_shown(server, sent).await),
    };
    Ok(Attempt { result, unseen: vec![], asks: sent.asks })
}

/// An edit that the editor was asked to apply, with its answer.
struct SentEdit {
    versions: Vec<(Url, i32)>,
    expected: Arc<Vec<Expected>>,
    /// The user was asked: at the server's request, or by the editor itself, which our plugin reports as `chosen`.
    asks: bool,
    /// False if the editor dropped the edit because its text has changed.
    applied: bool,
    /// When the editor answered, its text was not the one that the edit was made for.
    was_behind: bool,
}

/// Asks the editor to apply edits; the error is its reason to refuse them.
async fn ask_editor(server: &Server, name: &str, files: &[FileEdit], label: Option<Label<'_>>) -> Result<SentEdit, String> {
    let looked = look_at(server, files).await?;
    let asks = label.is_some_and(|label| label.confirm);
    // What is requested and what is expected come from the same texts.
    let (edit, versions, expected) = server.with(|state| {
        let fitted = fit_all(state, files, looked)?;
        let expected = expected(&fitted, asks && state.editor.can.annotate_changes);
        Ok::<_, String>((edit_of(state, &fitted, label), versions(state, &fitted), expected))
    })?;
    let params = json!({ "label": name, "edit": edit });
    // In a task of its own, so that the answer still has a receiver when the command is cancelled.
    let asked = tokio::spawn(server.client.request("workspace/applyEdit", params));
    let answer = asked.await.map_err(|error| error.to_string())??;
    let (applied, chosen) = (answer["applied"] == true, answer["chosen"] == true);
    let was_behind = server.with(|state| is_behind(state, &versions));
    if !applied && !was_behind {
        return Err(answer["failureReason"].as_str().unwrap_or("the editor refused the edit").into());
    }
    let expected = Arc::new(if chosen { expected.into_iter().map(Expected::in_part).collect() } else { expected });
    Ok(SentEdit { versions, expected, asks: asks || chosen, applied, was_behind })
}

/// Waits until the texts show what the editor says it has applied.
async fn await_shown(server: &Server, sent: SentEdit) -> Attempt {
    let SentEdit { versions, expected, asks, was_behind, .. } = sent;
    let deadline = tokio::time::Instant::now() + if was_behind { SHOWN_WITHIN_IF_BEHIND } else { SHOWN_WITHIN };
    let mut pause = FIRST_LOOK_PAUSE;
    let missing = loop {
        let missing = verify::missing(server, &expected).await;
        // A user who chooses among the hunks may reject all hunks of one file.
        if missing.is_empty() || asks && missing.len() < expected.len() {
            return Attempt { result: ApplyResult::Applied, unseen: vec![], asks };
        }
        if tokio::time::Instant::now() >= deadline {
            break missing;
        }
        // A slow editor is looked at less and less often, since each look may read files.
        tokio::time::sleep_until(deadline.min(tokio::time::Instant::now() + pause)).await;
        pause = MAX_LOOK_PAUSE.min(pause * 2);
    };
    let missing = missing.into_iter().map(|at| &expected[at]);
    let (left, closed): (Vec<_>, Vec<_>) = missing.partition(|one| asks || one.is_open());
    let files = |all: Vec<&Expected>| all.into_iter().map(|one| one.file.clone()).collect::<Vec<_>>();
    let result = match server.with(|state| is_behind(state, &versions)) {
        _ if left.is_empty() => ApplyResult::Applied,
        true => ApplyResult::Overtaken(files(left)),
        false => ApplyResult::NotShown(files(left)),
    };
    Attempt { result, unseen: files(closed), asks }
}

/// The open documents of an edit, each with the version that it is for; none where the editor takes no versions.
fn versions(state: &State, fitted: &[Fitted]) -> Vec<(Url, i32)> {
    let open = fitted.iter().filter_map(|fitted| fitted.open.clone());
    open.filter(|_| state.editor.can.version_edits).collect()
}

/// Whether a document has changed since an edit was made for it.
fn is_behind(state: &State, versions: &[(Url, i32)]) -> bool {
    versions.iter().any(|(uri, version)| state.document(uri).is_some_and(|open| *version < open.document.version))
}

/// The texts that should be seen once an edit is applied. `asks` means that the user chooses among the hunks.
fn expected(fitted: &[Fitted], asks: bool) -> Vec<Expected> {
    let one = |Fitted { file, open, edits, text, .. }: &Fitted| match open {
        Some((uri, version)) => Expected::open(file, uri.clone(), *version, text.clone(), edits, asks),
        None => Expected::closed(file, text.clone()),
    };
    fitted.iter().map(one).collect()
}

/// Whether an open document has had the text that these edits lead to.
pub fn has_arrived(state: &State, file: &FileEdit) -> bool {
    let Document { version, text, .. } = &*file.document;
    let mut after = text.clone();
    after.apply(&file.edits).is_ok() && state.open_as(&file.document).is_some_and(|(_, open)| open.has_been(&after, *version, text))
}
