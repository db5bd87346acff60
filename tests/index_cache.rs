//! The index on disk: fault rows D2–D6 and D8–D11. D1 (killed 500 times) and D7 (eight processes) are in `slow_index.rs`. D3 and D8 are made
//! through the [`Disk`] trait: a full file system and a loss of power cannot be had without rights that a test should not need.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use longsight::index::{Disk, Index, Listed, Options, RealDisk};
use longsight::syntax::Registry;

use crate::support::tree::{Tree, tick};

fn small() -> Tree {
    Tree::new(&[
        ("src/a.rs", "/// Doc.\npub struct Alpha { pub field: u8 }\nimpl Alpha { fn go(&self) { beta(); } }\n"),
        ("src/b.py", "from a import x\nclass Beta(Alpha):\n    def go(self):\n        self.y = 1\n"),
        ("notes.md", "# Notes\n"),
    ])
}

fn hits(index: &Index) -> (u64, u64) {
    let counts = index.progress().borrow().cache;
    (counts.hits, counts.misses)
}

/// What fails, and how.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(io::ErrorKind),
    /// Half of the bytes are there under the final name: a rename that came before its content.
    Half,
    /// It looks written and is not there after the power came back.
    Lost,
    /// As long as it should be, and zeros.
    Zeros,
    /// Whatever fails on the index's own thread.
    Panic,
}

/// The `nth` operation fails, or all from the `nth` on.
struct Failing {
    count: AtomicU64,
    nth: u64,
    forever: bool,
    fault: Fault,
}

impl Failing {
    fn new(nth: u64, forever: bool, fault: Fault) -> Arc<Self> {
        Arc::new(Self { count: AtomicU64::new(0), nth, forever, fault })
    }

    fn now(&self) -> bool {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        number == self.nth || self.forever && number > self.nth
    }

    fn strike<T>(&self, real: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.fault {
            Fault::Error(kind) if self.now() => Err(kind.into()),
            _ => real(),
        }
    }
}

impl Disk for Failing {
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        self.strike(|| RealDisk.prepare(folder))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        self.strike(|| RealDisk.list(folder))
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        self.strike(|| RealDisk.read(file))
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        match self.fault {
            Fault::Error(kind) if self.now() => Err(kind.into()),
            Fault::Half if self.now() => RealDisk.write(file, &bytes[..bytes.len() / 2]),
            Fault::Zeros if self.now() => RealDisk.write(file, &vec![0; bytes.len()]),
            Fault::Lost if self.now() => Ok(()),
            Fault::Panic if self.now() => panic!("asked for by the test"),
            _ => RealDisk.write(file, bytes),
        }
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.strike(|| RealDisk.remove_file(file))
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.strike(|| RealDisk.remove_folder(folder))
    }
}

/// The real one, with something done to what is listed, and before a file is read or a folder removed.
struct Hooked {
    listed: fn(&mut [Listed]),
    reads: Box<dyn Fn(&Path) + Send + Sync>,
    removes: Box<dyn Fn(&Path) + Send + Sync>,
}

impl Default for Hooked {
    fn default() -> Self {
        Self { listed: |_| (), reads: Box::new(|_| ()), removes: Box::new(|_| ()) }
    }
}

impl Disk for Hooked {
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        RealDisk.prepare(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut listed = RealDisk.list(folder)?;
        (self.listed)(&mut listed);
        Ok(listed)
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        (self.reads)(file);
        RealDisk.read(file)
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        RealDisk.write(file, bytes)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        RealDisk.remove_file(file)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        (self.removes)(folder);
        RealDisk.remove_folder(folder)
    }
}

/// After whatever has happened: right now, and served by the cache after that.
fn assert_heals(tree: &Tree, what: &str) {
    let index = tree.index(tree.cached());
    tree.assert_fresh(&index);
    drop(index);
    let again = tree.index(tree.cached());
    tree.assert_fresh(&again);
    assert_eq!(hits(&again).1, 0, "{what}: nothing is read again");
    assert!(tree.segments().len() < 12, "{what}: {:?}", tree.segments());
}

