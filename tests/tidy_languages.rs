//! Invariants of the source itself: what is true of one language is data in `grammars`, and no code knows it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::tidy::{code, none, rust_files};

/// Models that are called after languages.
const NAME_LANGUAGES: &[&str] = &["src/dialect/family.rs"];

/// What is true of one language stands in `grammars`, under a key that says what it is: code asks for that, and for no language by its name.
#[test]
fn no_code_asks_for_a_language_by_its_name() {
    let registry = longsight::syntax::Registry::new();
    let names: Vec<String> = registry.languages().iter().map(|language| format!("\"{}\"", language.name)).collect();
    let files: Vec<_> = rust_files("src").into_iter().filter(|(file, _)| !NAME_LANGUAGES.contains(&file.as_str())).collect();
    let lines = files.iter().flat_map(|(file, text)| code(text).map(move |(number, line)| (file, number, line)));
    let asks = |line: &str| names.iter().any(|name| line.contains(name.as_str()));
    none(lines.filter(|(_, _, line)| asks(line)).map(|(file, number, line)| format!("{file}:{number}: {}", line.trim())).collect());
}

/// What the languages have of their own that code could look for: words, and signs of comments.
const WORDS: &str = "// /// //! /* */ /** # := => __all__ __init__ __main__ __name__ __new__ async await catch class cls const constructor \
    crate def default defer define delete do elif endif enum except export exports extends fn friend from func function ifdef \
    ifndef impl implements import include interface lambda let macro_rules mod module.exports mut namespace new nil noexcept \
    nullptr operator override package pragma private protected pub public raise require return self static struct super \
    template this throw throws trait typedef typename undefined use val var virtual void where while yield \"\"\"";

/// Where such a word means something else: a place, the words or all of them, and what they are there.
const NO_LANGUAGE: &[(&str, &[&str], &str)] = &[
    ("src/dialect/", &[], "the formats in which models and servers write calls and schemas, some of which are those of a language"),
    ("src/engine/", &["function", "require"], "keys and words of what servers say"),
    ("src/redact/", &[], "secrets are looked for in every text alike, whatever its language, and in what no grammar reads"),
    ("src/workspace/", &[], "names of files that tools make and read, and of the rules of git"),
    ("src/server/", &["#", "do", "from", "new"], "words to people, a heading for them, and keys of messages"),
    ("src/cli/", &["//", "#"], "a bar of progress, and what makes one prompt of a measurement another"),
    ("src/agent/", &["enum", "new"], "keys of the schemas and the arguments of tools"),
    ("src/features/ask/chores.rs", &["do", "package"], "words of questions"),
    ("src/features/answer/cite/guess.rs", &["js"], "the end of a product's name"),
    ("src/features/answer/cite/named.rs", &["from"], "words before the name of a file"),
    ("src/features/ask/named_places.rs", &[], "what people call things in questions"),
    ("src/features/ask/overview.rs", &["package"], "a word of questions"),
    ("src/features/ask/search.rs", &["where"], "a word of questions"),
    ("src/features/ask/search/count.rs", &["//", "#", "/*", "\"\"\""], "lines of any file, most of which no grammar reads"),
    ("src/features/edit/check/mod.rs", &["function"], "a field of the form that a model fills"),
    ("src/features/edit/forms", &["function"], "a field of the form that a model fills"),
    ("src/features/edit/fit/comment.rs", &[], "a model may write a comment as any language has it"),
    ("src/features/edit/extraction.rs", &["self", "this"], "how a function calls the object that it belongs to, with a word or without"),
    ("src/features/edit/fit/layout.rs", &["\"\"\"", "#", "//"], "a model may write a long string and a comment as any language has them"),
    ("src/features/edit/new_file.rs", &["this"], "a word of instructions"),
    ("src/features/edit/task/wording", &[], "words of instructions"),
    ("src/features/complete/again.rs", &["#"], "a sign that is typed, whatever it means"),
    ("src/syntax/brackets.rs", &["=>"], "an arrow, behind which an expression begins wherever there are arrows"),
    ("src/context/sentence.rs", &[], "words of questions"),
    ("src/context/receiver/modules.rs", &["default"], "how an import without a name is kept"),
    ("src/syntax/tags.rs", &[], "the names of kinds in queries"),
    ("src/syntax/walk.rs", &["import"], "tags of queries"),
    ("src/syntax/pattern.rs", &["function"], "a setting of queries"),
    ("src/syntax/place.rs", &["from"], "a setting of queries"),
    ("src/syntax/uses/call.rs", &["import"], "a tag of queries"),
    ("src/syntax/import.rs", &["default", "import", "package"], "tags of queries, and how an import without a name is kept"),
    ("src/syntax/scope.rs", &["trait"], "a field of trees"),
    ("src/syntax/value.rs", &["constructor", "function"], "fields of trees"),
    ("src/syntax/uses/assignment.rs", &["function"], "a field of trees"),
    ("src/syntax/claim.rs", &["*/"], "headers are claimed from one language of a family by another, with the comments of both"),
    ("src/syntax/blanks/again.rs", &["//"], "macros that no grammar knows, of languages with a preprocessor"),
    ("src/syntax/guard.rs", &["new"], "the end of a file's name until it is whole"),
    ("src/syntax/registry.rs", &["rs"], "what is made of the languages when this is built"),
];

