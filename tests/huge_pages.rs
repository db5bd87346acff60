//! Huge memory pages: the server gives them up for its index, an engine process that a server starts gets them back, and a process that had
//! none from the start gets none.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longsight::config::EngineConfig;
use longsight::engine::Cancel;
use longsight::engine::llama::Llama;
use longsight::engine::llama::client::Surroundings;
use longsight::index::Options;
use longsight::pages;

use crate::support::engine::chat;
use crate::support::gguf::llama4;
use crate::support::tree::Tree;

/// Whether a process may have huge pages.
fn enabled(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    status.lines().any(|line| line.starts_with("THP_enabled:") && line.ends_with('1'))
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An engine process that inherits what this one has said takes it back where the one that starts it says that it was said there. It did so
/// always, and with that took back what a person had said for all processes.
#[test]
fn an_engine_has_huge_pages_only_where_who_starts_it_has_given_them_up() {
    nix::sys::prctl::set_thp_disable(true).unwrap();
    for (told, has) in [(None, false), (Some("1"), true)] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("e.sock");
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.arg("engine").env("GOMP_SPINCOUNT", "1000").env("LONGSIGHT_SOCKET", &socket).env_remove(pages::GIVEN_UP_HERE);
        command.envs(told.map(|told| (pages::GIVEN_UP_HERE, told)));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("its socket", || socket.exists());
        let is_enabled = enabled(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(is_enabled, has, "{told:?}");
    }
}

/// Who starts an engine process says so where its own index has given them up, and not where it began without.
#[tokio::test]
async fn who_starts_an_engine_says_whether_huge_pages_are_given_up_for_the_index_alone() {
    let had = pages::began_with_huge();
    let _index = Tree::new(&[("a.rs", "fn a() {}\n")]).index(Options::default());
    assert!(!enabled(std::process::id()), "the index has given them up");
    let folder = tempfile::tempdir().unwrap();
    let (model, program, said) = (folder.path().join("model.gguf"), folder.path().join("engine"), folder.path().join("said"));
    llama4().write(&model);
    let script = format!("#!/bin/sh\necho \"told ${}.\" > {}.new\nmv {1}.new {1}\n", pages::GIVEN_UP_HERE, said.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let surroundings = Surroundings {
        socket: Some(folder.path().join("e.sock")),
        binary: Some(program),
        states: Some(folder.path().into()),
        ..Surroundings::default()
    };
    let engine = Llama::within(&EngineConfig::default(), model, surroundings);
    let _events = engine.start(chat("hi", 4), Cancel::new());
    let read = async || loop {
        match std::fs::read_to_string(&said) {
            Ok(said) => return said,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(30), read()).await.expect("it is started");
    assert_eq!(told, if had { "told 1.\n" } else { "told .\n" });
}
