//! Imports in an answer: they go to the file's imports, not to the place of the answer.

use std::collections::HashSet;
use std::ops::Range;

use crate::features::Site;
use crate::features::edit::test::imports::{self, Wanted};
use crate::syntax::scope::{self, Item};
use crate::syntax::{self, Kind, import};
use crate::text::common::common_ends;
use crate::text::lines::{line_start, next_line};
use crate::text::{Edit, Ending, layout};

/// An answer without the imports that it brings for the file.
pub(in crate::features::edit) struct Brought {
    pub code: String,
    wanted: Vec<Wanted>,
    /// Inline modules that the answer has itself: its imports are those of what is around them.
    modules: HashSet<String>,
}

/// Separates the imports from an answer for some lines. If the lines contain imports themselves, all belongs to them; so do imports inside
/// of statements, in languages that allow them anywhere.
pub(in crate::features::edit) fn parted(site: &Site, lines: &Range<usize>, code: &str) -> Brought {
    let whole = || Brought { code: code.to_string(), wanted: vec![], modules: HashSet::new() };
    let (Some(language), Some(parsed)) = (&site.language, site.parsed()) else { return whole() };
    let meets = |range: &Range<usize>| range.start < lines.end && lines.start < range.end;
    if import::statements(parsed).iter().any(|known| meets(&known.range)) || import::package(parsed).is_some_and(|known| meets(&known)) {
        return whole();
    }
    let (wanted, rest) = imports::split(language, code);
    let rest = rest.trim_matches('\n').trim_end();
    if rest.len() == code.trim_matches('\n').trim_end().len() {
        return whole();
    }
    let given = syntax::parse(language, rest).map(|parsed| syntax::tags(&parsed, "").definitions).unwrap_or_default();
    let defines = || given.iter().any(|one| one.kind.is_callable() || one.kind.is_type());
    let in_body = || site.item().is_some_and(|item| item.kind.is_callable() && site.is_in_body(&item, lines));
    let anywhere = wanted.iter().all(|one| language.imports_anywhere(one.text()));
    match anywhere && !rest.is_empty() && in_body() && !defines() {
        true => whole(),
        false => {
            let modules = given.iter().filter(|one| one.kind == Kind::Module).map(|one| one.name.of(rest).to_string()).collect();
            Brought { code: rest.to_string(), wanted, modules }
        }
    }
}

/// Whether an edit adds lines of imports to a text.
pub(in crate::features::edit) fn adds_imports(site: &Site, edit: &Edit) -> bool {
    let Some(parsed) = site.parsed() else { return false };
    let after = [&site.text[..edit.range.start], &edit.text, &site.text[edit.range.end..]].concat();
    let lines = |parsed: &syntax::Parsed| syntax::tags(parsed, "").imports.iter().map(|import| import.line).collect::<HashSet<u32>>().len();
    parsed.edited(after).is_ok_and(|after| lines(&after) > lines(parsed))
}

impl Brought {
    /// Whether it brings imports for the file.
    pub fn has_imports(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Whether the answer was only imports.
    pub fn is_all(&self) -> bool {
        self.code.is_empty() && !self.wanted.is_empty()
    }

    /// The edit that adds the imports that the file lacks.
    pub fn edit(self, site: &Site, at: usize) -> Option<Edit> {
        let (language, parsed) = (site.language.as_ref()?, site.parsed()?);
        if self.wanted.is_empty() {
            return None;
        }
        let text = site.text.to_string();
        // What includes a file, or has all of its imports at the top, has none in a namespace.
        let module = inline_module(&scope::at(parsed, at).items).filter(|module| !self.modules.contains(&module.name));
        if let Some(module) = module.filter(|_| self.wanted.iter().all(|one| language.imports_anywhere(one.text()))) {
            return into_module(site, &module, self.wanted);
        }
        let after = imports::added(language, text, "", "", self.wanted);
        differing(&site.text, &after)
    }
}

/// The lines in which two texts differ.
fn differing(old: &str, new: &str) -> Option<Edit> {
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_string).collect::<Vec<_>>();
    let (before, after) = (lines(old), lines(new));
    let (start, end) = common_ends(&before, &after);
    let bytes = |lines: &[String]| lines.iter().map(String::len).sum::<usize>();
    let range = bytes(&before[..start])..bytes(&before[..before.len() - end]);
    let text = after[start..after.len() - end].concat();
    (before != after).then(|| Edit { range, text: Ending::of(old).apply(&text) })
}

/// The innermost inline module around a place, which has imports of its own.
fn inline_module(items: &[Item]) -> Option<Item> {
    items.iter().rfind(|item| item.kind == Kind::Module && item.body.is_some()).cloned()
}

/// Adds imports at the top of an inline module, if the language has imports there.
fn into_module(site: &Site, module: &Item, wanted: Vec<Wanted>) -> Option<Edit> {
    let body = module.body.clone()?;
    let inside = &site.text[body.clone()];
    let new: Vec<String> =
        wanted.iter().map(|one| one.text().trim().to_string()).filter(|one| !inside.lines().any(|line| line.trim() == one)).collect();
    let at = next_line(&site.text, body.start);
    if new.is_empty() || at >= body.end {
        return None;
    }
    let indent = layout::indentation(&site.text[at..]);
    let outer = layout::indentation(&site.text[line_start(&site.text, module.range.start)..]);
    let indent = if indent.len() > outer.len() { indent.to_string() } else { format!("{outer}{}", site.indent_unit()) };
    let lines: String = new.iter().map(|one| format!("{indent}{one}\n")).collect();
    Some(Edit::insert(at, Ending::of(&site.text).apply(&lines)))
}
