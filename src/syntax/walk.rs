//! Gathers the facts of a file in one walk over its tree. The walk does not recurse, so a file nested a hundred thousand levels deep is
//! slow but not fatal.

pub mod change;
mod define;
mod level;
mod siblings;
mod told;

use std::ops::Range;

use tree_sitter::Node;

use super::blanks;
use super::import;
use super::language::Language;
use super::parse::Parsed;
use super::pattern::Pattern;
use super::tags::{Definition, Facts, Kind, Span};
use super::words::Words;
pub(crate) use define::max_signature;
use level::Level;
pub(super) use siblings::Marks;

/// The tags of `tags.scm` that become bits, in the order of the constants below.
pub(super) const ROLES: &[&str] = &["identifier", "definition", "scope", "import", "comment", "string", "wrapper", "attribute"];
/// A name.
pub(super) const IDENTIFIER: u8 = 1;
const DEFINITION: u8 = 1 << 1;
const SCOPE: u8 = 1 << 2;
const IMPORT: u8 = 1 << 3;
/// A comment.
pub(super) const COMMENT: u8 = 1 << 4;
/// A string literal.
pub(super) const STRING: u8 = 1 << 5;
const WRAPPER: u8 = 1 << 6;
const ATTRIBUTE: u8 = 1 << 7;
/// Nodes whose children are not walked one by one.
const OPAQUE: u8 = IDENTIFIER | IMPORT | COMMENT | STRING | ATTRIBUTE;

/// The facts of a parsed text. `path` decides whether imports are re-exports (`__init__.py`).
pub fn tags<'a>(parsed: &'a Parsed, path: &str) -> Facts<'a> {
    let parsed = parsed.balanced();
    let mut walk = Walk::new(parsed, path, parsed.text().len());
    walk.tree(parsed.root(), 0);
    blanks::named(parsed).for_each(|name| walk.facts.names.add(name));
    walk.facts
}

/// The definitions in a stretch of a text, with those around and next to them.
pub fn definitions_in(parsed: &Parsed, path: &str, range: &Range<usize>) -> Vec<Definition> {
    let parsed = parsed.balanced();
    let mut walk = Walk { within: Some(range.clone()), ..Walk::new(parsed, path, range.len()) };
    walk.tree(parsed.root(), 0);
    walk.facts.definitions
}

/// A definition or scope whose inside is being walked. `scope.impl` holds members like a type, `scope.local` hides names like a function,
/// and the content of `scope.value` is re-exported.
#[derive(Clone, Copy)]
struct Open {
    depth: u32,
    definition: Option<u32>,
    /// None for scopes, which hold members like types.
    kind: Option<Kind>,
    container: Span,
    /// For a value: the depth of its members. Nodes that are deeper, as in a list in it, are none.
    members: Option<u32>,
}

impl Open {
    fn has_members(&self) -> bool {
        self.kind.is_none_or(Kind::is_type)
    }

    fn is_function(&self) -> bool {
        self.kind.is_some_and(Kind::is_callable)
    }

    /// Whether it is a value with members, such as an object assigned to a constant, or one of its members.
    fn is_value(&self) -> bool {
        self.members.is_some() && self.kind.is_some()
    }

    /// Whether a member of it would be at this depth.
    fn is_right_above(&self, depth: u32) -> bool {
        self.members.is_none_or(|members| members == depth)
    }
}

/// The result of [`Walk::define`] for a node.
enum Defined<'tree> {
    Nothing,
    /// A scope, with the node that names it.
    Scope(Node<'tree>),
    Item {
        body: Option<Node<'tree>>,
        /// A string at the start of the body documents it.
        docstring: bool,
    },
}

/// Comments and attributes before the next item, which belong to it.
#[derive(Clone, Copy, Default)]
struct Lead {
    doc: Span,
    last_row: usize,
    /// Where the attributes, decorators or wrapper above the item begin: byte and row.
    start: Option<(usize, usize)>,
}

struct Walk<'a> {
    language: &'a Language,
    source: &'a str,
    file_name: String,
    /// Nodes outside these bytes are skipped.
    within: Option<Range<usize>>,
    facts: Facts<'a>,
    open: Vec<Open>,
    /// One for each level on the cursor's path.
    leads: Vec<Lead>,
    /// The depth of the current node.
    depth: u32,
}

