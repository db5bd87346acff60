//! Servers over HTTP that lack something, are slow or have habits of their own, and are of use all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longsight::config::{Config, EngineConfig};
use longsight::dialect::{Chat, Message, Role};
use longsight::engine::http::{Endpoint, Limits, build, build_with};
use longsight::engine::{ANY_WINDOW, Answer, Ask, Cancel, Engine, EngineError, ErrorKind, Event, Priority, Request, RetryReason, collect};
use longsight::features::Target;
use longsight::features::complete::{self, Params};
use serde_json::{Value, json};

use crate::http::{ask, call_delta, config, delta, finish, request};
use crate::support::http::{Act, Asked, Server, events, head, lines, whole};
use crate::support::workspace::{Workspace, target};

fn good() -> Vec<Act> {
    vec![Act::Send(events(&[delta("done"), finish("stop")]))]
}

/// Nothing here is about time, unless it says so.
fn limits() -> Limits {
    let long = Duration::from_secs(60);
    Limits { first_typing: long, first_invoked: long, total_typing: long, total_invoked: long, list: long, ..crate::http::limits() }
}

fn engine(kind: &str, url: &str) -> Arc<dyn Engine> {
    build_with("test", &config(kind, url), limits()).unwrap()
}

/// What is asked while somebody types, of a model that talks.
fn typed(priority: Priority) -> Request {
    let chat = Chat { messages: vec![Message::new(Role::User, "Go on: x = ")], ..Chat::default() };
    Request { priority, ..request(Ask::Chat(chat)) }
}

async fn complete(engine: &Arc<dyn Engine>, priority: Priority) -> Result<Answer, EngineError> {
    collect(engine.start(typed(priority), Cancel::new()), |_| {}).await
}

fn with_context(url: &str, limits: Limits) -> Arc<dyn Engine> {
    build_with("test", &EngineConfig { context: Some(32_768), ..config("openai", url) }, limits).unwrap()
}

fn lists(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.method == "GET").count()
}

/// 405, 403, 429, 500, a redirect or a web page for `GET /v1/models` made every completion, explanation and edit fail.
#[tokio::test]
async fn a_server_without_a_list_of_its_models_is_used() {
    let statuses = ["403 Forbidden", "405 Method Not Allowed", "429 Too Many Requests", "500 Internal Server Error", "302 Found"];
    let mut lists_of = statuses.map(|status| vec![Act::Send(whole(status, "text/plain", ""))]).to_vec();
    lists_of.push(vec![Act::Send(whole("200 OK", "text/html", "<html>Welcome</html>"))]);
    lists_of.push(vec![Act::Hang]);
    for (number, list) in lists_of.into_iter().enumerate() {
        let server = Server::start(move |_, asked| if asked.method == "GET" { list.clone() } else { good() }).await;
        let engine = with_context(&server.url, Limits { list: Duration::from_millis(200), ..limits() });
        for _ in 0..3 {
            assert_eq!(engine.caps().await.unwrap().context, 32_768, "{number}");
            assert_eq!(ask(&engine).await.unwrap().text, "done", "{number}");
        }
        assert_eq!(lists(&server), 1, "what is configured is known without a list: {number}");
    }
    // Who refuses the key refuses it for all.
    let server = Server::answering(vec![Act::Send(whole("401 Unauthorized", "application/json", "{}"))]).await;
    assert_eq!(with_context(&server.url, limits()).caps().await.unwrap_err().kind, ErrorKind::Configuration);
}

/// While somebody types, each key takes the place of the one before: the list was asked for anew each time, and never came.
#[tokio::test]
async fn a_list_that_does_not_come_is_waited_for_once() {
    let server = Server::start(|_, asked| if asked.method == "GET" { vec![Act::Hang] } else { good() }).await;
    let engine = build_with("test", &config("openai", &server.url), Limits { list: Duration::from_millis(400), ..limits() }).unwrap();
    for _ in 0..6 {
        let _ = tokio::time::timeout(Duration::from_millis(100), engine.caps()).await;
    }
    assert_eq!(engine.caps().await.unwrap().context, 8192);
    assert_eq!(lists(&server), 1);
}

