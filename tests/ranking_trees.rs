//! The trees of the ranking's second look: how they are read, and what they add to rows.

use longsight::context::rank::trees::{Row, Rows, Trees, columns_of_rows};

#[test]
fn the_trees_of_the_second_look_are_read_and_added_up() {
    let built_in = Trees::parse(include_str!("../src/context/rank/trees.txt")).expect("the trees are those of these features");
    assert!(!built_in.is_empty());
    let columns = format!("# a comment\ncolumns {}\n", columns_of_rows().join(" "));
    let trees = Trees::parse(&format!("{columns}0<0.5 1 57<2 10 20\n3<7 0.25 0.5\n")).unwrap();
    let mut rows = Rows::default();
    let mut push = |first: f32, later: f32| {
        let mut row: Row = [0.0; _];
        (row[0], row[57]) = (first, later);
        rows.push(&row);
    };
    (0..40).for_each(|_| push(0.5, 9.0));
    push(0.6, 2.0);
    push(0.6, 2.5);
    push(0.6, f32::NAN);
    let mut sums = [0.0; 43];
    trees.add_to(0..1, &rows, &mut sums);
    assert_eq!((sums[..40].to_vec(), &sums[40..]), (vec![1.0; 40], [10.0, 20.0, 20.0].as_slice()));
    rows.retain(&[0, 41]);
    trees.add_to(1..2, &rows, &mut sums[..2]);
    assert_eq!((rows.len(), &sums[..3]), (2, [1.25, 1.25, 1.0].as_slice()));
    for (text, complaint) in [
        (String::new(), "not named"),
        ("columns Near Far\n".into(), "not those of this version"),
        (format!("{columns}0<0.5 1\n"), "ends too early"),
        (format!("{columns}0<x 1 2\n"), "`0<x` is no branch"),
        (format!("{columns}900<1 1 2\n"), "that there is not"),
        (format!("{columns}1 2\n"), "`2` follows a whole tree"),
        (format!("{columns}{}1\n", "0<1 2 ".repeat(32)), "more than 32 leaves"),
    ] {
        let said = Trees::parse(&text).unwrap_err();
        assert!(said.contains(complaint), "{text}: {said}");
    }
}

/// Rows go through the trees in blocks; what stands beside a row in its block does not matter.
#[test]
fn the_trees_say_the_same_of_rows_together_as_of_each_alone() {
    let trees = Trees::parse(include_str!("../src/context/rank/trees.txt")).unwrap();
    let mut seed = 7u32;
    let mut random = |most: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % most
    };
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    // Rows that are alike in most columns, as the likeliest definitions are, and some with odd values.
    let like: Row = std::array::from_fn(|_| random(40) as f32 / 4.0 - 4.0);
    let mut row = || -> Row {
        std::array::from_fn(|column| match random(200) {
            0..30 => random(40) as f32 / 4.0 - 4.0,
            30 => odd[random(3) as usize],
            _ => like[column],
        })
    };
    let all: Vec<Row> = (0..200).map(|_| row()).collect();
    let sums = |all: &[Row]| {
        let (mut rows, mut sums) = (Rows::default(), vec![0.0f32; all.len()]);
        all.iter().for_each(|row| rows.push(row));
        trees.add_to(0..trees.len(), &rows, &mut sums);
        sums
    };
    let together = sums(&all);
    for (row, sum) in all.iter().zip(&together) {
        assert_eq!(sums(&[*row]), [*sum]);
    }
    assert!(together.iter().any(|sum| *sum != together[0]));
}
