//! What is at a place in a text: the items around it, whether it is in a comment, a string or an expression, and where its block ends.
//! `scope.scm` says which nodes are which.

use crate::text::lines::{line_end, line_start};
use std::ops::Range;

use tree_sitter::Node;

use super::parse::Parsed;
use super::tags::Kind;

/// The tags of `scope.scm` that become bits, in the order of the constants below.
pub(super) const ROLES: &[&str] = &["comment", "string", "block", "expression", "interpolation", "value", "binding", "later"];
/// A comment.
pub(super) const COMMENT: u8 = 1;
/// A string literal.
pub(super) const STRING: u8 = 1 << 1;
/// A block of statements or members.
pub(super) const BLOCK: u8 = 1 << 2;
/// An expression.
pub(super) const EXPRESSION: u8 = 1 << 3;
/// Code inside a string.
pub(super) const INTERPOLATION: u8 = 1 << 4;
/// An expression that could be the value of a variable.
pub(super) const VALUE: u8 = 1 << 5;
/// A node that names values inside a function: a parameter, a variable, a pattern.
pub(super) const BINDING: u8 = 1 << 6;
/// A node that does not run where its statement begins: a loop's head, a closure, the right side of a short circuit.
pub(super) const LATER: u8 = 1 << 7;

/// Maximum words before a definition that are not part of it.
const MODIFIERS: usize = 3;

/// A definition around a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub kind: Kind,
    /// Bytes of the whole item, including decorators and attributes if the grammar has them inside.
    pub range: Range<usize>,
    /// Bytes from its first word up to its body.
    pub signature: Range<usize>,
    pub body: Option<Range<usize>>,
}

/// What surrounds an offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Items around the offset, outermost first.
    pub items: Vec<Item>,
    pub in_comment: bool,
    pub in_string: bool,
    /// Inside an expression, so a completion there is part of one line.
    pub in_expression: bool,
    /// The innermost block around the offset, without braces.
    pub block: Option<Range<usize>>,
    /// The block holds only white space and comments, so a completion there is a whole body.
    pub block_is_empty: bool,
    /// The end of the block, where a completion has to stop.
    pub block_end: usize,
}

impl Place {
    /// The innermost item.
    pub fn item(&self) -> Option<&Item> {
        self.items.last()
    }
}

/// What surrounds byte `offset`, which is moved back to a character boundary inside the text.
pub fn at(parsed: &Parsed, offset: usize) -> Place {
    let text = parsed.text();
    let offset = text.floor_char_boundary(offset);
    let mut place = Place { block_end: text.len(), ..Place::default() };
    let roles = &parsed.language().scope_roles;
    for here in path_to(parsed, leaf(parsed, offset)).into_iter().rev() {
        let role = roles.get(usize::from(here.kind_id())).copied().unwrap_or(0);
        look(parsed, here, role, offset, &mut place);
    }
    place.items = items(parsed, offset);
    if parsed.language().indented {
        indented_block(text, offset, &mut place);
    } else if place.block.is_none() {
        braced_block(text, offset, &mut place);
    }
    if let Some(block) = &place.block {
        place.block_end = block.end;
        place.block_is_empty = text.get(block.clone()).is_some_and(|inside| parsed.language().is_blank(inside));
    }
    place
}

/// The definitions around a place, outermost first; an open bracket does not change them.
fn items(parsed: &Parsed, offset: usize) -> Vec<Item> {
    path_to(parsed, leaf(parsed, offset)).into_iter().filter_map(|node| item(parsed, node)).collect()
}

/// Whether an offset is in a comment or a string.
pub fn is_prose(parsed: &Parsed, offset: usize) -> bool {
    let roles = &parsed.language().scope_roles;
    let role = |node: &Node<'_>| roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
    let Some(leaf) = parsed.root().descendant_for_byte_range(offset, offset + 1) else { return false };
    let path = path_to(parsed, leaf);
    let nearest = path.iter().rev().map(role).find(|role| role & (COMMENT | STRING | INTERPOLATION) != 0);
    nearest.is_some_and(|role| role & INTERPOLATION == 0)
}

