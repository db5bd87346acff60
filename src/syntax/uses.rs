//! Where a name stands in a text: whether that is code, as what it stands there, in which functions it is a variable, what gives that its
//! value, and whether it is called.

use std::ops::Range;

use tree_sitter::Node;

use super::Parsed;
use super::scope::{self, BINDING, BLOCK, COMMENT, EXPRESSION, INTERPOLATION, Item, STRING};
use crate::text::words;

/// What nodes mean here, beside what they mean to [`scope`]; the order of the bits below.
pub(super) const ROLES: &[&str] = &["member", "key", "shorthand", "tokens", "raw", "tag", "refutable", "outer"];
/// `a.b`, `a::b`: what is not its first child is a member of that.
pub(super) const MEMBER: u8 = 1;
/// A name that is looked up in something else than what is in scope, or a node whose first child is one: `f(name=1)`.
const KEY: u8 = 1 << 1;
/// The name of a field and a variable at once: `Point { x }`.
const SHORTHAND: u8 = 1 << 2;
/// What a macro is given: nothing in it is parsed.
const TOKENS: u8 = 1 << 3;
/// The text of a macro that is no tree at all, or its parameters.
pub(super) const RAW: u8 = 1 << 4;
/// A word that says what kind of type follows stands before its name, so that no variable hides that.
const TAG: u8 = 1 << 5;
/// A binding in which names in capitals are constants.
const REFUTABLE: u8 = 1 << 6;
/// The names in it are those of the file, not of the function around.
const OUTER: u8 = 1 << 7;

/// What a name stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    Code,
    Comment,
    Text,
}

/// What a name is where it stands in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// By itself: it is looked up in what is in scope.
    Alone,
    /// As a member of what is in these bytes.
    Member(Range<usize>),
    /// As the name of a field or an argument; the bytes are the type or the function that it belongs to, as far as that is written there.
    Key(Range<usize>),
    /// As the name of a field and as a variable. The second bytes are what is replaced when it is written out.
    Shorthand(Range<usize>, Range<usize>),
}

/// One place of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub range: Range<usize>,
    pub within: Within,
    pub stands: Stands,
    /// The statement at the top of the file that it is in.
    pub top: Range<usize>,
    pub place: Special,
}

/// Where the rules of scopes do not hold for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    No,
    /// The text of a macro: what it means is known where the macro is used.
    Macro,
    /// A parameter of a macro.
    MacroParameter,
    /// The name of a type behind a word like `struct`.
    Tag,
    /// What a path begins with, written as variables and functions are: a module.
    Path,
}

/// The nodes from the root to a place, each with its field in the one before.
pub(super) type Way<'tree> = [(Node<'tree>, Option<&'tree str>)];

/// The places where a name stands as a whole word, in order.
pub fn uses(parsed: &Parsed, name: &str) -> Vec<(Range<usize>, Within)> {
    mentions(parsed, name).into_iter().map(|found| (found.range, found.within)).collect()
}

/// The same with what the name is at each of them.
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

/// Goes to each of these places, which are in order, in one walk: a list of many names costs no more than its length.
pub(super) fn visit<'tree>(
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

pub(super) fn role(roles: &[u8], node: Node<'_>) -> u8 {
    roles.get(usize::from(node.kind_id())).copied().unwrap_or(0)
}

