//! Passages of the prompt that resemble the lines at the cursor.

use longsight::context::{Kind, Pack, PlaceQuery, Sources};

use super::context::{Place, all, thirds};

const LEDGER: &str = r#"
//- /src/lib.rs
mod ledger;
mod report;
//- /src/ledger.rs
use crate::report::{Entry, Writer};

pub fn write_totals(writer: &mut Writer, entries: &[Entry]) {
    for entry in entries {
        let amount = entry.amount_in_cents();
        let label = entry.label_for_print();
        writer.begin_row(label);
        writer.put_money(amount);
        writer.finish_row();
    }
}
//- /src/report.rs
pub struct Writer;
pub struct Entry;

impl Entry {
    pub fn amount_in_cents(&self) -> u64 { 0 }
    pub fn label_for_print(&self) -> &str { "" }
}

impl Writer {
    pub fn begin_row(&mut self, label: &str) {}
    pub fn put_money(&mut self, amount: u64) {}
    pub fn finish_row(&mut self) {}
}
//- /src/taxes.rs
use crate::report::{Entry, Writer};

pub fn write_taxes(writer: &mut Writer, entries: &[Entry]) {
    for entry in entries {
        let amount = entry.amount_in_cents();
        let label = entry.label_for_print();
        $0
    }
}
"#;

fn passages(pack: &Pack) -> Vec<&longsight::context::Part> {
    pack.parts.iter().filter(|part| part.kind == Kind::Passage).collect()
}

#[test]
fn lines_like_those_at_the_cursor_come_with_what_follows_them() {
    let place = Place::new(LEDGER);
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 400);
    let found = passages(&pack);
    assert_eq!(found.len(), 1, "{:?}", pack.parts);
    assert_eq!(&*found[0].path, "src/ledger.rs");
    assert!(found[0].text.contains("writer.begin_row(label);"), "{}", &*found[0].text);
    assert!(found[0].why.ends_with("entries, entry, writer, Entry"), "{}", found[0].why);
    assert_eq!(pack.parts.last().map(|part| part.kind), Some(Kind::Passage), "it stands nearest to the file");
    let (sum, budget) = (pack.parts.iter().map(|part| part.tokens).sum::<usize>(), pack.budget);
    assert!(pack.tokens == sum && sum <= budget && budget == 400, "{} {sum} {budget}", pack.tokens);
    assert!(passages(&place.pack(&corpus, 100)).is_empty(), "a small budget is for definitions");
}

#[test]
fn a_passage_stays_while_its_function_is_written_and_goes_with_its_file() {
    let mut place = Place::new(LEDGER);
    let corpus = place.corpus(place.view());
    let before = all(&place.pack(&corpus, 400));
    for line in ["let unrelated = 1;\n        ", "println!(\"{unrelated}\");\n        ", "let other = unrelated + 1;\n        "] {
        place.type_in(line);
        assert_eq!(all(&place.pack(&corpus, 400)), before, "typing {line:?} moves nothing");
    }
    let changed = "//- /src/ledger.rs\npub fn write_totals() {}\n";
    std::fs::write(place._folder.path().join("src/ledger.rs"), changed).unwrap();
    let corpus = place.corpus(place.view());
    assert!(passages(&place.pack(&corpus, 400)).is_empty(), "what it showed is no longer there");
}

#[test]
fn an_explanation_gets_no_passages() {
    let place = Place::new(LEDGER);
    let corpus = place.corpus(place.view());
    let query = PlaceQuery { writes: false, ..place.query(&corpus, 400, false, None) };
    let pack =
        place.handle.place(&query, &Sources { changed: &|_| None, is_gone: &|_| false, read: &|path| place.read(path), count: &thirds });
    assert!(passages(&pack).is_empty(), "{:?}", pack.parts);
}

#[test]
fn k13_a_passage_shows_no_secret() {
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let fixture = LEDGER.replace(
        "        writer.put_money(amount);\n        writer.finish_row();\n    }\n}\n//- /src/report",
        &format!("        writer.sign(\"{secret}\");\n    }}\n}}\n//- /src/report"),
    );
    let place = Place::new(&fixture);
    let corpus = place.corpus(place.view());
    let shown = all(&place.pack(&corpus, 400));
    assert!(shown.contains("writer.sign(") && !shown.contains(secret), "{shown}");
}
