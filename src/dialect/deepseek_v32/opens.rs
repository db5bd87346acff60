//! Whether a tag or a mark in a text opens a call, judged by what follows. A mere mention opens nothing.

use super::EOS;
use super::older::{self, Mark};
use super::tag::{self, Kind, Lexed, Tag};
use crate::dialect::calls::Offer;
use crate::dialect::literal::is_name_char;

/// What follows a tag or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Call,
    /// No readable call; alone on its line it was meant as one.
    Broken,
    Talk,
}

/// The longest name of a function, in bytes.
const MAX_NAME: usize = 256;

/// What follows a tag; `None` if more text is needed to know.
pub(super) fn tag(tag: &Tag, after: &str, offer: &Offer, at_end: bool) -> Option<Next> {
    let marked = tag.marked;
    match tag.kind {
        _ if tag.closes || !offer.any() => Some(Next::Talk),
        Kind::Parameter => Some(Next::Talk),
        Kind::Invoke if !marked && offer.tool(tag.is_called()).is_none() => Some(Next::Talk),
        Kind::Invoke if tag.empty => Some(if offer.may_mean(tag.is_called()) { Next::Call } else { Next::Broken }),
        Kind::Invoke => invoke(after, marked, at_end),
        Kind::Calls => block(after, marked, at_end, true),
    }
}

/// What follows the opening tag of a block, which may be doubled.
fn block(after: &str, marked: bool, at_end: bool, outer: bool) -> Option<Next> {
    let next = after.trim_start();
    if next.is_empty() {
        // An empty block: with the mark it was cut off, without it, it was mentioned.
        return (at_end && !marked).then_some(Next::Talk);
    }
    match lex(next) {
        Lexed::Tag(tag, length) if tag.marked == marked => match tag.kind {
            Kind::Invoke if tag.closes => Some(Next::Talk),
            Kind::Invoke if tag.empty => Some(Next::Call),
            Kind::Invoke => invoke(&next[length..], marked, at_end),
            Kind::Calls if tag.closes => Some(if marked { Next::Call } else { Next::Talk }),
            Kind::Calls if outer => block(&next[length..], marked, at_end, false),
            Kind::Calls => Some(Next::Talk),
            Kind::Parameter => Some(Next::Talk),
        },
        Lexed::Partial => (at_end && !marked).then_some(Next::Talk),
        _ => Some(Next::Talk),
    }
}

/// What follows the opening tag of a call: a parameter, the call's end, or its arguments as JSON.
fn invoke(after: &str, marked: bool, at_end: bool) -> Option<Next> {
    let next = after.trim_start();
    let broken = if marked { Next::Broken } else { Next::Talk };
    if next.is_empty() {
        return (at_end && !marked).then_some(Next::Talk);
    }
    if next.starts_with('{') {
        return Some(Next::Call);
    }
    match lex(next) {
        Lexed::Tag(tag, _) if tag.marked != marked => Some(broken),
        Lexed::Tag(tag, _) if tag.kind == Kind::Parameter && tag.closes => Some(broken),
        // A block that begins here is separate.
        Lexed::Tag(tag, _) if tag.kind == Kind::Calls && !tag.closes => Some(broken),
        Lexed::Tag(..) => Some(Next::Call),
        Lexed::Partial => (at_end && !marked).then_some(Next::Talk),
        Lexed::No if next.starts_with(EOS) => Some(Next::Talk),
        Lexed::No if EOS.starts_with(next) && !at_end => None,
        Lexed::No => Some(broken),
    }
}

fn lex(text: &str) -> Lexed<Tag> {
    if text.starts_with('<') { tag::lex(text) } else { Lexed::No }
}

/// What follows a mark of V3 or V3.1; `None` if more text is needed to know.
pub(super) fn mark(mark: Mark, after: &str) -> Option<Next> {
    let next = after.trim_start();
    if next.is_empty() {
        return None;
    }
    if mark == Mark::CallBegin {
        return name(next);
    }
    match older::lex(next) {
        Lexed::Tag(Mark::CallBegin, length) => name(next[length..].trim_start()),
        Lexed::Tag(Mark::CallsEnd, _) => Some(Next::Call),
        Lexed::Partial => None,
        _ => match lex(next) {
            // Calls in the newer format are separate.
            Lexed::Tag(..) => Some(Next::Talk),
            Lexed::Partial => None,
            Lexed::No => Some(Next::Broken),
        },
    }
}

/// A name, or V3's `function`, followed by a separator or the end of the line.
fn name(text: &str) -> Option<Next> {
    let end = text.find(|c: char| !is_name_char(c)).unwrap_or(text.len());
    let rest = text[end..].trim_start_matches([' ', '\t', '\r']);
    if end > MAX_NAME || end == 0 && !text.is_empty() {
        return Some(Next::Broken);
    }
    match rest.as_bytes().first()? {
        b'\n' => Some(Next::Call),
        b'<' => match older::lex(rest) {
            Lexed::Tag(Mark::Separator, _) => Some(Next::Call),
            Lexed::Partial => None,
            _ => Some(Next::Broken),
        },
        _ => Some(Next::Broken),
    }
}

/// Whether a text that breaks off had begun a call, and did not merely mention one: a parameter of an offered tool, or the arguments of any
/// tool in the older formats.
pub(super) fn breaks_off(text: &str, offer: &Offer) -> bool {
    let (mut called, mut begun) = (false, false);
    for (at, _) in text.match_indices('<') {
        match older::lex(&text[at..]) {
            Lexed::Tag(Mark::Separator, length) => return begun && older::goes_on(&text[..at], &text[at + length..]),
            Lexed::Tag(Mark::CallBegin, _) => begun = true,
            _ => {}
        }
        match tag::lex(&text[at..]) {
            Lexed::Tag(tag, _) if !tag.marked || tag.closes => {}
            Lexed::Tag(tag, _) if tag.kind == Kind::Invoke => called |= offer.may_mean(tag.is_called()),
            Lexed::Tag(tag, _) if tag.kind == Kind::Parameter && called => return true,
            _ => {}
        }
    }
    false
}
