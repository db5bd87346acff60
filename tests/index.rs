//! The index over a workspace: fault rows C1–C14 and C16, and what it answers. C15 is in `syntax.rs`; C6 at its full size and C7 with a real
//! `git checkout` are in `slow_index.rs`. C5's EIO needs a broken disk and is not made here; unreadable files and folders are.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use longsight::index::{Index, Options, Query, Stage};
use longsight::syntax::Registry;
use longsight::workspace::rules::Skip;
use longsight::workspace::{Documents, Roots, Rules, Snapshot};

use crate::support::tree::{Tree, age, index, paths, summary, until};

fn watching() -> Options {
    Options { watch: true, threads: 2, ..Options::default() }
}

/// An open document is parsed once for the index and for whoever asks for its tree.
#[test]
fn the_tree_of_an_open_document_is_made_once() {
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n")]);
    let registry = Arc::new(Registry::new());
    let index = Index::start(tree.roots(), registry.clone(), Options { threads: 2, ..Options::default() });
    let python = registry.by_path("a.py").unwrap();
    let ask = |uri: &str, text: &str| {
        let text: Arc<str> = text.into();
        let parsed = index.trees().of(uri, python, &text).unwrap();
        assert_eq!(parsed.text(), &*text);
        std::ptr::eq(parsed.text(), &*text)
    };
    let versions = ["def a():\n    return 1\n", "def a():\n    return 12\n", "def b(:\n    return 12\n"];
    for (version, text) in versions.iter().enumerate() {
        let document = tree.document("a.py", "python", version as i32, text);
        let uri = document.uri.clone();
        index.update(document);
        index.sync();
        assert!(!ask(&uri, text), "version {version} was parsed again");
    }
    let uri = tree.document("a.py", "python", 3, "").uri;
    assert!(ask(&uri, "def c(): pass\n"), "another text has another tree");
    assert!(!ask(&uri, "def c(): pass\n"));
    index.close(&uri);
    assert!(ask(&uri, "def c(): pass\n"), "the document was closed");
}

/// A file whose text was another in the editor was parsed again from the disk when it was closed.
#[test]
fn a_file_that_is_closed_unsaved_is_again_the_one_that_it_was() {
    let tree = Tree::new(&[("a.py", "def a():\n    pass\n")]);
    age(&tree.path("a.py"));
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let path = tree.roots().resolve("a.py").unwrap();
    let file = || index.view().at(&path).unwrap().clone();
    let named = || ["a", "shown", "saved"].map(|name| index.view().named(name).len());
    let before = file();
    for (saved, after) in [("", [1, 0, 0]), ("def saved():\n    pass\n", [0, 0, 1])] {
        let document = tree.document("a.py", "python", 1, "def shown():\n    pass\n");
        index.update(document.clone());
        index.sync();
        assert_eq!(named(), [0, 1, 0]);
        if !saved.is_empty() {
            tree.write("a.py", saved);
        }
        index.close(&document.uri);
        index.sync();
        assert_eq!((named(), Arc::ptr_eq(&file(), &before)), (after, saved.is_empty()));
    }
    tree.assert_fresh(&index);
}

#[test]
fn c1_files_that_go_while_they_are_read_are_left_out() {
    let tree = Tree::new(&[]);
    for number in 0..300 {
        tree.write(&format!("src/f{number}.rs"), format!("pub fn f{number}() {{ g{number}(); }}\n").repeat(20));
    }
    let done = Arc::new(AtomicBool::new(false));
    let (folder, stop) = (tree.path("src"), done.clone());
    let hand = std::thread::spawn(move || {
        for number in 0..300 {
            let path = folder.join(format!("f{number}.rs"));
            let _ = match number % 3 {
                0 => std::fs::remove_file(&path),
                1 => std::fs::rename(&path, folder.join(format!("moved{number}.rs"))),
                _ => std::fs::write(&path, format!("struct Short{number};\n")),
            };
        }
        stop.store(true, Ordering::SeqCst);
    });
    let index = tree.index(Options { threads: 2, ..Options::default() });
    while !done.load(Ordering::SeqCst) {
        index.rescan();
        index.wait_ready();
    }
    hand.join().unwrap();
    index.rescan();
    index.wait_ready();
    tree.assert_fresh(&index);
    assert_eq!(paths(&index.view()).len(), 200);
    assert_eq!(index.view().named("f0").len(), 0);
    assert_eq!(index.view().named("Short2").len(), 1);
}

#[test]
fn c1_a_file_that_becomes_a_folder_and_a_file_again() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(watching());
    tree.remove("a.rs");
    tree.write("a.rs/inner.rs", "fn inner() {}\n");
    until(&index, "the folder", |view| view.named("inner").len() == 1 && view.named("a").is_empty());
    std::fs::remove_dir_all(tree.path("a.rs")).unwrap();
    tree.write("a.rs", "fn again() {}\n");
    until(&index, "the file again", |view| view.named("again").len() == 1 && view.named("inner").is_empty());
    tree.assert_fresh(&index);
}

