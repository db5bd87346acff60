//! Text to tokens and back. Text from the user is never taken for control tokens; those come by id from the dialect's pieces.

use std::collections::{HashMap, HashSet};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token_type::LlamaTokenAttr;

use crate::dialect::{FimToken, Piece};

/// llama.cpp's "there is none".
const NONE: LlamaToken = LlamaToken(-1);

/// A model's tokens.
pub struct Vocabulary<'m> {
    model: &'m LlamaModel,
    /// Control and added tokens by their text.
    special: HashMap<String, LlamaToken>,
    control: HashSet<LlamaToken>,
}

impl<'m> Vocabulary<'m> {
    pub fn new(model: &'m LlamaModel) -> Self {
        let vocabulary = model.vocab();
        let (mut special, mut control) = (HashMap::new(), HashSet::new());
        for id in 0..vocabulary.n_tokens() {
            let token = LlamaToken(id);
            let attributes = vocabulary.attr(token).0;
            let is_control = attributes.contains(LlamaTokenAttr::Control);
            if is_control {
                control.insert(token);
            }
            if is_control || attributes.contains(LlamaTokenAttr::UserDefined) {
                let text = vocabulary.text(token).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
                special.insert(text, token);
            }
        }
        Self { model, special, control }
    }

    /// Tokens of plain text.
    pub fn plain(&self, text: &str) -> Vec<LlamaToken> {
        if text.is_empty() { vec![] } else { self.model.vocab().tokenize(text.as_bytes(), false, false) }
    }

    /// A prompt's tokens. Neighbouring texts are one text; a control token that this model lacks is plain text. The name of a FIM token that
    /// it lacks and must have is the error.
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
                    // Without tokens for it, a line of its own parts two files.
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

    /// Whether holes can be filled.
    pub fn has_fim(&self) -> bool {
        [FimToken::Prefix, FimToken::Suffix, FimToken::Middle].iter().all(|token| self.fim(*token).is_some())
    }

    /// The tokens that end a generation besides those that the vocabulary marks.
    pub fn stops(&self, texts: &[String], plain: bool) -> HashSet<LlamaToken> {
        let mut stops: HashSet<LlamaToken> =
            texts.iter().chain(&common_stops()).filter_map(|text| self.special.get(text).copied()).collect();
        if plain {
            stops.extend(&self.control);
        }
        stops
    }

    pub fn ends(&self, token: LlamaToken) -> bool {
        self.model.vocab().is_eog(token)
    }

    /// The bytes of a generated token; control tokens by their text, for the dialect's parser.
    pub fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, true, None)
    }
}

/// Tokens that end a turn in the models we know, whatever the file says.
fn common_stops() -> Vec<String> {
    ["<|eot|>", "<|eom|>", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>", "<｜end▁of▁sentence｜>"].map(String::from).into()
}
