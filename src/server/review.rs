//! Reviewing by hunks in editors without change annotations: code lenses and code actions to accept, reject and explain each, and the
//! same list for plugins that draw it themselves. Every acceptance is one edit, and so one step of undo.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{self, Error};
use tower_lsp::lsp_types::Url;

use super::agent::FileEdit;
use super::edits::Outcome;
use super::hunks::{Lost, Pending};
use super::state::State;
use super::{Server, answers, convert, edits, message};
use crate::context::fence;
use crate::features::Target;
use crate::features::actions::one_line;
use crate::features::inert::inert;
use crate::text::rebase::Dropped;
use crate::text::{Batch, Edit, Range, Text, diff};
use crate::workspace::uri;

/// What actions that decide are called in menus.
const ACCEPT: &str = "refactor.rewrite.longsight.accept";
const REJECT: &str = "refactor.rewrite.longsight.reject";
const EXPLAIN: &str = "refactor.rewrite.longsight.explainHunk";

/// Keeps edits as hunks that wait for a decision; their numbers. All of them or none: half of a change that belongs together is no change.
///
/// # Errors
/// The text of a file has changed where an edit is.
pub fn hold(server: &Server, title: &str, files: &[FileEdit]) -> Result<Vec<u64>, String> {
    let held = server.with(|state| {
        let newest: Result<Vec<FileEdit>, String> = files.iter().map(|file| newest(state, file)).collect();
        newest.map(|files| files.iter().flat_map(|file| state.hunks.hold(title, file)).collect())
    });
    let uris: BTreeSet<&str> = files.iter().map(|file| file.document.uri.as_str()).collect();
    show(server, uris);
    held
}

/// An edit on the newest text of its document: that may have moved on while the edit was computed.
fn newest(state: &State, file: &FileEdit) -> Result<FileEdit, String> {
    let base = &file.document;
    let Some((uri, open)) = state.open_as(base) else { return Ok(file.clone()) };
    let why = |why: Dropped| format!("nothing is changed, since {} is not as it was when the model read it: {why}", uri::name(&base.uri));
    let (_, edits) = state.carry_over(uri, base.version, &base.text, &file.edits).map_err(why)?;
    Ok(FileEdit { document: open.document.clone(), edits, ..file.clone() })
}

/// Hunks by their numbers, and what is said about them.
pub type Held = (Vec<u64>, String);

/// Edits that need a yes go into review where the editor cannot ask for it; as [`hold`].
pub fn instead_of_asking(server: &Server, title: &str, files: &[FileEdit]) -> Option<Result<Held, String>> {
    if server.with(|state| state.editor.annotations && !state.editor.reviews) {
        return None;
    }
    Some(hold_and_tell(server, title, files))
}

/// As [`hold`], with what to say of it.
pub fn hold_and_tell(server: &Server, title: &str, files: &[FileEdit]) -> Result<Held, String> {
    let count = files.iter().filter(|file| !file.edits.is_empty()).count();
    let by = server
        .with(|state| if state.editor.reviews { "where it is shown, or by a code action" } else { "by its code lens or code action" });
    let tell = |ids: Vec<u64>| {
        let text = format!("longsight: {} change(s) in {count} file(s) wait for your decision: accept or reject each {by}.", ids.len());
        (ids, text)
    };
    hold(server, title, files).map(tell)
}

