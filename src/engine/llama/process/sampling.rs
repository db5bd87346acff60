//! Picks the next token: the likeliest one or by temperature, within a grammar if there is one.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

use crate::engine::llama::wire::{Generate, Grammar};

/// A limit far above any grammar of ours; llama.cpp's parser recurses.
const MAX_GRAMMAR: usize = 1 << 20;
const MAX_DEPTH: usize = 200;

/// Picks tokens for one answer.
pub struct Sampler {
    /// `None` picks the likeliest token.
    chain: Option<LlamaSampler>,
    grammar: Option<LlamaSampler>,
    logprobs: f64,
    sampled: u64,
}

impl Sampler {
    /// Fails if the grammar is wrong; the error says how.
    pub fn new(request: &Generate, model: &LlamaModel) -> Result<Self, String> {
        let warm = request.temperature.is_finite() && request.temperature > 0.0;
        let chain = warm.then(|| {
            let chain =
                [LlamaSampler::top_k(40), LlamaSampler::top_p(0.95, 1), LlamaSampler::temp(request.temperature), LlamaSampler::dist(1)];
            LlamaSampler::chain_simple(chain)
        });
        let grammar = request.grammar.as_ref().map(|grammar| constrain(grammar, model)).transpose()?;
        Ok(Self { chain, grammar, logprobs: 0.0, sampled: 0 })
    }

    /// The next token, from the logits of the last decode. Fails if the grammar allows none.
    pub fn next(&mut self, context: &LlamaContext<'_>, index: i32) -> Result<LlamaToken, String> {
        let logits = context.get_logits_ith(index);
        let likeliest = likeliest(logits);
        let free = match &mut self.chain {
            None => likeliest,
            Some(chain) => pick(context.token_data_array_ith(index), chain).unwrap_or(likeliest),
        };
        let mut token = free;
        if let Some(grammar) = &mut self.grammar
            && !allows(grammar, free, logits)
        {
            // The whole vocabulary is checked only if the grammar refuses the first choice.
            let mut all = context.token_data_array_ith(index);
            all.apply_sampler(grammar);
            all.data.retain(|candidate| candidate.logit() > f32::NEG_INFINITY);
            let best = all.data.iter().max_by(|a, b| a.logit().total_cmp(&b.logit())).map(LlamaTokenData::id);
            let best = best.ok_or("the grammar allows no token here")?;
            token = self.chain.as_mut().and_then(|chain| pick(all, chain)).unwrap_or(best);
        }
        if let Some(grammar) = &mut self.grammar {
            grammar.try_accept(token).map_err(|error| format!("the grammar refuses its own token: {error}"))?;
        }
        self.logprobs += logprob(logits, token);
        self.sampled += 1;
        Ok(token)
    }

    /// Mean log-probability of the picked tokens, before temperature and grammar.
    pub fn mean_logprob(&self) -> Option<f64> {
        (self.sampled > 0).then(|| self.logprobs / self.sampled as f64)
    }
}

fn constrain(grammar: &Grammar, model: &LlamaModel) -> Result<LlamaSampler, String> {
    let mut depth = 0usize;
    for byte in grammar.gbnf.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("the grammar is nested deeper than {MAX_DEPTH}"));
        }
    }
    if grammar.gbnf.len() > MAX_GRAMMAR || grammar.gbnf.contains('\0') {
        return Err("the grammar is too large or holds a NUL".into());
    }
    // llama.cpp escapes the trigger and makes a regular expression of it; an empty one would match everywhere.
    let trigger = grammar.trigger.as_deref().filter(|trigger| !trigger.is_empty() && !trigger.contains('\0'));
    let sampler = match trigger {
        None => LlamaSampler::grammar(model, &grammar.gbnf, "root"),
        Some(trigger) => LlamaSampler::grammar_lazy(model, &grammar.gbnf, "root", [trigger], &[]),
    };
    sampler.map_err(|error| format!("llama.cpp does not accept the grammar: {error}"))
}

fn allows(grammar: &mut LlamaSampler, token: LlamaToken, logits: &[f32]) -> bool {
    let logit = usize::try_from(token.0).ok().and_then(|at| logits.get(at)).copied().unwrap_or_default();
    let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, logit, 0.0)], false);
    one.apply_sampler(grammar);
    one.data.first().is_some_and(|candidate| candidate.logit() > f32::NEG_INFINITY)
}

fn pick(mut candidates: LlamaTokenDataArray, chain: &mut LlamaSampler) -> Option<LlamaToken> {
    candidates.apply_sampler(chain);
    candidates.selected_token()
}

fn likeliest(logits: &[f32]) -> LlamaToken {
    let (mut best, mut at) = (f32::NEG_INFINITY, 0);
    for (index, logit) in logits.iter().enumerate() {
        if *logit > best {
            (best, at) = (*logit, index);
        }
    }
    LlamaToken(at as i32)
}

fn logprob(logits: &[f32], token: LlamaToken) -> f64 {
    let Some(own) = usize::try_from(token.0).ok().and_then(|at| logits.get(at)) else { return 0.0 };
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    f64::from(own - most) - f64::from(sum).ln()
}
