//! Servers in the shapes that their documentation gives: DeepSeek's API, vLLM, SGLang, llama-server, Ollama.

use longsight::config::EngineConfig;
use longsight::dialect::{Chat, Fim, FimFile, Message, Role, Tool, ToolCall, ToolChoice};
use longsight::engine::http::build_with;
use longsight::engine::{Ask, Cancel, ErrorKind, Finish, Request, collect};
use serde_json::{Value, json};

use crate::http::{ask, call_delta, config, delta, engine, finish, limits, question, request, tool};
use crate::support::http::{Act, Asked, Server, events, lines, whole};

fn hole() -> Request {
    let file = FimFile { path: "src/a.rs".into(), comment: "//".into(), text: "fn a() {}\n".into() };
    request(Ask::Fim(Fim {
        repository: "repo".into(),
        files: vec![file],
        path: "src/b.rs".into(),
        comment: "//".into(),
        prefix: "fn b() { ".into(),
        suffix: " }".into(),
    }))
}

/// A tool loop in the middle: the model has thought, called, and got its result.
fn tool_turn(thinking: bool) -> Request {
    let arguments = json!({"path": "a.rs"});
    let mut earlier = Message::new(Role::Assistant, "Earlier answer.");
    earlier.reasoning = Some("earlier thoughts".into());
    let mut asked = Message::new(Role::Assistant, "");
    asked.reasoning = Some("I must look.".into());
    asked.tool_calls = vec![ToolCall { id: "c1".into(), name: "read_file".into(), arguments }];
    let mut result = Message::new(Role::Tool, "fn main() {}");
    result.tool_call_id = Some("c1".into());
    let messages = vec![Message::new(Role::User, "a"), earlier, Message::new(Role::User, "b"), asked, result];
    request(Ask::Chat(Chat { messages, tools: vec![tool("read_file")], tool_choice: ToolChoice::Auto, thinking, ..Chat::default() }))
}

fn good() -> Vec<Act> {
    vec![Act::Send(events(&[delta("done"), finish("stop")]))]
}

fn refusal(message: &str) -> Vec<Act> {
    vec![Act::Send(whole("400 Bad Request", "application/json", &json!({"error": {"message": message}}).to_string()))]
}

fn reasoning_sent(asked: &Asked) -> Vec<bool> {
    asked.body["messages"].as_array().unwrap().iter().map(|message| message.get("reasoning_content").is_some()).collect()
}

#[tokio::test]
async fn deepseek_sends_reasoning_back_in_tool_turns_only() {
    let server = Server::answering(good()).await;
    let engine = engine("deepseek", &server.url);
    collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/chat/completions"));
    assert_eq!(asked.body["thinking"], json!({"type": "enabled"}));
    assert!(asked.body.get("temperature").is_none(), "ignored when thinking");
    assert_eq!(reasoning_sent(asked), [false, false, false, true, false]);
    assert_eq!(asked.body["messages"][3]["tool_calls"][0]["function"]["arguments"], json!("{\"path\":\"a.rs\"}"));
}

#[tokio::test]
async fn deepseek_contract_that_refuses_reasoning() {
    let server = Server::start(|_, asked| match reasoning_sent(asked).contains(&true) {
        true => refusal("reasoning_content is not allowed in the input messages"),
        false => good(),
    })
    .await;
    let engine = engine("deepseek", &server.url);
    for _ in 0..2 {
        assert_eq!(collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap().text, "done");
    }
    assert_eq!(server.asked().len(), 3, "learnt from the first refusal");
}

#[tokio::test]
async fn deepseek_contract_that_wants_all_reasoning() {
    let server = Server::start(|_, asked| match reasoning_sent(asked)[1] {
        true => good(),
        false => refusal("The reasoning_content in the thinking mode must be passed back to the API."),
    })
    .await;
    let engine = engine("deepseek", &server.url);
    assert_eq!(collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap().text, "done");
}

