//! Types that comments define: `@typedef {object} Name`, with a member for each `@property` after it. Which words do so is data.

use tree_sitter::Node;

use super::Walk;
use crate::syntax::data::braced;
use crate::syntax::tags::{Definition, Kind, Span};
use crate::text::words;

impl Walk<'_> {
    /// Records what a comment defines.
    pub(super) fn tell(&mut self, comment: Node<'_>, text: &str) {
        let Some(tags) = &self.language.documentation.tags else { return };
        // Most comments define nothing.
        if !text.contains(tags.defines.as_str()) {
            return;
        }
        let mut around = None;
        let mut at = comment.start_byte();
        for (row, line) in (comment.start_position().row..).zip(text.split_inclusive('\n')) {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            let defines = words_behind(line, &tags.defines).map(|found| (Kind::Interface, found));
            let member = || tags.members.iter().find_map(|word| words_behind(line, word)).map(|found| (Kind::Attribute, found));
            let Some((kind, (from, name))) = defines.or_else(|| around.and_then(|_| member())) else { continue };
            let whole = kind == Kind::Interface;
            let end = if whole { comment.start_byte() + text.trim_end().len() } else { start + line.len() };
            let signature = Span::new(start + from..start + line.len());
            let number = self.facts.definitions.len() as u32;
            self.facts.definitions.push(Definition {
                kind,
                public: true,
                name: Span::new(start + name.start..start + name.end),
                item: Span::new(start + from..end),
                signature,
                body: Span::default(),
                doc: Span::default(),
                bases: Span::default(),
                parent: around.filter(|_| !whole),
                container: Span::default(),
                line: row as u32,
                name_line: row as u32,
                end_line: if whole { comment.end_position().row } else { row } as u32,
            });
            if whole {
                around = Some(number);
            }
        }
    }
}

/// Where a tag is on a line, and the name after the type that it states: `@property {string} [name] …`. A type that another file defines is
/// not one of this file.
fn words_behind(line: &str, tag: &str) -> Option<(usize, std::ops::Range<usize>)> {
    let from = line.find(tag)?;
    let rest = &line[from + tag.len()..];
    let (kind, behind) = braced(rest)?;
    if kind.contains('(') && kind.contains(['"', '\'']) {
        return None;
    }
    let behind = behind.trim_start().trim_start_matches('[');
    let name = words::first(behind);
    let start = line.len() - behind.len();
    // `options.name` belongs to what is called `options`.
    (!name.is_empty() && !behind[name.len()..].starts_with('.')).then_some((from, start..start + name.len()))
}
