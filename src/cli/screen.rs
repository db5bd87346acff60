//! What a person sees while a command works: the answer as it is written, and on a terminal one line that says what is being done and
//! for how long. Programs (`--json`) see nothing of it.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::context::fence;
use crate::features::{Piece, Sink};
use crate::index::Index;

const TICK: Duration = Duration::from_millis(250);
/// What takes less than this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(600);

/// A text for standard output: a terminal obeys what it is shown, a program gets the very text.
pub fn shown(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { fence::visible(text).into() } else { text.into() }
}

/// One command's screen.
pub struct Screen {
    json: bool,
    doing: watch::Sender<String>,
    /// The answer has begun: the line about the work is gone for good.
    writing: Arc<AtomicBool>,
}

impl Screen {
    pub fn new(json: bool) -> Self {
        Self { json, doing: watch::Sender::new("waiting for the model".into()), writing: Arc::default() }
    }

    /// Takes what happens while an answer is made.
    pub fn sink(&self) -> Sink {
        let (json, doing, writing) = (self.json, self.doing.clone(), self.writing.clone());
        Arc::new(move |piece| match piece {
            Piece::Text(text) if !json => {
                if !writing.swap(true, Ordering::Relaxed) {
                    wipe();
                }
                print!("{text}");
                let _ = std::io::stdout().flush();
            }
            Piece::Restart if !json && writing.load(Ordering::Relaxed) => print!("\n\n(the answer begins anew)\n\n"),
            Piece::Text(_) | Piece::Reasoning(_) | Piece::Restart => {}
            Piece::Progress(stage, percent) => {
                doing.send_replace(match percent {
                    Some(percent) => format!("{stage}, {percent} %"),
                    None => stage,
                });
            }
        })
    }

    /// Draws the line about the work until it is no longer polled.
    pub async fn tick(&self) -> std::convert::Infallible {
        let started = Instant::now();
        loop {
            tokio::time::sleep(TICK).await;
            let quiet = self.json || self.writing.load(Ordering::Relaxed) || started.elapsed() < PATIENCE;
            if !quiet {
                draw(&self.doing.borrow(), started);
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if !self.json && !self.writing.load(Ordering::Relaxed) {
            wipe();
        }
    }
}

/// Waits until the workspace is indexed; says how far it is when that takes a while.
pub fn wait(index: &Index, json: bool) {
    if json || !std::io::stderr().is_terminal() {
        return index.wait_ready();
    }
    let (started, ready) = (Instant::now(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let progress = index.progress();
            while !ready.load(Ordering::Relaxed) {
                std::thread::sleep(TICK / 5);
                if started.elapsed() > PATIENCE {
                    let now = *progress.borrow();
                    draw(&format!("indexing, {} of {} files", now.done, now.total), started);
                }
            }
        });
        index.wait_ready();
        ready.store(true, Ordering::Relaxed);
    });
    wipe();
}

fn draw(doing: &str, started: Instant) {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let _ = write!(error, "\r\x1b[K\x1b[2m… {doing} ({} s)\x1b[0m", started.elapsed().as_secs());
    }
}

fn wipe() {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let _ = write!(error, "\r\x1b[K");
    }
}
