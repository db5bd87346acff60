//! What servers over HTTP refuse, and what is made of it: answers of nothing, tools, prompts that are too long, keys; and what they say of
//! themselves that is not so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::config::{Config, EngineConfig};
use longsight::engine::http::{Limits, build_with};
use longsight::engine::{Engine, EngineError, ErrorKind, Finish, Refusal, Timing};
use longsight::features::complete::{self, Params};
use longsight::features::edit::Edited;
use longsight::features::{Session, Target, ask as questions, explain, silent};
use longsight::route::health::{FIRST_REST, Health, Leave};
use serde_json::{Value, json};

use crate::http::{ask, call_delta, config, delta, engine, finish};
use crate::support::http::{Act, Asked, Server, events, lines, whole};
use crate::support::workspace::{Workspace, instruct, target};

const CODE: &str = "def total(items):\n    result = 0\n    for item in items:\n        result += item\n    return result\n";
const SHORTER: &str = "def total(items):\n    return sum(items)\n";

/// Nothing here is about time.
fn limits() -> Limits {
    let long = Duration::from_secs(60);
    Limits {
        first: long,
        first_typing: long,
        first_invoked: long,
        idle: long,
        total: long,
        total_typing: long,
        total_invoked: long,
        list: long,
        ..crate::http::limits()
    }
}

fn patient(settings: &EngineConfig) -> Arc<dyn Engine> {
    build_with("local", settings, limits()).unwrap()
}

fn session(workspace: &Workspace, kind: &str, url: &str) -> Session {
    workspace.session(Config::default(), vec![("local".into(), patient(&config(kind, url)))])
}

fn refusal(status: &str, said: &str) -> Vec<Act> {
    vec![Act::Send(whole(status, "application/json", &json!({"error": {"message": said}}).to_string()))]
}

fn says(documents: &[Value]) -> Vec<Act> {
    vec![Act::Send(events(documents))]
}

fn posts(server: &Server) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.method == "POST" && asked.path != "/api/show").collect()
}

/// A list of models without the one that counts tells nothing.
fn no_list() -> Vec<Act> {
    vec![Act::Send(whole("404 Not Found", "application/json", "{}"))]
}

async fn shortened(session: &Session) -> Result<Edited, EngineError> {
    instruct(session, "a.py", CODE, "use sum()").await
}

fn proposes(code: &str) -> Vec<Value> {
    vec![call_delta(0, "q", "propose_edit", &json!({ "new_code": code }).to_string()), finish("tool_calls")]
}