impl<'a> Walk<'a> {
    /// A walk with room for the words of `bytes` bytes.
    fn new(parsed: &'a Parsed, path: &str, bytes: usize) -> Self {
        Self {
            language: parsed.language(),
            source: parsed.text(),
            file_name: path.rsplit('/').next().unwrap_or(path).into(),
            within: None,
            facts: Facts { names: Words::for_source(bytes), ..Facts::default() },
            open: vec![],
            leads: vec![Lead::default()],
            depth: 0,
        }
    }

    /// Walks a node that is `base` levels deep, and everything below it.
    fn tree<'tree>(&mut self, root: Node<'tree>, base: u32) {
        let (mut levels, mut spare): (Vec<Level<'tree>>, Vec<_>) = (vec![], vec![]);
        let mut node = root;
        loop {
            let mut down = WRAPPER_NONE;
            let depth = base + levels.len() as u32;
            let inside = if self.enter(node, depth, &mut down) && self.is_wanted(node) { Level::below(node, &mut spare) } else { None };
            match inside {
                Some(level) => {
                    levels.push(level);
                    self.leads.push(down);
                }
                None => self.close(depth),
            }
            node = loop {
                let Some(level) = levels.last_mut() else { return };
                if let Some(next) = level.next() {
                    break next;
                }
                levels.pop().into_iter().for_each(|level| level.end(&mut spare));
                self.leads.pop();
                self.close(base + levels.len() as u32);
            };
        }
    }

    fn is_wanted(&self, node: Node<'_>) -> bool {
        self.within.as_ref().is_none_or(|within| node.start_byte() < within.end && within.start < node.end_byte())
    }

    /// Leaves the definition or scope that began on this level.
    fn close(&mut self, depth: u32) {
        while self.open.last().is_some_and(|open| open.depth == depth) {
            self.open.pop();
        }
    }

    /// The bits of a node. Error nodes have an id of their own and no bits.
    fn role(&self, node: Node<'_>) -> u8 {
        self.language.roles.get(usize::from(node.kind_id())).copied().unwrap_or(0)
    }

    /// Processes one node; true to go inside. `down` receives what precedes the first item inside.
    fn enter(&mut self, node: Node<'_>, depth: u32, down: &mut Lead) -> bool {
        let role = self.role(node);
        if role == IDENTIFIER {
            self.count(node);
            return false;
        }
        if role == 0 {
            if let Some(lead) = self.leads.last_mut() {
                *lead = Lead::default();
            }
            return true;
        }
        if role & COMMENT != 0 {
            self.comment(node);
            return false;
        }
        if role & ATTRIBUTE != 0 {
            self.attribute(node);
            return true;
        }
        if role & IDENTIFIER != 0 {
            self.count(node);
        }
        let lead = self.leads.last_mut().map(std::mem::take).unwrap_or_default();
        if role == STRING {
            return !self.is_plain(node);
        }
        if role & WRAPPER != 0 {
            *down = self.handed_down(node, lead);
        }
        if role & IMPORT != 0 {
            self.import(node);
        }
        if role & (DEFINITION | SCOPE) != 0 {
            self.define(node, depth, lead);
        }
        true
    }

    /// What precedes a wrapper belongs to the first item inside. Lists in parentheses or braces are not wrappers.
    fn handed_down(&self, node: Node<'_>, lead: Lead) -> Lead {
        let on_line = self.language.tags.at(node.kind_id()).any(|pattern| pattern.tag == "wrapper.line");
        let row = node.start_position().row;
        if on_line && node.named_child(0).is_none_or(|first| first.start_position().row != row) {
            return WRAPPER_NONE;
        }
        Lead { start: Some(lead.start.unwrap_or((node.start_byte(), row))), ..lead }
    }

    /// Whether a string has no parts but its quotes and its content. Most are like this, and in some files every other node is inside a
    /// string.
    fn is_plain(&self, string: Node<'_>) -> bool {
        let plain = |content: Node<'_>| content.child_count() == 0 && self.role(content) == 0;
        string.descendant_count() <= 4 && string.child(1).is_none_or(plain)
    }

    fn count(&mut self, node: Node<'_>) {
        let text = self.source.get(node.byte_range()).unwrap_or_default();
        if !text.is_empty() {
            self.facts.names.add(text);
        }
    }

    fn comment(&mut self, node: Node<'_>) {
        let range = node.byte_range();
        let Some(text) = self.source.get(range.clone()) else { return };
        self.tell(node, text);
        let Some(lead) = self.leads.last_mut() else { return };
        let before = self.source[..range.start].trim_end_matches([' ', '\t', '\r', '\x0c']);
        if !before.is_empty() && !before.ends_with('\n') {
            // A comment at the end of a code line is about that line.
            return;
        }
        let text = text.trim_end();
        let row = node.start_position().row;
        let adjacent = !lead.doc.is_empty() && row <= lead.last_row + 1;
        let start = if adjacent { lead.doc.start as usize } else { range.start };
        *lead = Lead { doc: Span::new(start..range.start + text.len()), last_row: row + text.matches('\n').count(), start: lead.start };
    }

    fn attribute(&mut self, node: Node<'_>) {
        let Some(lead) = self.leads.last_mut() else { return };
        let row = node.start_position().row;
        if lead.start.is_none() && row > lead.last_row + 1 {
            lead.doc = Span::default();
        }
        lead.start.get_or_insert((node.start_byte(), row));
        lead.last_row = node.end_position().row;
    }

    /// Whether a node has the parent or grandparent that a pattern requires: `(#set! within "record_declaration")`.
    fn is_within(&self, pattern: &Pattern, node: Node<'_>) -> bool {
        let Some(kind) = pattern.setting("within") else { return true };
        let parent = node.parent();
        parent.into_iter().chain(parent.and_then(|parent| parent.parent())).any(|around| around.kind() == kind)
    }

    /// Whether a pattern applies at this place: `(#set! in "module type")`, `(#set! file "__init__.py")`.
    fn applies(&self, pattern: &Pattern) -> bool {
        let is_here = pattern.places == u8::MAX || pattern.places & self.places() != 0;
        is_here && pattern.setting("file").is_none_or(|name| name == self.file_name)
    }

    /// The bits of [`PLACES`](super::pattern::PLACES) that apply to the current node.
    fn places(&self) -> u8 {
        const MODULE: u8 = 1;
        const TYPE: u8 = 1 << 1;
        const FUNCTION: u8 = 1 << 2;
        const METHOD: u8 = 1 << 3;
        const VALUE: u8 = 1 << 4;
        const CONSTANT: u8 = 1 << 5;
        let Some(top) = self.open.last() else { return MODULE };
        if top.is_function() {
            return if self.open.iter().any(Open::has_members) { FUNCTION | METHOD } else { FUNCTION };
        }
        let module = if top.kind == Some(Kind::Module) || top.is_value() { MODULE } else { 0 };
        let members = if top.has_members() { TYPE } else { 0 };
        let value = if top.members == Some(self.depth) { VALUE } else { 0 };
        let constant = if value != 0 && top.kind == Some(Kind::Variable) { CONSTANT } else { 0 };
        module | members | value | constant
    }

    /// The pattern that makes a node an import.
    fn imports(&self, node: Node<'_>) -> Option<&'a Pattern> {
        let mut patterns = self.language.tags.at(node.kind_id()).filter(|pattern| pattern.tag.starts_with("import"));
        patterns.find(|pattern| self.applies(pattern) && pattern.matches(node, self.source).is_some())
    }

    fn import(&mut self, node: Node<'_>) {
        let (Some(forms), Some(text)) = (&self.language.imports, self.source.get(node.byte_range())) else { return };
        let Some(pattern) = self.imports(node) else { return };
        let line = node.start_position().row as u32;
        let text = &*import::bare(self.language, text);
        let found = import::parse(forms, text, line);
        if pattern.tag == "import.reexport" && !self.open.iter().any(Open::is_function) {
            for (offset, name) in found.iter().flat_map(|import| import.bound(text)) {
                let start = node.start_byte() + offset;
                let name = Span::new(start..start + name.len());
                let whole = Span::new(node.byte_range());
                let name_line = line + text[..offset].matches('\n').count() as u32;
                self.facts.definitions.push(Definition {
                    kind: Kind::Reexport,
                    public: true,
                    name,
                    item: whole,
                    signature: whole,
                    body: Span::default(),
                    doc: Span::default(),
                    bases: Span::default(),
                    parent: self.open.last().and_then(|open| open.definition),
                    container: Span::default(),
                    line,
                    name_line,
                    end_line: node.end_position().row as u32,
                });
            }
        }
        self.facts.imports.extend(found);
    }
}

/// What precedes the first child of a node that is not a wrapper: nothing.
const WRAPPER_NONE: Lead = Lead { doc: Span { start: 0, end: 0 }, last_row: 0, start: None };
