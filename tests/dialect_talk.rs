//! What a model only talks about is no call, and no answer is lost to it; what it means as a call is read, and a value is never cut.

use longsight::dialect::{Chat, Message, Role, Start, Tool, by_name, for_model, messages};
use serde_json::{Value, json};

use crate::dialect::{Read, read_all_ways};

fn tools() -> Vec<Tool> {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}}});
    messages::tools_from_json(&json!([{"name": "f", "parameters": parameters}, {"name": "g"}])).unwrap()
}

fn read_as(dialect: &str, text: &str) -> Read {
    let dialect = by_name(dialect).unwrap();
    let (whole, tools) = (dialect.as_ref(), tools());
    read_all_ways(text, || whole.parser(&tools, Start::Content))
}

fn is_talk(dialect: &str, text: &str) {
    assert_eq!(read_as(dialect, text), Read { content: text.into(), ..Read::default() }, "{dialect}");
}

fn calls(dialect: &str, text: &str, content: &str, wanted: &[(&str, Value)]) {
    let calls = wanted.iter().map(|(name, arguments)| (name.to_string(), arguments.clone())).collect();
    assert_eq!(read_as(dialect, text), Read { content: content.into(), calls, ..Read::default() }, "{dialect}: {text}");
}

/// A block of DSML with one call to `f`.
fn block(parameters: &[(&str, &str)]) -> String {
    let parameter =
        |(key, value): &(&str, &str)| format!("<｜DSML｜parameter name=\"{key}\" string=\"true\">{value}</｜DSML｜parameter>\n");
    let parameters: String = parameters.iter().map(parameter).collect();
    format!("<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n{parameters}</｜DSML｜invoke>\n</｜DSML｜function_calls>")
}

#[test]
fn deepseek_marks_that_are_talked_about_end_no_answer() {
    for dialect in ["deepseek-v3.2", "native"] {
        is_talk(dialect, "V3 begins calls with `<｜tool▁calls▁begin｜>`, then come the calls.");
        is_talk(dialect, "In `parse.rs` the tag `<｜DSML｜invoke name=\"f\">` opens a call; the rest of it follows.");
        is_talk(dialect, "```\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n…\n</｜DSML｜invoke>\n```\nThat is the form.");
        is_talk(dialect, "Write `<｜DSML｜invoke name=\"f\"><｜DSML｜parameter name=\"a\" string=\"true\">` first.");
        let none = by_name(dialect).unwrap();
        let text = format!("let text = r#\"{}\"#;", block(&[("a", "1")]));
        assert_eq!(read_all_ways(&text, || none.parser(&[], Start::Content)).content, text, "without tools nothing is a call");
    }
    let text = format!("<|DSML|invoke name=\"f\">as said\n\n{}", block(&[("a", "1")]));
    calls("deepseek-v3.2", &text, "<|DSML|invoke name=\"f\">as said", &[("f", json!({"a": "1"}))]);
    let text = format!("<|DSML|invoke name=\"f\">\n\n{}", block(&[("a", "1")]));
    calls("deepseek-v3.2", &text, "<|DSML|invoke name=\"f\">", &[("f", json!({"a": "1"}))]);
    let broken = read_as("deepseek-v3.2", "<｜DSML｜invoke name=\"f\">\nno parameter\n</｜DSML｜invoke>");
    assert!(broken.error.is_some() && broken.content.is_empty(), "where a call belongs, one that cannot be read is an error: {broken:?}");
}

#[test]
fn deepseek_call_behind_a_mark_in_the_reasoning_is_read() {
    let dialect = by_name("deepseek-v3.2").unwrap();
    let text = format!("the mark <｜tool▁calls▁begin｜> is old</think>So.\n\n{}", block(&[("a", "1")]));
    let read = read_all_ways(&text, || dialect.parser(&tools(), Start::Reasoning));
    assert_eq!((read.reasoning.as_str(), read.content.as_str()), ("the mark <｜tool▁calls▁begin｜> is old", "So."));
    assert_eq!(read.calls, [("f".to_string(), json!({"a": "1"}))]);
}

