//! Configuration: what is wrong is named and skipped, the rest applies; a project can only narrow.

use std::path::Path;

use longsight::config::{parse, parse_again, parse_project};
use longsight::server::Options;
use serde_json::Value;

use crate::support::agent::quiet;
use crate::support::editor::Editor;

fn messages(text: &str) -> Vec<String> {
    parse(Path::new("config.toml"), text).1.iter().map(ToString::to_string).collect()
}

#[test]
fn no_text_is_the_default() {
    let (config, problems) = parse(Path::new("config.toml"), "");
    assert_eq!((config.roles.scout.as_str(), config.roles.coder.as_str(), problems.len()), ("local", "local", 0));
}

#[test]
fn l3_unknown_key_is_named_with_its_line_and_the_rest_applies() {
    let text = "[roles]\nscout = \"big\"\n\n[engines.big]\nkind = \"ollama\"\nmodle = \"llama4:scout\"\ncontext = 131072\n";
    let (config, problems) = parse(Path::new("config.toml"), text);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "config.toml:6: `modle` is not a setting; did you mean `model`?");
    assert_eq!(config.engines["big"].context, Some(131072));
}

#[test]
fn wrong_type_wrong_kind_and_missing_engine_are_named() {
    let all = messages("[completion]\nmax_tokens = \"many\"\n[engines.x]\nkind = \"grpc\"\n[roles]\ncoder = \"nobody\"\n");
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all[0].contains("config.toml:2: `completion.max_tokens`"), "{all:?}");
    assert!(all[1].contains("must be one of llama, openai, deepseek, ollama"), "{all:?}");
    assert!(all[2].contains("names the engine \"nobody\", which is not set up; there is local"), "{all:?}");
}

#[test]
fn numbers_that_cannot_be_meant_are_named() {
    let rows = [
        ("[engines.local]", "context = 0"),
        ("[engines.local]", "threads = 0"),
        ("[engines.local]", "price_in = -1"),
        ("[engines.local]", "price_out = nan"),
        ("[completion]", "max_tokens = 0"),
        ("[completion]", "max_tokens = 4000000000"),
        ("[completion]", "latency_ms = 0"),
        ("[context]", "ask_tokens = 100000000"),
    ];
    for (section, setting) in rows {
        let all = messages(&format!("{section}\n{setting}\n"));
        assert!(matches!(&all[..], [one] if one.contains("it must lie between") && one.contains(":2:")), "{setting}: {all:?}");
    }
    assert_eq!(messages("[engines.local]\ncontext = 1048576\nprice_in = 0\n[context]\nask_tokens = 10000000\n"), Vec::<String>::new());
}

#[test]
fn settings_that_change_nothing_beside_others_are_named() {
    let engine = "[engines.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let all = messages(&format!("{engine}threads = 4\napi_key_env = \"A\"\napi_key_command = [\"b\"]\n"));
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains("config.toml:5: `engines.x.threads` is for `kind = \"llama\"`"), "{all:?}");
    assert!(all[1].contains("`api_key_env` is used, `api_key_command` is not"), "{all:?}");
}

/// What everybody tries first: "docs/configuration.md lists them all", and "invalid float, expected `nan`".
#[test]
fn the_usual_slips_are_answered_with_what_is_meant() {
    let engine = "[engines.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let all = messages(&format!("{engine}api_key = \"sk-abcdefghijkl\"\n"));
    assert!(matches!(&all[..], [one] if one.contains("there is `api_key_env`, `api_key_command`") && !one.contains("sk-")), "{all:?}");
    let all = messages(&format!("{engine}dialect = native\n"));
    assert!(matches!(&all[..], [one] if one.contains("a text stands in quotes")), "{all:?}");
}

/// "invalid type: string "sk-proj-…", expected a sequence": the key was in each message, in the editor's list of problems, and in doctor.
#[test]
fn a_key_in_the_place_of_its_source_is_not_in_the_message() {
    let engine = "[engines.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let key = "correct horse battery staple";
    for line in
        [format!("api_key_command = \"{key}\""), format!("api_key_env = [\"{key}\"]"), format!("api_key_keyring = {{ a = \"{key}\" }}")]
    {
        let all = messages(&format!("{engine}{line}\n"));
        assert!(matches!(&all[..], [one] if one.contains(", and must be a") && !one.contains("horse")), "{all:?}");
    }
    let all = messages(&format!("[engines.x]\nkind = \"{key}\"\n"));
    assert!(matches!(&all[..], [one] if one.contains("must be one of llama") && !one.contains("horse")), "{all:?}");
}

