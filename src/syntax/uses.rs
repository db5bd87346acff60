//! Where a name stands in a text: whether that is code, and in which functions the name is a variable; and whether a selection is a value
//! that could have a name.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::scope::{self, BINDING, BLOCK, EXPRESSION, Item, LATER, VALUE};
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

fn binds(parsed: &Parsed, range: &Range<usize>) -> bool {
    binding_of(parsed, range).is_some()
}

/// What binds a name where it stands: the way up leads to a binding by the fields of what is bound, not of types or values.
fn binding_of(parsed: &Parsed, range: &Range<usize>) -> Option<Range<usize>> {
    const BOUND: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "parameters"];
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end).filter(|leaf| leaf.byte_range() == *range)?;
    let roles = &parsed.language().scope_roles;
    let path = scope::path_to(parsed, leaf);
    for pair in path.windows(2).rev() {
        let [parent, child] = pair else { return None };
        if field_of(*parent, *child).is_some_and(|field| !BOUND.contains(&field)) {
            return None;
        }
        let role = roles.get(usize::from(parent.kind_id())).copied().unwrap_or(0);
        if role & (BINDING | EXPRESSION) != 0 {
            return (role & BINDING != 0).then(|| parent.byte_range());
        }
    }
    None
}

fn field_of<'tree>(parent: Node<'tree>, child: Node<'tree>) -> Option<&'tree str> {
    let number = (0..parent.child_count()).find(|number| parent.child(*number) == Some(child))?;
    parent.field_name_for_child(number)
}

/// What a use of a name in code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// The name with its arguments, to their closing bracket.
    Call(Range<usize>),
    /// It is declared, by a statement without a body: the declaration.
    Declared(Range<usize>),
    /// The name is defined, imported or handed on, which needs no arguments.
    Named,
    /// It is handed around as a value, or called in a way that is not understood.
    Value,
}

/// What a name is that stands somewhere in code.
pub fn use_of(parsed: &Parsed, name: &Range<usize>) -> Use {
    let Some(leaf) = parsed.root().descendant_for_byte_range(name.start, name.end) else { return Use::Value };
    let text = parsed.text();
    let path = scope::path_to(parsed, leaf);
    // Type arguments may stand between.
    let joins = |arguments: Node<'_>| {
        let between = text.get(name.end..arguments.start_byte()).map(str::trim);
        let opens = text.as_bytes().get(arguments.start_byte()) == Some(&b'(');
        opens
            && between.is_some_and(|between| {
                between.is_empty() || between == "?." || between.starts_with(['<', '[']) || between.starts_with("::<")
            })
    };
    for pair in path.windows(2).rev() {
        let arguments = pair[0].child_by_field_name("arguments").filter(|arguments| joins(*arguments));
        // In a macro the arguments are tokens behind the name.
        let arguments = arguments
            .or_else(|| pair[1].next_sibling().filter(|next| pair[1].byte_range() == *name && next.kind() == "token_tree" && joins(*next)));
        if let Some(arguments) = arguments {
            return Use::Call(name.start..arguments.end_byte());
        }
    }
    let role = |node: &Node| parsed.language().scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
    // A header's guard is around all of it.
    let block = path.iter().rposition(|node| role(node) & BLOCK != 0 || node.kind().starts_with("preproc")).unwrap_or(0);
    let declares = |node: &Node<'_>| node.child_by_field_name("parameters").is_some_and(joins);
    if let Some(owner) = path.iter().rposition(declares).filter(|owner| *owner > block) {
        let around = &path[block + 1..=owner];
        let has_body = around.iter().any(|node| node.child_by_field_name("body").is_some());
        return if has_body { Use::Named } else { Use::Declared(around[0].byte_range()) };
    }
    let tags = &parsed.language().tags;
    let is = |node: &Node<'_>| {
        let import = tags.at(node.kind_id()).any(|pattern| pattern.tag.starts_with("import") && pattern.matches(*node, text).is_some());
        import || node.kind().starts_with("export_") && node.kind() != "export_statement"
    };
    let defines = |node: &Node<'_>| {
        let definitions = tags.at(node.kind_id()).filter(|pattern| pattern.tag.starts_with("definition."));
        let mut names = definitions.filter_map(|pattern| pattern.matches(*node, text)?.get("name"));
        names.any(|defined| defined.byte_range() == *name)
    };
    if path.iter().any(|node| is(node) || defines(node)) { Use::Named } else { Use::Value }
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

/// The statement that a selection is a value in, if it is exactly one value, larger than a name and smaller than the statement, and means
/// the same before that statement.
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
    // Go puts a list between the block and its statements.
    let first = path.iter().skip(block + 1).position(|node| node.kind() != "statement_list")? + block + 1;
    let statement = path[first].byte_range();
    if is_later(parsed, &path[first..], &selection) || knows_more(parsed, &statement, &selection) {
        return None;
    }
    (value && statement != selection && statement.end - statement.start > selected.len() + 1).then_some(statement)
}

/// Whether a value is evaluated at another time than the statement around it begins, more than once, or perhaps not at all. `path` leads
/// from the statement to it.
fn is_later(parsed: &Parsed, path: &[Node<'_>], value: &Range<usize>) -> bool {
    let language = parsed.language();
    let role = |node: &Node| language.scope_roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
    let around = path.iter().take_while(|node| node.byte_range() != *value);
    let mut around = around.filter(|node| role(node) & LATER != 0);
    around.any(|node| {
        let patterns = language.scope.at(node.kind_id()).filter(|pattern| pattern.tag == "later");
        let mut parts = patterns.filter_map(|pattern| {
            let captures = pattern.matches(*node, parsed.text())?;
            Some(captures.get("target").unwrap_or(*node).byte_range())
        });
        parts.any(|part| part.start <= value.start && value.end <= part.end)
    })
}

/// Whether a value uses a name that the statement around it binds before the value is reached: `with open(p) as f, read(f.name)`.
fn knows_more(parsed: &Parsed, statement: &Range<usize>, value: &Range<usize>) -> bool {
    let text = parsed.text();
    let inside = text.get(value.clone()).unwrap_or_default();
    let names = inside.split(|letter| !is_word(letter)).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
    let whole = text.get(statement.clone()).unwrap_or_default();
    names.flat_map(|name| words(whole, name)).any(|range| {
        let bound = binding_of(parsed, &(statement.start + range.start..statement.start + range.end));
        // `x = x + 1` binds after the value is known.
        bound.is_some_and(|binding| !(binding.start <= value.start && value.end <= binding.end))
    })
}
