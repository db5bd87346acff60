//! Inside one DSML call: its parameters, or a JSON body instead. A parameter ends only where the rest of a call follows, so that a value
//! may contain its own closing tag.

use serde_json::Value;

use super::EOS;
use super::parse::{Dsml, State, Step};
use super::tag::{self, Kind, Lexed, Tag};
use super::value::Open;
use crate::dialect::Delta;
use crate::dialect::calls::{Scan, Scanned};
use crate::dialect::schema;
use crate::dialect::values::{self, Written};

/// A call that has not ended yet.
pub(super) struct Invoke {
    name: String,
    marked: bool,
    written: Vec<Written>,
    /// The parameter that is open.
    open: Option<Open>,
    /// How far a JSON body has been searched for its end, and where its bracket closes.
    searched: usize,
    body: Option<Scan>,
}

impl Invoke {
    /// The call that this tag opens.
    pub(super) fn new(tag: Tag) -> Self {
        Self { marked: tag.marked, name: tag.name(), written: vec![], open: None, searched: 0, body: None }
    }
}

impl Dsml {
    /// Continues inside a call, after its tag of `length` bytes.
    pub(super) fn enter(&mut self, invoke: Invoke, length: usize) -> Step {
        self.state = State::Invoke(invoke);
        Step::Took(length)
    }

    /// Reads on inside a call: between parameters or in one.
    pub(super) fn invoke(&mut self, mut invoke: Invoke, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        if invoke.open.is_some() {
            return self.parameter(invoke, rest, at_end);
        }
        let blank = rest.len() - rest.trim_start().len();
        let body = &rest[blank..];
        if body.is_empty() {
            return self.wait(invoke, at_end);
        }
        if body.starts_with('{') && invoke.written.is_empty() {
            return self.json_body(invoke, rest, at_end, out);
        }
        if body.starts_with(EOS) {
            return self.complete(invoke, blank, out);
        }
        match tag::lex(body) {
            Lexed::Tag(tag, length) if tag.marked == invoke.marked => match (tag.kind, tag.closes) {
                (Kind::Parameter, false) if tag.empty => {
                    invoke.written.push(Written { key: tag.name(), string: Some(true), text: String::new() });
                    self.enter(invoke, blank + length)
                }
                (Kind::Parameter, false) => {
                    let string = tag.string;
                    invoke.open = Some(Open::new(tag.name(), string, invoke.marked));
                    self.enter(invoke, blank + length)
                }
                (Kind::Invoke, true) => self.complete(invoke, blank + length, out),
                (Kind::Invoke, false) | (Kind::Calls, true) => self.complete(invoke, blank, out),
                _ => Step::Malformed("a tag stands where it cannot stand".into()),
            },
            Lexed::Partial => self.wait(invoke, at_end),
            _ if EOS.starts_with(body) => self.wait(invoke, at_end),
            _ => Step::Malformed("there is text between the parameters of a call".into()),
        }
    }

    fn wait(&mut self, invoke: Invoke, at_end: bool) -> Step {
        if at_end {
            return Step::Malformed("truncated".into());
        }
        self.state = State::Invoke(invoke);
        Step::Wait
    }

    /// Reads on inside a value: searches for a closing tag after which the call continues.
    fn parameter(&mut self, mut invoke: Invoke, rest: &str, at_end: bool) -> Step {
        let Some(mut open) = invoke.open.take() else { return self.wait(invoke, at_end) };
        if let Some((at, length)) = open.end(rest, self.counting, at_end) {
            return self.close(invoke, open, &rest[..at], at + length);
        }
        match open.first.filter(|_| at_end) {
            Some((at, length)) => self.unclosed(invoke, open, &rest[..at], length),
            None => {
                invoke.open = Some(open);
                self.wait(invoke, at_end)
            }
        }
    }

    fn close(&mut self, mut invoke: Invoke, open: Open, value: &str, length: usize) -> Step {
        invoke.written.push(Written { key: open.key, string: open.string, text: value.into() });
        self.enter(invoke, length)
    }

    /// More parameters open in this value than close. If the tool has the next one, the closing tag before it was forgotten; otherwise it
    /// is text.
    fn unclosed(&mut self, invoke: Invoke, open: Open, value: &str, closing: usize) -> Step {
        self.counting = false;
        let tool = self.offer.tool(&invoke.name);
        let given = |key: &str| key == open.key || invoke.written.iter().any(|written| written.key == key);
        if let Some(at) = open.cut(value, |key| !given(key) && tool.is_some_and(|tool| schema::names(tool, key))) {
            let text = value[..at].strip_suffix('\n').unwrap_or(&value[..at]);
            return self.close(invoke, open, text, at);
        }
        if tool.is_some() && open.holds_call(value) {
            return Step::Malformed(format!("the parameter `{}` is not closed", open.key));
        }
        self.close(invoke, open, value, value.len() + closing)
    }

    /// Reads `{…}` in place of parameters.
    fn json_body(&mut self, mut invoke: Invoke, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        let start = rest.len() - rest.trim_start().len();
        if let Scanned::Balanced(end) = invoke.body.get_or_insert_with(|| Scan::new(start)).resume(rest, true)
            && !closes(rest[end..].trim_start(), invoke.marked)
        {
            return Step::Malformed("there is text behind the arguments of a call".into());
        }
        let mut from = invoke.searched;
        while let Some(at) = rest[from..].find('<').map(|at| from + at) {
            invoke.searched = at;
            match tag::lex(&rest[at..]) {
                Lexed::Partial => return self.wait(invoke, at_end),
                Lexed::Tag(tag, length) if tag.kind == Kind::Invoke && tag.closes && tag.marked == invoke.marked => {
                    let body = crate::dialect::literal::value(rest[..at].trim());
                    if let Some(Value::Object(arguments)) = body {
                        self.call(invoke.name, Value::Object(arguments), out);
                        self.state = State::Block { empty: false };
                        return Step::Took(at + length);
                    }
                }
                _ => {}
            }
            from = at + 1;
        }
        invoke.searched = rest.len();
        self.wait(invoke, at_end)
    }

    /// Ends a call whose closing tag has `length` bytes, and emits it.
    pub(super) fn complete(&mut self, invoke: Invoke, length: usize, out: &mut Vec<Delta>) -> Step {
        if invoke.name.trim().is_empty() {
            return Step::Malformed("a call has no name".into());
        }
        match values::arguments(invoke.written, self.offer.tool(&invoke.name)) {
            Ok(arguments) => self.call(invoke.name, Value::Object(arguments), out),
            Err(reason) => return Step::Malformed(reason),
        }
        self.state = State::Block { empty: false };
        Step::Took(length)
    }
}

/// Whether what follows the arguments of a call may close it.
fn closes(next: &str, marked: bool) -> bool {
    match tag::lex(next) {
        _ if next.is_empty() => true,
        Lexed::Tag(tag, _) => tag.closes && tag.marked == marked,
        Lexed::Partial => true,
        Lexed::No => false,
    }
}