/// Mistral and gateways to Anthropic's API answered 400 to `{"role": "assistant", "content": ""}`, and the edit died of it.
#[tokio::test]
async fn an_answer_of_nothing_does_not_end_an_edit() {
    let garbled = call_delta(0, "q", "propose_edit", "{\"new_code\": \"def tot");
    let thought = json!({"id": "a", "choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]});
    for first in [vec![finish("stop")], vec![thought, finish("stop")], vec![garbled, finish("tool_calls")]] {
        let answers = first.clone();
        let server = Server::start(move |_, asked| {
            let Some(messages) = asked.body["messages"].as_array() else { return no_list() };
            let is_empty = |value: &Value| value.as_str().is_none_or(|text| text.trim().is_empty());
            let strict =
                |message: &Value| message["role"] == "assistant" && is_empty(&message["content"]) && message["tool_calls"].is_null();
            match messages.len() {
                _ if messages.iter().any(strict) => refusal("400 Bad Request", "Assistant message must have either content or tool_calls"),
                2 => says(&answers),
                _ => says(&proposes(SHORTER)),
            }
        })
        .await;
        let workspace = Workspace::new(&[("a.py", CODE)]);
        let edited = shortened(&session(&workspace, "openai", &server.url)).await.unwrap();
        assert!(edited.diff.contains("+    return sum(items)"), "{}", edited.diff);
        let again = posts(&server)[1].body["messages"].to_string();
        match first.len() {
            1 => assert!(again.contains("the model answered with nothing"), "{again}"),
            _ if first[0]["choices"][0]["delta"]["reasoning_content"] == "hm" => {
                assert!(again.contains("the model only thought"), "{again}")
            }
            _ => assert!(again.contains("def tot") && again.contains("tool_calls"), "the model sees its own call: {again}"),
        }
    }
}

/// `functions.propose_edit:0`, or a name with blanks around it, "is no tool here".
#[tokio::test]
async fn a_tool_is_known_by_its_name_in_a_namespace() {
    for name in ["functions.propose_edit", "functions.propose_edit:0", " propose_edit\n"] {
        let server = Server::start(move |_, asked| {
            let call = call_delta(0, "q", name, &json!({ "new_code": SHORTER }).to_string());
            if asked.method == "POST" { says(&[call, finish("tool_calls")]) } else { no_list() }
        })
        .await;
        let workspace = Workspace::new(&[("a.py", CODE)]);
        let edited = shortened(&session(&workspace, "openai", &server.url)).await;
        assert!(edited.as_ref().is_ok_and(|edited| edited.steps.len() == 1), "{name:?}: {edited:?}");
    }
}

/// The result of one of two calls with the same id belonged to both of them.
#[tokio::test]
async fn two_calls_of_one_answer_have_two_ids() {
    let calls =
        [call_delta(0, "x", "read_file", "{\"path\": \"a\"}"), call_delta(1, "x", "read_file", "{\"path\": \"b\"}"), finish("tool_calls")];
    let server = Server::answering(says(&calls)).await;
    let answer = ask(&engine("openai", &server.url)).await.unwrap();
    assert_eq!(answer.calls.len(), 2);
    assert_ne!(answer.calls[0].id, answer.calls[1].id);
}

/// Every edit by a model of Ollama that only chats was refused, and so was every one by a vLLM without its parser of calls.
#[tokio::test]
async fn a_model_without_tools_is_asked_for_code() {
    let block = format!("```python\n{SHORTER}```");
    let show = json!({"capabilities": ["completion"], "model_info": {"general.architecture": "llama", "llama.context_length": 8192}});
    let said = json!({"message": {"role": "assistant", "content": block}, "done": false});
    let end = json!({"message": {"content": ""}, "done": true, "done_reason": "stop", "prompt_eval_count": 900});
    let ollama = Server::start(move |_, asked| match asked.path.as_str() {
        "/api/show" => vec![Act::Send(whole("200 OK", "application/json", &show.to_string()))],
        _ if !asked.body["tools"].is_null() => refusal("400 Bad Request", "tiny does not support tools"),
        _ => vec![Act::Send(lines(&[said.clone(), end.clone()]))],
    })
    .await;
    let workspace = Workspace::new(&[("a.py", CODE)]);
    let edited = shortened(&session(&workspace, "ollama", &ollama.url)).await.unwrap();
    assert!(edited.diff.contains("+    return sum(items)"), "{}", edited.diff);
    assert_eq!(posts(&ollama).len(), 1, "it has said so before");

    let said = "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set";
    let vllm = Server::start(move |_, asked| match asked.body["messages"].to_string() {
        _ if asked.method == "GET" => no_list(),
        _ if !asked.body["tools"].is_null() => refusal("400 Bad Request", said),
        words if words.contains("JSON object") => says(&[delta("Here: {\"comment\": \"Adds the items up.\"}"), finish("stop")]),
        _ => says(&[delta(&block), finish("stop")]),
    })
    .await;
    let session = session(&workspace, "openai", &vllm.url);
    for _ in 0..2 {
        let edited = shortened(&session).await.unwrap();
        assert!(edited.diff.contains("+    return sum(items)"), "{}", edited.diff);
    }
    assert_eq!(posts(&vllm).len(), 3, "one refusal is enough");
    // What is no code is asked for as an object.
    let edited = instruct(&session, "a.py", CODE, "document this").await.unwrap();
    assert!(edited.diff.contains("Adds the items up."), "{}", edited.diff);
}

/// A server that is slow has no smaller window for it.
#[tokio::test]
async fn g5_what_took_too_long_is_no_prompt() {
    let server = Server::answering(refusal("504 Gateway Timeout", "the upstream took too long to respond")).await;
    let engine = patient(&EngineConfig { context: Some(4096), ..config("openai", &server.url) });
    assert_eq!(ask(&engine).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(engine.known_caps().context, 4096);
}

/// A refusal of `tool_choice` is none of tools.
#[tokio::test]
async fn a_server_that_chooses_tools_itself_is_asked_with_them() {
    let server = Server::start(|_, asked| match &asked.body["tool_choice"] {
        Value::Null => says(&[delta("done"), finish("stop")]),
        _ => refusal("400 Bad Request", "deepseek-reasoner does not support this `tool_choice`"),
    })
    .await;
    assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "done");
    assert!(server.asked()[1].body["tools"].is_array());
}

/// A workspace with more in it than fits into a small window.
fn large() -> Workspace {
    let code: String = (0..120).map(|n| format!("def total_{n}(items):\n    result = {n}\n    return result + sum(items)\n\n\n")).collect();
    Workspace::new(&[("a.py", &code), ("b.py", &code.replace("total", "sum_up")), ("c.py", &code.replace("total", "count"))])
}

/// One in which more answers a question than fits into a small window.
fn telling() -> Workspace {
    let step = |k: usize| format!("    # The items that count in step {k}\n    result = result + sum(items[{k}:])\n");
    let steps: String = (0..20).map(step).collect();
    let files = (0..12).map(|n| (format!("part_{n}.py"), format!("def total_{n}(items):\n    result = {n}\n{steps}    return result\n")));
    let files: Vec<(String, String)> = files.collect();
    Workspace::new(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

fn at(session: &Session, marked: &str) -> Target {
    target(session, "a.py", marked)
}

/// A server with a window of 2,048 tokens, which says so in these words when something longer comes.
async fn narrow(words: &'static str) -> Server {
    Server::start(move |_, asked| {
        let tokens = asked.body["messages"].to_string().len() / 4 + asked.body["max_tokens"].as_u64().unwrap_or(0) as usize;
        match asked.method.as_str() {
            "GET" => no_list(),
            _ if tokens > 2048 => refusal("400 Bad Request", &words.replace("ASKED", &tokens.to_string())),
            _ => says(&[delta("It sums."), finish("stop")]),
        }
    })
    .await
}

/// What did not fit was a dead end for all but edits with tools, each time anew.
#[tokio::test]
async fn g5_a_prompt_that_is_too_long_is_made_shorter_once() {
    for words in [
        "This model's maximum context length is 2048 tokens. However, you requested ASKED tokens",
        "the request (ASKED tokens) exceeds the available context size (2048 tokens), try increasing it",
        "Input length ASKED exceeds maximum allowed token size 2048.",
        "The input (ASKED tokens) is longer than the model's context length (2,048 tokens).",
        "The input token count (ASKED) exceeds the maximum number of tokens allowed (2048).",
        "prompt is too long: ASKED tokens > 2048 maximum",
        "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: ASKED",
        "the input length exceeds the context length",
    ] {
        let server = narrow(words).await;
        let workspace = telling();
        let session = session(&workspace, "openai", &server.url);
        for wanted in [2, 3] {
            questions::ask(&session, "How does total sum up the items?", &Default::default(), &silent()).await.unwrap();
            assert_eq!(posts(&server).len(), wanted, "remembered: {words}");
        }
        let [first, second] = [0, 1].map(|number| posts(&server)[number].body["messages"].to_string().len());
        assert!(second < first && second > 2000, "{first} {second}: {words}");
    }
}

#[tokio::test]
async fn g5_explanations_completions_and_edits_are_made_shorter_as_well() {
    let words = "This model's maximum context length is 2048 tokens. However, you requested ASKED tokens";
    let workspace = large();
    let marked = "def total_60(items):\n    result = 60\n    return result + sum(items)\n";
    let server = narrow(words).await;
    let here = session(&workspace, "openai", &server.url);
    let whole = at(&here, "def total_0(items)");
    let whole = Target { bytes: 0..5000, ..whole };
    explain::explain(&here, &whole, &Default::default(), &silent()).await.unwrap();
    assert_eq!(posts(&server).len(), 2);

    let server = narrow(words).await;
    let here = session(&workspace, "openai", &server.url);
    let place = at(&here, marked);
    let params = Params { at: Target { bytes: place.bytes.start..place.bytes.start, ..place }, invoked: true, selected: None };
    complete::complete(&here, &params, &Default::default()).await.unwrap();
    assert_eq!(posts(&server).len(), 2);

    let server = narrow(words).await;
    let here = session(&workspace, "openai", &server.url);
    // The answer is no edit: what counts is that the model was asked.
    let error = instruct(&here, "a.py", marked, "use a loop").await.unwrap_err();
    assert!(error.message.contains("no edit came of it"), "{error}");

    // What cannot be made shorter says what helps.
    let server = narrow("This model's maximum context length is 300 tokens. However, you requested ASKED tokens").await;
    let here = session(&workspace, "openai", &server.url);
    let whole = Target { bytes: 0..5000, ..at(&here, marked) };
    let error = explain::explain(&here, &whole, &Default::default(), &silent()).await.unwrap_err();
    assert!(error.kind == ErrorKind::TooLong && error.message.contains("`context = 300`"), "{error}");
}

/// Whoever typed sent code to a server that refuses the key, with every letter.
#[test]
fn g4_who_types_sends_nothing_to_a_server_that_refuses_the_key() {
    let refused = |status: u16| EngineError {
        refusal: Some(Box::new(Refusal { status, said: "no".into(), retry_after: None })),
        ..EngineError::new(ErrorKind::Configuration, "no")
    };
    let start = Instant::now();
    let mut health = Health::default();
    health.failed(&refused(401), true, FIRST_REST, start);
    assert!(health.may_ask(true, start + Duration::from_secs(86_400)).is_err());
    assert_eq!(health.may_ask(false, start), Ok(Leave::Plain), "a person may try");
    health.failed(&refused(401), false, FIRST_REST, start);
    assert!(health.may_ask(true, start).is_err());
    health.succeeded(&Timing::default());
    assert_eq!(health.may_ask(true, start), Ok(Leave::Plain));
    // A model may be fetched meanwhile; one prompt that is refused says nothing of the next.
    health.failed(&refused(404), true, FIRST_REST, start);
    assert!(health.may_ask(true, start + Duration::from_secs(60)).is_err());
    assert_eq!(health.may_ask(true, start + Duration::from_secs(3600)), Ok(Leave::Trial));
    let mut health = Health::default();
    health.failed(&refused(400), true, FIRST_REST, start);
    assert_eq!(health.may_ask(true, start), Ok(Leave::Plain));
}

/// A window of 0 emptied every prompt in silence, whatever was configured.
#[tokio::test]
async fn a_window_of_nothing_is_one_that_is_not_known() {
    let lists = [
        (json!({"id": "tiny", "max_model_len": 0}), 8192, 32_768),
        (json!({"id": "tiny", "max_model_len": 1, "meta": {"n_ctx": null, "n_ctx_train": 4096}}), 4096, 4096),
        (json!({"id": "tiny", "meta": {"n_ctx": 0, "n_ctx_train": 0}}), 8192, 32_768),
    ];
    for (model, unset, set) in lists {
        let list = json!({ "data": [model] }).to_string();
        let server = Server::answering(vec![Act::Send(whole("200 OK", "application/json", &list))]).await;
        for (context, wanted) in [(None, unset), (Some(32_768), set)] {
            let settings = EngineConfig { context, ..config("openai", &server.url) };
            assert_eq!(patient(&settings).caps().await.unwrap().context, wanted, "{list} {context:?}");
        }
    }
    let show = json!({"capabilities": ["completion"], "model_info": {"llama.context_length": 0}}).to_string();
    let server = Server::answering(vec![Act::Send(whole("200 OK", "application/json", &show))]).await;
    assert_eq!(patient(&config("ollama", &server.url)).caps().await.unwrap().context, 8192);
}

/// The model was asked about nothing at all, and answered from memory.
#[tokio::test]
async fn a_window_without_room_for_the_repository_is_told() {
    let server = Server::start(|_, asked| match asked.method.as_str() {
        "GET" => vec![Act::Send(whole("200 OK", "application/json", r#"{"data": [{"id": "tiny", "max_model_len": 300}]}"#))],
        _ => says(&[delta("It sums."), finish("stop")]),
    })
    .await;
    let workspace = Workspace::new(&[("a.py", CODE)]);
    let session = session(&workspace, "openai", &server.url);
    let asked = questions::ask(&session, "What does total do?", &Default::default(), &silent()).await;
    let explained = explain::explain(&session, &target(&session, "a.py", CODE), &Default::default(), &silent()).await;
    for error in [asked.map(|_| ()).unwrap_err(), explained.map(|_| ()).unwrap_err()] {
        assert!(error.kind == ErrorKind::TooLong && error.message.contains("300 tokens"), "{error}");
    }
    assert!(posts(&server).is_empty());
}

/// Half a sentence behind `time_limit` was the whole answer.
#[tokio::test]
async fn g9_an_end_that_nobody_knows_is_told() {
    let ended = async |documents: Vec<Value>| {
        let server = Server::answering(says(&documents)).await;
        ask(&engine("openai", &server.url)).await
    };
    let said = |reason: Value| json!({"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    for word in ["time_limit", "timeout", "OTHER", "incomplete", "refusal"] {
        let answer = ended(vec![delta("Half of"), finish(word)]).await.unwrap();
        assert_eq!((answer.finished.reason, answer.finished.cut.as_deref()), (Finish::Length, Some(word)));
    }
    for word in ["max_output_tokens", "model_context_window_exceeded"] {
        let answer = ended(vec![delta("Half of"), finish(word)]).await.unwrap();
        assert_eq!((answer.finished.reason, answer.finished.cut), (Finish::Length, None), "{word}");
    }
    for (word, kind) in
        [("content-filter", ErrorKind::Unsupported), ("sensitive", ErrorKind::Unsupported), ("network_error", ErrorKind::Unavailable)]
    {
        assert_eq!(ended(vec![delta("Half of"), finish(word)]).await.unwrap_err().kind, kind, "{word}");
    }
    for good in ["stop", "STOP", "end_turn", "stop_sequence", "eos_token", "completed", "COMPLETE"] {
        assert_eq!(ended(vec![delta("All"), finish(good)]).await.unwrap().finished.reason, Finish::Stop, "{good}");
    }
    for good in [json!({"type": "stop"}), Value::Null, json!("")] {
        let answer = ended(vec![delta("All"), said(good)]).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finished.reason), ("All", Finish::Stop));
    }
    // Half a call is none, however the stream ends.
    let half = call_delta(0, "c", "read_file", "{\"path\": \"a");
    assert!(ended(vec![half, said(Value::Null)]).await.is_err());

    let server = Server::start(|_, asked| match asked.method.as_str() {
        "GET" => no_list(),
        _ => says(&[delta("Half of"), finish("time_limit")]),
    })
    .await;
    let workspace = Workspace::new(&[("a.py", CODE)]);
    let found = questions::ask(&session(&workspace, "openai", &server.url), "What?", &Default::default(), &silent()).await.unwrap();
    assert!(found.answer.cut && found.answer.text.contains("the server ended it: time"), "{}", found.answer.text);
}

/// "Wait a little", where the server had said an hour.
#[tokio::test]
async fn g6_how_long_a_server_wants_to_be_left_alone_is_told() {
    for (status, after, told) in
        [("429 Too Many Requests", "3600", "60 minutes"), ("503 Service Unavailable", "90", "90 s"), ("429 No", "90000", "25 hours")]
    {
        let head = format!("HTTP/1.1 {status}\r\nRetry-After: {after}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let server = Server::answering(vec![Act::Send(head.into_bytes())]).await;
        let error = ask(&engine("openai", &server.url)).await.unwrap_err();
        assert!(error.message.contains(told), "{error}");
    }
}

#[tokio::test]
async fn g6_a_server_that_does_not_answer_now_is_tried_again() {
    for status in ["408 Request Timeout", "425 Too Early", "529 Overloaded"] {
        let server = Server::start(move |number, _| match number {
            0 => vec![Act::Send(whole(status, "text/plain", ""))],
            _ => says(&[delta("done"), finish("stop")]),
        })
        .await;
        assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "done", "{status}");
    }
}

/// Servers that repeat the whole request in their refusal had none, and were not asked without the field that they do not take.
#[tokio::test]
async fn a_refusal_is_read_however_long_it_is() {
    for (length, whole_body) in [(100 << 10, true), (5 << 20, false)] {
        let server = Server::start(move |_, asked| {
            let detail = json!({"detail": [{"msg": "stream_options: Extra inputs are not permitted", "input": "x".repeat(length)}]});
            match asked.body.get("stream_options") {
                Some(_) => vec![Act::Send(whole("422 Unprocessable Entity", "application/json", &detail.to_string()))],
                None => says(&[delta("done"), finish("stop")]),
            }
        })
        .await;
        // The fields of a document that breaks off are in the order of its writer; here the message comes after what it is about.
        match ask(&engine("openai", &server.url)).await {
            Ok(answer) => assert_eq!(answer.text, "done"),
            Err(error) => assert!(!whole_body, "{error}"),
        }
    }
    let long = format!(r#"{{"error": {{"message": "temperature is not supported", "input": "{}"}}}}"#, "x".repeat(5 << 20));
    let server = Server::start(move |_, asked| match asked.body.get("temperature") {
        Some(_) => vec![Act::Send(whole("400 Bad Request", "application/json", &long))],
        None => says(&[delta("done"), finish("stop")]),
    })
    .await;
    assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "done");
}

#[tokio::test]
async fn an_encoding_that_is_none_is_no_compression() {
    let body = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("done"), finish("stop"));
    for (encoding, is_plain) in [("Identity", true), ("", true), ("identity, IDENTITY", true), ("gzip", false)] {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        let server = Server::answering(vec![Act::Send((head + &body).into_bytes())]).await;
        assert_eq!(ask(&engine("openai", &server.url)).await.is_ok(), is_plain, "{encoding:?}");
    }
}

#[tokio::test]
async fn why_a_model_will_not_answer_is_shown_and_documents_without_choices_are_passed_over() {
    let refuses = json!({"id": "a", "choices": [{"index": 0, "delta": {"refusal": "I will not."}}]});
    let none = json!({"id": "a", "choices": null});
    let server = Server::answering(says(&[none, refuses, finish("stop")])).await;
    assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "I will not.");
}

/// An answer of Ollama that ended for a reason nobody knows passed for a whole one.
#[tokio::test]
async fn g9_an_end_of_ollama_that_nobody_knows_is_told() {
    let ended = async |reason: Value| {
        let said = json!({"message": {"content": "Half of"}, "done": false});
        let end = json!({"message": {"content": ""}, "done": true, "done_reason": reason, "prompt_eval_count": 900});
        let server = Server::answering(vec![Act::Send(lines(&[said, end]))]).await;
        ask(&engine("ollama", &server.url)).await
    };
    for word in ["connection_closed", "unload"] {
        let answer = ended(json!(word)).await.unwrap();
        assert_eq!((answer.finished.reason, answer.finished.cut.as_deref()), (Finish::Length, Some(word)));
    }
    let answer = ended(json!("length")).await.unwrap();
    assert_eq!((answer.finished.reason, answer.finished.cut), (Finish::Length, None));
    for whole in [json!("stop"), json!("load"), json!(""), Value::Null] {
        assert_eq!(ended(whole.clone()).await.unwrap().finished.reason, Finish::Stop, "{whole}");
    }
    assert_eq!(ended(json!("aborted")).await.unwrap_err().kind, ErrorKind::Unavailable);
}

/// A person read that "an edit is a call of `propose_edit`".
#[tokio::test]
async fn what_the_model_should_do_is_told_to_the_model_alone() {
    let server = Server::start(|_, asked| match asked.method.as_str() {
        "GET" => no_list(),
        _ => says(&[delta("I would rather not."), finish("stop")]),
    })
    .await;
    let workspace = Workspace::new(&[("a.py", CODE)]);
    let error = shortened(&session(&workspace, "openai", &server.url)).await.unwrap_err();
    assert!(error.message.contains("the model answered with text where an edit was asked for"), "{error}");
    assert!(error.message.contains("in other words, or have a larger model do it"), "{error}");
    assert!(!error.message.contains("propose_edit"), "{error}");
    let asked = posts(&server);
    let told = asked[1].body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_string();
    assert!(told.contains("an edit is a call of `propose_edit`"), "{told}");

    // Two that differ: which of them was meant cannot be known.
    let twice = format!("{SHORTER}\n\ndef total(items):\n    return float(sum(items))\n");
    let server = Server::start(move |_, asked| match asked.method.as_str() {
        "GET" => no_list(),
        _ => says(&proposes(&twice)),
    })
    .await;
    let error = shortened(&session(&workspace, "openai", &server.url)).await.unwrap_err();
    assert!(error.message.contains("`total` would be in the file twice") && !error.message.contains("give"), "{error}");
    let told = posts(&server)[1].body["messages"].to_string();
    assert!(told.contains("would be in the file twice; give"), "{told}");
}

/// A window of less than a quarter of the one that was believed ended the work of the tools at its second refusal.
#[tokio::test]
async fn g5_work_with_tools_shrinks_until_it_fits_into_a_window_that_is_much_smaller() {
    let lines_of = |name: &str| (0..400).map(|n| format!("{name}_{n} = {n}\n")).collect::<String>();
    let (one, two) = (lines_of("one"), lines_of("two"));
    let workspace = Workspace::new(&[("a.py", CODE), ("one.py", &one), ("two.py", &two)]);
    let server = Server::start(|_, asked| {
        if asked.method == "GET" {
            return no_list();
        }
        let body = &asked.body;
        let letters = body["messages"].to_string().len() + body["tools"].to_string().len();
        // A window of 6,000 tokens, of which the refusal says no number.
        if letters / 4 + body["max_tokens"].as_u64().unwrap_or(0) as usize > 6000 {
            return refusal("400 Bad Request", "the prompt is too long");
        }
        let results = body["messages"].as_array().unwrap().iter().filter(|message| message["role"] == "tool").count();
        let (name, arguments) = match results {
            0 => ("read_file", json!({"path": "one.py"})),
            1 => ("read_file", json!({"path": "two.py"})),
            2 => {
                ("propose_edit", json!({"edits": [{"path": "a.py", "old": "    result = 0\n", "new": "    result = 1\n", "reason": "r"}]}))
            }
            _ => ("finish", json!({"summary": "done"})),
        };
        says(&[call_delta(0, &format!("call_{results}"), name, &arguments.to_string()), finish("tool_calls")])
    })
    .await;
    let settings = EngineConfig { context: Some(65_536), ..config("openai", &server.url) };
    let session = workspace.session(Config::default(), vec![("local".into(), patient(&settings))]);
    let edited = instruct(&session, "a.py", CODE, "begin at one, step by step").await.unwrap();
    assert!(edited.diff.contains("+    result = 1"), "{}", edited.diff);
    let answered = 4;
    assert!(posts(&server).len() >= answered + 2, "it was refused {} times", posts(&server).len() - answered);
}
