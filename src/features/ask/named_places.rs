//! What a question names directly: lines of a file (`src/task.py:550`, a stack trace) and definitions by name (`Task.run`). These are shown
//! before other code that merely shares words with the question, however long they are.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::overview;
use super::search::{Ranking, definition, is_in_tests, is_question, shown};
use crate::context::sentence;
use crate::features::Session;
use crate::features::answer::cite::named::{self, compiled};
use crate::features::answer::cite::split::SplitPaths;
use crate::index::{File, FileId, SymbolId};
use crate::syntax::{Kind, naming};
use crate::text::lines::line_start;
use crate::text::words;
use crate::workspace::WorkspacePath;
use crate::workspace::uri::percent_decoded;

/// Maximum places that count as named: a stack trace has many.
const MAX_NAMED_PLACES: usize = 6;
/// Maximum definitions of one name that are all shown, in a question and in a statement. If a name written as code has a few more, a
/// question gets the longest ones, because the others mostly delegate to these.
const MAX_DEFINITIONS_ASKED: usize = 5;
const MAX_DEFINITIONS_STATED: usize = 2;
const MAX_CODE_DEFINITIONS: usize = 12;
/// First words of a text that asks for something without a question mark.
const REQUESTS: &[&str] = &[
    "compare",
    "describe",
    "document",
    "explain",
    "find",
    "give",
    "list",
    "locate",
    "please",
    "review",
    "show",
    "summarize",
    "tell",
    "walk",
];
/// The longest word in capitals that may be an acronym.
const MAX_ACRONYM_LETTERS: usize = 4;
/// Maximum words between backquotes for each of them to count as code.
const MAX_CODE_WORDS: usize = 4;
/// Maximum files that a name without folder may mean.
const MAX_FILES_OF_NAME: usize = 3;
/// Lines shown around a line outside all definitions.
const LINES_AROUND: usize = 20;
/// How far up a class's bases are searched for a member.
const MAX_BASES_DEPTH: usize = 6;
/// Kinds of definitions, as a question calls them. A word next to one of these is taken for a name.
const THINGS: &[&str] = &[
    "class",
    "constant",
    "enum",
    "field",
    "fn",
    "func",
    "function",
    "interface",
    "macro",
    "method",
    "module",
    "protocol",
    "static",
    "struct",
    "trait",
    "type",
    "variant",
];

/// The kinds of definitions that are shown together with the definition that contains them.
const SMALL_THINGS: &[&str] = &["constant", "field", "static", "variant"];

/// Finds the word in "where is … defined?". It is taken for a name, whatever word it is.
static WHERE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?i)\bwhere\s+(?:is|are)\s+(?:(?:the|a)\s+)?(?:[a-z]+\s+)?([a-z_$][\w$]*)\s+(?:defined|declared|implemented)\b")
});

/// A name as written in code, with its owners. In scripts without spaces between words, adjacent letters are not part of the name.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    const LETTER: &str = r"[[\w$]--[\p{Thai}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]]";
    compiled(&format!(r"[A-Za-z_$]{LETTER}*(?:(?:::|\.|#|->)~?[A-Za-z_$]{LETTER}*)*"))
});

/// A place that a question names.
pub(super) struct NamedPlace {
    pub id: FileId,
    /// The range in whole lines, in bytes of the file.
    pub range: Range<usize>,
    /// The byte in that range at which the named thing is.
    pub focus: usize,
    pub why: String,
}

/// The places that a question names: lines in the order in which they are named, then definitions, longest first. A statement only names
/// definitions in the best files.
pub(super) fn named_places(session: &Session, question: &str, ranking: &Ranking, paths: &Paths<'_>) -> Vec<NamedPlace> {
    let mut places = lines(session, question, paths);
    places.truncate(MAX_NAMED_PLACES);
    let here = paths.named_in(question);
    let asks = asks(question);
    // A statement, such as a commit message, names many things besides its subject.
    let left = if asks { MAX_NAMED_PLACES - places.len() } else { MAX_DEFINITIONS_STATED };
    let mut found: Vec<(usize, usize, Definition)> = vec![];
    for (line, text) in question.trim_start().lines().enumerate() {
        for name in names(text, question, asks) {
            let most = if asks { MAX_DEFINITIONS_ASKED } else { MAX_DEFINITIONS_STATED };
            let definitions = definitions(session, &name, &here, most);
            let rank = |definition: &Definition| if asks { 0 } else { ranking.position(definition.named.file) };
            found.extend(definitions.into_iter().map(|definition| (line.min(1), rank(&definition), definition)));
        }
    }
    found.sort_by_key(|(line, rank, definition)| (*line, *rank, definition.order(session)));
    found.dedup_by_key(|(.., definition)| *definition);
    places.extend(found.into_iter().filter_map(|(.., definition)| definition.named_place(session)).take(left));
    places
}

