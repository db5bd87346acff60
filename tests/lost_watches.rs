//! Folders that are deleted, renamed or replaced keep being watched under their name, whatever the system's own watches did meanwhile.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use longsight::index::Options;
use longsight::workspace::watch::{Coverage, Hint, Watcher};

use crate::support::tree::{Tree, paths, until};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(20);
/// Quiet time after which a burst is taken to be over. Whoever listens goes on as an owner of the index would if it was not.
const QUIET: Duration = Duration::from_millis(400);

/// A watcher over a folder and all below. It lists them again when it hears of a folder, as the index does.
struct Ears {
    watcher: Watcher,
    hints: Receiver<Hint>,
    root: PathBuf,
}

impl Ears {
    fn new(root: PathBuf) -> Self {
        let (sender, hints) = mpsc::channel();
        let mut ears = Self { watcher: Watcher::new(move |hint| sender.send(hint).is_ok()), hints, root };
        assert_eq!(ears.list(), Coverage { complete: true, grown: true });
        ears.settle();
        ears
    }

    fn folders(&self) -> Vec<PathBuf> {
        let (mut found, mut at) = (vec![self.root.clone()], 0);
        while at < found.len() {
            let inside = std::fs::read_dir(&found[at]).into_iter().flatten().flatten().map(|entry| entry.path());
            let inside: Vec<PathBuf> = inside.filter(|path| path.is_dir()).collect();
            found.extend(inside);
            at += 1;
        }
        found
    }

    fn list(&mut self) -> Coverage {
        let folders = self.folders();
        self.watcher.watch(&folders)
    }

    /// Hears one hint; false where there is none in time.
    fn hear(&mut self, within: Duration, mut of: impl FnMut(&Hint)) -> bool {
        let Ok(hint) = self.hints.recv_timeout(within) else { return false };
        of(&hint);
        let lists = match &hint {
            Hint::Paths(paths) => paths.iter().any(|path| !path.is_file()),
            Hint::Everything => true,
        };
        if lists {
            self.list();
        }
        true
    }

    fn settle(&mut self) {
        while self.hear(QUIET, |_| ()) {}
    }

    /// Waits for a hint that names a path, and takes over what it says.
    fn hears_of(&mut self, path: &Path) {
        let (began, mut named) = (Instant::now(), false);
        while !named {
            assert!(began.elapsed() < PATIENCE, "nothing was told of {}", path.display());
            self.hear(QUIET, |hint| named = tells_of(hint, path));
        }
        self.settle();
    }

    /// A file that is written into any folder is told of.
    fn assert_hears_all(&mut self) {
        for folder in self.folders() {
            let file = folder.join("new.py");
            std::fs::write(&file, "def new():\n    pass\n").unwrap();
            self.hears_of(&file);
        }
    }
}

fn tells_of(hint: &Hint, path: &Path) -> bool {
    match hint {
        Hint::Paths(paths) => paths.iter().any(|told| told == path),
        Hint::Everything => true,
    }
}

/// Whether the system watches a folder for this process.
fn is_watched(folder: &Path) -> bool {
    let number = format!("ino:{:x}", folder.metadata().unwrap().ino());
    let told = std::fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let lines: Vec<String> = told.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect();
    let inodes: HashSet<&str> = lines.iter().flat_map(|text| text.lines()).filter_map(|line| line.split(' ').nth(2)).collect();
    inodes.contains(number.as_str())
}

fn nested() -> Tree {
    Tree::new(&[("ws/src/deep/er/a.py", "def a():\n    pass\n"), ("ws/docs/b.py", "def b():\n    pass\n")])
}

/// The new folder was watched under the name of the old one, whose end took away the watches of all.
#[test]
fn a_root_that_was_replaced_stays_watched_when_the_old_one_is_deleted() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    tree.rename("ws", "old");
    tree.write("ws/src/deep/er/a.py", "def a():\n    pass\n");
    ears.hears_of(&tree.path("ws"));
    std::fs::remove_dir_all(tree.path("old")).unwrap();
    ears.settle();
    ears.assert_hears_all();
}

/// Its subfolders look as they did before, so they passed for watched.
#[test]
fn a_folder_that_is_renamed_and_back_at_once_stays_watched_with_all_below() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    for away in ["ws/away", "outside"] {
        tree.rename("ws/src", away);
        tree.rename(away, "ws/src");
        ears.hears_of(&tree.path("ws/src"));
        ears.assert_hears_all();
    }
}

#[test]
fn folders_that_changed_places_stay_watched() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    tree.rename("ws/src", "ws/away");
    tree.rename("ws/docs", "ws/src");
    tree.rename("ws/away", "ws/docs");
    ears.hears_of(&tree.path("ws/src"));
    ears.assert_hears_all();
}

/// Files that were written into it before its watch was made were never looked at.
#[test]
fn a_folder_that_is_deleted_and_made_again_counts_as_new() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    let docs = tree.path("ws/docs");
    std::fs::remove_dir_all(&docs).unwrap();
    std::fs::create_dir(&docs).unwrap();
    let hint = ears.hints.recv_timeout(PATIENCE).unwrap();
    assert!(tells_of(&hint, &docs), "{hint:?}");
    assert_eq!(ears.list(), Coverage { complete: true, grown: true });
    ears.settle();
    assert_eq!(ears.list(), Coverage { complete: true, grown: false });
    ears.assert_hears_all();
}

/// What the system dropped and nobody was told of is found by counting.
#[test]
fn a_check_finds_watches_that_are_gone() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    let deep = tree.path("ws/src/deep");
    assert!(is_watched(&deep));
    ears.watcher.check();
    assert_eq!(ears.list(), Coverage { complete: true, grown: false });
    tree.rename("ws/src", "ws/away");
    tree.rename("ws/away", "ws/src");
    let began = Instant::now();
    while is_watched(&deep) {
        assert!(began.elapsed() < PATIENCE, "the system's own rule has changed");
    }
    // The watcher itself hears of it only when the burst is over.
    ears.watcher.check();
    assert_eq!(ears.list(), Coverage { complete: true, grown: true });
    assert!(is_watched(&deep));
}

/// What is written through memory is told only then.
#[test]
fn a_file_that_is_closed_after_writing_is_looked_at() {
    let tree = nested();
    let mut ears = Ears::new(tree.path("ws"));
    let file = tree.path("ws/docs/b.py");
    drop(std::fs::File::open(&file).unwrap());
    assert!(!ears.hear(QUIET, |_| ()), "reading it is no reason");
    drop(std::fs::File::options().append(true).open(&file).unwrap());
    ears.hears_of(&file);
}

/// The folder itself was not watched, so that nobody told when it was none any more.
#[test]
fn a_working_tree_that_is_one_no_more_takes_part() {
    let tree = Tree::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/index", ""),
        (".git/worktrees/wt/HEAD", "ref: refs/heads/other\n"),
        (".git/worktrees/wt/commondir", "../..\n"),
        ("a.py", "def a():\n    pass\n"),
        ("wt/.git", "gitdir: ../.git/worktrees/wt\n"),
        ("wt/b.py", "def b():\n    pass\n"),
    ]);
    let index = tree.index(Options { watch: true, threads: 2, ..Options::default() });
    assert_eq!(paths(&index.view()), ["a.py"]);
    tree.remove("wt/.git");
    until(&index, "what is no other tree", |view| !view.named("b").is_empty());
}
