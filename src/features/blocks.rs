//! The lines of a file that belong to no definition, in blocks: what a module says of itself, and all of a file that defines nothing, such
//! as the README, a manifest or a workflow.

use std::ops::Range;

use crate::context::sentence::Sentence;
use crate::index::{File, Symbol};
use crate::syntax::naming;

/// Lines that are one place.
pub(super) const BLOCK: usize = 24;

/// How lists of changes are called.
const CHANGES: &[&str] = &["changelog", "changes", "history", "news", "releases", "release", "whatsnew", "whats_new"];
/// Ends of the names of files that are written for people.
const PROSE: &[&str] = &["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "txt", "org", "textile"];

/// Whether a file is written for people, by its name: `README.md`, `LICENSE`.
pub(super) fn is_prose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, ending)) => PROSE.contains(&ending.to_lowercase().as_str()),
        None => name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_lowercase),
    }
}

/// Whether a file lists what has changed, which a question seldom asks for that has not the word.
pub(super) fn lists_changes(path: &str, sentence: &Sentence) -> bool {
    let stem = naming::stem(None, path).to_lowercase().replace('-', "_");
    CHANGES.iter().any(|word| *word == stem || path.to_lowercase().contains(&format!("{word}/"))) && !sentence.has(&stem)
}

/// Whether a line of a file that defines nothing says what follows it: `## Usage`, `[dependencies]`, `"scripts": {`, `jobs:`.
pub(super) fn is_heading(line: &str, prose: bool) -> bool {
    let line = line.trim();
    let title = line.trim_start_matches(['#', '=']);
    if prose {
        return title.len() < line.len() && title.starts_with(' ') && !title.trim().is_empty();
    }
    let is_named = |name: &str| {
        let name = name.trim_matches(['"', '\'']);
        !name.is_empty() && name.len() < 40 && name.chars().all(|letter| letter.is_alphanumeric() || "_-. ".contains(letter))
    };
    let section =
        line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).is_some_and(|name| is_named(name.trim_matches(['[', ']'])));
    let key = line.trim_end_matches(['{', '[']).trim_end().strip_suffix(':').is_some_and(is_named);
    section || key
}

/// Whether a line makes the one above it a heading, as reStructuredText and Markdown have them.
pub(super) fn is_underline(line: &str, above: &str) -> bool {
    let line = line.trim_end();
    let mark = line.chars().next().filter(|mark| "=-~^\"'`#*+".contains(*mark));
    let all = mark.is_some_and(|mark| line.chars().all(|letter| letter == mark));
    all && line.len() >= 3 && !above.trim().is_empty() && line.len() + 2 >= above.trim_end().len()
}

/// Whether a file lies at the root and is called like a word of the sentence.
pub(super) fn is_called(path: &str, sentence: &Sentence) -> bool {
    !path.contains('/') && sentence.has(&naming::stem(None, path.trim_start_matches('.')).to_lowercase())
}

/// Where a definition begins, its comment included.
pub(super) fn begin(symbol: &Symbol) -> u32 {
    if symbol.doc.is_empty() { symbol.item.start } else { symbol.doc.start.min(symbol.item.start) }
}

/// Where the first definition of a file begins, its comment included; the end of what has none.
fn head_end(file: &File, text: &str) -> usize {
    file.symbols.iter().map(begin).min().map_or(text.len(), |begin| text.len().min(begin as usize))
}

/// The blocks of a text.
pub(super) fn number_of(text: &str) -> u32 {
    text.lines().count().div_ceil(BLOCK) as u32
}

/// The lines of a block.
pub(super) fn range(file: &File, text: &str, block: u32) -> Option<Range<usize>> {
    let head = text.get(..head_end(file, text))?;
    let mut starts = std::iter::once(0).chain(head.match_indices('\n').map(|(at, _)| at + 1)).skip(block as usize * BLOCK);
    let start = starts.next()?;
    let end = starts.nth(BLOCK - 1).map_or(head.len(), |end| end - 1);
    let end = start + head.get(start..end)?.trim_end().len();
    (start < end).then_some(start..end)
}

/// The block of each of several offsets that only grow.
pub(super) struct Blocks<'a> {
    text: &'a str,
    end: usize,
    line: usize,
    counted: usize,
    /// Which lines name what others speak of.
    imports: Vec<bool>,
}

impl<'a> Blocks<'a> {
    pub fn new(file: &File, text: &'a str) -> Self {
        let end = head_end(file, text);
        let lines = || text[..end].split('\n').collect::<Vec<_>>();
        let imports = file.language.as_ref().map(|language| language.naming_lines(&lines())).unwrap_or_default();
        Self { text, end, line: 0, counted: 0, imports }
    }

    /// The block that an offset is in; none below the head, and in imports and the like.
    pub fn at(&mut self, offset: usize) -> Option<u32> {
        if offset >= self.end {
            return None;
        }
        self.line += self.text.as_bytes()[self.counted..offset].iter().filter(|byte| **byte == b'\n').count();
        self.counted = offset;
        let imports = self.imports.get(self.line).is_some_and(|imports| *imports);
        (!imports).then_some((self.line / BLOCK) as u32)
    }
}
