//! The real engine process: loading, answers, reuse, faults.

use std::ops::ControlFlow;
use std::time::Duration;

use longsight::dialect::Tool;
use longsight::engine::llama::wire;
use longsight::engine::{Answer, Cancel, ErrorKind, Event, collect, collect_while};
use nix::sys::signal::Signal;

use crate::support::engine::{Rig, ask, chat, first_text, hole, with_tool};
use crate::support::{gguf, model_path};

#[tokio::test]
async fn a_real_model_completes_and_answers() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("smollm2-135m"), 2048);
    let answer = ask(&engine, chat("Say hello.", 16)).await.unwrap();
    assert!(!answer.text.is_empty());
    assert!(answer.finished.timing.tokens_decoded > 4, "{:?}", answer.finished);
    let caps = engine.caps().await.unwrap();
    assert_eq!((caps.context, caps.chat), (2048, true));
}

/// What is sent first is cut to the speed of the machine, which nobody knew before the first answer.
#[tokio::test]
async fn the_rate_is_known_before_the_first_prompt() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let caps = rig.engine(&path, 2048).caps().await.unwrap();
    assert!(caps.prefill_rate.is_some_and(|rate| rate > 1.0) && caps.decode_rate.is_none(), "{caps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_line_by_line_are_those_of_the_whole() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("qwen2.5-coder-0.5b"), 2048);
    let text = include_str!("../src/context/select.rs");
    // Nothing is loaded yet: the vocabulary comes alone.
    engine.tokens().prepare();
    let counted = engine.tokens().count(&text[..900]);
    let answer = ask(&engine, hole(&text[..900], "", 1)).await.unwrap();
    let read = answer.finished.timing.tokens_reused + answer.finished.timing.tokens_decoded;
    // What frames the hole is read as well.
    assert!((counted..counted + 24).contains(&(read as usize)), "{counted} counted, {read} read");
}

#[tokio::test]
async fn the_default_model_fills_a_hole() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("qwen2.5-coder-0.5b"), 2048);
    let answer = ask(&engine, hole("fn add(a: i32, b: i32) -> i32 {\n    ", "\n}\n", 16)).await.unwrap();
    assert!(answer.text.contains('a') && answer.text.contains('b'), "{answer:?}");
}

#[tokio::test]
async fn tiny_models_of_the_large_kinds_complete_and_call() {
    let rig = Rig::new();
    for (name, file) in
        [("llama4", gguf::llama4()), ("deepseek2", gguf::deepseek("deepseek2")), ("deepseek32", gguf::deepseek("deepseek32"))]
    {
        let path = rig.path().join(format!("{name}.gguf"));
        file.write(&path);
        let engine = rig.engine(&path, 4096);
        let answer = ask(&engine, chat("hello", 8)).await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
        let function = serde_json::json!({"name": "pick", "description": "Picks.", "parameters": {"type": "object",
            "properties": {"which": {"type": "string", "enum": ["a", "b"]}}, "required": ["which"]}});
        let tool = Tool { name: "pick".into(), function };
        let answer = ask(&engine, with_tool("pick one", tool, 400)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(answer.calls.len(), 1, "{name}: {answer:?}");
        assert_eq!(answer.calls[0].name, "pick");
        assert!(["a", "b"].contains(&answer.calls[0].arguments["which"].as_str().unwrap()), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn prefix_reuse_past_the_chunk_equals_a_fresh_decode() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let engine = rig.engine(&path, 12_000);
    let head: String = (0..1800).map(|at| format!("{at:04} ")).collect();
    let (first, second) = (format!("{head}alpha"), format!("{head}beta and more"));
    let one = ask(&engine, chat(&first, 8)).await.unwrap();
    assert!(one.finished.timing.tokens_decoded > 8192, "{:?}", one.finished.timing);
    let reused = ask(&engine, chat(&second, 8)).await.unwrap();
    assert!(reused.finished.timing.tokens_reused > 8192, "{:?}", reused.finished.timing);
    assert!(reused.finished.timing.tokens_decoded < 200, "{:?}", reused.finished.timing);

    let other = Rig::new();
    let fresh = ask(&other.engine(&path, 12_000), chat(&second, 8)).await.unwrap();
    assert_eq!(fresh.finished.timing.tokens_reused, 0);
    same(&reused, &fresh);
}

/// Same text, and the same probabilities but for what other sizes of batches change: they follow the measured rate, so that two runs of
/// 9,000 tokens differ by up to 0.01 (a K shift is wrong by 0.2).
pub fn same(one: &Answer, other: &Answer) {
    assert_eq!(one.text, other.text);
    let (a, b) = (one.finished.timing.mean_logprob.unwrap(), other.finished.timing.mean_logprob.unwrap());
    assert!((a - b).abs() < 3e-2, "{a} and {b}");
}

#[tokio::test]
async fn f4_sigkill_in_the_middle_is_one_error_and_the_next_request_works() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("smollm2-135m"), 2048);
    let mut events = engine.start(chat("Count from one to a thousand.", 600), Cancel::new());
    first_text(&mut events).await;
    rig.signal(Signal::SIGKILL);
    let mut failures = vec![];
    while let Some(event) = events.recv().await {
        if let Event::Failed(error) = event {
            failures.push(error);
        }
    }
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].kind, ErrorKind::Unavailable);
    assert!(failures[0].message.contains("died"), "{failures:?}");
    assert!(ask(&engine, chat("Say hello.", 4)).await.is_ok());
}

