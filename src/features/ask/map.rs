//! The repository for a model with room for it: the whole text if it fits, else a map of its files and their definitions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::blocks;
use crate::context::{Kind, Part};
use crate::engine::Tokens;
use crate::features::Session;
use crate::features::answer::numbered;
use crate::index::{File, FileId, Symbol};
use crate::redact::{self, Masked};
use crate::syntax::{self, naming};

/// Tokens around each quotation: fence and name.
const FRAME_TOKENS: usize = 12;
/// The longest signature in a map, in bytes.
const MAX_SIGNATURE_BYTES: usize = 160;
/// Maximum definitions of one file in a map.
pub(super) const MAX_DEFINITIONS: usize = 60;
/// Maximum headings of one file in a map.
const MAX_HEADINGS: usize = 12;
/// Larger files, in bytes, are data.
const MAX_FILE_BYTES: u32 = 4 << 20;

/// Every file with its text, in the order of paths, so that the start of the prompt stays the same; none if they do not fit. What is
/// already `shown` is left out.
pub(super) fn whole(session: &Session, shown: &[Part], budget: usize, tokens: &dyn Tokens) -> Option<Vec<Part>> {
    // By the index's estimates, most repositories are known not to fit without reading them.
    let estimate: usize = session.index.files().map(|(_, file)| file.tokens as usize + FRAME_TOKENS).sum();
    if estimate > budget + shown.iter().map(|part| part.tokens).sum::<usize>() {
        return None;
    }
    let mut files: Vec<&Arc<File>> = session.index.files().map(|(_, file)| file).collect();
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let mut left = budget;
    let mut parts = vec![];
    for file in files {
        for part in rest(session, file, &lines_of(shown, file), tokens) {
            left = left.checked_sub(part.tokens)?;
            parts.push(Part { why: "the whole repository fits".into(), ..part });
        }
    }
    Some(parts)
}

/// The 1-based lines of a file that parts show, in order.
fn lines_of(shown: &[Part], file: &File) -> Vec<(u32, u32)> {
    let path = file.path.to_string();
    let here = shown.iter().filter(|part| *part.path == *path);
    let mut lines: Vec<(u32, u32)> = here.map(|part| (part.start_line, part.end_line)).collect();
    lines.sort_unstable();
    lines
}

/// The parts of a file that are not among the lines already shown: all of it, or the stretches in between.
fn rest(session: &Session, file: &File, shown: &[(u32, u32)], tokens: &dyn Tokens) -> Vec<Part> {
    let Some(whole) = self::file(session, file, tokens) else { return vec![] };
    if shown.is_empty() {
        return vec![whole];
    }
    let lines: Vec<&str> = whole.text.split_inclusive('\n').collect();
    let mut parts = vec![];
    let mut next = 1;
    for (first, last) in shown.iter().copied().chain([(lines.len() as u32 + 1, u32::MAX)]) {
        let between = lines.get(next as usize - 1..first.saturating_sub(1) as usize).unwrap_or_default().concat();
        // A bracket between two definitions says nothing.
        if between.contains(char::is_alphanumeric) {
            let text = whole.text.rewritten(|_| between.clone());
            let tokens = tokens.count(&numbered(&text, next)) + FRAME_TOKENS;
            parts.push(Part { start_line: next, end_line: first - 1, text, tokens, ..whole.clone() });
        }
        next = next.max(last.saturating_add(1));
    }
    parts
}

/// A file with its whole text; none if that is blank.
pub(super) fn file(session: &Session, file: &File, tokens: &dyn Tokens) -> Option<Part> {
    let text = session.snapshot.read(&file.path).ok()?;
    let text = Masked::whole(&text);
    if text.trim().is_empty() {
        return None;
    }
    Some(Part {
        path: file.path.to_string().into(),
        start_line: 1,
        end_line: text.lines().count().max(1) as u32,
        kind: Kind::File,
        tokens: tokens.count(&numbered(&text, 1)) + FRAME_TOKENS,
        text,
        why: "there is room for the whole file".into(),
    })
}

/// The files of a map: first those that matter for a question, then the others by path, shallow ones first, tests last.
pub(super) fn in_order<'a>(session: &'a Session, first: &[FileId]) -> Vec<(FileId, &'a Arc<File>)> {
    let ranks: HashMap<FileId, usize> = first.iter().rev().enumerate().map(|(rank, id)| (*id, rank + 1)).collect();
    let mut files: Vec<(FileId, &Arc<File>)> = session.index.files().filter(|(_, file)| file.bytes < MAX_FILE_BYTES).collect();
    files.sort_by_cached_key(|(id, file)| {
        let path = file.path.to_string();
        let rank = std::cmp::Reverse(ranks.get(id).copied().unwrap_or(0));
        let is_test = naming::is_test(file.language.as_deref(), &path);
        (rank, file.symbols.is_empty(), is_test, path.matches('/').count(), path)
    });
    files
}

