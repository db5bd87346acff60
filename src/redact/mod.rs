//! Secrets in ordinary code: found by their form, and replaced before any prompt, log or cache sees them. A secret always gets the same
//! placeholder, so that a masked text is stable from one prompt to the next. Placeholders are never turned back into secrets.
//!
//! Secrets are searched for in the whole text, and then removed from whatever is cut from it ([`Secrets`]): a window or a selection may
//! lack what identifies a secret. What is quoted to a model has the type [`Masked`]. After all that, `route` masks every request and the
//! log every line.

mod bare;
mod chosen;
mod forms;
mod given;
mod manifest;
mod named;
mod names;
mod paired;
mod prefixes;
mod seams;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::sync::Arc;

use serde::Serialize;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Bytes on either side of a stretch that are searched as well; longer than any key.
const SEARCHED_AROUND_BYTES: usize = 32 << 10;

/// The shortest secret, in bytes, that is replaced where a message quotes it: a shorter one may be any word.
const MIN_QUOTED_BYTES: usize = 6;

/// How every placeholder begins.
pub const PLACEHOLDER: &str = "<redacted ";

/// Text that a model may see: its secrets are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Masked(Arc<str>);

impl Masked {
    /// Masks a complete text.
    pub fn whole(text: &str) -> Self {
        Secrets::of(text).cut(text, 0..text.len())
    }

    /// Masks a stretch of a text, looking beyond its ends.
    pub fn stretch(text: &str, range: Range<usize>) -> Self {
        Secrets::near(text, &range).cut(text, range)
    }

    /// This text in another form, for instance shortened or with line numbers; `write` gets the masked text.
    pub fn rewritten(&self, write: impl FnOnce(&str) -> String) -> Self {
        Self(write(&self.0).into())
    }
}

impl Deref for Masked {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// How many texts are remembered as free of secrets.
const REMEMBERED_TEXTS: usize = 1024;

thread_local! {
    /// Hashes of texts in which this thread found no secrets: the same parts go into prompt after prompt, and each is searched again before
    /// it goes to an engine. Nobody can craft a text with a secret that collides with one of these.
    static CLEAN: RefCell<Vec<u128>> = const { RefCell::new(vec![]) };
}

fn place_of(hash: u128) -> usize {
    hash as usize % REMEMBERED_TEXTS
}

/// Where the secrets of a text are.
pub struct Secrets {
    /// In order; none is inside another.
    found: Vec<Secret>,
}

struct Secret {
    range: Range<usize>,
    kind: &'static str,
    hash: u32,
}

impl Secret {
    fn placeholder(&self) -> String {
        format!("{PLACEHOLDER}{} {:08x}>", self.kind, self.hash)
    }
}

impl Secrets {
    /// The secrets of a text.
    pub fn of(text: &str) -> Self {
        Self::near(text, &(0..text.len()))
    }

