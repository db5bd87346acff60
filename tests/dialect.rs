//! Dialects against the golden vectors: rendering byte for byte, parsing for every split of the text.

use std::path::PathBuf;

use longsight::dialect::{Chat, Dialect, Parser, Start, Tool, by_name, messages};
use serde_json::{Value, json};

pub use crate::parsers::dialects::{Read, read};

pub fn vector(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&vector(name)).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// Pieces of `size` characters.
fn chunks(text: &str, size: usize) -> Vec<&str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(size).chain([text.len()]).collect();
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// Reads the text whole, at every single split, and in small chunks; all must agree.
pub fn read_all_ways(text: &str, parser: impl Fn() -> Box<dyn Parser>) -> Read {
    let whole = read(parser().as_mut(), [text]);
    for (at, _) in text.char_indices() {
        let split = read(parser().as_mut(), [&text[..at], &text[at..]]);
        assert_eq!(split, whole, "split at {at}: {:?} | {:?}", &text[..at], &text[at..]);
    }
    for size in [1, 2, 3, 5, 7] {
        assert_eq!(read(parser().as_mut(), chunks(text, size)), whole, "chunks of {size}: {text:?}");
    }
    whole
}

fn expected(case: &Value) -> Read {
    let expected = &case["expected"];
    let text = |key: &str| expected[key].as_str().unwrap_or_default().to_string();
    let calls = expected["tool_calls"].as_array().unwrap();
    Read {
        content: text("content"),
        reasoning: text("reasoning"),
        calls: calls.iter().map(|call| (call["name"].as_str().unwrap().into(), call["arguments"].clone())).collect(),
        error: expected["error"].as_str().map(String::from),
    }
}

fn tools_of(schema: &Value) -> Option<Vec<Tool>> {
    let schemas = schema.as_object()?;
    let function = |(name, schema): (&String, &Value)| json!({"name": name, "parameters": schema});
    let functions: Vec<Value> = schemas.iter().map(function).collect();
    Some(messages::tools_from_json(&Value::from(functions)).unwrap())
}

fn parser_for(dialect: &dyn Dialect, case: &Value) -> Box<dyn Parser> {
    let start = if case["start_state"] == "reasoning" { Start::Reasoning } else { Start::Content };
    match tools_of(&case["schema"]) {
        Some(tools) => dialect.parser(&tools, start),
        None => dialect.parser_for_any_tool(start),
    }
}

fn render(dialect: &str, input: &Value, thinking: bool) -> Result<String, String> {
    let dialect = by_name(dialect).unwrap();
    let mut chat = messages::chat_from_json(input).map_err(|error| error.to_string())?;
    chat.thinking = thinking;
    let pieces = dialect.render(&chat).map_err(|error| error.to_string())?;
    Ok(dialect.text(&pieces))
}

#[test]
fn deepseek_encode_cases() {
    for case in cases("dsv32/encode_cases.json") {
        let name = case["name"].as_str().unwrap();
        if name == "bad_mode_is_error" {
            continue; // The mode is a Boolean here; the command line checks the word (see `slow_cli`).
        }
        let rendered = render("deepseek-v3.2", &case["messages"], case["thinking_mode"] == "thinking");
        match case["expected"].as_str() {
            Some(expected) => assert_eq!(rendered.as_deref(), Ok(expected), "{name}"),
            None => {
                let reason = case["expected_error"].as_str().unwrap().split_once(": ").unwrap().1;
                let error = rendered.unwrap_err();
                assert!(error.starts_with(reason), "{name}: {error}");
            }
        }
    }
}

#[test]
fn deepseek_golden_pairs() {
    for pair in ["pair_weather_en", "pair_search_with_date"] {
        let input: Value = serde_json::from_str(&vector(&format!("dsv32/{pair}.messages.json"))).unwrap();
        let rendered = render("deepseek-v3.2", &input, true).unwrap();
        assert!(rendered == vector(&format!("dsv32/{pair}.prompt.txt")), "{pair} differs");
    }
}

#[test]
fn deepseek_lenient_parse_cases() {
    let dialect = by_name("deepseek-v3.2").unwrap();
    for case in cases("dsv32/lenient_parse_cases.json") {
        let text = case["text"].as_str().unwrap();
        let read = read_all_ways(text, || parser_for(dialect.as_ref(), &case));
        assert_eq!(read, expected(&case), "{}", case["name"]);
    }
}

#[test]
fn deepseek_strict_completions_read_the_same() {
    let dialect = by_name("deepseek-v3.2").unwrap();
    for case in cases("dsv32/strict_parse_cases.json") {
        let Some(message) = case.get("expected") else { continue };
        let start = if case["thinking_mode"] == "thinking" { Start::Reasoning } else { Start::Content };
        let read = read_all_ways(case["text"].as_str().unwrap(), || dialect.parser_for_any_tool(start));
        assert_eq!(read.content, message["content"].as_str().unwrap(), "{}", case["name"]);
        assert_eq!(read.reasoning, message["reasoning_content"].as_str().unwrap(), "{}", case["name"]);
        for (call, wanted) in read.calls.iter().zip(message["tool_calls"].as_array().unwrap()) {
            assert_eq!(call.0, wanted["function"]["name"].as_str().unwrap(), "{}", case["name"]);
            // The reference pastes what is not JSON; here it becomes text.
            if let Ok(arguments) = serde_json::from_str::<Value>(wanted["function"]["arguments"].as_str().unwrap()) {
                assert_eq!(call.1, arguments, "{}", case["name"]);
            }
        }
        assert_eq!(read.calls.len(), message["tool_calls"].as_array().unwrap().len(), "{}", case["name"]);
    }
}

