//! `longsight bench`: measures the configured engines on this machine: load, prefill and decode rate, time to first token cold and warm,
//! one and four requests at a time, memory. Every prompt begins with a new line, so no cache helps a cold run.

mod memory;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::screen::{self, tell};
use super::{CliResult, Common};
use crate::config::{self, Config, EngineConfig, EngineKind};
use crate::dialect::{Chat, Message, Role};
use crate::engine::http::Limits;
use crate::engine::{self, Ask, Cancel, Engine, Event, Priority, Request, Timing};
use crate::models;
use crate::route::leaves_machine;

/// How long a server may take to begin an answer, and to complete it.
const FIRST: Duration = Duration::from_secs(120);
const WHOLE: Duration = Duration::from_secs(600);

/// The arguments of `longsight bench`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Measure this engine only (a name under [engines]).
    #[arg(long, value_name = "NAME")]
    pub engine: Option<String>,
    /// Length of the prompt, in tokens.
    #[arg(long, default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..))]
    pub prompt: u32,
    /// Tokens to generate.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    pub tokens: u32,
}

/// The figures of one engine. Rates are tokens per second, times milliseconds, memory bytes.
#[derive(Clone, Debug, Default, Serialize)]
struct Measured {
    engine: String,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Zero if the model was loaded before, or the engine does not tell.
    load_ms: f64,
    prompt_tokens: u64,
    prefill_rate: f64,
    tokens_out: u64,
    decode_rate: f64,
    first_token_cold_ms: f64,
    first_token_warm_ms: f64,
    /// Prompt tokens that the warm run had to read again.
    warm_tokens_decoded: u64,
    /// How long the engine kept working after a request was cancelled during its prompt: the next request's wait. Our own engine only.
    #[serde(skip_serializing_if = "Option::is_none")]
    busy_after_cancel_ms: Option<f64>,
    /// The same work as four simultaneous requests, a quarter each: generated tokens per second of all together, from the first request to
    /// the last answer; and the longest time to first token.
    four_at_once_rate: f64,
    four_at_once_prompt_tokens: u64,
    four_at_once_tokens_out: u64,
    four_at_once_first_token_ms: f64,
    /// Memory of the process with the model, if it runs on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine_rss_bytes: Option<u64>,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let config = super::setup::config(common)?;
    let engines = chosen(&config, arguments.engine.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no runtime ({error})"))?;
    let mut all = vec![];
    for (name, engine) in &engines {
        if !common.json {
            tell!("measuring {name} ({}): {} tokens in, {} out", engine.model, arguments.prompt, arguments.tokens);
        }
        let measured = runtime.block_on(measure(name, engine, arguments)).unwrap_or_else(|error| Measured {
            engine: name.clone(),
            model: engine.model.clone(),
            error: Some(error),
            ..Measured::default()
        });
        all.push(measured);
    }
    if common.json {
        screen::print_json(&json!({ "engines": all }));
    } else {
        screen::print(&table::table(&all));
    }
    match all.iter().all(|measured| measured.error.is_some()) {
        true => Err("no engine could be measured; longsight doctor says more".into()),
        false => Ok(()),
    }
}

fn chosen(config: &Config, only: Option<&str>) -> Result<BTreeMap<String, EngineConfig>, String> {
    let mut engines = config.engines.clone();
    engines.entry(config::DEFAULT_ENGINE.into()).or_default();
    let roles = [config.roles.scout.as_str(), config.roles.coder.as_str()];
    // The default engine only counts if a role uses it or it is named.
    engines.retain(|name, _| match only {
        Some(only) => name == only,
        None => config.engines.contains_key(name) || roles.contains(&name.as_str()),
    });
    match engines.is_empty() {
        true => Err(format!("no engine is called `{}`; see [engines] in the configuration", only.unwrap_or_default())),
        false => Ok(engines),
    }
}

fn build(name: &str, engine: &EngineConfig) -> Result<Arc<dyn Engine>, String> {
    if engine.kind != EngineKind::Llama {
        // A benchmark is patient: four simultaneous prompts on a busy machine take longer than anybody would wait for an answer.
        let patient = Limits { first: FIRST, total: WHOLE, ..Limits::default() };
        return engine::http::build_with(name, engine, patient).map_err(|error| error.to_string());
    }
    let file = models::locate(&engine.model).map_err(|error| error.to_string())?;
    Ok(engine::llama::Llama::new(engine, file))
}

async fn measure(name: &str, config: &EngineConfig, arguments: &Arguments) -> Result<Measured, String> {
    let engine = build(name, config)?;
    let bytes = Bytes(3.5);
    let text = bytes.prompt(128);
    let first = ask(&engine, text.clone(), 1).await?;
    // The engine's own count tells how long a prompt of this many tokens is.
    let read = first.timing.tokens_decoded + first.timing.tokens_reused;
    let bytes = if read > 0 { Bytes(text.len() as f64 / read as f64) } else { bytes };
    let text = bytes.prompt(arguments.prompt as usize);
    let cold = ask(&engine, text.clone(), arguments.tokens).await?;
    let warm = ask(&engine, text, 1).await?;
    let busy_after_cancel_ms = match engine.origin() {
        None => Some(after_cancel(&engine, &bytes.prompt(arguments.prompt as usize)).await?),
        Some(_) => None,
    };
    let together = Instant::now();
    let quarter = (arguments.tokens / 4).max(1);
    let four = (0..4).map(|_| ask(&engine, bytes.prompt(arguments.prompt as usize / 4), quarter));
    let four = futures::future::try_join_all(four).await?;
    let together = together.elapsed();
    let generated = four.iter().map(|run| run.timing.tokens_out).sum();
    Ok(Measured {
        engine: name.into(),
        model: config.model.clone(),
        error: None,
        load_ms: first.timing.load_ms,
        prompt_tokens: cold.timing.tokens_decoded,
        prefill_rate: rate(cold.timing.tokens_decoded, cold.timing.prefill_ms),
        tokens_out: cold.timing.tokens_out,
        decode_rate: rate(cold.timing.tokens_out, cold.timing.decode_ms),
        first_token_cold_ms: milliseconds(cold.first_token),
        first_token_warm_ms: milliseconds(warm.first_token),
        warm_tokens_decoded: warm.timing.tokens_decoded,
        busy_after_cancel_ms,
        four_at_once_rate: rate(generated, milliseconds(together)),
        four_at_once_prompt_tokens: four.iter().map(|run| run.timing.tokens_decoded).sum(),
        four_at_once_tokens_out: generated,
        four_at_once_first_token_ms: four.iter().map(|run| milliseconds(run.first_token)).fold(0.0, f64::max),
        engine_rss_bytes: resident(engine.as_ref(), &config.model),
    })
}

/// Memory of the process that serves the engine, if that is on this machine.
fn resident(engine: &dyn Engine, model: &str) -> Option<u64> {
    let Some(origin) = engine.origin() else { return memory::of_our_engine() };
    let port = url::Url::parse(&origin).ok()?.port_or_known_default()?;
    if leaves_machine(Some(&origin), model) { None } else { memory::of_listener(port) }
}

/// Cancels a request during its prompt and sends another immediately: how long that one waited, in milliseconds; the longest of four.
async fn after_cancel(engine: &Arc<dyn Engine>, prompt: &str) -> Result<f64, String> {
    let mut worst = 0.0f64;
    for number in 0..4 {
        let cancel = Cancel::new();
        let mut events = engine.start(request(format!("// {number}\n{prompt}"), 1), cancel.clone());
        while let Some(event) = events.recv().await {
            if matches!(event, Event::Progress { .. } | Event::Failed(_) | Event::Done(_)) {
                break;
            }
        }
        cancel.cancel();
        drop(events);
        worst = worst.max(ask(engine, "Hi".into(), 1).await?.timing.queued_ms);
    }
    Ok(worst)
}

fn rate(tokens: u64, milliseconds: f64) -> f64 {
    if milliseconds > 0.0 { tokens as f64 * 1e3 / milliseconds } else { 0.0 }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How many bytes of such text a token has, including the framing of a conversation.
struct Bytes(f64);

impl Bytes {
    /// Text like source code with about this many tokens, never used before.
    fn prompt(&self, tokens: usize) -> String {
        const QUESTION: &str = "Explain this file at length, item by item.";
        let salt = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let mut text = format!("// {salt}\n");
        let wanted = (tokens as f64 * self.0) as usize;
        let mut number = 0;
        while text.len() + QUESTION.len() < wanted {
            let turn = number % 64;
            text.push_str(&format!("fn item_{number}(value: u64) -> u64 {{ value.wrapping_mul({number}).rotate_left({turn}) }}\n"));
            number += 1;
        }
        text + QUESTION
    }
}

struct Run {
    first_token: Duration,
    timing: Timing,
}

fn request(text: String, max_tokens: u32) -> Request {
    let chat = Chat { messages: vec![Message::new(Role::User, text)], ..Chat::default() };
    Request { ask: Ask::Chat(chat), max_tokens, temperature: 0.0, stop: vec![], priority: Priority::Normal }
}

async fn ask(engine: &Arc<dyn Engine>, text: String, max_tokens: u32) -> Result<Run, String> {
    let request = request(text, max_tokens);
    let started = Instant::now();
    let mut first_token = None;
    let answer = engine::collect(engine.start(request, Cancel::new()), |event| {
        if matches!(event, Event::Text(_) | Event::Reasoning(_)) {
            first_token.get_or_insert_with(|| started.elapsed());
        }
    })
    .await
    .map_err(|error| error.to_string())?;
    Ok(Run { first_token: first_token.unwrap_or_else(|| started.elapsed()), timing: answer.finished.timing })
}
