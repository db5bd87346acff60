//! Answers that go in circles: what a small model says again and again is cut behind the first time, in the answer and as it is streamed.

use std::sync::{Arc, Mutex};

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, Event, Finished};
use longsight::features::answer::circles::kept;
use longsight::features::{AnswerEvent, Sink, explain::explain};

use crate::support::workspace::{Workspace, target};

const FIRST: &str = "The function adds two numbers.";
const ROUND: &str = "It takes the first number and the second one, and gives back what both come to. There is nothing else that it does, \
    so that a caller need not look at it again.";

#[test]
fn a_paragraph_said_three_times_is_kept_once() {
    let said = |times: usize, between: &str| format!("{FIRST}\n\n{}", vec![ROUND; times].join(between));
    for between in ["\n\n", " ", "\n"] {
        assert_eq!(kept(&said(3, between)), Some(said(1, between).len()), "{between:?}");
        assert_eq!(kept(&said(7, between)), Some(said(1, between).len()), "{between:?}");
        assert_eq!(kept(&said(2, between)), None, "{between:?}");
    }
    // Whatever comes of it in pieces.
    let long: String = (0..60).map(|number| format!("word{number} ")).collect();
    assert_eq!(kept(&format!("{FIRST} {}", long.repeat(3))), Some(FIRST.len() + long.len()));
}

#[test]
fn what_may_be_said_again_is_no_circle() {
    let rows = "| a | b | c | d | e | f | g | h | i | j |\n";
    let code = "```rust\nlet mut total = total + numbers . next ( ) . unwrap_or ( 0 ) ;\n".to_string()
        + &"total = total + numbers . next ( ) . unwrap_or ( 0 ) ;\n".repeat(9)
        + "```\n";
    let listed: String = (0..9).map(|number| format!("- `field_{number}` holds a number that the caller of it has set before\n")).collect();
    for text in [&rows.repeat(2), &code, &listed, "no, no, no, no, no, no, no, no", &"--- ".repeat(200), ""] {
        assert_eq!(kept(text), None, "{text}");
    }
}

/// One paragraph of several sentences was printed seven times.
#[tokio::test]
async fn an_explanation_that_goes_in_circles_ends_behind_the_first_round() {
    let workspace = Workspace::new(&[("lib.rs", "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n")]);
    let whole = format!("{FIRST}\n\n{}", [ROUND; 7].join("\n\n"));
    let pieces = whole.split_inclusive(' ').map(|word| Step::Event(Event::Text(word.into())));
    let script = pieces.chain([Step::Event(Event::Done(Finished::default()))]).collect();
    let engine = Scripted::new(vec![script]) as Arc<dyn Engine>;
    let session = workspace.session(Config::default(), vec![("local".into(), engine)]);
    let shown = Arc::new(Mutex::new(String::new()));
    let sink: Sink = {
        let shown = shown.clone();
        Arc::new(move |piece| {
            if let AnswerEvent::Text(text) = piece {
                shown.lock().unwrap().push_str(&text);
            }
        })
    };
    let answer = explain(&session, &target(&session, "lib.rs", "fn add"), &Cancel::new(), &sink).await.unwrap();
    assert!(answer.cut && answer.text.starts_with(FIRST), "{}", answer.text);
    assert!(answer.text.ends_with("it repeated itself.)*\n"), "{}", answer.text);
    assert_eq!(answer.text.matches("There is nothing else").count(), 1, "{}", answer.text);
    let shown = shown.lock().unwrap().clone();
    assert_eq!(shown.matches("There is nothing else").count(), 1, "{shown}");
    assert!(shown.ends_with("it repeated itself.)*\n"), "{shown}");
}