#[test]
fn deepseek_value_that_holds_a_block_of_calls_stays_whole() {
    let value = format!("X{}Y", block(&[("q", "z")]));
    calls("deepseek-v3.2", &block(&[("a", &value), ("b", "2")]), "", &[("f", json!({"a": value, "b": "2"}))]);
    let stray = block(&[("a", "1")]) + "Y</｜DSML｜parameter>\n</｜DSML｜invoke>";
    assert!(read_as("deepseek-v3.2", &stray).error.is_some(), "which end was meant, nobody can say");
}

#[test]
fn a_forgotten_closing_tag_puts_no_markup_into_a_value() {
    let open = |key: &str| format!("<｜DSML｜parameter name=\"{key}\" string=\"true\">");
    let text = block(&[("a", &format!("x\n{}y", open("b")))]);
    calls("deepseek-v3.2", &text, "", &[("f", json!({"a": "x", "b": "y"}))]);
    let (first, second) = (format!("x\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"g\">\n{}y", open("q")), "not closed");
    assert!(read_as("deepseek-v3.2", &block(&[("a", &first)])).error.unwrap().contains(second));
    for dialect in ["hermes", "native"] {
        let tagged = |body: &str| format!("<tool_call>\n<function=f>\n{body}\n</function>\n</tool_call>");
        let text = tagged("<parameter=a>\nx\n<parameter=b>\ny\n</parameter>");
        calls(dialect, &text, "", &[("f", json!({"a": "x", "b": "y"}))]);
        calls(dialect, &tagged("<parameter=a>\nx\n<parameter=b>\ny"), "", &[("f", json!({"a": "x", "b": "y"}))]);
        let nested = "<parameter=b>\ny\n</parameter> z";
        calls(dialect, &tagged(&format!("<parameter=a>\n{nested}\n</parameter>")), "", &[("f", json!({"a": nested}))]);
    }
}

#[test]
fn tags_of_calls_that_are_talked_about_end_no_answer() {
    for dialect in ["hermes", "native"] {
        is_talk(dialect, "The tag `<tool_call>` begins a call, `</tool_call>` ends it.");
        is_talk(dialect, "```python\nm = re.findall(r\"<tool_call>(.*?)</tool_call>\", s)\n```");
        is_talk(dialect, "Put your <tools> in the box.");
        is_talk(dialect, "<tools> is a list.");
        is_talk(dialect, "Write <tool_call>{\"name\": …}</tool_call> for it.");
        let call = "Sure. <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}</tool_call>";
        calls(dialect, call, "Sure.", &[("f", json!({"a": "1"}))]);
    }
    is_talk("llama-4", "The token `<|python_start|>` begins code.");
}

#[test]
fn code_and_quotations_are_no_calls() {
    for dialect in ["hermes", "native", "llama-4"] {
        is_talk(dialect, "```rust\nlet c = json!({\"name\": \"f\", \"arguments\": {\"a\": 1}});\n```");
        is_talk(dialect, "```python\nz = [f(a=1)]\n```");
        is_talk(dialect, "Then let x = [f(1), f(2)]; follows.");
        is_talk(dialect, "Put this into tasks.json:\n```json\n{\"name\": \"f\", \"args\": [\"--x\"]}\n```");
        is_talk(dialect, "{\"name\": \"Bob\", \"arguments\": [\"x\"]}");
        is_talk(dialect, "```json\n{\"name\": \"f\", \"version\": \"1.0\", \"scripts\": {}}\n```");
        calls(dialect, "I will.\n```json\n{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}\n```", "I will.", &[("f", json!({"a": "1"}))]);
    }
}

#[test]
fn native_reads_the_calls_that_hermes_reads() {
    let json = "{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}";
    let one = ("f", json!({"a": "1"}));
    for dialect in ["hermes", "native"] {
        calls(dialect, &format!("<tool_call>\n{json}\n<tool_call>\n{json}\n</tool_call>"), "", &[one.clone(), one.clone()]);
        for inside in [format!("<tool_call>\n{json}"), format!("json\n{json}"), format!("\nHere: {json}"), "f: {\"a\": \"1\"}".into()] {
            calls(dialect, &format!("<tool_call>{inside}\n</tool_call>"), "", std::slice::from_ref(&one));
        }
        let read = read_as(dialect, &format!("<think>I'm\nthinking\n<tool_call>{json}</tool_call>"));
        assert_eq!((read.reasoning.as_str(), read.calls.len()), ("I'm\nthinking", 1), "{dialect}");
    }
}

