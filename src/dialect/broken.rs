//! Control tokens in the user's text are broken up before they go to a server. In the model's answer they are restored, so that no string
//! in the user's code changes on the way.

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::{Chat, Fim, pieces};

/// The tokens that were broken in one prompt, and the state of an answer that is being restored.
#[derive(Default)]
pub struct Broken {
    spellings: Vec<String>,
    tokens: Vec<String>,
    finder: Option<AhoCorasick>,
    /// The end of the text so far, if it may be the start of a broken token.
    held: String,
}

impl Broken {
    /// The tokens that rendering this conversation breaks.
    pub fn in_chat(chat: &Chat) -> Self {
        let mut texts = vec![];
        for message in &chat.messages {
            texts.push(message.content.as_str());
            message.tool_calls.iter().for_each(|call| strings(&call.arguments, &mut texts));
        }
        chat.tools.iter().for_each(|tool| strings(&tool.function, &mut texts));
        Self::among(&texts)
    }

    /// The tokens that rendering this hole breaks.
    pub fn in_hole(fim: &Fim) -> Self {
        let files = fim.files.iter().map(|file| file.text.as_str());
        Self::among(&files.chain([fim.prefix.as_str(), fim.suffix.as_str()]).collect::<Vec<_>>())
    }

    /// A broken spelling that the text itself contains means itself.
    fn among(texts: &[&str]) -> Self {
        let mut tokens: Vec<String> = texts.iter().flat_map(|text| pieces::tokens_of_any(text)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens.retain(|token| !texts.iter().any(|text| text.contains(&pieces::neutral_for_any(token))));
        let spellings: Vec<String> = tokens.iter().map(|token| pieces::neutral_for_any(token)).collect();
        let finder =
            (!spellings.is_empty()).then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&spellings).ok()).flatten();
        Self { spellings, tokens, finder, held: String::new() }
    }

    /// Takes more of the answer; returns what is certain, with tokens restored.
    pub fn push(&mut self, text: &str) -> String {
        let Some(finder) = &self.finder else { return text.into() };
        self.held.push_str(text);
        let whole = finder.find_iter(&self.held).last().map_or(0, |found| found.end());
        let rest = &self.held[whole..];
        let begins = |at: &usize| self.spellings.iter().any(|spelling| spelling.starts_with(&rest[*at..]));
        let open = rest.char_indices().map(|(at, _)| at).rev().take(MAX_TOKEN_LETTERS).filter(begins).last().unwrap_or(rest.len());
        let held = self.held.split_off(whole + open);
        finder.replace_all(&std::mem::replace(&mut self.held, held), &self.tokens)
    }

    /// Returns the text that was held back.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Restores the tokens in all strings of a call's arguments.
    pub fn restore(&self, value: &mut Value) {
        let Some(finder) = &self.finder else { return };
        match value {
            Value::String(text) => *text = finder.replace_all(text, &self.tokens),
            Value::Array(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::Object(entries) => entries.values_mut().for_each(|item| self.restore(item)),
            _ => {}
        }
    }
}

/// The length of the longest broken token, in characters.
const MAX_TOKEN_LETTERS: usize = 56;

fn strings<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(entries) => entries.values().for_each(|item| strings(item, out)),
        _ => {}
    }
}
