//! Which rules of git hold where: below a repository, in a second working tree and in a submodule of it, and what stands above it.

use std::path::Path;
use std::sync::Arc;

use longsight::index::Options;
use longsight::workspace::walk::walk;
use longsight::workspace::{Roots, Rules};

use crate::support::tree::{Tree, index, until};

/// The files that take part below a folder of the tree, as the walk finds them and as each is asked for.
fn listed(tree: &Tree, below: &str) -> Vec<String> {
    let roots = Roots::new([tree.path(below)]);
    let root: Vec<Arc<_>> = roots.iter().cloned().collect();
    let rules = Rules::new(&root[0]);
    let files = walk(&roots, 2).files.into_iter().map(|entry| entry.path);
    let files: Vec<_> = files.filter(|path| !path.relative().starts_with('.')).collect();
    assert!(files.iter().all(|path| rules.reason(path).is_none()), "{files:?}");
    let found = |name: &&str| {
        let path = roots.locate(&tree.path(below).join(name)).unwrap();
        files.contains(&path) || rules.reason(&path).is_some()
    };
    assert!(["a.rs", "left.rs", "sub/a.rs", "sub/left.rs"].iter().filter(|name| tree.path(below).join(name).exists()).all(found));
    files.iter().map(ToString::to_string).collect()
}

fn project(extra: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(&[("proj/.git/HEAD", "ref: refs/heads/main\n"), ("proj/a.rs", "fn a() {}\n"), ("proj/left.rs", "fn left() {}\n")]);
    extra.iter().for_each(|(path, text)| tree.write(path, text));
    tree
}

/// Who keeps a home in a repository leaves out everything there: `*`.
#[test]
fn what_stands_above_a_repository_does_not_hold_in_it() {
    let tree = project(&[(".gitignore", "*\n"), ("loose/a.rs", "fn a() {}\n"), ("loose/.gitignore", "left.rs\n"), ("loose/left.rs", "")]);
    assert_eq!(listed(&tree, "proj"), ["a.rs", "left.rs"]);
    assert_eq!(listed(&tree, "loose"), ["a.rs"], "a folder in no repository has its own rules");
    tree.write("proj/.gitignore", "left.rs\n");
    tree.write("proj/sub/a.rs", "fn a() {}\n");
    tree.write("proj/sub/left.rs", "fn left() {}\n");
    assert_eq!(listed(&tree, "proj/sub"), ["a.rs"], "what the repository leaves out holds below it");
}

#[cfg(unix)]
#[test]
fn a_linked_file_of_rules_above_the_root_shuts_out_nothing() {
    let tree = project(&[("dotfiles/gitignore", "left.rs\n")]);
    std::os::unix::fs::symlink("dotfiles/gitignore", tree.path(".gitignore")).unwrap();
    assert_eq!(listed(&tree, "proj"), ["a.rs", "left.rs"]);
    // A link in the project to somewhere else still does.
    std::os::unix::fs::symlink(tree.path("dotfiles/gitignore"), tree.path("proj/.gitignore")).unwrap();
    assert!(walk(&Roots::new([tree.path("proj")]), 1).files.is_empty());
}

/// A walk asks once what a folder is, whatever order its files come in.
#[test]
fn projects_in_projects_leave_out_what_they_say_and_no_more() {
    let inner = "proj/one/two/.longsight.toml";
    let copy = "proj/one/two/three/four/.git/info/exclude";
    let tree = project(&[(inner, "ignore = [\"left.rs\", \"/three/here.rs\"]\n"), (copy, "last.rs\n")]);
    for folder in ["one", "one/two", "one/two/three", "one/two/three/four", "one/two/three/four/five", "one/zero", "one/zero/two"] {
        ["a.rs", "here.rs", "last.rs", "left.rs"].iter().for_each(|name| tree.write(&format!("proj/{folder}/{name}"), "fn a() {}\n"));
    }
    let is_left_out = |path: &&str| {
        let by_inner = path.starts_with("one/two/") && path.ends_with("/left.rs") || *path == "one/two/three/here.rs";
        by_inner || path.starts_with("one/two/three/four/") && path.ends_with("/last.rs")
    };
    for threads in [1, 2] {
        let files = walk(&Roots::new([tree.path("proj")]), threads).files;
        let paths = files.iter().map(|entry| entry.path.relative());
        let found: Vec<&str> = paths.filter(|path| path.starts_with("one/") && path.ends_with(".rs")).collect();
        assert_eq!(found.iter().find(|path| is_left_out(path)), None);
        // Of seven folders with four files each; the inner project leaves out five, and the copy of the innermost two.
        assert_eq!(found.len(), 7 * 4 - 5 - 2, "{found:?}");
    }
}

