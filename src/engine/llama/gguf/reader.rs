//! Reads the bytes of a GGUF header. Every length is checked against the rest of the file before anything is allocated or skipped.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::holes::MARKS;
use super::size::tensor_bytes;
use super::{Header, Spelt, Tensor, Value};
use crate::dialect::TURN_MARKS;

/// Limits far above any real model.
const MAX_ENTRIES: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 20;
const MAX_KEY: u64 = 1 << 12;
const MAX_TEXT: u64 = 1 << 24;
const MAX_TOKEN: u64 = 1 << 20;
/// Integer arrays up to this length are kept (values per layer); longer ones belong to the tokenizer.
const MAX_KEPT_ARRAY: u64 = 1024;

/// Alignment of tensors: llama.cpp computes in the mapped file, and aborts if a tensor is not aligned to this.
const MAPPED: u64 = 32;

const TRUNCATED: &str = "ends in the middle of its header: it is truncated; download it again";

type Checked<T> = Result<T, String>;

/// Reads one file. Errors continue the sentence "the model file X …".
pub fn read(path: &Path) -> Checked<Header> {
    let mut source = open(path)?;
    let mut magic = [0; 4];
    source.bytes(&mut magic)?;
    if &magic != b"GGUF" {
        return Err("is not a GGUF file (it does not begin with `GGUF`); longsight needs a model in GGUF format".into());
    }
    let version = source.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("has GGUF version {version}; versions 2 and 3 are supported, so convert it again"));
    }
    let (tensors, entries) = (source.u64()?, source.u64()?);
    if tensors > MAX_TENSORS || entries > MAX_ENTRIES {
        return Err(format!("claims {tensors} tensors and {entries} metadata entries, which cannot be: it is damaged"));
    }
    let mut header = Header { path: path.into(), file_bytes: source.length, ..Header::default() };
    for _ in 0..entries {
        source.entry(&mut header.values, &mut header.arrays)?;
    }
    header.spelt = std::mem::take(&mut source.spelt);
    header.arch = header.text("general.architecture").unwrap_or_default().into();
    for _ in 0..tensors {
        let tensor = source.tensor()?;
        header.tensors.push(tensor);
    }
    place(&mut header, source.position())?;
    Ok(header)
}

fn open(path: &Path) -> Checked<Source> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist; `longsight models list` shows what can be pulled".to_string(),
        std::io::ErrorKind::PermissionDenied => "may not be read by this user; check its permissions".to_string(),
        _ => format!("cannot be read ({error})"),
    };
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        return Err("is a directory; name the .gguf file in it".into());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".into());
    }
    if metadata.len() == 0 {
        return Err("is empty; download it again".into());
    }
    let file = File::open(path).map_err(cannot)?;
    Ok(Source { reader: BufReader::with_capacity(1 << 18, file), length: metadata.len(), left: metadata.len(), spelt: Spelt::default() })
}

/// Checks where the tensors are, and notes where their data begins.
fn place(header: &mut Header, end: u64) -> Checked<()> {
    let alignment = match header.value("general.alignment") {
        None => 32,
        Some(_) => header.number("general.alignment").unwrap_or_default(),
    };
    if !alignment.is_power_of_two() || alignment > 1 << 16 {
        return Err(format!("has an alignment of {alignment}, which is not a small power of two: it is damaged"));
    }
    header.data_start = end.next_multiple_of(alignment);
    let room = header.file_bytes.saturating_sub(header.data_start);
    for tensor in &header.tensors {
        let name = &tensor.name;
        if tensor.offset % alignment != 0 || (header.data_start.wrapping_add(tensor.offset)) % MAPPED != 0 {
            return Err(format!("places the tensor `{name}` off its alignment: it is damaged"));
        }
        let bytes = tensor_bytes(tensor)?.unwrap_or_default();
        if tensor.offset.checked_add(bytes).is_none_or(|end| end > room) {
            return Err(format!("ends before the data of the tensor `{name}`: it is truncated; download it again"));
        }
    }
    Ok(())
}

struct Source {
    reader: BufReader<File>,
    length: u64,
    left: u64,
    spelt: Spelt,
}

impl Source {
    fn position(&self) -> u64 {
        self.length - self.left
    }

    fn bytes(&mut self, into: &mut [u8]) -> Checked<()> {
        self.take(into.len() as u64)?;
        self.reader.read_exact(into).map_err(|error| format!("cannot be read ({error})"))
    }

