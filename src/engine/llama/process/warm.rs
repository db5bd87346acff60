//! The first tokens of a model that was just loaded: weights come into memory, and the machine's speed is known before anybody's first
//! prompt is made, which is cut to it. Beside a busy neighbour a prompt for a quiet machine took half a minute.

use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::job;

/// Tokens that bring the weights into memory, and tell little about the rate.
const TOUCH: i32 = 8;
/// Tokens that are measured.
const MEASURED: i32 = 32;
/// Touching took so long: the machine is slow, and its rate is told by half of them.
const SLOW: Duration = Duration::from_millis(300);

/// Reads some tokens into the first cache, forgets them again, and answers how many a second that was; `None` where it failed.
pub fn rate(model: &LlamaModel, context: &mut LlamaContext<'_>) -> Option<f64> {
    // All different: repeated ones would all go to the same experts.
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