#[tokio::test]
async fn f4_three_deaths_switch_the_model_off() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("smollm2-135m"), 2048);
    for _ in 0..3 {
        let mut events = engine.start(chat("Count from one to a thousand.", 600), Cancel::new());
        first_text(&mut events).await;
        rig.signal(Signal::SIGKILL);
        while events.recv().await.is_some() {}
    }
    let error = ask(&engine, chat("Say hello.", 4)).await.unwrap_err();
    assert!(error.message.contains("switched off"), "{error}");
}

#[tokio::test]
async fn f5_a_stopped_process_is_killed_and_replaced() {
    let mut rig = Rig::new();
    rig.surroundings.hang = Some(Duration::from_secs(1));
    let engine = rig.engine(model_path("smollm2-135m"), 2048);
    let mut events = engine.start(chat("Count from one to a thousand.", 600), Cancel::new());
    first_text(&mut events).await;
    rig.signal(Signal::SIGSTOP);
    let outcome = tokio::time::timeout(Duration::from_secs(60), collect(events, |_| {})).await.expect("the hang is noticed");
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Unavailable);
    assert!(ask(&engine, chat("Say hello.", 4)).await.is_ok());
}

/// The prompt's numbers came with the end of the answer, for which nobody waits who has heard enough.
#[tokio::test]
async fn what_a_prompt_cost_is_told_before_its_first_text() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let engine = rig.engine(&path, 2048);
    let stop = |event: &Event| if matches!(event, Event::Text(_)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let mut costs = vec![];
    for _ in 0..2 {
        let answer = collect_while(engine.start(chat("a prompt of some tokens", 64), Cancel::new()), stop).await.unwrap();
        let timing = answer.finished.timing;
        assert!(timing.tokens_out > 0 && timing.mean_logprob.is_some() && timing.total_ms > 0.0, "{timing:?}");
        costs.push((timing.tokens_reused, timing.tokens_decoded));
    }
    let [(none, read), (reused, again)] = costs[..] else { panic!("{costs:?}") };
    assert!(none == 0 && read > 20 && reused > 20 && again < read && reused + again == read, "{costs:?}");
}

#[tokio::test]
async fn f6_a_prompt_longer_than_the_context_is_refused_with_numbers() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("smollm2-135m"), 256);
    let error = ask(&engine, chat(&"word ".repeat(400), 16)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLong);
    assert!(error.message.contains("256"), "{error}");
    assert!(error.overflow.is_some_and(|overflow| overflow.prompt > 400 && overflow.room == 256 - 16), "{error:?}");
    let answer = ask(&engine, chat("Count from one to a thousand.", 1000)).await;
    assert!(answer.is_ok_and(|answer| answer.finished.timing.tokens_out < 256), "decoding stops at the end of the context");
}

#[tokio::test]
async fn f7_f8_cancelled_completions_leave_the_cache_consistent() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let engine = rig.engine(&path, 4096);
    let question = |number: usize| chat(&format!("{} {}", "context ".repeat(100), "x".repeat(number)), 32);
    let before = ask(&engine, question(0)).await.unwrap();
    for number in 1..=50 {
        let cancel = Cancel::new();
        let mut events = engine.start(question(number % 7), cancel.clone());
        if number % 2 == 0 {
            // During decoding; otherwise during the prompt.
            events.recv().await;
        }
        cancel.cancel();
        let outcome = collect(events, |_| {}).await;
        assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind == ErrorKind::Cancelled));
    }
    let after = ask(&engine, question(0)).await.unwrap();
    same(&after, &before);
    let fresh = Rig::new();
    same(&after, &ask(&fresh.engine(&path, 4096), question(0)).await.unwrap());
}

