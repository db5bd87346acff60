//! What a change needs before it may be applied: nothing, or the user's consent, or it is refused. Create, edit, rename and delete are the
//! same case: a path, the text before, the text after. Decided for the resolved path, every time; nothing is remembered.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::text::BYTE_ORDER_MARK;
use crate::text::layout::{Ending, with_line_feeds};
use crate::text::visible::{self, visible};
use crate::workspace::obeyed::danger;
use crate::workspace::rules::{Skip, by_name};
use crate::workspace::{WorkspacePath, is_secret};

/// Whether a change may be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    Free,
    /// The user has to agree, and is told these reasons.
    Ask(Vec<String>),
    Refused(String),
}

/// Maximum lines that a change may delete without asking.
const MANY_LINES: usize = 500;
/// Shorter files, in lines, are often rewritten completely.
const SHORT_FILE: usize = 6;

/// Commands that run what they download, in lower case: piped into something that runs it; passed to something as argument or input; saved
/// and run; and PowerShell's own forms.
const RUNS_A_DOWNLOAD: &[&str] = &[
    r"\b(curl|wget|aria2c)\b.*\|\s*(sudo\s+(-\S+\s+)*)?(env\s+)?(\S*/)?((ba|z|da|fi|k|c|a)?sh|pwsh|powershell)\b",
    r#"(?m)\b(curl|wget|aria2c)\b.*\|\s*(sudo\s+(-\S+\s+)*)?(env\s+)?(\S*/)?(python[\d.]*|perl|ruby|node|php)(\s+-)?\s*($|[;&|)"'])"#,
    r#"(?m)(^|[\s;&|(/"'`])((ba|z|da|fi|k|c|a)?sh|eval|source|\.)\s.*(<\(|\$\(|`)\s*(curl|wget)\b"#,
    r"\b(curl|wget|aria2c)\b.*(&&|;)\s*(sudo\s+)?(chmod\s+(\S*x|7\d\d)|(\S*/)?(ba|z|da)?sh)\s",
    r#"\b(curl|wget|aria2c|fetch|https?)\s.*\|&?\s*[({"']?\s*((sudo|doas|env|exec|command|nohup|busybox|time|xargs)\s+(-\S+\s+)*)*(\S*/)?((ba|z|da|fi|k|c|a)?sh|python[\d.]*|rscript|lua|tclsh)\b(\s+-)?\s*($|[;&|)}"'\n])"#,
    r"\b(curl|wget|aria2c|fetch|https?)\s.*\|\s*xargs\s.*\b(ba|z|da)?sh\b",
    r#"\b(python[\d.]*|node|perl|ruby|php|lua)\s.*(<\(|\$\(|`)\s*(curl|wget|fetch)\b"#,
    r"\b(curl|wget)\b.*\s(-o|--output|-O)\s*\S+[\s\S]*\n\s*(sudo\s+)?((ba|z|da)?sh|python[\d.]*|chmod)\s",
    r"/dev/tcp/|\b(nc|ncat|netcat)\b.*\s-e\b",
    r"\b(npx|bunx|deno\s+run|(pip|pipx|npm|cargo|go)\d?\s+install)\b.*\b(git\+)?https?://",
    r#"\b(exec|eval)\s*\(.*(requests\.get|urlopen|fetch)\s*\(|\bimport\s*\(\s*["'`]https?://"#,
    r"\bgit\s+clone\b.*(&&|;)\s*(sudo\s+)?((ba|z|da)?sh\s|\./|\S+/\S+\.sh\b)",
    r"\b(iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring)\b.*\|\s*(iex|invoke-expression)\b",
    r"\b(iex|invoke-expression)\b.*\b(iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring)\b",
];

/// How editors are told to fetch a schema, in lower case.
const NAMES_A_SCHEMA: &str = r#""\$(schema|ref)"[\s\S]*://|\$schema=\S*://|#:schema\s+\S*://|schemalocation\s*=\s*["'][^"']*://|<!doctype\s[^>]*\bsystem\s+["'][^"']*://"#;

/// Judges one change. `before` is `None` for a new file, `after` for a deleted one.
pub fn judge(path: &WorkspacePath, before: Option<&str>, after: Option<&str>) -> Permit {
    if is_secret(path) {
        return Permit::Refused(format!("{path} looks like a file that holds secrets; it is neither read nor changed"));
    }
    if before.is_none() && after.is_none() {
        return Permit::Refused(format!("{path} does not exist"));
    }
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    if unreadable(new) > unreadable(old) + quoted_unreadable(new).saturating_sub(quoted_unreadable(old)) {
        return Permit::Refused(format!(
            "the change of {path} holds the character U+FFFD, which stands for one that was not written right; write that place anew, and \
             where the character itself is meant, as an escape of the language"
        ));
    }
    let reasons = [by_place(path, before.is_none()), by_signs(path, old, new), by_content(path, old, new, after.is_none())].concat();
    if reasons.is_empty() { Permit::Free } else { Permit::Ask(reasons) }
}

/// Reasons to ask that lie in the file's place and name.
fn by_place(path: &WorkspacePath, is_new: bool) -> Vec<String> {
    let mut reasons = vec![];
    if let Some(which) = hidden(path.relative()) {
        reasons.push(format!("the name {} has characters that cannot be seen ({which})", visible(path.relative())));
    }
    if let Some(danger) = danger(path) {
        reasons.push(format!("{path} {danger}"));
    } else if is_new && path.relative().split('/').any(|part| part.starts_with('.')) {
        reasons.push(format!("{path} is new and has a name with a dot before it, as what tools obey has"));
    }
    match by_name(path.relative()) {
        Some(Skip::Generated) => reasons.push(format!("{path} looks generated")),
        Some(Skip::LockFile) => reasons.push(format!("{path} is a lock file")),
        Some(Skip::Vendored) => reasons.push(format!("{path} is third-party code, kept in this repository")),
        _ => {}
    }
    reasons
}

