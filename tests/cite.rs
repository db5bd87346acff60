//! What an answer names is checked before it is seen: in the stream and in the end, places and names.

use std::sync::{Arc, Mutex};

use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, ErrorKind, Event, Finished};
use longsight::features::AnswerEvent;
use longsight::features::answer::Answer;
use longsight::features::answer::cite::{Citation, NamedBy};
use longsight::features::ask::ask;
use longsight::features::explain::explain;
use longsight::features::silent;

use crate::support::workspace::{Workspace, target};

const FILES: [(&str, &str); 4] = [
    ("src/a.rs", "pub fn alpha() -> u32 {\n    beta_of(1)\n}\n\nfn beta_of(n: u32) -> u32 {\n    n\n}\n"),
    ("src/[id].rs", "pub struct Page;\n"),
    ("src/bin/tool", "#!/bin/sh\ntrue\n"),
    ("Makefile", "all:\n\ttrue\n"),
];

/// What the person sees as it is written, and what the answer is in the end.
async fn answered(text: &str) -> (String, Answer) {
    let (pieces, answer) = streamed(text).await;
    (pieces.concat(), answer)
}

/// The same in the pieces in which it comes from a model that writes a few letters at a time.
async fn streamed(text: &str) -> (Vec<String>, Answer) {
    streamed_in(&Workspace::new(&FILES), text).await
}

