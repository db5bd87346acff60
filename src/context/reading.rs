//! The words of the text under the cursor by line, kept from prompt to prompt: unchanged lines are not read again.

use std::sync::Arc;

use super::corpus::{Corpus, Name};
use super::numbers::NumberMap;
use crate::text::lines::{line_end, line_start};
use crate::text::{Cut, count_breaks, words};

/// Maximum words that are kept, including those that are gone; then all are forgotten.
const MAX_MET_WORDS: usize = 1 << 16;

/// The words of a text by line.
pub struct Reading {
    text: Box<str>,
    /// For each line, the end of its words in `words`.
    ends: Vec<u32>,
    /// Words by their number in `met`.
    words: Vec<u32>,
    numbers: NumberMap<Arc<str>, u32>,
    met: Vec<Word>,
    /// The corpus that the `name`s belong to.
    version: Arc<()>,
}

struct Word {
    text: Arc<str>,
    /// Its name in the corpus, once first needed.
    name: Option<Option<Name>>,
    /// The numbers that the corpus gives its parts (`load` and `config` of `loadConfig`), once somebody has asked.
    parts: Option<Box<[u32]>>,
}

impl Default for Reading {
    fn default() -> Self {
        let (words, numbers, met, version) = Default::default();
        Self { text: "".into(), ends: vec![0], words, numbers, met, version }
    }
}

impl Reading {
    /// Reads a text, and reuses what it shares with the previous one.
    pub fn update(&mut self, text: &str) {
        if self.met.len() > MAX_MET_WORDS {
            *self = Self::default();
        }
        let Some(cut) = Cut::between(&self.text, text) else { return };
        let (above, below) = (count_breaks(&text.as_bytes()[..cut.start]), count_breaks(&text.as_bytes()[cut.new_end..]));
        let last = self.ends.len() - below;
        let (kept, behind) = (self.end(above), self.end(last));
        let mut rest = self.ends.split_off(last);
        self.ends.truncate(above);
        let mut read = vec![];
        for line in text[line_start(text, cut.start)..line_end(text, cut.new_end)].split('\n') {
            read.extend(words::identifiers(line).map(|(_, word)| self.number(word)));
            self.ends.push((kept + read.len()) as u32);
        }
        rest.iter_mut().for_each(|end| *end = (*end as usize - behind + kept + read.len()) as u32);
        self.ends.append(&mut rest);
        self.words.splice(kept..behind, read);
        self.text = text.into();
    }

    /// The end of the words of the first `lines` lines.
    fn end(&self, lines: usize) -> usize {
        lines.checked_sub(1).map_or(0, |last| self.ends[last] as usize)
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let (text, number): (Arc<str>, u32) = (word.into(), self.met.len() as u32);
        self.numbers.insert(text.clone(), number);
        self.met.push(Word { text, name: None, parts: None });
        number
    }

    /// The words of each line, by number.
    pub fn lines(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.words[std::mem::replace(&mut start, *end as usize)..*end as usize])
    }

    /// An upper bound of the numbers, to size tables.
    pub fn count(&self) -> usize {
        self.met.len()
    }

    /// The text of a word.
    pub fn word(&self, number: u32) -> &str {
        &self.met[number as usize].text
    }

    /// The names on each line, of the corpus that [`Self::names`] was last called with for all words.
    pub fn named_lines(&self) -> impl Iterator<Item = impl Iterator<Item = Name>> {
        self.lines().map(|line| line.iter().filter_map(|word| self.met[*word as usize].name.flatten()))
    }

    /// The names of some words in a corpus; none for words that it does not have.
    pub fn names(&mut self, corpus: &Corpus, words: &[u32]) -> Vec<Option<Name>> {
        if !Arc::ptr_eq(&self.version, corpus.version()) {
            self.version = corpus.version().clone();
            self.met.iter_mut().for_each(|word| (word.name, word.parts) = (None, None));
        }
        let mut name = |number: &u32| {
            let word = &mut self.met[*number as usize];
            *word.name.get_or_insert_with(|| corpus.name(&word.text))
        };
        words.iter().map(&mut name).collect()
    }

    /// Asks the corpus that [`Self::names`] was last asked with for the parts of a word.
    pub fn learn_parts(&mut self, corpus: &Corpus, word: u32) {
        let Word { text, parts, .. } = &mut self.met[word as usize];
        parts.get_or_insert_with(|| words::subwords(text).iter().filter_map(|part| corpus.word(part)).collect());
    }

    /// The numbers that the corpus gives the parts of a word; none where nobody has asked.
    pub fn parts(&self, word: u32) -> &[u32] {
        self.met[word as usize].parts.as_deref().unwrap_or_default()
    }
}