/// `longsight.acceptHunk` and `longsight.rejectHunk`, with `{id}`, `{uri}` or `{all: true}`.
pub async fn decide(server: &Server, argument: &Value, accept: bool) -> jsonrpc::Result<Value> {
    let taken = take(server, argument)?;
    let ids: Vec<u64> = taken.iter().map(|pending| pending.id).collect();
    let uris: BTreeSet<String> = taken.iter().map(|pending| pending.document.uri.clone()).collect();
    let told = if argument["id"].is_u64() { json!(ids[0]) } else { json!(ids) };
    if !accept {
        show(server, uris.iter().map(String::as_str));
        return Ok(json!({ "rejected": told }));
    }
    let name = format!("longsight: {}", one_line(taken[0].name()));
    let undecided = Undecided { server, taken };
    let files = by_file(&undecided.taken).map_err(|reason| message::failure(&reason))?;
    match edits::apply(server, &name, &files, None).await {
        Ok(Outcome::Applied) => {
            undecided.decided();
            show(server, uris.iter().map(String::as_str));
            Ok(json!({ "accepted": told, "applied": true }))
        }
        Ok(Outcome::NotShown) => Err(message::failure(&format!("{}; the change still waits", edits::NOT_SHOWN))),
        Ok(Outcome::Overtaken) => Err(message::failure("the text was typed in faster than it could be changed; the change still waits")),
        Err(reason) => Err(message::failure(&reason)),
    }
}

/// Hunks on their way into the editor's text. They wait again when they did not arrive, also when nobody waits for that any more.
struct Undecided<'a> {
    server: &'a Server,
    taken: Vec<Pending>,
}

impl Undecided<'_> {
    fn decided(mut self) {
        self.taken.clear();
    }
}

impl Drop for Undecided<'_> {
    fn drop(&mut self) {
        if self.taken.is_empty() {
            return;
        }
        let taken = std::mem::take(&mut self.taken);
        let uris: BTreeSet<String> = taken.iter().map(|pending| pending.document.uri.clone()).collect();
        give_back(self.server, taken);
        show(self.server, uris.iter().map(String::as_str));
    }
}

/// Takes the hunks out that an argument names.
fn take(server: &Server, argument: &Value) -> jsonrpc::Result<Vec<Pending>> {
    let (id, uri, all) = (argument["id"].as_u64(), argument["uri"].as_str(), argument["all"] == true);
    if id.is_none() && uri.is_none() && !all {
        return Err(Error::invalid_params("the argument needs the hunk's `id`, a file's `uri`, or `all`"));
    }
    let wanted = |pending: &Pending| match (id, uri) {
        (Some(id), _) => pending.id == id,
        (None, Some(uri)) => pending.document.uri == uri,
        (None, None) => all,
    };
    let taken = server.with(|state| state.hunks.take(wanted));
    if !taken.is_empty() {
        return Ok(taken);
    }
    let what = id.map_or("no change".into(), |id| format!("no hunk {id}"));
    Err(message::failure(&format!("there is {what} that waits for a decision; it was decided on, or dropped when its place changed")))
}

/// Hunks whose acceptance did not come about wait again, on the newest text, where they still fit.
fn give_back(server: &Server, taken: Vec<Pending>) {
    let lost = server.with(|state| {
        let mut lost = vec![];
        for mut pending in taken {
            let base = &pending.document;
            let Some((uri, open)) = state.open_as(base) else {
                state.hunks.put_back(vec![pending]);
                continue;
            };
            match state.carry_over(uri, base.version, &base.text, &Batch::one(pending.edit.clone())) {
                Ok((_, edits)) if edits.is_empty() => {}
                Ok((_, edits)) => {
                    pending.edit = edits.edits()[0].clone();
                    pending.document = open.document.clone();
                    state.hunks.put_back(vec![pending]);
                }
                Err(why) => lost.push(Lost { pending, why }),
            }
        }
        lost
    });
    tell_lost(server, &lost);
}

/// Hunks as edits, one entry per file, as they lie on the same text. What they insert at the same place follows in their order.
///
/// # Errors
/// Two of them change the same place: one of two proposals has to be decided on first.
fn by_file(taken: &[Pending]) -> Result<Vec<FileEdit>, String> {
    let mut files: Vec<(FileEdit, Vec<Edit>)> = vec![];
    for pending in taken {
        let same = |file: &FileEdit| file.document.uri == pending.document.uri && file.document.text == pending.document.text;
        let edit = pending.edit.clone();
        let Some((_, edits)) = files.iter_mut().find(|(file, _)| same(file)) else {
            files.push((pending.file(), vec![edit]));
            continue;
        };
        let inserts = |other: &&mut Edit| edit.range.is_empty() && other.range == edit.range;
        match edits.iter_mut().find(inserts) {
            Some(other) if other.text != edit.text => other.text.push_str(&edit.text),
            Some(_) => {}
            None => edits.push(edit),
        }
    }
    let batch = |(file, edits): (FileEdit, Vec<Edit>)| {
        let name = || uri::name(&file.document.uri);
        let clash = |_| format!("two of the changes are to the same place of {}: accept or reject one of them by itself first", name());
        Ok(FileEdit { edits: Batch::new(edits).map_err(clash)?, ..file })
    };
    files.into_iter().map(batch).collect()
}

