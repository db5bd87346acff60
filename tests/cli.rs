//! The command line with the real binary and wrong input, as people meet it: one clear message that names the file and the way out, exit
//! code 1 for what failed and 2 for wrong usage, nothing on standard output. No model is needed: none is there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::gguf::llama4;

const LIBRARY: &str = "\
/// The sum of two numbers.
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}
";

/// A home without models, and a repository.
struct Machine {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, Option<String>)>,
}

/// What a command did.
struct Done {
    code: i32,
    out: String,
    said: String,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for below in ["home", "repo/.git", "repo/src", "run"] {
            std::fs::create_dir_all(folder.path().join(below)).unwrap();
        }
        let machine = Self { folder, environment: vec![] };
        machine.write("repo/src/lib.rs", LIBRARY);
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(below), bytes).unwrap();
    }

    /// Sets a variable for the commands that follow, or takes it away.
    fn set(mut self, variable: &'static str, value: Option<&Path>) -> Self {
        self.environment.push((variable, value.map(|path| path.display().to_string())));
        self
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("LONGSIGHT_ENGINE_IDLE_MS", "1000");
        for (variable, value) in &self.environment {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Done {
        let output = self.command(&self.path("repo"), arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: output.status.code().expect("no signal"), out: text(output.stdout), said: text(output.stderr) }
    }

    /// What a command shows on a terminal.
    #[cfg(target_os = "linux")]
    fn on_a_terminal(&self, arguments: &[&str]) -> String {
        let quoted: Vec<String> = arguments.iter().map(|one| format!("'{one}'")).collect();
        let line = format!("'{}' {}", env!("CARGO_BIN_EXE_longsight"), quoted.join(" "));
        let command = self.command(&self.path("repo"), &[]);
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(self.path("repo")).stdin(Stdio::null());
        command.get_envs().filter_map(|(name, value)| Some((name, value?))).for_each(|(name, value)| {
            script.env(name, value);
        });
        String::from_utf8(script.output().unwrap().stdout).unwrap()
    }

    /// Fails with 1 and one message in which all of `words` stand, for people and for programs.
    fn fails(&self, arguments: &[&str], words: &[&str]) {
        let programs = [arguments, &["--json"]].concat();
        let both = if arguments.contains(&"--json") { vec![arguments.to_vec()] } else { vec![arguments.to_vec(), programs] };
        for arguments in both {
            let Done { code, out, said } = self.run(&arguments);
            assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {said}");
            assert_eq!(said.trim().lines().count(), 1, "{arguments:?}: one message, not\n{said}");
            assert!(said.starts_with("longsight: ") && !said.contains("panicked"), "{arguments:?}: {said}");
            for word in words {
                assert!(said.contains(word), "{arguments:?}: `{word}` is missing in: {said}");
            }
        }
    }

    fn wrong_usage(&self, arguments: &[&str], word: &str) {
        let Done { code, out, said } = self.run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: `{word}` is missing in: {said}");
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let Done { code, out, said } = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {said}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{out}"))
    }

    /// A configuration whose engine is this model file.
    fn configure(&self, model: &Path) -> String {
        self.write("config.toml", format!("[engines.local]\nmodel = \"{}\"\n", model.display()));
        self.path("config.toml").display().to_string()
    }
}

const READING: [&[&str]; 4] = [&["explain"], &["actions"], &["edit", "--instruction", "x"], &["complete"]];

#[test]
fn a_file_that_is_not_there_is_named() {
    let machine = Machine::new();
    for command in READING {
        machine.fails(&[command, &["src/none.rs:1:1"]].concat(), &["src/none.rs"]);
    }
}

#[test]
fn a_line_that_is_not_there_is_named_with_the_number_of_lines() {
    let machine = Machine::new();
    for command in READING {
        machine.fails(&[command, &["src/lib.rs:99:1"]].concat(), &["src/lib.rs", "line 99"]);
    }
}

#[test]
fn files_that_are_no_text_are_named_with_the_reason() {
    let machine = Machine::new();
    machine.write("repo/src/binary.rs", b"fn a() {}\n\0\0\0\0");
    machine.write("repo/src/latin.rs", b"// caf\xe9\nfn a() {}\n");
    machine.write("repo/src/huge.rs", vec![b' '; 40 << 20]);
    std::os::unix::fs::symlink("/etc/passwd", machine.path("repo/src/link.rs")).unwrap();
    let cases = [("src/binary.rs", "not text"), ("src/latin.rs", "not UTF-8"), ("src/huge.rs", "too large"), ("src", "regular file")];
    for command in READING {
        for (file, reason) in cases {
            // What is not UTF-8 can be read, but not be changed.
            if file == "src/latin.rs" && command == ["explain"] {
                continue;
            }
            machine.fails(&[command, &[&format!("{file}:1:1")]].concat(), &[file, reason]);
        }
        machine.fails(&[command, &["src/link.rs:1:1"]].concat(), &["src/link.rs"]);
    }
}

/// It was refused because of an edit, where nothing was to be changed.
#[test]
fn a_file_that_is_no_utf8_can_be_explained() {
    let machine = Machine::new();
    machine.write("repo/src/latin.rs", b"// caf\xe9\nfn a() {}\n");
    let preview = machine.json(&["context", "src/latin.rs:1-2"]);
    let prompt = preview["prompt"].as_str().unwrap();
    assert!(prompt.contains("// café\n") && prompt.contains("fn a() {}") && prompt.contains("Explain"), "{prompt}");
    machine.fails(&["context", "src/latin.rs:1-2", "--instruction", "x"], &["src/latin.rs", "not UTF-8"]);
    machine.fails(&["context", "src/latin.rs:2:1"], &["src/latin.rs", "not UTF-8"]);
}

/// The first line of a file with a byte order mark had one column more than an editor shows.
#[test]
fn a_byte_order_mark_is_no_column() {
    let machine = Machine::new();
    machine.write("repo/src/marked.rs", "\u{feff}fn marked() {}\nfn other() {}\n");
    for (place, split) in [("src/marked.rs:1:4", "fn <|fim_suffix|>marked"), ("src/marked.rs:2:4", "fn <|fim_suffix|>other")] {
        let preview = machine.json(&["context", place]);
        assert!(preview["prompt"].as_str().unwrap().contains(split), "{}", preview["prompt"]);
    }
}

#[test]
fn a_file_of_another_place_is_refused_with_the_option_that_helps() {
    let machine = Machine::new();
    machine.write("elsewhere.rs", LIBRARY);
    for command in READING {
        machine.fails(&[command, &["../elsewhere.rs:1:1"]].concat(), &["../elsewhere.rs", "--workspace"]);
    }
}

#[test]
fn a_place_may_be_written_with_detours() {
    let machine = Machine::new();
    for place in ["src/../src/lib.rs:1:1", "./src/./lib.rs:1:1"] {
        let shown = machine.json(&["context", place, "--budget", "500"]);
        assert!(shown["parts"].as_array().is_some_and(|parts| !parts.is_empty()), "{place}: {shown}");
    }
}

#[test]
fn the_workspace_that_is_named_is_where_a_place_is_looked_for_first() {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.path("other/src")).unwrap();
    machine.write("other/src/lib.rs", "pub fn only_here() {}\n");
    let shown = machine.json(&["context", "src/lib.rs:1:1", "--budget", "500", "--workspace", "../other"]);
    assert!(shown["prompt"].as_str().unwrap().contains("only_here"), "{shown}");
}

