//! What a completion shows of its own file beyond the windows around the cursor.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Ask, Cancel, Engine};
use longsight::features::Session;
use longsight::features::complete::{Params, complete};

use crate::support::workspace::{Workspace, target};

/// A file whose beginning no window reaches from its end.
fn long(filling: usize) -> String {
    let other: String = (0..filling).map(|number| format!("fn other_{number}() -> u32 {{\n    {number}\n}}\n\n")).collect();
    format!(
        "pub struct Report {{\n    pub missing: Vec<String>,\n    password: &'static str,\n}}\n\nfn unrelated() {{}}\n\n\
         fn describe(report: &Report) -> String {{\n    report.missing.join(\" \")\n}}\n\n{other}\
         fn print(report: &Report) {{\n    let text = describe(report);\n    $0\n}}\n"
    )
}

/// What was sent for the cursor in a file: other files, and the text before the cursor.
async fn sent(session: &Session, engine: &Scripted, text: &str, typed: &str) -> (Vec<(String, String)>, String) {
    let text = text.replace("$0", &format!("{typed}\u{1}"));
    let workspace_path = session.snapshot.roots.resolve("src/lib.rs").unwrap();
    std::fs::write(workspace_path.absolute(), text.replace('\u{1}', "")).unwrap();
    let mut at = target(session, "src/lib.rs", "");
    let cursor = text.find('\u{1}').unwrap();
    at.bytes = cursor..cursor;
    complete(session, &Params { at, invoked: false, selected: None }, &Cancel::new()).await.unwrap();
    let Some(Ask::Fim(fim)) = engine.asked().pop().map(|request| request.ask) else { panic!("no hole was asked for") };
    (fim.files.into_iter().map(|file| (file.path, file.text)).collect(), fim.prefix)
}

fn session(workspace: &Workspace) -> (Session, Arc<Scripted>) {
    let engine = Scripted::new((0..2).map(|_| Scripted::text("x")));
    (workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]), engine)
}

/// The fields of a type at the top of a long file could not be known at its bottom.
#[tokio::test(flavor = "multi_thread")]
async fn definitions_that_the_function_names_are_shown_where_no_window_reaches() {
    let text = long(300);
    let workspace = Workspace::new(&[("src/lib.rs", &text.replace("$0", ""))]);
    let (session, engine) = session(&workspace);
    let (files, prefix) = sent(&session, &engine, &text, "").await;
    assert!(!prefix.contains("pub struct Report"), "the window reaches the top");
    let (path, shown) = files.last().expect("something of the file");
    assert_eq!(path, "src/lib.rs");
    assert_eq!(
        shown.trim_end(),
        "pub struct Report {\n    pub missing: Vec<String>,\n    password: &'static str,\n}\nfn describe(report: &Report) -> String {"
    );
    // The index knows the text as it was: what was chosen for this function stays while it is typed in.
    let (again, later) = sent(&session, &engine, &text, "let more = unrelated();\n    ").await;
    assert_eq!((again.last(), later.starts_with(&prefix)), (files.last(), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_shown_whole_is_shown_once() {
    let text = long(0);
    let workspace = Workspace::new(&[("src/lib.rs", &text.replace("$0", ""))]);
    let (session, engine) = session(&workspace);
    let (files, prefix) = sent(&session, &engine, &text, "").await;
    assert!(prefix.contains("pub struct Report") && files.is_empty(), "{files:?}");
}
