//! Prompts that turn out longer than the model's window: they are sent once more with less, and what cannot be less is refused in numbers.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Ask, Cancel, Engine, EngineError, ErrorKind, Estimate, Event, Overflow, Request, Tokens};
use longsight::features::ask::ask;
use longsight::features::complete::{self, complete};
use longsight::features::explain::explain;
use longsight::features::{Session, Target, silent};

use crate::support::workspace::{Workspace, instruct, target};

/// A refusal of the engine process, which has counted the prompt.
fn refused(prompt: u32, room: u32) -> Vec<Step> {
    let words = format!("the prompt has {prompt} tokens and the answer may take 500, but the context of m.gguf is {} tokens", room + 500);
    let error = EngineError { overflow: Some(Overflow { prompt, room }), ..EngineError::new(ErrorKind::TooLong, words) };
    vec![Step::Event(Event::Failed(error))]
}

/// A file of many functions that use one another, and another that has what they use.
fn workspace() -> Workspace {
    let uses = |at: u32| format!("def total_{at}(orders):\n    return rounded_{at}(sum(orders)) + {at}\n\n\n");
    let defines = |at: u32| {
        format!(
            "def rounded_{at}(amount):\n    \"\"\"Returns the amount, rounded to {at} places.\"\"\"\n    return round(amount, {at})\n\n\n"
        )
    };
    let (shop, amounts) = ((10..90).map(uses).collect::<String>(), (10..90).map(defines).collect::<String>());
    Workspace::new(&[("shop.py", &format!("from amounts import *\n\n\n{shop}")), ("amounts.py", &amounts)])
}

fn session(workspace: &Workspace, scripts: Vec<Vec<Step>>) -> (Session, Arc<Scripted>) {
    let engine = Scripted::new(scripts);
    (workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]), engine)
}

/// All text of a request.
fn prompt(request: &Request) -> String {
    match &request.ask {
        Ask::Chat(chat) => chat.messages.iter().map(|message| message.content.as_str()).collect(),
        Ask::Fim(fim) => {
            let files: String = fim.files.iter().map(|file| &*file.text).collect();
            format!("{files}{}{}", fim.prefix, fim.suffix)
        }
    }
}

/// The lengths of the prompts that were sent.
fn lengths(engine: &Scripted) -> Vec<usize> {
    engine.asked().iter().map(|request| prompt(request).len()).collect()
}

/// F6: every request to a local model whose tokens were counted wrongly failed, the second time too. Over HTTP it was sent again, shorter.
#[tokio::test(flavor = "multi_thread")]
async fn f6_a_prompt_that_a_local_model_refuses_as_too_long_is_sent_again_with_less() {
    let workspace = workspace();
    let answer = || Scripted::text("It adds up the orders.\n```python\ndef total_50(orders):\n    return 1\n```\n");
    let scripts = || vec![refused(12_000, 6_000), answer()];
    let (cancel, sink) = (Cancel::new(), silent());
    let is_shorter = |what: &str, engine: &Scripted| {
        let [first, second, ..] = lengths(engine)[..] else { panic!("{what}: {:?}", lengths(engine)) };
        assert!(second < first, "{what}: {first} bytes, then {second}");
    };

    let (reader, engine) = session(&workspace, scripts());
    explain(&reader, &target(&reader, "shop.py", "    return rounded_50(sum(orders)) + 50"), &cancel, &sink).await.unwrap();
    is_shorter("explain", &engine);

    let (reader, engine) = session(&workspace, scripts());
    ask(&reader, "Where are amounts rounded to 42 places?", &cancel, &sink).await.unwrap();
    is_shorter("ask", &engine);

    let (reader, engine) = session(&workspace, scripts());
    let at = target(&reader, "shop.py", "return rounded_50(sum(orders)) + 50");
    let at = Target { bytes: at.bytes.start..at.bytes.start, ..at };
    complete(&reader, &complete::Params { at, invoked: true, selected: None }, &cancel).await.unwrap();
    is_shorter("complete", &engine);

    let (reader, engine) = session(&workspace, scripts());
    let _ = instruct(&reader, "shop.py", "    return rounded_50(sum(orders)) + 50", "return one").await;
    is_shorter("edit", &engine);
}

