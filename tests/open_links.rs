//! Files that are opened by the name of a link, with the real binary: the link and what it leads to are judged alike.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};
use crate::support::files;
use crate::support::http::{Act, Server, events, whole};

const CANARY: &str = "canary behind the link";
const SHOWN: &str = "text that anybody may see";

/// A repository beside other folders, and a model on "another machine" that says one sentence.
struct Place {
    _runtime: tokio::runtime::Runtime,
    server: Server,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let piece =
            |delta: Value, end: Value| json!({ "id": "a", "choices": [{ "index": 0, "delta": delta, "text": "", "finish_reason": end }] });
        let server = runtime.block_on(Server::start(move |_, asked| match asked.method.as_str() {
            "GET" => vec![Act::Send(whole("404 Not Found", "text/plain", "no"))],
            _ => vec![Act::Send(events(&[piece(json!({ "content": "It says." }), Value::Null), piece(json!({}), json!("stop"))]))],
        }));
        let place = Self { _runtime: runtime, server, folder: tempfile::tempdir().unwrap() };
        files::write(&place.path("repo"), ".git/HEAD", "ref: refs/heads/main\n");
        files::write(&place.path("repo"), "src/lib.rs", "pub fn total() -> u32 {\n    1\n}\n");
        let engine = format!("kind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"big:cloud\"\ncontext = 32768\n", place.server.url);
        files::write(place.folder.path(), "config.toml", format!("[roles]\nscout = \"m\"\ncoder = \"m\"\n[engines.m]\n{engine}"));
        place
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(below)
    }

    fn uri(&self, below: &str) -> String {
        format!("file://{}", self.path(below).display())
    }

    fn editor(&self) -> Editor {
        let editor = Editor::binary(|command| {
            command.arg("--config").arg(self.path("config.toml")).arg("--record").arg(self.path("trace"));
            command.env("XDG_STATE_HOME", self.path("state")).env("XDG_CACHE_HOME", self.path("cache"));
        });
        let mut editor = editor;
        editor.initialize(initialize_params(&self.path("repo")));
        editor
    }

    fn sent(&self, text: &str) -> bool {
        self.server.asked().iter().any(|asked| asked.body.to_string().contains(text))
    }

    /// Has all of a document explained, shown as it would be sent, and completed. Returns why the first is refused, if it is.
    fn refusal(&self, editor: &mut Editor, below: &str) -> Option<String> {
        let uri = self.uri(below);
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
        let mut command = json!({ "command": "longsight.explain", "arguments": [{ "uri": uri, "range": range }] });
        let explained = editor.request("workspace/executeCommand", command.clone());
        command["command"] = json!("longsight.contextPreview");
        let shown = editor.request("workspace/executeCommand", command);
        let place = json!({ "textDocument": { "uri": uri }, "position": range["end"], "context": { "triggerKind": 1 } });
        editor.request("textDocument/inlineCompletion", place);
        let refusals = [&explained, &shown].map(|answer| answer["error"]["message"].as_str().map(String::from));
        assert_eq!(refusals[0].is_some(), refusals[1].is_some(), "{below}: {explained} {shown}");
        refusals[0].clone()
    }
}

fn leave(mut editor: Editor) {
    editor.inbox.clear();
    editor.quit();
}