/// Reasons that lie in invisible characters.
fn by_signs(path: &WorkspacePath, old: &str, new: &str) -> Vec<String> {
    let mut reasons = vec![];
    if quoted_unreadable(new) > quoted_unreadable(old) {
        reasons.push(format!("the change of {path} adds the character U+FFFD, which usually replaces one that could not be decoded"));
    }
    if old.starts_with(BYTE_ORDER_MARK) && !new.starts_with(BYTE_ORDER_MARK) && !new.is_empty() {
        reasons.push(format!("the change of {path} removes the byte order mark at its beginning"));
    }
    reasons
}

/// Reasons that lie in how much is changed and in what is added.
fn by_content(path: &WorkspacePath, old: &str, new: &str, is_deleted: bool) -> Vec<String> {
    // A byte order mark that stays is not new.
    let (old, new) = match (old.strip_prefix(BYTE_ORDER_MARK), new.strip_prefix(BYTE_ORDER_MARK)) {
        (Some(old), Some(new)) => (old, new),
        _ => (old, new),
    };
    // In a file with `\r\n`, a carriage return hides nothing.
    let (old_lines, new_lines);
    let (old, new) = if Ending::of(old) == Ending::Cr {
        (old_lines, new_lines) = (with_line_feeds(old), with_line_feeds(new));
        (&*old_lines, &*new_lines)
    } else {
        (old, new)
    };
    let size = size(path, old, new, is_deleted);
    let hidden = hidden_beyond(&added(new, old), &added(old, new))
        .map(|which| format!("the change of {path} adds characters that cannot be seen ({which})"));
    let content = content(old, new).map(|what| format!("the change of {path} adds {what}"));
    size.into_iter().chain(hidden).chain(content).collect()
}

/// How often the replacement character occurs in a text.
fn unreadable(text: &str) -> usize {
    text.matches(char::REPLACEMENT_CHARACTER).count()
}

/// How often it occurs alone between quotes, which means that it is intended.
fn quoted_unreadable(text: &str) -> usize {
    let alone = |quote: char| format!("{quote}{}{quote}", char::REPLACEMENT_CHARACTER);
    ['"', '\'', '`'].into_iter().map(|quote| text.matches(&alone(quote)).count()).sum()
}

fn size(path: &WorkspacePath, old: &str, new: &str, deleted: bool) -> Option<String> {
    let (before, after) = (old.lines().count(), new.lines().count());
    if deleted {
        return Some(format!("{path} is deleted, all {before} lines"));
    }
    let only_in = |these: &str, those: &str| {
        let kept: HashSet<&str> = those.lines().collect();
        these.lines().filter(|line| !line.trim().is_empty() && !kept.contains(line)).count()
    };
    // Lines that also occur elsewhere, such as closing brackets, count as gone if there are fewer of them.
    let fewer = before.saturating_sub(after);
    let gone = only_in(old, new).max(fewer);
    // A line replaced by another is changed, not removed, unless little is left of the file.
    let is_remnant = before > 0 && new.trim().is_empty() || before > SHORT_FILE && gone * 2 > before && after * 2 < before;
    let gone = if is_remnant { gone } else { gone.saturating_sub(only_in(new, old)).max(fewer) };
    (is_remnant || gone > MANY_LINES).then(|| format!("the change of {path} removes {gone} of {before} lines"))
}

/// The new lines, joined.
fn added(old: &str, new: &str) -> String {
    let before: HashSet<&str> = old.lines().collect();
    new.lines().filter(|line| !before.contains(line)).collect::<Vec<_>>().join("\n")
}

/// The invisible characters in a name, by code point.
fn hidden(name: &str) -> Option<String> {
    hidden_beyond("", name)
}

/// The invisible characters that are more frequent in new lines than in the lines they replace, by code point; a carriage return within a
/// line is one.
fn hidden_beyond(removed: &str, added: &str) -> Option<String> {
    let counted = |text: &str| {
        let returns = text.lines().map(|line| line.trim_end_matches('\r').matches('\r').count()).sum();
        let mut counts: BTreeMap<char, usize> = BTreeMap::from([('\r', returns)]);
        visible::hidden(text).for_each(|(_, letter)| *counts.entry(letter).or_default() += 1);
        counts
    };
    let before = counted(removed);
    let more = counted(added).into_iter().filter(|(letter, count)| *count > before.get(letter).copied().unwrap_or_default());
    let found: Vec<String> = more.take(8).map(|(letter, _)| format!("U+{:04X}", letter as u32)).collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// Things in new lines that a reader should look at twice.
fn content<'a>(old: &'a str, new: &'a str) -> impl Iterator<Item = &'static str> + use<'a> {
    static RUN: LazyLock<Vec<Regex>> = LazyLock::new(|| RUNS_A_DOWNLOAD.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());
    // A command may continue after a backslash at the end of a line.
    let text = added(old, new).to_lowercase().replace("\\\n", " ");
    static SCHEMA: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NAMES_A_SCHEMA).ok());
    let found = [
        (SCHEMA.as_ref().is_some_and(|pattern| pattern.is_match(&text)), "a schema from another machine"),
        (text.contains("<script") && text.contains("src="), "a script from elsewhere"),
        (RUN.iter().any(|pattern| pattern.is_match(&text)), "a download that is run"),
        (text.contains("[submodule "), "a git submodule"),
    ];
    found.into_iter().filter_map(|(is, what)| is.then_some(what))
}
