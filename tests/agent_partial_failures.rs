//! Turns of the agent of which a part goes wrong: nothing is left out of what is offered without a word, no file is taken for another,
//! and what is too much for the window costs only itself.

use std::sync::Arc;

use longsight::agent::limits;
use longsight::agent::tools::Workbench;
use longsight::agent::turn::{CallOutcome, Effect, Ending, Input, Turn};
use longsight::dialect::{Chat, Message, Role, ToolCall};
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Answer, Ask, Cancel, EngineError, ErrorKind, Event as Said};
use longsight::features::edit::{How, Params, edit};
use longsight::features::{Session, Target, silent};
use longsight::text::Text;
use longsight::workspace::{Document, Documents, Roots, Snapshot, Sync, WorkspacePath};
use serde_json::{Value, json};

use crate::support::files;
use crate::support::workspace::{Workspace, applied, call, calls, instruct};

const CODE: &str = "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n";
const USER: &str = "use crate::add;\n\npub fn twice(a: i32) -> i32 {\n    add(a, a)\n}\n";

fn workspace() -> Workspace {
    Workspace::new(&[("src/lib.rs", CODE), ("src/user.rs", USER)])
}

fn change(path: &str, old: &str, new: &str) -> ToolCall {
    call("propose_edit", json!({"edits": [{"path": path, "old": old, "new": new, "reason": "because"}]}))
}

fn definition() -> ToolCall {
    change("src/lib.rs", "pub fn add(", "pub fn sum(")
}

fn wrong_caller() -> ToolCall {
    change("src/user.rs", "    add(b, b)", "    sum(a, a)")
}

fn caller() -> ToolCall {
    change("src/user.rs", "    add(a, a)", "    sum(a, a)")
}

fn finish() -> ToolCall {
    call("finish", json!({"summary": "Renamed everywhere."}))
}

fn last(request: &longsight::engine::Request) -> Message {
    let Ask::Chat(chat) = &request.ask else { panic!("a conversation") };
    chat.messages.last().unwrap().clone()
}

/// The definition was renamed and its callers were not, since `finish` in the same answer won over the refusal.
#[tokio::test]
async fn a_finish_beside_a_refused_edit_is_not_obeyed_and_the_model_puts_it_right() {
    let first = vec![definition(), wrong_caller(), finish()];
    let workspace = workspace();
    let (session, coder) = workspace.with_coder([first, vec![caller()], vec![finish()]].map(calls).to_vec());
    let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
    assert!(last(&coder.asked()[1]).content.contains("not finished"), "{:?}", last(&coder.asked()[1]));
    assert_eq!(applied(&edited, "src/user.rs"), USER.replace("    add(", "    sum("));
    assert!(edited.confirm.is_empty(), "it was put right: {:?}", edited.confirm);
}

/// What was refused and never put right went out as a whole change, with the summary "Renamed everywhere.".
#[tokio::test]
async fn a_refused_edit_that_is_never_put_right_is_told_to_the_person() {
    let words = || Scripted::text("All is renamed.");
    let unrelated = || change("src/lib.rs", "    a + b", "    b + a");
    for rest in [vec![calls(vec![finish()])], vec![words(), words()], vec![calls(vec![unrelated()]), calls(vec![finish()])]] {
        let workspace = workspace();
        let (session, _) =
            workspace.with_coder([vec![calls(vec![definition(), wrong_caller()])], rest, vec![calls(vec![finish()])]].concat());
        let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
        let why = edited.confirm.join("; ");
        assert!(why.contains("an edit was refused and is missing here") && why.contains("src/user.rs"), "{why}");
    }
    // What only repeats what stands there, or is tried again under the right name, leaves nothing undone.
    for rest in [vec![definition()], vec![change("user.rs", "    add(a, a)", "    sum(a, a)")]] {
        let workspace = workspace();
        let (session, _) = workspace.with_coder([vec![definition()], rest, vec![caller()], vec![finish()]].map(calls).to_vec());
        let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
        assert!(edited.confirm.is_empty(), "{:?}", edited.confirm);
    }
}

fn turn(window: usize) -> Turn {
    let mut turn = Turn::new(vec![Message::new(Role::System, "rules"), Message::new(Role::User, "the task")], vec![], window);
    turn.begin();
    turn
}

fn worked(result: &str) -> CallOutcome {
    CallOutcome { result: result.into(), ..CallOutcome::default() }
}

fn answered(calls: Vec<ToolCall>) -> Input {
    Input::Answered(Answer { calls, ..Answer::default() })
}

fn asked(effects: &[Effect]) -> Chat {
    let ask = effects.iter().find_map(|effect| if let Effect::Ask(chat) = effect { Some(chat.clone()) } else { None });
    ask.unwrap_or_else(|| panic!("nothing is asked: {effects:?}"))
}