/// uvicorn closes a kept connection after five seconds, in the moment when the next request comes: "the connection broke, try again".
#[tokio::test]
async fn g11_a_kept_connection_that_is_reset_is_no_failure() {
    let body = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("done"), finish("stop"));
    let kept = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let server = Server::start(move |_, _| vec![Act::Send(kept.clone().into_bytes()), Act::ResetNext]).await;
    let engine = engine("openai", &server.url);
    for number in 0..4 {
        let answer = complete(&engine, Priority::Typing).await;
        assert_eq!(answer.unwrap_or_else(|error| panic!("{number}: {error}")).text, "done");
    }
}

/// Gateways written in JavaScript cut between the two units of a character.
#[tokio::test]
async fn halves_of_a_character_in_two_chunks_are_one() {
    let piece = |text: &str| format!("data: {{\"id\":\"a\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let pieces = [r"a\ud83d", r"\ude00 b \ud83d\ude00 \\ud83d", r" \ud83d", " c", r"\ude00"].map(piece).concat();
    let sent = format!("{pieces}data: {}\n\ndata: [DONE]\n\n", finish("stop"));
    let server = Server::answering(vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(sent.into_bytes())]).await;
    assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "a😀 b 😀 \\ud83d  c\u{fffd}");
}

/// All but the first piece was dropped, and the answer "broke off before its end".
#[tokio::test]
async fn g18_an_id_for_every_document_is_none() {
    let said = |id: &str, text: &str, finish: Value| json!({"id": id, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]});
    let each = [said("1", "a", Value::Null), said("2", "b", Value::Null), said("3", "c", Value::Null), said("4", "", json!("stop"))];
    let first = [said("1", "a", Value::Null), said("2", "b", Value::Null), said("2", "c", json!("stop"))];
    for documents in [each.as_slice(), first.as_slice()] {
        let server = Server::answering(vec![Act::Send(events(documents))]).await;
        assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "abc");
    }
}

/// Ten whole lines had come after five seconds, and were thrown away; who had asked for them waited no longer than who types.
#[tokio::test]
async fn what_has_come_when_time_is_up_is_with_the_error_and_who_asks_waits_longer() {
    let times = Limits { total_typing: Duration::from_millis(1200), idle: Duration::from_secs(60), ..limits() };
    let text = |text: &str| Act::Send(format!("data: {}\n\n", delta(text)).into_bytes());
    let end = Act::Send(format!("data: {}\n\ndata: [DONE]\n\n", finish("stop")).into_bytes());
    let wait = Act::Wait(Duration::from_secs(3));
    let acts = vec![Act::Send(head("200 OK", "text/event-stream")), text("a()\n"), text("b()\n"), wait, text("c()"), end];
    let server = Server::answering(acts).await;
    let engine = with_context(&server.url, times);
    let error = complete(&engine, Priority::Typing).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    // A line break at the end may belong to a call that never came.
    assert_eq!(error.partial.trim_end(), "a()\nb()");
    assert_eq!(complete(&engine, Priority::Invoked).await.unwrap().text, "a()\nb()\nc()");
}

/// A hole that is full needs no more: the model stops as soon as nobody listens.
#[tokio::test]
async fn an_answer_that_nobody_takes_any_more_is_closed_at_once() {
    let begun = format!("data: {}\n\n", delta("x")).into_bytes();
    let server = Server::answering(vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(begun), Act::Hang]).await;
    // No limit ends it.
    let never = Duration::from_secs(3600);
    let engine = with_context(&server.url, Limits { idle: never, total_typing: never, ..limits() });
    let mut events = engine.start(typed(Priority::Typing), Cancel::new());
    assert!(events.recv().await.is_some());
    drop(events);
    tokio::time::timeout(Duration::from_secs(20), server.left()).await.expect("the connection stays open");
}

