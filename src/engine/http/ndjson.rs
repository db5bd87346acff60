//! JSON documents, one per line, decoded as bytes arrive.

use super::sse::{Broken, Frame};

/// The decoder for JSON lines.
#[derive(Debug)]
pub struct Ndjson {
    line: Vec<u8>,
    cap: usize,
}

impl Ndjson {
    /// `cap`: maximum bytes of a line.
    pub fn new(cap: usize) -> Self {
        Self { line: vec![], cap }
    }

    /// Takes bytes; returns the documents they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, Broken> {
        let mut frames = vec![];
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + part.len() > self.cap {
                return Err(Broken::TooLong(self.cap));
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                frames.extend(self.finish()?);
            }
        }
        Ok(frames)
    }

    /// The stream ended: text after the last line end is a document too.
    pub fn finish(&mut self) -> Result<Vec<Frame>, Broken> {
        let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| Broken::NotUtf8)?;
        let data = line.trim();
        match data.is_empty() {
            true => Ok(vec![]),
            false => Ok(vec![Frame::Data { event: String::new(), data: data.into() }]),
        }
    }
}