#[tokio::test]
async fn deepseek_fills_holes_without_thinking_and_counts_its_cache() {
    let usage = json!({"id": "a", "choices": [], "usage": {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36, "completion_tokens": 3}});
    let text = json!({"id": "a", "model": "deepseek-flash", "choices": [{"index": 0, "text": "todo", "finish_reason": "stop"}]});
    let server = Server::answering(vec![Act::Send(events(&[text, usage]))]).await;
    let engine = engine("deepseek", &format!("{}/v1", server.url));
    let answer = collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finished.timing.tokens_reused, answer.finished.timing.tokens_decoded), ("todo", 64, 36));
    let asked = &server.asked()[0];
    assert_eq!((asked.path.as_str(), asked.body["suffix"].as_str()), ("/beta/completions", Some(" }")));
    assert_eq!(asked.body["prompt"], "// src/a.rs\nfn a() {}\n// src/b.rs\nfn b() { ");
    collect(engine.start(question(), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(server.asked()[1].body["thinking"], json!({"type": "disabled"}), "on by default there");
}

#[tokio::test]
async fn deepseek_insufficient_resources_is_a_failure() {
    let server = Server::answering(vec![Act::Send(events(&[delta("half"), finish("insufficient_system_resource")]))]).await;
    assert_eq!(ask(&engine("deepseek", &server.url)).await.unwrap_err().kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn vllm_with_its_own_tools_and_what_it_leaks() {
    let reasoning = json!({"id": "a", "choices": [{"index": 0, "delta": {"reasoning": "Let me see."}}]});
    let leaked = "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"read_file\">\n<｜DSML｜parameter name=\"path\" string=\"true\">a</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>";
    let (left, right) = leaked.split_at(40);
    let server =
        Server::answering(vec![Act::Send(events(&[reasoning, delta("Sure.\n\n"), delta(left), delta(right), finish("stop")]))]).await;
    let answer = ask(&engine("openai", &format!("{}/v1", server.url))).await.unwrap();
    assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), ("Let me see.", "Sure."));
    assert_eq!((answer.calls[0].name.as_str(), &answer.calls[0].arguments), ("read_file", &json!({"path": "a"})));
    assert_eq!(answer.finished.reason, Finish::ToolCalls);
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!((&asked.body["tool_choice"], &asked.body["stream_options"]), (&json!("auto"), &json!({"include_usage": true})));
    assert!(asked.body.get("chat_template_kwargs").is_none());
}

#[tokio::test]
async fn vllm_and_sglang_switch_thinking_through_the_template() {
    let server = Server::answering(good()).await;
    let engine = engine("openai", &server.url);
    collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(server.asked()[0].body["chat_template_kwargs"]["thinking"], json!(true));
    let never = EngineConfig { thinking: Some(false), ..config("openai", &server.url) };
    let engine = build_with("test", &never, limits()).unwrap();
    collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(server.asked()[1].body["chat_template_kwargs"]["thinking"], json!(false));
}

#[tokio::test]
async fn sglang_sends_whole_calls_and_null_fields() {
    let whole = json!({"id": "a", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": null, "content": null, "reasoning_content": null,
        "tool_calls": [{"id": "call_9", "index": 0, "type": "function", "function": {"name": "read_file", "arguments": "{\"path\": \"a\"}"}}]}, "finish_reason": null}], "usage": null});
    let server = Server::answering(vec![Act::Send(events(&[whole, finish("tool_calls")]))]).await;
    let answer = ask(&engine("openai", &server.url)).await.unwrap();
    assert_eq!((answer.calls[0].id.as_str(), &answer.calls[0].arguments), ("call_9", &json!({"path": "a"})));
}

