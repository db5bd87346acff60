//! Outside calls: reasoning and answer, the marks between them, and the start of a call.

use super::invoke::Invoke;
use super::opens::{self, Next};
use super::parse::{Dsml, Raw, State, Step};
use super::tag::{self, Kind, Lexed, Tag};
use super::{END_THINK, EOS, THINK, older};
use crate::dialect::Delta;
use crate::dialect::peek::Peek;
use crate::dialect::prose::Prose;

/// What begins a call in prose, and its length.
enum Opening {
    Mark(older::Mark, usize),
    Tag(Tag, usize),
}

impl Dsml {
    /// Reads on in content or reasoning.
    pub(super) fn prose(&mut self, thinking: bool, rest: &str, at_end: bool, out: &mut Vec<Delta>) -> Step {
        if rest.is_empty() {
            return Step::Wait;
        }
        let plain = rest.find('<').unwrap_or(rest.len());
        if plain > 0 {
            self.text(&rest[..plain], out);
            return Step::Took(plain);
        }
        let peek = Peek::new(rest);
        if !self.in_text
            && let Some(step) = self.thought_or_end(thinking, &peek, out)
        {
            return step;
        }
        if self.offer.any() {
            let (next, opening) = self.opening(rest, at_end);
            let quoted = self.is_quoted();
            match (next, opening) {
                (Some(Next::Call), Some(opening)) => return self.open(opening, thinking, rest, out),
                (Some(Next::Broken), _) if self.prose.is_plain() && self.withheld.is_none() => {
                    self.withheld = Some(("there is text where a call should go on".into(), vec![]));
                }
                (None, _) if !at_end => return Step::Wait,
                // Text with the mark, or with enough of it, was going to be a call.
                (None, opening) if !quoted && (opening.is_some() || ["｜DSML", "<｜tool▁"].iter().any(|mark| rest.contains(mark))) => {
                    return Step::Malformed("truncated".into());
                }
                _ => {}
            }
        }
        if peek.is_partial() && !at_end {
            return Step::Wait;
        }
        self.text("<", out);
        Step::Took(1)
    }

    /// Whether what comes next is after a quotation mark, or in a code block.
    fn is_quoted(&self) -> bool {
        self.prose.is_fenced() || matches!(self.prose.last(), '`' | '"' | '\'')
    }

    /// What begins here, and how it continues; none if more text decides.
    fn opening(&self, rest: &str, at_end: bool) -> (Option<Next>, Option<Opening>) {
        match (older::lex(rest), tag::lex(rest)) {
            (Lexed::Tag(mark @ (older::Mark::CallsBegin | older::Mark::CallBegin), length), _) => {
                (opens::mark(mark, &rest[length..]), Some(Opening::Mark(mark, length)))
            }
            (_, Lexed::Tag(tag, length)) => (opens::tag(&tag, &rest[length..], &self.offer, at_end), Some(Opening::Tag(tag, length))),
            (Lexed::Partial, _) | (_, Lexed::Partial) => (None, None),
            _ => (Some(Next::Talk), None),
        }
    }

    /// Reads the end of reasoning, or of the completion.
    fn thought_or_end(&mut self, thinking: bool, peek: &Peek<'_>, out: &mut Vec<Delta>) -> Option<Step> {
        if peek.is(EOS) {
            self.flush(0, out);
            out.extend(self.withheld.take().into_iter().flat_map(|(_, text)| text));
            self.state = State::Over;
            return Some(Step::Wait);
        }
        if thinking && peek.is(END_THINK) {
            self.flush(0, out);
            (self.state, self.prose) = (State::Content, Prose::default());
            return Some(Step::Took(END_THINK.len()));
        }
        let fresh = if thinking { !self.thought } else { !self.started && !self.thought };
        if fresh && peek.is(THINK) {
            self.newlines.clear();
            self.state = State::Reasoning;
            return Some(Step::Took(THINK.len()));
        }
        if thinking || !peek.is(END_THINK) {
            return None;
        }
        if fresh {
            return Some(Step::Took(END_THINK.len()));
        }
        // The prompt had opened a thought, and no call came of it yet.
        (!self.thought && self.count == 0 && self.withheld.is_none() && !self.is_quoted()).then(|| {
            self.flush(0, out);
            out.push(Delta::TextWasReasoning);
            (self.thought, self.started, self.prose) = (true, false, Prose::default());
            Step::Took(END_THINK.len())
        })
    }

    fn open(&mut self, opening: Opening, thinking: bool, rest: &str, out: &mut Vec<Delta>) -> Step {
        let (text, plain, quoted) = (self.flush(2, out), self.prose.is_plain(), self.is_quoted());
        let bare_json =
            matches!(&opening, Opening::Tag(tag, length) if tag.kind == Kind::Invoke && rest[*length..].trim_start().starts_with('{'));
        self.raw = (!plain || bare_json).then_some(Raw { text, thinking, plain, quoted });
        let (state, length) = match opening {
            Opening::Mark(older::Mark::CallBegin, length) => (State::Older { searched: 0 }, length),
            Opening::Tag(tag, length) if tag.kind == Kind::Invoke && !tag.empty => (State::Invoke(Invoke::new(tag)), length),
            // An empty call is read again inside the block.
            Opening::Tag(tag, _) if tag.kind == Kind::Invoke => (State::Block { empty: true }, 0),
            Opening::Mark(_, length) | Opening::Tag(_, length) => (State::Block { empty: true }, length),
        };
        self.state = state;
        Step::Took(length)
    }
}
