//! Every kind of engine and of request over HTTP, at every byte: an answer that is cut anywhere is a failure, one that only comes in
//! pieces is whole, and cancelling reaches the server wherever the answer is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use longsight::config::{EngineConfig, EngineKind};
use longsight::dialect::Fim;
use longsight::engine::http::{Limits, build_with};
use longsight::engine::{Answer, Ask, Cancel, Engine, EngineError, ErrorKind, Event, Request, collect};
use serde_json::{Value, json};

use crate::http::{call_delta, config, delta, finish, limits, question, request};
use crate::support::http::{Act, Asked, Server, events, lines, whole};

/// One way to ask a server, and what it answers.
struct Way {
    name: &'static str,
    config: EngineConfig,
    request: Request,
    answer: Vec<u8>,
    /// The last bytes that are needed: without them the answer is not whole.
    end: &'static str,
    text: &'static str,
    calls: usize,
}

/// Requests at once: each waits for the server most of its time.
const TOGETHER: usize = 32;

fn hole() -> Request {
    request(Ask::Fim(Fim { path: "a.rs".into(), prefix: "fn a() { ".into(), suffix: " }".into(), ..Fim::default() }))
}

fn ways() -> Vec<Way> {
    let openai = |model: &str, dialect: Option<&str>| EngineConfig {
        model: model.into(),
        dialect: dialect.map(String::from),
        ..config("openai", "")
    };
    let of = |kind: &str, base: EngineConfig| EngineConfig { kind: EngineKind::by_name(kind).unwrap(), ..base };
    let usage = json!({"id": "a", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}});
    let chat = || {
        let call = [call_delta(0, "c", "read_file", "{\"path\""), call_delta(0, "", "", ": \"ü\"}")];
        events(&[vec![delta("Hé")], call.to_vec(), vec![finish("tool_calls"), usage.clone()]].concat())
    };
    let texts = |parts: &[&str]| {
        let one = |part: &&str| json!({"id": "a", "choices": [{"index": 0, "text": part, "finish_reason": null}]});
        let end = json!({"id": "a", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]});
        events(&parts.iter().map(one).chain([end]).collect::<Vec<Value>>())
    };
    let dsml = [
        "Hé\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"read_file\">\n<｜DSML｜parameter na",
        "me=\"path\" string=\"true\">ü</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    ];
    let ollama = |key: &str, parts: &[&str], calls: bool| {
        let wrap = |text: &str| {
            if key == "content" { json!({"message": {"content": text}, "done": false}) } else { json!({"response": text, "done": false}) }
        };
        let mut documents: Vec<Value> = parts.iter().map(|part| wrap(part)).collect();
        if calls {
            documents.push(json!({"message": {"content": "", "tool_calls": [{"function": {"name": "read_file", "arguments": {"path": "ü"}}}]}, "done": false}));
        }
        documents.push(json!({"model": "tiny", "done": true, "done_reason": "stop"}));
        lines(&documents)
    };
    let way = |name, config, request, answer, end, text, calls| Way { name, config, request, answer, end, text, calls };
    vec![
        way("openai chat", openai("tiny", None), question(), chat(), "[DONE]", "Hé", 1),
        way("openai raw", openai("tiny", Some("deepseek-v3.2")), question(), texts(&dsml), "[DONE]", "Hé", 1),
        way("openai hole", openai("qwen2.5-coder", None), hole(), texts(&["to", "dó"]), "[DONE]", "todó", 0),
        way("deepseek chat", of("deepseek", openai("tiny", None)), question(), chat(), "[DONE]", "Hé", 1),
        way("deepseek hole", of("deepseek", openai("tiny", None)), hole(), texts(&["to", "dó"]), "[DONE]", "todó", 0),
        way("ollama chat", of("ollama", openai("tiny", None)), question(), ollama("content", &["H", "é"], true), "\"done\":true", "Hé", 1),
        way(
            "ollama raw",
            of("ollama", openai("tiny", Some("deepseek-v3.2"))),
            question(),
            ollama("response", &dsml, false),
            "\"done\":true",
            "Hé",
            1,
        ),
        way(
            "ollama hole",
            of("ollama", openai("tiny", None)),
            hole(),
            ollama("response", &["to", "dó"], false),
            "\"done\":true",
            "todó",
            0,
        ),
    ]
}

fn engine(way: &Way, server: &Server) -> Arc<dyn Engine> {
    // Nothing here is about time.
    let patient = Limits { first: Duration::from_secs(60), idle: Duration::from_secs(60), total: Duration::from_secs(120), ..limits() };
    build_with("test", &EngineConfig { base_url: Some(server.url.clone()), ..way.config.clone() }, patient).unwrap()
}

/// What is asked beside the answer: what a model can do.
fn capabilities(asked: &Asked) -> Option<Vec<Act>> {
    let shown = json!({"capabilities": ["completion", "insert", "tools"]}).to_string();
    (asked.path == "/api/show").then(|| vec![Act::Send(whole("200 OK", "application/json", &shown))])
}

