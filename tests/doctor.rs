//! `longsight doctor`: what is wrong is named with its way out, in one JSON object, and nothing that it looks at can break it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A machine of its own: configuration, cache, models and programs below one folder.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("bin")).unwrap();
        std::fs::create_dir_all(folder.path().join("models")).unwrap();
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Self { folder }
    }

    fn path(&self, below: &str) -> std::path::PathBuf {
        self.folder.path().join(below)
    }

    fn doctor(&self, more: &[&str]) -> (String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_longsight"))
            .arg("doctor")
            .args(["--config", &self.path("config.toml").display().to_string(), "--workspace", &self.path("").display().to_string()])
            .args(more)
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("LONGSIGHT_MODELS", self.path("models"))
            .env("HOME", self.path("home"))
            .env("PATH", self.path("bin"))
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    }

    fn checks(&self, more: &[&str]) -> Vec<Value> {
        let (text, code) = self.doctor(&[&["--json"], more].concat());
        let report: Value = serde_json::from_str(&text).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        for check in &checks {
            let fields = ["name", "status", "detail", "fix"];
            assert!(fields.iter().all(|field| check[field].is_string()), "{check}");
            assert!(["ok", "info", "warning", "error"].contains(&check["status"].as_str().unwrap()), "{check}");
        }
        assert_eq!(code, 0, "what is wrong is a finding, and to find it is no failure");
        checks
    }

    /// Status, detail and fix of the first check of this name.
    fn check(&self, name: &str) -> [String; 3] {
        self.check_with(&[], name)
    }

    fn check_with(&self, more: &[&str], name: &str) -> [String; 3] {
        let checks = self.checks(more);
        let found = checks.iter().find(|check| check["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no check `{name}` in {checks:#?}"));
        ["status", "detail", "fix"].map(|field| found[field].as_str().unwrap().to_string())
    }
}

#[test]
fn f1_a_model_that_is_not_there_says_how_to_get_it_and_whether_it_would_fit() {
    let home = Home::new("");
    let [status, detail, fix] = home.check("engine local");
    assert_eq!(status, "error");
    assert!(detail.contains("is not on this machine"), "{detail}");
    assert_eq!(fix, "longsight models pull qwen2.5-coder-0.5b");
    let [_, detail, _] = home.check("engine local, Q4_K_M");
    assert!(detail.contains("8192 tokens of context (12288 bytes of KV cache per token, f16)"), "{detail}");
}