#[test]
fn c2_only_regular_files_of_sensible_size_are_read() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n")]);
    nix::unistd::mkfifo(&tree.path("pipe.rs"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("socket.rs")).unwrap();
    symlink("/dev/zero", tree.path("zero.rs")).unwrap();
    symlink("/proc/self/environ", tree.path("environ.rs")).unwrap();
    tree.write("huge.rs", "fn huge() {}\n".repeat(100_000));
    tree.write("binary.rs", b"fn b() {}\0\x01\x02");
    let index = tree.index(Options::default());
    let view = index.view();
    assert_eq!(paths(&view), ["a.rs"]);
    let skipped = view.statistics().skipped;
    assert_eq!((skipped[&Skip::NotAFile], skipped[&Skip::TooLarge], skipped[&Skip::Binary]), (4, 1, 1));
    // One that grows is refused once it is too large.
    tree.write("a.rs", "fn a() {}\n".repeat(200_000));
    index.changed(vec![tree.path("a.rs")]);
    index.sync();
    assert_eq!(paths(&index.view()), [""; 0]);
}

/// Rule files are opened by the `ignore` crate, which would wait for a pipe and read a device to its end.
#[test]
fn c2_a_folder_whose_rules_cannot_be_read_takes_no_part() {
    let files = [("a.rs", "fn a() {}\n"), ("sub/b.rs", "fn b() {}\n"), ("linked/c.rs", "fn c() {}\n"), ("linked/d.rs", "fn d() {}\n")];
    let tree = Tree::new(&files);
    tree.write("rules", "d.rs\n");
    symlink("../rules", tree.path("linked/.gitignore")).unwrap();
    nix::unistd::mkfifo(&tree.path("sub/.ignore"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let index = tree.index(Options::default());
    assert_eq!(paths(&index.view()), ["a.rs", "linked/c.rs", "rules"], "a link inside the workspace is read");
    assert_eq!(index.view().statistics().skipped[&Skip::Unruled], 1);
    let rules = Rules::new(tree.roots().iter().next().unwrap());
    let reason = |path: &str| rules.reason(&tree.roots().resolve(path).unwrap());
    assert_eq!(
        [reason("a.rs"), reason("sub/b.rs"), reason("linked/c.rs"), reason("linked/d.rs")],
        [None, Some(Skip::Unruled), None, Some(Skip::Ignored)]
    );
    // The same at the top, and above what is asked for.
    for target in ["/dev/zero", "/etc/hostname"] {
        symlink(target, tree.path(".gitignore")).unwrap();
        index.changed(vec![tree.path(".gitignore")]);
        index.wait_ready();
        assert_eq!(paths(&index.view()), [""; 0], "{target}");
        assert_eq!(reason("linked/c.rs"), Some(Skip::Unruled));
        tree.remove(".gitignore");
        index.changed(vec![tree.path(".gitignore")]);
        index.wait_ready();
        assert_eq!(paths(&index.view()).len(), 3);
    }
    // Rules that change are noticed by whoever keeps them.
    tree.write(".gitignore", "a.rs\n");
    assert_eq!(reason("a.rs"), Some(Skip::Ignored));
    tree.write(".longsight.toml", "ignore = [\"linked/\"]\n");
    assert_eq!((reason("linked/c.rs"), rules.is_local_only()), (Some(Skip::Ignored), false));
    for damage in [|path| symlink("/dev/zero", path).unwrap(), |path| nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap()] {
        tree.remove(".longsight.toml");
        damage(tree.path(".longsight.toml"));
        assert!(rules.is_local_only(), "what cannot be read narrows");
    }
}

/// A bracket too few, and what was private entered the index and the prompts.
#[test]
fn k9_what_a_project_set_away_stays_away_while_its_file_is_broken() {
    let tree = Tree::new(&[(".longsight.toml", "ignore = [\"private/\"]\n"), ("a.rs", "fn a() {}\n"), ("private/p.rs", "fn p() {}\n")]);
    let rules = Rules::new(tree.roots().iter().next().unwrap());
    let reason = |path: &str| rules.reason(&tree.roots().resolve(path).unwrap());
    let private = || reason("private/p.rs");
    assert_eq!(private(), Some(Skip::Ignored));
    tree.write(".longsight.toml", "ignore = [\n");
    assert_eq!((private(), rules.is_local_only()), (Some(Skip::Ignored), true));
    let index = tree.index(Options::default());
    assert_eq!(paths(&index.view()), [""; 0], "what is meant is unknown, and may be all");
    tree.write(".longsight.toml", "ignore = [\"private/\"]\nlocal_only\n");
    assert_eq!((private(), reason("a.rs")), (Some(Skip::Ignored), None));
    tree.write(".longsight.toml", "ignore = []\n");
    assert_eq!((private(), rules.is_local_only()), (None, false));
}

#[test]
fn c3_links_are_not_followed_and_hard_links_count_once() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("outside.rs"), "fn outside() {}\n").unwrap();
    let tree = Tree::new(&[("src/a.rs", "fn a() {}\n")]);
    symlink(tree.path("src"), tree.path("src/loop")).unwrap();
    symlink("/", tree.path("src/everything")).unwrap();
    symlink(outside.path().join("outside.rs"), tree.path("src/outside.rs")).unwrap();
    symlink("/nowhere/at/all.rs", tree.path("src/dangling.rs")).unwrap();
    std::fs::hard_link(tree.path("src/a.rs"), tree.path("src/same.rs")).unwrap();
    let index = tree.index(Options::default());
    let view = index.view();
    assert_eq!(paths(&view).len(), 1);
    assert_eq!(view.named("a").len(), 1);
    assert!(view.named("outside").is_empty());
}

