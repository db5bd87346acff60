//! Which part of a model's tests is new. Models like to repeat what they have seen: the tested code, existing tests. Pure.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::syntax::{self, Definition, Language, scope};
use crate::text::excerpt::squeezed;
use crate::text::lines::{line_start, next_line};

/// The code without definitions that a text has already or that have one of these signatures.
pub fn sift(language: &Arc<Language>, code: &str, there: &str, tested: &[String]) -> String {
    let (Ok(parsed), Ok(known)) = (syntax::parse(language, code), syntax::parse(language, there)) else { return code.into() };
    let known: HashSet<String> = scope::top_level(&known).into_iter().map(|range| squeezed(&there[range])).collect();
    // The code that runs the tests is there once, whatever quotes it uses.
    let run_by = language.tests.as_ref().and_then(|tests| tests.run_by.as_deref());
    let runs = |text: &str| run_by.is_some_and(|begins| text.starts_with(begins));
    let is_run = known.iter().any(|known| runs(known));
    let defined = syntax::tags(&parsed, "").definitions;
    let is_tested = |range: &Range<usize>| {
        let inside = |one: &&Definition| one.parent.is_none() && range.contains(&(one.name.start as usize));
        defined.iter().filter(inside).any(|one| tested.contains(&squeezed(one.signature.of(code))))
    };
    let mut kept = code.to_string();
    for range in scope::top_level(&parsed).into_iter().rev() {
        let text = squeezed(&code[range.clone()]);
        if known.contains(&text) || is_run && runs(&text) || is_tested(&range) {
            let end = next_line(&kept, range.end);
            let end = end + kept[end..].len() - kept[end..].trim_start_matches('\n').len();
            let line = line_start(&kept, range.start);
            let start = if kept[line..range.start].trim().is_empty() { line } else { range.start };
            kept.replace_range(start..end, "");
        }
    }
    kept
}

/// A code without members of a class that another class has in the same form.
pub fn members(code: &str, (class, of_code): (usize, &[Definition]), there: &str, (own, of_there): (usize, &[Definition])) -> String {
    let inside = |all: &[Definition], class: usize| all.iter().filter(|one| one.parent == Some(class as u32)).cloned().collect::<Vec<_>>();
    let known: HashSet<String> = inside(of_there, own).iter().map(|one| squeezed(one.item.of(there))).collect();
    let mut kept = code.to_string();
    for one in inside(of_code, class).iter().rev().filter(|one| known.contains(&squeezed(one.item.of(code)))) {
        let start = if one.doc.is_empty() { one.item.start } else { one.doc.start.min(one.item.start) } as usize;
        let start = line_start(&kept, start);
        let end = next_line(&kept, one.item.end as usize);
        let end = end + kept[end..].len() - kept[end..].trim_start_matches('\n').len();
        kept.replace_range(start..end, "");
    }
    kept
}
