//! Reads DSML completions as they stream: strict output and everything that models and servers make of it. A call is given out when its
//! end has come, never before; a value ends only where the rest of a call follows, so that a value may contain its own closing tag.

use serde_json::Value;

use super::tag::{self, Kind, Lexed, Tag};
use super::{END_THINK, EOS, THINK, older};
use crate::dialect::calls::{Offer, content, reasoning};
use crate::dialect::values::{self, Written};
use crate::dialect::{Delta, Parser, Start, ToolCall};

/// Where in the completion we are.
enum State {
    Reasoning,
    Content,
    /// Between calls of a block, or after it. Text here is dropped.
    Block {
        empty: bool,
    },
    Invoke(Invoke),
    /// Inside a V3 or V3.1 call, whose text has been searched this far for its end.
    Older {
        searched: usize,
    },
    Over,
}

/// A call whose end has not come.
struct Invoke {
    name: String,
    marked: bool,
    written: Vec<Written>,
    /// The parameter that is open, and how far its text has been searched for the end.
    open: Option<(String, Option<bool>)>,
    searched: usize,
}

impl Invoke {
    fn new(tag: Tag) -> Self {
        Self { marked: tag.marked, name: tag.name(), written: vec![], open: None, searched: 0 }
    }
}

/// The parser.
pub(in crate::dialect) struct Dsml {
    offer: Offer,
    state: State,
    held: String,
    /// Line ends that belong to the block if one follows.
    newlines: String,
    /// Whether content, and reasoning, have begun.
    started: bool,
    thought: bool,
    count: usize,
}

/// What a step did.
enum Step {
    /// This many bytes are dealt with.
    Took(usize),
    Wait,
    Malformed(String),
}

impl Dsml {
    pub fn new(offer: Offer, start: Start) -> Self {
        let state = if start == Start::Reasoning { State::Reasoning } else { State::Content };
        Self { offer, state, held: String::new(), newlines: String::new(), started: false, thought: false, count: 0 }
    }

    fn run(&mut self, at_end: bool, out: &mut Vec<Delta>) {
        let mut held = std::mem::take(&mut self.held);
        let mut done = 0;
        loop {
            let rest = &held[done..];
            if rest.is_empty() && !at_end {
                break;
            }
            let step = match std::mem::replace(&mut self.state, State::Over) {
                State::Over => Step::Wait,
                State::Block { empty } => self.block(empty, rest, at_end, out),
                State::Invoke(invoke) => self.invoke(invoke, rest, at_end, out),
                State::Older { searched } => self.older(searched, rest, at_end, out),
                thinking_or_not => {
                    let thinking = matches!(thinking_or_not, State::Reasoning);
                    self.state = thinking_or_not;
                    self.prose(thinking, rest, at_end, out)
                }
            };
            match step {
                Step::Took(length) => done += length,
                Step::Malformed(reason) => {
                    out.push(Delta::Malformed(reason));
                    self.state = State::Over;
                }
                Step::Wait => break,
            }
        }
        if !matches!(self.state, State::Over) {
            held.drain(..done);
            self.held = held;
        }
    }

    /// Content or reasoning.
    fn prose(&mut self, thinking: bool, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        if rest.is_empty() {
            return Step::Wait;
        }
        let plain = rest.find('<').unwrap_or(rest.len());
        if plain > 0 {
            self.text(&rest[..plain], out);
            return Step::Took(plain);
        }
        let mut partial = false;
        let mut is = |text: &str| {
            partial |= rest.len() < text.len() && text.starts_with(rest);
            rest.starts_with(text)
        };
        if is(EOS) {
            self.flush(0, out);
            self.state = State::Over;
            return Step::Wait;
        }
        if thinking && is(END_THINK) {
            self.flush(0, out);
            self.state = State::Content;
            return Step::Took(END_THINK.len());
        }
        let fresh = if thinking { !self.thought } else { !self.started && !self.thought };
        if fresh && is(THINK) {
            self.newlines.clear();
            self.state = State::Reasoning;
            return Step::Took(THINK.len());
        }
        if !thinking && fresh && is(END_THINK) {
            return Step::Took(END_THINK.len());
        }
        match older::lex(rest) {
            Lexed::Tag(mark @ (older::Mark::CallsBegin | older::Mark::CallBegin), length) => {
                self.flush(2, out);
                self.state = if mark == older::Mark::CallBegin { State::Older { searched: 0 } } else { State::Block { empty: true } };
                return Step::Took(length);
            }
            Lexed::Partial => partial = true,
            _ => {}
        }
        match tag::lex(rest) {
            Lexed::Partial => partial = true,
            Lexed::Tag(tag, length) => match self.opens(&tag, &rest[length..], at_end) {
                Some(true) => {
                    self.flush(2, out);
                    return self.open(tag, length);
                }
                None if !at_end => return Step::Wait,
                None => return Step::Malformed("truncated".into()),
                Some(false) => {}
            },
            Lexed::No => {}
        }
        if partial && !at_end {
            return Step::Wait;
        }
        self.text("<", out);
        Step::Took(1)
    }

