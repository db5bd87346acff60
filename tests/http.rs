//! HTTP engines against a server that does everything wrong, byte by byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::config::{EngineConfig, EngineKind};
use longsight::dialect::{Chat, Message, Role, Tool};
use longsight::engine::http::{Limits, build, build_with, is_other_model};
use longsight::engine::{Answer, Ask, Cancel, Engine, EngineError, ErrorKind, Finish, Priority, Request, collect};
use serde_json::{Value, json};

use crate::support::http::{Act, Server, chunked, events, head, lines, tls, whole};

pub fn config(kind: &str, url: &str) -> EngineConfig {
    EngineConfig { kind: EngineKind::by_name(kind).unwrap(), model: "tiny".into(), base_url: Some(url.into()), ..EngineConfig::default() }
}

/// Times short enough for tests, long enough for a busy machine.
pub fn limits() -> Limits {
    Limits {
        first: Duration::from_millis(700),
        first_typing: Duration::from_millis(300),
        idle: Duration::from_millis(500),
        ping: Duration::from_millis(500),
        total: Duration::from_secs(10),
        call: Duration::ZERO,
        longest: Duration::ZERO,
        backoff: Duration::from_millis(10),
        ..Limits::default()
    }
}

pub fn engine(kind: &str, url: &str) -> Arc<dyn Engine> {
    build_with("test", &config(kind, url), limits()).unwrap()
}

pub fn tool(name: &str) -> Tool {
    let function = json!({"name": name, "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}});
    Tool { name: name.into(), function }
}

pub fn question() -> Request {
    let chat = Chat { messages: vec![Message::new(Role::User, "Hi")], tools: vec![tool("read_file")], ..Chat::default() };
    request(Ask::Chat(chat))
}

pub fn request(ask: Ask) -> Request {
    Request { ask, max_tokens: 64, temperature: 0.0, stop: vec![], priority: Priority::Normal }
}

pub async fn ask(engine: &Arc<dyn Engine>) -> Result<Answer, EngineError> {
    collect(engine.start(question(), Cancel::new()), |_| {}).await
}

async fn ask_openai(acts: Vec<Act>) -> Result<Answer, EngineError> {
    let server = Server::answering(acts).await;
    ask(&engine("openai", &server.url)).await
}

pub fn delta(content: &str) -> Value {
    json!({"id": "a", "model": "tiny", "choices": [{"index": 0, "delta": {"content": content}}]})
}

pub fn finish(reason: &str) -> Value {
    json!({"id": "a", "model": "tiny", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

pub fn call_delta(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    let call = json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}});
    json!({"id": "a", "model": "tiny", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
}

#[tokio::test]
async fn a_good_answer_is_read() {
    let usage = json!({"id": "a", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}});
    let answer = ask_openai(vec![Act::Send(events(&[delta("Hel"), delta("lo"), finish("stop"), usage]))]).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finished.reason, answer.finished.model.as_str()), ("Hello", Finish::Stop, "tiny"));
    let timing = answer.finished.timing;
    assert_eq!((timing.tokens_reused, timing.tokens_decoded, timing.tokens_out), (4, 5, 2));
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_read() {
    let message = json!({"content": "Hello", "tool_calls": [{"id": "x", "function": {"name": "read_file", "arguments": {"path": "a"}}}]});
    let body = json!({"id": "a", "choices": [{"message": message, "finish_reason": "tool_calls"}]}).to_string();
    let answer = ask_openai(vec![Act::Send(whole("200 OK", "application/json", &format!("\n\n{body}")))]).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.calls[0].arguments.clone()), ("Hello", json!({"path": "a"})));
}

#[tokio::test]
async fn g1_refused_and_unknown_hosts_are_unavailable_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let started = Instant::now();
    let error = ask(&engine("openai", &format!("http://127.0.0.1:{port}/v1"))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains(&format!("127.0.0.1:{port}")) && error.message.contains("is the server running"), "{error}");
    let error = ask(&engine("openai", "http://no-such-host.invalid/v1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "hang guard");
}

#[tokio::test]
async fn g1_a_self_signed_certificate_is_not_trusted() {
    let tls = tls("selfsigned");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = rustls::ServerConnection::new(tls.clone()).unwrap();
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
        }
    });
    let error = ask(&engine("openai", &format!("https://localhost:{port}/v1"))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration, "{error}");
    assert!(error.message.contains("certificate is not trusted"), "{error}");
}

#[tokio::test]
async fn g2_silence_ends_in_a_time_out() {
    for acts in [vec![Act::Hang], vec![Act::Send(head("200 OK", "text/event-stream")), Act::Hang]] {
        let error = ask_openai(acts).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    }
}

