//! The body of an answer as frames. Its first bytes determine the format; times and sizes are limited.

use std::collections::VecDeque;
use std::time::Instant;

use super::limits::Limits;
use super::ndjson::Ndjson;
use super::sse::{Broken, Frame, Sse};
use super::wire::{TimeLimits, one_line};
use crate::engine::{EngineError, ErrorKind};
use crate::web;

/// What the API streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Sse,
    Ndjson,
}

enum Decoder {
    /// Only white space so far.
    Unknown,
    Sse(Sse),
    Ndjson(Ndjson),
    /// One JSON document: the server does not stream.
    Whole(Vec<u8>),
}

/// An answer that is being read.
pub struct Reply {
    name: String,
    answer: web::Answer,
    wanted: Format,
    decoder: Decoder,
    frames: VecDeque<Frame>,
    times: TimeLimits,
    limits: Limits,
    received: usize,
    /// The last sign of life. The head of the response counts as the first, unless the user is typing.
    heard: Option<Instant>,
    /// The answer itself has begun; before that there were only keep-alives while the prompt was read.
    begun: bool,
    /// The first bytes of a body in which no answer has been found yet.
    unread: Option<Vec<u8>>,
    ended: bool,
}

/// Bytes shown to the user of a body that is not an answer.
const SHOWN_ANSWER_BYTES: usize = 120;

impl Reply {
    /// A reader for the body of `answer`, expected in a certain format.
    pub(super) fn new(name: String, answer: web::Answer, wanted: Format, times: TimeLimits, limits: &Limits) -> Self {
        Self {
            name,
            answer,
            wanted,
            decoder: Decoder::Unknown,
            frames: VecDeque::new(),
            times,
            limits: limits.clone(),
            received: 0,
            heard: (!times.typing).then(Instant::now),
            begun: false,
            unread: Some(vec![]),
            ended: false,
        }
    }

