//! What takes part for a while: open documents while rules come and go, files with two names, roots and rules that are not there yet, and
//! projects that are known only while a person works in them.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::index::{Options, View};
use longsight::workspace::rules::Skip;
use longsight::workspace::{Roots, Rules};

use crate::support::tree::{Tree, index, paths, until};

fn watching() -> Options {
    Options { watch: true, threads: 2, ..Options::default() }
}

fn has(view: &View, name: &str) -> bool {
    !view.named(name).is_empty()
}

/// A file of a project that keeps everything on this machine went into prompts for others once it had been open, or told of.
#[test]
fn a_project_that_stays_local_is_known_only_while_it_is_open() {
    let tree = Tree::new(&[
        ("a.py", "def a():\n    pass\n"),
        ("in/.longsight.toml", "local_only = true\n"),
        ("in/p.py", "def inner():\n    pass\n"),
    ]);
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let is_known = || (has(&index.view(), "inner"), index.view().has_local_only());
    index.changed(vec![tree.path("in/p.py")]);
    index.sync();
    assert_eq!(is_known(), (false, false), "nobody works in it");
    let document = tree.document("in/p.py", "python", 1, "def inner():\n    return 1\n");
    index.update(document.clone());
    index.sync();
    assert_eq!(is_known(), (true, true), "who works in it has it, and stays here with all requests");
    index.close(&document.uri);
    index.sync();
    assert_eq!(is_known(), (false, false), "it is closed");
    index.update(document);
    tree.remove("in/.longsight.toml");
    index.rescan();
    index.wait_ready();
    assert_eq!(is_known(), (true, false), "it may be sent like any other");
}

/// An open document whose file was ignored for a while, as on another branch, was lost until somebody typed in it, or came back from the disk.
#[test]
fn an_open_document_that_was_ignored_for_a_while_is_back_as_it_is_open() {
    let tree = Tree::new(&[("a.py", "def saved():\n    pass\n"), ("z.py", "def z():\n    pass\n")]);
    let index = tree.index(watching());
    index.update(tree.document("a.py", "python", 1, "def open_here():\n    pass\n"));
    until(&index, "the open text", |view| has(view, "open_here"));
    tree.write(".gitignore", "a.py\n");
    until(&index, "the rule", |view| !has(view, "open_here"));
    // What is typed meanwhile counts when it is back.
    index.update(tree.document("a.py", "python", 2, "def typed_since():\n    pass\n"));
    index.sync();
    assert!(!has(&index.view(), "typed_since"));
    tree.remove(".gitignore");
    until(&index, "the document", |view| has(view, "typed_since"));
    assert!(!has(&index.view(), "saved"));
}

/// The text under the name that was closed last stayed, though the file was open under another.
#[test]
fn a_file_that_is_open_under_two_names_is_as_the_one_that_is_left() {
    let tree = Tree::new(&[("a.py", "def saved():\n    pass\n")]);
    symlink("a.py", tree.path("link.py")).unwrap();
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let (linked, own) = (
        tree.document("link.py", "python", 1, "def linked():\n    pass\n"),
        tree.document("a.py", "python", 1, "# more\n\ndef own():\n    pass\n"),
    );
    assert_eq!(linked.path, own.path);
    let named = || ["linked", "own", "saved"].map(|name| has(&index.view(), name));
    index.update(linked.clone());
    index.update(own.clone());
    index.close(&own.uri);
    index.sync();
    assert_eq!(named(), [true, false, false]);
    index.close(&linked.uri);
    index.sync();
    assert_eq!(named(), [false, false, true]);
}

/// It took half a minute, or ten, until the index had them.
#[test]
fn a_root_that_is_made_later_or_moved_away_and_back_is_seen() {
    let tree = Tree::new(&[]);
    let root = tree.path("later");
    let index = index(Arc::new(Roots::new([root.clone()])), watching());
    assert!(paths(&index.view()).is_empty());
    tree.write("later/a.py", "def a():\n    pass\n");
    until(&index, "a root that was not there", |view| has(view, "a"));
    std::fs::rename(&root, tree.path("away")).unwrap();
    until(&index, "a root that is gone", |view| !has(view, "a"));
    std::fs::rename(tree.path("away"), &root).unwrap();
    until(&index, "a root that is back", |view| has(view, "a"));
    tree.write("later/b.py", "def b():\n    pass\n");
    until(&index, "a file in it", |view| has(view, "b"));
}