fn over(effects: &[Effect]) -> Option<&Ending> {
    effects.iter().find_map(|effect| if let Effect::Over(ending) = effect { Some(ending) } else { None })
}

/// Of twelve edits and a `finish` eight were run; the others were cut out of the transcript, and the turn called itself done.
#[test]
fn calls_beyond_the_eighth_are_answered_and_nothing_is_finished_without_them() {
    let mut turn = turn(100_000);
    let mut all: Vec<ToolCall> = (0..12).map(|number| call("propose_edit", json!({"number": number}))).collect();
    all.insert(3, finish());
    let effects = turn.on(answered(all.clone()));
    assert!(matches!(effects.last(), Some(Effect::Work(calls)) if calls.len() == limits::MAX_CALLS_AT_ONCE), "{effects:?}");
    let result = |at: usize| CallOutcome { finishes: (at == 3).then(|| "all 12".into()), ..worked("taken") };
    let chat = asked(&turn.on(Input::CallsDone((0..limits::MAX_CALLS_AT_ONCE).map(result).collect())));
    assert_eq!(chat.messages[2].tool_calls.len(), all.len());
    let results: Vec<&str> = chat.messages[3..].iter().map(|message| message.content.as_str()).collect();
    assert_eq!(results.len(), all.len());
    assert!(results[3].contains("not finished"), "{results:?}");
    assert!(results[8..].iter().all(|result| result.contains("not run")), "{results:?}");
}

/// Six files of 16 KB that were read at once went out together, three times as long as the window.
#[test]
fn reads_of_one_answer_share_the_window() {
    let mut turn = turn(48_000);
    for round in 0..3 {
        turn.on(answered((0..6).map(|number| call("read_file", json!({"path": [round, number]}))).collect()));
        let chat = asked(&turn.on(Input::CallsDone((0..6).map(|_| worked(&"x".repeat(16_000))).collect())));
        let size: usize = chat.messages.iter().map(|message| message.content.len()).sum();
        assert!(size <= 36_000, "{size}");
        let newest = &chat.messages[chat.messages.len() - 6..];
        assert!(newest.iter().all(|message| message.content.starts_with("xxx")), "the newest results stay");
    }
}

/// H12: only results made room. A model that writes whole files filled the window with its own calls, and the turn ended there.
#[test]
fn h12_large_calls_make_room_and_tell_where_they_were_and_what_became_of_them() {
    let mut turn = turn(40_000);
    let edit = |number: usize| json!({"path": format!("src/part_{number}.rs"), "old": "x", "new": "y".repeat(9_000), "reason": "whole"});
    let mut chat = None;
    for number in 0..12 {
        let call = ToolCall { id: format!("call_{number}"), ..call("propose_edit", json!({ "edits": [edit(number)] })) };
        turn.on(Input::Answered(Answer { text: "z".repeat(2_000), calls: vec![call], ..Answer::default() }));
        let outcome = format!("Taken: src/part_{number}.rs is changed.\n{}", "and so on ".repeat(100));
        chat = Some(asked(&turn.on(Input::CallsDone(vec![worked(&outcome)]))));
    }
    let chat = chat.unwrap();
    let arguments = |message: &Message| message.tool_calls.iter().map(|call| call.arguments.to_string().len()).sum::<usize>();
    let size: usize = chat.messages.iter().map(|message| message.content.len() + arguments(message)).sum();
    assert!(size < 30_000, "{size}");
    let first = &chat.messages[2].tool_calls[0];
    assert_eq!((first.id.as_str(), first.name.as_str()), ("call_0", "propose_edit"));
    let left = json!({ "path": "src/part_0.rs", "old": "x", "new": "[left out to save room]", "reason": "whole" });
    assert_eq!(first.arguments, json!({ "edits": [left] }));
    assert_eq!(chat.messages[3].content, "Taken: src/part_0.rs is changed.");
    assert_eq!(chat.messages[24].tool_calls[0].arguments["edits"][0]["new"].as_str().unwrap().len(), 9_000, "the newest stays");
    for name in longsight::dialect::NAMES {
        let rendered = longsight::dialect::by_name(name).unwrap().render(&chat);
        assert!(rendered.is_ok(), "{name}: {:?}", rendered.err());
    }
}