async fn outcome(way: &Way, engine: &Arc<dyn Engine>, max_tokens: u32) -> (Result<Answer, EngineError>, usize) {
    let mut calls = 0;
    let events = engine.start(Request { max_tokens, ..way.request.clone() }, Cancel::new());
    let outcome = collect(events, |event| calls += usize::from(matches!(event, Event::Call(_)))).await;
    (outcome, calls)
}

fn max_tokens(asked: &Asked) -> usize {
    let body = &asked.body;
    body.get("max_tokens").or_else(|| body["options"].get("num_predict")).and_then(Value::as_u64).unwrap() as usize
}

#[tokio::test]
async fn g11_reset_after_every_byte_of_every_kind() {
    for way in ways() {
        let good = way.answer.clone();
        let server = Server::start(move |_, asked| {
            capabilities(asked).unwrap_or_else(|| vec![Act::Send(good[..max_tokens(asked)].to_vec()), Act::Reset])
        })
        .await;
        let engine = engine(&way, &server);
        let needed = String::from_utf8_lossy(&way.answer).rfind(way.end).unwrap();
        let lengths: Vec<usize> = (0..way.answer.len()).collect();
        for some in lengths.chunks(TOGETHER) {
            let asked = some.iter().map(|length| outcome(&way, &engine, *length as u32));
            for (length, (outcome, calls)) in some.iter().zip(join_all(asked).await) {
                let name = way.name;
                match outcome {
                    Err(error) => assert!(matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Protocol), "{name}, {length}: {error}"),
                    Ok(answer) => {
                        assert!(*length > needed, "{name}: {length} of {needed} was taken for a whole answer");
                        assert_eq!((answer.text.as_str(), calls), (way.text, way.calls), "{name}, {length}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn g9_an_answer_in_two_pieces_is_whole_wherever_it_is_torn() {
    for way in ways() {
        let good = way.answer.clone();
        let server = Server::start(move |_, asked| {
            capabilities(asked).unwrap_or_else(|| {
                let (first, second) = good.split_at(max_tokens(asked));
                vec![Act::Send(first.to_vec()), Act::Wait(Duration::from_millis(1)), Act::Send(second.to_vec())]
            })
        })
        .await;
        let engine = engine(&way, &server);
        // Every byte of the end, where the documents are short, and a third of the rest.
        let lengths: Vec<usize> = (1..way.answer.len()).filter(|at| at % 3 == 0 || at + 200 > way.answer.len()).collect();
        for some in lengths.chunks(TOGETHER) {
            let asked = some.iter().map(|length| outcome(&way, &engine, *length as u32));
            for (length, (outcome, calls)) in some.iter().zip(join_all(asked).await) {
                let answer = outcome.unwrap_or_else(|error| panic!("{}, torn at {length}: {error}", way.name));
                assert_eq!((answer.text.as_str(), calls), (way.text, way.calls), "{}, torn at {length}", way.name);
            }
        }
    }
}

#[tokio::test]
async fn g7_every_kind_is_tried_again_and_then_answers() {
    for way in ways() {
        let good = way.answer.clone();
        let trials = AtomicUsize::new(0);
        let server = Server::start(move |_, asked| {
            capabilities(asked).unwrap_or_else(|| {
                let status = ["500 Internal Server Error", "503 Service Unavailable"].get(trials.fetch_add(1, Ordering::SeqCst));
                let failure = |status: &&str| whole(status, "text/html", "<html>try later</html>");
                vec![Act::Send(status.map_or(good.clone(), failure))]
            })
        })
        .await;
        let engine = engine(&way, &server);
        let (outcome, _) = outcome(&way, &engine, 64).await;
        assert_eq!(outcome.map(|answer| answer.text).map_err(|error| error.message), Ok(way.text.to_string()), "{}", way.name);
    }
}

#[tokio::test]
async fn cancelling_any_kind_closes_its_connection() {
    for way in ways() {
        let head = way.answer[..way.answer.len() / 2].to_vec();
        let server = Server::start(move |_, asked| capabilities(asked).unwrap_or_else(|| vec![Act::Send(head.clone()), Act::Hang])).await;
        let engine = engine(&way, &server);
        let cancel = Cancel::new();
        let events = engine.start(way.request.clone(), cancel.clone());
        while !server.asked().iter().any(|asked| asked.path != "/api/show") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let cancelled = Instant::now();
        cancel.cancel();
        let left = tokio::time::timeout(Duration::from_secs(10), server.left()).await;
        assert!(left.is_ok(), "{}: the connection stays open", way.name);
        assert_eq!(collect(events, |_| {}).await.unwrap_err().kind, ErrorKind::Cancelled, "{}", way.name);
        assert!(cancelled.elapsed() < Duration::from_secs(10), "hang guard");
    }
}
