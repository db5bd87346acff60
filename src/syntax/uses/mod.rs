//! Where a name occurs in a text, whether that is code, and in which role. The submodules say what binds it, what gives it a value and
//! whether it is called.

mod assignment;
mod binding;
mod call;
mod variables;

use std::ops::Range;

use tree_sitter::Node;

pub use assignment::{Assignment, given};
pub(in crate::syntax) use binding::binding;
pub use binding::{annotation, is_identifier, is_own_word};
pub use call::{Use, between_brackets, use_of};
pub use variables::{Variable, binder, variables};

use super::scope::{BLOCK, COMMENT, EXPRESSION, INTERPOLATION, STRING};
use super::{Language, Parsed};
use crate::text::words;

/// Further tags of `scope.scm` that become bits, in the order of the constants below.
pub(in crate::syntax) const ROLES: &[&str] = &["member", "key", "shorthand", "tokens", "raw", "tag", "refutable", "outer"];
/// A member access such as `a.b` or `a::b`: all but the first child are members.
pub(in crate::syntax) const MEMBER: u8 = 1;
/// A name that is not looked up in the scope, such as that of an argument, or a node whose first child is one: `f(name=1)`.
const KEY: u8 = 1 << 1;
/// A name that is a field and a variable at once: `Point { x }`.
const SHORTHAND: u8 = 1 << 2;
/// The arguments of a macro, which are not parsed.
const TOKENS: u8 = 1 << 3;
/// The text of a macro without any tree, or its parameters.
pub(in crate::syntax) const RAW: u8 = 1 << 4;
/// A keyword for a kind of type precedes the name, so no variable hides the type: `struct x`.
const TAG: u8 = 1 << 5;
/// A binding in which capitalised names are constants.
const REFUTABLE: u8 = 1 << 6;
/// The names in it are the file's, not the function's.
const OUTER: u8 = 1 << 7;

/// Whether a name is in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    Code,
    Comment,
    Text,
}

/// The role of a name in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// On its own: looked up in the scope.
    Alone,
    /// A member of the expression in these bytes.
    Member(Range<usize>),
    /// The name of a field or an argument. The bytes name the type or function it belongs to, as far as that is written.
    Key(Range<usize>),
    /// A field and a variable at once. The second range is what has to be replaced to write it out in full.
    Shorthand(Range<usize>, Range<usize>),
}

/// One occurrence of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub range: Range<usize>,
    pub within: Within,
    pub stands: Stands,
    /// The top-level statement around it.
    pub top: Range<usize>,
    pub place: Special,
}

/// Places where the usual scoping rules do not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    No,
    /// In the text of a macro: its meaning depends on where the macro is used.
    Macro,
    /// A parameter of a macro.
    MacroParameter,
    /// The name of a type after a keyword such as `struct`.
    Tag,
    /// The start of a path that is written like a variable or a function: a module.
    Path,
    /// What a constructor initializes: a member, or a base of its type.
    Base,
    /// The name of a loop or a jump target, which nothing else can have.
    Label,
}

/// The nodes from the root to a place, each with its field in its parent.
pub(in crate::syntax) type Way<'tree> = [(Node<'tree>, Option<&'tree str>)];

/// All places where a name occurs as a whole word, in order.
pub fn uses(parsed: &Parsed, name: &str) -> Vec<(Range<usize>, Within)> {
    mentions(parsed, name).into_iter().map(|found| (found.range, found.within)).collect()
}

/// All places where a name occurs, with its role at each.
pub fn mentions(parsed: &Parsed, name: &str) -> Vec<Mention> {
    let mut found = vec![];
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        let within = within(parsed, &range, way);
        let stands = if within == Within::Code { stands(parsed, &range, way) } else { Stands::Alone };
        let top = way.get(1).map_or(range.clone(), |(node, _)| node.byte_range());
        let place = special(parsed, &range, way);
        found.push(Mention { range, within, stands, top, place });
    });
    found
}

