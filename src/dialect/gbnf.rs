//! Grammars (llama.cpp's GBNF) under which a model can only write one well-formed call of an offered tool: a known name, properties in the
//! schema's order, all required ones, values of the right types. JSON is spaced as by Python's `json.dumps`, as in training data.

use serde_json::Value;

use super::{Grammar, Tool, ToolChoice, pieces};

/// What a dialect writes around a call.
pub(super) struct Frame {
    /// Text before the name of the call, between its name and its arguments, and after them.
    before: &'static str,
    middle: &'static str,
    after: &'static str,
    /// Whether arguments are DSML parameters instead of a JSON object.
    parameters: bool,
    /// What the model itself writes to begin a call.
    trigger: &'static str,
}

/// The frame of Hermes.
pub(super) const HERMES: Frame = Frame {
    before: "<tool_call>\n{\"name\": \"",
    middle: "\", \"arguments\": ",
    after: "}\n</tool_call>",
    parameters: false,
    trigger: "<tool_call>",
};

/// The frame of Llama 4.
pub(super) const LLAMA4: Frame =
    Frame { before: "{\"name\": \"", middle: "\", \"parameters\": ", after: "}", parameters: false, trigger: "{\"name\": \"" };

/// The frame of DeepSeek V3.2.
pub(super) const DSML: Frame = Frame {
    before: "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"",
    middle: "\">\n",
    after: "\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    parameters: true,
    trigger: "<｜DSML｜function_calls>",
};

/// The grammar of one call. Under `ToolChoice::Auto` it applies only once the model has begun a call.
pub(super) fn for_calls(tools: &[Tool], choice: ToolChoice, frame: &Frame) -> Option<Grammar> {
    if tools.is_empty() || choice == ToolChoice::None {
        return None;
    }
    let mut rules = Rules::default();
    let calls: Vec<String> = tools.iter().map(|tool| rules.call(tool, frame)).collect();
    let root = format!("{} ({}) {}", quoted(frame.before), calls.join(" | "), quoted(frame.after));
    let mut gbnf = format!("root ::= {root}\n{SHARED}");
    for (number, rule) in rules.rules.iter().enumerate() {
        gbnf.push_str(&format!("r{number} ::= {rule}\n"));
    }
    Some(Grammar { gbnf, trigger: (choice == ToolChoice::Auto).then(|| frame.trigger.into()) })
}

/// Rules of every grammar. `raw` is text that does not begin a DSML closing tag.
const SHARED: &str = r#"string ::= "\"" char* "\""
char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" hex hex hex hex)
hex ::= [0-9a-fA-F]
integer ::= "-"? ("0" | [1-9] [0-9]{0,17})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
boolean ::= "true" | "false"
value ::= string | number | boolean | "null" | list | object
list ::= "[" (value (", " value)*)? "]"
object ::= "{" (string ": " value (", " string ": " value)*)? "}"
raw ::= [^<] raw | "<" raw-angle | ""
raw-angle ::= [^/<] raw | "<" raw-angle | "/" raw-slash | ""
raw-slash ::= [^｜<] raw | "<" raw-angle | ""
"#;

/// Schemas deeper than this allow any JSON.
const MAX_DEPTH: usize = 16;

#[derive(Default)]
struct Rules {
    rules: Vec<String>,
}

impl Rules {
    fn add(&mut self, rule: String) -> String {
        self.rules.push(rule);
        format!("r{}", self.rules.len() - 1)
    }

    /// A rule for a tool's name and arguments.
    fn call(&mut self, tool: &Tool, frame: &Frame) -> String {
        let empty = Value::Null;
        let schema = tool.function.get("parameters").unwrap_or(&empty);
        let arguments = match frame.parameters {
            true => self.parameters(schema),
            false if schema.get("properties").is_none() => quoted("{}"),
            false => self.schema(schema, 0),
        };
        self.add(format!("{} {arguments}", quoted(&format!("{}{}", tool.name, frame.middle))))
    }