#[test]
fn what_only_a_copy_of_a_repository_leaves_out_is_left_out() {
    let tree = project(&[("proj/.git/info/exclude", "left.rs\n")]);
    assert_eq!(listed(&tree, "proj"), ["a.rs"]);
    // A second working tree of it, found from wherever the server was started.
    for (number, place) in [Path::new("../proj/.git/worktrees/two").to_path_buf(), tree.path("proj/.git/worktrees/two")].iter().enumerate()
    {
        tree.write("proj/.git/worktrees/two/commondir", "../..\n");
        let folder = format!("tree{number}");
        tree.write(&format!("{folder}/.git"), format!("gitdir: {}\n", place.display()));
        tree.write(&format!("{folder}/a.rs"), "fn a() {}\n");
        tree.write(&format!("{folder}/left.rs"), "fn left() {}\n");
        assert_eq!(listed(&tree, &folder), ["a.rs"], "{}", place.display());
    }
}

#[test]
fn what_a_submodule_leaves_out_is_left_out_in_it_alone() {
    let tree = project(&[
        ("proj/.git/modules/sub/info/exclude", "a.rs\n"),
        ("proj/sub/.git", "gitdir: ../.git/modules/sub\n"),
        ("proj/sub/a.rs", "fn a() {}\n"),
        ("proj/sub/left.rs", "fn left() {}\n"),
    ]);
    assert_eq!(listed(&tree, "proj"), ["a.rs", "left.rs", "sub/left.rs"]);
    assert_eq!(listed(&tree, "proj/sub"), ["left.rs"]);
}

/// It was followed minutes later, and by what keeps rules not at all.
#[test]
fn a_change_of_what_only_a_copy_of_a_repository_leaves_out_takes_effect() {
    let plain = || project(&[("proj/.git/info/exclude", "# nothing\n")]);
    let submodule = || {
        let tree = project(&[("proj/.git/info/exclude", "# nothing\n"), ("proj/.git/modules/sub/info/exclude", "# nothing\n")]);
        tree.write("proj/sub/.git", "gitdir: ../.git/modules/sub\n");
        tree.write("proj/sub/left.rs", "fn left() {}\n");
        tree.remove("proj/left.rs");
        tree
    };
    let second = || {
        let tree = project(&[("proj/.git/info/exclude", "# nothing\n"), ("proj/.git/worktrees/two/commondir", "../..\n")]);
        tree.write("two/.git", "gitdir: ../proj/.git/worktrees/two\n");
        tree.write("two/left.rs", "fn left() {}\n");
        tree
    };
    for (what, tree, root, left, list) in [
        ("a list that changes", plain(), "proj", "proj/left.rs", "proj/.git/info/exclude"),
        ("a list that there was not", project(&[]), "proj", "proj/left.rs", "proj/.git/info/exclude"),
        ("the list of a repository above", plain(), "proj/sub", "proj/sub/left.rs", "proj/.git/info/exclude"),
        ("the list of a submodule", submodule(), "proj", "proj/sub/left.rs", "proj/.git/modules/sub/info/exclude"),
        ("the list of a second tree", second(), "two", "two/left.rs", "proj/.git/info/exclude"),
    ] {
        tree.write(left, "fn left() {}\n");
        let roots = Arc::new(Roots::new([tree.path(root)]));
        let rules = Rules::new(roots.iter().next().unwrap());
        let path = roots.locate(&tree.path(left)).unwrap();
        let index = index(roots, Options { watch: true, threads: 2, ..Options::default() });
        assert!(index.view().at(&path).is_some() && rules.reason(&path).is_none(), "{what}");
        tree.write(list, "left.rs\n");
        until(&index, what, |view| view.at(&path).is_none());
        assert!(rules.reason(&path).is_some(), "{what}");
        tree.write(list, "# left.rs\n");
        until(&index, what, |view| view.at(&path).is_some());
        assert!(rules.reason(&path).is_none(), "{what}");
    }
}

