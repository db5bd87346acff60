//! Text to tokens and back. The user's text never becomes control tokens; those come by id from the dialect's pieces.

use std::collections::{HashMap, HashSet};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token_type::LlamaTokenAttr;
use regex::Regex;

use crate::dialect::{FimToken, Piece};

/// llama.cpp's "none".
const NONE: LlamaToken = LlamaToken(-1);

/// A model's tokens.
pub struct Vocabulary<'m> {
    model: &'m LlamaModel,
    /// Control and added tokens by their text.
    special: HashMap<String, LlamaToken>,
    control: HashSet<LlamaToken>,
    /// Matches added tokens that look like tags, which llama.cpp also finds in plain text; none if the model has no such tokens.
    tags: Option<Regex>,
}

impl<'m> Vocabulary<'m> {
    /// Reads the tokens of a loaded model or vocabulary.
    pub fn new(model: &'m LlamaModel) -> Self {
        let vocabulary = model.vocab();
        let (mut special, mut control, mut tags) = (HashMap::new(), HashSet::new(), vec![]);
        for id in 0..vocabulary.n_tokens() {
            let token = LlamaToken(id);
            let attributes = vocabulary.attr(token).0;
            let is_control = attributes.contains(LlamaTokenAttr::Control);
            if is_control {
                control.insert(token);
            }
            if is_control || attributes.contains(LlamaTokenAttr::UserDefined) {
                let text = vocabulary.text(token).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
                if !is_control && is_tag(&text) {
                    tags.push(regex::escape(&text));
                }
                special.insert(text, token);
            }
        }
        let tags = (!tags.is_empty()).then(|| Regex::new(&tags.join("|")).ok()).flatten();
        Self { model, special, control, tags }
    }

    /// Tokens of plain text. llama.cpp ignores control tokens there, but turns `<tool_call>` into one token if the vocabulary calls that
    /// "user defined". So text is split inside every such tag, and the tag is spelt out.
    pub fn plain(&self, text: &str) -> Vec<LlamaToken> {
        let mut tokens = vec![];
        let mut start = 0;
        while let Some(found) = self.tags.as_ref().and_then(|tags| tags.find_at(text, start)) {
            // Split after its opening bracket: the rest is no longer a tag.
            let cut = text.ceil_char_boundary(found.start() + 1);
            self.tokenize(&text[start..cut], &mut tokens);
            start = cut;
        }
        self.tokenize(&text[start..], &mut tokens);
        tokens
    }

    fn tokenize(&self, text: &str, tokens: &mut Vec<LlamaToken>) {
        if !text.is_empty() {
            tokens.extend(self.model.vocab().tokenize(text.as_bytes(), false, false));
        }
    }

    /// A prompt's tokens. Adjacent texts are tokenised as one; a control token that this model lacks becomes plain text. Fails with the
    /// required FIM token that it lacks.
    pub fn prompt(&self, pieces: &[Piece]) -> Result<Vec<LlamaToken>, FimToken> {
        let (mut tokens, mut text) = (vec![], String::new());
        for piece in pieces {
            let token = match piece {
                Piece::Text(more) => {
                    text.push_str(more);
                    continue;
                }
                Piece::Special(name) => match self.special.get(name) {
                    Some(token) => *token,
                    None => {
                        text.push_str(name);
                        continue;
                    }
                },
                Piece::Fim(token) => match (self.fim(*token), token) {
                    (Some(id), _) => id,
                    // If it has no tokens for that, a line break separates files.
                    (None, FimToken::Repository | FimToken::FileSeparator) => {
                        text.push('\n');
                        continue;
                    }
                    (None, token) => return Err(*token),
                },
            };
            tokens.extend(self.plain(&std::mem::take(&mut text)));
            tokens.push(token);
        }
        tokens.extend(self.plain(&text));
        let first = self.model.vocab().bos();
        if self.model.vocab().should_add_bos() && first != NONE && tokens.first() != Some(&first) {
            tokens.insert(0, first);
        }
        Ok(tokens)
    }

    fn fim(&self, token: FimToken) -> Option<LlamaToken> {
        let vocabulary = self.model.vocab();
        let id = match token {
            FimToken::Prefix => vocabulary.fim_pre(),
            FimToken::Suffix => vocabulary.fim_suf(),
            FimToken::Middle => vocabulary.fim_mid(),
            FimToken::Repository => vocabulary.fim_rep(),
            FimToken::FileSeparator => vocabulary.fim_sep(),
        };
        (id != NONE).then_some(id)
    }

    /// Whether the model has the tokens to fill holes.
    pub fn has_fim(&self) -> bool {
        [FimToken::Prefix, FimToken::Suffix, FimToken::Middle].iter().all(|token| self.fim(*token).is_some())
    }

    /// The tokens that end a generation, besides those that the vocabulary marks as ends.
    pub fn stops(&self, texts: &[String], plain: bool) -> HashSet<LlamaToken> {
        let mut stops: HashSet<LlamaToken> =
            texts.iter().chain(&common_stops()).filter_map(|text| self.special.get(text).copied()).collect();
        if plain {
            stops.extend(&self.control);
        }
        stops
    }

    /// Whether the vocabulary marks this token as an end.
    pub fn ends(&self, token: LlamaToken) -> bool {
        self.model.vocab().is_eog(token)
    }

    /// The bytes of a generated token; a control token's text, for the dialect's parser.
    pub fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, true, None)
    }
}

/// Whether an added token is a mark of the dialect and not text: runs of spaces and emoji are added tokens too, and stay.
fn is_tag(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let inner = inner.or_else(|| text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
    inner.is_some_and(|inner| inner.chars().any(char::is_alphanumeric))
}

/// Tokens that end a turn in the models we know, whatever the file says.
fn common_stops() -> Vec<String> {
    ["<|eot|>", "<|eom|>", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>", "<｜end▁of▁sentence｜>"].map(String::from).into()
}