async fn streamed_in(workspace: &Workspace, text: &str) -> (Vec<String>, Answer) {
    let letters: Vec<char> = text.chars().collect();
    let tokens = letters.chunks(3).map(|token| Step::Event(Event::Text(token.iter().collect())));
    let script = tokens.chain([Step::Event(Event::Done(Finished::default()))]).collect();
    let (session, _) = workspace.with_coder(vec![script]);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let shown = seen.clone();
    let sink: longsight::features::Sink = Arc::new(move |piece| {
        if let AnswerEvent::Text(text) = piece {
            shown.lock().unwrap().push(text);
        }
    });
    let answer = ask(&session, "what is alpha?", &Cancel::new(), &sink).await.unwrap().answer;
    let seen = seen.lock().unwrap().clone();
    (seen, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_gives_locations_of_checked_places_only() {
    let workspace = Workspace::new(&FILES);
    for text in ["See src/a.rs:5-7 and none.rs:1.", "See [beta_of](src/a.rs#L5-L7) and [none](none.rs#L1) and [it](none.rs)."] {
        let (session, _) = workspace.with_coder(vec![Scripted::text(text)]);
        let locations = ask(&session, "where is beta_of?", &Cancel::new(), &silent()).await.unwrap().locations;
        assert!(locations[0].uri.ends_with("/src/a.rs"), "{locations:?}");
        assert_eq!((locations[0].range.start.line, locations[0].range.end.line), (4, 7));
        assert!(!locations.iter().any(|place| place.uri.contains("none.rs")), "{locations:?}");
    }
}

/// A link to a whole file was never found, and the name in one that leads to a line was not looked for there.
#[tokio::test(flavor = "multi_thread")]
async fn links_of_markdown_are_checked_as_other_places_are() {
    let workspace = Workspace::new(&FILES);
    let root = workspace.root().canonicalize().unwrap();
    for (text, marked) in [
        ("See [the sum](src/none.rs) there.", "the sum](src/none.rs) (not found) there"),
        ("See [the sum](src/none.rs#alpha) there.", "the sum](src/none.rs#alpha) (not found) there"),
        ("See [src/none.rs](src/none.rs) there.", "src/none.rs](src/none.rs) (not found) there"),
        ("See [src/none.rs:3](src/none.rs#L3) there.", "src/none.rs:3](src/none.rs#L3) (not found) there"),
        ("See [x](src/a.rs#L3C5-L999C1) there.", "x](src/a.rs#L3C5-L999C1) (not found) there"),
        ("See [x](src/a.rs#L999C1) there.", "x](src/a.rs#L999C1) (not found) there"),
    ] {
        let (pieces, answer) = streamed_in(&workspace, &format!("{text} And so on it goes.\n")).await;
        assert!(answer.text.contains(marked), "{marked}: {}", answer.text);
        assert_eq!(answer.text.matches("(not ").count(), 1, "{}", answer.text);
        assert!(!answer.citations.iter().any(|place| place.verified && place.from == NamedBy::Answer), "{:?}", answer.citations);
        assert_eq!(pieces.concat().trim(), answer.text.trim(), "what is streamed is what it comes to");
    }
    let absolute = format!("See [x](file://{}/src/a.rs#L5) there.", root.display());
    for (text, line, whole) in [
        ("See [the sum](src/a.rs) there.", 1, true),
        ("See [the sum](./src/a.rs), they say.", 1, true),
        ("See [src/a.rs](src/a.rs#alpha) there.", 1, true),
        ("See [the page](src/[id].rs) there.", 1, true),
        ("See ([`beta_of`](src/a.rs#L5)) there.", 5, false),
        ("See [`beta_of(n)`](src/a.rs#L5C1-L7C2) there.", 5, false),
        (&absolute, 5, false),
    ] {
        let (_, answer) = streamed_in(&workspace, &format!("{text}\n")).await;
        assert!(!answer.text.contains("(not "), "{}", answer.text);
        let path = if text.contains("[id]") { "src/[id].rs" } else { "src/a.rs" };
        let places: Vec<(&str, u32, bool)> = answer.citations.iter().map(|place| (&*place.path, place.line, place.verified)).collect();
        assert!(places.iter().all(|(.., verified)| *verified) && places.contains(&(path, line, true)), "{text}: {places:?}");
        // A file is no place of its own where lines of it were shown.
        let whole = whole && path != "src/a.rs";
        assert!(answer.citations.iter().any(|place| &*place.path == path && place.whole == whole), "{text}: {:?}", answer.citations);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_seen_word_by_word() {
    let (pieces, _) = streamed("It adds two numbers and gives back what comes of it, as `alpha()` in src/a.rs:1 does").await;
    assert!(pieces.len() > 10, "{pieces:?}");
    assert!(pieces.iter().any(|piece| piece.contains("`alpha()` in src/a.rs:1")), "what is named comes whole: {pieces:?}");
}

/// Promise 9: names were not checked at all, nor places in files without an ending or with brackets, and the stream showed all unchecked.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_names_is_checked_before_it_is_seen() {
    let rows = [
        ("It calls `frobnicate_all()` twice.", "`frobnicate_all()` (not in the index) twice"),
        ("See `Ghost::alpha` here.", "`Ghost::alpha` (not in the index) here"),
        ("See Makefile:99 there.", "Makefile:99 (not found) there"),
        ("It calls frobnicate_all() twice.", "frobnicate_all() (not in the index) twice"),
        ("The `Frobber` and the `Page` do it.", "`Frobber` (not in the index) and the `Page` do it."),
        ("A `$GhostError` is thrown.", "`$GhostError` (not in the index) is"),
        ("It calls `$ghostOf()` twice.", "`$ghostOf()` (not in the index) twice"),
        ("A `core.GhostThing` is made.", "`core.GhostThing` (not in the index) is"),
        ("See src/bin/tool:7 there.", "src/bin/tool:7 (not found) there"),
        ("See `src/a.rs`, line 900.", "line 900 (not found)."),
        ("See src/none.rs:1, and `src/gone.rs` too.", "src/none.rs:1 (not found), and `src/gone.rs` (not found) too"),
    ];
    for (text, marked) in rows {
        let (seen, answer) = answered(&format!("{text} More is said. `alpha()` stays.\n")).await;
        assert!(seen.contains(marked), "{seen}");
        assert_eq!(seen.trim(), answer.text.trim(), "what is streamed is what it comes to");
    }
    let (seen, answer) = answered("See `src/[id].rs:500`.").await;
    assert!(seen.contains("`src/[id].rs:500` (not found)"), "{seen}");
    assert!(answer.citations.iter().any(|place| place.path == "src/[id].rs" && place.line == 500 && !place.verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_and_what_is_no_name_of_ours_stays_as_it_is() {
    let text = "`alpha()` at src/a.rs:1 calls `beta_of`, see `src/[id].rs:1`, Makefile:2 and src/bin/tool:2 (lines 1-2 of src/a.rs:1-3). \
        At 12:30 on http://localhost:8080 and http://localhost:8080/a.rs:3, `true`, `u32`, `std::fs::read_to_string`, `a b`, `--flag`, and/or. \
        `self.alpha` as well.\n\n```rust\nlet made_up_name = 1; // not a citation\n```\n";
    let (seen, answer) = answered(text).await;
    assert!(!seen.contains("(not "), "{seen}");
    let places: Vec<(&str, u32, bool)> = answer.citations.iter().map(|place| (&*place.path, place.line, place.verified)).collect();
    for place in [("src/a.rs", 1, true), ("src/[id].rs", 1, true), ("Makefile", 2, true), ("src/bin/tool", 2, true)] {
        assert!(places.contains(&place), "{places:?}");
    }
    assert!(places.iter().all(|place| place.2), "{places:?}");
}

/// What was copied out of an answer did not compile: `buf[self.start:4 (not found)]`.
#[tokio::test(flavor = "multi_thread")]
async fn hosts_slices_and_proportions_are_no_files_and_code_stays_as_it_is() {
    let text = "Take `buf[self.start:4]` at example.com:8080, in version 2.x:1, TCP/IP:80 and `w/h:3`.\n\n```python\n\
        return buf[self.start:4]\n```\n";
    let (seen, answer) = answered(text).await;
    assert!(!seen.contains("(not "), "{seen}");
    assert!(answer.citations.iter().all(|place| place.verified), "{:?}", answer.citations);
    let (seen, answer) = answered("So:\n\n````text\n```\nat src/a.rs:500:3, and src/a.rs:1\n````\nThat is `no_such_fn()`.\n").await;
    assert!(seen.contains("at src/a.rs:500:3, and src/a.rs:1\n````\n\nIn this code: `src/a.rs:500:3` (not found).\n"), "{seen}");
    assert!(seen.contains("`no_such_fn()` (not in the index)"), "the block has ended: {seen}");
    assert_eq!(seen.trim(), answer.text.trim());
    assert!(answer.citations.iter().any(|place| place.line == 500 && !place.verified));
    let (seen, answer) = answered("```\nat src/a.rs:500").await;
    assert!(seen.contains("```\n\nIn this code: `src/a.rs:500` (not found)."), "{seen}");
    assert_eq!(seen.trim(), answer.text.trim());
    let (seen, _) = answered("It fails at src/a.rs:500:3, at none.rs:9 and at src/a.rs:2:5.").await;
    assert!(seen.contains("src/a.rs:500:3 (not found), at none.rs:9 (not found) and at src/a.rs:2:5."), "{seen}");
}

/// They were marked as if they were invented.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_stands_in_any_file_is_in_the_repository() {
    let files = [
        (
            "app/db.py",
            "import os\n\ndef connect():\n    \"\"\"Each has a user_quota.\"\"\"\n    return {\"session_ttl\": os.environ[\"DATABASE_URL\"]}\n",
        ),
        ("conf.json", "{\"retry_count\": 3}\n"),
        ("pyproject.toml", "[tool.black]\nmax_line_length = 100\n"),
    ];
    let text = "See `DATABASE_URL`, `session_ttl`, `retry_count`, `max_line_length` and `user_quota`, not `max_line_width`.";
    let (pieces, answer) = streamed_in(&Workspace::new(&files), text).await;
    let marked = text.replace("`max_line_width`", "`max_line_width` (not in the index)");
    assert_eq!((pieces.concat().trim(), answer.text.trim()), (&*marked, &*marked));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_a_hundred_things_is_checked_to_its_end() {
    let text: String = (0..100).map(|number| format!("It calls `no_fn_{number}()` there.\n")).collect();
    let (seen, _) = answered(&text).await;
    assert_eq!(seen.matches("(not in the index)").count(), 100, "{seen}");
    let files: Vec<(String, &str)> = (0..210).map(|number| (format!("src/f{number}.rs"), "fn f() {}\n")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let text: String = (0..210).map(|number| format!("See src/f{number}.rs:7 there.\n")).collect();
    let (pieces, answer) = streamed_in(&Workspace::new(&files), &text).await;
    let marks = |mark: &str| pieces.concat().matches(mark).count();
    assert_eq!((marks("(not found)"), marks("(not checked)")), (200, 10), "what was not read is said to be unchecked");
    assert!(answer.citations.iter().all(|place| !place.verified || place.from == NamedBy::Shown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_span_in_several_backquotes_is_one_span() {
    let (seen, answer) =
        answered("Use `` a ` b c d e f g h `` then `no_such_fn()` and ``Ghost::alpha``, or ~~~ here and `gone_fn()`.").await;
    for marked in ["`no_such_fn()` (not in the index)", "``Ghost::alpha`` (not in the index)", "`gone_fn()` (not in the index)"] {
        assert!(seen.contains(marked), "{seen}");
    }
    assert_eq!(seen.trim(), answer.text.trim());
}

/// Files without a line, lines before their file, lines in Chinese, and lines of no file were not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn files_without_lines_and_lines_without_files_are_checked() {
    let files = [
        ("src/a.rs", FILES[0].1),
        ("lib/cJSON.c", "int a;\nint b;\nstruct p { int h; } q;\n"),
        ("lib/cJSON.h", "int a;\n"),
        ("web/app.js", "go();\n"),
    ];
    let workspace = Workspace::new(&files);
    let rows = [
        ("It is in src/lexer.c, they say.", "src/lexer.c (not found), they"),
        ("It is in `src/lexer.c`.", "`src/lexer.c` (not found)."),
        ("See `lexer.c` and lexer.h.", "`lexer.c` (not found) and lexer.h (not found)."),
        ("See line 99999 of cJSON.c there.", "line 99999 of cJSON.c (not found) there"),
        ("See lines 2-99999 in the file `lib/cJSON.c`.", "`lib/cJSON.c` (not found)."),
        ("见 cJSON.c 第 99999 行。", "cJSON.c 第 99999 行 (not found)。"),
        ("定义在cJSON.c的第 2-500 行。", "第 2-500 行 (not found)。"),
        ("它在第99999行（cJSON.c）。", "cJSON.c (not found)）。"),
        ("In cJSON.c it goes on. More of it is on line 5000 there.", "line 5000 (not found) there"),
        ("More of it is on line 5000 there.", "line 5000 (not found) there"),
        ("In Datei `cJSON.c`, Zeile 700.", "Zeile 700 (not found)."),
        ("  File \"lib/cJSON.c\", line 77", "line 77 (not found)"),
    ];
    for (text, marked) in rows {
        let (pieces, answer) = streamed_in(&workspace, &format!("{text} And so on it goes.\n")).await;
        assert!(answer.text.contains(marked), "{marked}: {}", answer.text);
        assert_eq!(pieces.concat().trim(), answer.text.trim(), "what is streamed is what it comes to");
        let unfit = answer.citations.iter().filter(|place| !place.verified).count();
        let says_file = text.contains(".c") || text.contains(".h");
        assert_eq!(unfit > 0, says_file, "{text}: {:?}", answer.citations);
    }
    let there = "See lib/cJSON.c, `cJSON.h`, line 2 of cJSON.c, lines 1 to 3 of `lib/cJSON.c`, cJSON.c 第 3 行. It has `q.h` and q.h, uses \
        Node.js, e.g. version 1.h or i.e. 2.5, waits for line 1. The pipeline 3 ends, and line 2.5 is none; and/or http://a.c/b.c too.\n";
    let (pieces, answer) = streamed_in(&workspace, there).await;
    assert!(!answer.text.contains("(not "), "{}", answer.text);
    assert_eq!(pieces.concat().trim(), answer.text.trim());
    let places: Vec<(&str, u32, bool)> = answer.citations.iter().map(|place| (&*place.path, place.line, place.whole)).collect();
    for place in [("lib/cJSON.h", 1, true), ("lib/cJSON.c", 2, false), ("lib/cJSON.c", 1, false), ("lib/cJSON.c", 3, false)] {
        assert!(places.contains(&place), "{place:?} in {places:?}");
    }
    assert!(!places.contains(&("lib/cJSON.c", 1, true)), "a file is no place where its lines are: {places:?}");
}

/// A place counted as checked whatever was said to be there.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_beside_a_wrong_line_is_not_verified() {
    let filler: String = (0..40).map(|number| format!("// {number}\n")).collect();
    let code = format!("/// Doc.\n#[inline]\npub fn alpha() -> u32 {{\n    1\n}}\n{filler}pub fn omega() -> u32 {{\n    alpha()\n}}\n");
    let workspace = Workspace::new(&[("src/a.rs", &code)]);
    for text in [
        "`omega` (src/a.rs:3)",
        "`omega()` is defined in `src/a.rs:1-5`",
        "src/a.rs:3: `omega`",
        "`omega` is on line 3 of src/a.rs",
        "`omega` 定义在 src/a.rs:3",
        "[`omega`](src/a.rs#L3)",
    ] {
        let (pieces, answer) = streamed_in(&workspace, &format!("So: {text}, as it is.\n")).await;
        assert!(answer.text.contains(" (not at that line)"), "{}", answer.text);
        assert_eq!(pieces.concat().trim(), answer.text.trim());
        let named: Vec<_> = answer.citations.iter().filter(|place| place.from == NamedBy::Answer).collect();
        assert!(named.iter().all(|place| !place.verified) && !named.is_empty(), "{named:?}");
    }
    for text in [
        "`alpha` (src/a.rs:1)",
        "`Self::alpha()` at src/a.rs:4",
        "`alpha()` in src/a.rs:47 is called",
        "`omega` calls `alpha` at src/a.rs:47",
        "`omega` is told of after src/a.rs:3",
        "[`alpha`](src/a.rs#L3)",
        "[what `omega` calls](src/a.rs#L3)",
    ] {
        let (_, answer) = streamed_in(&workspace, &format!("So: {text}, as it is.\n")).await;
        assert!(!answer.text.contains("(not "), "{}", answer.text);
    }
}

/// The words between two code spans were taken for the name of what is at the second: of two right places one was said to be wrong.
#[tokio::test(flavor = "multi_thread")]
async fn words_between_two_places_in_backquotes_are_no_name() {
    let filler: String = (0..40).map(|number| format!("// {number}\n")).collect();
    let code = format!("pub fn alpha() -> u32 {{\n    1\n}}\n{filler}pub fn omega() -> u32 {{\n    alpha()\n}}\n");
    let workspace = Workspace::new(&[("src/a.rs", &code), ("src/b.rs", &code), ("c.rs", &code)]);
    let between = [" and ", " or ", " und ", " then ", " calls ", " via ", " et ", ", ", " (like ", " in "];
    let pairs = between.map(|word| format!("It is decided in `src/a.rs:20`{word}`src/b.rs:30`."));
    let others = [
        "`alpha` calls `src/a.rs:20`",
        "Both `alpha` and `omega` are decided by `src/a.rs:20`",
        "Between `src/a.rs` and `src/b.rs:26`",
        "Between ``src/a.rs`` and `src/b.rs:26`",
        "Files: `c.rs` (`src/b.rs:26`)",
        "[`c.rs`](c.rs#L26)",
    ];
    for text in pairs.iter().map(String::as_str).chain(others) {
        let (pieces, answer) = streamed_in(&workspace, &format!("{text}, as it is.\n")).await;
        assert!(!answer.text.contains("(not "), "{}", answer.text);
        assert_eq!(pieces.concat().trim(), answer.text.trim());
        let named: Vec<_> = answer.citations.iter().filter(|place| place.from == NamedBy::Answer && !place.whole).collect();
        assert_eq!(named.len(), text.matches("rs:").count().max(1), "{text}: {named:?}");
    }
    let (_, answer) = streamed_in(&workspace, "See `src/a.rs:20` and `omega` in `src/b.rs:20`.\n").await;
    assert!(answer.text.contains("`src/b.rs:20` (not at that line)"), "{}", answer.text);
}

/// Paths with blanks, quotes, commas or brackets, as pages of some frameworks have them.
pub const SPLIT: [&str; 8] = [
    "my dir/mein Modul.ts",
    "it's here/o'clock.ts",
    "a,b/c;d.ts",
    "[id].tsx",
    "(auth)/login.tsx",
    "app/(shop)/cart/page.tsx",
    "app/[slug]/page.tsx",
    "notes (old).md",
];

/// They were cut where a blank, a quote or a comma stood, and what was left of them was said not to be there.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_the_workspace_has_wins_over_how_words_are_cut() {
    let code: String = (1..=40).map(|number| format!("export const value{number} = {number};\n")).collect();
    let files: Vec<(&str, &str)> = SPLIT.iter().map(|path| (*path, &*code)).collect();
    let workspace = Workspace::new(&files);
    for path in SPLIT {
        let escaped = path.replace(' ', "%20");
        for (text, line) in [
            (format!("See `{path}:20` there."), 20),
            (format!("See {path}:20 there."), 20),
            (format!("See (`{path}`, line 20) there."), 20),
            (format!("See line 20 of `{path}` there."), 20),
            (format!("See line 20 of {path} there."), 20),
            (format!("See [the page]({escaped}#L20) there."), 20),
            (format!("See [`{path}`]({escaped}) there."), 1),
            (format!("See `{path}` there."), 1),
            (format!("See {path} there."), 1),
            (format!("| File | Line |\n|---|---|\n| {path} | 20 |"), 20),
        ] {
            let (pieces, answer) = streamed_in(&workspace, &format!("{text} And so on it goes.\n")).await;
            assert!(!answer.text.contains("(not "), "{}", answer.text);
            assert_eq!(pieces.concat().trim(), answer.text.trim(), "what is streamed is what it comes to");
            let places: Vec<_> = answer.citations.iter().filter(|place| place.from == NamedBy::Answer).collect();
            let is_it = |place: &&Citation| place.path == path && place.line == line && place.verified && place.whole == (line == 1);
            assert!(places.len() == 1 && places.iter().all(is_it), "{text}: {places:?}");
        }
        for (text, marked) in [
            (format!("See `{path}:99` there."), format!("`{path}:99` (not found) there")),
            (format!("See {path}:99 there."), format!("{path}:99 (not found) there")),
            (format!("See [the page]({escaped}#L99) there."), format!("({escaped}#L99) (not found) there")),
            (format!("```\nat {path}:99\n```"), format!("In this code: `{path}:99` (not found)")),
        ] {
            let (pieces, answer) = streamed_in(&workspace, &format!("{text}\nAnd so on it goes.\n")).await;
            // A bracket before a name may be written so that it opens nothing.
            assert!(answer.text.replace('\\', "").contains(&marked), "{marked}: {}", answer.text);
            assert_eq!(answer.text.matches("(not ").count(), 1, "{}", answer.text);
            assert_eq!(pieces.concat().trim(), answer.text.trim(), "what is streamed is what it comes to");
        }
    }
    let (_, answer) =
        streamed_in(&workspace, "See `dir/mein Modul.ts:20` and `your dir/gone.ts:3` and [it](my%20dir/gone.ts) there.\n").await;
    assert_eq!(answer.text.matches("(not found)").count(), 3, "{}", answer.text);
}

/// In an explanation a line without a file is one of what is explained.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_in_an_explanation_is_one_of_its_file() {
    let workspace = Workspace::new(&FILES);
    let text = "It adds on line 2. The rest is on line 5000.";
    let (session, _) =
        workspace.with_coder(vec![vec![Step::Event(Event::Text(text.into())), Step::Event(Event::Done(Finished::default()))]]);
    let mut at = target(&session, "src/a.rs", FILES[0].1);
    at.bytes = 0..10;
    let answer = explain(&session, &at, &Cancel::new(), &silent()).await.unwrap();
    assert_eq!(answer.text.trim(), "It adds on line 2. The rest is on line 5000 (not found).");
    let named: Vec<(&str, u32, bool)> = answer
        .citations
        .iter()
        .filter(|place| place.from == NamedBy::Answer)
        .map(|place| (&*place.path, place.line, place.verified))
        .collect();
    assert_eq!(named, [("src/a.rs", 2, true), ("src/a.rs", 5000, false)]);
}

/// It ended well, with places that nobody had named.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_is_an_error_that_says_what_helps() {
    let workspace = Workspace::new(&FILES);
    for events in [vec![], vec![Event::Text(" \n".into())], vec![Event::Reasoning("Well, well.".into())]] {
        let thought = events.iter().any(|event| matches!(event, Event::Reasoning(_)));
        let script = events.into_iter().chain([Event::Done(Finished::default())]).map(Step::Event).collect();
        let (session, _) = workspace.with_coder(vec![script]);
        let error = ask(&session, "what is alpha?", &Cancel::new(), &silent()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Garbled);
        assert!(error.message.contains("wrote no answer; ask again in other words"), "{error}");
        assert_eq!(error.message.contains("thought"), thought, "{error}");
    }
}

/// Models write places in other ways as well; these were neither checked nor returned.
#[tokio::test(flavor = "multi_thread")]
async fn places_are_checked_in_whatever_form_they_are_written() {
    let workspace =
        Workspace::new(&[("src/a.rs", FILES[0].1), ("tests/test_a.py", "class Suite:\n    def test_one(self):\n        pass\n")]);
    let root = workspace.root().canonicalize().unwrap();
    let (inside, outside) = (format!("{}/src/none.rs:3", root.display()), format!("{}/src/a.rs:3", root.display()));
    let rows = [
        ("See `src/a.rs`:999 there.", "`src/a.rs`:999 (not found) there"),
        ("See src/a.rs(999) there.", "src/a.rs(999) (not found) there"),
        ("See src/a.rs:L999 there.", "src/a.rs:L999 (not found) there"),
        ("See **src/a.rs** (L999) there.", "(L999) (not found) there"),
        ("See src/a.rs:4,999 there.", "src/a.rs:4,999 (not found) there"),
        ("See lines 1, 4 and 300 of src/a.rs there.", "src/a.rs (not found) there"),
        ("See src/a.rs, lines 1, 4 and 300 there.", "lines 1, 4 and 300 (not found) there"),
        ("See src\\none.rs:13 there.", "src\\none.rs:13 (not found) there"),
        (&inside, "none.rs:3 (not found)"),
        ("See /etc/passwd:1 there.", "/etc/passwd:1 (not found) there"),
        ("`src/a.rs` の 999 行目です。", "999 行目 (not found)です"),
        ("В src/a.rs на строке 999 это.", "строке 999 (not found) это"),
        ("See tests/test_a.py::Suite::test_two there.", "tests/test_a.py::Suite::test_two (not found) there"),
        ("See `tests/test_b.py::test_one` there.", "`tests/test_b.py::test_one` (not found) there"),
        ("| File | Line | What |\n|---|---:|---|\n| `src/a.rs` | 999 | It adds. |", "| 999 (not found) |"),
    ];
    for (text, marked) in rows {
        let (pieces, answer) = streamed_in(&workspace, &format!("{text}\n\nAnd so on it goes.\n")).await;
        assert!(answer.text.contains(marked), "{marked}: {}", answer.text);
        assert_eq!(answer.text.matches("(not ").count(), 1, "{}", answer.text);
        assert_eq!(pieces.concat().trim(), answer.text.trim(), "what is streamed is what it comes to");
    }
    let (_, answer) = streamed_in(&workspace, "See [x](src/a.rs#L999) there.\n").await;
    assert!(
        answer.citations.iter().any(|place| place.path == "src/a.rs" && place.line == 999 && !place.verified),
        "{:?}",
        answer.citations
    );
    assert!(answer.text.contains("(not found)"), "{}", answer.text);
    for (text, line) in [
        ("See `src/a.rs`:3 there.", 3),
        ("See src/a.rs(3) there.", 3),
        ("See [x](src/a.rs#L3) there.", 3),
        ("See src/a.rs:L3-L5 there.", 3),
        ("See **src/a.rs** (L3) there.", 3),
        ("See src/a.rs:1,3 there.", 3),
        ("See lines 1, 2 and 3 of src/a.rs there.", 3),
        ("See src\\a.rs:3 there.", 3),
        (&outside, 3),
        ("`src/a.rs` の 3 行目です。", 3),
        ("В src/a.rs на строке 3 это.", 3),
        ("| Path | Lines | What |\n|---|---|---|\n| src/a.rs | 3-5 | It adds. |", 3),
    ] {
        let (_, answer) = streamed_in(&workspace, &format!("{text}\n")).await;
        assert!(!answer.text.contains("(not "), "{}", answer.text);
        let there = answer
            .citations
            .iter()
            .any(|place| place.path == "src/a.rs" && place.line == line && place.verified && place.from == NamedBy::Answer);
        assert!(there, "{text}: {:?}", answer.citations);
    }
}

/// Some words were known in sentences and not in tables, or not where the stream is cut: the place was shown unchecked.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_for_a_line_is_one_in_a_sentence_in_a_table_and_in_the_stream() {
    let words = "line lines Zeile Zeilen ligne lignes linea línea lineas líneas linha linhas riga righe regel regels linii \
        строка строки строке строку строкой строк строкам строках строками";
    let words: Vec<&str> = words.split_whitespace().collect();
    let sentences: String = words.iter().map(|word| format!("Alpha `src/a.rs`, {word} 999.\n")).collect();
    let tables: String = words.iter().map(|word| format!("| X | {word} |\n|---|---|\n| src/a.rs | 999 |\n\n")).collect();
    for text in [sentences, tables] {
        let (seen, answer) = answered(&text).await;
        assert_eq!(seen.matches("999 (not found)").count(), words.len(), "{seen}");
        assert_eq!(seen.trim(), answer.text.trim(), "what is streamed is what it comes to");
    }
}

/// What looks like those forms and is no place stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn calls_counts_and_tables_of_numbers_are_no_places() {
    let text = "It calls alpha(999), waits on line 3, 500 items long, at 4,999 ms.\n\n| File | Bytes |\n|---|---|\n\
        | src/a.rs | 20480 |\n\nAnd a\\b:3 is no path, nor is and\\or, nor /srv/image:7.2.\n\n```\nat /usr/lib/x.py:3\n```\n";
    let (seen, answer) = answered(text).await;
    assert!(!seen.contains("(not "), "{seen}");
    assert!(answer.citations.iter().all(|place| place.verified), "{:?}", answer.citations);
}
