//! What a turn may use up, and how it notices that it goes in circles.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

/// Questions to the model in one turn.
pub const STEPS: usize = 25;
/// Identical calls with identical results before the turn is stopped.
const SAME_CALLS: usize = 5;
/// Longest repeated sequence of calls that is recognised, and how often it may come round.
const LONGEST_CYCLE: usize = 5;
pub const ROUNDS: usize = 3;
/// Failed attempts at one edit.
pub const FAILED_EDITS: usize = 3;
/// Wall time of a turn.
pub const TIME: Duration = Duration::from_secs(600);
/// Bytes of one tool result, and of all of a turn together.
pub const RESULT: usize = 16 << 10;
pub const RESULTS: usize = 200 << 10;
/// Calls that are run of one answer.
pub const CALLS_AT_ONCE: usize = 8;

/// A text of at most `limit` bytes: the head and the tail, with a mark between that says how much is gone.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.into();
    }
    let mark = format!("\n[… {} bytes left out …]\n", text.len() - limit);
    let room = limit.saturating_sub(mark.len());
    let head = text.floor_char_boundary(room * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - (room - room * 2 / 3));
    format!("{}{mark}{}", &text[..head], &text[tail..])
}

/// The calls of a turn with what came of them.
#[derive(Clone, Debug, Default)]
pub struct Circles {
    done: Vec<u64>,
}

impl Circles {
    /// Remembers a call with its result; the reason to stop, if the turn goes in circles. A call whose result differs is progress.
    pub fn note(&mut self, name: &str, arguments: &str, result: &str) -> Option<String> {
        self.done.push(xxh3_64(format!("{name}\0{arguments}\0{result}").as_bytes()));
        let last = *self.done.last()?;
        if self.done.iter().filter(|call| **call == last).count() >= SAME_CALLS {
            return Some(format!("the same call of {name} came {SAME_CALLS} times with the same result"));
        }
        (2..=LONGEST_CYCLE)
            .find(|length| self.comes_round(*length))
            .map(|length| format!("the same {length} calls came round {ROUNDS} times with the same results"))
    }

    /// An edit was taken: what is looked up again after it is looked up anew.
    pub fn clear(&mut self) {
        self.done.clear();
    }

    fn comes_round(&self, length: usize) -> bool {
        let Some(start) = self.done.len().checked_sub(length * ROUNDS) else { return false };
        let recent = &self.done[start..];
        recent.chunks(length).all(|round| round == &recent[..length])
    }
}