/// An engine process that writes a word every few milliseconds until it is told to stop; answers how many words it had written by then.
fn chatterbox(rig: &Rig, most: usize) -> std::thread::JoinHandle<usize> {
    let listener = std::os::unix::net::UnixListener::bind(rig.socket()).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        wire::read::<wire::Greeting>(&mut stream).unwrap();
        wire::write(&mut stream, &wire::Greeting::own()).unwrap();
        let asked = loop {
            let frame = wire::read::<wire::ToEngine>(&mut stream).unwrap().unwrap();
            if matches!(frame.order, wire::Order::Generate(_)) {
                break frame.id;
            }
        };
        let (stop, stopped) = std::sync::mpsc::channel();
        let mut reader = stream.try_clone().unwrap();
        std::thread::spawn(move || {
            while let Ok(Some(frame)) = wire::read::<wire::ToEngine>(&mut reader) {
                if frame.id == asked && frame.order == wire::Order::Cancel {
                    let _ = stop.send(());
                }
            }
        });
        for written in 0..most {
            if stopped.recv_timeout(Duration::from_millis(10)).is_ok() {
                return written;
            }
            let answer = wire::Answer::Text("word ".into());
            wire::write(&mut stream, &wire::FromEngine { id: asked, answer }).unwrap();
        }
        most
    })
}

/// A wait that every token began anew never ended while they came faster than it was long, and the engine wrote on to the end.
#[tokio::test]
async fn f7_a_cancel_reaches_an_engine_that_writes_fast() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let most = 500;
    let talker = chatterbox(&rig, most);
    let engine = rig.engine(&path, 1024);
    let cancel = Cancel::new();
    let mut events = engine.start(chat("go on", 900), cancel.clone());
    first_text(&mut events).await;
    cancel.cancel();
    drop(events);
    let written = tokio::task::spawn_blocking(|| talker.join().unwrap()).await.unwrap();
    assert!(written < most / 2, "{written} words were written after the cancel");
}