/// Whatever a model wrote as arguments, what is left of it is an object, and small.
#[test]
fn h12_arguments_that_nobody_wants_make_room_as_well() {
    let deep = (0..60).fold(json!("x"), |inside, _| json!([inside, "y".repeat(400)]));
    let wide: Vec<Value> = (0..3_000).map(|number| json!({ "path": "a.rs", "old": number.to_string(), "new": "z" })).collect();
    for arguments in [json!("x".repeat(25_000)), deep, json!({ "edits": wide }), json!({ "a".repeat(25_000): 1 })] {
        let mut turn = turn(40_000);
        turn.on(answered(vec![call("propose_edit", arguments)]));
        turn.on(Input::CallsDone(vec![CallOutcome { failed: true, ..worked("the call does not fit") }]));
        let mut chat = None;
        for number in 0..8 {
            turn.on(answered(vec![call("read_file", json!({ "path": number }))]));
            chat = Some(asked(&turn.on(Input::CallsDone(vec![worked(&"x".repeat(9_000))]))));
        }
        let left = &chat.unwrap().messages[2].tool_calls[0].arguments;
        assert!(left.is_object() && left.to_string().len() < 7_000, "{left}");
    }
}

/// What a server counts as too long was the end, then the second time was; G5 wants it asked again, shorter, and not for ever.
#[tokio::test]
async fn g5_a_transcript_that_is_too_long_for_the_server_is_cut_back() {
    let long = "let x = 1;\n".repeat(900);
    let workspace = Workspace::new(&[("src/lib.rs", CODE), ("src/long.rs", &long)]);
    let too_long = || vec![Step::Event(Said::Failed(EngineError::new(ErrorKind::TooLong, "maximum context length is 4096")))];
    let read = calls(vec![call("read_file", json!({"path": "src/long.rs"}))]);
    let (session, coder) = workspace.with_coder(vec![read.clone(), too_long(), calls(vec![definition()]), calls(vec![finish()])]);
    let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
    assert_eq!(applied(&edited, "src/lib.rs"), CODE.replace("add(", "sum("));
    let (before, after) = (last(&coder.asked()[1]).content, last(&coder.asked()[2]).content);
    assert!(after.len() * 2 < before.len() && after.contains("left out"), "{} {}", before.len(), after.len());
    let (session, coder) =
        workspace.with_coder(vec![read.clone(), too_long(), too_long(), calls(vec![definition()]), calls(vec![finish()])]);
    let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
    assert_eq!(applied(&edited, "src/lib.rs"), CODE.replace("add(", "sum("));
    let [once, twice] = [2, 3].map(|number| last(&coder.asked()[number]).content.len());
    assert!(twice < once, "{once} {twice}");
    let (session, coder) = workspace.with_coder(std::iter::once(read).chain(std::iter::repeat_with(too_long).take(20)).collect());
    let error = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::TooLong, "{error}");
    assert!((3..=8).contains(&coder.asked().len()), "{}", coder.asked().len());
}

/// A turn that had read as much as one may ended there, before the model could propose anything.
#[test]
fn a_turn_that_has_read_enough_may_still_propose() {
    let mut turn = turn(1_000_000);
    let mut told = String::new();
    for number in 0..limits::MAX_ALL_RESULTS_BYTES / limits::MAX_RESULT_BYTES + 1 {
        turn.on(answered(vec![call("read_file", json!({"path": number}))]));
        told = asked(&turn.on(Input::CallsDone(vec![worked(&format!("{number}{}", "x".repeat(20_000)))])))
            .messages
            .last()
            .unwrap()
            .content
            .clone();
    }
    assert!(told.contains("as much as one task may read"), "{}", &told[told.len() - 200..]);
    turn.on(answered(vec![call("propose_edit", json!({})), call("read_file", json!({"path": "more"}))]));
    let chat = asked(&turn.on(Input::CallsDone(vec![worked("Taken"), worked(&"y".repeat(2000))])));
    assert!(!chat.messages.last().unwrap().content.contains("yyy"), "nothing more is shown");
    turn.on(answered(vec![call("read_file", json!({"path": "more"}))]));
    let effects = turn.on(Input::CallsDone(vec![worked("z")]));
    assert!(matches!(over(&effects), Some(Ending::Stopped(why)) if why.contains("as much as one turn may read")), "{effects:?}");
}

#[test]
fn progress_shows_no_more_of_a_call_than_fits_a_line() {
    let mut turn = turn(100_000);
    let long = format!("src/\u{202e}a\n{}", "b".repeat(60_000));
    for (name, arguments) in [("read_file", json!({ "path": long })), ("find_symbol", json!({ "name": long })), (long.as_str(), json!({}))]
    {
        for effect in turn.on(answered(vec![call(name, arguments)])) {
            let Effect::Say(words) = effect else { continue };
            assert!(words.len() < 200 && !words.contains(['\n', '\u{202e}']), "{words}");
        }
        turn.on(Input::CallsDone(vec![worked("no")]));
    }
}

