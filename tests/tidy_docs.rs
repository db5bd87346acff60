//! The pages for people against the code: settings, commands, methods, code map, faults and invariants are those of the code, and every path,
//! link and test that a page names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::tidy::{code, none, rust_files};

/// A file of the repository.
fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The pages, each with its text: the README and all markdown of `docs` and `editors`.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let all = [listed("docs"), listed("editors"), vec![root.join("README.md"), root.join("editors/vscode/README.md")]].concat();
    let mut pages: Vec<(String, String)> = all
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .map(|name| (name.clone(), read(&name)))
        .collect();
    pages.sort();
    assert!(pages.len() >= 12, "{} pages", pages.len());
    pages
}

/// The cells of a table's row; none for another line.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(inside.split(" | ").map(str::trim).collect())
}

/// The first code span of each row of the tables in a page.
fn rows(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

/// The methods that the server speaks besides LSP.
#[test]
fn methods_of_our_own_are_listed() {
    let mut spoken = BTreeSet::new();
    for (_, text) in rust_files("src") {
        for (_, line) in code(&text) {
            for piece in line.split("\"longsight/").skip(1) {
                let name = piece.split('"').next().unwrap_or_default();
                if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                    spoken.insert(format!("longsight/{name}"));
                }
            }
        }
    }
    let page = read("docs/protocol.md");
    let listed: BTreeSet<String> = rows(&page).into_iter().filter(|row| row.starts_with("longsight/")).map(str::to_string).collect();
    assert_eq!(listed, spoken);
}

/// The commands of the server.
#[test]
fn commands_are_listed() {
    let (page, source) = (read("docs/protocol.md"), read("src/server/initialize.rs"));
    let commands = source.split("pub const COMMANDS").nth(1).unwrap().split("];").next().unwrap();
    let known: BTreeSet<&str> = commands.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    let listed: BTreeSet<&str> = rows(&page).into_iter().filter(|row| row.starts_with("longsight.")).collect();
    assert_eq!(listed, known);
}

/// The commands of the command line.
#[test]
fn commands_of_the_command_line_are_listed() {
    let (page, source) = (read("docs/protocol.md"), read("src/cli/mod.rs"));
    let commands = source.split("\nenum Command {").nth(1).unwrap().split("\n}").next().unwrap();
    let known: BTreeSet<String> = commands
        .lines()
        .filter_map(|line| line.trim().split_once('('))
        .filter(|(name, _)| !name.starts_with('/'))
        .map(|(name, _)| name.to_lowercase())
        .collect();
    let listed = rows(&page).into_iter().filter_map(|row| row.strip_prefix("longsight ")?.split(' ').next()).map(str::to_string);
    assert!(known.contains("complete"), "{known:?}");
    assert_eq!(listed.collect::<BTreeSet<_>>(), known);
}

/// Every module that `lib.rs` names stands in the code map, and every folder at the root that has code.
#[test]
fn modules_are_listed_in_the_code_map() {
    let (readme, library) = (read("README.md"), read("src/lib.rs"));
    let map = readme.split("### Code map").nth(1).unwrap().split("\n### ").next().unwrap();
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let is_mapped = |module: &str| [format!("`src/{module}`"), format!("`src/{module}.rs`")].iter().any(|path| map.contains(path));
    none(modules.filter(|module| !is_mapped(module)).map(|module| format!("the code map lacks src/{module}")).collect());
    let folders = ["grammars", "editors", "tests", "benches", "scripts", "fuzz"];
    none(
        folders
            .iter()
            .filter(|folder| !map.contains(&format!("`{folder}`")))
            .map(|folder| format!("the code map lacks {folder}"))
            .collect(),
    );
}

/// Every setting of the code, as `section.key`.
fn settings() -> Vec<String> {
    longsight::config::SECTIONS.iter().flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}.{key}"))).collect()
}

/// Every setting of the code stands in the table of settings, and none besides.
#[test]
fn settings_in_the_code_are_those_in_the_table() {
    let page = read("docs/configuration.md");
    let sections: Vec<&str> = longsight::config::SECTIONS.iter().map(|section| section.0).collect();
    let is_setting = |row: &&str| sections.contains(&row.split('.').next().unwrap_or_default());
    let mut listed: Vec<String> = rows(&page).into_iter().filter(is_setting).map(|row| row.replace(".*", "")).collect();
    let mut known = settings();
    listed.sort();
    known.sort();
    assert_eq!(listed, known);
}