/// "invalid type: string "8k", expected u32".
#[test]
fn a_value_of_the_wrong_type_is_told_in_plain_words() {
    let wrong = [
        ("context = \"8k\"", "it is a text, and must be a whole number of 0 or more"),
        ("context = -1", "it must be a whole number of 0 or more"),
        ("cpu_moe = \"yes\"", "it is a text, and must be true or false"),
        ("model = 3", "it is a number, and must be a text in quotes"),
    ];
    for (line, expected) in wrong {
        let all = messages(&format!("[engines.x]\nkind = \"llama\"\n{line}\n"));
        assert!(matches!(&all[..], [one] if one.contains(expected)), "{line}: {all:?}");
    }
}

#[test]
fn i10_one_mistake_in_an_engine_is_one_message() {
    let roles = "[roles]\nscout = \"s\"\ncoder = \"s\"\n[engines.s]\n";
    let all = messages(&format!("{roles}kind = \"OpenAI\"\nbase_url = \"http://127.0.0.1:1/v1\"\n"));
    assert!(matches!(&all[..], [one] if one.ends_with("did you mean \"openai\"?")), "{all:?}");
    assert_eq!(messages(&format!("{roles}kind = \"openai\"\n")).len(), 1);
}

/// Its server was asked for the model that is built in, which it does not have, and nobody said why.
#[test]
fn a_server_without_the_name_of_its_model_is_told_of() {
    for (kind, example) in [("openai", "deepseek-ai/DeepSeek-V3.2"), ("deepseek", "deepseek-chat"), ("ollama", "llama4:scout")] {
        let engine = format!("[engines.far]\nkind = \"{kind}\"\nbase_url = \"http://127.0.0.1:1/v1\"\n");
        let all = messages(&engine);
        assert!(
            matches!(&all[..], [one] if one.contains("config.toml:1: `engines.far` needs a `model`") && one.contains(example)),
            "{all:?}"
        );
        assert_eq!(messages(&format!("{engine}model = \"m\"\n")), Vec::<String>::new());
        for slip in ["models = \"m\"", "model = 1"] {
            assert_eq!(messages(&format!("{engine}{slip}\n")).len(), 1, "{slip} is one mistake");
        }
    }
    for own in ["[engines.local]\n", "[engines.local]\nkind = \"llama\"\n"] {
        assert_eq!(messages(own), Vec::<String>::new());
    }
}

#[test]
fn k9_project_cannot_name_an_endpoint() {
    let text = "local_only = true\nignore = [\"gen/\"]\n[engines.evil]\nbase_url = \"http://evil.example\"\n";
    let (project, problems) = parse_project(Path::new(".longsight.toml"), text);
    assert!(project.local_only);
    assert_eq!(project.ignore, ["gen/"]);
    assert!(problems[0].message.contains("a project may only set"));
}

#[test]
fn a_project_file_that_is_no_toml_is_named_with_line_and_cause() {
    let (_, problems) = parse_project(Path::new(".longsight.toml"), "local_only = true\nignore = [\n");
    assert!(matches!(&problems[..], [one] if one.line >= 2 && one.message.contains("is not valid TOML (")), "{problems:?}");
}

#[test]
fn broken_project_file_narrows() {
    let (project, problems) = parse_project(Path::new(".longsight.toml"), "local_only = ");
    assert!(project.local_only && problems.len() == 1);
}

#[test]
fn broken_narrowing_narrows() {
    let (project, problems) = parse_project(Path::new(".longsight.toml"), "local_only = \"yes\"\n");
    assert!(project.local_only && problems.len() == 1);
}

