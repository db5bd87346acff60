//! Values that are masked where they stand: quoted by a compiler or a tool, and copied by a model with their masks.

use longsight::engine::Cancel;
use longsight::engine::scripted::Scripted;
use longsight::features::edit::{How, Params, edit};
use longsight::features::{Session, actions, silent};
use longsight::redact;
use serde_json::json;

use crate::support::workspace::{Workspace, agent_config, call, calls, target};

/// Put together at run time, so that no scanner takes this file for a leak.
fn value() -> String {
    format!("hV7qTz2m{}", "Xw9KpL4s")
}

fn code() -> String {
    format!("fn connect() {{\n    let password = \"{}\";\n    let port = 80;\n    open(password, port);\n}}\n", value())
}

/// The line of the value as models see it.
fn masked_line() -> String {
    let masked = redact::mask(&code());
    let line = masked.lines().nth(1).unwrap().to_string();
    assert!(line.contains("<redacted "), "{line}");
    line
}

async fn diff(session: &Session, how: How) -> Result<String, String> {
    let at = target(session, "src/lib.rs", &code());
    edit(session, &Params { at, how }, &Cancel::new(), &silent()).await.map(|edited| edited.diff).map_err(|error| error.to_string())
}

/// A diagnostic quotes the literal that it complains of, without what shows it to be a secret.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_compiler_quotes_of_a_masked_value_is_masked_in_the_prompt() {
    let complaint = format!("expected `u16`, found `\"{}\"`", value());
    for tools in [false, true] {
        let workspace = Workspace::new(&[("src/lib.rs", &code())]);
        let looks = calls(vec![call("diagnostics", json!({}))]);
        let finishes = calls(vec![call("finish", json!({"summary": "nothing"}))]);
        let engine = Scripted::new([looks, finishes].into_iter().chain((0..20).map(|_| Scripted::text("no"))));
        let config = if tools { agent_config() } else { longsight::config::Config::default() };
        let session = workspace.session(config, vec![("local".into(), engine.clone())]);
        let how = How::Action { kind: actions::FIX.into(), problems: vec![complaint.clone()] };
        let _ = diff(&session, how).await;
        let _ = diff(&session, How::Instruction(format!("take {} out", value()).into())).await;
        let sent = format!("{:?}", engine.asked());
        assert!(sent.contains("expected `u16`, found") && !sent.contains(&value()), "{sent}");
    }
}

/// The mask in a line that is otherwise as it was stands for the value: nothing is refused, and the line stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_copied_with_its_mask_stays_as_it_is() {
    let workspace = Workspace::new(&[("src/lib.rs", &code())]);
    let answer = format!("fn connect() {{\n{}\n    let port = 443;\n    open(password, port);\n}}\n", masked_line());
    let by_form = calls(vec![call("propose_edit", json!({"new_code": answer, "reason": "r"}))]);
    let session = workspace.session(Default::default(), vec![("local".into(), Scripted::new(vec![by_form]))]);
    let wanted = "-    let port = 80;\n+    let port = 443;\n";
    let changed = diff(&session, How::Instruction("use port 443".into())).await.unwrap();
    assert!(changed.contains(wanted) && changed.matches("\n-").count() == 1, "{changed}");

    let anchored = json!({"edits": [{
        "path": "src/lib.rs",
        "old": format!("{}\n    let port = 80;\n", masked_line()),
        "new": format!("{}\n    let port = 443;\n", masked_line()),
        "reason": "r",
    }]});
    let finish = calls(vec![call("finish", json!({"summary": "done"}))]);
    let engine = Scripted::new(vec![calls(vec![call("propose_edit", anchored)]), finish]);
    let session = workspace.session(agent_config(), vec![("local".into(), engine)]);
    let changed = diff(&session, How::Instruction("use port 443".into())).await.unwrap();
    assert!(changed.contains(wanted) && changed.matches("\n-").count() == 1, "{changed}");
}

/// In any other line the value would go where nobody has put it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mask_in_a_line_that_is_another_is_refused() {
    let workspace = Workspace::new(&[("src/lib.rs", &code())]);
    let answer =
        format!("fn connect() {{\n    log({});\n    open(password, 80);\n}}\n", masked_line().trim().trim_start_matches("let password = "));
    let script = || calls(vec![call("propose_edit", json!({"new_code": answer, "reason": "r"}))]);
    let session = workspace.session(Default::default(), vec![("local".into(), Scripted::new(vec![script(), script(), script()]))]);
    let refused = diff(&session, How::Instruction("log it".into())).await.unwrap_err();
    assert!(refused.contains("secret"), "{refused}");
}