/// A setting that a page names in passing is one.
#[test]
fn settings_that_pages_name_exist() {
    let sections: Vec<&str> = longsight::config::SECTIONS.iter().map(|section| section.0).collect();
    let named = Regex::new(&format!(r"`((?:{})\.(?:\*\.)?[a-z_]+)\b", sections.join("|"))).unwrap();
    let (known, mut broken, mut count) = (settings(), vec![], 0);
    for (page, text) in pages() {
        for found in named.captures_iter(&text) {
            count += 1;
            if !known.contains(&found[1].replace(".*", "")) {
                broken.push(format!("{page}: `{}` is no setting", &found[1]));
            }
        }
    }
    assert!(count > 40, "{count} settings are named");
    none(broken);
}

/// The editors' own settings are those that their code reads and their pages list; the server's are in `docs/configuration.md`.
#[test]
fn settings_of_the_editors_are_those_on_their_pages() {
    let read = |name: &str| read(&format!("editors/{name}"));
    let quoted = |text: &str, before: &str, end: char| -> BTreeSet<String> {
        text.split(before).skip(1).filter_map(|rest| rest.split(end).next()).map(String::from).collect()
    };
    let package: serde_json::Value = serde_json::from_str(&read("vscode/package.json")).unwrap();
    let declared: BTreeSet<String> = package["contributes"]["configuration"]["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        quoted(&read("vscode/README.md"), "\n| `longsight.", '`').iter().map(|key| format!("longsight.{key}")).collect::<BTreeSet<_>>(),
        declared
    );
    let source = read("vscode/src/settings.ts");
    for key in declared.iter().filter(|key| *key != "longsight.trace.server") {
        assert!(source.contains(&format!("\"{}\"", key.trim_start_matches("longsight."))), "settings.ts does not read {key}");
    }
    // Neovim: the table of defaults, and the help.
    let defaults = read("neovim/lua/longsight/init.lua");
    let defaults = defaults.split("M.defaults = { ").nth(1).unwrap().lines().next().unwrap();
    let help = read("neovim/doc/longsight.txt");
    let options = help.split("*longsight-options*").nth(1).unwrap().split("The client itself").next().unwrap();
    let listed: BTreeSet<&str> = options
        .lines()
        .filter_map(|line| line.strip_prefix("    ").filter(|rest| !rest.starts_with(' '))?.split_whitespace().next())
        .collect();
    for option in &listed {
        assert!(defaults.contains(&format!("{option} = ")), "{option} of the help is no option");
    }
    assert_eq!(defaults.matches(" = ").count(), listed.len(), "{listed:?} are not all of {defaults}");
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Paths of this repository that pages name in code spans.
#[test]
fn paths_that_pages_name_exist() {
    let path = Regex::new(r"^(?:src|tests|docs|editors|grammars|scripts|benches|fuzz)(?:/[\w.+-]+)*/?$").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut broken, mut count) = (vec![], 0);
    for (page, text) in pages() {
        let prose = prose(&text);
        for named in prose.split('`').skip(1).step_by(2).filter(|span| path.is_match(span)) {
            count += 1;
            if !root.join(named).exists() {
                broken.push(format!("{page}: there is no {named}"));
            }
        }
    }
    assert!(count > 40, "{count} paths are named");
    none(broken);
}

/// The anchor that a heading has on the web.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

/// Links to other pages, to their sections and to pictures.
#[test]
fn links_of_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut broken, mut count) = (vec![], 0);
    for (page, text) in pages() {
        let (here, prose) = (root.join(&page), prose(&text));
        for found in link.captures_iter(&prose).filter(|found| !found[1].contains("://")) {
            count += 1;
            let (path, section) = found[1].split_once('#').unwrap_or((&found[1], ""));
            let target: PathBuf = if path.is_empty() { here.clone() } else { here.parent().unwrap().join(path) };
            let has_section = || {
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line.trim_start_matches('#').trim()) == section)
            };
            if !target.exists() || !section.is_empty() && !has_section() {
                broken.push(format!("{page}: {} leads nowhere", &found[1]));
            }
        }
    }
    assert!(count > 20, "{count} links");
    none(broken);
}

/// A first-time reader gets through it.
#[test]
fn the_readme_stays_short() {
    let bytes = read("README.md").len();
    assert!(bytes <= 18 << 10, "README.md has {bytes} bytes, at most {}: move details to a page in docs", 18 << 10);
}

