//! What a file's text says about its definitions besides their names: which ones other files cannot see, and which are tests.

use std::collections::HashSet;
use std::ops::Range;

use crate::index::{File, Symbol, View};
use crate::syntax::{Kind, Language, lists, naming};
use crate::text::words;

/// The longest statement, in bytes, that is searched for exported names.
const MAX_STATEMENT_BYTES: usize = 4 << 10;

/// What the text says about one definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It is visible no further than the language's rule for hidden definitions says.
    pub hidden: bool,
    /// It is a test, or is inside one.
    pub test: bool,
}

/// The marks of all definitions in a file.
pub fn marks(view: &View, file: &File, text: &str) -> Box<[Marks]> {
    let Some(language) = file.language.as_deref() else { return [].into() };
    let shown = handed_on(language, text);
    let open = language.module_marks.as_ref().is_some_and(|marks| !marks.are_in(text));
    let is_header = file.path.name().rsplit_once('.').is_some_and(|(_, extension)| naming::is_header(language, extension));
    let mut all: Vec<Marks> = Vec::with_capacity(file.symbols.len());
    for symbol in &file.symbols {
        let around = symbol.parent().filter(|parent| *parent < all.len());
        let outer = around.map(|parent| (&file.symbols[parent], all[parent]));
        let is_free = symbol.container().is_none() || outer.is_some_and(|(around, _)| around.kind == Kind::Module);
        let head = text.get(symbol.item.start as usize..symbol.signature.end as usize).unwrap_or_default();
        let hidden = !open && is_hidden(language, symbol, head, is_free, is_header) && !shown.contains(view.text(symbol.name));
        let by_parent = outer.map(|(_, marks)| marks).unwrap_or_default();
        all.push(Marks { hidden: hidden || by_parent.hidden, test: by_parent.test || is_for_tests(language, head) });
    }
    all.into()
}

/// The zero-based lines of the tests in a file; nested items are not listed separately.
pub fn test_lines(file: &File, marks: &[Marks]) -> Vec<Range<usize>> {
    let outermost = |symbol: &Symbol| symbol.parent().and_then(|parent| marks.get(parent)).is_none_or(|around| !around.test);
    let tests = file.symbols.iter().zip(marks).filter(|(symbol, marks)| marks.test && outermost(symbol));
    tests.map(|(symbol, _)| symbol.line as usize..symbol.end_line as usize + 1).collect()
}

fn is_hidden(language: &Language, symbol: &Symbol, head: &str, is_free: bool, is_header: bool) -> bool {
    if let Some(hides) = &language.hides {
        let kind = symbol.kind.name();
        let concerned = (is_free || lists(&hides.members, kind)) && !lists(&hides.except, kind);
        return concerned && !symbol.public && symbol.kind != Kind::Reexport;
    }
    is_free && !is_header && language.file_private.iter().any(|word| words::has(head, word))
}

/// Whether the head of an item, or what is above it, marks it as a test.
pub fn is_for_tests(language: &Language, head: &str) -> bool {
    let inline = language.inline_tests.as_ref().is_some_and(|tests| head.contains(tests.mark.as_str()));
    inline || language.test_marks.iter().any(|mark| head.contains(mark.as_str()))
}

/// The names that top-level statements of a file export although they are defined elsewhere in it: `export { a, b };`.
fn handed_on<'a>(language: &Language, text: &'a str) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    if language.shares.is_empty() {
        return names;
    }
    let mut at = 0;
    while let Some(line) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = line.find('\n').map_or(text.len(), |end| at + end + 1);
        let begins = text[at..end].starts_with(char::is_alphabetic);
        if begins && words::identifiers(&text[at..end]).take(2).any(|(_, word)| lists(&language.shares, word)) {
            let statement = &text[at..text.floor_char_boundary(at + MAX_STATEMENT_BYTES)];
            let statement = statement.find([';', '}']).map_or(statement, |end| &statement[..end]);
            names.extend(words::identifiers(statement).map(|(_, word)| word));
        }
        at = end;
    }
    names
}