    /// Whether a tag in the prose opens a block or a call; `None` when more text decides. A tag that is only talked about opens nothing.
    fn opens(&self, tag: &Tag, after: &str, at_end: bool) -> Option<bool> {
        if tag.closes || tag.kind == Kind::Parameter {
            return Some(false);
        }
        if tag.kind == Kind::Invoke {
            return Some(tag.marked || self.offer.tool(tag.is_called()).is_some());
        }
        if !tag.marked && !self.offer.any() {
            return Some(false);
        }
        let next = after.trim_start();
        if next.is_empty() {
            // A block with nothing in it: cut off if it has the mark, talk if not.
            return if at_end && !tag.marked { Some(false) } else { None };
        }
        if !next.starts_with('<') {
            return Some(false);
        }
        match tag::lex(next) {
            Lexed::Tag(next, _) => {
                Some(next.marked == tag.marked && (next.kind == Kind::Invoke && !next.closes || next.kind == Kind::Calls))
            }
            Lexed::Partial if at_end && !tag.marked => Some(false),
            Lexed::Partial => None,
            Lexed::No => Some(false),
        }
    }

    fn open(&mut self, tag: Tag, length: usize) -> Step {
        match tag.kind {
            Kind::Invoke if !tag.empty => self.state = State::Invoke(Invoke::new(tag)),
            // An empty call is read again, inside the block.
            Kind::Invoke => {
                self.state = State::Block { empty: true };
                return Step::Took(0);
            }
            _ => self.state = State::Block { empty: true },
        }
        Step::Took(length)
    }

    /// Between calls.
    fn block(&mut self, empty: bool, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        self.state = State::Block { empty };
        let gap = rest.find('<').unwrap_or(rest.len());
        if gap > 0 {
            return match rest[..gap].trim().is_empty() || !empty {
                true => Step::Took(gap),
                false => Step::Malformed("there is text where a call should be".into()),
            };
        }
        if rest.is_empty() {
            return if empty { Step::Malformed("truncated".into()) } else { Step::Wait };
        }
        if rest.starts_with(EOS) {
            self.state = State::Over;
            return Step::Wait;
        }
        let mut partial = EOS.starts_with(rest);
        match older::lex(rest) {
            Lexed::Tag(mark, length) => {
                if mark == older::Mark::CallBegin {
                    self.state = State::Older { searched: 0 };
                }
                return Step::Took(length);
            }
            Lexed::Partial => partial = true,
            Lexed::No => {}
        }
        match tag::lex(rest) {
            Lexed::Tag(tag, length) if tag.kind == Kind::Invoke && !tag.closes => {
                let empty = tag.empty;
                let invoke = Invoke::new(tag);
                return if empty { self.complete(invoke, length, out) } else { self.enter(invoke, length) };
            }
            Lexed::Tag(tag, length) if tag.kind == Kind::Calls => {
                self.state = State::Block { empty: empty && !tag.closes };
                return Step::Took(length);
            }
            Lexed::Tag(_, length) if !empty => return Step::Took(length),
            Lexed::Partial => partial = true,
            _ => {}
        }
        match (partial, at_end) {
            (true, false) => Step::Wait,
            (true, true) => Step::Malformed("truncated".into()),
            _ if !empty => Step::Took(1),
            _ => Step::Malformed("there is text where a call should be".into()),
        }
    }

    fn enter(&mut self, invoke: Invoke, length: usize) -> Step {
        self.state = State::Invoke(invoke);
        Step::Took(length)
    }

