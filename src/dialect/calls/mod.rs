//! Reads completions whose calls are JSON, pythonic or between tags: surrounded by prose, in fences, one or several. `front` decides what
//! comes next; this module acts on it.

mod front;
mod offer;
mod opening;
mod read;
mod scan;
mod shapes;
mod tag;
mod xml;

use front::Front;
pub(super) use offer::Offer;
use read::{Trust, Written};
pub(super) use scan::{Scan, Scanned};
use shapes::Shapes;
pub(super) use shapes::{HERMES, LLAMA4, NATIVE};
use tag::Open;

use super::prose::Prose;
use super::{Delta, Parser, Start, ToolCall, call_id, values};

/// The parser for calls in JSON, pythonic style or tags.
pub(super) struct Calls {
    offer: Offer,
    shapes: &'static Shapes,
    /// Undecided text, with something at its front that may be more than text.
    held: String,
    scan: Option<Scan>,
    /// How far a function has been searched for its end.
    searched: usize,
    /// White space that is dropped if a call follows; and the white space between text and a call, which separates that text from the next.
    space: String,
    parting: String,
    reasoning: bool,
    /// The tag that is open.
    tag: Option<Open>,
    /// A call came, and no text since then.
    after_call: bool,
    in_fence: bool,
    /// Content and reasoning have begun; and whether the start of the reasoning was visible.
    started: bool,
    thought: bool,
    thinks: bool,
    /// A call came within the reasoning, whose end has not come yet.
    unended: bool,
    prose: Prose,
    count: usize,
    dead: bool,
}

impl Calls {
    /// A parser for these offered tools and this dialect's shapes of calls.
    pub fn new(offer: Offer, start: Start, shapes: &'static Shapes) -> Self {
        Self {
            offer,
            shapes,
            held: String::new(),
            scan: None,
            searched: 0,
            space: String::new(),
            parting: String::new(),
            reasoning: start == Start::Reasoning,
            tag: None,
            after_call: false,
            in_fence: false,
            started: false,
            thought: false,
            thinks: start == Start::Reasoning,
            unended: false,
            prose: Prose::default(),
            count: 0,
            dead: false,
        }
    }

    /// Decides as much of the held text as can be decided.
    fn run(&mut self, at_end: bool, out: &mut Vec<Delta>) {
        let mut done = 0;
        let mut held = std::mem::take(&mut self.held);
        while done < held.len() && !self.dead {
            let rest = &held[done..];
            let front = self.front(rest, at_end);
            if matches!(front, Front::Wait) {
                break;
            }
            done += self.take(front, rest, out);
            (self.scan, self.searched) = (None, 0);
        }
        if !self.dead {
            held.drain(..done);
            self.held = held;
        }
    }

    /// Acts on a decision; returns how many bytes of the text it used.
    fn take(&mut self, front: Front, rest: &str, out: &mut Vec<Delta>) -> usize {
        let length = match front {
            Front::Wait => 0,
            Front::End => {
                self.dead = true;
                0
            }
            Front::Text(length) => {
                self.text(&rest[..length], out);
                length
            }
            Front::Skip(length) => length,
            Front::Calls(calls, length) => {
                self.calls(calls, out);
                length
            }
            Front::OpenTag(pair, length) => {
                self.tag = Some(Open::new(pair, self.reasoning, !self.prose.is_plain() && !self.in_fence));
                self.reasoning = false;
                length
            }
            Front::CloseTag(length) => {
                self.close_tag(&rest[..length], out);
                length
            }
            Front::Think(length) => {
                (self.reasoning, self.thinks) = (true, true);
                self.space.clear();
                length
            }
            Front::EndThink(length) => {
                (self.reasoning, self.unended, self.after_call, self.prose) = (false, false, true, Prose::default());
                self.space.clear();
                length
            }
            Front::EndOpenThink(length) => {
                out.push(Delta::TextWasReasoning);
                (self.thinks, self.unended, self.started) = (true, false, false);
                (self.after_call, self.prose) = (true, Prose::default());
                self.space.clear();
                length
            }
            Front::Malformed(reason) => {
                self.fail(&reason, out);
                0
            }
        };
        if let Some(tag) = &mut self.tag {
            tag.read(&rest[..length]);
        }
        length
    }

