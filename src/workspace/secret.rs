//! Files that are secret by name. The names are in a table next to this file, compared case-insensitively.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::WorkspacePath;

/// Whether a file is likely to hold credentials, by its name. Such a file never enters an index, a prompt, a log or a cache.
pub fn is_secret(path: &WorkspacePath) -> bool {
    is_secret_name(path.relative())
}

/// [`is_secret`] for a relative path with `/`.
pub fn is_secret_name(relative: &str) -> bool {
    let lower = relative.to_lowercase();
    let (folders, copy) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let name = &*original(copy);
    // Some editors put a dot in front of the name of their copy.
    let edited = name.strip_prefix('.').filter(|_| name != copy);
    // A file of text is also named so behind its real name.
    let inner = name.strip_suffix(".txt").filter(|inner| inner.contains('.')).map(original);
    is_secret_in(folders, name) || edited.into_iter().chain(inner.as_deref()).any(|name| is_secret_in(folders, name))
}

/// Judges the name of a file that is not a copy, and its folders; both in lower case.
fn is_secret_in(folders: &str, name: &str) -> bool {
    let inside = |is_one: &dyn Fn(&str) -> bool| folders.split('/').any(is_one);
    let path = if folders.is_empty() { name.to_string() } else { format!("{folders}/{name}") };
    let is_at = |place: &str| path.strip_suffix(place).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    // In a `secrets` folder, data files hold credentials, as does a file without extension: container tools mount each under its bare name.
    let may_be_value = has("data", extension) || !name.contains('.') && !has("build", name);
    let is_secret =
        |folder: &str| has("folder", folder) || folder.starts_with('.') && has("folder", &original(folder)) || is_scratch(folder);
    let by_folder = inside(&is_secret) || may_be_value && inside(&|folder| folder == "secrets");
    by_folder || is_secret_file(name) || all("place").any(is_at)
}

static LISTS: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut lists: HashMap<&str, HashSet<&str>> = HashMap::new();
    let lines = include_str!("secret.txt").lines().filter(|line| !line.starts_with('#'));
    for (list, entries) in lines.filter_map(|line| line.split_once(' ')) {
        lists.entry(list).or_default().extend(entries.split_whitespace());
    }
    lists
});

fn has(list: &str, entry: &str) -> bool {
    LISTS.get(list).is_some_and(|entries| entries.contains(entry))
}

fn all(list: &str) -> impl Iterator<Item = &'static str> {
    LISTS.get(list).into_iter().flatten().copied()
}

/// A folder with a drawn name that a program has made for a secret while it is edited.
fn is_scratch(folder: &str) -> bool {
    let drawn = |begin| folder.strip_prefix(begin).is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|it| it.is_ascii_alphanumeric()));
    all("scratch").any(drawn)
}

/// What programs put around the name of a file for a copy of it.
struct Marks {
    beginnings: Vec<String>,
    endings: ByLast,
    /// Stand at the end or in front of the extension.
    middles: ByLast,
}

/// Endings by their last byte. Every file of a workspace is asked about, and most end in none of these bytes.
type ByLast = HashMap<u8, Vec<String>>;

static MARKS: LazyLock<Marks> = LazyLock::new(|| {
    let listed = |list| all(list).map(|mark| mark.replace('␣', " ")).collect::<Vec<_>>();
    let by_last = |marks: Vec<String>| {
        let mut by_last = ByLast::new();
        marks.into_iter().for_each(|mark| by_last.entry(last_of(&mark)).or_default().push(mark));
        by_last
    };
    let middles = listed("copied");
    Marks { beginnings: listed("copy-begin"), endings: by_last([listed("copy-end"), middles.clone()].concat()), middles: by_last(middles) }
});

/// The last byte of a name or of an ending; `N` for a number.
fn last_of(text: &str) -> u8 {
    text.bytes().last().map_or(0, |last| if last.is_ascii_digit() { b'N' } else { last })
}

/// The name of the original of a copy: `.env.bak` and `Copy of .env` are `.env`, `secrets (1).yml` is `secrets.yml`.
fn original(name: &str) -> Cow<'_, str> {
    let mut name = Cow::Borrowed(name);
    while let Some(shorter) = without_mark(&name) {
        name = Cow::Owned(shorter);
    }
    name
}

