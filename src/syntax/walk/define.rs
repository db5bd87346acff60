//! What a defining node becomes: its kind, its name and where that is, what belongs to it above, and who may see it.

use tree_sitter::Node;

use super::{Defined, Lead, Open, STRING, Walk};
use crate::syntax::data::{Visibility, lists};
use crate::syntax::pattern::{Captures, Pattern};
use crate::syntax::tags::{Definition, Kind, Span};
use crate::text::words;

/// The longest signature, in bytes, of a definition without body. All of a function that is only declared is its signature.
pub(crate) fn max_signature(kind: Kind) -> usize {
    if kind.is_callable() { 1600 } else { 400 }
}

/// The last row of a node's content. Some grammars include the line break after a node in it (macros, sections).
fn last_row(node: Node<'_>) -> usize {
    let (start, end) = (node.start_position(), node.end_position());
    if end.column == 0 && end.row > start.row { end.row - 1 } else { end.row }
}

/// Whether what a pattern takes for the members of a value is too many to be that: `(#set! holds "64")`. A long table has keys, which
/// nobody refers to by name.
fn is_table(pattern: &Pattern, captures: &Captures<'_>) -> bool {
    let most = pattern.setting("holds").and_then(|most| most.parse().ok());
    most.zip(captures.get("body")).is_some_and(|(most, body): (usize, _)| body.named_child_count() > most)
}

/// How many levels one node lies below another one.
fn steps<'tree>(node: Node<'tree>, below: Node<'tree>) -> Option<u32> {
    let mut steps = 0;
    let mut here = node;
    while here != below {
        here = here.child_with_descendant(below)?;
        steps += 1;
    }
    Some(steps)
}

