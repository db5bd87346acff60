//! The lines of a file that belong to no definition, in blocks: what a module says about itself, statements between definitions (routes,
//! tests with a title, options), and everything in a file without definitions, such as a README, a manifest or a workflow.

use std::ops::Range;
use std::sync::Arc;

use crate::context::sentence::Sentence;
use crate::index::{File, Symbol};
use crate::syntax::{Language, naming};
use crate::text::count;
use crate::text::lines::line_start;

/// Number of lines of one block.
pub(super) const BLOCK: usize = 24;

/// Names of files that list changes.
const CHANGES: &[&str] = &["changelog", "changes", "history", "news", "releases", "release", "whatsnew", "whats_new"];
/// Extensions of prose files, whose blocks are ranked as prose.
const PROSE_EXTENSIONS: &[&str] = &["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "txt", "org", "textile"];

/// Whether a file is prose, judged by its name: `README.md`, `LICENSE`.
pub(super) fn is_prose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, ending)) => PROSE_EXTENSIONS.contains(&ending.to_lowercase().as_str()),
        None => name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_lowercase),
    }
}

/// Whether a file lists changes and the sentence does not ask for that.
pub(super) fn lists_changes(path: &str, sentence: &Sentence) -> bool {
    let stem = naming::stem(None, path).to_lowercase().replace('-', "_");
    CHANGES.iter().any(|word| *word == stem || path.to_lowercase().contains(&format!("{word}/"))) && !sentence.has(&stem)
}

/// Whether a line, in a file without definitions, is a heading: `## Usage`, `[dependencies]`, `"scripts": {`, `jobs:`.
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

/// Whether a line makes the one above it a heading, as in reStructuredText and Markdown.
pub(super) fn is_underline(line: &str, above: &str) -> bool {
    let line = line.trim_end();
    let mark = line.chars().next().filter(|mark| "=-~^\"'`#*+".contains(*mark));
    let all = mark.is_some_and(|mark| line.chars().all(|letter| letter == mark));
    all && line.len() >= 3 && !above.trim().is_empty() && line.len() + 2 >= above.trim_end().len()
}

/// Whether a file is at the root and has a word of the sentence as its name.
pub(super) fn is_called(path: &str, sentence: &Sentence) -> bool {
    !path.contains('/') && sentence.has(&naming::stem(None, path.trim_start_matches('.')).to_lowercase())
}

/// The first byte of a definition, including its comment.
pub(super) fn begin(symbol: &Symbol) -> u32 {
    if symbol.doc.is_empty() { symbol.item.start } else { symbol.doc.start.min(symbol.item.start) }
}

/// The ranges of a text outside all definitions, in whole lines; the whole text if there are no definitions.
fn loose<'a>(file: &'a File, text: &'a str) -> impl Iterator<Item = Range<usize>> {
    let ends = file.symbols.iter().map(|symbol| (begin(symbol) as usize, symbol.item.end.max(symbol.doc.end) as usize));
    let mut known = 0;
    let between = ends.chain([(text.len(), text.len())]).filter_map(move |(begin, end)| {
        let stretch = known..begin.min(text.len());
        known = known.max(end).min(text.len());
        (stretch.start < stretch.end).then_some(stretch)
    });
    between.filter_map(|stretch| {
        let at_line = stretch.start == 0 || text.as_bytes()[stretch.start - 1] == b'\n';
        let start = if at_line { stretch.start } else { stretch.start + text.get(stretch.clone())?.find('\n')? + 1 };
        let end = if stretch.end == text.len() { stretch.end } else { line_start(text, stretch.end) };
        (start < end && !text.get(start..end)?.trim().is_empty()).then_some(start..end)
    })
}

/// The first lines, counted from 0, of at most `most` blocks at the start of a file: those before its first definition.
pub(super) fn first(file: &File, text: &str, most: usize) -> Vec<u32> {
    let Some(head) = loose(file, text).next().filter(|head| head.start == 0) else { return vec![] };
    let lines = text[head].lines().count();
    (0..lines).step_by(BLOCK).take(most).map(|line| line as u32).collect()
}

/// The bytes of the block that begins with a line, counted from 0. None inside a definition.
pub(super) fn range(file: &File, text: &str, first: u32) -> Option<Range<usize>> {
    let start = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).nth(first as usize)?;
    let stretch = loose(file, text).find(|stretch| stretch.contains(&start))?;
    let rest = &text[start..stretch.end];
    let end = rest.match_indices('\n').nth(BLOCK - 1).map_or(rest.len(), |(at, _)| at);
    let end = start + rest[..end].trim_end().len();
    (start < end).then_some(start..end)
}

/// Finds the blocks of offsets that are given in ascending order.
pub(super) struct Blocks<'a> {
    file: &'a File,
    text: &'a str,
    /// The ranges outside definitions that end after the last offset.
    stretches: std::iter::Peekable<Box<dyn Iterator<Item = Range<usize>> + 'a>>,
    counter: Counter<'a>,
    /// Of the last such range with an offset in it: its start, the number of its first line, and for each line, whether it does not count:
    /// imports, and decorators of the definition below.
    looked: Option<(usize, usize, Vec<bool>)>,
}

/// Counts the lines before offsets that are given in ascending order.
struct Counter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Counter<'_> {
    fn line(&mut self, offset: usize) -> usize {
        self.line += count(&self.text.as_bytes()[self.at..offset], b'\n');
        self.at = offset;
        self.line
    }
}

impl<'a> Blocks<'a> {
    /// For the text of a file.
    pub fn new(file: &'a File, text: &'a str) -> Self {
        let stretches: Box<dyn Iterator<Item = Range<usize>> + 'a> = Box::new(loose(file, text));
        Self { file, text, stretches: stretches.peekable(), counter: Counter { text, at: 0, line: 0 }, looked: None }
    }

    /// The block of an offset, as the number of its first line. None inside definitions, imports and the like.
    pub fn at(&mut self, offset: usize) -> Option<u32> {
        while self.stretches.next_if(|stretch| stretch.end <= offset).is_some() {}
        let stretch = self.stretches.peek().filter(|stretch| stretch.contains(&offset))?.clone();
        if self.looked.as_ref().is_none_or(|(start, ..)| *start != stretch.start) {
            let first = self.counter.line(stretch.start);
            let lines: Vec<&str> = self.text[stretch.clone()].split('\n').collect();
            let language = self.file.language.as_ref();
            let names = |language: &Arc<Language>| {
                let marks = lines.iter().map(|line| language.is_mark(line.trim_start()));
                language.naming_lines(&lines).into_iter().zip(marks).map(|(names, marks)| names || marks).collect()
            };
            self.looked = Some((stretch.start, first, language.map(names).unwrap_or_default()));
        }
        let (_, first, names) = self.looked.as_ref()?;
        let within = self.counter.line(offset) - first;
        let names = names.get(within).is_some_and(|names| *names);
        (!names).then_some((first + within / BLOCK * BLOCK) as u32)
    }
}
