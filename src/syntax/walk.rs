//! Gathers the facts of a file by one walk over its tree. The walk keeps no tree and does not recurse, so that a file that nests a
//! hundred thousand deep is only slow, never fatal.

use tree_sitter::Node;

use super::import;
use super::parse::Parsed;
use super::pattern::{Captures, Pattern};
use super::pieces::{Key, Pieces};
use super::registry::{Language, Visibility};
use super::tags::{Definition, Facts, Kind, Span};

/// What kinds of nodes mean to the walk; the order of the bits below.
pub(super) const ROLES: &[&str] = &["identifier", "definition", "scope", "import", "comment", "string", "wrapper", "attribute"];
const IDENTIFIER: u8 = 1;
const DEFINITION: u8 = 1 << 1;
const SCOPE: u8 = 1 << 2;
const IMPORT: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const STRING: u8 = 1 << 5;
const WRAPPER: u8 = 1 << 6;
const ATTRIBUTE: u8 = 1 << 7;

/// Longest signature, in bytes, of what has no body.
const MAX_SIGNATURE: usize = 400;
/// Statements of a file are kept as pieces from this size on.
const MIN_PIECE: usize = 256;

/// The facts of a parsed text. `path` decides whether imports are re-exports (`__init__.py`).
pub fn tags<'a>(parsed: &'a Parsed, path: &str) -> Facts<'a> {
    let mut walk = Walk::new(parsed, path);
    walk.run(parsed.root(), None);
    walk.facts
}

/// As [`tags`], walking only what `pieces` does not know from the version before. Afterwards `pieces` knows this version.
pub fn tags_again<'a>(parsed: &'a Parsed, path: &str, pieces: &'a mut Pieces) -> Facts<'a> {
    let mut walk = Walk::new(parsed, path);
    pieces.begin();
    walk.run(parsed.root(), Some(pieces));
    let mut facts = walk.facts;
    pieces.end(&mut facts);
    facts
}

/// A definition or scope whose inside is being walked.
#[derive(Clone, Copy)]
struct Open {
    depth: u32,
    definition: Option<u32>,
    /// None for scopes, which hold members like types.
    kind: Option<Kind>,
    container: Span,
}

impl Open {
    fn has_members(&self) -> bool {
        self.kind.is_none_or(Kind::is_type)
    }

    fn is_function(&self) -> bool {
        matches!(self.kind, Some(Kind::Function | Kind::Method))
    }
}

/// What stands before the next item and belongs to it.
#[derive(Clone, Copy, Default)]
struct Lead {
    doc: Span,
    last_row: usize,
    /// Where attributes, decorators or a wrapper above the item begin: byte and row.
    start: Option<(usize, usize)>,
}

/// A piece that is being walked.
struct Fresh {
    depth: u32,
    key: Key,
    at: (usize, usize),
    first_definition: usize,
    first_import: usize,
}

struct Walk<'a> {
    language: &'a Language,
    source: &'a str,
    file_name: String,
    facts: Facts<'a>,
    open: Vec<Open>,
    /// One for each level on which the cursor has siblings.
    leads: Vec<Lead>,
}

impl<'a> Walk<'a> {
    fn new(parsed: &'a Parsed, path: &str) -> Self {
        Self {
            language: parsed.language(),
            source: parsed.text(),
            file_name: path.rsplit('/').next().unwrap_or(path).into(),
            facts: Facts::default(),
            open: vec![],
            leads: vec![Lead::default()],
        }
    }

    fn run(&mut self, root: Node<'_>, mut pieces: Option<&mut Pieces>) {
        let mut cursor = root.walk();
        let mut depth = 0;
        let mut fresh: Option<Fresh> = None;
        loop {
            let node = cursor.node();
            let mut inside = true;
            if let Some(pieces) = pieces.as_deref_mut()
                && fresh.is_none()
                && let Some(key) = self.piece_key(node, depth)
            {
                if self.take_piece(pieces, key, node) {
                    inside = false;
                } else {
                    let at = (node.start_byte(), node.start_position().row);
                    pieces.set_aside(&mut self.facts.names);
                    fresh = Some(Fresh {
                        depth,
                        key,
                        at,
                        first_definition: self.facts.definitions.len(),
                        first_import: self.facts.imports.len(),
                    });
                }
            }
            let mut down = WRAPPER_NONE;
            if inside && self.enter(node, depth, &mut down) && cursor.goto_first_child() {
                depth += 1;
                self.leads.push(down);
                continue;
            }
            loop {
                while self.open.last().is_some_and(|open| open.depth == depth) {
                    self.open.pop();
                }
                if let Some(done) = fresh.take_if(|fresh| fresh.depth == depth)
                    && let Some(pieces) = pieces.as_deref_mut()
                {
                    let facts = &mut self.facts;
                    pieces.add(
                        done.key,
                        done.at,
                        &facts.definitions,
                        done.first_definition,
                        &facts.imports[done.first_import..],
                        &mut facts.names,
                    );
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return;
                }
                depth -= 1;
                self.leads.pop();
            }
        }
    }

