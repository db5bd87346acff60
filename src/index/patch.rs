//! Updates the facts of an open document after an edit: facts that the edit does not touch are moved, not gathered again. Gives up whenever
//! it cannot be sure; then everything is gathered.

use crate::syntax::change::{Change, Edit};
use crate::syntax::{Definition, Kind, Span, max_signature};
use crate::workspace::fs::Stamp;

use super::file::{File, FileImport, Symbol};
use super::names::{NameId, Names};
use super::sheet::{self, SymbolList};

/// The facts of `after`, made from those of `before` (`file`) and what the edit changed. None if that is not certain.
pub fn patched(file: &File, change: &Change<'_>, [before, after]: [&str; 2], hash: u64, names: &mut Names) -> Option<File> {
    let around = enclosing(file, change, before, names)?;
    let (from, to) = replaced(file, change, &around, before)?;
    let list = symbols(file, change, [before, after], names, &around, (from, to))?;
    let (imports, import_names) = imports(file, change, names)?;
    let uses = uses(file, change, names)?;
    Some(File {
        path: file.path.clone(),
        language: file.language.clone(),
        tier: file.tier,
        hash,
        stamp: Stamp::default(),
        bytes: after.len() as u32,
        lines: lines(file, change, before, after),
        tokens: sheet::estimate_tokens(after.len()),
        symbols: list.symbols.into(),
        uses: uses.into(),
        bases: list.bases.into(),
        imports: imports.into(),
        import_names: import_names.into(),
    })
}

/// The number of lines after the edit. The last one may end without a line feed.
fn lines(file: &File, change: &Change<'_>, before: &str, after: &str) -> u32 {
    let open_ended = |text: &str| u32::from(!text.is_empty() && !text.ends_with('\n'));
    (file.lines - open_ended(before)).saturating_add_signed(change.edit.rows) + open_ended(after)
}

/// The symbols of the definitions around the edit.
fn enclosing(file: &File, change: &Change<'_>, before: &str, names: &Names) -> Option<Vec<u32>> {
    if change.around.0 != change.around.1 {
        return None;
    }
    let mut next = 0;
    let around = change.removed.definitions[..change.around.0].iter().map(|definition| {
        let name = definition.name.of(before);
        let fits = |symbol: &Symbol| {
            symbol.signature.start == definition.signature.start && symbol.kind == definition.kind && names.get(symbol.name) == name
        };
        match file.symbols[next..].iter().position(fits) {
            Some(at) => {
                next += at + 1;
                Some(next as u32 - 1)
            }
            None => (!sheet::is_name(name)).then_some(u32::MAX),
        }
    });
    around.collect()
}

/// The range of symbols that are gathered again.
fn replaced(file: &File, change: &Change<'_>, around: &[u32], before: &str) -> Option<(usize, usize)> {
    let start = |symbol: &Symbol| symbol.signature.start as usize;
    let outside = |(at, _): &(usize, &Symbol)| !around.contains(&(*at as u32));
    let candidates = || file.symbols.iter().enumerate().filter(outside);
    let inside = |(_, symbol): &(usize, &Symbol)| change.before.contains(&start(symbol));
    let (from, to) = match (candidates().find(inside), candidates().rfind(inside)) {
        (Some((first, _)), Some((last, _))) => (first, last + 1),
        _ => {
            let next = candidates().find(|(_, symbol)| start(symbol) >= change.before.end).map_or(file.symbols.len(), |(at, _)| at);
            (next, next)
        }
    };
    let run = &file.symbols[from..to];
    let lasting = |kind: Kind| kind != Kind::Attribute;
    let known = run.iter().filter(|symbol| lasting(symbol.kind)).count();
    let walked = change.removed.definitions[change.around.0..].iter();
    let walked = walked.filter(|definition| lasting(definition.kind) && sheet::is_name(definition.name.of(before))).count();
    (known == walked && run.iter().all(|symbol| change.before.contains(&start(symbol)))).then_some((from, to))
}

