//! The first tokens of a freshly loaded model: they bring the weights into memory and measure the machine's speed before the first prompt
//! is made, so that its size can match. On a busy machine a prompt sized for a quiet one took half a minute.

use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::job;

/// Tokens that bring the weights into memory; they say little about the rate.
const TOUCH: i32 = 8;
/// Tokens that are measured.
const MEASURED: i32 = 32;
/// If those took this long the machine is slow, and half as many are measured.
const SLOW: Duration = Duration::from_millis(300);

/// Reads some tokens into the first cache, removes them again, and returns tokens per second; `None` if that fails.
pub fn rate(model: &LlamaModel, context: &mut LlamaContext<'_>) -> Option<f64> {
    // All different, because equal ones would all go to the same experts.
    let tokens: Vec<LlamaToken> = (0..MEASURED.min(model.n_vocab())).map(LlamaToken::new).collect();
    let started = Instant::now();
    job::decode(context, &tokens[..tokens.len().min(TOUCH as usize)], 0, 0, true).ok()?;
    let measured = if started.elapsed() > SLOW { tokens.len() / 2 } else { tokens.len() };
    context.clear_kv_cache();
    let started = Instant::now();
    let read = job::decode(context, &tokens[..measured], 0, 0, true);
    context.clear_kv_cache();
    read.is_ok().then(|| measured as f64 / started.elapsed().as_secs_f64())
}