#[test]
fn a_second_start_reads_nothing_and_says_the_same() {
    let tree = small();
    let index = tree.index(tree.cached());
    assert_eq!(hits(&index), (0, 3));
    drop(index);
    assert_heals(&tree, "nothing");
}

#[test]
fn a_module_that_has_become_a_package_is_read_as_one() {
    let tree = Tree::new(&[("shapes.py", "from .round import Circle, Ellipse\n"), ("tests/shapes.py", "def area():\n    pass\n")]);
    drop(tree.index(tree.cached()));
    // What a package imports it defines: the same content says more in this place, and as much as before in the other.
    tree.rename("shapes.py", "shapes/__init__.py");
    tree.rename("tests/shapes.py", "more/shapes.py");
    let index = tree.index(tree.cached());
    assert_eq!(hits(&index), (1, 1));
    drop(index);
    assert_heals(&tree, "a package");
}

#[test]
fn d2_any_operation_may_fail_once_or_from_then_on() {
    let kinds = [io::ErrorKind::Other, io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied, io::ErrorKind::Interrupted];
    for fault in kinds.map(Fault::Error).into_iter().chain([Fault::Half]) {
        for forever in [false, true] {
            let tree = small();
            drop(tree.index(tree.cached()));
            for nth in 1.. {
                // Something has changed each time, so that there is something to write.
                tree.write("src/a.rs", format!("fn version_{nth}() {{}}\n"));
                let disk = Failing::new(nth, forever, fault);
                let index = tree.index(Options { disk: disk.clone(), ..tree.cached() });
                tree.assert_fresh(&index);
                drop(index);
                // A healthy start in between tidies up, so that there is an end.
                drop(tree.index(tree.cached()));
                if disk.count.load(Ordering::SeqCst) < nth {
                    assert!(nth > 1, "nothing ever failed");
                    break;
                }
            }
            assert_heals(&tree, &format!("{fault:?} {forever}"));
        }
    }
}

#[test]
fn d3_a_full_disk_turns_the_cache_off_and_nothing_else() {
    let tree = small();
    let disk = Arc::new(Refusing::new(io::ErrorKind::StorageFull));
    let index = tree.index(Options { disk: disk.clone(), ..tree.cached() });
    for round in 0..5 {
        tree.write("src/a.rs", format!("fn round_{round}() {{}}\n"));
        index.rescan();
        index.wait_ready();
        tree.assert_fresh(&index);
    }
    assert_eq!(disk.writes.load(Ordering::SeqCst), 1, "one attempt, one notice, then memory only");
    drop(index);
    assert_heals(&tree, "full");
}

/// The system ends who writes more than `ulimit -f` allows, by a signal.
#[cfg(unix)]
#[test]
fn d3_a_limit_on_the_size_of_files_turns_the_cache_off_and_ends_nobody() {
    use crate::support::editor::Editor;
    let tree = small();
    tree.write("src/many.rs", (0..200).map(|number| format!("pub fn number_{number}() {{}}\n")).collect::<String>());
    tick();
    let cache = tempfile::tempdir().unwrap();
    let limited = |arguments: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("ulimit -f 1; exec \"$0\" {arguments}"), env!("CARGO_BIN_EXE_longsight")]);
        command.current_dir(tree.path("")).env("XDG_CACHE_HOME", cache.path()).env("XDG_STATE_HOME", cache.path());
        command
    };
    let done = limited("index --json").output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("kept in memory only"), "{}: {said}", done.status);
    let counted: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(counted["files"], 4, "{counted}");
    let mut editor = Editor::command(limited("serve").stderr(std::process::Stdio::null())).start(&tree.path(""));
    for _ in 0..2 {
        let answer = editor.request(
            "workspace/executeCommand",
            serde_json::json!({
                "command": "longsight.contextPreview", "arguments": [{ "question": "which numbers are there", "budget": 60_000 }]
            }),
        );
        assert!(answer["result"]["prompt"].as_str().is_some_and(|prompt| prompt.contains("number_199")), "{answer}");
    }
    editor.quit();
}

