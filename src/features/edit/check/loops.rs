//! Text that goes round in a loop: a small model may write the same lines over and over until its last token. Pure.

/// Most lines of one round.
const MAX_ROUND_LINES: usize = 8;
/// Fewer lines are no loop, and neither are fewer rounds: tables and lists repeat themselves, too.
const MIN_LINES: usize = 24;
const MIN_ROUNDS: usize = 6;

/// The first line of a loop that a new text has, and how often it stands there; none if the old text has one as well.
pub(super) fn found<'a>(old: &str, new: &'a str) -> Option<(&'a str, usize)> {
    round(new).filter(|_| round(old).is_none())
}

fn round(text: &str) -> Option<(&str, usize)> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    (1..=MAX_ROUND_LINES).find_map(|size| {
        let mut run = 0;
        (size..lines.len()).find_map(|at| {
            run = if lines[at] == lines[at - size] { run + 1 } else { 0 };
            let all = run + size;
            let first = lines[at + 1 - all..].iter().take(size).find(|line| line.contains(char::is_alphabetic))?;
            (all >= MIN_LINES && all >= size * MIN_ROUNDS).then_some((*first, all / size))
        })
    })
}
