//! A question or message as far as code can answer it: the weights of its words, and where they occur in a text.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::syntax::tags::NumberMap;
use crate::text::words;

/// Words that nearly every question or message has.
const STOP_WORDS: &[&str] = &[
    "a",
    "add",
    "added",
    "all",
    "also",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "but",
    "by",
    "can",
    "change",
    "changes",
    "code",
    "could",
    "decide",
    "decided",
    "defined",
    "do",
    "does",
    "file",
    "fix",
    "fixes",
    "fixed",
    "for",
    "from",
    "function",
    "happen",
    "happens",
    "has",
    "have",
    "how",
    "if",
    "implemented",
    "in",
    "into",
    "is",
    "it",
    "its",
    "make",
    "makes",
    "more",
    "new",
    "no",
    "not",
    "now",
    "of",
    "on",
    "only",
    "or",
    "should",
    "so",
    "some",
    "than",
    "that",
    "the",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "use",
    "used",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "will",
    "with",
    "would",
];
/// The weight of a word below the first line; a word of the first line has 1.
const BODY_WEIGHT: f32 = 0.4;
/// Added to the weight of a word that is written as in code, as a share of that weight.
const CODE_BONUS: f32 = 0.35;
/// Added for a word that says where the rest happens, as `parser` in `parser: keep the last line`.
const SCOPE_BONUS: f32 = 0.5;
/// Added for a word that only says what kind of change a message is about, as `build` in `build(deps): …`.
const KIND_PENALTY: f32 = -0.8;
/// The kinds of changes that messages begin with, from the Conventional Commits specification and its variations in projects.
const CHANGE_KINDS: &[&str] =
    &["build", "chore", "ci", "doc", "docs", "feat", "feature", "fix", "perf", "refactor", "revert", "style", "test", "tests"];
/// Maximum different words of a sentence.
const MAX_WORDS: usize = 96;
/// The longest scope before a colon, in bytes.
const MAX_SCOPE_BYTES: usize = 32;

/// One word: the stem of a part of an identifier or, after a `=`, a whole identifier.
#[derive(Clone, Debug)]
pub struct Term {
    pub text: String,
    pub weight: f32,
    /// It comes before the colon of the first line.
    pub scope: bool,
}

/// The part of a message that contains a word.
#[derive(Clone, Copy)]
enum Where {
    /// The kind of change.
    Kind,
    /// Before the colon of the first line: where it happens.
    Scope,
    Text,
}

/// The words of a question or a message.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    pub terms: Vec<Term>,
    numbers: HashMap<String, u16>,
}

impl Sentence {
    /// Reads the words of a text and weighs them.
    pub fn new(text: &str) -> Self {
        let mut sentence = Self::default();
        let first_line = text.trim_start().lines().next().unwrap_or_default();
        let (kind, scope) = (kind(first_line), scope(first_line));
        for (number, line) in text.trim_start().lines().enumerate() {
            let weight = if number == 0 { 1.0 } else { BODY_WEIGHT };
            let mut offset = 0;
            for (at, stretch) in line.split('`').enumerate() {
                let quoted = at % 2 == 1;
                for (inside, word) in words::identifiers(stretch) {
                    let part = match offset + inside {
                        _ if number > 0 => Where::Text,
                        at if at < kind => Where::Kind,
                        at if at < scope => Where::Scope,
                        _ => Where::Text,
                    };
                    sentence.add(word, weight, quoted || is_code(word), part);
                }
                offset += stretch.len() + 1;
            }
        }
        sentence
    }

    fn add(&mut self, word: &str, weight: f32, code: bool, part: Where) {
        let of_part = match part {
            Where::Kind => KIND_PENALTY,
            Where::Scope => SCOPE_BONUS,
            Where::Text => 0.0,
        };
        let scope = matches!(part, Where::Scope);
        let weight = weight * (1.0 + if code { CODE_BONUS } else { 0.0 } + of_part);
        let parts =
            words::subwords(word).into_iter().filter(|part| !STOP_WORDS.contains(&part.as_str())).map(|part| stem(&part).into_owned());
        let whole = is_code(word).then(|| format!("={word}"));
        for text in parts.chain(whole) {
            match self.numbers.get(&text) {
                Some(known) => {
                    let term = &mut self.terms[usize::from(*known)];
                    term.weight = term.weight.max(weight);
                    term.scope |= scope;
                }
                None if self.terms.len() < MAX_WORDS => {
                    self.numbers.insert(text.clone(), self.terms.len() as u16);
                    self.terms.push(Term { text, weight, scope });
                }
                None => {}
            }
        }
    }

    /// Whether the sentence has this word.
    pub fn has(&self, word: &str) -> bool {
        self.numbers.contains_key(&*stem(word))
    }
}

/// Finds the words of a sentence in texts. Each identifier is judged once, however often it occurs.
pub struct Matcher<'a> {
    sentence: &'a Sentence,
    known: NumberMap<Box<str>, Box<[u16]>>,
}

impl<'a> Matcher<'a> {
    /// For the words of this sentence.
    pub fn new(sentence: &'a Sentence) -> Self {
        Self { sentence, known: NumberMap::default() }
    }

