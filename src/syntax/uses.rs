//! Where a name stands in a text: whether that is code, and in which functions the name is a variable; and whether a selection is a value
//! that could have a name.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::scope::{self, BINDING, BLOCK, EXPRESSION, Item, VALUE};
use super::tags::Kind;

/// What a name stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    Code,
    Comment,
    Text,
}

/// The places where a name stands as a whole word, in order.
pub fn uses(parsed: &Parsed, name: &str) -> Vec<(Range<usize>, Within)> {
    let text = parsed.text();
    let captures = parsed.language().captures;
    words(text, name)
        .map(|range| {
            // Inside of the word, so that neither a quotation mark before it nor a brace behind it counts.
            let place = scope::at(parsed, range.start + 1);
            // Two braces are one written brace.
            let braces = text[..range.start].bytes().rev().take_while(|byte| *byte == b'{').count();
            let captured = captures && braces % 2 == 1 && text[range.end..].starts_with(['}', ':']);
            let within = match (place.in_comment, place.in_string && !captured) {
                (true, _) => Within::Comment,
                (false, true) => Within::Text,
                (false, false) => Within::Code,
            };
            (range, within)
        })
        .collect()
}

/// Whether a word is a name to the grammar, and no keyword.
pub fn is_identifier(parsed: &Parsed, range: &Range<usize>) -> bool {
    parsed.root().descendant_for_byte_range(range.start, range.end).is_some_and(|leaf| leaf.is_named())
}

/// The functions in which a name is a parameter or a variable, each once: there its uses are another thing than a definition of that name
/// elsewhere. Of functions in functions the outermost, since what is inside sees the variable too.
pub fn variables(parsed: &Parsed, name: &str) -> Vec<Item> {
    // Constants and types stand in patterns without being bound there, and are written in capitals.
    if name.starts_with(char::is_uppercase) {
        return vec![];
    }
    let mut functions: Vec<Item> = vec![];
    for range in words(parsed.text(), name).filter(|range| binds(parsed, range)) {
        let around = scope::at(parsed, range.start + 1).items.into_iter();
        let outermost = around.into_iter().find(|item| matches!(item.kind, Kind::Function | Kind::Method));
        functions.extend(outermost.filter(|function| !functions.contains(function)));
    }
    functions
}

/// Whether a name is bound where it stands: the way up leads to a binding by the fields of what is bound, not of types or values.
fn binds(parsed: &Parsed, range: &Range<usize>) -> bool {
    const BOUND: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "parameters"];
    let Some(leaf) = parsed.root().descendant_for_byte_range(range.start, range.end).filter(|leaf| leaf.byte_range() == *range) else {
        return false;
    };
    let roles = &parsed.language().scope_roles;
    let path = scope::path_to(parsed, leaf);
    for pair in path.windows(2).rev() {
        let [parent, child] = pair else { return false };
        if field_of(*parent, *child).is_some_and(|field| !BOUND.contains(&field)) {
            return false;
        }
        let role = roles.get(usize::from(parent.kind_id())).copied().unwrap_or(0);
        if role & (BINDING | EXPRESSION) != 0 {
            return role & BINDING != 0;
        }
    }
    false
}

fn field_of<'tree>(parent: Node<'tree>, child: Node<'tree>) -> Option<&'tree str> {
    let number = (0..parent.child_count()).find(|number| parent.child(*number) == Some(child))?;
    parent.field_name_for_child(number)
}

/// The places where a text has a word, whatever its language.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let whole = move |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !word.is_empty() && !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(move |at| whole(*at)).map(|at| at..at + word.len())
}

/// Whether a letter may stand in a name.
pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// The statement that a selection is a value in, if it is exactly one value, larger than a name and smaller than the statement.
pub fn statement_of_value(parsed: &Parsed, selection: Range<usize>) -> Option<Range<usize>> {
    let text = parsed.text();
    let selected = text.get(selection.clone())?;
    if selected.is_empty()
        || selected.trim() != selected
        || selected.chars().all(is_word) && !selected.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let node = parsed.root().descendant_for_byte_range(selection.start, selection.end)?;
    if node.byte_range() != selection || node.has_error() {
        return None;
    }
    let roles = &parsed.language().scope_roles;
    let role = |kind: u16| roles.get(usize::from(kind)).copied().unwrap_or(0);
    let path = scope::path_to(parsed, node);
    // Of nodes with the same range, any may be the value.
    let value = path.iter().any(|here| here.byte_range() == selection && role(here.kind_id()) & VALUE != 0);
    let block = path.iter().rposition(|here| role(here.kind_id()) & BLOCK != 0)?;
    let statement = path.get(block + 1)?.byte_range();
    (value && statement != selection && statement.end - statement.start > selected.len() + 1).then_some(statement)
}