/// The definition meant by an offset, for commands without a selection: the innermost one around it, or the one on the same line.
pub fn item_at(parsed: &Parsed, offset: usize) -> Option<Item> {
    let text = parsed.text();
    let offset = in_line(text, text.floor_char_boundary(offset));
    let line = line_start(text, offset);
    let first = line + text[line..].find(|letter: char| !letter.is_whitespace()).unwrap_or(0);
    let on_line = at(parsed, first.max(offset));
    let around = at(parsed, offset);
    let begins = |item: &&Item| item.range.start >= line && item.range.start <= first;
    let here = on_line.items.iter().rev().find(begins).cloned();
    here.or_else(|| behind_modifiers(parsed, first)).or(around.items.last().cloned())
}

/// An offset at the end of a line is moved to the last letter of the line, so that what ends with the line is still meant.
fn in_line(text: &str, offset: usize) -> usize {
    let line = line_start(text, offset);
    let whole = &text[line..line_end(text, offset)];
    let last = whole.trim_end().char_indices().next_back().map_or(offset, |(at, _)| line + at);
    offset.min(last)
}

/// The outermost definition around a place; modules do not count, blocks of members such as Rust's `impl` do.
pub fn outermost(parsed: &Parsed, offset: usize) -> Option<Range<usize>> {
    let text = parsed.text();
    let holds = |node: &Node<'_>| {
        let members =
            parsed.language().tags.at(node.kind_id()).any(|pattern| pattern.tag == "scope.impl" && pattern.matches(*node, text).is_some());
        members || item(parsed, *node).is_some_and(|item| item.kind != Kind::Module)
    };
    path_to(parsed, leaf(parsed, text.floor_char_boundary(offset))).iter().find(|node| holds(node)).map(Node::byte_range)
}

/// The top-level nodes of a text in order, each with the comments and attributes right above it. Comments about the whole file are left
/// out.
pub fn top_level(parsed: &Parsed) -> Vec<Range<usize>> {
    parts(parsed, parsed.root())
}

/// The same for the nodes inside a node.
pub(super) fn parts(parsed: &Parsed, within: Node<'_>) -> Vec<Range<usize>> {
    let (text, language) = (parsed.text(), parsed.language());
    let leads = |node: &Node<'_>| {
        let role = language.scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
        role & COMMENT != 0 || language.tags.at(node.kind_id()).any(|pattern| pattern.tag == "attribute")
    };
    let (mut found, mut lead): (Vec<Range<usize>>, Option<Range<usize>>) = (vec![], None);
    let of_file = |range: &Range<usize>| language.documentation.inner.iter().any(|sign| text[range.clone()].starts_with(sign.as_str()));
    let mut cursor = within.walk();
    for node in within.named_children(&mut cursor) {
        let own = node.byte_range();
        let near = lead.take().and_then(|lead| {
            // Some grammars count the line break as part of a comment.
            let end = lead.start + text[lead.clone()].trim_end().len();
            let is_near = text[end.min(own.start)..own.start].matches('\n').count() <= 1;
            let is_lead = is_near && of_file(&lead) == of_file(&own);
            if !is_lead {
                found.push(lead.clone());
            }
            is_lead.then_some(lead.start)
        });
        let range = near.unwrap_or(own.start)..own.end;
        // A comment after something on its line is about that.
        let role = language.scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
        let is_behind = role & COMMENT != 0 && near.is_none() && !text[line_start(text, own.start)..own.start].trim().is_empty();
        if let Some(before) = found.last_mut().filter(|before| is_behind && before.end <= own.start) {
            // Some grammars include the end of its line in a comment.
            before.end = own.start + text[own.clone()].trim_end().len();
            continue;
        }
        if leads(&node) { lead = Some(range) } else { found.push(range) }
    }
    found.extend(lead);
    found
}

