//! What is put in front of the model for a question about the repository.

use std::sync::Arc;

use longsight::config::{Config, EngineConfig, EngineKind};
use longsight::context::Kind;
use longsight::engine::Cancel;
use longsight::features::ask::ask;
use longsight::features::preview::{Params, Preview, preview};

use longsight::features::silent;
use longsight::workspace::Roots;
use serde_json::json;

use super::cite::SPLIT;
use super::support::files;
use super::support::http::{Act, Server, events, whole};
use super::support::workspace::{Workspace, session_of};

pub(super) fn asked(files: &[(&str, &str)], question: &str, budget: usize) -> Preview {
    let workspace = Workspace::new(files);
    let session = workspace.session(Config::default(), vec![]);
    let params = Params { question: Some(question.into()), budget: Some(budget), ..Params::default() };
    let preview = preview(&session, &params).unwrap();
    assert!(preview.tokens <= budget, "{} tokens for a budget of {budget}", preview.tokens);
    for part in preview.parts.iter() {
        assert!(preview.prompt.contains(part.text.lines().next().unwrap_or_default()), "{part:?}");
    }
    preview
}

const CALCULATOR: (&str, &str) = (
    "src/calculator.rs",
    "/// The sum of two numbers.\npub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n\
     /// The product of two numbers.\npub fn times(a: i32, b: i32) -> i32 {\n    a * b\n}\n",
);
const OTHER: (&str, &str) = ("src/shout.rs", "pub fn shout(text: &str) -> String {\n    text.to_uppercase()\n}\n");

#[test]
fn a_word_that_stands_only_in_a_comment_finds_its_item() {
    let preview = asked(&[CALCULATOR, OTHER], "where is the product computed?", 1000);
    let best = &preview.parts[0];
    assert_eq!((&*best.path, best.kind), ("src/calculator.rs", Kind::Definition), "{:?}", preview.parts);
    assert!(best.text.contains("pub fn times"), "{best:?}");
}

#[test]
fn a_repository_that_fits_goes_in_whole_and_in_a_fixed_order() {
    let files = [OTHER, CALCULATOR, ("README.md", "# A calculator\n")];
    let paths = |question: &str| -> Vec<String> {
        let preview = asked(&files, question, 10_000);
        preview.parts.iter().filter(|part| part.kind == Kind::File).map(|part| part.path.to_string()).collect()
    };
    assert_eq!(paths("where is the product computed?"), ["README.md", "src/calculator.rs", "src/shout.rs"]);
    assert_eq!(paths("what shouts?"), ["README.md", "src/calculator.rs", "src/shout.rs"]);
}

#[test]
fn a_repository_that_does_not_fit_is_mapped_and_the_best_definitions_follow() {
    let generated: Vec<(String, String)> = (0..300)
        .map(|number| {
            let functions: String =
                (0..20).map(|other| format!("pub fn work_{number}_{other}(a: i32) -> i32 {{\n    a + {other}\n}}\n")).collect();
            (format!("src/part_{number:03}.rs"), functions)
        })
        .collect();
    let mut files: Vec<(&str, &str)> = generated.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(CALCULATOR);
    let (small, large) = (asked(&files, "where is the product computed?", 6000), asked(&files, "where is the product computed?", 24_000));
    let mapped = |preview: &Preview| preview.parts.iter().filter(|part| part.kind == Kind::Outline).count();
    assert!(mapped(&small) > 0 && mapped(&large) > 2 * mapped(&small), "{} and {}", mapped(&small), mapped(&large));
    assert!(small.parts.iter().any(|part| part.kind == Kind::Definition && part.text.contains("pub fn times")));
}

#[test]
fn the_best_files_show_their_best_definition_before_any_shows_a_second() {
    let parsers: Vec<(String, String)> = ["json", "toml", "yaml"]
        .iter()
        .map(|format| {
            let text = format!(
                "pub fn parse_{format}(text: &str) -> Value {{\n    Value::default()\n}}\n\n\
                 /// Parses again what could not be parsed.\npub fn parse_{format}_again(text: &str) -> Value {{\n    parse_{format}(text)\n}}\n"
            );
            (format!("src/{format}.rs"), text)
        })
        .collect();
    let mut files: Vec<(&str, &str)> = parsers.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(OTHER);
    let preview = asked(&files, "where is text parsed?", 2000);
    let paths: Vec<&str> = preview.parts.iter().map(|part| &*part.path).collect();
    let mut first: Vec<&str> = paths[..3].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["src/json.rs", "src/toml.rs", "src/yaml.rs"], "{paths:?}");
    assert!(paths.len() > 3, "their other definitions follow: {paths:?}");
}

#[test]
fn a_heading_before_a_colon_names_where_it_happens() {
    let body = "pub fn keep_the_last_line(line: &str) -> &str {\n    line\n}\n";
    let preview = asked(&[("src/parser/lines.rs", body), ("src/lines.rs", body), OTHER], "fix(parser): keep the last line", 1000);
    assert_eq!(&*preview.parts[0].path, "src/parser/lines.rs", "{:?}", preview.parts);
}

