//! Compiles the subset of tree-sitter's query language used by `tags.scm` and `scope.scm` into tables by node kind. A walk over a tree then
//! needs one look-up per node, and matches patterns only where a definition may be.
//!
//! The subset: nodes with fields and children, `_`, alternatives `[…]`, `?`, captures, and `(#set! …)`, `(#eq? @c "text")`, `(#not-eq? @c
//! "text")`. Anything else is refused with its line.

use crate::text::lines::line_number;
use std::collections::HashMap;
use std::num::NonZeroU16;

use tree_sitter::{Language, Node};

/// The captured nodes of one match.
#[derive(Clone, Copy, Default)]
pub struct Captures<'tree> {
    nodes: [Option<Node<'tree>>; CAPTURES.len()],
}

/// Allowed names of captures inside a pattern. A name ends where `before` begins.
const CAPTURES: &[&str] = &["name", "body", "bases", "receiver", "container", "target", "end", "before"];

impl<'tree> Captures<'tree> {
    /// The captured node; none if the match lacks it.
    pub fn get(&self, name: &str) -> Option<Node<'tree>> {
        CAPTURES.iter().position(|known| *known == name).and_then(|at| self.nodes[at])
    }
}

/// Where a pattern may apply. The members of a value are in a `value`, and in a `constant` if that is not itself a member.
pub const PLACES: &[&str] = &["module", "type", "function", "method", "value", "constant"];

/// One node of a pattern.
#[derive(Clone, Debug, Default)]
struct Shape {
    /// Node kinds that fit; empty for any named node.
    kinds: Vec<u16>,
    children: Vec<Child>,
    capture: Option<usize>,
}

#[derive(Clone, Debug)]
struct Child {
    field: Option<u16>,
    optional: bool,
    /// Alternatives.
    shapes: Vec<Shape>,
}

/// A pattern and what it marks.
#[derive(Clone, Debug)]
pub struct Pattern {
    shape: Shape,
    /// The capture of the whole match, such as `definition.function`.
    pub tag: String,
    /// `(#set! key "value")` of the pattern.
    pub settings: Vec<(String, String)>,
    /// `(#set! in "…")`: a bit for each of [`PLACES`] that is named there; all of them by default.
    pub places: u8,
    /// `(#eq? @capture "text")`: the capture, the text, and whether they have to be equal (false for `#not-eq?`).
    equal: Vec<(usize, String, bool)>,
}

impl Pattern {
    /// The value that `(#set! key "value")` gives a key.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// All patterns of a query file, by node kind.
#[derive(Clone, Debug, Default)]
pub struct Table {
    patterns: Vec<Pattern>,
    by_kind: Vec<Vec<u16>>,
}

impl Table {
    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Patterns that may match a node of this kind, in the order of the file.
    pub fn at(&self, kind: u16) -> impl Iterator<Item = &Pattern> {
        self.by_kind.get(usize::from(kind)).into_iter().flatten().map(|number| &self.patterns[usize::from(*number)])
    }

    /// Number of node kinds of the language, one for each entry of [`Table::roles`].
    pub fn kinds(&self) -> usize {
        self.by_kind.len()
    }

    /// A set of bits per node kind: bit `i` is set if a pattern tagged `tags[i]` may match.
    pub fn roles(&self, tags: &[&str]) -> Vec<u8> {
        let bits = |kind: usize| {
            let bit = |tag: &str| tags.iter().position(|known| tag.starts_with(known)).map_or(0, |bit| 1 << bit);
            self.at(kind as u16).fold(0, |bits, pattern| bits | bit(&pattern.tag))
        };
        (0..self.kinds()).map(bits).collect()
    }
}

impl Pattern {
    /// The captures, if the pattern matches at this node.
    pub fn matches<'tree>(&self, node: Node<'tree>, source: &str) -> Option<Captures<'tree>> {
        let mut captures = Captures::default();
        if !self.shape.fits(node, &mut captures) {
            return None;
        }
        self.equals(&captures, source).then_some(captures)
    }
}

impl Pattern {
    /// All matches at a node, for patterns marked `(#set! each "")`: one for each node that can be the name, such as `a` and `b` in `int a,
    /// b;`.
    pub fn each<'tree>(&self, node: Node<'tree>, source: &str) -> Vec<Captures<'tree>> {
        let name = CAPTURES.iter().position(|known| *known == "name");
        let mut found = vec![];
        self.shape.each(node, name, Captures::default(), &mut found);
        found.retain(|captures| self.equals(captures, source));
        found
    }

    fn equals(&self, captures: &Captures<'_>, source: &str) -> bool {
        let is = |at: usize, text: &str| captures.nodes[at].is_some_and(|node| source.get(node.byte_range()) == Some(text));
        self.equal.iter().all(|(at, text, wanted)| is(*at, text) == *wanted)
    }
}

