//! An answer that is a diff although the new lines were asked for: its removed and added lines, and their places in the file.

use std::ops::Range;

use crate::agent::patch::{self, Miss};
use crate::text::Edit;

/// One run of changed lines with the lines around it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::features::edit) struct Hunk {
    pub old: String,
    pub new: String,
}

/// The hunks of an answer that is a diff of a file; none where it is code.
pub(in crate::features::edit) fn hunks(answer: &str, file: &str) -> Option<Vec<Hunk>> {
    let is_header = |line: &str| line.starts_with("@@ ") && line[3..].contains("@@") || line == "@@";
    let mut lines: Vec<&str> = answer.lines().collect();
    let named = lines.windows(2).position(|pair| pair[0].starts_with("--- ") && pair[1].starts_with("+++ "));
    if let Some(at) = named.filter(|at| lines[..*at].iter().all(|line| line.starts_with("diff ") || line.starts_with("index "))) {
        lines.drain(..at + 2);
    } else if !lines.iter().any(|line| is_header(line)) && !is_marked(&lines, file) {
        return None;
    }
    let mut found = vec![Hunk::default()];
    for line in lines {
        let Some(hunk) = found.last_mut() else { continue };
        let mut put = |text: &str, old: bool, new: bool| {
            for (side, _) in [(&mut hunk.old, old), (&mut hunk.new, new)].into_iter().filter(|(_, wanted)| *wanted) {
                side.push_str(text);
                side.push('\n');
            }
        };
        match line.chars().next() {
            Some('@') if is_header(line) => found.push(Hunk::default()),
            Some('-') => put(&line[1..], true, false),
            Some('+') => put(&line[1..], false, true),
            Some('\\') => {}
            Some(' ') => put(&line[1..], true, true),
            _ => put(line, true, true),
        }
    }
    found.retain(|hunk| hunk.old != hunk.new);
    Some(found)
}

/// Whether lines carry the marks of a diff without saying so: the removed lines, or those kept, are in the file.
fn is_marked(lines: &[&str], file: &str) -> bool {
    let stands = |text: &str| file.lines().any(|line| line.trim_end() == text.trim_end());
    let is_mark = |line: &&str| line.is_empty() || line.starts_with([' ', '+', '-']);
    let all = |mark: char| lines.iter().filter(move |line| line.starts_with(mark));
    let taken = all('-').count() > 0 && all('-').all(|line| stands(&line[1..]) && !stands(line));
    let kept = || all(' ').count() > 0 && all(' ').all(|line| stands(&line[1..]) && !stands(line));
    lines.iter().all(is_mark) && (taken || all('-').count() == 0 && all('+').count() > 0 && kept())
}

impl Hunk {
    /// The edit it stands for: its old lines are among the marked ones, or in one place of the file. `indented` as for anchors.
    pub fn edit(&self, file: &str, marked: &Range<usize>, indented: bool) -> Result<Edit, String> {
        let here = patch::place(&file[marked.clone()], &self.old, &self.new, indented);
        let inside = here.map(|edit| Edit { range: edit.range.start + marked.start..edit.range.end + marked.start, ..edit });
        let found = inside.or_else(|_| patch::place(file, &self.old, &self.new, indented));
        found.map_err(|miss| {
            let why = match miss {
                Miss::Ambiguous(_) => "its old lines are there several times",
                _ => "its old lines are not in the file",
            };
            format!("the answer is a diff, and {why}\ngive the complete new text of the marked lines")
        })
    }
}
