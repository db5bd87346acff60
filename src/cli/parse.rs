//! `longsight parse`: turns completion text on standard input into a message.

use std::io::Read;

use clap::Args;
use serde_json::{Value, json};

use super::screen;
use super::{CliResult, Common};
use crate::dialect::{self, Delta, Start, messages};

/// The arguments of `longsight parse`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// deepseek-v3.2, llama-4, hermes or native.
    #[arg(long)]
    pub dialect: String,
    /// The tools that were offered: a JSON array in the shape of the OpenAI API.
    #[arg(long, value_name = "FILE")]
    pub tools: Option<std::path::PathBuf>,
    /// Where the completion begins: in the answer, or inside the reasoning.
    #[arg(long, default_value = "content", value_parser = ["content", "reasoning"])]
    pub start: String,
}

/// The longest list of tools that is read.
const MAX_TOOLS_BYTES: u64 = 16 << 20;

/// Runs the command.
pub fn run(_common: &Common, arguments: &Arguments) -> CliResult {
    let dialect = super::render::dialect(&arguments.dialect);
    let start = if arguments.start == "reasoning" { Start::Reasoning } else { Start::Content };
    let mut parser = match &arguments.tools {
        Some(file) => dialect.parser(&tools(file)?, start),
        None => dialect.parser_for_any_tool(start),
    };
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input cannot be read as UTF-8: {error}"))?;
    let mut deltas = parser.push(&text);
    deltas.extend(parser.finish(true));
    screen::print_json(&message(deltas));
    Ok(())
}

fn tools(file: &std::path::Path) -> Result<Vec<dialect::Tool>, String> {
    let mut text = String::new();
    // It may be a pipe that another program writes to, so only the length is limited.
    let read = std::fs::File::open(file).and_then(|open| open.take(MAX_TOOLS_BYTES + 1).read_to_string(&mut text));
    read.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    if text.len() as u64 > MAX_TOOLS_BYTES {
        return Err(format!("{} is larger than 16 MiB; name a file with an array of tools", file.display()));
    }
    let value: Value = serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", file.display()))?;
    let tools = if let Some(tools) = value.get("tools") { tools } else { &value };
    messages::tools_from_json(tools).map_err(|error| format!("{}: {error}", file.display()))
}

fn message(deltas: Vec<Delta>) -> Value {
    let (mut content, mut reasoning, mut calls, mut error) = (String::new(), String::new(), vec![], None);
    for delta in deltas {
        match delta {
            Delta::Text(text) => content.push_str(&text),
            Delta::TextWasReasoning => reasoning.push_str(&std::mem::take(&mut content)),
            Delta::Reasoning(text) => reasoning.push_str(&text),
            Delta::Call(call) => calls.push(json!({"name": call.name, "arguments": call.arguments})),
            Delta::Malformed(reason) => error = Some(reason),
        }
    }
    json!({"content": content, "reasoning": reasoning, "tool_calls": calls, "error": error})
}