impl Shape {
    /// Whether the shape, or one inside it, has this capture.
    fn captures(&self, capture: Option<usize>) -> bool {
        self.capture == capture || self.children.iter().any(|child| child.shapes.iter().any(|shape| shape.captures(capture)))
    }

    fn is_of_kind(&self, node: Node<'_>) -> bool {
        if self.kinds.is_empty() { node.is_named() } else { self.kinds.contains(&node.kind_id()) }
    }

    /// Finds all matches that differ in the node captured as `name`.
    fn each<'tree>(&self, node: Node<'tree>, name: Option<usize>, mut captures: Captures<'tree>, found: &mut Vec<Captures<'tree>>) {
        let leads = |child: &Child| child.shapes.iter().any(|shape| shape.captures(name));
        if !self.is_of_kind(node) || !self.children.iter().all(|child| leads(child) || child.fits(node, &mut captures)) {
            return;
        }
        if let Some(capture) = self.capture {
            captures.nodes[capture] = Some(node);
        }
        match self.children.iter().find(|child| leads(child)) {
            Some(child) => child.each(node, name, captures, found),
            None => found.push(captures),
        }
    }

    fn fits<'tree>(&self, node: Node<'tree>, captures: &mut Captures<'tree>) -> bool {
        if !self.is_of_kind(node) {
            return false;
        }
        if !self.children.iter().all(|child| child.fits(node, captures)) {
            return false;
        }
        if let Some(capture) = self.capture {
            captures.nodes[capture] = Some(node);
        }
        true
    }
}

impl Child {
    /// The matches for every child that this part may match, each by the first alternative that fits.
    fn each<'tree>(&self, parent: Node<'tree>, name: Option<usize>, captures: Captures<'tree>, found: &mut Vec<Captures<'tree>>) {
        let mut cursor = parent.walk();
        let field = self.field.and_then(NonZeroU16::new);
        let nodes: Vec<Node<'tree>> = match field {
            Some(field) => parent.children_by_field_id(field, &mut cursor).collect(),
            None => parent.children(&mut cursor).collect(),
        };
        for node in nodes {
            let before = found.len();
            for shape in &self.shapes {
                shape.each(node, name, captures, found);
                if found.len() > before {
                    break;
                }
            }
        }
    }

    fn fits<'tree>(&self, parent: Node<'tree>, captures: &mut Captures<'tree>) -> bool {
        let mut try_one = |node: Node<'tree>| self.shapes.iter().any(|shape| shape.fits(node, captures));
        let found = match self.field {
            Some(field) => parent.child_by_field_id(field).is_some_and(&mut try_one),
            None => {
                let mut cursor = parent.walk();
                parent.children(&mut cursor).any(&mut try_one)
            }
        };
        found || self.optional
    }
}

/// Compiles a query file and appends its patterns to the table. An error names the line.
pub fn compile(language: &Language, text: &str, table: &mut Table) -> Result<(), String> {
    let mut by_name: HashMap<&str, Vec<u16>> = HashMap::new();
    for kind in (0..language.node_kind_count() as u16).filter(|kind| language.node_kind_is_named(*kind)) {
        by_name.entry(language.node_kind_for_id(kind).unwrap_or_default()).or_default().push(kind);
    }
    let mut reader = Reader { language, by_name, text, at: 0 };
    table.by_kind.resize(language.node_kind_count(), vec![]);
    while reader.peek().is_some() {
        let pattern = reader.pattern().map_err(|message| format!("line {}: {message}", reader.line()))?;
        for shape in pattern.0 {
            if shape.kinds.iter().any(|kind| !language.node_kind_is_named(*kind)) {
                return Err(format!("line {}: a pattern begins with a named node", reader.line()));
            }
            let number = table.patterns.len() as u16;
            for kind in &shape.kinds {
                table.by_kind[usize::from(*kind)].push(number);
            }
            table.patterns.push(Pattern { shape, ..pattern.1.clone() });
        }
    }
    Ok(())
}

