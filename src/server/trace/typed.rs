//! Secrets that are typed or pasted: a change contains the bare value, and what identifies it as a secret is in the document around it. So
//! this follows the documents of a session, and judges inserted text in its place.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Value, json};

use crate::redact::{self, Secrets};
use crate::server::convert;
use crate::text::{Encoding, Position, Text};

/// The open documents, as reported by the editor.
#[derive(Default)]
pub struct Typed {
    texts: HashMap<String, Text>,
    encoding: Encoding,
}

impl Typed {
    /// Takes a message of the editor, and hides whatever is a secret in its place.
    pub fn hide(&mut self, entry: &mut Value) {
        let Some(message) = entry.get_mut("message") else { return };
        let method = message["method"].as_str().unwrap_or_default().to_string();
        let Some(params) = message.get_mut("params") else { return };
        if method == "initialize" {
            let offered = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
            self.encoding = convert::negotiate(offered.map(Vec::as_slice));
        }
        let Some(uri) = params["textDocument"]["uri"].as_str().map(String::from) else { return };
        match method.as_str() {
            "textDocument/didOpen" => {
                self.texts.insert(uri, Text::new(params["textDocument"]["text"].as_str().unwrap_or_default()));
            }
            "textDocument/didClose" => {
                self.texts.remove(&uri);
            }
            "textDocument/didChange" => {
                let Some(text) = self.texts.get_mut(&uri) else { return };
                for change in params.get_mut("contentChanges").and_then(Value::as_array_mut).into_iter().flatten() {
                    changed(text, self.encoding, change);
                }
            }
            _ => {}
        }
    }
}

/// Applies a change, and replaces secrets in it with stars.
fn changed(text: &mut Text, encoding: Encoding, change: &mut Value) {
    let Some(new) = change["text"].as_str().map(String::from) else { return };
    let position = |end: &str| {
        let number = |part: &str| change["range"][end][part].as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Some(Position { line: number("line")?, character: number("character")? })
    };
    let Some((start, end)) = position("start").zip(position("end")) else {
        *text = Text::new(&new);
        return;
    };
    let (start, end) = (text.offset(start, encoding), text.offset(end, encoding));
    text.replace(start..end.max(start), &new);
    change["text"] = json!(hidden(&text.to_arc(), start..start + new.len()));
}

/// A stretch of a text with secrets replaced by stars, including one that is still being typed.
fn hidden(text: &str, range: Range<usize>) -> String {
    match value_around(text, &range).filter(|value| redact::takes_secret(text, value)) {
        Some(_) => redact::stars(&text[range]),
        None => Secrets::near(text, &range).stars(text, range),
    }
}

/// The quoted value around a stretch, even if its quotes are not closed yet.
fn value_around(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let ends = |letter: char| matches!(letter, '"' | '\'' | '`' | '\n' | '\r');
    if text[range.clone()].contains(ends) {
        return None;
    }
    let start = text[..range.start].rfind(ends).filter(|at| !text[*at..].starts_with(['\n', '\r']))? + 1;
    let end = range.end + text[range.end..].find(|letter: char| ends(letter) || letter.is_whitespace()).unwrap_or(text.len() - range.end);
    Some(start..end)
}