fn thought(text: &str) -> Value {
    json!({"id": "a", "model": "tiny", "choices": [{"index": 0, "delta": {"reasoning_content": text}}]})
}

fn quiet(asked: &Asked) -> bool {
    asked.body["chat_template_kwargs"]["enable_thinking"] == json!(false)
}

/// Qwen3 and its like think unless told not to: all tokens of a completion went there, and nothing came.
#[tokio::test]
async fn a_model_that_thinks_unasked_is_told_not_to_for_completions() {
    let server = Server::start(|_, asked| match quiet(asked) {
        true => good(),
        false => vec![Act::Send(events(&[thought("hm"), thought(" well"), finish("length")]))],
    })
    .await;
    let engine = engine("openai", &server.url);
    // The record of what is sent said that it was sent again, and nothing of why.
    let mut why = vec![];
    let each = |event: &Event| why.extend(if let Event::SentAgain(again) = event { Some(*again) } else { None });
    assert_eq!(collect(engine.start(typed(Priority::Typing), Cancel::new()), each).await.unwrap().text, "done");
    assert_eq!(why, [RetryReason::Thinks]);
    assert_eq!(complete(&engine, Priority::Invoked).await.unwrap().text, "done");
    assert_eq!(server.asked().iter().map(quiet).collect::<Vec<_>>(), [false, true, true]);
    // Elsewhere it may think.
    assert_eq!(complete(&engine, Priority::Normal).await.unwrap().reasoning, "hm well");
}

/// A model without these limits was told not to think, and kept short and without a temperature, since the one before it was.
#[tokio::test]
async fn another_model_does_not_inherit_what_the_one_before_has_taught() {
    let is_swapped = Arc::new(AtomicBool::new(false));
    let swapped = is_swapped.clone();
    let server = Server::start(move |_, asked| {
        let named = |model: &str| json!({"id": "a", "model": model, "choices": [{"index": 0, "delta": {"content": "done"}}]});
        if swapped.load(Ordering::Relaxed) {
            return vec![Act::Send(events(&[named("roomy"), finish("stop")]))];
        }
        let error = |said: &str| refusal("400 Bad Request", &json!({"error": {"message": said}}));
        match &asked.body {
            body if body["max_tokens"].as_u64() > Some(1024) => error("max_tokens is too large: this model supports at most 1024"),
            body if body.get("temperature").is_some() => error("temperature is not supported"),
            _ if !quiet(asked) => vec![Act::Send(events(&[thought("hm"), finish("length")]))],
            _ => vec![Act::Send(events(&[named("tiny"), finish("stop")]))],
        }
    })
    .await;
    let engine = with_context(&server.url, limits());
    let asks = async || {
        let request = Request { max_tokens: 4096, ..typed(Priority::Typing) };
        assert_eq!(collect(engine.start(request, Cancel::new()), |_| {}).await.unwrap().text, "done");
        server.asked().pop().map(|asked| (quiet(&asked), asked.body["max_tokens"].as_u64(), asked.body.get("temperature").is_some()))
    };
    assert_eq!(asks().await, Some((true, Some(1024), false)));
    assert!(engine.known_caps().thinks);
    is_swapped.store(true, Ordering::Relaxed);
    // The answer to this one says that the model is another.
    asks().await;
    assert_eq!(asks().await, Some((false, Some(4096), true)));
    assert!(!engine.known_caps().thinks);
}

#[tokio::test]
async fn a_server_that_refuses_the_switch_for_thinking_is_asked_without() {
    let server = Server::start(|_, asked| match quiet(asked) {
        true => vec![Act::Send(whole("422 Unprocessable Entity", "application/json", "{\"detail\": \"extra fields not permitted\"}"))],
        false => vec![Act::Send(events(&[thought("hm"), delta("done"), finish("stop")]))],
    })
    .await;
    let engine = engine("openai", &server.url);
    for _ in 0..2 {
        let answer = complete(&engine, Priority::Typing).await.unwrap();
        assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), ("hm", "done"));
    }
    assert_eq!(server.asked().iter().map(quiet).collect::<Vec<_>>(), [false, true, false, false]);
}