/// What stands between quotes in a line of code.
fn literals(line: &str) -> Vec<String> {
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r##"r#"(.*?)"#|"((?:[^"\\]|\\.)*)""##).unwrap());
    let inside = |found: Captures<'_>| found.get(1).or(found.get(2)).map_or(String::new(), |inside| inside.as_str().to_string());
    QUOTED.captures_iter(line).map(inside).map(|inside| inside.replace("\\\"", "\"").replace("\\n", "\n")).collect()
}

/// The words of a language that a literal consists of, where it consists of such, or the extension of its files that it ends with.
fn of_a_language(literal: &str, extensions: &[&str]) -> Vec<String> {
    static FILLED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\w*\}").unwrap());
    let filled = FILLED.replace_all(literal, " ").into_owned();
    let sign = WORDS.split(' ').find(|word| filled.trim() == *word && !word.starts_with(char::is_alphanumeric));
    let is_known = |word: &str| WORDS.split(' ').any(|known| known == word);
    // A pattern has them among its signs.
    if filled.contains("(?") || filled.contains("\\b") {
        let parts = filled.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        return parts.filter(|word| is_known(word)).map(str::to_string).collect();
    }
    let bare = filled.trim_matches(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let words: Vec<String> = bare.split_whitespace().map(|word| word.trim_matches([',', '(', ')']).to_lowercase()).collect();
    let all = (1..=3).contains(&words.len()) && words.iter().all(|word| is_known(word));
    let end = bare.rsplit_once('.').map_or(bare, |(_, end)| end);
    let is_file = extensions.contains(&end) && (end != bare || literal.starts_with('.') || end.len() > 1 && literal == end);
    let named = is_file.then(|| end.to_string());
    sign.map(str::to_string).into_iter().chain(named).chain(words.into_iter().filter(|_| all)).collect()
}

/// Nor for the words, the comments and the files of one: these are data as well, and a new language has its own.
#[test]
fn no_code_knows_a_language_by_its_words() {
    let registry = longsight::syntax::Registry::new();
    let extensions: Vec<&str> = registry.languages().iter().flat_map(|language| language.extensions.iter().map(String::as_str)).collect();
    let mut broken = vec![];
    let mut needed = BTreeSet::new();
    for (file, text) in rust_files("src") {
        let known: Vec<_> = NO_LANGUAGE.iter().filter(|(place, ..)| file.starts_with(place)).collect();
        for (number, line) in code(&text) {
            for word in literals(line).iter().flat_map(|literal| of_a_language(literal, &extensions)) {
                let reason = known.iter().find(|(_, words, _)| words.is_empty() || words.contains(&word.as_str()));
                match reason {
                    Some((place, ..)) => drop(needed.insert(*place)),
                    None => broken.push(format!("{file}:{number}: `{word}` is for grammars/languages.toml: {}", line.trim())),
                }
            }
        }
    }
    broken.extend(
        NO_LANGUAGE.iter().filter(|(place, ..)| !needed.contains(place)).map(|(place, ..)| format!("{place}: nothing of it is needed")),
    );
    none(broken);
}