#[test]
fn deepseek_real_token_chunks() {
    let file: Value = serde_json::from_str(&vector("dsv32/lenient_parse_cases.json")).unwrap();
    let chunks: Vec<&str> = file["bpe_chunks"]["chunks"].as_array().unwrap().iter().map(|chunk| chunk.as_str().unwrap()).collect();
    let read = read(by_name("deepseek-v3.2").unwrap().parser_for_any_tool(Start::Content).as_mut(), chunks);
    assert_eq!(read.calls, [("get_weather".to_string(), json!({"location": "Beijing"}))]);
    assert_eq!((read.content.as_str(), read.error), ("", None));
}

#[test]
fn llama4_parse_cases() {
    let dialect = by_name("llama-4").unwrap();
    for case in cases("llama4/parse_cases.json") {
        let text = case["text"].as_str().unwrap();
        let read = read_all_ways(text, || parser_for(dialect.as_ref(), &case));
        assert_eq!(read, expected(&case), "{}", case["name"]);
    }
}

/// The public templates agree with ours where there are no tools. Where they differ from each other (an assistant turn with an empty list
/// of calls vanishes in one) ours keeps the turn.
#[test]
fn llama4_framing() {
    let mut compared = 0;
    for case in cases("llama4/reference_renders.json") {
        let name = case["name"].as_str().unwrap();
        let skip = !case["tools"].is_null() || case["add_generation_prompt"] == false || case.get("expected").is_none();
        if skip || (name == "assistant_with_empty_tool_calls" && case["template"] == "hf_official") {
            continue;
        }
        assert_eq!(render("llama-4", &case["messages"], false).unwrap(), case["expected"].as_str().unwrap(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 9);
}

/// A second set, made independently of the parsers: nested quotes, markers in values, odd literals, text around calls, old formats. What
/// the literals mean is Python's word.
#[test]
fn completions_as_models_write_them() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/calls.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let parameters = json!({"properties": {"a": {"type": "string"}, "n": {"type": "integer"}, "o": {"type": "object"}}});
    let tools = messages::tools_from_json(&json!([{"name": "f", "parameters": parameters}, {"name": "g"}])).unwrap();
    let mut wrong = vec![];
    for case in file["cases"].as_array().unwrap() {
        let dialect = by_name(case["dialect"].as_str().unwrap()).unwrap();
        let start = if case["start_state"] == "reasoning" { Start::Reasoning } else { Start::Content };
        let (text, wanted) = (case["text"].as_str().unwrap(), expected(case));
        let read = read_all_ways(text, || dialect.parser(&tools, start));
        if read != wanted {
            wrong.push(format!("{}: {text:?}\n    wanted {wanted:?}\n    read   {read:?}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Roles, prompts that ask for nothing, and content that is no text, as conversations of other programs have them.
#[test]
fn conversations_in_the_shapes_that_others_write() {
    let llama = |messages: Value| render("llama-4", &messages, false);
    let call = json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let with =
        |role: &str| json!([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}, {"role": role, "content": "r"}]);
    assert_eq!(llama(with("ipython")), llama(with("tool")), "Llama's name for results");

    let later = llama(json!([{"role": "user", "content": "a"}, {"role": "system", "content": " b\n"}])).unwrap();
    assert!(later.contains("<|header_start|>system<|header_end|>\n\n b\n<|eot|>"), "only the system prompt is trimmed: {later}");

    let picture = json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]}]);
    let parts = json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]);
    let result = json!([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": [1, {"type": "dir"}]}]);
    for dialect in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
        let error = render(dialect, &picture, false).unwrap_err();
        assert!(error.contains("`image_url`"), "{dialect}: {error}");
        assert!(render(dialect, &parts, false).unwrap().contains("ab"), "{dialect}");
        assert!(render(dialect, &result, false).unwrap().contains("dir"), "{dialect}: data of a tool is no picture");
    }
}

/// The public templates' `add_generation_prompt`.
#[test]
fn a_prompt_asks_for_an_answer_where_that_is_said() {
    let rendered = |dialect: &str, messages: Value, ask: Option<bool>| {
        let chat = Chat { ask, ..messages::chat_from_json(&messages).unwrap() };
        let dialect = by_name(dialect).unwrap();
        dialect.render(&chat).map(|pieces| dialect.text(&pieces))
    };
    let (user, answered) = (json!([{"role": "user", "content": "Hello"}]), json!([{"role": "assistant", "content": "Hi"}]));
    for case in cases("llama4/reference_renders.json").iter().filter(|case| case["name"] == "no_generation_prompt") {
        assert_eq!(rendered("llama-4", case["messages"].clone(), Some(false)).unwrap(), case["expected"].as_str().unwrap());
    }
    for (dialect, begun) in [("llama-4", "<|header_start|>assistant<|header_end|>\n\n"), ("hermes", "<|im_start|>assistant\n")] {
        assert!(rendered(dialect, user.clone(), None).unwrap().ends_with(begun));
        assert!(!rendered(dialect, user.clone(), Some(false)).unwrap().ends_with(begun));
        assert!(!rendered(dialect, answered.clone(), None).unwrap().ends_with(begun));
        assert!(rendered(dialect, answered.clone(), Some(true)).unwrap().ends_with(begun));
    }
    let error = rendered("deepseek-v3.2", user, Some(false)).unwrap_err();
    assert!(error.to_string().contains("opens the assistant's turn"), "{error}");
}
