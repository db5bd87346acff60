//! Stretches of files whose text goes into a request, for the record of what was sent.

use std::fmt;

use super::Part;

/// Lines of one file, 1-based and inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub path: String,
    pub first: u32,
    pub last: u32,
}

impl Stretch {
    /// Lines `first` to `last` of a file; at least one.
    pub fn new(path: impl fmt::Display, first: u32, last: u32) -> Self {
        Self { path: path.to_string(), first, last: last.max(first) }
    }

    /// The lines of a text that begins at line `first` of a file.
    pub fn of(path: impl fmt::Display, first: u32, text: &str) -> Self {
        Self::new(path, first, first + (text.lines().count() as u32).saturating_sub(1))
    }
}

impl From<&Part> for Stretch {
    fn from(part: &Part) -> Self {
        Self::new(&part.path, part.start_line, part.end_line)
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}-{}", self.path, self.first, self.last)
    }
}

/// The same lines, each once: files in the order in which they first occur, their lines sorted, adjacent ones merged.
pub fn merged(all: &[Stretch]) -> Vec<Stretch> {
    let mut paths: Vec<&str> = vec![];
    for stretch in all {
        if !paths.contains(&stretch.path.as_str()) {
            paths.push(&stretch.path);
        }
    }
    let mut merged: Vec<Stretch> = vec![];
    for path in paths {
        let mut of_file: Vec<&Stretch> = all.iter().filter(|stretch| stretch.path == path).collect();
        of_file.sort_unstable_by_key(|stretch| (stretch.first, stretch.last));
        for stretch in of_file {
            match merged.last_mut().filter(|last| last.path == path && stretch.first <= last.last + 1) {
                Some(last) => last.last = last.last.max(stretch.last),
                None => merged.push(stretch.clone()),
            }
        }
    }
    merged
}

/// As text, for the record: `path:1-20`.
pub fn words(all: &[Stretch]) -> Vec<String> {
    merged(all).iter().map(Stretch::to_string).collect()
}