    fn take(&mut self, count: u64) -> Checked<()> {
        self.left = self.left.checked_sub(count).ok_or(TRUNCATED)?;
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Checked<()> {
        self.take(count)?;
        let count = i64::try_from(count).map_err(|_| TRUNCATED)?;
        self.reader.seek_relative(count).map_err(|error| format!("cannot be read ({error})"))
    }

    fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        let mut bytes = [0; N];
        self.bytes(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Checked<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Checked<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&mut self, most: u64, what: &str) -> Checked<Vec<u8>> {
        let length = self.u64()?;
        if length > most {
            return Err(format!("has {what} of {length} bytes, which cannot be: it is damaged"));
        }
        if length > self.left {
            return Err(TRUNCATED.into());
        }
        let mut text = vec![0; length as usize];
        self.bytes(&mut text)?;
        Ok(text)
    }

    /// A key or a tensor's name: UTF-8 and never empty (llama.cpp aborts on an empty key).
    fn name(&mut self, what: &str) -> Checked<String> {
        let name = String::from_utf8(self.text(MAX_KEY, what)?).map_err(|_| format!("has {what} that is not text: it is damaged"))?;
        if name.is_empty() || name.contains('\0') {
            return Err(format!("has {what} that is empty: it is damaged"));
        }
        Ok(name)
    }

    fn entry(&mut self, values: &mut BTreeMap<String, Value>, arrays: &mut BTreeMap<String, u64>) -> Checked<()> {
        let key = self.name("a metadata key")?;
        if values.contains_key(&key) || arrays.contains_key(&key) {
            return Err(format!("has the metadata key `{key}` twice: it is damaged"));
        }
        let kind = self.u32()?;
        if kind != 9 {
            let value = self.value(kind, &key)?;
            values.insert(key, value);
            return Ok(());
        }
        let (kind, length) = (self.u32()?, self.u64()?);
        if let Some(numbers) = self.items(kind, length, &key)? {
            values.insert(key.clone(), Value::Numbers(numbers));
        }
        arrays.insert(key, length);
        Ok(())
    }

    fn value(&mut self, kind: u32, key: &str) -> Checked<Value> {
        Ok(match kind {
            0 => Value::Unsigned(u64::from(self.array::<1>()?[0])),
            1 => Value::Signed(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Unsigned(u64::from(u16::from_le_bytes(self.array()?))),
            3 => Value::Signed(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Unsigned(u64::from(self.u32()?)),
            5 => Value::Signed(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => match self.array::<1>()?[0] {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => return Err(format!("gives `{key}` the truth value {other}: it is damaged")),
            },
            8 => Value::Text(String::from_utf8_lossy(&self.text(MAX_TEXT, "a text")?).into_owned()),
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => return Err(format!("gives `{key}` the unknown type {other}: it is damaged or newer than this longsight")),
        })
    }

    /// Reads or skips the items of an array; returns short arrays of integers.
    fn items(&mut self, kind: u32, length: u64, key: &str) -> Checked<Option<Vec<i64>>> {
        let size: u64 = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            other => return Err(format!("gives `{key}` an array of the unknown type {other}: it is damaged")),
        };
        if length.checked_mul(size).is_none_or(|bytes| bytes > self.left) {
            return Err(format!("claims {length} items in `{key}`, more than the file holds: it is damaged or truncated"));
        }
        if kind == 8 {
            return if key == "tokenizer.ggml.tokens" { self.tokens(length) } else { self.texts(length) }.map(|()| None);
        }
        if length > MAX_KEPT_ARRAY || matches!(kind, 6 | 12) {
            self.skip(length * size)?;
            return Ok(None);
        }
        let mut numbers = Vec::with_capacity(length as usize);
        for _ in 0..length {
            numbers.push(match self.value(kind, key)? {
                Value::Unsigned(number) => i64::try_from(number).unwrap_or(i64::MAX),
                Value::Signed(number) => number,
                Value::Bool(yes) => i64::from(yes),
                _ => 0,
            });
        }
        Ok(Some(numbers))
    }

    fn texts(&mut self, length: u64) -> Checked<()> {
        for _ in 0..length {
            let bytes = self.u64()?;
            self.skip(bytes)?;
        }
        Ok(())
    }

    /// Texts of tokens: llama.cpp aborts on duplicates. It reads each up to a NUL, and names an empty one by its number.
    fn tokens(&mut self, length: u64) -> Checked<()> {
        let mut seen = HashSet::new();
        for number in 0..length {
            let text = self.text(MAX_TOKEN, "a token")?;
            let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
            let named = if end == 0 { format!("[EMPTY_{number}]").into_bytes() } else { text[..end].to_vec() };
            if !seen.insert(xxh3_64(&named)) {
                return Err(format!("has the token {number} (`{}`) twice: it is damaged", String::from_utf8_lossy(&named)));
            }
            for (mark, is_spelt) in MARKS.iter().zip(&mut self.spelt.marks) {
                *is_spelt |= mark.spelt.iter().any(|spelt| spelt.as_bytes() == text);
            }
            self.spelt.turns.extend(TURN_MARKS.iter().filter(|mark| mark.as_bytes() == text));
            self.spelt.note(&named);
        }
        Ok(())
    }

    fn tensor(&mut self) -> Checked<Tensor> {
        let name = self.name("a tensor name")?;
        if name.len() > 63 {
            return Err("has a tensor name of more than 63 bytes: it is damaged".into());
        }
        let dimensions = self.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(format!("gives the tensor `{name}` {dimensions} dimensions: it is damaged"));
        }
        let mut shape = vec![];
        for _ in 0..dimensions {
            shape.push(self.u64()?);
        }
        Ok(Tensor { name, shape, kind: self.u32()?, offset: self.u64()? })
    }
}

impl Spelt {
    fn note(&mut self, text: &[u8]) {
        let hex = text.strip_prefix(b"<0x").and_then(|rest| rest.strip_suffix(b">")).filter(|digits| digits.len() == 2);
        let hex = hex.and_then(|digits| std::str::from_utf8(digits).ok()).filter(|digits| *digits == digits.to_ascii_uppercase());
        self.bytes.extend(hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()));
        if let [byte] = text {
            self.bytes.insert(*byte);
        }
        let (first, length) = first_byte(text);
        self.begins.insert(first);
        if length == text.len() {
            self.alone.insert(first);
        }
    }
}

/// The first byte of a text with backslash escapes, and its length as written.
fn first_byte(text: &[u8]) -> (u8, usize) {
    match text {
        [b'\\', b't', ..] => (b'\t', 2),
        [b'\\', b'n', ..] => (b'\n', 2),
        [b'\\', b'r', ..] => (b'\r', 2),
        [b'\\', b'x', high, low, ..] => {
            let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
            (digit(*high) << 4 | digit(*low), 4)
        }
        [b'\\', other, ..] => (*other, 2),
        [first, ..] => (*first, 1),
        [] => (0, 0),
    }
}