#[test]
fn d4_truncated_and_flipped_segments_are_misses() {
    let tree = small();
    drop(tree.index(tree.cached()));
    let whole = std::fs::read(&tree.segments()[0]).unwrap();
    let damage = |bytes: Vec<u8>, what: String| {
        for segment in tree.segments() {
            std::fs::remove_file(segment).unwrap();
        }
        let folder = std::fs::read_dir(tree.cache.path().join("index")).unwrap().flatten().next().unwrap().path();
        std::fs::write(folder.join("0-0.seg"), bytes).unwrap();
        let index = tree.index(tree.cached());
        tree.assert_fresh(&index);
        drop(index);
        let again = tree.index(tree.cached());
        assert_eq!(hits(&again), (3, 0), "{what}: healed");
    };
    for length in [0, 1, 15, 16, 17, 28, whole.len() / 2, whole.len() - 1] {
        damage(whole[..length].to_vec(), format!("cut at {length}"));
    }
    let mut seed = 99u64;
    for _ in 0..150 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bit = (seed >> 20) as usize % (whole.len() * 8);
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        damage(bytes, format!("bit {bit}"));
    }
    damage([whole.clone(), whole.clone()].concat(), "twice".into());
    damage([whole.as_slice(), b"garbage at the end"].concat(), "more".into());
}

/// A segment whose checksums are right and whose content is not: written by something that we do not know.
#[test]
fn d4_records_that_lie_are_misses() {
    let tree = small();
    drop(tree.index(tree.cached()));
    let segment = tree.segments()[0].clone();
    let whole = std::fs::read(&segment).unwrap();
    // The first frame has the names, the others a file each.
    let mut frame = 16;
    while frame < whole.len() {
        let length = u32::from_le_bytes(whole[frame..frame + 4].try_into().unwrap()) as usize;
        let content = frame + 12..frame + 12 + length;
        for at in content.clone() {
            for value in [0u8, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let sum = xxhash_rust::xxh3::xxh3_64(&bytes[content.clone()]);
                bytes[frame + 4..frame + 12].copy_from_slice(&sum.to_le_bytes());
                std::fs::write(&segment, &bytes).unwrap();
                // Whatever it says, it is read without going down and without asking for memory that it does not need.
                let index = tree.index(Options { disk: Arc::new(Refusing::new(io::ErrorKind::ReadOnlyFilesystem)), ..tree.cached() });
                assert!(index.view().files().count() <= 4);
            }
        }
        frame = content.end;
    }
}

/// Reads, and refuses every write with this error; a disk that is only full can still remove.
struct Refusing {
    error: io::ErrorKind,
    writes: AtomicU64,
}

impl Refusing {
    fn new(error: io::ErrorKind) -> Self {
        Self { error, writes: AtomicU64::new(0) }
    }

    fn removing(&self, remove: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.error == io::ErrorKind::StorageFull { remove() } else { Err(self.error.into()) }
    }
}

impl Disk for Refusing {
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        RealDisk.prepare(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        RealDisk.list(folder)
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        RealDisk.read(file)
    }

    fn write(&self, _file: &Path, _bytes: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Err(self.error.into())
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.removing(|| RealDisk.remove_file(file))
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.removing(|| RealDisk.remove_folder(folder))
    }
}

/// Two versions of longsight may be run in turns: what the other one keeps is let alone until nobody runs that any more.
#[test]
fn d5_segments_of_other_versions_are_ignored_and_removed_after_a_week() {
    let tree = small();
    drop(tree.index(tree.cached()));
    let segment = tree.segments()[0].clone();
    let whole = std::fs::read(&segment).unwrap();
    for (at, what) in [(0, "another format"), (4, "another version"), (8, "other grammars"), (15, "another program")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        let foreign = segment.with_file_name(format!("foreign-{at}.seg"));
        std::fs::write(&foreign, bytes).unwrap();
        let index = tree.index(tree.cached());
        tree.assert_fresh(&index);
        drop(index);
        assert_eq!(foreign.exists(), at > 0, "{what}");
        if at > 0 {
            let file = std::fs::File::options().write(true).open(&foreign).unwrap();
            file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(8 * 24 * 3600)).unwrap();
            drop(tree.index(tree.cached()));
            assert!(!foreign.exists(), "{what} is still there");
        }
    }
    assert_heals(&tree, "versions");
}

