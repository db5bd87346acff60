//! A model's new text for one call: the call changes, and what stands around it stays. If the answer is just the call, it replaces just the
//! call; lines from above and below in it are dropped; if anything else is lost, nothing is done.

use std::ops::Range;
use std::sync::Arc;

use super::{Call, LINES};
use crate::features::edit::fit::layout::fitted;
use crate::syntax::{self, Language, uses};
use crate::text::{Edit, Ending, layout, words};

/// What may stand between a name and the words before it that say whose it is.
const JOINS: &[char] = &['.', ':', '-', '>', '?', '!'];

impl Call {
    /// The edit that gives a call of `name` this text, or why there is none.
    pub(in crate::features::edit) fn with(&self, language: &Arc<Language>, name: &str, code: &str) -> Result<Edit, String> {
        if !words::has(code, name) {
            return Err(format!("it does not call `{name}` any more"));
        }
        let shown = layout::with_line_feeds(&self.text);
        let old = &shown[self.lines.clone()];
        let code = self.alone(&shown, name, code.trim_matches('\n'));
        let text = Ending::of(&self.text).apply(fitted(&code, layout::common_indentation(old)).trim_end());
        let whole = Edit { range: self.lines.clone(), text };
        let before = kept(&shown, &self.lines, &self.calls);
        let after = rest_of(language, &shown, &whole, name);
        let Some(after) = after else { return Ok(whole) };
        let mut left = after.iter();
        let Some(lost) = before.iter().find(|word| !left.any(|other| other == *word)) else { return Ok(whole) };
        self.call_alone(&shown, name, &code)
            .ok_or_else(|| format!("`{lost}` would be gone\ngive the whole place back, and change the call only"))
    }

    /// The code without lines that stand above and below the place.
    fn alone(&self, shown: &str, name: &str, code: &str) -> String {
        let mut lines: Vec<&str> = code.lines().collect();
        let is_other = |line: &str| !words::has(line, name);
        let mut above = shown[..self.lines.start].lines().rev();
        let near = above.clone().take(lines.len()).position(|line| lines.first().is_some_and(|first| first.trim() == line.trim()));
        if let Some(near) = near {
            let known: Vec<&str> = above.by_ref().take(near + 1).collect::<Vec<_>>().into_iter().rev().collect();
            let same = lines.len() > known.len() && known.iter().zip(&lines).all(|(known, line)| known.trim() == line.trim());
            if same && lines[..known.len()].iter().all(|line| is_other(line)) {
                lines.drain(..known.len());
            }
        }
        // A line of the file that is no longer right above it here was given back to show where the place is.
        let stands_above = |line: &str| shown[..self.lines.start].lines().rev().take(LINES).any(|known| known.trim() == line.trim());
        let calls = lines.iter().position(|line| !is_other(line)).unwrap_or_default();
        if lines[..calls].iter().all(|line| stands_above(line)) {
            lines.drain(..calls);
        }
        // What a head of a block has below it is not a part of the place, however it comes back.
        let opens = |text: &str| text.trim_end().chars().next_back().filter(|sign| matches!(sign, ':' | '{'));
        if let Some(sign) = opens(&shown[self.lines.clone()])
            && let Some(head) = lines.iter().position(|line| opens(line) == Some(sign))
        {
            lines.truncate(head + 1);
        }
        let below: Vec<&str> = shown[self.lines.end..].trim_start_matches('\n').lines().take(lines.len()).collect();
        let more = (1..lines.len()).rev().find(|count| {
            let tail = &lines[lines.len() - count..];
            tail.len() <= below.len() && tail.iter().zip(&below).all(|(line, known)| line.trim() == known.trim() && is_other(line))
        });
        lines.truncate(lines.len() - more.unwrap_or_default());
        lines.join("\n")
    }

    /// The edit of the call alone, if the answer is nothing else.
    fn call_alone(&self, shown: &str, name: &str, code: &str) -> Option<Edit> {
        let [call] = &self.calls[..] else { return None };
        let code = code.trim().trim_end_matches(';').trim_end();
        let at = words::places(code, name).next()?.start;
        let owner = |text: &str| text.trim_end_matches(|letter: char| words::is_word(letter) || JOINS.contains(&letter)).len();
        let (theirs, ours) = (&code[..at], &shown[self.lines.start..call.start]);
        let ours = &ours[owner(ours)..];
        let is_call = owner(theirs) == 0 && code.ends_with(')') && (theirs.is_empty() || theirs == ours);
        let text = &code[if theirs.is_empty() { 0 } else { at }..];
        is_call.then(|| Edit { range: call.clone(), text: Ending::of(&self.text).apply(text) })
    }
}

/// The words of some bytes outside of others.
fn kept<'a>(text: &'a str, lines: &Range<usize>, calls: &[Range<usize>]) -> Vec<&'a str> {
    let mut calls: Vec<&Range<usize>> = calls.iter().collect();
    calls.sort_by_key(|call| call.start);
    let (mut words, mut at) = (vec![], lines.start);
    for call in calls {
        words.extend(words::all(&text[at..call.start.max(at)]));
        at = call.end.max(at);
    }
    words.extend(words::all(&text[at..lines.end.max(at)]));
    words
}

/// The words around the calls of a name in an edit's new text.
fn rest_of(language: &Arc<Language>, shown: &str, edit: &Edit, name: &str) -> Option<Vec<String>> {
    let text = format!("{}{}{}", &shown[..edit.range.start], edit.text, &shown[edit.range.end..]);
    let new = edit.range.start..edit.range.start + edit.text.len();
    let parsed = syntax::parse(language, text.as_str()).ok()?;
    let calls = uses::mentions(&parsed, name).into_iter().filter(|one| new.start <= one.range.start && one.range.end <= new.end);
    let calls = calls.filter_map(|one| match uses::use_of(&parsed, &one.range) {
        uses::Use::Call(call) | uses::Use::Declared(call) => Some(call),
        _ => None,
    });
    let calls: Vec<Range<usize>> = calls.collect();
    Some(kept(&text, &new, &calls).into_iter().map(String::from).collect())
}
