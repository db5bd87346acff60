//! Annotated samples of every language (`grammars/*/samples`) against the index and the scope queries. The marks stand in comments:
//!
//! - `//: kind name [pub] [in=container] [bases=A,B] [doc="begins with"] [to=+lines]`: a definition whose name is on this line; what is
//!   not said must not be so, and a line without a mark defines nothing. `|` parts several.
//! - `//: import module a, b as c`: an import that begins on this line.
//! - `//: uses name=3`: occurrences in the file.
//! - a comment that points with `^` at the line above: what is at that place. `expression`, `string`, `comment`, `empty` (the block holds no
//!   code), `in a > b` (the items around it), `block=-1..+3` (the first and the last line of the block, counted from that place).
//!
//! Python writes `#` for `//`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use longsight::index::{File, Index, Options, Tier, View};
use longsight::syntax::{self, Kind, Registry, scope};
use longsight::workspace::Roots;

fn grammars() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")
}

/// All samples: folder, file name, text.
pub fn samples() -> Vec<(String, String, String)> {
    let mut found = vec![];
    for folder in std::fs::read_dir(grammars()).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(folder.path().join("samples")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap();
            found.push((folder.file_name().into_string().unwrap(), file.file_name().into_string().unwrap(), text));
        }
    }
    found.sort();
    found
}

/// The marks of a sample, as lines of text by zero-based line.
#[derive(Default)]
struct Marks {
    definitions: BTreeMap<u32, Vec<String>>,
    imports: BTreeMap<u32, Vec<String>>,
    uses: Vec<(String, u32)>,
    /// Line, column in bytes, expectation.
    places: Vec<(usize, usize, String)>,
}

fn marks(text: &str, comment: &str) -> Marks {
    let mut marks = Marks::default();
    let mut code_line = 0;
    for (number, line) in text.lines().enumerate() {
        if let Some((column, said)) = line.trim_start().strip_prefix(comment).and_then(|_| pointing(line, comment)) {
            marks.places.push((code_line, column, said));
            continue;
        }
        code_line = number;
        let Some((_, said)) = line.split_once(&format!("{comment}:")) else { continue };
        for mark in said.split(" | ").map(str::trim).filter(|mark| !mark.is_empty()) {
            if let Some(uses) = mark.strip_prefix("uses ") {
                let count = |one: &str| one.split_once('=').map(|(name, count)| (name.to_string(), count.parse().unwrap())).unwrap();
                marks.uses.extend(uses.split_whitespace().map(count));
            } else if let Some(import) = mark.strip_prefix("import ") {
                marks.imports.entry(number as u32).or_default().push(import.into());
            } else {
                marks.definitions.entry(number as u32).or_default().push(mark.into());
            }
        }
    }
    marks
}

/// `//    ^ expectation`: the column of the caret.
fn pointing(line: &str, comment: &str) -> Option<(usize, String)> {
    let column = line.find('^')?;
    let between = line[..column].trim().strip_prefix(comment)?;
    between.trim().is_empty().then(|| (column, line[column + 1..].trim().to_string()))
}

/// What opens a comment in a sample.
fn comment_of(path: &str, text: &str) -> String {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);
    REGISTRY.detect(path, text).and_then(|language| language.comment.clone()).unwrap()
}

/// All samples indexed as one workspace.
fn indexed() -> (tempfile::TempDir, Arc<View>) {
    let folder = tempfile::tempdir().unwrap();
    for (language, name, text) in samples() {
        std::fs::create_dir_all(folder.path().join(&language)).unwrap();
        std::fs::write(folder.path().join(&language).join(name), text).unwrap();
    }
    let registry = Arc::new(Registry::new());
    assert_eq!(registry.problems(), []);
    let roots = Arc::new(Roots::new([folder.path().to_path_buf()]));
    let index = Index::start(roots, registry, Options::default());
    index.wait_ready();
    let view = index.view();
    (folder, view)
}