/// The model was not told that nothing of a file is shown, and invented what it holds.
#[test]
fn a_question_about_a_file_that_is_kept_out_says_so_to_the_model() {
    let long = format!("pub const TABLE: &str = \"{}\";\n", "ab".repeat(4000));
    let files = [
        CALCULATOR,
        ("src/table.rs", long.as_str()),
        (".env", "NAME=value\n"),
        ("Cargo.lock", "version = 4\n"),
        (".gitignore", "out/\n"),
        ("out/notes.md", "# Notes\n"),
    ];
    let told = |question: &str| -> Vec<String> {
        let prompt = asked(&files, question, 1000).prompt;
        prompt.lines().filter(|line| line.contains("kept out")).map(String::from).collect()
    };
    let line = |path: &str, why: &str| vec![format!("None of `{path}` is among the excerpts: it is kept out of them ({why}).")];
    assert_eq!(told("what does table.rs hold?"), line("src/table.rs", "minified"));
    assert_eq!(told("what does `src/table.rs` hold, and src/table.rs?"), line("src/table.rs", "minified"));
    assert_eq!(told("what is in .env?"), line(".env", "secret"));
    assert_eq!(told("which version has Cargo.lock?"), line("Cargo.lock", "lock file"));
    assert_eq!(told("summarize out/notes.md"), line("out/notes.md", "ignored"));
    assert_eq!(told("what is in src/calculator.rs and in src/nowhere.rs?"), Vec::<String>::new());
}

/// Routes, tests with a title and options stand between definitions; only what stood above the first one was ever shown.
#[test]
fn a_statement_between_definitions_is_found() {
    let app = "const express = require('express');\n\nconst app = express();\n\nfunction started(port) {\n  console.log(port);\n}\n\n\
               app.get('/healthz', (request, response) => {\n  response.send('fine');\n});\n\nfunction stopped() {\n  console.log('end');\n}\n\n\
               app.post('/parcels', redeem);\n";
    let tests = "import { describe, it } from 'vitest';\n\nconst torn = 'a\\nb';\n\ndescribe('files', () => {\n\
                 \x20 it('keeps the last line of a torn file', () => {\n    expect(read(torn)).toBe('a');\n  });\n});\n";
    let files = [("src/app.js", app), ("test/files.test.js", tests), CALCULATOR, OTHER];
    let excerpts = |question: &str| {
        let parts = asked(&files, question, 600).parts;
        parts.into_iter().filter(|part| part.kind == Kind::Definition).collect::<Vec<_>>()
    };
    let shown = |question: &str, line: &str| {
        let parts = excerpts(question);
        assert!(parts.iter().any(|part| part.text.contains(line)), "{question}: {parts:?}");
    };
    shown("where is the route /healthz handled?", "app.get('/healthz'");
    shown("who calls redeem?", "app.post('/parcels', redeem)");
    shown("where is the test \"keeps the last line of a torn file\"?", "it('keeps the last line of a torn file'");
    let parts = excerpts("where is vitest used?");
    assert!(parts.iter().all(|part| !part.text.contains("from 'vitest'")), "imports are no place: {parts:?}");
}

/// `build(deps): …` put the script that builds first, whatever the message spoke of.
#[test]
fn the_kind_of_a_change_is_not_where_it_happens() {
    let files = [
        ("build.rs", "/// Builds.\npub fn build() {\n    let build = built();\n}\n"),
        ("src/clock.rs", "/// The time by the system's clock.\npub fn now() -> u64 {\n    0\n}\n"),
    ];
    let first = |message: &str| asked(&files, message, 1000).parts[0].path.to_string();
    assert_eq!(first("build(deps): update the clock"), "src/clock.rs");
    assert_eq!(first("build(clock)!: write it anew"), "src/clock.rs");
    assert_eq!(first("build: write the build anew"), "build.rs", "it is spoken of as well");
    assert_eq!(first("clock: write the build anew"), "src/clock.rs");
}

#[test]
fn a_test_is_no_answer_to_a_question_about_what_it_tests() {
    let code = "/// Rounds an amount to cents.\npub fn rounded(amount: f64) -> f64 {\n    amount.round()\n}\n";
    let test = "/// Rounds an amount to cents, and rounds it again.\nfn rounded_amounts_are_rounded() {\n    rounded(rounded(1.0));\n}\n";
    let preview = asked(&[("src/money.rs", code), ("tests/money.rs", test), OTHER], "where is an amount rounded to cents?", 1000);
    assert_eq!(&*preview.parts[0].path, "src/money.rs", "{:?}", preview.parts);
}