#[test]
fn a_configuration_that_is_asked_for_must_be_there_for_every_command() {
    let machine = Machine::new();
    for command in [&["index"][..], &["actions", "src/lib.rs:1"], &["context", "src/lib.rs:1:1"], &["ask", "what is here?"]] {
        machine.fails(&[command, &["--config", "none.toml"]].concat(), &["none.toml", "--config"]);
    }
}

/// Of a folder it was said that it is not there.
#[test]
fn a_configuration_that_is_no_file_is_told_apart_from_one_that_is_missing() {
    let machine = Machine::new();
    let folder = machine.path("repo").display().to_string();
    machine.fails(&["index", "--config", &folder], &["is a folder", "--config"]);
    machine.fails(&["index", "--config", "/dev/null"], &["/dev/null", "a pipe or a device"]);
}

/// The engine, which is started elsewhere, could not find it, and `doctor` said that all was well.
#[test]
fn a_socket_may_be_named_from_the_current_folder() {
    let machine = Machine::new().set("LONGSIGHT_SOCKET", Some(Path::new("here.sock")));
    let checks = machine.run(&["doctor", "--json"]);
    let value: Value = serde_json::from_str(&checks.out).unwrap();
    let engine = value["checks"].as_array().unwrap().iter().find(|check| check["name"] == "engine process").unwrap();
    let place = machine.path("repo").canonicalize().unwrap().join("here.sock");
    assert!(engine["detail"].as_str().unwrap().ends_with(place.to_str().unwrap()), "{engine}");
}

