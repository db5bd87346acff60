//! Whether the calls of an answer are embedded in prose. A model that quotes what it has read, in order to refuse it, does not mean to call
//! anything. If that cannot be told apart, the user reviews the result.

use crate::dialect::QUOTED;
use crate::engine::{Event, FOUND};

/// The warning for a change that may come from such a call.
pub const WARNING: &str = "some of it may come from a call that the model only quoted: its answer has text around the call";

/// One answer, as it arrives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Talk {
    words: bool,
    /// Calls that we read out of text left by a server, and other calls.
    found: bool,
    other: bool,
    /// A call is inside a code block.
    in_block: bool,
    /// Something was said after a call.
    behind: bool,
}

impl Talk {
    /// Processes an event of the answer.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Text(text) | Event::Reasoning(text) if !text.trim().is_empty() => {
                self.words |= matches!(event, Event::Text(_));
                self.behind |= self.found || self.other;
            }
            Event::Call(call) if call.id.starts_with(FOUND) => self.found = true,
            Event::Call(call) => {
                self.other = true;
                self.in_block |= call.id.starts_with(QUOTED);
            }
            _ => {}
        }
    }

    /// Whether the calls may only be quoted.
    pub fn may_quote(self) -> bool {
        self.behind || self.in_block && self.words || self.found && (self.other || self.words)
    }
}