/// A named definition, and the one that it is shown in: a field is shown with its type.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Definition {
    named: SymbolId,
    shown: SymbolId,
}

impl Definition {
    /// Sorts top-level definitions before members of the same name, then longest first.
    fn order<'a>(&self, session: &'a Session) -> (bool, std::cmp::Reverse<usize>, (Option<&'a WorkspacePath>, u32)) {
        (self.named != self.shown, std::cmp::Reverse(length(session, self.named)), place(session, self.named))
    }

    fn named_place(&self, session: &Session) -> Option<NamedPlace> {
        let file = session.index.file(self.shown.file)?;
        let (shown, named) = (session.index.symbol(self.shown)?, session.index.symbol(self.named)?);
        let text = session.snapshot.read(&file.path).ok()?;
        let range = definition(shown, &text)?;
        let why = format!("the question names {}", session.index.text(named.name));
        // The line with the name is kept when there is little room; a long comment before it could take all of the room.
        let name_line = text.match_indices('\n').nth((named.name_line as usize).wrapping_sub(1)).map_or(0, |(at, _)| at + 1);
        let focus = name_line.clamp(range.start, range.end);
        Some(NamedPlace { id: self.shown.file, focus, range, why })
    }
}

/// Sorts symbols by file and line. Their ids would only say which file was read first.
fn place(session: &Session, id: SymbolId) -> (Option<&WorkspacePath>, u32) {
    (session.index.file(id.file).map(|file| &file.path), id.index)
}

fn length(session: &Session, id: SymbolId) -> usize {
    session.index.symbol(id).map_or(0, |symbol| symbol.item.range().len())
}

/// A name in a question.
struct Name<'a> {
    name: &'a str,
    owner: Option<&'a str>,
    /// It is written as only code is, so it is certainly a name.
    is_code: bool,
    /// It may be a constant or a field.
    may_be_small: bool,
    /// It may be an acronym that merely happens to be a name as well.
    is_acronym: bool,
}

/// Whether a text asks for something. A commit message, for example, does not: it makes a statement.
fn asks(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    is_question(text) || REQUESTS.contains(&first.trim_end_matches([':', ',']))
}

/// The names of code on a line, recognised by their spelling. In a question a word also counts if a word next to it says so, or if it is
/// the only one that can be a name.
fn names<'a>(line: &'a str, question: &str, asks: bool) -> Vec<Name<'a>> {
    let telling = |word: &str| {
        let word = word.to_lowercase();
        !sentence::is_common(&word) && !overview::is_general(&word) && !THINGS.contains(&word.as_str())
    };
    let only = NAME.find_iter(question).filter(|word| telling(word.as_str())).count() == 1;
    let mut names = vec![];
    for found in NAME.find_iter(line) {
        let (before, behind) = (&line[..found.start()], &line[found.end()..]);
        // Part of a path or an address.
        if before.ends_with(['/', '\\', '.', '-']) || behind.starts_with(['/', '\\']) || found.len() < 2 {
            continue;
        }
        if found.end() <= sentence::kind(line) {
            continue;
        }
        let parts: Vec<&str> = found.as_str().split([':', '.', '#', '>', '-', '~']).filter(|part| !part.is_empty()).collect();
        let [owners @ .., name] = parts.as_slice() else { continue };
        // If there are many words between the backquotes, they are a message and not code.
        let span = || before.rsplit('`').next().into_iter().chain([found.as_str()]).chain(behind.split('`').next());
        let quoted = before.matches('`').count() % 2 == 1 && span().flat_map(str::split_whitespace).count() <= MAX_CODE_WORDS;
        let called =
            behind.starts_with('(') && before.chars().next_back().is_none_or(|letter| !letter.is_alphanumeric() || words::runs_on(letter));
        let is_title = name.starts_with(|letter: char| letter.is_ascii_uppercase()) && name.contains(|letter: char| letter.is_lowercase());
        let begins = before.trim_end().is_empty() || before.trim_end().ends_with(['.', '!', '?', ':']);
        let beside = |word: Option<&str>| word.is_some_and(|word| THINGS.contains(&word.to_lowercase().as_str()));
        let thing =
            beside(before.split_whitespace().next_back()) || beside(behind.split([' ', '?', '.', ',']).find(|word| !word.is_empty()));
        let is_shouted = name.len() > 1 && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
        let is_code = quoted || called || sentence::is_code(name);
        let is_asked_for = asks && WHERE.captures(line).and_then(|asked| asked.get(1)).is_some_and(|asked| asked.range() == found.range());
        // Prose is full of acronyms, and code has types and constants named like them. "The struct NFA" and "the NFA struct" name one of
        // these, "my own SQL function" does not.
        let is_acronym = is_shouted && name.len() <= MAX_ACRONYM_LETTERS && name.chars().all(char::is_alphabetic);
        let said_before = before.split_whitespace().next_back();
        let is_one = !is_acronym || beside(said_before) || said_before.is_some_and(|word| word.eq_ignore_ascii_case("the"));
        let is_said = is_title && !begins || is_shouted && !is_acronym || (only || thing && is_one) && telling(name);
        if is_code || !owners.is_empty() || is_asked_for || asks && is_said {
            let may_be_small = is_code || is_shouted && (only || !is_acronym) || thing && is_small_thing(before, behind);
            names.push(Name { name, owner: owners.last().copied(), is_code, may_be_small, is_acronym });
        }
    }
    names
}