/// The preview knew neither of the tool that hands a question on nor of `thinking`: 450 bytes shown, 1,917 sent.
#[tokio::test]
async fn the_preview_of_a_question_is_what_is_sent_to_the_byte() {
    for (dialect, thinking) in [("deepseek-v3.2", Some(true)), ("deepseek-v3.2", None), ("llama-4", None), ("hermes", Some(true))] {
        let said = if thinking == Some(true) { "Well.</think>It is there." } else { "It is there." };
        let answer = events(&[json!({"id": "a", "choices": [{"index": 0, "text": said, "finish_reason": "stop"}]})]);
        let server = Server::start(move |_, asked| match asked.path.as_str() {
            "/v1/models" => vec![Act::Send(whole("200 OK", "application/json", &json!({"data": [{"id": "tiny"}]}).to_string()))],
            _ => vec![Act::Send(answer.clone())],
        })
        .await;
        let engine = |thinking| EngineConfig {
            kind: EngineKind::OpenAi,
            model: "tiny".into(),
            base_url: Some(server.url.clone()),
            dialect: Some(dialect.into()),
            thinking,
            ..EngineConfig::default()
        };
        let mut config = Config::default();
        (config.roles.scout, config.roles.coder) = ("reads".into(), "writes".into());
        config.engines.insert("reads".into(), engine(thinking));
        config.engines.insert("writes".into(), engine(None));
        let workspace = Workspace::new(&[CALCULATOR, OTHER]);
        let session = workspace.session(config, vec![]);
        let words = "where is the product computed?";
        ask(&session, words, &Cancel::new(), &silent()).await.unwrap();
        let shown = preview(&session, &Params { question: Some(words.into()), ..Params::default() }).unwrap();
        let sent = server.asked().last().unwrap().body["prompt"].as_str().unwrap().to_string();
        assert!(sent.contains("escalate"), "{sent}");
        assert_eq!(shown.prompt, sent, "{dialect}, thinking {thinking:?}");
    }
}

#[test]
fn what_a_module_says_of_itself_is_a_place() {
    let text = "//! Ropes.\n//!\n//! A line break is LF, CR or CRLF; which of them are recognised is decided by features.\n\nuse std::fmt;\n\n\
                pub fn len(text: &str) -> usize {\n    text.len()\n}\n";
    let preview = asked(&[("src/lib.rs", text), CALCULATOR, OTHER], "which line breaks are recognised?", 1000);
    let best = &preview.parts[0];
    assert_eq!((&*best.path, best.start_line), ("src/lib.rs", 1), "{:?}", preview.parts);
    assert!(best.text.contains("LF, CR or CRLF"), "{best:?}");
}

#[test]
fn small_definitions_fill_the_budget() {
    let files: Vec<(String, String)> = (0..6)
        .map(|number| {
            let aliases: String =
                (0..6).map(|other| format!("/// The backend {number} {other}.\npub type Backend{number}x{other} = u32;\n")).collect();
            (format!("src/backend_{number}.rs"), aliases)
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let preview = asked(&files, "which backend is used?", 3072);
    assert!(preview.parts.len() > 20, "{} places", preview.parts.len());
}

#[test]
fn a_statement_about_a_test_is_seldom_one_of_a_test_alone() {
    let files = [
        ("src/cart.rs", "pub fn total(cart: &[u64]) -> u64 {\n    cart.iter().sum()\n}\n"),
        ("tests/cart.rs", "#[test]\nfn total_of_a_cart() {\n    assert_eq!(total(&[1]), 1);\n}\n"),
    ];
    let preview = asked(&files, "Fix the total of an empty cart and add a test", 1000);
    assert_eq!(&*preview.parts[0].path, "src/cart.rs", "{:?}", preview.parts);
}

#[test]
fn code_comes_before_the_tests_beside_it() {
    let text = "pub fn parse(text: &str) -> u32 {\n    text.len() as u32\n}\n\n#[cfg(test)]\nmod tests {\n    \
                #[test]\n    fn parse_text_parses_text() {\n        assert_eq!(super::parse(\"text to parse\"), 13);\n    }\n}\n";
    let preview = asked(&[("src/span.rs", text), OTHER], "how is text parsed?", 1000);
    assert!(preview.parts[0].text.contains("pub fn parse"), "{:?}", preview.parts);
}

#[test]
fn a_question_is_written_in_the_past_and_code_is_not() {
    let files = [("src/locker.rs", "pub fn write_lock() {}\n\npub fn get_lock() {}\n"), OTHER];
    let preview = asked(&files, "where is the lock written?", 1000);
    assert!(preview.parts[0].text.contains("write_lock"), "{:?}", preview.parts);
}

const README: (&str, &str) =
    ("README.md", "# Abacus\n\nAbacus counts coins by weight.\n\n## Joins\n\nTwo purses are joined by their owner.\n\n## License\n\nMIT\n");
const MANIFEST: (&str, &str) = ("Cargo.toml", "[package]\nname = \"abacus\"\n\n[dependencies]\nserde = \"1\"\n");

/// Other code, more than fits.
fn much(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let each = |number: usize| {
        let functions: String = (0..20).map(|other| format!("pub fn work_{number}_{other}(a: i32) -> i32 {{\n    a\n}}\n")).collect();
        (format!("src/part_{number:02}.rs"), functions)
    };
    let given = files.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string()));
    given.chain((0..40).map(each)).collect()
}

/// `ask` saw neither the README nor manifests, also where the question named them.
#[test]
fn documents_and_manifests_are_places() {
    let tox = ("tox.ini", "[testenv]\ncommands = pytest {posargs}\n");
    let files = much(&[CALCULATOR, README, MANIFEST, tox]);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    for (question, path, shown) in [
        ("Which dependencies does Cargo.toml list?", "Cargo.toml", "serde"),
        ("What does README.md say about joins?", "README.md", "joined by their owner"),
        ("What does the readme say?", "README.md", "counts coins"),
        ("How do I run this with tox?", "tox.ini", "posargs"),
        ("How are purses joined?", "README.md", "joined by their owner"),
    ] {
        let preview = asked(&files, question, 1000);
        let best = &preview.parts[0];
        assert!(&*best.path == path && best.text.contains(shown), "{question}: {:?}", preview.parts);
    }
    let preview = asked(&files, "Where is the product computed?", 1000);
    assert_eq!(&*preview.parts[0].path, "src/calculator.rs", "{:?}", preview.parts);
}

