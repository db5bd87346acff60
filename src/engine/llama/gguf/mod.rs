//! GGUF headers, read and checked in plain Rust: llama.cpp aborts on some malformed files, so it only sees files that passed this check.
//! Also the numbers that tell whether a model fits: weights, expert weights, KV cache per token.

mod check;
mod holes;
pub mod known;
mod limits;
mod reader;
mod size;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use size::Window;

use crate::dialect::{self, Dialect};

/// What a GGUF says about its model. Token texts, scores and merges are counted, not kept.
#[derive(Clone, Debug, Default)]
pub struct Header {
    pub path: PathBuf,
    /// `general.architecture`, e.g. `qwen2`, `llama4`, `deepseek32`.
    pub arch: String,
    /// Scalars, strings and short numeric arrays by key.
    values: BTreeMap<String, Value>,
    /// Lengths of all arrays by key.
    arrays: BTreeMap<String, u64>,
    spelt: Spelt,
    pub tensors: Vec<Tensor>,
    /// Where tensor data begins, in bytes.
    pub data_start: u64,
    /// Bytes of the file, or of all files of a split model.
    pub file_bytes: u64,
    /// All files of a split model, including this one; else just this one.
    pub files: Vec<PathBuf>,
}

/// What is kept of the texts of all tokens.
#[derive(Clone, Debug, Default)]
struct Spelt {
    /// Which FIM marks some token spells.
    marks: [bool; 3],
    /// The marks of turns among the tokens.
    turns: BTreeSet<&'static str>,
    /// Bytes that have a token: `<0x0A>`, or the byte itself.
    bytes: BTreeSet<u8>,
    /// Bytes with which tokens begin, and those that are tokens; unprintable ones are written with a backslash.
    begins: BTreeSet<u8>,
    alone: BTreeSet<u8>,
}

/// One tensor as the header describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    /// Elements per dimension, fastest first.
    pub shape: Vec<u64>,
    /// The ggml type's number.
    pub kind: u32,
    /// Bytes from the start of the tensor data.
    pub offset: u64,
}

/// Maximum characters of a model's name that are shown.
const MAX_NAME_LETTERS: usize = 200;

/// One metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    /// A short array of integers, such as heads per layer.
    Numbers(Vec<i64>),
}

/// Why a file cannot be used, for the user: the file, what is wrong with it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgufError {
    pub path: PathBuf,
    pub problem: String,
}

impl fmt::Display for GgufError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model file {} {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for GgufError {}

/// Text from a file for display: on one line, with nothing in it that affects the text around it.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_control() => out.extend(c.escape_default()),
            // Invisible characters, and those that change the direction of text.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Reads and checks the header of a model file; for a split model, of all its files. No tensor data is read.
pub fn read_header(path: &Path) -> Result<Header, GgufError> {
    // It quotes names of keys, tensors and tokens as they are in the file.
    let wrong = |problem: String| GgufError { path: path.into(), problem: shown(&problem) };
    let mut header = reader::read(path).map_err(wrong)?;
    header.files = vec![path.into()];
    let count = header.number("split.count").unwrap_or(1);
    if count > 1 {
        add_shards(&mut header, count)?;
    }
    check::check(&header).map_err(wrong)?;
    Ok(header)
}

/// Reads the other files of a split model, and adds their tensors and sizes.
fn add_shards(header: &mut Header, count: u64) -> Result<(), GgufError> {
    let wrong = |path: &Path, problem: String| GgufError { path: path.into(), problem: shown(&problem) };
    let path = header.path.clone();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let end = format!("-00001-of-{count:05}.gguf");
    let Some(stem) = name.strip_suffix(&end).filter(|_| count <= 10_000) else {
        return Err(wrong(&path, format!("is one of {count} parts; give the first, whose name ends in `{end}`")));
    };
    for part in 2..=count {
        let other = path.with_file_name(format!("{stem}-{part:05}-of-{count:05}.gguf"));
        let shard = reader::read(&other).map_err(|problem| wrong(&other, format!("(part {part} of {count}) {problem}")))?;
        header.file_bytes += shard.file_bytes;
        header.tensors.extend(shard.tensors);
        header.files.push(other);
    }
    Ok(())
}

impl Header {
    /// A metadata value by its full key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// An integer by its full key.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            Value::Unsigned(number) => Some(*number),
            Value::Signed(number) => u64::try_from(*number).ok(),
            Value::Bool(yes) => Some(u64::from(*yes)),
            _ => None,
        }
    }

    /// An integer of the architecture: `Header::of("block_count")` is `<arch>.block_count`.
    pub fn of(&self, key: &str) -> Option<u64> {
        self.number(&format!("{}.{key}", self.arch))
    }

    /// A text by its full key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name given by its makers, else the file's; cut to the length of a name, on one line.
    pub fn name(&self) -> String {
        let file = || self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = self.text("general.name").filter(|name| !name.trim().is_empty()).map_or_else(file, Into::into);
        shown(&name.chars().take(MAX_NAME_LETTERS).collect::<String>())
    }

    /// The chat template, if the file has one.
    pub fn chat_template(&self) -> Option<&str> {
        self.text("tokenizer.chat_template")
    }

    /// How the model is spoken to: as its chat template or its name tells, and without a template also as the marks of turns among its
    /// tokens tell. None if nothing does.
    pub fn dialect(&self) -> Option<Arc<dyn Dialect>> {
        let template = self.chat_template().filter(|template| !template.trim().is_empty());
        let marks: Vec<&str> = self.spelt.turns.iter().copied().filter(|_| template.is_none()).collect();
        dialect::known(&self.name(), template).or_else(|| dialect::known_by_tokens(&marks))
    }

    /// The longest context in tokens that the model was trained for.
    pub fn context_length(&self) -> u64 {
        self.of("context_length").unwrap_or_default()
    }

    /// The number of layers; 0 if the file does not say.
    pub fn layers(&self) -> u64 {
        self.of("block_count").unwrap_or_default()
    }

    /// The number of tokens in the vocabulary.
    pub fn vocabulary(&self) -> u64 {
        self.array("tokenizer.ggml.tokens").unwrap_or_default()
    }

    /// The length of an array by its full key.
    pub fn array(&self, key: &str) -> Option<u64> {
        self.arrays.get(key).copied()
    }

    /// Whether the model makes embeddings instead of text.
    pub fn is_embedding(&self) -> bool {
        let pooled = self.of("pooling_type").is_some_and(|kind| kind != 0);
        pooled || self.arch.contains("bert") || self.arch.contains("embed")
    }
}
