//! What becomes of a text: cases as data, a file of them per feature and language below `tests/cases`. `UPDATE_EXPECT=1` writes what came
//! out into the files, to be read before it is believed.
//!
//! A case begins at `## what it shows`. Then come its files, each behind `//- path`, with `$0` for the cursor or `⟦…⟧` for what is marked;
//! what is asked, behind `//> `; the answers of the model, each behind `//< `, of which the last is given again when it is asked further;
//! and behind `//= ` what came out: a diff, the entries of a menu, parts of other files, or why there is nothing.
//!
//! Asked is `document`, `test`, `implement`, `function`, `variable`, `module`, `calls` or `rewrite` (the code actions), `fix MESSAGE`, `do
//! INSTRUCTION`, `complete` or `invoke` (inline completion), `menu`, or `context TOKENS`.
//!
//! An answer is plain `text`, that of a model without tokens for holes (`words`), or of one that ran out of tokens (`cut`), or a field of the one call that a model of a small window is asked for (`comment`, `body`, `new_code`,
//! `test_code`, `function`, `calls` with a list as JSON), with further fields behind `//& `, or `call NAME` with its arguments as JSON, of a
//! model of a large window.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::expect_file;
use longsight::config::Config;
use longsight::context::Kind;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, Event, Finish, Finished};
use longsight::features::edit::{How, Params, edit};
use longsight::features::preview::{self, preview};
use longsight::features::{Session, Site, Target, actions, complete, silent};
use longsight::syntax::Registry;
use longsight::text::diff;
use serde_json::Value;

use crate::support::workspace::{Workspace, agent_config, call, calls, target};

/// A case as it is written.
struct Case<'a> {
    /// From `## ` on up to the line with `//= `.
    head: &'a str,
    files: Vec<(&'a str, String)>,
    /// The file of the cursor.
    path: &'a str,
    marked: std::ops::Range<usize>,
    asked: &'a str,
    /// Each with its fields: their names, and the texts.
    answers: Vec<Vec<(&'a str, &'a str)>>,
}

const ENDED: &str = "//=";

impl<'a> Case<'a> {
    fn new(text: &'a str) -> Self {
        let title = text.lines().next().unwrap_or_default();
        let head = &text[..text.find(ENDED).unwrap_or_else(|| panic!("`{ENDED}` is missing: {title}"))];
        let (mut files, mut answers, mut asked, mut place) = (vec![], vec![], None, None);
        for (mark, words, body) in sections(head) {
            match mark {
                "//- " => {
                    let (plain, marked) = place_of(body);
                    place = place.or(marked.map(|marked| (words, marked)));
                    files.push((words, plain));
                }
                "//> " => asked = Some(words),
                // What ends an answer is no part of it.
                _ => {
                    let field = (words, body.strip_suffix('\n').unwrap_or(body));
                    match answers.last_mut().filter(|_| mark == "//& ") {
                        Some(answer) => Vec::push(answer, field),
                        None => answers.push(vec![field]),
                    }
                }
            }
        }
        let (path, marked) = place.unwrap_or_else(|| panic!("neither cursor nor mark: {title}"));
        let asked = asked.unwrap_or_else(|| panic!("nothing is asked: {title}"));
        Self { head, files, path, marked, asked, answers }
    }

    fn session(&self, workspace: &Workspace, languages: fn() -> Registry) -> Session {
        let has_tools = self.answers.iter().flatten().any(|(kind, _)| kind.starts_with("call "));
        let mut scripts: Vec<Vec<Step>> = self.answers.iter().map(|answer| script(answer)).collect();
        let last = scripts.last().cloned();
        scripts.extend(std::iter::repeat_n(last, 6).flatten());
        let config = if has_tools { agent_config() } else { Config::default() };
        let in_words = self.answers.iter().flatten().any(|(kind, _)| *kind == "words");
        let engine = if in_words { Scripted::without_fim(scripts) } else { Scripted::new(scripts) };
        workspace.session_in(languages(), config, vec![("local".into(), engine as Arc<dyn Engine>)])
    }

