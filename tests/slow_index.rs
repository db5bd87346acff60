//! Rows of the index that take long: C6 (many files), C7 (a real `git checkout`), D1 (killed 500 times), D7 (eight processes at once). C6's two
//! million files and its 200,000 are left out: they would fill the disk of the machine that tests; the walk's cap is 200,000 files.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use longsight::index::Options;
use serde_json::Value;

use crate::support::tree::{Tree, summary, until};

fn command(tree: &Tree) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    command.args(["index", "--json", "--workspace"]).arg(tree.folder.path());
    command.env("XDG_CACHE_HOME", tree.cache.path()).stderr(Stdio::null()).stdout(Stdio::piped());
    command
}

/// What `longsight index` says, without times.
fn said(tree: &Tree) -> Value {
    let output = command(tree).output().unwrap();
    assert!(output.status.success());
    let mut said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = said.as_object_mut().unwrap();
    ["seconds", "names_seconds", "rss_bytes", "cache"].iter().for_each(|field| drop(fields.shift_remove(*field)));
    said
}

fn source(number: usize, version: usize) -> String {
    format!("pub struct S{number}v{version};\nimpl S{number}v{version} {{ pub fn go(&self) {{ f{number}(); }} }}\n").repeat(4)
}

fn kill(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn d1_killed_500_times_at_any_moment() {
    let tree = Tree::new(&[]);
    for number in 0..300 {
        tree.write(&format!("src/f{number}.rs"), source(number, 0));
    }
    let mut seed = 11u64;
    for round in 0..500 {
        // Something has changed, so that there is something to write.
        for number in 0..40 {
            let number = (round * 7 + number * 3) % 300;
            tree.write(&format!("src/f{number}.rs"), source(number, round));
        }
        let child = command(&tree).spawn().unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((seed >> 33) % 120_000));
        kill(child);
        if round % 50 == 49 {
            let with_cache = said(&tree);
            assert_eq!(with_cache["symbols"], 300 * 8, "round {round}");
            let index = tree.index(Options { cache: Some(tree.cache.path().join("longsight")), ..Options::default() });
            tree.assert_fresh(&index);
        }
    }
    said(&tree);
    let again = command(&tree).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["cache"]["misses"], 0, "healed: {again}");
}

#[test]
fn d7_eight_processes_write_one_cache() {
    let tree = Tree::new(&[]);
    for number in 0..200 {
        tree.write(&format!("src/f{number}.rs"), source(number, 0));
    }
    for round in 1..=12 {
        for number in 0..200 {
            if number % 12 == round % 12 {
                tree.write(&format!("src/f{number}.rs"), source(number, round));
            }
        }
        let children: Vec<Child> = (0..8).map(|_| command(&tree).spawn().unwrap()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            let said: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((said["files"].as_u64(), said["symbols"].as_u64()), (Some(200), Some(1600)), "round {round}");
        }
    }
    let index = tree.index(Options { cache: Some(tree.cache.path().join("longsight")), ..Options::default() });
    tree.assert_fresh(&index);
    assert!(tree.segments().len() <= 32, "{} segments", tree.segments().len());
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]);
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

#[test]
fn c7_another_branch_while_the_index_is_built_and_after() {
    let tree = Tree::new(&[]);
    for number in 0..3000 {
        tree.write(&format!("m{}/f{number}.rs", number % 50), source(number, 0));
    }
    let folder = tree.folder.path().to_path_buf();
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "one"]);
    git(&folder, &["checkout", "-q", "-b", "other"]);
    for number in 0..3000 {
        match number % 3 {
            0 => tree.remove(&format!("m{}/f{number}.rs", number % 50)),
            1 => tree.write(&format!("m{}/f{number}.rs", number % 50), source(number, 1)),
            _ => tree.write(&format!("n{}/g{number}.rs", number % 20), source(number, 2)),
        }
    }
    git(&folder, &["add", "-A", "."]);
    git(&folder, &["commit", "-q", "-m", "two"]);
    git(&folder, &["checkout", "-q", "main"]);
    let registry = std::sync::Arc::new(longsight::syntax::Registry::new());
    let options = Options { watch: true, threads: 2, ..tree.cached() };
    let index = longsight::index::Index::start(tree.roots(), registry, options);
    std::thread::sleep(Duration::from_millis(300));
    for branch in ["other", "main", "other"] {
        git(&folder, &["checkout", "-q", branch]);
        index.wait_ready();
    }
    let wanted = tree.fresh();
    until(&index, "the other branch", |view| summary(view) == wanted);
    git(&folder, &["checkout", "-q", "main"]);
    let wanted = tree.fresh();
    until(&index, "the first branch again", |view| summary(view) == wanted);
}

#[test]
fn c6_thirty_thousand_files_in_bounded_memory() {
    let tree = Tree::new(&[]);
    for number in 0..30_000 {
        tree.write(&format!("d{}/e{}/f{number}.rs", number % 100, number % 7), source(number, 0));
    }
    let output = command(&tree).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((said["files"].as_u64(), said["symbols"].as_u64()), (Some(30_000), Some(240_000)));
    // Tiny files are the worst case for what each costs by itself.
    assert!(said["rss_bytes"].as_u64().unwrap() < 400 << 20, "{said}");
}

#[test]
fn memory_goes_back_once_the_index_has_nothing_to_do_and_not_again_until_it_had() {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    longsight::index::when_quiet(|| {
        GIVEN.fetch_add(1, Ordering::SeqCst);
    });
    let given = || GIVEN.load(Ordering::SeqCst);
    let wait = |what: &str, count: usize| {
        let begun = Instant::now();
        while given() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {} times", given());
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let tree = Tree::new(&[("a.rs", "fn a() {}\n")]);
    let index = tree.index(Options { rescan: 0, ..Options::default() });
    index.wait_ready();
    assert_eq!(given(), 0);
    wait("after the build", 1);
    std::thread::sleep(Duration::from_secs(14));
    assert_eq!(given(), 1, "nothing has happened since");
    index.rescan();
    wait("after a rescan", 2);
}
