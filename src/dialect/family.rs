//! How models of other families are asked to fill a hole: the control tokens around prefix and suffix, chosen by the model's name. For
//! servers that take prompts as text.

use super::Fim;
use super::pieces::{self, Prompt};

/// What a family of models writes around a hole.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Lower-case parts of its models' names, and of the names of similar models that cannot fill holes.
    names: &'static [&'static str],
    others: &'static [&'static str],
    before: &'static str,
    behind: &'static str,
    /// Follows both; empty if the second part ends the prompt.
    end: &'static str,
    /// The suffix comes first.
    reversed: bool,
    /// Texts with which its models end a fill.
    pub ends: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        names: &["starcoder", "santacoder", "stable-code", "granite-code", "granite-3b-code", "granite-8b-code", "granite-20b-code"],
        others: &["starchat"],
        before: "<fim_prefix>",
        behind: "<fim_suffix>",
        end: "<fim_middle>",
        reversed: false,
        ends: &["<|endoftext|>", "<file_sep>"],
    },
    Family {
        names: &["codellama", "code-llama", "code_llama"],
        others: &["34b", "70b", "python"],
        before: "<PRE> ",
        behind: " <SUF>",
        end: " <MID>",
        reversed: false,
        ends: &["<EOT>", "</s>"],
    },
    Family {
        names: &["deepseek-coder", "deepseek_coder", "deepseekcoder"],
        others: &[],
        before: "<｜fim▁begin｜>",
        behind: "<｜fim▁hole｜>",
        end: "<｜fim▁end｜>",
        reversed: false,
        ends: &["<｜end▁of▁sentence｜>", "<|EOT|>"],
    },
    Family {
        names: &["codestral"],
        others: &["mamba", "embed"],
        before: "[PREFIX]",
        behind: "[SUFFIX]",
        end: "",
        reversed: true,
        ends: &["</s>"],
    },
    Family {
        names: &["codegemma"],
        others: &["-it"],
        before: "<|fim_prefix|>",
        behind: "<|fim_suffix|>",
        end: "<|fim_middle|>",
        reversed: false,
        ends: &["<|file_separator|>", "<eos>"],
    },
];

impl Family {
    /// The family of a model by its name; none if it is unknown how that model fills holes.
    pub fn of(model: &str) -> Option<&'static Self> {
        let name = model.to_lowercase();
        let named = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        FAMILIES.iter().find(|family| named(family.names) && !named(family.others))
    }

    /// The prompt that asks to fill a hole, preceded by other files under comments with their names.
    pub fn prompt(&self, fim: &Fim) -> String {
        let before = pieces::before_hole(fim);
        let mut sides = [(self.before, self.spelt(&before)), (self.behind, self.spelt(&fim.suffix))];
        if self.reversed {
            sides.reverse();
        }
        let mut prompt = Prompt::default();
        for (token, text) in sides {
            prompt.special(token).text(text);
        }
        if !self.end.is_empty() {
            prompt.special(self.end);
        }
        pieces::text(&prompt.into_pieces(), pieces::fim_text)
    }

    /// A text with control tokens broken up: this family's and those of any other model, since a name is no proof.
    fn spelt(&self, text: &str) -> String {
        let own = [self.before, self.behind, self.end].into_iter().chain(self.ends.iter().copied()).map(str::trim);
        let own = own.filter(|token| !token.is_empty() && pieces::tokens_of_any(token).next().is_none());
        own.fold(pieces::neutral_for_any(text), |text, token| text.replace(token, &format!("{} {}", &token[..1], &token[1..])))
    }
}