    /// The next frame; `None` at the regular end of the body.
    pub async fn next(&mut self) -> Result<Option<Frame>, EngineError> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Some(frame));
            }
            if self.ended {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), EngineError> {
        let total = self.times.started + self.times.total;
        let first = self.times.started + self.times.first;
        let due = match self.heard {
            None => first,
            Some(last) if self.begun => last + self.times.idle,
            // A keep-alive extends the time limit, and never shortens what a long prompt was given.
            Some(last) => first.max(last + self.limits.ping),
        };
        let deadline = due.min(total);
        let chunk = tokio::time::timeout_at(deadline.into(), self.answer.piece()).await;
        let chunk = chunk.map_err(|_| self.timed_out(deadline == total))?;
        let chunk = chunk.map_err(|failure| {
            EngineError::broken_off(format!("{}: the connection broke inside the answer ({}); try again", self.name, failure.cause))
        })?;
        let Some(chunk) = chunk else {
            self.ended = true;
            return self.finish();
        };
        self.received += chunk.len();
        if let Some(unread) = &mut self.unread {
            unread.extend_from_slice(&chunk[..chunk.len().min(SHOWN_ANSWER_BYTES - unread.len())]);
        }
        if self.received > self.limits.body {
            let message = format!("{}: the answer is over {} MiB and was cut off", self.name, self.limits.body >> 20);
            return Err(EngineError::new(ErrorKind::Protocol, message));
        }
        self.decode(&chunk)
    }

    fn timed_out(&self, total: bool) -> EngineError {
        let spent = self.times.started.elapsed().as_secs();
        let message = match (total, self.begun) {
            (true, _) => format!("{}: the answer was not complete after {spent} s and was given up", self.name),
            (false, false) => format!("{} has not begun to answer after {spent} s; is it loading a model, or overloaded?", self.name),
            (false, true) => {
                let silence = self.heard.map_or(0, |last| last.elapsed().as_secs());
                format!(
                    "{} has sent nothing for {silence} s in the middle of an answer, which was given up; try again, or look at the server's log",
                    self.name
                )
            }
        };
        // Silence loses the answer like a broken connection. An answer that takes too long would do so again.
        EngineError { broke_off: self.begun && !total, ..EngineError::new(ErrorKind::TimedOut, message) }
    }

    fn decode(&mut self, chunk: &[u8]) -> Result<(), EngineError> {
        if matches!(self.decoder, Decoder::Unknown) {
            let Some(first) = chunk.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                // Servers keep a connection alive with empty lines.
                self.heard = Some(Instant::now());
                return Ok(());
            };
            self.decoder = self.sniff(*first)?;
        }
        let decoded = match &mut self.decoder {
            Decoder::Sse(sse) => sse.push(chunk),
            Decoder::Ndjson(ndjson) => ndjson.push(chunk),
            Decoder::Whole(body) => {
                body.extend_from_slice(chunk);
                (self.heard, self.begun) = (Some(Instant::now()), true);
                return Ok(());
            }
            Decoder::Unknown => Ok(vec![]),
        };
        let frames = decoded.map_err(|broken| self.broken(broken))?;
        if !frames.is_empty() {
            self.heard = Some(Instant::now());
            self.unread = None;
        }
        self.begun |= frames.iter().any(|frame| matches!(frame, Frame::Data { .. }));
        self.frames.extend(frames);
        Ok(())
    }

    fn sniff(&self, first: u8) -> Result<Decoder, EngineError> {
        let malformed = |what: &str| Err(EngineError::new(ErrorKind::Protocol, format!("{} {what}", self.name)));
        match (first, self.wanted) {
            (b'<', _) => malformed("answered with a web page in place of an API answer; check `base_url`"),
            (b'{' | b'[', Format::Ndjson) => Ok(Decoder::Ndjson(Ndjson::new(self.limits.line))),
            (b'{' | b'[', Format::Sse) => Ok(Decoder::Whole(vec![])),
            (_, Format::Ndjson) => malformed("does not speak Ollama's API; is it an OpenAI-compatible server (kind = \"openai\")?"),
            (_, Format::Sse) => Ok(Decoder::Sse(Sse::new(self.limits.line))),
        }
    }

    fn broken(&self, broken: Broken) -> EngineError {
        let what = match broken {
            Broken::TooLong(cap) => format!("sent a line of more than {cap} bytes"),
            Broken::NotUtf8 => "sent text that is not UTF-8".into(),
        };
        EngineError::new(ErrorKind::Protocol, format!("{} {what}; the answer was given up", self.name))
    }

    fn finish(&mut self) -> Result<(), EngineError> {
        let frames = match &mut self.decoder {
            Decoder::Unknown => Ok(vec![]),
            Decoder::Sse(sse) => sse.finish(),
            Decoder::Ndjson(ndjson) => ndjson.finish(),
            Decoder::Whole(body) => match String::from_utf8(std::mem::take(body)) {
                Ok(data) => Ok(vec![Frame::Data { event: String::new(), data }]),
                Err(_) => Err(Broken::NotUtf8),
            },
        };
        let frames = frames.map_err(|broken| self.broken(broken))?;
        if frames.is_empty()
            && let Some(unread) = self.unread.take()
        {
            return Err(self.no_answer(&unread));
        }
        self.frames.extend(frames);
        Ok(())
    }

    /// The error for a whole body that contains no answer.
    fn no_answer(&self, body: &[u8]) -> EngineError {
        let said = one_line(&String::from_utf8_lossy(body));
        if said.is_empty() {
            let message = format!("{} answered with nothing; try again, or look at the server's log", self.name);
            return EngineError::new(ErrorKind::Unavailable, message);
        }
        let message = format!("{} answered \"{said}\" in place of an API answer; check `base_url`, or look at the server's log", self.name);
        EngineError::new(ErrorKind::Protocol, message)
    }
}
