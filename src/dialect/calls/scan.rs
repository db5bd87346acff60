//! Finds the end of a bracketed literal in one pass over the bytes; can be resumed as text arrives.

/// What is known about a literal so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) enum Scanned {
    /// All brackets are closed; the literal ends before this offset.
    Balanced(usize),
    /// The byte at this offset cannot belong to a literal.
    Broken(usize),
    Open,
}

/// A scan over text that only grows at its end.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Scan {
    at: usize,
    brackets: Vec<u8>,
    string: Option<Quote>,
    /// How it ended, which further text does not change.
    ended: Option<Scanned>,
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    byte: u8,
    triple: bool,
}

impl Scan {
    /// Starts at the bracket at byte `start`.
    pub fn new(start: usize) -> Self {
        Self { at: start, ..Self::default() }
    }

    /// Reads on. Single and triple quotes count only in `python` literals.
    pub fn resume(&mut self, text: &str, python: bool) -> Scanned {
        if let Some(ended) = self.ended {
            return ended;
        }
        let scanned = self.read_on(text, python);
        self.ended = (scanned != Scanned::Open).then_some(scanned);
        scanned
    }

    fn read_on(&mut self, text: &str, python: bool) -> Scanned {
        let bytes = text.as_bytes();
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            if let Some(quote) = self.string {
                match self.in_string(bytes, quote) {
                    Some(step) => self.at += step,
                    None => return Scanned::Open,
                }
                continue;
            }
            match byte {
                b'"' | b'\'' if python || byte == b'"' => match opening(&bytes[self.at..], python) {
                    Some(Opening { quote, length }) => {
                        self.string = quote;
                        self.at += length;
                        continue;
                    }
                    None => return Scanned::Open,
                },
                b'[' | b'{' | b'(' => self.brackets.push(byte),
                b']' | b'}' | b')' => {
                    let open = match byte {
                        b']' => b'[',
                        b'}' => b'{',
                        _ => b'(',
                    };
                    if self.brackets.pop() != Some(open) {
                        return Scanned::Broken(self.at);
                    }
                    if self.brackets.is_empty() {
                        return Scanned::Balanced(self.at + 1);
                    }
                }
                // Outside strings only a closing tag has it, never a literal.
                b'<' => return Scanned::Broken(self.at),
                _ => {}
            }
            self.at += 1;
        }
        Scanned::Open
    }

    /// The closing brackets that are still missing.
    pub fn missing(&self) -> String {
        let close = |open: &u8| match open {
            b'[' => ']',
            b'{' => '}',
            _ => ')',
        };
        self.brackets.iter().rev().map(close).collect()
    }

    /// How many bytes to advance inside a string; `None` if more text is needed to know.
    fn in_string(&mut self, bytes: &[u8], quote: Quote) -> Option<usize> {
        let rest = &bytes[self.at..];
        match rest[0] {
            b'\\' => (rest.len() > 1).then_some(2),
            byte if byte == quote.byte && !quote.triple => {
                self.string = None;
                Some(1)
            }
            byte if byte == quote.byte => {
                if rest.len() < 3 && rest.iter().all(|next| *next == byte) {
                    return None;
                }
                let closes = rest.len() >= 3 && rest[1] == byte && rest[2] == byte;
                if closes {
                    self.string = None;
                }
                Some(if closes { 3 } else { 1 })
            }
            _ => Some(1),
        }
    }
}

struct Opening {
    /// `None` for an empty string.
    quote: Option<Quote>,
    length: usize,
}

/// Reads an opening quote, single or triple; `None` if more text is needed to know.
fn opening(rest: &[u8], python: bool) -> Option<Opening> {
    let byte = rest[0];
    let single = Opening { quote: Some(Quote { byte, triple: false }), length: 1 };
    if !python {
        return Some(single);
    }
    match (rest.get(1), rest.get(2)) {
        (None, _) => None,
        (Some(second), None) if *second == byte => None,
        (Some(second), Some(third)) if *second == byte && *third == byte => {
            Some(Opening { quote: Some(Quote { byte, triple: true }), length: 3 })
        }
        (Some(second), _) if *second == byte => Some(Opening { quote: None, length: 2 }),
        _ => Some(single),
    }
}
