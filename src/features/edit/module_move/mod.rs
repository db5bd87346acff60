//! Moves an item to a module of its own, by the language's rules: it moves with the blocks of its methods, private members become visible
//! to the old file, and that file re-exports the item, so its users need not change. A model only names the module.

pub(super) mod importers;

use std::fmt;
use std::ops::Range;

use super::calls::signature::{Depth, closing};
use super::check::still_used;
use super::rename::Changed;
use crate::features::{Session, Site};
use crate::syntax::scope::{self, Item};
use crate::syntax::{Definition, Kind, Language, OwnModule, Parsed, naming};
use crate::text::Edit;
use crate::text::lines::{line_start, next_line};
use crate::text::words;
use crate::workspace::{ReadError, WorkspacePath};

/// An item that can be moved, with all that the move needs.
pub struct Moving {
    pub name: String,
    is_type: bool,
    rules: OwnModule,
    /// The folder for new files of the module, with the root's name in front.
    folder: String,
    extension: String,
    session: Session,
    /// Whole lines that the file loses.
    lines: Vec<Range<usize>>,
    /// The module is declared behind this; none if the declaration replaces the item.
    behind: Option<Declared>,
    moved: String,
    /// The visibility of the re-export; none if nobody needs it.
    hands_on: Option<String>,
}

impl fmt::Debug for Moving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moving").field("name", &self.name).field("lines", &self.lines).finish()
    }
}

/// What a module is declared behind.
#[derive(Clone, Copy)]
pub(super) enum Declared {
    Module(usize),
    Import(usize),
}

/// An item that can be moved, judged by its own file.
struct Movable<'s> {
    language: &'s Language,
    rules: &'s OwnModule,
    parsed: &'s Parsed,
    home: &'s WorkspacePath,
    known: Definition,
    /// What stands above its first word.
    lead: &'s str,
    /// All top-level nodes of the file, and those that move.
    top: Vec<Range<usize>>,
    pieces: Vec<Range<usize>>,
}

impl<'s> Movable<'s> {
    /// An error says why it cannot be moved; none where the language has no rules for it.
    fn of(site: &'s Site, item: &Item) -> Result<Option<Self>, String> {
        let Some(language) = site.language.as_deref() else { return Ok(None) };
        let (Some(rules), Some(parsed), Some(home)) = (&language.own_module, site.parsed(), site.document_path()) else {
            return Ok(None);
        };
        let stays = |why: &str| format!("`{}` cannot be moved: {why}", item.name);
        if !item.kind.is_callable() && !item.kind.is_type() {
            return Err(stays("only functions and types are moved"));
        }
        let top = scope::top_level(parsed);
        let own = top.iter().find(|range| range.start <= item.range.start && item.range.end <= range.end).cloned();
        let known = site.definition_of(item).filter(|known| known.parent.is_none() && known.container.is_empty());
        let Some((own, known)) = own.zip(known) else { return Err(stays("it stands in something else")) };
        let lead = &site.text[own.start..known.signature.start as usize];
        if language.test_marks.iter().any(|mark| lead.contains(mark.as_str())) {
            return Err(stays("it is a test"));
        }
        if is_below(home, &rules.alone_in) {
            return Err(stays(&format!("{home} is a program of its own, and so would be a file beside it")));
        }
        let mut pieces: Vec<Range<usize>> = vec![own.clone()];
        if item.kind.is_type() {
            pieces.extend(top.iter().filter(|range| **range != own && holds_only_methods_of(site, &item.name, range)).cloned());
            pieces.sort_by_key(|piece| piece.start);
        }
        let is_there = |word: &&String| pieces.iter().any(|piece| site.text[piece.clone()].contains(word.as_str()));
        if let Some(word) = rules.fixed.iter().find(is_there) {
            return Err(stays(&format!("`{word}` in it means another thing in another file")));
        }
        Ok(Some(Self { language, rules, parsed, home, known, lead, top, pieces }))
    }
}

/// Whether a file lies below a folder with one of these names.
pub(super) fn is_below(path: &WorkspacePath, folders: &[String]) -> bool {
    folders.iter().any(|folder| path.folder() == folder || path.folder().ends_with(&format!("/{folder}")))
}

/// Whether an item can be moved, judged by its own file; for menus.
pub fn may_move(site: &Site, item: &Item) -> bool {
    matches!(Movable::of(site, item), Ok(Some(_)))
}

