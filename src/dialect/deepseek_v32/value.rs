//! Where a parameter's value ends. The format has no escapes, so a value may contain closing tags and whole calls.

use super::EOS;
use super::tag::{self, Kind, Lexed};

/// A parameter that has not ended yet.
pub(super) struct Open {
    pub key: String,
    pub string: Option<bool>,
    marked: bool,
    /// How far its text has been searched, and how many parameters opened in it.
    searched: usize,
    depth: usize,
    /// The first closing tag that may be the right one, and its length, if parameters opened before it.
    pub first: Option<(usize, usize)>,
}

impl Open {
    /// A parameter that has just opened.
    pub fn new(key: String, string: Option<bool>, marked: bool) -> Self {
        Self { key, string, marked, searched: 0, depth: 0, first: None }
    }

    /// The closing tag after which the call continues, and its length. With `counting`, the value includes one closing tag for every
    /// parameter that opens in it.
    pub fn end(&mut self, rest: &str, counting: bool, at_end: bool) -> Option<(usize, usize)> {
        while let Some(at) = rest[self.searched..].find('<').map(|at| self.searched + at) {
            self.searched = at;
            match tag::lex(&rest[at..]) {
                Lexed::Partial if !at_end => return None,
                Lexed::Tag(tag, length) if tag.kind == Kind::Parameter && tag.marked == self.marked => {
                    if !tag.closes {
                        self.depth += usize::from(counting && !tag.empty && tag.string.is_some());
                    } else if goes_on(&rest[at + length..], self.marked, at_end)? {
                        if self.depth == 0 {
                            return Some((at, length));
                        }
                        self.first.get_or_insert((at, length));
                        self.depth -= 1;
                    } else {
                        self.depth = self.depth.saturating_sub(1);
                    }
                }
                _ => {}
            }
            self.searched = at + 1;
        }
        self.searched = rest.len();
        None
    }

    /// Where a value that was never closed ends: before a parameter that begins a line and `may_follow`.
    pub fn cut(&self, value: &str, may_follow: impl Fn(&str) -> bool) -> Option<usize> {
        for (at, _) in value.match_indices('<') {
            match tag::lex(&value[at..]) {
                Lexed::Tag(tag, _) if tag.marked != self.marked || tag.closes && tag.kind == Kind::Parameter => {}
                // Another call: its parameters are not ours.
                Lexed::Tag(tag, _) if tag.kind != Kind::Parameter => return None,
                Lexed::Tag(tag, _) if value[..at].ends_with('\n') && may_follow(tag.is_called()) => return Some(at),
                _ => {}
            }
        }
        None
    }

    /// Whether a call begins or ends on some line of the value.
    pub fn holds_call(&self, value: &str) -> bool {
        let of_a_call =
            |at: usize| matches!(tag::lex(&value[at..]), Lexed::Tag(tag, _) if tag.kind == Kind::Invoke && tag.marked == self.marked);
        value.match_indices("\n<").any(|(at, _)| of_a_call(at + 1))
    }
}

/// Whether a call continues, or ends, after a parameter's closing tag; `None` if more text is needed to know.
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
