//! Settings that are no regular file, with the real binary: nothing waits for a pipe, or reads a device that never ends.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::editor::Editor;
use crate::support::files;

/// Long enough for any command of these tests on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn pipe(at: &Path) {
    nix::unistd::mkfifo(at, nix::sys::stat::Mode::S_IRWXU).unwrap();
}

fn zero(at: &Path) {
    symlink("/dev/zero", at).unwrap();
}

/// A home with a repository in it.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    files::write(home.path(), "repo/.git/HEAD", "ref: refs/heads/main\n");
    files::write(home.path(), "repo/.git/config", "[core]\n\tbare = false\n");
    files::write(home.path(), "repo/a.rs", "fn a() {}\n");
    std::fs::create_dir_all(home.path().join("config/longsight")).unwrap();
    std::fs::create_dir_all(home.path().join("config/git")).unwrap();
    home
}

fn at_home(command: &mut Command, home: &Path) {
    command.env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).env_remove("GIT_CONFIG_GLOBAL");
    command.env("XDG_STATE_HOME", home.join("state")).env("XDG_CACHE_HOME", home.join("cache"));
}

/// What a command says on both outputs, and whether it did its work.
fn run(home: &Path, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    at_home(&mut command, home);
    prepare(command.args(arguments).current_dir(home.join("repo")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let done = child.wait_with_output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

fn is_served(editor: &mut Editor, home: &Path) {
    let uri = format!("file://{}", home.join("repo/a.rs").display());
    let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
    assert!(lenses["error"].is_null(), "{lenses}");
}

/// While the settings cannot be read, each folder is asked about, which is no surprise here.
fn leave(mut editor: Editor) {
    editor.inbox.clear();
    editor.quit();
}

/// The configuration as a pipe stopped the server for ever, so that it did not even leave.
#[test]
fn e2_l3_a_configuration_that_is_no_file_is_named_and_stops_nothing() {
    let folder = |at: &Path| std::fs::create_dir(at).unwrap();
    let socket = |at: &Path| drop(std::os::unix::net::UnixListener::bind(at).unwrap());
    for (what, damage) in [("a pipe", pipe as fn(&Path)), ("device", zero), ("a folder", folder), ("a socket", socket)] {
        let home = home();
        let file = home.path().join("config/longsight/config.toml");
        damage(&file);
        let mut editor = Editor::binary(|command| at_home(command, home.path())).start(&home.path().join("repo"));
        let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
        for said in ["config.toml: cannot be read", what, "no regular file", "put a file in its place", "the defaults are in use"] {
            assert!(told.contains(said), "{what}: {told}");
        }
        is_served(&mut editor, home.path());
        if what == "a pipe" {
            // The watch has seen the pipe.
            editor.pump(Duration::from_millis(500));
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, "[completion]\nautomatik = false\n").unwrap();
            let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
            assert!(told.contains("did you mean `automatic`"), "the file is looked at again: {told}");
        }
        leave(editor);
        let (done, said) = run(home.path(), &["index", "--json"], |_| {});
        assert!(done && (what == "a pipe" || said.contains("no regular file")), "{what}: {said}");
    }
}

/// A pipe that took the place of the configuration stopped the watch for it.
#[test]
fn l3_a_configuration_that_becomes_a_pipe_is_named_and_watched() {
    let home = home();
    let file = files::write(home.path(), "elsewhere/config.toml", "[completion]\nautomatic = false\n");
    let link = home.path().join("config/longsight/config.toml");
    // A link to a file is a file: many people keep their settings in a repository.
    symlink(&file, &link).unwrap();
    let mut editor = Editor::binary(|command| at_home(command, home.path())).start(&home.path().join("repo"));
    is_served(&mut editor, home.path());
    assert!(editor.inbox.is_empty(), "{:?}", editor.inbox);
    std::fs::remove_file(&file).unwrap();
    pipe(&file);
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("no regular file") && told.contains("what was set before stays in use"), "{told}");
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    is_served(&mut editor, home.path());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "[completion]\nautomatik = false\n").unwrap();
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("did you mean `automatic`"), "{told}");
    leave(editor);
}

/// Whatever git reads for all repositories may be a pipe as well; the crate that reads ignore files waited for it.
#[test]
fn c2_settings_of_git_that_are_no_files_stop_no_index() {
    for place in [".gitconfig", "config/git/config", "config/git/ignore", "named"] {
        for damage in [pipe, zero] {
            let home = home();
            damage(&home.path().join(place));
            let named = home.path().join("named");
            let (done, said) = run(home.path(), &["index", "--json"], |command| {
                command.envs((place == "named").then_some(("GIT_CONFIG_GLOBAL", named)));
            });
            assert!(done && said.contains("\"files\":1"), "{place}: {said}");
        }
    }
    // Sound ones count as before, also where the settings are said to be nothing.
    let home = home();
    files::write(home.path(), "config/git/ignore", "a.rs\n");
    for global in [None, Some("/dev/null")] {
        let (done, said) = run(home.path(), &["index", "--json"], |command| {
            command.envs(global.map(|global| ("GIT_CONFIG_GLOBAL", global)));
        });
        assert!(done && said.contains("\"files\":0"), "{global:?}: {said}");
    }
}

/// A list of tools was read without an end.
#[test]
fn tools_of_a_device_that_never_ends_are_refused() {
    let home = home();
    let arguments = ["parse", "--dialect", "hermes", "--tools", "/dev/zero"];
    let (done, said) = run(home.path(), &arguments, |_| {});
    assert!(!done && said.contains("/dev/zero is larger than 16 MiB"), "{said}");
}
