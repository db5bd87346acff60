//! Surrogates torn apart by a stream: servers written in JavaScript may split a stream between the two UTF-16 units of a character, and
//! write each unit as an escape that is not valid JSON on its own.

/// Escapes in a JSON text that are half a character without the other half next to them: their offsets and values.
pub fn lone_surrogates(json: &[u8]) -> Vec<(usize, u16)> {
    let unit = |at: usize| {
        let digits = json.get(at..at + ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut at, mut found) = (0, vec![]);
    while let Some(next) = json.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += next;
        at += match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + ESCAPE_BYTES), Some(0xdc00..=0xdfff)) => 2 * ESCAPE_BYTES,
            Some(half @ 0xd800..=0xdfff) => {
                found.push((at, half));
                ESCAPE_BYTES
            }
            Some(_) => ESCAPE_BYTES,
            None => 2,
        };
    }
    found
}

/// Length of an escape such as `\ud83d`, in bytes.
pub const ESCAPE_BYTES: usize = 6;

/// Holds the first half of a character until the next document of the stream.
#[derive(Default)]
pub(super) struct SurrogateJoiner {
    first: Option<u16>,
}

impl SurrogateJoiner {
    /// The document with surrogate pairs joined: a first half waits for the next document, a second half completes it. A half that stays
    /// alone becomes the replacement character.
    pub fn joined(&mut self, json: &str) -> String {
        let (mut out, mut done) = (String::with_capacity(json.len()), 0);
        let mut waiting = self.first.take();
        for (at, half) in lone_surrogates(json.as_bytes()) {
            out.push_str(&json[done..at]);
            done = at + ESCAPE_BYTES;
            if half < 0xdc00 {
                self.first = Some(half);
                continue;
            }
            let pair = waiting.take().into_iter().chain([half]);
            out.extend(char::decode_utf16(pair).map(|whole| whole.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        out.push_str(&json[done..]);
        out
    }
}
