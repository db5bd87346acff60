//! Reads DSML completions as they stream: strict output and everything that models and servers make of it. A call is given out when its
//! end has come, never before; a value ends only where the rest of a call follows, so that a value may contain its own closing tag.

use serde_json::Value;

use super::opens::{self, Next};
use super::tag::{self, Kind, Lexed, Tag};
use super::value::Open;
use super::{END_THINK, EOS, THINK, older};
use crate::dialect::calls::{Offer, Scan, Scanned, content, reasoning};
use crate::dialect::prose::Prose;
use crate::dialect::values::{self, Written};
use crate::dialect::{Delta, Parser, Start, ToolCall, schema};

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
    /// The parameter that is open.
    open: Option<Open>,
    /// How far a body of JSON has been searched for its end, and where its bracket closes.
    searched: usize,
    body: Option<Scan>,
}

impl Invoke {
    fn new(tag: Tag) -> Self {
        Self { marked: tag.marked, name: tag.name(), written: vec![], open: None, searched: 0, body: None }
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
    prose: Prose,
    /// Another parser reads the text for reasoning and end tokens.
    in_text: bool,
    /// What was read since a call opened that may yet be talk.
    raw: Option<Raw>,
    /// A call that cannot be read, and the text since: an error, unless a call that can be read follows, or an end that the model meant.
    withheld: Option<(String, Vec<Delta>)>,
    /// Whether values are closed once for every parameter that opens in them.
    counting: bool,
}

/// The text of a call that may be none.
struct Raw {
    text: String,
    thinking: bool,
    /// It began a line, as calls do.
    plain: bool,
}

/// What begins a call in the prose, and its length.
enum Opening {
    Mark(older::Mark, usize),
    Tag(Tag, usize),
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
        Self {
            offer,
            state,
            held: String::new(),
            newlines: String::new(),
            started: false,
            thought: false,
            count: 0,
            prose: Prose::default(),
            in_text: false,
            raw: None,
            withheld: None,
            counting: true,
        }
    }

    /// One that looks for DSML alone.
    pub fn in_text(offer: Offer) -> Self {
        Self { in_text: true, ..Self::new(offer, Start::Content) }
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
                Step::Took(length) => {
                    if let Some(raw) = &mut self.raw {
                        raw.text.push_str(&rest[..length]);
                    }
                    done += length;
                }
                Step::Malformed(reason) => done += self.fail(reason, rest, at_end, out),
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
        if !self.in_text
            && let Some(step) = self.thought_or_end(thinking, rest, &mut partial, out)
        {
            return step;
        }
        if self.offer.any() {
            let (next, opening) = match (older::lex(rest), tag::lex(rest)) {
                (Lexed::Tag(mark @ (older::Mark::CallsBegin | older::Mark::CallBegin), length), _) => {
                    (opens::mark(mark, &rest[length..]), Some(Opening::Mark(mark, length)))
                }
                (_, Lexed::Tag(tag, length)) => (opens::tag(&tag, &rest[length..], &self.offer, at_end), Some(Opening::Tag(tag, length))),
                (Lexed::Partial, _) | (_, Lexed::Partial) => (None, None),
                _ => (Some(Next::Talk), None),
            };
            let quoted = self.prose.is_fenced() || matches!(self.prose.last(), '`' | '"' | '\'');
            match (next, opening) {
                (Some(Next::Call), Some(opening)) => return self.open(opening, thinking, rest, out),
                (Some(Next::Broken), _) if self.prose.is_plain() && self.withheld.is_none() => {
                    self.withheld = Some(("there is text where a call should go on".into(), vec![]));
                }
                (None, _) if !at_end => return Step::Wait,
                // What has the mark, or enough of it, was going to be a call.
                (None, opening) if !quoted && (opening.is_some() || ["｜DSML", "<｜tool▁"].iter().any(|mark| rest.contains(mark))) => {
                    return Step::Malformed("truncated".into());
                }
                _ => {}
            }
        }
        if partial && !at_end {
            return Step::Wait;
        }
        self.text("<", out);
        Step::Took(1)
    }