/// `ignore = "secrets/"` ignored nothing, and what is no text in the list vanished without a word.
#[test]
fn k9_an_ignore_rule_in_another_form_is_not_lost() {
    let (project, problems) = parse_project(Path::new(".longsight.toml"), "ignore = \"secrets/\"\n");
    assert_eq!((project.ignore.as_slice(), problems.len()), (["secrets/".to_string()].as_slice(), 1));
    let (project, problems) = parse_project(Path::new(".longsight.toml"), "ignore = [\"a/\", 5]\n");
    assert_eq!((project.ignore.as_slice(), problems.len()), (["a/".to_string()].as_slice(), 1));
    assert!(problems[0].message.contains("`5`"), "{problems:?}");
}

/// A bracket too few in another line, `./`, a capital, or the list in a table of its own, and what was private was shown.
#[test]
fn k9_what_was_meant_to_be_ignored_is() {
    let ignored = |text: &str| {
        let (project, problems) = parse_project(Path::new(".longsight.toml"), text);
        (project.ignore.join(" "), problems.len(), project.local_only)
    };
    let globs = |text: &str| ignored(text).0;
    for text in [
        "ignore = [\"private/\"]\nbad = [\n",
        "bad = [\nignore = [\"private/\"]\n",
        "bad = [\nignore = ['private/']  \n[tool]\n",
        "ignore = [\"private/\"\n",
        "ignore = [\n  # ours\n  \"private/\", # alone\n",
        "ignore = [private/]\n",
        "ignore = [\"private/\n",
        "ignore = 'private/\nlocal_only = true\n",
        "x = \"\n[context]\nignore = ['private/']\n[other]\ny = \"z\n",
    ] {
        assert_eq!(ignored(text), ("private/".into(), 1, true), "{text}");
    }
    assert_eq!(globs("ignore = [\"private/\" \"x\"]\n"), "private/ x");
    assert_eq!(globs("ignore = [\"private\"]\nbad = [\n"), "private");
    assert_eq!(ignored("ignore = [\n"), ("*".into(), 1, true), "whatever was meant");
    assert_eq!(ignored("ignore = [ ]\nlocal_only = \n"), (String::new(), 1, true));
    for text in ["Ignore = [\"private/\"]\n", "[project]\nignore = [\"private/\"]\n", "[project]\nIGNORED = \"private/\"\n"] {
        let (globs, problems, local_only) = ignored(text);
        assert!(globs == "private/" && problems > 0 && !local_only, "{text}");
    }
    assert_eq!(ignored("ignore = [\"./private/\"]\n"), ("/private/".into(), 0, false));
    assert_eq!(globs("ignore = ['.\\private\\*']\n"), r".\private\* private/*");
    assert_eq!(ignored("ignore = [\"[private/\"]\n"), ("[private/ private/".into(), 1, false));
    assert_eq!(ignored("ignore = [\"[pq]rivate/\", \"a\\\\[b\"]\n").1, 0);
    assert_eq!(ignored("[tool]\nlocal = 3\n"), (String::new(), 1, false));
}

/// `local_only = "true"`, `local-only = true` and the like were one message among others, and the code was sent.
#[test]
fn k9_a_switch_that_cannot_be_read_counts_as_turned_on() {
    let switches = |text: &str| {
        let (config, problems) = parse(Path::new("config.toml"), text);
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (config.route.local_only, config.trust.ask, words.join("\n"))
    };
    let local = [
        "[route]\nlocal_only = \"true\"\n",
        "[route]\nlocal-only = true\n",
        "[route]\nlocalonly = 1\n",
        "[routes]\nlocal_only = true\n",
        "[[route]]\nlocal_only = true\n",
        "[engines.local]\nlocal_only = true\n",
        "local_only = true\n",
        "route = \"local_only\"\n",
        "[route]\nlocal_only = true # at home\n[completion]\nbroken = [\n",
    ];
    for text in local {
        let (local_only, ask, said) = switches(text);
        assert!(local_only && !ask, "{text}");
        assert!(said.contains("until this can be read, nothing is sent to another machine"), "{text}: {said}");
        assert!(!said.contains("the default is in use"), "{text}: {said}");
    }
    let trust = [
        "[trust]\nask = \"yes\"\n",
        "[trust]\nasks = true\n",
        "[turst]\nask = true\n",
        "ask = true\n",
        "trust = true\n",
        "trust.ask = true\n]\n",
    ];
    for text in trust {
        let (local_only, ask, said) = switches(text);
        assert!(ask && !local_only, "{text}");
        assert!(said.contains("until this can be read, each folder is asked about"), "{text}: {said}");
    }
    // What says no, and what means something else.
    for text in [
        "[route]\nlocal-only = false\n",
        "[context]\nask_tokens = 9\n",
        "[route]\nescalate = 1\n",
        "[context]\nask_tokens = [\n",
        "# local_only = true\nx = [\n",
    ] {
        assert_eq!((switches(text).0, switches(text).1), (false, false), "{text}");
    }
}

