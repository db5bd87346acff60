//! Review by hunks in editors without change annotations: code lenses and code actions accept, reject and explain each one; plugins that
//! draw hunks themselves get the same list. Each acceptance is one edit, and so one step of undo.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{self, Error};
use tower_lsp::lsp_types::Url;

use super::apply::{ApplyResult, Outcome};
use super::hunks::{DroppedHunk, PendingHunk, by_file};
use super::selector::HunkSelector;
use super::warnings::look_twice;
use super::{accept_by_action, apply, hold, hunk_view};
use crate::context::fence;
use crate::features::Target;
use crate::features::edit::FileEdit;
use crate::features::inert::inert;
use crate::server::editor::Quirk;
use crate::server::state::State;
use crate::server::{Server, answers, convert, menu, message};
use crate::text::excerpt::headline;
use crate::text::{Batch, Range, diff};
use crate::workspace::uri;

/// The kind of actions that decide on hunks.
const ACCEPT: &str = "refactor.rewrite.longsight.accept";
const REJECT: &str = "refactor.rewrite.longsight.reject";
const EXPLAIN: &str = "refactor.rewrite.longsight.explainHunk";

/// `longsight.rejectHunk`, with `{id}`, `{uri}` or `{all: true}`.
pub fn reject(server: &Server, argument: &Value) -> jsonrpc::Result<Value> {
    let selector = HunkSelector::of(argument)?;
    let taken = server.with(|state| state.hunks.take(|pending| selector.selects(pending) && !pending.accepting));
    if taken.is_empty() {
        return Err(selector.missing());
    }
    hunk_view::redraw(server, uris(&taken).iter().map(String::as_str));
    Ok(json!({ "rejected": selector.ids(&taken) }))
}

/// Hunks that are accepted while their files are read; dropping it takes the mark away.
struct Accepting<'a> {
    server: &'a Server,
    selector: &'a HunkSelector,
}

impl<'a> Accepting<'a> {
    fn new(server: &'a Server, selector: &'a HunkSelector) -> Self {
        server.with(|state| state.hunks.mark(|pending| selector.selects(pending), true));
        Self { server, selector }
    }
}

impl Drop for Accepting<'_> {
    fn drop(&mut self) {
        self.server.with(|state| state.hunks.mark(|pending| self.selector.selects(pending), false));
    }
}

/// `longsight.acceptHunk`, with the same arguments.
pub async fn accept(server: &Server, argument: &Value) -> jsonrpc::Result<Value> {
    let selector = HunkSelector::of(argument)?;
    if !server.with(|state| state.editor.can.apply_edits) {
        let words = "this editor cannot be asked to apply edits: choose the code action that accepts the change";
        return Err(message::request_failed(words));
    }
    let taken = {
        // A hunk that was rejected meanwhile is not accepted.
        let accepting = Accepting::new(server, &selector);
        hold::follow_disk(server, |_| true).await;
        server.with(|state| state.hunks.accept(|pending| accepting.selector.selects(pending) && !pending.claimed))
    };
    if taken.is_empty() {
        let claimed =
            server.with(|state| state.hunks.iter().find(|pending| selector.selects(pending)).map(|one| uri::name(&one.document.uri)));
        return Err(claimed.map_or_else(|| selector.missing(), |name| claimed_already(&name)));
    }
    let told = selector.ids(&taken);
    let name = format!("longsight: {}", headline(taken[0].name()));
    let mut undecided = Undecided { server, uris: uris(&taken), taken };
    let files = by_file(&undecided.taken).map_err(|reason| message::request_failed(&reason))?;
    let Outcome { result, unseen } = apply::apply(server, &name, &files, None).await.map_err(|reason| message::request_failed(&reason))?;
    let (left, why) = match result {
        ApplyResult::Applied => (vec![], ""),
        ApplyResult::NotShown(left) => (left, apply::NOT_SHOWN),
        ApplyResult::Overtaken(left) => (left, "the text was typed in faster than it could be changed"),
    };
    let is_of = |files: &[FileEdit], pending: &PendingHunk| files.iter().any(|file| file.document.uri == pending.document.uri);
    undecided.decided(|pending| !is_of(&left, pending) && !is_of(&unseen, pending));
    undecided.taken.iter_mut().for_each(|pending| pending.claimed = is_of(&unseen, pending));
    drop(undecided);
    let seen_by_word = (!unseen.is_empty()).then(|| hold::tell_unseen(server, &unseen));
    if left.is_empty() {
        let mut answer = json!({ "accepted": told, "applied": true });
        if let Some(unseen) = seen_by_word {
            answer["unseen"] = unseen;
        }
        return Ok(answer);
    }
    let names: Vec<String> = left.iter().map(|file| uri::name(&file.document.uri)).collect();
    let done = if left.len() < files.len() { " and the editor says that the other files are changed" } else { "" };
    Err(message::request_failed(&format!("{}: {why}; the change still waits{done}", names.join(", "))))
}