/// Nobody can tell what a segment of another version holds.
#[test]
fn what_must_not_be_kept_is_taken_from_segments_of_other_versions_as_well() {
    let tree = small();
    drop(tree.index(tree.cached()));
    let segment = tree.segments()[0].clone();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[8] ^= 0x5a;
    let foreign = segment.with_file_name("foreign.seg");
    std::fs::write(&foreign, bytes).unwrap();
    tree.write(".gitignore", "src/a.rs\n");
    drop(tree.index(tree.cached()));
    assert!(!foreign.exists());
}

/// On a full disk what takes its place cannot be written, and the text that is ignored now stayed there.
#[test]
fn what_must_not_be_kept_goes_even_where_nothing_can_be_written() {
    let tree = small();
    drop(tree.index(tree.cached()));
    assert!(!tree.segments().is_empty());
    tree.write(".gitignore", "src/a.rs\n");
    let full = Arc::new(Refusing::new(io::ErrorKind::StorageFull));
    drop(tree.index(Options { disk: full.clone(), ..tree.cached() }));
    assert!(full.writes.load(Ordering::SeqCst) > 0);
    assert_eq!(tree.segments(), Vec::<std::path::PathBuf>::new());
    assert_heals(&tree, "purged");
}

#[test]
fn d6_a_cache_folder_that_is_none() {
    let tree = small();
    let elsewhere = tempfile::tempdir().unwrap();
    let shelf = tree.cache.path().join("index");
    // A file in its place.
    std::fs::write(&shelf, "no folder").unwrap();
    tree.assert_fresh(&tree.index(tree.cached()));
    assert_eq!(std::fs::read_to_string(&shelf).unwrap(), "no folder");
    // A link to somewhere else.
    std::fs::remove_file(&shelf).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), &shelf).unwrap();
    tree.assert_fresh(&tree.index(tree.cached()));
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing is written through a link");
    // Not there at all.
    std::fs::remove_file(&shelf).unwrap();
    assert_heals(&tree, "missing");
    // Read-only.
    tree.write("src/a.rs", "fn read_only() {}\n");
    tree.assert_fresh(&tree.index(Options { disk: Arc::new(Refusing::new(io::ErrorKind::ReadOnlyFilesystem)), ..tree.cached() }));
    // Gone while an index runs.
    let index = tree.index(tree.cached());
    std::fs::remove_dir_all(&shelf).unwrap();
    tree.write("src/a.rs", "fn gone() {}\n");
    index.rescan();
    index.wait_ready();
    tree.assert_fresh(&index);
    drop(index);
    assert_heals(&tree, "gone");
}