/// The definitions of files, at most `most` each, within `budget` tokens, in the order of [`in_order`]. Files without definitions show
/// their headings. What is already `shown` is left out.
pub(super) fn outline(session: &Session, shown: &[Part], first: &[FileId], budget: usize, most: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let mut left = budget;
    let mut parts = vec![];
    for (id, file) in in_order(session, first) {
        let Ok(text) = session.snapshot.read(&file.path) else { continue };
        let path = file.path.to_string();
        let known = lines_of(shown, file);
        let is_new = |line: u32| !known.iter().any(|(first, last)| (*first..=*last).contains(&(line + 1)));
        let lines = if file.symbols.is_empty() { headings(&path, &text, is_new) } else { definitions(file, &text, most, is_new) };
        let text = Masked::whole(&lines);
        let cost = tokens.count(&text) + tokens.count(&path) + FRAME_TOKENS;
        if text.is_empty() || cost > left {
            // A map may have gaps, but once it is full, not every file need be tried.
            if left < 2 * FRAME_TOKENS {
                break;
            }
            continue;
        }
        left -= cost;
        let why = if first.contains(&id) { "it defines what the question is about" } else { "map of the repository" };
        let (kind, end_line) = (Kind::Outline, file.lines.max(1));
        parts.push(Part { path: path.into(), start_line: 1, end_line, kind, tokens: cost, text, why: why.into() });
    }
    parts
}

/// The first lines of a file's definitions with line numbers: top-level ones and members of types.
fn definitions(file: &File, text: &str, most: usize, is_new: impl Fn(u32) -> bool) -> String {
    let mut lines = HashSet::new();
    let shown = file.symbols.iter().filter(|symbol| {
        let plain =
            !matches!(symbol.kind, syntax::Kind::Reexport | syntax::Kind::Attribute | syntax::Kind::Variant | syntax::Kind::Variable);
        let inside = symbol.parent().and_then(|parent| file.symbols.get(parent));
        let holds = |parent: &Symbol| parent.kind.is_type() || matches!(parent.kind, syntax::Kind::Variable | syntax::Kind::Constant);
        plain && inside.is_none_or(holds) && is_new(symbol.name_line) && lines.insert(symbol.name_line)
    });
    let line = |symbol: &Symbol| format!("{} {}\n", symbol.name_line + 1, redact::beginning(&head(symbol, text), MAX_SIGNATURE_BYTES));
    shown.take(most).map(line).collect()
}

/// The line of a definition that has its name, as far as it belongs to the signature. The signature may begin some lines above, with
/// annotations or a return type.
fn head(symbol: &Symbol, text: &str) -> String {
    let signature = symbol.signature.of(text);
    let lead = text.get(symbol.item.start as usize..symbol.signature.start as usize).unwrap_or_default();
    let above = (symbol.name_line - symbol.line.min(symbol.name_line)) as usize;
    let above = above.saturating_sub(lead.matches('\n').count());
    if above == 0 {
        return signature.lines().next().unwrap_or_default().trim_end().into();
    }
    let mut lines = signature.lines().map(str::trim);
    if let Some(line) = lines.clone().nth(above) {
        // A type alone on its line belongs to the name below it.
        let is_type = |line: &&str| line.chars().all(|letter| letter.is_alphanumeric() || "_ *&:<>,".contains(letter));
        return match lines.nth(above - 1).filter(|line| !line.is_empty()).filter(is_type) {
            Some(before) => format!("{before} {line}"),
            None => line.into(),
        };
    }
    // The name comes after the body.
    let line = text.get(symbol.signature.start as usize..).and_then(|rest| rest.lines().nth(above)).unwrap_or_default().trim();
    let begins = signature.lines().next().unwrap_or_default().trim();
    if line.starts_with(['}', ')', ']']) { format!("{begins} … {line}") } else { line.into() }
}

/// The headings of a file without definitions, with line numbers.
fn headings(path: &str, text: &str, is_new: impl Fn(u32) -> bool) -> String {
    let prose = blocks::is_prose(path);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with([' ', '\t']) && blocks::is_heading(line, prose));
    let lines = lines.filter(|(number, _)| is_new(*number as u32));
    let line = |(number, line): (usize, &str)| format!("{} {}\n", number + 1, redact::beginning(line, MAX_SIGNATURE_BYTES));
    lines.take(MAX_HEADINGS).map(line).collect()
}