impl Moving {
    /// What moves with an item, or why it cannot; none where the language has no rules for it.
    pub fn find(session: &Session, site: &Site, item: &Item) -> Result<Option<Self>, String> {
        let Some(movable) = Movable::of(site, item)? else { return Ok(None) };
        let Movable { language, rules, parsed, home, known, lead, top, pieces } = movable;
        let text = &*site.text;
        let rest = outside(text, &pieces);
        let is_home = |id| session.index.find(home) == Some(id);
        let used = |name: &str| words::has(&rest, name) || still_used::is_used_beside(session, name, is_home);
        let own_words = visibility(rules, &text[known.signature.start as usize..]);
        let hands_on = match own_words {
            "" => used(&item.name).then(String::new),
            words => Some(format!("{words} ")),
        };
        // What exists under a condition is re-exported under that condition.
        let conditions = conditions(lead, &rules.condition);
        let hands_on = hands_on.map(|words| format!("{conditions}{words}"));
        let members = private_members(site, parsed, &known, &pieces, rules).into_iter().filter(|(name, _)| used(name));
        let mut shown: Vec<usize> = members.map(|(_, at)| at).collect();
        shown.extend(own_words.is_empty().then_some(known.signature.start as usize));
        shown.extend(unnamed_fields(parsed, &known, rules));
        let moved: Vec<String> = pieces.iter().map(|piece| with(text, piece, &shown, rules)).collect();
        let needs = needs_from_above(site, parsed, &top, &pieces, &moved.join("\n"));
        let above = if needs { format!("{}\n\n", rules.above) } else { String::new() };
        let by_order = rules.by_order.iter().any(|word| text.contains(word.as_str()));
        Ok(Some(Self {
            name: item.name.clone(),
            is_type: item.kind.is_type(),
            behind: if by_order { None } else { declared(parsed, &top, &pieces, rules) },
            rules: rules.clone(),
            folder: folder_of(language, home),
            extension: home.extension().into(),
            session: session.clone(),
            lines: pieces.iter().map(|piece| whole_lines(text, piece)).collect(),
            moved: format!("{above}{}\n", moved.join("\n\n")),
            hands_on,
        }))
    }

    /// The edits of the file, and the new file, for a module of this name.
    pub fn fill(&self, site: &Site, module: &str) -> Result<(Vec<Edit>, Changed), String> {
        let module = module.trim().trim_matches('`').trim_end_matches(&format!(".{}", self.extension));
        let begins = module.starts_with(|letter: char| letter.is_ascii_lowercase());
        if !begins || !module.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_') {
            return Err(format!("`{module}` is no name of a module: one word in small letters, `_` between its parts"));
        }
        if self.is_type && module == self.name || words::places(&site.text, module).any(|at| site.text[at.end..].starts_with("::")) {
            return Err(format!("`{module}` means something in this file already; choose another name"));
        }
        let path = self.session.snapshot.roots.resolve(&format!("{}{module}.{}", self.folder, self.extension));
        let path = path.map_err(|error| format!("`{module}`: {error}"))?;
        let in_folder = format!("{}{module}/{}.{}", self.folder, self.rules.in_folder, self.extension);
        let in_folder = self.session.snapshot.roots.resolve(&in_folder);
        let exists = |path: &WorkspacePath| !matches!(self.session.snapshot.read_exact(path), Err(ReadError::Missing));
        if exists(&path) || in_folder.is_ok_and(|path| exists(&path)) {
            return Err(format!("{path} exists already; choose another name"));
        }
        let named = |text: &str| text.replace("{module}", module).replace("{name}", &self.name);
        let mut declared = named(&self.rules.declares);
        if let Some(words) = &self.hands_on {
            declared.push_str(&format!("\n{words}{}", named(&self.rules.hands_on)));
        }
        let mut edits: Vec<Edit> = self.lines.iter().map(|lines| Edit { range: lines.clone(), text: String::new() }).collect();
        match self.behind {
            Some(Declared::Module(at)) => edits.push(Edit { range: at..at, text: format!("\n{declared}") }),
            Some(Declared::Import(at)) => edits.push(Edit { range: at..at, text: format!("\n\n{declared}") }),
            None => edits[0].text = format!("{declared}\n\n"),
        }
        edits.sort_by_key(|edit| edit.range.start);
        Ok((edits, Changed { path, before: None, after: self.moved.clone() }))
    }
}

/// Whether a range contains only methods of a type, like an `impl` block in Rust.
fn holds_only_methods_of(site: &Site, name: &str, range: &Range<usize>) -> bool {
    if !words::has(&site.text[range.clone()], name) {
        return false;
    }
    let here: Vec<&Definition> = site.definitions().iter().filter(|one| range.contains(&(one.signature.start as usize))).collect();
    let outer: Vec<&&Definition> = here.iter().filter(|one| one.parent.is_none()).collect();
    !outer.is_empty() && outer.iter().all(|one| one.container.of(&site.text) == name)
}