#[test]
fn wrong_usage_ends_with_two() {
    let machine = Machine::new();
    machine.wrong_usage(&["edit", "src/lib.rs:1-2", "--instruction", "  "], "--instruction");
    machine.wrong_usage(&["context", "--ask", ""], "--ask");
    machine.wrong_usage(&["serve", "--record", "a", "--replay", "b"], "--replay");
    for place in ["src/lib.rs", "src/lib.rs:0:1", "src/lib.rs:x:y", ":1:1", ""] {
        machine.wrong_usage(&["explain", place], "FILE:LINE");
    }
    machine.wrong_usage(&["explain", "src/lib.rs:3-1"], "before the first");
    machine.wrong_usage(&["complete", "src/lib.rs:1-2"], "FILE:LINE:COL");
    machine.wrong_usage(&["edit", "src/lib.rs:1-2"], "--instruction");
    machine.wrong_usage(&["ask", " "], "question");
    machine.wrong_usage(&["context"], "PLACE");
    machine.wrong_usage(&["complete", "src/lib.rs:1:1", "--trigger", "never"], "invoked");
    machine.wrong_usage(&["render", "--dialect", "klingon"], "klingon");
    machine.wrong_usage(&["parse", "--dialect", "klingon"], "klingon");
    machine.wrong_usage(&["frobnicate"], "frobnicate");
}

/// It ended with 101, which the list of exit codes does not have.
#[test]
fn a_command_that_meets_a_bug_has_failed_like_any_other() {
    let outcome = longsight::cli::fenced(|| panic!("for this test"));
    assert!(outcome.is_err_and(|message| message.contains("bug of longsight") && message.contains("report")));
    assert_eq!(longsight::cli::fenced(|| Err("why".into())), Err("why".into()));
}

#[test]
fn f1_without_the_model_every_command_names_the_way_to_it() {
    let machine = Machine::new();
    let pull = "longsight models pull qwen2.5-coder-0.5b";
    machine.fails(&["complete", "src/lib.rs:3:5"], &[pull]);
    machine.fails(&["explain", "src/lib.rs:1-4"], &[pull]);
    machine.fails(&["ask", "Where is the sum?"], &[pull]);
    machine.fails(&["edit", "src/lib.rs:1-4", "--instruction", "make it shorter"], &[pull]);
    machine.fails(&["models", "path", "qwen2.5-coder-0.5b"], &[pull]);
}

#[test]
fn f1_a_model_file_that_is_none_is_named() {
    let machine = Machine::new();
    let missing = machine.path("none.gguf");
    let file = machine.path("text.gguf");
    std::fs::write(&file, "<html>404</html>").unwrap();
    let empty = machine.path("empty.gguf");
    std::fs::write(&empty, "").unwrap();
    for (model, reason) in [(missing, "does not exist"), (file, "not a GGUF file"), (empty, "is empty"), (machine.path("repo"), "folder")] {
        let config = machine.configure(&model);
        machine.fails(&["complete", "src/lib.rs:3:5", "--config", &config], &[&model.display().to_string(), reason]);
        machine.fails(&["explain", "src/lib.rs:1-4", "--config", &config], &[&model.display().to_string(), reason]);
    }
}

#[test]
fn f2_a_truncated_model_is_refused_before_it_is_loaded() {
    let machine = Machine::new();
    let bytes = llama4().bytes();
    let model = machine.path("short.gguf");
    std::fs::write(&model, &bytes[..bytes.len() / 2]).unwrap();
    let config = machine.configure(&model);
    machine.fails(&["explain", "src/lib.rs:1-4", "--config", &config], &[&model.display().to_string()]);
}

#[test]
fn a_name_that_is_no_model_is_refused_with_the_list() {
    let machine = Machine::new();
    machine.fails(&["models", "path", "gpt-99"], &["gpt-99", "longsight models list"]);
    machine.fails(&["models", "pull", "gpt-99"], &["gpt-99", "longsight models list"]);
    machine.fails(&["models", "pull", "llama-4-scout"], &["llama4:scout"]);
    machine.fails(&["models", "profile", "gpt-99"], &["gpt-99", "ollama"]);
}

/// The command had no index, and so not all that an editor shows.
#[test]
fn actions_lists_what_the_index_knows() {
    let machine = Machine::new();
    machine.write("repo/src/lib.rs", "pub fn area(w: u32) -> u32 {\n    w\n}\n\npub fn room() -> u32 {\n    area(2)\n}\n");
    let listed = machine.json(&["actions", "src/lib.rs:1:8"])["actions"].clone();
    let kinds: Vec<&str> = listed.as_array().unwrap().iter().map(|action| action["kind"].as_str().unwrap()).collect();
    for wanted in ["refactor.rewrite.longsight.rename", "refactor.rewrite.longsight.calls"] {
        assert!(kinds.contains(&wanted), "{kinds:?}");
    }
}

