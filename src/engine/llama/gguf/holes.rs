//! Whether a model has tokens for holes: by the numbers that its file gives them, or by how a token is spelt. So llama.cpp finds them when it
//! loads the model, and so it is known before.

use super::Header;

/// How the token of one place is known: by the keys of its number, the second of older files, or by how it is spelt.
pub(super) struct Mark {
    keys: [&'static str; 2],
    pub(super) spelt: &'static [&'static str],
}

/// What stands before a hole, what stands behind it, and the hole.
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
    /// Whether holes can be filled, as far as the tokens go.
    pub fn has_fim(&self) -> bool {
        let tokens = self.vocabulary();
        let is_numbered = |mark: &Mark| {
            let ids = mark.keys.iter().filter_map(|key| self.number(&format!("tokenizer.ggml.{key}_token_id")));
            ids.into_iter().any(|id| id < tokens)
        };
        MARKS.iter().zip(self.spelt.marks).all(|(mark, is_spelt)| is_spelt || is_numbered(mark))
    }
}