/// The folder for new submodule files of a file, with the root's name in front.
pub(super) fn folder_of(language: &Language, home: &WorkspacePath) -> String {
    let stem = naming::first_part(home.name());
    let shown = home.to_string();
    let root = shown.strip_suffix(home.relative()).unwrap_or_default();
    let beside = if naming::stands_for_folder(language, stem) { vec![home.folder()] } else { vec![home.folder(), stem] };
    let folder = beside.into_iter().filter(|part| !part.is_empty()).map(|part| format!("{part}/")).collect::<String>();
    format!("{root}{folder}")
}

/// Private members of what moves, and where their visibility has to be added.
fn private_members(site: &Site, parsed: &Parsed, item: &Definition, pieces: &[Range<usize>], rules: &OwnModule) -> Vec<(String, usize)> {
    let text = &*site.text;
    let of_item =
        |one: &Definition| one.parent.and_then(|at| site.definitions().get(at as usize)).is_some_and(|around| around.name == item.name);
    let in_block = |one: &Definition| {
        let at = one.signature.start as usize;
        one.parent.is_none() && one.container.of(text) == item.name.of(text) && scope::trait_of(parsed, at).is_none()
    };
    let moves = |one: &&Definition| pieces.iter().any(|piece| piece.contains(&(one.signature.start as usize)));
    let is_member = |one: &&Definition| {
        of_item(one) && one.kind == Kind::Attribute && item.kind == Kind::Struct
            || in_block(one) && (one.kind.is_callable() || one.kind == Kind::Constant)
    };
    let members = site.definitions().iter().filter(moves).filter(is_member);
    let private = members.filter(|one| visibility(rules, &text[one.signature.start as usize..]).is_empty());
    private.map(|one| (one.name.of(text).to_string(), one.signature.start as usize)).collect()
}

/// Where the unnamed private fields of a type begin.
fn unnamed_fields(parsed: &Parsed, item: &Definition, rules: &OwnModule) -> Vec<usize> {
    let text = parsed.text();
    let end = item.item.end.max(item.signature.end) as usize;
    let behind_blanks = |at: usize| end - text[at..end].trim_start().len();
    let mut at = behind_blanks(item.name.end as usize);
    if item.kind != Kind::Struct {
        return vec![];
    }
    if text[at..end].starts_with('<') {
        let Some(length) = closing(&text[at..end]) else { return vec![] };
        at = behind_blanks(at + length);
    }
    if !text[at..end].starts_with('(') {
        return vec![];
    }
    // Comments and attributes above a field; the latter begin like a condition.
    let attribute = rules.condition.split_inclusive('[').next().unwrap_or_default();
    let (mut depth, mut begins, mut found, mut above) = (Depth::default(), true, vec![], 0);
    for (offset, letter) in text[at..end].char_indices() {
        if scope::is_prose(parsed, at + offset) {
            continue;
        }
        if begins && at + offset >= above && !attribute.is_empty() && text[at + offset..end].starts_with(attribute) {
            let opening = at + offset + attribute.len() - 1;
            above = opening + closing(&text[opening..end]).unwrap_or(end - opening);
        }
        let inside = depth.after(letter);
        if at + offset < above {
            continue;
        }
        if inside == 0 {
            break;
        }
        if letter == ',' && inside == 1 {
            begins = true;
        } else if begins && offset > 0 && !letter.is_whitespace() {
            begins = false;
            let place = at + offset;
            found.extend(visibility(rules, &text[place..]).is_empty().then_some(place));
        }
    }
    found
}

/// The words of visibility at the start of a text.
pub(super) fn visibility<'a>(rules: &OwnModule, text: &'a str) -> &'a str {
    let Some(rest) = text.strip_prefix(rules.public.as_str()).filter(|rest| !rest.starts_with(words::is_word)) else { return "" };
    let end = match rest.strip_prefix('(').and_then(|inside| inside.find(')')) {
        Some(close) => rules.public.len() + close + 2,
        None => rules.public.len(),
    };
    &text[..end]
}

/// The attributes above an item that begin like this, each with a line break.
fn conditions(lead: &str, begins: &str) -> String {
    let (mut found, mut depth) = (String::new(), 0);
    for line in lead.lines() {
        if depth > 0 || line.trim_start().starts_with(begins) {
            depth += line.matches(['(', '[']).count() as i64 - line.matches([')', ']']).count() as i64;
            found.push_str(line.trim_end());
            found.push('\n');
        }
    }
    found
}

