//! What a model thinks of what stood there: the likelihood of a cut-out text behind a prompt, and what the model writes instead, greedily.
//!
//! `cargo bench --bench likelihood -- MODEL.gguf PROMPTS.jsonl` reads a line `{"prompt", "wanted", "lines"}` per place and prints
//! `{"tokens", "wanted_tokens", "nats", "exact", "text"}`: tokens of both, the negative logarithm of the likelihood of `wanted` in nats,
//! whether each of its tokens was the model's first choice, and the first `lines` lines of the model's own answer.
//! `scripts/holes.py` writes the prompts and compares them.

use std::io::Write;
use std::num::NonZeroU32;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use serde_json::{Value, json};

const CONTEXT: u32 = 4096;
const BATCH: usize = 512;
/// Tokens of an answer for each line of it.
const LINE: usize = 48;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [path, prompts] = &arguments[..] else {
        // `cargo bench` without arguments runs every bench; this one needs a model and prompts.
        return println!("likelihood: name a model and a file of prompts");
    };
    llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default());
    let backend = LlamaBackend::init().expect("llama.cpp");
    let model = LlamaModel::load_from_file(&backend, path, &LlamaModelParams::default()).expect("a model");
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get() as i32);
    let parameters = LlamaContextParams::default().with_n_ctx(NonZeroU32::new(CONTEXT)).with_n_batch(BATCH as u32);
    let parameters = parameters.with_n_threads(threads).with_n_threads_batch(threads);
    let mut judge = Judge { context: model.new_context(&backend, parameters).expect("a context"), model: &model };
    for line in std::fs::read_to_string(prompts).expect("the prompts").lines() {
        let place: Value = serde_json::from_str(line).expect("JSON in every line");
        let text = |key: &str| place[key].as_str().unwrap_or_default();
        println!("{}", judge.place(text("prompt"), text("wanted"), place["lines"].as_u64().unwrap_or(1) as usize));
        let _ = std::io::stdout().flush();
    }
}

struct Judge<'m> {
    context: LlamaContext<'m>,
    model: &'m LlamaModel,
}

impl Judge<'_> {
    fn place(&mut self, prompt: &str, wanted: &str, lines: usize) -> Value {
        let prompt = self.model.vocab().tokenize(prompt.as_bytes(), false, true);
        let wanted = self.model.vocab().tokenize(wanted.as_bytes(), false, false);
        if prompt.len() + wanted.len() + lines * LINE > CONTEXT as usize || prompt.is_empty() || !(1..BATCH).contains(&wanted.len()) {
            return json!({"tokens": prompt.len(), "nats": null});
        }
        self.context.clear_kv_cache();
        // Each token of the text is judged by what the model expected behind the one before it.
        let (before, last) = prompt.split_at(prompt.len() - 1);
        before.chunks(BATCH).enumerate().for_each(|(number, part)| self.decode(part, number * BATCH, false));
        let judged = [last, &wanted[..wanted.len() - 1]].concat();
        self.decode(&judged, before.len(), true);
        let mut nats = 0.0;
        let mut choices = vec![];
        for (at, token) in wanted.iter().enumerate() {
            let logits = self.context.get_logits_ith(at as i32);
            nats -= logprob(logits, *token);
            choices.push(likeliest(logits));
        }
        let same = wanted.iter().zip(&choices).take_while(|(wanted, choice)| wanted == choice).count();
        let exact = same == wanted.len();
        let text = if exact { self.words(&wanted) } else { self.write(prompt.len(), &wanted[..same], choices[same], lines) };
        json!({"tokens": prompt.len(), "wanted_tokens": wanted.len(), "nats": nats, "exact": exact, "text": text})
    }

    /// The model's own answer: what it has in common with the text, its first other choice, and on from there.
    fn write(&mut self, start: usize, same: &[LlamaToken], other: LlamaToken, lines: usize) -> String {
        let mut answer = same.to_vec();
        let mut next = other;
        let kept = start + answer.len();
        self.context.clear_kv_cache_seq(Some(0), Some(kept as u32), None).expect("a cut cache");
        while answer.len() < lines * LINE && !self.model.vocab().is_eog(next) {
            answer.push(next);
            let text = self.words(&answer);
            if text.matches('\n').count() >= lines || text.contains("<|") {
                break;
            }
            self.decode(&[next], start + answer.len() - 1, true);
            next = likeliest(self.context.get_logits_ith(0));
        }
        let text = self.words(&answer);
        let text = text.split("<|").next().unwrap_or_default();
        text.split('\n').take(lines).collect::<Vec<_>>().join("\n")
    }

    fn decode(&mut self, tokens: &[LlamaToken], start: usize, logits: bool) {
        let mut batch = LlamaBatch::new(tokens.len().max(1), 1);
        for (at, token) in tokens.iter().enumerate() {
            batch.add(*token, (start + at) as i32, &[0], logits).expect("room in the batch");
        }
        if !tokens.is_empty() {
            self.context.decode(&mut batch).expect("llama.cpp decodes");
        }
    }

    fn words(&self, tokens: &[LlamaToken]) -> String {
        String::from_utf8_lossy(&self.model.vocab().detokenize(tokens, false, true)).into_owned()
    }
}

fn logprob(logits: &[f32], token: LlamaToken) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    f64::from(logits[token.0 as usize] - most) - sum.ln()
}

fn likeliest(logits: &[f32]) -> LlamaToken {
    let (at, _) = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("a vocabulary");
    LlamaToken::new(at as i32)
}
