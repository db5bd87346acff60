//! The Neovim plugin in real Neovims (0.11 and, where it can be had, 0.12), headless. `plugin.lua` and `typing.lua` drive it against a table of
//! answers, `real.lua` and `branches.lua` with the real binary and the real default model, `two_files.lua` with the real binary and
//! a scripted coder.

use std::path::{Path, PathBuf};
use std::process::Command;

use longsight::config;

use crate::support::coder::Refactor;

/// A test Neovim, as `scripts/get-neovim` leaves it. 0.12 may be missing, and then says so; 0.11 may not.
fn neovim(version: &str) -> Option<PathBuf> {
    let folder = config::cache_dir().expect("a cache folder").join("test/neovim");
    let found = folder.join(version).join("nvim");
    if found.exists() {
        return Some(found);
    }
    assert_ne!(version, "0.11", "{} is missing; run scripts/get-neovim", found.display());
    eprintln!("SKIP: no Neovim {version} at {}; scripts/get-neovim says why", found.display());
    None
}

/// Runs a script of `tests/neovim`; a failed check fails the test with all that was printed.
fn run(version: &str, script: &str) {
    run_with(version, script, None);
}

fn run_with(version: &str, script: &str, config: Option<&Path>) {
    let Some(neovim) = neovim(version) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(neovim)
        .args(["--headless", "-u", "NONE", "-l"])
        .arg(root.join("tests/neovim").join(script))
        .arg(root)
        .arg(env!("CARGO_BIN_EXE_longsight"))
        .args(config)
        .env("LONGSIGHT_MODELS", longsight::models::models_dir().unwrap())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_STATE_HOME", home.path().join("state"))
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.ends_with("0 failed\n"), "\n{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn plugin_011() {
    run("0.11", "plugin.lua");
}

#[test]
fn plugin_012() {
    run("0.12", "plugin.lua");
}

#[test]
fn l5_typing_011() {
    run("0.11", "typing.lua");
}

#[test]
fn l5_typing_012() {
    run("0.12", "typing.lua");
}

/// Our own ghost text where Neovim has its own, too.
#[test]
fn l5_typing_012_own() {
    run_with("0.12", "typing.lua", Some(Path::new("own")));
}

/// The real server with a scripted coder: a refactor of two files, one hunk rejected, one dropped by typing, and undo.
fn two_files(version: &str) {
    run_with(version, "two_files.lua", Some(&Refactor::new().config()));
}

#[test]
fn two_files_011() {
    two_files("0.11");
}

#[test]
fn two_files_012() {
    two_files("0.12");
}

#[test]
fn l2_real_server_and_model_011() {
    run("0.11", "real.lua");
}

#[test]
fn l2_real_server_and_model_012() {
    run("0.12", "real.lua");
}

#[test]
fn a_session_over_two_branches_011() {
    run("0.11", "branches.lua");
}