/// Says which hunks fit no longer, in one message, and takes them off the screen.
pub fn tell_lost(server: &Server, lost: &[Lost]) {
    let Some(first) = lost.first() else { return };
    let uri = &first.pending.document.uri;
    let name = uri::name(uri);
    let text = match lost.len() {
        1 => format!("longsight: the proposed change at {name}:{} is dropped: {}.", first.pending.line(), first.why),
        count => format!("longsight: {count} proposed changes in {name} are dropped: {}.", first.why),
    };
    server.client.show(3, &text);
    show(server, lost.iter().map(|lost| lost.pending.document.uri.as_str()).collect::<BTreeSet<_>>());
}

/// A hunk on whole lines of its document: what is there, and what would be.
struct Shown {
    range: Range,
    old: String,
    new: String,
}

fn shown(state: &State, pending: &Pending) -> Shown {
    let text = &pending.document.text;
    let edit = &pending.edit;
    let line = |offset: usize| text.line_start(text.line_of(offset));
    let start = line(edit.range.start);
    // A change that ends at the start of a line leaves that line alone, if it leaves it at a line's start.
    let whole = edit.range.end == line(edit.range.end) && edit.range.end > start && (edit.text.is_empty() || ends_line(&edit.text));
    let inserts = edit.range.is_empty() && edit.range.start == start && ends_line(&edit.text);
    let end = if whole || inserts { edit.range.end } else { end_of_line(text, edit.range.end) };
    let new = format!("{}{}{}", text.slice(start..edit.range.start), edit.text, text.slice(edit.range.end..end));
    Shown { range: text.range(start..end, state.editor.encoding), old: text.slice(start..end), new }
}

fn ends_line(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}

fn end_of_line(text: &Text, offset: usize) -> usize {
    let next = text.line_of(offset) + 1;
    if next < text.len_lines() { text.line_start(next) } else { text.len_bytes() }
}

/// The lenses of hunks that wait in a document.
pub fn lenses(server: &Server, uri: &Url) -> Value {
    let shown = server.with(|state| {
        // A plugin that draws hunks needs no lenses besides.
        if state.editor.reviews {
            return vec![];
        }
        let all = state.hunks.len();
        let lens = |(number, pending): (usize, &Pending)| {
            let start = shown(state, pending).range.start;
            let range = convert::to_range(Range { start, end: start });
            let with = |title: String, command: &str, argument: Value| {
                json!({ "range": range, "command": { "title": title, "command": command, "arguments": [argument] } })
            };
            let one = json!({ "id": pending.id });
            let mut lenses = vec![
                with(format!("Accept: {}", one_line(pending.name())), "longsight.acceptHunk", one.clone()),
                with("Reject".into(), "longsight.rejectHunk", one.clone()),
                with("Explain".into(), "longsight.explainHunk", one),
            ];
            if number == 0 && all > 1 {
                lenses.push(with(format!("Accept all {all}"), "longsight.acceptHunk", json!({ "all": true })));
                lenses.push(with(format!("Reject all {all}"), "longsight.rejectHunk", json!({ "all": true })));
            }
            lenses
        };
        state.hunks.of(uri.as_str()).enumerate().flat_map(lens).collect::<Vec<_>>()
    });
    Value::Array(shown)
}