    /// DSML parameters, one per line; no parameters are one empty line.
    fn parameters(&mut self, schema: &Value) -> String {
        let mut members = vec![];
        for (name, schema, required) in properties(schema) {
            let text = schema.get("type").and_then(Value::as_str) == Some("string") && schema.get("enum").is_none();
            let choices = schema.get("enum").and_then(Value::as_array).filter(|all| all.iter().all(Value::is_string));
            let (string, value) = match (text, choices) {
                (true, _) => (true, "raw".into()),
                (false, Some(choices)) => {
                    let plain: Vec<String> = choices.iter().filter_map(Value::as_str).map(quoted).collect();
                    (true, format!("({})", plain.join(" | ")))
                }
                (false, None) => (false, self.schema(schema, 1)),
            };
            let mark = pieces::DSML;
            let open = quoted(&format!("<{mark}parameter name=\"{name}\" string=\"{string}\">"));
            let close = quoted(&format!("</{mark}parameter>"));
            members.push((self.add(format!("{open} {value} {close}")), required));
        }
        self.members(&members, "\n")
    }

    /// A rule that matches the JSON of this schema.
    fn schema(&mut self, schema: &Value, depth: usize) -> String {
        if depth > MAX_DEPTH {
            return "value".into();
        }
        let literals = schema.get("enum").and_then(Value::as_array).cloned();
        let literals = literals.or_else(|| schema.get("const").map(|only| vec![only.clone()]));
        if let Some(literals) = literals.filter(|literals| !literals.is_empty()) {
            let all: Vec<String> = literals.iter().map(|literal| quoted(&super::json::python(literal))).collect();
            return self.add(all.join(" | "));
        }
        if let Some(several) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array()) {
            let all: Vec<String> = several.iter().map(|one| self.schema(one, depth + 1)).collect();
            return if all.is_empty() { "value".into() } else { self.add(all.join(" | ")) };
        }
        match schema.get("type") {
            Some(Value::String(one)) => self.typed(one, schema, depth),
            Some(Value::Array(several)) if !several.is_empty() => {
                let names: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
                let all: Vec<String> = names.into_iter().map(|one| self.typed(one, schema, depth)).collect();
                self.add(all.join(" | "))
            }
            _ if schema.get("properties").is_some() => self.typed("object", schema, depth),
            _ => "value".into(),
        }
    }

    fn typed(&mut self, name: &str, schema: &Value, depth: usize) -> String {
        match name {
            "string" | "integer" | "number" | "boolean" => name.into(),
            "null" => quoted("null"),
            "array" => {
                let item = schema.get("items").map_or("value".into(), |items| self.schema(items, depth + 1));
                let filled = format!("{item} (\", \" {item})*");
                let at_least_one = schema.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0);
                let inside = if at_least_one { filled } else { format!("({filled})?") };
                self.add(format!("\"[\" {inside} \"]\""))
            }
            "object" | "dict" if schema.get("properties").is_some() => {
                let mut members = vec![];
                for (name, schema, required) in properties(schema) {
                    let key = quoted(&format!("{}: ", super::json::python(&Value::from(name.as_str()))));
                    let value = self.schema(schema, depth + 1);
                    members.push((self.add(format!("{key} {value}")), required));
                }
                let inside = self.members(&members, ", ");
                self.add(format!("\"{{\" {inside} \"}}\""))
            }
            "object" | "dict" => "object".into(),
            _ => "value".into(),
        }
    }

    /// Members in order; optional ones may be missing, and separators come only between those present.
    fn members(&mut self, members: &[(String, bool)], separator: &str) -> String {
        let (mut first, mut next) = (quoted(""), quoted(""));
        for (member, required) in members.iter().rev() {
            let here = format!("{member} {next}");
            let skip = |rest: &str| if *required { String::new() } else { format!(" | {rest}") };
            let first_rule = format!("{here}{}", skip(&first));
            let next_rule = format!("{} {here}{}", quoted(separator), skip(&next));
            first = self.add(first_rule);
            next = self.add(next_rule);
        }
        first
    }
}

/// Name, schema, and whether it is required, in the schema's order.
fn properties(schema: &Value) -> Vec<(&String, &Value, bool)> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|required| required.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, schema)| (name, schema, is_required(name))).collect()
}

/// A text as a grammar literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
