//! Where the documentation of an item goes, and which of the comments above it is the old one. What speaks to a tool or a maintainer is not
//! documentation, nor is a licence or what documents the file: these stay.

pub(super) mod asides;

use std::ops::Range;

use super::fit::comment::{Style, as_comment, docstring};
use super::fit::wrapped;
use super::forms::{behind_colon, inner_indent, line_indent};
use crate::features::Site;
use crate::syntax::Language;
use crate::syntax::scope::Item;
use crate::text::lines::line_start;
use crate::text::{BYTE_ORDER_MARK, Edit, Ending};
use asides::is_aside;

/// Words of comments at the top of a file that are about the file.
const OF_FILE: &[&str] = &["copyright", "licen", "spdx-", "@file", "\\file", "all rights reserved"];

/// The edit that documents an item.
pub fn edit(site: &Site, item: &Item, comment: &str) -> Result<Edit, String> {
    let comment = wrapped::comment(site, item, comment)?;
    if !comment.contains(char::is_alphanumeric) {
        return Err("the answer is empty\ngive `comment` a text".into());
    }
    let ending = Ending::of(&site.text);
    let language = site.language.as_deref();
    let within = language.and_then(|language| language.documentation.within.as_ref());
    if let (Some(form), Some(body)) = (within, &item.body) {
        let inner = inner_indent(site, item);
        let old = site.doc_of(item).filter(|doc| doc.start == body.start);
        let text = docstring(form, &comment, &inner, old.as_ref().map(|old| &site.text[old.clone()]));
        return Ok(match (old, behind_colon(site, item)) {
            (Some(old), _) => Edit { range: old, text: ending.apply(&text) },
            (None, Some(start)) => Edit { range: start..body.start, text: ending.apply(&format!("\n{inner}{text}\n{inner}")) },
            (None, None) => Edit::insert(below(site, body.start), ending.apply(&format!("{inner}{text}\n"))),
        });
    }
    above(site, item, &comment)
}

/// The start of the line that a docstring goes before: that of the first statement, or of the comments above it.
fn below(site: &Site, body: usize) -> usize {
    let mut at = line_start(&site.text, body);
    let sign = site.language.as_ref().and_then(|language| language.comment.as_deref());
    let is_comment = |line: &str| sign.is_some_and(|sign| line.trim_start().starts_with(sign));
    while at > 0 && is_comment(&site.text[line_start(&site.text, at - 1)..at]) {
        at = line_start(&site.text, at - 1);
    }
    at
}

/// A comment above an item, or in place of the one there.
fn above(site: &Site, item: &Item, comment: &str) -> Result<Edit, String> {
    // What belongs to the item above its first word stands below its comment: attributes, template parameters.
    let first = site.definition_of(item).map_or(item.range.start, |known| known.item.range().start.min(item.range.start));
    let start = line_start(&site.text, first);
    let lines = site.doc_of(item).map(|doc| site.whole_lines(doc));
    let pieces = lines.map(|lines| pieces(site, lines)).unwrap_or_default();
    let language = site.language.as_deref();
    let is_doc = |piece: &&Piece| piece.is == CommentKind::Documentation;
    let (from, to) = (pieces.iter().find(is_doc), pieces.iter().rfind(is_doc));
    let old = from.zip(to).map(|(from, to)| from.lines.start..to.lines.end);
    if old.is_none() && site.text[start..first].contains(['{', '}', ';']) {
        return Err(format!("`{}` does not begin its line, so there is no line above it that is its own", item.name));
    }
    let style = Style::of(language, from.map(|from| &site.text[from.lines.clone()]), &site.text);
    let mut text = as_comment(language, &style, comment, line_indent(site, first));
    let ending = Ending::of(&site.text);
    // Some tools separate what is for them from what is for people.
    let apart = |text: &mut String| {
        if language.is_some_and(|language| language.documentation.tight_directives) {
            text.push_str(&format!(
                "\n{}{}",
                line_indent(site, first),
                language.and_then(|language| language.comment.as_deref()).unwrap_or_default()
            ));
        }
    };
    let Some(old) = old else {
        let note = pieces.iter().find(|piece| piece.is == CommentKind::Note).filter(|note| note.lines.start <= start);
        if note.is_some() {
            apart(&mut text);
        }
        let at = note.map_or(start, |note| note.lines.start);
        return Ok(Edit::insert(at, ending.apply(&format!("{text}\n"))));
    };
    let kept = pieces
        .iter()
        .filter(|piece| old.start <= piece.lines.start && piece.lines.end <= old.end && piece.is != CommentKind::Documentation);
    let kept: Vec<&str> = kept.map(|piece| &site.text[piece.lines.clone()]).collect();
    let next = pieces.iter().find(|piece| piece.lines.start > old.end);
    if !kept.is_empty() || next.is_some_and(|next| next.is == CommentKind::Note) {
        apart(&mut text);
    }
    kept.iter().for_each(|kept| text.push_str(&format!("\n{kept}")));
    // Whole lines of comment, without the last line break.
    Ok(Edit { range: old, text: ending.apply(&text) })
}

