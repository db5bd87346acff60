//! Good calls with something odd about them are read as what they are; those of which two things can be meant are none.

use longsight::dialect::{Start, Tool, by_name, fitted, literal_arguments, messages, offered};
use serde_json::{Value, json};

use crate::dialect::{Read, read_all_ways};

fn tools() -> Vec<Tool> {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}});
    messages::tools_from_json(&json!([{"name": "f", "parameters": parameters}, {"name": "g"}])).unwrap()
}

fn read_as(dialect: &str, text: &str) -> Read {
    let (dialect, tools) = (by_name(dialect).unwrap(), tools());
    read_all_ways(text, || dialect.parser(&tools, Start::Content))
}

fn calls(read: &Read) -> Vec<(&str, Value)> {
    read.calls.iter().map(|(name, arguments)| (name.as_str(), arguments.clone())).collect()
}

const V31: &str = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\":\"b c\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
const V3: &str = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\":\"b c\"}\n```<｜tool▁call▁end｜>";
const DSML: &str = "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" string=\"true\">b c</｜DSML｜parameter>\n</｜DSML｜invoke>";

/// Behind text on the same line the markup was the answer.
#[test]
fn a_deepseek_call_that_breaks_off_behind_text_on_its_line_is_truncated() {
    for dialect in ["deepseek-v3.2", "native"] {
        for call in [V31, V3, DSML] {
            for before in ["Let me check.", "Let me check. ", "Let me check.\n\n"] {
                let end = call.find(" c").unwrap();
                let read = read_as(dialect, &format!("{before}{}", &call[..end]));
                assert_eq!((read.content.trim_end(), read.error.as_deref()), ("Let me check.", Some("truncated")), "{dialect}: {call}");
                assert_eq!(calls(&read_as(dialect, &format!("{before}{call}"))), [("f", json!({"a": "b c"}))], "{dialect}: {call}");
            }
        }
        // What only talks about it stays.
        for talk in [
            "V3.1 writes `<｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": 1",
            "It is <｜tool▁call▁begin｜>NAME<｜tool▁sep｜>ARGUMENTS, and so on.",
            "A tag <｜DSML｜invoke name=\"f\"> opens it.",
        ] {
            assert_eq!(read_as(dialect, talk), Read { content: talk.into(), ..Read::default() }, "{dialect}");
        }
    }
}

/// The prompt had opened the thought.
#[test]
fn a_deepseek_thought_that_only_ends_is_no_part_of_the_answer() {
    let read = read_as("deepseek-v3.2", "I will look.</think>It is here.");
    assert_eq!((read.reasoning.as_str(), read.content.as_str()), ("I will look.", "It is here."));
    let talk = "The tag `</think>` ends a thought.";
    assert_eq!(read_as("deepseek-v3.2", talk), Read { content: talk.into(), ..Read::default() });
}

#[test]
fn names_with_blanks_a_namespace_or_a_number_mean_the_tool_that_was_offered() {
    for name in [" f ", "f\n", "functions.f", "functions.f:0", "f:12"] {
        let call = json!({"name": name, "arguments": {"n": "5"}});
        for dialect in ["hermes", "native"] {
            let read = read_as(dialect, &format!("<tool_call>\n{call}\n</tool_call>"));
            assert_eq!(calls(&read), [("f", json!({"n": 5}))], "{dialect} {name:?}");
        }
        assert_eq!(calls(&read_as("llama-4", &call.to_string())), [("f", json!({"n": 5}))], "{name:?}");
        assert_eq!(offered(name, &tools()).unwrap().name, "f", "{name:?}");
        assert_eq!(fitted(json!({"n": "5"}), name, &tools()), json!({"n": 5}), "{name:?}");
    }
    for name in ["F", "functions", "functions.", "f:x", "f:", "other.f", "functions.h"] {
        assert!(offered(name, &tools()).is_none(), "{name}");
    }
}

#[test]
fn arguments_in_a_fence_or_closed_once_too_often_are_read() {
    let wanted = json!({"a": "x}"});
    for text in [
        "```json\n{\"a\":\"x}\"}\n```",
        "```\n{\"a\":\"x}\"}```",
        "{\"a\":\"x}\"}}",
        "{\"a\":\"x}\"}{}",
        "{}{\"a\":\"x}\"}",
        "{\"a\":\"x}\"}{\"a\":\"x}\"}",
    ] {
        assert_eq!(literal_arguments(text), wanted, "{text}");
        let call = json!({"name": "f", "arguments": text});
        assert_eq!(calls(&read_as("hermes", &format!("<tool_call>{call}</tool_call>"))), [("f", wanted.clone())], "{text}");
    }
    for text in ["{\"a\":\"x\"}{\"a\":\"y\"}", "{\"a\":\"x\"} and more", "{\"a\":\"x"] {
        assert_eq!(literal_arguments(text), json!(text), "nobody can say what is meant");
    }
}

/// The last of two values was taken silently, where DSML refused a doubled parameter.
#[test]
fn a_key_with_two_values_is_no_call() {
    for dialect in ["hermes", "native"] {
        for object in ["{\"a\":\"x\",\"a\":\"y\"}", "{'a': 'x', 'a': 'y'}"] {
            let read = read_as(dialect, &format!("<tool_call>{{\"name\":\"f\",\"arguments\":{object}}}</tool_call>"));
            assert!(read.calls.is_empty() && read.error.is_some(), "{dialect} {object}: {read:?}");
        }
        let read = read_as(dialect, "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"x\",\"a\":\"x\"}}</tool_call>");
        assert_eq!(calls(&read), [("f", json!({"a": "x"}))], "{dialect}: the same twice is once");
    }
    assert!(read_as("llama-4", "{\"name\":\"f\",\"name\":\"g\",\"parameters\":{}}").calls.is_empty());
    assert_eq!(literal_arguments("{\"a\":1,\"a\":2}"), json!("{\"a\":1,\"a\":2}"));
}

/// Each form worked alone.
#[test]
fn calls_with_semicolons_between_them_in_a_fence_are_calls() {
    let both = [("f", json!({})), ("g", json!({}))];
    for between in [";", "; ", ";\n", " ;\n", "\n"] {
        for before in ["", "Let me look.\n"] {
            let text =
                format!("{before}```json\n{{\"name\":\"f\",\"parameters\":{{}}}}{between}{{\"name\":\"g\",\"parameters\":{{}}}}\n```");
            assert_eq!(calls(&read_as("llama-4", &text)), both, "{text}");
        }
    }
}

/// The end of the reasoning stood at the head of the answer.
#[test]
fn a_call_in_the_reasoning_leaves_no_mark_in_the_answer() {
    let tagged = "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>";
    let python = "<|python_start|>{\"name\":\"f\",\"parameters\":{}}<|python_end|>";
    for (dialect, call) in [("hermes", tagged), ("native", tagged), ("native", python), ("llama-4", python)] {
        let read = read_as(dialect, &format!("<think>hmm {call}</think>done"));
        assert_eq!((read.reasoning.as_str(), read.content.as_str()), ("hmm", "done"), "{dialect}");
        assert_eq!(calls(&read), [("f", json!({}))], "{dialect}");
        // What was thought after it is no answer either.
        let read = read_as(dialect, &format!("<think>hmm {call}\nand so</think>\n\ndone"));
        assert_eq!(read.content, "done", "{dialect}: {read:?}");
        assert!(read.reasoning.contains("and so"), "{dialect}: {read:?}");
        let read = read_as(dialect, &format!("<think>hmm {call}</think>Write `</think>` there."));
        assert_eq!(read.content, "Write `</think>` there.", "{dialect}");
    }
}
