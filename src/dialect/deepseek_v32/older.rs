//! The call formats of DeepSeek V3 (a fenced JSON after `function`) and V3.1 (the name, a separator, the JSON).

use serde_json::Value;

use super::tag::Lexed;
use crate::dialect::literal;

/// A mark of the V3 and V3.1 formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    CallsBegin,
    CallsEnd,
    CallBegin,
    CallEnd,
    Separator,
}

const MARKS: &[(&str, Mark)] = &[
    ("tool_calls_begin", Mark::CallsBegin),
    ("tool_calls_end", Mark::CallsEnd),
    ("tool_call_begin", Mark::CallBegin),
    ("tool_call_end", Mark::CallEnd),
    ("tool_sep", Mark::Separator),
];

/// Reads `<｜tool▁calls▁begin｜>` and the like, also with ASCII bars, and with the separators that models and Markdown use in place of `▁`.
pub(super) fn lex(text: &str) -> Lexed<Mark> {
    let mut plain = String::new();
    let mut length = 0;
    for c in text.chars().take(24) {
        length += c.len_utf8();
        match c {
            '\\' => continue,
            '｜' => plain.push('|'),
            '▁' | ' ' => plain.push('_'),
            other => plain.push(other),
        }
        if c == '>' {
            break;
        }
    }
    for (name, mark) in MARKS {
        let full = format!("<|{name}|>");
        if plain == full {
            return Lexed::Tag(*mark, length);
        }
        if full.starts_with(&plain) {
            return Lexed::Partial;
        }
    }
    Lexed::No
}

/// Name and arguments between the marks of one call; `None` until it is complete.
pub(super) fn call(body: &str) -> Option<(String, Value)> {
    let at = body.find("<｜tool▁sep｜>").map(|at| (at, "<｜tool▁sep｜>".len()));
    let at = at.or_else(|| body.find("<|tool_sep|>").map(|at| (at, "<|tool_sep|>".len())));
    let (before, after) = match at {
        Some((at, length)) => (body[..at].trim(), body[at + length..].trim()),
        None => body.trim().split_once('\n')?,
    };
    let (name, arguments) = match before {
        "function" => after.split_once('\n').map(|(name, rest)| (name.trim(), rest.trim()))?,
        name => (name, after),
    };
    let arguments = arguments.trim().strip_prefix("```").map_or(arguments, |fenced| {
        let body = fenced.trim_start_matches("json").trim();
        body.strip_suffix("```").unwrap_or(body)
    });
    let arguments = match arguments.trim() {
        "" => Value::Object(Default::default()),
        text => literal::value(text)?,
    };
    (!name.is_empty()).then(|| (name.to_string(), arguments))
}

/// Whether what follows a separator is arguments, as far as it has arrived; in V3 the name comes first.
pub(super) fn goes_on(before: &str, after: &str) -> bool {
    let after = after.trim_start();
    let begins = |text: &str| text.is_empty() || text.starts_with('{') || text.starts_with('`');
    match before.trim_end().ends_with("function") {
        true => after.split_once('\n').is_none_or(|(_, arguments)| begins(arguments.trim_start())),
        false => begins(after),
    }
}