pub(super) fn within(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Within {
    let (text, language) = (parsed.text(), parsed.language());
    if let Some(text) = way
        .last()
        .filter(|(leaf, _)| role(&language.use_roles, *leaf) & RAW != 0)
        .and_then(|(leaf, _)| text.get(leaf.start_byte()..range.start))
    {
        return within_macro(text);
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
            // Two braces are one written brace.
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

/// What the end of the text of a macro is in.
fn within_macro(text: &str) -> Within {
    let (mut quote, mut letters) = (None, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '/') if letters.peek() == Some(&'/') => return Within::Comment,
            _ => {}
        }
    }
    let open_comment = text.rfind("/*").is_some_and(|open| !text[open..].contains("*/"));
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
    let after = text[range.end..].trim_start();
    match around_role & TAG != 0 && *field == Some("name") {
        true => Special::Tag,
        false if after.starts_with("::") && !after.starts_with("::<") && !text[range.clone()].starts_with(char::is_uppercase) => {
            Special::Path
        }
        false => Special::No,
    }
}

pub(super) fn stands(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Stands {
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
            // The keys of a map are values.
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

/// A shorthand, with words like `mut` before it, which go to the variable when it is written out.
fn shorthand(text: &str, range: &Range<usize>, way: &Way<'_>) -> Stands {
    let words = |start: &usize| text[*start..range.start].chars().all(|letter| letter.is_ascii_lowercase() || letter == ' ');
    let start = way.iter().rev().map(|(node, _)| node.start_byte()).find(|start| *start < range.start).filter(words);
    Stands::Shorthand(head(text, way), start.unwrap_or(range.start)..range.end)
}

/// The type that something is said of in its angle brackets: `Shape` in `Shape<Unit = u32>`.
fn argument_of(text: &str, way: &Way<'_>) -> Option<Range<usize>> {
    let [.., (of, _), (arguments, _), _, _] = way else { return None };
    let (start, end) = (of.start_byte(), arguments.start_byte());
    (text[end..].starts_with('<') && start < end).then(|| start..start + text[start..end].trim_end_matches([':', ' ']).len())
}

/// What stands before the bracket that a field or an argument is in: `Point` in `Point { x: 1 }`, `f` in `f(a, x=1)`.
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

/// In a macro only the letters around tell.
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

/// Where the words, dots, and closed brackets begin that a text ends with: `a.b(c)`.
fn receiver_start(text: &str) -> usize {
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

/// Whether a string below these nodes is code that is quoted: a type that is defined later.
fn is_quoted(parsed: &Parsed, above: &[(Node<'_>, Option<&str>)]) -> bool {
    let is = |tag: &str, node: &Node<'_>| super::place::is(parsed, tag, *node);
    above.last().is_some_and(|(node, _)| is("quoted", node)) && !above.iter().any(|(node, _)| is("quotes", node))
}

/// Whether a word is a name to the grammar, and no keyword.
pub fn is_identifier(parsed: &Parsed, range: &Range<usize>) -> bool {
    parsed.root().descendant_for_byte_range(range.start, range.end).is_some_and(|leaf| leaf.is_named())
}

/// The functions in which a name is a parameter or a variable, each once: there its uses are another thing than a definition of that name
/// elsewhere. Of functions in functions the outermost, since what is inside sees the variable too; one that is called so itself hides
/// nothing.
pub fn variables(parsed: &Parsed, name: &str) -> Vec<Item> {
    let mut functions: Vec<(Item, Range<usize>)> = vec![];
    let mut yielding: Vec<Range<usize>> = vec![];
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        let is_outer = way.iter().any(|(node, _)| role(&parsed.language().use_roles, *node) & OUTER != 0);
        if !is_outer && binding(parsed, &range, way).is_none() {
            return;
        }
        let mut callable = way.iter().filter_map(|(node, _)| scope::item(parsed, *node)).filter(|item| item.kind.is_callable());
        let Some(outermost) = callable.next() else { return };
        let innermost = callable.next_back().map_or(outermost.range.clone(), |innermost| innermost.range);
        if is_outer {
            yielding.push(innermost);
        } else if outermost.name != name {
            functions.push((outermost, innermost));
        }
    });
    // A function that says so binds the name of the file.
    functions.retain(|(_, innermost)| !yielding.contains(innermost));
    functions.dedup_by(|(later, _), (earlier, _)| later.range == earlier.range);
    functions.into_iter().map(|(function, _)| function).collect()
}

/// The item that binds a name which is used at a place: the function, or the type for its parameters. None where nothing around the place
/// does.
pub fn binder(parsed: &Parsed, name: &str, at: usize) -> Option<Item> {
    let function = variables(parsed, name).into_iter().find(|function| function.range.contains(&at));
    if function.is_some() {
        return function;
    }
    let mut found = None;
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        if found.is_some() || binding(parsed, &range, way).is_none() {
            return;
        }
        let items: Vec<Item> = way.iter().filter_map(|(node, _)| scope::item(parsed, *node)).collect();
        let is_free = !items.iter().any(|item| item.kind.is_callable());
        found = items.into_iter().next_back().filter(|item| is_free && item.range.contains(&at));
    });
    found
}

/// The type that is written where the fields around a name are given or taken: `Options` of `const o: Options = { name: 1 }`.
pub fn annotation(parsed: &Parsed, range: &Range<usize>) -> Option<Range<usize>> {
    let leaf = parsed.root().descendant_for_byte_range(range.start, range.end)?;
    let (mut braces, mut last) = (0, None);
    for node in scope::path_to(parsed, leaf).into_iter().rev() {
        // A pattern and the parameter that it is begin with the same one.
        let opens = parsed.text()[node.start_byte()..].starts_with('{') && last.replace(node.start_byte()) != Some(node.start_byte());
        braces += usize::from(opens);
        let kind = node.child_by_field_name("type").map(|kind| kind.byte_range());
        if let Some(kind) = kind.filter(|kind| !kind.contains(&range.start)) {
            return (braces <= 1).then_some(kind);
        }
        if braces > 1 || role(&parsed.language().scope_roles, node) & BLOCK != 0 {
            return None;
        }
    }
    None
}

/// What binds a name where it stands: the way up leads to a binding by the fields of what is bound, not of types or values.
pub(super) fn binding(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Option<Range<usize>> {
    const BOUND: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "parameters"];
    way.last().filter(|(leaf, _)| leaf.byte_range() == *range && leaf.is_named())?;
    let roles = |node| (role(&parsed.language().scope_roles, node), role(&parsed.language().use_roles, node));
    for pair in way.windows(2).rev() {
        let [(parent, _), (_, field)] = pair else { return None };
        let (scope, used) = roles(*parent);
        let named = if scope & BINDING != 0 { bound_name(parsed, *parent) } else { Bound::Any };
        if let Bound::One(name) = &named
            && name.start <= range.start
            && range.end <= name.end
        {
            return Some(parent.byte_range());
        }
        if field.is_some_and(|field| !BOUND.contains(&field)) {
            return None;
        }
        if scope & (BINDING | EXPRESSION) != 0 {
            let constant = used & REFUTABLE != 0 && parsed.text()[range.clone()].starts_with(char::is_uppercase);
            return (scope & BINDING != 0 && named == Bound::Any && !constant).then(|| parent.byte_range());
        }
    }
    None
}

/// What a node binds of the names in it.
#[derive(PartialEq)]
enum Bound {
    /// What its fields lead to.
    Any,
    /// What stands here.
    One(Range<usize>),
    Nothing,
}

fn bound_name(parsed: &Parsed, node: Node<'_>) -> Bound {
    let mut bound = Bound::Nothing;
    for pattern in parsed.language().scope.at(node.kind_id()).filter(|pattern| pattern.tag == "binding") {
        let Some(captures) = pattern.matches(node, parsed.text()) else { continue };
        match captures.get("name") {
            Some(name) => return Bound::One(name.byte_range()),
            None => bound = Bound::Any,
        }
    }
    bound
}

/// Where something gets a value or a type: the bytes of both, as far as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub range: Range<usize>,
    pub kind: Option<Range<usize>>,
    pub value: Option<Range<usize>>,
    /// The name is for a part of the value, or for one after the other: `Some(a) = b`, `for a in b`.
    pub part: bool,
    /// The function without a name that it is a parameter of, where that is handed to something.
    pub scope: Option<Range<usize>>,
}

/// Most nodes between a name and what gives it a value: `(a, b) = …`, `int *a = …`.
const NEAR: usize = 5;

/// The places where a name, of a variable or of a member, is given a value or a type.
pub fn given(parsed: &Parsed, name: &str) -> Vec<Given> {
    let mut found = vec![];
    visit(parsed, words::places(parsed.text(), name), |range, way| {
        let given = given_at(parsed, &range, way);
        if given.kind.is_some() || given.value.is_some() {
            found.push(given);
        } else {
            found.extend(handed(&range, way));
        }
    });
    found
}

fn given_at(parsed: &Parsed, range: &Range<usize>, way: &Way<'_>) -> Given {
    const GIVEN: &[&str] = &["pattern", "left", "name", "alias", "declarator", "parameter", "attribute", "property", "field"];
    let mut given = Given { range: range.clone(), ..Given::default() };
    for (at, pair) in way.windows(2).enumerate().rev().take(NEAR) {
        let [(parent, _), (child, field)] = pair else { break };
        if field.is_some_and(|field| !GIVEN.contains(&field)) {
            break;
        }
        // `a.b` gives `b` nothing.
        if role(&parsed.language().use_roles, *parent) & MEMBER != 0 {
            continue;
        }
        let value_of = |node: &Node<'_>, field: &str| {
            node.child_by_field_name(field).map(|node| node.byte_range()).filter(|node| !node.contains(&range.start))
        };
        let of = |field: &str| value_of(parent, field);
        if parent.kind() == "match_arm" {
            // What is matched is two nodes up; the value of the arm is something else.
            given.value = way[..at].iter().rev().find_map(|(node, _)| value_of(node, "value"));
            given.part = true;
            break;
        }
        let named = (*field == Some("alias")).then(|| parent.named_child(0).map(|node| node.byte_range())).flatten();
        // `Some` of `Some(a)` is not what `a` is.
        given.kind = given.kind.or(of("type").filter(|_| !parent.kind().ends_with("pattern")));
        // Of `int a = 1` the type is one node further up than the value.
        let known = given.value.is_some();
        given.value = given.value.or(of("value")).or(of("right")).or(named);
        if !known && given.value.is_some() {
            let goes_through = ["for", "range"].iter().any(|word| parent.kind().contains(word));
            given.part = goes_through || parsed.text()[child.byte_range()].contains(['(', '[', '{']);
        }
        if known || given.kind.is_some() || role(&parsed.language().scope_roles, *parent) & BLOCK != 0 {
            break;
        }
    }
    given
}

