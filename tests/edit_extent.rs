//! Which lines an answer replaces: models give back more than the marked lines, and then nothing may stand in the file twice, and nothing may
//! be lost. Answers in code blocks, scripted.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Ask, Cancel, Engine, EngineError, Event, Finish, Finished};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Target, silent};
use longsight::syntax::{self, Registry};
use longsight::text::{Text, layout};
use longsight::workspace::Document;

use crate::support::workspace::{Workspace, applied};

/// The edit that comes of an answer for marked bytes, and whether it was asked for as lines.
async fn answered(
    workspace: &Workspace,
    path: &str,
    bytes: std::ops::Range<usize>,
    script: Vec<Step>,
) -> (Result<Edited, EngineError>, bool) {
    let engine = Scripted::new(vec![script; 3]);
    let session = workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]);
    let place = session.snapshot.roots.resolve(path).unwrap();
    let text = session.snapshot.read_exact(&place).unwrap();
    let at = Target { document: Arc::new(Document::on_disk(place, Text::new(&text))), bytes };
    let edited = edit(&session, &Params { at, how: How::Instruction("let it be otherwise".into()) }, &Cancel::new(), &silent()).await;
    let lines = |ask: &Ask| matches!(ask, Ask::Chat(chat) if chat.messages[1].content.contains("new text of the marked lines"));
    let is_lines = engine.asked().first().is_some_and(|request| lines(&request.ask));
    (edited, is_lines)
}

async fn told(path: &str, text: &str, marked: &str, code: &str) -> Result<Edited, EngineError> {
    let workspace = Workspace::new(&[(path, text)]);
    let start = text.find(marked).unwrap();
    answered(&workspace, path, start..start + marked.len(), Scripted::text(&format!("```\n{code}\n```"))).await.0
}

async fn after(path: &str, text: &str, marked: &str, code: &str) -> String {
    applied(&told(path, text, marked, code).await.unwrap_or_else(|error| panic!("{code}\n{error}")), path)
}

const RUST: &str = "/// Says it\n/// with a capital.\n#[inline]\nfn capitalize(s: &str, f: &mut F) -> Result {\n    let mut letters = s.chars();\n    if letters.next() == None {\n        write(1)?;\n    } else {\n        write(2)?;\n    }\n    Ok(())\n}\n\nfn other() -> u32 {\n    3\n}\n";

/// `heck-signature` and `heck-failing-test` of the tasks with a real model.
#[tokio::test]
async fn the_item_or_the_statement_around_the_marked_lines_is_replaced_whole() {
    let early = "fn capitalize(s: &str, f: &mut F) -> Result {\n    if s.is_empty() {\n        return Ok(());\n    }\n\n    let mut letters = s.chars();\n    if letters.next() == None {\n        write(1)?;\n    } else {\n        write(2)?;\n    }\n    Ok(())\n}";
    let signature = "fn capitalize(s: &str, f: &mut F) -> Result {";
    let wanted =
        RUST.replace(signature, "fn capitalize(s: &str, f: &mut F) -> Result {\n    if s.is_empty() {\n        return Ok(());\n    }\n");
    assert_eq!(after("a.rs", RUST, signature, early).await, wanted);
    let statement = "    if letters.next() == None {\n        write(4)?;\n    } else {\n        write(2)?;\n    }";
    assert_eq!(after("a.rs", RUST, "    if letters.next() == None {", statement).await, RUST.replace("write(1)", "write(4)"));
    // Lines that end with returns keep them.
    let returns = RUST.replace('\n', "\r\n");
    assert_eq!(after("a.rs", &returns, "    if letters.next() == None {", statement).await, returns.replace("write(1)", "write(4)"));
    assert_eq!(after("a.rs", &returns, signature, early).await, wanted.replace('\n', "\r\n"));
    // Another signature, another body, marked in the midst of it.
    let other = "fn capitalize(s: String) {\n    print(s);\n}";
    let whole = &RUST[RUST.find("fn cap").unwrap()..RUST.find("\n\nfn other").unwrap()];
    assert_eq!(after("a.rs", RUST, "        write(1)?;", other).await, RUST.replace(whole, other));
}