/// Every test of the binary, as `file::name`. A helper is none, whatever it is called.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for (file, text) in rust_files("tests") {
        let file = file.trim_start_matches("tests/").trim_end_matches(".rs").to_string();
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        let is_test = |at: &usize| {
            let above = lines[..*at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
            above.clone().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
        };
        let functions = (0..lines.len()).filter(is_test).filter_map(|at| lines[at].trim_start_matches("async ").strip_prefix("fn "));
        tests.extend(functions.filter_map(|rest| rest.split('(').next()).map(|name| format!("{file}::{name}")));
    }
    tests
}

/// The ids in a test's name: A14 and P9 for `a14_p9_…`.
fn ids(test: &str) -> BTreeSet<String> {
    let name = test.rsplit("::").next().unwrap_or_default();
    let id = |word: &str| {
        let row = word.strip_suffix('b').filter(|row| row.len() > 1).unwrap_or(word);
        let (letter, number) = row.split_at_checked(1)?;
        let is_id = "abcdefghijklmp".contains(letter) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| row.to_uppercase())
    };
    name.split('_').filter_map(id).collect()
}

/// The rows of the page of faults: id to the last cell, which names a test or the reason why there is none.
fn faults(page: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let cells = cells(line)?;
        let (letter, number) = cells.first()?.split_at_checked(1)?;
        let is_id =
            letter.bytes().all(|byte| byte.is_ascii_uppercase()) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| (cells[0].to_string(), cells[cells.len() - 1].to_string()))
    };
    let rows: Vec<_> = page.lines().filter_map(row).collect();
    let faults: BTreeMap<_, _> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), faults.len(), "an id of docs/faults.md is there twice");
    faults
}

/// A row names a test that exists and carries its id, or says why there is none; and no test carries an id that is not on the page.
#[test]
fn every_fault_row_has_a_test_or_a_reason() {
    let (rows, tests) = (faults(&read("docs/faults.md")), tests());
    let mut broken = vec![];
    for (row, last) in &rows {
        let named = last.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        match named {
            Some(test) if !tests.contains(test) => broken.push(format!("{row}: there is no test {test}")),
            // Of what must hold after every fault, tests of many ids are proof.
            Some(test) if !row.starts_with('I') && !ids(test).contains(row) => broken.push(format!("{row}: {test} does not carry its id")),
            Some(_) => {}
            None if !last.starts_with("not tested") || last.len() < 40 => broken.push(format!("{row}: neither a test nor a reason")),
            None if tests.iter().any(|test| ids(test).contains(row)) => {
                broken.push(format!("{row}: there is a test, and the page says none"))
            }
            None => {}
        }
    }
    for test in &tests {
        broken.extend(ids(test).iter().filter(|id| !rows.contains_key(*id)).map(|id| format!("{test}: {id} is not in docs/faults.md")));
    }
    none(broken);
}

/// No row is lost: the ids of each letter run from 1 without a gap.
#[test]
fn fault_rows_have_no_gap() {
    let mut numbers: BTreeMap<char, BTreeSet<usize>> = BTreeMap::new();
    for row in faults(&read("docs/faults.md")).keys() {
        numbers.entry(row.chars().next().unwrap()).or_default().insert(row[1..].parse().unwrap());
    }
    assert_eq!(numbers.keys().collect::<String>(), "ABCDEFGHIJKLMP");
    none(
        numbers
            .iter()
            .filter(|(_, all)| !all.iter().copied().eq(1..=all.len()))
            .map(|(letter, all)| format!("{letter}: {all:?}"))
            .collect(),
    );
}

#[test]
fn ids_are_found_in_names() {
    let all = |name: &str| ids(name).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(all("wire::a3_p2b_garbage"), "A3 P2");
    assert_eq!(all("text::b15_random_edits_match_a_string"), "B15");
    assert_eq!(all("text::a_note_of_utf8"), "");
}

/// Each invariant of the README names tests, which exist.
#[test]
fn invariants_name_their_tests() {
    let (readme, tests) = (read("README.md"), tests());
    let section = readme.split("### Invariants").nth(1).unwrap().split("\n### ").next().unwrap();
    let named = Regex::new(r"`(\w+::\w+)`").unwrap();
    let invariants: Vec<String> = Regex::new(r"(?m)^\d+\. ").unwrap().split(section).skip(1).map(str::to_string).collect();
    assert_eq!(invariants.len(), 12);
    let mut broken = vec![];
    for (at, text) in invariants.iter().enumerate() {
        let guards: Vec<String> = named.captures_iter(text).map(|found| found[1].to_string()).collect();
        if guards.is_empty() {
            broken.push(format!("invariant {} names no test", at + 1));
        }
        broken.extend(
            guards.iter().filter(|test| !tests.contains(*test)).map(|test| format!("invariant {}: there is no test {test}", at + 1)),
        );
    }
    none(broken);
}