/// A folder that may not be looked into for its rules was not watched, so that it stayed out when these had come right.
#[test]
fn a_folder_whose_rules_come_right_is_looked_into() {
    for folder in ["", "sub/"] {
        let tree = Tree::new(&[(&format!("{folder}a.py"), "def a():\n    pass\n")]);
        let rules = tree.path(&format!("{folder}.ignore"));
        symlink("/etc/hostname", &rules).unwrap();
        let index = tree.index(watching());
        assert!(!has(&index.view(), "a"), "what the rules leave out is not known");
        std::fs::remove_file(&rules).unwrap();
        until(&index, "a folder without such rules", |view| has(view, "a"));
    }
}

/// What was looked at one by one was known by both its names, and when the one that a listing had kept went, by none.
#[test]
fn a_file_of_several_names_is_known_by_one_of_them() {
    let tree = Tree::new(&[("b.py", "def b():\n    pass\n"), ("z.py", "def z():\n    pass\n")]);
    std::fs::hard_link(tree.path("b.py"), tree.path("a.py")).unwrap();
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let look = |path: &str| {
        index.changed(vec![tree.path(path)]);
        index.wait_ready();
        tree.assert_fresh(&index);
        paths(&index.view())
    };
    assert_eq!(paths(&index.view()), ["a.py", "z.py"]);
    tree.remove("a.py");
    assert_eq!(look("a.py"), ["b.py", "z.py"]);
    std::fs::hard_link(tree.path("b.py"), tree.path("c.py")).unwrap();
    assert_eq!(look("c.py"), ["b.py", "z.py"]);
}

/// A submodule that came or went was not noticed: there `.git` is a file.
#[test]
fn the_rules_of_a_repository_end_where_another_begins() {
    let tree = Tree::new(&[
        ("store/.git/HEAD", "ref: refs/heads/main\n"),
        ("proj/.git/HEAD", "ref: refs/heads/main\n"),
        ("proj/.gitignore", "m.py\n"),
        ("proj/sub/m.py", "def m():\n    pass\n"),
        ("proj/sub/n.py", "def n():\n    pass\n"),
    ]);
    let index = index(Arc::new(Roots::new([tree.path("proj")])), watching());
    assert!(has(&index.view(), "n") && !has(&index.view(), "m"));
    tree.write("proj/sub/.git", format!("gitdir: {}\n", tree.path("store/.git").display()));
    until(&index, "a submodule", |view| has(view, "m"));
    // What is looked at by itself goes by the same rules.
    tree.write("proj/sub/m.py", "def m():\n    pass\n\ndef more():\n    pass\n");
    until(&index, "a file of it", |view| has(view, "more"));
    tree.remove("proj/sub/.git");
    until(&index, "a folder of the repository around it", |view| !has(view, "m"));
    tree.write("proj/sub/m.py", "def m():\n    pass\n");
    index.changed(vec![tree.path("proj/sub/m.py")]);
    index.sync();
    assert!(!has(&index.view(), "m"));
}

/// What the repository around an open folder ignores was read once in a server's life.
#[test]
fn rules_above_an_open_folder_count_when_they_change() {
    let tree = Tree::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("open/a.py", "def a():\n    pass\n"),
        ("open/dump.py", "def dumped():\n    pass\n"),
    ]);
    let roots = Arc::new(Roots::new([tree.path("open")]));
    let index = index(roots.clone(), watching());
    let rules = Rules::new(roots.iter().next().unwrap());
    let dump = roots.locate(&tree.path("open/dump.py")).unwrap();
    assert_eq!((rules.reason(&dump), has(&index.view(), "dumped")), (None, true));
    tree.write(".gitignore", "dump.py\n");
    assert_eq!(rules.reason(&dump), Some(Skip::Ignored), "by rules that were asked before");
    until(&index, "the rule", |view| !has(view, "dumped"));
    tree.remove(".gitignore");
    assert_eq!(rules.reason(&dump), None);
    until(&index, "the file", |view| has(view, "dumped"));
}

