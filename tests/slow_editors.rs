//! Editors that know nothing of longsight and speak plain LSP, where they are on this machine: Emacs with eglot, Helix and Kakoune, each
//! with the real binary and a scripted coder that refactors two files. What is not here is a loud SKIP.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use longsight::config;

use crate::support::coder::{AREA, Refactor, SQUARE};
use crate::support::terminal::Terminal;

const LONGSIGHT: &str = env!("CARGO_BIN_EXE_longsight");

/// An editor that `scripts/get-editors` has brought, or the machine's own.
fn editor(brought: &str, name: &str) -> Option<PathBuf> {
    let brought = config::cache_dir().map(|cache| cache.join("test/editors").join(brought)).filter(|path| path.exists());
    brought.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists()))
}

/// A refactor of two files by code actions alone, in `tests/editors/eglot.el`.
fn eglot(emacs: &Path) {
    let refactor = Refactor::new();
    let output = Command::new(emacs)
        .args(["--batch", "-l", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/editors/eglot.el")])
        .env("LONGSIGHT", LONGSIGHT)
        .env("CONFIG", refactor.config())
        .env("WORKSPACE", refactor.root())
        .env("XDG_CACHE_HOME", refactor.folder.path().join("cache"))
        .env("HOME", refactor.folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.ends_with("0 failed\n"), "\n{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn emacs_of_this_machine() {
    let known = Command::new("emacs").args(["--batch", "--eval", "(require 'eglot)"]).output();
    match known.is_ok_and(|known| known.status.success()) {
        true => eglot(Path::new("emacs")),
        false => eprintln!("SKIP: no Emacs with eglot here (Debian: emacs-nox elpa-eglot)"),
    }
}

/// One with eglot inside.
#[test]
fn emacs_30() {
    match editor("emacs/emacs", "") {
        Some(emacs) => eglot(&emacs),
        None => eprintln!("SKIP: no Emacs 30 here (scripts/get-editors says why)"),
    }
}

#[test]
fn helix_reviews_a_refactor_of_two_files() {
    let Some(helix) = editor("helix/hx", "hx").filter(|_| Terminal::is_here()) else {
        eprintln!("SKIP: no Helix or no tmux here (scripts/get-editors says why)");
        return;
    };
    let refactor = Refactor::new();
    let home = refactor.folder.path();
    std::fs::create_dir_all(home.join(".config/helix")).unwrap();
    let server = format!("command = {LONGSIGHT:?}\nargs = [\"serve\", \"--config\", {:?}]\n", refactor.config());
    let languages = format!("[language-server.longsight]\n{server}\n[[language]]\nname = \"rust\"\nlanguage-servers = [\"longsight\"]\n");
    std::fs::write(home.join(".config/helix/languages.toml"), languages).unwrap();
    let terminal = Terminal::start(home, &refactor.root(), &[helix.to_str().unwrap(), "src/area.rs"]);
    terminal.shows("pub fn area(");
    // Chooses from the menu of code actions at the cursor; it is asked for again while the server starts or computes.
    let choose = |first: &str, title: &str| {
        let down = terminal.until(title, |screen| {
            let row = |text: &str| screen.lines().position(|line| line.contains(text));
            let found = row(title).and_then(|found| Some(found - row(first)?));
            if found.is_none() {
                // An Escape that is followed at once by a key is another key.
                terminal.press(&["Escape"]);
                std::thread::sleep(Duration::from_millis(300));
                terminal.press(&["Space", "a"]);
                std::thread::sleep(Duration::from_millis(700));
            }
            found
        });
        (0..down).for_each(|_| terminal.press(&["Down"]));
        terminal.press(&["Enter"]);
        terminal.until("the menu to close", |screen| (!screen.contains(first)).then_some(()));
    };
    let command = |line: &str| {
        terminal.type_text(line);
        terminal.press(&["Enter"]);
    };
    let saved = |name: &str, text: &str| {
        command(":write");
        // The text is on disk before Helix knows how old the file is now, which waits for the disk: until then it takes its own writing
        // for somebody else's, and refuses the next one. The mark of a changed buffer goes when it knows.
        let is_there = || std::fs::read_to_string(refactor.root().join(name)).is_ok_and(|now| now == text);
        terminal.until(text, |screen| (is_there() && !screen.contains("[+]")).then_some(()));
    };
    choose("Explain `area`", "Rewrite `area`");
    choose("Accept this change", "Accept this change");
    terminal.shows("pub fn surface(");
    saved("src/area.rs", &AREA.replace("area", "surface"));
    terminal.press(&["u"]);
    terminal.shows("pub fn area(");
    saved("src/area.rs", AREA);

    command(":open src/square.rs");
    terminal.shows("use crate::area::area;");
    choose("Accept this change", "Reject this change");
    terminal.press(&["4", "g", "g"]);
    choose("Accept this change", "Accept this change");
    terminal.shows("    surface(side, side)");
    saved("src/square.rs", &SQUARE.replace("    area(", "    surface("));
}

#[test]
fn kakoune_reviews_a_refactor_of_two_files() {
    let both = ["kak", "kak-lsp"].map(|name| editor(&format!("kakoune/{name}"), name).and_then(|path| Some(path.parent()?.to_path_buf())));
    let [Some(kakoune), Some(lsp)] = both.clone() else {
        eprintln!("SKIP: no Kakoune with kakoune-lsp here ({both:?})");
        return;
    };
    let refactor = Refactor::new();
    let home = refactor.folder.path();
    std::fs::create_dir_all(home.join(".config/kak")).unwrap();
    // As it is documented, with the binary of this test.
    let server = format!("command = {LONGSIGHT:?}\n        args = [\"serve\", \"--config\", {:?}]", refactor.config());
    let documented = include_str!("../editors/kakoune.md").split("```").nth(1).unwrap().trim_start_matches("kak\n");
    let kakrc = documented.replace("command = \"longsight\"", &server).replace("args = [\"serve\"]", "");
    std::fs::write(home.join(".config/kak/kakrc"), format!("eval %sh{{kak-lsp}}\n{kakrc}")).unwrap();
    let path = std::env::join_paths([kakoune, lsp].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    let path = format!("PATH={}", path.display());
    let terminal = Terminal::start(home, &refactor.root(), &["env", &path, "kak", "src/area.rs"]);
    terminal.shows("pub fn area(");
    let command = |line: &str| {
        terminal.press(&["Escape"]);
        std::thread::sleep(Duration::from_millis(300));
        terminal.type_text(line);
        terminal.press(&["Enter"]);
    };
    // Chooses from the menu of code actions at the cursor by typing; it is asked for again while the server starts or computes.
    let choose = |title: &str| {
        terminal.until(title, |screen| {
            if screen.contains(title) {
                return Some(());
            }
            command(":lsp-code-actions");
            std::thread::sleep(Duration::from_millis(900));
            None
        });
        // What is typed narrows the list; Tab completes it to the entry.
        terminal.type_text(title);
        std::thread::sleep(Duration::from_millis(300));
        terminal.press(&["Tab", "Enter"]);
        terminal.until("the menu to close", |screen| (!screen.contains("prompt - client")).then_some(()));
    };
    let saved = |name: &str, text: &str| {
        command(":write");
        terminal.until(text, |_| std::fs::read_to_string(refactor.root().join(name)).is_ok_and(|now| now == text).then_some(()));
    };
    choose("Rewrite `area` more clearly");
    choose("Accept this change");
    terminal.shows("pub fn surface(");
    saved("src/area.rs", &AREA.replace("area", "surface"));
    terminal.press(&["u"]);
    terminal.shows("pub fn area(");
    saved("src/area.rs", AREA);
    assert_eq!(std::fs::read_to_string(refactor.root().join("src/square.rs")).unwrap(), SQUARE, "nothing is written unasked");
}
