//! Attributes, decorators and annotations above an item, if both the file and an answer have some: each is kept once. Pure.

use super::layout::opened;
use crate::features::edit::documentation::asides::is_directive;
use crate::text::words::is_word;

/// The file's attributes, where the answer's replace those of their kind, with the answer's other attributes added.
pub(in crate::features::edit) fn merged(file: &str, answer: &str) -> String {
    let (old, new) = (parts(file), parts(answer));
    let mut used = vec![false; new.len()];
    let mut out: Vec<&str> = vec![];
    for part in &old {
        match new.iter().zip(&used).position(|(own, used)| !used && is_kin(own, part)) {
            Some(at) => {
                // What the answer has above a counterpart is put above it here, too.
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

/// The answer's comment, with those lines of the file's that speak to tools: these were not asked for, and stay.
pub(in crate::features::edit) fn documented(file: &str, answer: &str) -> String {
    let has = |line: &str| answer.lines().any(|own| own.trim() == line.trim());
    let kept: String = file.split_inclusive('\n').filter(|line| is_directive(line) && !has(line)).collect();
    format!("{answer}{kept}")
}

/// The parts of a head: lines, or several lines that belong together by brackets.
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

/// Whether one part replaces another: they have one name, or one's name is a special case of the other's.
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