/// Hunks that the editor was asked to apply. When this is dropped, hunks that did not arrive in the text wait again, even if the command
/// was cancelled; their documents are redrawn in any case.
struct Undecided<'a> {
    server: &'a Server,
    uris: BTreeSet<String>,
    taken: Vec<PendingHunk>,
}

impl Undecided<'_> {
    /// These hunks have arrived in the text.
    fn decided(&mut self, arrived: impl Fn(&PendingHunk) -> bool) {
        let (arrived, left) = std::mem::take(&mut self.taken).into_iter().partition::<Vec<_>, _>(arrived);
        self.taken = left;
        self.server.with(|state| {
            // An editor that sends the change only after the command's answer has not sent it yet: these hunks are still on their way.
            if !state.editor.has(Quirk::SendsChangesLate) {
                state.hunks.settled(|id| arrived.iter().any(|pending| pending.id == id));
            }
        });
    }
}

impl Drop for Undecided<'_> {
    fn drop(&mut self) {
        give_back(self.server, std::mem::take(&mut self.taken));
        hunk_view::redraw(self.server, self.uris.iter().map(String::as_str));
    }
}

fn claimed_already(name: &str) -> Error {
    let words = "the editor says that it has made this change already; open the file to see whether it is there, then accept or reject";
    message::request_failed(&format!("{name}: {words}"))
}

fn uris(taken: &[PendingHunk]) -> BTreeSet<String> {
    taken.iter().map(|pending| pending.document.uri.clone()).collect()
}

/// Puts back hunks that could not be applied: they wait again, for the newest text if they fit it. Hunks whose change the text shows anyway
/// are decided.
fn give_back(server: &Server, taken: Vec<PendingHunk>) {
    let lost = server.with(|state| {
        state.hunks.settled(|id| taken.iter().any(|pending| pending.id == id));
        let arrived: Vec<String> = by_file(&taken)
            .unwrap_or_default()
            .into_iter()
            .filter(|file| apply::has_arrived(state, file))
            .map(|file| file.document.uri.clone())
            .collect();
        let mut lost = vec![];
        for mut pending in taken {
            let base = &pending.document;
            if arrived.contains(&base.uri) {
                continue;
            }
            let Some((uri, open)) = state.open_as(base) else {
                state.hunks.put_back(vec![pending]);
                continue;
            };
            match state.carry_over(uri, base.version, &base.text, &Batch::one(pending.edit.clone())) {
                Ok((_, edits)) if edits.is_empty() => {}
                Ok((_, edits)) => {
                    pending.edit = edits.edits()[0].clone();
                    pending.claimed = false;
                    pending.document = open.document.clone();
                    state.hunks.put_back(vec![pending]);
                }
                Err(why) => lost.push(DroppedHunk { pending: pending.into(), why: why.to_string() }),
            }
        }
        lost
    });
    hold::say_lost(server, &lost);
}

/// The lenses of hunks that wait in a document. A plugin that draws hunks needs none.
pub fn lenses(server: &Server, uri: &Url) -> Value {
    server.with(|state| {
        if state.editor.draws_hunks {
            return json!([]);
        }
        let all = state.hunks.len();
        let hunks = state.hunks.of(uri.as_str()).enumerate();
        // The first hunk of a document also has the lenses for all hunks.
        hunks.flat_map(|(number, pending)| hunk_lenses(state, pending, (number == 0 && all > 1).then_some(all))).collect()
    })
}

