//! What does not parse is read by its lines as well. A macro, half-written code or a brace too many may keep the parser from whole
//! functions; those that begin a line are found there all the same, and end where their indentation does.

use std::ops::Range;

use tree_sitter::Node;

use super::{COMMENT, DEFINITION, STRING, Walk};
use crate::syntax::data::lists;
use crate::syntax::language::Language;
use crate::syntax::lexical;
use crate::syntax::surface::Blocks;
use crate::syntax::tags::{Definition, Kind, Span};
use crate::syntax::uses::{self, RAW};
use crate::text::layout::indentation;
use crate::text::lines::{line_end, next_line};

impl Walk<'_> {
    /// Notes what the lines of an outermost error define. Only its own text counts, so that an edit elsewhere changes nothing of it.
    pub(super) fn note_broken(&mut self, error: Node<'_>) {
        let range = error.byte_range();
        if range.start < self.broken_until {
            return;
        }
        self.broken_until = range.end;
        // The rest of a line that begins before says nothing about how it begins.
        let begins = if error.start_position().column == 0 { range.start } else { next_line(self.source, range.start) };
        let Some(text) = self.source.get(begins..range.end).filter(|text| !text.is_empty()) else { return };
        let row = error.start_position().row + usize::from(begins > range.start);
        let around = self.open.last().copied();
        for mut definition in lexical::definitions(self.language, text) {
            let name = definition.name.of(text);
            let line = &text[definition.item.range()];
            if !says_definition(self.language, definition.kind, name, line) || !self.is_unread(error, begins, &definition) {
                continue;
            }
            let end = end(self.language, text, definition.item.range());
            let body = definition.item.end as usize..end;
            definition.end_line = definition.line + text[body.clone()].matches('\n').count() as u32;
            definition.item.end = end as u32;
            definition.body = if text[body.clone()].trim().is_empty() { Span::default() } else { Span::new(body) };
            let signature = definition.signature.range();
            let head = text[signature.clone()].trim_end_matches(|letter: char| letter.is_whitespace() || letter == '{');
            definition.signature = Span::new(signature.start..signature.start + head.len());
            for span in [&mut definition.name, &mut definition.item, &mut definition.signature, &mut definition.body] {
                *span = if span.is_empty() { *span } else { Span::new(begins + span.start as usize..begins + span.end as usize) };
            }
            for line in [&mut definition.line, &mut definition.name_line, &mut definition.end_line] {
                *line += row as u32;
            }
            definition.parent = around.and_then(|open| open.definition);
            definition.container = around.map(|open| open.container).unwrap_or_default();
            let in_type = around.is_some_and(|open| open.has_members());
            if in_type && definition.kind == Kind::Function {
                definition.kind = Kind::Method;
            }
            definition.public = self.is_public(&definition, definition.item.start as usize);
            self.by_line.push(definition);
        }
    }

    /// Whether the parser has made nothing of a name: it is in no comment or string, and in nothing that defines and parses.
    fn is_unread(&self, error: Node<'_>, begins: usize, definition: &Definition) -> bool {
        let name = begins + definition.name.start as usize;
        let mut node = error;
        while let Some(inner) = node.first_child_for_byte(name).filter(|inner| inner.start_byte() <= name) {
            let role = self.role(inner);
            let is_raw = uses::role(&self.language.use_roles, inner) & RAW != 0;
            if role & (COMMENT | STRING) != 0 || is_raw || role & DEFINITION != 0 && !inner.has_error() {
                return false;
            }
            node = inner;
        }
        true
    }

    /// Puts the noted definitions in order among those from this index on. What lies in one of them belongs to it.
    pub(super) fn merge_broken(&mut self, from: usize) {
        let mut found = std::mem::take(&mut self.by_line);
        let read = &self.facts.definitions[from..];
        found.retain(|definition| read.iter().all(|known| known.name.start != definition.name.start));
        if found.is_empty() {
            return;
        }
        let known = self.facts.definitions.split_off(from);
        let numbers = known.len();
        let mut all: Vec<(Definition, Option<usize>)> = Vec::with_capacity(numbers + found.len());
        let mut found = found.into_iter().peekable();
        for (number, definition) in known.into_iter().enumerate() {
            let is_before = |one: &Definition| (one.item.start, definition.item.end) <= (definition.item.start, one.item.end);
            while let Some(one) = found.next_if(is_before) {
                all.push((one, None));
            }
            all.push((definition, Some(number)));
        }
        all.extend(found.map(|one| (one, None)));
        let mut renumbered = vec![None; numbers];
        // The found definitions around the place, each with its number.
        let mut around: Vec<(Definition, u32)> = vec![];
        for (mut definition, number) in all {
            around.retain(|(one, _)| definition.item.end <= one.item.end);
            let parent = match definition.parent.map(|parent| (parent as usize).checked_sub(from)) {
                // The parent stands before, so it has its number already, unless it was no definition.
                Some(Some(parent)) => renumbered.get(parent).copied().flatten(),
                _ => definition.parent,
            };
            let inner = around.last().filter(|(_, number)| parent.is_none_or(|parent| parent < *number));
            if let Some((one, _)) = inner {
                // What a function holds besides functions is its own.
                if one.kind.is_callable() && matches!(definition.kind, Kind::Variable | Kind::Constant | Kind::Attribute) {
                    continue;
                }
                let is_member = one.kind.is_type() && definition.kind == Kind::Function;
                definition.kind = if is_member { Kind::Method } else { definition.kind };
            }
            definition.parent = inner.map(|(_, number)| *number).or(parent);
            let here = self.facts.definitions.len() as u32;
            match number {
                Some(number) => renumbered[number] = Some(here),
                None if !definition.body.is_empty() => around.push((definition.clone(), here)),
                None => {}
            }
            self.facts.definitions.push(definition);
        }
    }
}

/// Whether a line is one that defines something other than a variable.
fn says_definition(language: &Language, kind: Kind, name: &str, line: &str) -> bool {
    let first = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
    let is_statement =
        [&language.uncalled, &language.surface.before_values, &language.surface.goes_on].iter().any(|words| lists(words, first));
    !matches!(kind, Kind::Variable | Kind::Constant) && !is_statement && !lists(&language.reserved, name)
}

/// Where an item ends whose first line is given: before the next line that is not indented further. Lines of the preprocessor, labels and
/// what opens or closes the body may stand at the margin.
fn end(language: &Language, text: &str, head: Range<usize>) -> usize {
    let first = line_end(text, head.end);
    let depth = head.start - text[..head.start].rfind('\n').map_or(0, |at| at + 1);
    let sign = language.surface.preprocessor.as_ref().map_or("", |lines| lines.sign.as_str());
    let by_braces = matches!(language.surface.blocks, Blocks::Braces);
    let (mut end, mut at) = (head.end, next_line(text, first));
    while at < text.len() {
        let whole = &text[at..line_end(text, at)];
        let (indent, line) = (indentation(whole).len(), whole.trim());
        let is_directive = !sign.is_empty() && line.starts_with(sign);
        let ends_here = at + whole.trim_end().len();
        if indent > depth && !line.is_empty() && !is_directive {
            end = ends_here;
        } else if !line.is_empty() && !is_directive {
            let closes = by_braces && line.starts_with('}') && !line.ends_with('{');
            let goes_on = line.starts_with([')', ']']) || by_braces && (line.starts_with(['{', '}']) || line.ends_with(':'));
            if indent < depth || !closes && !goes_on {
                break;
            }
            end = ends_here;
            if closes {
                break;
            }
        }
        at = next_line(text, at);
    }
    end
}
