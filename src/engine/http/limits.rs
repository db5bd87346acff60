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
    /// Between two events. A byte now and then is no progress.
    pub idle: Duration,
    /// Between two signs of life while a server reads a prompt: llama-server gives one every 30 s.
    pub ping: Duration,
    /// After the model has ended, for what the server still has to say.
    pub after_end: Duration,
    /// Longest time between two events of an answer whose tool call may arrive as a whole.
    pub call: Duration,
    /// For the whole answer.
    pub total: Duration,
    /// Longest time for a long answer, without reading its prompt.
    pub longest: Duration,
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
            // A server that hangs in the middle of a call is noticed no sooner; 3,000 tokens at 33 per second take as long.
            call: Duration::from_secs(90),
            total: Duration::from_secs(120),
            longest: Duration::from_secs(600),
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

/// How slowly a server worth waiting for may write, in tokens per second.
const SLOW_DECODE: u32 = 10;

/// What the times of a request depend on.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub priority: Priority,
    pub prompt_tokens: usize,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// Whether the answer may be a call that the server sends as a whole. SGLang and vLLM do so with the calls of some models: while these
    /// are written, nothing comes.
    pub whole_calls: bool,
    /// Whether not even the head of the answer comes before such a call, as with Ollama.
    pub late_head: bool,
}

/// The times of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Until the first event.
    pub first: Duration,
    /// Between two events.
    pub idle: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Limits {
    /// The times of a request. Unless a user is waiting while typing, a long prompt gets the time that a slow server needs to read it, and
    /// a long answer the time to write it.
    pub fn times(&self, need: Need) -> Times {
        let (first, idle, total) = match need.priority {
            Priority::Typing => return Times { first: self.first_typing, idle: self.idle, total: self.total_typing },
            Priority::Invoked => return Times { first: self.first_invoked, idle: self.idle, total: self.total_invoked },
            Priority::Normal | Priority::Warm => (self.first, self.idle, self.total),
        };
        let reading = Duration::from_secs((need.prompt_tokens.saturating_sub(QUICK_PROMPT) / SLOW_PREFILL) as u64);
        let writing = Duration::from_secs(u64::from(need.max_tokens / SLOW_DECODE));
        let call = if need.whole_calls { writing.min(self.call) } else { Duration::ZERO };
        let first = if need.late_head { first.max(call) } else { first };
        Times { first: first + reading, idle: idle.max(call), total: total.max(writing.min(self.longest)) + reading }
    }
}
