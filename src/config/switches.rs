//! The user's switches that hold something back. An entry that looks like one of them but cannot be read counts as on: a typo must not send
//! code away or trust a folder.

use toml::{Table, Value};

use super::check::is_near;
use super::settings::Config;

/// One of the switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    LocalOnly,
    AskForTrust,
}

impl Switch {
    const ALL: [Self; 2] = [Self::LocalOnly, Self::AskForTrust];

    fn section(self) -> &'static str {
        match self {
            Self::LocalOnly => "route",
            Self::AskForTrust => "trust",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::LocalOnly => "local_only",
            Self::AskForTrust => "ask",
        }
    }

    /// What applies while the switch cannot be read.
    pub fn meanwhile(self) -> &'static str {
        match self {
            Self::LocalOnly => "until this can be read, nothing is sent to another machine",
            Self::AskForTrust => "until this can be read, each folder is asked about",
        }
    }

    /// Turns the switch on.
    pub fn turn_on(self, config: &mut Config) {
        match self {
            Self::LocalOnly => config.route.local_only = true,
            Self::AskForTrust => config.trust.ask = true,
        }
    }

    /// Whether a key was meant to be this switch. A short name is close to many words, so the section has to match as well.
    fn is_meant(self, section: &str, key: &str) -> bool {
        let key = key.to_lowercase().replace('-', "_");
        match self {
            Self::LocalOnly => is_near(&key, self.key()),
            Self::AskForTrust => key == self.key() || is_near(section, self.section()),
        }
    }
}

/// The switch that an entry was meant to set but does not. An entry that says `false` asks for nothing.
pub(super) fn doubtful(path: &[&str], value: &Value) -> Option<Switch> {
    if *value == Value::Boolean(false) {
        return None;
    }
    let (key, sections) = path.split_last()?;
    Switch::ALL.into_iter().find(|switch| match sections {
        // A whole section that is not a table, or a switch without its section.
        [] => !value.is_table() && (is_near(key, switch.section()) || switch.is_meant("", key)),
        [section] if (*section, *key) == (switch.section(), switch.key()) => !value.is_bool(),
        [section, ..] => !value.is_table() && switch.is_meant(section, key),
    })
}

/// The switches that a file was meant to set but does not.
pub(super) fn in_doubt(file: &Table) -> Vec<Switch> {
    let mut found = vec![];
    for (key, value) in file {
        search(&mut vec![key], value, &mut found);
    }
    found
}

fn search<'a>(path: &mut Vec<&'a str>, value: &'a Value, found: &mut Vec<Switch>) {
    found.extend(doubtful(path, value));
    let inner = match value {
        Value::Table(table) => vec![table],
        Value::Array(values) => values.iter().filter_map(Value::as_table).collect(),
        _ => vec![],
    };
    for (key, value) in inner.into_iter().flatten() {
        path.push(key);
        search(path, value, found);
        path.pop();
    }
}

/// The switches mentioned in a text that is not TOML, line by line.
pub(super) fn spoken_of(text: &str) -> Vec<Switch> {
    let (mut section, mut found) = (String::new(), vec![]);
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_matches(['[', ']', ' ']).to_string();
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.split('#').next().unwrap_or_default().trim();
        let mut path: Vec<&str> = section.split('.').chain(key.split('.')).map(|part| part.trim_matches([' ', '"', '\''])).collect();
        path.retain(|part| !part.is_empty());
        let value = if value == "false" { Value::Boolean(false) } else { Value::String(value.into()) };
        found.extend(doubtful(&path, &value));
    }
    found
}

/// All switches, for an unreadable file.
pub(super) fn all() -> Vec<Switch> {
    Switch::ALL.to_vec()
}
