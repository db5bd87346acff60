//! Builds prompts from pieces, and writes them as text without turning the user's text into control tokens.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use serde_json::Value;

use super::{FimToken, Piece};

/// Collects the pieces of a prompt. Adjacent texts are joined, so that no control token can hide across two of them.
#[derive(Default)]
pub(super) struct Prompt {
    pieces: Vec<Piece>,
}

impl Prompt {
    /// Appends text, which is never a control token.
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref();
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.into())),
        }
        self
    }

    /// Appends a control token by its text.
    pub fn special(&mut self, token: &str) -> &mut Self {
        self.pieces.push(Piece::Special(token.into()));
        self
    }

    /// Appends a FIM token by its function.
    pub fn fim(&mut self, token: FimToken) -> &mut Self {
        self.pieces.push(Piece::Fim(token));
        self
    }

    /// Appends text of our own in which `token` is meant as the control token.
    pub fn text_with(&mut self, text: &str, token: &str) -> &mut Self {
        for (number, part) in text.split(token).enumerate() {
            if number > 0 {
                self.special(token);
            }
            self.text(part);
        }
        self
    }

    /// The pieces in order.
    pub fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }
}

/// FIM tokens as most models spell them.
pub(super) fn fim_text(token: FimToken) -> &'static str {
    match token {
        FimToken::Prefix => "<|fim_prefix|>",
        FimToken::Suffix => "<|fim_suffix|>",
        FimToken::Middle => "<|fim_middle|>",
        FimToken::Repository => "<|repo_name|>",
        FimToken::FileSeparator => "<|file_sep|>",
    }
}

/// The pieces as one text; control tokens in `Piece::Text` are broken up.
pub(super) fn text(prompt: &[Piece], fim_text: impl Fn(FimToken) -> &'static str) -> String {
    let mut joined = Prompt::default();
    for piece in prompt {
        match piece {
            Piece::Text(text) => joined.text(text),
            Piece::Special(token) => joined.special(token),
            Piece::Fim(token) => joined.special(fim_text(*token)),
        };
    }
    let mut out = String::new();
    let mut after_dsml = false;
    for piece in joined.into_pieces() {
        match piece {
            // DeepSeek's reference does not escape inside a block of calls, and changing text there would change an edit.
            Piece::Text(text) => out.push_str(&neutral(&text, after_dsml)),
            Piece::Special(token) => {
                after_dsml = token == DSML;
                out.push_str(&token);
            }
            Piece::Fim(_) => {}
        }
    }
    out
}

/// The mark in DeepSeek's tool-call tags.
pub(super) const DSML: &str = "｜DSML｜";

/// Control tokens that do not have the usual shape `<|name|>`.
const ODD_TOKENS: &[&str] = &[
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<file_sep>",
    "<repo_name>",
    DSML,
];

/// Those of them with which a model ends a fill.
const FIM_TOKENS: &[&str] = &["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>", "<file_sep>", "<repo_name>"];

/// Control tokens of other models (Gemma, Mistral, Llama 2, GLM and more), for servers of which nobody knows what they have loaded.
const FOREIGN_TOKENS: &[&str] = &[
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<EOT>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[THINK]",
    "[/THINK]",
    "[gMASK]",
    "<sop>",
    "<arg_key>",
    "</arg_key>",
    "<arg_value>",
    "</arg_value>",
    "<seed:think>",
    "</seed:think>",
    "<minimax:tool_call>",
    "</minimax:tool_call>",
    "<fim-prefix>",
    "<fim-suffix>",
    "<fim-middle>",
    "<jupyter_code>",
    "<commit_before>",
    "<issue_start>",
];

/// The longest name in a control token, in characters.
const MAX_NAME_LETTERS: usize = 48;

#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static ODD: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(ODD_TOKENS).expect("the list is short and constant")
});

#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static ODD_OR_FOREIGN: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let all = ODD_TOKENS.iter().chain(FOREIGN_TOKENS);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(all).expect("the lists are short and constant")
});

