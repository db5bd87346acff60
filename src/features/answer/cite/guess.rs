//! Whether a word that names nothing we know was meant as a file or a name in code, so that it should be marked.

use std::sync::LazyLock;

use regex::Regex;

use super::Checker;
use super::named::compiled;
use crate::features::answer::vocabulary::Vocabulary;
use crate::syntax::{Language, lists};
use crate::text::words;

/// Endings of files that also end the names of products: `Node.js`.
const PRODUCTS: &[&str] = &["js"];

/// What a path looks like that is none of ours.
pub(super) static PATH: LazyLock<Regex> = LazyLock::new(|| compiled(r"^(?:[^/\s]+/)*[\w@+\[\]().-]*\.[A-Za-z][A-Za-z0-9_+]{0,9}$"));
/// A name as written in code, with its owners, possibly followed by a call's brackets or type arguments.
pub(super) static NAME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^&?([A-Za-z_$][\w$]*(?:(?:::|\.|#|->)[A-Za-z_$][\w$]*)*)(\(.*\)|!|(?:::)?<.*>)?$"));

impl Checker<'_> {
    fn languages(&self) -> impl Iterator<Item = &Language> {
        self.session.shared.registry.languages().iter().map(|language| &**language)
    }

    /// Whether a word means the enclosing object in some language, such as `self`.
    fn is_ourselves(&self, word: &str) -> bool {
        self.languages().any(|language| language.types.is_own(word) || lists(&language.modules_by_place, word))
    }

    /// Whether something that looks like a path, but is none of ours, is meant as one: with a folder, if it is in backquotes or has an
    /// ending that our files have; without a folder, if its ending is not a member of anything.
    pub(super) fn is_file_name(&mut self, name: &str, in_quotes: bool) -> bool {
        let Some((stem, ending)) = name.rsplit_once('.') else { return false };
        if name.contains('/') {
            return in_quotes || self.vocabulary().has_ending(ending);
        }
        let index = &self.session.index;
        let member = index.name(ending).is_some_and(|id| !index.defined(id).is_empty());
        let plain = !name.contains(['(', '[', '+', '@']) && stem.len() > 1 && !self.is_ourselves(stem);
        let product = !in_quotes && PRODUCTS.contains(&ending);
        let may_be_file = plain && !product && self.vocabulary().has_ending(ending) && !self.stands(name);
        may_be_file && !(member && self.is_word(stem))
    }

    /// Whether the model was shown exactly this text.
    fn stands(&self, text: &str) -> bool {
        let seen = self.near.iter().filter_map(|path| self.session.snapshot.roots.resolve(path).ok());
        seen.filter_map(|path| self.session.snapshot.read(&path).ok()).any(|whole| whole.contains(text))
    }

    /// Whether something that names no file of ours is still meant as one, and not a host, a slice or a ratio: it has a folder, or ends
    /// like a file of the workspace.
    pub(super) fn may_be_path(&mut self, text: &str) -> bool {
        let unbalanced = |open, close| text.matches(open).count() != text.matches(close).count();
        if unbalanced('(', ')') || unbalanced('[', ']') {
            return false;
        }
        match text.trim_start_matches("./").split_once('/') {
            // An absolute path outside all roots. Code contains such paths of other machines.
            Some(("", path)) => !self.fences.in_code() && path.contains('/'),
            // Only something that ends like one of our paths may contain a space.
            Some((folder, _)) => PATH.is_match(text) || text.contains(' ') || self.vocabulary().has_folder(folder),
            None => {
                let ending = text.rsplit_once('.').map(|(_, ending)| ending);
                !text.contains(['(', '[']) && PATH.is_match(text) && ending.is_some_and(|ending| self.vocabulary().has_ending(ending))
            }
        }
    }

    /// Whether text in backquotes is written like a name in code, but is neither known to the index nor a word in any text (a table's key,
    /// a setting, something in a comment).
    pub(super) fn is_no_name(&mut self, code: &str) -> bool {
        let Some(found) = NAME.captures(code) else { return false };
        let (Some(name), behind) = (found.get(1), found.get(2)) else { return false };
        let parts: Vec<&str> = words::all(name.as_str()).collect();
        if parts.is_empty()
            || is_environment(parts[0])
            || self.languages().any(|language| language.libraries.iter().any(|begin| name.as_str().starts_with(begin.as_str())))
            || parts.len() == 1 && behind.is_none() && !is_compound(parts[0]) && !is_title(parts[0])
        {
            return false;
        }
        // A document with a name of its own.
        if parts.len() == 2 && behind.is_none() && name.as_str().contains('.') && self.find(code).is_some() {
            return false;
        }
        let index = &self.session.index;
        let known = |part: &str| index.name(part).is_some_and(|id| !index.users(id).is_empty() || !index.defined(id).is_empty());
        let unknown: Vec<&str> = parts.into_iter().filter(|part| !self.is_ourselves(part) && !known(part)).collect();
        let nowhere = index.files().next().is_some() && !unknown.into_iter().all(|part| self.is_word(part));
        nowhere && self.marked.insert(code.into())
    }

    /// Whether a word occurs in the workspace; what the model was shown, and what the answer names, is searched first.
    fn is_word(&mut self, word: &str) -> bool {
        let named = self.citations.iter().map(|place| &place.path);
        let first: Vec<String> = self.near.iter().chain(named).cloned().collect();
        let session = self.session;
        self.vocabulary().has_word(session, word, &first)
    }

    /// The words of the workspace's texts, gathered on first use.
    pub(super) fn vocabulary(&mut self) -> &mut Vocabulary {
        self.vocabulary.get_or_insert_with(|| Vocabulary::new(self.session))
    }
}

/// Whether a word is a shell variable: `$HOME`.
fn is_environment(word: &str) -> bool {
    word.starts_with('$') && !word.contains(|letter: char| letter.is_ascii_lowercase())
}

/// Whether a word is written as only code is: `snake_case`, `CamelCase`.
pub(super) fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches(['_', '$']);
    inner.contains(['_', '$']) || inner.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether a word is written like the name of a type: `Lexer`. In backquotes it is meant as one.
fn is_title(word: &str) -> bool {
    let word = word.trim_start_matches('$');
    word.len() > 3
        && word.starts_with(|letter: char| letter.is_ascii_uppercase())
        && word[1..].chars().all(|letter| letter.is_ascii_lowercase())
}