/// A list of changes says of everything that it was changed.
#[test]
fn code_comes_before_what_is_written_about_it() {
    let changes = ("CHANGES.md", "# 1.2\n\nThe product of two numbers is computed right.\n");
    let preview = asked(&[changes, CALCULATOR, OTHER], "where is the product of two numbers computed?", 1000);
    assert_eq!(&*preview.parts[0].path, "src/calculator.rs", "{:?}", preview.parts);
}

/// A question whose words the code does not have was sent with nothing at all.
#[test]
fn a_question_about_all_of_it_gets_what_the_repository_says_of_itself() {
    let files = much(&[CALCULATOR, README, MANIFEST]);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    for question in ["What does this project do?", "How do I use this?", "Wo wird die Eingabe gelesen?", "What is this?"] {
        for budget in [1000, 6000] {
            let preview = asked(&files, question, budget);
            let has = |path: &str, kind: Kind| preview.parts.iter().any(|part| &*part.path == path && part.kind == kind);
            assert!(has("README.md", Kind::Definition) && has("Cargo.toml", Kind::Definition), "{question}: {:?}", preview.parts);
            assert!(has("src/calculator.rs", Kind::Outline), "{question}: {:?}", preview.parts);
        }
    }
}

/// A class with a long method, others that speak more of it, and much besides.
fn long() -> Vec<(String, String)> {
    let body: String = (0..140).map(|number| format!("        step = prepare_{number}(step)\n")).collect();
    let task = format!(
        "class Base:\n    def retry(self):\n        return 1\n\n\nclass Task(Base):\n    \"\"\"What is to be done.\"\"\"\n\n    \
         def delay(self):\n        return self.run_later()\n\n    def run_later(self, step):\n{body}        return step\n"
    );
    let other = "class Chain:\n    def run_later(self):\n        return self.task.run_later()\n\n    def retry(self):\n        return self.task.retry()\n";
    let tests: String = (0..9).map(|number| format!("def test_task_run_later_{number}():\n    Task().run_later()\n\n\n")).collect();
    much(&[("work/app/task.py", &task), ("work/chain.py", other), ("t/test_task.py", &tests)])
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (&**path, &**text)).collect()
}

/// None of these showed the line: paths had no lines, and a trace was a heap of words.
#[test]
fn lines_that_a_question_names_are_shown_first() {
    let files = long();
    let trace = "Why does this fail?\n\nTraceback (most recent call last):\n  File \"/usr/lib/python3/runpy.py\", line 3, in run\n    go()\n  \
                 File \"/srv/checkout/work/app/task.py\", line 100, in run_later\n    step = prepare_88(step)\nKeyError: 1\n";
    for question in [
        "What does work/app/task.py:100 do?",
        "explain line 100 of work/app/task.py",
        "what happens in task.py around line 100?",
        "In work/app/task.py, what is done on line 100?",
        "panicked at C:\\ci\\work\\app\\task.py:100:5",
        "at run (/srv/checkout/work/app/task.py:100:5)",
        trace,
    ] {
        for budget in [1000, 3072, 6000] {
            let preview = asked(&borrowed(&files), question, budget);
            let best = preview.parts.iter().find(|part| part.kind == Kind::Definition).unwrap();
            let shows = (best.start_line..=best.end_line).contains(&100) && best.text.contains("prepare_87(");
            assert!(&*best.path == "work/app/task.py" && shows, "{question}: {best:?}");
        }
    }
}

/// The longer a definition, the less its own name was worth; and a method of a class was any method of that name.
#[test]
fn a_definition_that_is_named_is_shown_however_long_it_is() {
    let files = long();
    for (question, path, shown) in [
        ("explain Task.run_later", "work/app/task.py", "    def run_later(self, step):\n        step = prepare_0(step)"),
        ("Where is Task::run_later defined?", "work/app/task.py", "    def run_later(self, step):"),
        ("What does `run_later` do?", "work/app/task.py", "    def run_later(self, step):"),
        ("What does Chain.run_later do?", "work/chain.py", "    def run_later(self):"),
        ("What does Task.retry do?", "work/app/task.py", "    def retry(self):"),
        ("explain delay", "work/app/task.py", "    def delay(self):"),
        ("Where is the class Task?", "work/app/task.py", "class Task(Base):"),
        ("How is a Task run?", "work/app/task.py", "class Task(Base):"),
    ] {
        let preview = asked(&borrowed(&files), question, 1000);
        let best = &preview.parts[0];
        assert!(&*best.path == path && best.text.contains(shown), "{question}: {best:?}");
    }
}

/// A part that lay inside of a later one stood there twice.
#[test]
fn a_line_is_shown_once() {
    let files = long();
    for question in ["How is a Task run later, and what is the retry of a Task?", "explain Task.run_later", "What does task.py:100 do?"] {
        for budget in [1000, 3072, 6000, 9000] {
            let preview = asked(&borrowed(&files), question, budget);
            let mut seen = std::collections::HashSet::new();
            for part in preview.parts.iter().filter(|part| part.kind == Kind::Definition) {
                assert_eq!(part.text.lines().count() as u32, part.end_line - part.start_line + 1, "{part:?}");
                for line in part.start_line..=part.end_line {
                    assert!(seen.insert((part.path.clone(), line)), "{question}: {}:{line} is there twice", part.path);
                }
            }
        }
    }
}

