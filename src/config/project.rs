//! What a project may say in `.longsight.toml`.

use std::path::Path;

use serde::Deserialize;

use super::Problem;

/// What a project may set in `.longsight.toml`: it narrows, never widens.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Project {
    pub local_only: bool,
    /// Globs in `.gitignore` syntax that never enter the index or a prompt.
    pub ignore: Vec<String>,
}

/// Reads a project's file. Anything but the two narrowing keys is reported and ignored.
pub fn parse_project(path: &Path, text: &str) -> (Project, Vec<Problem>) {
    let whole = |message: String| vec![Problem::at(path, text, None, message)];
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // An unreadable narrowing must not widen: nothing leaves the machine until it can be read.
        Err(_) => {
            let message = "is not valid TOML; until it is, nothing of this project is sent to another machine".to_string();
            return (Project { local_only: true, ignore: vec![] }, whole(message));
        }
    };
    let mut problems = vec![];
    let mut project = Project::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("local_only", toml::Value::Boolean(on)) => project.local_only = on,
            ("ignore", toml::Value::Array(globs)) => {
                project.ignore = globs.iter().filter_map(|glob| glob.as_str().map(String::from)).collect();
                let others = globs.iter().filter(|glob| !glob.is_str());
                problems.extend(others.flat_map(|other| whole(format!("`ignore` holds `{other}`, which is no text and ignores nothing"))));
            }
            // As with a file that cannot be read: what was meant to narrow narrows.
            ("local_only", _) => {
                project.local_only = true;
                problems.extend(whole("`local_only` must be true or false; until it is, nothing is sent to another machine".into()));
            }
            ("ignore", toml::Value::String(glob)) => {
                problems.extend(whole(format!("`ignore` must be a list: `ignore = [\"{glob}\"]`, and is taken as that")));
                project.ignore = vec![glob];
            }
            ("ignore", _) => problems.extend(whole("`ignore` must be a list of texts".into())),
            // A key that only looks like it was meant to narrow.
            (key, _) if key.to_lowercase().replace('-', "_") == "local_only" => {
                project.local_only = true;
                problems.extend(whole(format!("`{key}` is written `local_only`; until it is, nothing is sent to another machine")));
            }
            (_, value) => {
                if value.as_table().is_some_and(|table| table.contains_key("local_only")) {
                    project.local_only = true;
                }
                problems.extend(whole(format!("`{key}` is ignored: a project may only set `local_only` and `ignore`, right at the top")));
            }
        }
    }
    (project, problems)
}
