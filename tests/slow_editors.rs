//! Editors that know nothing of longsight and speak plain LSP, where they are on this machine: Emacs with eglot, the real binary and a
//! scripted coder. What is not here is a loud SKIP.

use std::process::Command;

use serde_json::json;

use crate::support::coder::Coder;

#[test]
fn emacs_reviews_a_refactor_of_two_files_by_code_actions_alone() {
    let known = Command::new("emacs").args(["--batch", "--eval", "(require 'eglot)"]).output();
    if !known.is_ok_and(|known| known.status.success()) {
        eprintln!("SKIP: no Emacs with eglot here (Debian: emacs-nox elpa-eglot)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("w/.git")).unwrap();
    std::fs::create_dir_all(folder.path().join("w/src")).unwrap();
    std::fs::write(folder.path().join("w/src/area.rs"), "pub fn area(width: u32, height: u32) -> u32 {\n    width * height\n}\n").unwrap();
    let square = "use crate::area::area;\n\npub fn square(side: u32) -> u32 {\n    area(side, side)\n}\n";
    std::fs::write(folder.path().join("w/src/square.rs"), square).unwrap();
    let edit =
        |path: &str, old: &str, new: &str| json!({ "path": path, "old": old, "new": new, "reason": format!("renames it in {path}") });
    let coder = Coder::proposing(json!([
        edit("src/area.rs", "pub fn area(", "pub fn surface("),
        edit("src/square.rs", "use crate::area::area;", "use crate::area::surface;"),
        edit("src/square.rs", "    area(side, side)", "    surface(side, side)"),
    ]));
    let output = Command::new("emacs")
        .args(["--batch", "-l", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/editors/eglot.el")])
        .env("LONGSIGHT", env!("CARGO_BIN_EXE_longsight"))
        .env("CONFIG", coder.config(folder.path()))
        .env("WORKSPACE", folder.path().join("w"))
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.ends_with("0 failed\n"), "\n{said}{}", String::from_utf8_lossy(&output.stderr));
}