/// How a mark would describe a definition.
fn described(view: &View, file: &File, number: usize, text: &str, mark: Option<&str>) -> String {
    let symbol = &file.symbols[number];
    let mut said = format!("{} {}", symbol.kind.name(), view.text(symbol.name));
    if symbol.public {
        said += " pub";
    }
    if let Some(container) = symbol.container() {
        said += &format!(" in={}", view.text(container));
    }
    let bases: Vec<&str> = file.bases(number).map(|base| view.text(base)).collect();
    if !bases.is_empty() {
        said += &format!(" bases={}", bases.join(","));
    }
    let doc = symbol.doc.of(text).trim_start_matches(|letter: char| !letter.is_alphanumeric());
    if !doc.is_empty() {
        let wanted = mark.and_then(|mark| mark.split("doc=\"").nth(1)?.split('"').next()).unwrap_or(doc);
        let shown: String = doc.chars().take(wanted.chars().count()).collect();
        said += &format!(" doc=\"{shown}\"");
    }
    if mark.is_some_and(|mark| mark.contains(" to=+")) {
        said += &format!(" to=+{}", symbol.end_line - symbol.name_line);
    }
    said
}

/// A sample, as the index has it and as it is marked.
struct Sample<'a> {
    view: &'a View,
    file: &'a File,
    path: String,
    text: String,
    marks: Marks,
}

