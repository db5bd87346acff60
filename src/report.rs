//! What happens when something that cannot be, is: `bug!` panics in tests and is recorded once in production.
//! Also the log: lines to standard error (or a file), with secrets masked. Prompts and keys never reach it.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};

/// Call sites that have reported already: one exemplar per site is enough.
static SEEN: LazyLock<Mutex<HashSet<(&'static str, u32)>>> = LazyLock::new(Default::default);

/// Records an impossible state. Panics under `LONGSIGHT_STRICT=1` (the test suite sets it), logs once per call site otherwise.
#[macro_export]
macro_rules! bug {
    ($($arg:tt)*) => { $crate::report::bug(file!(), line!(), &format!($($arg)*)) };
}

/// See [`bug!`].
pub fn bug(file: &'static str, line: u32, message: &str) {
    if std::env::var_os("LONGSIGHT_STRICT").is_some() {
        panic!("bug at {file}:{line}: {message}");
    }
    let first = SEEN.lock().map(|mut seen| seen.insert((file, line))).unwrap_or(false);
    if first {
        log("bug", format_args!("{file}:{line}: {message}"));
    }
}

/// Whether only warnings and errors are written.
static ONLY_PROBLEMS: AtomicBool = AtomicBool::new(false);

/// From now on only what is wrong is written to the log.
pub fn only_problems() {
    ONLY_PROBLEMS.store(true, Ordering::Relaxed);
}

/// Writes one line to the log. A full or closed standard error is not an error.
pub fn log(level: &str, message: impl Display) {
    use std::io::Write;
    if ONLY_PROBLEMS.load(Ordering::Relaxed) && matches!(level, "info" | "route") {
        return;
    }
    let line = format!("longsight[{}] {level}: {message}\n", std::process::id());
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