/// Whether the word next to a name says that it is a constant or a field.
fn is_small_thing(before: &str, behind: &str) -> bool {
    let beside = [before.split_whitespace().next_back(), behind.split([' ', '?', '.', ',']).find(|word| !word.is_empty())];
    beside.into_iter().flatten().any(|word| SMALL_THINGS.contains(&word.to_lowercase().as_str()))
}

/// The definitions that a name means. If the name has an owner, those of the owner; if the question names files that have some, those in
/// these files; tests only if no other file has one. Empty if too many definitions have the name.
fn definitions(session: &Session, name: &Name<'_>, here: &[FileId], most: usize) -> Vec<Definition> {
    let index = &session.index;
    let mut all: Vec<SymbolId> = index.named(name.name).into_iter().filter(|id| is_whole(session, *id, name.may_be_small)).collect();
    all.sort_unstable_by_key(|id| place(session, *id));
    let mut all = without_constructors(session, all);
    if let Some(owner) = name.owner {
        all = match (of_owner(session, &all, owner), name.is_code) {
            (owned, _) if !owned.is_empty() => owned,
            (_, true) => all,
            (_, false) => vec![],
        };
    }
    let prefer = |all: Vec<SymbolId>, is: &dyn Fn(&SymbolId) -> bool| match all.iter().any(is) {
        true => all.into_iter().filter(is).collect(),
        false => all,
    };
    let all = prefer(all, &|id| here.contains(&id.file));
    let is_test = |id: &SymbolId, file: &File| {
        naming::is_test(file.language.as_deref(), &file.path.to_string()) || is_in_tests(session, file, id.index)
    };
    let all: Vec<SymbolId> = prefer(all, &|id| index.file(id.file).is_some_and(|file| !is_test(id, file)));
    let all = if all.len() > most { once_each(session, all) } else { all };
    let too_many = if name.is_code && most == MAX_DEFINITIONS_ASKED { MAX_CODE_DEFINITIONS } else { most };
    if all.len() > too_many {
        return vec![];
    }
    let mut all: Vec<Definition> =
        all.into_iter().filter_map(|named| Some(Definition { named, shown: shown_in(session, named)? })).collect();
    all.sort_by_key(|definition| definition.order(session));
    all.truncate(if name.is_acronym && !name.is_code { 1 } else { most });
    all
}

/// Whether a definition can answer a name. Variables and enum members do not answer a plain word.
fn is_whole(session: &Session, id: SymbolId, may_be_small: bool) -> bool {
    let Some(symbol) = session.index.symbol(id) else { return false };
    let small = matches!(symbol.kind, Kind::Variable | Kind::Attribute | Kind::Variant | Kind::Module);
    symbol.kind != Kind::Reexport && (may_be_small || !small)
}

