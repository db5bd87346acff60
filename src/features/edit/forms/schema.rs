//! What a model is asked for: a form's one function with its few strings, as a tool or as blocks of code; and whether an answer only
//! repeats that.

use serde_json::{Value, json};

use super::Form;
use crate::dialect::Tool;

/// The field for the reason.
pub(super) const REASON: &str = "reason";
/// The field for the name of a new file.
pub(super) const NAME: &str = "name";

impl Form {
    /// The tool that the model has to call. Few strings, so that small models get it right.
    pub fn tool(&self) -> Tool {
        let reason = (REASON, "In one sentence: what was changed and why.");
        match self {
            Form::Replace { .. } => {
                tool("Replaces the marked lines.", &[("new_code", "The complete new text of the marked lines."), reason])
            }
            Form::Insert { .. } => tool(
                "Writes what goes to the empty line.",
                &[("new_code", "The new code, and nothing of what stands there already."), reason],
            ),
            Form::Document { item } => {
                let what =
                    format!("One or two sentences in plain words: what `{}` does with its arguments, and what comes of it.", item.name);
                tool(&format!("Writes the comment above `{}`.", item.name), &[("comment", &what)])
            }
            Form::Implement { .. } => tool(
                "Writes the body.",
                &[("body", "The statements of the body, without the signature and without the braces around it."), reason],
            ),
            Form::Test { .. } => tool("Adds tests.", &[("test_code", "One or more complete test functions."), reason]),
            Form::Extract { .. } => tool(
                "Moves the marked lines into a new function.",
                &[("function", "The complete new function."), ("call", "What stands in place of the marked lines: the call."), reason],
            ),
            Form::Variable { .. } => tool(
                "Gives the marked value a name.",
                &[("name", "The name of the new variable, one word in the naming style of this file."), reason],
            ),
            Form::Rename(rename) => {
                let what = format!("The new name of {}, one word in the naming style of this file.", rename.what);
                tool("Renames it everywhere.", &[("new_name", &what), reason])
            }
            Form::Calls(calls) => calls.tool(),
            Form::Module { moving, .. } => {
                let what = format!("The name of the new module for `{}`: one word in small letters that says what is in it.", moving.name);
                tool("Moves it into the new module.", &[("module", &what), reason])
            }
            Form::Create { new, .. } => {
                let content = ("content", "The complete text of the new file.");
                let name = (NAME, "The name of the new module, one word in the naming style of these files.");
                let fields: &[_] = if new.is_unnamed() { &[name, content, reason] } else { &[content, reason] };
                tool("Writes the new file.", fields)
            }
        }
    }

    /// The form's fields of code with their descriptions; empty if it has other fields as well.
    pub fn blocks(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Form::Replace { .. } => &[("new_code", "the complete new text of the marked lines")],
            Form::Insert { .. } => &[("new_code", "the new code, and nothing of what stands there already")],
            Form::Implement { .. } => &[("body", "the complete function")],
            Form::Test { .. } => &[("test_code", "one or more complete test functions")],
            Form::Extract { .. } => {
                &[("function", "the complete new function"), ("call", "the new text of the marked lines, which calls it")]
            }
            Form::Create { new, .. } if new.is_unnamed() => {
                &[(NAME, "only the name of the new module, one word"), ("content", "the complete text of the new file")]
            }
            Form::Create { .. } => &[("content", "the complete text of the new file")],
            _ => &[],
        }
    }

    /// [`tool`](Self::tool) without descriptions, so that none can be repeated as an answer.
    pub fn bare_tool(&self) -> Tool {
        let mut tool = self.tool();
        tool.function["description"] = "".into();
        let properties = tool.function["parameters"]["properties"].as_object_mut();
        for field in properties.into_iter().flat_map(serde_json::Map::values_mut).filter_map(Value::as_object_mut) {
            field.remove("description");
        }
        tool
    }

    /// Whether a call repeats the descriptions instead of answering.
    pub fn is_echo(&self, arguments: &Value) -> bool {
        not_repeated(&self.tool(), arguments).is_err()
    }
}

/// Whether a field repeats its description, as small models like to do.
pub(super) fn repeats(tool: &Tool, arguments: &Value, name: &str) -> bool {
    let said = |text: &Value| text.as_str().map(|text| text.trim().trim_end_matches('.').to_lowercase());
    let property = &tool.function["parameters"]["properties"][name];
    let value = said(&arguments[name]);
    value.is_some() && (value == said(&property["description"]) || value == said(&tool.function["description"]))
}

/// Fails if an answer only repeats descriptions. A reason that does is harmless.
pub(super) fn not_repeated(tool: &Tool, arguments: &Value) -> Result<(), String> {
    let fields = tool.function["parameters"]["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    match fields.filter(|name| *name != REASON).find(|name| repeats(tool, arguments, name)) {
        Some(name) => Err(format!("`{name}` repeats the description of the function\nwrite what belongs into the file")),
        None => Ok(()),
    }
}

fn tool(description: &str, fields: &[(&str, &str)]) -> Tool {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, what)| (name.to_string(), json!({"type": "string", "description": what}))).collect();
    // An edit without a reason is still an edit.
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).filter(|name| *name != REASON).collect();
    let parameters = json!({"type": "object", "properties": properties, "required": required});
    let function = json!({"name": "propose_edit", "description": description, "parameters": parameters});
    Tool { name: "propose_edit".into(), function }
}
