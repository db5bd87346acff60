//! Lines end with `\n`, `\r\n` or `\r`, whichever a file has and however they are mixed: positions, suggestions, citations, edits and the
//! index are at the lines that the editor shows.

use std::borrow::Cow;

use longsight::agent::tools::Workbench;
use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Ask, Cancel, Engine};
use longsight::features::actions::{CALLS, TEST};
use longsight::features::complete::{self, complete};
use longsight::features::edit::{How, Params, edit};
use longsight::features::explain::explain;
use longsight::features::{Session, silent};
use longsight::index::Options;
use longsight::text::layout::{Ending, with_line_feeds};
use longsight::text::rebase::rebase;
use longsight::text::{Batch, Edit, Text, diff};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::samples::samples;
use crate::support::real;
use crate::support::tree::{Tree, summary};
use crate::support::workspace::{Workspace, applied, call, calls, instruct, target};

/// How a text with line feeds can end its lines without getting longer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Returns,
    /// One line so, the next otherwise, more of them with returns.
    Mixed,
}

const ALL: [Ends; 2] = [Ends::Returns, Ends::Mixed];

impl Ends {
    fn of(self, text: &str) -> String {
        let line = |(number, line): (usize, &str)| match self {
            // A feed behind a return would be one end of a line with it.
            Ends::Mixed if number % 3 == 1 && line != "\n" => line.to_string(),
            _ => line.replace('\n', "\r"),
        };
        text.split_inclusive('\n').enumerate().map(line).collect()
    }
}

fn session(workspace: &Workspace, answers: &[&str]) -> (Session, Arc<Scripted>) {
    let engine = Scripted::new(answers.iter().map(|answer| Scripted::text(answer)));
    (workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]), engine)
}

#[test]
fn a_return_alone_becomes_a_line_feed_at_the_same_offset() {
    for (text, shown) in [
        ("", ""),
        ("a\r", "a\n"),
        ("a\rb\rc", "a\nb\nc"),
        ("a\r\nb", "a\r\nb"),
        ("a\r\r\nb\r\n\r", "a\n\r\nb\r\n\n"),
        ("\r\r", "\n\n"),
        ("é\r😀\r", "é\n😀\n"),
    ] {
        assert_eq!(with_line_feeds(text), shown, "{text:?}");
        assert_eq!(with_line_feeds(text).len(), text.len());
        assert_eq!(with_line_feeds(shown), Cow::Borrowed(shown), "once is enough");
    }
}

/// Every sample of every language: definitions, their lines, uses and imports, on disk and in an open buffer.
#[test]
fn the_index_says_the_same_of_a_file_whatever_ends_its_lines() {
    let samples = samples();
    let named: Vec<(String, &str)> = samples.iter().map(|(folder, name, text)| (format!("{folder}/{name}"), text.as_str())).collect();
    let plain: Vec<(&str, &str)> = named.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let wanted = Tree::new(&plain).fresh();
    for ends in ALL {
        let texts: Vec<(&str, String)> = plain.iter().map(|(path, text)| (*path, ends.of(text))).collect();
        let tree = Tree::new(&texts.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>());
        let index = tree.index(Options::default());
        for (path, file) in summary(&index.view()) {
            assert_eq!(file, wanted[&path], "{path} {ends:?}");
        }
        for (path, text) in &texts {
            // A key and its undoing, so that the next version is made from the one before.
            index.update(tree.document(path, "", 1, text));
            index.sync();
            index.update(tree.document(path, "", 2, &format!("{text}\r")));
            index.update(tree.document(path, "", 3, text));
            index.sync();
        }
        for (path, file) in summary(&index.view()) {
            assert_eq!(file, wanted[&path], "{path} {ends:?}, open");
        }
    }
}

const CODE: &str = "// The larger of two.\nfn larger(a: u32, b: u32) -> u32 {\n    \n}\n\nfn other() -> u32 {\n    larger(1, 2)\n}\n";

#[tokio::test]
async fn a_suggestion_stands_at_its_line_and_ends_lines_as_the_file_does() {
    let answer = "if a > b {\n        a\n    } else {\n        b\n    }";
    for ends in ALL {
        let text = ends.of(CODE);
        let workspace = Workspace::new(&[("lib.rs", &text)]);
        let (session, engine) = session(&workspace, &[answer]);
        let mut at = target(&session, "lib.rs", "fn larger");
        let offset = CODE.find("    \n}").unwrap() + 4;
        at.bytes = offset..offset;
        let done = complete(&session, &complete::Params { at, invoked: true, selected: None }, &Cancel::new()).await.unwrap();
        let item = done.items.first().unwrap_or_else(|| panic!("{ends:?}: {done:?}"));
        assert_eq!(item.text, answer.replace('\n', "\r"), "{ends:?}");
        assert_eq!((item.range.start.line, item.range.start.character), (2, 4), "{ends:?}");
        let Ask::Fim(fim) = &engine.asked()[0].ask else { panic!("no hole") };
        assert!(fim.prefix.ends_with("-> u32 {\n    ") && fim.suffix.starts_with("\n}\n"), "{fim:?}");
    }
}