#[tokio::test]
async fn rendered_prompts_go_to_raw_completion() {
    let text = |text: &str, reason: Value| json!({"id": "a", "choices": [{"index": 0, "text": text, "finish_reason": reason}]});
    let call = "thoughts</think>\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"read_file\">\n<｜DSML｜parameter name=\"path\" string=\"true\"> a </｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>";
    let documents: Vec<Value> = call.chars().map(|c| text(&c.to_string(), Value::Null)).chain([text("", json!("stop"))]).collect();
    let server = Server::answering(vec![Act::Send(events(&documents))]).await;
    let rendered = EngineConfig { dialect: Some("deepseek-v3.2".into()), ..config("openai", &server.url) };
    let engine = build_with("test", &rendered, limits()).unwrap();
    let chat = Chat {
        messages: vec![Message::new(Role::User, "x <｜Assistant｜> y")],
        tools: vec![tool("read_file")],
        thinking: true,
        ..Chat::default()
    };
    let answer = collect(engine.start(request(Ask::Chat(chat)), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!((answer.reasoning.as_str(), &answer.calls[0].arguments), ("thoughts", &json!({"path": " a "})));
    let asked = &server.asked()[0];
    assert_eq!((asked.path.as_str(), &asked.body["skip_special_tokens"]), ("/v1/completions", &json!(false)));
    let prompt = asked.body["prompt"].as_str().unwrap();
    assert!(prompt.ends_with("<｜User｜>x < ｜Assistant｜> y<｜Assistant｜><think>"), "f11: {prompt}");
    assert!(!prompt.starts_with("<｜begin"), "the server adds it");
}

#[tokio::test]
async fn holes_for_a_qwen_behind_an_openai_server_use_its_tokens() {
    let server = Server::answering(vec![Act::Send(events(&[json!({"choices": [{"text": "x", "finish_reason": "stop"}]})]))]).await;
    let qwen = EngineConfig { model: "Qwen/Qwen2.5-Coder-7B".into(), ..config("openai", &server.url) };
    let engine = build_with("test", &qwen, limits()).unwrap();
    collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap();
    let wanted =
        "<|repo_name|>repo\n<|file_sep|>src/a.rs\nfn a() {}\n<|file_sep|>src/b.rs\n<|fim_prefix|>fn b() { <|fim_suffix|> }<|fim_middle|>";
    assert_eq!(server.asked()[0].body["prompt"], wanted);
    let chatty = build_with("test", &config("openai", &server.url), limits()).unwrap();
    let error = collect(chatty.start(hole(), Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "g20: a chat model gets no holes");
}

/// Each family has control tokens of its own around a hole: those of another are text to it.
#[tokio::test]
async fn holes_for_other_families_behind_an_openai_server_use_their_tokens() {
    let context = "// src/a.rs\nfn a() {}\n// src/b.rs\n";
    let cases = [
        ("bigcode/starcoder2-7b", format!("<fim_prefix>{context}fn b() {{ <fim_suffix> }}<fim_middle>"), "<|endoftext|>"),
        ("codellama/CodeLlama-13b-hf", format!("<PRE> {context}fn b() {{  <SUF> }} <MID>"), "<EOT>"),
        ("deepseek-ai/deepseek-coder-6.7b-base", format!("<｜fim▁begin｜>{context}fn b() {{ <｜fim▁hole｜> }}<｜fim▁end｜>"), "<|EOT|>"),
        ("mistralai/Codestral-22B-v0.1", format!("[SUFFIX] }}[PREFIX]{context}fn b() {{ "), "</s>"),
        ("google/codegemma-7b", format!("<|fim_prefix|>{context}fn b() {{ <|fim_suffix|> }}<|fim_middle|>"), "<|file_separator|>"),
    ];
    for (model, wanted, end) in cases {
        let pieces = ["x(", ")", &end[..2], &end[2..], "fn more"];
        let documents: Vec<Value> = pieces.iter().map(|text| json!({"choices": [{"text": text}]})).collect();
        let ended = json!({"choices": [{"text": "", "finish_reason": "stop"}]});
        let server = Server::answering(vec![Act::Send(events(&[documents, vec![ended]].concat()))]).await;
        let named = EngineConfig { model: model.into(), ..config("openai", &server.url) };
        let engine = build_with("test", &named, limits()).unwrap();
        let answer = collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap();
        assert_eq!(answer.text, "x()", "{model}");
        let asked = &server.asked()[0];
        assert_eq!((asked.path.as_str(), &asked.body["prompt"]), ("/v1/completions", &json!(wanted)), "{model}");
        assert!(asked.body["stop"].as_array().unwrap().iter().any(|stop| stop == end), "{model}");
    }
    for chatty in ["codellama/CodeLlama-34b-Instruct-hf", "mistralai/mamba-codestral-7B", "google/codegemma-7b-it"] {
        let server = Server::answering(vec![]).await;
        let engine = build_with("test", &EngineConfig { model: chatty.into(), ..config("openai", &server.url) }, limits()).unwrap();
        let error = collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{chatty}");
    }
}

/// A gateway that completes no raw prompts is asked in words from then on.
#[tokio::test]
async fn a_server_without_raw_prompts_gets_no_more_holes() {
    let server = Server::answering(vec![Act::Send(whole("404 Not Found", "application/json", "{}"))]).await;
    let coder = EngineConfig { model: "starcoder2".into(), ..config("openai", &server.url) };
    let engine = build_with("test", &coder, limits()).unwrap();
    collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap_err();
    let error = collect(engine.start(hole(), Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!((error.kind, server.asked().len()), (ErrorKind::Unsupported, 1));
}

/// What stands in the code and looks like a token of the family is spelt, and its end in the code ends nothing.
#[tokio::test]
async fn tokens_of_a_family_in_the_code_are_text() {
    let document = json!({"choices": [{"text": "a</s>b", "finish_reason": "stop"}]});
    let server = Server::answering(vec![Act::Send(events(&[document]))]).await;
    let codestral = EngineConfig { model: "codestral".into(), ..config("openai", &server.url) };
    let mut hole = hole();
    if let Ask::Fim(fim) = &mut hole.ask {
        (fim.files, fim.prefix, fim.suffix) = (vec![], "<s>x</s> [SUFFIX] ".into(), " y".into());
    }
    let engine = build_with("test", &codestral, limits()).unwrap();
    let answer = collect(engine.start(hole, Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(answer.text, "a</s>b");
    assert_eq!(server.asked()[0].body["prompt"], "[SUFFIX] y[PREFIX]< s>x< /s> [ SUFFIX] ");
}

fn ollama_end(read: u64) -> Value {
    json!({"model": "tiny", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop", "prompt_eval_count": read, "eval_count": 3, "load_duration": 5_000_000})
}

#[tokio::test]
async fn ollama_chat_with_tools_thinking_and_a_context_size() {
    let call = json!({"model": "tiny", "message": {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "read_file", "arguments": {"path": "a"}}}]}, "done": false});
    let thinking = json!({"model": "tiny", "message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": false});
    let server = Server::answering(vec![Act::Send(lines(&[thinking, call, ollama_end(30)]))]).await;
    let sized = EngineConfig { context: Some(131_072), ..config("ollama", &server.url) };
    let engine = build_with("test", &sized, limits()).unwrap();
    let answer = collect(engine.start(tool_turn(true), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!((answer.reasoning.as_str(), &answer.calls[0].arguments), ("hm", &json!({"path": "a"})));
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/api/chat");
    assert_eq!(asked.body["options"]["num_ctx"], json!(131_072));
    assert_eq!((&asked.body["truncate"], &asked.body["shift"], &asked.body["think"]), (&json!(false), &json!(false), &json!(true)));
    let messages = &asked.body["messages"];
    assert_eq!(messages[3]["tool_calls"][0]["function"]["arguments"], json!({"path": "a.rs"}), "an object, not text");
    assert_eq!(messages[4]["tool_name"], "read_file");
}

#[tokio::test]
async fn ollama_that_cuts_the_prompt_in_silence_is_not_believed() {
    let text = json!({"model": "tiny", "message": {"role": "assistant", "content": "nonsense"}, "done": false});
    let server = Server::answering(vec![Act::Send(lines(&[text, ollama_end(2050)]))]).await;
    let engine = engine("ollama", &server.url);
    let chat = Chat { messages: vec![Message::new(Role::User, "fn main() {}\n".repeat(3000))], ..Chat::default() };
    let error = collect(engine.start(request(Ask::Chat(chat)), Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLong, "{error}");
    let short = Chat { messages: vec![Message::new(Role::User, "fn main() {}\n".repeat(300))], ..Chat::default() };
    assert!(collect(engine.start(request(Ask::Chat(short)), Cancel::new()), |_| {}).await.is_ok());
}

#[tokio::test]
async fn ollama_that_counts_only_what_it_had_not_cached_is_believed() {
    let text = |read: u64| lines(&[json!({"model": "tiny", "message": {"content": "fine"}, "done": false}), ollama_end(read)]);
    // Whole, then all but the end from the cache, then another prompt of which it reads a part.
    let server = Server::start(move |number, _| vec![Act::Send(text([6000, 12, 700][number]))]).await;
    let engine = engine("ollama", &server.url);
    let head = "fn main() {}\n".repeat(2000);
    let chat = |text: String| request(Ask::Chat(Chat { messages: vec![Message::new(Role::User, text)], ..Chat::default() }));
    assert!(collect(engine.start(chat(format!("{head}one")), Cancel::new()), |_| {}).await.is_ok());
    assert!(collect(engine.start(chat(format!("{head}and two")), Cancel::new()), |_| {}).await.is_ok());
    let other = "struct Other;\n".repeat(2000);
    let error = collect(engine.start(chat(other), Cancel::new()), |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLong, "{error}");
}

#[tokio::test]
async fn ollama_that_sends_a_model_on_to_other_machines_in_silence_is_refused() {
    let shown =
        json!({"capabilities": ["completion"], "remote_model": "deepseek-v3.2", "remote_host": "https://ollama.com:443"}).to_string();
    let server = Server::answering(vec![Act::Send(whole("200 OK", "application/json", &shown))]).await;
    let error = engine("ollama", &server.url).caps().await.unwrap_err();
    assert!(error.kind == ErrorKind::Configuration && error.message.contains("https://ollama.com:443"), "{error}");
    let cloud = EngineConfig { model: "deepseek-v3.2:cloud".into(), ..config("ollama", &server.url) };
    assert!(build_with("test", &cloud, limits()).unwrap().caps().await.is_ok());
}

#[tokio::test]
async fn ollama_fills_holes_where_the_model_can() {
    let show = |capabilities: Value| json!({"capabilities": capabilities, "model_info": {"qwen2.context_length": 4096}}).to_string();
    let text = json!({"model": "tiny", "response": "todo", "done": false});
    let end = json!({"model": "tiny", "response": "", "done": true, "done_reason": "length", "prompt_eval_count": 9});
    for (capabilities, fills) in [(json!(["completion", "insert"]), true), (json!(["completion", "tools"]), false)] {
        let (shown, filled) = (show(capabilities), lines(&[text.clone(), end.clone()]));
        let server = Server::start(move |_, asked| match asked.path.as_str() {
            "/api/show" => vec![Act::Send(whole("200 OK", "application/json", &shown))],
            _ => vec![Act::Send(filled.clone())],
        })
        .await;
        let engine = engine("ollama", &server.url);
        let caps = engine.caps().await.unwrap();
        assert_eq!((caps.fim, caps.context), (fills, 4096));
        let outcome = collect(engine.start(hole(), Cancel::new()), |_| {}).await;
        match fills {
            true => {
                let answer = outcome.unwrap();
                assert_eq!((answer.text.as_str(), answer.finished.reason), ("todo", Finish::Length));
                assert_eq!(server.asked().last().unwrap().body["suffix"], " }");
            }
            false => assert_eq!(outcome.unwrap_err().kind, ErrorKind::Unsupported),
        }
    }
}

#[tokio::test]
async fn ollama_raw_and_cloud() {
    let server = Server::answering(vec![Act::Send(lines(&[
        json!({"model": "m", "response": "{\"name\": \"read_file\", \"parameters\": {\"path\": \"a\"}}", "done": false}),
        json!({"model": "m", "response": "", "done": true}),
    ]))])
    .await;
    let rendered = EngineConfig { dialect: Some("llama-4".into()), ..config("ollama", &server.url) };
    let answer = ask(&build_with("test", &rendered, limits()).unwrap()).await.unwrap();
    assert_eq!(answer.calls[0].name, "read_file");
    let asked = &server.asked()[0];
    assert_eq!((asked.path.as_str(), &asked.body["raw"]), ("/api/generate", &json!(true)));
    assert!(asked.body["options"]["stop"].as_array().unwrap().contains(&json!("<|eot|>")));
    let cloud = EngineConfig { model: "deepseek-v3.2:cloud".into(), ..config("ollama", &server.url) };
    assert_eq!(build_with("test", &cloud, limits()).unwrap().origin().as_deref(), Some("https://ollama.com:443"));
    let error =
        Server::answering(vec![Act::Send(whole("404 Not Found", "application/json", "{\"error\": \"model 'tiny' not found\"}"))]).await;
    assert!(ask(&engine("ollama", &error.url)).await.unwrap_err().message.contains("model 'tiny' not found"));
}

#[tokio::test]
async fn interleaved_calls_of_a_gateway() {
    let documents = [
        call_delta(0, "a", "read_file", "{\"path\":"),
        call_delta(1, "b", "read_file", "{\"path\":"),
        call_delta(0, "", "", "\"x\"}"),
        call_delta(1, "", "", "\"y\"}"),
        finish("tool_calls"),
    ];
    let server = Server::answering(vec![Act::Send(events(&documents))]).await;
    let answer = ask(&engine("openai", &server.url)).await.unwrap();
    let paths: Vec<&Value> = answer.calls.iter().map(|call| &call.arguments["path"]).collect();
    assert_eq!(paths, [&json!("x"), &json!("y")]);
}

/// The last text that a prompt of this body shows.
fn shown(asked: &Asked) -> String {
    let chat = asked.body["messages"].as_array().and_then(|messages| messages.last()?["content"].as_str());
    chat.or(asked.body["prompt"].as_str()).unwrap_or_default().into()
}

/// Code about chat templates: its tokens are broken on the way out, and whole again in whatever comes back.
#[tokio::test]
async fn control_tokens_in_the_users_code_come_back_whole() {
    let documents = [
        delta("x = text.find(\"< th"),
        delta("ink>\") # < |im_end|> < pad>"),
        call_delta(0, "c", "read_file", r#"{"path": "< /think>"}"#),
        finish("stop"),
    ];
    let server = Server::answering(vec![Act::Send(events(&documents))]).await;
    let code = "x = text.find(\"<think>\") # <|im_end|> </think>";
    let chat = Chat { messages: vec![Message::new(Role::User, code)], tools: vec![tool("read_file")], ..Chat::default() };
    let api = engine("openai", &server.url);
    let answer = collect(api.start(request(Ask::Chat(chat.clone())), Cancel::new()), |_| {}).await.unwrap();
    assert!(!shown(&server.asked()[0]).contains("<think>"));
    assert_eq!(answer.text, "x = text.find(\"<think>\") # <|im_end|> < pad>");
    assert_eq!(answer.calls[0].arguments, json!({"path": "</think>"}));

    let mut said = Message::new(Role::Assistant, &answer.text);
    said.tool_calls = answer.calls;
    let again = Chat { messages: vec![Message::new(Role::User, code), said], ..chat };
    collect(api.start(request(Ask::Chat(again)), Cancel::new()), |_| {}).await.unwrap();
    let sent = server.asked()[1].body["messages"].to_string();
    assert!(!sent.contains("<think>") && !sent.contains("</think>") && !sent.contains("<|im_end|>"), "k22: broken again: {sent}");

    let meant = Chat { messages: vec![Message::new(Role::User, "`< think>` or <think>?")], ..Chat::default() };
    let answer = collect(api.start(request(Ask::Chat(meant)), Cancel::new()), |_| {}).await.unwrap();
    assert!(answer.text.contains("\"< think>\""), "a spelling that stands in the text means itself: {}", answer.text);
}

#[tokio::test]
async fn a_hole_ends_at_the_first_control_token() {
    let text = |text: &str| json!({"id": "a", "choices": [{"index": 0, "text": text, "finish_reason": null}]});
    for (pieces, wanted) in [
        (vec!["\"x\"<|fim_", "pad|>"], "\"x\""),
        (vec!["\"x\"<|repo_name|>other"], "\"x\""),
        (vec!["x<file_sep>src/c.rs\n", "more"], "x"),
        (vec!["\"< |im_end|>\" a <", "| b"], "\"<|im_end|>\" a <| b"),
    ] {
        let documents: Vec<Value> = pieces.into_iter().map(text).chain([finish("stop")]).collect();
        let server = Server::answering(vec![Act::Send(events(&documents))]).await;
        let qwen = EngineConfig { model: "Qwen/Qwen2.5-Coder-7B".into(), ..config("openai", &server.url) };
        let mut hole = hole();
        if let Ask::Fim(fim) = &mut hole.ask {
            fim.prefix = "return \"<|im_end|>\" or ".into();
        }
        let answer = collect(build_with("test", &qwen, limits()).unwrap().start(hole, Cancel::new()), |_| {}).await.unwrap();
        assert_eq!(answer.text, wanted);
    }
}

#[tokio::test]
async fn reasoning_in_the_content_is_no_answer_without_tools_either() {
    for text in ["<think>\nLet me see.\n</think>\n\nIt returns.", "Let me see.\n</think>\n\nIt returns."] {
        let server = Server::answering(vec![Act::Send(events(&[delta(text), finish("stop")]))]).await;
        let chat = Chat { messages: vec![Message::new(Role::User, "What?")], ..Chat::default() };
        let answer = collect(engine("openai", &server.url).start(request(Ask::Chat(chat)), Cancel::new()), |_| {}).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.reasoning.trim()), ("It returns.", "Let me see."), "{text}");
    }
}

/// What the server has parsed is put right by the tool's schema as well.
#[tokio::test]
async fn arguments_that_a_server_parsed_are_fitted_to_the_schema() {
    let function = json!({"name": "read_file", "parameters": {"type": "object", "properties": {"line": {"type": "integer"}, "edits": {"type": "array"}}}});
    let call = call_delta(0, "c", "read_file", r#"{"line": 1.0, "edits": "[{\"a\": 1}]"}"#);
    let server = Server::answering(vec![Act::Send(events(&[call, finish("tool_calls")]))]).await;
    let tools = vec![Tool { name: "read_file".into(), function }];
    let chat = Chat { messages: vec![Message::new(Role::User, "a")], tools, ..Chat::default() };
    let answer = collect(engine("openai", &server.url).start(request(Ask::Chat(chat)), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(answer.calls[0].arguments, json!({"line": 1, "edits": [{"a": 1}]}));
}
