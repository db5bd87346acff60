//! What holds members: a class, an `impl`, a module, a whole file. Which of them surrounds some lines, and the same one in another text.

use std::ops::Range;

use tree_sitter::Node;

use super::parse::Parsed;
use super::place::is;
use super::scope::{item, parts, path_to};
use super::tags::Kind;

/// Something with members.
#[derive(Clone, Debug)]
pub struct Holder {
    kind: u16,
    /// What distinguishes it from others of its kind, without white space.
    said: String,
    /// Its bytes.
    pub range: Range<usize>,
    /// The bytes between its head and its end.
    pub inside: Range<usize>,
    /// Its members, each with the comments and attributes right above it.
    pub members: Vec<Range<usize>>,
    /// It is a type or a module itself, and not only a block of members of one.
    pub defines: bool,
    pub is_file: bool,
}

/// The holders of members around some lines, innermost first; the file is the last.
pub fn around(parsed: &Parsed, lines: &Range<usize>) -> Vec<Holder> {
    let inside = &parsed.text()[lines.clone()];
    let start = lines.start + (inside.len() - inside.trim_start().len()).min(inside.len());
    let stretch = if inside.trim().is_empty() { lines.clone() } else { start..start + inside.trim().len() };
    let Some(leaf) = parsed.root().descendant_for_byte_range(stretch.start, stretch.end) else { return vec![] };
    let all = path_to(parsed, leaf).into_iter().rev().filter_map(|node| holder(parsed, node));
    all.filter(|one| one.is_file || one.inside.start <= stretch.start && stretch.end <= one.inside.end).collect()
}

/// The holders in a text that are the same as one of another text.
pub fn alike(parsed: &Parsed, one: &Holder) -> Vec<Holder> {
    if one.is_file {
        return holder(parsed, parsed.root()).into_iter().collect();
    }
    let kin = parsed.preorder(|_| true).filter(|node| node.kind_id() == one.kind).filter_map(|node| holder(parsed, node));
    kin.filter(|own| !own.is_file && own.said == one.said).collect()
}

/// The members of the holder around one, without those that contain it.
pub fn beside(parsed: &Parsed, one: &Holder) -> Vec<Range<usize>> {
    let leaf = parsed.root().descendant_for_byte_range(one.range.start, one.range.end).filter(|_| !one.is_file);
    let is_in = |range: &Range<usize>| range.start <= one.range.start && one.range.end <= range.end;
    let path = leaf.map(|leaf| path_to(parsed, leaf)).unwrap_or_default();
    let around = path.into_iter().filter_map(|node| holder(parsed, node)).filter(|own| own.is_file || own.range != one.range);
    around.flat_map(|own| own.members).filter(|member| !is_in(member)).collect()
}

/// How a block of members begins that is directly inside another one of its kind, although it defines nothing itself: no language allows
/// that.
pub fn nested(parsed: &Parsed) -> Vec<String> {
    let mut nodes = parsed.preorder(|_| true);
    let mut found = vec![];
    while let Some(node) = nodes.next() {
        let around = nodes.path().iter().rev().nth(2).filter(|around| around.kind_id() == node.kind_id());
        let is_bare = |one: &Holder| !one.defines && !one.is_file;
        let around = around.and_then(|around| holder(parsed, *around)).filter(is_bare);
        if let Some(one) = around.and_then(|_| holder(parsed, node)).filter(is_bare) {
            let head = &parsed.text()[one.range.start..one.inside.start];
            found.push(head.trim_end().trim_end_matches('{').trim_end().to_string());
        }
    }
    found
}

fn holder(parsed: &Parsed, node: Node<'_>) -> Option<Holder> {
    let kind = node.kind_id();
    if node == parsed.root() {
        let range = 0..parsed.text().len();
        let members = parts(parsed, node);
        return Some(Holder { kind, said: String::new(), inside: range.clone(), range, members, defines: false, is_file: true });
    }
    let body = node.child_by_field_name("body")?;
    let defines = item(parsed, node).is_some_and(|item| item.kind.is_type() || item.kind == Kind::Module);
    // The members of an enum or a list of fields are separated by commas.
    let is_list = item(parsed, node).is_some_and(|item| item.kind == Kind::Enum) || has_commas(parsed, body);
    if is_list || !defines && !is(parsed, "declarations", body) {
        return None;
    }
    let text = parsed.text();
    let plain = |range: Range<usize>| text[range].split_whitespace().collect::<String>();
    let name = node.child_by_field_name("name").map(|name| name.byte_range());
    let said = plain(name.unwrap_or(node.start_byte()..body.start_byte()));
    let (start, end) = (body.start_byte(), body.end_byte());
    let (open, close) = (text[..end].get(start..).is_some_and(|body| body.starts_with('{')), text[..end].ends_with('}'));
    let inside = start + usize::from(open)..(end - usize::from(open && close)).max(start + usize::from(open));
    Some(Holder { kind, said, range: node.byte_range(), inside, members: parts(parsed, body), defines, is_file: false })
}

fn has_commas(parsed: &Parsed, body: Node<'_>) -> bool {
    let mut cursor = body.walk();
    body.children(&mut cursor).any(|child| !child.is_named() && &parsed.text()[child.byte_range()] == ",")
}