    /// The secrets in a stretch of a text and near it.
    pub fn near(text: &str, range: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(range.start.saturating_sub(SEARCHED_AROUND_BYTES));
        let near = &text[start..text.ceil_char_boundary((range.end + SEARCHED_AROUND_BYTES).min(text.len()))];
        let hash = xxh3_128(near.as_bytes());
        // `try_with`, because this memory is already gone in a thread that is ending.
        if CLEAN.try_with(|clean| clean.borrow().get(place_of(hash)) == Some(&hash)) == Ok(true) {
            return Self { found: vec![] };
        }
        let mut all = forms::find(near);
        if all.is_empty() {
            let _ = CLEAN.try_with(|clean| {
                let mut clean = clean.borrow_mut();
                clean.resize(REMEMBERED_TEXTS, 0);
                clean[place_of(hash)] = hash;
            });
        }
        all.sort_by_key(|(range, _)| range.start);
        let mut apart: Vec<(Range<usize>, &'static str)> = vec![];
        for (range, kind) in all {
            match apart.last_mut().filter(|(last, _)| range.start < last.end) {
                Some((last, _)) => last.end = last.end.max(range.end),
                None => apart.push((range, kind)),
            }
        }
        let secret = |(range, kind): (Range<usize>, _)| {
            let hash = xxh3_64(near[range.clone()].as_bytes()) as u32;
            Secret { range: start + range.start..start + range.end, kind, hash }
        };
        Self { found: apart.into_iter().map(secret).collect() }
    }

    /// Whether an offset is inside a secret.
    pub fn around(&self, offset: usize) -> bool {
        self.found.iter().any(|secret| secret.range.start < offset && offset < secret.range.end)
    }

    /// Whether a stretch has secrets, and contains all of them completely.
    fn are_whole_in(&self, range: &Range<usize>) -> bool {
        let mut inside = self.found.iter().filter(|secret| secret.range.start < range.end && range.start < secret.range.end).peekable();
        inside.peek().is_some() && inside.all(|secret| range.start <= secret.range.start && secret.range.end <= range.end)
    }

    /// A stretch of the text these secrets are from, with every secret (or the part of it in the stretch) replaced by `<redacted KIND
    /// HASH>`. The number of lines stays the same.
    pub fn cut(&self, text: &str, range: Range<usize>) -> Masked {
        Masked(self.replaced(text, range, |secret, hidden| {
            let breaks = "\n".repeat(hidden.matches('\n').count());
            secret.placeholder() + &breaks
        }))
    }

    /// A stretch of the text with all letters and digits of secrets replaced by `*`.
    pub fn stars(&self, text: &str, range: Range<usize>) -> String {
        self.replaced(text, range, |_, hidden| stars(hidden)).to_string()
    }

    /// A message about the text, with the text's secrets replaced wherever the message quotes them.
    pub fn hide(&self, text: &str, said: &str) -> Masked {
        let mut shown = said.to_string();
        for secret in &self.found {
            let value = text[secret.range.clone()].trim();
            if value.len() >= MIN_QUOTED_BYTES && shown.contains(value) {
                shown = shown.replace(value, &secret.placeholder());
            }
        }
        Masked::whole(&shown)
    }

    fn replaced(&self, text: &str, range: Range<usize>, write: impl Fn(&Secret, &str) -> String) -> Arc<str> {
        let inside = |secret: &&Secret| secret.range.start < range.end && range.start < secret.range.end;
        let mut out = String::with_capacity(range.len());
        let mut at = range.start;
        for secret in self.found.iter().filter(inside) {
            let hidden = secret.range.start.max(range.start)..secret.range.end.min(range.end);
            out.push_str(&text[at..hidden.start]);
            out.push_str(&write(secret, &text[hidden.clone()]));
            at = hidden.end;
        }
        out.push_str(&text[at..range.end]);
        out.into()
    }
}

/// The beginning of a text, at most `most` bytes. It ends before a secret rather than inside: a part of one would not be recognised.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = text.floor_char_boundary(most);
    if end == text.len() {
        return text;
    }
    let secrets = Secrets::near(text, &(end..end));
    let cut = secrets.found.iter().find(|secret| secret.range.start < end && end < secret.range.end);
    &text[..cut.map_or(end, |secret| secret.range.start)]
}

/// A whole text with every secret replaced.
pub fn mask(text: &str) -> String {
    Masked::whole(text).to_string()
}

/// A model's copy of lines that it saw masked: lines that differ from the text only by masks become the lines of the text again. Other
/// masks stay.
pub fn unmasked(copy: &str, text: &str) -> String {
    if !copy.contains(PLACEHOLDER) {
        return copy.into();
    }
    let secrets = Secrets::of(text);
    let mut at = 0;
    let mut lines: HashMap<String, &str> = HashMap::new();
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if secrets.are_whole_in(&range) {
            lines.insert(secrets.cut(text, range).trim().into(), line.trim());
        }
    }
    let restored = copy.split_inclusive('\n').map(|line| match lines.get(line.trim()) {
        Some(own) => line.replace(line.trim(), own),
        None => line.to_string(),
    });
    restored.collect()
}

/// The text with letters and digits of secrets replaced by `*`, so that all offsets stay the same: for traces, whose later messages contain
/// positions.
pub fn mask_in_place(text: &str) -> String {
    Secrets::of(text).stars(text, 0..text.len())
}

/// Whether a name says that its value is a secret, whatever that looks like: `apiKey`, `token`, but not `tokenUrl` or `cacheKey`.
pub fn names_secret(name: &str) -> bool {
    named::is_of_secret(name)
}

/// Whether a value is a secret where it has this name.
pub fn is_secret_of(name: &str, value: &str) -> bool {
    !Secrets::of(&format!("{name:?}: {value:?}")).found.is_empty()
}

/// Whether a machine-made value in the place of `value` would count as a secret. Perhaps only the beginning of the value is there.
pub fn takes_secret(text: &str, value: &Range<usize>) -> bool {
    const DRAWN: &str = "q7Zr0Wk2Xp9Lm4Tn8Vb3";
    let start = text.floor_char_boundary(value.start.saturating_sub(SEARCHED_AROUND_BYTES));
    let end = text.ceil_char_boundary((value.end + SEARCHED_AROUND_BYTES).min(text.len()));
    let near = [&text[start..value.start], DRAWN, &text[value.end..end]].concat();
    let at = value.start - start;
    Secrets::near(&near, &(at..at + DRAWN.len())).around(at + 1)
}

/// The text with every letter and digit as `*`, in the same number of bytes.
pub fn stars(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { '*' } else { letter }).collect()
}
