//! Server-sent events, decoded as bytes arrive: any line ending, comments, multiple data lines, a byte order mark, limited line lengths.

/// A complete item of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The data of an event; `event` is its name, empty by default.
    Data { event: String, data: String },
    /// A comment: a keep-alive.
    Comment,
}

/// Why a stream cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A line is longer than the limit, in bytes.
    TooLong(usize),
    NotUtf8,
}

/// The decoder for server-sent events.
#[derive(Debug)]
pub struct Sse {
    line: Vec<u8>,
    after_cr: bool,
    first: bool,
    event: String,
    data: Option<String>,
    cap: usize,
}

impl Sse {
    /// `cap`: maximum bytes of a line, and of an event.
    pub fn new(cap: usize) -> Self {
        Self { line: vec![], after_cr: false, first: true, event: String::new(), data: None, cap }
    }

    /// Takes bytes; returns the items they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, Broken> {
        let mut frames = vec![];
        for byte in bytes {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    self.end_line(&mut frames)?;
                }
                byte => {
                    self.after_cr = false;
                    if self.line.len() >= self.cap {
                        return Err(Broken::TooLong(self.cap));
                    }
                    self.line.push(*byte);
                }
            }
        }
        Ok(frames)
    }

    /// The stream ended: an event without its final empty line still counts.
    pub fn finish(&mut self) -> Result<Vec<Frame>, Broken> {
        let mut frames = vec![];
        if !self.line.is_empty() {
            self.end_line(&mut frames)?;
        }
        self.dispatch(&mut frames);
        Ok(frames)
    }

    fn end_line(&mut self, frames: &mut Vec<Frame>) -> Result<(), Broken> {
        let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| Broken::NotUtf8)?;
        let line = if std::mem::take(&mut self.first) { line.trim_start_matches('\u{feff}') } else { &line };
        if line.is_empty() {
            self.dispatch(frames);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => frames.push(Frame::Comment),
            "event" => self.event = value.into(),
            // Old versions of llama-server have their own field for errors.
            "error" => frames.push(Frame::Data { event: "error".into(), data: value.into() }),
            "data" => match &mut self.data {
                None => self.data = Some(value.into()),
                Some(data) if data.len() + value.len() > self.cap => return Err(Broken::TooLong(self.cap)),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        let event = std::mem::take(&mut self.event);
        if let Some(data) = self.data.take() {
            frames.push(Frame::Data { event, data });
        }
    }
}