#[test]
fn reasoning_that_the_prompt_opened_is_no_answer() {
    for dialect in ["native", "hermes", "llama-4"] {
        for text in ["x</think>Answer.", "x\n</think>\n\nAnswer."] {
            let read = read_as(dialect, text);
            assert_eq!((read.reasoning.as_str(), read.content.as_str()), ("x", "Answer."), "{dialect}: {text:?}");
        }
        assert_eq!(read_as(dialect, "<think>\nx\n</think>\n\nAnswer.").content, "Answer.", "{dialect}");
        is_talk(dialect, "The tag `</think>` ends it: `text.find(\"</think>\")`.");
    }
}

#[test]
fn arguments_under_other_keys_are_read_and_never_thrown_away() {
    for dialect in ["hermes", "native", "llama-4"] {
        let one = [("f", json!({"a": "1"}))];
        calls(dialect, "{\"type\": \"tool_use\", \"name\": \"f\", \"input\": {\"a\": \"1\"}}", "", &one);
        calls(dialect, "{\"name\": \"f\", \"a\": \"1\"}", "", &one);
        calls(dialect, "{\"tool_call\": {\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}}", "", &one);
        calls(dialect, "{\"name\": \"g\"}", "", &[("g", json!({}))]);
    }
    calls("hermes", "<tool_call>{\"name\": \"f\", \"x\": 1}</tool_call>", "", &[("f", json!({"x": 1}))]);
}

#[test]
fn values_are_repaired_by_what_the_schema_allows_wherever_the_call_came_from() {
    let schema = json!({"type": "object", "$defs": {"N": {"type": "integer"}}, "properties": {
        "any": {"anyOf": [{"type": "object"}, {"type": "null"}]}, "ref": {"$ref": "#/$defs/N"}, "one": {"enum": [1, 42]}, "int": {"type": "int"},
        "text": {"type": ["string", "null"]}, "both": {"type": ["string", "integer"]},
        "list": {"type": "array", "items": {"type": "object", "properties": {"line": {"type": "integer"}}}}}});
    let tools = messages::tools_from_json(&json!([{"name": "f", "parameters": schema}])).unwrap();
    let wanted = json!({"any": {"x": 1}, "ref": 42, "one": 42, "int": 5, "text": "5", "both": 5, "list": [{"line": 3}]});
    let written = [
        ("any", "true", "{\"x\": 1}"),
        ("ref", "true", "42"),
        ("one", "true", "42"),
        ("int", "true", "5"),
        ("text", "false", "5"),
        ("both", "false", "5"),
        ("list", "true", "[{\"line\": \"3\"}]"),
    ];
    let parameters =
        written.map(|(key, string, text)| format!("<｜DSML｜parameter name=\"{key}\" string=\"{string}\">{text}</｜DSML｜parameter>\n"));
    let dsml = format!(
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n{}</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        parameters.concat()
    );
    let spelt = json!({"any": "{\"x\": 1}", "ref": "42", "one": 42.0, "int": "5", "text": "5", "both": 5, "list": "[{\"line\": 3.0}]"});
    let object = json!({"name": "f", "arguments": spelt}).to_string();
    for (dialect, text) in [("deepseek-v3.2", dsml), ("hermes", format!("<tool_call>{object}</tool_call>")), ("llama-4", object)] {
        let read = read_all_ways(&text, || by_name(dialect).unwrap().parser(&tools, Start::Content));
        assert_eq!(read.calls, [("f".to_string(), wanted.clone())], "{dialect}");
    }
}

#[test]
fn an_answer_that_breaks_off_in_a_tag_is_truncated() {
    for text in ["Hi.\n\n<｜DSML｜function_calls", "Hi.\n\n<｜tool▁calls▁be"] {
        assert_eq!(read_as("deepseek-v3.2", text).error.as_deref(), Some("truncated"), "{text}");
    }
    assert_eq!(read_as("hermes", "Hi.\n<tool_call").error.as_deref(), Some("truncated"));
}