/// A piece rewritten to mean the same one module deeper, with visibility added at the given places.
fn with(text: &str, piece: &Range<usize>, shown: &[usize], rules: &OwnModule) -> String {
    let mut places: Vec<usize> = shown.iter().copied().filter(|at| piece.contains(at)).collect();
    places.sort_unstable();
    places.dedup();
    let (mut out, mut from) = (String::new(), piece.start);
    for at in places {
        out.push_str(&outward(rules, &text[from..at]));
        out.push_str(&rules.private);
        out.push(' ');
        from = at;
    }
    out + &outward(rules, &text[from..piece.end])
}

/// Code rewritten to mean the same one module deeper.
fn outward(rules: &OwnModule, code: &str) -> String {
    let (mut out, mut rest) = (String::new(), code);
    while let Some(letter) = rest.chars().next() {
        let joins = out.ends_with(words::is_word) || out.ends_with("::");
        match rules.outward.iter().find(|[from, _]| !joins && rest.starts_with(from.as_str())) {
            Some([from, to]) => {
                out.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                out.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    out
}

/// Whether what moves needs names of its old file. Whose methods it calls is not known, so an imported name that looks like a type counts:
/// it may be a trait with these methods.
fn needs_from_above(site: &Site, parsed: &Parsed, top: &[Range<usize>], pieces: &[Range<usize>], moved: &str) -> bool {
    let text = parsed.text();
    let code: Vec<&str> = moved.lines().filter(|line| !parsed.language().is_blank(line)).collect();
    let code = code.join("\n");
    let stays = |at: u32| !pieces.iter().any(|piece| piece.contains(&(at as usize)));
    let free = |one: &&Definition| one.parent.is_none() && one.container.is_empty() && stays(one.name.start);
    let mut defined = site.definitions().iter().filter(free).map(|one| one.name.of(text));
    let imports: Vec<&str> = top.iter().map(|range| &text[range.clone()]).filter(|node| is_import(parsed, node)).collect();
    let mut brought = imports.iter().flat_map(|import| brought_in(import));
    let may_have_methods = |name: &str| code.contains('.') && name.starts_with(char::is_uppercase);
    defined.any(|name| words::has(&code, name))
        || imports.iter().any(|import| import.contains('*'))
        || brought.any(|name| words::has(&code, name) || may_have_methods(name))
}

/// The names that an import brings in: those without a path behind them.
fn brought_in(import: &str) -> Vec<&str> {
    let (mut found, mut rest) = (vec![], import);
    while let Some(start) = rest.find(words::is_word) {
        let word = words::first(&rest[start..]);
        rest = &rest[start + word.len()..];
        if rest.trim_start().starts_with([',', ';', '}']) {
            found.push(word);
        }
    }
    found
}

fn is_import(parsed: &Parsed, node: &str) -> bool {
    let code = node.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '/', '*']));
    code.is_some_and(|code| parsed.language().is_import(code))
}

/// The last module declaration, or the last import, that stays.
pub(super) fn declared(parsed: &Parsed, top: &[Range<usize>], pieces: &[Range<usize>], rules: &OwnModule) -> Option<Declared> {
    let text = parsed.text();
    let stays = |range: &&Range<usize>| !pieces.contains(range);
    let last_module =
        top.iter().filter(stays).rfind(|range| declares(&text[(*range).clone()], rules).is_some()).map(|range| Declared::Module(range.end));
    let last_import =
        || top.iter().filter(stays).rfind(|range| is_import(parsed, &text[(*range).clone()])).map(|range| Declared::Import(range.end));
    last_module.or_else(last_import)
}

/// The visibility and the name in a module declaration.
pub(super) fn declares<'t>(piece: &'t str, rules: &OwnModule) -> Option<(&'t str, &'t str)> {
    let (before, after) = rules.declares.split_once("{module}")?;
    let code = piece.lines().next_back()?;
    let shown = visibility(rules, code);
    Some((shown, code[shown.len()..].trim_start().strip_prefix(before)?.strip_suffix(after)?))
}

/// The text without these pieces.
fn outside(text: &str, pieces: &[Range<usize>]) -> String {
    let (mut rest, mut from) = (String::new(), 0);
    for piece in pieces {
        rest.push_str(&text[from..piece.start]);
        from = piece.end;
    }
    rest + &text[from..]
}

/// The lines of a piece, with the blank lines below it if there are some above it as well.
fn whole_lines(text: &str, piece: &Range<usize>) -> Range<usize> {
    let (start, mut end) = (line_start(text, piece.start), next_line(text, piece.end));
    let is_blank_above = text[..start].lines().next_back().is_none_or(|line| line.trim().is_empty());
    while is_blank_above && end < text.len() && text[end..next_line(text, end)].trim().is_empty() {
        end = next_line(text, end);
    }
    start..end
}