/// Whether a function surrounds these bytes, named or anonymous.
pub fn is_in_function(parsed: &Parsed, range: &Range<usize>) -> bool {
    let Some(leaf) = parsed.root().descendant_for_byte_range(range.start, range.end) else { return false };
    let is_around = |node: &Node<'_>| node.start_byte() < range.start && range.end <= node.end_byte();
    path_to(parsed, leaf).iter().any(|node| is_around(node) && super::place::is(parsed, "keeps.function", *node))
}

/// The headings around a place, outermost first: the bytes before each body that it is in.
pub fn headings(parsed: &Parsed, offset: usize) -> Vec<Range<usize>> {
    let path = path_to(parsed, leaf(parsed, parsed.text().floor_char_boundary(offset)));
    let heading = |node: &Node<'_>| node.child_by_field_name("body").map(|body| node.start_byte()..body.start_byte());
    path.iter().filter_map(heading).collect()
}

/// What the block around a place says that it makes its type into: the trait of a Rust `impl`.
pub fn trait_of(parsed: &Parsed, offset: usize) -> Option<Range<usize>> {
    let path = path_to(parsed, leaf(parsed, parsed.text().floor_char_boundary(offset)));
    path.iter().rev().find_map(|node| node.child_by_field_name("trait")).map(|of| of.byte_range())
}

/// The definition that follows words like `export default` at the start of a line.
fn behind_modifiers(parsed: &Parsed, first: usize) -> Option<Item> {
    let text = parsed.text();
    let line = text[first..].lines().next()?;
    let words = line.match_indices(' ').map(|(at, _)| at + 1).take(MODIFIERS);
    words
        .take_while(|at| line[..*at].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' '))
        .find_map(|at| self::at(parsed, first + at).items.into_iter().find(|item| item.range.start == first + at))
}

/// The nodes from the root to a node. Uses a cursor: `Node::parent` recurses, and a text may nest deeper than any stack.
pub(super) fn path_to<'a>(parsed: &'a Parsed, leaf: Node<'a>) -> Vec<Node<'a>> {
    let mut cursor = parsed.root().walk();
    let mut path = vec![cursor.node()];
    while cursor.node() != leaf && cursor.goto_first_child_for_byte(leaf.start_byte()).is_some() {
        while cursor.node().end_byte() < leaf.end_byte() && cursor.goto_next_sibling() {}
        path.push(cursor.node());
    }
    path
}

/// The innermost node that begins at an offset or contains it.
pub(super) fn leaf_at(parsed: &Parsed, offset: usize) -> Node<'_> {
    let root = parsed.root();
    root.descendant_for_byte_range(offset, offset + 1).unwrap_or(root)
}

/// The innermost node at the cursor; at the end of a line, the one that ends there.
fn leaf(parsed: &Parsed, offset: usize) -> Node<'_> {
    let root = parsed.root();
    let after = root.descendant_for_byte_range(offset, offset).unwrap_or(root);
    let line_goes_on = parsed.text()[offset..].chars().next().is_some_and(|letter| letter != '\n' && letter != '\r');
    if line_goes_on || offset == 0 {
        return after;
    }
    let before = root.descendant_for_byte_range(offset - 1, offset).unwrap_or(root);
    let roles = &parsed.language().scope_roles;
    let role = roles.get(usize::from(before.kind_id())).copied().unwrap_or(0);
    if role & COMMENT != 0 && before.end_byte() >= offset { before } else { after }
}

