//! The conversation of a turn, kept inside the model's window: old answers and results make room for new ones. The task stays, and so does
//! what was called where with which result, so the transcript remains valid.

use super::compact::{self, weight};
use super::limits;
use crate::dialect::{Chat, Message, Role, Tool, ToolCall, ToolChoice};
use crate::text::excerpt::shorten;

/// A transcript larger than this share of the window is compacted to the other share. That is done rarely, because whatever the engine has
/// in its cache is worthless from the first change on.
const COMPACT_ABOVE_SHARE: f64 = 0.75;
const COMPACTED_SHARE: f64 = 0.5;
/// The share that is kept of a transcript that a server found too long.
const CUT_BACK_SHARE: f64 = 0.25;
/// Messages at the end that are shortened last.
const NEWEST_MESSAGES: usize = 6;
/// Bytes of a result that are shown in any case.
const MIN_RESULT_BYTES: usize = 512;

/// A conversation and its room.
pub struct Transcript {
    chat: Chat,
    /// The room, in bytes.
    window: usize,
}

impl Transcript {
    /// Begins with these messages; `window` is the room in bytes.
    pub fn new(messages: Vec<Message>, tools: Vec<Tool>, window: usize) -> Self {
        Self { chat: Chat { messages, tools, tool_choice: ToolChoice::Auto, ..Chat::default() }, window }
    }

    /// The conversation to send, compacted if it has become too long.
    pub fn ready(&mut self) -> Chat {
        if self.size() > self.share(COMPACT_ABOVE_SHARE) {
            self.shrink(self.chat.messages.len().saturating_sub(NEWEST_MESSAGES), self.share(COMPACTED_SHARE));
            self.shrink(self.newest(), self.share(COMPACT_ABOVE_SHARE));
        }
        self.chat.clone()
    }

    /// The server counts the transcript as longer than its window, of which this share is left: much less of the transcript is kept, and
    /// the room is smaller from now on. Returns whether it has become shorter.
    pub fn cut_back(&mut self, left: f64) -> bool {
        let before = self.size();
        self.window = (self.window / 2).min((self.window as f64 * left) as usize);
        let enough = self.share(CUT_BACK_SHARE);
        self.shrink(self.newest(), enough);
        let newest = self.newest();
        let room = self.room_in(enough, self.chat.messages[newest..].len());
        for message in self.chat.messages[newest..].iter_mut().filter(|message| message.role == Role::Tool) {
            message.content = shorten(&message.content, room);
        }
        self.size() < before
    }

    /// The maximum bytes for each of `results` new results.
    pub fn room(&self, results: usize) -> usize {
        self.room_in(self.share(COMPACT_ABOVE_SHARE), results)
    }

    /// Appends a message of the user.
    pub fn say(&mut self, words: String) {
        self.chat.messages.push(Message::new(Role::User, words));
    }

    /// Appends an answer of the model.
    pub fn answered(&mut self, text: &str, reasoning: Option<String>, tool_calls: Vec<ToolCall>) {
        self.chat.messages.push(Message { reasoning, tool_calls, ..Message::new(Role::Assistant, text) });
    }

    /// Appends the result of a call.
    pub fn result(&mut self, call: &ToolCall, result: String) {
        self.chat.messages.push(Message { tool_call_id: Some(call.id.clone()), ..Message::new(Role::Tool, result) });
    }

    /// Adds a paragraph to the newest message.
    pub fn add(&mut self, words: &str) {
        if let Some(last) = self.chat.messages.last_mut() {
            last.content.push_str(&format!("\n\n{words}"));
        }
    }

    fn share(&self, share: f64) -> usize {
        (self.window as f64 * share) as usize
    }

    fn size(&self) -> usize {
        self.chat.messages.iter().map(weight).sum()
    }

    /// The maximum bytes for each of `results` results in a transcript of this size, with everything before the newest answer as short as
    /// possible.
    fn room_in(&self, size: usize, results: usize) -> usize {
        let newest = self.newest();
        let mut before = self.chat.messages[..newest.saturating_sub(1)].to_vec();
        compact::shrink(&mut before, usize::MAX);
        let answer = self.chat.messages[..newest].last().map_or(0, weight);
        let stays = before.iter().map(weight).sum::<usize>() + answer;
        (size.saturating_sub(stays) / results.max(1)).clamp(MIN_RESULT_BYTES, limits::MAX_RESULT_BYTES)
    }

    /// Where the results of the newest answer begin.
    fn newest(&self) -> usize {
        self.chat.messages.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1)
    }

    /// Shortens what comes before this message, oldest first, until the transcript has this size.
    fn shrink(&mut self, before: usize, enough: usize) {
        let excess = self.size().saturating_sub(enough);
        compact::shrink(&mut self.chat.messages[..before], excess);
    }
}