/// With a window that leaves room for one cache, whoever typed waited until a long answer was written; with three, until the last of three.
#[tokio::test]
async fn a_completion_goes_before_long_answers_however_many_caches_there_are() {
    use longsight::engine::Priority;
    let rig = Rig::new();
    for (context, answers) in [(32_768, 1), (2048, 4)] {
        let engine = rig.engine(model_path("qwen2.5-coder-0.5b"), context);
        let (cancel, done) = (Cancel::new(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
        for number in 0..answers {
            let mut events = engine.start(chat(&format!("Write the numbers from {number} to 500, one in each line."), 800), cancel.clone());
            if number == 0 {
                first_text(&mut events).await;
            }
            let done = done.clone();
            tokio::spawn(async move {
                let _ = collect(events, |_| {}).await;
                done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
        let typing = |prefix: &str| longsight::engine::Request { priority: Priority::Typing, ..hole(prefix, "\n}\n", 8) };
        let first = ask(&engine, typing("fn add(a: i32, b: i32) -> i32 {\n    ")).await.unwrap();
        let second = ask(&engine, typing("fn add(a: i32, b: i32) -> i32 {\n    a")).await.unwrap();
        assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), 0, "{context}: an answer came first");
        assert!(!first.text.is_empty() && second.finished.timing.tokens_reused > 4, "{context}: {:?}", second.finished.timing);
        cancel.cancel();
        // Alone, with the same prompt, the model says the same.
        let alone = ask(&engine, typing("fn add(a: i32, b: i32) -> i32 {\n    ")).await.unwrap();
        assert_eq!(alone.text, first.text, "{context}");
    }
}

#[tokio::test]
async fn f3_a_model_without_fim_tokens_says_so() {
    let rig = Rig::new();
    let path = rig.path().join("deepseek2.gguf");
    let mut file = gguf::deepseek("deepseek2");
    file.rename_tokens("fim", "was");
    file.write(&path);
    let engine = rig.engine(&path, 1024);
    assert!(!engine.caps().await.unwrap().fim);
    assert!(!engine.known_caps().fim);
    let error = ask(&engine, hole("a", "b", 4)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

/// Tokens of a prompt with this text, beyond those of an empty one.
async fn tokens_of(engine: &std::sync::Arc<dyn longsight::engine::Engine>, text: &str) -> u64 {
    let prompt = |timing: longsight::engine::Timing| timing.tokens_reused + timing.tokens_decoded;
    let empty = prompt(ask(engine, chat("x", 1)).await.unwrap().finished.timing);
    prompt(ask(engine, chat(&format!("x{text}"), 1)).await.unwrap().finished.timing) - empty
}

#[tokio::test]
async fn f11_control_tokens_in_user_text_are_plain_text() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("smollm2-135m"), 1024);
    // As control tokens they would be 50 tokens.
    let more = tokens_of(&engine, &"<|im_start|>".repeat(50)).await;
    assert!(more > 150, "{more}");
    // The same count comes from the tokenizer once the model is there; the estimate for this text is 182.
    let spaces = " ".repeat(600);
    let exact = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        engine.tokens().count(&spaces) < 182
    });
    assert!(exact, "counts are the model's own");
}

/// The default model's vocabulary calls `<tool_call>` "user defined", not "control": llama.cpp made one token of it in plain text too.
#[tokio::test]
async fn f11_tags_that_the_vocabulary_adds_are_plain_text_as_well() {
    let rig = Rig::new();
    let engine = rig.engine(model_path("qwen2.5-coder-0.5b"), 2048);
    let spelt = tokens_of(&engine, &"<tool_cal>".repeat(20)).await;
    assert!(spelt >= 60, "{spelt}");
    for tag in ["<tool_call>", "</tool_call>", "<|im_start|>", "<|fim_prefix|>", "<|endoftext|>"] {
        let more = tokens_of(&engine, &tag.repeat(20)).await;
        assert!(more >= 60, "{tag}: {more} tokens for 20 of them");
    }
    // Around a tag that is no tag any more, text is cut as it would be without one.
    assert_eq!(tokens_of(&engine, &"    let x = [1];\n".repeat(20)).await, 7 * 20);
}

#[tokio::test]
async fn f14_a_replaced_file_is_loaded_anew() {
    let rig = Rig::new();
    let path = rig.path().join("model.gguf");
    gguf::llama4().write(&path);
    let engine = rig.engine(&path, 1024);
    ask(&engine, chat("hello", 4)).await.unwrap();
    let replaced = rig.path().join("new.gguf");
    gguf::deepseek("deepseek32").write(&replaced);
    std::fs::rename(&replaced, &path).unwrap();
    let after = ask(&engine, chat("hello", 4)).await.unwrap();
    assert!(after.finished.timing.load_ms > 0.0, "{:?}", after.finished.timing);
    std::fs::write(&path, b"GGUF").unwrap();
    assert_eq!(ask(&engine, chat("hello", 4)).await.unwrap_err().kind, ErrorKind::Configuration);
}

/// The one threw the other out, so that each change between them read the weights anew and lost what was read of prompts.
#[tokio::test]
async fn two_windows_of_one_model_stay_beside_each_other() {
    let rig = Rig::new();
    let path = rig.path().join("model.gguf");
    gguf::deepseek("deepseek2").write(&path);
    let engines = [rig.engine(&path, 1024), rig.engine(&path, 2048)];
    let words = "the same words for both of them";
    for engine in &engines {
        let first = ask(engine, chat(words, 4)).await.unwrap().finished.timing;
        assert!(first.load_ms > 0.0, "{first:?}");
    }
    for engine in engines.iter().chain(&engines) {
        let again = ask(engine, chat(words, 4)).await.unwrap().finished.timing;
        assert!(again.load_ms == 0.0 && again.tokens_reused > 4, "{again:?}");
    }
}

#[tokio::test]
async fn two_engines_share_one_process_which_leaves_when_idle() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let (one, two) = (rig.engine(&path, 1024), rig.engine(&path, 1024));
    let (a, b) = tokio::join!(ask(&one, chat("hello", 4)), ask(&two, chat("hello", 4)));
    assert_eq!(a.unwrap().text, b.unwrap().text);
    let pid = rig.pid();
    drop(one);
    ask(&two, chat("again", 4)).await.unwrap();
    assert_eq!(rig.pid(), pid);
    drop(two);
    for _ in 0..200 {
        if !rig.socket().exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the engine process stays without clients");
}

/// Plays an engine process of another build, which refuses whoever comes, until told to end or for `times` clients.
fn stranger(rig: &Rig, times: usize) -> std::thread::JoinHandle<wire::Greeting> {
    let (listener, socket) = (std::os::unix::net::UnixListener::bind(rig.socket()).unwrap(), rig.socket());
    std::thread::spawn(move || {
        let mut first = None;
        for stream in listener.incoming().take(times) {
            let mut stream = stream.unwrap();
            if let Ok(Some(theirs)) = wire::read::<wire::Greeting>(&mut stream) {
                first.get_or_insert(theirs);
                wire::write(&mut stream, &wire::Greeting { protocol: wire::PROTOCOL, build: "0.1.0+another".into() }).unwrap();
            }
        }
        std::fs::remove_file(socket).unwrap();
        first.unwrap()
    })
}

#[tokio::test]
async fn e10_another_build_that_is_in_use_is_refused_in_words() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let _other = stranger(&rig, usize::MAX);
    let error = ask(&rig.engine(&path, 1024), chat("hello", 4)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(error.message.contains("0.1.0+another") && error.message.contains("Restart"), "{error}");
}

#[tokio::test]
async fn e10_another_build_that_leaves_is_replaced() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let other = stranger(&rig, 1);
    assert!(ask(&rig.engine(&path, 1024), chat("hello", 4)).await.is_ok());
    assert_eq!(other.join().unwrap(), wire::Greeting::own());
}

