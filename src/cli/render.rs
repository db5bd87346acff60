//! `longsight render`: turns messages (JSON on standard input) into prompt text.

use std::io::Read;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::screen::{self, tell};
use super::{CliResult, Common};
use crate::dialect::{self, Dialect, Piece, messages};

/// The arguments of `longsight render`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// deepseek-v3.2, llama-4, hermes or native.
    #[arg(long)]
    pub dialect: String,
    /// Thinking mode, where the model has one.
    #[arg(long)]
    pub thinking: bool,
}

/// The dialect of this name; exits with a list of names if there is none.
pub(super) fn dialect(name: &str) -> Arc<dyn Dialect> {
    let unknown = || super::usage(&format!("there is no dialect \"{name}\"; there is {}", dialect::NAMES.join(", ")));
    dialect::by_name(name).unwrap_or_else(unknown)
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let dialect = dialect(&arguments.dialect);
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).map_err(|error| format!("standard input cannot be read as UTF-8: {error}"))?;
    let input: Value = serde_json::from_str(&input).map_err(|error| format!("standard input is not JSON: {error}"))?;
    let prompt = prompt(dialect.as_ref(), &input, arguments.thinking)?;
    if arguments.thinking && prompt == self::prompt(dialect.as_ref(), &input, false)? {
        tell!("longsight: --thinking changes nothing here: {} has no such mode, or the messages choose one", arguments.dialect);
    }
    let prompt = if common.json { json!({ "prompt": prompt }).to_string() + "\n" } else { prompt };
    screen::print(&prompt);
    Ok(())
}

/// A boolean parameter of the published encoder, which may be given next to the messages.
fn flag(input: &Value, name: &str) -> Result<Option<bool>, String> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(format!("`{name}` must be true or false, not {other}")),
    }
}

fn prompt(dialect: &dyn Dialect, input: &Value, thinking: bool) -> Result<String, String> {
    let mut chat = messages::chat_from_json(input).map_err(|error| error.to_string())?;
    chat.thinking = match input.get("thinking_mode").and_then(Value::as_str) {
        None => thinking,
        Some("chat") => false,
        Some("thinking") => true,
        Some(other) => return Err(format!("Invalid thinking_mode `{other}`; it is `chat` or `thinking`")),
    };
    chat.keep_all = flag(input, "drop_thinking")? == Some(false);
    chat.ask = flag(input, "add_generation_prompt")?;
    let mut pieces = dialect.render(&chat).map_err(|error| error.to_string())?;
    let bos = matches!(pieces.first(), Some(Piece::Special(token)) if token.contains("begin"));
    if flag(input, "add_default_bos_token")? == Some(false) && bos {
        pieces.remove(0);
    }
    Ok(dialect.text(&pieces))
}