/// From a fifth of the text on nothing was added any more.
#[test]
fn the_context_grows_until_all_of_the_text_is_there() {
    let files: Vec<(String, String)> = (0..260)
        .map(|number| {
            let functions: String = (0..6)
                .map(|other| {
                    let body: String = (0..30).map(|line| format!("    let a = a * {line} + {other};\n")).collect();
                    format!("pub fn work_{number}_{other}(a: i32) -> i32 {{\n{body}    a\n}}\n")
                })
                .collect();
            (format!("src/part_{number:03}.rs"), functions)
        })
        .collect();
    for budget in [100_000, 250_000, 500_000] {
        let preview = asked(&borrowed(&files), "where is work 7 done?", budget);
        assert!(preview.tokens > budget / 10 * 9, "{} of {budget}", preview.tokens);
        assert!(preview.parts.iter().any(|part| part.kind == Kind::Definition), "what is asked for comes last");
    }
    let all = asked(&borrowed(&files), "where is work 7 done?", 4_000_000);
    assert_eq!(all.parts.iter().filter(|part| part.kind == Kind::File).count(), 260);
}

/// It began with the files of the question, so nothing of a long prompt was used again.
#[test]
fn the_map_stays_as_it_is_from_question_to_question() {
    let files = much(&[CALCULATOR, OTHER, README]);
    let workspace = Workspace::new(&borrowed(&files));
    let session = workspace.session(Config::default(), vec![]);
    let ask = |question: &str| {
        let params = Params { question: Some(question.into()), budget: Some(6000), ..Params::default() };
        preview(&session, &params).unwrap()
    };
    ask("where is the product computed?");
    for question in ["who shouts?", "what does work_7_3 do?", "how are purses joined?"] {
        let next = ask(question);
        assert!(next.prefix_reused > 1200, "{question}: {} tokens are reused of {}", next.prefix_reused, next.prompt_tokens);
    }
}

/// What came was code about tests.
#[test]
fn what_people_do_with_a_repository_is_answered_from_what_is_written_for_them() {
    let tests: String = (0..30)
        .map(|number| format!("/// Runs the tests of the build.\npub fn run_tests_{number}(build: &Build) {{\n    build.run_tests()\n}}\n"))
        .collect();
    let guide = (
        "CONTRIBUTING.rst",
        "Contributing\n============\n\nThank you.\n\nRunning the test suite\n----------------------\n\nUse tox -e unit.\n",
    );
    let package = ("package.json", "{\n  \"scripts\": {\n    \"test\": \"vitest\",\n    \"build\": \"rollup -c\"\n  }\n}\n");
    let install = ("docs/INSTALL.md", "# Install\n\nUnpack it, then say `make install`.\n");
    let files = much(&[("src/runner.rs", &tests), ("src/build.rs", &tests), guide, package, install]);
    for (question, shown) in [
        ("How do I run the tests?", vec!["Use tox -e unit", "\"test\": \"vitest\""]),
        ("What is the command to run the unit tests?", vec!["Use tox -e unit"]),
        ("How do I build this project?", vec!["\"build\": \"rollup -c\""]),
        ("How can I install it?", vec!["make install"]),
    ] {
        let preview = asked(&borrowed(&files), question, 1000);
        for text in shown {
            assert!(preview.parts.iter().any(|part| part.text.contains(text)), "{question}: {:?}", preview.parts);
        }
    }
    let preview = asked(&borrowed(&files), "How does run_tests_7 work?", 1000);
    assert!(preview.parts[0].text.contains("pub fn run_tests_7"), "{:?}", preview.parts[0]);
}

/// `use `, `from ` and their like began no line of any file but an import.
#[test]
fn a_line_of_prose_that_begins_like_an_import_is_found() {
    let filler = |word: &str| (0..120).map(|line| format!("The {word} stands in line {line} of this guide.\n")).collect::<String>();
    for said in ["use the frobnication switch to turn the cache off.", "from the frobnication switch on the cache is off."] {
        let guide = format!("# Guide\n\n{}{said}\n{}", filler("first half"), filler("second half"));
        let preview = asked(&[("guide.md", &guide), CALCULATOR, OTHER], "What does the frobnication switch turn off?", 1000);
        let shows = |part: &longsight::context::Part| &*part.path == "guide.md" && part.text.contains(said);
        assert!(preview.parts.iter().any(shows), "{said}: {:?}", preview.parts);
    }
    let code = "use frobnication::switch;\nmod frobnication;\n\npub fn times(a: i32) -> i32 {\n    a\n}\n";
    let preview = asked(&[("src/lib.rs", code), CALCULATOR, OTHER], "What does the frobnication switch turn off?", 60);
    let head = |part: &longsight::context::Part| part.kind == Kind::Definition && part.text.starts_with("use frobnication");
    assert!(!preview.parts.iter().any(head), "an import of code is no place: {:?}", preview.parts);
}

