//! An answer in words that goes in circles: a small model writes the same sentences over and over, to its last token. Each word costs the
//! same, however long the answer is. What repeats within a few words the engine's process sees itself. Pure.

use std::collections::VecDeque;

use xxhash_rust::xxh3::xxh3_64;

/// Words of what is said over and over: fewer may be said again with good reason, more are no circle that a model keeps to.
const SHORTEST: usize = 8;
const LONGEST: usize = 256;
/// It has to stand there so often, word by word, with nothing in between.
const TIMES: usize = 3;
/// After so many words as before it may be a circle that begins; until that is known, nobody need see them.
const SUSPECT: usize = 3;

/// Takes an answer in pieces of any size.
#[derive(Default)]
pub struct Circles {
    /// The last words, as many as a circle needs.
    words: VecDeque<Word>,
    /// By the number of words in between: how many of the last ones are those before.
    runs: Vec<usize>,
    word: String,
    /// Bytes that have come.
    length: usize,
    /// A code block is open.
    in_code: bool,
    is_behind_first: bool,
}

struct Word {
    hash: u64,
    /// Where it ends.
    end: usize,
    /// Words of prose up to here: what is only code may be repeated rightly.
    prose: usize,
}

/// Bytes of a whole answer that are to be kept, where it goes in circles.
pub fn kept(answer: &str) -> Option<usize> {
    let mut circles = Circles::default();
    circles.push(answer).or_else(|| circles.push("\n"))
}

impl Circles {
    /// How many bytes are to be kept of what has come so far, once that goes in circles: all to the end of the first round.
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

    /// Where what may be a further round begins; none where nothing looks like one.
    pub fn suspect(&self) -> Option<usize> {
        let run = self.runs.iter().skip(SHORTEST).copied().max().filter(|run| *run >= SUSPECT)?;
        let last_of_first = self.words.len().checked_sub(run + 1)?;
        Some(self.words[last_of_first].end)
    }

    /// A word ends here.
    fn ends(&mut self, end: usize) -> Option<usize> {
        if self.word.is_empty() {
            return None;
        }
        let word = std::mem::take(&mut self.word);
        let is_fence = !self.is_behind_first && (word.starts_with("```") || word.starts_with("~~~"));
        self.is_behind_first = true;
        self.in_code ^= is_fence;
        let is_prose = !self.in_code && !is_fence && word.contains(char::is_alphanumeric);
        let prose = self.words.back().map_or(0, |last| last.prose) + usize::from(is_prose);
        let hash = xxh3_64(word.as_bytes());
        self.runs.resize(LONGEST + 1, 0);
        let mut round = None;
        for lag in 1..=LONGEST.min(self.words.len()) {
            let before = &self.words[self.words.len() - lag];
            self.runs[lag] = if before.hash == hash { self.runs[lag] + 1 } else { 0 };
            let is_round = lag >= SHORTEST && self.runs[lag] >= lag * (TIMES - 1) && prose - before.prose >= SHORTEST;
            round = round.or(is_round.then_some(lag));
        }
        self.words.push_back(Word { hash, end, prose });
        if self.words.len() > LONGEST * (TIMES - 1) + 1 {
            self.words.pop_front();
        }
        let last_of_first = self.words.len().checked_sub(round? * (TIMES - 1) + 1)?;
        Some(self.words[last_of_first].end)
    }
}
