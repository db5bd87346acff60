//! Routing: who is asked, what may leave the machine, what happens when an engine is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use longsight::config::Config;
use longsight::dialect::ToolCall;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{
    Ask, BoxFuture, Cancel, Caps, Engine, EngineError, ErrorKind, Estimate, Event, Events, Finished, Priority, Refusal, Request, Timing,
    Tokens,
};
use longsight::route::health::{FIRST_REST, Health, Leave};
use longsight::route::{RouteError, Router, Served, Signal, Task, TaskKind, leaves_machine};
use serde_json::json;

/// A scripted engine that claims to be somewhere else.
struct Elsewhere(Arc<Scripted>, &'static str);

impl Engine for Elsewhere {
    fn model(&self) -> String {
        "remote-model".into()
    }
    fn origin(&self) -> Option<String> {
        Some(self.1.into())
    }
    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        self.0.caps()
    }
    fn start(&self, request: Request, cancel: Cancel) -> Events {
        self.0.start(request, cancel)
    }
    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Estimate)
    }
    fn preview(&self, ask: &Ask) -> String {
        self.0.preview(ask)
    }
    fn known_caps(&self) -> Caps {
        self.0.known_caps()
    }
}

/// A router with a scout here and a coder at a remote address.
struct Rig {
    scout: Arc<Scripted>,
    coder: Arc<Scripted>,
    router: Router,
}

fn rig(change: impl FnOnce(&mut Config), scout: Vec<Vec<Step>>, coder: Vec<Vec<Step>>) -> Rig {
    let mut config = Config::default();
    config.roles.scout = "here".into();
    config.roles.coder = "there".into();
    change(&mut config);
    let (scout, coder) = (Scripted::new(scout), Scripted::new(coder));
    let remote: Arc<dyn Engine> = Arc::new(Elsewhere(coder.clone(), "https://models.example:443"));
    let engines = [("here".to_string(), scout.clone() as Arc<dyn Engine>), ("there".to_string(), remote)];
    let router = Router::with_engines(&config, engines);
    Rig { scout, coder, router }
}

fn planned(rig: &Rig, task: &Task) -> String {
    match rig.router.plan(task) {
        Ok(choices) => choices.iter().map(|choice| choice.decision.engine.clone()).collect::<Vec<_>>().join(" then "),
        Err(error) => format!("nobody: {error}"),
    }
}

fn request() -> Request {
    let ask = Ask::Fim(Default::default());
    Request { ask, max_tokens: 8, temperature: 0.0, stop: vec![], priority: Priority::Normal }
}

async fn run(rig: &Rig, kind: TaskKind) -> Result<Served, RouteError> {
    rig.router.run(&Task::new(kind), &Cancel::new(), |_, _| Ok(request()), |_| {}).await
}

fn failure(kind: ErrorKind, message: &str) -> Vec<Step> {
    vec![Step::Event(Event::Failed(EngineError::new(kind, message)))]
}