#[tokio::test]
async fn e10_an_engine_process_that_nobody_uses_leaves_for_another_build() {
    let mut rig = Rig::new();
    rig.surroundings.idle = Some(Duration::from_secs(600));
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    let greet = || {
        let mut stream = std::os::unix::net::UnixStream::connect(rig.socket()).unwrap();
        wire::write(&mut stream, &wire::Greeting { protocol: wire::PROTOCOL, build: "0.1.0+another".into() }).unwrap();
        wire::read::<wire::Greeting>(&mut stream).unwrap().unwrap()
    };
    let engine = rig.engine(&path, 1024);
    ask(&engine, chat("hello", 4)).await.unwrap();
    assert_eq!(greet(), wire::Greeting::own());
    assert!(ask(&engine, chat("hello", 4)).await.is_ok(), "it stays while it is used");
    drop(engine);
    for _ in 0..400 {
        if !rig.socket().exists() {
            return;
        }
        greet();
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the engine process stays in the way of another build");
}

#[tokio::test]
async fn a_stale_socket_is_cleaned_up_and_the_new_one_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::new();
    drop(std::os::unix::net::UnixListener::bind(rig.socket()).unwrap());
    let path = rig.path().join("llama4.gguf");
    gguf::llama4().write(&path);
    ask(&rig.engine(&path, 1024), chat("hello", 4)).await.unwrap();
    assert_eq!(std::fs::metadata(rig.socket()).unwrap().permissions().mode() & 0o777, 0o600);
}

/// What came between the last look at a thread's orders and its end was taken and never answered, and the client waited for ever.
#[tokio::test]
async fn every_order_for_a_model_that_cannot_be_loaded_is_answered() {
    let rig = Rig::new();
    let path = rig.path().join("broken.gguf");
    gguf::llama4().write(&path);
    let engine = rig.engine(&path, 1024);
    ask(&engine, chat("hello", 4)).await.unwrap();
    std::fs::write(&path, b"GGUF and nothing else").unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(rig.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    wire::write(&mut stream, &wire::Greeting::own()).unwrap();
    let mut reading = std::io::BufReader::new(stream.try_clone().unwrap());
    wire::read::<wire::Greeting>(&mut reading).unwrap().unwrap();
    let model: wire::ModelSpec = serde_json::from_value(serde_json::json!({
        "path": path, "modified": 1, "bytes": 21, "context": 512, "threads": 1, "gpu_layers": 0, "cpu_moe": false, "n_cpu_moe": 0,
        "kv_type": "f16", "saved_kv_mb": 0, "slots": 1,
    }))
    .unwrap();
    let orders: Vec<u64> = (1..=1000).collect();
    for id in &orders {
        wire::write(&mut stream, &wire::ToEngine { id: *id, order: wire::Order::Open(model.clone()) }).unwrap();
    }
    let mut ended = vec![];
    while ended.len() < orders.len() {
        let frame: wire::FromEngine = wire::read(&mut reading).expect("one is never answered").unwrap();
        match frame.answer {
            wire::Answer::Progress { .. } => {}
            wire::Answer::Failed { .. } => ended.push(frame.id),
            other => panic!("{other:?}"),
        }
    }
    ended.sort_unstable();
    assert_eq!(ended, orders);
    drop(engine);
}
