//! The protocol between a server and the engine process: JSON in frames, each preceded by its length as a 32-bit little-endian number. The
//! first frame each way is a greeting, and a process of another version is refused there with a message.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::KvType;
use crate::dialect::Piece;
use crate::engine::{Caps, Finish, Overflow, Priority, Timing};

/// Has to change with every change of the types below.
pub const PROTOCOL: u32 = 5;

/// The version of this binary, and its build.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("LONGSIGHT_BUILD"));

/// The longest frame in bytes; prompts are far below.
pub const MAX_FRAME: usize = 32 << 20;

/// The first frame of each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    pub protocol: u32,
    pub build: String,
}

impl Greeting {
    /// The greeting of this binary.
    pub fn own() -> Self {
        Self { protocol: PROTOCOL, build: BUILD.into() }
    }

    /// Why we cannot talk to the sender of this greeting, if so.
    pub fn refusal(&self) -> Option<String> {
        if *self == Self::own() {
            return None;
        }
        Some(format!(
            "longsight was replaced while it ran: one process is {} (protocol {}), the other {BUILD} (protocol {PROTOCOL}). Restart the language \
             server in all editor windows; an engine process of another build leaves as soon as nobody uses it",
            self.build, self.protocol
        ))
    }
}

/// A frame to the engine process. The client chooses `id`; answers carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToEngine {
    pub id: u64,
    pub order: Order,
}

/// What the engine process is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Load the model and say what it can do.
    Open(ModelSpec),
    Generate(Box<Generate>),
    /// Count the tokens of each text.
    Count {
        model: ModelSpec,
        texts: Vec<String>,
    },
    /// Stop the request with this frame's id.
    Cancel,
    Ping,
}

/// A model and how it is loaded. Requests with equal specifications share one copy in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelSpec {
    pub path: PathBuf,
    /// Modification time in nanoseconds, and size in bytes: a replaced file is another model.
    pub modified: u64,
    pub bytes: u64,
    /// Context window in tokens.
    pub context: u32,
    pub threads: u32,
    pub gpu_layers: u32,
    pub cpu_moe: bool,
    pub n_cpu_moe: u32,
    pub kv_type: KvType,
    /// Maximum MiB on disk for saved KV caches, of all models together; 0 saves none.
    pub saved_kv_mb: u32,
    /// How many requests can have their own KV cache at the same time.
    pub slots: u32,
}

/// One generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    pub model: ModelSpec,
    pub prompt: Vec<Piece>,
    pub max_tokens: u32,
    pub temperature: f32,
    pub stop: Vec<String>,
    /// Texts of tokens that end the generation, besides those that the vocabulary marks as ends.
    pub stop_tokens: Vec<String>,
    /// Every control token ends the generation, since holes are filled with plain text only.
    pub plain: bool,
    pub grammar: Option<Grammar>,
    pub priority: Priority,
}

/// The same as [`crate::dialect::Grammar`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grammar {
    pub gbnf: String,
    pub trigger: Option<String>,
}

/// A frame from the engine process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FromEngine {
    pub id: u64,
    pub answer: Answer,
}

/// What the engine process answers. Every order but `Cancel` gets exactly one of the last five variants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Progress {
        stage: Stage,
        done: u64,
        total: u64,
    },
    /// Before the text that it paid for.
    Cost(Timing),
    Text(String),
    Done {
        finish: Finish,
        timing: Timing,
    },
    Opened(Caps),
    Counts(Vec<u32>),
    Failed {
        kind: Failure,
        message: String,
    },
    /// The longest time that a worker has been in its current step, in milliseconds.
    Pong {
        busy_ms: u64,
    },
}

impl Answer {
    /// Whether this is the last answer to an order.
    pub fn is_end(&self) -> bool {
        !matches!(self, Self::Progress { .. } | Self::Cost(_) | Self::Text(_))
    }
}

/// What is going on before the first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Load,
    Prefill,
}

/// The same as [`crate::engine::ErrorKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    Cancelled,
    Unavailable,
    Configuration,
    TooLong(Option<Overflow>),
    Unsupported,
    /// The thread doing the work ended before the order was done.
    Died,
}

/// The bytes of a frame.
pub fn encode(frame: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let length = bytes.len() - 4;
    if length > MAX_FRAME {
        return Err(Error::new(ErrorKind::InvalidData, format!("a message of {length} bytes is too large for the engine process")));
    }
    bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(bytes)
}

/// The length in a frame's head, checked before anything is allocated.
pub fn length(head: [u8; 4]) -> Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_FRAME {
        return Err(Error::new(ErrorKind::InvalidData, format!("a frame claims {length} bytes, more than {MAX_FRAME}")));
    }
    Ok(length)
}

/// Writes one frame.
pub fn write(to: &mut impl Write, frame: &impl Serialize) -> Result<()> {
    to.write_all(&encode(frame)?)?;
    to.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut body = vec![0; length(head)?];
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}
