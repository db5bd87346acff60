//! The tools as they are offered to the model: names, what they are for, and strict schemas of their arguments.

use serde_json::{Value, json};

use crate::dialect::Tool;

pub const READ_FILE: &str = "read_file";
pub const LIST_FILES: &str = "list_files";
pub const SEARCH_TEXT: &str = "search_text";
pub const FIND_SYMBOL: &str = "find_symbol";
pub const FIND_REFERENCES: &str = "find_references";
pub const OUTLINE: &str = "outline";
pub const DIAGNOSTICS: &str = "diagnostics";
pub const PROPOSE_EDIT: &str = "propose_edit";
pub const FINISH: &str = "finish";

/// Most edits of one call.
const MOST_EDITS: u32 = 64;

/// All tools, in the order in which they are offered.
pub fn tools() -> Vec<Tool> {
    let path = || json!({"type": "string", "description": "Path relative to the workspace.", "minLength": 1, "maxLength": 4096});
    let name = |what: &str| json!({"type": "string", "description": what, "minLength": 1, "maxLength": 200});
    vec![
        tool(
            READ_FILE,
            "Reads a file, or some of its lines.",
            json!({"path": path(), "start_line": line("First line, from 1."), "end_line": line("Last line.")}),
            &["path"],
        ),
        tool(LIST_FILES, "Lists the files of the workspace, or of one folder.", json!({"folder": path()}), &[]),
        tool(
            SEARCH_TEXT,
            "Finds lines that contain a text, or match a regular expression.",
            json!({"query": name("What is looked for."), "regex": {"type": "boolean"}, "folder": path()}),
            &["query"],
        ),
        tool(FIND_SYMBOL, "Finds the definitions of a name.", json!({"name": name("A function, type, constant …")}), &["name"]),
        tool(
            FIND_REFERENCES,
            "Finds the lines that use a name, in all files; definitions included.",
            json!({"name": name("An identifier.")}),
            &["name"],
        ),
        tool(OUTLINE, "Lists what a file defines, with lines.", json!({"path": path()}), &["path"]),
        tool(DIAGNOSTICS, "The problems that the editor shows, and places that do not parse.", json!({}), &[]),
        tool(
            PROPOSE_EDIT,
            "Proposes changes: each replaces one place of a file. All of a call's edits apply, or none. Edits that belong together go into one call.",
            json!({"edits": {"type": "array", "minItems": 1, "maxItems": MOST_EDITS, "items": edit(path())}}),
            &["edits"],
        ),
        tool(
            FINISH,
            "Ends the task. Call it when every change has been proposed, or when nothing can be done.",
            json!({"summary": {"type": "string", "description": "What was changed, or why nothing was.", "maxLength": 4000}}),
            &["summary"],
        ),
    ]
}

fn edit(path: Value) -> Value {
    let properties = json!({
        "path": path,
        "old": {"type": "string", "description": "The lines to be replaced, copied exactly from the file, with enough of them to be unique. Empty to create a new file."},
        "new": {"type": "string", "description": "What stands there instead. Empty to delete."},
        "reason": {"type": "string", "description": "Why, in one sentence.", "maxLength": 400},
    });
    json!({"type": "object", "properties": properties, "required": ["path", "old", "new", "reason"], "additionalProperties": false})
}

fn line(what: &str) -> Value {
    json!({"type": "integer", "description": what, "minimum": 1})
}

fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> Tool {
    let parameters = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    Tool { name: name.into(), function: json!({"name": name, "description": description, "parameters": parameters}) }
}