/// A slip in a file that is being edited took the models away, and the trust that was to be asked for.
#[test]
fn k9_a_file_that_is_broken_while_the_server_runs_takes_nothing_away() {
    let path = Path::new("config.toml");
    let (before, _) = parse(path, "[trust]\nask = true\n[completion]\nmax_tokens = 99\n");
    let (after, problems) = parse_again(path, "[completion]\nmax_tokens = 7\nbroken = [\n", Some(&before));
    assert_eq!(after, before);
    assert!(problems[0].message.contains("what was set before stays in use"), "{problems:?}");
    // What is turned on in the same moment is on.
    let (after, _) = parse_again(path, "[route]\nlocal_only = true\nbroken = [\n", Some(&before));
    assert!(after.route.local_only && after.trust.ask);
}

/// `[trust] ask = true` and a typo anywhere in the file: two seconds later the folder was trusted.
#[test]
fn k11_a_typo_in_the_configuration_makes_no_folder_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let file = root.join("config.toml");
    std::fs::write(&file, "[trust]\nask = true\n").unwrap();
    let options = Options { config: Some(file.clone()), state: Some(root.join("state")), ..quiet() };
    let mut editor = Editor::memory(options).start(&root);
    let trusted = |editor: &mut Editor| {
        let status = editor.request("workspace/executeCommand", serde_json::json!({ "command": "longsight.status" }));
        status["result"]["trust"]["trusted"].as_bool().unwrap()
    };
    assert!(!trusted(&mut editor));
    for broken in ["[trust]\nask = true\n[completion\n", "[trust]\nask = \"yes\"\n", "[trusts]\nask = true\n"] {
        std::fs::write(&file, broken).unwrap();
        editor.notify("workspace/didChangeConfiguration", serde_json::json!({ "settings": {} }));
        editor.expect("window/showMessage");
        // The folders are looked at in the background.
        editor.pump(std::time::Duration::from_millis(300));
        assert!(!trusted(&mut editor), "{broken}");
    }
    std::fs::write(&file, "[trust]\nask = false\n").unwrap();
    editor.notify("workspace/didChangeConfiguration", serde_json::json!({ "settings": {} }));
    while !trusted(&mut editor) {
        editor.pump(std::time::Duration::from_millis(20));
    }
    editor.inbox.clear();
    editor.quit();
}

/// What each problem points at.
fn marked(text: &str) -> Vec<&str> {
    parse(Path::new("config.toml"), text).1.iter().map(|problem| &text[problem.span.clone().unwrap()]).collect()
}

#[test]
fn l3_problems_point_at_the_key_or_the_value_that_is_wrong() {
    // The same key is right in one table and wrong in another.
    let text = "[engines.a]\nkind = \"ollama\"\n[engines.b]\nkind = \"grpc\"\n[engines.c]\nkind = \"openai\"\n[completoin]\n[roles]\nscout = \"nobody\"\n";
    assert_eq!(marked(text), ["a", "\"grpc\"", "c", "completoin", "\"nobody\""]);
    assert_eq!(marked("[completion]\nmax_tokens = \"many\"\nautomatik = true\n"), ["\"many\"", "automatik"]);
    assert_eq!(marked("engines.big = { kind = \"ollama\", modle = \"x\" }\n"), ["modle"]);
    let (_, problems) = parse(Path::new("config.toml"), "[roles]\nscout = \n");
    assert_eq!(problems[0].line, 2);
}