/// `json-create-module`: the list was given back with one more in it.
#[tokio::test]
async fn a_list_that_is_begun_is_replaced_whole() {
    let text = "__all__ = [\n    'dump', 'load',\n    'Error',\n]\n\nx = 1\n";
    let answer = "__all__ = [\n    'dump', 'load',\n    'Error',\n    'lines',\n]";
    assert_eq!(after("a.py", text, "__all__ = [", answer).await, text.replace("'Error',\n", "'Error',\n    'lines',\n"));
}

/// `json-failing-test`: Python parses what stands below a `return`.
#[tokio::test]
async fn a_function_that_parses_in_front_of_its_own_body_is_not_there_twice() {
    let text = "class D:\n    @cached\n    def raw(self, s, idx=1):\n        \"\"\"Reads.\"\"\"\n        end = self.scan(s, idx)\n        if end is None:\n            raise Error(s)\n        return end\n\n    def other(self):\n        return 1\n";
    let answer = "def raw(self, s, idx=0):\n    \"\"\"Reads.\"\"\"\n    end = self.scan(s, idx)\n    if end is None:\n        raise Error(s)\n    return end";
    let marked = "    def raw(self, s, idx=1):";
    assert_eq!(after("a.py", text, marked, answer).await, text.replace("idx=1", "idx=0"));
    // The docstring and the decorator were not asked for.
    let answer = "    def raw(self, s, start=0):\n        end = self.scan(s, start)\n        if end is None:\n            raise Error(s)\n        return end";
    assert_eq!(after("a.py", text, "        if end is None:", answer).await, text.replace("idx=1", "start=0").replace("idx", "start"));
    // What is put below the first line is no function that has lost its body.
    let answer = "    def raw(self, s, idx=1):\n        if not s:\n            return None";
    let wanted = text.replace(marked, answer);
    let plain = text.replace("        \"\"\"Reads.\"\"\"\n", "");
    assert_eq!(after("a.py", &plain, marked, answer).await, wanted.replace("        \"\"\"Reads.\"\"\"\n", ""));
}

#[tokio::test]
async fn comments_and_attributes_above_an_item_stay_where_the_answer_has_none() {
    let item = &RUST[RUST.find("fn cap").unwrap()..RUST.find("\n\nfn other").unwrap()];
    let changed = item.replace("write(2)", "write(5)");
    for (above, wanted) in [
        ("", "/// Says it\n/// with a capital.\n#[inline]\n"),
        ("/// Another comment.\n", "/// Another comment.\n#[inline]\n"),
        ("#[cold]\n", "/// Says it\n/// with a capital.\n#[cold]\n"),
        ("/// Another comment.\n#[cold]\n", "/// Another comment.\n#[cold]\n"),
        ("fn helper() {}\n\n", "fn helper() {}\n\n/// Says it\n/// with a capital.\n#[inline]\n"),
    ] {
        let wanted = RUST.replace(item, &changed).replace("/// Says it\n/// with a capital.\n#[inline]\n", wanted);
        for marked in ["fn capitalize(s: &str, f: &mut F) -> Result {", "        write(2)?;"] {
            assert_eq!(after("a.rs", RUST, marked, &format!("{above}{changed}")).await, wanted, "{above}");
        }
    }
}

#[tokio::test]
async fn marked_lines_that_are_gone_between_their_neighbours_are_taken_out() {
    let text = "def f():\n    one = 1\n    two = 2\n    three = 3\n    return one\n";
    assert_eq!(after("a.py", text, "    two = 2", "    one = 1\n    three = 3").await, text.replace("    two = 2\n", ""));
    // The line below alone may be what the marked one is to become.
    assert_eq!(after("a.py", text, "    two = 2", "    three = 3").await, text.replace("two = 2", "three = 3"));
}