#[tokio::test]
async fn an_explanation_shows_and_checks_the_lines_of_the_editor() {
    let answer = "It calls `larger` at lib.rs:7, which is lib.rs:2-4; nothing is at lib.rs:12.";
    for ends in ALL {
        let text = ends.of(CODE);
        let workspace = Workspace::new(&[("lib.rs", &text)]);
        let (session, engine) = session(&workspace, &[answer]);
        let mut at = target(&session, "lib.rs", "fn other");
        at.bytes.end = at.bytes.start;
        let said = explain(&session, &at, &Cancel::new(), &silent()).await.unwrap();
        let Ask::Chat(chat) = &engine.asked()[0].ask else { panic!("no question") };
        let question = &chat.messages[1].content;
        assert!(question.contains("lib.rs:6-8") && question.contains("7     larger(1, 2)\n"), "{ends:?}: {question}");
        let places: Vec<(u32, bool)> = said.citations.iter().map(|place| (place.line, place.verified)).collect();
        assert!(places.contains(&(7, true)) && places.contains(&(2, true)) && places.contains(&(12, false)), "{ends:?}: {places:?}");
    }
}

#[tokio::test]
async fn an_instruction_changes_the_marked_lines_and_no_others() {
    for ends in ALL {
        let text = ends.of(CODE);
        let workspace = Workspace::new(&[("lib.rs", &text)]);
        let (session, _) = session(&workspace, &["```rust\n    // One and two.\n    larger(1, 2)\n```"]);
        let edited = instruct(&session, "lib.rs", "    larger(1, 2)", "say what it takes").await.unwrap();
        let wanted = text.replace("    larger(1, 2)", "    // One and two.\r    larger(1, 2)");
        assert_eq!(applied(&edited, "lib.rs"), wanted, "{ends:?}");
        let hunk = &edited.edits[0].hunks[0];
        assert_eq!((hunk.start_line, hunk.end_line), (7, 6), "an insertion before line 7: {hunk:?}");
        assert!(!edited.diff.contains('\r') && edited.diff.contains("+    // One and two.\n"), "{}", edited.diff);
    }
}

#[tokio::test]
async fn a_rename_reaches_files_with_other_line_endings() {
    for ends in ALL {
        let user = ends.of("use crate::lib::larger;\n\nfn both() -> u32 {\n    // `larger`\n    larger(3, 4)\n}\n");
        let workspace = Workspace::new(&[("lib.rs", &ends.of(CODE)), ("user.rs", &user)]);
        let (session, _) = session(&workspace, &[]);
        let edited = instruct(&session, "lib.rs", "larger(a", "rename larger to maximum").await.unwrap();
        assert_eq!(applied(&edited, "user.rs"), user.replace("larger", "maximum"), "{ends:?}");
        assert_eq!(applied(&edited, "lib.rs"), ends.of(CODE).replace("larger(", "maximum("), "{ends:?}");
    }
}

/// What was kept of such a file was its text with line feeds: the edit of its calls was refused, since the file had "changed on disk".
#[tokio::test]
async fn calls_follow_a_signature_in_files_with_other_line_endings() {
    for ends in ALL {
        let user = ends.of("use crate::lib::larger;\n\nfn both() -> u32 {\n    larger(3, 4)\n}\n");
        let workspace = Workspace::new(&[("lib.rs", &ends.of(CODE)), ("user.rs", &user)]);
        let places = json!({"calls": ["    larger(1, 2, 0)", "    larger(3, 4, 0)"], "reason": "It takes a third."});
        let model = Scripted::new([calls(vec![call("propose_edit", places)])]);
        let session = workspace.session(Config::default(), vec![("local".into(), model as Arc<dyn Engine>)]);
        let params = Params { at: target(&session, "lib.rs", "larger(a"), how: How::Action { kind: CALLS.into(), problems: vec![] } };
        let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
        assert_eq!(applied(&edited, "user.rs"), user.replace("(3, 4)", "(3, 4, 0)"), "{ends:?}");
        assert_eq!(applied(&edited, "lib.rs"), ends.of(CODE).replace("(1, 2)", "(1, 2, 0)"), "{ends:?}");
    }
}