/// A small thing at the top level is shown by its own lines, else with the definition that contains it.
fn shown_in(session: &Session, id: SymbolId) -> Option<SymbolId> {
    let (file, symbol) = (session.index.file(id.file)?, session.index.symbol(id)?);
    let index = if symbol.parent().is_some() { shown(file, id.index as usize) } else { id.index };
    Some(SymbolId { file: id.file, index })
}

/// Definitions of one name without those inside another one, like a constructor in its class.
fn without_constructors(session: &Session, all: Vec<SymbolId>) -> Vec<SymbolId> {
    let parent = |id: &SymbolId| session.index.symbol(*id).and_then(|symbol| symbol.parent());
    let is_in_another = |id: &SymbolId| all.iter().any(|other| other.file == id.file && Some(other.index as usize) == parent(id));
    all.iter().filter(|id| !is_in_another(id)).copied().collect()
}

/// Definitions of one name in the order of their places, one for each place that has several declarations, such as overloads; the longest
/// contains the whole.
fn once_each(session: &Session, all: Vec<SymbolId>) -> Vec<SymbolId> {
    let around = |id: &SymbolId| session.index.symbol(*id).map(|symbol| (symbol.parent(), symbol.container()));
    let mut once: Vec<SymbolId> = vec![];
    for id in all {
        match once.iter_mut().find(|known| known.file == id.file && around(known) == around(&id)) {
            Some(known) if length(session, id) > length(session, *known) => *known = id,
            Some(_) => {}
            None => once.push(id),
        }
    }
    once
}

/// Definitions that are members of something with the owner's name, else of its bases, else in a module of that name.
fn of_owner(session: &Session, all: &[SymbolId], owner: &str) -> Vec<SymbolId> {
    let index = &session.index;
    let last = |text: &str| text.rsplit([':', '.']).next().unwrap_or_default().to_string();
    let mut owners = vec![owner.to_string()];
    for _ in 0..MAX_BASES_DEPTH {
        let is_owned = |id: &&SymbolId| {
            let container = index.symbol(**id).and_then(|symbol| symbol.container()).map(|container| last(index.text(container)));
            container.is_some_and(|container| owners.contains(&container))
        };
        let owned: Vec<SymbolId> = all.iter().filter(is_owned).copied().collect();
        if !owned.is_empty() {
            return owned;
        }
        let classes = owners.iter().flat_map(|owner| index.named(owner));
        let bases = classes.filter_map(|id| Some((index.file(id.file)?, id.index)));
        let mut bases: Vec<String> = bases.flat_map(|(file, at)| file.bases(at as usize).map(|name| last(index.text(name)))).collect();
        bases.sort_unstable();
        bases.dedup();
        if bases.is_empty() || bases == owners {
            break;
        }
        owners = bases;
    }
    let in_module = |id: &&SymbolId| {
        let path = index.file(id.file).map(|file| file.path.to_string()).unwrap_or_default();
        let mut folders: Vec<&str> = path.split('/').collect();
        let stem = folders.pop().and_then(|name| name.split('.').next());
        stem == Some(owner) || folders.last() == Some(&owner)
    };
    let top = |id: &&SymbolId| index.symbol(**id).is_some_and(|symbol| symbol.parent().is_none());
    all.iter().filter(top).filter(in_module).copied().collect()
}

/// The lines of files that a question names. In a stack trace that ends with the most recent call, the last lines come first.
fn lines(session: &Session, question: &str, paths: &Paths<'_>) -> Vec<NamedPlace> {
    let mut places: Vec<NamedPlace> = vec![];
    let here = paths.named_in(question);
    for line in question.lines() {
        for named in named::named(line, &paths.split.found(line)) {
            let Some(first) = named.first.filter(|first| *first > 0) else { continue };
            let tokens = [named.behind, Some(named.before)].into_iter().flatten();
            let mut files: Vec<FileId> = tokens.flat_map(|token| paths.meant_by(token, first)).collect();
            // Lines alone belong to the file that the question names elsewhere.
            let alone = !named.before.contains(['/', '\\', '.']) && named.behind.is_none_or(|behind| !behind.contains(['/', '\\', '.']));
            if files.is_empty() && alone && named.in_words && here.len() <= MAX_FILES_OF_NAME {
                files.clone_from(&here);
            }
            for id in files {
                let Some(place) = of_lines(session, id, first, named.last.unwrap_or(first)) else { continue };
                if !places.iter().any(|known| known.id == id && known.range == place.range && known.focus == place.focus) {
                    places.push(place);
                }
            }
        }
    }
    if question.contains("most recent call last") {
        places.reverse();
    }
    places
}