fn thirty() -> Vec<(String, String)> {
    let helpers = (0..30).map(|number| {
        let text =
            format!("def helper_{number}(value):\n    return value + {number}\n\n\ndef parse_part_{number}(text):\n    return text\n");
        (format!("work/part_{number}.py"), text)
    });
    let config = "def parse_config(text):\n    return dict(line.split('=') for line in text.splitlines())\n";
    helpers.chain([("work/config.py".to_string(), config.to_string())]).collect()
}

/// Scripts without blanks between words glued a name to what stands behind it.
#[test]
fn a_name_is_found_beside_words_of_a_script_without_blanks() {
    let files = thirty();
    for (question, shown) in [
        ("函数parse_config在哪里定义？", "def parse_config("),
        ("parse_configはどこで定義されていますか", "def parse_config("),
        ("helper_7の定義は", "def helper_7("),
        ("helper_7は何をしますか", "def helper_7("),
        ("parse_config는 어디에 정의되어 있나요?", "def parse_config("),
    ] {
        let preview = asked(&borrowed(&files), question, 300);
        let best = preview.parts.iter().find(|part| part.kind == Kind::Definition);
        assert!(best.is_some_and(|part| part.text.contains(shown)), "{question}: {:?}", preview.parts);
    }
}

/// Prose of these scripts was one word from one comma to the next.
#[test]
fn prose_of_a_script_without_blanks_is_found() {
    for (said, question) in [
        ("缓存可以用开关关闭。", "怎么关闭缓存？"),
        ("キャッシュは設定で無効にできます。", "どうすればキャッシュを無効にしますか？"),
        ("캐시는 설정에서 끌 수 있습니다.", "캐시를 끄려면?"),
    ] {
        let filler: String = (0..120).map(|line| format!("Line {line} of this guide.\n")).collect();
        let guide = format!("# Guide\n\n{filler}{said}\n{filler}");
        let preview = asked(&[("guide.md", &guide), CALCULATOR, OTHER], question, 1000);
        let shows = |part: &longsight::context::Part| &*part.path == "guide.md" && part.text.contains(said);
        assert!(preview.parts.iter().any(shows), "{question}: {:?}", preview.parts);
    }
}

/// The first part that the definitions of a question's places are.
pub(super) fn first(preview: &Preview) -> (String, String) {
    let part = preview.parts.iter().find(|part| part.kind == Kind::Definition).unwrap();
    (part.path.to_string(), part.text.to_string())
}

/// A function whose beginning takes all of the room that an excerpt has.
pub(super) fn long_function(name: &str, last: &str) -> String {
    let lines: String = (0..120).map(|number| format!("    let step_{number} = prepared(input, {number}).unwrap();\n")).collect();
    format!("pub fn {name}(input: &str) {{\n{lines}    {last}\n}}\n")
}

/// The excerpt began at the head of the function, and ended before the line that the question was about.
#[test]
fn the_line_with_a_quoted_message_is_shown() {
    let deep =
        long_function("install", "panic!(\"no room is left for {} more\", step_3);\n    panic!(\"the lock is held by another process\");");
    let other = "/// The lock of a process, held by another.\npub fn lock(process: u32) {}\n";
    for question in
        ["why do I get the error \"the lock is held by another process\"?", "What does `the lock is held by another process` mean?"]
    {
        let (path, text) = first(&asked(&[("src/deep.rs", &deep), ("src/lock.rs", other)], question, 2000));
        assert!(path == "src/deep.rs" && text.contains("is held by another"), "{path}: {text}");
    }
    // With values in it, it is no longer what stands there.
    let room = "/// More room for what is left.\npub fn room(more: u32) {}\n";
    for question in ["why does it say: no room is left for 12 more", "when do I get \"no room is left for 12 more\"?"] {
        let (_, text) = first(&asked(&[("src/deep.rs", &deep), OTHER, ("src/room.rs", room)], question, 2000));
        assert!(text.contains("no room is left"), "{question}: {text}");
    }
}

/// A field stands in what it is one of, which was shown from its beginning, and so was a definition behind a comment of many pages.
#[test]
fn what_is_named_is_shown_in_what_is_longer_than_an_excerpt() {
    let fields: String = (0..300).map(|number| format!("    int counter_of_{number};\n")).collect();
    let server = format!("struct server {{\n{fields}    int last_increment_size;\n{}}};\n", fields.replace("counter", "gauge"));
    let (_, text) = first(&asked(&[("server.h", &server)], "what is `last_increment_size`?", 2000));
    assert!(text.contains("last_increment_size"), "{text}");
    // Lines of many lengths: an excerpt of whole lines may begin a line too early for what stands at its end.
    for more in (0..60).step_by(7) {
        let page = |number: usize| {
            format!("/// Page {number} tells of time zones and of what {}they are.\n", "really ".repeat((number + more) % 9))
        };
        let pages: String = (0..200).map(page).collect();
        let zoned = format!("{pages}pub struct Zoned {{\n    inner: u64,\n}}\n");
        let (_, text) = first(&asked(&[("src/zoned.rs", &zoned)], "where is the struct Zoned defined?", 2000 + more));
        assert!(text.contains("pub struct Zoned"), "{text}");
    }
}

