//! The conversation of a turn, kept inside the model's window: old answers and results make room for new ones. The task stays, and so does
//! what was called where and what became of it, so that the transcript remains valid.

use super::compact::{self, weight};
use super::limits::{self, shorten};
use crate::dialect::{Chat, Message, Role, Tool, ToolCall, ToolChoice};

/// A transcript longer than this share of the window is compacted, down to the other share: each time what the engine has read already
/// is worth nothing from the first change on, so there are few such times.
const FULL: f64 = 0.75;
const COMPACTED: f64 = 0.5;
/// The share that is left of a transcript that a server found too long.
const CUT_BACK: f64 = 0.25;
/// Messages at the end that are shortened last.
const KEPT: usize = 6;
/// Bytes of a result that are shown in any case.
const LEAST: usize = 512;

/// See the module.
pub struct Transcript {
    chat: Chat,
    /// Room in bytes.
    window: usize,
}

impl Transcript {
    pub fn new(messages: Vec<Message>, tools: Vec<Tool>, window: usize) -> Self {
        Self { chat: Chat { messages, tools, tool_choice: ToolChoice::Auto, ..Chat::default() }, window }
    }

    /// The conversation as it goes out, compacted where it has outgrown the window.
    pub fn ready(&mut self) -> Chat {
        if self.size() > self.share(FULL) {
            self.shrink(self.chat.messages.len().saturating_sub(KEPT), self.share(COMPACTED));
            self.shrink(self.newest(), self.share(FULL));
        }
        self.chat.clone()
    }

    /// A server counts the transcript as longer than its window: much less of it is kept, and from now on the window is smaller.
    pub fn cut_back(&mut self) {
        self.window /= 2;
        let enough = self.share(CUT_BACK);
        self.shrink(self.newest(), enough);
        let newest = self.newest();
        let room = self.room_in(enough, self.chat.messages[newest..].len());
        for message in self.chat.messages[newest..].iter_mut().filter(|message| message.role == Role::Tool) {
            message.content = shorten(&message.content, room);
        }
    }

    /// Bytes that each of so many new results may have.
    pub fn room(&self, results: usize) -> usize {
        self.room_in(self.share(FULL), results)
    }

    pub fn say(&mut self, words: String) {
        self.chat.messages.push(Message::new(Role::User, words));
    }

    pub fn answered(&mut self, text: &str, reasoning: Option<String>, tool_calls: Vec<ToolCall>) {
        self.chat.messages.push(Message { reasoning, tool_calls, ..Message::new(Role::Assistant, text) });
    }

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

    /// What so many results may have each in a transcript of this size, once all before the newest answer is as short as it gets.
    fn room_in(&self, size: usize, results: usize) -> usize {
        let newest = self.newest();
        let mut before = self.chat.messages[..newest.saturating_sub(1)].to_vec();
        compact::shrink(&mut before, usize::MAX);
        let answer = self.chat.messages[..newest].last().map_or(0, weight);
        let stays = before.iter().map(weight).sum::<usize>() + answer;
        (size.saturating_sub(stays) / results.max(1)).clamp(LEAST, limits::RESULT)
    }

    /// Where the results of the newest answer begin.
    fn newest(&self) -> usize {
        self.chat.messages.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1)
    }

    /// Shortens what stands before this message, the oldest first, until the transcript has this size.
    fn shrink(&mut self, before: usize, enough: usize) {
        let excess = self.size().saturating_sub(enough);
        compact::shrink(&mut self.chat.messages[..before], excess);
    }
}