#[test]
fn l3_a_configuration_with_mistakes_is_told_and_the_rest_applies() {
    let machine = Machine::new();
    machine.write("config.toml", "[completion]\nautomatik = false\n");
    let config = machine.path("config.toml").display().to_string();
    let done = machine.run(&["actions", "src/lib.rs:2-4", "--config", &config, "--json"]);
    assert_eq!(done.code, 0, "{}", done.said);
    assert!(serde_json::from_str::<Value>(&done.out).is_ok());
    assert!(done.said.contains("config.toml:2") && done.said.contains("did you mean `automatic`?"), "{}", done.said);
    machine.fails(&["actions", "src/lib.rs:2-4", "--config", "none.toml"], &["none.toml"]);
    machine.fails(&["doctor", "--config", "none.toml"], &["none.toml"]);
    machine.fails(&["bench", "--config", "none.toml"], &["none.toml"]);
}

#[test]
fn something_in_the_place_of_the_socket_is_named_and_left_alone() {
    let machine = Machine::new();
    let place = machine.path("engine.sock");
    std::fs::write(&place, "mine").unwrap();
    let model = machine.path("tiny.gguf");
    llama4().write(&model);
    let config = machine.configure(&model);
    let machine = machine.set("LONGSIGHT_SOCKET", Some(&place));
    machine.fails(&["explain", "src/lib.rs:1-4", "--config", &config], &[&place.display().to_string(), "LONGSIGHT_SOCKET"]);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "mine");
    let long = machine.path(&"x".repeat(120));
    let machine = machine.set("LONGSIGHT_SOCKET", Some(&long));
    machine.fails(&["explain", "src/lib.rs:1-4", "--config", &config], &["too long", "LONGSIGHT_SOCKET"]);
}

#[test]
fn a_socket_that_someone_else_answers_is_told_apart() {
    let machine = Machine::new();
    let place = machine.path("engine.sock");
    let listener = std::os::unix::net::UnixListener::bind(&place).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut &stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let model = machine.path("tiny.gguf");
    llama4().write(&model);
    let config = machine.configure(&model);
    let machine = machine.set("LONGSIGHT_SOCKET", Some(&place));
    machine.fails(&["explain", "src/lib.rs:1-4", "--config", &config], &[&place.display().to_string(), "LONGSIGHT_SOCKET"]);
}

#[test]
fn a_folder_without_git_is_a_workspace_and_so_is_an_empty_one() {
    let machine = Machine::new();
    std::fs::remove_dir(machine.path("repo/.git")).unwrap();
    assert_eq!(machine.json(&["index"])["files"], 1);
    assert!(machine.json(&["actions", "src/lib.rs:2-4"])["actions"].as_array().is_some_and(|actions| !actions.is_empty()));
    std::fs::create_dir(machine.path("empty")).unwrap();
    let empty = machine.path("empty").display().to_string();
    assert_eq!(machine.json(&["index", "--workspace", &empty])["files"], 0);
    machine.fails(&["ask", "Where?", "--workspace", &empty], &["longsight models pull"]);
}

#[test]
fn a_workspace_that_is_none_is_named() {
    let machine = Machine::new();
    for command in [&["index"][..], &["ask", "Where?"], &["actions", "src/lib.rs:1:1"]] {
        machine.fails(&[command, &["--workspace", "/nowhere/at/all"]].concat(), &["/nowhere/at/all", "--workspace"]);
        machine.fails(&[command, &["--workspace", "src/lib.rs"]].concat(), &["src/lib.rs", "not a folder"]);
    }
}

#[test]
fn a_cache_that_cannot_be_written_costs_speed_only() {
    // A file where the folder should be stops the superuser too.
    let machine = Machine::new();
    machine.write("cache", "in the way");
    let place = machine.path("cache");
    let machine = machine.set("XDG_CACHE_HOME", Some(&place));
    assert_eq!(machine.json(&["index"])["files"], 1);
    machine.fails(&["models", "pull", "smollm2-135m", "--json"], &[&place.display().to_string(), "LONGSIGHT_MODELS"]);
    let checks = machine.json(&["doctor"]);
    let cache = checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "cache").unwrap().clone();
    assert_eq!(cache["status"], "error", "{cache}");
}

