//! Lines of a file out of what a model puts around them: marks between two versions, words before and after a block, numbers of lines.
//! Pure.

use std::ops::Range;

use crate::agent::residue::{self, BETWEEN, CLOSES, OPENS};
use crate::features::Site;
use crate::features::edit::fit::answer_diff::Hunk;
use crate::text::markdown::{self, FENCE};

/// The hunks of an answer that gives both versions of each place, with marks around them; none where it has no such marks, or where the
/// file has them too.
pub(super) fn versions(answer: &str, file: &str) -> Option<Vec<Hunk>> {
    if !answer.contains(OPENS) || file.contains(OPENS) {
        return None;
    }
    let (mut found, mut open): (Vec<Hunk>, Option<(Hunk, bool)>) = (vec![], None);
    for line in answer.lines() {
        let mark = line.trim();
        open = match open.take() {
            None if mark.starts_with(OPENS) => Some((Hunk::default(), false)),
            // Words between the blocks, fences, and names of files.
            None => None,
            Some((hunk, false)) if mark == BETWEEN => Some((hunk, true)),
            Some((hunk, true)) if mark.starts_with(CLOSES) => {
                found.push(hunk);
                None
            }
            Some((mut hunk, is_new)) => {
                let side = if is_new { &mut hunk.new } else { &mut hunk.old };
                side.push_str(line);
                side.push('\n');
                Some((hunk, is_new))
            }
        };
    }
    let is_whole = open.is_none() && !found.is_empty();
    found.retain(|hunk| hunk.old != hunk.new);
    is_whole.then_some(found)
}

/// An answer for a file that no grammar reads, without words around its only block, and without the numbers of its lines.
pub(super) fn bare(site: &Site, lines: &Range<usize>, answer: String) -> String {
    let old = &site.text[lines.clone()];
    if site.language.is_some() {
        return answer;
    }
    let name = site.path.rsplit('/').next().unwrap_or_default();
    let may_be_block = !residue::may_have_fences(name) && !old.contains(FENCE);
    let answer = match markdown::blocks(&answer).as_slice() {
        [only] if may_be_block && only.closed => only.code.clone(),
        _ => answer,
    };
    without_numbers(&answer).filter(|_| without_numbers(old).is_none()).unwrap_or(answer)
}

/// Lines without the numbers that all of them begin with, one after the other.
fn without_numbers(text: &str) -> Option<String> {
    let all: Vec<(usize, &str)> = text.lines().map(numbered).collect::<Option<_>>()?;
    let in_order = all.len() > 1 && all.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    in_order.then(|| all.iter().map(|(_, code)| *code).collect::<Vec<_>>().join("\n"))
}

/// The number that a line begins with, and what follows it.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start();
    let (number, rest) = line.split_at(line.len() - line.trim_start_matches(|sign: char| sign.is_ascii_digit()).len());
    let code = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(" | ")).or_else(|| rest.strip_prefix('\t'));
    let code = code.or_else(|| matches!(rest.trim(), ":" | "|" | "").then_some(""))?;
    Some((number.parse().ok()?, code))
}
