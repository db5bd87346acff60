//! What is at the front of the undecided text: text, a tag, a call, or something that needs more text. Every byte is examined a bounded
//! number of times, and nothing is decided as long as more text could change it.

use super::opening::{MAX_NAME, Opening, bare_key, begins_call, opening};
use super::read::{self, Trust, Written};
use super::scan::{Scan, Scanned};
use super::tag::{self, Pair};
use super::{Calls, Offer, xml};
use crate::dialect::literal;
use crate::dialect::peek::Peek;
use crate::dialect::prose::Prose;

const THINK: &str = "<think>";
const END_THINK: &str = "</think>";
const FENCE: &str = "```";

/// Literals longer than this, in bytes, are not read to their end.
const MAX_LITERAL: usize = 4 << 20;

/// A call without brackets that is longer than this is text.
const MAX_BARE: usize = 16 << 10;

/// What is at the front of the buffer.
pub(super) enum Front {
    /// This many bytes are text.
    Text(usize),
    /// This many bytes have no meaning.
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
    /// More text is needed.
    Wait,
}

impl Calls {
    /// Decides what is at the front of `rest`; `at_end` says that no more text follows.
    pub(super) fn front(&mut self, rest: &str, at_end: bool) -> Front {
        if self.after_call && !self.reasoning {
            // Separators between calls, and the extra closing brackets that small models write.
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
        let peek = Peek::new(rest);
        if let Some(front) = self.thinking(&peek) {
            return front;
        }
        if let Some(front) = self.tag_or_function(&peek, at_end) {
            return front;
        }
        if let Some(front) = self.tag_of_calls(&peek, at_end).or_else(|| self.stop(&peek, at_end)) {
            return front;
        }
        if peek.is_partial() && !at_end {
            return Front::Wait;
        }
        // A line that holds more than half of a tag, and nothing else, is a tag that was cut off.
        let cut = |pair: &Pair| pair.open.starts_with(rest) && rest.len() > pair.open.len() / 2;
        if peek.is_partial() && self.tag.is_none() && self.offer.any() && self.prose.is_plain() && self.shapes.tags.iter().any(cut) {
            return Front::Malformed("truncated".into());
        }
        Front::Text(1)
    }

    /// The start or end of reasoning.
    fn thinking(&self, peek: &Peek<'_>) -> Option<Front> {
        if self.reasoning {
            if peek.is(END_THINK) {
                return Some(Front::EndThink(END_THINK.len()));
            }
            return (!self.thought && peek.is(THINK)).then_some(Front::Skip(THINK.len()));
        }
        if !self.started && self.count == 0 && peek.is(THINK) {
            return Some(Front::Think(THINK.len()));
        }
        if !self.may_have_thought() || !peek.is(END_THINK) {
            return None;
        }
        // The text between a call and this end was reasoning as well.
        Some(if self.unended && !self.started { Front::EndThink(END_THINK.len()) } else { Front::EndOpenThink(END_THINK.len()) })
    }

    /// The end of the current tag, or a call in tags of its own, inside or outside one.
    fn tag_or_function(&mut self, peek: &Peek<'_>, at_end: bool) -> Option<Front> {
        if let Some(close) = self.tag.as_ref().map(|tag| tag.pair.close) {
            if peek.is(close) {
                return Some(Front::CloseTag(close.len()));
            }
            return peek.is(xml::FUNCTION).then(|| self.function(peek.rest, close, at_end));
        }
        if !self.offer.any() || self.reasoning || !self.shapes.functions || !peek.is(xml::FUNCTION) {
            return None;
        }
        match xml::name(peek.rest) {
            Some(name) if self.offer.may_mean(name) => Some(self.function(peek.rest, "", at_end)),
            None if peek.rest.len() < xml::MAX_NAME && !at_end => Some(Front::Wait),
            _ => None,
        }
    }

    /// A tag around calls, or one with an extra closing tag.
    fn tag_of_calls(&self, peek: &Peek<'_>, at_end: bool) -> Option<Front> {
        let tags = if self.offer.any() && self.tag.is_none() { self.shapes.tags } else { &[] };
        tags.iter().find_map(|pair| {
            if peek.is(pair.open) {
                return Some(match tag::opens(*pair, &peek.rest[pair.open.len()..], &self.prose, at_end) {
                    Some(true) => Front::OpenTag(*pair, pair.open.len()),
                    Some(false) => Front::Text(1),
                    None => Front::Wait,
                });
            }
            (self.after_call && self.count > 0 && peek.is(pair.close)).then_some(Front::Skip(pair.close.len()))
        })
    }

    /// The end of the model's turn.
    fn stop(&self, peek: &Peek<'_>, at_end: bool) -> Option<Front> {
        let stop = self.shapes.stops.iter().find(|stop| peek.is(stop))?;
        let after = peek.rest[stop.len()..].trim_start();
        Some(match at_end {
            _ if after.starts_with(self.shapes.turn) => Front::End,
            false if self.shapes.turn.starts_with(after) => Front::Wait,
            true if after.is_empty() => Front::Skip(peek.rest.len()),
            _ => Front::Text(1),
        })
    }

    /// Whether a `</think>` here can end reasoning that the prompt opened, or that a call interrupted: one in quotes or code is only
    /// mentioned.
    fn may_have_thought(&self) -> bool {
        let quoted = matches!(self.prose.last(), '`' | '"' | '\'' | '“' | '«');
        let open = self.unended || !self.thinks && self.count == 0;
        open && self.tag.is_none() && !quoted && !self.prose.is_fenced()
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

    /// A fence directly followed by a bracket: a call if the literal fills the fence, or if another call follows.
    fn fenced_literal(&mut self, rest: &str, start: usize, at_end: bool) -> Front {
        let (calls, length) = match self.literal(rest, start, at_end) {
            Front::Calls(calls, length) => (calls, length),
            other => return other,
        };
        let after = rest[length..].trim_start_matches(|c: char| c.is_whitespace() || c == ';');
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

    /// A fence directly followed by a call's tag.
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

    /// A bracket at `start`: a call or text. Everything before `start` (a fence) belongs to it.
    fn literal(&mut self, rest: &str, start: usize, at_end: bool) -> Front {
        let talk = start == 0 && self.tag.is_none() && (self.prose.last() == '`' || self.prose.is_fenced());
        let python = match opening(&rest[start..], self.shapes.pythonic) {
            _ if talk => return Front::Text(1),
            // Between tags an object is meant as a call, with or without quotes around its keys.
            Opening::No if self.tag.is_some() && bare_key(&rest[start..]) => false,
            Opening::No => return Front::Text(start + 1),
            Opening::Unsure if at_end => return Front::Text(rest.len()),
            Opening::Unsure => return Front::Wait,
            Opening::Json => false,
            // Within a line of text, brackets hold an index or an argument.
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

    /// Whether a list of calls can begin here: on its own line, after the end of a sentence, or between tags.
    fn begins_list(&self) -> bool {
        self.tag.is_some() || self.prose.is_plain() || self.after_call || self.prose.ends_sentence()
    }

    /// Small models forget the last brackets but close the tag: then the call is complete. Anything else here is text.
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

    /// A literal that has not ended yet.
    fn open_literal(&self, rest: &str, start: usize, at_end: bool) -> Front {
        match at_end {
            _ if rest.len() > MAX_LITERAL => Front::Malformed("the call is too long".into()),
            false => Front::Wait,
            true if self.tag.is_some() || begins_call(&rest[start..], &self.offer) => Front::Malformed("truncated".into()),
            true => Front::Text(rest.len()),
        }
    }

    /// Between Llama's tags a call may come without brackets.
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

    /// A call alone at the start of an answer is meant as one, whatever its name.
    fn trust(&self, start: usize) -> Trust {
        let alone = !self.started && matches!(self.offer, Offer::Tools(_)) && start == 0;
        if self.tag.is_some() || alone { Trust::Sure } else { Trust::Text }
    }
}