    /// What a node means. One that is an error has a number of its own and means nothing.
    fn role(&self, node: Node<'_>) -> u8 {
        self.language.roles.get(usize::from(node.kind_id())).copied().unwrap_or(0)
    }

    /// Looks at one node; true to look inside. `down` is what its children's first item is preceded by.
    fn enter(&mut self, node: Node<'_>, depth: u32, down: &mut Lead) -> bool {
        let role = self.role(node);
        if role == IDENTIFIER {
            self.count(node);
            return false;
        }
        if role == 0 {
            // Tokens have no children.
            if !node.is_named() {
                return false;
            }
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

    /// What stands before a wrapper belongs to the first item inside. A list in parentheses or braces wraps nothing.
    fn handed_down(&self, node: Node<'_>, lead: Lead) -> Lead {
        let on_line = self.language.tags.at(node.kind_id()).any(|pattern| pattern.tag == "wrapper.line");
        let row = node.start_position().row;
        if on_line && node.named_child(0).is_none_or(|first| first.start_position().row != row) {
            return WRAPPER_NONE;
        }
        Lead { start: Some(lead.start.unwrap_or((node.start_byte(), row))), ..lead }
    }

    fn count(&mut self, node: Node<'_>) {
        let text = self.source.get(node.byte_range()).unwrap_or_default();
        if !text.is_empty() {
            *self.facts.names.entry(text).or_default() += 1;
        }
    }

    fn comment(&mut self, node: Node<'_>) {
        let Some(lead) = self.leads.last_mut() else { return };
        let range = node.byte_range();
        let Some(text) = self.source.get(range.clone()) else { return };
        let line = self.source[..range.start].rsplit('\n').next().unwrap_or_default();
        if !line.trim().is_empty() {
            // It ends a line of code and speaks of that.
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

    /// Whether a pattern applies here: `(#set! in "module type method function")` and `(#set! file "__init__.py")`.
    fn applies(&self, pattern: &Pattern) -> bool {
        if pattern.setting("file").is_some_and(|name| name != self.file_name) {
            return false;
        }
        let Some(places) = pattern.setting("in") else { return true };
        let top = self.open.last();
        places.split(' ').any(|place| match place {
            "module" => top.is_none_or(|open| open.kind == Some(Kind::Module)),
            "type" => top.is_some_and(Open::has_members),
            "function" => top.is_some_and(Open::is_function),
            "method" => top.is_some_and(Open::is_function) && self.open.iter().any(Open::has_members),
            _ => false,
        })
    }

    fn import(&mut self, node: Node<'_>) {
        let (Some(style), Some(text)) = (self.language.imports, self.source.get(node.byte_range())) else { return };
        let mut patterns = self.language.tags.at(node.kind_id()).filter(|pattern| pattern.tag.starts_with("import"));
        let Some(pattern) = patterns.find(|pattern| self.applies(pattern) && pattern.matches(node, self.source).is_some()) else { return };
        let line = node.start_position().row as u32;
        let found = import::parse(style, text, line);
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

    fn define(&mut self, node: Node<'_>, depth: u32, lead: Lead) {
        let language = self.language;
        let found = language.tags.at(node.kind_id()).find_map(|pattern| {
            let meant = pattern.tag.starts_with("definition.") || pattern.tag.starts_with("scope.");
            let captures = (meant && self.applies(pattern)).then(|| pattern.matches(node, self.source)).flatten()?;
            Some((pattern, captures))
        });
        let Some((pattern, captures)) = found else { return };
        let Some(name) = captures.get("name") else { return };
        if pattern.tag.starts_with("scope.") {
            let container = Span::new(name.byte_range());
            self.open.push(Open { depth, definition: None, kind: None, container });
            return;
        }
        let Some(kind) = pattern.tag.strip_prefix("definition.").and_then(Kind::by_name) else { return };
        let definition = self.definition(node, kind, pattern, &captures, lead);
        let (kind, number, named) = (definition.kind, self.facts.definitions.len() as u32, definition.name.start);
        self.facts.definitions.push(definition);
        if pattern.setting("each").is_some() {
            self.define_others(node, named, lead);
        }
        if captures.get("body").is_some() {
            self.open.push(Open { depth, definition: Some(number), kind: Some(kind), container: Span::default() });
        }
    }

    /// The further names of a node that defines several: `int a, *b;`.
    fn define_others(&mut self, node: Node<'_>, first: u32, lead: Lead) {
        let language = self.language;
        let mut others = vec![];
        for pattern in language.tags.at(node.kind_id()).filter(|pattern| pattern.setting("each").is_some() && self.applies(pattern)) {
            let Some(kind) = pattern.tag.strip_prefix("definition.").and_then(Kind::by_name) else { continue };
            let found = pattern.each(node, self.source);
            others.extend(found.iter().map(|captures| self.definition(node, kind, pattern, captures, lead)));
        }
        others.retain(|definition| definition.name.start != first);
        others.sort_by_key(|definition| definition.name.start);
        others.dedup_by_key(|definition| definition.name.start);
        self.facts.definitions.extend(others);
    }

    fn definition(&self, node: Node<'_>, kind: Kind, pattern: &Pattern, captures: &Captures<'_>, lead: Lead) -> Definition {
        let span = |name| captures.get(name).map(|node| Span::new(node.byte_range())).unwrap_or_default();
        let (name, body) = (span("name"), span("body"));
        let around = match pattern.setting("hoist") {
            Some(_) => self.open.iter().rev().find(|open| open.has_members()),
            None => self.open.last(),
        };
        let receiver = span("container");
        let in_type = around.is_some_and(Open::has_members) || !receiver.is_empty();
        let kind = if kind == Kind::Function && in_type { Kind::Method } else { kind };
        // In a list of names alone, each is an item of its own.
        let alone = pattern.setting("item").is_some();
        let (node, lead) = if alone { (captures.get("name").unwrap_or(node), Lead::default()) } else { (node, lead) };
        let (item_start, item_row) = lead.start.unwrap_or((node.start_byte(), node.start_position().row));
        let own_end = if body.is_empty() { node.end_byte().min(node.start_byte() + MAX_SIGNATURE) } else { body.start as usize };
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
            end_line: node.end_position().row as u32,
        };
        definition.public = self.is_public(&definition, item_start);
        definition
    }

    /// From `start` to at most `end`, without space at its end, on character boundaries.
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
        let is_string = |node: &Node<'_>| self.role(*node) & STRING != 0;
        let string = Some(first).filter(is_string).or_else(|| first.named_child(0).filter(is_string))?;
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
                let said = before
                    .split(|letter: char| !letter.is_alphanumeric())
                    .any(|word| matches!(word, "pub" | "public" | "protected" | "export"));
                // Members of traits and enums are as visible as these.
                said || parent.is_some_and(|parent| matches!(parent.kind, Kind::Interface | Kind::Enum) && parent.public)
            }
        }
    }

    /// Whether a node is a piece: a member of the file or of a type that has no members itself.
    fn piece_key(&self, node: Node<'_>, depth: u32) -> Option<Key> {
        let top = self.open.last();
        if depth == 0 || top.is_some_and(Open::is_function) {
            return None;
        }
        let role = self.role(node);
        let length = node.end_byte() - node.start_byte();
        let is_member = if role & DEFINITION != 0 {
            let mut kinds = self
                .language
                .tags
                .at(node.kind_id())
                .filter_map(|pattern| pattern.tag.strip_prefix("definition."))
                .filter_map(Kind::by_name);
            kinds.all(|kind| !kind.is_type() && kind != Kind::Module && kind != Kind::Type)
        } else {
            let wrapped = depth == 2 && self.leads.last().is_some_and(|lead| lead.start.is_some());
            (depth == 1 || wrapped) && length >= MIN_PIECE && role & (SCOPE | WRAPPER | COMMENT | ATTRIBUTE | IMPORT) == 0
        };
        // Members may be as visible as what is around them.
        let public = top.and_then(|open| self.facts.definitions.get(open.definition? as usize)).is_some_and(|around| around.public);
        let around = top.map_or(0, |open| open.kind.map_or(1, |kind| 2 + kind as u8)) | u8::from(public) << 7;
        (is_member && length > 0).then(|| Key::new(node.kind_id(), around, self.source.get(node.byte_range()).unwrap_or_default()))
    }

    /// Gives a definition of a known piece what stands before it now.
    fn precede(&self, own: &mut Definition, (start, row): (usize, usize), lead: Lead) {
        let (item_start, item_row) = lead.start.unwrap_or((start, row));
        own.item.start = item_start as u32;
        own.line = item_row as u32;
        let above = item_row <= lead.last_row + 1 || lead.start.is_some();
        if own.doc.is_empty() && above {
            own.doc = lead.doc;
        }
        own.public = self.is_public(own, item_start);
    }

    /// Adds the facts of a known piece, moved to where it stands now.
    fn take_piece(&mut self, pieces: &mut Pieces, key: Key, node: Node<'_>) -> bool {
        let Some(piece) = pieces.find(key) else { return false };
        let lead = self.leads.last_mut().map(std::mem::take).unwrap_or_default();
        let start = node.start_byte();
        let row = node.start_position().row;
        let first = self.facts.definitions.len() as u32;
        let around = self.open.last();
        for relative in &piece.definitions {
            let mut definition = relative.moved(start as i64, row as i64);
            match relative.parent {
                Some(parent) => definition.parent = Some(first + parent),
                None => {
                    definition.parent = around.and_then(|open| open.definition);
                    if definition.container.is_empty() {
                        definition.container = around.map(|open| open.container).unwrap_or_default();
                    }
                }
            }
            if relative.item.start == 0 && definition.item.end as usize == node.end_byte() {
                self.precede(&mut definition, (start, row), lead);
            }
            self.facts.definitions.push(definition);
        }
        let mut imports = piece.imports.clone();
        imports.iter_mut().for_each(|import| import.line += row as u32);
        self.facts.imports.extend(imports);
        true
    }
}

/// What precedes the first child of a node that wraps nothing.
const WRAPPER_NONE: Lead = Lead { doc: Span { start: 0, end: 0 }, last_row: 0, start: None };
