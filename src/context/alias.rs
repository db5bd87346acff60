//! What a type takes its members from, besides its bases: the types that an alias names, and those embedded in it.

use super::corpus::{Corpus, Name, Sort, Symbol};
use super::scene::Scene;
use crate::syntax::{Kind, Language, Reach};
use crate::text::words;
use crate::workspace::folder_of;

/// The names of the types that a type has its members from, besides its bases.
pub fn names(corpus: &Corpus, number: u32) -> Vec<Name> {
    let symbol = &corpus.symbols[number as usize];
    let Some(language) = corpus.digest(symbol).file.language.as_deref() else { return vec![] };
    let own = corpus.text(symbol.name);
    let mut found: Vec<&str> = if is_alias(corpus, language, number) { named(corpus.signature(symbol), own) } else { vec![] };
    if language.embeds {
        found.extend(fields(corpus, number).filter_map(|field| embedded(corpus, &corpus.symbols[field as usize])));
    }
    found.into_iter().filter(|name| *name != own).filter_map(|name| corpus.name(name)).collect()
}

/// The types that a name means. A mere declaration, or a name for something without members, is left out if another one is more.
pub fn meant(corpus: &Corpus, scene: &Scene, language: Option<&Language>, name: Name) -> Vec<u32> {
    let all: Vec<u32> = scene.types(corpus, language, name).collect();
    if all.len() < 2 {
        return all;
    }
    let says_more = |number: &u32| members(corpus, *number).next().is_some() || !names(corpus, *number).is_empty();
    let full: Vec<u32> = all.iter().copied().filter(says_more).collect();
    if full.is_empty() { all } else { full }
}

/// The definitions inside a type, or written separately for it: next to it, or if a folder is a package, in any file of that.
pub fn members(corpus: &Corpus, number: u32) -> impl Iterator<Item = u32> {
    let of = corpus.symbols[number as usize];
    let (here, folder) = (corpus.digest(&of), folder_of(&corpus.digest(&of).path));
    let by_folder = here.file.language.as_deref().is_some_and(|language| language.reach == Some(Reach::Folder));
    corpus.members_of(of.slot).iter().copied().filter(move |other| {
        let symbol = &corpus.symbols[*other as usize];
        let is_beside = symbol.file == of.file || by_folder && folder_of(&corpus.digest(symbol).path) == folder;
        is_beside && *other != number
    })
}

/// The values among the members of a type.
pub fn fields(corpus: &Corpus, number: u32) -> impl Iterator<Item = u32> {
    let of = &corpus.symbols[number as usize];
    corpus.of_file(of.file).filter(move |other| {
        let symbol = &corpus.symbols[*other as usize];
        symbol.sort.is_value() && corpus.facts(symbol).parent() == Some(of.index as usize)
    })
}

/// The direct content of a definition.
pub fn inside(corpus: &Corpus, number: u32) -> impl Iterator<Item = u32> {
    let of = &corpus.symbols[number as usize];
    corpus.of_file(of.file).filter(move |other| corpus.facts(&corpus.symbols[*other as usize]).parent() == Some(of.index as usize))
}

/// Whether a type is another one under this name, possibly with members of its own.
fn is_alias(corpus: &Corpus, language: &Language, number: u32) -> bool {
    let symbol = &corpus.symbols[number as usize];
    let (kind, signature) = (corpus.facts(symbol).kind, corpus.signature(symbol));
    let says_so = || language.types.alias.as_ref().is_some_and(|word| words::has(signature, word));
    // `typedef union tag { … } name;`: what is between the braces belongs to the tag.
    let name = || words::places(signature, corpus.text(symbol.name)).last();
    let is_behind = || name().is_some_and(|name| signature[..name.start].trim_end().ends_with('}'));
    let is_empty = || members(corpus, number).all(|member| corpus.symbols[member as usize].sort == Sort::Type);
    symbol.sort == Sort::Type && (kind == Kind::Type || says_so() || is_behind() && is_empty())
}

/// The names in the definition of an alias: not those of its members and of functions, nor those used only as arguments of its own
/// parameters.
fn named<'a>(signature: &'a str, own: &str) -> Vec<&'a str> {
    let parameters = parameters(signature, own);
    let (mut outer, mut arguments) = (vec![], vec![]);
    let (mut depth, mut angles, mut quote) = (0usize, 0usize, None);
    let mut letters = signature.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if quote.is_some() => quote = quote.filter(|open| *open != letter),
            '"' | '`' => quote = Some(letter),
            // A quotation mark may also begin a lifetime.
            '\'' if signature[at + 1..].split_once(letter).is_some_and(|(inside, _)| !inside.contains(['<', '>', '&'])) => {
                quote = Some(letter)
            }
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            '-' | '=' if depth == 0 && letters.peek().is_some_and(|(_, next)| *next == '>') => return vec![],
            '<' | '[' => angles += 1,
            '>' | ']' => angles = angles.saturating_sub(1),
            _ if depth == 0 && words::is_word(letter) && words::last(&signature[..at]).is_empty() => {
                let word = words::first(&signature[at..]);
                if angles == 0 { outer.push(word) } else { arguments.push(word) }
            }
            _ => {}
        }
    }
    if !arguments.iter().any(|argument| parameters.contains(argument)) {
        outer.append(&mut arguments);
    }
    outer.retain(|word| *word != own);
    outer
}

/// The parameters of a type, right after its name.
pub fn parameters<'a>(signature: &'a str, own: &str) -> Vec<&'a str> {
    let Some(name) = words::places(signature, own).next() else { return vec![] };
    let rest = &signature[name.end..];
    let inside = rest.strip_prefix(['<', '[']).and_then(|rest| rest.split(['>', ']']).next());
    inside.map_or(vec![], |inside| words::all(inside).collect())
}

/// The type of an embedded field: one that is written alone, with its name used as the field's.
fn embedded<'a>(corpus: &'a Corpus, field: &Symbol) -> Option<&'a str> {
    let name = corpus.text(field.name);
    let signature = corpus.signature(field).trim_start().trim_start_matches('*');
    let path = signature.find(|letter| !words::is_word(letter) && letter != '.').unwrap_or(signature.len());
    let rest = &signature[path..];
    let is_alone = rest.starts_with('[') || rest.trim().is_empty() || rest.trim_start().starts_with(['`', '"', '/']);
    (is_alone && words::last(&signature[..path]) == name).then_some(name)
}
