//! The difference between two versions of a text, as one stretch: everything between their common start and their common end. Versions of
//! an open document share most of their memory, and shared memory is not compared. If a text knows the edits that led to it, nothing is
//! compared at all.

use super::Text;
use super::common::{common_end, common_start};

/// The bytes of the earlier version that are replaced, and where the replacement ends in the later one. All on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub start: usize,
    pub old_end: usize,
    pub new_end: usize,
}

impl Cut {
    /// The stretch that differs between two strings; none if they are equal.
    pub fn between(old: &str, new: &str) -> Option<Self> {
        if old == new {
            return None;
        }
        let (a, b) = (old.as_bytes(), new.as_bytes());
        let mut start = common_start(a, b);
        while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = common_end(&a[start..], &b[start..]);
        while !old.is_char_boundary(a.len() - end) || !new.is_char_boundary(b.len() - end) {
            end -= 1;
        }
        Some(Self { start, old_end: a.len() - end, new_end: b.len() - end })
    }

    /// The stretch that differs between the texts of two documents; none if they are equal. Uses known edits if it can.
    pub fn between_texts(old: &Text, new: &Text) -> Option<Self> {
        if new.is_copy_of(old) {
            return None;
        }
        match new.edited_since(old).filter(|cut| cut.old_end.max(cut.new_end) - cut.start <= KNOWN) {
            Some(known) => known.trimmed(old, new),
            None => Self::searched(old, new),
        }
    }

    /// Finds the stretch by comparing contents.
    fn searched(old: &Text, new: &Text) -> Option<Self> {
        let shortest = old.len_bytes().min(new.len_bytes());
        let start = shared(old.chunks(), new.chunks(), common_start, |chunk, length| &chunk[length..]);
        if start == shortest && old.len_bytes() == new.len_bytes() {
            return None;
        }
        let start = old.floor(start).min(new.floor(start));
        let end = shared(old.chunks_back(), new.chunks_back(), common_end, |chunk, length| &chunk[..chunk.len() - length]);
        let mut end = end.min(shortest - start);
        let inside = |text: &Text, end: usize| text.floor(text.len_bytes() - end) != text.len_bytes() - end;
        while inside(old, end) || inside(new, end) {
            end -= 1;
        }
        Some(Self { start, old_end: old.len_bytes() - end, new_end: new.len_bytes() - end })
    }

    /// The stretch without the bytes that both texts share at its two ends.
    fn trimmed(self, old: &Text, new: &Text) -> Option<Self> {
        // An empty side shares nothing.
        if self.start == self.old_end || self.start == self.new_end {
            return (self.old_end != self.new_end).then_some(self);
        }
        let (before, after) = (old.slice(self.start..self.old_end), new.slice(self.start..self.new_end));
        let inside = Self::between(&before, &after)?;
        let start = self.start + inside.start;
        Some(Self { start, old_end: self.start + inside.old_end, new_end: self.start + inside.new_end })
    }

    /// One stretch that covers this change and a `later` one, made to the result of this one.
    pub(super) fn then(self, later: Self) -> Self {
        let (start, end) = (self.start.min(later.start), self.new_end.max(later.old_end));
        Self { start, old_end: self.old_end + (end - self.new_end), new_end: later.new_end + (end - later.old_end) }
    }

    /// By how many bytes the text after the stretch has moved; negative if it moved towards the start.
    pub fn moved(&self) -> i64 {
        self.new_end as i64 - self.old_end as i64
    }
}

/// How many bytes two texts share, counted from the end that their chunks start from.
fn shared<'a>(
    mut old: impl Iterator<Item = &'a str>,
    mut new: impl Iterator<Item = &'a str>,
    common: impl Fn(&[u8], &[u8]) -> usize,
    rest: impl for<'b> Fn(&'b [u8], usize) -> &'b [u8],
) -> usize {
    let (mut a, mut b): (&[u8], &[u8]) = (&[], &[]);
    let mut length = 0;
    loop {
        if a.is_empty() {
            a = old.next().unwrap_or_default().as_bytes();
        }
        if b.is_empty() {
            b = new.next().unwrap_or_default().as_bytes();
        }
        let least = a.len().min(b.len());
        if least == 0 {
            return length;
        }
        let is_same_memory = a.len() == b.len() && std::ptr::eq(a.as_ptr(), b.as_ptr());
        let equal = if is_same_memory { least } else { common(a, b) };
        length += equal;
        if equal < least {
            return length;
        }
        (a, b) = (rest(a, equal), rest(b, equal));
    }
}

/// Known edits further apart than this, in bytes, are not used: much between them may be unchanged, so the texts are compared.
const KNOWN: usize = 4096;