    /// Inside a call: between parameters, or in one.
    fn invoke(&mut self, mut invoke: Invoke, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
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
                    invoke.open = Some((tag.name(), string));
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

    /// Inside a value: looks for a closing tag after which the call goes on.
    fn parameter(&mut self, mut invoke: Invoke, rest: &str, at_end: bool) -> Step {
        let mut from = invoke.searched;
        while let Some(at) = rest[from..].find('<').map(|at| from + at) {
            invoke.searched = at;
            match tag::lex(&rest[at..]) {
                Lexed::Partial if !at_end => return self.wait(invoke, at_end),
                Lexed::Tag(tag, length) if tag.kind == Kind::Parameter && tag.closes && tag.marked == invoke.marked => {
                    match goes_on(&rest[at + length..], invoke.marked, at_end) {
                        Some(true) => {
                            let (key, string) = invoke.open.take().unwrap_or_default();
                            invoke.written.push(Written { key, string, text: rest[..at].into() });
                            invoke.searched = 0;
                            return self.enter(invoke, at + length);
                        }
                        Some(false) => {}
                        None => return self.wait(invoke, at_end),
                    }
                }
                _ => {}
            }
            from = at + 1;
        }
        invoke.searched = rest.len();
        self.wait(invoke, at_end)
    }

    /// `{…}` in place of parameters.
    fn json_body(&mut self, mut invoke: Invoke, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
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

    fn complete(&mut self, invoke: Invoke, length: usize, out: &mut Vec<Delta>) -> Step {
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

    /// Inside a V3 or V3.1 call: its end is the first mark before which its arguments are whole.
    fn older(&mut self, searched: usize, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        let mut from = searched;
        while let Some(at) = rest[from..].find('<').map(|at| from + at) {
            match older::lex(&rest[at..]) {
                Lexed::Tag(older::Mark::CallEnd, length) => {
                    if let Some((name, arguments)) = older::call(&rest[..at]) {
                        self.call(name, arguments, out);
                        self.state = State::Block { empty: false };
                        return Step::Took(at + length);
                    }
                }
                Lexed::Partial if !at_end => {
                    self.state = State::Older { searched: at };
                    return Step::Wait;
                }
                _ => {}
            }
            from = at + 1;
        }
        if at_end {
            let ends = |(at, _)| matches!(older::lex(&rest[at..]), Lexed::Tag(older::Mark::CallEnd, _));
            let whole = rest.match_indices('<').any(ends);
            return Step::Malformed(if whole { "the arguments of a call are not valid JSON" } else { "truncated" }.into());
        }
        self.state = State::Older { searched: rest.len() };
        Step::Wait
    }

    fn call(&mut self, name: String, arguments: Value, out: &mut Vec<Delta>) {
        self.count += 1;
        out.push(Delta::Call(ToolCall { id: format!("call_{}", self.count), name, arguments }));
    }

    /// Prose, with the line ends at its end held back.
    fn text(&mut self, text: &str, out: &mut Vec<Delta>) {
        let solid = text.trim_end_matches('\n');
        if !solid.is_empty() {
            self.flush(0, out);
            self.show(solid.into(), out);
        }
        self.newlines.push_str(&text[solid.len()..]);
    }

    /// Gives out the line ends held back, but for the last `dropped`.
    fn flush(&mut self, dropped: usize, out: &mut Vec<Delta>) {
        let mut newlines = std::mem::take(&mut self.newlines);
        newlines.truncate(newlines.len().saturating_sub(dropped));
        if !newlines.is_empty() {
            self.show(newlines, out);
        }
    }

    fn show(&mut self, text: String, out: &mut Vec<Delta>) {
        let solid = !text.trim().is_empty();
        if matches!(self.state, State::Reasoning) {
            self.thought |= solid;
            reasoning(text, out);
        } else {
            self.started |= solid;
            content(text, out);
        }
    }
}

/// Whether a call goes on, or ends, after a parameter's closing tag; `None` when more text decides.
fn goes_on(after: &str, marked: bool, at_end: bool) -> Option<bool> {
    let next = after.trim_start();
    if next.is_empty() {
        return if at_end { Some(true) } else { None };
    }
    if next.starts_with(EOS) {
        return Some(true);
    }
    if !next.starts_with('<') {
        return Some(false);
    }
    match tag::lex(next) {
        Lexed::Tag(tag, _) => Some(tag.marked == marked && !(tag.kind == Kind::Parameter && tag.closes)),
        Lexed::Partial => at_end.then_some(true),
        Lexed::No if EOS.starts_with(next) => at_end.then_some(true),
        Lexed::No => Some(false),
    }
}

impl Parser for Dsml {
    fn push(&mut self, chunk: &str) -> Vec<Delta> {
        let mut out = vec![];
        if !matches!(self.state, State::Over) {
            self.held.push_str(chunk);
            self.run(false, &mut out);
        }
        out
    }

    fn finish(&mut self, _ended_cleanly: bool) -> Vec<Delta> {
        let mut out = vec![];
        if !matches!(self.state, State::Over) {
            self.run(true, &mut out);
        }
        if matches!(self.state, State::Content | State::Reasoning) {
            self.flush(0, &mut out);
        }
        self.state = State::Over;
        out
    }
}
