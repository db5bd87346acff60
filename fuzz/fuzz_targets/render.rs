//! Conversations in JSON to prompts: no panic, and no control token out of the user's text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longsight::dialect::{Piece, by_name, messages, text_of};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let plain = text_of(&[Piece::Text(text.to_string())]);
    assert!(!plain.contains("<|im_end|>") && !plain.contains("<｜User｜>"));
    let Ok(value) = serde_json::from_slice(data) else { return };
    let Ok(chat) = messages::chat_from_json(&value) else { return };
    for name in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
        let dialect = by_name(name).expect("a known dialect");
        if let Ok(pieces) = dialect.render(&chat) {
            let _ = dialect.text(&pieces);
        }
    }
});
