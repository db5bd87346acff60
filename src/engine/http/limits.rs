//! Limits for every exchange with a server.

use std::time::Duration;

use crate::engine::Priority;

/// Times and sizes. Tests use shorter times.
#[derive(Clone, Debug)]
pub struct Limits {
    pub connect: Duration,
    /// Until the first event of an answer.
    pub first: Duration,
    pub first_typing: Duration,
    pub first_invoked: Duration,
    /// Between two events. An occasional byte is not progress.
    pub idle: Duration,
    /// Between two keep-alives while a server reads a prompt: llama-server sends one every 30 s.
    pub ping: Duration,
    /// After the model has ended, for what the server still has to say.
    pub after_end: Duration,
    /// For the whole answer.
    pub total: Duration,
    pub total_typing: Duration,
    pub total_invoked: Duration,
    /// For a server's list of models, which it may not have.
    pub list: Duration,
    /// Longest line or event, in bytes.
    pub line: usize,
    /// Longest answer on the wire, in bytes.
    pub body: usize,
    /// Longest text, reasoning and call arguments together, in bytes.
    pub answer: usize,
    /// Retries for status 429, 5xx and failed connections.
    pub retries: u32,
    /// Wait before the first retry; doubles each time, with jitter.
    pub backoff: Duration,
    /// A longer `Retry-After` is not waited for.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first: Duration::from_secs(20),
            first_typing: Duration::from_secs(2),
            first_invoked: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            ping: Duration::from_secs(40),
            after_end: Duration::from_secs(1),
            total: Duration::from_secs(120),
            total_typing: Duration::from_secs(5),
            total_invoked: Duration::from_secs(30),
            list: Duration::from_secs(2),
            line: 1 << 20,
            body: 16 << 20,
            answer: 256 << 10,
            retries: 2,
            backoff: Duration::from_millis(250),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// A prompt of up to this many tokens is read within the plain limits by any server worth waiting for. (A llama-server on two cores reads
/// about a hundred tokens per second, so 2,048 tokens alone would take all of [`Limits::first`].)
const QUICK_PROMPT: usize = 512;

/// How slowly a server without a GPU may read a long prompt, in tokens per second (Scout on a CPU: 40).
const SLOW_PREFILL: usize = 40;

impl Limits {
    /// Time until the first event, and for the whole answer. Long prompts that are not for a user who is typing get the time a slow server
    /// needs to read them.
    pub fn times(&self, priority: Priority, prompt_tokens: usize) -> (Duration, Duration) {
        match priority {
            Priority::Typing => return (self.first_typing, self.total_typing),
            Priority::Invoked => return (self.first_invoked, self.total_invoked),
            Priority::Normal | Priority::Warm => {}
        }
        let reading = Duration::from_secs((prompt_tokens.saturating_sub(QUICK_PROMPT) / SLOW_PREFILL) as u64);
        (self.first + reading, self.total + reading)
    }
}
