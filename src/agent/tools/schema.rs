//! The tools as offered to the model: names, purposes, and strict schemas of their arguments.

use serde_json::{Value, json};

use crate::dialect::{Tool, ToolCall};

/// The tools, in the order in which they are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolName {
    ReadFile,
    ListFiles,
    SearchText,
    FindSymbol,
    FindReferences,
    Outline,
    Diagnostics,
    ProposeEdit,
    Finish,
}

impl ToolName {
    const ALL: [Self; 9] = [
        Self::ReadFile,
        Self::ListFiles,
        Self::SearchText,
        Self::FindSymbol,
        Self::FindReferences,
        Self::Outline,
        Self::Diagnostics,
        Self::ProposeEdit,
        Self::Finish,
    ];

    /// The tool that a call names; none if the model made it up.
    pub fn of(call: &ToolCall) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == call.name)
    }

    /// The name under which the tool is offered.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadFile => "read_file",
            Self::ListFiles => "list_files",
            Self::SearchText => "search_text",
            Self::FindSymbol => "find_symbol",
            Self::FindReferences => "find_references",
            Self::Outline => "outline",
            Self::Diagnostics => "diagnostics",
            Self::ProposeEdit => "propose_edit",
            Self::Finish => "finish",
        }
    }
}

/// Maximum edits in one call.
const MAX_EDITS: u32 = 64;

/// All tools as offered to the model.
pub fn tools() -> Vec<Tool> {
    ToolName::ALL.map(tool).to_vec()
}

fn tool(name: ToolName) -> Tool {
    let path = || json!({"type": "string", "description": "Path relative to the workspace.", "minLength": 1, "maxLength": 4096});
    let named = |what: &str| json!({"type": "string", "description": what, "minLength": 1, "maxLength": 200});
    let (description, properties, required): (&str, Value, &[&str]) = match name {
        ToolName::ReadFile => (
            "Reads a file, or some of its lines.",
            json!({"path": path(), "start_line": line("First line, from 1."), "end_line": line("Last line.")}),
            &["path"],
        ),
        ToolName::ListFiles => ("Lists the files of the workspace, or of one folder.", json!({"folder": path()}), &[]),
        ToolName::SearchText => (
            "Finds lines that contain a text, or match a regular expression.",
            json!({"query": named("What is looked for."), "regex": {"type": "boolean"}, "folder": path()}),
            &["query"],
        ),
        ToolName::FindSymbol => ("Finds the definitions of a name.", json!({"name": named("A function, type, constant …")}), &["name"]),
        ToolName::FindReferences => {
            ("Finds the lines that use a name, in all files; definitions included.", json!({"name": named("An identifier.")}), &["name"])
        }
        ToolName::Outline => ("Lists what a file defines, with lines.", json!({"path": path()}), &["path"]),
        ToolName::Diagnostics => ("The problems that the editor shows, and places that do not parse.", json!({}), &[]),
        ToolName::ProposeEdit => (
            "Proposes changes: each replaces one place of a file. All of a call's edits apply, or none. Edits that belong together go into one call.",
            json!({"edits": {"type": "array", "minItems": 1, "maxItems": MAX_EDITS, "items": edit(path())}}),
            &["edits"],
        ),
        ToolName::Finish => (
            "Ends the task. Call it when every change has been proposed, or when nothing can be done.",
            json!({"summary": {"type": "string", "description": "What was changed, or why nothing was.", "maxLength": 4000}}),
            &["summary"],
        ),
    };
    let (name, parameters) =
        (name.as_str(), json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}));
    Tool { name: name.into(), function: json!({"name": name, "description": description, "parameters": parameters}) }
}

/// A call as its tool wants it, where it is plain what was meant: a single edit that is not in a list, fields that nobody asked for, an
/// edit without its reason.
pub fn as_asked(mut call: ToolCall) -> ToolCall {
    if ToolName::of(&call) == Some(ToolName::ProposeEdit)
        && let Some(arguments) = call.arguments.as_object_mut()
    {
        let path = arguments.get("path").cloned();
        let mut edits = match arguments.remove("edits") {
            Some(one @ Value::Object(_)) => json!([one]),
            Some(edits) => edits,
            None if arguments.contains_key("old") || arguments.contains_key("new") => json!([std::mem::take(arguments)]),
            None => return call,
        };
        for edit in edits.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            edit.retain(|name, _| FIELDS.contains(&name.as_str()));
            edit.entry("reason").or_insert_with(|| "".into());
            if let Some(path) = &path {
                edit.entry("path").or_insert_with(|| path.clone());
            }
        }
        call.arguments = json!({ "edits": edits });
    }
    call
}

/// The fields of an edit.
const FIELDS: [&str; 4] = ["path", "old", "new", "reason"];

fn edit(path: Value) -> Value {
    let properties = json!({
        "path": path,
        "old": {"type": "string", "description": "The lines to be replaced, copied exactly from the file, with enough of them to be unique. Empty to create a new file."},
        "new": {"type": "string", "description": "What stands there instead. Empty to delete."},
        "reason": {"type": "string", "description": "Why, in one sentence.", "maxLength": 400},
    });
    json!({"type": "object", "properties": properties, "required": FIELDS, "additionalProperties": false})
}

fn line(what: &str) -> Value {
    json!({"type": "integer", "description": what, "minimum": 1})
}