fn symbols(
    file: &File,
    change: &Change<'_>,
    [before, after]: [&str; 2],
    names: &mut Names,
    around: &[u32],
    (from, to): (usize, usize),
) -> Option<SymbolList> {
    let edit = &change.edit;
    let mut list = SymbolList::default();
    list.symbols.reserve(file.symbols.len() + change.added.definitions.len());
    list.symbols.extend(file.symbols[..from].iter().map(|symbol| moved(symbol, edit)));
    for (number, definition) in around.iter().zip(&change.added.definitions) {
        if let Some(symbol) = file.symbols[..from].get(*number as usize) {
            list.symbols[*number as usize] = stretched(symbol, edit, definition, after);
        }
    }
    let renamed = match change.renamed {
        Some(renamed) => Some(rename(file, change, [before, after], names, &mut list, (around[renamed], renamed))?),
        None => None,
    };
    list.bases.reserve(file.bases.len() + 4);
    list.bases.extend(file.bases.iter().filter(|(of, _)| (*of as usize) < from));
    let outside = |parent: u32| parent == u32::MAX || around.contains(&parent);
    let hoisted = |symbol: &&Symbol| symbol.kind == Kind::Attribute && outside(symbol.parent);
    let member = |symbol: &Symbol| (symbol.parent, symbol.name);
    list.attributes.extend(file.symbols[..from].iter().filter(hoisted).map(member));
    let beside_bases = file.language.as_ref().map_or(&[][..], |language| language.types.beside_bases.as_slice());
    list.add(after, &change.added.definitions, around, beside_bases, &mut |name| names.intern(sheet::kept(name)));
    let added = &list.symbols[from..];
    // An attribute counts where it is first set, so another place may have to take over or give way.
    let later = |symbol: &Symbol| file.symbols[to..].iter().any(|other| other.kind == Kind::Attribute && member(other) == member(symbol));
    if added.iter().filter(hoisted).any(later) {
        return None;
    }
    for gone in file.symbols[from..to].iter().filter(hoisted).filter(|gone| added.iter().all(|new| member(new) != member(gone))) {
        let here: u32 = change.removed.names.iter().filter(|(name, _)| *name == names.get(gone.name)).map(|(_, count)| count).sum();
        if file.count(gone.name) > here {
            return None;
        }
    }
    let grown = list.symbols.len() as i64 - to as i64;
    for symbol in &file.symbols[to..] {
        let parent = renumbered(symbol.parent, from, to, grown)?;
        list.symbols.push(Symbol { parent, ..moved(symbol, edit) });
    }
    for (of, base) in file.bases.iter().filter(|(of, _)| *of as usize >= to) {
        list.bases.push((renumbered(*of, from, to, grown)?, *base));
    }
    if let Some((number, before)) = renamed {
        let now = list.symbols[number as usize].name;
        // The added definitions themselves say what encloses them.
        let (known, rest) = list.symbols.split_at_mut(from);
        let stayed = known.iter_mut().chain(&mut rest[(to as i64 + grown) as usize - from..]);
        let members = stayed.filter(|symbol| symbol.parent == number && symbol.container == before);
        members.for_each(|member| member.container = now);
    }
    Some(list)
}

/// Gives a new name to the symbol of a definition around the edit. Returns its number and its old name. Members refer to it by name, except
/// those that name their type themselves; which ones do is only known if signatures do not contain that name.
fn rename(
    file: &File,
    change: &Change<'_>,
    [before, after]: [&str; 2],
    names: &mut Names,
    list: &mut SymbolList,
    (number, renamed): (u32, usize),
) -> Option<(u32, NameId)> {
    let (was, now) = (change.removed.definitions[renamed].name.of(before), change.added.definitions[renamed].name.of(after));
    let symbol = list.symbols.get_mut(number as usize).filter(|symbol| symbol.kind != Kind::Attribute && sheet::is_name(now))?;
    let may_be_cut =
        |member: &Symbol| member.body.is_empty() && (member.item.end - member.item.start) as usize >= max_signature(member.kind);
    let says_so = |member: &Symbol| member.signature.of(before).contains(was) || may_be_cut(member);
    if file.symbols.iter().any(|member| member.parent == number && says_so(member)) {
        return None;
    }
    let known = std::mem::replace(&mut symbol.name, names.intern(now));
    Some((number, known))
}

/// The new number of a symbol after those of `from..to` have been replaced.
fn renumbered(number: u32, from: usize, to: usize, grown: i64) -> Option<u32> {
    match number as usize {
        _ if number == u32::MAX => Some(number),
        at if at < from => Some(number),
        at if at >= to => u32::try_from(i64::from(number) + grown).ok(),
        _ => None,
    }
}

/// A symbol that does not contain the edit: it may have moved.
fn moved(symbol: &Symbol, edit: &Edit) -> Symbol {
    if symbol.item.start < edit.old_end {
        return *symbol;
    }
    let row = |row: u32| (i64::from(row) + i64::from(edit.rows)) as u32;
    Symbol {
        item: shifted(symbol.item, edit),
        signature: shifted(symbol.signature, edit),
        body: shifted(symbol.body, edit),
        doc: shifted(symbol.doc, edit),
        line: row(symbol.line),
        name_line: row(symbol.name_line),
        signature_end_line: row(symbol.signature_end_line),
        end_line: row(symbol.end_line),
        ..*symbol
    }
}