#[tokio::test]
async fn ollama_models_that_think_are_told_not_to_for_completions() {
    let end = json!({"model": "tiny", "message": {"role": "assistant", "content": "1"}, "done": true, "done_reason": "stop"});
    for thinks in [true, false] {
        let said = if thinks { json!(["completion", "thinking"]) } else { json!(["completion"]) };
        let (shown, end) = (json!({ "capabilities": said }).to_string(), end.clone());
        let server = Server::start(move |_, asked| match asked.path.as_str() {
            "/api/show" => vec![Act::Send(whole("200 OK", "application/json", &shown))],
            _ => vec![Act::Send(lines(std::slice::from_ref(&end)))],
        })
        .await;
        let engine = engine("ollama", &server.url);
        engine.caps().await.unwrap();
        complete(&engine, Priority::Typing).await.unwrap();
        complete(&engine, Priority::Normal).await.unwrap();
        let said: Vec<Option<Value>> = server.asked().iter().skip(1).map(|asked| asked.body.get("think").cloned()).collect();
        // One that cannot think refuses the switch.
        assert_eq!(said, [thinks.then_some(json!(false)), None], "{thinks}");
    }
}

/// Providers' pages show the whole address of a call: `/v1/chat/completions/completions` was asked for.
#[test]
fn a_base_url_with_the_call_in_it_is_understood() {
    let path = |url: &str| Endpoint::parse("x", url).unwrap().path().to_string();
    assert_eq!(path("http://127.0.0.1:1/v1/chat/completions"), "/v1");
    assert_eq!(path("http://127.0.0.1:1/openai/v1/completions/"), "/openai/v1");
    assert_eq!(path("http://127.0.0.1:1/api/chat"), "");
    assert_eq!(path("http://127.0.0.1:1/completions-of-ours"), "/completions-of-ours");
}

/// The preview showed what is never sent: of a window of 8K tokens nothing was known before the first request.
#[test]
fn the_configured_window_is_known_before_anything_is_asked() {
    let window = |kind: &str, context| {
        let engine = build("test", &EngineConfig { context, ..config(kind, "http://127.0.0.1:1") }).unwrap();
        engine.known_caps().context
    };
    assert_eq!([window("openai", Some(8192)), window("ollama", Some(8192)), window("deepseek", Some(8192))], [8192; 3]);
    // Who says nothing gets what Ollama is told, and what DeepSeek has; of other servers only the list knows.
    assert_eq!([window("openai", None), window("ollama", None), window("deepseek", None)], [ANY_WINDOW, 8192, 131_072]);
}

fn refusal(status: &str, body: &Value) -> Vec<Act> {
    vec![Act::Send(whole(status, "application/json", &body.to_string()))]
}

/// Mistral, newer models of OpenAI and strict gateways: whatever was asked of them failed, each time.
#[tokio::test]
async fn a_server_that_does_not_take_a_field_is_asked_without_it() {
    let entry = json!({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]});
    let gateway = json!({"error": {"message": "Provider returned error", "metadata": {"raw": "temperature is not supported"}}});
    let renamed = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let rows = [
        ("stream_options", "422 Unprocessable Entity", entry.clone()),
        ("stream_options", "422 Unprocessable Entity", json!({"message": entry})),
        ("max_tokens", "400 Bad Request", json!({"error": {"message": renamed, "param": "max_tokens"}})),
        ("temperature", "400 Bad Request", json!({"error": {"message": "Unsupported value", "param": "temperature"}})),
        ("temperature", "400 Bad Request", gateway),
    ];
    for (field, status, said) in rows {
        let refuses = move |_: usize, asked: &Asked| match asked.body.get(field) {
            Some(_) => refusal(status, &said),
            None => good(),
        };
        let server = Server::start(refuses).await;
        let engine = engine("openai", &server.url);
        for _ in 0..2 {
            assert_eq!(ask(&engine).await.unwrap().text, "done", "{field}");
        }
        assert_eq!(server.asked().len(), 3, "it is learned once: {field}");
        let renamed = server.asked()[2].body.get("max_completion_tokens") == Some(&json!(64));
        assert_eq!(renamed, field == "max_tokens");
    }
}