#[test]
fn c4_texts_that_are_not_utf8_are_read_as_well_as_it_goes() {
    let tree = Tree::new(&[]);
    tree.write("latin1.py", b"# caf\xe9\ndef latin():\n    return '\xfc'\n");
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let mark = std::iter::once(0xFEFFu16);
        mark.chain(text.encode_utf16()).flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    tree.write("little.py", wide("def little(): pass\n", true));
    tree.write("big.py", wide("def big(): pass\n", false));
    tree.write("gbk.py", b"# \xd6\xd0\xce\xc4\ndef gbk(): pass\n");
    let index = tree.index(Options::default());
    for name in ["latin", "little", "big", "gbk"] {
        assert_eq!(index.view().named(name).len(), 1, "{name}");
    }
    let snapshot = Snapshot::new(tree.roots(), Documents::default());
    for (_, file) in index.view().files() {
        assert!(snapshot.read(&file.path).is_ok() && snapshot.read_exact(&file.path).is_err(), "{} may not be edited", file.path);
    }
}

#[test]
fn c5_what_may_not_be_read_is_left_out_and_counted() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("locked/b.rs", "fn b() {}\n"), ("c.rs", "fn c() {}\n")]);
    let mode = |path: &str, mode| std::fs::set_permissions(tree.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    mode("", 0o755);
    mode("locked", 0o000);
    mode("c.rs", 0o000);
    // Root may read everything: the index's threads inherit a user who may not.
    let root = nix::unistd::geteuid().is_root();
    if root {
        nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65534));
    }
    let index = tree.index(Options { threads: 2, ..Options::default() });
    if root {
        nix::unistd::setfsuid(nix::unistd::Uid::from_raw(0));
    }
    assert_eq!(paths(&index.view()), ["a.rs"]);
    assert!(index.view().statistics().skipped[&Skip::Unreadable] >= 2);
    drop(index);
    mode("locked", 0o755);
}

#[test]
fn c6_deep_folders_and_long_names() {
    let deep = (0..40).map(|level| format!("d{level}/")).collect::<String>();
    let long = format!("{}.rs", "n".repeat(252));
    let tree = Tree::new(&[(&format!("{deep}leaf.rs"), "fn leaf() {}\n"), (&long, "fn long() {}\n")]);
    let index = tree.index(Options::default());
    assert_eq!((index.view().named("leaf").len(), index.view().named("long").len()), (1, 1));
}

#[test]
fn c6_open_documents_are_answered_during_a_build() {
    let tree = Tree::new(&[("open.rs", "fn old() {}\n")]);
    for number in 0..1500 {
        tree.write(&format!("src/m{}/f{number}.rs", number % 40), format!("pub fn f{number}(a: u8) -> u8 {{ a }}\n").repeat(60));
    }
    let registry = Arc::new(longsight::syntax::Registry::new());
    let index = Index::start(tree.roots(), registry, Options { threads: 2, ..Options::default() });
    index.update(tree.document("open.rs", "rust", 1, "fn typed() {}\n"));
    index.sync();
    let view = index.view();
    assert_eq!(view.named("typed").len(), 1);
    assert!(view.stage() < Stage::Ready, "the answer did not wait for the rest");
    index.wait_ready();
    assert_eq!(index.view().named("f1499").len(), 60);
    assert_eq!((index.view().named("typed").len(), index.view().named("old").len()), (1, 0));
}

#[test]
fn c7_a_burst_of_changes_ends_in_what_a_fresh_index_says() {
    let tree = Tree::new(&[]);
    for number in 0..400 {
        tree.write(&format!("m{}/f{number}.py", number % 7), format!("def old_{number}():\n    return {number}\n"));
    }
    let index = tree.index(watching());
    for number in 0..400 {
        let path = format!("m{}/f{number}.py", number % 7);
        match number % 4 {
            0 => tree.remove(&path),
            1 => tree.write(&path, format!("class New{number}:\n    pass\n")),
            2 => tree.write(&format!("new/{number}/g.py"), format!("def new_{number}(): pass\n")),
            _ => {}
        }
    }
    tree.write("last.py", "def last(): pass\n");
    let wanted = tree.fresh();
    until(&index, "the new state", |view| summary(view) == wanted);
}

