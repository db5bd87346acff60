//! Which words of a question are quotes, names of code or only other spellings, and in which order places come.

use longsight::context::{Kind, Part};

use super::ask_context::{asked, first, long_function};

/// Seven other files showed their best definition before the best file showed its second.
#[test]
fn the_second_definition_of_the_best_file_is_among_the_first() {
    let best = "/// The delay before a download is retried.\npub fn retry_delay(download: u32) -> u32 {\n    download\n}\n\n\
                /// Retries a download after its delay.\npub fn retried(download: u32) -> u32 {\n    retry_delay(download)\n}\n";
    let others: Vec<(String, String)> = (0..9)
        .map(|number| (format!("src/part_{number}.rs"), format!("pub fn work_{number}(download: u32) -> u32 {{\n    download\n}}\n")))
        .collect();
    let mut files = vec![("src/retry.rs", best)];
    files.extend(others.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let preview = asked(&files, "How is a download retried after a delay?", 2000);
    let is_of_best = |part: &Part| &*part.path == "src/retry.rs" && part.kind == Kind::Definition;
    let at: Vec<usize> = (0..preview.parts.len()).filter(|at| is_of_best(&preview.parts[*at])).collect();
    assert!(at.len() == 2 && at[1] < 5, "{at:?} of {:?}", preview.parts);
}

/// Messages were only looked up between marks.
#[test]
fn a_pasted_message_is_looked_up_without_marks() {
    let deep = long_function("install", "panic!(\"the lock is held by another process\");");
    let other = "/// The error of a lock: a process is held by another. Panics in main.\npub fn lock_of_another_process(held: u32) {}\n";
    let files = [("src/deep.rs", deep.as_str()), ("src/lock.rs", other)];
    for question in [
        "LockError: the lock is held by another process",
        "why this?\n  mine.errors.LockException: the lock is held by another process",
        "error[E12]: the lock is held by another process",
        "thread 'main' panicked at src/none.rs:10:5:\nthe lock is held by another process",
        "the lock is held by another process",
        "What do I do if it tells me that the lock is held by another process?",
    ] {
        let (path, text) = first(&asked(&files, question, 2000));
        assert!(path == "src/deep.rs" && text.contains("is held by another"), "{question}: {path}: {text}");
    }
}

/// Rows of words that many files have are said of many things.
#[test]
fn a_row_of_words_that_many_files_have_is_no_quote() {
    let many: Vec<(String, String)> = (0..6)
        .map(|number| {
            let text = format!("/// Must be a positive whole number.\npub fn check_{number}(value: i32) -> bool {{\n    value > 0\n}}\n");
            (format!("src/check_{number}.rs"), text)
        })
        .collect();
    let mut files: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("src/width.rs", "/// The width of a page, a positive number.\npub fn page_width(width: i32) -> i32 {\n    width\n}\n"));
    let (path, _) = first(&asked(&files, "Which page width must be a positive whole number?", 2000));
    assert_eq!(path, "src/width.rs");
}

/// A value in the middle of a short message left no row of three words that stands in the code.
#[test]
fn a_message_is_found_around_its_values() {
    let deep = long_function("visit", "panic!(\"block {name} defined twice\");\n    panic!(\"method not supported: {method}\");");
    let other = "/// The title of a block, defined not twice. A method, supported.\npub fn block_title(method: u32) {}\n";
    let files = [("src/deep.rs", deep.as_str()), ("src/block.rs", other)];
    for (question, line) in [
        ("Where does the error \"block 'title' defined twice\" come from?", "defined twice"),
        ("BlockError: block [title] defined twice", "defined twice"),
        ("Where does \"method not supported: (3, 4)\" come from?", "not supported"),
    ] {
        let (path, text) = first(&asked(&files, question, 2000));
        assert!(path == "src/deep.rs" && text.contains(line), "{question}: {path}: {text}");
    }
}

/// Each definition that is called like an acronym came before all that the question is about.
#[test]
fn an_acronym_is_no_name_of_code() {
    let files = [
        ("src/states.rs", "/// Turns states of an NFA into deterministic ones.\npub fn determinize(states: u32) -> u32 {\n    states\n}\n"),
        ("src/limits.rs", "pub const NFA: u32 = 1;\n"),
        ("src/kinds.rs", "pub enum Kind {\n    NFA,\n    Other,\n}\n"),
    ];
    for question in
        ["How are states of an NFA turned into those of a deterministic one?", "Where are deterministic states made of my NFA type?"]
    {
        assert_eq!(first(&asked(&files, question, 1000)).0, "src/states.rs", "{question}");
    }
    for question in ["where is the constant NFA set?", "how is the NFA constant set?", "where is `NFA` set?", "what is NFA?"] {
        assert_eq!(first(&asked(&files, question, 1000)).0, "src/limits.rs", "{question}");
    }
}

/// The last letter of `array` was taken for an ending, the one of `arrays` was not.
#[test]
fn a_plural_finds_its_singular() {
    let files = [("src/a.rs", "pub fn array_of_rows() {}\n"), ("src/b.rs", "pub fn deploy_rows() {}\n")];
    for (question, path) in [("Where are the arrays?", "src/a.rs"), ("Which thing deploys?", "src/b.rs")] {
        assert_eq!(first(&asked(&files, question, 300)).0, path, "{question}");
    }
}

/// Questions in British spelling found nothing in code in American spelling, and the other way round.
#[test]
fn british_and_american_spelling_find_each_other() {
    let american = [
        ("src/a.rs", "pub fn colored_neighbors() {}\n"),
        ("src/b.rs", "pub fn serializer_of_rows() {}\n"),
        ("src/c.rs", "pub fn analyze_rows() {}\n"),
        ("src/d.rs", "pub fn canceled_rows() {}\n"),
        ("src/e.rs", "pub fn favorite_rows() {}\n"),
        ("src/f.rs", "pub fn catalog_rows() {}\n"),
        ("src/g.rs", "pub fn center_rows() {}\n"),
    ];
    for (question, path) in [
        ("Which function colours neighbours?", "src/a.rs"),
        ("Where are they serialised?", "src/b.rs"),
        ("What analyses them?", "src/c.rs"),
        ("What happens when they are cancelled?", "src/d.rs"),
        ("Where are the favourites?", "src/e.rs"),
        ("Where is it catalogued?", "src/f.rs"),
        ("Where is the centre?", "src/g.rs"),
    ] {
        assert_eq!(first(&asked(&american, question, 300)).0, path, "{question}");
    }
    // Short words would become others.
    let short = [("src/a.rs", "pub fn hors_tor_priz_raiz() {}\n"), ("src/b.rs", "pub fn wait() {}\n")];
    let preview = asked(&short, "Where are four hours of a tour raised as a prise?", 300);
    assert!(!preview.parts.iter().any(|part| part.why.contains("shares words")), "{:?}", preview.parts);
}