#[test]
fn the_tools_of_the_agent_read_and_change_the_same_lines() {
    for ends in ALL {
        let text = ends.of(CODE);
        let workspace = Workspace::new(&[("lib.rs", &text)]);
        let session = workspace.session(Config::default(), vec![]);
        let gate = Arc::new(|_: &longsight::workspace::WorkspacePath| None);
        let (snapshot, index) = ((*session.snapshot).clone(), session.index.clone());
        let mut bench = Workbench::new(snapshot, index, session.shared.registry.clone(), gate, vec![]);
        let mut run = |name: &str, arguments: Value| bench.run(&call(name, arguments)).result;
        let read = run("read_file", json!({ "path": "lib.rs", "start_line": 6, "end_line": 7 }));
        assert!(read.contains("lib.rs:6-7") && read.contains("fn other() -> u32 {\n    larger(1, 2)\n"), "{ends:?}: {read}");
        assert!(run("search_text", json!({ "query": "larger(1" })).contains("lib.rs:7: larger(1, 2)"), "{ends:?}");
        assert!(run("find_symbol", json!({ "name": "other" })).contains("lib.rs:6-8 "), "{ends:?}");
        let edit = json!({ "path": "lib.rs", "old": "fn other() -> u32 {\n    larger(1, 2)\n", "new": "fn other() -> u32 {\n    larger(2, 3)\n    + 1\n", "reason": "x" });
        let said = run("propose_edit", json!({ "edits": [edit] }));
        assert!(said.contains("lib.rs is changed"), "{ends:?}: {said}");
        let after = bench.drafts.iter().next().unwrap().after.clone();
        let head = text.find("fn other").unwrap();
        let tail = text.len() - text.rfind('}').unwrap();
        assert_eq!(
            after,
            format!("{}fn other() -> u32 {{\r    larger(2, 3)\r    + 1\r{}", &text[..head], &text[text.len() - tail..]),
            "{ends:?}"
        );
    }
}

/// A new file of tests had line feeds beside a source, and other tests, with `\r\n`.
#[tokio::test]
async fn a_new_file_of_tests_ends_its_lines_as_others_do() {
    let source = "def area(w, h):\n    return w * h\n";
    let other = "from b import size\n\n\ndef test_size():\n    assert size(1) == 1\n";
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let answer = "def test_area():\n    assert area(1, 2) == 2";
    for (source, other, wanted) in [
        (crlf(source), None, Ending::CrLf),
        (crlf(source), Some(crlf(other)), Ending::CrLf),
        (source.to_string(), Some(crlf(other)), Ending::CrLf),
        (crlf(source), Some(other.to_string()), Ending::Lf),
        (source.to_string(), None, Ending::Lf),
    ] {
        let mut files = vec![("a.py", source.as_str())];
        files.extend(other.as_deref().map(|other| ("test_b.py", other)));
        let workspace = Workspace::new(&files);
        let model = Scripted::new([calls(vec![call("propose_edit", json!({ "test_code": answer }))])]);
        let session = workspace.session(Config::default(), vec![("local".into(), model as Arc<dyn Engine>)]);
        let params = Params { at: target(&session, "a.py", "def area"), how: How::Action { kind: TEST.into(), problems: vec![] } };
        let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
        let made = applied(&edited, "test_a.py");
        assert!(made.contains("assert area(1, 2) == 2"), "{made}");
        assert_eq!(made, wanted.apply(&made), "{source:?} {other:?}");
    }
}

/// Through the wire, held for review and accepted: the buffer is what was meant, to the byte.
#[test]
fn an_edit_is_reviewed_and_accepted_at_its_lines() {
    for ends in ALL {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let text = ends.of(CODE);
        std::fs::write(root.join("lib.rs"), &text).unwrap();
        let (mut editor, _) = real::editor(&[&root], &["```rust\n    larger(2, 3)\n```"]);
        let uri = real::uri(&root.join("lib.rs"));
        editor.open(&uri, "rust", &text);
        let range = json!({ "start": { "line": 6, "character": 0 }, "end": { "line": 6, "character": 16 } });
        let argument = json!({ "uri": uri, "range": range, "instruction": "take other numbers", "review": true });
        let answer = real::command(&mut editor, "longsight.edit", argument);
        let id = answer["result"]["hunks"][0].clone();
        let status = real::command(&mut editor, "longsight.status", json!({}));
        let pending = &status["result"]["pending"][0];
        assert_eq!(
            (&pending["range"]["start"], &pending["old"]),
            (&json!({ "line": 6, "character": 0 }), &json!(&text[CODE.find("    larger(1").unwrap()..CODE.rfind('}').unwrap()])),
            "{answer}"
        );
        real::command(&mut editor, "longsight.acceptHunk", json!({ "id": id }));
        editor.expect("workspace/applyEdit");
        assert_eq!(editor.buffers[&uri].text, text.replace("larger(1, 2)", "larger(2, 3)"), "{ends:?}");
        editor.assert_in_step();
        editor.quit();
    }
}

/// Lines put right beside an edit leave it alone, also where a return ends them.
#[test]
fn j12_lines_that_end_with_a_return_do_not_drop_the_edit_beside_them() {
    let base = Text::new("a\rb\rc\r");
    let ours = Edit { range: 2..4, text: "B\r".into() };
    let above = Batch::one(Edit::insert(2, "new\r"));
    assert_eq!(rebase(&ours, &base, &above).map(|edit| edit.range.start), Ok(6));
    let below = Batch::one(Edit::insert(4, "new\r"));
    assert_eq!(rebase(&ours, &base, &below).map(|edit| edit.range.start), Ok(2));
    let hunks = diff::hunks("a\rb\r", "a\rc\r");
    assert_eq!((hunks[0].old_lines.clone(), hunks[0].edit.range.clone()), (1..2, 2..4));
    assert_eq!(Ending::of("a\rb\rc\n"), Ending::Cr);
}