#[test]
fn a_model_whose_template_has_a_switch_for_thinking_is_told_that_it_has_thought() {
    let template = "<|im_start|>{{role}}\n{{c}}<|im_end|>\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}";
    let ends = |template: &str, thinking: bool| {
        let dialect = for_model("Qwen3-8B", Some(template));
        let chat = Chat { messages: vec![Message::new(Role::User, "a")], thinking, ..Chat::default() };
        let prompt = dialect.text(&dialect.render(&chat).unwrap());
        prompt.rsplit_once("assistant\n").unwrap().1.to_string()
    };
    assert_eq!(ends(template, false), "<think>\n\n</think>\n\n");
    assert_eq!(ends(template, true), "");
    assert_eq!(ends("<|im_start|>", false), "");
}

#[test]
fn the_templates_of_other_families_are_not_taken_for_ours() {
    let known = |name: &str, template: Option<&str>| longsight::dialect::known(name, template).is_some();
    for (name, template) in [
        ("Llama-3.1-8B-Instruct", "<|start_header_id|>{{role}}<|end_header_id|>"),
        ("gpt-oss-20b", "<|start|>system<|message|>"),
        ("DeepSeek-V2-Chat", "User: {{c}}\n\nAssistant: {{a}}"),
        ("Codestral-22B", "[INST] {{c}} [/INST]"),
    ] {
        assert!(!known(name, Some(template)), "{name}");
    }
    assert!(!known("starcoder2-7b", None) && !known("DeepSeek-V2-Chat", None));
    assert!(known("DeepSeek-V3.2", None) && known("qwen2.5-coder", None) && known("x", Some("<|im_start|>")));
}

#[test]
fn what_follows_a_forgotten_tag_or_another_turn() {
    let one = [("f", json!({"a": "1"}))];
    let call = "{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}";
    for dialect in ["hermes", "native"] {
        calls(dialect, &format!("<tool_call>\n{call}\n\nThat was the call."), "That was the call.", &one);
        calls(dialect, "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</tool_call>", "", &one);
        calls(dialect, "<tool_call>\n<function=f>\n<parameter name=\"a\">1</parameter>\n</function>\n</tool_call>", "", &one);
        calls(dialect, &format!("<tools>{call}</tools>"), "", &one);
    }
    calls("llama-4", &format!("<|python_tag|>{call}"), "", &one);
    assert_eq!(read_as("llama-4", "Hi<|eot|><|header_start|>assistant<|header_end|>\n\nmore").content, "Hi");
    assert_eq!(read_as("hermes", "Hi<|im_end|>\n<|im_start|>user\nmore").content, "Hi");
    for mark in ["<｜tool calls begin｜>", "<｜tool\\_calls\\_begin｜>"] {
        let text = format!("{mark}<｜tool▁call▁begin｜>f<｜tool▁sep｜>{{\"a\": \"1\"}}<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
        calls("deepseek-v3.2", &text, "", &one);
    }
}

/// Behind raw completion a call in a code block was a call like any other, and the edit in it was applied without a question.
#[test]
fn a_call_in_a_code_block_is_told_from_one_that_stands_in_none() {
    let ids = |dialect: &str, text: &str| -> Vec<String> {
        let dialect = by_name(dialect).unwrap();
        let mut parser = dialect.parser(&tools(), Start::Content);
        let deltas = [parser.push(text), parser.finish(true)].concat();
        let call = |delta| if let longsight::dialect::Delta::Call(call) = delta { Some(call.id) } else { None };
        deltas.into_iter().filter_map(call).collect()
    };
    let (dsml, json) = (block(&[("a", "1")]), r#"{"name": "f", "arguments": {"a": "1"}}"#);
    for (dialect, call) in [("deepseek-v3.2", dsml.as_str()), ("hermes", json), ("llama-4", json)] {
        let quoted = ids(dialect, &format!("It says:\n\n```\n{call}\n```"));
        assert!(quoted.len() == 1 && quoted[0].starts_with(longsight::dialect::QUOTED), "{dialect}: {quoted:?}");
        assert_eq!(ids(dialect, &format!("```\nlet a = 1;\n```\n\n{call}")), ["call_1"], "{dialect}");
    }
}
