//! An input taken apart: fields, numbers, places and cuts, so that one run of bytes can say several things.

/// Text fields are parted by a byte that UTF-8 never has, so that a corpus file can be written by hand.
pub const FIELD: u8 = 0xff;

/// The fields of an input.
pub fn fields(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == FIELD)
}

/// The next field as text; empty when there is none.
pub fn text<'a>(fields: &mut impl Iterator<Item = &'a [u8]>) -> String {
    String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned()
}

/// A place in a text, on a character boundary, for a byte that says how far in it lies.
pub fn place(text: &str, byte: u8) -> usize {
    text.floor_char_boundary(text.len() * usize::from(byte) / 250)
}

/// Numbers that follow from the input alone, so that a failure can be had again.
pub struct Dice(u64);

impl Dice {
    pub fn of(data: &[u8]) -> Self {
        Self(data.iter().fold(0xcbf29ce484222325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100000001b3)))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    /// Cuts bytes into chunks: mostly short ones, sometimes long ones.
    pub fn chunks<'a>(&mut self, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let longest = [1, 3, 9, 40, 4000][self.below(5)];
        let mut chunks = vec![];
        while !bytes.is_empty() {
            let (chunk, rest) = bytes.split_at((1 + self.below(longest)).min(bytes.len()));
            chunks.push(chunk);
            bytes = rest;
        }
        chunks
    }

    /// The same for text, on character boundaries.
    pub fn pieces<'a>(&mut self, text: &'a str) -> Vec<&'a str> {
        let (mut pieces, mut from) = (vec![], 0);
        let mut at = 0;
        for chunk in self.chunks(text.as_bytes()) {
            at += chunk.len();
            let end = text.floor_char_boundary(at);
            pieces.push(&text[from..end]);
            from = end;
        }
        pieces
    }
}