/// Visits places, given in order, in one walk: many places cost little more than one.
pub(in crate::syntax) fn visit<'tree>(
    parsed: &'tree Parsed,
    places: impl Iterator<Item = Range<usize>>,
    mut look: impl FnMut(Range<usize>, &Way<'tree>),
) {
    let mut cursor = parsed.root().walk();
    let mut way = vec![(cursor.node(), None)];
    let holds = |node: Node<'_>, place: &Range<usize>| node.start_byte() <= place.start && place.end <= node.end_byte();
    for place in places {
        while let Some((here, _)) = way.last().copied().filter(|_| way.len() > 1) {
            if holds(here, &place) {
                break;
            }
            if here.start_byte() < place.end && cursor.goto_next_sibling() {
                way.pop();
                way.push((cursor.node(), cursor.field_name()));
            } else {
                cursor.goto_parent();
                way.pop();
            }
        }
        while cursor.goto_first_child() {
            while cursor.node().end_byte() < place.end && cursor.goto_next_sibling() {}
            if !holds(cursor.node(), &place) {
                cursor.goto_parent();
                break;
            }
            way.push((cursor.node(), cursor.field_name()));
        }
        look(place, &way);
    }
}

/// The bits that the kind of a node has in a table of roles.
pub(in crate::syntax) fn role(roles: &[u8], node: Node<'_>) -> u8 {
    roles.get(usize::from(node.kind_id())).copied().unwrap_or(0)
}

/// Whether the name at this range is in code, in a comment or in a string.
pub(in crate::syntax) fn within(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Within {
    let (text, language) = (parsed.text(), parsed.language());
    if let Some(text) = way
        .last()
        .filter(|(leaf, _)| role(&language.use_roles, *leaf) & RAW != 0)
        .and_then(|(leaf, _)| text.get(leaf.start_byte()..range.start))
    {
        return within_macro(language, text);
    }
    for (at, (node, _)) in way.iter().enumerate().rev() {
        let role = role(&language.scope_roles, *node);
        if role & COMMENT != 0 {
            return Within::Comment;
        }
        if role & STRING != 0 {
            if is_quoted(parsed, &way[..at]) {
                return Within::Code;
            }
            // In interpolated strings two braces mean one literal brace.
            let braces = text[..range.start].bytes().rev().take_while(|byte| *byte == b'{').count();
            let captured = language.captures && braces % 2 == 1 && text[range.end..].starts_with(['}', ':']);
            return if captured { Within::Code } else { Within::Text };
        }
        if role & (INTERPOLATION | EXPRESSION | BLOCK) != 0 {
            break;
        }
    }
    Within::Code
}

/// What the end of a macro's text is in.
fn within_macro(language: &Language, text: &str) -> Within {
    let sign = language.comment.as_deref().unwrap_or_default();
    let begins_comment = |letter: char, rest: &str| sign.strip_prefix(letter).is_some_and(|more| rest.starts_with(more));
    let (mut quote, mut letters) = (None, text.chars());
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, letter) if begins_comment(letter, letters.as_str()) => return Within::Comment,
            _ => {}
        }
    }
    let is_open = |[opens, closes]: &[String; 2]| text.rfind(opens.as_str()).is_some_and(|open| !text[open..].contains(closes.as_str()));
    let open_comment = language.block_comment.as_ref().is_some_and(is_open);
    match quote {
        _ if open_comment => Within::Comment,
        Some(_) => Within::Text,
        None => Within::Code,
    }
}