#[tokio::test]
async fn g3_a_drip_is_no_progress() {
    let document = format!("data: {}\n\n", delta("slow"));
    let drip = Act::Drip(document.into_bytes(), Duration::from_millis(20));
    let error = ask_openai(vec![Act::Send(head("200 OK", "text/event-stream")), drip]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
}

#[tokio::test]
async fn keep_alive_comments_are_progress() {
    let comment = || [Act::Send(b": keep-alive\n\n".to_vec()), Act::Wait(Duration::from_millis(300))];
    let mut acts = vec![Act::Send(head("200 OK", "text/event-stream"))];
    acts.extend((0..4).flat_map(|_| comment()));
    acts.push(Act::Send(format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("late"), finish("stop")).into_bytes()));
    assert_eq!(ask_openai(acts).await.unwrap().text, "late");
}

/// One ": ping" put 15 s in the place of the minutes that a long prompt is allowed.
#[tokio::test]
async fn g2_a_keep_alive_takes_no_time_from_a_long_prompt() {
    let mut acts = vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(b": ping\n\n".to_vec())];
    acts.push(Act::Wait(Duration::from_millis(900)));
    acts.push(Act::Send(format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("read"), finish("stop")).into_bytes()));
    let server = Server::answering(acts).await;
    let times = Limits { first: Duration::from_secs(30), ping: Duration::from_millis(200), idle: Duration::from_millis(200), ..limits() };
    let patient = build_with("test", &config("openai", &server.url), times.clone()).unwrap();
    assert_eq!(ask(&patient).await.unwrap().text, "read");
    // Once the answer has begun, a silence is a silence.
    let acts = vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(format!("data: {}\n\n", delta("x")).into_bytes()), Act::Hang];
    let server = Server::answering(acts).await;
    let error = ask(&build_with("test", &config("openai", &server.url), times).unwrap()).await.unwrap_err();
    assert!(error.kind == ErrorKind::TimedOut && error.message.contains("in the middle of an answer"), "{error}");
}

/// A server that fell silent inside an answer ended a turn of many steps, and nobody was told what to do about it.
#[tokio::test]
async fn g2_a_silence_inside_an_answer_is_an_answer_lost_on_its_way() {
    let head = || Act::Send(head("200 OK", "text/event-stream"));
    let begun = || Act::Send(format!("data: {}\n\n", delta("x")).into_bytes());
    let silent = ask_openai(vec![head(), begun(), Act::Hang]).await.unwrap_err();
    assert!(silent.broke_off && silent.message.contains("try again, or look at the server's log"), "{silent}");
    // What has not begun is asked of nobody twice, nor is what would take too long again.
    assert!(!ask_openai(vec![head(), Act::Hang]).await.unwrap_err().broke_off);
    let endless = (0..60).flat_map(|_| [begun(), Act::Wait(Duration::from_millis(50))]);
    let server = Server::answering([head()].into_iter().chain(endless).collect()).await;
    let short = Limits { total: Duration::from_millis(800), ..limits() };
    let late = ask(&build_with("test", &config("openai", &server.url), short).unwrap()).await.unwrap_err();
    assert!(late.kind == ErrorKind::TimedOut && !late.broke_off, "{late}");
}

