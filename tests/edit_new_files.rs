//! New files that an instruction asks for, from models with a small window: which words ask for one, where it goes, what makes it a part of
//! the rest. Scripted engines.

use longsight::features::edit::task::wording::{Creates, Named, created};

use crate::support::workspace::{applied, chat, instructed as asked};

#[test]
fn what_asks_for_a_new_file_by_its_words() {
    let module = |name: &str| Some(Named::Module(name.into()));
    let file = |name: &str| Some(Named::File(name.into()));
    for (words, wanted) in [
        ("add a module lines with iter_lines(text), which loads every line", module("lines")),
        ("Create a new module called `digits` that counts digits", module("digits")),
        ("please create a `digits` module with a function that counts them", module("digits")),
        ("write a small parser module that splits text at commas", module("parser")),
        ("add a submodule named units: metres and feet", module("units")),
        ("create a module `units`", module("units")),
        ("create a new file src/units.rs with a struct Metre", file("src/units.rs")),
        ("create `src/units.rs`, with a struct Metre", file("src/units.rs")),
        ("add util/units.py with a class Metre", file("util/units.py")),
        ("put a function that counts digits into a new file src/digits.rs", file("src/digits.rs")),
        ("write a class Clock in a new file called clock.py", file("clock.py")),
        ("put a helper that trims text into its own file", Some(Named::Not)),
        ("add a module that turns minutes into words", Some(Named::Not)),
        ("define a struct Metre in a separate module units", module("units")),
        ("新建模块 units，把米换算成英尺", module("units")),
        ("创建一个名为 units 的模块", module("units")),
        ("创建文件 src/units.rs，里面有结构体 Metre", file("src/units.rs")),
        ("create a module auth in src", module("auth")),
        ("create the module `units` with a struct Metre", module("units")),
        ("add a helper module with a function that trims text", Some(Named::Not)),
        ("implement a function that counts digits in a new file src/digits.rs", file("src/digits.rs")),
        ("put a function that trims text in a new module", Some(Named::Not)),
        ("添加一个模块 units，把米换算成英尺", module("units")),
        ("创建一个模块，用于换算", Some(Named::Not)),
        // What the code does with files and modules, and parts of modules.
        ("Write a function that saves the data to a file", None),
        ("add a method that writes the report to a new file", None),
        ("write a function that writes each record to its own file", None),
        ("add a function to write logs to a file, one line each", None),
        ("Write a function that copies a file to another file", None),
        ("write a function that copies the report to a new file backup.py", None),
        ("Add a parameter to a function in a module", None),
        ("write a function that looks up a name in a module", None),
        ("Add the logging module", None),
        ("Add the json module to the imports", None),
        ("Add the module json to the imports", None),
        ("add the `logging` module to the imports", None),
        ("add a json module to the imports", None),
        ("Add the file helper.py to the list of sources", None),
        ("add a module auth to INSTALLED_APPS", None),
        ("write the logging module", None),
        ("添加模块注释", None),
        ("添加一个模块级常量", None),
        ("编写模块测试", None),
        ("添加模块文档", None),
        ("添加 logging 模块", None),
        ("新建 units 模块的文档", None),
        ("create a file if it is missing", None),
        ("write the result to a new file", None),
        ("write the lines in a new file", None),
        ("create a file handle and close it", None),
        ("add a file argument", None),
        ("add a module docstring", None),
        ("add a module level constant", None),
        ("add a module to the list", None),
        ("write the module documentation", None),
        ("add a test module with two tests", None),
        ("make a module private", None),
        ("add the module name to the message", None),
        ("put the marked lines into a new file src/a.rs", None),
        ("move this function into a module called digits", None),
        ("add main.rs to the list", None),
        ("create a module digits and call it from here", None),
        ("create a module digits with the function count; then replace the loop here", None),
        ("新建模块 units，并在这里调用它", None),
        ("rename this module", None),
        ("fix the module loader", None),
    ] {
        assert_eq!(created(words).map(|Creates { named, .. }| named), wanted, "{words}");
    }
}

/// A small model that is asked for code could create no file: what it wrote for one went into the lines where somebody stood.
#[tokio::test]
async fn a_module_that_the_words_ask_for_is_a_new_file() {
    let lib = "//! Units.\n\nmod feet;\n\n/// One.\npub fn one() -> u32 {\n    1\n}\n";
    let files = [("src/lib.rs", lib), ("src/feet.rs", "pub fn feet() {}\n")];
    let code = "```rust\n/// Twice as much.\npub fn twice(n: u32) -> u32 {\n    one() + n\n}\n```";
    let (edited, asked) = asked(&files, "    1\n", "create a module `metres` with a function twice(n)", &[code]).await;
    let edited = edited.unwrap();
    let new = edited.edits.iter().find(|file| file.path == "src/metres.rs").unwrap();
    assert!(new.created);
    // It has what it needs of the file around, which declares it.
    let wanted = "use super::one;\n\n/// Twice as much.\npub fn twice(n: u32) -> u32 {\n    one() + n\n}\n";
    assert_eq!(applied(&edited, "src/metres.rs"), wanted);
    assert_eq!(applied(&edited, "src/lib.rs"), lib.replace("mod feet;\n", "mod feet;\nmod metres;\n"));
    let words = &chat(&asked[0]).messages[1].content;
    assert!(words.contains("the new file src/metres.rs") && !words.contains("marked"), "{words}");
}

