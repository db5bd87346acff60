//! The identifiers of a file and how often each occurs. It is filled for every file of a workspace, so it hashes little and allocates less:
//! words are slices of the source.

/// One word.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a str,
    hash: u64,
    count: u32,
}

/// Words by number, in order of first occurrence.
#[derive(Clone, Debug, Default)]
pub struct Words<'a> {
    words: Vec<Word<'a>>,
    /// Number of a word plus one; zero is free. The length is zero or a power of two, at most two thirds full.
    table: Vec<u32>,
}

impl<'a> Words<'a> {
    /// A table with room for the words of a source of this many bytes.
    pub fn for_source(bytes: usize) -> Self {
        let room = (bytes / 64).clamp(16, 4096);
        Self { words: Vec::with_capacity(room), table: vec![0; (room * 2).next_power_of_two()] }
    }

    /// The number of different words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Words with their counts. A word that was only numbered has count zero.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.words.iter().map(|word| (word.text, word.count))
    }

    /// Counts one more occurrence.
    pub fn add(&mut self, text: &'a str) {
        let number = self.number(text);
        self.words[number as usize].count += 1;
    }

    /// The number of a word, which is not counted.
    pub fn number(&mut self, text: &'a str) -> u32 {
        if (self.words.len() + 1) * 3 > self.table.len() * 2 {
            self.grow();
        }
        let hash = hash(text);
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(number) = self.table[slot].checked_sub(1) {
            let word = &self.words[number as usize];
            if word.hash == hash && word.text == text {
                return number;
            }
            slot = (slot + 1) & mask;
        }
        let number = self.words.len() as u32;
        self.table[slot] = number + 1;
        self.words.push(Word { text, hash, count: 0 });
        number
    }

    fn grow(&mut self) {
        let mut table = vec![0; (self.table.len() * 2).max(64)];
        let mask = table.len() - 1;
        for (number, word) in self.words.iter().enumerate() {
            let mut slot = word.hash as usize & mask;
            while table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            table[slot] = number as u32 + 1;
        }
        self.table = table;
    }
}

/// Hashes an identifier. Weak but fast: identifiers are short, and nobody attacks these tables.
pub fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let eight = |at: usize| bytes[at..].first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let four = |at: usize| bytes[at..].first_chunk::<4>().map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)));
    let length = bytes.len();
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ (length as u64).wrapping_mul(0xA076_1D64_78BD_642F);
    let (a, b) = match length {
        0 => (0, 0),
        1..4 => (u64::from(bytes[0]) << 8 | u64::from(bytes[length / 2]), u64::from(bytes[length - 1])),
        4..8 => (four(0), four(length - 4)),
        _ => {
            let mut at = 0;
            while at + 16 < length {
                state = mixed(eight(at) ^ state, eight(at + 8) ^ 0xE703_7ED1_A0B4_28DB);
                at += 16;
            }
            (eight(at.min(length - 8)), eight(length - 8))
        }
    };
    mixed(a ^ state, b ^ 0x8EBC_6AF0_9C88_C6E3)
}

fn mixed(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}