    /// Calls `each` for the sentence's words in a text: with the offset of the identifier around it, and the number of the word.
    pub fn find(&mut self, text: &str, mut each: impl FnMut(usize, u16)) {
        for (at, word) in words::identifiers(text) {
            if let Some(terms) = self.known.get(word) {
                terms.iter().for_each(|term| each(at, *term));
                continue;
            }
            let terms = self.terms_of(word);
            terms.iter().for_each(|term| each(at, *term));
            self.known.insert(word.into(), terms);
        }
    }

    fn terms_of(&self, word: &str) -> Box<[u16]> {
        let mut terms: Vec<u16> = vec![];
        let mut text = String::new();
        for part in words::subwords(word) {
            terms.extend(self.sentence.numbers.get(&*stem(&part)));
        }
        if is_code(word) {
            text.push('=');
            text.push_str(word);
            terms.extend(self.sentence.numbers.get(&text));
        }
        terms.into()
    }
}

/// Where the kind of change ends at the start of a message: before `(resolver)` in `fix(resolver): …`.
pub fn kind(line: &str) -> usize {
    let Some(heading) = line.get(..scope(line)) else { return 0 };
    let word = heading.trim_end_matches('!').split('(').next().unwrap_or_default();
    if CHANGE_KINDS.contains(&word.to_lowercase().as_str()) { word.len() } else { 0 }
}

/// Where the words before a heading's colon end: `resolver: …`, `fix(resolver): …`, but not `Fixes #12: …`.
fn scope(line: &str) -> usize {
    let Some(colon) = line.find(": ").filter(|at| *at <= MAX_SCOPE_BYTES) else { return 0 };
    let heading = &line[..colon];
    if heading.split_whitespace().count() <= 3 { colon } else { 0 }
}

/// Whether nearly every question or message has this word.
pub fn is_common(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// Whether a word is written in a way that only code is.
pub fn is_code(word: &str) -> bool {
    let inner = word.trim_matches('_');
    inner.contains('_') || inner.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Endings that do not change what a word is about, longest first.
const ENDINGS: &[&str] = &[
    "ization", "isation", "ations", "ation", "ingly", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e", "y",
];

/// Forms that questions have and code does not, with the stem that code has.
const IRREGULAR: &[(&str, &str)] = &[
    ("began", "begin"),
    ("begun", "begin"),
    ("bound", "bind"),
    ("broken", "break"),
    ("built", "build"),
    ("centre", "cent"),
    ("centred", "center"),
    ("centres", "cent"),
    ("chose", "choos"),
    ("chosen", "choos"),
    ("drawn", "draw"),
    ("found", "find"),
    ("given", "giv"),
    ("held", "hold"),
    ("hidden", "hid"),
    ("kept", "keep"),
    ("known", "know"),
    ("made", "mak"),
    ("ran", "run"),
    ("sent", "send"),
    ("shown", "show"),
    ("taken", "tak"),
    ("thrown", "throw"),
    ("written", "writ"),
    ("wrote", "writ"),
];

/// How stems end in British and in American spelling: `colour`, `serialis`, `analys`, `catalogu`, `cancell`.
const BRITISH: &[(&str, &str)] = &[("our", "or"), ("is", "iz"), ("ys", "yz"), ("ogu", "og"), ("ll", "l")];
/// What follows `our` in longer words: `favourite`, `behavioural`, `neighbourhood`.
const BEHIND_OUR: &[&str] = &["it", "al", "hood", "able", "ful", "less"];
/// The shortest stem whose spelling is normalised, in bytes. Shorter ones, such as `four`, `hour` and `rais`, would become other words. In
/// a longer one it does no harm if it means nothing, since it is done to all words alike.
const MIN_RESPELLED_LETTERS: usize = 6;

/// A word without its ending, in American spelling.
pub fn stem(word: &str) -> Cow<'_, str> {
    if let Ok(at) = IRREGULAR.binary_search_by_key(&word, |(form, _)| form) {
        return IRREGULAR[at].1.into();
    }
    // The `y` of `array` is not an ending: `arrays` keeps it.
    let goes_on = |stem: &str, end: &str| end == "y" && stem.ends_with(['a', 'e', 'o', 'u']);
    let cut = ENDINGS.iter().find_map(|end| word.strip_suffix(end).filter(|stem| stem.len() >= 3 && !goes_on(stem, end)));
    american(cut.unwrap_or(word))
}

fn american(stem: &str) -> Cow<'_, str> {
    if stem.len() < MIN_RESPELLED_LETTERS {
        return stem.into();
    }
    if let Some((start, end)) = BRITISH.iter().find_map(|(british, american)| Some((stem.strip_suffix(british)?, american))) {
        return format!("{start}{end}").into();
    }
    let longer = BEHIND_OUR.iter().find_map(|end| Some((stem.strip_suffix(end)?.strip_suffix("our")?, end)));
    match longer.filter(|(start, _)| start.len() >= 3) {
        Some((start, end)) => format!("{start}or{end}").into(),
        None => stem.into(),
    }
}
