//! Attributes, decorators and annotations above an item, where a file has some and an answer has some: each of them once. Pure.

use super::layout::opened;
use crate::features::edit::asides::is_directive;
use crate::text::words::is_word;

/// Those of the file, with the answer's in the place of their own kind, and those that the answer has besides.
pub(in crate::features::edit) fn merged(file: &str, answer: &str) -> String {
    let (old, new) = (parts(file), parts(answer));
    let mut used = vec![false; new.len()];
    let mut out: Vec<&str> = vec![];
    for part in &old {
        match new.iter().zip(&used).position(|(own, used)| !used && is_kin(own, part)) {
            Some(at) => {
                // What the answer has above its kin stands above it here.
                let above = (0..=at).filter(|number| *number == at || !old.iter().any(|part| is_kin(new[*number], part)));
                for number in above.filter(|number| !std::mem::replace(&mut used[*number], true)).collect::<Vec<_>>() {
                    out.push(new[number]);
                }
            }
            None => out.push(part),
        }
    }
    out.extend(new.iter().zip(used).filter(|(_, used)| !used).map(|(part, _)| *part));
    out.concat()
}

/// The comment that an answer has, with what that of the file says to tools: this was not asked for, and stays.
pub(in crate::features::edit) fn documented(file: &str, answer: &str) -> String {
    let has = |line: &str| answer.lines().any(|own| own.trim() == line.trim());
    let kept: String = file.split_inclusive('\n').filter(|line| is_directive(line) && !has(line)).collect();
    format!("{answer}{kept}")
}

/// The parts of a head: lines, and those that belong together by their brackets.
fn parts(head: &str) -> Vec<&str> {
    let (mut found, mut start, mut at, mut open) = (vec![], 0, 0, 0);
    for line in head.split_inclusive('\n') {
        at += line.len();
        open += opened(line);
        if open <= 0 {
            found.push(&head[start..at]);
            (start, open) = (at, 0);
        }
    }
    if start < at {
        found.push(&head[start..at]);
    }
    found
}

/// Whether one part takes the place of another: it is called the same, or the one is a special case of the other by its name.
fn is_kin(a: &str, b: &str) -> bool {
    let name = |part: &str| -> String {
        let begin = part.trim_start().trim_start_matches(['@', '#', '!', '[']);
        let path = begin.split(|letter: char| !is_word(letter) && letter != '.' && letter != ':').next().unwrap_or_default();
        path.rsplit(['.', ':']).next().unwrap_or_default().to_string()
    };
    let (one, other) = (name(a), name(b));
    if one.is_empty() || other.is_empty() {
        return a.trim() == b.trim();
    }
    one == other || one.ends_with(&format!("_{other}")) || other.ends_with(&format!("_{one}"))
}
