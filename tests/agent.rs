//! The agent without IO: anchors of edits, arguments, limits, and the turn as a state machine.

use std::time::Duration;

use longsight::agent::args;
use longsight::agent::limits;
use longsight::agent::patch::{Miss, place};
use longsight::agent::turn::{CallOutcome, Effect, Ending, Input, Turn};
use longsight::dialect::{Chat, Message, Role, ToolCall};
use longsight::engine::{Answer, Finish, Finished};
use longsight::text::excerpt::shorten;
use serde_json::{Value, json};

fn patched(text: &str, old: &str, new: &str) -> String {
    match place(text, old, new, false) {
        Ok(edit) => format!("{}{}{}", &text[..edit.range.start], edit.text, &text[edit.range.end..]),
        Err(miss) => miss.to_string(),
    }
}

#[test]
fn j2_exact_anchors_are_replaced() {
    assert_eq!(patched("a\nb\nc\n", "b\n", "x\ny\n"), "a\nx\ny\nc\n");
    assert_eq!(patched("", "", "new\n"), "new\n");
    assert_eq!(patched("fn f() {}", "{}", "{ 1 }"), "fn f() { 1 }");
}

/// A model that forgets the last line break of what it writes would join the next line; behind a comment that line would be code no more.
#[test]
fn j2_a_forgotten_line_break_swallows_no_line() {
    assert_eq!(patched("# old words\ncall_it()\n", "# old words\n", "# new words"), "# new words\ncall_it()\n");
    assert_eq!(patched("x = 1  # old\r\ncall_it()\r\n", "# old\n", "# new"), "x = 1  # new\r\ncall_it()\r\n");
    assert_eq!(patched("# above\nfoo()\n", "\nfoo()\n", "bar()\n"), "# above\nbar()\n");
    assert_eq!(patched("a\nb\n", "a\n", ""), "b\n", "what is deleted takes its break along");
    assert_eq!(patched("a\nb\n", "a\n", "x\n"), "x\nb\n");
}

#[test]
fn j2_an_anchor_is_no_half_word() {
    assert!(matches!(place("subtotal = 0\n", "total = 0", "count = 0", false), Err(Miss::NotFound { .. })));
    assert!(matches!(place("let total_rows = 0;\n", "let total", "let count", false), Err(Miss::NotFound { .. })));
    assert_eq!(patched("subtotal = 0\ntotal = 0\n", "total = 0", "count = 0"), "subtotal = 0\ncount = 0\n");
}

#[test]
fn j2_what_is_deleted_leaves_no_empty_line() {
    assert_eq!(patched("import os\nimport sys\n", "import os", ""), "import sys\n");
    assert_eq!(patched("fn f() {\r\n    a();\r\n    b();\r\n}\r\n", "a();", ""), "fn f() {\r\n    b();\r\n}\r\n");
    assert_eq!(patched("f(a, b)\n", ", b", ""), "f(a)\n");
}

#[test]
fn j2_lines_that_stay_keep_their_own_blanks() {
    let markdown = "line one  \nline two  \nline three\nlast\n";
    let anchor = "line one\nline two\nline three\n";
    assert_eq!(patched(markdown, anchor, "line one\nline 2\nline three\n"), "line one  \nline 2\nline three\nlast\n");
    // One line that both have tells how many blanks the model takes for a tab.
    let deeper = "        if y:\n            return 3\n        return 1\n";
    assert_eq!(
        patched("def f():\n\tif x:\n\t\treturn 1\n\treturn 2\n", "        return 1\n", deeper),
        "def f():\n\tif x:\n\t\tif y:\n\t\t\treturn 3\n\t\treturn 1\n\treturn 2\n"
    );
}

#[test]
fn j2_blanks_indentation_and_crlf_are_forgiven_when_the_place_is_clear() {
    assert_eq!(patched("a  \nb\nc\n", "a\nb", "x"), "x\nc\n");
    assert_eq!(
        patched("impl A {\n        fn f() {\n            1\n        }\n}\n", "fn f() {\n    1\n}", "fn f() {\n    2\n}"),
        "impl A {\n        fn f() {\n            2\n        }\n}\n"
    );
    assert_eq!(patched("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\n"), "x\r\ny\r\nc\r\n");
    assert_eq!(patched("a \r\nb\r\nc\r\n", "a\nb\n", "x\ny\n"), "x\r\ny\r\nc\r\n");
}

