//! Whether a model has FIM tokens: by ids in its file, or by the spelling of tokens. llama.cpp finds them in the same way when it loads the
//! model; this way it is known earlier.

use super::Header;

/// How one of these tokens is found: by the keys of its id (the second for older files), or by its spelling.
pub(super) struct Mark {
    keys: [&'static str; 2],
    pub(super) spelt: &'static [&'static str],
}

/// The tokens before a hole, after it, and at it.
pub(super) const MARKS: [Mark; 3] = [
    Mark {
        keys: ["fim_pre", "prefix"],
        spelt: &["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>"],
    },
    Mark {
        keys: ["fim_suf", "suffix"],
        spelt: &["<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>"],
    },
    Mark {
        keys: ["fim_mid", "middle"],
        spelt: &["<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>"],
    },
];

impl Header {
    /// Whether the model has all tokens to fill holes.
    pub fn has_fim(&self) -> bool {
        let tokens = self.vocabulary();
        let is_numbered = |mark: &Mark| {
            let ids = mark.keys.iter().filter_map(|key| self.number(&format!("tokenizer.ggml.{key}_token_id")));
            ids.into_iter().any(|id| id < tokens)
        };
        MARKS.iter().zip(self.spelt.marks).all(|(mark, is_spelt)| is_spelt || is_numbered(mark))
    }
}
