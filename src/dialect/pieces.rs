//! Building prompts out of pieces, and writing them as text without letting the user's text become control tokens.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::{FimToken, Piece};

/// Collects the pieces of a prompt; neighbouring texts become one, so that no marker hides across two of them.
#[derive(Default)]
pub(super) struct Prompt {
    pieces: Vec<Piece>,
}

impl Prompt {
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref();
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.into())),
        }
        self
    }

    pub fn special(&mut self, token: &str) -> &mut Self {
        self.pieces.push(Piece::Special(token.into()));
        self
    }

    pub fn fim(&mut self, token: FimToken) -> &mut Self {
        self.pieces.push(Piece::Fim(token));
        self
    }

    /// Our own text in which `token` is meant as the control token.
    pub fn text_with(&mut self, text: &str, token: &str) -> &mut Self {
        for (number, part) in text.split(token).enumerate() {
            if number > 0 {
                self.special(token);
            }
            self.text(part);
        }
        self
    }

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

/// The pieces as one text; control tokens in `Piece::Text` are broken.
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
            // DeepSeek's reference does not escape inside a block of calls, and a change there would change an edit.
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

/// DeepSeek's mark of a tool-call tag.
pub(super) const DSML: &str = "｜DSML｜";

/// Control tokens that do not have the usual `<|name|>` shape.
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

#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static ODD: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(ODD_TOKENS).expect("the list is short and constant")
});

/// `<|name|>` and `<｜name｜>`, the shape of nearly all control tokens.
#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static USUAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<(\|[A-Za-z0-9_/.▁-]{1,48}\||｜[A-Za-z0-9_/.▁-]{1,48}｜)>").expect("the pattern is constant"));

/// Breaks every control token in `text` with a space after its first character: `< |im_start|>`. Readable, and no token any more.
pub(super) fn neutral(text: &str, keep_dsml: bool) -> String {
    let mut cuts: Vec<usize> = USUAL.find_iter(text).map(|found| found.start()).collect();
    for found in ODD.find_iter(text) {
        if !(keep_dsml && &text[found.range()] == DSML) {
            cuts.push(found.start());
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut out = String::with_capacity(text.len() + cuts.len());
    let mut from = 0;
    for cut in cuts {
        let after_first = cut + text[cut..].chars().next().map_or(0, char::len_utf8);
        out.push_str(&text[from..after_first]);
        out.push(' ');
        from = after_first;
    }
    out.push_str(&text[from..]);
    out
}

/// Other files in front of a hole for models without repository tokens: their text under a comment that names them.
pub(super) fn files_as_comments(fim: &super::Fim, prompt: &mut Prompt) {
    if fim.files.is_empty() {
        return;
    }
    for file in &fim.files {
        let leader = comment_leader(&file.path);
        prompt.text(format!("{leader} {}\n{}\n", file.path, file.text.trim_end_matches('\n')));
    }
    prompt.text(format!("{} {}\n", comment_leader(&fim.path), fim.path));
}

/// How a line comment starts in the language of this file name.
fn comment_leader(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "py" | "rb" | "sh" | "toml" | "yaml" | "yml" | "pl" | "r" | "jl" | "ex" | "exs" | "nix" | "cmake" => "#",
        "lua" | "sql" | "hs" | "elm" | "adb" => "--",
        "el" | "clj" | "lisp" | "scm" => ";;",
        _ => "//",
    }
}