#[test]
fn c7_ignore_rules_that_change_take_effect() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("gen/b.rs", "fn b() {}\n")]);
    let index = tree.index(watching());
    assert_eq!(paths(&index.view()), ["a.rs", "gen/b.rs"]);
    tree.write(".gitignore", "gen/\n");
    until(&index, "one file less", |view| view.named("b").is_empty());
    tree.remove(".gitignore");
    until(&index, "the file again", |view| view.named("b").len() == 1);
}

#[test]
fn c8_without_watching_a_rescan_finds_changes() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(Options { rescan: 1, ..Options::default() });
    tree.write("a.rs", "fn changed() {}\n");
    tree.remove("b.rs");
    tree.write("sub/c.rs", "fn c() {}\n");
    let wanted = tree.fresh();
    until(&index, "the changes", |view| summary(view) == wanted);
}

#[test]
fn c9_the_same_time_and_size_hide_no_change() {
    let tree = Tree::new(&[("a.rs", "fn aaaa() {}\n"), ("young.rs", "fn one() {}\n")]);
    std::fs::write(tree.path("young.rs"), "fn one() {}\n").unwrap();
    let before = tree.index(tree.cached());
    let modified = std::fs::metadata(tree.path("a.rs")).unwrap().modified().unwrap();
    // In place, of the same length, with the time put back.
    std::fs::write(tree.path("a.rs"), "fn bbbb() {}\n").unwrap();
    std::fs::File::options().append(true).open(tree.path("a.rs")).unwrap().set_modified(modified).unwrap();
    std::fs::write(tree.path("young.rs"), "fn two() {}\n").unwrap();
    before.rescan();
    before.wait_ready();
    tree.assert_fresh(&before);
    drop(before);
    let after = tree.index(tree.cached());
    tree.assert_fresh(&after);
    assert_eq!((after.view().named("bbbb").len(), after.view().named("two").len()), (1, 1));
}

#[test]
fn c9_a_clock_that_was_set_back_is_no_reason_to_trust() {
    let tree = Tree::new(&[("a.rs", "fn aaaa() {}\n")]);
    let ahead = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400);
    let set = |path: &str| std::fs::File::options().append(true).open(tree.path(path)).unwrap().set_modified(ahead).unwrap();
    set("a.rs");
    drop(tree.index(tree.cached()));
    std::fs::write(tree.path("a.rs"), "fn bbbb() {}\n").unwrap();
    set("a.rs");
    let index = tree.index(tree.cached());
    assert_eq!((index.view().named("bbbb").len(), index.view().named("aaaa").len()), (1, 0));
}

#[test]
fn c10_a_root_that_goes_leaves_open_documents_and_comes_back() {
    let tree = Tree::new(&[("ws/a.rs", "fn a() {}\n"), ("ws/b.rs", "fn b() {}\n")]);
    let roots = Arc::new(Roots::new([tree.path("ws")]));
    let index = index(roots.clone(), Options::default());
    let mut open = tree.document("ws/a.rs", "rust", 1, "fn typed() {}\n");
    open.path = roots.locate(&tree.path("ws/a.rs"));
    index.update(open);
    std::fs::rename(tree.path("ws"), tree.path("away")).unwrap();
    index.rescan();
    index.wait_ready();
    assert_eq!(paths(&index.view()), ["a.rs"]);
    assert_eq!(index.view().named("typed").len(), 1);
    std::fs::rename(tree.path("away"), tree.path("ws")).unwrap();
    index.rescan();
    index.wait_ready();
    assert_eq!(paths(&index.view()), ["a.rs", "b.rs"]);
}

/// The folder that is watched is not the one that has its name later: a rescan finds that one, and it is watched in its turn.
#[test]
fn c10_a_root_that_is_made_anew_is_followed_again() {
    let tree = Tree::new(&[("ws/a.rs", "fn a() {}\n")]);
    let index = index(Arc::new(Roots::new([tree.path("ws")])), Options { rescan: 1, ..watching() });
    std::fs::remove_dir_all(tree.path("ws")).unwrap();
    until(&index, "no file", |view| view.files().count() == 0);
    tree.write("ws/new.rs", "fn new() {}\n");
    until(&index, "the new folder", |view| view.named("new").len() == 1);
    tree.write("ws/sub/more.rs", "fn more() {}\n");
    until(&index, "a folder in it", |view| view.named("more").len() == 1);
}

