//! What the user sees while a command works: the answer as it is written, and on a terminal one line about the work and its duration.
//! Programs (`--json`) see none of that. Everything the command line prints goes through here, because file names, and text from models and
//! servers, may contain control sequences.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::features::{AnswerEvent, Sink};
use crate::index::Index;
use crate::text::visible::{hidden, visible};

const TICK: Duration = Duration::from_millis(250);
/// Shorter work is not worth a line.
const SHOWN_AFTER: Duration = Duration::from_millis(600);

/// Prints a line for the user on standard output, whatever that is connected to.
macro_rules! say {
    ($($arg:tt)*) => { $crate::cli::screen::say_line(&format!($($arg)*)) };
}
pub(crate) use say;

/// Prints a line for the user on standard error.
macro_rules! tell {
    ($($arg:tt)*) => { $crate::cli::screen::tell_line(&format!($($arg)*)) };
}
pub(crate) use tell;

/// The function behind [`say!`].
#[expect(clippy::print_stdout, reason = "here alone")]
pub fn say_line(text: &str) {
    println!("{}", harmless(text));
}

/// Prints an answer on standard output: harmless on a terminal, unchanged for a program.
#[expect(clippy::print_stdout, reason = "here alone")]
pub fn print(text: &str) {
    if std::io::stdout().is_terminal() { print!("{}", harmless(text)) } else { print!("{text}") }
}

/// Prints one JSON object; on a terminal with invisible characters as JSON escapes.
pub fn print_json(object: &impl Display) {
    let text = object.to_string();
    let mut shown = String::with_capacity(text.len() + 1);
    let mut from = 0;
    for (at, letter) in hidden(&text).take_while(|_| std::io::stdout().is_terminal()) {
        shown.push_str(&text[from..at]);
        let units = letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        shown.push_str(&units);
        from = at + letter.len_utf8();
    }
    print(&format!("{shown}{}\n", &text[from..]));
}

/// The function behind [`tell!`].
pub fn tell_line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(text));
}

/// A text without anything that a terminal interprets, except lines and tabs.
fn harmless(text: &str) -> String {
    // A lone carriage return would overwrite the line.
    visible(text).split("\r\n").map(|part| part.replace('\r', "<U+000D>")).collect::<Vec<_>>().join("\r\n")
}

/// Draws a line on standard error over the one drawn before.
pub fn redraw(text: &str) {
    let mut error = std::io::stderr();
    let _ = write!(error, "\r\x1b[K{}", fitting(&harmless(text), columns().saturating_sub(1)));
    let _ = error.flush();
}

/// The screen of one command.
pub struct Screen {
    json: bool,
    doing: watch::Sender<String>,
    /// The answer has begun, so the line about the work is no longer drawn.
    writing: Arc<AtomicBool>,
}

impl Screen {
    /// A screen that shows nothing with `json`.
    pub fn new(json: bool) -> Self {
        Self { json, doing: watch::Sender::new("waiting for the model".into()), writing: Arc::default() }
    }

    /// A sink for what happens while an answer is made.
    pub fn sink(&self) -> Sink {
        let (json, doing, writing) = (self.json, self.doing.clone(), self.writing.clone());
        Arc::new(move |event| match event {
            AnswerEvent::Text(text) if !json => {
                if !writing.swap(true, Ordering::Relaxed) {
                    wipe();
                }
                print(&text);
                let _ = std::io::stdout().flush();
            }
            AnswerEvent::Restart if !json && writing.load(Ordering::Relaxed) => print("\n\n(the answer starts over)\n\n"),
            AnswerEvent::Text(_) | AnswerEvent::Reasoning(_) | AnswerEvent::Restart => {}
            AnswerEvent::Progress(stage, percent) => {
                doing.send_replace(match percent {
                    Some(percent) => format!("{stage}, {percent} %"),
                    None => stage,
                });
            }
        })
    }

    /// Draws the line about the work for as long as it is polled.
    pub async fn tick(&self) -> std::convert::Infallible {
        let started = Instant::now();
        loop {
            tokio::time::sleep(TICK).await;
            let quiet = self.json || self.writing.load(Ordering::Relaxed) || started.elapsed() < SHOWN_AFTER;
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

/// Waits until the workspace is indexed; shows the progress if that takes a while.
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
                if started.elapsed() > SHOWN_AFTER {
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
    if can_redraw() {
        let behind = format!(" ({} s)", started.elapsed().as_secs());
        let doing = format!("… {}", harmless(doing).replace('\n', " "));
        let doing = fitting(&doing, columns().saturating_sub(behind.len() + 1));
        let _ = write!(error, "\r\x1b[K\x1b[2m{doing}{behind}\x1b[0m");
    }
}

/// Whether standard error is a terminal on which a line can be drawn over another.
pub fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|name| name != "dumb")
}

/// As much of a line as fits: if a line wraps, only its last row is drawn over.
fn fitting(line: &str, columns: usize) -> String {
    // Most letters of wide scripts are from here on.
    let width = |letter: char| if letter >= '\u{1100}' && letter != '…' { 2 } else { 1 };
    if line.chars().map(width).sum::<usize>() <= columns {
        return line.into();
    }
    let mut used = 1;
    let fits = |letter: &char| {
        used += width(*letter);
        used <= columns
    };
    line.chars().take_while(fits).collect::<String>() + "…"
}

/// Columns of the terminal on standard error; a common width if it does not say.
#[expect(unsafe_code, reason = "the system tells it by no other call")]
fn columns() -> usize {
    use nix::libc;
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the call fills the structure that it is handed, or fails and leaves it alone.
    let outcome = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    if outcome == 0 && size.ws_col > 0 { size.ws_col.into() } else { 80 }
}

fn wipe() {
    let mut error = std::io::stderr();
    if can_redraw() {
        let _ = write!(error, "\r\x1b[K");
    }
}
