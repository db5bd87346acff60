//! Frames in and out. Reading survives whatever a client or a wrapper script writes: a bad frame is reported, and reading resumes at the
//! next header. Writing has one owner and a bounded queue, from which progress is dropped first.

use std::collections::VecDeque;
use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::engine::tape::Tape;
use crate::report::{self, Level};

/// Longer bodies, in bytes, are skipped and not stored.
pub const MAX_FRAME: u64 = 64 << 20;
/// A longer header line, in bytes, is noise.
const MAX_HEADER_LINE: usize = 8 << 10;
/// The longest tail of broken bytes in which a header may have begun.
const KEPT_TAIL: usize = 64;
/// Bytes waiting for a client that does not read. Above the first limit progress messages are dropped; above the second the server ends.
const DROP_ABOVE_BYTES: usize = 4 << 20;
const LEAVE_ABOVE_BYTES: usize = 256 << 20;
/// A client that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A header in a form that cannot occur inside JSON: strings there have no raw line break, and nothing else spells it. If it appears inside
/// a body, the body's length was wrong, and the next frame has begun.
#[expect(clippy::expect_used, reason = "a constant pattern, which every message needs")]
static HEADER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i-u)content-length[ \t]*:[ \t]*[0-9]+[ \t]*\r?\n").expect("a constant pattern"));

/// What came in.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// A body, not parsed yet.
    Body(Vec<u8>),
    /// No frame; the reason, for an answer with a null id.
    Bad(String),
}

/// What was read where a header line was expected.
enum Line {
    /// The input has ended.
    End,
    /// A line too long to be a header; its end is kept, since the next header may have begun in it.
    TooLong,
    Text(Vec<u8>),
}

/// Reads frames. Its state is kept here, so a call may be dropped and made again.
pub struct FrameReader<R> {
    input: R,
    buffer: Vec<u8>,
    /// Bytes of an oversized body that are still to come.
    skip: u64,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// A reader at the start of its input.
    pub fn new(input: R) -> Self {
        Self { input, buffer: vec![], skip: 0 }
    }

    /// The next frame; `None` at the end of the input.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        if self.skip > 0 && !self.skip_oversized().await? {
            return Ok(None);
        }
        let length = match self.header().await? {
            None => return Ok(None),
            Some(Err(reason)) => return Ok(Some(Frame::Bad(reason))),
            Some(Ok(length)) => length,
        };
        if length > MAX_FRAME {
            self.skip = length;
            return Ok(Some(Frame::Bad(format!("a message of {length} bytes is over the limit of {MAX_FRAME} and was skipped"))));
        }
        self.body(length as usize).await
    }

    /// Puts back the end of a body that was not JSON, since the next header may have begun in it.
    pub fn reject(&mut self, body: &[u8]) {
        let tail = &body[body.len().saturating_sub(KEPT_TAIL)..];
        self.buffer.splice(0..0, tail.iter().copied());
    }

    /// Reads header lines up to the empty one. Noise before or between headers is skipped, with one line in the log.
    async fn header(&mut self) -> io::Result<Option<Result<u64, String>>> {
        let (mut length, mut headers, mut noise) = (None, false, false);
        loop {
            let line = match self.line().await? {
                Line::End => return Ok(None),
                Line::TooLong => {
                    noise = true;
                    continue;
                }
                Line::Text(line) => line,
            };
            let line = String::from_utf8_lossy(&line).to_ascii_lowercase();
            if let Some(at) = line.rfind("content-length") {
                noise |= at > 0;
                let value = line[at..].split_once(':').map(|(_, value)| value.trim()).unwrap_or_default();
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let Some(number) = value.parse().ok().filter(|_| digits) else {
                    return Ok(Some(Err(format!("`Content-Length: {value}` is not a length"))));
                };
                if length.is_some_and(|before| before != number) {
                    return Ok(Some(Err("two different Content-Length headers".into())));
                }
                length = Some(number);
                continue;
            }
            if !line.is_empty() {
                let name = line.split_once(':').map(|(name, _)| name);
                let header = name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
                headers |= header;
                noise |= !header;
                continue;
            }
            if noise {
                report::log(Level::Warning, "skipped input that is not a message");
                noise = false;
            }
            match length {
                Some(length) => return Ok(Some(Ok(length))),
                None if headers => return Ok(Some(Err("a header without Content-Length".into()))),
                None => {}
            }
        }
    }

    /// A line without its line end.
    async fn line(&mut self) -> io::Result<Line> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.buffer[looked..].iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..looked + end + 1).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Line::Text(line));
            }
            if self.buffer.len() > MAX_HEADER_LINE {
                self.buffer.drain(..self.buffer.len() - KEPT_TAIL);
                return Ok(Line::TooLong);
            }
            looked = self.buffer.len();
            if !self.fill().await? {
                return Ok(Line::End);
            }
        }
    }

    async fn body(&mut self, length: usize) -> io::Result<Option<Frame>> {
        let mut looked = 0;
        loop {
            let have = self.buffer.len().min(length);
            let from = looked.min(have);
            if let Some(found) = HEADER.find(&self.buffer[from..have]) {
                self.buffer.drain(..from + found.start());
                return Ok(Some(Frame::Bad("a message is shorter than its Content-Length".into())));
            }
            if have == length {
                return Ok(Some(Frame::Body(self.buffer.drain(..length).collect())));
            }
            looked = have.saturating_sub(KEPT_TAIL);
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Skips the rest of an oversized body, or everything up to the next header. False at the end of the input.
    async fn skip_oversized(&mut self) -> io::Result<bool> {
        loop {
            let have = (self.buffer.len() as u64).min(self.skip) as usize;
            if let Some(found) = HEADER.find(&self.buffer[..have]) {
                self.buffer.drain(..found.start());
                self.skip = 0;
                return Ok(true);
            }
            if have as u64 == self.skip {
                self.buffer.drain(..have);
                self.skip = 0;
                return Ok(true);
            }
            let gone = have.saturating_sub(KEPT_TAIL);
            self.buffer.drain(..gone);
            self.skip -= gone as u64;
            if !self.fill().await? {
                return Ok(false);
            }
        }
    }

    /// Reads what is available, at most 64 KiB. False at the end of the input.
    async fn fill(&mut self) -> io::Result<bool> {
        self.buffer.reserve(64 << 10);
        Ok((&mut self.input).take(64 << 10).read_buf(&mut self.buffer).await? > 0)
    }
}

/// A queue to the client, and the writer that empties it.
pub fn outbox(tape: Option<Tape>) -> (Outbox, Writer) {
    let (sender, incoming) = mpsc::unbounded_channel();
    (Outbox { sender, tape }, Writer { incoming, waiting: VecDeque::new(), bytes: 0, closed: false })
}

/// Messages to the client. Cheap to clone; adding one never waits.
#[derive(Clone)]
pub struct Outbox {
    sender: mpsc::UnboundedSender<QueueItem>,
    tape: Option<Tape>,
}

/// An item of the queue.
enum QueueItem {
    Message(Vec<u8>, Importance),
    /// Nothing is added any more; the writer ends once the rest is written.
    Close,
}

/// Whether a message may be dropped if the client does not keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Answers, requests, edits, ends of progress.
    Essential,
    /// Progress and streamed pieces: the final answer contains everything.
    Droppable,
}

