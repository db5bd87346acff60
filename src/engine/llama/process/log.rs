//! llama.cpp's messages: warnings and errors go to our log, the chatter of loading does not.

use std::cell::RefCell;
use std::fmt::Debug;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Level, Metadata, Subscriber, dispatcher};

use crate::engine::llama::place;
use crate::report;

thread_local! {
    /// The errors of this thread, while somebody is listening.
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Runs llama.cpp work on this thread. Returns its result, and the reason llama.cpp gave for a failure, if any.
pub fn hearing<T>(work: impl FnOnce() -> T) -> (T, Option<String>) {
    HEARD.set(Some(vec![]));
    let done = work();
    (done, HEARD.take().and_then(|errors| reason(&errors)))
}

/// The first error says what is wrong, after its context; the others say only what failed with it.
fn reason(errors: &[String]) -> Option<String> {
    let first = errors.first()?;
    let behind = ["error loading model: ", "error loading model hyperparameters: ", "error loading model vocabulary: "];
    let reason = behind.iter().fold(first.as_str(), |reason, doing| reason.split_once(doing).map_or(reason, |(_, rest)| rest));
    let line: String =
        reason.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(MAX_REASON_LETTERS).collect();
    (!line.is_empty()).then_some(line)
}

/// Maximum characters of a reason that are shown; it contains names from the file.
const MAX_REASON_LETTERS: usize = 200;

/// Bytes at which the log file is started over.
pub const LIMIT: u64 = 4 << 20;

/// Sends llama.cpp's messages through our log from now on.
pub fn listen() {
    // Already set by a test, or by a second engine in one process; then it is this one.
    let _ = dispatcher::set_global_default(Dispatch::new(Problems));
    llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default());
}

/// Empties the log file if it is large. It is open for appending, so writing continues at its beginning.
pub fn trim() {
    let Some(path) = place::log_file() else { return };
    if std::fs::metadata(&path).is_ok_and(|found| found.len() > LIMIT) {
        let _ = std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(0));
    }
}

/// Passes on warnings and errors.
struct Problems;

impl Subscriber for Problems {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        // The binding's own remarks on how llama.cpp splits lines name no module.
        if !self.enabled(event.metadata()) || words.module.is_empty() {
            return;
        }
        let is_error = *event.metadata().level() == Level::ERROR;
        if is_error {
            HEARD.with_borrow_mut(|heard| heard.iter_mut().for_each(|errors| errors.push(words.message.trim().into())));
        }
        let level = if is_error { report::Level::Error } else { report::Level::Warning };
        report::log(level, format_args!("{}: {}", words.module, words.message.trim()));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The two fields of a message.
#[derive(Default)]
struct Words {
    message: String,
    module: String,
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = value.into(),
            "module" => self.module = value.into(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