#[test]
fn each_task_goes_to_its_role() {
    let rig = rig(|_| {}, vec![], vec![]);
    let kinds = [
        TaskKind::CompleteAuto,
        TaskKind::CompleteInvoked,
        TaskKind::Explain,
        TaskKind::Ask,
        TaskKind::Fix,
        TaskKind::Rewrite,
        TaskKind::Extract,
        TaskKind::Document,
        TaskKind::Test,
    ];
    let table: String = kinds.iter().map(|kind| format!("{kind:?}: {}\n", planned(&rig, &Task::new(*kind)))).collect();
    expect_test::expect![[r#"
        CompleteAuto: here
        CompleteInvoked: here then there
        Explain: here then there
        Ask: here then there
        Fix: there then here
        Rewrite: there then here
        Extract: there then here
        Document: there then here
        Test: there then here
    "#]]
    .assert_eq(&table);
}

#[test]
fn hard_completion_goes_to_the_coder_when_invoked_or_allowed() {
    let hard = |kind| Task { signals: vec![Signal::EmptyBody], ..Task::new(kind) };
    let careful = rig(|_| {}, vec![], vec![]);
    assert_eq!(planned(&careful, &hard(TaskKind::CompleteInvoked)), "there then here");
    assert_eq!(planned(&careful, &hard(TaskKind::CompleteAuto)), "here");
    let generous = rig(|config| config.route.auto_coder = true, vec![], vec![]);
    assert_eq!(planned(&generous, &hard(TaskKind::CompleteAuto)), "there then here");
    assert_eq!(planned(&generous, &Task::new(TaskKind::CompleteAuto)), "here then there");
}

#[test]
fn an_escalation_goes_to_the_coder_with_its_reason() {
    let rig = rig(|_| {}, vec![], vec![]);
    let task = Task { escalated: Some("it changes four files".into()), ..Task::new(TaskKind::Explain) };
    let first = rig.router.plan(&task).unwrap().remove(0).decision;
    assert_eq!((first.engine.as_str(), first.reason.as_str()), ("there", "the scout asked for the coder: it changes four files"));
}

#[test]
fn k9_a_project_narrows_to_this_machine() {
    let open = rig(|_| {}, vec![], vec![]);
    let task = Task { local_only: true, ..Task::new(TaskKind::Rewrite) };
    assert_eq!(planned(&open, &task), "here");
    let reason = open.router.plan(&task).unwrap().remove(0).decision.reason;
    assert!(reason.contains("this project keeps everything on this machine") && reason.contains("models.example"), "{reason}");
    let both_remote = rig(|config| config.roles.scout = "there".into(), vec![], vec![]);
    assert!(planned(&both_remote, &task).starts_with("nobody: this project keeps everything"));
}

#[test]
fn k10_an_untrusted_workspace_gets_local_completion_only() {
    let rig = rig(|config| config.route.auto_coder = true, vec![], vec![]);
    let untrusted = |kind| Task { trusted: false, ..Task::new(kind) };
    assert_eq!(planned(&rig, &untrusted(TaskKind::CompleteAuto)), "here");
    assert_eq!(planned(&rig, &untrusted(TaskKind::CompleteInvoked)), "here");
    for kind in [TaskKind::Explain, TaskKind::Ask, TaskKind::Rewrite, TaskKind::Fix] {
        assert!(planned(&rig, &untrusted(kind)).starts_with("nobody: this workspace is not trusted"), "{kind:?}");
    }
}

#[test]
fn k20_the_parsed_origin_decides() {
    for (origin, model, leaves) in [
        (None, "m", false),
        (Some("http://127.0.0.1:8000"), "m", false),
        (Some("http://[::1]:8000"), "m", false),
        (Some("http://[::ffff:127.0.0.1]:1"), "m", false),
        (Some("http://LOCALHOST:1"), "m", false),
        (Some("http://localhost.:1"), "m", false),
        (Some("http://localhost.evil.tld"), "m", true),
        (Some("http://127.0.0.1@evil.tld"), "m", true),
        (Some("http://127.0.0.1.evil.tld"), "m", true),
        (Some("http://10.0.0.3:11434"), "m", true),
        (Some("http://[::2]"), "m", true),
        (Some("not a url"), "m", true),
        (Some("http://127.0.0.1:11434"), "deepseek-v3.2:cloud", true),
        (Some("http://127.0.0.1:11434"), "gpt-oss:120b-cloud", true),
    ] {
        assert_eq!(leaves_machine(origin, model), leaves, "{origin:?} {model}");
    }
}

#[tokio::test]
async fn a_dead_engine_is_replaced_and_said_once() {
    let dead = || failure(ErrorKind::Unavailable, "connection refused");
    let rig = rig(|_| {}, vec![Scripted::text("a"), Scripted::text("b")], vec![dead(), dead()]);
    let served = run(&rig, TaskKind::Rewrite).await.unwrap();
    assert_eq!((served.answer.text.as_str(), served.decision.engine.as_str()), ("a", "here"));
    assert_eq!(served.decision.reason, "stands in, because connection refused");
    run(&rig, TaskKind::Rewrite).await.unwrap();
    let told = rig.router.take_notices();
    assert!(told[0].starts_with("For the first time something is sent to"), "{told:?}");
    assert_eq!(told[1..], ["The engine \"there\" does not answer: connection refused; \"here\" stands in"]);
    assert!(rig.router.take_notices().is_empty());
}

/// A preview, which asks no model, told that another engine stands in, and each look counted as one more failure.
#[tokio::test]
async fn a_look_at_who_would_answer_notes_no_failure_and_tells_nobody() {
    let mut config = Config::default();
    config.roles.scout = "here".into();
    config.roles.coder = "gone".into();
    let gone = longsight::config::EngineConfig { model: "/nowhere/model.gguf".into(), ..Default::default() };
    config.engines = [("here".to_string(), Default::default()), ("gone".to_string(), gone)].into();
    let scout = Scripted::new(vec![Scripted::text("a")]);
    let built = scout.clone();
    let router = Router::building(
        &config,
        Arc::new(move |name, _| match name {
            "here" => Ok(built.clone() as Arc<dyn Engine>),
            _ => Err(EngineError::new(ErrorKind::Configuration, "its key cannot be read")),
        }),
    );
    let task = Task::new(TaskKind::Rewrite);
    for _ in 0..4 {
        assert_eq!(router.plan(&task).unwrap()[0].decision.engine, "here");
    }
    assert!(router.take_notices().is_empty());
    assert!(router.status().engines.iter().all(|engine| engine.problem.is_none()), "{:?}", router.status().engines);
    router.run(&task, &Cancel::new(), |_, _| Ok(request()), |_| ()).await.unwrap();
    assert_eq!(router.take_notices(), ["The engine \"gone\" does not answer: its key cannot be read; \"here\" stands in"]);
}

#[tokio::test]
async fn an_engine_that_keeps_failing_is_asked_last() {
    let dead = || failure(ErrorKind::TimedOut, "no answer");
    let rig = rig(|_| {}, (0..4).map(|_| Scripted::text("x")).collect(), vec![dead(), dead(), dead(), Scripted::text("never")]);
    for _ in 0..4 {
        run(&rig, TaskKind::Rewrite).await.unwrap();
    }
    assert_eq!(rig.coder.asked().len(), 3);
    assert_eq!(rig.scout.asked().len(), 4);
}

/// A server that was down for two seconds was never asked again: each refusal was counted as one more failure and made the pause longer.
#[test]
fn a_refusal_is_no_failure_and_whoever_is_back_is_found_within_the_pause() {
    let (start, gone) = (Instant::now(), EngineError::new(ErrorKind::Unavailable, "connection refused"));
    let mut health = Health::default();
    for _ in 0..3 {
        assert_eq!(health.may_ask(true, start), Ok(Leave::Plain));
        health.failed(&gone, true, FIRST_REST, start);
    }
    // It is back at once. Somebody types a letter every 200 ms.
    let letters = (1..1000u32).map(|letter| start + Duration::from_millis(200) * letter);
    let asked = letters.clone().find(|now| health.may_ask(true, *now).is_ok()).expect("it is asked again");
    assert!(asked >= start + FIRST_REST && asked < start + FIRST_REST * 2, "after {:?}", asked - start);
    assert!(health.may_ask(true, asked).is_err(), "one trial at a time");
    health.succeeded(&Timing::default());
    assert_eq!(health.may_ask(true, asked), Ok(Leave::Plain));
}

/// The next key cancels the request that was to find out; the pause began anew with that.
#[test]
fn a_trial_that_is_cancelled_leaves_the_question_to_the_next_request() {
    let (start, gone) = (Instant::now(), EngineError::new(ErrorKind::TimedOut, "no answer"));
    let mut health = Health::default();
    for _ in 0..3 {
        health.failed(&gone, false, FIRST_REST, start);
    }
    let later = start + FIRST_REST;
    assert_eq!(health.may_ask(true, later), Ok(Leave::Trial));
    health.gave_up();
    assert_eq!(health.may_ask(true, later), Ok(Leave::Trial));
    health.failed(&gone, false, FIRST_REST, later);
    assert_eq!(health.may_ask(true, later), Err(FIRST_REST * 2), "a failed trial doubles the pause");
    assert_eq!(health.may_ask(false, later), Ok(Leave::Plain), "what a person waits for is tried");
}

#[test]
fn who_types_gives_up_early_and_blames_nobody() {
    let (start, slow) = (Instant::now(), EngineError::new(ErrorKind::TimedOut, "no answer"));
    let mut health = Health::default();
    for _ in 0..5 {
        health.failed(&slow, true, FIRST_REST, start);
    }
    assert_eq!(health.may_ask(true, start), Ok(Leave::Plain));
    // One that hangs was asked for every key, for ever.
    health.failed(&slow, true, FIRST_REST, start);
    assert_eq!(health.may_ask(true, start), Err(FIRST_REST));
    assert_eq!(health.may_ask(false, start), Ok(Leave::Plain));
    health.succeeded(&Timing::default());
    assert_eq!(health.may_ask(true, start), Ok(Leave::Plain));
}

/// Once the time was over one request was the trial, and while its answer was being written everybody else was turned away.
#[test]
fn who_has_asked_does_not_wait_for_anothers_trial() {
    let (start, mut health) = (Instant::now(), Health::default());
    let mut busy = EngineError::new(ErrorKind::Unavailable, "429");
    busy.refusal = Some(Box::new(Refusal { status: 429, said: "later".into(), retry_after: Some(Duration::from_secs(1)) }));
    health.failed(&busy, false, FIRST_REST, start);
    assert!(health.may_ask(false, start).is_err(), "it has asked to be left alone");
    let later = start + Duration::from_secs(1);
    assert_eq!(health.may_ask(false, later), Ok(Leave::Plain));
    assert_eq!(health.may_ask(true, later), Ok(Leave::Trial));
    assert_eq!(health.may_ask(false, later), Ok(Leave::Plain));
}

#[tokio::test]
async fn g6_a_server_that_wants_to_be_left_alone_is() {
    use crate::support::http::{Act, Server, events};
    let busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let busy_still = Arc::new(AtomicBool::new(true));
    let busy_now = busy_still.clone();
    let good = events(&[crate::http::delta("ok"), crate::http::finish("stop")]);
    let server =
        Server::start(move |_, _| vec![Act::Send(if busy_now.load(Ordering::SeqCst) { busy.clone() } else { good.clone() })]).await;
    let mut config = Config::default();
    (config.roles.scout, config.roles.coder) = ("web".into(), "web".into());
    let router = Router::with_engines(&config, [("web".to_string(), crate::http::engine("deepseek", &server.url))]);
    let ask = async || router.run(&Task::new(TaskKind::Ask), &Cancel::new(), |_, _| Ok(crate::http::question()), |_| {}).await;
    assert!(ask().await.err().unwrap().to_string().contains("asked too often"));
    busy_still.store(false, Ordering::SeqCst);
    let error = ask().await.err().unwrap().to_string();
    assert!(error.contains("left alone for another 600 s") && error.contains("asked too often"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_engine_that_is_back_is_asked_again_while_somebody_types() {
    let dead = || failure(ErrorKind::Unavailable, "connection refused");
    let rig = rig(|_| {}, vec![dead(), dead(), dead(), vec![Step::Hang], Scripted::text("back")], vec![]);
    let rig = Rig { router: rig.router.pausing(Duration::from_millis(300)), ..rig };
    for _ in 0..3 {
        assert_eq!(run(&rig, TaskKind::CompleteAuto).await.err().unwrap().to_string(), "connection refused");
    }
    let error = run(&rig, TaskKind::CompleteAuto).await.err().unwrap().to_string();
    assert!(error.contains("is left alone for another 1 s: connection refused"), "{error}");
    assert_eq!(rig.scout.asked().len(), 3);
    tokio::time::sleep(Duration::from_millis(400)).await;
    // The trial is given up by the next key, and the next request is one.
    let cancel = Cancel::new();
    let task = Task::new(TaskKind::CompleteAuto);
    let asked = rig.router.run(&task, &cancel, |_, _| Ok(request()), |_| {});
    assert!(tokio::time::timeout(Duration::from_millis(50), asked).await.is_err());
    assert_eq!(run(&rig, TaskKind::CompleteAuto).await.unwrap().answer.text, "back");
}

#[tokio::test]
async fn a_web_page_is_no_word_of_the_model_and_another_engine_stands_in() {
    let page = || failure(ErrorKind::Protocol, "answered with a web page; check `base_url`");
    let rig = rig(|_| {}, vec![Scripted::text("here")], vec![page()]);
    assert_eq!(run(&rig, TaskKind::Rewrite).await.unwrap().answer.text, "here");
    let garbled = failure(ErrorKind::Garbled, "half a call");
    let rig = self::rig(|_| {}, vec![Scripted::text("never")], vec![garbled]);
    assert_eq!(run(&rig, TaskKind::Rewrite).await.err().unwrap().to_string(), "half a call");
    assert!(rig.scout.asked().is_empty(), "the model that wrote it is told");
}

/// A call of `escalate` went to the coder whether or not the tool was offered: with `route.escalate = false`, and from completions.
#[tokio::test]
async fn a_made_up_escalation_is_not_obeyed() {
    let call = ToolCall { id: "c".into(), name: "escalate".into(), arguments: json!({"reason": "hard"}) };
    let escalates = || vec![Step::Event(Event::Call(call.clone())), Step::Event(Event::Done(Finished::default()))];
    let cases = [(false, TaskKind::Ask), (true, TaskKind::CompleteAuto), (true, TaskKind::CompleteInvoked)];
    for (allowed, kind) in cases {
        let rig = rig(|config| config.route.escalate = allowed, vec![escalates()], vec![Scripted::text("leak")]);
        let ask = Ask::Chat(Default::default());
        let build = |_: &_, _: &_| Ok(Request { ask: ask.clone(), ..request() });
        let served = rig.router.run(&Task::new(kind), &Cancel::new(), build, |_| {}).await.unwrap();
        assert_eq!((served.decision.engine.as_str(), served.answer.calls.len()), ("here", 1), "{kind:?}");
        assert!(rig.coder.asked().is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn half_an_answer_is_not_started_again_elsewhere() {
    let half = vec![
        Step::Event(Event::Text("half".into())),
        Step::Event(Event::Failed(EngineError::new(ErrorKind::Unavailable, "the connection broke"))),
    ];
    let rig = rig(|_| {}, vec![Scripted::text("whole")], vec![half]);
    let error = run(&rig, TaskKind::Rewrite).await.err().unwrap();
    assert_eq!(error.to_string(), "the connection broke");
    assert!(rig.scout.asked().is_empty());
}

#[tokio::test]
async fn a_dead_scout_sends_no_typing_to_the_coder() {
    let rig = rig(|_| {}, vec![failure(ErrorKind::Unavailable, "gone")], vec![Scripted::text("leak")]);
    assert_eq!(run(&rig, TaskKind::CompleteAuto).await.err().unwrap().to_string(), "gone");
    assert!(rig.coder.asked().is_empty());
}

#[tokio::test]
async fn cancelling_ends_the_request_and_blames_nobody() {
    let rig = rig(|_| {}, vec![vec![Step::Hang]], vec![]);
    let cancel = Cancel::new();
    cancel.cancel();
    let outcome = rig.router.run(&Task::new(TaskKind::Explain), &cancel, |_, _| Ok(request()), |_| {}).await;
    assert!(outcome.err().unwrap().is_cancelled());
    assert!(rig.router.take_notices().is_empty());
}

#[tokio::test]
async fn status_shows_the_last_fifty_decisions_and_the_rates() {
    let timing = Timing { tokens_decoded: 100, prefill_ms: 500.0, tokens_out: 20, decode_ms: 1000.0, ..Timing::default() };
    let answer = || {
        let done = Finished { timing: timing.clone(), ..Finished::default() };
        vec![Step::Event(Event::Text("x".into())), Step::Event(Event::Done(done))]
    };
    let rig = rig(|_| {}, (0..60).map(|_| answer()).collect(), vec![]);
    for _ in 0..60 {
        run(&rig, TaskKind::Ask).await.unwrap();
    }
    let status = rig.router.status();
    assert_eq!(status.decisions.len(), 50);
    let scout = status.engines.iter().find(|engine| engine.name == "here").unwrap();
    assert_eq!((scout.prefill_rate, scout.decode_rate, scout.remote), (Some(200.0), Some(20.0), false));
    let shown = serde_json::to_value(&status.decisions[0]).unwrap();
    assert_eq!(shown["task"], "ask");
    assert_eq!(shown["role"], "scout");
}

/// They were missing among the last decisions, or stood there as if they had been answered.
#[tokio::test]
async fn tasks_that_failed_are_among_the_last_decisions_with_what_failed() {
    let down = || failure(ErrorKind::Unavailable, "it is down");
    let rig = rig(|_| {}, vec![down(), Scripted::text("x"), down(), down()], vec![down(), failure(ErrorKind::Protocol, "a web page")]);
    let failed = || {
        let told = |past: &longsight::route::PastDecision| (past.task, past.decision.engine.clone(), past.failed.clone());
        rig.router.status().decisions.iter().map(told).collect::<Vec<_>>()
    };
    let entry = |kind: TaskKind, engine: &str, why: Option<&str>| (kind, engine.to_string(), why.map(String::from));
    assert!(run(&rig, TaskKind::Ask).await.is_err(), "both are down");
    let mut wanted = vec![entry(TaskKind::Ask, "here", Some("it is down"))];
    assert_eq!(failed(), wanted);
    run(&rig, TaskKind::Explain).await.unwrap();
    wanted.push(entry(TaskKind::Explain, "here", None));
    assert_eq!(failed(), wanted);
    // A later step of a task that has begun well.
    let task = Task { goes_on: Some("here".into()), ..Task::new(TaskKind::Explain) };
    let step = async |task: &Task| rig.router.run(task, &Cancel::new(), |_, _| Ok(request()), |_| {}).await;
    assert!(step(&task).await.is_err());
    wanted.push(entry(TaskKind::Explain, "here", Some("it is down")));
    assert_eq!(failed(), wanted, "of a task that is not known there is an entry");
    // Who was answered, and could do nothing with it.
    let useless = EngineError::new(ErrorKind::Unsupported, "no edit came of it");
    rig.router.came_to_nothing(&Task::new(TaskKind::Rewrite), &useless);
    assert_eq!(failed(), wanted, "nobody was asked");
    // What policy refuses is no answer either.
    let untrusted = Task { trusted: false, ..Task::new(TaskKind::Ask) };
    assert!(step(&untrusted).await.is_err());
    assert!(failed().last().unwrap().2.as_ref().unwrap().contains("not trusted"), "{:?}", failed());
    let cancelled = Cancel::new();
    cancelled.cancel();
    let count = failed().len();
    assert!(rig.router.run(&Task::new(TaskKind::Ask), &cancelled, |_, _| Ok(request()), |_| {}).await.is_err());
    assert_eq!(failed().len(), count, "to stop is no failure");
    let shown = serde_json::to_value(&rig.router.status().decisions[0]).unwrap();
    assert_eq!((&shown["failed"], &shown["role"], shown.get("number")), (&json!("it is down"), &json!("scout"), None));
}

/// Only the newest entry was looked at: an automatic completion in between, and the task stood there failed and answered.
#[tokio::test]
async fn a_second_round_that_is_answered_takes_the_place_of_the_first_whatever_came_between() {
    let down = || failure(ErrorKind::Unavailable, "it is down");
    let rig = rig(|_| {}, vec![down(), Scripted::text("x"), Scripted::text("y")], vec![down()]);
    let task = Task::new(TaskKind::Explain);
    let round = async || rig.router.run(&task, &Cancel::new(), |_, _| Ok(request()), |_| {}).await;
    assert!(round().await.is_err(), "both are down");
    run(&rig, TaskKind::Ask).await.unwrap();
    round().await.unwrap();
    let told: Vec<(TaskKind, bool)> = rig.router.status().decisions.iter().map(|past| (past.task, past.failed.is_some())).collect();
    assert_eq!(told, [(TaskKind::Ask, false), (TaskKind::Explain, false)]);
}

#[test]
fn an_engine_without_its_model_says_how_to_get_it() {
    let mut config = Config::default();
    let missing = longsight::config::EngineConfig { model: "/nowhere/model.gguf".into(), ..Default::default() };
    config.engines.insert("local".into(), missing);
    let error = Router::new(&config).plan(&Task::new(TaskKind::Ask)).err().unwrap().to_string();
    assert!(error.contains("/nowhere/model.gguf") && error.contains("does not exist"), "{error}");
}