/// A name without one of the marks of a copy, the longest that it has there.
fn without_mark(name: &str) -> Option<String> {
    let ended = |name: &str, marks: &ByLast| shortest(marks.get(&last_of(name))?.iter().filter_map(|mark| without_end(name, mark)));
    let begun = || shortest(MARKS.beginnings.iter().filter_map(|mark| name.strip_prefix(mark.as_str())));
    ended(name, &MARKS.endings).or_else(begun).or_else(|| {
        let (stem, extension) = name.rsplit_once('.')?;
        Some(format!("{}.{extension}", ended(stem, &MARKS.middles)?))
    })
}

fn shortest<'a>(rests: impl Iterator<Item = &'a str>) -> Option<String> {
    rests.filter(|rest| !rest.is_empty()).min_by_key(|rest| rest.len()).map(String::from)
}

/// A name without this ending, in which `N` is a number.
fn without_end<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let mut pieces = end.rsplit('N');
    let mut rest = name.strip_suffix(pieces.next()?)?;
    for piece in pieces {
        let counted = rest.trim_end_matches(|letter: char| letter.is_ascii_digit());
        rest = if counted.len() < rest.len() { counted.strip_suffix(piece)? } else { return None };
    }
    Some(rest)
}

fn is_secret_file(name: &str) -> bool {
    let bare = name.strip_prefix('.').unwrap_or(name);
    let (stem, extension) = bare.rsplit_once('.').unwrap_or((bare, ""));
    let is_hidden = bare.len() < name.len();
    let words: Vec<&str> = stem.split(['.', '-', '_']).collect();
    let is_word = |word: Option<&&str>| word.is_some_and(|word| has("word", word));
    let is_data = has("data", extension)
        && (has("alone", stem) || is_word(words.first()) || is_word(words.last()) || is_cloud_key(stem) || stem.ends_with(".env"));
    let is_bare = is_hidden && extension.is_empty() || extension == "txt";
    is_data
        || has("name", bare)
        || has("name", without_stage(bare))
        || has("alone", bare)
        || has("extension", extension)
        || is_hidden && (has("hidden-name", bare) || has("extension", bare) || bare.ends_with("_history"))
        || is_bare && is_value(&words)
        || is_environment(name)
        || is_key_of_ssh(name)
        || is_tunnel(name)
        || name.ends_with(".tfvars.json")
        || name.contains(".tfstate")
}

/// A name without the part that says where a program runs, such as `production`.
fn without_stage(name: &str) -> &str {
    let mut name = name;
    while let Some((rest, _)) = name.rsplit_once('.').filter(|(_, stage)| has("stage", stage)) {
        name = rest;
    }
    name
}

/// Whether the words of a name denote a secret value: `slack_token`, `mypasswords`.
fn is_value(words: &[&str]) -> bool {
    let last = words.last().is_some_and(|word| has("last", word) || word.ends_with("password") || word.ends_with("passwords"));
    let last_two = || matches!(words, [.., a, b] if has("last", &format!("{a}_{b}")));
    (last || last_two()) && !words.iter().any(|word| has("about", word))
}

/// A key file of a cloud service, which providers name after the project.
fn is_cloud_key(stem: &str) -> bool {
    all("beginning").any(|begin| stem.starts_with(begin)) || stem.contains("-firebase-adminsdk-")
}

/// `.env` and its variants. A template of one says which variables exist, and is committed on purpose; anything in it that looks like a
/// secret is masked by its form, as everywhere.
fn is_environment(name: &str) -> bool {
    let last = name.rsplit(['.', '-', '_']).next().unwrap_or_default();
    if has("template", last) {
        return false;
    }
    let behind = name.strip_prefix(".env").filter(|behind| behind.is_empty() || behind.starts_with(['.', '-', '_']));
    behind.is_some() || name.ends_with(".env") || name.starts_with("env.") && without_stage(name) == "env"
}

fn is_key_of_ssh(name: &str) -> bool {
    let behind = all("ssh-key").find_map(|kind| name.strip_prefix(kind));
    let is_one = behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['_', '.']) && !behind.ends_with(".pub"));
    is_one || name.starts_with("ssh_host_") && name.ends_with("_key")
}

/// WireGuard's configuration, such as `wg0.conf`.
fn is_tunnel(name: &str) -> bool {
    let number = name.strip_prefix("wg").and_then(|rest| rest.strip_suffix(".conf"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|letter| letter.is_ascii_digit()))
}