/// Asks of each sample what of it is not as it is marked.
fn compare(differences: impl Fn(&Sample<'_>) -> Vec<String>) {
    let (_folder, view) = indexed();
    let mut wrong = vec![];
    for (folder, name, text) in samples() {
        let path = format!("{folder}/{name}");
        let (_, file) = view.files().find(|(_, file)| file.path.relative() == path).unwrap();
        let marks = marks(&text, &comment_of(&name, &text));
        wrong.extend(differences(&Sample { view: &view, file, path, text, marks }));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn definitions_are_those_that_the_samples_mark() {
    compare(|Sample { view, file, path, text, marks }| {
        assert_eq!(file.tier, Tier::Parsed, "{path}");
        let mut wrong = vec![];
        let mut left = marks.definitions.clone();
        for (number, symbol) in file.symbols.iter().enumerate() {
            let here = left.entry(symbol.name_line).or_default();
            let named = format!("{} {}", symbol.kind.name(), view.text(symbol.name));
            let fits = |mark: &String| *mark == named || mark.starts_with(&format!("{named} "));
            let said = match here.iter().position(fits) {
                Some(at) => {
                    let mark = here.remove(at);
                    let said = described(view, file, number, text, Some(&mark));
                    if said == mark {
                        continue;
                    }
                    format!("{said}\n    marked as  {mark}")
                }
                None => format!("{} is not marked", described(view, file, number, text, None)),
            };
            wrong.push(format!("{path}:{}: {said}", symbol.name_line + 1));
        }
        for (line, marks) in left {
            wrong.extend(marks.iter().map(|mark| format!("{path}:{}: not found: {mark}", line + 1)));
        }
        wrong
    });
}

/// What is looked up for one item at a key is what the outline of the whole file says of it.
#[test]
fn definitions_of_a_stretch_are_those_of_the_whole() {
    let registry = Registry::new();
    let mut compared = 0;
    for (folder, name, text) in samples() {
        let path = format!("{folder}/{name}");
        let parsed = syntax::parse(registry.detect(&path, &text).unwrap(), text.as_str()).unwrap();
        for whole in syntax::tags(&parsed, &path).definitions {
            // Its number among the others is another.
            let found = syntax::definitions_in(&parsed, &path, &whole.item.range());
            let same = found.into_iter().map(|found| syntax::Definition { parent: whole.parent, ..found }).any(|found| found == whole);
            assert!(same, "{path}:{}: {}", whole.name_line + 1, whole.name.of(&text));
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn imports_and_uses_are_those_that_the_samples_mark() {
    compare(|Sample { view, file, path, marks, .. }| {
        let mut wrong = vec![];
        let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for import in file.imports() {
            let names = file.imported(import).iter().map(|(there, here)| match (view.text(*there), view.text(*here)) {
                (there, here) if there == here => there.to_string(),
                (there, here) => format!("{there} as {here}"),
            });
            let names = names.collect::<Vec<_>>().join(", ");
            found.entry(import.line).or_default().push(format!("{} {names}", view.text(import.module)).trim().to_string());
        }
        for line in found.keys().chain(marks.imports.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (here, marked) = (found.get(line).cloned().unwrap_or_default(), marks.imports.get(line).cloned().unwrap_or_default());
            if here != marked {
                wrong.push(format!("{path}:{}: imports {here:?}\n    marked as {marked:?}", line + 1));
            }
        }
        assert!(!marks.uses.is_empty() || path.ends_with("/__init__.py"), "{path} says nothing of uses");
        for (used, count) in &marks.uses {
            let found = view.name(used).map_or(0, |used| file.count(used));
            if found != *count {
                wrong.push(format!("{path}: `{used}` is used {found} times, marked as {count}"));
            }
        }
        wrong
    });
}

#[test]
fn places_are_what_the_samples_mark() {
    let registry = Registry::new();
    let mut wrong = vec![];
    for (folder, name, text) in samples() {
        let path = format!("{folder}/{name}");
        let language = registry.detect(&path, &text).unwrap();
        let parsed = syntax::parse(language, text.as_str()).unwrap();
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let line_of = |at: usize| starts.partition_point(|start| *start <= at) as i64 - 1;
        for (line, column, mark) in marks(&text, &comment_of(&name, &text)).places {
            let place = scope::at(&parsed, starts[line] + column);
            let flags = [
                (place.in_expression, "expression"),
                (place.in_comment, "comment"),
                (place.in_string, "string"),
                (place.block_is_empty, "empty"),
            ];
            let mut said: Vec<String> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| (*flag).to_string()).collect();
            let items: Vec<&str> = place.items.iter().map(|item| item.name.as_str()).collect();
            said.extend((!items.is_empty()).then(|| format!("in {}", items.join(" > "))));
            let lines = place.block.filter(|_| mark.contains("block=")).map(|block| {
                let trimmed = text[block.clone()].trim_end().len();
                let (first, last) = (line_of(block.start) - line as i64, line_of(block.start + trimmed) - line as i64);
                format!("block={first:+}..{last:+}")
            });
            said.extend(lines);
            // The marks list flags in any order and `in` last but one.
            let words = |text: &str| {
                let mut words: Vec<String> = text.split_whitespace().map(String::from).collect();
                words.sort();
                words
            };
            if words(&said.join(" ")) != words(&mark) {
                wrong.push(format!("{path}:{}:{}: {}\n    marked as {mark}", line + 1, column + 1, said.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The queries are plain tree-sitter queries, and the one walk over the tree finds nothing that tree-sitter's own matcher does not.
#[test]
fn the_walk_agrees_with_tree_sitters_own_matcher() {
    use streaming_iterator::StreamingIterator;
    assert_eq!(Registry::new().check_queries(), []);
    let registry = Registry::new();
    for (folder, name, text) in samples() {
        let path = format!("{folder}/{name}");
        let ours = registry.detect(&path, &text).unwrap();
        let language = ours.grammar().unwrap();
        let query = tree_sitter::Query::new(language, &query_of(&folder)).unwrap();
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(language).unwrap();
        let tree = parser.parse(&text, None).unwrap();
        let mut cursor = tree_sitter::QueryCursor::new();
        let mut captured = std::collections::HashSet::new();
        let mut matches = cursor.matches(&query, tree.root_node(), text.as_bytes());
        while let Some(found) = matches.next() {
            let names = found.captures().iter().filter(|capture| query.capture_names()[capture.index as usize] == "name");
            captured.extend(names.map(|capture| capture.node.start_byte() as u32));
        }
        let parsed = syntax::parse(ours, text.as_str()).unwrap();
        let mut facts = syntax::tags(&parsed, &path);
        // To a query a comment is a whole, and so it is told by its words alone what it defines.
        let of_comment =
            |name: usize| tree.root_node().descendant_for_byte_range(name, name + 1).is_some_and(|node| node.kind() == "comment");
        facts.definitions.retain(|one| one.kind != Kind::Reexport && !of_comment(one.name.start as usize));
        // In Go, tree-sitter gives only the first of several names in one field: the others share its item.
        let items: Vec<_> =
            facts.definitions.iter().filter(|known| captured.contains(&known.name.start)).map(|known| known.signature).collect();
        assert!(items.len() * 10 > facts.definitions.len() * 8, "{path}");
        for definition in &facts.definitions {
            assert!(items.contains(&definition.signature), "{path}: {}", definition.name.of(&text));
        }
    }
}

/// The tags of a language, with those that it inherits.
fn query_of(folder: &str) -> String {
    let query = std::fs::read_to_string(grammars().join(folder).join("tags.scm")).unwrap();
    let inherited: String = query.lines().filter_map(|line| line.strip_prefix("; inherits: ")).map(query_of).collect();
    query + &inherited
}
