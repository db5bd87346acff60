//! What must hold of everything that reads foreign bytes, whatever the bytes are: one function per parser. libFuzzer calls them with
//! inputs that it finds (`make fuzz`), the test suite with the kept corpus and with mutants of it (`tests/mutants.rs`).

pub mod dialects;
pub mod files;
pub mod source;
pub mod texts;
pub mod wires;

/// A check of one input; it panics where something does not hold.
pub type Check = fn(&[u8]);

/// Every target with its check. `fuzz_targets/NAME.rs` and `corpus/NAME/` go with each.
pub const TARGETS: &[(&str, Check)] = &[
    ("deepseek", dialects::deepseek),
    ("llama4", dialects::llama4),
    ("hermes", dialects::hermes),
    ("native", dialects::native),
    ("render", dialects::render),
    ("stream", wires::stream),
    ("frames", wires::frames),
    ("gguf", files::gguf),
    ("config", files::config),
    ("cache", files::cache),
    ("query", files::query),
    ("edits", texts::edits),
    ("anchor", texts::anchor),
    ("answer", texts::answer),
    ("secrets", texts::secrets),
];
