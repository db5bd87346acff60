//! Detects answers that go in circles: a small model may write the same sentences over and over until its last token. The cost per word
//! does not depend on the length of the answer. Repetition within a few words is detected by the engine process. Pure.

use std::collections::VecDeque;

use xxhash_rust::xxh3::xxh3_64;

use crate::text::markdown::fence_at;

/// Minimum length of one round in words. Shorter repetitions may be right.
const MIN_ROUND_WORDS: usize = 8;
const MAX_ROUND_WORDS: usize = 256;
/// This many identical consecutive rounds, word by word, make a circle.
const CIRCLE_ROUNDS: usize = 3;
/// After this many repeated words a circle may have begun. They are held back until it is known whether it has.
const SUSPECT_WORDS: usize = 3;

/// Takes an answer in pieces of any size.
#[derive(Default)]
pub struct Circles {
    /// The last words, as many as are needed to recognise a circle.
    words: VecDeque<Word>,
    /// At index `n`: how many of the last words equal, in order, the words `n` words before them.
    runs: Vec<usize>,
    word: String,
    /// Bytes of the answer so far.
    length: usize,
    /// A code block is open.
    in_code: bool,
    is_behind_first: bool,
}

struct Word {
    hash: u64,
    /// The byte at which the word ends.
    end: usize,
    /// Number of words of prose so far. Repetition only within code may be right.
    prose: usize,
}

/// How many bytes of a whole answer to keep if it goes in circles; none if it does not.
pub fn kept(answer: &str) -> Option<usize> {
    let mut circles = Circles::default();
    circles.push(answer).or_else(|| circles.push("\n"))
}

impl Circles {
    /// Takes a piece of the answer. As soon as the answer goes in circles, returns how many of its bytes to keep: up to the end of the
    /// first round.
    pub fn push(&mut self, piece: &str) -> Option<usize> {
        for letter in piece.chars() {
            let end = self.length;
            self.length += letter.len_utf8();
            if !letter.is_whitespace() {
                self.word.push(letter);
                continue;
            }
            let found = self.ends(end);
            self.is_behind_first &= letter != '\n';
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The byte from which the answer may be repeating itself; none if nothing looks like a repetition.
    pub fn suspect(&self) -> Option<usize> {
        let run = self.runs.iter().skip(MIN_ROUND_WORDS).copied().max().filter(|run| *run >= SUSPECT_WORDS)?;
        let last_of_first = self.words.len().checked_sub(run + 1)?;
        Some(self.words[last_of_first].end)
    }

    /// A word ends here.
    fn ends(&mut self, end: usize) -> Option<usize> {
        if self.word.is_empty() {
            return None;
        }
        let word = std::mem::take(&mut self.word);
        let is_fence = !self.is_behind_first && fence_at(&word).is_some();
        self.is_behind_first = true;
        self.in_code ^= is_fence;
        let is_prose = !self.in_code && !is_fence && word.contains(char::is_alphanumeric);
        let prose = self.words.back().map_or(0, |last| last.prose) + usize::from(is_prose);
        let hash = xxh3_64(word.as_bytes());
        self.runs.resize(MAX_ROUND_WORDS + 1, 0);
        let mut round = None;
        for lag in 1..=MAX_ROUND_WORDS.min(self.words.len()) {
            let before = &self.words[self.words.len() - lag];
            self.runs[lag] = if before.hash == hash { self.runs[lag] + 1 } else { 0 };
            let is_round = lag >= MIN_ROUND_WORDS && self.runs[lag] >= lag * (CIRCLE_ROUNDS - 1) && prose - before.prose >= MIN_ROUND_WORDS;
            round = round.or(is_round.then_some(lag));
        }
        self.words.push_back(Word { hash, end, prose });
        if self.words.len() > MAX_ROUND_WORDS * (CIRCLE_ROUNDS - 1) + 1 {
            self.words.pop_front();
        }
        let last_of_first = self.words.len().checked_sub(round? * (CIRCLE_ROUNDS - 1) + 1)?;
        Some(self.words[last_of_first].end)
    }
}
