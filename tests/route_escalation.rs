//! Routing of hard tasks from the scout to the coder: a long selection, a body to be written, code that uses many other files, or a scout
//! that was unsure. Two scripted engines; the thresholds are settings.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, EngineError, ErrorKind, Event, Finished, Timing};
use longsight::features::complete::{self, Completion, Params};
use longsight::features::{Session, explain::explain, silent, status};
use longsight::route::{Decision, Role};

use crate::support::workspace::{Workspace, target};

/// A session whose scout and coder play these scripts.
fn session(workspace: &Workspace, change: impl FnOnce(&mut Config), scout: Vec<Vec<Step>>, coder: Vec<Vec<Step>>) -> Session {
    let mut config = Config::default();
    config.roles.scout = "quick".into();
    config.roles.coder = "strong".into();
    change(&mut config);
    let engine = |scripts| Scripted::new(scripts) as Arc<dyn Engine>;
    workspace.session(config, vec![("quick".into(), engine(scout)), ("strong".into(), engine(coder))])
}

/// An answer of this mean log-probability.
fn sure(text: &str, mean: f64) -> Vec<Step> {
    let timing = Timing { mean_logprob: Some(mean), ..Timing::default() };
    vec![Step::Event(Event::Text(text.into())), Step::Event(Event::Done(Finished { timing, ..Finished::default() }))]
}

async fn explained(session: &Session, marked: &str) -> Decision {
    explain(session, &target(session, "lib.rs", marked), &Cancel::new(), &silent()).await.unwrap().route
}

/// Completes at the end of `marked`.
async fn completed(session: &Session, marked: &str, invoked: bool) -> Completion {
    let mut at = target(session, "lib.rs", marked);
    at.bytes.start = at.bytes.end;
    complete::complete(session, &Params { at, invoked, selected: None }, &Cancel::new()).await.unwrap()
}

/// `count` lines of a function.
fn long(count: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    work();\n".repeat(count - 2))
}

#[tokio::test]
async fn the_size_of_a_selection_decides_who_explains_it() {
    let text = long(20);
    let workspace = Workspace::new(&[("lib.rs", &text)]);
    let answers = || vec![Scripted::text("It works.")];
    let few = session(&workspace, |config| config.route.many_lines = 20, answers(), vec![]);
    let route = explained(&few, text.trim_end()).await;
    assert_eq!((route.role, route.reason.as_str()), (Role::Scout, "explanation is the scout's"));
    let many = session(&workspace, |config| config.route.many_lines = 19, vec![], answers());
    let route = explained(&many, text.trim_end()).await;
    assert_eq!((route.role, route.engine.as_str()), (Role::Coder, "strong"));
    assert_eq!(route.reason, "a hard question: 20 lines are selected (route.many_lines)");
    // The status says the same of it.
    assert_eq!(status(&many)["decisions"][0]["reason"], route.reason);
    let kept = |config: &mut Config| (config.route.many_lines, config.route.escalate) = (1, false);
    let route = explained(&session(&workspace, kept, answers(), vec![]), text.trim_end()).await;
    assert_eq!(route.role, Role::Scout);
}

#[tokio::test]
async fn code_that_uses_many_other_files_is_hard() {
    let uses = "fn all() {\n    one();\n    two();\n    three();\n\n}\n";
    let file = |name: &str| format!("pub fn {name}() {{}}\n");
    let (one, two, three) = (file("one"), file("two"), file("three"));
    let workspace = Workspace::new(&[("lib.rs", uses), ("one.rs", &one), ("two.rs", &two), ("three.rs", &three)]);
    let answers = || vec![Scripted::text("done();")];
    let at = |most: u32| move |config: &mut Config| config.route.many_files = most;
    let marked = "    three();\n";
    let route = completed(&session(&workspace, at(3), answers(), vec![]), marked, true).await.route.unwrap();
    assert_eq!((route.role, route.reason.as_str()), (Role::Scout, "an ordinary completion is the scout's"));
    let route = completed(&session(&workspace, at(2), vec![], answers()), marked, true).await.route.unwrap();
    assert_eq!(route.role, Role::Coder);
    assert_eq!(route.reason, "hard completion that you asked for: it uses definitions of 3 other files (route.many_files)");
    let route = explained(&session(&workspace, at(2), vec![], answers()), uses.trim_end()).await;
    assert_eq!((route.role, route.reason.contains("3 other files")), (Role::Coder, true));
}

#[tokio::test]
async fn a_body_under_its_comment_goes_to_the_coder_when_asked_for() {
    let text = "/// The larger of two.\nfn larger(a: u32, b: u32) -> u32 {\n\n}\n";
    let workspace = Workspace::new(&[("lib.rs", text)]);
    let answers = || vec![Scripted::text("    a.max(b)")];
    let marked = "-> u32 {\n";
    let typed = completed(&session(&workspace, |_| {}, answers(), vec![]), marked, false).await.route.unwrap();
    assert_eq!(typed.role, Role::Scout);
    assert!(typed.reason.contains("from its comment") && typed.reason.contains("route.auto_coder is off"), "{}", typed.reason);
    for (invoked, auto) in [(true, false), (false, true)] {
        let session = session(&workspace, |config| config.route.auto_coder = auto, vec![], answers());
        let route = completed(&session, marked, invoked).await.route.unwrap();
        assert_eq!(route.role, Role::Coder, "{}", route.reason);
        assert!(route.reason.contains("a whole body is to be written from its comment"), "{}", route.reason);
    }
}

#[tokio::test]
async fn what_the_first_pass_was_unsure_of_is_asked_of_the_coder() {
    let workspace = Workspace::new(&[("lib.rs", "fn f() {\n    let a = 1;\n    \n    g(a);\n}\n")]);
    let marked = "let a = 1;\n    ";
    let unsure = || vec![sure("guess();", -2.0)];
    let second = completed(&session(&workspace, |_| {}, unsure(), vec![sure("known();", -0.1)]), marked, true).await;
    let route = second.route.unwrap();
    assert_eq!((route.role, second.items[0].text.as_str()), (Role::Coder, "known();"));
    assert!(route.reason.contains("the first pass was unsure: -2.00 (route.min_confidence)"), "{}", route.reason);
    // A lower threshold takes the same for sure.
    let bold = session(&workspace, |config| config.route.min_confidence = -3.0, unsure(), vec![]);
    assert_eq!(completed(&bold, marked, true).await.route.unwrap().role, Role::Scout);
    // Nobody waits for typing.
    assert_eq!(completed(&session(&workspace, |_| {}, unsure(), vec![]), marked, false).await.route.unwrap().role, Role::Scout);
}

/// The first answer is there, whatever becomes of the second.
#[tokio::test]
async fn a_second_pass_that_fails_leaves_the_first() {
    let workspace = Workspace::new(&[("lib.rs", "fn f() {\n    let a = 1;\n    \n    g(a);\n}\n")]);
    let gone = || vec![Step::Event(Event::Failed(EngineError::new(ErrorKind::Unavailable, "gone")))];
    let session = session(&workspace, |_| {}, vec![sure("guess();", -2.0), gone()], vec![gone()]);
    let done = completed(&session, "let a = 1;\n    ", true).await;
    assert_eq!(done.items[0].text, "guess();");
    assert!(done.route.unwrap().reason.ends_with("it was unsure, and nobody else answered"));
}