/// Named lines, with the innermost definition around them.
fn of_lines(session: &Session, id: FileId, first: u32, last: u32) -> Option<NamedPlace> {
    let file = session.index.file(id)?;
    let text = session.snapshot.read(&file.path).ok()?;
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < text.len()).collect();
    let focus = *starts.get(first as usize - 1)?;
    let end_of = |line: usize| starts.get(line).map_or(text.len(), |next| next - 1);
    let around = file.symbols.iter().enumerate().filter(|(_, symbol)| {
        let lines = symbol.line..=symbol.end_line;
        lines.contains(&(first - 1))
    });
    let innermost = around.min_by_key(|(_, symbol)| symbol.end_line - symbol.line).map(|(index, _)| shown(file, index));
    let around = innermost.and_then(|index| definition(file.symbols.get(index as usize)?, &text));
    let (above, below) = ((first as usize).saturating_sub(LINES_AROUND + 1), first as usize + LINES_AROUND);
    let around = around.unwrap_or_else(|| starts.get(above).copied().unwrap_or(0)..end_of(below.min(starts.len())));
    let named_end = end_of((last.max(first) as usize).min(starts.len()));
    let range = line_start(&text, around.start.min(focus))..around.end.max(named_end);
    Some(NamedPlace { id, range, focus, why: format!("the question names line {first}") })
}

/// The files of the workspace by their names.
pub(super) struct Paths<'a> {
    all: Vec<(FileId, &'a Arc<File>, String)>,
    split: SplitPaths,
}

impl<'a> Paths<'a> {
    /// Gathers the paths of the workspace.
    pub fn new(session: &'a Session) -> Self {
        let mut all: Vec<_> = session.index.files().map(|(id, file)| (id, file, file.path.to_string())).collect();
        all.sort_unstable_by(|a, b| a.1.path.cmp(&b.1.path));
        Self { all, split: SplitPaths::new(session) }
    }

    /// The files with a line of that number that a path may mean. A path on another machine means the file with the same ending, including
    /// its folder; a name without folder means any file of that name.
    pub fn meant_by(&self, token: &str, line: u32) -> Vec<FileId> {
        // A bracket at its start may be part of the name, and so may what looks like an escape.
        let bare = token.trim_start_matches(['(', '[', '{']);
        let mut found = self.called(token, line);
        if found.is_empty() && bare.len() < token.len() {
            found = self.called(bare, line);
        }
        if found.is_empty() && bare.contains('%') { self.called(&percent_decoded(bare), line) } else { found }
    }

    fn called(&self, path: &str, line: u32) -> Vec<FileId> {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for from in 0..parts.len() {
            let end = parts[from..].join("/");
            let alone = from > 0 && parts.len() - from == 1;
            let is_it = |path: &str| path.strip_suffix(end.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/') && !alone);
            let mut found: Vec<_> = self.all.iter().filter(|(_, file, path)| file.lines >= line && is_it(path)).collect();
            if found.len() > 1 {
                // The whole path, else the code.
                let is_whole = |path: &String| *path == end;
                let is_test = |file: &File, path: &str| naming::is_test(file.language.as_deref(), path);
                if found.iter().any(|(_, _, path)| is_whole(path)) {
                    found.retain(|(_, _, path)| is_whole(path));
                } else if found.iter().any(|(_, file, path)| !is_test(file, path)) {
                    found.retain(|(_, file, path)| !is_test(file, path));
                }
            }
            if !found.is_empty() {
                return if found.len() > MAX_FILES_OF_NAME { vec![] } else { found.into_iter().map(|(id, ..)| *id).collect() };
            }
        }
        vec![]
    }

    /// The files that the words of a question name.
    pub fn named_in(&self, question: &str) -> Vec<FileId> {
        self.words(question).into_iter().flat_map(|word| self.meant_by(word, 0)).collect()
    }

    /// The words of a question that look like paths.
    pub fn words<'q>(&self, question: &'q str) -> Vec<&'q str> {
        let is_path = |word: &str| word.contains('.') && word.rsplit(['/', '.']).next().is_some_and(|ending| ending.len() <= 10);
        let words = question.lines().flat_map(|line| named::words(line, &self.split.found(line)));
        words.map(|(_, word)| word).filter(|word| is_path(word)).collect()
    }
}