#[test]
fn c11_no_folder_many_folders_nested_folders_and_one_that_is_closed() {
    let none = index(Arc::new(Roots::new([])), Options::default());
    assert_eq!((none.view().stage(), none.view().files().count()), (Stage::Ready, 0));
    let tree = Tree::new(&[]);
    for number in 0..20 {
        tree.write(&format!("r{number}/f.rs"), format!("fn f{number}() {{}}\n"));
    }
    tree.write("r0/inner/g.rs", "fn g() {}\n");
    let folders = || (0..20).map(|number| tree.path(&format!("r{number}"))).chain([tree.path("r0/inner")]);
    let index = index(Arc::new(Roots::new(folders())), Options::default());
    let view = index.view();
    assert_eq!(view.files().count(), 21);
    assert_eq!(view.named("g").len(), 1, "a nested folder counts once");
    index.set_roots(Arc::new(Roots::new(folders().filter(|folder| !folder.ends_with("r7")))));
    index.wait_ready();
    let view = index.view();
    assert_eq!((view.named("f7").len(), view.named("f8").len(), view.files().count()), (0, 1, 20));
}

/// Opening a second folder makes the first one's name visible, and is no reason to forget what is known of it.
#[test]
fn c11_a_folder_that_is_added_or_closed_costs_the_others_nothing() {
    let tree = Tree::new(&[]);
    for number in 0..100 {
        tree.write(&format!("one/f{number}.rs"), format!("fn f{number}() {{}}\n"));
        tree.write(&format!("two/g{number}.rs"), format!("fn g{number}() {{}}\n"));
    }
    let roots = |names: &[&str]| Arc::new(Roots::new(names.iter().map(|name| tree.path(name))));
    let index = index(roots(&["one"]), tree.cached());
    let before = index.view().find(&roots(&["one"]).resolve("f7.rs").unwrap());
    index.set_roots(roots(&["one", "two"]));
    index.sync();
    let view = index.view();
    assert_eq!((view.named("f7").len(), view.find(&roots(&["one"]).resolve("f7.rs").unwrap())), (1, before), "known as before");
    assert!(view.stage() < Stage::Ready || view.named("g7").len() == 1, "who waits for the whole workspace waits for the new folder");
    index.wait_ready();
    let counts = index.progress().borrow().cache;
    assert_eq!((counts.hits, counts.misses), (0, 200), "each file is read once");
    assert_eq!(paths(&index.view()).iter().filter(|path| path.starts_with("one/f")).count(), 100, "shown with its folder");
    assert_eq!(index.view().named("g7").len(), 1);
    index.set_roots(roots(&["two"]));
    index.wait_ready();
    assert_eq!(index.view().named("f7").len(), 0);
    assert!(paths(&index.view()).contains(&"g7.rs".to_string()));
    drop(index);
    // Each folder is kept for itself, whatever was open beside it.
    for names in [&["two", "one"][..], &["one"], &["two"]] {
        let again = crate::support::tree::index(roots(names), tree.cached());
        assert_eq!(again.progress().borrow().cache.misses, 0, "{names:?}");
    }
}

#[test]
fn c11_a_place_has_one_name_where_folders_nest() {
    let tree = Tree::new(&[("a.py", "def a(): pass\n"), ("sub/b.py", "def b(): pass\n")]);
    let roots = Arc::new(Roots::new([tree.path(""), tree.path("sub")]));
    let index = index(roots.clone(), Options::default());
    let outer = roots.iter().next().unwrap().name().to_string();
    for text in [format!("{outer}/sub/b.py"), "sub/b.py".into()] {
        let place = roots.resolve(&text).unwrap();
        assert_eq!(Some(&place), roots.locate(&tree.path("sub/b.py")).as_ref(), "{text}");
        assert!(index.view().find(&place).is_some(), "{text}");
    }
    assert_eq!(roots.resolve("sub/new.py").unwrap(), roots.locate(&tree.path("sub/new.py")).unwrap());
}

#[test]
fn c9_a_file_from_the_future_is_not_parsed_again_with_each_rescan() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    std::fs::File::options().append(true).open(tree.path("a.rs")).unwrap().set_modified(future).unwrap();
    let index = tree.index(tree.cached());
    let place = tree.roots().resolve("a.rs").unwrap();
    let (before, generation) = (index.view().at(&place).unwrap().clone(), index.view().generation());
    for _ in 0..3 {
        index.rescan();
        index.wait_ready();
        index.changed(vec![tree.path("a.rs")]);
        index.wait_ready();
    }
    assert!(Arc::ptr_eq(&before, index.view().at(&place).unwrap()), "its facts are the same");
    assert_eq!(index.view().generation(), generation, "nobody was told");
    // What is written is seen all the same.
    std::fs::write(tree.path("a.rs"), "fn c() {}\n").unwrap();
    std::fs::File::options().append(true).open(tree.path("a.rs")).unwrap().set_modified(future).unwrap();
    index.rescan();
    index.wait_ready();
    assert_eq!((index.view().named("a").len(), index.view().named("c").len()), (0, 1));
}