/// "Refused the request (422)", and nothing else.
#[tokio::test]
async fn a_refusal_in_a_list_is_told() {
    let said = json!({"detail": [{"loc": ["body", "messages", 0, "name"], "msg": "Field required"}, {"msg": "too odd"}]});
    let server = Server::answering(refusal("422 Unprocessable Entity", &said)).await;
    let error = ask(&engine("openai", &server.url)).await.unwrap_err();
    assert!(error.message.contains("body.messages.name: Field required; too odd"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

/// "Wrote no answer", and "has no `choices`".
#[tokio::test]
async fn a_message_in_parts_and_pings_of_another_vendor_are_read() {
    let thought = json!({"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]});
    let part = |content: Value| json!({"id": "a", "choices": [{"index": 0, "delta": {"content": content}}]});
    let documents = [part(json!([thought])), part(json!([{"type": "text", "text": "It "}])), part(json!("sums")), finish("stop")];
    let mut said: String = documents.iter().map(|document| format!("data: {document}\n\n")).collect();
    said.insert_str(0, "event: ping\ndata: {\"type\": \"ping\"}\n\n");
    let server = Server::answering(vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(said.into_bytes())]).await;
    let answer = ask(&engine("openai", &server.url)).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.reasoning.as_str()), ("It sums", "hm"));
}

/// Every completion of a fresh start failed, though the model talks.
#[tokio::test]
async fn a_server_that_completes_no_raw_prompts_is_asked_in_words_at_once() {
    let chat = json!({"error": {"message": "This is a chat model and not supported in the v1/completions endpoint."}});
    let studio = json!({"error": "Unexpected endpoint or method. (POST /v1/completions). Returning 200 anyway"});
    let rows = [("404 Not Found", json!({})), ("405 Method Not Allowed", json!({})), ("400 Bad Request", chat), ("200 OK", studio)];
    for (status, said) in rows {
        let server = Server::start(move |_, asked| match asked.path.as_str() {
            "/v1/completions" => refusal(status, &said),
            "/v1/chat/completions" => vec![Act::Send(events(&[delta("total + 1"), finish("stop")]))],
            _ => vec![Act::Send(whole("200 OK", "application/json", "{\"data\": []}"))],
        })
        .await;
        let settings = EngineConfig { model: "qwen2.5-coder-7b".into(), ..config("openai", &server.url) };
        let engine = build_with("local", &settings, limits()).unwrap();
        let workspace = Workspace::new(&[("a.py", "total = 1\nx = \n")]);
        let session = workspace.session(Config::default(), vec![("local".into(), engine)]);
        let at = Target { bytes: 14..14, ..target(&session, "a.py", "total") };
        let params = Params { at, invoked: true, selected: None };
        let offered = complete::complete(&session, &params, &Cancel::new()).await.unwrap();
        assert_eq!(offered.items[0].text, "total + 1", "{status}");
    }
}

/// A server that allows shorter answers than were asked for refused every edit; now it says once how long they may be.
#[tokio::test]
async fn an_answer_is_as_long_as_a_server_allows() {
    let said = r#"{"error": {"message": "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"}}"#;
    let server = Server::start(move |_, asked| match asked.body["max_tokens"].as_u64() {
        Some(tokens) if tokens > 8192 => vec![Act::Send(whole("400 Bad Request", "application/json", said))],
        _ => good(),
    })
    .await;
    let engine = with_context(&server.url, limits());
    let long = || {
        let chat = Chat { messages: vec![Message::new(Role::User, "Change it.")], ..Chat::default() };
        Request { max_tokens: 16_384, ..request(Ask::Chat(chat)) }
    };
    for _ in 0..2 {
        assert_eq!(collect(engine.start(long(), Cancel::new()), |_| {}).await.unwrap().text, "done");
    }
    let asked: Vec<Option<u64>> =
        server.asked().iter().filter(|asked| asked.method == "POST").map(|asked| asked.body["max_tokens"].as_u64()).collect();
    assert_eq!(asked, [Some(16_384), Some(8192), Some(8192)]);
}

/// What thinks comes too late for who types, whatever is set for longer answers.
#[tokio::test]
async fn a_completion_is_asked_for_without_thoughts() {
    let server = Server::start(|_, _| good()).await;
    let engine =
        build_with("test", &EngineConfig { thinking: Some(true), context: Some(32_768), ..config("openai", &server.url) }, limits())
            .unwrap();
    assert_eq!(complete(&engine, Priority::Typing).await.unwrap().text, "done");
    assert_eq!(ask(&engine).await.unwrap().text, "done");
    let switches: Vec<Value> = server
        .asked()
        .iter()
        .filter(|asked| asked.method == "POST")
        .map(|asked| asked.body["chat_template_kwargs"]["thinking"].clone())
        .collect();
    assert_eq!(switches, [json!(false), json!(true)]);
}

/// An answer without any of its parts was called one that broke off, and a server of something else a broken connection, after four tries.
#[tokio::test]
async fn what_is_no_answer_at_all_is_told_as_what_it_is() {
    for (kind, body, said) in [
        ("text/plain", "Service temporarily\nunavailable", "\"Service temporarily unavailable\" in place of"),
        ("text/plain", "error while loading", "\"error while loading\" in place of"),
        ("application/json", "", "answered with nothing"),
        ("application/json", "\"overloaded\"", "overloaded"),
        ("application/json", "null", "\"null\" in place of"),
    ] {
        let server = Server::answering(vec![Act::Send(whole("200 OK", kind, body))]).await;
        let error = ask(&crate::http::engine("openai", &server.url)).await.unwrap_err();
        assert!((error.kind == ErrorKind::Protocol) != body.is_empty() && error.message.contains(said), "{body:?}: {error}");
    }
    for bytes in [&b"\x15\x03\x01\x00\x02\x02\x28"[..], b"SSH-2.0-OpenSSH_9\r\n"] {
        let server = Server::answering(vec![Act::Send(bytes.to_vec())]).await;
        let error = ask(&crate::http::engine("openai", &server.url)).await.unwrap_err();
        assert!(error.message.contains("does not answer as a server of HTTP") && error.message.contains("https://"), "{error}");
        assert_eq!(server.asked().len(), 1, "it was asked again and again");
    }
}

/// Only errors were looked through for it: it stood in what the answer was kept in, and as the model's name in the log.
#[tokio::test]
async fn k14_a_key_that_a_server_echoes_in_an_answer_is_redacted() {
    const KEY: &str = "plainwordkey-abcdef";
    let named =
        json!({"id": "a", "model": format!("m-{KEY}"), "choices": [{"index": 0, "delta": {"content": "plain words. It is plainword"}}]});
    let call =
        json!({"index": 0, "id": "c", "function": {"name": "read_file", "arguments": json!({"path": format!("a/{KEY}")}).to_string()}});
    let call = json!({"id": "a", "model": "tiny", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
    let thought = json!({"id": "a", "choices": [{"index": 0, "delta": {"reasoning_content": format!("their key {KEY}, plainword")}}]});
    let pieces = [thought, named, delta("key-abc"), delta("def, and "), delta(KEY), delta(" or plainword"), call, finish("tool_calls")];
    let server = Server::start(move |_, asked: &Asked| match asked.method.as_str() {
        "GET" => vec![Act::Send(whole("200 OK", "application/json", &json!({"data": [{"id": format!("m-{KEY}")}]}).to_string()))],
        _ => vec![Act::Send(events(&pieces))],
    })
    .await;
    let command = Some(vec!["printf".to_string(), KEY.to_string()]);
    let engine = build_with("test", &EngineConfig { api_key_command: command, ..config("openai", &server.url) }, limits()).unwrap();
    let caps = engine.caps().await.unwrap();
    assert!(!format!("{:?}", caps.served).contains(KEY), "{caps:?}");
    let answer = ask(&engine).await.unwrap();
    assert_eq!(answer.text, "plain words. It is [key], and [key] or plainword");
    assert_eq!(answer.reasoning, "their key [key], plainword");
    assert_eq!(answer.calls[0].arguments["path"], "a/[key]");
    assert!(!answer.finished.model.contains(KEY), "{}", answer.finished.model);
    // A short one is a word like any other.
    let command = Some(vec!["printf".to_string(), "plain".to_string()]);
    let engine = build_with("test", &EngineConfig { api_key_command: command, ..config("openai", &server.url) }, limits()).unwrap();
    assert!(ask(&engine).await.unwrap().text.starts_with("plain words"));
}

/// SGLang sends a call as a whole: each that took longer to write than the time between two events was lost. Ollama sends nothing at all
/// before it.
#[tokio::test]
async fn a_server_that_sends_a_call_as_a_whole_gets_the_time_to_write_it() {
    let times = Limits { call: Duration::from_secs(10), ..crate::http::limits() };
    let wait = || Act::Wait(Duration::from_millis(1500));
    let data = |value: Value| format!("data: {value}\n\n").into_bytes();
    let call = [data(call_delta(0, "a", "read_file", "{}")), data(finish("tool_calls")), b"data: [DONE]\n\n".to_vec()].concat();
    let acts = vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(data(delta(""))), wait(), Act::Send(call)];
    let server = Server::answering(acts).await;
    let engine = build_with("test", &config("openai", &server.url), times.clone()).unwrap();
    assert_eq!(ask(&engine).await.unwrap().calls.len(), 1);
    // Without tools there is nothing to wait for.
    let chat = Chat { messages: vec![Message::new(Role::User, "Hi")], ..Chat::default() };
    let error = collect(engine.start(request(Ask::Chat(chat)), Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    let call = json!({"function": {"name": "read_file", "arguments": {}}});
    let last = json!({"model": "tiny", "message": {"role": "assistant", "content": "", "tool_calls": [call]}, "done": true, "done_reason": "stop"});
    let server = Server::start(move |_, asked| match asked.path.ends_with("/api/chat") {
        true => vec![wait(), Act::Send(lines(std::slice::from_ref(&last)))],
        false => vec![Act::Send(whole("200 OK", "application/json", "{}"))],
    })
    .await;
    let engine = build_with("test", &config("ollama", &server.url), times).unwrap();
    assert_eq!(ask(&engine).await.unwrap().calls.len(), 1);
}

/// A model that thought for more than two minutes was given up, although its thoughts came all the while.
#[tokio::test]
async fn an_answer_gets_the_time_that_its_tokens_may_take() {
    let hm = || Act::Send(format!("data: {}\n\n", thought("hm")).into_bytes());
    let thinks = (0..30).flat_map(|_| [hm(), Act::Wait(Duration::from_millis(50))]);
    let end = Act::Send(format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("well"), finish("stop")).into_bytes());
    let acts = [Act::Send(head("200 OK", "text/event-stream"))].into_iter().chain(thinks).chain([end]);
    let server = Server::answering(acts.collect()).await;
    let times = Limits { total: Duration::from_millis(800), longest: Duration::from_secs(60), ..crate::http::limits() };
    let engine = build_with("test", &config("openai", &server.url), times).unwrap();
    let chat = || Ask::Chat(Chat { messages: vec![Message::new(Role::User, "Hi")], ..Chat::default() });
    let long = Request { max_tokens: 1000, ..request(chat()) };
    assert_eq!(collect(engine.start(long, Cancel::new()), |_| {}).await.unwrap().text, "well");
    // One of few tokens should have come to its end.
    let short = Request { max_tokens: 4, ..request(chat()) };
    let error = collect(engine.start(short, Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
}