/// One lock was held while folders were looked at: whoever asked about another file, or whether anything may leave the machine, waited. Now
/// each who asks at the same time has rules of their own, and all of these have to hear of a change.
#[test]
fn rules_that_many_ask_for_at_once_are_those_of_now_for_all() {
    let tree = project(&[("proj/sub/a.rs", "fn a() {}\n"), ("proj/sub/left.rs", "fn left() {}\n")]);
    let roots = Roots::new([tree.path("proj")]);
    let root: Vec<Arc<_>> = roots.iter().cloned().collect();
    let rules = Rules::new(&root[0]);
    let path = |name: &str| roots.locate(&tree.path("proj").join(name)).unwrap();
    let paths = ["a.rs", "left.rs", "sub/a.rs", "sub/left.rs"].map(path);
    let together = |expected: [bool; 4], local_only: bool| {
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..20 {
                        assert_eq!(paths.each_ref().map(|path| rules.reason(path).is_some()), expected);
                        assert_eq!(rules.is_local_only(), local_only);
                    }
                });
            }
        });
    };
    together([false; 4], false);
    tree.write("proj/.gitignore", "left.rs\n");
    together([false, true, false, true], false);
    tree.write("proj/.longsight.toml", "local_only = true\n");
    tree.write("proj/sub/.gitignore", "!left.rs\na.rs\n");
    together([false, true, true, false], true);
}