/// `<|name|>` and `<｜name｜>`, the shapes of nearly all control tokens.
#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static USUAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<(\|[A-Za-z0-9_/.▁-]{1,48}\||｜[A-Za-z0-9_/.▁-]{1,48}｜)>").expect("the pattern is constant"));

/// Where the control tokens in `text` are, besides the usual ones those of a list.
fn places(text: &str, odd: &AhoCorasick) -> Vec<Range<usize>> {
    let usual = USUAL.find_iter(text).map(|found| found.range());
    let mut places: Vec<Range<usize>> = usual.chain(odd.find_iter(text).map(|found| found.range())).collect();
    places.sort_unstable_by_key(|place| place.start);
    places.dedup_by_key(|place| place.start);
    places
}

/// The control tokens in `text` that our own dialects know.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = String> {
    places(text, &ODD).into_iter().map(|place| text[place].to_string())
}

/// The control tokens in `text`, of any model.
pub(super) fn tokens_of_any(text: &str) -> impl Iterator<Item = String> {
    places(text, &ODD_OR_FOREIGN).into_iter().map(|place| text[place].to_string())
}

/// The length of the control token at the start of `text`; 0 if more text is needed to know.
pub(super) fn token_at(text: &str) -> Option<usize> {
    for token in FIM_TOKENS {
        if text.starts_with(token) {
            return Some(token.len());
        }
        if token.starts_with(text) {
            return Some(0);
        }
    }
    let bar = text[1..].chars().next().filter(|bar| ['|', '｜'].contains(bar))?;
    let name = &text[1 + bar.len_utf8()..];
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "_/.▁-".contains(c))).unwrap_or(name.len());
    let after = &name[end..];
    match after.strip_prefix(bar) {
        _ if name[..end].chars().count() > MAX_NAME_LETTERS => None,
        Some(rest) if end > 0 && rest.starts_with('>') => Some(text.len() - rest.len() + 1),
        Some("") if end > 0 => Some(0),
        _ => after.is_empty().then_some(0),
    }
}

/// Breaks up every control token in `text` with a space after its first character: `< |im_start|>`. It stays readable but is no longer a
/// token.
fn neutral(text: &str, keep_dsml: bool) -> String {
    broken(text, places(text, &ODD).into_iter().filter(|place| !(keep_dsml && &text[place.clone()] == DSML)))
}

/// [`neutral`] for a server that may have any model.
pub(super) fn neutral_for_any(text: &str) -> String {
    broken(text, places(text, &ODD_OR_FOREIGN).into_iter())
}

fn broken(text: &str, places: impl Iterator<Item = Range<usize>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        let after_first = place.start + text[place.start..].chars().next().map_or(0, char::len_utf8);
        out.push_str(&text[from..after_first]);
        out.push(' ');
        from = after_first;
    }
    out.push_str(&text[from..]);
    out
}

/// [`neutral_for_any`] for all strings in a value.
pub(super) fn neutral_value(value: &Value) -> Value {
    match value {
        Value::String(text) => neutral_for_any(text).into(),
        Value::Array(items) => items.iter().map(neutral_value).collect(),
        Value::Object(entries) => entries.iter().map(|(key, item)| (key.clone(), neutral_value(item))).collect(),
        other => other.clone(),
    }
}

/// Puts other files in front of a hole, for models without repository tokens: each under a comment with its name.
pub(super) fn files_as_comments(fim: &super::Fim, prompt: &mut Prompt) {
    if fim.files.is_empty() {
        return;
    }
    for file in &fim.files {
        prompt.text(format!("{} {}\n{}\n", file.comment, file.path, file.text.trim_end_matches('\n')));
    }
    prompt.text(format!("{} {}\n", fim.comment, fim.path));
}

/// The text before a hole, with other files in front of it as comments.
pub(super) fn before_hole(fim: &super::Fim) -> String {
    let mut prompt = Prompt::default();
    files_as_comments(fim, &mut prompt);
    prompt.text(&fim.prefix);
    prompt.into_pieces().into_iter().map(|piece| if let Piece::Text(text) = piece { text } else { String::new() }).collect()
}