#[test]
fn d6_a_segment_that_is_a_link_or_a_pipe_is_not_read() {
    let tree = small();
    drop(tree.index(tree.cached()));
    let segment = tree.segments()[0].clone();
    let real = tree.cache.path().join("elsewhere");
    std::fs::rename(&segment, &real).unwrap();
    std::os::unix::fs::symlink(&real, &segment).unwrap();
    nix::unistd::mkfifo(&segment.with_file_name("pipe.seg"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let index = tree.index(tree.cached());
    tree.assert_fresh(&index);
    assert_eq!(hits(&index).0, 0);
}

#[test]
fn d8_writes_that_a_loss_of_power_undid() {
    for fault in [Fault::Lost, Fault::Half, Fault::Zeros] {
        for nth in 1..6 {
            let tree = small();
            for round in 0..4 {
                tree.write("src/a.rs", format!("fn round_{round}() {{}}\n"));
                let index = tree.index(Options { disk: Failing::new(nth, true, fault), ..tree.cached() });
                tree.assert_fresh(&index);
            }
            // What a process left that died in the middle of a write.
            let folder = std::fs::read_dir(tree.cache.path().join("index")).unwrap().flatten().next().unwrap().path();
            std::fs::write(folder.join("0-1.tmp"), b"LSIX\x02").unwrap();
            assert_heals(&tree, &format!("{fault:?} {nth}"));
        }
    }
}

#[test]
fn d9_indexes_over_the_budget_are_removed_oldest_first() {
    /// Says that other workspaces' indexes are large.
    fn enlarge(listed: &mut [Listed]) {
        for entry in listed.iter_mut().filter(|entry| entry.path.to_string_lossy().contains("other")) {
            let number: u64 = entry.path.to_string_lossy().split("other").nth(1).map_or(0, |rest| rest[..1].parse().unwrap());
            (entry.bytes, entry.age) = (if entry.is_folder { 0 } else { 200 << 20 }, number * 1000);
        }
    }
    let tree = small();
    let shelf = tree.cache.path().join("index");
    for number in 1..=5 {
        std::fs::create_dir_all(shelf.join(format!("other{number}"))).unwrap();
        std::fs::write(shelf.join(format!("other{number}/1.seg")), "x").unwrap();
    }
    let (sender, removed) = mpsc::channel::<PathBuf>();
    let removes = move |folder: &Path| drop(sender.send(folder.into()));
    let disk = Hooked { listed: enlarge, removes: Box::new(removes), ..Hooked::default() };
    drop(tree.index(Options { disk: Arc::new(disk), ..tree.cached() }));
    let removed: Vec<_> = removed.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(removed, ["other5", "other4", "other3"], "the oldest, until the rest fits");
    assert_heals(&tree, "evicted");
}

#[test]
fn d10_a_planted_cache_is_not_used_and_ours_is_private() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let tree = small();
    drop(tree.index(tree.cached()));
    for segment in tree.segments() {
        assert_eq!(segment.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(segment.parent().unwrap().metadata().unwrap().mode() & 0o777, 0o700);
    }
    // Others may write: taken back.
    let folder = tree.segments()[0].parent().unwrap().to_path_buf();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    drop(tree.index(tree.cached()));
    assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
    // Somebody else's: only root can make one to test with.
    if nix::unistd::geteuid().is_root() {
        nix::unistd::chown(&folder, Some(nix::unistd::Uid::from_raw(65534)), None).unwrap();
        let before = tree.segments();
        let index = tree.index(tree.cached());
        tree.assert_fresh(&index);
        assert_eq!(hits(&index).0, 0);
        drop(index);
        assert_eq!(tree.segments(), before, "nothing is written there");
    }
}

#[test]
fn d11_what_a_new_rule_makes_secret_leaves_the_cache() {
    let tree = small();
    tree.write("vault/keys.rs", "fn hidden_treasure() { deep_secret(); }\n");
    tree.write("keep.rs", "fn keep() {}\n");
    let index = tree.index(tree.cached());
    assert_eq!(index.view().named("hidden_treasure").len(), 1);
    drop(index);
    let holds = |needle: &str| {
        let found = |path: &PathBuf| std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle.as_bytes());
        tree.segments().iter().any(found)
    };
    assert!(holds("hidden_treasure") && holds("keep"));
    tree.write(".longsight.toml", "ignore = [\"vault/\"]\n");
    let index = tree.index(tree.cached());
    assert!(index.view().named("hidden_treasure").is_empty());
    drop(index);
    assert!(!holds("hidden_treasure") && !holds("deep_secret") && holds("keep"), "purged");
}

#[test]
fn d11_a_rule_that_comes_while_the_index_runs_purges_as_well() {
    let tree = small();
    tree.write("vault/keys.rs", "fn hidden_treasure() {}\n");
    let index = tree.index(tree.cached());
    tree.write(".longsight.toml", "ignore = [\"vault/\"]\n");
    index.rescan();
    index.wait_ready();
    assert!(index.view().named("hidden_treasure").is_empty());
    drop(index);
    let needle = b"hidden_treasure";
    let holds = tree.segments().iter().any(|path| std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle));
    assert!(!holds, "purged without a new start");
}

