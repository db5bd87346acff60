//! The tags around calls. A tag that is merely mentioned in a text opens nothing. One that opens inside a text and holds no call is turned
//! back into text.

use super::xml;
use crate::dialect::prose::Prose;

/// An opening and a closing text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub open: &'static str,
    pub close: &'static str,
    /// Whether a call between them may be Python without brackets.
    pub pythonic: bool,
}

impl Pair {
    /// A pair of tags around JSON.
    pub const fn of(open: &'static str, close: &'static str) -> Self {
        Self { open, close, pythonic: false }
    }
}

/// The tags of Hermes and Qwen.
pub(super) const TOOL_CALL: Pair = Pair::of("<tool_call>", "</tool_call>");
/// Llama 3's tag, which later Llamas still write.
pub(super) const PYTHON_TAG: Pair = Pair { open: "<|python_tag|>", close: "<|eom_id|>", pythonic: true };
/// Llama 4's tags around Python.
pub(super) const PYTHON: Pair = Pair { open: "<|python_start|>", close: "<|python_end|>", pythonic: true };

/// A tag that has opened.
#[derive(Debug)]
pub(super) struct Open {
    pub pair: Pair,
    pub in_reasoning: bool,
    /// What it contained besides calls.
    pub junk: String,
    /// Whether it contained calls.
    pub calls: bool,
    /// Everything read since it opened, including the tag, while it may still be a mention.
    pub raw: String,
    in_text: bool,
}

impl Open {
    /// A tag that has just opened, in reasoning or inside a text.
    pub fn new(pair: Pair, in_reasoning: bool, in_text: bool) -> Self {
        Self { pair, in_reasoning, junk: String::new(), calls: false, raw: String::new(), in_text }
    }

    /// Keeps text that was read, while the tag may still be a mention.
    pub fn read(&mut self, text: &str) {
        if self.in_text && !self.calls {
            self.raw.push_str(text);
        }
    }

    /// Whether the tag may be only mentioned: it is inside a text, and no call has come yet.
    pub fn may_be_talk(&self) -> bool {
        self.in_text && !self.calls
    }
}

/// After more white space than this, in bytes, a tag opens nothing.
const MAX_BLANK_BYTES: usize = 256;

/// Whether a tag in prose opens; `None` if more text is needed to know. Alone on its line it does, unless a sentence follows; elsewhere a
/// call or a new line has to follow.
pub(super) fn opens(pair: Pair, after: &str, prose: &Prose, at_end: bool) -> Option<bool> {
    let body = after.trim_start();
    let blank = &after[..after.len() - body.len()];
    let Some(first) = body.chars().next() else {
        return if blank.len() > MAX_BLANK_BYTES { Some(false) } else { at_end.then(|| prose.is_plain()) };
    };
    Some(match first {
        '{' | '[' => true,
        '<' if body.starts_with(xml::FUNCTION) => true,
        '<' if xml::FUNCTION.starts_with(body) && !at_end => return None,
        '<' => prose.is_plain(),
        '`' if body.len() < 3 && "```".starts_with(body) && !at_end => return None,
        '`' => prose.is_plain() && body.starts_with("```"),
        _ if pair.pythonic => first.is_alphabetic() || first == '_' || prose.is_plain(),
        _ if blank.contains('\n') => true,
        _ => prose.is_plain() && blank.is_empty() && first.is_alphanumeric(),
    })
}