/// The file around is another one than that in which somebody asks; where nothing is declared yet, what speaks of the whole file stays on top.
#[tokio::test]
async fn a_new_file_is_declared_where_its_language_wants_it() {
    let lib = "//! Units.\n#![no_std]\n\n#[cfg(test)]\nfn one() {}\n";
    let files = [("src/feet/inch.rs", "fn inch() {}\n"), ("src/lib.rs", lib), ("src/feet.rs", "pub mod inch;\n\nuse inch as of;\n")];
    let code = "```rust\npub fn two() {}\n```";
    let (edited, _) = asked(&files, "fn inch", "create a file src/metres.rs with a function two", &[code]).await;
    let edited = edited.unwrap();
    assert_eq!(applied(&edited, "src/metres.rs"), "pub fn two() {}\n");
    assert_eq!(applied(&edited, "src/lib.rs"), lib.replace("#![no_std]\n", "#![no_std]\n\nmod metres;\n"));
    // As the others are, it is shown to everybody.
    let (edited, _) = asked(&files, "fn inch", "put a function two into a new file yard.rs", &[code]).await;
    let edited = edited.unwrap();
    assert_eq!(applied(&edited, "src/feet/yard.rs"), "pub fn two() {}\n");
    assert_eq!(applied(&edited, "src/feet.rs"), "pub mod inch;\npub mod yard;\n\nuse inch as of;\n");
    // A declaration of the module around its own code would be a module in it.
    let wrapped = "```rust\npub mod yard {\n    pub fn two() {\n        one();\n    }\n}\n```";
    let (edited, _) = asked(&files, "fn inch", "put a function two into a new file yard.rs", &[wrapped]).await;
    assert_eq!(applied(&edited.unwrap(), "src/feet/yard.rs"), "pub fn two() {\n    one();\n}\n");
}

#[tokio::test]
async fn a_new_file_has_its_package_and_imports_what_stands_beside_it() {
    let go = [("cart/cart.go", "package cart\n\nfunc Size() int {\n\treturn 1\n}\n")];
    let (edited, _) =
        asked(&go, "return 1", "add a module total with a function Total", &["```go\nfunc Total() int {\n\treturn Size()\n}\n```"]).await;
    assert_eq!(applied(&edited.unwrap(), "cart/total.go"), "package cart\n\nfunc Total() int {\n\treturn Size()\n}\n");
    // What lies in one folder is of one package, whatever the model calls it.
    let answer = "```go\npackage total\n\nfunc Total() int {\n\treturn Size()\n}\n```";
    let (edited, _) = asked(&go, "return 1", "create cart/total.go with a function Total", &[answer]).await;
    assert_eq!(applied(&edited.unwrap(), "cart/total.go"), "package cart\n\nfunc Total() int {\n\treturn Size()\n}\n");
    let python = [("shop/cart.py", "def size():\n    return 1\n"), ("shop/__init__.py", "")];
    let answer = "```python\ndef total():\n    return size() + 1\n```";
    let (edited, _) = asked(&python, "    return 1", "create a new module named total with a function total()", &[answer]).await;
    let edited = edited.unwrap();
    assert_eq!(applied(&edited, "shop/total.py"), "from shop.cart import size\n\n\ndef total():\n    return size() + 1\n");
    assert_eq!(edited.edits.len(), 1);
}

/// A model that is to find the name says it in a block of its own; one that gives back what is there already is asked again.
#[tokio::test]
async fn a_module_without_a_name_is_called_by_the_model() {
    let files = [("a.py", "def one():\n    return 1\n")];
    let again = "```\nwords\n```\n```python\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n```";
    let answer = "```\nwords\n```\n```python\ndef two():\n    return 2\n```";
    let (edited, asked) = asked(&files, "    return 1", "add a module that gives two", &[again, answer]).await;
    let edited = edited.unwrap();
    assert_eq!(applied(&edited, "words.py"), "def two():\n    return 2\n");
    assert_eq!(edited.edits.len(), 1);
    let told = &chat(&asked[1]).messages.last().unwrap().content;
    assert!(told.contains("`one` is in a.py already"), "{told}");
}

#[tokio::test]
async fn a_file_that_is_there_or_kept_out_is_not_created_over() {
    let files = [("a.py", "def one():\n    return 1\n"), ("b.py", ""), ("c/__init__.py", ""), (".gitignore", "d.py\n")];
    for (name, why) in [("b", "b.py exists already"), ("c", "is that module already"), ("d", "cannot be made")] {
        let (edited, requests) = asked(&files, "    return 1", &format!("create a module {name} with a function two"), &[]).await;
        let error = edited.unwrap_err().message;
        assert!(error.contains(why) && requests.is_empty(), "{error}");
    }
    // What is no code of the language may be what the code is to write.
    let (edited, _) =
        asked(&files, "    return 1", "create a file called out.txt with the results", &["```python\n    return 2\n```"]).await;
    assert_eq!(applied(&edited.unwrap(), "a.py"), "def one():\n    return 2\n");
}