#[test]
fn c1_a_file_that_is_deleted_is_not_counted_as_unreadable() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(Options::default());
    tree.remove("b.rs");
    index.changed(vec![tree.path("b.rs")]);
    index.sync();
    assert_eq!(paths(&index.view()), ["a.rs"]);
    assert_eq!(index.view().statistics().skipped, tree.index(Options::default()).view().statistics().skipped);
}

#[test]
fn c8_typing_does_not_put_a_rescan_off() {
    let tree = Tree::new(&[("a.rs", "fn a() {}\n")]);
    let index = tree.index(Options { rescan: 1, ..Options::default() });
    tree.write("new.rs", "fn new() {}\n");
    let began = std::time::Instant::now();
    for version in 0.. {
        index.update(tree.document("a.rs", "rust", version, &format!("fn a() {{}} // {version}\n")));
        index.sync();
        if index.view().named("new").len() == 1 {
            break;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "a key every 50 ms, and nothing is looked at");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The limit is one of folders, not of calls; and a folder that is made anew is another one to the system.
#[test]
fn c8_watching_the_same_folders_again_costs_nothing_and_misses_nothing() {
    use longsight::workspace::watch::{Coverage, Hint, Watcher};
    let tree = Tree::new(&[]);
    let folders: Vec<_> = (0..200).map(|number| tree.path(&format!("d{number}"))).collect();
    folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    let (sender, hints) = std::sync::mpsc::channel();
    let mut watcher = Watcher::new(move |hint| sender.send(hint).is_ok());
    assert_eq!(watcher.watch(&folders), Coverage { complete: true, grown: true });
    for _ in 0..200 {
        assert_eq!(watcher.watch(&folders), Coverage { complete: true, grown: false });
    }
    std::fs::remove_dir(&folders[7]).unwrap();
    std::fs::create_dir(&folders[7]).unwrap();
    watcher.watch(&folders);
    while hints.recv_timeout(std::time::Duration::from_millis(400)).is_ok() {}
    let file = folders[7].join("new.rs");
    std::fs::write(&file, "fn new() {}\n").unwrap();
    let hint = hints.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(matches!(&hint, Hint::Paths(paths) if paths.contains(&file)), "{hint:?}");
    // A folder that takes no part any more is watched no more.
    watcher.watch(&folders[..7]);
    while hints.recv_timeout(std::time::Duration::from_millis(400)).is_ok() {}
    std::fs::write(&file, "fn newer() {}\n").unwrap();
    assert!(hints.recv_timeout(std::time::Duration::from_millis(400)).is_err());
}

#[test]
fn c12_what_nobody_wrote_by_hand_takes_no_part_unless_it_is_open() {
    let tree = Tree::new(&[
        (".gitignore", "ignored/\n*.log.rs\n"),
        ("src/a.rs", "fn a() {}\n"),
        ("ignored/b.rs", "fn b() {}\n"),
        ("x.log.rs", "fn log() {}\n"),
        ("node_modules/m/index.js", "function m() {}\n"),
        ("app.min.js", "function min() {}\n"),
        ("submodule/.git", "gitdir: /home/user/project/.git/modules/submodule\n"),
        ("package-lock.json", "{}\n"),
        ("Cargo.lock", "[[package]]\n"),
        ("api_pb2.py", "class Message: pass\n"),
        ("made.go", "// Code generated by protoc. DO NOT EDIT.\npackage made\nfunc Made() {}\n"),
        ("mark.py", "# @generated by a tool\ndef marked(): pass\n"),
        (".longsight.toml", "ignore = [\"private/\"]\n"),
        ("private/p.rs", "fn private() {}\n"),
    ]);
    let index = tree.index(Options::default());
    assert_eq!(paths(&index.view()), [".gitignore", ".longsight.toml", "src/a.rs"]);
    index.update(tree.document("api_pb2.py", "python", 1, "class Message: pass\n"));
    index.sync();
    assert_eq!(index.view().named("Message").len(), 1, "open");
    index.close(&tree.document("api_pb2.py", "python", 1, "").uri);
    index.wait_ready();
    assert_eq!(index.view().named("Message").len(), 0, "closed again");
}

/// What is left out by a rule may be private: it was in the index, and so in prompts, as soon as it stood in a tab.
#[test]
fn c12_what_is_ignored_takes_no_part_while_it_is_open_either() {
    let tree = Tree::new(&[
        (".gitignore", "settings.py\n"),
        (".longsight.toml", "ignore = [\"private/\"]\n"),
        ("settings.py", "def by_git(): pass\n"),
        ("private/p.py", "def by_us(): pass\n"),
        ("later.py", "def later(): pass\n"),
    ]);
    let index = tree.index(Options::default());
    for (path, text) in
        [("settings.py", "def by_git(): pass\n"), ("private/p.py", "def by_us(): pass\n"), ("later.py", "def later(): pass\n")]
    {
        index.update(tree.document(path, "python", 1, text));
    }
    index.sync();
    let known = |name: &str| index.view().named(name).len();
    assert_eq!((known("by_git"), known("by_us"), known("later")), (0, 0, 1));
    // A rule that comes while it is open.
    tree.write(".gitignore", "settings.py\nlater.py\n");
    index.changed(vec![tree.path(".gitignore")]);
    index.wait_ready();
    assert_eq!(known("later"), 0);
    index.update(tree.document("later.py", "python", 2, "def later(): return 1\n"));
    index.sync();
    assert_eq!(known("later"), 0);
    // And goes.
    tree.write(".gitignore", "settings.py\n");
    index.changed(vec![tree.path(".gitignore")]);
    index.wait_ready();
    assert_eq!(known("later"), 1);
}

#[test]
fn c12_d11_secret_files_are_never_indexed_not_even_open() {
    let tree = Tree::new(&[(".env", "KEY=1\n"), ("secrets.yml", "key: 1\n"), ("id_rsa", "key\n"), ("conf/prod.pem", "key\n")]);
    let index = tree.index(tree.cached());
    assert_eq!(paths(&index.view()), [""; 0]);
    assert_eq!(index.view().statistics().skipped[&Skip::Secret], 4);
    index.update(tree.document(".env", "python", 1, "def in_env(): pass\n"));
    index.sync();
    assert!(index.view().named("in_env").is_empty());
}

#[test]
fn c13_an_open_buffer_wins_over_the_disk() {
    let tree = Tree::new(&[("a.rs", "fn on_disk() {}\n"), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(watching());
    let open = tree.document("a.rs", "rust", 1, "fn in_buffer() { on_disk(); }\n");
    let documents = Documents::new([open.clone()]);
    index.update(open.clone());
    index.sync();
    tree.write("a.rs", "fn written_by_another() {}\n");
    index.changed(vec![tree.path("a.rs")]);
    index.rescan();
    index.wait_ready();
    let view = index.view();
    assert_eq!((view.named("in_buffer").len(), view.named("on_disk").len(), view.named("written_by_another").len()), (1, 0, 0));
    let snapshot = Snapshot::new(tree.roots(), documents);
    let find = |pattern| view.search(&snapshot, None, &Query { pattern, limit: 10, ..Query::default() }).unwrap().len();
    assert_eq!((find("in_buffer"), find("written_by_another")), (1, 0));
    index.close(&open.uri);
    index.wait_ready();
    assert_eq!((index.view().named("in_buffer").len(), index.view().named("written_by_another").len()), (0, 1));
}

#[test]
fn c14_a_file_that_is_renamed_in_case_or_accents_is_one_entry() {
    let tree = Tree::new(&[("readme.py", "def one(): pass\n"), ("caf\u{e9}.py", "def two(): pass\n")]);
    let index = tree.index(watching());
    std::fs::rename(tree.path("readme.py"), tree.path("README.py")).unwrap();
    std::fs::rename(tree.path("caf\u{e9}.py"), tree.path("cafe\u{301}.py")).unwrap();
    until(&index, "both names", |view| paths(view) == ["README.py", "cafe\u{301}.py"]);
    assert_eq!((index.view().named("one").len(), index.view().named("two").len()), (1, 1));
}

#[test]
fn c16_two_servers_share_a_workspace_and_its_cache() {
    let tree = Tree::new(&[]);
    for number in 0..200 {
        tree.write(&format!("f{number}.py"), format!("def f{number}(): pass\n"));
    }
    let registry = Arc::new(longsight::syntax::Registry::new());
    let both = [(); 2].map(|()| Index::start(tree.roots(), registry.clone(), tree.cached()));
    both.iter().for_each(Index::wait_ready);
    let wanted = tree.fresh();
    both.iter().for_each(|index| assert_eq!(summary(&index.view()), wanted));
    tree.write("f3.py", "def changed(): pass\n");
    both.iter().for_each(|index| {
        index.changed(vec![tree.path("f3.py")]);
        index.sync();
        tree.assert_fresh(index);
    });
    drop(both);
    let third = tree.index(tree.cached());
    tree.assert_fresh(&third);
    assert!(third.progress().borrow().cache.hits >= 199);
}

#[test]
fn a_keystroke_updates_definitions_uses_and_numbers() {
    let tree = Tree::new(&[("a.py", "def one(): pass\n"), ("b.py", "from a import one\none()\n")]);
    let index = tree.index(Options::default());
    let view = index.view();
    let one = view.name("one").unwrap();
    assert_eq!(view.users(one).iter().map(|(_, count)| *count).sum::<u32>(), 3);
    let before = view.find(&tree.roots().locate(&tree.path("a.py")).unwrap()).unwrap();
    for version in 1..300 {
        index.update(tree.document("a.py", "python", version, &format!("def one{version}(): pass\n")));
    }
    index.sync();
    let view = index.view();
    assert_eq!((view.named("one").len(), view.named("one299").len(), view.named("one7").len()), (0, 1, 0));
    assert_eq!(view.find(&tree.roots().locate(&tree.path("a.py")).unwrap()).unwrap(), before, "numbers stay");
    let (_, b) = view.files().find(|(_, file)| file.path.relative() == "b.py").unwrap();
    let import = b.imports()[0];
    let from = view.find(&b.path).unwrap();
    assert_eq!(view.resolve(from, &import).map(|id| view.file(id).unwrap().path.to_string()), Some("a.py".into()));
}

#[test]
fn a_file_that_keeps_changing_does_not_keep_a_build_from_ending() {
    let tree = Tree::new(&[]);
    for number in 0..500 {
        tree.write(&format!("f{number}.rs"), format!("pub fn f{number}() {{}}\n").repeat(50));
    }
    let registry = Arc::new(longsight::syntax::Registry::new());
    let index = Index::start(tree.roots(), registry, Options { threads: 1, ..Options::default() });
    let done = Arc::new(AtomicBool::new(false));
    let (stop, path) = (done.clone(), tree.path("f0.rs"));
    std::thread::scope(|scope| {
        let index = &index;
        scope.spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                index.changed(vec![path.clone()]);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        index.wait_ready();
        done.store(true, Ordering::SeqCst);
    });
    age(&tree.path("f0.rs"));
    index.wait_ready();
    tree.assert_fresh(&index);
}

#[test]
fn a_folder_may_be_written_in_several_ways() {
    let tree = Tree::new(&[("src/a.rs", "fn needle() {}\n"), ("src2/b.rs", "fn needle() {}\n")]);
    let index = tree.index(Options::default());
    let snapshot = Snapshot::new(tree.roots(), Documents::default());
    let found = |below| {
        index.view().search(&snapshot, None, &Query { pattern: "needle", below: Some(below), limit: 9, ..Query::default() }).unwrap().len()
    };
    for below in ["src", "./src", "src/", "/src", "./src/.", "././src//", "src/a.rs"] {
        assert_eq!(found(below), 1, "{below}");
    }
    for below in ["", ".", "./", "/"] {
        assert_eq!(found(below), 2, "{below}");
    }
    assert_eq!(found("sr"), 0);
}

/// `git worktree add` below the folder that is open makes the same project a second time.
#[test]
fn a_further_working_tree_of_the_repository_is_no_part_of_it() {
    let tree = Tree::new(&[
        ("util.py", "def load_rows(): pass\n"),
        (".git/index", ""),
        (".git/worktrees/other/commondir", "../..\n"),
        (".trees/other/util.py", "def load_rows(): return 1\n"),
        ("module/.git", "gitdir: ../.git/modules/module\n"),
        (".git/modules/module/index", ""),
        ("module/part.py", "def part(): pass\n"),
    ]);
    tree.write(".trees/other/.git", format!("gitdir: {}\n", tree.path(".git/worktrees/other").display()));
    let index = tree.index(Options::default());
    let view = index.view();
    assert_eq!(paths(&view), ["module/part.py", "util.py"]);
    assert_eq!(view.named("load_rows").len(), 1);
    // Who opens a file of it works there.
    index.update(tree.document(".trees/other/util.py", "python", 1, "def load_rows(): return 2\n"));
    index.sync();
    assert_eq!(index.view().named("load_rows").len(), 2);
}

/// Where the root is only the place for working trees, they are what is worked on.
#[test]
fn working_trees_of_a_bare_repository_take_part() {
    let tree = Tree::new(&[
        (".bare/HEAD", "ref: refs/heads/main\n"),
        (".git", "gitdir: ./.bare\n"),
        (".bare/worktrees/main/commondir", "../..\n"),
        ("main/util.py", "def load_rows(): pass\n"),
    ]);
    tree.write("main/.git", format!("gitdir: {}\n", tree.path(".bare/worktrees/main").display()));
    assert_eq!(tree.index(Options::default()).view().named("load_rows").len(), 1);
}

/// It was taken for a folder of the workspace, and all of that was listed anew.
#[test]
fn a_deleted_file_beside_the_workspace_lists_nothing_anew() {
    let tree = Tree::new(&[("ws/a.rs", "fn a() {}\n"), ("beside/b.rs", "fn b() {}\n")]);
    let index = index(Arc::new(Roots::new([tree.path("ws")])), Options::default());
    index.wait_ready();
    // Nobody says so: only a listing finds it.
    tree.write("ws/unseen.rs", "fn unseen() {}\n");
    std::fs::remove_dir_all(tree.path("beside")).unwrap();
    index.changed(vec![tree.path("beside/b.rs"), tree.path("beside")]);
    index.sync();
    index.wait_ready();
    assert_eq!(paths(&index.view()), ["a.rs"]);
    std::fs::remove_dir_all(tree.path("ws")).unwrap();
    index.changed(vec![tree.path("ws")]);
    index.sync();
    index.wait_ready();
    assert_eq!(paths(&index.view()), Vec::<String>::new(), "without its folder all of it has gone");
}
