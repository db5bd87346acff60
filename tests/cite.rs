//! What an answer names is checked before it is seen: in the stream and in the end, places and names.

use std::sync::{Arc, Mutex};

use longsight::engine::scripted::Step;
use longsight::engine::{Cancel, Event, Finished};
use longsight::features::Piece;
use longsight::features::answer::Answer;
use longsight::features::ask::ask;
use longsight::features::cite::NamedBy;

use crate::support::workspace::Workspace;

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
        if let Piece::Text(text) = piece {
            shown.lock().unwrap().push(text);
        }
    });
    let answer = ask(&session, "what is alpha?", &Cancel::new(), &sink).await.unwrap().answer;
    let seen = seen.lock().unwrap().clone();
    (seen, answer)
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
