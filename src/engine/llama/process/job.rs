//! One generation, step by step: a small batch of the prompt, or one token of the answer.

use std::collections::HashSet;
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

use super::connection::Reply;
use super::kv::Slots;
use super::output::{Output, Piece};
use super::sampling::Sampler;
use super::vocabulary::Vocabulary;
use crate::engine::llama::wire::{Answer, Failure, Stage};
use crate::engine::{Finish, Priority, Timing};

/// One generation.
pub struct Job {
    pub priority: Priority,
    pub reply: Reply,
    pub prompt: Vec<LlamaToken>,
    /// Its KV cache; `None` while it waits for one.
    pub slot: Option<usize>,
    pub sampler: Sampler,
    pub output: Output,
    pub stops: HashSet<LlamaToken>,
    pub max_tokens: u32,
    /// How many tokens fit into the context.
    pub room: usize,
    pub clock: Clock,
    /// The token to decode next, once the prompt is read.
    pub last: Option<LlamaToken>,
}

/// When each phase began, and how many tokens it took.
pub struct Clock {
    pub received: Instant,
    pub load_ms: f64,
    pub begun: Option<Instant>,
    pub timing: Timing,
}

/// What comes after a step.
pub enum Next {
    Goes,
    Ends(Answer),
}

impl Job {
    /// Tokens of the prompt and of the longest answer.
    pub fn needs(&self) -> usize {
        self.prompt.len().saturating_add(self.max_tokens as usize)
    }

    /// Takes one step, which reads at most `chunk` tokens of the prompt.
    pub fn step(
        &mut self,
        slot: usize,
        slots: &mut Slots,
        context: &mut LlamaContext<'_>,
        vocabulary: &Vocabulary<'_>,
        chunk: usize,
    ) -> Next {
        if self.reply.is_cancelled() {
            return Next::Ends(Answer::Failed { kind: Failure::Cancelled, message: "cancelled".into() });
        }
        let outcome = match self.last {
            None => self.read(slot, slots, context, chunk),
            Some(token) => self.write(token, slot, slots, context),
        };
        match outcome {
            Ok(None) => Next::Goes,
            Ok(Some(index)) => self.sample(index, context, vocabulary).unwrap_or_else(|message| self.broken(message)),
            Err(message) => {
                // After a failed decode the content of the cache is unknown.
                slots.truncate(slot, 0, context);
                self.broken(message)
            }
        }
    }

    fn broken(&self, message: String) -> Next {
        Next::Ends(Answer::Failed { kind: Failure::Unavailable, message })
    }

    /// Reads a piece of the prompt; returns the index of the logits after the last piece.
    fn read(&mut self, slot: usize, slots: &mut Slots, context: &mut LlamaContext<'_>, chunk: usize) -> Result<Option<i32>, String> {
        let started = Instant::now();
        if self.clock.begun.is_none() {
            self.clock.begun = Some(started);
            let reused = slots.keep_prefix(slot, &self.prompt, context);
            self.clock.timing.tokens_reused = reused as u64;
        }
        let at = slots.length(slot);
        let end = (at + chunk.max(1)).min(self.prompt.len());
        let whole = end == self.prompt.len();
        decode(context, &self.prompt[at..end], at, slot, whole)?;
        slots.extend(slot, &self.prompt[at..end]);
        self.clock.timing.tokens_decoded += (end - at) as u64;
        self.clock.timing.prefill_ms += milliseconds(started);
        if !whole {
            self.reply.send(Answer::Progress { stage: Stage::Prefill, done: end as u64, total: self.prompt.len() as u64 });
            return Ok(None);
        }
        Ok(Some((end - at) as i32 - 1))
    }

    /// Decodes the token picked last.
    fn write(&mut self, token: LlamaToken, slot: usize, slots: &mut Slots, context: &mut LlamaContext<'_>) -> Result<Option<i32>, String> {
        let started = Instant::now();
        decode(context, &[token], slots.length(slot), slot, true)?;
        slots.extend(slot, &[token]);
        self.clock.timing.decode_ms += milliseconds(started);
        Ok(Some(0))
    }

    /// Picks a token and sends its text.
    fn sample(&mut self, index: i32, context: &LlamaContext<'_>, vocabulary: &Vocabulary<'_>) -> Result<Next, String> {
        let started = Instant::now();
        let token = self.sampler.next(context, index)?;
        self.clock.timing.decode_ms += milliseconds(started);
        if vocabulary.ends(token) || self.stops.contains(&token) {
            return Ok(self.done(Finish::Stop));
        }
        self.clock.timing.tokens_out += 1;
        match self.output.push(&vocabulary.bytes(token)) {
            Piece::Text(text) => self.send(text),
            Piece::Stopped(text) => {
                self.send(text);
                return Ok(self.done(Finish::Stop));
            }
        }
        let full = self.prompt.len() as u64 + self.clock.timing.tokens_out >= self.room as u64;
        if full || self.clock.timing.tokens_out >= u64::from(self.max_tokens) || self.output.repeats(token.0) {
            return Ok(self.done(Finish::Length));
        }
        self.last = Some(token);
        Ok(Next::Goes)
    }

    fn send(&self, text: String) {
        if !text.is_empty() {
            // A client that has heard enough hangs up, and knows no later numbers than these.
            self.reply.send(Answer::Cost(self.cost()));
            self.reply.send(Answer::Text(text));
        }
    }

    /// Time and tokens so far.
    fn cost(&self) -> Timing {
        let clock = &self.clock;
        let total_ms = milliseconds(clock.received);
        let waited = clock.begun.map_or(total_ms, |begun| (begun - clock.received).as_secs_f64() * 1000.0);
        Timing {
            queued_ms: (waited - clock.load_ms).max(0.0),
            load_ms: clock.load_ms,
            total_ms,
            mean_logprob: self.sampler.mean_logprob(),
            ..clock.timing.clone()
        }
    }

    fn done(&mut self, finish: Finish) -> Next {
        let rest = self.output.finish();
        self.send(rest);
        Next::Ends(Answer::Done { finish, timing: self.cost() })
    }
}

/// Decodes tokens into a cache, starting at a position; computes `logits` of the last one if requested.
pub fn decode(context: &mut LlamaContext<'_>, tokens: &[LlamaToken], start: usize, slot: usize, logits: bool) -> Result<(), String> {
    let mut batch = LlamaBatch::new(tokens.len(), 1);
    for (at, token) in tokens.iter().enumerate() {
        let last = at + 1 == tokens.len();
        batch.add(*token, (start + at) as i32, &[slot as i32], logits && last).map_err(|error| error.to_string())?;
    }
    context.decode(&mut batch).map_err(|error| format!("llama.cpp could not decode {} tokens at {start}: {error}", tokens.len()))
}

/// Milliseconds that have passed.
pub fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