impl Walk<'_> {
    /// Whether a pattern defines something and may be tried here. One marked `(#set! ended "")` needs a node that is complete.
    fn defines(&self, pattern: &Pattern, node: Node<'_>) -> bool {
        let meant = pattern.tag.starts_with("definition.") || pattern.tag.starts_with("scope.");
        let last = || node.child_count().checked_sub(1).and_then(|last| node.child(last));
        let ended = || pattern.setting("ended").is_none() || !last().is_some_and(|last| last.is_missing());
        meant && self.applies(pattern) && ended() && self.is_within(pattern, node)
    }

    /// Records a definition, or opens a scope, if a pattern matches.
    pub(super) fn define<'tree>(&mut self, node: Node<'tree>, depth: u32, lead: Lead) -> Defined<'tree> {
        let language = self.language;
        self.depth = depth;
        let patterns = || language.tags.at(node.kind_id());
        let first = |pattern: &Pattern| pattern.each(node, self.source).into_iter().next();
        let mut fitting = patterns().filter(|pattern| self.defines(pattern, node));
        let matching = |pattern: &Pattern| pattern.matches(node, self.source).filter(|captures| !is_table(pattern, captures));
        let found = fitting.find_map(|pattern| Some((pattern, matching(pattern)?)));
        // The first of several names may not be one, such as `_`.
        let several = || patterns().filter(|pattern| pattern.setting("each").is_some() && self.defines(pattern, node));
        let found = found.or_else(|| several().find_map(|pattern| Some((pattern, first(pattern)?))));
        let Some((pattern, captures)) = found else { return Defined::Nothing };
        if pattern.tag == "scope.local" {
            return self.hide(node, depth);
        }
        let body = captures.get("body");
        let members = body.filter(|_| pattern.setting("holds").is_some()).and_then(|body| Some(depth + steps(node, body)? + 1));
        if pattern.tag == "scope.value" {
            self.open.push(Open { depth, definition: None, kind: Some(Kind::Variable), container: Span::default(), members });
            return Defined::Scope(node.child(0).unwrap_or(node));
        }
        let Some(name) = captures.get("name") else { return Defined::Nothing };
        if pattern.tag.starts_with("scope.") {
            let container = Span::new(name.byte_range());
            self.open.push(Open { depth, definition: None, kind: None, container, members });
            return Defined::Scope(name);
        }
        let Some(kind) = pattern.tag.strip_prefix("definition.").and_then(Kind::by_name) else { return Defined::Nothing };
        if kind.is_callable() && language.names_no_function(&self.source[name.byte_range()]) {
            // What it holds is still no definition of the file.
            return self.hide(node, depth);
        }
        let definition = self.definition(node, kind, pattern, &captures, lead);
        let (kind, number, named) = (definition.kind, self.facts.definitions.len() as u32, definition.name.start);
        self.facts.definitions.push(definition);
        if pattern.setting("each").is_some() {
            self.define_others(node, named, lead);
        }
        let mut innermost = number;
        if pattern.setting("nested").is_some() {
            innermost = self.nest(number);
        }
        if body.is_some() {
            self.open.push(Open { depth, definition: Some(innermost), kind: Some(kind), container: Span::default(), members });
        }
        Defined::Item { body, docstring: pattern.setting("docstring").is_some() }
    }

    /// Opens a scope in which nothing is defined that is known outside.
    fn hide<'tree>(&mut self, node: Node<'tree>, depth: u32) -> Defined<'tree> {
        let definition = self.open.last().and_then(|open| open.definition);
        self.open.push(Open { depth, definition, kind: Some(Kind::Function), container: Span::default(), members: None });
        Defined::Scope(node.child(0).unwrap_or(node))
    }

    /// Makes each definition from this index on the parent of the next, as in `namespace a::b`. Returns the innermost.
    fn nest(&mut self, first: u32) -> u32 {
        let last = self.facts.definitions.len() as u32 - 1;
        for number in first + 1..=last {
            self.facts.definitions[number as usize].parent = Some(number - 1);
        }
        last
    }

    /// Records the further names of a node that defines several: `int a, *b;`.
    fn define_others(&mut self, node: Node<'_>, first: u32, lead: Lead) {
        let language = self.language;
        let mut others = vec![];
        for pattern in language.tags.at(node.kind_id()).filter(|pattern| pattern.setting("each").is_some() && self.applies(pattern)) {
            let Some(kind) = pattern.tag.strip_prefix("definition.").and_then(Kind::by_name) else { continue };
            let found = pattern.each(node, self.source);
            let defined = found.iter().map(|captures| (captures, self.definition(node, kind, pattern, captures, lead)));
            match pattern.setting("words") {
                Some(_) => others.extend(defined.flat_map(|(captures, one)| self.each_word(captures, one))),
                None => others.extend(defined.map(|(_, one)| one)),
            }
        }
        others.retain(|definition| definition.name.start != first);
        others.sort_by_key(|definition| definition.name.start);
        others.dedup_by_key(|definition| definition.name.start);
        self.facts.definitions.extend(others);
    }

    /// A definition for each word of a string that is not the first of its list: `(#set! words "")`.
    fn each_word(&self, captures: &Captures<'_>, whole: Definition) -> Vec<Definition> {
        let string = captures.get("name").and_then(|content| content.parent());
        if string.is_none_or(|string| string.prev_named_sibling().is_none()) {
            return vec![];
        }
        let text = whole.name.of(self.source);
        let words = text.split(|letter: char| !words::is_word(letter)).filter(|word| !word.is_empty());
        let named = |word: &str| {
            let start = whole.name.start as usize + (word.as_ptr() as usize - text.as_ptr() as usize);
            Definition { name: Span::new(start..start + word.len()), ..whole.clone() }
        };
        words.map(named).collect()
    }

    fn definition(&self, node: Node<'_>, kind: Kind, pattern: &Pattern, captures: &Captures<'_>, lead: Lead) -> Definition {
        let span = |name| captures.get(name).map(|node| Span::new(node.byte_range())).unwrap_or_default();
        let (mut name, body) = (span("name"), span("body"));
        if let Some(next) = captures.get("before") {
            // In `operator bool` the name is not a node of its own: the parameters follow in the same node.
            name = self.trimmed(name.start as usize, next.start_byte());
        }
        let around = match pattern.setting("hoist") {
            Some(_) => self.open.iter().rev().find(|open| open.has_members()),
            None => self.open.iter().rev().find(|open| open.is_right_above(self.depth)),
        };
        let receiver = span("container");
        let in_type = around.is_some_and(Open::has_members) || !receiver.is_empty();
        let kind = if kind == Kind::Function && in_type { Kind::Method } else { kind };
        // In a plain list of names each is an item of its own.
        let alone = pattern.setting("item").is_some();
        let (node, lead) = if alone { (captures.get("name").unwrap_or(node), Lead::default()) } else { (node, lead) };
        let (item_start, item_row) = lead.start.unwrap_or((node.start_byte(), node.start_position().row));
        // What a value is, or a type that is one of several, is determined by its first members.
        let is_told_inside = pattern.setting("holds").is_some() || pattern.setting("whole").is_some();
        let is_whole = body.is_empty() || is_told_inside;
        let own_end = if is_whole { node.end_byte().min(node.start_byte() + max_signature(kind)) } else { body.start as usize };
        let signature = self.trimmed(node.start_byte(), own_end);
        let adjacent = item_row <= lead.last_row + 1 || lead.start.is_some();
        let above = if adjacent { lead.doc } else { Span::default() };
        let doc = if pattern.setting("docstring").is_some() { self.docstring(captures.get("body")).unwrap_or(above) } else { above };
        let mut definition = Definition {
            kind,
            public: true,
            name,
            item: Span::new(item_start..node.end_byte()),
            signature,
            body,
            doc,
            bases: Span { end: span("end").end.max(span("bases").end), ..span("bases") },
            parent: around.and_then(|open| open.definition),
            container: if receiver.is_empty() { around.map(|open| open.container).unwrap_or_default() } else { receiver },
            line: item_row as u32,
            name_line: captures.get("name").map_or(item_row, |node| node.start_position().row) as u32,
            end_line: last_row(node) as u32,
        };
        // The content of an anonymous value is what that value is exported for.
        let is_handed_on = around.is_some_and(|open| open.is_value() && open.definition.is_none());
        definition.public = is_handed_on || self.is_public(&definition, item_start);
        definition
    }

    /// From `start` to at most `end`, without trailing space, on character boundaries.
    fn trimmed(&self, start: usize, end: usize) -> Span {
        let mut end = end;
        while !self.source.is_char_boundary(end) {
            end -= 1;
        }
        let text = self.source.get(start..end).unwrap_or_default();
        Span::new(start..start + text.trim_end_matches(|letter: char| letter.is_whitespace() || letter == '{').len())
    }

    /// A string that is the first statement of a body.
    fn docstring(&self, body: Option<Node<'_>>) -> Option<Span> {
        let first = body?.named_child(0)?;
        // A returned string does not document, nor does one that is built at run time.
        let is_plain = |text: &str| text.starts_with(['"', '\'', 'r', 'R', 'u', 'U']);
        let is_string = |node: &Node<'_>| self.role(*node) & STRING != 0 && self.source.get(node.byte_range()).is_some_and(is_plain);
        let alone = |node: &Node<'_>| node.byte_range() == first.byte_range();
        let string = Some(first).filter(is_string).or_else(|| first.named_child(0).filter(alone).filter(is_string))?;
        Some(Span::new(string.byte_range()))
    }

    fn is_public(&self, definition: &Definition, item_start: usize) -> bool {
        let name = definition.name.of(self.source);
        let parent = definition.parent.and_then(|parent| self.facts.definitions.get(parent as usize));
        match self.language.visibility {
            None => true,
            Some(Visibility::Underscore) => !name.starts_with('_'),
            Some(Visibility::Capital) => name.chars().next().is_some_and(char::is_uppercase),
            Some(Visibility::Modifier) => {
                let before = self.source.get(item_start..definition.name.start as usize).unwrap_or_default();
                let said = before.split(|letter: char| !letter.is_alphanumeric()).any(|word| lists(&self.language.public, word));
                // Members of traits, enums and values are as visible as these.
                let lends = |kind| matches!(kind, Kind::Interface | Kind::Enum | Kind::Variable | Kind::Attribute);
                said || parent.is_some_and(|parent| lends(parent.kind) && parent.public)
            }
        }
    }
}