/// A name without its folder, or the end of a path, named no file, and one that ends like it was taken for it.
#[test]
fn a_file_is_named_by_the_end_of_its_path() {
    let files = [
        ("src/nodes/Token.java", "class Token {\n    void read() {}\n}\n"),
        ("src/nodes/Tokens.java", "class Tokens {\n    /** What a token does. */\n    void tokenDoes() {}\n}\n"),
        ("src/myapp.py", "def run():\n    pass\n"),
        ("src/app.py", "def does():\n    \"\"\"What it does in app.py.\"\"\"\n"),
    ];
    for (question, wanted) in [
        ("what does Token.java do?", "src/nodes/Token.java"),
        ("what does nodes/Token.java do?", "src/nodes/Token.java"),
        ("what does /home/me/proj/src/nodes/Token.java do?", "src/nodes/Token.java"),
        ("what does myapp.py do?", "src/myapp.py"),
        ("what does app.py do?", "src/app.py"),
    ] {
        assert_eq!(first(&asked(&files, question, 300)).0, wanted, "{question}");
    }
}

/// Constructors and overloads counted as definitions, so that a class with six of them was none that is meant; and a variant came before the
/// type of its name.
#[test]
fn a_class_is_found_beside_its_constructors_and_a_type_beside_variants() {
    let constructors: String = (0..14).map(|number| format!("    Elements(int a{number}) {{}}\n")).collect();
    let overloads: String = (0..13).map(|number| format!("export function pipe(a{number}: string): void;\n")).collect();
    let variants: String =
        (0..4).map(|number| format!("pub enum Error{number} {{\n    First,\n    Second,\n    Offset(u8),\n}}\n")).collect();
    let files = [
        ("Elements.java", format!("class Elements {{\n{constructors}}}\n")),
        ("pipe.ts", format!("{overloads}export function pipe(...all: string[]): void {{\n    all.forEach(print);\n}}\n")),
        ("errors.rs", variants),
        ("offset.rs", "pub struct Offset(u8);\n".into()),
        ("README.md", "# Elements, pipes and offsets, defined\n".into()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    for (question, path, shown) in [
        ("where is class Elements defined?", "Elements.java", "class Elements"),
        ("where is pipe defined?", "pipe.ts", "all.forEach"),
        ("where is `Offset` defined?", "offset.rs", "pub struct Offset"),
    ] {
        let (found, text) = first(&asked(&files, question, 1000));
        assert!(found == path && text.contains(shown), "{question} {found}: {text}");
    }
}

/// Only names with `_` or capitals in them were names of code.
#[test]
fn constants_of_one_word_and_names_that_are_common_words_are_found() {
    let files = [
        ("src/limits.rs", "pub const LOW: u32 = 1;\npub const NEVER: u32 = 0;\n"),
        ("src/main.rs", "fn main() {\n    run();\n}\n"),
        ("src/work.rs", "/// Never works, and is defined by nobody.\nfn never_works() {}\n"),
        ("README.md", "# Where it is defined\n\nNever mind the main thing.\n"),
    ];
    for (question, path, shown) in [
        ("where is NEVER defined?", "src/limits.rs", "pub const NEVER"),
        ("what is the constant NEVER for?", "src/limits.rs", "pub const NEVER"),
        ("where is main defined?", "src/main.rs", "fn main"),
        ("where is the function main implemented?", "src/main.rs", "fn main"),
    ] {
        let (found, text) = first(&asked(&files, question, 200));
        assert!(found == path && text.contains(shown), "{question} {found}: {text}");
    }
}

/// Such a path was cut where a blank, a quote or a comma stood, and of a name in brackets the first one was taken off.
#[test]
fn a_place_in_a_file_whose_name_is_no_single_word_is_shown_first() {
    let code: String = (0..40).map(|number| format!("export function step{number}() {{\n  return {number};\n}}\n\n")).collect();
    let files: Vec<(&str, &str)> = SPLIT.iter().filter(|path| !path.ends_with(".md")).map(|path| (*path, &*code)).collect();
    let workspace = Workspace::new(&files);
    let session = workspace.session(Config::default(), vec![]);
    for path in files.iter().map(|(path, _)| *path) {
        let escaped = path.replace(' ', "%20");
        for question in [
            format!("what is at {path}:110?"),
            format!("what does `{path}:110` do?"),
            format!("what is at \"{path}:110\"?"),
            format!("what is on line 110 of {path}?"),
            format!("see {path} line 110: why?"),
            format!("File \"/home/me/x/{path}\", line 110, in foo\nwhy?"),
            format!("at Foo (/home/me/x/{path}:110:15)\nwhy?"),
            format!("why does {path}(110,5): error TS2322 come?"),
            format!("explain [{path}]({escaped}#L110)"),
            format!("look at {path}#L110-L113, what is it?"),
            format!("  --> {path}:110:5\nwhat does this mean?"),
            format!("./{path}:110 what?"),
            format!("error in {path}:110."),
            format!("C:\\work\\x\\{}:110 what is wrong?", path.replace('/', "\\")),
        ] {
            let params = Params { question: Some(question.clone()), budget: Some(1000), ..Params::default() };
            let preview = preview(&session, &params).unwrap();
            let first = preview.parts.iter().find(|part| part.kind == Kind::Definition).map(|part| (&*part.path, part.start_line));
            assert_eq!(first, Some((path, 109)), "{question}");
        }
    }
}

/// A line of the map was the first of a signature, with the number of the line that has the name: `2 @Override`.
#[test]
fn a_line_of_the_map_is_the_one_with_the_name() {
    let java = "class Tiger {\n    @Override\n    @Deprecated(since = \"2\")\n    public String roar(int times) {\n        return \"\";\n    }\n}\n\n\
        @SuppressWarnings(\"unused\")\npublic interface Animal {\n    void eat();\n}\n";
    let c = "#include <stdio.h>\n\nstatic void\nwalk_around(int steps, char *where)\n{\n    puts(where);\n}\n\n\
        typedef struct {\n    int age;\n} tiger_t;\n\nint one_line(void) { return 1; }\n\n\
        static inline int __attribute__((unused))\nmarked_one(void)\n{\n    return 1;\n}\n";
    let python = "@cached\n@slow(\n    times=3,\n)\ndef purr():\n    pass\n\n\nasync def hunt(\n    prey,\n    place,\n):\n    pass\n";
    let files = much(&[("a/Tiger.java", java), ("a/tiger.c", c), ("a/tiger.py", python)]);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let preview = asked(&files, "What does this project do?", 6000);
    let lines = |path: &str| {
        let part = preview.parts.iter().find(|part| &*part.path == path && part.kind == Kind::Outline);
        part.unwrap_or_else(|| panic!("{path}: {:?}", preview.parts)).text.lines().map(String::from).collect::<Vec<_>>()
    };
    let java = ["1 class Tiger", "4 public String roar(int times)", "10 public interface Animal", "11 void eat();"];
    let c = [
        "4 static void walk_around(int steps, char *where)",
        "11 typedef struct … } tiger_t;",
        "13 int one_line(void)",
        "16 marked_one(void)",
    ];
    assert_eq!(lines("a/Tiger.java"), java);
    assert_eq!(lines("a/tiger.c"), c);
    assert_eq!(lines("a/tiger.py"), ["5 def purr():", "9 async def hunt("]);
}

/// The line break behind a macro was the grammar's own, so that the macro had the next line as well.
#[test]
fn a_macro_ends_with_its_last_line() {
    let c = "int first;\n\n/* Twice of it. */\n#define DOUBLE_IT(x) ((x) * 2)\n#define TRIPLE_IT(x) ((x) * 3)\n#define LONG_ONE(x) \\\n    ((x) * 4)\nint last;\n";
    for (question, lines) in [
        ("what is `DOUBLE_IT`?", (3, 4)),
        ("what is `LONG_ONE`?", (6, 7)),
        ("what is at a.c:4?", (3, 4)),
        ("what is at a.c:5?", (5, 5)),
        ("what is at a.c:7?", (6, 7)),
    ] {
        let preview = asked(&[("a.c", c), OTHER], question, 300);
        let first = preview.parts.iter().find(|part| part.kind == Kind::Definition).unwrap();
        assert_eq!((first.start_line, first.end_line), lines, "{question}: {first:?}");
    }
}

/// Only the first of them spoke for all.
#[test]
fn each_of_several_roots_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        files::write(folder.path(), path, text);
    };
    let long = "It says much of what it does.\n".repeat(400);
    for root in ["one", "two", "three"] {
        write(&format!("{root}/README.md"), &format!("# The {root}\n\n{long}"));
        write(&format!("{root}/Cargo.toml"), &format!("[package]\nname = \"{root}\"\n"));
        write(&format!("{root}/src/README.md"), "# Not this one\n");
    }
    let roots = Arc::new(Roots::new(["one", "two", "three"].map(|root| folder.path().join(root))));
    let session = session_of(roots);
    let params = Params { question: Some("what does this repository do?".into()), budget: Some(2000), ..Params::default() };
    let preview = preview(&session, &params).unwrap();
    assert!(preview.tokens <= 2000, "{}", preview.tokens);
    for root in ["one", "two", "three"] {
        for name in ["README.md", "Cargo.toml"] {
            let path = format!("{root}/{name}");
            assert!(preview.parts.iter().any(|part| *part.path == *path && part.kind == Kind::Definition), "{path}: {:?}", preview.parts);
        }
    }
}

/// A small repository stood twice in the prompt: as the best definitions and as all of its text, or in the map.
#[test]
fn each_piece_of_a_small_repository_stands_once() {
    let files = [CALCULATOR, OTHER, ("README.md", "# A calculator\n")];
    let preview = asked(&files, "where is the product computed?", 1500);
    for line in ["pub fn add(", "pub fn times(", "pub fn shout(", "# A calculator", "a * b"] {
        assert_eq!(preview.prompt.matches(line).count(), 1, "{line}: {}", preview.prompt);
    }
    let best = &preview.parts[0];
    assert!(best.kind == Kind::Definition && best.text.contains("pub fn times"), "{:?}", preview.parts);
    let many: Vec<(String, String)> = (0..80)
        .map(|n| (format!("src/part_{n}.rs"), format!("pub fn number_{n}() -> u32 {{\n{}    {n}\n}}\n", "    // a line\n".repeat(30))))
        .collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([CALCULATOR]).collect();
    let preview = asked(&files, "where is the product computed?", 2000);
    assert!(preview.parts.iter().any(|part| part.kind == Kind::Outline), "{:?}", preview.parts);
    assert_eq!(preview.prompt.matches("pub fn times(").count(), 1, "{}", preview.prompt);
}