/// A file behind a link that leads out of the workspace was judged by the name of the link alone, so secrets were sent.
#[test]
fn k5_k12_a_link_and_what_it_leads_to_are_judged_alike() {
    let place = Place::new();
    let repo = place.path("repo");
    for secret in ["home/.ssh/id_rsa", "home/.ssh/config", "home/.netrc", "home/prod.tfvars", "home/.env", "theirs/vault/a.py", "repo/.env"]
    {
        files::write(&place.path(""), secret, CANARY);
    }
    for plain in ["home/plain.txt", "home/other.txt", "repo/inside.txt"] {
        files::write(&place.path(""), plain, SHOWN);
    }
    files::write(&place.path("theirs"), ".longsight.toml", "ignore = [\"vault/\"]\n");
    files::write(&repo, ".gitignore", "*.local\n");
    let links = [
        ("notes.txt", "home/.ssh/id_rsa"),
        ("chain", "repo/second"),
        ("second", "home/.netrc"),
        ("vars.txt", "home/prod.tfvars"),
        ("e.txt", "home/.env"),
        ("folder", "home/.ssh"),
        ("a.py", "theirs/vault/a.py"),
        ("inner.txt", "repo/.env"),
        (".env.production", "repo/inside.txt"),
        (".envrc", "home/plain.txt"),
        ("own.local", "home/other.txt"),
        ("../outside.txt", "home/.netrc"),
        ("free.txt", "home/plain.txt"),
    ];
    for (link, target) in links {
        symlink(place.path(target), repo.join(link)).unwrap();
    }
    let mut editor = place.editor();
    let closed = "notes.txt chain vars.txt e.txt folder/config a.py inner.txt .env.production .envrc own.local";
    for below in closed.split(' ').map(|link| format!("repo/{link}")).chain(["outside.txt".into()]) {
        editor.open(&place.uri(&below), "plaintext", &format!("{CANARY}\nand more\n"));
        let refusal = place.refusal(&mut editor, &below).unwrap_or_else(|| panic!("{below} is explained"));
        assert!(refusal.contains("secrets") || refusal.contains("ignored"), "{below}: {refusal}");
    }
    // With all of them open, another file is worked on.
    editor.open(&place.uri("repo/free.txt"), "plaintext", &format!("{SHOWN}\nand more\n"));
    editor.open(&place.uri("repo/src/lib.rs"), "rust", "pub fn total() -> u32 {\n    1\n}\n");
    for open in ["repo/free.txt", "repo/src/lib.rs"] {
        assert_eq!(place.refusal(&mut editor, open), None, "{open}");
    }
    leave(editor);
    assert!(place.sent(SHOWN) && !place.sent(CANARY));
    let trace = std::fs::read_to_string(place.path("trace")).unwrap();
    assert!(trace.contains(SHOWN), "a trace has what may be seen");
    let of_secrets = trace.lines().filter(|line| line.contains(CANARY)).collect::<Vec<_>>();
    assert!(of_secrets.iter().all(|line| line.contains("own.local") || line.contains("/a.py")), "{of_secrets:?}");
}

/// What a link leads to may change: opening the file again decides, and until then the text is that of the file which was opened.
#[test]
fn k5_a_link_that_leads_elsewhere_now_is_judged_again_when_it_is_opened() {
    let place = Place::new();
    files::write(&place.path("home"), "id_rsa", CANARY);
    files::write(&place.path("home"), "plain.txt", SHOWN);
    let link = place.path("repo/notes.txt");
    let mut editor = place.editor();
    let lead = |editor: &mut Editor, target: &str, text: &str| {
        let _ = std::fs::remove_file(&link);
        symlink(place.path(target), &link).unwrap();
        if !text.is_empty() {
            editor.close(&place.uri("repo/notes.txt"));
            editor.open(&place.uri("repo/notes.txt"), "plaintext", &format!("{text}\nand more\n"));
        }
        place.refusal(editor, "repo/notes.txt")
    };
    editor.open(&place.uri("repo/notes.txt"), "plaintext", "");
    assert_eq!(lead(&mut editor, "home/plain.txt", SHOWN), None);
    let refusal = lead(&mut editor, "home/id_rsa", CANARY);
    assert!(refusal.as_ref().is_some_and(|why| why.contains("notes.txt leads to") && why.contains("id_rsa")), "{refusal:?}");
    assert!(lead(&mut editor, "home/plain.txt", "").is_some(), "the text is still that of the key");
    assert_eq!(lead(&mut editor, "home/plain.txt", SHOWN), None);
    leave(editor);
    assert!(!place.sent(CANARY));
}

/// A file of a project that keeps everything on this machine was sent when it was opened by a link in another project.
#[test]
fn k5_a_link_into_a_project_that_is_local_only_keeps_everything_here() {
    let place = Place::new();
    files::write(&place.path("theirs"), ".longsight.toml", "local_only = true\n");
    files::write(&place.path("theirs"), "x.py", CANARY);
    symlink(place.path("theirs/x.py"), place.path("repo/l.py")).unwrap();
    symlink(place.path("theirs"), place.path("repo/folder")).unwrap();
    let mut editor = place.editor();
    editor.open(&place.uri("repo/src/lib.rs"), "rust", "pub fn total() -> u32 {\n    1\n}\n");
    assert_eq!(place.refusal(&mut editor, "repo/src/lib.rs"), None);
    for below in ["theirs/x.py", "repo/l.py", "repo/folder/x.py"] {
        editor.open(&place.uri(below), "python", &format!("# {CANARY}\nx = 1\n"));
        for open in [below, "repo/src/lib.rs"] {
            let refusal = place.refusal(&mut editor, open);
            assert!(refusal.as_ref().is_some_and(|why| why.contains("keeps everything on this machine")), "{below}, {open}: {refusal:?}");
        }
        editor.close(&place.uri(below));
        assert_eq!(place.refusal(&mut editor, "repo/src/lib.rs"), None, "{below} is closed");
    }
    leave(editor);
    assert!(!place.sent(CANARY));
}