/// What takes part of these files beside this `.gitignore`, as the walk finds it; and every file is asked for by itself.
fn beside(ignore: &[u8], files: &[&str], more: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::new(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    files.iter().for_each(|file| tree.write(file, "fn f() {}\n"));
    more.iter().for_each(|(path, text)| tree.write(path, text));
    std::fs::write(tree.path(".gitignore"), ignore).unwrap();
    let roots = tree.roots();
    let rules = Rules::new(roots.iter().next().unwrap());
    let listed: Vec<String> = walk(&roots, 2).files.into_iter().map(|entry| entry.path.to_string()).collect();
    let asked = |file: &&&str| rules.reason(&roots.locate(&tree.path(file)).unwrap()).is_none();
    let asked: Vec<&str> = files.iter().filter(asked).copied().collect();
    let listed: Vec<String> = listed.into_iter().filter(|path| files.contains(&path.as_str())).collect();
    assert_eq!(listed, asked, "a listing and a question say the same of {:?}", String::from_utf8_lossy(ignore));
    listed
}

/// A comment in Latin-1 ended the rules of a file, and braces and classes of letters were read as git does not read them: what git ignores
/// was indexed, and sent.
#[test]
fn rules_are_read_as_git_reads_them() {
    let files = ["a.rs", "a{b/k.rs", "k1.rs", "priv/k.rs", "{{cookie.x}}/k.rs"];
    let left = |ignore: &[u8]| -> Vec<&str> {
        let there = beside(ignore, &files, &[]);
        files.iter().filter(|file| !there.iter().any(|path| path == *file)).copied().collect()
    };
    for (ignore, wanted) in [
        (&b"# caf\xe9\npriv/\n"[..], &["priv/k.rs"][..]),
        (b"priv/\n# caf\xe9\nk1.rs\n", &["k1.rs", "priv/k.rs"]),
        (b"caf\xe9/\n/k?.rs\n", &["k1.rs"]),
        (b"a{b/\n", &["a{b/k.rs"]),
        (b"{{cookie.x}}/\n", &["{{cookie.x}}/k.rs"]),
        (b"p[[:alpha:]]iv/\n", &["priv/k.rs"]),
        (b"[^[:upper:]]riv/\n", &["priv/k.rs"]),
        (b"k[[:digit:]].rs\n", &["k1.rs"]),
        (b"k[]1].rs\n", &["k1.rs"]),
        (b"k1.rs\0x\n", &["k1.rs"]),
        (b"k[[:graph:]].rs\n", &["k1.rs"]),
        (b"\xef\xbb\xbfk1.rs\n# caf\xe9\npriv/\n", &["k1.rs", "priv/k.rs"]),
        (b"Priv/\n", &[]),
        (b"# caf\xe9\n*.rs\n!k1.rs\n!a.rs\n!/priv\n", &["a{b/k.rs", "priv/k.rs", "{{cookie.x}}/k.rs"]),
    ] {
        assert_eq!(left(ignore), wanted, "{}", String::from_utf8_lossy(ignore));
    }
}

#[test]
fn what_the_settings_of_a_repository_ignore_is_left_out() {
    let files = ["a.rs", "dump.rs", "sub/left.rs"];
    let with = |ignore: &[u8], settings: &str| {
        beside(ignore, &files, &[(".git/config", settings), (".git/more", "[core]\nexcludesFile = rules ; mine\n"), ("rules", "dump.rs\n")])
    };
    assert_eq!(with(b"", "[core]\n\tbare = false\n"), files);
    assert_eq!(with(b"", "[core]\n\texcludesFile = \"rules\" # not for all\n"), ["a.rs", "sub/left.rs"]);
    assert_eq!(with(b"", "[include]\n\tpath = more\n"), ["a.rs", "sub/left.rs"]);
    assert_eq!(with(b"", "[includeIf \"gitdir:/elsewhere/\"]\n\tpath = more\n"), files);
    assert_eq!(with(b"/Sub/\nA.rs\n", "[core]\n\tignorecase = true\n"), ["dump.rs"]);
    assert_eq!(with(b"/Sub/\nA.rs\n", "[core]\n\tignorecase = false\n"), files);
    // A byte order mark is no part of a rule, in the list of this copy alone either.
    let listed = beside(b"", &files, &[(".git/info/exclude", "\u{feff}dump.rs\n")]);
    assert_eq!(listed, ["a.rs", "sub/left.rs"]);
}

/// The rules of a repository hold no more in one that lies in it, also where they are read once more.
#[test]
fn misread_rules_end_where_a_repository_begins() {
    let files = ["in/a.rs", "in/left.rs", "left.rs"];
    assert_eq!(beside(b"# caf\xe9\nleft.rs\n", &files, &[]), ["in/a.rs"]);
    assert_eq!(beside(b"# caf\xe9\nleft.rs\n", &files, &[("in/.git/HEAD", "ref: refs/heads/main\n")]), ["in/a.rs", "in/left.rs"]);
}

/// A pattern of a project's own file may be meant either way: `*.{rs,py}`, or a folder with braces in its name.
#[test]
fn braces_in_a_projects_own_file_leave_out_both_that_they_may_mean() {
    let files = ["a.py", "a.rs", "a.txt", "{{cookie.x}}/k.txt"];
    let with = |pattern: &str| beside(b"", &files, &[(".longsight.toml", &format!("ignore = [\"{pattern}\"]\n"))]);
    assert_eq!(with("*.{rs,py}"), ["a.txt", "{{cookie.x}}/k.txt"]);
    assert_eq!(with("{{cookie.x}}/"), ["a.py", "a.rs", "a.txt"]);
}

/// What git leaves out of these files by these rules.
fn git_leaves_out<'a>(repository: &Path, ignore: &[u8], files: &[&'a str]) -> Vec<&'a str> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    std::fs::write(repository.join(".gitignore"), ignore).unwrap();
    let mut git = Command::new("git");
    git.current_dir(repository).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    git.env("XDG_CONFIG_HOME", repository);
    git.args(["check-ignore", "--no-index", "-z", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut git = git.spawn().unwrap();
    git.stdin.take().unwrap().write_all(files.join("\0").as_bytes()).unwrap();
    let said = git.wait_with_output().unwrap();
    assert!(said.status.code().is_some_and(|code| code < 2), "{said:?}");
    let left: Vec<&str> = std::str::from_utf8(&said.stdout).unwrap().split('\0').collect();
    files.iter().copied().filter(|file| left.contains(file)).collect()
}

/// Rules that are easily read otherwise than git reads them.
const ODD: &[&str] = &[
    "a.rs",
    "/a.rs",
    "a.rs/",
    "*",
    "/*",
    "*.rs\n!a.rs",
    "*\n!*/\n!k.rs",
    "\\!a.rs",
    "\\#a.rs",
    "#a.rs",
    "!a.rs",
    "a.rs ",
    "a.rs\\ ",
    "a.rs\t",
    " a.rs",
    "\\ a.rs",
    "a\\ b.rs",
    "a b.rs  ",
    "a?b.rs",
    "a\\\\b.rs",
    "a.rs\\",
    "\\a.rs",
    "a.rs\r\nb.rs\r\n",
    "[ab].rs",
    "[!ab].rs",
    "[^ab].rs",
    "\\[a\\].rs",
    "[[]a].rs",
    "[a-",
    "[a",
    "[]-a].rs",
    "[b-a].rs",
    "[b-a]*",
    "k[\\d].rs",
    "k[0-9].rs",
    "**",
    "**/k.rs",
    "a/**",
    "a/**/k.rs",
    "**/priv/**",
    "a**rs",
    "a**/k.rs",
    "/a**/k.rs",
    "a***/k.rs",
    "a/b**/k.rs",
    "sub**/k.rs",
    "sub**/",
    "k{**/k.rs",
    "?**/k.rs",
    "[a]**/k.rs",
    "\\a**/k.rs",
    "**/a**/k.rs",
    "a**/**/k.rs",
    "a**/c**/k.rs",
    "a/b**",
    "/**k.rs",
    "*.rs\n!a**/k.rs",
    "a/*/k.rs",
    "a/*",
    "*/k.rs",
    "/**/k.rs",
    "priv",
    "priv/",
    "/priv/",
    "/priv//",
    "//priv",
    "./priv",
    "priv/.",
    "sub/priv",
    "sub/priv/",
    "/",
    "priv/\n!priv/k.rs",
    "priv/*\n!priv/k.rs",
    "é.rs",
    "?.rs",
    "??.rs",
    "[é].rs",
    "*.{rs}",
    "k{1,2}.rs",
    "{a,b}.rs",
    "\\{a,b\\}.rs",
    "[[:alpha:]].rs",
    "[[:nope:]].rs",
    "[a\\]].rs",
    "[!a\\]].rs",
    "[a\\-z].rs",
    "[!b\\-].rs",
    "[\\[a]*.rs",
    "[\\!a]*.rs",
    "***/k.rs",
    "a/***",
    "!",
    "\\",
    "!/a.rs\na.rs",
];

/// What is left out beyond git, by the reading of other tools: a tab at the end, braces, a backslash in a class, an exception with
/// two stars behind a name.
const BEYOND: [(&str, &[&str]); 5] = [
    ("a.rs\t", &["a.rs"]),
    ("k{1,2}.rs", &["k1.rs"]),
    ("{a,b}.rs", &["a.rs", "b.rs"]),
    ("*.rs\n!a**/k.rs", &["a/b/c/k.rs"]),
    ("[a\\-z].rs", &["].rs", "a/b/c/k.rs", "a/k.rs", "b.rs", "b/a/k.rs", "k{2/x/k.rs", "priv/k.rs", "sub/priv/k.rs"]),
];

/// A class with an escaped bracket, a range that runs backwards, three stars in a row and two behind a name were read as git does not read them: what git
/// ignores was indexed, and sent.
#[test]
fn what_git_leaves_out_by_odd_rules_is_left_out() {
    let files = [
        " a.rs",
        "!a.rs",
        "#a.rs",
        "-.rs",
        "[a].rs",
        "].rs",
        "a b.rs",
        "a.rs",
        "a.rs ",
        "a/b/c/k.rs",
        "a/k.rs",
        "a\\b.rs",
        "ab.rs",
        "b.rs",
        "b/a/k.rs",
        "k1.rs",
        "k{1,2}.rs",
        "k{2/x/k.rs",
        "priv/k.rs",
        "sub/priv/k.rs",
        "é.rs",
    ];
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status().unwrap();
    assert!(made.success());
    let mut otherwise = vec![];
    for rules in ODD {
        let there = beside(rules.as_bytes(), &files, &[]);
        let ours: Vec<&str> = files.iter().filter(|file| !there.iter().any(|path| path == *file)).copied().collect();
        let git = git_leaves_out(folder.path(), rules.as_bytes(), &files);
        let leaked: Vec<_> = git.iter().filter(|file| !ours.contains(file)).collect();
        let more: Vec<_> = ours.iter().filter(|file| !git.contains(file)).copied().collect();
        let known = BEYOND.iter().find(|(known, _)| known == rules).map_or(&[][..], |(_, beyond)| beyond);
        // No end of names in braces is listed: `*.{rs}` leaves out all of them.
        if !leaked.is_empty() || *rules != "*.{rs}" && more != known {
            otherwise.push(format!("{rules:?}: git alone {leaked:?}, here alone {more:?}"));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}
