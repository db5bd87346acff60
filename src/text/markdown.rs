//! Markdown as models write it: fences around blocks of code, and code spans within a line. Pure.

use std::ops::Range;

use super::Ending;

/// The shortest fence of backquotes, which is what models write.
pub const FENCE: &str = "```";
/// The shortest fence of either kind.
const FENCES: [&str; 2] = [FENCE, "~~~"];

/// The shortest fence that a line, without its indentation, begins with. [`Fences`] tells whether it opens or closes a block.
pub fn fence_at(line: &str) -> Option<&'static str> {
    FENCES.into_iter().find(|fence| line.starts_with(fence))
}

/// Follows a text line by line into its blocks of code and out of them.
#[derive(Default)]
pub struct Fences {
    /// The backquotes or tildes that opened the current block.
    open: Option<String>,
}

/// What a line is to the blocks of code.
#[derive(Debug, PartialEq, Eq)]
pub enum FenceLine<'a> {
    /// It opens a block: its run of backquotes or tildes, and what is written after it.
    Opens { run: &'a str, info: &'a str },
    /// It closes the block, with this run.
    Closes { run: &'a str },
    /// It is in a block.
    Code,
    /// It is outside of all blocks.
    Prose,
}

impl Fences {
    /// Takes the next line, without its indentation: models indent fences as they like, in lists above all.
    pub fn take<'a>(&mut self, line: &'a str) -> FenceLine<'a> {
        let outside = if self.open.is_some() { FenceLine::Code } else { FenceLine::Prose };
        let Some(mark) = line.chars().next().filter(|mark| matches!(mark, '`' | '~')) else { return outside };
        let rest = line.trim_start_matches(mark);
        let (run, info) = (&line[..line.len() - rest.len()], rest.trim());
        match &self.open {
            Some(open) if run.starts_with(open.as_str()) && info.is_empty() => {
                self.open = None;
                FenceLine::Closes { run }
            }
            // Backquotes after backquotes are a code span.
            None if run.len() >= FENCE.len() && !(mark == '`' && info.contains('`')) => {
                self.open = Some(run.into());
                FenceLine::Opens { run, info }
            }
            _ => outside,
        }
    }

    /// Whether a block is open.
    pub fn in_code(&self) -> bool {
        self.open.is_some()
    }

    /// Ends the text; gives the fence that closes a block which is still open.
    pub fn close(&mut self) -> Option<String> {
        self.open.take()
    }
}

/// A block of code.
#[derive(Debug)]
pub struct Block {
    pub code: String,
    /// Its closing fence was written.
    pub closed: bool,
}

/// The code blocks of an answer; one that is never closed ends with the answer. A fence indented more than the opening one belongs to the
/// code (as in a docstring), and so does a block inside of the block.
pub fn blocks(answer: &str) -> Vec<Block> {
    let answer = Ending::Lf.apply(answer);
    let mut lines = answer.split('\n');
    let mut found = vec![];
    while let Some(opening) = lines.by_ref().find(|line| line.trim_start().starts_with(FENCE)) {
        let (depth, fence) = backquotes(opening);
        let (mut nested, mut closed) = (0, false);
        let inside = lines.by_ref().take_while(|line| {
            let (own, marks) = backquotes(line);
            if marks < FENCE.len() || own > depth || marks > fence {
                return true;
            }
            if line.trim().len() > marks {
                nested += 1;
                return true;
            }
            closed = nested == 0 && marks == fence;
            nested -= usize::from(nested > 0);
            !closed
        });
        let mut inside: Vec<&str> = inside.collect();
        // A closing fence that was indented too much was taken for code, so nothing closed the block.
        if lines.clone().next().is_none() && inside.last().is_some_and(|line| line.trim() == "`".repeat(fence)) {
            inside.pop();
            closed = true;
        }
        found.push(Block { code: inside.join("\n"), closed });
    }
    found
}

/// The content of the first block of an answer, up to its last fence.
pub fn first_block(answer: &str) -> Option<&str> {
    let starts = std::iter::once(0).chain(answer.match_indices('\n').map(|(at, _)| at + 1));
    let open = starts.into_iter().find(|at| answer[*at..].trim_start_matches(' ').starts_with(FENCE))?;
    let body = answer[open..].split_once('\n').map_or("", |(_, body)| body);
    Some(body.rsplit_once(FENCE).map_or(body, |(code, _)| code).trim_end())
}

/// The content of a text that is one block and nothing else; none if there are fences in it, or more than a label after the first.
pub fn only_block(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix(FENCE)?.strip_suffix(FENCE)?;
    let (label, code) = inside.split_once('\n')?;
    let is_label = label.trim().chars().all(|letter| letter.is_alphanumeric() || "+-#._".contains(letter));
    (is_label && !code.contains(FENCE) && (code.is_empty() || code.ends_with('\n'))).then_some(code)
}

/// Everything between the first fence and the last, for an answer of one block with fences in it.
pub fn outermost(answer: &str) -> Option<String> {
    let answer = Ending::Lf.apply(answer);
    let lines: Vec<&str> = answer.split('\n').collect();
    let is_fence = |line: &&str| backquotes(line).1 >= FENCE.len();
    let first = lines.iter().position(is_fence)?;
    let last = lines.iter().rposition(|line| is_fence(line) && line.trim().chars().all(|letter| letter == '`'))?;
    (first < last).then(|| lines[first + 1..last].join("\n"))
}

/// A text without the code fences that models like to put around code, and without blank lines at both ends.
pub fn without_fence(text: &str) -> String {
    let mut text = Ending::Lf.apply(text);
    while let Some(rest) = text.trim().strip_prefix(FENCE) {
        let body = rest.split_once('\n').map_or("", |(_, body)| body);
        text = body.rsplit_once(FENCE).map_or(body, |(code, _)| code).to_string();
    }
    text.trim_matches('\n').trim_end().to_string()
}

/// The first and last line of a text that is a code block.
pub fn fences_around(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.trim().split_once('\n')?;
    let last = rest.lines().next_back()?;
    (backquotes(first).1 >= FENCE.len() && backquotes(last).1 >= FENCE.len()).then_some((first.trim_end(), last))
}

/// The indentation of a line, and the number of backquotes at its start.
fn backquotes(line: &str) -> (usize, usize) {
    let inside = line.trim_start();
    (line.len() - inside.len(), inside.len() - inside.trim_start_matches('`').len())
}

/// The code spans of a line: with their backquotes, and what is between these.
pub fn code_spans(line: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut spans = vec![];
    let mut at = 0;
    while let Some(found) = line[at..].find('`') {
        let start = at + found;
        let run = backquotes(&line[start..]).1;
        let end = code_span(&line[start..], run).map(|length| start + length);
        spans.extend(end.map(|end| (start..end, start + run..end - run)));
        at = end.unwrap_or(start + run);
    }
    spans
}

/// Where the code span that opens with `run` backquotes ends in this line.
pub fn code_span(line: &str, run: usize) -> Option<usize> {
    let mut at = run;
    while let Some(found) = line[at..].find('`') {
        let start = at + found;
        let length = backquotes(&line[start..]).1;
        if length == run {
            return Some(start + length);
        }
        at = start + length;
    }
    None
}