/// The places of the prompt that was refused, and read by nobody, were said to be sent. They went nowhere, and are far more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_sent_is_what_the_prompt_of_the_answer_shows() {
    let workspace = workspace();
    let answer = || Scripted::text("It adds up the orders.\n```python\n    return 1\n```\n");
    let scripts = || vec![refused(12_000, 2_000), answer()];
    let (cancel, sink) = (Cancel::new(), silent());
    let place = "    return rounded_50(sum(orders)) + 50";
    let is_shown = |what: &str, engine: &Scripted, sent: &[String]| {
        let asked = engine.asked();
        let (first, second) = (prompt(&asked[0]), prompt(asked.last().unwrap()));
        assert!(asked.len() > 1 && !sent.is_empty() && second.len() < first.len(), "{what}: {sent:?}");
        for place in sent {
            let (path, lines) = place.split_once(':').unwrap();
            let (begin, end) = lines.split_once('-').unwrap_or((lines, lines));
            let text = std::fs::read_to_string(workspace.root().join(path)).unwrap();
            for at in [begin, end] {
                let line = text.lines().nth(at.parse::<usize>().unwrap() - 1).unwrap_or_default();
                assert!(second.contains(line), "{what}: {place}, but the prompt lacks {line:?}: {second}");
            }
        }
    };

    let (reader, engine) = session(&workspace, scripts());
    let said = explain(&reader, &target(&reader, "shop.py", place), &cancel, &sink).await.unwrap();
    is_shown("explain", &engine, &said.sent);

    let (reader, engine) = session(&workspace, scripts());
    let said = ask(&reader, "Where are amounts rounded to 42 places?", &cancel, &sink).await.unwrap();
    is_shown("ask", &engine, &said.answer.sent);

    let (reader, engine) = session(&workspace, scripts());
    let edited = instruct(&reader, "shop.py", place, "return one").await.unwrap();
    is_shown("edit", &engine, &edited.sent);
}

/// What is marked is sent as a whole, so asking again and again cannot help.
#[tokio::test(flavor = "multi_thread")]
async fn f6_an_edit_that_cannot_be_shorter_is_refused_with_the_true_numbers() {
    let workspace = workspace();
    let (session, engine) = session(&workspace, (0..9).map(|_| refused(12_000, 6_000)).collect());
    let error = instruct(&session, "shop.py", "    return rounded_50(sum(orders)) + 50", "return one").await.unwrap_err();
    assert!(error.message.contains("12000 tokens") && error.message.contains("6500 tokens"), "{error}");
    let lengths = lengths(&engine);
    assert!((2..=5).contains(&lengths.len()) && lengths.is_sorted_by(|longer, shorter| longer > shorter), "{lengths:?}");
}

/// F6: three bytes were taken for a token, but most tokenizers make one of each digit.
#[tokio::test(flavor = "multi_thread")]
async fn f6_a_table_of_numbers_is_cut_by_its_tokens_and_not_by_its_bytes() {
    let row = |at: u32| {
        format!("    {}\n", (0..8).map(|column| format!("0.{:06}, ", (at * 7919 + column * 104_729) % 1_000_000)).collect::<String>())
    };
    let table = format!("const double weights[] = {{\n{}}};\n", (0..500).map(row).collect::<String>());
    let workspace = Workspace::new(&[("weights.c", &table)]);
    let (session, engine) = session(&workspace, vec![Scripted::text("A table of weights.")]);
    explain(&session, &target(&session, "weights.c", table.trim_end()), &Cancel::new(), &silent()).await.unwrap();
    let count = Estimate.count(&prompt(&engine.asked()[0]));
    assert!((3_000..8_192 - 500).contains(&count), "{count} tokens for a window of 8192");
    let error = instruct(&session, "weights.c", table.trim_end(), "sort the numbers").await.unwrap_err();
    let tokens = Estimate.count(table.trim_end());
    assert!(error.message.contains(&format!("{tokens} tokens")), "{error}");
    assert_eq!(engine.asked().len(), 1, "nobody was asked to change what has no room");
}