/// The diagnostics that come next, as (marked text, message).
fn shown(editor: &mut Editor, uri: &str) -> Vec<(String, String)> {
    let published = editor.expect("textDocument/publishDiagnostics")["params"].clone();
    assert_eq!(published["uri"], uri);
    let text = longsight::text::Text::new(&editor.buffers[uri].text);
    let one = |problem: &Value| (text.slice(editor.bytes(&text, &problem["range"])), problem["message"].as_str().unwrap().to_string());
    published["diagnostics"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn l3_problems_show_in_the_open_configuration_file_and_go_when_they_are_mended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("config.toml");
    let uri = format!("file://{}", file.display());
    let mut editor = Editor::memory(Options { config: Some(file.clone()), ..quiet() }).start(folder.path());
    let text = "# 😀 é\n[engines.big]\nkind = \"llama\"\nmodel = \"/nowhere/scout.gguf\" # 😀\nkv_type = \"q5\"\nmodle = 1\n";
    editor.open(&uri, "toml", text);
    let marked: Vec<_> = shown(&mut editor, &uri);
    let places: Vec<&str> = marked.iter().map(|problem| problem.0.as_str()).collect();
    assert_eq!(places, ["modle", "\"q5\"", "\"/nowhere/scout.gguf\""], "{marked:?}");
    assert!(marked[2].1.contains("does not exist"), "{marked:?}");
    let at = text.find("[engines").unwrap();
    editor.edit(&uri, at..text.len(), "[engines.big]\nkind = \"ollama\"\nmodel = \"x\"\n");
    assert_eq!(shown(&mut editor, &uri), []);
    // A project's own file is one of ours as well, in any folder.
    let project = format!("file://{}", folder.path().join(".longsight.toml").display());
    editor.open(&project, "toml", "local_only = 1\n");
    let told = shown(&mut editor, &project);
    assert!(told.len() == 1 && told[0].1.contains("must be true or false"), "{told:?}");
    // Other files are none of our business.
    let other = format!("file://{}", folder.path().join("other.toml").display());
    editor.open(&other, "toml", text);
    editor.assert_in_step();
    assert!(!editor.inbox.iter().any(|message| message["method"] == "textDocument/publishDiagnostics"));
    editor.quit();
}

/// Opening the user's configuration asked the GPU for its size before anything else was answered.
#[cfg(unix)]
#[test]
fn a_slow_look_at_the_configuration_holds_nothing_up() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let slow = root.join("bin/nvidia-smi");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::write(&slow, "#!/bin/sh\nsleep 2\necho 81559\n").unwrap();
    std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
    let file = root.join("config.toml");
    let text = "[engines.local]\nkind = \"llama\"\nmodel = \"/nowhere/scout.gguf\"\n";
    std::fs::write(&file, text).unwrap();
    let path = format!("{}:{}", root.join("bin").display(), std::env::var("PATH").unwrap());
    let editor = Editor::binary(|command| {
        command.arg("--config").arg(&file).env("PATH", path);
        command.env("XDG_STATE_HOME", root.join("state")).env("XDG_CACHE_HOME", root.join("cache"));
    });
    let mut editor = editor.start(&root);
    let uri = format!("file://{}", file.display());
    editor.open(&uri, "toml", text);
    editor.request("textDocument/codeLens", serde_json::json!({ "textDocument": { "uri": uri } }));
    let published = |editor: &Editor| editor.inbox.iter().any(|message| message["method"] == "textDocument/publishDiagnostics");
    assert!(!published(&editor), "the answer came behind the look at the GPU");
    assert_eq!(shown(&mut editor, &uri).len(), 1);
    editor.inbox.clear();
    editor.quit();
}

#[test]
fn a_model_that_does_not_fit_this_machine_is_marked_with_the_numbers() {
    use longsight::engine::check::findings;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.gguf");
    crate::support::gguf::llama4().write(&file);
    let engine = |context| longsight::config::EngineConfig {
        model: file.display().to_string(),
        context: Some(context),
        ..longsight::config::EngineConfig::default()
    };
    let machine = longsight::models::Machine { ram: 1 << 30, ram_free: 1 << 30, vram: 0 };
    assert_eq!(findings("tiny", &engine(4096), &machine), []);
    // 512 bytes a token: a million tokens fill half a gigabyte, more than is left beside the rest of the system.
    let found = findings("tiny", &engine(1_048_576), &machine);
    assert_eq!((found.len(), found[0].key), (1, "context"), "{found:?}");
    assert!(found[0].message.contains("512 bytes of KV cache per token"), "{found:?}");
}