#[test]
fn f2_a_file_that_is_no_gguf_is_named() {
    let home = Home::new("");
    let file = home.path("models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
    std::fs::write(&file, "<html>404</html>").unwrap();
    let [status, detail, fix] = home.check("engine local");
    assert_eq!(status, "error");
    assert!(detail.contains(&file.display().to_string()), "{detail}");
    assert!(fix.contains("models pull qwen2.5-coder-0.5b"), "{fix}");
}

/// A model of another family loads and writes; what it is asked in is not its own format.
#[test]
fn a_gguf_whose_chat_template_is_unknown_is_a_warning() {
    let home = Home::new("[engines.local]\nkind = \"llama\"\nmodel = \"models/other.gguf\"\n");
    let mut other = crate::support::gguf::llama4();
    let file = home.path("models/other.gguf");
    let told = |other: &crate::support::gguf::Gguf, dialect: &str| {
        other.write(&file);
        let config = format!("[engines.local]\nkind = \"llama\"\nmodel = \"{}\"\n{dialect}", file.display());
        std::fs::write(home.path("config.toml"), config).unwrap();
        home.checks(&[]).iter().any(|check| check["name"] == "engine local, chat template" && check["status"] == "warning")
    };
    other.text("tokenizer.chat_template", "[INST] {{content}} [/INST]");
    assert!(told(&other, ""));
    assert!(!told(&other, "dialect = \"hermes\"\n"), "the user has said how it is to be spoken to");
    other.text("tokenizer.chat_template", "<|header_start|>{{role}}<|header_end|>");
    assert!(!told(&other, ""));
}

#[test]
fn l3_configuration_problems_are_named_with_their_line() {
    let home = Home::new("[engines.local]\nmodle = \"x\"\n");
    let [status, detail, fix] = home.check("configuration");
    assert_eq!(status, "error");
    assert!(detail.contains("did you mean `model`?") && fix.contains("line 2"), "{detail} {fix}");
}

#[test]
fn scout_is_measured_before_it_is_downloaded() {
    let home = Home::new("[roles]\nscout = \"big\"\n[engines.big]\nmodel = \"llama-4-scout\"\ncontext = 131072\n");
    let [_, detail, _] = home.check("engine big, Q4_K_XL");
    assert!(detail.contains("131072 tokens of context (196608 bytes of KV cache per token, f16)"), "{detail}");
    let [_, licence, _] = home.check("licence of big");
    assert!(licence.contains("Built with Llama") && licence.contains("European Union"), "{licence}");
}

/// The published figures: the routed experts of Scout at Q4 are 58.8 GB, the rest is 6.8 GB; of V3.2 396 GB and 11 GB.
#[test]
fn another_machine_is_judged_as_it_is_described() {
    let scout = |context: u32| {
        let profile = longsight::models::profile("scout").unwrap();
        Home::new(&profile.replace("context = 32768", &format!("context = {context}")))
    };
    let home = scout(32_768);
    let [_, detail, _] = home.check_with(&["--ram", "80", "--vram", "12"], "machine");
    assert!(detail.contains("as described: 80.0 GB memory, 12.0 GB on GPUs"), "{detail}");
    let [status, detail, _] = home.check_with(&["--ram", "80", "--vram", "12"], "engine scout, Q4_K_XL");
    assert_eq!(status, "ok", "{detail}");
    assert!(detail.contains("needs 58.8 GB of memory and 10.2 GB on the GPU") && detail.contains("at most 16 tokens/s"), "{detail}");
    let [status, detail, fix] = home.check_with(&["--ram", "32"], "engine scout, Q4_K_XL");
    assert!(status == "info" && detail.contains("does not fit") && fix.contains("smaller quantisation"), "{detail}");
    let [_, detail, fix] = home.check_with(&["--ram", "80", "--vram", "12"], "engine scout");
    assert!(detail.contains("does not exist") && fix.contains("unsloth/Llama-4-Scout"), "{detail} {fix}");
    let [_, detail, _] = scout(131_072).check_with(&["--ram", "80", "--vram", "12"], "engine scout, Q4_K_XL");
    assert!(detail.contains("does not fit"), "{detail}");

    let config = "[roles]\ncoder = \"v\"\n[engines.v]\nmodel = \"deepseek-v3.2\"\ncontext = 32768\ngpu_layers = 99\ncpu_moe = true\n";
    let [status, detail, _] = Home::new(config).check_with(&["--ram", "420", "--vram", "24"], "engine v, Q4_K_XL");
    assert_eq!(status, "ok", "{detail}");
    assert!(detail.contains("85888 bytes of KV cache per token") && detail.contains("at most 5.0 tokens/s"), "{detail}");
    let [_, detail, _] = Home::new(config).check_with(&["--ram", "64", "--vram", "24"], "engine v, Q4_K_XL");
    assert!(detail.contains("does not fit"), "{detail}");
}

/// A model that Ollama would hold here is measured as well, down or up; one that runs on other machines is not.
#[test]
fn what_ollama_serves_on_this_machine_is_measured() {
    let home = |model: &str| {
        let engine = format!("kind = \"ollama\"\nbase_url = \"http://127.0.0.1:9\"\nmodel = \"{model}\"\ncontext = 131072\n");
        Home::new(&format!("[roles]\nscout = \"o\"\ncoder = \"o\"\n[engines.o]\n{engine}"))
    };
    let [status, detail, fix] = home("llama4:scout").check_with(&["--ram", "32"], "engine o, Q4_K_XL");
    assert!(status == "warning" && detail.contains("does not fit") && detail.contains("131072 tokens"), "{status} {detail}");
    assert!(!fix.contains("gpu_layers"), "Ollama does that itself: {fix}");
    let [status, detail, _] = home("qwen2.5-coder:7b").check_with(&["--ram", "64"], "engine o, Q4_K_M");
    assert_eq!(status, "warning", "longer than it was trained for: {detail}");
    let cloud = home("deepseek-v3.2:cloud").checks(&["--ram", "32"]);
    assert!(cloud.iter().all(|check| check["name"] != "engine o, Q4_K_XL"), "{cloud:?}");
}

#[test]
fn a_key_that_is_not_set_is_named_as_what_is_to_be_done() {
    let config = "[engines.far]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\napi_key_env = \"NO_SUCH_KEY\"\n";
    let [status, detail, fix] = Home::new(config).check("engine far");
    assert_eq!(status, "error");
    assert!(detail.contains("NO_SUCH_KEY") && fix.contains("export NO_SUCH_KEY="), "{detail} {fix}");
}

/// The way out was to `export` the key itself, which people paste into issues.
/// DeepSeek's API says nothing about its models and is not asked, so that a missing key was known only with the first question.
#[test]
fn a_key_that_deepseek_needs_is_missed_before_anything_is_asked() {
    let engine = "[engines.d]\nkind = \"deepseek\"\nmodel = \"deepseek-chat\"\n[roles]\ncoder = \"d\"\n";
    let [status, detail, fix] = Home::new(engine).check("engine d");
    assert!(status == "error" && detail.contains("without a key") && fix.contains("api_key_env"), "{status} {detail} {fix}");
    let unset = engine.replace("[roles]", "api_key_env = \"SURELY_NOT_SET\"\n[roles]");
    let [status, _, fix] = Home::new(&unset).check("engine d");
    assert!(status == "error" && fix.starts_with("export SURELY_NOT_SET"), "{status} {fix}");
}

#[test]
fn a_key_in_the_place_of_its_variable_is_not_shown() {
    let key = "sk-abcdefghijklmnop1234567890";
    let config =
        format!("[engines.far]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\napi_key_env = \"{key}\"\n");
    let checks = Home::new(&config).checks(&[]);
    assert!(!format!("{checks:?}").contains(key), "{checks:?}");
    let [status, _, fix] = Home::new(&config).check("engine far");
    assert!(status == "error" && fix.contains("the name of that into `api_key_env`"), "{fix}");
}

/// "Start the server, or correct `base_url`" was the way out of a key command that fails.
#[test]
fn a_key_command_that_fails_is_what_is_to_be_mended() {
    let config = "[engines.far]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\napi_key_command = [\"false\"]\n";
    let [status, detail, fix] = Home::new(config).check("engine far");
    assert!(status == "error" && fix.contains("the key of [engines.far]"), "{detail} {fix}");
}

#[test]
fn a_server_that_is_down_is_an_error_with_its_address() {
    let home = Home::new("[engines.far]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n");
    let [status, detail, _] = home.check("engine far");
    assert_eq!(status, "error");
    assert!(detail.contains("http://127.0.0.1:9"), "{detail}");
}

/// A server that lists one model with 4096 tokens of context.
fn listing(model: &str) -> std::net::SocketAddr {
    let body = format!(r#"{{"object":"list","data":[{{"id":"{model}","max_model_len":4096}},{{"id":"another"}}]}}"#);
    saying(document("200 OK", "application/json", &body))
}

#[test]
fn a_server_that_answers_is_ok_if_it_has_the_model() {
    let check = |served: &'static str| {
        let engine = format!("kind = \"openai\"\nbase_url = \"http://{}/v1\"\nmodel = \"m\"\n", listing(served));
        Home::new(&format!("[engines.near]\n{engine}")).check("engine near")
    };
    let [status, detail, _] = check("m");
    assert_eq!(status, "ok", "{detail}");
    assert!(detail.contains("4096 tokens of context"), "{detail}");
    let [status, detail, fix] = check("n");
    assert!(status == "warning" && detail.contains("lists n, another and not m") && fix.contains("[engines.near]"), "{detail} {fix}");
}

/// A server that wants this key, and says so to whoever brings another.
fn guarded(key: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let allowed = String::from_utf8_lossy(&request[..length]).contains(&format!("Bearer {key}\r\n"));
            let (status, body) = match allowed {
                true => ("200 OK", r#"{"data":[{"id":"m"}]}"#),
                false => ("401 Unauthorized", "{}"),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    address
}

#[test]
fn a_key_comes_from_the_systems_keyring() {
    let address = guarded("from-the-keyring");
    let home = Home::new(&format!(
        "[engines.near]\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\nmodel = \"m\"\napi_key_keyring = \"mine\"\n"
    ));
    let [status, detail, _] = home.check("engine near");
    assert!(status == "error" && detail.contains("cannot be started"), "{detail}");
    // Plays both `secret-tool lookup service longsight account mine` and macOS's `security`.
    let keyring = "#!/bin/sh\ncase \"$*\" in *mine*) echo from-the-keyring;; *) exit 1;; esac\n";
    program(&home.path("bin/secret-tool"), keyring);
    program(&home.path("bin/security"), keyring);
    let [status, detail, _] = home.check("engine near");
    assert_eq!(status, "ok", "{detail}");
    assert!(!home.doctor(&["--json"]).0.contains("from-the-keyring"));
    program(&home.path("bin/secret-tool"), "#!/bin/sh\nexit 1\n");
    program(&home.path("bin/security"), "#!/bin/sh\nexit 1\n");
    let [status, detail, _] = home.check("engine near");
    assert!(status == "error" && detail.contains("stored with") && detail.contains("mine"), "{detail}");
}

#[test]
fn an_endpoint_elsewhere_under_local_only_is_a_warning() {
    let home =
        Home::new("[route]\nlocal_only = true\n[engines.far]\nkind = \"openai\"\nbase_url = \"http://far.invalid/v1\"\nmodel = \"m\"\n");
    let checks = home.checks(&[]);
    let warned = checks.iter().any(|check| check["status"] == "warning" && check["detail"].as_str().unwrap().contains("local_only"));
    assert!(warned, "{checks:#?}");
}

#[test]
fn a_project_file_is_read_and_its_problems_are_named() {
    let home = Home::new("");
    std::fs::write(home.path(".longsight.toml"), "local_only = true\nmodel = \"evil\"\n").unwrap();
    let checks = home.checks(&[]);
    let of =
        |status: &str| checks.iter().find(|check| check["name"] == "project" && check["status"] == status).unwrap()["detail"].to_string();
    assert!(of("error").contains("a project may only set"));
    assert!(of("ok").contains("nothing leaves this machine"));
}

#[test]
fn editors_are_found_with_what_they_need() {
    let home = Home::new("");
    let old = "#!/bin/sh\necho NVIM v0.7.2\n";
    program(&home.path("bin/nvim"), old);
    let [status, _, fix] = home.check("editor Neovim");
    assert!(status == "warning" && fix.contains("0.11"), "{fix}");
    program(&home.path("bin/nvim"), &old.replace("0.7.2", "0.11.4"));
    assert!(home.check("editor Neovim")[2].ends_with("make install-neovim"));
    let plugin = home.path("data/nvim/site/pack/longsight/start/longsight/plugin");
    std::fs::create_dir_all(&plugin).unwrap();
    std::fs::write(plugin.join("longsight.lua"), "").unwrap();
    assert_eq!(home.check("editor Neovim")[0], "ok");
    for code in ["code", "codium"] {
        program(&home.path("bin").join(code), "#!/bin/sh\n");
        assert!(home.check(&format!("editor VS Code ({code})"))[2].ends_with("make install-vscode"));
    }
    program(&home.path("bin/hx"), "#!/bin/sh\n");
    assert!(home.check("editor Helix")[2].contains("editors/helix.md"));
    std::fs::create_dir_all(home.path("config/helix")).unwrap();
    std::fs::write(home.path("config/helix/languages.toml"), "[language-server.longsight]\ncommand = \"longsight\"\n").unwrap();
    assert_eq!(home.check("editor Helix")[0], "ok");
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn people_get_lines() {
    let (text, _) = Home::new("").doctor(&[]);
    assert!(text.contains("ok      role scout: engine `local`, model qwen2.5-coder-0.5b\n"), "{text}");
    assert!(text.contains("        -> longsight models pull qwen2.5-coder-0.5b\n"), "{text}");
}

#[test]
fn memory_that_is_no_number_is_wrong_usage() {
    for ram in ["nan", "inf", "-1", "x"] {
        assert_eq!(Home::new("").doctor(&[&format!("--ram={ram}")]).1, 2, "{ram}");
    }
}

/// A server that answers everything so.
fn saying(answer: String) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn document(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn near(kind: &str, answer: String) -> Home {
    let path = if kind == "openai" { "/v1" } else { "" };
    Home::new(&format!("[engines.near]\nkind = \"{kind}\"\nbase_url = \"http://{}{path}\"\nmodel = \"m\"\n", saying(answer)))
}

/// "ok: answers for m: chat, tools", of a server that had answered with a web page, an error or nothing of use.
#[test]
fn what_a_server_has_not_told_is_not_said_of_it() {
    for (answer, told) in [
        (document("200 OK", "text/html", "<html>Welcome</html>"), "did not answer with JSON"),
        (document("500 Internal Server Error", "text/plain", ""), "500"),
        (document("404 Not Found", "application/json", "{}"), "404"),
        (document("301 Moved Permanently", "text/plain", ""), "redirects"),
        (document("200 OK", "application/json", "{\"data\": []}"), "lists no models"),
    ] {
        let [status, detail, fix] = near("openai", answer).check("engine near");
        assert_eq!(status, "warning", "{detail}");
        assert!(detail.contains(told) && detail.contains("assumed") && fix.contains("[engines.near]"), "{detail} {fix}");
    }
    let [status, detail, _] = near("openai", document("200 OK", "application/json", "{\"data\": [{\"id\": \"m\"}]}")).check("engine near");
    assert!(status == "ok" && detail.contains("which is assumed"), "{detail}");
}

#[test]
fn a_model_that_can_be_asked_nothing_is_an_error_and_one_without_tools_is_told() {
    let shown = |can: &str| document("200 OK", "application/json", &format!("{{\"capabilities\": [\"{can}\"], \"model_info\": {{}}}}"));
    let [status, detail, _] = near("ollama", shown("embedding")).check("engine near");
    assert!(status == "error" && detail.contains("neither chats nor fills holes"), "{detail}");
    let [status, detail, _] = near("ollama", shown("completion")).check("engine near");
    assert!(status == "ok" && detail.contains("calls no tools"), "{detail}");
}

/// A served name with a line break in it wrote a check of its own.
#[test]
fn a_name_of_a_model_begins_no_line() {
    let home = near("openai", document("200 OK", "application/json", "{\"data\": [{\"id\": \"evil\\nok      engine near: FORGED\"}]}"));
    let (text, _) = home.doctor(&[]);
    assert!(text.contains("evil<U+000A>ok") && !text.contains("\nok      engine near"), "{text}");
}

/// Its API was said to answer, and had not been asked.
#[test]
fn a_server_that_is_not_asked_is_not_said_to_answer() {
    let [status, detail, _] = near("deepseek", document("500 Internal Server Error", "text/plain", "")).check("engine near");
    assert!(status == "info" && detail.contains("was not asked"), "{detail}");
}

/// All was well, and each request failed.
#[test]
fn what_an_engine_is_told_to_use_that_there_is_not_is_an_error() {
    let home = Home::new("[engines.local]\nkind = \"llama\"\nkv_type = \"q8\"\ndialect = \"hermess\"\n");
    for (key, there) in [("kv_type", "q8_0"), ("dialect", "hermes")] {
        let [status, detail, fix] = home.check(&format!("engine local, {key}"));
        assert_eq!(status, "error");
        assert!(detail.contains(there) && fix.contains(key) && fix.contains("[engines.local]"), "{detail} {fix}");
    }
    let home = Home::new("[engines.local]\nkind = 1979-05-27\n");
    let [status, detail, _] = home.check("configuration");
    assert!(status == "error" && detail.contains("engines.local.kind") && detail.contains("a date"), "{detail}");
}
