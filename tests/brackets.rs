//! What is found in a text beside its parser, with each key: brackets outside strings, and the ends of statements.

use std::time::Duration;

use longsight::syntax::{self, Registry, brackets};
use nix::time::{ClockId, clock_gettime};

/// How long this thread works on something; how long it waits for a busy machine does not count.
fn work<T>(on: impl FnOnce() -> T) -> (T, Duration) {
    let worked = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
    let before = worked();
    (on(), worked() - before)
}

/// B16: each quote of a list of words was looked for a raw string to the end of the text, and for its partner to the end of its line.
#[test]
fn b16_brackets_beside_many_quotes_are_found_in_linear_time() {
    let registry = Registry::new();
    for (path, word, end) in
        [("a.js", "\"word\",\n", ']'), ("a.py", "'word', ", ')'), ("a.cpp", "R\"x(word)x\", ", '}'), ("a.ts", "=/w/, ", ']')]
    {
        let surface = &registry.by_path(path).unwrap().surface;
        let text = format!("({}{end}", word.repeat(1_600_000 / word.len()));
        let (found, worked) = work(|| brackets::brackets(&text, surface));
        assert!(worked.as_secs() < 2, "{path}: {worked:?}");
        let found: Vec<char> = found.iter().map(|bracket| bracket.letter).collect();
        assert_eq!(found, ['(', end], "{path}");
    }
}

/// What a quote begins ends on its line, and a raw string where its own word says.
#[test]
fn brackets_in_strings_do_not_count() {
    let registry = Registry::new();
    for (path, text, expected) in [
        ("a.cpp", "a(R\"(])\", '(', R\"ab(\")]()ab\", \"(\\\")\")", "()"),
        ("a.cpp", "a(R\"seventeen_letters(]\", b", "("),
        ("a.cpp", "'\n(' [", "(["),
        ("a.rs", "f(r#\"]\"(\"#, '[', '\\'', {&'d e", "({"),
        ("a.js", "a = /[(/]\\/)/ + (b / c) / [d", "()["),
        ("a.js", "a = /(\n b", "("),
    ] {
        let found = brackets::brackets(text, &registry.by_path(path).unwrap().surface);
        assert_eq!(found.iter().map(|bracket| bracket.letter).collect::<String>(), expected, "{path}: {text}");
    }
}

/// B16: for each semicolon of a long line with a comment, all of the line before it was searched again, with each key.
#[test]
fn b16_the_ends_of_statements_on_a_long_line_are_found_in_linear_time() {
    let registry = Registry::new();
    let language = registry.by_path("a.c").unwrap();
    for remark in ["/* // */", "/*#*/"] {
        let text = format!("int f(void);\nvoid g(void){{\n{remark} {}\n}}\nint last;\n", "a=1;".repeat(100_000));
        let (parsed, whole) = work(|| syntax::parse(language, text.as_str()).unwrap());
        let typed = text.replacen("a=1;\n", "a=12;\n", 1);
        let (edited, key) = work(|| parsed.edited(typed.as_str()));
        assert!(edited.is_ok());
        assert!(key < whole * 3, "{remark}: {key:?} for a key, {whole:?} for the whole text");
    }
}