/// Two folders that both have a `src/lib.rs`, as the tools see them for a task about the second.
fn two_folders() -> (tempfile::TempDir, Workbench) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("ra/src/lib.rs", "fn first() {}\n"), ("rb/src/lib.rs", CODE), ("ra/src/only.rs", CODE)] {
        files::write(folder.path(), path, text);
    }
    let roots = Arc::new(Roots::new(["ra", "rb"].map(|name| folder.path().join(name))));
    let marked = roots.resolve("rb/src/lib.rs").unwrap();
    let session = workspace().session(longsight::config::Config::default(), vec![]);
    let snapshot = Snapshot::new(roots, Documents::default());
    let open = Arc::new(|_: &WorkspacePath| None);
    let bench = Workbench::new(snapshot, session.index.clone(), session.shared.registry.clone(), open, vec![]).beside(Some(&marked));
    (folder, bench)
}

/// With two folders open the first that had such a file was read and changed, whichever the task was about.
#[test]
fn a_path_that_two_folders_have_is_never_guessed() {
    let (_folder, mut bench) = two_folders();
    for ask in [call("read_file", json!({"path": "src/lib.rs"})), change("src/lib.rs", "    a + b", "    b + a")] {
        let refused = bench.run(&ask);
        let names = "write the folder's name in front: ra/src/lib.rs, rb/src/lib.rs";
        assert!(refused.failed && refused.result.contains(names), "{}", refused.result);
    }
    // What only one has is that, and a new file goes where the task is.
    assert!(bench.run(&call("read_file", json!({"path": "src/only.rs"}))).result.starts_with("ra/src/only.rs"));
    let created = bench.run(&change("src/new.rs", "", "fn new() {}\n"));
    assert!(!created.failed && created.result.contains("rb/src/new.rs is created"), "{}", created.result);
}

/// In an editor that cannot create files half of a change that needs one could be accepted, and the other half never.
#[test]
fn a_file_that_the_editor_cannot_create_is_refused_to_the_model() {
    let (_folder, bench) = two_folders();
    let mut bench = bench.creating_files(false);
    let refused = bench.run(&change("rb/src/new.rs", "", "fn new() {}\n"));
    assert!(refused.failed && refused.result.contains("this editor cannot create files"), "{}", refused.result);
    assert!(bench.drafts.is_empty());
}

/// The agent was told of a marked file that its tools did not have, and created one of its name in the workspace.
#[tokio::test]
async fn a_document_outside_of_the_workspace_is_edited_itself_by_a_model_with_tools() {
    for uri in ["untitled:Untitled-1", "file:///elsewhere/src/lib.rs"] {
        let workspace = workspace();
        let (session, coder): (Session, _) = workspace.with_coder(vec![Scripted::text("```rust\n    b + a\n```")]);
        let start = CODE.find("    a + b").unwrap();
        let (path, sync, language) = (None, Sync::InStep, "rust".to_string());
        let document = Document { uri: uri.into(), path, targets: vec![], language, version: 1, text: Text::new(CODE), sync };
        let at = Target { document: Arc::new(document), bytes: start..start + "    a + b".len() };
        let params = Params { at, how: How::Instruction("swap the operands".into()) };
        let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap_or_else(|error| panic!("{uri}: {error}"));
        assert_eq!(edited.edits.iter().map(|file| file.edit.document.uri.as_str()).collect::<Vec<_>>(), [uri]);
        assert_eq!(applied(&edited, &edited.edits[0].path), CODE.replace("a + b\n", "b + a\n"));
        let Ask::Chat(chat) = &coder.asked()[0].ask else { panic!("a conversation") };
        assert!(chat.tools.iter().all(|tool| tool.name != "propose_edit"), "{:?}", chat.tools);
    }
}

/// A model that refused an injected instruction in words, and quoted it, had it applied without a question.
#[tokio::test]
async fn an_edit_that_may_only_be_quoted_waits_for_a_word() {
    let said = |text: &str| Step::Event(Said::Text(text.into()));
    let called = |call: ToolCall| Step::Event(Said::Call(call));
    let found = |call: ToolCall| called(ToolCall { id: format!("{}1", longsight::engine::FOUND), ..call });
    let done = || Step::Event(Said::Done(longsight::engine::Finished::default()));
    let refusal = "NOTES.md holds an instruction that I do not follow:";
    for (answer, doubtful) in [
        (vec![said(refusal), found(definition()), called(finish()), done()], true),
        (vec![said(refusal), found(definition()), done()], true),
        (vec![said(refusal), called(definition()), said("Nothing is to be done."), done()], true),
        (vec![said("I will rename it."), called(definition()), done()], false),
        (vec![found(definition()), done()], false),
    ] {
        let workspace = workspace();
        let (session, _) = workspace.with_coder(vec![answer, calls(vec![finish()])]);
        let edited = instruct(&session, "src/lib.rs", "pub fn add", "rename it, step by step").await.unwrap();
        assert_eq!(edited.confirm.iter().any(|why| why.contains("only quoted")), doubtful, "{:?}", edited.confirm);
    }
}
