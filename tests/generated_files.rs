//! Which files a program has written, judged by the lengths of their lines.

use longsight::index::Options;

use crate::support::tree::{Tree, paths};

#[test]
fn a_file_of_a_few_long_lines_was_written_by_no_person() {
    let packed = format!("{}\n", "f:12,r:13},n=[],k=0;".repeat(25)).repeat(6);
    let tree = Tree::new(&[("site/prettify.js", packed.as_str()), ("a.js", "function a() {}\n")]);
    let index = tree.index(Options::default());
    assert_eq!(paths(&index.view()), ["a.js"]);
}

/// One line that a program wrote took a whole file of definitions away.
#[test]
fn a_table_in_one_long_line_takes_no_file_away() {
    let hand = "function load(rows) {\n    return rows\n}\n\n".repeat(100);
    let table = |bytes: usize| format!("const WIDTHS = \"{}\"\n", "x".repeat(bytes));
    let (some, most) = (hand.clone() + &table(3000) + &hand, hand.clone() + &table(20_000));
    let tree = Tree::new(&[("some.js", &some), ("most.js", &most), ("vendor/some.js", &some), ("end.js", &(hand + &table(2100)))]);
    let index = tree.index(Options::default());
    assert_eq!(paths(&index.view()), ["end.js", "some.js"]);
}
