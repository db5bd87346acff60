//! How hunks that wait are drawn: the lines of each, the lists of them, and when the editor has to draw them anew.

use serde_json::{Value, json};

use super::hunks::PendingHunk;
use crate::server::state::State;
use crate::server::{Server, convert};
use crate::text::{Range, Text};

/// A hunk in whole lines of its document: what is there, and what would be.
pub struct Lines {
    pub range: Range,
    old: String,
    new: String,
}

/// The lines of a hunk.
pub fn lines(state: &State, pending: &PendingHunk) -> Lines {
    let text = &pending.document.text;
    let edit = &pending.edit;
    let line = |offset: usize| text.line_start(text.line_of(offset));
    // Where an editor shows a byte order mark, that is no part of the first line, which may go.
    let mark = text.mark_bytes();
    let start = line(edit.range.start).max(mark.min(edit.range.start));
    // A change that ends at the start of a line leaves that line alone, if the new text ends a line as well.
    let whole = edit.range.end == line(edit.range.end) && edit.range.end > start && (edit.text.is_empty() || ends_line(&edit.text));
    let inserts = edit.range.is_empty() && edit.range.start == start && ends_line(&edit.text);
    let end = if whole || inserts { edit.range.end } else { end_of_line(text, edit.range.end) };
    let new = format!("{}{}{}", text.slice(start..edit.range.start), edit.text, text.slice(edit.range.end..end));
    Lines { range: text.range(start..end, state.editor.encoding), old: text.slice(start..end), new }
}

fn ends_line(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}

fn end_of_line(text: &Text, offset: usize) -> usize {
    let next = text.line_of(offset) + 1;
    if next < text.len_lines() { text.line_start(next) } else { text.len_bytes() }
}

/// The hunks that wait, for `longsight.status`.
pub fn list(state: &State) -> Value {
    let named = |pending: &PendingHunk| {
        let mut entry = entry(state, pending);
        entry["uri"] = json!(pending.document.uri);
        entry
    };
    state.hunks.iter().map(named).collect()
}

fn entry(state: &State, pending: &PendingHunk) -> Value {
    let Lines { range, old, new } = lines(state, pending);
    let mut entry = json!({
        "id": pending.id,
        "range": convert::to_range(range),
        "old": old,
        "new": new,
        "title": pending.title,
        "reason": pending.reason,
    });
    let warnings = pending.warnings();
    if !warnings.is_empty() {
        entry["warnings"] = json!(warnings);
    }
    entry
}

/// Has the editor redraw the hunks in these documents.
pub fn redraw<'a>(server: &Server, uris: impl IntoIterator<Item = &'a str>) {
    let editor = server.with(|state| state.editor.clone());
    if editor.draws_hunks {
        for uri in uris {
            let hunks: Vec<Value> = server.with(|state| state.hunks.of(uri).map(|pending| entry(state, pending)).collect());
            server.client.notify("longsight/hunks", json!({ "uri": uri, "hunks": hunks }));
        }
    } else if editor.can.refresh_lenses {
        tokio::spawn(server.client.request("workspace/codeLens/refresh", Value::Null));
    }
}