/// A symbol that contains the edit: what is above is unchanged, the rest follows its current definition.
fn stretched(symbol: &Symbol, edit: &Edit, now: &Definition, after: &str) -> Symbol {
    let mut symbol = Symbol {
        item: Span { end: now.item.end, ..symbol.item },
        signature: now.signature,
        body: now.body,
        doc: shifted(symbol.doc, edit),
        name_line: now.name_line,
        end_line: now.end_line,
        ..*symbol
    };
    symbol.signature_end_line = sheet::signature_end_line(after, &symbol);
    symbol
}

/// A span, moved if it is after the edit.
fn shifted(span: Span, edit: &Edit) -> Span {
    let at = |byte: u32| (i64::from(byte) + i64::from(edit.new_end) - i64::from(edit.old_end)) as u32;
    if span.start >= edit.old_end && span.end > 0 { Span { start: at(span.start), end: at(span.end) } } else { span }
}

type Imports = (Vec<FileImport>, Vec<(NameId, NameId)>);

fn imports(file: &File, change: &Change<'_>, names: &mut Names) -> Option<Imports> {
    let edit = &change.edit;
    let (removed, added) = (&change.removed.imports, &change.added.imports);
    let same_row = file.imports.iter().any(|import| import.line == edit.old_row);
    if removed.is_empty() && added.is_empty() {
        // What shares a line with the edit may stay or move.
        if edit.rows != 0 && same_row {
            return None;
        }
        let line = |line: u32| if line > edit.old_row { (i64::from(line) + i64::from(edit.rows)) as u32 } else { line };
        let moved = file.imports.iter().map(|import| FileImport { line: line(import.line), ..*import });
        return Some((moved.collect(), file.import_names.to_vec()));
    }
    let starts = |run: &[FileImport]| {
        run.iter().zip(removed).all(|(known, gone)| known.line == gone.line && *names.get(known.module) == *gone.module)
    };
    let first = match removed.first() {
        Some(_) => file.imports.windows(removed.len()).position(starts)?,
        None if same_row => return None,
        None => file.imports.partition_point(|import| import.line < edit.old_row),
    };
    let last = first + removed.len();
    let end = |at: usize| file.imports.get(at).map_or(file.import_names.len(), |import| import.first as usize);
    let mut import_names = file.import_names[..end(first)].to_vec();
    let (new, new_names) = sheet::import_list(added, import_names.len(), &mut |name| names.intern(sheet::kept(name)));
    import_names.extend(new_names);
    let grown = import_names.len() as i64 - end(last) as i64;
    import_names.extend_from_slice(&file.import_names[end(last)..]);
    let rest = file.imports[last..].iter().map(|import| FileImport {
        line: (i64::from(import.line) + i64::from(edit.rows)) as u32,
        first: (i64::from(import.first) + grown) as u32,
        ..*import
    });
    let list = file.imports[..first].iter().copied().chain(new).chain(rest).collect();
    Some((list, import_names))
}

/// The occurrences of all names, with those of the changed stretch replaced.
fn uses(file: &File, change: &Change<'_>, names: &mut Names) -> Option<Vec<(NameId, u32)>> {
    let mut changes: Vec<(NameId, i64)> = vec![];
    for (name, count) in change.removed.names.iter().filter(|(name, count)| *count > 0 && sheet::is_name(name)) {
        changes.push((names.find(name)?, -i64::from(count)));
    }
    for (name, count) in change.added.names.iter().filter(|(name, count)| *count > 0 && sheet::is_name(name)) {
        changes.push((names.intern(name), i64::from(count)));
    }
    changes.sort_unstable();
    let mut uses = Vec::with_capacity(file.uses.len() + changes.len());
    let mut known = file.uses.iter().copied().peekable();
    let mut at = 0;
    while at < changes.len() {
        let name = changes[at].0;
        while let Some(before) = known.next_if(|(other, _)| *other < name) {
            uses.push(before);
        }
        let mut count = known.next_if(|(other, _)| *other == name).map_or(0, |(_, count)| i64::from(count));
        while at < changes.len() && changes[at].0 == name {
            count += changes[at].1;
            at += 1;
        }
        match u32::try_from(count) {
            Ok(0) => {}
            Ok(count) => uses.push((name, count)),
            Err(_) => return None,
        }
    }
    uses.extend(known);
    Some(uses)
}
