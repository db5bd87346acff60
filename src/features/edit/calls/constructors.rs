//! Where values of a type are made: the calls of its constructor, which has the type's name.

use std::ops::Range;

use crate::features::{Session, Site};
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Definition, Parsed};
use crate::text::lines::{line_number, line_start};
use crate::text::words;
use crate::workspace::WorkspacePath;

/// The type that a definition is the constructor of.
pub(in crate::features::edit) fn type_of<'a>(site: &'a Site, one: &Definition) -> Option<&'a str> {
    let name = one.name.of(&site.text);
    let around = site.definitions().get(one.parent? as usize).filter(|around| around.kind.is_type())?;
    let of = around.name.of(&site.text);
    let makers = &site.language.as_ref()?.makers;
    (name == of || makers.iter().any(|maker| maker == name)).then_some(of)
}

/// The places that make values of a type and are unchanged. `now` is a file's text with the drafts.
pub(in crate::features::edit) fn left<'t>(
    session: &Session,
    site: &Site,
    of: &str,
    now: impl Fn(Option<&WorkspacePath>) -> Option<&'t str>,
) -> Vec<String> {
    let mut found = vec![];
    let mut look = |path: Option<&WorkspacePath>, shown: &str, parsed: &Parsed| {
        for line in lines(parsed, shown, of) {
            let text = parsed.text()[line.clone()].trim();
            if now(path).is_none_or(|now| now.contains(text)) {
                found.push(format!("{shown}:{}", line_number(parsed.text(), line.start)));
            }
        }
    };
    if let Some(parsed) = site.parsed() {
        look(None, &site.path, parsed);
    }
    let family = site.language.as_ref().map(|language| language.family.as_str());
    let own = site.document_path().and_then(|path| session.index.find(path));
    let users = session.index.name(of).map(|id| session.index.users(id)).unwrap_or_default();
    for file in users.into_iter().filter(|(id, _)| Some(*id) != own).filter_map(|(id, _)| session.index.file(id)) {
        if session.closed_path(&file.path).is_some() {
            continue;
        }
        let Ok((_, Some(parsed))) = session.parsed(&file.path) else { continue };
        if Some(parsed.language().family.as_str()) == family {
            look(Some(&file.path), &file.path.to_string(), &parsed);
        }
    }
    found.sort();
    found
}

/// The lines of a file in which the name of a type is called.
fn lines(parsed: &Parsed, path: &str, of: &str) -> Vec<Range<usize>> {
    let text = parsed.text();
    let definitions = syntax::tags(parsed, path).definitions;
    let declares = |at: &Range<usize>| definitions.iter().any(|one| one.name.range() == *at);
    let is_made = |at: &Range<usize>| is_call(parsed, at) && !declares(at);
    let code = uses::uses(parsed, of).into_iter().filter(|(range, within)| *within == Within::Code && is_made(range));
    let mut lines: Vec<Range<usize>> = code
        .map(|(range, _)| {
            let start = line_start(text, range.start);
            start..start + text[start..].lines().next().unwrap_or_default().len()
        })
        .collect();
    lines.dedup();
    lines
}

fn is_call(parsed: &Parsed, name: &Range<usize>) -> bool {
    let text = parsed.text();
    let (before, after) = (text[..name.start].trim_end(), text[name.end..].trim_start());
    let after = after.strip_prefix('<').and_then(|inside| Some(inside.split_once('>')?.1.trim_start())).unwrap_or(after);
    let (word, language) = (words::last(before), parsed.language());
    match &language.constructs {
        Some(new) => word == new && after.starts_with('('),
        // A declaration of a value looks the same, so only what cannot be one counts.
        None if language.types.result_first => {
            (language.may_construct.as_deref() == Some(word) || word == language.types.gives || before.ends_with(['=', '(', ',']))
                && after.starts_with(['(', '{'])
        }
        None => after.starts_with('('),
    }
}
