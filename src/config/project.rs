//! What a project may say in `.longsight.toml`. It can only narrow, and an entry that was meant to narrow does so even when misspelt: a
//! typo must not reveal what somebody has excluded.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use toml::Value;

use super::Problem;
use super::check::is_near;

/// What a project may set in `.longsight.toml`: it narrows, never widens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Project {
    pub local_only: bool,
    /// Globs in `.gitignore` syntax that never enter the index or a prompt.
    pub ignore: Vec<String>,
}

impl Project {
    /// What applies while a file cannot be parsed, plus whatever of it is readable. If it has a list that cannot be read, everything may be
    /// excluded.
    pub fn broken(text: &str) -> Self {
        let ignore = salvaged(text).map_or(vec![], |globs| if globs.is_empty() { vec!["*".into()] } else { globs });
        Self { local_only: true, ignore: ignore.iter().flat_map(|glob| patterns(glob)).collect() }
    }
}

/// Reads a project's file. Anything but the two narrowing keys is reported and ignored.
pub fn parse_project(path: &Path, text: &str) -> (Project, Vec<Problem>) {
    let mut reader = Reader::default();
    match text.parse::<toml::Table>() {
        Ok(table) => table.into_iter().for_each(|(key, value)| reader.entry(&key, &value)),
        Err(error) => {
            let message = format!(
                "is not valid TOML ({}); until it is, nothing of this project is sent to another machine, and what it has excluded stays \
                 excluded",
                error.message()
            );
            return (Project::broken(text), vec![Problem::at(path, text, error.span(), message)]);
        }
    }
    let problems = reader.problems.into_iter().map(|message| Problem::at(path, text, None, message));
    (reader.project, problems.collect())
}

#[derive(Default)]
struct Reader {
    project: Project,
    problems: Vec<String>,
}

impl Reader {
    fn complain(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    fn entry(&mut self, key: &str, value: &Value) {
        match (key, value) {
            ("local_only", Value::Boolean(on)) => self.project.local_only |= on,
            ("local_only", _) => {
                self.project.local_only = true;
                self.complain("`local_only` must be true or false; until it is, nothing is sent to another machine");
            }
            ("ignore", globs) => self.ignore(globs),
            _ => match meant(key) {
                Some("ignore") => {
                    self.complain(format!("`{key}` should be written `ignore`, and is read as that"));
                    self.ignore(value);
                }
                Some(_) => {
                    self.project.local_only = true;
                    self.complain(format!("`{key}` should be written `local_only`; until it is, nothing is sent to another machine"));
                }
                None => self.stranger(key, value),
            },
        }
    }

    fn ignore(&mut self, globs: &Value) {
        match globs {
            Value::Array(globs) => globs.iter().for_each(|glob| match glob.as_str() {
                Some(glob) => self.glob(glob),
                None => self.complain(format!("`ignore` holds `{glob}`, which is not a string and ignores nothing")),
            }),
            Value::String(glob) => {
                self.complain(format!("`ignore` must be a list: `ignore = [\"{glob}\"]`, and is taken as that"));
                self.glob(glob);
            }
            _ => self.complain("`ignore` must be a list of strings"),
        }
    }

    fn glob(&mut self, glob: &str) {
        if is_open(glob) {
            self.complain(format!("`ignore` holds `{glob}`, in which a bracket is not closed; it is taken without it"));
        }
        self.project.ignore.extend(patterns(glob));
    }

    /// Reports a key that means nothing here. In a table, the user may have been looking for the place of the valid keys.
    fn stranger(&mut self, key: &str, value: &Value) {
        self.complain(format!("`{key}` is ignored: a project may only set `local_only` and `ignore`, right at the top"));
        for (inner, value) in value.as_table().into_iter().flatten() {
            match meant(inner) {
                Some("ignore") => {
                    self.complain(format!("`{key}.{inner}` is taken as `ignore`, which belongs right at the top"));
                    self.ignore(value);
                }
                Some(_) => self.project.local_only = true,
                None => {}
            }
        }
    }
}

/// The setting that a key was meant to be.
fn meant(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase().replace('-', "_");
    ["local_only", "ignore"].into_iter().find(|name| is_near(&key, name))
}

/// A glob in `.gitignore` syntax, which has neither `./` nor Windows' separators. An ambiguous one is taken both ways.
fn patterns(glob: &str) -> Vec<String> {
    let mut patterns = vec![match glob.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => format!("/{}", rest.trim_start_matches('/')),
        _ => glob.to_string(),
    }];
    if glob.contains('\\') {
        patterns.push(glob.trim_start_matches(".\\").replace('\\', "/"));
    }
    if is_open(glob) {
        patterns.push(glob.replace(['[', ']'], ""));
    }
    patterns
}

/// Whether a glob has an unclosed bracket, which then matches only itself.
fn is_open(glob: &str) -> bool {
    glob.rsplit_once('[').is_some_and(|(before, set)| !before.ends_with('\\') && !set.contains(']'))
}

/// A line that begins the list, whatever follows, and the next line that begins something else.
static LIST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?mi)^[ \t]*["']?ignores?["']?[ \t]*="#).ok());
static OTHER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^[ \t]*(?:["']?[\w.-]+["']?[ \t]*=|\[{1,2}[\w. "'-]+\]{1,2}[ \t]*$)"#).ok());
/// A comment, or a glob with quotes (the closing one may be missing) or without.
static ITEM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r##"#[^\n]*|"([^"\n]*)"|'([^'\n]*)'|([^\s,"'#]+)"##).ok());

/// The globs in the list of a text that is not TOML, if it has such a list and it is not empty.
fn salvaged(text: &str) -> Option<Vec<String>> {
    let (Some(list), Some(other), Some(item)) = (&*LIST, &*OTHER, &*ITEM) else { return None };
    let lists = list.find_iter(text).map(|found| {
        let end = other.find_at(text, found.end()).map_or(text.len(), |next| next.start());
        &text[found.end()..end]
    });
    let says_nothing = |items: &str| items.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(']'));
    let lists: Vec<&str> = lists.filter(|items| !says_nothing(items)).collect();
    let globs = lists.iter().flat_map(|items| item.captures_iter(items)).filter_map(|found| {
        let quoted = found.get(1).or_else(|| found.get(2)).map(|glob| glob.as_str());
        quoted.or_else(|| found.get(3).map(|bare| bare.as_str().trim_start_matches('[').trim_end_matches(']')))
    });
    let globs = globs.filter(|glob| !glob.is_empty()).map(|glob| glob.replace(r"\\", r"\"));
    (!lists.is_empty()).then(|| globs.collect())
}