#[test]
fn e11_without_a_home_everything_that_needs_none_works() {
    let machine = Machine::new().set("HOME", None).set("XDG_RUNTIME_DIR", None);
    assert_eq!(machine.json(&["index"])["files"], 1);
    assert!(machine.json(&["actions", "src/lib.rs:2-4"])["actions"].is_array());
    assert!(machine.json(&["doctor"])["checks"].is_array());
    machine.fails(&["complete", "src/lib.rs:3:5"], &["HOME"]);
    machine.fails(&["models", "pull", "smollm2-135m"], &["HOME", "LONGSIGHT_MODELS"]);
}

#[test]
fn e11_a_current_folder_that_is_gone_is_said() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("gone")).unwrap();
    let binary = env!("CARGO_BIN_EXE_longsight");
    let script = format!("rmdir ../gone && exec {binary} index");
    let mut command = Command::new("sh");
    let output = command.args(["-c", &script]).current_dir(machine.path("gone")).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("--workspace"), "{said}");
}

#[test]
fn e8_a_reader_that_has_gone_is_no_crash() {
    let machine = Machine::new();
    for arguments in [&["models", "list"][..], &["--help"], &["index"], &["index", "--json"], &["doctor"]] {
        let mut command = machine.command(&machine.path("repo"), arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_place_may_be_given_from_the_current_folder_or_the_root() {
    let machine = Machine::new();
    let below = machine.path("repo/src");
    for place in ["lib.rs:2-4", "src/lib.rs:2-4", "./lib.rs:2:999", &format!("{}:2-4", below.join("lib.rs").display())] {
        let output = machine.command(&below, &["actions", place]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{place}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("refactor.rewrite"), "{place}");
    }
}

#[test]
fn secret_and_ignored_files_are_left_alone_with_the_reason() {
    let machine = Machine::new();
    machine.write("repo/.env", "KEY=1\n");
    machine.write("repo/.gitignore", "generated.rs\n");
    machine.write("repo/generated.rs", LIBRARY);
    machine.fails(&["explain", ".env:1-1"], &[".env", "secret"]);
    machine.fails(&["explain", "generated.rs:1-4"], &["generated.rs", "ignore"]);
    machine.fails(&["edit", "generated.rs:1-4", "--instruction", "x"], &["generated.rs", "ignore"]);
    let offered = machine.json(&["complete", "generated.rs:3:5"]);
    assert_eq!(offered["items"], serde_json::json!([]), "{offered}");
    assert!(offered["nothing"].as_str().is_some_and(|reason| reason.contains("ignore")), "{offered}");
}

/// A terminal obeys what it is shown: a prompt, a reason or a completion may hold its commands.
#[cfg(target_os = "linux")]
#[test]
fn k15_a_prompt_on_a_terminal_shows_controls_as_text() {
    let machine = Machine::new();
    machine.write("repo/src/lib.rs", "// \x1b]0;title\x07 and \x1b[2J\npub fn add() {}\n");
    machine.write(
        "far.toml",
        "[roles]\nscout = \"far\"\n[engines.far]\nkind = \"openai\"\nbase_url = \"https://far.invalid/v1\"\nmodel = \"m\"\ncontext = 16000\ndialect = \"hermes\"\n",
    );
    let config = machine.path("far.toml").display().to_string();
    let arguments = ["context", "src/lib.rs:2:1", "--budget", "0", "--config", &config];
    let plain = machine.run(&arguments);
    assert!(plain.code == 0 && plain.out.contains("\x1b]0;"), "a program gets the very text: {} {}", plain.out, plain.said);
    let shown = machine.on_a_terminal(&arguments);
    assert!(shown.contains("<U+001B>]0;title<U+0007>") && !shown.contains("\x1b]0;"), "{shown:?}");
}

/// Only answers and prompts were masked: names of files, reasons and what a server calls its model were not.
#[cfg(target_os = "linux")]
#[test]
fn k15_names_and_reasons_on_a_terminal_show_controls_as_text() {
    use crate::support::coder::{AREA, Coder, SQUARE};
    const TITLE: &str = "\x1b]0;title\x07";
    let machine = Machine::new();
    machine.write("repo/src/area.rs", AREA);
    machine.write(&format!("repo/src/{TITLE}.rs"), SQUARE);
    let edit = |path: &str| serde_json::json!([{ "path": path, "old": "width * height", "new": "height * width", "reason": format!("turned {TITLE}") }]);
    let coder = Coder::proposing(edit("src/area.rs"));
    let config = coder.config(&machine.path("home")).display().to_string();
    for (arguments, said) in [
        (["explain", "src/area.rs:1-3"].as_slice(), "sent: "),
        (&["context", "src/area.rs:2:5", "--budget", "1000"], "src/<U+001B>]0;title<U+0007>.rs"),
        (&["edit", "src/area.rs:1-3", "--instruction", "turn it"], "turned <U+001B>]0;title<U+0007>"),
    ] {
        let shown = machine.on_a_terminal(&[arguments, &["--config", &config]].concat());
        assert!(shown.contains(said) && shown.contains("<U+001B>]0;") && !shown.contains(TITLE), "{shown:?}");
    }
    // Only an answer is for programs: what is said of it is masked wherever it goes.
    let piped = machine.run(&["edit", "src/area.rs:1-3", "--instruction", "turn it", "--config", &config]);
    assert!(piped.out.contains("turned <U+001B>") && !piped.out.contains(TITLE), "{}", piped.out);
    let json = machine.on_a_terminal(&["edit", "src/area.rs:1-3", "--instruction", "turn it", "--json", "--config", &config]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert!(value["edits"][0]["hunks"][0]["reason"].as_str().is_some_and(|reason| reason.contains("turned")), "{value}");
    let coder = Coder::proposing(edit(&format!("src/none{TITLE}.rs")));
    let config = coder.config(&machine.path("home")).display().to_string();
    let failed = machine.run(&["edit", "src/area.rs:1-3", "--instruction", "turn it", "--config", &config]);
    assert!(failed.code == 1 && failed.said.contains("<U+001B>]0;") && !failed.said.contains(TITLE), "{}", failed.said);
}

/// They began long work of the model, or ended as if a right question had failed.
#[test]
fn arguments_that_say_nothing_are_wrong_usage() {
    let machine = Machine::new();
    let wrong: [&[&str]; 5] = [
        &["edit", "src/lib.rs:2-4", "--action", "quickfix", "--problem", " "],
        &["context", "src/lib.rs:2-4", "--action", "nonsense"],
        &["context", "src/lib.rs:2-4", "--instruction", ""],
        &["bench", "--tokens", "0"],
        &["bench", "--prompt", "0"],
    ];
    for arguments in wrong {
        let done = machine.run(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.said);
    }
}

#[test]
fn index_tells_what_is_wrong_in_the_projects_file() {
    let machine = Machine::new();
    machine.write("repo/.longsight.toml", "ignore = [\n");
    let done = machine.run(&["index", "--no-cache"]);
    assert!(done.code == 0 && done.said.contains(".longsight.toml:") && done.said.contains("is not valid TOML"), "{}", done.said);
}

#[test]
fn a_kind_of_edit_that_does_not_exist_is_wrong_usage() {
    let done = Machine::new().run(&["edit", "src/lib.rs:2-4", "--action", "nonsense"]);
    assert_eq!(done.code, 2, "{}", done.said);
    assert!(done.said.contains("no kind of edit \"nonsense\""), "{}", done.said);
    // Explaining changes nothing, and was computed as a rewrite.
    let done = Machine::new().run(&["edit", "src/lib.rs:2-4", "--action", "refactor.rewrite.longsight.explain"]);
    assert!(done.code == 2 && done.said.contains("no kind of edit"), "{}", done.said);
}

#[test]
fn an_edit_says_its_version_and_needs_no_model_for_a_rename() {
    let done = Machine::new().run(&["--json", "edit", "src/lib.rs:2-4", "--instruction", "rename `add` to `plus`"]);
    assert_eq!(done.code, 0, "{}", done.said);
    let edited: Value = serde_json::from_str(&done.out).unwrap();
    assert!(edited["edits"][0].as_object().unwrap().contains_key("version"), "{edited}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let machine = Machine::new();
    machine.write("repo/messages.json", r#"[{"role": "user", "content": "hello"}]"#);
    let commands: &[&[&str]] = &[
        &["index", "--no-cache"],
        &["index", "--no-cache", "--json"],
        &["actions", "src/lib.rs:2-2"],
        &["context", "src/lib.rs:3:5", "--budget", "100"],
        &["render", "--dialect", "hermes"],
        &["parse", "--dialect", "hermes"],
        &["models", "list"],
        &["trust"],
        &["--version"],
        &["--help"],
    ];
    for arguments in commands {
        let run = |output: Stdio| {
            let input = std::fs::File::open(machine.path("repo/messages.json")).unwrap();
            let mut command = machine.command(&machine.path("repo"), arguments);
            let output = command.stdin(input).stdout(output).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, said) = run(std::fs::File::options().write(true).open("/dev/full").unwrap().into());
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot be written to standard output") && said.contains("space"), "{arguments:?}: {said}");
        // Whoever reads no further has seen what they wanted.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(run(writer.into()), (Some(0), String::new()), "{arguments:?}");
    }
}

/// The whole home was the workspace of a file that lies right in it: mail, what was typed and what longsight keeps itself came into prompts.
#[test]
fn the_home_folder_is_no_workspace_and_a_file_in_it_is_seen_alone() {
    let machine = Machine::new();
    machine.write("home/sums.py", "def add(a, b):\n    return helper(a, b)\n");
    machine.write("home/helper.py", "def helper(a, b):\n    return \"canary\"\n");
    let home = machine.path("home");
    let at_home = |arguments: &[&str]| {
        let output = machine.command(&home, arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: output.status.code().unwrap(), out: text(output.stdout), said: text(output.stderr) }
    };
    // Neither is one a repository that keeps settings.
    for repository in [false, true] {
        if repository {
            std::fs::create_dir(home.join(".git")).unwrap();
        }
        for root in ["../home", "/", ".."] {
            machine.fails(&["ask", "Where?", "--workspace", root], &["no workspace", ".longsight.toml"]);
        }
        let shown = at_home(&["context", "sums.py:2:12", "--json"]);
        assert_eq!(shown.code, 0, "{}", shown.said);
        assert!(shown.said.contains("is your home folder"), "{}", shown.said);
        assert!(shown.out.contains("def add") && !shown.out.contains("canary"), "{}", shown.out);
        for command in [&["index"][..], &["trust"]] {
            let refused = at_home(command);
            assert!(refused.code == 1 && refused.said.contains("is your home folder"), "{}", refused.said);
        }
    }
    // A folder of it is one, whatever keeps the settings above it.
    std::fs::create_dir(home.join("notes")).unwrap();
    machine.write("home/notes/a.py", "def a():\n    pass\n");
    let notes = machine.command(&home.join("notes"), &["index", "--json"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&notes.stdout).unwrap()["files"], 1);
    // So is a home that says so. What longsight keeps is never a part of it.
    machine.write("home/.longsight.toml", "");
    std::fs::create_dir_all(home.join(".cache/longsight/answers")).unwrap();
    machine.write("home/.cache/longsight/answers/old.md", "an old answer\n");
    machine.write("home/fish_history", "- cmd: secret\n");
    let index = machine.json(&["index", "--workspace", "../home"]);
    assert_eq!(index["files"], 4, "{index}");
    assert_eq!(index["skipped"]["longsight's own"], 1, "{index}");
    machine.fails(&["ask", "Where?", "--workspace", "../home/.cache/longsight"], &["longsight's own"]);
    // `make try` works on a copy that lies there.
    std::fs::create_dir_all(home.join(".cache/longsight/try/copy")).unwrap();
    machine.write("home/.cache/longsight/try/copy/a.py", "def a():\n    pass\n");
    assert_eq!(machine.json(&["index", "--workspace", "../home/.cache/longsight/try/copy"])["files"], 1);
}

#[test]
fn suggestions_that_are_turned_off_while_typing_are_so_on_the_command_line() {
    let machine = Machine::new();
    machine.write("config.toml", "[completion]\nautomatic = false\n");
    let config = machine.path("config.toml").display().to_string();
    let done = machine.run(&["complete", "src/lib.rs:3:5", "--trigger", "auto", "--config", &config]);
    assert!(done.code == 0 && done.out.contains("completion.automatic"), "{} {}", done.out, done.said);
    machine.fails(&["complete", "src/lib.rs:3:5", "--config", &config], &["longsight models pull"]);
}

#[test]
fn a_column_behind_the_end_of_its_line_is_told() {
    let machine = Machine::new();
    for (column, told) in [("10", false), ("11", true), ("99", true)] {
        let done = machine.run(&["context", &format!("src/lib.rs:3:{column}")]);
        assert_eq!(done.said.contains("src/lib.rs:3 ends at column 10"), told, "{column}: {}", done.said);
    }
}

/// It ended with 1 and said nothing.
#[test]
fn a_server_that_nobody_talks_to_says_what_it_is_for() {
    let done = Machine::new().run(&["serve"]);
    assert!(done.code == 1 && done.out.is_empty() && done.said.contains("what an editor starts"), "{}", done.said);
}

/// The advice was about models; and half a file stood in the way of the next try.
#[cfg(unix)]
#[test]
fn a_profile_that_cannot_be_written_leaves_nothing_behind() {
    let machine = Machine::new();
    let line = format!("ulimit -f 0; exec '{}' models profile local --write", env!("CARGO_BIN_EXE_longsight"));
    let mut full = Command::new("sh");
    full.args(["-c", &line]).env("HOME", machine.path("home")).env_remove("XDG_CONFIG_HOME");
    let said = String::from_utf8(full.output().unwrap().stderr).unwrap();
    assert!(said.contains("config.toml") && said.contains("XDG_CONFIG_HOME") && !said.contains("LONGSIGHT_MODELS"), "{said}");
    let done = machine.run(&["models", "profile", "local", "--write"]);
    assert_eq!(done.code, 0, "{}", done.said);
}

/// The line about the work was longer than a narrow terminal, which then filled with its copies; and a dumb one showed what it cannot do.
#[cfg(target_os = "linux")]
#[test]
fn the_line_about_the_work_fits_the_terminal() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    std::thread::spawn(move || {
        let held: Vec<_> = silent
            .incoming()
            .take(8)
            .flatten()
            .map(|stream| {
                std::thread::sleep(std::time::Duration::from_millis(1500));
                drop(stream)
            })
            .collect();
        drop(held);
    });
    let shown = |terminal: &str| {
        let machine = Machine::new().set("TERM", Some(Path::new(terminal)));
        let engine = format!("kind = \"openai\"\nbase_url = \"http://{address}/v1\"\nmodel = \"m\"\n");
        machine.write("config.toml", format!("[roles]\nscout = \"m\"\ncoder = \"m\"\n[engines.m]\n{engine}"));
        let line = format!("stty cols 16; exec '{}' explain src/lib.rs:1-4 --config ../config.toml", env!("CARGO_BIN_EXE_longsight"));
        let command = machine.command(&machine.path("repo"), &[]);
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(machine.path("repo")).stdin(Stdio::null());
        command.get_envs().filter_map(|(name, value)| Some((name, value?))).for_each(|(name, value)| {
            script.env(name, value);
        });
        String::from_utf8(script.output().unwrap().stdout).unwrap()
    };
    let drawn = shown("xterm");
    let lines: Vec<&str> = drawn.split("\x1b[2m").skip(1).filter_map(|rest| rest.split("\x1b[0m").next()).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.chars().count() < 16 && line.contains(" s)")), "{drawn:?}");
    assert!(!shown("dumb").contains('\x1b'));
}

/// Such names came out of `--json` as a panic, and no word on such a folder could be kept.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_are_written_as_addresses() {
    use std::os::unix::ffi::OsStrExt;
    let machine = Machine::new();
    let odd = machine.path("home").join(std::ffi::OsStr::from_bytes(b"w\xff"));
    std::fs::create_dir_all(odd.join(".git")).unwrap();
    std::fs::write(odd.join("a.py"), "x = 1\n").unwrap();
    let json = |arguments: &[&str]| -> Value {
        let output = machine.command(&odd, arguments).env("LONGSIGHT_MODELS", &odd).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let is_it = |folder: &Value| folder.as_str().is_some_and(|folder| folder.starts_with("file:///") && folder.ends_with("/w%FF"));
    for (arguments, kept) in [(&["trust", "--json"][..], true), (&["trust", "--no", "--json"], false)] {
        let told = json(arguments);
        assert!(is_it(&told["folder"]) && told["trusted"] == kept, "{told}");
        let listed = json(&["trust", "--list", "--json"]);
        assert!(is_it(&listed["folders"][0]["folder"]) && listed["folders"][0]["trusted"] == kept, "{listed}");
    }
    let refused = machine.command(&odd, &["ask", "what is x?"]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("trust"), "{refused:?}");
    assert_eq!(json(&["trust", "--forget", "--json"])["trusted"], Value::Null);
    assert_eq!(json(&["trust", "--list", "--json"])["folders"], serde_json::json!([]));
    let model = odd.join("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
    std::fs::write(&model, "GGUF").unwrap();
    json(&["models", "list", "--json"]);
}

#[test]
fn a_question_takes_no_instruction() {
    let machine = Machine::new();
    machine.wrong_usage(&["context", "--ask", "what is it?", "--instruction", "change it"], "cannot be used with");
    machine.wrong_usage(&["context", "--ask", "what is it?", "--action", "quickfix"], "cannot be used with");
}
