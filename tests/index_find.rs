//! What is found in the index: text, names, and the files that imports mean.

use longsight::index::{Index, Options, Query, View, folder, is_below};
use longsight::workspace::{Documents, Snapshot};

use crate::support::tree::Tree;

struct Found {
    tree: Tree,
    index: Index,
}

fn over(files: &[(&str, &str)]) -> Found {
    let tree = Tree::new(files);
    let index = tree.index(Options::default());
    Found { tree, index }
}

impl Found {
    fn view(&self) -> std::sync::Arc<View> {
        self.index.view()
    }

    /// `path:line:column text`, all counted from zero.
    fn search(&self, query: &Query<'_>) -> Vec<String> {
        let snapshot = Snapshot::new(self.tree.roots(), Documents::default());
        let hits = self.view().search(&snapshot, [], query).unwrap();
        hits.iter().map(|hit| format!("{}:{}:{} {}", hit.path, hit.line, hit.column, hit.text)).collect()
    }
}

#[test]
fn text_is_found_by_line_and_column_within_limits() {
    let long = format!("fn long() {{ let needle = \"{}\"; }}\n", "é".repeat(400));
    let found = over(&[
        ("a.rs", "// needle\nfn one() {}\r\nlet x = Needle + needle;\n"),
        ("sub/b.py", "\n\n  needle()\n"),
        ("sub2/c.py", "needle\n"),
        ("z.rs", &long),
    ]);
    let plain = |pattern| Query { pattern, case_sensitive: true, limit: 10, ..Query::default() };
    assert_eq!(
        found.search(&plain("needle"))[..4],
        ["a.rs:0:3 // needle", "a.rs:2:17 let x = Needle + needle;", "sub/b.py:2:2   needle()", "sub2/c.py:0:0 needle"],
        "one hit a line, without its ending"
    );
    let cut = found.search(&plain("long()")).remove(0);
    assert!(cut.starts_with("z.rs:0:3 fn long()") && cut.len() < 420, "{cut}");
    assert_eq!(found.search(&Query { case_sensitive: false, ..plain("NEEDLE +") }), ["a.rs:2:8 let x = Needle + needle;"]);
    assert_eq!(found.search(&Query { below: Some("./sub/"), ..plain("needle") }), ["sub/b.py:2:2   needle()"]);
    assert_eq!(found.search(&Query { below: Some("sub/b.py"), ..plain("needle") }).len(), 1);
    assert_eq!(found.search(&Query { limit: 2, ..plain("needle") }).len(), 2);
    assert_eq!(found.search(&Query { is_regex: true, ..plain("^ +needle\\(\\)$") }), ["sub/b.py:2:2   needle()".replace(":2:2 ", ":2:0 ")]);
    assert!(found.search(&plain("one() {}\r\nlet")).len() <= 1, "a hit over several lines is one");
    let snapshot = Snapshot::new(found.tree.roots(), Documents::default());
    for (pattern, reason) in [("", "empty"), ("(", "no regular expression"), ("\\w{1000}{1000}", "no regular expression")] {
        let refused = found.view().search(&snapshot, [], &Query { pattern, is_regex: true, limit: 1, ..Query::default() });
        assert!(refused.unwrap_err().contains(reason), "{pattern}");
    }
}

#[test]
fn folders_are_compared_by_their_parts() {
    for (text, plain) in [("./src/", "src"), ("/src", "src"), (" src/./ ", "src"), (".", "."), ("", ""), ("././a/b", "a/b")] {
        assert_eq!(folder(text), plain, "{text:?}");
    }
    for (path, below, inside) in
        [("src/a.rs", "src", true), ("src2/a.rs", "src", false), ("src", "src", true), ("a", "", true), ("a", ".", true)]
    {
        assert_eq!(is_below(path, below), inside, "{path} below {below:?}");
    }
}

#[test]
fn names_are_found_by_a_part_of_them_the_nearest_first() {
    let found = over(&[
        ("a.rs", "fn parse() {}\nfn parse_all() {}\nfn reparse() {}\nfn other() {}\nstruct Parse;\n"),
        ("b.py", "def Parser(): pass\n"),
    ]);
    let view = found.view();
    let named = |part: &str, limit: usize| -> Vec<String> {
        view.names_like(part, limit).into_iter().map(|id| view.text(view.symbol(id).unwrap().name).to_string()).collect()
    };
    let all = named("parse", 10);
    assert_eq!(all.len(), 5, "{all:?}");
    assert!(all[..2].iter().all(|name| name.eq_ignore_ascii_case("parse")), "exact ones first: {all:?}");
    assert_eq!((all[2].as_str(), named("PARSE", 2).len()), ("Parser", 2), "then the shorter ones: {all:?}");
    assert!(named("nothing", 10).is_empty());
}

/// Which file each import of a file leads to.
fn led(found: &Found, from: &str) -> Vec<String> {
    let view = found.view();
    let (id, file) = view.files().find(|(_, file)| file.path.to_string() == from).unwrap();
    let there = |import| view.resolve(id, import).and_then(|id| view.file(id)).map_or("nowhere".into(), |file| file.path.to_string());
    file.imports().iter().map(|import| format!("{} → {}", view.text(import.module), there(import))).collect()
}

#[test]
fn imports_lead_to_the_nearest_file_of_that_name() {
    let found = over(&[
        (
            "app/main.py",
            "import os\nfrom app.models import User\nfrom .views import page\nfrom .. import setup_all\nfrom app import models\n",
        ),
        ("app/models.py", "class User: pass\n"),
        ("app/views.py", "def page(): pass\n"),
        ("other/models.py", "class User: pass\n"),
        ("other/views.py", "def page(): pass\n"),
    ]);
    assert_eq!(
        led(&found, "app/main.py"),
        ["os → nowhere", "app.models → app/models.py", ".views → app/views.py", ".. → nowhere", "app → app/models.py"]
    );
    let found = over(&[
        ("src/lib.rs", "mod shape;\nuse crate::shape::Area;\nuse std::fmt;\n"),
        ("src/shape/mod.rs", "pub struct Area;\n"),
        ("web/page.ts", "import { go } from './lib/go';\nimport x from '../shared';\nimport y from 'react';\n"),
        ("web/lib/go.ts", "export function go() {}\n"),
        ("shared/index.ts", "export default 1;\n"),
        ("c/a.c", "#include \"ring.h\"\n#include <stdio.h>\n"),
        ("c/ring.h", "int ring(void);\n"),
        ("d/ring.h", "int other(void);\n"),
    ]);
    assert_eq!(led(&found, "src/lib.rs"), ["crate::shape → src/shape/mod.rs", "std → nowhere"]);
    assert_eq!(led(&found, "web/page.ts"), ["./lib/go → web/lib/go.ts", "../shared → shared/index.ts", "react → nowhere"]);
    assert_eq!(led(&found, "c/a.c"), ["ring.h → c/ring.h", "stdio.h → nowhere"]);
}