/// Not in a process that panics over bugs: there the index ends on purpose. So no [`Tree`], which asks for that.
#[test]
fn d2_a_panic_on_the_indexs_thread_does_not_end_it() {
    if longsight::report::is_strict() {
        // Other tests of this process have asked for it (`cargo test`); each has a process of its own with nextest.
        assert!(std::env::var_os("NEXTEST").is_none(), "something made this process strict, though it has but this test");
        return;
    }
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        crate::support::tree::age(&folder.path().join(name));
    };
    write("a.rs", "fn a() {}\n");
    let roots = Arc::new(longsight::workspace::Roots::new([folder.path().to_path_buf()]));
    let options = Options { cache: Some(cache.path().into()), disk: Failing::new(1, true, Fault::Panic), ..Options::default() };
    let index = crate::support::tree::index(roots, options);
    assert_eq!(index.view().named("a").len(), 1);
    write("b.rs", "fn b() {}\n");
    index.changed(vec![folder.path().join("b.rs")]);
    index.sync();
    assert_eq!(index.view().named("b").len(), 1, "it goes on");
}

/// What is kept depends on more than the version of longsight.
#[test]
fn d4_facts_are_not_kept_beyond_the_parser_that_made_them() {
    #[path = "../build.rs"]
    #[allow(dead_code)]
    mod build;
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let parsers = build::parsers(&lock);
    let python = parsers.iter().find(|parser| parser.starts_with("tree-sitter-python ")).expect("a parser");
    let version = python.split(' ').nth(1).unwrap();
    let other = lock.replacen(
        &format!("name = \"tree-sitter-python\"\nversion = \"{version}\""),
        "name = \"tree-sitter-python\"\nversion = \"99.0.0\"",
        1,
    );
    assert_ne!(other, lock);
    assert_ne!(build::facts(&other), build::facts(&lock));
    let unrelated = lock.replacen("name = \"toml\"\nversion = \"", "name = \"toml\"\nversion = \"99.", 1);
    assert_eq!(build::facts(&unrelated), build::facts(&lock));
    // A place that has moved would silently count for nothing.
    for place in build::FACTS_FROM {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(place).exists(), "{place}");
    }
}

#[test]
fn names_of_a_document_that_was_open_before_the_cache_was_read_are_those_of_the_cache() {
    let tree = small();
    // So many that those of the document are few beside them.
    tree.write("src/many.rs", (0..60).map(|number| format!("fn of_many_{number}() {{ beta() }}\n")).collect::<String>());
    drop(tree.index(tree.cached()));
    let (go, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    // Nothing is read before it is let go.
    let reads = move |_: &Path| {
        let _ = held.lock().unwrap().recv();
    };
    let disk = Hooked { reads: Box::new(reads), ..Hooked::default() };
    let options = Options { disk: Arc::new(disk), ..tree.cached() };
    let index = Index::start(tree.roots(), Arc::new(Registry::new()), options);
    index.update(tree.document("src/open.rs", "rust", 1, "fn beta() { Alpha::go(later()) }\nfn later() {}\n"));
    index.sync();
    drop(go);
    index.wait_ready();
    assert_eq!(hits(&index), (4, 0));
    let view = index.view();
    let mut names: Vec<&str> = view.names().map(|(_, name)| name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "each is there once: {names:?}");
    let beta = view.name("beta").unwrap();
    let users = view.files().filter(|(_, file)| file.uses.iter().any(|(name, _)| *name == beta)).count();
    assert_eq!((users, view.named("beta").len(), view.named("Alpha").len(), view.named("later").len()), (3, 1, 1, 1));
}

#[test]
fn segments_that_came_later_become_one_with_the_first_when_they_are_larger() {
    let tree = Tree::new(&[("a.rs", "fn first() {}\n")]);
    drop(tree.index(tree.cached()));
    let first = tree.segments();
    let functions =
        |file: usize| (0..20).map(|number| format!("pub fn f{file}_{number}(value: u32) -> u32 {{ value }}\n")).collect::<String>();
    (0..20).for_each(|file| tree.write(&format!("b{file}.rs"), functions(file)));
    drop(tree.index(tree.cached()));
    let merged = tree.segments();
    assert!(merged.len() == 1 && merged != first, "{merged:?}");
    tree.write("c.rs", "fn small() {}\n");
    drop(tree.index(tree.cached()));
    assert_eq!(tree.segments().len(), 2, "a small one stands beside a large one");
    assert_heals(&tree, "both");
}
