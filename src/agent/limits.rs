//! What a turn may use up, and how circular behaviour is detected.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

/// Maximum questions to the model in one turn: a task that needs more is too large for it, and each one costs the whole transcript again.
pub const MAX_STEPS: usize = 25;
/// After this many identical calls with identical results the turn is stopped.
const SAME_CALLS: usize = 5;
/// The longest sequence of calls whose repetition is detected, and after how many rounds.
const MAX_CYCLE_CALLS: usize = 5;
/// See [`MAX_CYCLE_CALLS`].
pub const ROUNDS: usize = 3;
/// Maximum failed attempts at editing one file.
pub const MAX_FAILED_EDITS: usize = 3;
/// The longest wall time of a turn; nobody waits longer for an edit.
pub const MAX_TURN_TIME: Duration = Duration::from_secs(600);
/// Maximum bytes of one tool result: a file of usual size fits, and a window of 16K tokens has room for several.
pub const MAX_RESULT_BYTES: usize = 16 << 10;
/// Maximum bytes of all results of a turn, about 50K tokens: a model that has read that much without an edit is lost.
pub const MAX_ALL_RESULTS_BYTES: usize = 200 << 10;
/// Maximum calls of one answer that are run.
pub const MAX_CALLS_AT_ONCE: usize = 8;

/// The calls of a turn with their results, to detect repetition.
#[derive(Clone, Debug, Default)]
pub struct Repeats {
    done: Vec<u64>,
}

impl Repeats {
    /// Remembers a call with its result. Returns the reason to stop if the turn goes in circles; a call with a new result is progress.
    pub fn note(&mut self, name: &str, arguments: &str, result: &str) -> Option<String> {
        self.done.push(xxh3_64(format!("{name}\0{arguments}\0{result}").as_bytes()));
        let last = *self.done.last()?;
        if self.done.iter().filter(|call| **call == last).count() >= SAME_CALLS {
            return Some(format!("the same call of {name} came {SAME_CALLS} times with the same result"));
        }
        (2..=MAX_CYCLE_CALLS)
            .find(|length| self.comes_round(*length))
            .map(|length| format!("the same {length} calls came round {ROUNDS} times with the same results"))
    }

    /// An edit was accepted, so looking something up again is not repetition.
    pub fn clear(&mut self) {
        self.done.clear();
    }

    fn comes_round(&self, length: usize) -> bool {
        let Some(start) = self.done.len().checked_sub(length * ROUNDS) else { return false };
        let recent = &self.done[start..];
        recent.chunks(length).all(|round| round == &recent[..length])
    }
}