/// The lenses of one hunk; with those for all hunks, of which there are so many.
fn hunk_lenses(state: &State, pending: &PendingHunk, all: Option<usize>) -> Vec<Value> {
    let start = hunk_view::lines(state, pending).range.start;
    let range = convert::to_range(Range { start, end: start });
    let lens =
        |title: String, command: &str, argument: Value| json!({ "range": range, "command": menu::command(&title, command, &argument) });
    // A lens runs a command. A lens for accepting would be useless in an editor that applies no edits for the server.
    let accepts = state.editor.can.apply_edits;
    let accept = |title: String, which: Value| accepts.then(|| lens(title, "longsight.acceptHunk", which));
    let one = json!({ "id": pending.id });
    let mut lenses: Vec<Value> = accept(format!("Accept: {}", headline(pending.name())), one.clone()).into_iter().collect();
    lenses.push(lens("Reject".into(), "longsight.rejectHunk", one.clone()));
    lenses.push(lens("Explain".into(), "longsight.explainHunk", one));
    if let Some(all) = all {
        lenses.extend(accept(format!("Accept all {all}"), json!({ "all": true })));
        lenses.push(lens(format!("Reject all {all}"), "longsight.rejectHunk", json!({ "all": true })));
    }
    lenses
}

/// The code actions that decide on hunks at a place.
pub fn actions(server: &Server, place: &Target) -> Vec<Value> {
    server.with(|state| {
        let text = &place.document.text;
        let lines = text.line_of(place.bytes.start)..=text.line_of(place.bytes.end);
        let here = |pending: &&PendingHunk| {
            let range = hunk_view::lines(state, pending).range;
            let last = if range.end > range.start && range.end.character == 0 { range.end.line - 1 } else { range.end.line };
            (range.start.line as usize) <= *lines.end() && *lines.start() <= last as usize
        };
        let action = |title: String, kind: &str, command: &str, argument: Value| menu::running(&title, kind, command, &argument);
        let accept = |title: String, which: &Value| accept_by_action::action(&state.editor, &place.document, &title, ACCEPT, which);
        let mut found = vec![];
        // A hunk that creates a file has no open document, so it is listed in every document.
        for pending in state.hunks.iter().filter(|pending| accept_by_action::is_homeless(state, pending)) {
            let (name, id) = (headline(pending.name()), json!({ "id": pending.id }));
            let file = headline(&uri::name(&pending.document.uri));
            found.extend(accept(format!("Accept the new file {file}: {name}"), &id));
            found.push(action(format!("Reject the new file {file}: {name}"), REJECT, "longsight.rejectHunk", id));
        }
        for pending in state.hunks.of(&place.document.uri).filter(here) {
            let (name, id) = (headline(pending.name()), json!({ "id": pending.id }));
            found.extend(accept(format!("Accept this change: {name}"), &id));
            found.push(action(format!("Reject this change: {name}"), REJECT, "longsight.rejectHunk", id.clone()));
            found.push(action(format!("Explain this change: {name}"), EXPLAIN, "longsight.explainHunk", id));
        }
        let all = state.hunks.len();
        if !found.is_empty() && all > 1 {
            found.extend(accept(format!("Accept all {all} changes"), &json!({ "all": true })));
            found.push(action(format!("Reject all {all} changes"), REJECT, "longsight.rejectHunk", json!({ "all": true })));
        }
        found
    })
}

/// `longsight.explainHunk {id}`: what it does and why, from memory.
pub fn explain(server: &Server, argument: &Value) -> jsonrpc::Result<Value> {
    let id = argument["id"].as_u64().ok_or_else(|| Error::invalid_params("the argument needs the hunk's `id`"))?;
    let pending = server.with(|state| state.hunks.iter().find(|pending| pending.id == id).cloned());
    let pending = pending.ok_or_else(|| message::request_failed(&format!("there is no hunk {id} that waits for a decision")))?;
    let path = pending.document.path.as_ref().map_or(uri::name(&pending.document.uri), ToString::to_string);
    let reason = if pending.reason.is_empty() { "The model gave no reason.".into() } else { inert(&pending.reason) };
    let whole = pending.document.text.to_string();
    let mut after = whole.clone();
    after.replace_range(pending.edit.range.clone(), &pending.edit.text);
    let diff = fence::block("diff", &diff::unified(&path, &whole, &after));
    let warnings = look_twice(&pending.warnings()).map(|words| format!("\n\n{}", inert(&words))).unwrap_or_default();
    let (title, place) = (inert(&pending.title), inert(&path));
    let text = format!("{reason}{warnings}\n\nAsked for: {title}\n\nAt {place}:{}:\n\n{diff}", pending.line());
    let citation = json!({ "path": path, "line": pending.line(), "verified": true });
    let answer = json!({ "text": text, "citations": [citation] });
    answers::open(server, &format!("Change {id} of {path}"), &pending.document.uri, &answer);
    Ok(answer)
}
