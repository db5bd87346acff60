//! What import statements are read as, in every form in which people write them.

use longsight::syntax::{self, Registry};

/// What a file imports: each module with the names there and here.
fn imported(language: &str, path: &str, text: &str) -> Vec<String> {
    let registry = Registry::new();
    let parsed = syntax::parse(registry.by_id(language).unwrap(), text).unwrap();
    let facts = syntax::tags(&parsed, path);
    let names = |import: &syntax::Import| import.names.iter().map(|(there, here)| format!("{there}={here}")).collect::<Vec<_>>().join(" ");
    facts.imports.iter().map(|import| format!("{} {}", import.module, names(import))).collect()
}

/// They were taken for a part of the name that follows them, and a brace in one ended the list.
#[test]
fn comments_between_imported_names_are_no_part_of_these() {
    for language in ["javascript", "typescript"] {
        let text = "import {\n  // {one}\n  a, /* two's */ b as c,\n} from 'http://d'; // e\nconst { /* } */ f, g: h } = require('./i');\n\
            export {\n  /** Use {@link f}. */\n  j,\n  k as l, // k\n} from \"./j\";\n";
        assert_eq!(imported(language, "a.js", text), ["http://d a=a b=c", "./i f=f g=h", "./j j=j k=l"]);
        let registry = Registry::new();
        let parsed = syntax::parse(registry.by_id(language).unwrap(), text).unwrap();
        let facts = syntax::tags(&parsed, "a.js");
        let found: Vec<_> = facts.definitions.iter().map(|one| (one.name.of(text), one.name_line)).collect();
        assert_eq!(found, [("j", 7), ("l", 8)]);
    }
    assert_eq!(imported("rust", "a.rs", "use a::{/* b, */ c, // d\n    e as f};\n"), ["a c=c e=f"]);
    assert_eq!(imported("python", "a.py", "from a import (  # b\n    c as d,  # e, f\n)\n"), ["a c=d"]);
}

/// The word of the import was a part of its name.
#[test]
fn a_module_that_is_required_by_an_import_has_a_name() {
    assert_eq!(imported("typescript", "a.ts", "import a = require('b');\nimport type c = require(\"d\");\n"), ["b *=a", "d *=c"]);
    assert_eq!(imported("javascript", "a.js", "const imported = require('b');\n"), ["b *=imported"]);
}

#[test]
fn imports_with_attributes_or_brackets_that_touch_are_read() {
    let text = "import data from './data.js' with { type: 'json' }\n";
    assert_eq!(imported("javascript", "a.js", text), ["./data.js default=data"]);
    assert_eq!(imported("javascript", "a.js", "import { a as b } from 'with {'\n"), ["with { a=b"]);
    assert_eq!(imported("python", "a.py", "from b import(one, two)\n"), ["b one=one two=two"]);
    assert_eq!(imported("python", "a.py", "from .important import*\n"), [".important *=*"]);
    assert_eq!(imported("python", "a.py", "from . import (\n    one as two,\n)\n"), [". one=two"]);
}
