//! Files that a tool, an editor or an agent executes or obeys. Changing one needs the user's consent every time. Some of them steer tools:
//! trust in a folder is stale once one of these has changed. The list is `obeyed.txt`, compiled in and compared case-insensitively.

use std::sync::LazyLock;

use super::WorkspacePath;

/// One line of the list: a pattern, and what happens with the files it matches.
struct Row {
    pattern: &'static str,
    danger: &'static str,
    /// Whether a folder's trust depends on these files.
    steers: bool,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| rows(include_str!("obeyed.txt")));

fn rows(text: &'static str) -> Vec<Row> {
    let mut danger = "";
    let mut rows = vec![];
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("= "), line.strip_prefix("! ")) {
            (Some(said), _) => danger = said,
            (None, Some(pattern)) => rows.push(Row { pattern, danger, steers: true }),
            (None, None) => rows.push(Row { pattern: line, danger, steers: false }),
        }
    }
    rows
}

impl Row {
    /// Whether the pattern matches a relative path, given in lower case.
    fn means(&self, relative: &str) -> bool {
        let mut parts = relative.split('/');
        match self.pattern.strip_suffix('/') {
            Some(folder) => parts.any(|part| part == folder),
            None if self.pattern.contains('/') => relative == self.pattern,
            None => {
                let name = parts.next_back().unwrap_or_default();
                match self.pattern.split_once('*') {
                    Some((begin, end)) => name.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
                    None => name.eq_ignore_ascii_case(self.pattern),
                }
            }
        }
    }
}

/// What executes or obeys this file, for the user. None for other files.
pub fn danger(path: &WorkspacePath) -> Option<&'static str> {
    let lower = path.relative().to_lowercase();
    let hook = || lower.contains("git") && lower.split('/').any(|part| part == "hooks");
    let row = TABLE.iter().find(|row| row.means(&lower)).map(|row| row.danger);
    row.or_else(|| hook().then_some("belongs to git: hooks run on commits"))
}

/// Whether trust in a folder depends on this file in it; `relative` is its path below the root.
pub fn is_steering(relative: &str) -> bool {
    // A whole folder may steer tools: then so does everything in it.
    steering_files().any(|name| {
        relative
            .split_at_checked(name.len())
            .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/')))
    })
}

/// The patterns of the files that trust depends on, as written in the list.
pub(super) fn steering_files() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(|row| row.steers).map(|row| row.pattern)
}