/// The code actions that decide on hunks at a place.
pub fn actions(server: &Server, place: &Target) -> Vec<Value> {
    server.with(|state| {
        let text = &place.document.text;
        let lines = text.line_of(place.bytes.start)..=text.line_of(place.bytes.end);
        let here = |pending: &&Pending| {
            let range = shown(state, pending).range;
            let last = if range.end > range.start && range.end.character == 0 { range.end.line - 1 } else { range.end.line };
            (range.start.line as usize) <= *lines.end() && *lines.start() <= last as usize
        };
        let action = |title: String, kind: &str, command: &str, argument: Value| {
            json!({ "title": title, "kind": kind, "command": { "title": title, "command": command, "arguments": [argument] } })
        };
        let mut found = vec![];
        for pending in state.hunks.of(&place.document.uri).filter(here) {
            let (name, id) = (one_line(pending.name()), json!({ "id": pending.id }));
            found.push(action(format!("Accept this change: {name}"), ACCEPT, "longsight.acceptHunk", id.clone()));
            found.push(action(format!("Reject this change: {name}"), REJECT, "longsight.rejectHunk", id.clone()));
            found.push(action(format!("Explain this change: {name}"), EXPLAIN, "longsight.explainHunk", id));
        }
        let all = state.hunks.len();
        if !found.is_empty() && all > 1 {
            found.push(action(format!("Accept all {all} changes"), ACCEPT, "longsight.acceptHunk", json!({ "all": true })));
            found.push(action(format!("Reject all {all} changes"), REJECT, "longsight.rejectHunk", json!({ "all": true })));
        }
        found
    })
}

/// `longsight.explainHunk {id}`: what it does and why, from memory.
pub fn explain(server: &Server, argument: &Value) -> jsonrpc::Result<Value> {
    let id = argument["id"].as_u64().ok_or_else(|| Error::invalid_params("the argument needs the hunk's `id`"))?;
    let told = server.with(|state| {
        let pending = state.hunks.iter().find(|pending| pending.id == id)?;
        let Shown { old, new, .. } = shown(state, pending);
        let path = pending.document.path.as_ref().map_or(uri::name(&pending.document.uri), ToString::to_string);
        let reason = if pending.reason.is_empty() { "The model gave no reason.".into() } else { inert(&pending.reason) };
        let diff = fence::block("diff", &diff::unified(&path, &old, &new));
        let text = format!("{reason}\n\nAsked for: {}\n\nAt {}:{}:\n\n{diff}", inert(&pending.title), inert(&path), pending.line());
        let citation = json!({ "path": path, "line": pending.line(), "verified": true });
        Some((json!({ "text": text, "citations": [citation] }), format!("Change {id} of {path}")))
    });
    let (answer, name) = told.ok_or_else(|| message::failure(&format!("there is no hunk {id} that waits for a decision")))?;
    answers::open(server, &name, &answer);
    Ok(answer)
}

/// What waits, for `longsight.status`.
pub fn list(state: &State) -> Value {
    state.hunks.iter().map(|pending| entry(state, pending, true)).collect()
}

fn entry(state: &State, pending: &Pending, with_uri: bool) -> Value {
    let Shown { range, old, new } = shown(state, pending);
    let mut entry = json!({
        "id": pending.id,
        "range": convert::to_range(range),
        "old": old,
        "new": new,
        "title": pending.title,
        "reason": pending.reason,
    });
    if with_uri {
        entry["uri"] = json!(pending.document.uri);
    }
    entry
}

/// Has the editor draw anew what waits in these documents.
fn show<'a>(server: &Server, uris: impl IntoIterator<Item = &'a str>) {
    let editor = server.with(|state| state.editor.clone());
    if editor.reviews {
        for uri in uris {
            let hunks: Vec<Value> = server.with(|state| state.hunks.of(uri).map(|pending| entry(state, pending, false)).collect());
            server.client.notify("longsight/hunks", json!({ "uri": uri, "hunks": hunks }));
        }
    } else if editor.refreshes_lenses {
        tokio::spawn(server.client.request("workspace/codeLens/refresh", Value::Null));
    }
}