struct Reader<'a> {
    language: &'a Language,
    /// Ids of the named node kinds; a grammar may have several with one name.
    by_name: HashMap<&'a str, Vec<u16>>,
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&self) -> usize {
        line_number(self.text, self.at)
    }

    /// The next character that is neither space nor part of a comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = &self.text[self.at..];
            let next = rest.chars().next()?;
            match next {
                ';' => self.at += rest.find('\n').unwrap_or(rest.len()),
                space if space.is_whitespace() => self.at += space.len_utf8(),
                other => return Some(other),
            }
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.eat(wanted) { Ok(()) } else { Err(format!("`{wanted}` is missing")) }
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.peek();
        let rest = &self.text[self.at..];
        let end =
            rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '!' | '?'))).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("cannot read `{}`", rest.lines().next().unwrap_or_default()));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn string(&mut self) -> Result<&'a str, String> {
        self.expect('"')?;
        let rest = &self.text[self.at..];
        let end = rest.find('"').ok_or("a string does not end")?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    /// A whole pattern: `(node …) @tag`, `[(a) (b)] @tag`, or `((node …) @tag (#predicate …))`.
    fn pattern(&mut self) -> Result<(Vec<Shape>, Pattern), String> {
        let mut pattern = Pattern { shape: Shape::default(), tag: String::new(), settings: vec![], places: u8::MAX, equal: vec![] };
        let start = self.at;
        let grouped = self.eat('(') && matches!(self.peek(), Some('(' | '['));
        if !grouped {
            self.at = start;
        }
        let shapes = self.shapes(&mut pattern)?;
        pattern.tag = self.capture()?.ok_or("the pattern has no capture")?.into();
        if grouped {
            while self.peek() == Some('(') {
                self.predicate(&mut pattern)?;
            }
            self.expect(')')?;
        }
        Ok((shapes, pattern))
    }

    fn capture(&mut self) -> Result<Option<&'a str>, String> {
        if self.eat('@') { self.word().map(Some) } else { Ok(None) }
    }

    fn inner_capture(&mut self) -> Result<Option<usize>, String> {
        match self.capture()? {
            Some(name) => match CAPTURES.iter().position(|known| *known == name) {
                Some(at) => Ok(Some(at)),
                None => Err(format!("`@{name}` means nothing inside a pattern; there are {}", CAPTURES.join(", "))),
            },
            None => Ok(None),
        }
    }

    /// One node, or alternatives in brackets; without their capture.
    fn shapes(&mut self, pattern: &mut Pattern) -> Result<Vec<Shape>, String> {
        match self.peek() {
            Some('[') => {
                self.expect('[')?;
                let mut all = vec![];
                while !self.eat(']') {
                    let mut shapes = self.shapes(pattern)?;
                    if let Some(capture) = self.inner_capture()? {
                        shapes.iter_mut().for_each(|shape| shape.capture = Some(capture));
                    }
                    all.extend(shapes);
                }
                Ok(all)
            }
            Some('"') => {
                let token = self.string()?;
                let kind = self.language.id_for_node_kind(token, false);
                if kind == 0 {
                    Err(format!("there is no token `{token}`"))
                } else {
                    Ok(vec![Shape { kinds: vec![kind], ..Shape::default() }])
                }
            }
            Some('(') => self.node(pattern).map(|shape| vec![shape]),
            _ => {
                let word = self.word()?;
                if word == "_" { Ok(vec![Shape::default()]) } else { Err(format!("`{word}` does not stand here")) }
            }
        }
    }

    fn node(&mut self, pattern: &mut Pattern) -> Result<Shape, String> {
        self.expect('(')?;
        let name = self.word()?;
        let mut shape = Shape::default();
        if name != "_" {
            shape.kinds = self.by_name.get(name).cloned().ok_or_else(|| format!("there is no node `{name}`"))?;
        }
        while !self.eat(')') {
            if self.peek() == Some('(') && self.text[self.at + 1..].trim_start().starts_with('#') {
                self.predicate(pattern)?;
                continue;
            }
            let field = self.field()?;
            let mut shapes = self.shapes(pattern)?;
            let mut optional = self.eat('?');
            if let Some(capture) = self.inner_capture()? {
                shapes.iter_mut().for_each(|shape| shape.capture = Some(capture));
            }
            optional |= self.eat('?');
            shape.children.push(Child { field, optional, shapes });
        }
        Ok(shape)
    }

    fn field(&mut self) -> Result<Option<u16>, String> {
        let start = self.at;
        let letter = self.peek();
        if !letter.is_some_and(|letter| letter.is_alphabetic()) {
            return Ok(None);
        }
        let name = self.word()?;
        if !self.eat(':') {
            self.at = start;
            return Ok(None);
        }
        match self.language.field_id_for_name(name) {
            Some(field) => Ok(Some(field.get())),
            None => Err(format!("there is no field `{name}`")),
        }
    }

    fn predicate(&mut self, pattern: &mut Pattern) -> Result<(), String> {
        self.expect('(')?;
        self.expect('#')?;
        match self.word()? {
            "set!" => {
                let key = self.word()?.to_string();
                let value = if self.peek() == Some('"') { self.string()? } else { "" };
                if key == "in" {
                    let bit = |place: &str| PLACES.iter().position(|known| *known == place).map(|bit| 1u8 << bit);
                    let bits = value.split(' ').map(|place| bit(place).ok_or_else(|| format!("`{place}` is no place")));
                    pattern.places = bits.sum::<Result<u8, String>>()?;
                }
                pattern.settings.push((key, value.into()));
            }
            predicate @ ("eq?" | "not-eq?") => {
                let capture = self.inner_capture()?.ok_or_else(|| format!("`#{predicate}` needs a capture"))?;
                pattern.equal.push((capture, self.string()?.into(), predicate == "eq?"));
            }
            other => return Err(format!("`#{other}` is not supported")),
        }
        self.expect(')')
    }
}
