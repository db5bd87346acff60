//! Reads completions whose calls are JSON, pythonic, or between tags: with prose around them, in fences, one or several.
//! Every byte is looked at a bounded number of times, and nothing is decided before no continuation could change it.

mod opening;
mod read;
mod scan;
mod shapes;
mod tag;
mod xml;

use opening::{MAX_NAME, Opening, bare_key, begins_call, opening};
use read::{Trust, Written};
pub(super) use scan::{Scan, Scanned};
use shapes::Shapes;
pub(super) use shapes::{HERMES, LLAMA4, NATIVE};
use tag::{Open, Pair};

use super::prose::Prose;
use super::{Delta, Parser, Start, Tool, ToolCall, literal, values};

/// Which tools the model may mean.
#[derive(Clone, Debug)]
pub(super) enum Offer {
    Tools(Vec<Tool>),
    /// Not known: everything that looks like a call is one.
    Unknown,
}

impl Offer {
    /// Whether any tool was offered, as far as is known.
    pub fn any(&self) -> bool {
        !matches!(self, Self::Tools(tools) if tools.is_empty())
    }

    pub fn tool(&self, name: &str) -> Option<&Tool> {
        match self {
            Self::Tools(tools) => tools.iter().find(|tool| tool.name == name),
            Self::Unknown => None,
        }
    }

    /// Whether this name can be a call at all.
    pub fn may_mean(&self, name: &str) -> bool {
        matches!(self, Self::Unknown) || self.tool(name).is_some()
    }
}

const THINK: &str = "<think>";
const END_THINK: &str = "</think>";
const FENCE: &str = "```";

/// A literal longer than this is not read on.
const MAX_LITERAL: usize = 4 << 20;

/// A call without brackets, longer than this, is text.
const MAX_BARE: usize = 16 << 10;

/// What the front of the buffer is.
enum Front {
    /// This many bytes are text.
    Text(usize),
    /// This many bytes mean nothing.
    Skip(usize),
    Calls(Vec<Written>, usize),
    OpenTag(Pair, usize),
    Think(usize),
    EndThink(usize),
    /// The end of reasoning that the prompt had opened.
    EndOpenThink(usize),
    CloseTag(usize),
    Malformed(String),
    /// The completion is over; what follows is not the model's turn.
    End,
    /// More text decides.
    Wait,
}

/// The parser.
pub(super) struct Calls {
    offer: Offer,
    shapes: &'static Shapes,
    /// Undecided text; a candidate for something other than text stands at its front.
    held: String,
    scan: Option<Scan>,
    /// How far a function has been searched for its end.
    searched: usize,
    /// White space that is dropped when a call follows, and the one that stood between text and a call: it parts that text from more.
    space: String,
    parting: String,
    reasoning: bool,
    /// The tag that we are in.
    tag: Option<Open>,
    /// A call came and no text since.
    after_call: bool,
    in_fence: bool,
    /// Content, and reasoning, have begun; and whether it showed where the reasoning began.
    started: bool,
    thought: bool,
    thinks: bool,
    prose: Prose,
    count: usize,
    dead: bool,
}

