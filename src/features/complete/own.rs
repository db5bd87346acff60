//! What the model cannot see of the file under the cursor: definitions that the function there names and that stand outside of the windows.
//! They are chosen once for a function and a window, so that the prompt stays put while the user types.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::hole::Hole;
use super::prompt::{self, Budget};
use crate::context::{Kind as PartKind, Masked, Part, redact::Secrets, words};
use crate::engine::Tokens;
use crate::features::{Session, Site};
use crate::index::{File, Symbol};
use crate::syntax::Kind;

/// Share of the window before the cursor that they may take.
const SHARE: usize = 4;
/// A type of so many bytes is shown with its fields, a longer one by its first line.
const WHOLE: usize = 480;
/// Bytes of a signature.
const LONGEST: usize = 400;
/// Without a function around the cursor, what is near counts.
const NEAR: usize = 1_200;
/// Places that are remembered.
const KEPT: usize = 8;

/// What was chosen, by document, start of the window, start of the item around the cursor, and room.
#[derive(Default)]
pub struct Chosen(VecDeque<(Key, Option<Part>)>);

type Key = (String, usize, usize, usize);

/// The windows within `budget`, and with them what of the file lies outside.
pub fn windows(session: &Session, site: &Site, hole: &Hole, budget: Budget, tokens: &dyn Tokens) -> (Budget, Option<Part>) {
    if hole.before.len() <= budget.before && hole.after.len() <= budget.after {
        return (budget, None);
    }
    let room = budget.before / SHARE;
    let less = Budget { before: budget.before - room, ..budget };
    let (prefix, suffix) = (prompt::window_before(hole.before, less.before), prompt::window_after(hole.after, less.after));
    let cursor = site.bytes.start;
    let shown = cursor.saturating_sub(prefix.len())..cursor + suffix.len();
    let item = site.item().map(|item| item.range);
    let key = (site.path.clone(), shown.start, item.as_ref().map_or(0, |item| item.start), room);
    let known = session.shared.notes(|notes| notes.own.0.iter().find(|(known, _)| *known == key).map(|(_, part)| part.clone()));
    let part = known.unwrap_or_else(|| {
        // Of another version than the text, places mean nothing: what was not chosen now is chosen for the next key.
        let file = session.index.at(site.document_path()?).filter(|file| file.bytes as usize == site.text.len())?;
        let part = beyond(session, site, file, &shown, item, room, tokens);
        session.shared.notes(|notes| {
            notes.own.0.push_front((key, part.clone()));
            notes.own.0.truncate(KEPT);
        });
        part
    });
    if part.is_some() { (less, part) } else { (budget, None) }
}

/// The definitions that are named nearest to the cursor, as many as there is room for, in the file's order.
fn beyond(
    session: &Session,
    site: &Site,
    file: &File,
    shown: &Range<usize>,
    item: Option<Range<usize>>,
    room: usize,
    tokens: &dyn Tokens,
) -> Option<Part> {
    let named = named(site, shown, item);
    let outside = |symbol: &Symbol| !(symbol.item.range().start < shown.end && shown.start < symbol.item.range().end);
    let distance = |symbol: &Symbol| named.get(session.index.text(symbol.name)).copied();
    let mut found: Vec<(usize, &Symbol)> =
        file.symbols.iter().filter(|symbol| outside(symbol)).filter_map(|symbol| Some((distance(symbol)?, symbol))).collect();
    found.sort_by_key(|(distance, symbol)| (*distance, symbol.line));
    let mut left = room;
    let mut pieces: Vec<Range<usize>> = vec![];
    for piece in found.into_iter().filter_map(|(_, symbol)| piece(&site.text, symbol)) {
        if piece.len() < left && !pieces.iter().any(|other| other.start < piece.end && piece.start < other.end) {
            left -= piece.len() + 1;
            pieces.push(piece);
        }
    }
    pieces.sort_by_key(|piece| piece.start);
    part(site, &pieces, tokens)
}

/// Names around the cursor, with how far away they stand. The cursor's line is being written, and does not count.
fn named<'a>(site: &'a Site, shown: &Range<usize>, item: Option<Range<usize>>) -> HashMap<&'a str, usize> {
    let (text, cursor) = (&site.text, site.bytes.start);
    let near = cursor.saturating_sub(NEAR)..cursor + NEAR / 4;
    let around = item.unwrap_or(near);
    let around =
        text.ceil_char_boundary(around.start.max(shown.start.saturating_sub(NEAR)))..text.floor_char_boundary(around.end.min(text.len()));
    let line = site.whole_lines(cursor..cursor);
    let mut named = HashMap::new();
    for (at, name) in words::identifiers(&text[around.clone()]) {
        let at = around.start + at;
        if !line.contains(&at) {
            let nearest: &mut usize = named.entry(name).or_insert(usize::MAX);
            *nearest = (*nearest).min(at.abs_diff(cursor));
        }
    }
    named
}

/// The lines that show a definition: a short type whole, else its signature.
fn piece(text: &str, symbol: &Symbol) -> Option<Range<usize>> {
    let item = symbol.item.range();
    let start = text.get(..symbol.signature.range().start)?.rfind('\n').map_or(0, |at| at + 1);
    let whole = match symbol.kind {
        Kind::Struct | Kind::Enum | Kind::Interface | Kind::Type | Kind::Class => item.len() <= WHOLE,
        Kind::Function | Kind::Method | Kind::Constant | Kind::Macro => false,
        Kind::Variable | Kind::Attribute | Kind::Variant | Kind::Module | Kind::Reexport => return None,
    };
    let last = if whole { item.end } else { symbol.signature.range().end };
    let end = text.get(last..)?.find('\n').map_or(text.len(), |at| last + at);
    (start < end && end - start <= LONGEST.max(WHOLE)).then_some(start..end)
}

fn part(site: &Site, pieces: &[Range<usize>], tokens: &dyn Tokens) -> Option<Part> {
    let (first, last) = (pieces.first()?, pieces.last()?);
    let secrets = Secrets::of(&site.text);
    let shown: String = pieces.iter().map(|piece| format!("{}\n", &*secrets.cut(&site.text, piece.clone()))).collect();
    let text = Masked::whole(&shown);
    Some(Part {
        path: site.path.as_str().into(),
        start_line: site.line_of(first.start),
        end_line: site.line_of(last.end),
        kind: PartKind::Current,
        tokens: tokens.rough(&text),
        text,
        why: "named around the cursor, outside of what is shown".into(),
    })
}
