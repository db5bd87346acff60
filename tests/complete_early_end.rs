//! A completion may end before the model does: when the hole is full, or when the time is up. The text so far is offered, and the model is
//! not asked for more.

use std::sync::Arc;
use std::time::Duration;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, EngineError, ErrorKind, Event, Finished, Timing};
use longsight::features::complete::{Completion, Params, complete};
use longsight::features::{Session, status};

use crate::support::workspace::{Workspace, target};

/// These pieces of text, one after the other.
fn pieces(texts: &[&str]) -> Vec<Step> {
    texts.iter().map(|text| Step::Event(Event::Text((*text).into()))).collect()
}

/// The same from a model that then says nothing for ever.
fn endless(texts: &[&str]) -> Vec<Step> {
    [pieces(texts), vec![Step::Hang]].concat()
}

/// The same from a server whose time is up.
fn late(texts: &[&str]) -> Vec<Step> {
    let words = "the answer was not complete after 5 s and was given up";
    [pieces(texts), vec![Step::Event(Event::Failed(EngineError::new(ErrorKind::TimedOut, words)))]].concat()
}

fn session(workspace: &Workspace, engine: Arc<Scripted>) -> Session {
    workspace.session(Config::default(), vec![("local".into(), engine as Arc<dyn Engine>)])
}

/// Completes behind `marked`; an answer that is never given is none within the time of a test.
async fn completed(session: &Session, path: &str, marked: &str) -> Result<Completion, EngineError> {
    let mut at = target(session, path, marked);
    at.bytes.start = at.bytes.end;
    let (params, cancel) = (Params { at, invoked: false, selected: None }, Cancel::new());
    let asked = complete(session, &params, &cancel);
    Box::pin(tokio::time::timeout(Duration::from_secs(60), asked)).await.expect("an end of the answer")
}

fn texts(completion: &Completion) -> Vec<&str> {
    completion.items.iter().map(|item| item.text.as_str()).collect()
}

const BODY: &str = "def count(words):\n    \n";

#[tokio::test]
async fn a_line_that_is_there_is_not_waited_for() {
    let workspace = Workspace::new(&[("a.py", "def f():\n    total = \n    return total\n")]);
    let engine = Scripted::without_fim([endless(&["1", "\n", "    return"])]);
    let session = session(&workspace, engine);
    assert_eq!(texts(&completed(&session, "a.py", "total = ").await.unwrap()), ["1"]);
    // It counts as an answer like any other.
    assert_eq!(status(&session)["decisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_block_behind_words_is_waited_for() {
    let workspace = Workspace::new(&[("a.py", "def f():\n    total = \n    return total\n")]);
    let engine = Scripted::without_fim([endless(&["Here is the rest:\n", "```python\n", "1\n```\n", "It counts."])]);
    assert_eq!(texts(&completed(&session(&workspace, engine), "a.py", "total = ").await.unwrap()), ["1"]);
}

#[tokio::test]
async fn a_statement_ends_where_the_next_one_begins() {
    let workspace = Workspace::new(&[("a.js", "function f(x) {\n  g();\n  \n}\n")]);
    let engine =
        Scripted::new([endless(&["if (x) {\n    h();\n", "\n    k();\n  }", "\n  el", "se {\n    z();\n  }\n", "  const a", " = 1;"])]);
    let completion = completed(&session(&workspace, engine), "a.js", "g();\n  ").await.unwrap();
    assert_eq!(texts(&completion), ["if (x) {\n    h();\n\n    k();\n  }\n  else {\n    z();\n  }"]);
    let timing = completion.timing.engine;
    assert!(timing.tokens_out > 0 && timing.total_ms > 0.0, "{timing:?}");
}

/// They were 0 of every answer that ended here, although the model had read the prompt and said so.
#[tokio::test]
async fn what_a_prompt_cost_is_known_of_an_answer_that_is_not_read_to_its_end() {
    let workspace = Workspace::new(&[("a.py", "def f():\n    total = \n    return total\n")]);
    let told = |tokens_out, mean| {
        let timing = Timing { tokens_reused: 30, tokens_decoded: 12, tokens_out, mean_logprob: Some(mean), ..Timing::default() };
        vec![Step::Event(Event::Cost(timing))]
    };
    let engine = Scripted::without_fim([[told(1, -0.5), pieces(&["1"]), told(2, -0.25), endless(&["\n", "    return"])].concat()]);
    let timing = completed(&session(&workspace, engine), "a.py", "total = ").await.unwrap().timing.engine;
    assert_eq!((timing.tokens_reused, timing.tokens_decoded, timing.tokens_out, timing.mean_logprob), (30, 12, 2, Some(-0.25)));
}

#[tokio::test]
async fn a_string_that_is_open_is_waited_for() {
    let workspace = Workspace::new(&[("a.rs", "fn f() {\n    g();\n    \n    h(s);\n}\n")]);
    let engine = Scripted::new([endless(&["let s = r#\"\n", "one\n", "two\n", "\"#;\n", "    let t", " = 1;\n"])]);
    assert_eq!(texts(&completed(&session(&workspace, engine), "a.rs", "g();\n    ").await.unwrap()), ["let s = r#\"\none\ntwo\n\"#;"]);
}

#[tokio::test]
async fn whole_lines_are_offered_when_time_is_up() {
    let workspace = Workspace::new(&[("a.py", BODY)]);
    let engine = Scripted::new([late(&["total = 0\n    for word in words:\n", "        total += 1\n    ret", "urn tot"])]);
    let session = session(&workspace, engine);
    let completion = completed(&session, "a.py", "    ").await.unwrap();
    assert_eq!(texts(&completion), ["total = 0\n    for word in words:\n        total += 1"]);
    // A server that is slow is well.
    assert_eq!(status(&session)["decisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_a_server_that_wrote_nothing_in_its_time_the_error_is_told() {
    let workspace = Workspace::new(&[("a.py", BODY)]);
    let error = completed(&session(&workspace, Scripted::new([late(&[])])), "a.py", "    ").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
}

#[tokio::test]
async fn how_sure_a_model_was_is_waited_for_where_another_may_be_asked() {
    let workspace = Workspace::new(&[("a.py", "def f():\n    x = 1\n    \n    return x\n")]);
    let mut config = Config::default();
    (config.roles.scout, config.roles.coder) = ("quick".into(), "strong".into());
    config.route.auto_coder = true;
    let timing = Timing { mean_logprob: Some(-3.0), ..Timing::default() };
    let unsure = [pieces(&["y = 1\n", "    z = 2\n"]), vec![Step::Event(Event::Done(Finished { timing, ..Finished::default() }))]].concat();
    let engines = [("quick", Scripted::new([unsure])), ("strong", Scripted::new([Scripted::text("y = 2")]))];
    let engines = engines.map(|(name, engine)| (name.to_string(), engine as Arc<dyn Engine>));
    let completion = completed(&workspace.session(config, engines.into()), "a.py", "x = 1\n    ").await.unwrap();
    assert_eq!(texts(&completion), ["y = 2"]);
}