/// By its length alone a renamed function was served under its old name until its file changed again.
#[test]
fn a_text_is_told_from_another_of_the_same_length() {
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n"), ("b.py", "\u{feff}def b():\r    pass\r")]);
    let index = tree.index(Options::default());
    let view = index.view();
    let file = |path: &str| view.at(&tree.roots().locate(&tree.path(path)).unwrap()).unwrap().clone();
    assert!(file("a.py").is_of("def a():\n    pass\n"));
    assert!(!file("a.py").is_of("def z():\n    pass\n"));
    // As it is read: its lines ended by line feeds.
    assert!(file("b.py").is_of("\u{feff}def b():\n    pass\n"));
}

/// It was looked at as the file that the link leads to, and stayed under its old name.
#[test]
fn a_file_whose_name_is_a_link_now_is_gone() {
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n"), ("b.py", "def b():\n    pass\n")]);
    let index = tree.index(watching());
    assert!(has(&index.view(), "b"));
    tree.remove("b.py");
    symlink("a.py", tree.path("b.py")).unwrap();
    until(&index, "the link", |view| !has(view, "b"));
    assert_eq!(paths(&index.view()), ["a.py"]);
}

/// What lies deeper was left out without a word, until an editor told of it.
#[test]
fn folders_that_are_too_deep_are_told() {
    let folders = |count: usize| "d/".repeat(count);
    let (in_reach, beyond) = (format!("{}a.py", folders(63)), format!("{}b.py", folders(64)));
    let tree = Tree::new(&[(&in_reach, "def a():\n    pass\n"), (&beyond, "def b():\n    pass\n")]);
    let index = tree.index(Options::default());
    let seen = || (paths(&index.view()).len(), index.view().statistics().skipped.get(&Skip::TooDeep).copied());
    assert_eq!(seen(), (1, Some(1)));
    index.changed(vec![tree.path(&beyond)]);
    index.sync();
    assert_eq!(seen(), (1, Some(1)));
}

/// A copy that keeps the time of its original looked old enough at once, so a second write within one tick of the clock was not seen.
#[test]
fn a_file_that_looks_old_but_was_just_made_is_not_trusted_to_stay() {
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n")]);
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let trusted = || index.view().at(&tree.roots().resolve("a.py").unwrap()).unwrap().stamp.modified != 0;
    assert!(trusted());
    let deadline = Instant::now() + Duration::from_secs(60);
    for round in 0.. {
        assert!(Instant::now() < deadline, "this machine is too slow to look at a file that was just written");
        let began = Instant::now();
        tree.write("a.py", format!("def a{round}():\n    pass\n"));
        index.changed(vec![tree.path("a.py")]);
        index.sync();
        if began.elapsed() < Duration::from_millis(15) {
            break;
        }
    }
    assert!(!trusted());
    std::thread::sleep(Duration::from_millis(25));
    index.rescan();
    index.wait_ready();
    assert!(trusted());
}

/// A file that a disk or the network failed to give once was left out until it changed.
#[test]
fn a_file_that_could_not_be_read_once_is_read_by_the_next_listing() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n")]);
    let mode = |mode| std::fs::set_permissions(tree.folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o755);
    // Root may read everything: the index's threads inherit a user who may not.
    let is_root = nix::unistd::geteuid().is_root();
    let become_user = |user| is_root.then(|| nix::unistd::setfsuid(nix::unistd::Uid::from_raw(user)));
    become_user(65534);
    let index = tree.index(Options { threads: 2, ..Options::default() });
    become_user(0);
    tree.write("a.py", "def other():\n    pass\n");
    // Without a change of the file itself: its folder cannot be opened.
    mode(0o311);
    index.changed(vec![tree.path("a.py")]);
    index.sync();
    assert!(!has(&index.view(), "a") && !has(&index.view(), "other"));
    mode(0o755);
    index.rescan();
    index.wait_ready();
    assert!(has(&index.view(), "other"));
}