impl Calls {
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
            prose: Prose::default(),
            count: 0,
            dead: false,
        }
    }

    /// Decides as much of what is held as can be decided.
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

    /// Does what was decided; says how much of the text that was.
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
                (self.reasoning, self.after_call, self.prose) = (false, true, Prose::default());
                self.space.clear();
                length
            }
            Front::EndOpenThink(length) => {
                out.push(Delta::TextWasReasoning);
                (self.thinks, self.started, self.after_call, self.prose) = (true, false, true, Prose::default());
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

    fn front(&mut self, rest: &str, at_end: bool) -> Front {
        if self.after_call && !self.reasoning {
            // Between calls, and what small models close once too often.
            let meaningless = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '}' | ']') && self.count > 0;
            let skipped = rest.len() - rest.trim_start_matches(meaningless).len();
            if skipped > 0 {
                return Front::Skip(skipped);
            }
        }
        let plain = rest.find(['<', '[', '{', '`']).unwrap_or(rest.len());
        if plain > 0 {
            return match self.tag.as_ref().filter(|tag| tag.pair.pythonic) {
                Some(tag) => self.bare_in_tag(tag.pair.close, rest, at_end),
                None => Front::Text(plain),
            };
        }
        match rest.as_bytes()[0] {
            b'<' => self.angle(rest, at_end),
            _ if self.reasoning || !self.offer.any() => Front::Text(1),
            b'`' => self.fence(rest, at_end),
            _ => self.literal(rest, 0, at_end),
        }
    }

    /// Tags and control texts.
    fn angle(&mut self, rest: &str, at_end: bool) -> Front {
        let mut partial = false;
        let mut is = |text: &str| {
            partial |= text.starts_with(rest) && rest.len() < text.len();
            rest.starts_with(text)
        };
        if self.reasoning {
            if is(END_THINK) {
                return Front::EndThink(END_THINK.len());
            }
            if !self.thought && is(THINK) {
                return Front::Skip(THINK.len());
            }
        } else if !self.started && self.count == 0 && is(THINK) {
            return Front::Think(THINK.len());
        } else if self.may_have_thought() && is(END_THINK) {
            return Front::EndOpenThink(END_THINK.len());
        }
        if let Some(close) = self.tag.as_ref().map(|tag| tag.pair.close) {
            if is(close) {
                return Front::CloseTag(close.len());
            }
            if is(xml::FUNCTION) {
                return self.function(rest, close, at_end);
            }
        }
        if self.offer.any() && self.tag.is_none() && !self.reasoning && self.shapes.functions && is(xml::FUNCTION) {
            match xml::name(rest) {
                Some(name) if self.offer.may_mean(name) => return self.function(rest, "", at_end),
                None if rest.len() < xml::MAX_NAME && !at_end => return Front::Wait,
                _ => {}
            }
        }
        if self.offer.any() && self.tag.is_none() {
            for pair in self.shapes.tags {
                if is(pair.open) {
                    match tag::opens(*pair, &rest[pair.open.len()..], &self.prose, at_end) {
                        Some(true) => return Front::OpenTag(*pair, pair.open.len()),
                        Some(false) => return Front::Text(1),
                        None => return Front::Wait,
                    }
                }
                if self.after_call && self.count > 0 && is(pair.close) {
                    return Front::Skip(pair.close.len());
                }
            }
        }
        for stop in self.shapes.stops {
            if is(stop) {
                let after = rest[stop.len()..].trim_start();
                return match at_end {
                    _ if after.starts_with(self.shapes.turn) => Front::End,
                    false if self.shapes.turn.starts_with(after) => Front::Wait,
                    true if after.is_empty() => Front::Skip(rest.len()),
                    _ => Front::Text(1),
                };
            }
        }
        if partial && !at_end {
            return Front::Wait;
        }
        // Most of a tag, in a line of its own, was going to be one.
        let cut = |pair: &Pair| pair.open.starts_with(rest) && rest.len() > pair.open.len() / 2;
        if partial && self.tag.is_none() && self.offer.any() && self.prose.is_plain() && self.shapes.tags.iter().any(cut) {
            return Front::Malformed("truncated".into());
        }
        Front::Text(1)
    }

    /// Whether a `</think>` here can end reasoning that the prompt had opened: one in quotes or code is talked about.
    fn may_have_thought(&self) -> bool {
        let quoted = matches!(self.prose.last(), '`' | '"' | '\'' | '“' | '«');
        !self.thinks && self.count == 0 && self.tag.is_none() && !quoted && !self.prose.is_fenced()
    }

    /// A call in Qwen3-Coder's tags.
    fn function(&mut self, rest: &str, close: &str, at_end: bool) -> Front {
        let talk = self.tag.is_none() && !self.prose.is_plain();
        match xml::function(rest, close, &self.offer, at_end, &mut self.searched) {
            xml::Function::Call(call, length) => Front::Calls(vec![call], length),
            xml::Function::Open if !at_end && rest.len() <= MAX_LITERAL => Front::Wait,
            _ if talk => Front::Text(1),
            xml::Function::Open if at_end => Front::Malformed("truncated".into()),
            xml::Function::Open => Front::Malformed("the call is too long".into()),
            xml::Function::Broken => Front::Malformed("the tags of the call do not fit together".into()),
        }
    }

    /// A fence around a call, or text.
    fn fence(&mut self, rest: &str, at_end: bool) -> Front {
        let more = |text: &str| if at_end { Front::Text(text.len()) } else { Front::Wait };
        if rest.len() < FENCE.len() && FENCE.starts_with(rest) {
            return more(rest);
        }
        let Some(info) = rest.strip_prefix(FENCE) else { return Front::Text(1) };
        if self.in_fence && self.after_call {
            self.in_fence = false;
            return Front::Skip(FENCE.len());
        }
        let language = info.find(|c: char| !literal::is_name_char(c)).unwrap_or(info.len());
        let body = info[language..].trim_start();
        let start = rest.len() - body.len();
        match body.as_bytes().first() {
            _ if language > 24 => Front::Text(FENCE.len()),
            _ if start > MAX_NAME => Front::Text(start),
            None => more(rest),
            Some(b'<') => self.fenced_tag(rest, start, at_end),
            Some(b'{' | b'[') if !self.prose.is_fenced() => self.fenced_literal(rest, start, at_end),
            Some(_) => Front::Text(start),
        }
    }

    /// A fence with a bracket right behind it: a call if it fills the fence, or is followed by another.
    fn fenced_literal(&mut self, rest: &str, start: usize, at_end: bool) -> Front {
        let (calls, length) = match self.literal(rest, start, at_end) {
            Front::Calls(calls, length) => (calls, length),
            other => return other,
        };
        let after = rest[length..].trim_start();
        let blank = rest.len() - length - after.len();
        if self.tag.is_some() || [FENCE, "{", "["].iter().any(|next| after.starts_with(next)) || at_end && FENCE.starts_with(after) {
            self.in_fence = true;
            return Front::Calls(calls, length);
        }
        match FENCE.starts_with(after) && blank < MAX_NAME && !at_end {
            true => Front::Wait,
            false => Front::Text(length),
        }
    }

    /// A fence with a tag of a call right behind it.
    fn fenced_tag(&mut self, rest: &str, start: usize, at_end: bool) -> Front {
        let body = &rest[start..];
        let tags = if self.tag.is_none() && !self.prose.is_fenced() { self.shapes.tags } else { &[] };
        for pair in tags {
            if let Some(after) = body.strip_prefix(pair.open) {
                match tag::opens(*pair, after, &Prose::default(), at_end) {
                    Some(true) => {
                        self.in_fence = true;
                        return Front::OpenTag(*pair, start + pair.open.len());
                    }
                    Some(false) => return Front::Text(start),
                    None => return Front::Wait,
                }
            }
            if pair.open.starts_with(body) && !at_end {
                return Front::Wait;
            }
        }
        Front::Text(start)
    }

    /// A bracket at `start`: a call, or text. Everything before `start` belongs to it (a fence).
    fn literal(&mut self, rest: &str, start: usize, at_end: bool) -> Front {
        let talk = start == 0 && self.tag.is_none() && (self.prose.last() == '`' || self.prose.is_fenced());
        let python = match opening(&rest[start..], self.shapes.pythonic) {
            _ if talk => return Front::Text(1),
            // Between tags an object is meant as one, with or without quotes around its keys.
            Opening::No if self.tag.is_some() && bare_key(&rest[start..]) => false,
            Opening::No => return Front::Text(start + 1),
            Opening::Unsure if at_end => return Front::Text(rest.len()),
            Opening::Unsure => return Front::Wait,
            Opening::Json => false,
            // In a line of text, what stands in brackets is an index, or an argument.
            Opening::Python if start == 0 && rest.starts_with('[') && !self.begins_list() => return Front::Text(1),
            Opening::Python => true,
        };
        let mut scan = self.scan.take().unwrap_or_else(|| Scan::new(start));
        let scanned = scan.resume(rest, python);
        let front = match scanned {
            Scanned::Balanced(end) => match read::calls(&rest[start..end], &self.offer, self.trust(start)) {
                Some(calls) => Front::Calls(calls, end),
                None => Front::Text(end),
            },
            Scanned::Broken(at) => self.broken_literal(rest, start, at, &scan, at_end),
            Scanned::Open => self.open_literal(rest, start, at_end),
        };
        if matches!(front, Front::Wait) {
            self.scan = Some(scan);
        }
        front
    }

    /// Whether a list of calls can begin here: in a line of its own, behind the end of a sentence, or between tags.
    fn begins_list(&self) -> bool {
        self.tag.is_some() || self.prose.is_plain() || self.after_call || self.prose.ends_sentence()
    }

    /// Small models forget the last brackets, but close the tag: then the call is all there. Anything else here is text.
    fn broken_literal(&self, rest: &str, start: usize, at: usize, scan: &Scan, at_end: bool) -> Front {
        let Some(close) = self.tag.as_ref().map(|tag| tag.pair.close) else { return Front::Text(at.max(start + 1)) };
        if !at_end && rest.len() - at < close.len() && close.starts_with(&rest[at..]) {
            return Front::Wait;
        }
        if !rest[at..].starts_with(close) {
            return Front::Text(at.max(start + 1));
        }
        let repaired = format!("{}{}", rest[start..at].trim_end(), scan.missing());
        match read::calls(&repaired, &self.offer, Trust::Sure) {
            Some(calls) => Front::Calls(calls, at),
            None => Front::Malformed("the call is not valid JSON".into()),
        }
    }

    /// A literal whose end has not come yet.
    fn open_literal(&self, rest: &str, start: usize, at_end: bool) -> Front {
        match at_end {
            _ if rest.len() > MAX_LITERAL => Front::Malformed("the call is too long".into()),
            false => Front::Wait,
            true if self.tag.is_some() || begins_call(&rest[start..], &self.offer) => Front::Malformed("truncated".into()),
            true => Front::Text(rest.len()),
        }
    }

    /// Between Llama's tags a call may stand without brackets.
    fn bare_in_tag(&self, close: &str, rest: &str, at_end: bool) -> Front {
        let longest = (0..=MAX_BARE.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
        let window = &rest[..longest];
        let end = window.find(close);
        let body = end.map_or(window, |end| &window[..end]);
        let blank = body.len() - body.trim_start().len();
        if blank > 0 {
            return Front::Skip(blank);
        }
        if end.is_none() && !at_end && rest.len() < MAX_BARE {
            return Front::Wait;
        }
        match read::bare_calls(body, &self.offer, Trust::Sure) {
            Some(calls) => Front::Calls(calls, body.len()),
            None => Front::Text(body.len()),
        }
    }

    /// Alone at the start of an answer a call is meant as one, whatever its name.
    fn trust(&self, start: usize) -> Trust {
        let alone = !self.started && matches!(self.offer, Offer::Tools(_)) && start == 0;
        if self.tag.is_some() || alone { Trust::Sure } else { Trust::Text }
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
                reasoning(shown, out);
            } else {
                (self.started, self.after_call) = (true, false);
                content(shown, out);
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
        }
        for call in calls {
            self.count += 1;
            let id = call.id.unwrap_or_else(|| format!("call_{}", self.count));
            let arguments = values::fitted(call.arguments, self.offer.tool(&call.name));
            out.push(Delta::Call(ToolCall { id, name: call.name, arguments }));
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

    /// A call that cannot be read. Whether it was none, because its tag stood inside a text: then that is text as well.
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
            // Its closing tag was forgotten; what follows the call is an answer.
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
            if self.reasoning { reasoning(space, &mut out) } else { content(space, &mut out) }
        }
        self.dead = true;
        out
    }
}

/// Adds content, to the delta before it where that is content too.
pub(super) fn content(text: String, out: &mut Vec<Delta>) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(Delta::Text(last)) => last.push_str(&text),
        _ => out.push(Delta::Text(text)),
    }
}

/// Adds reasoning likewise.
pub(super) fn reasoning(text: String, out: &mut Vec<Delta>) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(Delta::Reasoning(last)) => last.push_str(&text),
        _ => out.push(Delta::Reasoning(text)),
    }
}
