//! What happens when something impossible happens: `bug!` panics in tests and is logged once in production. Also the log: lines to standard
//! error (or a file), with secrets masked. Prompts and keys never reach it.

use std::fmt::Display;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::redact;

/// Records an impossible state. Panics in a strict process, logs once per call site otherwise.
#[macro_export]
macro_rules! bug {
    ($($arg:tt)*) => {{
        static TOLD: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
        $crate::report::bug(&TOLD, file!(), line!(), &format!($($arg)*))
    }};
}

/// The function behind [`bug!`]; `told` is the call site's own flag: whether this bug was reported already.
pub fn bug(told: &AtomicBool, file: &'static str, line: u32, message: &str) {
    #[expect(clippy::panic, reason = "tests ask for it")]
    if is_strict() {
        panic!("bug at {file}:{line}: {message}");
    }
    if !told.swap(true, Ordering::Relaxed) {
        log(Level::Bug, format_args!("{file}:{line}: {message}"));
    }
}

static STRICT: AtomicBool = AtomicBool::new(false);

/// From now on, impossible states panic in this process, and expensive checks run. For tests.
pub fn be_strict() {
    STRICT.store(true, Ordering::Relaxed);
}

/// Whether [`be_strict`] was called, or `LONGSIGHT_STRICT=1` is set.
pub fn is_strict() -> bool {
    static ASKED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LONGSIGHT_STRICT").is_some());
    *ASKED || STRICT.load(Ordering::Relaxed)
}

/// Whether only warnings and errors are written.
static ONLY_PROBLEMS: AtomicBool = AtomicBool::new(false);

/// From now on only warnings and errors are logged.
pub fn only_problems() {
    ONLY_PROBLEMS.store(true, Ordering::Relaxed);
}

/// What a line of the log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something impossible has happened.
    Bug,
    Error,
    Warning,
    Info,
    /// Which engine was asked, and why.
    Route,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Bug => "bug",
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Route => "route",
        }
    }
}

/// Writes one line to the log. A full or closed standard error is ignored.
pub fn log(level: Level, message: impl Display) {
    use std::io::Write;
    if ONLY_PROBLEMS.load(Ordering::Relaxed) && matches!(level, Level::Info | Level::Route) {
        return;
    }
    let message = harmless(&redact::mask(&message.to_string()));
    let line = format!("longsight[{}] {}: {message}\n", std::process::id(), level.name());
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// A line for a terminal: control characters are escaped as numbers, since file names and server messages get into the log.
fn harmless(text: &str) -> String {
    let is_obeyed = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    let turns = |letter| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_obeyed(letter) || turns(letter) {
            shown.push_str(&format!("<U+{:04X}>", letter as u32));
        } else {
            shown.push(letter);
        }
    }
    shown
}