fn special(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Special {
    let (text, roles) = (parsed.text(), &parsed.language().use_roles);
    let Some((leaf, field)) = way.last() else { return Special::No };
    let around = way.len().checked_sub(2).and_then(|at| way.get(at)).map(|(node, _)| *node);
    let around_role = around.map_or(0, |around| role(roles, around));
    if around_role & RAW != 0 {
        return Special::MacroParameter;
    }
    if role(roles, *leaf) & RAW != 0 {
        let parameters = around.and_then(|around| around.child_by_field_name("parameters"));
        let listed = parameters.and_then(|parameters| text.get(parameters.byte_range()));
        let is_parameter = listed.is_some_and(|listed| words::has(listed, &text[range.clone()]));
        return if is_parameter { Special::MacroParameter } else { Special::Macro };
    }
    if is_label(parsed, way) {
        return Special::Label;
    }
    let initializes = |(node, _): &(Node<'_>, Option<&str>)| super::place::marks(parsed, "base", *node, *leaf);
    if way.iter().rev().skip(1).take(2).any(initializes) {
        return Special::Base;
    }
    let after = text[range.end..].trim_start();
    match around_role & TAG != 0 && *field == Some("name") {
        true => Special::Tag,
        false if after.starts_with("::") && !after.starts_with("::<") && !text[range.clone()].starts_with(char::is_uppercase) => {
            Special::Path
        }
        false => Special::No,
    }
}

/// Whether a name is that of a label, at its place or where a jump leads to it.
fn is_label(parsed: &Parsed, way: &Way<'_>) -> bool {
    use super::place::{is, marks};
    let Some((leaf, _)) = way.last() else { return false };
    let around = way.len().checked_sub(2).map(|at| way[at].0);
    let is_named =
        |around: Node<'_>| is(parsed, "label", around) || ["labelled", "labels"].iter().any(|tag| marks(parsed, tag, around, *leaf));
    is(parsed, "label", *leaf) || around.is_some_and(is_named)
}

/// The role of the name at this range, given the path to it.
pub(in crate::syntax) fn stands(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Stands {
    let (text, roles) = (parsed.text(), &parsed.language().use_roles);
    if way.last().is_some_and(|(leaf, _)| role(roles, *leaf) & RAW != 0) {
        return stands_among_tokens(text, range);
    }
    let Some((leaf, _)) = way.last().filter(|(leaf, _)| leaf.byte_range() == *range) else { return Stands::Alone };
    let around = way.len().checked_sub(2).and_then(|at| way.get(at)).map(|(node, _)| *node);
    if around.is_some_and(|around| role(roles, around) & TOKENS != 0) {
        return stands_among_tokens(text, range);
    }
    for pair in way.windows(2).rev() {
        let [(parent, _), (child, _)] = pair else { break };
        let role = role(roles, *parent);
        let first = child.start_byte() == parent.start_byte();
        if role & MEMBER != 0 && !first {
            let of = parent.named_child(0).map(|of| of.byte_range()).filter(|of| of.end <= range.start);
            return of.map_or(Stands::Alone, Stands::Member);
        }
        if role & SHORTHAND != 0 {
            return shorthand(text, range, way);
        }
        if role & KEY != 0 && first && child.byte_range() == *range {
            let of = argument_of(text, way).unwrap_or_else(|| head(text, way));
            // In a Go map literal the keys are values.
            return if text[of.clone()].starts_with("map[") { Stands::Alone } else { Stands::Key(of) };
        }
        if !first {
            break;
        }
    }
    match role(roles, *leaf) {
        role if role & SHORTHAND != 0 => shorthand(text, range, way),
        role if role & KEY != 0 => Stands::Key(head(text, way)),
        _ => Stands::Alone,
    }
}

/// A shorthand; words like `mut` before it stay with the variable when it is written out.
fn shorthand(text: &str, range: &Range<usize>, way: &Way<'_>) -> Stands {
    let words = |start: &usize| text[*start..range.start].chars().all(|letter| letter.is_ascii_lowercase() || letter == ' ');
    let start = way.iter().rev().map(|(node, _)| node.start_byte()).find(|start| *start < range.start).filter(words);
    Stands::Shorthand(head(text, way), start.unwrap_or(range.start)..range.end)
}

/// The type whose angle brackets contain the name: `Shape` in `Shape<Unit = u32>`.
fn argument_of(text: &str, way: &Way<'_>) -> Option<Range<usize>> {
    let [.., (of, _), (arguments, _), _, _] = way else { return None };
    let (start, end) = (of.start_byte(), arguments.start_byte());
    (text[end..].starts_with('<') && start < end).then(|| start..start + text[start..end].trim_end_matches([':', ' ']).len())
}

/// What precedes the bracket around a field or an argument: `Point` in `Point { x: 1 }`, `f` in `f(a, x=1)`.
fn head(text: &str, way: &Way<'_>) -> Range<usize> {
    let opens = |at: usize| text[at..].starts_with(['{', '(']);
    let mut brackets = 0;
    for pair in way.windows(2).rev() {
        let [(parent, _), (child, _)] = pair else { break };
        let (start, end) = (parent.start_byte(), child.start_byte());
        if opens(start) {
            brackets += 1;
        }
        if brackets > 1 {
            break;
        }
        let bracket = if opens(end) { Some(end) } else { text[start..end].find(['{', '(']).map(|at| start + at) };
        if let Some(bracket) = bracket.filter(|bracket| *bracket > start) {
            return start..start + text[start..bracket].trim_end().len();
        }
    }
    0..0
}

/// Whether a name is that of an argument of a call.
pub fn is_argument(parsed: &Parsed, range: &Range<usize>) -> bool {
    let Some(leaf) = parsed.root().descendant_for_byte_range(range.start, range.end) else { return false };
    super::scope::path_to(parsed, leaf).iter().rev().nth(1).is_some_and(|around| super::place::is(parsed, "argument", *around))
}

/// The arguments of a macro around a place, all of them, if there is no tree of them.
pub fn tokens_around(parsed: &Parsed, range: &Range<usize>) -> Option<Range<usize>> {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end)?;
    let path = super::scope::path_to(parsed, leaf);
    let roles = &parsed.language().use_roles;
    path.iter().find(|node| role(roles, **node) & TOKENS != 0).map(Node::byte_range)
}

/// In a macro only the surrounding characters tell.
fn stands_among_tokens(text: &str, range: &Range<usize>) -> Stands {
    let (before, after) = (text[..range.start].trim_end(), text[range.end..].trim_start());
    let path = |before: &str| receiver_start(before)..before.len();
    if let Some(of) = before.strip_suffix("::").or(before.strip_suffix("->")).or(before.strip_suffix('.').filter(|of| !of.ends_with('.'))) {
        return Stands::Member(path(of));
    }
    let open = before.rfind('{').filter(|open| !before[*open..].contains(['}', ';', '(']));
    let of = open.map(|open| path(before[..open].trim_end())).filter(|of| text[of.clone()].starts_with(char::is_uppercase));
    match of.filter(|_| before.ends_with(['{', ','])) {
        Some(of) if after.starts_with(':') && !after.starts_with("::") => Stands::Key(of),
        Some(of) if after.starts_with([',', '}']) => Stands::Shorthand(of, range.clone()),
        _ => Stands::Alone,
    }
}

/// Where the expression at the end of a text begins, made of words, dots and closed brackets: `a.b(c)`.
pub fn receiver_start(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices().rev() {
        match letter {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            _ if depth > 0 || words::is_word(letter) || matches!(letter, '.' | ':' | '?') => {}
            _ => return at + letter.len_utf8(),
        }
    }
    0
}

/// Whether a string is a quoted type: one that is defined later.
fn is_quoted(parsed: &Parsed, above: &[(Node<'_>, Option<&str>)]) -> bool {
    let is = |tag: &str, node: &Node<'_>| super::place::is(parsed, tag, *node);
    above.last().is_some_and(|(node, _)| is("quoted", node)) && !above.iter().any(|(node, _)| is("quotes", node))
}