/// What a parameter of a function without a name may be a part of: what the call that the function is handed to is given besides.
fn handed(range: &Range<usize>, way: &Way<'_>) -> Vec<Given> {
    const CLOSURES: &[&str] = &["closure_expression", "arrow_function", "lambda", "lambda_expression", "function_expression"];
    let Some(closure) = way.iter().rposition(|(node, _)| CLOSURES.contains(&node.kind())) else { return vec![] };
    let is_parameter = way.get(closure + 1).is_some_and(|(_, field)| matches!(field, Some("parameters" | "parameter")));
    let call = way[..closure].iter().rev().take(3).find_map(|(node, _)| Some((*node, node.child_by_field_name("arguments")?)));
    let Some((call, arguments)) = call.filter(|_| is_parameter) else { return vec![] };
    let scope = way[closure].0.byte_range();
    let function = call.child_by_field_name("function").and_then(|function| function.named_child(0));
    let mut cursor = arguments.walk();
    let parts = function.or(call.child_by_field_name("object")).into_iter().chain(arguments.named_children(&mut cursor));
    let parts = parts.map(|part| part.byte_range()).filter(|part| !part.contains(&scope.start));
    parts.map(|part| Given { range: range.clone(), kind: None, value: Some(part), part: true, scope: Some(scope.clone()) }).collect()
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

/// How much stands between the brackets that open at a place, and whether more may: the parameters of a signature, the arguments of a call.
pub fn between_brackets(parsed: &Parsed, opening: usize) -> Option<(usize, bool)> {
    let leaf = parsed.root().descendant_for_byte_range(opening, opening + 1).filter(|leaf| leaf.byte_range() == (opening..opening + 1))?;
    let path = scope::path_to(parsed, leaf);
    let list = path.get(path.len().checked_sub(2)?)?;
    let mut cursor = list.walk();
    let is_part = |node: &Node<'_>| role(&parsed.language().scope_roles, *node) & COMMENT == 0;
    let count = list.named_children(&mut cursor).filter(is_part).count();
    Some((count, parsed.text()[list.byte_range()].contains("...")))
}
