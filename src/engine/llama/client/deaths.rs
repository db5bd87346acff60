//! Deaths of the engine process and the models that were working at the time. Three within five minutes switch a model off. They are kept
//! next to the socket, so that one-shot commands, each of which asks once, count together as in a server.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::engine::llama::wire::ModelSpec;
use crate::records;
use crate::report::{self, Level};

const MAX_DEATHS: usize = 3;
const WINDOW: Duration = Duration::from_secs(300);

/// Several requests of one model that hear of a death within this time hear of the same one.
const SAME: Duration = Duration::from_millis(250);

/// The remembered deaths, oldest first: those of the last five minutes, and all since the last one noted here.
#[derive(Default)]
pub(super) struct Deaths {
    file: Option<PathBuf>,
    known: Vec<Death>,
    /// The deaths noted here a moment ago.
    noted: Vec<(Instant, ModelSpec)>,
}

/// The process died while this file was working. Another file, or the same one replaced, is another model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Death {
    /// Milliseconds since 1970.
    at: u64,
    path: PathBuf,
    modified: u64,
    bytes: u64,
}

impl Death {
    fn is_of(&self, model: &ModelSpec) -> bool {
        (&self.path, self.modified, self.bytes) == (&model.path, model.modified, model.bytes)
    }

    fn is_within(&self, time: Duration) -> bool {
        u128::from(now().abs_diff(self.at)) < time.as_millis()
    }
}

impl Deaths {
    /// The deaths that a file remembers.
    pub fn of(file: Option<PathBuf>) -> Self {
        let known = file.as_deref().and_then(|file| records::read(file).ok()).map(|text| read(&text)).unwrap_or_default();
        Self { file, known, noted: vec![] }
    }

    /// Whether they are written down, for other processes to see.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Adds a death. If it cannot be written it is still remembered in this process.
    pub fn note(&mut self, model: &ModelSpec) {
        self.noted.retain(|(at, _)| at.elapsed() < SAME);
        if self.noted.iter().any(|(_, noted)| noted == model) {
            return;
        }
        self.noted.push((Instant::now(), model.clone()));
        // Other processes may have noted theirs in the meantime.
        for other in Self::of(self.file.clone()).known {
            if !self.known.contains(&other) {
                self.known.push(other);
            }
        }
        self.known.push(Death { at: now(), path: model.path.clone(), modified: model.modified, bytes: model.bytes });
        self.known.retain(|death| death.is_within(WINDOW));
        let Some(file) = &self.file else { return };
        let written = serde_json::to_string(&self.known).map_err(std::io::Error::from).and_then(|text| records::replace(file, &text));
        if let Err(error) = written {
            report::log(Level::Warning, format_args!("{} cannot be written: {error}", file.display()));
        }
    }

    /// How many deaths there were within the time that counts.
    pub fn recent(&self) -> usize {
        self.known.iter().filter(|death| death.is_within(WINDOW)).count()
    }

    /// How often the process died with this model, if that was too often.
    pub fn too_many(&self, model: &ModelSpec) -> Option<usize> {
        Some(self.known.iter().filter(|death| death.is_of(model)).count()).filter(|count| *count >= MAX_DEATHS)
    }
}

/// The entries of the file that still count.
fn read(text: &str) -> Vec<Death> {
    let mut known: Vec<Death> = serde_json::from_str(text).unwrap_or_default();
    known.retain(|death| death.is_within(WINDOW));
    known
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