    /// The ends of reasoning and of the completion.
    fn thought_or_end(&mut self, thinking: bool, rest: &str, partial: &mut bool, out: &mut Vec<Delta>) -> Option<Step> {
        let mut is = |text: &str| {
            *partial |= rest.len() < text.len() && text.starts_with(rest);
            rest.starts_with(text)
        };
        if is(EOS) {
            self.flush(0, out);
            out.extend(self.withheld.take().into_iter().flat_map(|(_, text)| text));
            self.state = State::Over;
            return Some(Step::Wait);
        }
        if thinking && is(END_THINK) {
            self.flush(0, out);
            (self.state, self.prose) = (State::Content, Prose::default());
            return Some(Step::Took(END_THINK.len()));
        }
        let fresh = if thinking { !self.thought } else { !self.started && !self.thought };
        if fresh && is(THINK) {
            self.newlines.clear();
            self.state = State::Reasoning;
            return Some(Step::Took(THINK.len()));
        }
        (!thinking && fresh && is(END_THINK)).then_some(Step::Took(END_THINK.len()))
    }

    fn open(&mut self, opening: Opening, thinking: bool, rest: &str, out: &mut Vec<Delta>) -> Step {
        let (text, plain) = (self.flush(2, out), self.prose.is_plain());
        let bare_json =
            matches!(&opening, Opening::Tag(tag, length) if tag.kind == Kind::Invoke && rest[*length..].trim_start().starts_with('{'));
        self.raw = (!plain || bare_json).then_some(Raw { text, thinking, plain });
        let (state, length) = match opening {
            Opening::Mark(older::Mark::CallBegin, length) => (State::Older { searched: 0 }, length),
            Opening::Tag(tag, length) if tag.kind == Kind::Invoke && !tag.empty => (State::Invoke(Invoke::new(tag)), length),
            // An empty call is read again, inside the block.
            Opening::Tag(tag, _) if tag.kind == Kind::Invoke => (State::Block { empty: true }, 0),
            Opening::Mark(_, length) | Opening::Tag(_, length) => (State::Block { empty: true }, length),
        };
        self.state = state;
        Step::Took(length)
    }

    /// A call that cannot be read. Maybe it was none: then what was read is text. Says how much of the rest has been dealt with: at the
    /// end all of it, so that nothing in a value that was cut off is taken for a call.
    fn fail(&mut self, reason: String, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> usize {
        let Some(raw) = self.raw.take() else {
            out.push(Delta::Malformed(reason));
            self.state = State::Over;
            return 0;
        };
        if raw.plain {
            self.withheld.get_or_insert((reason, vec![]));
        }
        self.state = if raw.thinking { State::Reasoning } else { State::Content };
        self.text(&raw.text, out);
        if !at_end {
            return 0;
        }
        self.text(rest, out);
        rest.len()
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
            // A value with a closing tag too many in it: which was meant, nobody can say.
            Lexed::Tag(tag, _) if !empty && tag.marked && tag.kind == Kind::Parameter => {
                return Step::Malformed("a parameter stands outside of a call".into());
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

    /// Inside a value: looks for a closing tag after which the call goes on.
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

    /// More parameters open in this value than are closed. Where the tool has the next one, the closing tag before it was forgotten;
    /// else it is text.
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

    /// `{…}` in place of parameters.
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
        self.raw = None;
        if let Some((_, text)) = self.withheld.take() {
            out.extend(text);
        }
        let arguments = values::fitted(arguments, self.offer.tool(&name));
        out.push(Delta::Call(ToolCall { id: format!("call_{}", self.count), name, arguments }));
    }

    /// Prose, with the line ends at its end held back.
    fn text(&mut self, text: &str, out: &mut Vec<Delta>) {
        self.prose.saw(text);
        let solid = text.trim_end_matches('\n');
        if !solid.is_empty() {
            self.flush(0, out);
            self.show(solid.into(), out);
        }
        self.newlines.push_str(&text[solid.len()..]);
    }

    /// Gives out the line ends held back, but for the last `most`, which are returned.
    fn flush(&mut self, most: usize, out: &mut Vec<Delta>) -> String {
        let mut newlines = std::mem::take(&mut self.newlines);
        let dropped = newlines.split_off(newlines.len().saturating_sub(most));
        if !newlines.is_empty() {
            self.show(newlines, out);
        }
        dropped
    }

    fn show(&mut self, text: String, out: &mut Vec<Delta>) {
        let solid = !text.trim().is_empty();
        let out = self.withheld.as_mut().map_or(out, |(_, text)| text);
        if matches!(self.state, State::Reasoning) {
            self.thought |= solid;
            reasoning(text, out);
        } else {
            self.started |= solid;
            content(text, out);
        }
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
        if let Some((reason, _)) = self.withheld.take() {
            out.push(Delta::Malformed(reason));
        }
        out
    }
}