#[test]
fn j2_what_is_missing_or_there_twice_is_refused_with_what_is_there() {
    assert_eq!(place("x\ny\nx\n", "x", "z", false), Err(Miss::Ambiguous(vec![1, 3])));
    assert_eq!(place("x \ny\nx\t\ny\n", "x\ny", "z", false), Err(Miss::Ambiguous(vec![1, 3])));
    assert_eq!(place("abc", "  ", "z", false), Err(Miss::Empty));
    expect_test::expect![[r#"
        the text to be replaced is not in the file
        copy it exactly; the nearest is at line 2:
        let total = 1;
        let rest = 3;
    "#]]
    .assert_eq(&patched("fn f() {\nlet total = 1;\nlet rest = 3;\n}\n", "let total = 1;\nlet rest = 2;", "z"));
}

/// A model that writes blanks for tabs, or two for four, gets the file's own layout, also for lines that are deeper than what it copied.
#[test]
fn j2_new_lines_take_the_levels_of_the_file() {
    assert_eq!(
        patched(
            "func f() {\n\tfor x {\n\t\tg(x)\n\t}\n}\n",
            "    for x {\n        g(x)\n    }",
            "    for x {\n        for y {\n            g(x, y)\n        }\n    }"
        ),
        "func f() {\n\tfor x {\n\t\tfor y {\n\t\t\tg(x, y)\n\t\t}\n\t}\n}\n"
    );
    assert_eq!(
        patched(
            "class A:\n    def f(self):\n        return 1\n",
            "def f(self):\n  return 1",
            "def f(self):\n  if self:\n    return 2\n  return 1"
        ),
        "class A:\n    def f(self):\n        if self:\n            return 2\n        return 1\n"
    );
    assert_eq!(patched("a\n\tb\nc\n", "\n  b\n", "\n  x\n\n  y\n"), "a\n\tx\n\n\ty\nc\n", "no blank line more than before");
}

/// Lines of a mixed file that an edit keeps were given the ending that most have.
#[test]
fn lines_that_stay_keep_their_own_line_ends() {
    let text = "fn f() {\r\n    a();\r\n    for b {\n        c();\n    }\n    d();\r\n}\r\n";
    let (old, new) = ("    a();\n    for b {\n        c();\n    }\n", "    a2();\n    for b {\n        c();\n    }\n");
    assert_eq!(patched(text, old, new), text.replace("a()", "a2()"));
    assert_eq!(patched("a \r\nb\n\tc", "b\nc", "x\nb\nc"), "a \r\nx\nb\n\tc");
}

/// A copy that had a call outside of its `if` was taken for the one inside, and what stands there instead ran in every case.
#[test]
fn a_copy_with_another_structure_is_none_where_depth_means_something() {
    let text = "def f(a):\n    if a:\n        b()\n        c()\n    return 1\n";
    let (old, new) = ("    if a:\n        b()\n    c()\n", "    if a:\n        b()\n    c2()\n");
    assert!(matches!(place(text, old, new, true), Err(Miss::NotFound { nearest: Some((2, there)) }) if there.contains("        c()")));
    // Another width of the same depths is the same structure.
    let edit = place(text, "  if a:\n    b()\n    c()\n", "  if a:\n    b()\n    d()\n", true).unwrap();
    assert_eq!(edit.text, "    if a:\n        b()\n        d()\n");
    // Where brackets say what belongs together, blanks are only blanks.
    assert!(place("{\n  a();\n    b();\n}\n", "{\na();\nb();\n}", "{\n}", false).is_ok());
}

/// The nearest lines of a long file are found without comparing each of its lines with each of the anchor's.
#[test]
fn j2_a_long_anchor_that_is_missing_in_a_long_file_is_answered() {
    let text: String = (0..30_000).map(|line| format!("let value_{line} = compute({line});\n")).collect();
    let old: String = (20_000..20_400).map(|line| format!("let value_{line} = compute({line});\n")).collect();
    let old = old.replace("compute(20200)", "computed(20200)");
    assert!(patched(&text, &old, "x").contains("nearest is at line 20001"));
    assert!(patched(&text, "let value_77 = compute(78);\n", "x").contains("nearest is at line 78"));
}

/// Whatever the anchor: the text outside the edit is untouched, and the edit lies on character boundaries.
#[test]
fn j12_an_anchor_never_touches_anything_else() {
    let text = "é1\n\tß2\r\n日本 \nx\nx\n\n  y\n";
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for first in 0..lines.len() {
        for last in first..lines.len() {
            let old = lines[first..=last].concat();
            for asked in [old.clone(), old.trim().to_string(), old.replace("\r\n", "\n"), format!(" {old}")] {
                let Ok(edit) = place(text, &asked, "NEW", false) else { continue };
                assert!(text.is_char_boundary(edit.range.start) && text.is_char_boundary(edit.range.end));
                let replaced = &text[edit.range.clone()];
                assert_eq!(replaced.split_whitespace().collect::<Vec<_>>(), asked.split_whitespace().collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn arguments_are_checked_against_the_schema() {
    let schema = json!({"type": "object", "required": ["path", "edits"], "properties": {
        "path": {"type": "string", "minLength": 1},
        "line": {"type": "integer", "minimum": 1},
        "mode": {"enum": ["a", "b"]},
        "edits": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["old"], "properties": {"old": {"type": "string"}}}},
    }});
    let check = |value: Value| args::check(&schema, &value).join("; ");
    assert_eq!(check(json!({"path": "a", "edits": [{"old": "x"}]})), "");
    assert_eq!(check(json!("text")), "the arguments must be an object, not a string");
    assert_eq!(
        check(json!({"path": 1, "edits": []})),
        "path must be a string, not a number; the number of items of edits must be at least 1"
    );
    assert_eq!(check(json!({"path": "a", "edits": [{}]})), "`edits[0].old` is missing");
    assert_eq!(
        check(json!({"path": "", "edits": [{"old": "x"}], "line": 0, "mode": "c", "shell": "rm"})),
        "the length of path must be at least 1; line must be at least 1; mode must be one of \"a\", \"b\"; \
         `shell` is not known; there is path, line, mode, edits"
    );
}

#[test]
fn h3_results_are_shortened_at_both_ends_on_character_boundaries() {
    let long = "é".repeat(10_000);
    let short = shorten(&long, 1000);
    assert!(short.len() <= 1000 && short.starts_with('é') && short.ends_with('é') && short.contains("19000 bytes left out"));
    assert_eq!(shorten("abc", 3), "abc");
    for limit in 0..60 {
        let short = shorten("日本語の文字列、長い文字列、もっと長い文字列", limit);
        // The words about what is left out are said whole, however little room there is.
        assert!(short.len() <= limit.max(40) && short.contains("bytes left out"), "{limit}: {short:?}");
    }
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: format!("call_{name}"), name: name.into(), arguments }
}

fn answered(text: &str, calls: Vec<ToolCall>) -> Input {
    Input::Answered(Answer { text: text.into(), calls, ..Answer::default() })
}

fn worked(result: &str) -> CallOutcome {
    CallOutcome { result: result.into(), ..CallOutcome::default() }
}

fn turn() -> Turn {
    Turn::new(vec![Message::new(Role::System, "rules"), Message::new(Role::User, "the task")], vec![], 100_000)
}

fn ending(effects: &[Effect]) -> Option<Ending> {
    effects.iter().find_map(|effect| match effect {
        Effect::Over(ending) => Some(ending.clone()),
        _ => None,
    })
}

fn asked(effects: Vec<Effect>) -> Option<Chat> {
    effects.into_iter().find_map(|effect| if let Effect::Ask(chat) = effect { Some(chat) } else { None })
}

/// Plays calls, one an answer, each with its result, until the turn is over; how many were played and how it ended.
fn play(turn: &mut Turn, calls: impl Iterator<Item = (ToolCall, CallOutcome)>) -> (usize, Ending) {
    turn.begin();
    for (number, (call, result)) in calls.enumerate() {
        if let Some(ending) = ending(&turn.on(answered("", vec![call]))) {
            return (number, ending);
        }
        if let Some(ending) = ending(&turn.on(Input::CallsDone(vec![result]))) {
            return (number + 1, ending);
        }
    }
    panic!("the turn is not over");
}

#[test]
fn a_turn_asks_works_and_finishes() {
    let mut turn = turn();
    turn.begin();
    let effects = turn.on(answered("", vec![call("read_file", json!({"path": "src/a.rs"}))]));
    assert!(matches!(&effects[..], [Effect::Say(what), Effect::Work(calls)] if what == "reading src/a.rs, step 1" && calls.len() == 1));
    assert!(
        turn.on(Input::CallsDone(vec![worked("text")]))
            .iter()
            .any(|effect| matches!(effect, Effect::Ask(chat) if chat.messages.len() == 4))
    );
    turn.on(answered("", vec![call("finish", json!({}))]));
    let over = turn.on(Input::CallsDone(vec![CallOutcome { finishes: Some("done".into()), ..worked("") }]));
    assert_eq!(ending(&over), Some(Ending::Finished("done".into())));
    assert_eq!(turn.steps.len(), 2);
}

#[test]
fn h1_the_same_call_five_times() {
    let same = std::iter::repeat_with(|| (call("read_file", json!({"path": "a"})), worked("text")));
    let (played, ending) = play(&mut turn(), same);
    assert_eq!((played, ending), (5, Ending::Stopped("the same call of read_file came 5 times with the same result".into())));
}

#[test]
fn h1_cycles_of_two_to_five_calls() {
    for length in 2..=5 {
        let calls = (0..).map(|number| (call("find_symbol", json!({"name": number % length})), worked("none")));
        let (played, ending) = play(&mut turn(), calls);
        assert_eq!(played, length * limits::ROUNDS, "{ending:?}");
        assert!(matches!(ending, Ending::Stopped(why) if why.contains("came round")));
    }
}

#[test]
fn h1_a_result_that_changes_is_progress() {
    let calls = (0..).map(|number| (call("diagnostics", json!({})), worked(&format!("{number} errors"))));
    let (played, ending) = play(&mut turn(), calls);
    assert_eq!((played, ending), (limits::MAX_STEPS, Ending::Stopped("25 steps are the limit".into())));
}

#[test]
fn h2_time_and_output_have_limits() {
    let mut late = turn();
    late.begin();
    assert!(
        matches!(ending(&late.on(Input::Late(Duration::from_secs(600)))), Some(Ending::Stopped(why)) if why.contains("its 600 seconds are over"))
    );
    let calls = (0..).map(|number| (call("read_file", json!({"path": number})), worked(&format!("{number}{}", "x".repeat(20_000)))));
    let (played, ending) = play(&mut turn(), calls);
    // Once more, since the model is told first that it may only propose.
    assert_eq!(played, limits::MAX_ALL_RESULTS_BYTES.div_ceil(limits::MAX_RESULT_BYTES) + 1);
    assert!(matches!(ending, Ending::Stopped(why) if why.contains("as much as one turn may read")));
}

#[test]
fn j2_three_failed_edits_of_one_place() {
    let failed =
        |number: usize| CallOutcome { failed: true, target: Some("src/a.rs".into()), ..worked(&format!("not there, try {number}")) };
    let calls = (0..).map(|number| (call("propose_edit", json!({"old": number})), failed(number)));
    let (played, ending) = play(&mut turn(), calls);
    assert_eq!((played, ending), (3, Ending::Stopped("3 edits of src/a.rs failed".into())));
}

#[test]
fn h4_nothing_happens_after_a_cancel() {
    let states: [fn(&mut Turn); 3] = [
        |_| {},
        |turn| drop(turn.begin()),
        |turn| {
            turn.begin();
            turn.on(answered("", vec![call("read_file", json!({}))]));
        },
    ];
    for reach in states {
        let mut turn = turn();
        reach(&mut turn);
        assert_eq!(ending(&turn.on(Input::Cancelled)), Some(Ending::Cancelled));
        for late in [
            answered("", vec![call("finish", json!({}))]),
            Input::CallsDone(vec![worked("x")]),
            Input::Cancelled,
            Input::Failed("x".into()),
        ] {
            assert!(turn.on(late).is_empty());
        }
    }
}

#[test]
fn h6_words_are_no_edit() {
    let mut turn = turn();
    turn.begin();
    let reminded = turn.on(answered("I have changed the function.", vec![]));
    assert!(reminded.iter().any(|effect| matches!(effect, Effect::Ask(_))));
    assert_eq!(ending(&turn.on(answered("Done!", vec![]))), Some(Ending::Silent("Done!".into())));
}

#[test]
fn h11_an_engine_that_fails_ends_the_turn_cleanly() {
    let mut turn = turn();
    turn.begin();
    assert_eq!(ending(&turn.on(Input::Failed("the engine is gone".into()))), Some(Ending::Failed("the engine is gone".into())));
}

#[test]
fn h12_a_long_transcript_keeps_the_task_and_stays_valid() {
    let mut turn = Turn::new(vec![Message::new(Role::System, "rules"), Message::new(Role::User, "the task")], vec![], 40_000);
    turn.begin();
    let mut last = None;
    for number in 0..10 {
        turn.on(answered("", vec![call("read_file", json!({"path": number}))]));
        let effects = turn.on(Input::CallsDone(vec![worked(&format!("{number}{}", "x".repeat(9_000)))]));
        last = asked(effects);
    }
    let chat = last.unwrap();
    let size: usize = chat.messages.iter().map(|message| message.content.len()).sum();
    assert!(size <= 40_000, "{size}");
    assert_eq!((chat.messages[0].content.as_str(), chat.messages[1].content.as_str()), ("rules", "the task"));
    assert!(chat.messages[3].content.starts_with("[left out"), "{}", chat.messages[3].content);
    assert!(chat.messages.last().unwrap().content.starts_with("9x"));
    for (number, message) in chat.messages.iter().enumerate().filter(|(_, message)| message.role == Role::Tool) {
        assert_eq!(chat.messages[number - 1].tool_calls.len(), 1, "each result follows its call");
        assert_eq!(message.tool_call_id.as_deref(), Some("call_read_file"));
    }
}

/// G15: in the transcript arguments are an object, or no dialect can render it; the tool says what is wrong.
#[test]
fn g15_arguments_that_are_no_object_come_back_to_the_model() {
    let mut turn = Turn::new(vec![Message::new(Role::User, "do it")], vec![], 100_000);
    turn.begin();
    let effects = turn.on(answered("", vec![call("finish", json!("done"))]));
    let Some(Effect::Work(calls)) = effects.last() else { panic!("{effects:?}") };
    assert_eq!(calls[0].arguments, json!("done"), "the check sees what was written");
    let effects = turn.on(Input::CallsDone(vec![CallOutcome { failed: true, ..worked("the arguments must be an object") }]));
    let Some(Effect::Ask(chat)) = effects.last() else { panic!("{effects:?}") };
    assert_eq!(chat.messages[1].tool_calls[0].arguments, json!({ "arguments": "done" }));
}

/// H1: what is looked up again after an edit is looked up anew.
#[test]
fn h1_the_same_look_after_each_edit_is_no_circle() {
    let mut turn = Turn::new(vec![Message::new(Role::User, "do it")], vec![], 1_000_000);
    turn.begin();
    for step in 0..8 {
        turn.on(answered("", vec![call("propose_edit", json!({ "edits": [{ "path": "a", "old": step.to_string(), "new": "x" }] }))]));
        turn.on(Input::CallsDone(vec![worked(&format!("edit {step} is taken"))]));
        turn.on(answered("", vec![call("diagnostics", json!({ "path": "a" }))]));
        let effects = turn.on(Input::CallsDone(vec![worked("no problems")]));
        assert!(matches!(effects.last(), Some(Effect::Ask(_))), "{step}: {effects:?}");
    }
}

/// Near the limit every step changed one early message, so that the engine read the whole transcript anew each time.
#[test]
fn h12_a_long_transcript_is_compacted_seldom() {
    let mut turn = Turn::new(vec![Message::new(Role::System, "rules"), Message::new(Role::User, "the task")], vec![], 40_000);
    let mut before = asked(turn.begin()).unwrap();
    let mut broken = 0;
    for number in 0..24 {
        turn.on(answered("", vec![call("read_file", json!({"path": number}))]));
        let chat = asked(turn.on(Input::CallsDone(vec![worked(&format!("{number}{}", "x".repeat(4_000)))]))).unwrap();
        broken += usize::from(chat.messages[..before.messages.len()] != before.messages);
        before = chat;
    }
    // 96,000 bytes went through a window that is compacted at 30,000 and then holds 20,000 at most.
    assert!((1..=8).contains(&broken), "{broken} of 24 questions did not begin with the one before");
}

fn cut(text: &str, calls: Vec<ToolCall>) -> Input {
    let finished = Finished { reason: Finish::Length, ..Finished::default() };
    Input::Answered(Answer { text: text.into(), calls, finished, ..Answer::default() })
}

/// A call that ran out of tokens came back as "Nothing has been changed by that answer", and the model wrote the same again.
#[test]
fn g17_an_answer_that_was_cut_off_is_told_so() {
    let mut turn = turn();
    turn.begin();
    let chat = asked(turn.on(cut("I will", vec![]))).unwrap();
    assert!(chat.messages.last().unwrap().content.starts_with("Your answer was cut off"), "{:?}", chat.messages.last());
    assert_eq!(
        ending(&turn.on(cut("I will", vec![]))),
        Some(Ending::Stopped("the model's answers were cut off, since they were too long".into()))
    );
    // Whole calls before the end count, and the model hears that the rest did not.
    let mut turn = self::turn();
    turn.begin();
    turn.on(cut("", vec![call("read_file", json!({"path": "a"}))]));
    let chat = asked(turn.on(Input::CallsDone(vec![worked("text of a")]))).unwrap();
    let told = &chat.messages.last().unwrap().content;
    assert!(told.starts_with("text of a") && told.contains("Your answer was cut off"), "{told}");
    turn.on(answered("", vec![call("read_file", json!({"path": "b"}))]));
    let chat = asked(turn.on(Input::CallsDone(vec![worked("text of b")]))).unwrap();
    assert_eq!(chat.messages.last().unwrap().content, "text of b");
}
