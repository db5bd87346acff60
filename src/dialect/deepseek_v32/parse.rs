//! Reads DSML completions as they stream: strict output, and everything that models and servers make of it. A call is emitted once it has
//! ended, never before. `outside` reads text outside calls, `invoke` text inside one.

use serde_json::Value;

use super::invoke::Invoke;
use super::tag::{self, Kind, Lexed, Tag};
use super::{EOS, older, opens};
use crate::dialect::calls::Offer;
use crate::dialect::prose::Prose;
use crate::dialect::{Delta, Parser, Start, ToolCall, call_id, values};

/// Where in the completion the parser is.
pub(super) enum State {
    Reasoning,
    Content,
    /// Between the calls of a block, or after it. Text here is dropped.
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

/// The parser of DSML.
pub(in crate::dialect) struct Dsml {
    pub(super) offer: Offer,
    pub(super) state: State,
    pub(super) held: String,
    /// Line ends that belong to a block if one follows.
    pub(super) newlines: String,
    /// Whether content and reasoning have begun.
    pub(super) started: bool,
    pub(super) thought: bool,
    pub(super) count: usize,
    pub(super) prose: Prose,
    /// Another parser reads the text for reasoning and end tokens.
    pub(super) in_text: bool,
    /// What was read since a call opened that may turn out to be a mere mention.
    pub(super) raw: Option<Raw>,
    /// A call that cannot be read, and the text since then. It becomes an error, unless a readable call follows or the model continues to a
    /// proper end.
    pub(super) withheld: Option<(String, Vec<Delta>)>,
    /// Whether a value contains a closing tag for every parameter that opens in it.
    pub(super) counting: bool,
}

/// The text of a call that may turn out to be none.
pub(super) struct Raw {
    pub(super) text: String,
    pub(super) thinking: bool,
    /// It began a line, as calls do.
    pub(super) plain: bool,
    /// It is after a quotation mark, or in a code block.
    pub(super) quoted: bool,
}

/// The result of a step.
pub(super) enum Step {
    /// This many bytes are done.
    Took(usize),
    Wait,
    Malformed(String),
}

impl Dsml {
    /// A parser for these offered tools, beginning in the answer or in the reasoning.
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

    /// A parser that only looks for DSML calls in a text.
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

    /// Handles a call that cannot be read. It may be none: then what was read is text. Returns how many bytes of the rest are done; at the
    /// end all of them, so that nothing in a truncated value is taken for a call.
    fn fail(&mut self, reason: String, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> usize {
        let Some(raw) = self.raw.take() else {
            out.push(Delta::Malformed(reason));
            self.state = State::Over;
            return 0;
        };
        let off = at_end && !raw.plain && !raw.quoted && reason == "truncated";
        if off && opens::breaks_off(&format!("{}{rest}", raw.text), &self.offer) {
            out.push(Delta::Malformed(reason));
            self.state = State::Over;
            return rest.len();
        }
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

    /// Reads on between calls.
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
            Lexed::Tag(tag, length) => {
                if let Some(step) = self.tag_between(tag, length, empty, out) {
                    return step;
                }
            }
            Lexed::Partial => partial = true,
            Lexed::No => {}
        }
        match (partial, at_end) {
            (true, false) => Step::Wait,
            (true, true) => Step::Malformed("truncated".into()),
            _ if !empty => Step::Took(1),
            _ => Step::Malformed("there is text where a call should be".into()),
        }
    }

    /// Acts on a tag between calls; none if it cannot occur there.
    fn tag_between(&mut self, tag: Tag, length: usize, empty: bool, out: &mut Vec<Delta>) -> Option<Step> {
        match tag.kind {
            Kind::Invoke if !tag.closes => {
                let is_whole = tag.empty;
                let invoke = Invoke::new(tag);
                Some(if is_whole { self.complete(invoke, length, out) } else { self.enter(invoke, length) })
            }
            Kind::Calls => {
                self.state = State::Block { empty: empty && !tag.closes };
                Some(Step::Took(length))
            }
            // A value contains an extra closing tag, and it is unclear which one was meant.
            Kind::Parameter if !empty && tag.marked => Some(Step::Malformed("a parameter stands outside of a call".into())),
            _ => (!empty).then_some(Step::Took(length)),
        }
    }

    /// Reads on inside a V3 or V3.1 call, which ends at the first mark after complete arguments.
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

    /// Emits a call.
    pub(super) fn call(&mut self, name: String, arguments: Value, out: &mut Vec<Delta>) {
        self.count += 1;
        self.raw = None;
        if let Some((_, text)) = self.withheld.take() {
            out.extend(text);
        }
        let arguments = values::fitted(arguments, self.offer.tool(&name));
        let id = call_id(self.count, self.prose.is_fenced());
        out.push(Delta::Call(ToolCall { id, name: self.offer.meant(&name).into(), arguments }));
    }

    /// Emits prose, and holds back its trailing line ends.
    pub(super) fn text(&mut self, text: &str, out: &mut Vec<Delta>) {
        self.prose.saw(text);
        let solid = text.trim_end_matches('\n');
        if !solid.is_empty() {
            self.flush(0, out);
            self.show(solid.into(), out);
        }
        self.newlines.push_str(&text[solid.len()..]);
    }

    /// Emits the held line ends except the last `most`, which are returned.
    pub(super) fn flush(&mut self, most: usize, out: &mut Vec<Delta>) -> String {
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
            Delta::add_reasoning(text, out);
        } else {
            self.started |= solid;
            Delta::add_text(text, out);
        }
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