/// An answer that says "the rest as before" would take the rest away.
#[tokio::test]
async fn an_item_that_is_given_back_with_parts_left_out_is_refused() {
    let answer = "fn capitalize(s: &str) -> Result {\n    start(s);\n    // ... existing code ...\n}";
    let refused = told("a.rs", RUST, "        write(1)?;", answer).await.unwrap_err();
    assert!(refused.message.contains("`capitalize` would be in the file twice"), "{refused}");
    assert!(refused.message.contains("nothing is changed"), "{refused}");
    let refused = told("a.rs", RUST, "fn capitalize(s: &str, f: &mut F) -> Result {", answer).await.unwrap_err();
    assert!(refused.message.contains("`// ... existing code ...` stands for code that is not written out"), "{refused}");
}

/// The first half of a function parses in Python.
#[tokio::test]
async fn an_answer_that_was_cut_off_in_its_block_is_no_edit() {
    let text = "def f(a):\n    b = a + 1\n    c = b + 1\n    return c\n";
    let workspace = Workspace::new(&[("a.py", text)]);
    let cut = |answer: &str| {
        let finished = Finished { reason: Finish::Length, ..Finished::default() };
        vec![Step::Event(Event::Text(answer.into())), Step::Event(Event::Done(finished))]
    };
    let (edited, _) = answered(&workspace, "a.py", 0..text.len(), cut("```\ndef f(a):\n    b = a + 2\n    c = b")).await;
    let refused = edited.unwrap_err();
    assert!(refused.message.contains("to no end (the answer was cut off inside of a code block)"), "{refused}");
    // What is cut off behind the block are words.
    let (edited, _) = answered(&workspace, "a.py", 0..text.len(), cut("```\ndef f(a):\n    return a + 2\n```\nThis is")).await;
    assert_eq!(applied(&edited.unwrap(), "a.py"), "def f(a):\n    return a + 2\n");
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// Lines with one of them changed, or a comment more.
fn changed(lines: &[&str], sign: &str, chance: &mut Chance) -> Vec<String> {
    let mut out: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
    let at = chance.below(lines.len());
    match lines[at].find(|letter: char| letter.is_ascii_digit()) {
        Some(digit) if chance.below(2) == 0 => out[at].insert(digit, '7'),
        _ => out.insert(at, format!("{}{sign} changed {}", layout::indentation(lines[at]), chance.below(1000))),
    }
    out
}

/// What a model gives back for some lines of a file, and what the file is to be then.
struct Case {
    marked: std::ops::Range<usize>,
    answer: Vec<String>,
    wanted: String,
}

fn joined(parts: &[&[&str]]) -> String {
    parts.concat().join("\n") + "\n"
}

/// The marked lines changed, with some of the lines around.
fn some_lines(lines: &[&str], sign: &str, chance: &mut Chance) -> Option<Case> {
    let first = chance.below(lines.len());
    let last = (first + 1 + chance.below(4)).min(lines.len());
    let (above, below) = (chance.below(6).min(first), chance.below(6).min(lines.len() - last));
    let (above, below) = [(0, below), (above, 0), (above, below), (0, 0)][chance.below(4)];
    let new = changed(&lines[first..last], sign, chance);
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    // Signs alone, such as those in the margin of a comment, tell nothing; brackets do.
    let tells =
        |some: &[&str]| some.is_empty() || some.iter().any(|line| line.contains(|c: char| c.is_alphanumeric() || "()[]{}".contains(c)));
    let edges = [lines[first], lines[last - 1], lines[first - above], lines[last + below - 1]];
    let fit = tells(&lines[first - above..first]) && tells(&lines[last..last + below]) && edges.iter().all(|line| !line.trim().is_empty());
    fit.then(|| Case {
        marked: first..last,
        answer: [&lines[first - above..first], &new, &lines[last..last + below]].concat().iter().map(|line| line.to_string()).collect(),
        wanted: joined(&[&lines[..first], &new, &lines[last..]]),
    })
}

/// Some lines of an item marked, and the item given back with a change anywhere.
fn whole_item(lines: &[&str], items: &[std::ops::Range<usize>], sign: &str, chance: &mut Chance) -> Option<Case> {
    let item = items.get(chance.below(items.len()))?.clone();
    let first = if chance.below(2) == 0 { item.start } else { item.start + chance.below(item.len()) };
    let last = (first + 1 + chance.below(3)).min(item.end);
    let mut new = changed(&lines[item.clone()], sign, chance);
    // A comment above the first line is one on the item.
    if new[0].trim_start().starts_with(sign) {
        new = vec![];
    }
    let wanted = joined(&[&lines[..item.start], &new.iter().map(String::as_str).collect::<Vec<_>>(), &lines[item.end..]]);
    let is_blank = lines[first].trim().is_empty() || lines[last - 1].trim().is_empty();
    (!new.is_empty() && !is_blank).then_some(Case { marked: first..last, answer: new, wanted })
}

/// `LONGSIGHT_CASES` for each file, from `LONGSIGHT_SEED` on.
#[tokio::test]
async fn whatever_is_given_back_with_the_marked_lines_only_these_change() {
    let registry = Registry::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let mut samples: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .filter_map(|folder| std::fs::read_dir(folder.unwrap().path().join("samples")).ok())
        .flatten()
        .collect();
    samples.sort_by_key(|sample| sample.as_ref().unwrap().path());
    let number = |name: &str, otherwise: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (seed, cases) = (number("LONGSIGHT_SEED", 1), number("LONGSIGHT_CASES", 12));
    let (mut wrong, mut tried) = (vec![], 0);
    for sample in samples {
        let (path, mut here) = (sample.unwrap().path(), 0);
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let language = registry.detect(name, &text).unwrap();
        let parsed = syntax::parse(language, text.as_str()).unwrap();
        let sign = language.comment.clone().unwrap_or("//".into());
        let number = |offset: usize| text[..offset].matches('\n').count();
        let items: Vec<_> = syntax::tags(&parsed, name)
            .definitions
            .iter()
            .map(|one| number(one.signature.start as usize)..number(one.item.end as usize) + 1)
            .filter(|lines| lines.len() > 2)
            .collect();
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let workspace = Workspace::new(&[(name, &text)]);
        let mut chance = Chance(seed as u64);
        while here < cases {
            let kind = chance.below(2);
            let case = if kind == 0 { some_lines(&lines, &sign, &mut chance) } else { whole_item(&lines, &items, &sign, &mut chance) };
            let errors = |text: &str| syntax::parse(language, text).unwrap().errors();
            let Some(case) = case.filter(|case| !case.answer.concat().contains("```") && errors(&case.wanted) <= errors(&text)) else {
                continue;
            };
            here += 1;
            let mut answer = case.answer.join("\n");
            if chance.below(2) == 0 {
                answer = layout::reindent(&answer, "");
            }
            let bytes = starts[case.marked.start]..starts[case.marked.end] - 1;
            let (edited, is_lines) = answered(&workspace, name, bytes, Scripted::text(&format!("```\n{answer}\n```"))).await;
            // Where a body is to be written, another form is filled.
            if !is_lines {
                continue;
            }
            tried += 1;
            let after = edited.as_ref().map(|edited| applied(edited, name));
            if after.as_deref() != Ok(case.wanted.as_str()) {
                let marked = lines[case.marked.clone()].join("\n");
                let got = edited.map_or_else(|error| error.message, |edited| edited.diff);
                wrong.push(format!("{name}:{}\n{marked}\n--- answer {kind}\n{answer}\n--- got\n{got}", case.marked.start + 1));
            }
        }
    }
    assert!(tried > 8 * cases, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n=======\n"));
}