impl Outbox {
    /// Adds a message; never waits.
    pub fn push(&self, message: &Value, importance: Importance) {
        if let Some(tape) = &self.tape {
            tape.write(json!({ "from": "server", "message": message }));
        }
        // If the writer has ended, messages are not kept, because nothing would send them.
        let _ = self.sender.send(QueueItem::Message(message.to_string().into_bytes(), importance));
    }

    /// Lets the writer finish.
    pub fn close(&self) {
        let _ = self.sender.send(QueueItem::Close);
    }
}

/// The owner of the queue. Drops progress while the client does not keep up, and gives up on a client that takes nothing.
pub struct Writer {
    incoming: mpsc::UnboundedReceiver<QueueItem>,
    waiting: VecDeque<(Vec<u8>, Importance)>,
    bytes: usize,
    closed: bool,
}

impl Writer {
    /// Writes until the outbox is closed and empty. An error means that the client is gone or accepts nothing any more.
    pub async fn run(mut self, mut output: impl AsyncWrite + Unpin) -> io::Result<()> {
        loop {
            while let Ok(item) = self.incoming.try_recv() {
                self.put(item)?;
            }
            let Some((bytes, _)) = self.waiting.pop_front() else {
                if self.closed {
                    return Ok(());
                }
                let Some(item) = self.incoming.recv().await else { return Ok(()) };
                self.put(item)?;
                continue;
            };
            self.bytes -= bytes.len();
            let frame = async {
                output.write_all(format!("Content-Length: {}\r\n\r\n", bytes.len()).as_bytes()).await?;
                output.write_all(&bytes).await?;
                output.flush().await
            };
            let mut frame = std::pin::pin!(tokio::time::timeout(WRITE_TIMEOUT, frame));
            let stalled = |_| io::Error::new(io::ErrorKind::TimedOut, "the client has not read a message to its end within 30 seconds");
            loop {
                tokio::select! {
                    biased;
                    written = &mut frame => break written.map_err(stalled)??,
                    Some(item) = self.incoming.recv() => self.put(item)?,
                }
            }
        }
    }

    fn put(&mut self, item: QueueItem) -> io::Result<()> {
        match item {
            QueueItem::Close => self.closed = true,
            QueueItem::Message(..) if self.closed => {}
            QueueItem::Message(bytes, importance) => {
                self.bytes += bytes.len();
                self.waiting.push_back((bytes, importance));
            }
        }
        while self.bytes > DROP_ABOVE_BYTES {
            let Some(oldest) = self.waiting.iter().position(|(_, importance)| *importance == Importance::Droppable) else { break };
            self.bytes -= self.waiting.remove(oldest).map_or(0, |(bytes, _)| bytes.len());
        }
        let over = || io::Error::other("the client does not read what it asked for");
        if self.bytes > LEAVE_ABOVE_BYTES { Err(over()) } else { Ok(()) }
    }
}