    async fn outcome(&self, languages: fn() -> Registry) -> String {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let workspace = Workspace::new(&files);
        let session = self.session(&workspace, languages);
        let at = Target { bytes: self.marked.clone(), ..target(&session, self.path, "") };
        let (verb, words) = self.asked.split_once(' ').unwrap_or((self.asked, ""));
        match verb {
            "complete" | "invoke" => completed(&session, at, verb == "invoke").await,
            "menu" => actions::actions(&session, &at, &[]).iter().map(|offer| format!("{}\n", offer.title)).collect(),
            "context" => shown(&session, at, words.parse().expect("tokens")),
            _ => edited(&session, at, how(verb, words)).await,
        }
    }
}

/// The parts of a case: the mark, what stands behind it, and the lines up to the next.
fn sections(head: &str) -> Vec<(&str, &str, &str)> {
    const MARKS: &[&str] = &["//- ", "//> ", "//< ", "//& "];
    let starts: Vec<usize> = std::iter::once(0).chain(head.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let marks = starts.into_iter().filter_map(|at| MARKS.iter().find(|mark| head[at..].starts_with(**mark)).map(|mark| (at, *mark)));
    let marks: Vec<(usize, &str)> = marks.collect();
    let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([head.len()]);
    let part = |((at, mark), end): (&(usize, &'static str), usize)| {
        let (line, body) = head[at + mark.len()..end].split_once('\n').expect("a line end");
        (*mark, line, body)
    };
    marks.iter().zip(ends).map(part).collect()
}

/// A text without its marks, and the bytes that they mark.
fn place_of(body: &str) -> (String, Option<std::ops::Range<usize>>) {
    let plain = body.replace("$0", "").replace(['⟦', '⟧'], "");
    if let Some(at) = body.find("$0") {
        return (plain, Some(at..at));
    }
    let marked = body.find('⟦').zip(body.find('⟧')).map(|(start, end)| start..end - '⟦'.len_utf8());
    (plain, marked)
}

/// What the engine plays.
fn script(answer: &[(&str, &str)]) -> Vec<Step> {
    match answer {
        [("text" | "words", body)] => Scripted::text(body),
        [("cut", body)] => {
            let reason = Finish::Length;
            vec![Step::Event(Event::Text((*body).into())), Step::Event(Event::Done(Finished { reason, ..Finished::default() }))]
        }
        [(kind, body)] if kind.starts_with("call ") => {
            let (name, arguments) = (&kind["call ".len()..], serde_json::from_str(body).expect("JSON"));
            calls(vec![call(name, arguments)])
        }
        fields => calls(vec![call("propose_edit", fields.iter().map(|(field, body)| (field.to_string(), value(body))).collect())]),
    }
}

/// A list, where it is one; else text.
fn value(body: &str) -> Value {
    serde_json::from_str(body).ok().filter(Value::is_array).unwrap_or_else(|| body.into())
}

fn how(verb: &str, words: &str) -> How {
    let kind = match verb {
        "do" => return How::Instruction(words.into()),
        "document" => actions::DOCUMENT,
        "test" => actions::TEST,
        "implement" => actions::IMPLEMENT,
        "function" => actions::EXTRACT,
        "variable" => actions::VARIABLE,
        "module" => actions::MODULE,
        "calls" => actions::CALLS,
        "rewrite" => actions::REWRITE,
        "fix" => actions::FIX,
        other => panic!("nobody knows how to `{other}`"),
    };
    How::Action { kind: kind.into(), problems: if words.is_empty() { vec![] } else { vec![words.into()] } }
}

async fn edited(session: &Session, at: Target, how: How) -> String {
    match edit(session, &Params { at, how }, &Cancel::new(), &silent()).await {
        Ok(edited) => edited.diff + &edited.confirm.iter().map(|reason| format!("asks: {reason}\n")).collect::<String>(),
        Err(refused) => format!("refused: {}\n", refused.message),
    }
}

async fn completed(session: &Session, at: Target, invoked: bool) -> String {
    let old = at.document.text.to_string();
    let path = Site::new(session, &at).path;
    let offered = complete::complete(session, &complete::Params { at, invoked, selected: None }, &Cancel::new()).await;
    let offered = offered.expect("an engine was asked");
    let Some(item) = offered.items.first() else { return format!("nothing: {}\n", offered.nothing.unwrap_or_default()) };
    let mut new = old.clone();
    new.replace_range(item.edit.range.clone(), &item.edit.text);
    diff::unified(&path, &old, &new)
}

/// The parts of other files that a completion would send.
fn shown(session: &Session, at: Target, tokens: usize) -> String {
    let params = preview::Params { at: Some(at), question: None, budget: Some(tokens), ..preview::Params::default() };
    let preview = preview(session, &params).expect("a place");
    let others = preview.parts.iter().filter(|part| part.kind != Kind::Current);
    let mut text = String::new();
    for part in others {
        let _ = write!(text, "{}:{}-{}\n{}\n", part.path, part.start_line, part.end_line, part.text.trim_end());
    }
    if text.is_empty() { "nothing\n".into() } else { text }
}

/// Plays all files of a folder and compares them whole.
async fn play(feature: &str) {
    let folder = Path::new(ROOT).join(feature);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder of cases").map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        play_file(&file, Registry::new).await;
    }
}

/// Plays the cases of a file in these languages.
async fn play_file(file: &Path, languages: fn() -> Registry) {
    let written = std::fs::read_to_string(file).expect("the cases");
    let mut starts: Vec<usize> = written.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    assert!(!starts.is_empty(), "{} has no case", file.display());
    let mut played = written[..starts[0]].to_string();
    starts.push(written.len());
    for part in starts.windows(2) {
        let case = Case::new(&written[part[0]..part[1]]);
        let outcome = case.outcome(languages).await;
        let end = if outcome.is_empty() { "\n" } else { "\n\n" };
        let _ = write!(played, "{}{ENDED}\n{}{end}", case.head, outcome.trim_end());
    }
    expect_file![file].assert_eq(&format!("{}\n", played.trim_end()));
}

/// GLSL: an entry, two queries, and the parser of a crate; nothing else knows of it.
fn with_a_ninth_language() -> Registry {
    let queries = [include_str!("data/ninth/tags.scm"), include_str!("data/ninth/scope.scm")];
    Registry::with_language(include_str!("data/ninth/language.toml"), || tree_sitter_c::LANGUAGE.into(), queries)
}

/// Another language is data, without a line of Rust: documentation, renames, bodies, tests and completions are as its data say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ninth_language_is_data_alone() {
    assert_eq!(with_a_ninth_language().problems(), []);
    play_file(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ninth/cases.txt")), with_a_ninth_language).await;
}

/// ArkTS, which hands names out and takes them: the queries are those of the language whose dialect it is.
fn with_a_tenth_language() -> Registry {
    let tags = concat!(include_str!("../grammars/ecma/tags.scm"), include_str!("../grammars/typescript/tags.scm"));
    let scope = concat!(include_str!("../grammars/ecma/scope.scm"), include_str!("../grammars/typescript/scope.scm"));
    let parser = || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into();
    Registry::with_language(include_str!("data/tenth/language.toml"), parser, [tags, scope])
}

/// So is one whose files take names from each other: by which words they do so, and how what is tested is brought in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_language_hands_names_out_by_data_alone() {
    assert_eq!(with_a_tenth_language().problems(), []);
    play_file(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tenth/cases.txt")), with_a_tenth_language).await;
}

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

macro_rules! cases {
    ($($feature:ident)*) => {
        const PLAYED: &[&str] = &[$(stringify!($feature)),*];
        mod of {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $feature() {
                super::play(stringify!($feature)).await;
            })*
        }
    };
}

cases! {
    calls
    complete
    context
    document
    extract
    fix
    implement
    menu
    rename
    rewrite
    test
}

#[test]
fn every_folder_of_cases_is_played() {
    let mut found: Vec<String> =
        std::fs::read_dir(ROOT).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    assert_eq!(found, PLAYED);
}
