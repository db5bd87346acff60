//! The two settings of git that decide what is ignored: the user's ignore file for all repositories (`core.excludesFile`), and whether
//! patterns ignore case (`core.ignoreCase`). Files are read in git's order with their includes; the last value wins.

use std::path::{Path, PathBuf};

use super::rule_files::read_rules;

/// Depth to which includes are followed, as in git.
const MAX_INCLUDE_DEPTH: usize = 10;

/// What git's configuration says about ignoring.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GitConfig {
    pub excludes_file: Option<PathBuf>,
    pub ignore_case: bool,
}

impl GitConfig {
    /// The settings of one repository, given the folder that holds its `.git` and the folder shared by all its working trees.
    pub fn of(top: &Path, shared: &Path) -> Self {
        let mut config = Self::default();
        let global = set("GIT_CONFIG_GLOBAL").map_or_else(own, |one| vec![one]);
        for file in [system()].into_iter().chain(global).chain([shared.join("config")]) {
            config.read(&file, top, 0);
        }
        config.excludes_file = config.excludes_file.or_else(|| Some(folder()?.join("ignore")));
        config
    }

    fn read(&mut self, file: &Path, top: &Path, depth: usize) {
        let Some(bytes) = read_rules(file).filter(|_| depth < MAX_INCLUDE_DEPTH) else { return };
        let beside = |path: &str| match expanded(path) {
            path if path.is_absolute() => path,
            path => file.parent().unwrap_or(file).join(path),
        };
        let mut section = String::new();
        for line in String::from_utf8_lossy(&bytes).lines().map(str::trim) {
            if let Some((name, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
                section = name.trim().to_string();
                // A setting may be on the same line as its section.
                self.take(&section, rest.trim(), top, depth, &beside);
                continue;
            }
            self.take(&section, line, top, depth, &beside);
        }
    }

    /// Handles one line of a section.
    fn take(&mut self, section: &str, line: &str, top: &Path, depth: usize, beside: &dyn Fn(&str) -> PathBuf) {
        let (key, written) = line.split_once('=').map_or((line, "true".into()), |(key, value)| (key, value_of(value)));
        let (name, condition) = section.split_once('"').map_or((section, None), |(name, rest)| (name, Some(rest.trim_end_matches('"'))));
        match (name.trim().to_lowercase().as_str(), key.trim().to_lowercase().as_str()) {
            ("core", "excludesfile") if condition.is_none() => self.excludes_file = Some(beside_top(&written, top)),
            ("core", "ignorecase") if condition.is_none() => {
                self.ignore_case = ["true", "yes", "on", "1"].contains(&written.to_lowercase().as_str());
            }
            ("include", "path") => self.read(&beside(&written), top, depth + 1),
            ("includeif", "path") if condition.is_some_and(|condition| is_in(condition, top)) => {
                self.read(&beside(&written), top, depth + 1);
            }
            _ => {}
        }
    }
}

/// A value without its quotes and its trailing comment.
fn value_of(written: &str) -> String {
    let mut value = String::new();
    let mut is_quoted = false;
    let mut letters = written.trim().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '#' | ';' if !is_quoted => break,
            '\\' => value.extend(letters.next().map(|escaped| if escaped == 't' { '\t' } else { escaped })),
            _ => value.push(letter),
        }
    }
    value.trim_end().into()
}

/// Whether a repository is where an include condition says: `gitdir:~/work/`. Conditions on branches or remotes never hold here, since
/// those change.
fn is_in(condition: &str, top: &Path) -> bool {
    let Some(place) = condition.strip_prefix("gitdir/i:").or_else(|| condition.strip_prefix("gitdir:")) else { return false };
    let place = place.trim_end_matches("**").trim_end_matches('/');
    let place = expanded(place.strip_suffix("/.git").unwrap_or(place));
    let is_one = |at: &Path| top == at || top.starts_with(at);
    is_one(&place) || place.canonicalize().is_ok_and(|place| is_one(&place))
}

fn beside_top(path: &str, top: &Path) -> PathBuf {
    top.join(expanded(path))
}

/// A path with `~` replaced by the home folder.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(below), Some(home)) => home.join(below),
        _ => path.into(),
    }
}

/// All files that may hold settings of git for more than one repository; they need not exist.
pub(super) fn places() -> Vec<PathBuf> {
    own().into_iter().chain(set("GIT_CONFIG_GLOBAL")).chain([system()]).collect()
}

fn system() -> PathBuf {
    set("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into())
}

/// The files with the user's own settings.
fn own() -> Vec<PathBuf> {
    let own = [folder().map(|folder| folder.join("config")), home().map(|home| home.join(".gitconfig"))];
    own.into_iter().flatten().collect()
}

/// The user's folder for settings and ignore rules of git.
fn folder() -> Option<PathBuf> {
    set("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config"))).map(|folder| folder.join("git"))
}

fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| !path.as_os_str().is_empty())
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from)
}