/// The kind of lines above an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CommentKind {
    /// It documents the item.
    Documentation,
    /// It is for a maintainer or a tool.
    Note,
    /// It is about the file.
    OfFile,
    /// No comment, such as attributes between comments.
    Other,
}

struct Piece {
    /// Whole lines, without the last line break.
    lines: Range<usize>,
    is: CommentKind,
}

/// The lines from the first comment above an item to the last; each block comment is one piece.
fn pieces(site: &Site, lines: Range<usize>) -> Vec<Piece> {
    let (text, Some(language)) = (&site.text, site.language.as_deref()) else { return vec![] };
    let (mut found, mut at): (Vec<Piece>, usize) = (vec![], lines.start);
    while at < lines.end {
        let rest = &text[at..lines.end];
        let block = language.block_comment.as_ref().filter(|[opens, _]| rest.trim_start().starts_with(opens.as_str()));
        let is_block = block.is_some();
        let end = block.map_or(0, |[_, closes]| rest.find(closes.as_str()).map_or(rest.len(), |end| end + closes.len()));
        let end = at + rest[end..].find('\n').map_or(rest.len(), |line| end + line);
        let last = found.last().filter(|_| !is_block).map(|last| (last.is, &text[last.lines.clone()]));
        let is = kind(language, text[at..end].trim(), text[..at].trim_matches([BYTE_ORDER_MARK, '\n', ' ']).is_empty(), last);
        found.push(Piece { lines: at..end, is });
        at = end + 1;
    }
    found
}

/// What a comment is, by how it is written and by what stands before it.
fn kind(language: &Language, comment: &str, first: bool, last: Option<(CommentKind, &str)>) -> CommentKind {
    let forms = &language.documentation;
    if !comment.starts_with(['/', '#']) || language.is_mark(comment) {
        return CommentKind::Other;
    }
    let begins = |signs: &[String]| signs.iter().any(|sign| comment.starts_with(sign.as_str()));
    let lower = comment.to_lowercase();
    if begins(&forms.inner) || first && OF_FILE.iter().any(|word| lower.contains(word)) {
        return CommentKind::OfFile;
    }
    // A licence of line comments goes on to its end, or to documentation, which has signs of its own where that of files has some.
    let is_licence = |(is, _): &(CommentKind, &str)| *is == CommentKind::OfFile && forms.inner.is_empty() && !begins(&forms.ends_licence);
    if last.is_some_and(|last| is_licence(&last)) {
        return CommentKind::OfFile;
    }
    if begins(&forms.outer) && !begins(&forms.not_outer) {
        return CommentKind::Documentation;
    }
    if !forms.plain {
        return CommentKind::Note;
    }
    let said = comment.trim_start_matches(['/', '*', '!', '#']);
    let is_block = language.block_comment.as_ref().is_some_and(|[opens, _]| comment.starts_with(opens.as_str()));
    let is_told = forms.tight_directives && said.starts_with(|letter: char| letter.is_ascii_lowercase()) && !is_block;
    let goes_on = last.is_some_and(|(is, before)| is == CommentKind::Note && begins_note(language, before)) && !said.trim().is_empty();
    if is_told || is_aside(said) || goes_on { CommentKind::Note } else { CommentKind::Documentation }
}

/// Whether a note may go on in the next line.
fn begins_note(language: &Language, comment: &str) -> bool {
    let comment = comment.trim_start();
    let said = language.comment.as_ref().map_or(comment, |sign| comment.trim_start_matches(sign.as_str()));
    !said.starts_with(|letter: char| letter.is_ascii_lowercase())
}
