//! The tape of a session for `serve --record`: what editor, server and models said to each other, one JSON object per line. Written by its
//! own thread, so nobody waits for the disk. A tape that cannot be written is given up with one line in the log.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::report::{self, Level};

/// Format of the lines.
pub const VERSION: u64 = 1;
/// How long lines may wait before they are written to disk.
const FLUSH: Duration = Duration::from_millis(200);

/// Takes lines. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tape {
    lines: Sender<Line>,
}

enum Line {
    Entry {
        at: Instant,
        entry: Value,
    },
    /// The count of a text, written only when it is new.
    Count {
        hash: u64,
        tokens: usize,
    },
    Finish(std::sync::mpsc::SyncSender<()>),
}

impl Tape {
    /// Creates a file, which must not exist. `hide` removes from every entry what must not be recorded.
    pub fn create(path: &Path, hide: impl FnMut(Value) -> Value + Send + 'static) -> io::Result<Tape> {
        let file = private().open(path)?;
        let (lines, incoming) = channel();
        std::thread::Builder::new().name("tape".into()).spawn(move || {
            if let Err(error) = write(BufWriter::new(file), incoming, hide) {
                report::log(Level::Error, format_args!("the recording ends here: {error}"));
            }
        })?;
        Ok(Tape { lines })
    }

    /// Writes an entry with the current time.
    pub fn write(&self, entry: Value) {
        let _ = self.lines.send(Line::Entry { at: Instant::now(), entry });
    }

    /// Writes the count of the text with this hash, once.
    pub fn count(&self, hash: u64, tokens: usize) {
        let _ = self.lines.send(Line::Count { hash, tokens });
    }

    /// Waits until everything is on disk; false if that failed.
    pub fn finish(&self) -> bool {
        let (done, waits) = sync_channel(1);
        self.lines.send(Line::Finish(done)).is_ok() && waits.recv_timeout(Duration::from_secs(5)).is_ok()
    }
}

/// Readable for this user only, because it contains source code.
fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write(mut output: impl Write, incoming: Receiver<Line>, mut hide: impl FnMut(Value) -> Value) -> io::Result<()> {
    let started = Instant::now();
    let mut counted = HashSet::new();
    let mut line = |output: &mut dyn Write, at: Instant, entry: Value| {
        let mut timed = json!({ "ms": at.saturating_duration_since(started).as_millis() as u64 });
        if let (Value::Object(timed), Value::Object(entry)) = (&mut timed, hide(entry)) {
            timed.extend(entry);
        }
        writeln!(output, "{timed}")
    };
    loop {
        match incoming.recv_timeout(FLUSH) {
            Ok(Line::Entry { at, entry }) => line(&mut output, at, entry)?,
            Ok(Line::Count { hash, tokens }) if counted.insert((hash, tokens)) => {
                line(&mut output, Instant::now(), json!({ "counted": format!("{hash:016x}"), "tokens": tokens }))?;
            }
            Ok(Line::Count { .. }) => {}
            Ok(Line::Finish(done)) => {
                output.flush()?;
                let _ = done.send(());
            }
            Err(RecvTimeoutError::Timeout) => output.flush()?,
            Err(RecvTimeoutError::Disconnected) => return output.flush(),
        }
    }
}