fn look(parsed: &Parsed, here: Node<'_>, role: u8, offset: usize, place: &mut Place) {
    let inside = here.start_byte() < offset && offset < here.end_byte();
    let settled = place.block.is_some() || place.in_comment || place.in_string;
    if role & COMMENT != 0 && !settled {
        // A line comment continues at its end, a block comment does not.
        let block = parsed.language().block_comment.as_ref();
        let closed = || block.is_some_and(|[_, closes]| parsed.text()[..offset].ends_with(closes.as_str()));
        let open = here.start_byte() < offset && offset == here.end_byte() && !closed();
        place.in_comment |= inside || open;
    }
    if role & INTERPOLATION != 0 && inside && !settled {
        place.in_expression = true;
        return;
    }
    if role & STRING != 0 && inside && !settled && !place.in_expression {
        place.in_string = true;
    }
    if role & EXPRESSION != 0 && inside && place.block.is_none() {
        place.in_expression = true;
    }
    if role & BLOCK != 0 && place.block.is_none() && !parsed.language().indented {
        let text = &parsed.text()[here.byte_range()];
        let start = here.start_byte() + usize::from(text.starts_with('{'));
        let end = here.end_byte() - usize::from(text.len() > 1 && text.ends_with('}'));
        if start <= offset && offset <= end {
            place.block = Some(start..end);
        }
    }
}

/// The item that a node is, by the patterns of `tags.scm`; none for other nodes.
pub(super) fn item(parsed: &Parsed, node: Node<'_>) -> Option<Item> {
    let text = parsed.text();
    let (pattern, captures) = parsed.language().tags.at(node.kind_id()).find_map(|pattern| {
        let captures = pattern.tag.starts_with("definition.").then(|| pattern.matches(node, text)).flatten()?;
        Some((pattern, captures))
    })?;
    let kind = Kind::by_name(pattern.tag.strip_prefix("definition.")?)?;
    let name = captures.get("name")?;
    // A value with members is not a place for code.
    let body = captures.get("body").filter(|_| pattern.setting("holds").is_none()).map(|body| body.byte_range());
    if body.is_none() && matches!(kind, Kind::Variable | Kind::Attribute | Kind::Variant) {
        return None;
    }
    let signature = node.start_byte()..body.as_ref().map_or(node.end_byte(), |body| body.start);
    let name = text.get(name.byte_range())?.to_string();
    Some(Item { name, kind, range: node.byte_range(), signature, body })
}

/// Finds the block in languages without braces: the lines around the cursor with its indentation or more.
fn indented_block(text: &str, offset: usize, place: &mut Place) {
    let line_start = line_start(text, offset);
    let own = &text[line_start..];
    let line = own.lines().next().unwrap_or_default();
    let blank = line.trim().is_empty();
    let heading = text[..line_start].lines().rev().find(|line| !line.trim().is_empty());
    let after_colon = blank && heading.is_some_and(|line| line.trim_end().ends_with(':'));
    let depth = match (blank, heading) {
        (true, Some(heading)) if after_colon => indent(heading) + 1,
        (true, _) => indent(line).max(column(text, line_start, offset)),
        _ => indent(line),
    };
    if depth == 0 {
        return;
    }
    let inside = |line: &str| line.trim().is_empty() || indent(line) >= depth;
    let mut end = line_start;
    for line in text[line_start..].split_inclusive('\n') {
        if end > line_start && !inside(line) {
            break;
        }
        end += line.len();
    }
    let mut start = line_start;
    for line in text[..line_start].split_inclusive('\n').rev() {
        if after_colon || !inside(line) {
            break;
        }
        start -= line.len();
    }
    let trimmed = text[start..end].trim_end().len() + start;
    place.block = Some(start..trimmed.max(offset).min(end));
}

fn column(text: &str, line_start: usize, offset: usize) -> usize {
    text[line_start..offset].chars().count()
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|letter| *letter == ' ' || *letter == '\t').count()
}

/// Finds the block in a text that does not parse: between the nearest braces that match by counting.
fn braced_block(text: &str, offset: usize, place: &mut Place) {
    let opening = unmatched(text[..offset].char_indices().rev(), '}', '{');
    let Some(opening) = opening else { return };
    let closing = unmatched(text[offset..].char_indices(), '{', '}').map_or(text.len(), |at| offset + at);
    place.block = Some(opening + 1..closing);
}

fn unmatched(letters: impl Iterator<Item = (usize, char)>, opposite: char, wanted: char) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in letters {
        if letter == opposite {
            depth += 1;
        } else if letter == wanted {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}