    fn text(&mut self, text: &str, out: &mut Vec<Delta>) {
        if let Some(tag) = &mut self.tag {
            tag.junk.push_str(text);
            self.after_call &= text.trim().is_empty();
            return;
        }
        self.prose.saw(text);
        let solid = text.trim_end();
        if !solid.is_empty() {
            let mut shown = std::mem::take(&mut self.space);
            if !self.reasoning && self.started {
                shown = std::mem::take(&mut self.parting) + &shown;
            }
            shown.push_str(solid);
            if self.reasoning {
                self.thought = true;
                Delta::add_reasoning(shown, out);
            } else {
                (self.started, self.after_call) = (true, false);
                Delta::add_text(shown, out);
            }
        }
        self.space.push_str(&text[solid.len()..]);
    }

    fn calls(&mut self, calls: Vec<Written>, out: &mut Vec<Delta>) {
        let space = std::mem::take(&mut self.space);
        if self.started && self.parting.is_empty() {
            self.parting = if space.is_empty() { "\n".into() } else { space };
        }
        self.after_call = true;
        self.prose.new_line();
        if let Some(tag) = &mut self.tag {
            tag.calls = true;
            tag.junk.clear();
            self.unended |= tag.in_reasoning;
        }
        for call in calls {
            self.count += 1;
            let id = call.id.filter(|_| !self.in_fence).unwrap_or_else(|| call_id(self.count, self.in_fence));
            let arguments = values::fitted(call.arguments, self.offer.tool(&call.name));
            out.push(Delta::Call(ToolCall { id, name: self.offer.meant(&call.name).into(), arguments }));
        }
    }

    fn close_tag(&mut self, close: &str, out: &mut Vec<Delta>) {
        let Some(tag) = self.tag.take() else { return };
        let junk = tag.junk.trim();
        if tag.calls || junk.is_empty() {
            self.after_call |= tag.calls;
            return;
        }
        match read::bare_calls(junk, &self.offer, Trust::Text).or_else(|| read::named_call(junk, &self.offer)) {
            Some(calls) => self.calls(calls, out),
            None if self.shapes.tagged_text => self.text(&tag.junk, out),
            None => {
                self.tag = Some(tag);
                if self.fail("the call is not valid JSON", out) {
                    self.text(close, out);
                }
            }
        }
    }

    /// Handles a call that cannot be read. True if it was none, because its tag was inside a text: then it is text as well.
    fn fail(&mut self, reason: &str, out: &mut Vec<Delta>) -> bool {
        match self.tag.take_if(|tag| tag.may_be_talk()) {
            Some(tag) => {
                self.reasoning = tag.in_reasoning;
                self.text(&tag.raw, out);
                true
            }
            None => {
                out.push(Delta::Malformed(reason.into()));
                self.dead = true;
                false
            }
        }
    }
}

impl Parser for Calls {
    fn push(&mut self, chunk: &str) -> Vec<Delta> {
        let mut out = vec![];
        if !self.dead {
            self.held.push_str(chunk);
            self.run(false, &mut out);
        }
        out
    }

    fn finish(&mut self, _ended_cleanly: bool) -> Vec<Delta> {
        let mut out = vec![];
        if self.dead {
            return out;
        }
        self.run(true, &mut out);
        if self.dead {
            return out;
        }
        match &self.tag {
            Some(tag) if !tag.calls && !tag.junk.trim().is_empty() && !self.shapes.tagged_text => {
                self.fail("truncated", &mut out);
            }
            // The closing tag was forgotten; what follows the call is an answer.
            Some(tag) if tag.calls && !tag.junk.contains('<') => {
                let after = self.tag.take().map(|tag| tag.junk).unwrap_or_default();
                self.text(after.trim(), &mut out);
            }
            Some(_) => self.close_tag("", &mut out),
            None => {}
        }
        if self.dead {
            return out;
        }
        if !self.after_call && !self.space.is_empty() {
            let space = std::mem::take(&mut self.space);
            if self.reasoning { Delta::add_reasoning(space, &mut out) } else { Delta::add_text(space, &mut out) }
        }
        self.dead = true;
        out
    }
}
