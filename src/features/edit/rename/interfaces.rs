//! Types that implement an interface just by having its methods, as in Go: a method of the interface is also theirs.

use super::defined::Defined;
use super::imports::MAX_BASES;
use super::references::RenamedDefinition;
use crate::index::{FileId, Symbol, SymbolId};
use crate::syntax::Kind;
use crate::text::words;

/// How many values a function takes and returns.
type Arity = (usize, usize);

impl RenamedDefinition<'_> {
    /// Whether the type of a method has all methods of an interface, in a language where that implements it.
    pub(super) fn satisfies(&self, method: &Defined, interface: &str) -> bool {
        self.satisfies_all(method, interface, MAX_BASES)
    }

    fn satisfies_all(&self, method: &Defined, interface: &str, levels: usize) -> bool {
        let index = &self.session.index;
        let Some(id) = self.interface(interface) else { return false };
        let Some(file) = index.file(id.file).filter(|file| file.language.as_ref().is_some_and(|language| language.implicit_interfaces))
        else {
            return false;
        };
        let asked: Vec<SymbolId> = self.members(interface).into_iter().filter(|member| member.file == id.file).collect();
        let has = |asked: &SymbolId| {
            let named = index.symbol(*asked).map_or(vec![], |symbol| self.named(index.text(symbol.name)));
            // Types of one name in several packages have methods of their own.
            let folder = |id: FileId| index.file(id).map(|file| file.path.folder());
            let is_of_type = |symbol: &Symbol| self.container(symbol) == method.container.as_deref();
            let of_type = |id: &&SymbolId| folder(id.file) == folder(method.file) && index.symbol(**id).is_some_and(is_of_type);
            named.iter().filter(of_type).any(|own| self.arity(*own).is_some_and(|arity| self.arity(*asked) == Some(arity)))
        };
        // What an embedded foreign interface requires is not known.
        let mut bases = file.bases(id.index as usize).map(|base| index.text(base)).filter(|base| self.interface(base).is_some());
        !asked.is_empty() && asked.iter().all(has) && bases.all(|base| levels > 0 && self.satisfies_all(method, base, levels - 1))
    }

    fn interface(&self, name: &str) -> Option<SymbolId> {
        self.named(name).into_iter().find(|id| self.session.index.symbol(*id).is_some_and(|symbol| symbol.kind == Kind::Interface))
    }

    fn container(&self, symbol: &Symbol) -> Option<&str> {
        symbol.container().map(|container| self.session.index.text(container))
    }

    /// The methods of a type.
    fn members(&self, name: &str) -> Vec<SymbolId> {
        let Some(id) = self.interface(name) else { return vec![] };
        let Some(file) = self.session.index.file(id.file) else { return vec![] };
        let all = file.symbols.iter().enumerate();
        let own = all.filter(|(_, symbol)| symbol.kind == Kind::Method && self.container(symbol) == Some(name));
        own.map(|(at, _)| SymbolId { file: id.file, index: at as u32 }).collect()
    }

    fn arity(&self, id: SymbolId) -> Option<Arity> {
        let (symbol, text) = (self.session.index.symbol(id)?, self.text(id.file)?);
        let comment = self.session.index.file(id.file)?.language.as_ref()?.comment.clone()?;
        arity(symbol.item.of(&text), self.session.index.text(symbol.name), &comment)
    }
}

/// What a function takes and gives back, by how it is written, with comments that begin so.
fn arity(item: &str, name: &str, comment: &str) -> Option<Arity> {
    let at = words::places(item, name).find(|at| item[at.end..].trim_start().starts_with(['(', '[']))?;
    let mut rest = item[at.end..].trim_start();
    if rest.starts_with('[') {
        rest = group(rest)?.1.trim_start();
    }
    let (parameters, behind) = group(rest)?;
    let behind = behind.split(['{', '\n']).next().unwrap_or_default().trim();
    let results = match group(behind) {
        Some((results, _)) => count(results),
        None => usize::from(!behind.is_empty() && !behind.starts_with(comment)),
    };
    Some((count(parameters), results))
}

/// The content of the brackets at the start of a text, and what follows.
fn group(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ if at == 0 => return None,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then(|| (&text[1..at], &text[at + 1..]));
        }
    }
    None
}

/// The number of parts between commas.
fn count(list: &str) -> usize {
    let mut depth = 0usize;
    let commas = list.chars().filter(|letter| {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *letter == ',' && depth == 0
    });
    let commas = commas.count();
    if list.trim().trim_end_matches(',').is_empty() { 0 } else { commas + 1 - usize::from(list.trim_end().ends_with(',')) }
}
