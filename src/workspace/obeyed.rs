//! Files that a tool, an editor or an agent executes or obeys: changing one needs the user's word every time, and a folder's trust is stale
//! when one that steers has changed. `obeyed.txt` lists them; it is compiled in, and compared without regard to case.

use std::sync::LazyLock;

use super::WorkspacePath;

/// What happens with the files that a pattern means.
struct Row {
    pattern: &'static str,
    danger: &'static str,
    /// Whether trust depends on it.
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
    /// Whether it means a relative path, in lower case.
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

/// What happens when this file is changed, for files that tools and editors execute or obey.
pub fn danger(path: &WorkspacePath) -> Option<&'static str> {
    let lower = path.relative().to_lowercase();
    let hook = || lower.contains("git") && lower.split('/').any(|part| part == "hooks");
    let row = TABLE.iter().find(|row| row.means(&lower)).map(|row| row.danger);
    row.or_else(|| hook().then_some("belongs to git: hooks run on commits"))
}

/// Whether a path below a root is one of the files that trust depends on.
pub fn is_steering(relative: &str) -> bool {
    // What stands in a folder that steers as a whole does so as well.
    steering_files().any(|name| {
        relative
            .split_at_checked(name.len())
            .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/')))
    })
}

/// The files that trust depends on, as they are written.
pub(super) fn steering_files() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(|row| row.steers).map(|row| row.pattern)
}