/// A llama.cpp server sends its head at once and reads the prompt then: on two cores a model of 1.5 billion weights took longer than the
/// time to the first event, and every edit was given up.
#[tokio::test]
async fn g2_the_head_of_an_answer_is_a_sign_of_life() {
    let answer = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", delta("read"), finish("stop")).into_bytes();
    let acts = || {
        let [head, read] = [Act::Send(head("200 OK", "text/event-stream")), Act::Send(answer.clone())];
        vec![head, Act::Wait(Duration::from_millis(900)), read]
    };
    let times =
        Limits { first: Duration::from_millis(400), first_typing: Duration::from_millis(400), ping: Duration::from_secs(20), ..limits() };
    let server = Server::answering(acts()).await;
    let patient = build_with("test", &config("openai", &server.url), times.clone()).unwrap();
    assert_eq!(ask(&patient).await.unwrap().text, "read");
    // Nobody who types waits that long.
    let server = Server::answering(acts()).await;
    let typing = build_with("test", &config("openai", &server.url), times).unwrap();
    let request = Request { priority: Priority::Typing, ..question() };
    let error = collect(typing.start(request, Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
}

#[tokio::test]
async fn g4_a_refused_key_is_said_once_and_not_retried() {
    let body = json!({"error": {"message": "Incorrect API key"}}).to_string();
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server = Server::answering(vec![Act::Send(whole(status, "application/json", &body))]).await;
        let error = ask(&engine("openai", &server.url)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Configuration);
        assert!(error.message.contains("does not accept the key") && error.message.contains("Incorrect API key"), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn g5_unknown_model_and_too_long_prompts_are_told_apart() {
    let unknown = whole("404 Not Found", "application/json", &json!({"error": "model 'tiny' not found"}).to_string());
    assert_eq!(ask_openai(vec![Act::Send(unknown)]).await.unwrap_err().kind, ErrorKind::Configuration);
    let said = "This model's maximum context length is 8192 tokens";
    let long = whole("400 Bad Request", "application/json", &json!({"error": {"message": said}}).to_string());
    assert_eq!(ask_openai(vec![Act::Send(long)]).await.unwrap_err().kind, ErrorKind::TooLong);
}

#[tokio::test]
async fn g6_busy_servers_are_tried_again_within_reason() {
    let busy = |after: &'static str| {
        let after = if after.is_empty() { String::new() } else { format!("Retry-After: {after}\r\n") };
        format!("HTTP/1.1 429 Too Many Requests\r\n{after}Content-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
    };
    for (after, requests) in
        [("", 3), ("0", 3), ("junk", 3), ("3600", 1), ("99999999999999999999999", 1), ("Sun, 06 Nov 1994 08:49:37 GMT", 3)]
    {
        let server = Server::answering(vec![Act::Send(busy(after))]).await;
        let error = ask(&engine("openai", &server.url)).await.unwrap_err();
        assert_eq!((error.kind, server.asked().len()), (ErrorKind::Unavailable, requests), "Retry-After: {after}");
    }
    let good = events(&[delta("ok"), finish("stop")]);
    let server = Server::start(move |number, _| vec![Act::Send(if number == 0 { busy("0") } else { good.clone() })]).await;
    assert_eq!(ask(&engine("openai", &server.url)).await.unwrap().text, "ok");
}

#[tokio::test]
async fn g6_typing_never_waits_and_hears_how_long_the_server_wants_to_be_left_alone() {
    let busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let server = Server::answering(vec![Act::Send(busy)]).await;
    let typing = Request { priority: Priority::Typing, ..question() };
    let error = collect(engine("openai", &server.url).start(typing, Cancel::new()), |_| {}).await.unwrap_err();
    let refusal = error.refusal.unwrap();
    assert_eq!((refusal.status, refusal.retry_after), (429, Some(Duration::from_secs(7))));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn g7_server_errors_and_html_pages_are_not_shown_raw() {
    let page = "<html><body><h1>Bad gateway</h1><p>nginx secret-internal-name</p></body></html>";
    for status in ["500 Internal Server Error", "502 Bad Gateway", "504 Gateway Timeout"] {
        let server = Server::answering(vec![Act::Send(whole(status, "text/html", page))]).await;
        let error = ask(&engine("openai", &server.url)).await.unwrap_err();
        assert_eq!((error.kind, server.asked().len()), (ErrorKind::Unavailable, 3));
        assert!(!error.message.contains("secret-internal-name"), "{error}");
    }
    let error = ask_openai(vec![Act::Send(whole("200 OK", "text/html", page))]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("web page") && !error.message.contains("nginx"), "{error}");
    let server = Server::answering(vec![Act::Send(whole("503 Service Unavailable", "text/html", page))]).await;
    assert!(ask(&engine("openai", &server.url)).await.is_err());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn g8_garbage_is_a_typed_error() {
    let bodies = [
        "data: {not json\n\n",
        "data: []\n\n",
        "data: {\"choices\": null}\n\n",
        "data: null\n\n",
        "data: {\"choices\": []}\n\ndata: [DONE]\n\n",
    ];
    for body in bodies {
        let error = ask_openai(vec![Act::Send(whole("200 OK", "text/event-stream", body))]).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Protocol | ErrorKind::Unavailable), "{body}: {error}");
    }
    let error = ask_openai(vec![Act::Send(events(&[json!({"error": {"message": "CUDA out of memory"}})]))]).await.unwrap_err();
    assert!(error.message.contains("CUDA out of memory"), "{error}");
    // vLLM and llama-server of old.
    let bare = events(&[json!({"object": "error", "message": "the cache is full", "code": 400})]);
    assert!(ask_openai(vec![Act::Send(bare)]).await.unwrap_err().message.contains("the cache is full"));
    let field = "error: {\"code\":500,\"message\":\"slot unavailable\"}\n\n";
    let error = ask_openai(vec![Act::Send(whole("200 OK", "text/event-stream", field))]).await.unwrap_err();
    assert!(error.message.contains("slot unavailable"), "{error}");
    let nulls = json!({"id": null, "model": null, "usage": null, "choices": [{"index": 0, "delta": {"content": null, "tool_calls": null, "reasoning_content": null}, "finish_reason": null}]});
    assert_eq!(ask_openai(vec![Act::Send(events(&[nulls, delta("x"), finish("stop")]))]).await.unwrap().text, "x");
}

#[tokio::test]
async fn g9_a_cut_stream_is_a_failure_and_its_call_is_dropped() {
    let call = call_delta(0, "c", "read_file", "{\"path\": \"ü");
    let cuts: [Vec<Value>; 3] = [vec![delta("Hel")], vec![delta("a"), call.clone()], vec![]];
    for documents in cuts {
        let body: String = documents.iter().map(|document| format!("data: {document}\n\n")).collect();
        let server = Server::answering(vec![Act::Send(chunked("text/event-stream", &[body]))]).await;
        let mut calls = 0;
        let events = engine("openai", &server.url).start(question(), Cancel::new());
        let outcome = collect(events, |event| calls += usize::from(matches!(event, longsight::engine::Event::Call(_)))).await;
        assert_eq!((outcome.unwrap_err().kind, calls), (ErrorKind::Unavailable, 0));
    }
}

/// `model_length` was a good end, and a half sentence behind `error` the whole answer.
#[tokio::test]
async fn g9_an_end_by_another_name_is_no_good_one() {
    let reason = |reason: &str| vec![Act::Send(events(&[delta("Hel"), finish(reason)]))];
    for short in ["length", "model_length", "max_tokens", "MAX_TOKENS"] {
        assert_eq!(ask_openai(reason(short)).await.unwrap().finished.reason, Finish::Length, "{short}");
    }
    for broken in ["error", "abort", "cancelled"] {
        assert_eq!(ask_openai(reason(broken)).await.unwrap_err().kind, ErrorKind::Unavailable, "{broken}");
    }
    for good in ["stop", "eos", "COMPLETE"] {
        assert_eq!(ask_openai(reason(good)).await.unwrap().finished.reason, Finish::Stop, "{good}");
    }
}

#[tokio::test]
async fn g9_an_answer_that_has_ended_is_not_waited_on() {
    let body = format!("data: {}\n\ndata: {}\n\n", delta("all"), finish("stop"));
    let acts = vec![Act::Send(head("200 OK", "text/event-stream")), Act::Send(body.into_bytes()), Act::Hang];
    assert_eq!(ask_openai(acts).await.unwrap().text, "all");
}

#[tokio::test]
async fn g10_odd_but_legal_events_are_read() {
    let (first, second, end) = (delta("a"), delta("b").to_string(), finish("stop"));
    let (left, right) = second.split_at(second.find(',').unwrap() + 1);
    let body = format!(
        "\u{feff}: hello\r\rdata: {first}\r\n\r\nevent: message\ndata: {left}\ndata: {right}\n\nid: 7\nretry: 10\ndata:{end}\r\rdata: [DONE]\n\n"
    );
    assert_eq!(ask_openai(vec![Act::Send(whole("200 OK", "text/event-stream", &body))]).await.unwrap().text, "ab");
    let error = ask_openai(vec![Act::Send(whole("200 OK", "text/event-stream", "event: error\ndata: {\"message\": \"boom\"}\n\n"))]).await;
    assert!(error.unwrap_err().message.contains("boom"));
    let long = format!("data: {}\n\n", "x".repeat(10 << 20));
    let error = ask_openai(vec![Act::Send(whole("200 OK", "text/event-stream", &long))]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
}

/// A connection that breaks after N bytes is a failure for every N but the last, and never a call.
#[tokio::test]
async fn g11_reset_after_every_byte() {
    let documents = [delta("Hé"), call_delta(0, "c", "read_file", "{\"path\""), call_delta(0, "", "", ": \"ü\"}"), finish("tool_calls")];
    let good = events(&documents);
    let done = good.windows(6).rposition(|six| six == b"[DONE]").unwrap();
    let server = Server::start({
        let good = good.clone();
        move |_, asked| {
            let length: usize = asked.body["max_tokens"].as_u64().unwrap() as usize;
            vec![Act::Send(good[..length].to_vec()), Act::Reset]
        }
    })
    .await;
    let engine = engine("openai", &server.url);
    for length in 0..good.len() {
        let request = Request { max_tokens: length as u32, ..question() };
        let mut calls = 0;
        let events = engine.start(request, Cancel::new());
        let outcome = collect(events, |event| calls += usize::from(matches!(event, longsight::engine::Event::Call(_)))).await;
        match outcome {
            Err(error) => assert!(matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Protocol) && calls == 0, "{length}: {error}"),
            Ok(answer) => assert!(length > done && answer.calls.len() == 1, "{length} of {done} was taken for a whole answer"),
        }
    }
}

#[tokio::test]
async fn g12_lengths_that_lie_and_compressed_bodies_are_refused() {
    let body = format!("data: {}\n\ndata: {}\n\n", delta("x"), finish("stop"));
    let lie = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n{body}");
    assert_eq!(ask_openai(vec![Act::Send(lie.into_bytes())]).await.unwrap_err().kind, ErrorKind::Unavailable);
    let absurd = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\ndata";
    assert!(ask_openai(vec![Act::Send(absurd.into())]).await.is_err());
    let gzip = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(ask_openai(vec![Act::Send(gzip.into_bytes())]).await.unwrap_err().kind, ErrorKind::Protocol);
    let go_on = [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), events(&[delta("x"), finish("stop")])].concat();
    assert_eq!(ask_openai(vec![Act::Send(go_on)]).await.unwrap().text, "x");
}

#[tokio::test]
async fn g13_redirects_are_refused_and_the_key_stays_home() {
    let other = Server::answering(vec![Act::Send(events(&[delta("stolen"), finish("stop")]))]).await;
    for target in [other.url.clone(), "file:///etc/passwd".into(), "/loop".into()] {
        let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let error = ask_openai(vec![Act::Send(answer.into_bytes())]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Configuration);
        assert!(error.message.contains("redirects"), "{error}");
        // A path alone may be wrong, such as a slash too many.
        assert!(!target.ends_with("/loop") || error.message.contains("/loop"), "{error}");
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn g14_an_endless_answer_is_cut_and_the_connection_closed() {
    let document = format!("data: {}\n\n", delta(&"x".repeat(1000))).into_bytes();
    let mut acts = vec![Act::Send(head("200 OK", "text/event-stream"))];
    acts.extend(std::iter::repeat_n(Act::Send(document), 400));
    acts.push(Act::Hang);
    let server = Server::answering(acts).await;
    let error = ask(&engine("openai", &server.url)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("cut off"), "{error}");
    tokio::time::timeout(Duration::from_secs(10), server.left()).await.expect("the connection stays open");
}

#[tokio::test]
async fn g15_calls_in_every_shape_come_out_whole() {
    let one = call_delta(0, "c1", "read_file", "{\"path\": \"a\"}");
    let fragments =
        [call_delta(1, "c2", "read_file", ""), call_delta(0, "c1", "", ""), call_delta(1, "", "", "not js"), call_delta(1, "", "", "on")];
    let documents: Vec<Value> = [one].into_iter().chain(fragments).chain([finish("tool_calls")]).collect();
    let calls = ask_openai(vec![Act::Send(events(&documents))]).await.unwrap().calls;
    assert_eq!((calls[0].id.as_str(), &calls[0].arguments), ("c1", &json!({"path": "a"})));
    // What is no object stays as it was written, for the schema check to refuse.
    assert_eq!((calls[1].id.as_str(), &calls[1].arguments), ("c2", &json!("not json")));
    let big = call_delta(0, "c", "read_file", &"x".repeat(300_000));
    let error = ask_openai(vec![Act::Send(events(&[big, finish("tool_calls")]))]).await.unwrap_err();
    assert!(error.message.contains("over 256 KiB"), "{error}");
    let no_index =
        json!({"id": "a", "choices": [{"delta": {"tool_calls": [{"function": {"name": "read_file", "arguments": {"path": "b"}}}]}}]});
    let calls = ask_openai(vec![Act::Send(events(&[no_index, finish("stop")]))]).await.unwrap().calls;
    assert_eq!((calls[0].id.as_str(), &calls[0].arguments), ("call_1", &json!({"path": "b"})));
}

/// Index, id, name and arguments of each fragment, as servers send them.
async fn joined(fragments: &[Value]) -> Vec<(String, Value)> {
    let document = |call: &Value| json!({"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
    let documents: Vec<Value> = fragments.iter().map(document).chain([finish("tool_calls")]).collect();
    let calls = ask_openai(vec![Act::Send(events(&documents))]).await.unwrap().calls;
    calls.into_iter().map(|call| (call.name, call.arguments)).collect()
}

#[tokio::test]
async fn g15_calls_that_are_numbered_alike_or_not_at_all_stay_apart() {
    let call = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    let (a, b) = (r#"{"path": "a"}"#, r#"{"path": "b"}"#);
    let wanted = [("read_file".to_string(), json!({"path": "a"})), ("read_file".to_string(), json!({"path": "b"}))];
    let zero = [
        json!({"index": 0, "id": "1", "function": call("read_file", a)}),
        json!({"index": 0, "id": "2", "function": call("read_file", b)}),
    ];
    assert_eq!(joined(&zero).await, wanted, "every call is number 0");
    let zero = [json!({"index": 0, "function": call("read_file", a)}), json!({"index": 0, "function": call("read_file", b)})];
    assert_eq!(joined(&zero).await, wanted, "every call is number 0 and has no id");
    let bare = [json!({"function": call("read_file", a)}), json!({"function": call("read_file", b)})];
    assert_eq!(joined(&bare).await, wanted, "no index and no id");
    let objects = [
        json!({"function": {"name": "read_file", "arguments": {"path": "a"}}}),
        json!({"function": {"name": "read_file", "arguments": {"path": "b"}}}),
    ];
    assert_eq!(joined(&objects).await, wanted, "arguments as objects");
}

#[tokio::test]
async fn g15_one_call_in_pieces_stays_one() {
    let wanted = [("read_file".to_string(), json!({"path": "a"}))];
    let parts = ["{\"pa", "th\": ", "\"a\"}", ""];
    let pieces = |make: &dyn Fn(usize, &str) -> Value| parts.iter().enumerate().map(|(at, part)| make(at, part)).collect::<Vec<_>>();
    let repeated = pieces(&|_, part| json!({"index": 0, "id": "x", "function": {"name": "read_file", "arguments": part}}));
    assert_eq!(joined(&repeated).await, wanted, "id and name in every fragment");
    let named = pieces(&|_, part| json!({"index": 0, "id": "", "function": {"name": "read_file", "arguments": part}}));
    assert_eq!(joined(&named).await, wanted, "name in every fragment, empty ids");
    let fresh = pieces(
        &|at, part| json!({"index": 0, "id": at.to_string(), "function": {"name": if at == 0 { "read_file" } else { "" }, "arguments": part}}),
    );
    assert_eq!(joined(&fresh).await, wanted, "an id of its own in every fragment");
    let bare = pieces(&|_, part| json!({"function": {"name": "read_file", "arguments": part}}));
    assert_eq!(joined(&bare).await, wanted, "no index, no id, the name repeated");
    let split = [
        json!({"index": 0, "id": "x", "function": {"name": "read_"}}),
        json!({"index": 0, "function": {"name": "file", "arguments": "{\"path\": \"a\"}"}}),
    ];
    assert_eq!(joined(&split).await, wanted, "the name in two parts");
    let late = [
        json!({"index": 0, "id": "x", "function": {"name": "read_file", "arguments": "{\"path\": \"a\"}"}}),
        json!({"index": 0, "id": null, "function": {"name": null, "arguments": null}}),
    ];
    assert_eq!(joined(&late).await, wanted, "nulls afterwards");
}

#[tokio::test]
async fn g16_strange_names_are_handed_on_for_the_agent_to_refuse() {
    let calls = ask_openai(vec![Act::Send(events(&[call_delta(0, "c", "../rm", "{}"), finish("tool_calls")]))]).await.unwrap().calls;
    assert_eq!(calls[0].name, "../rm");
}

#[tokio::test]
async fn g17_a_call_that_ran_out_of_tokens_is_discarded() {
    let answer =
        ask_openai(vec![Act::Send(events(&[call_delta(0, "c", "read_file", "{\"path\": \"a\"}"), finish("length")]))]).await.unwrap();
    assert_eq!((answer.calls.len(), answer.finished.reason), (0, Finish::Length));
    let two = [call_delta(0, "c", "read_file", "{\"path\": \"a\"}"), call_delta(1, "d", "read_file", "{\"pa"), finish("length")];
    let answer = ask_openai(vec![Act::Send(events(&two))]).await.unwrap();
    assert_eq!((answer.calls.len(), answer.finished.reason), (1, Finish::Length), "the whole one before it stands");
    let cut = delta("<tool_call>{\"name\": \"read_file\", \"arguments\": {\"pa");
    let answer = ask_openai(vec![Act::Send(events(&[cut.clone(), finish("length")]))]).await.unwrap();
    assert_eq!((answer.calls.len(), answer.finished.reason), (0, Finish::Length));
    assert_eq!(ask_openai(vec![Act::Send(events(&[cut.clone(), finish("stop")]))]).await.unwrap_err().kind, ErrorKind::Garbled);
    // Beside a whole one it is no better: what the model meant is not known.
    let two = [delta("<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>\n"), cut, finish("stop")];
    assert_eq!(ask_openai(vec![Act::Send(events(&two))]).await.unwrap_err().kind, ErrorKind::Garbled);
}

#[tokio::test]
async fn g18_documents_of_another_answer_are_dropped() {
    let other = json!({"id": "b", "choices": [{"index": 0, "delta": {"content": "not mine"}, "finish_reason": "stop"}]});
    let second = json!({"id": "a", "choices": [{"index": 1, "delta": {"content": "second choice"}}]});
    let answer = ask_openai(vec![Act::Send(events(&[delta("mine"), other, second, finish("stop")]))]).await.unwrap();
    assert_eq!(answer.text, "mine");
}

#[tokio::test]
async fn g19_the_wrong_protocol_is_named() {
    let ollama = lines(&[json!({"model": "m", "message": {"content": "x"}, "done": false}), json!({"done": true})]);
    let error = ask_openai(vec![Act::Send(ollama)]).await.unwrap_err();
    assert!(error.message.contains("kind = \"ollama\""), "{error}");
    let server = Server::answering(vec![Act::Send(events(&[delta("x"), finish("stop")]))]).await;
    let error = ask(&engine("ollama", &server.url)).await.unwrap_err();
    assert!(error.message.contains("kind = \"openai\""), "{error}");
}

#[tokio::test]
async fn g20_a_swapped_model_is_noticed_and_asked_again() {
    let answers = |model: &str| {
        let document = json!({"id": "a", "model": model, "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]});
        events(&[document])
    };
    let server = Server::start(move |number, asked| {
        let list = |model: &str| {
            whole("200 OK", "application/json", &json!({"data": [{"id": model, "max_model_len": 4096 + number}]}).to_string())
        };
        match asked.path.as_str() {
            "/v1/models" => vec![Act::Send(list("tiny"))],
            _ => vec![Act::Send(answers(if number < 3 { "tiny" } else { "chatty" }))],
        }
    })
    .await;
    let engine = engine("openai", &server.url);
    assert_eq!(engine.caps().await.unwrap().context, 4096);
    assert_eq!(ask(&engine).await.unwrap().finished.model, "tiny");
    assert_eq!(engine.caps().await.unwrap().context, 4096, "known, not asked again");
    assert_eq!(ask(&engine).await.unwrap().finished.model, "tiny");
    assert_eq!(ask(&engine).await.unwrap().finished.model, "chatty");
    assert_ne!(engine.caps().await.unwrap().context, 4096, "asked again");
    assert!(is_other_model("deepseek-ai/DeepSeek-V3.2", "deepseek-v4-flash"));
    for (asked, served) in [("deepseek-ai/DeepSeek-V3.2", "DeepSeek-V3"), ("gpt-4", "gpt-4o"), ("qwen3-1", "qwen3-14b")] {
        assert!(is_other_model(asked, served) && is_other_model(served, asked), "{asked} and {served}");
    }
    assert!(!is_other_model("tiny", "tiny:latest") && !is_other_model("tiny", "tiny-2025-08-06") && !is_other_model("tiny@q4", "tiny"));
    assert!(!is_other_model("deepseek-ai/DeepSeek-V3.2", "DeepSeek-V3.2") && !is_other_model("tiny", ""));
    assert!(!is_other_model("qwen2.5-coder", "/models/Qwen2.5-Coder-0.5B-Instruct.gguf"));
}

/// The list said `tiny`, the answers `tiny-2025-08-06`: each made the other's ask for the list again.
#[tokio::test]
async fn g20_an_alias_in_the_list_is_no_swapped_model() {
    for served in ["tiny-2025-08-06", "quite-another"] {
        let answer = json!({"id": "a", "model": served, "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]});
        let server = Server::start(move |_, asked| match asked.path.as_str() {
            "/v1/models" => vec![Act::Send(whole("200 OK", "application/json", &json!({"data": [{"id": "tiny"}]}).to_string()))],
            _ => vec![Act::Send(events(std::slice::from_ref(&answer)))],
        })
        .await;
        let engine = engine("openai", &server.url);
        for _ in 0..6 {
            engine.caps().await.unwrap();
            ask(&engine).await.unwrap();
        }
        let lists = server.asked().iter().filter(|asked| asked.path == "/v1/models").count();
        // Another model than was listed is a reason to ask once more, and no further one.
        assert_eq!(lists, if served.starts_with("tiny") { 1 } else { 2 }, "{served}");
    }
}

#[test]
fn g21_proxy_variables_are_not_used() {
    // The client is built without them; a request that went to the proxy would not reach the server.
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "http::a_good_answer_is_read"])
        .envs([("HTTP_PROXY", "http://127.0.0.1:1"), ("http_proxy", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1")])
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

#[tokio::test]
async fn g22_bad_keys_are_refused_before_anything_is_sent() {
    let server = Server::answering(vec![Act::Send(events(&[delta("x"), finish("stop")]))]).await;
    for key in ["", "two words", "line\\nend", "schlüssel", "tab\\there"] {
        let command = Some(vec!["printf".to_string(), key.to_string()]);
        let engine = build_with("test", &EngineConfig { api_key_command: command, ..config("openai", &server.url) }, limits()).unwrap();
        let error = ask(&engine).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Configuration, "{key}: {error}");
        assert!(key.is_empty() || !error.message.contains(key), "{error}");
    }
    assert!(server.asked().is_empty());
    let command = Some(vec!["printf".to_string(), "good-key\\n".to_string()]);
    let engine = build_with("test", &EngineConfig { api_key_command: command, ..config("openai", &server.url) }, limits()).unwrap();
    assert_eq!(ask(&engine).await.unwrap().text, "x");
    assert_eq!(server.asked()[0].header("authorization"), Some("Bearer good-key"));
}

/// `yes` grew to all of the memory there is.
#[tokio::test]
async fn g22_a_key_command_that_never_stops_writing_is_given_up() {
    let server = Server::answering(vec![Act::Send(events(&[delta("x"), finish("stop")]))]).await;
    let command = Some(vec!["yes".to_string()]);
    let engine = build_with("test", &EngineConfig { api_key_command: command, ..config("openai", &server.url) }, limits()).unwrap();
    let error = ask(&engine).await.unwrap_err();
    assert!(error.kind == ErrorKind::Configuration && error.message.contains("more than any key"), "{error}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn k14_a_key_that_the_server_echoes_is_redacted_and_never_travels_unencrypted() {
    let body = json!({"error": {"message": "Incorrect API key provided: good-key."}}).to_string();
    let server = Server::answering(vec![Act::Send(whole("401 Unauthorized", "application/json", &body))]).await;
    let command = Some(vec!["printf".to_string(), "good-key".to_string()]);
    let with_key = |url: &str| build_with("test", &EngineConfig { api_key_command: command.clone(), ..config("openai", url) }, limits());
    let error = ask(&with_key(&server.url).unwrap()).await.unwrap_err();
    assert!(error.message.contains("[key]") && !error.message.contains("good-key"), "{error}");
    let inside = events(&[json!({"error": {"message": "quota of good-key is used up"}})]);
    let server = Server::answering(vec![Act::Send(inside)]).await;
    let error = ask(&with_key(&server.url).unwrap()).await.unwrap_err();
    assert!(error.message.contains("quota of [key]"), "{error}");
    // In base64, alone or behind what stands before it in a header, with its letters as numbers, or cut off.
    let key = "sk/good+key-0123456789=x";
    let command = vec!["printf".to_string(), "%s".to_string(), key.to_string()];
    let said = "base64 c2svZ29vZCtrZXktMDEyMzQ1Njc4OT14, behind a word QmVhcmVyIHNrL2dvb2Qra2V5LTAxMjM0NTY3ODk9eA==, behind a name \
                bTpzay9nb29kK2tleS0wMTIzNDU2Nzg5PXg=, percent sk%2Fgood%2bkey-0123456789%3Dx, cut sk/good+key-0123";
    let body = json!({"error": {"message": said}}).to_string();
    let server = Server::answering(vec![Act::Send(whole("401 Unauthorized", "application/json", &body))]).await;
    let settings = EngineConfig { api_key_command: Some(command), ..config("openai", &server.url) };
    let error = ask(&build_with("test", &settings, limits()).unwrap()).await.unwrap_err();
    for left in ["svZ29v", "NrL2dv", "cay9nb", "0123", "%2F", "good"] {
        assert!(!error.message.contains(left), "{left}: {error}");
    }
    assert_eq!(error.message.matches("[key]").count(), 5, "{error}");
    // A gateway names the key that it uses itself.
    let others = format!("upstream refused sk-proj-{}", "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z".repeat(2));
    let body = json!({"error": {"message": others}}).to_string();
    let server = Server::answering(vec![Act::Send(whole("400 Bad Request", "application/json", &body))]).await;
    let error = ask(&with_key(&server.url).unwrap()).await.unwrap_err();
    assert!(error.message.contains("upstream refused <redacted") && !error.message.contains("Ab3dEf"), "{error}");
    let error = ask(&with_key("http://192.0.2.1:8000/v1").unwrap()).await.unwrap_err();
    assert!(error.message.contains("unencrypted"), "{error}");
    let secret_in_url = with_key("https://user:hunter2@example.org/v1").err().unwrap();
    assert!(!secret_in_url.message.contains("hunter2"), "{secret_in_url}");
}

#[test]
fn k20_the_parsed_origin_decides() {
    let origin = |url: &str| build("test", &config("openai", url)).map(|engine| engine.origin().unwrap());
    assert_eq!(origin("http://LOCALHOST:8000/v1").unwrap(), "http://localhost:8000");
    assert_eq!(origin("https://bücher.example/v1").unwrap(), "https://xn--bcher-kva.example:443");
    assert_eq!(origin("http://[::1]:8000").unwrap(), "http://[::1]:8000");
    for url in ["http://127.0.0.1@evil.example/v1", "ftp://example.org", "localhost:8000", "http://", "https://example.org/v1?key=abc"] {
        assert_eq!(origin(url).unwrap_err().kind, ErrorKind::Configuration, "{url}");
    }
    let endpoint = |url: &str| longsight::engine::http::Endpoint::parse("test", url).unwrap();
    for url in ["http://127.0.0.1:1", "http://localhost", "http://localhost.", "http://[::1]", "http://[::ffff:127.0.0.1]"] {
        assert!(endpoint(url).is_loopback(), "{url}");
    }
    assert!(!endpoint("http://localhost.evil.example").is_loopback() && !endpoint("http://127.0.0.1.evil.example").is_loopback());
}

#[tokio::test]
async fn cancelling_closes_the_connection() {
    let server = Server::answering(vec![
        Act::Send(head("200 OK", "text/event-stream")),
        Act::Send(format!("data: {}\n\n", delta("x")).into_bytes()),
        Act::Hang,
    ])
    .await;
    let engine = build_with("test", &config("openai", &server.url), Limits::default()).unwrap();
    let cancel = Cancel::new();
    let mut events = engine.start(question(), cancel.clone());
    assert!(events.recv().await.is_some());
    let cancelled = Instant::now();
    cancel.cancel();
    let left = tokio::time::timeout(Duration::from_secs(10), server.left()).await.expect("the connection stays open");
    assert!(left.saturating_duration_since(cancelled) < Duration::from_secs(5), "hang guard");
    // Dropping the receiver does the same.
    drop(events);
}
