//! Positions in three encodings, edits, rebase and diff against plain reference computations on strings.

use longsight::text::rebase::{Dropped, rebase};
use longsight::text::{Batch, Cut, Edit, Encoding, Ending, Position, Text, diff, layout, words};
use proptest::prelude::*;

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

fn at(line: u32, character: u32) -> Position {
    Position { line, character }
}

/// Lines as LSP has them, each with the byte offset of its start, without line breaks.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let (mut lines, mut start, mut rest) = (vec![], 0, text);
    while let Some(end) = rest.find(['\r', '\n']) {
        lines.push((start, &rest[..end]));
        let skip = end + if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        (start, rest) = (start + skip, &rest[skip..]);
    }
    lines.push((start, rest));
    lines
}

fn width(c: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

/// The specification, literally: walk the characters of the line until the next would pass the column.
fn reference_offset(text: &str, at: Position, encoding: Encoding) -> usize {
    let lines = lines(text);
    let Some((start, line)) = lines.get(at.line as usize) else { return text.len() };
    let (mut column, mut offset) = (0, *start);
    for c in line.chars() {
        column += width(c, encoding);
        if column > at.character as usize {
            break;
        }
        offset += c.len_utf8();
    }
    offset
}

/// Text with everything that has broken a server: astral and combining characters, ZWJ, RTL, BOM, all line breaks, U+2028.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "fn x() {",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "é",
        "e\u{301}",
        "😀",
        "👩\u{200d}👧",
        "שלום",
        "\u{feff}",
        "\u{2028}",
        "漢字",
        "\0",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn b1_b2_positions_follow_the_specification(text in nasty(), line in 0u32..12, character in prop_oneof![0u32..20, Just(u32::MAX)]) {
        let rope = Text::new(&text);
        for encoding in ENCODINGS {
            let offset = rope.offset(at(line, character), encoding);
            prop_assert_eq!(offset, reference_offset(&text, at(line, character), encoding), "{:?}", encoding);
            prop_assert!(text.is_char_boundary(offset));
        }
    }

    #[test]
    fn b4_offsets_come_back(text in nasty(), place in 0usize..200) {
        let rope = Text::new(&text);
        let offset = rope.floor(place);
        let inside_break = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
        for encoding in ENCODINGS {
            let there = rope.position(offset, encoding);
            prop_assert_eq!(rope.offset(there, encoding), if inside_break { offset - 1 } else { offset });
            prop_assert!(inside_break || rope.contains(there, encoding));
        }
    }

    /// B15: random edits at random positions keep the rope equal to a string edited the plain way.
    #[test]
    fn b15_random_edits_match_a_string(start in nasty(), edits in prop::collection::vec((0u32..8, 0u32..12, 0u32..8, 0u32..12, nasty()), 1..30)) {
        for encoding in ENCODINGS {
            let (mut rope, mut string) = (Text::new(&start), start.clone());
            for (line, column, to_line, to_column, new) in &edits {
                let (a, b) = (at(*line, *column), at(*to_line, *to_column));
                let (x, y) = (reference_offset(&string, a, encoding), reference_offset(&string, b, encoding));
                rope.replace(rope.offsets(longsight::text::Range { start: a, end: b }, encoding), new);
                string.replace_range(x.min(y)..x.max(y), new);
            }
            prop_assert_eq!(rope.to_string(), string);
        }
    }

    #[test]
    fn hunks_turn_the_old_text_into_the_new(old in nasty(), new in nasty()) {
        let batch = Batch::new(diff::hunks(&old, &new).into_iter().map(|hunk| hunk.edit).collect()).unwrap();
        let mut text = Text::new(&old);
        text.apply(&batch).unwrap();
        prop_assert_eq!(text.to_string(), new);
    }

    /// J12: a rebased edit gives what both changes at once give, or the whole of an insertion whose start was typed.
    #[test]
    fn j12_rebase_is_exact_or_dropped(old in nasty(), ours in edits(), theirs in edits()) {
        let base = Text::new(&old);
        let (Some(ours), Some(theirs)) = (fit(&base, ours), fit(&base, theirs)) else { return Ok(()) };
        let Some(edit) = ours.edits().first() else { return Ok(()) };
        let Ok(rebased) = rebase(edit, &base, &theirs) else { return Ok(()) };
        let mut result = base.clone();
        result.apply(&theirs).unwrap();
        result.apply(&Batch::one(rebased)).unwrap();

        let minimal = |edits: &[Edit]| edits.iter().map(|edit| edit.trimmed(&base)).collect::<Vec<_>>();
        let (edit, users_trimmed) = (edit.trimmed(&base), minimal(theirs.edits()));
        let typed = |user: &Edit| edit.range.is_empty() && user.range == edit.range && edit.text.starts_with(&user.text);
        // Trimming may move two of the user's edits to one place, where their order is lost: then they stand as they were typed.
        let combine = |users: &[Edit]| {
            let kept = users.iter().zip(&users_trimmed).filter(|(_, trimmed)| !typed(trimmed)).map(|(user, _)| user.clone());
            Batch::new(kept.chain([edit.clone()]).collect())
        };
        let together = combine(&users_trimmed).or_else(|_| combine(theirs.edits()));
        prop_assume!(together.is_ok());
        let mut expected = base.clone();
        expected.apply(&together.expect("assumed")).unwrap();
        prop_assert_eq!(result.to_string(), expected.to_string());
    }
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    prop::collection::vec((0usize..60, 0usize..10, prop_oneof![nasty(), Just("a\n".to_string())]), 0..4)
}

/// Edits cut down to the text, or nothing when they overlap.
fn fit(base: &Text, edits: Vec<(usize, usize, String)>) -> Option<Batch> {
    let edits = edits.into_iter().map(|(start, length, text)| Edit { range: base.floor(start)..base.floor(start + length), text });
    Batch::new(edits.collect()).ok()
}

#[test]
fn b1_middle_of_a_surrogate_pair_is_its_start() {
    let text = Text::new("a😀b");
    assert_eq!(text.offset(at(0, 2), Encoding::Utf16), 1);
    assert_eq!(text.offset(at(0, 3), Encoding::Utf16), 5);
    assert_eq!(text.offset(at(0, 3), Encoding::Utf8), 1);
    assert_eq!(text.offset(at(0, 2), Encoding::Utf32), 5);
}

#[test]
fn b2_beyond_the_end_clamps() {
    for encoding in ENCODINGS {
        let text = Text::new("ab\r\ncd");
        assert_eq!(text.offset(at(0, u32::MAX), encoding), 2);
        assert_eq!(text.offset(at(u32::MAX, 0), encoding), 6);
        assert_eq!(text.position(usize::MAX, encoding), at(1, 2));
    }
}

#[test]
fn b3_line_breaks_are_the_three_of_lsp() {
    let text = Text::new("a\r\nb\rc\nd\u{2028}e");
    assert_eq!(text.len_lines(), 4);
    assert_eq!((text.line_text(1).as_str(), text.line_text(3).as_str(), text.line_text(9).as_str()), ("b", "d\u{2028}e", ""));
    assert_eq!((Ending::of("a\r\nb\r\nc\n"), Ending::of("a\rb\rc\n"), Ending::of("a")), (Ending::CrLf, Ending::Cr, Ending::Lf));
    assert_eq!(Ending::CrLf.apply("a\nb\r\nc\rd"), "a\r\nb\r\nc\r\nd");
}

#[test]
fn b4_a_byte_order_mark_is_a_character_of_the_text() {
    let mut text = Text::new("\u{feff}fn");
    assert_eq!(text.offset(at(0, 1), Encoding::Utf16), 3);
    text.replace(3..5, "let");
    assert_eq!(text.to_string(), "\u{feff}let");
}

#[test]
fn equal_texts_have_equal_hashes_whatever_their_history() {
    let mut edited = Text::new(&"line\n".repeat(4000));
    edited.replace(5..10, "");
    edited.replace(5..5, "line\n");
    assert_eq!(edited.hash(), Text::new(&"line\n".repeat(4000)).hash());
    assert_ne!(edited.hash(), Text::new("line\n").hash());
}

#[test]
fn j1_typing_the_suggestion_shrinks_it_and_typing_otherwise_drops_it() {
    let base = Text::new("let x = \nlet y = 2;\n");
    let suggestion = Edit::insert(8, "compute(1);");
    let typed = |text: &str| rebase(&suggestion, &base, &Batch::one(Edit::insert(8, text)));
    assert_eq!(typed("comp"), Ok(Edit::insert(12, "ute(1);")));
    assert_eq!(typed("compute(1);").map(|edit| edit.is_empty()), Ok(true));
    assert_eq!(typed("other"), Err(Dropped::TypedOtherwise));
    let elsewhere = Batch::one(Edit::insert(0, "// 😀\n"));
    assert_eq!(rebase(&suggestion, &base, &elsewhere), Ok(Edit::insert(16, "compute(1);")));
    let deleted = Batch::one(Edit { range: 4..9, text: String::new() });
    assert_eq!(rebase(&suggestion, &base, &deleted), Err(Dropped::Changed));
}

#[test]
fn j12_lines_put_beside_an_edited_line_do_not_drop_the_edit() {
    let base = Text::new("a\nb\nc\n");
    let ours = Edit { range: 2..4, text: "B\n".into() };
    let above = Batch::one(Edit::insert(2, "new\n"));
    assert_eq!(rebase(&ours, &base, &above), Ok(Edit { range: 6..7, text: "B".into() }));
    let beside = Batch::one(Edit::insert(2, "pre"));
    assert_eq!(rebase(&ours, &base, &beside), Err(Dropped::Changed), "the edited word became part of another");
    let far = Batch::new(vec![Edit::insert(0, "x\n"), Edit::insert(4, "y\n")]).unwrap();
    assert_eq!(rebase(&ours, &base, &far), Ok(Edit { range: 4..5, text: "B".into() }));
}

#[test]
fn j3_overlap_is_refused_and_identical_edits_count_once() {
    let edit = |start, end| Edit { range: start..end, text: "x".into() };
    assert!(Batch::new(vec![edit(0, 4), edit(3, 5)]).is_err());
    assert!(Batch::new(vec![Edit::insert(3, "a"), Edit::insert(3, "b")]).is_err());
    assert_eq!(Batch::new(vec![edit(3, 4), edit(0, 3), edit(3, 4)]).unwrap().edits().len(), 2);
    assert!(Text::new("é").apply(&Batch::one(edit(1, 2))).is_err(), "inside a character");
}

/// A type that was taken out, and the blank line before it, began at the closing bracket of the function above.
#[test]
fn a_hunk_begins_at_its_own_first_line() {
    let (one, two, three) = ("fn one() {\n    1\n}\n", "\nfn two() {\n    1\n}\n", "\nfn three() {\n    1\n}\n");
    let (all, less) = (format!("{one}{two}{three}"), format!("{one}{three}"));
    for (old, new, is_cut) in [(&all, &less, true), (&less, &all, false)] {
        let hunks = diff::hunks(old, new);
        assert_eq!((hunks.len(), hunks[0].slack), (1, 3), "{hunks:?}");
        let (range, text) = (hunks[0].edit.range.clone(), hunks[0].edit.text.as_str());
        let moved = if is_cut { &old[range] } else { text };
        assert_eq!(moved, "fn two() {\n    1\n}\n\n");
    }
}

/// Where the first line behind a byte order mark was deleted, the second was rewritten with the mark before it.
#[test]
fn a_hunk_of_the_first_line_does_not_take_the_next_line_behind_a_byte_order_mark_along() {
    let text = "one\ntwo\nthree\n";
    for new in ["two\nthree\n", "uno\ntwo\nthree\n", "zero\none\ntwo\nthree\n", ""] {
        let marked = |text: &str| format!("\u{feff}{text}");
        let moved = |edit: &Edit| Edit { range: edit.range.start + 3..edit.range.end + 3, text: edit.text.clone() };
        let plain = diff::hunks(text, new);
        let hunks = diff::hunks(&marked(text), &marked(new));
        assert_eq!(
            hunks.iter().map(|hunk| &hunk.old_lines).collect::<Vec<_>>(),
            plain.iter().map(|hunk| &hunk.old_lines).collect::<Vec<_>>()
        );
        let edits: Vec<Edit> = hunks.iter().map(|hunk| hunk.edit.clone()).collect();
        assert_eq!(edits, plain.iter().map(|hunk| moved(&hunk.edit)).collect::<Vec<_>>(), "{new:?}");
        let change = diff::change(&Text::new(&marked(text)), &Text::new(&marked(new)));
        assert_eq!(change.edits(), edits, "{new:?}");
        // A mark that comes or goes is a change of the first line.
        assert_eq!(diff::hunks(&marked(text), text)[0].old_lines, 0..1);
    }
}

#[test]
fn hunks_carry_lines_and_a_unified_diff() {
    let (old, new) = ("a\nb\nc\nd\n", "a\nB\nc\nd\ne\n");
    let hunks = diff::hunks(old, new);
    assert_eq!(hunks.iter().map(|hunk| hunk.old_lines.clone()).collect::<Vec<_>>(), [1..2, 4..4]);
    expect_test::expect![[r#"
        --- a/x.rs
        +++ b/x.rs
        @@ -1,4 +1,5 @@
         a
        -b
        +B
         c
         d
        +e
    "#]]
    .assert_eq(&diff::unified("x.rs", old, new));
}

/// `patch` looked for a file by the name up to the blank.
#[test]
fn a_diff_of_a_file_with_a_blank_in_its_name_ends_the_name_as_git_does() {
    let unified = diff::unified("my notes/é.rs", "a\n", "b\n");
    assert!(unified.starts_with("--- a/my notes/é.rs\t\n+++ b/my notes/é.rs\t\n@@"), "{unified:?}");
    assert!(diff::unified("a.rs", "a\n", "b\n").starts_with("--- a/a.rs\n+++ b/a.rs\n"));
}

#[test]
fn layout_is_read_and_kept() {
    assert_eq!(layout::indent_unit("fn a() {\n  b();\n  if c {\n    d();\n  }\n}\n"), "  ");
    assert_eq!(layout::indent_unit("fn a() {\n\tb();\n}\n"), "\t");
    assert_eq!(layout::indent_unit("a\nb\n"), "    ");
    assert_eq!(layout::reindent("  if x {\n    y\n\n  }\n", "\t"), "\tif x {\n\t  y\n\n\t}\n");
}

#[test]
fn blocks_are_moved_to_an_indentation_and_keep_their_own_endings() {
    for (text, to, moved) in [
        ("a\n  b\n", "    ", "    a\n      b\n"),
        ("\ta\r\n\t\tb\r\n\r\n", "  ", "  a\r\n  \tb\r\n\r\n"),
        ("    a\n  b", "", "  a\nb"),
        ("", "  ", ""),
        ("   \n", "  ", "\n"),
    ] {
        assert_eq!(layout::reindent(text, to), moved, "{text:?}");
    }
    for (text, common) in [("  a\n\n    b", "  "), ("\ta\n    b", ""), ("a\n  b", ""), ("", ""), ("\t\ta\n\t\tb", "\t\t")] {
        assert_eq!(layout::common_indentation(text), common, "{text:?}");
    }
    for (text, ending) in [("a", Ending::Lf), ("a\r\nb\n", Ending::Lf), ("a\r\nb\r\nc\n", Ending::CrLf), ("a\rb\rc\n", Ending::Cr)] {
        assert_eq!(Ending::of(text), ending, "{text:?}");
        assert_eq!(ending.apply("x\r\ny\rz\n"), ["x", "y", "z", ""].join(ending.as_str()));
    }
}

/// Each of these took seconds for texts that share no line, and could not be stopped: see `ENOUGH`.
#[test]
fn a_diff_of_long_texts_that_share_no_line_ends_and_is_right() {
    let lines = |word: &str| (0..40_000).map(|line| format!("{word}({line});\n")).collect::<String>();
    let (old, new) = (lines("before"), lines("after"));
    let hunks = diff::hunks(&old, &new);
    let batch = Batch::new(hunks.into_iter().map(|hunk| hunk.edit).collect()).unwrap();
    let mut text = Text::new(&old);
    text.apply(&batch).unwrap();
    assert!(text.to_string() == new);
    let unified = diff::unified("a.rs", &old, &new);
    let count = |sign: &str| unified.lines().skip(2).filter(|line| line.starts_with(sign)).count();
    assert_eq!((count("-"), count("+")), (40_000, 40_000));
}

/// Quotes, arrows and blanks that are not ASCII were letters, and whatever stood beside a name was a part of it.
#[test]
fn identifiers_end_where_a_script_without_blanks_begins() {
    let found = |text: &'static str| words::identifiers(text).map(|(_, word)| word).collect::<Vec<_>>();
    assert_eq!(found("let größe = naïve_total(x1, \"“quoted”\u{a0}a→bc\");"), ["let", "größe", "naïve_total", "x1", "quoted", "bc"]);
    assert_eq!(found("函数parse_config在哪里定义？"), ["函数", "parse_config", "在哪里定义"]);
    assert_eq!(found("helper_7の定義は、parse_config는"), ["helper_7", "の定義は", "parse_config", "는"]);
    assert_eq!(found("e\u{301}te\u{301} 42 4a →"), ["e\u{301}te\u{301}"]);
    let at: Vec<usize> = words::identifiers("→ ab 函数cd").map(|(at, _)| at).collect();
    assert_eq!(at, [4, 7, 13]);
    assert_eq!(words::subwords("loadConfig_file2"), ["load", "config", "file2"]);
    assert_eq!(words::subwords("关闭缓存"), ["关闭", "闭缓", "缓存"]);
    assert_eq!(words::subwords("总total数值"), ["总", "total", "数值"]);
}

/// However a version has come about, by few edits or many, near each other or not, what differs is told, and nothing beside it is said to
/// be another.
#[test]
fn what_differs_from_a_version_before_is_told_whatever_led_there() {
    let mut seed = 5u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut text = Text::new(&"let ä = 日本; // 🦀\r\n".repeat(600));
    for _ in 0..400 {
        let before = text.clone();
        let place = random(text.len_bytes());
        for _ in 0..random(7) {
            let start = if random(4) == 0 { random(text.len_bytes()) } else { text.floor(place + random(30)) };
            let end = text.floor((start + random(9)).min(text.len_bytes()));
            let start = text.floor(start);
            let same = text.slice(start..end);
            text.replace(start..end, ["", "x", "日", "let ", &same][random(5)]);
        }
        if random(10) == 0 {
            text = Text::new(&text.to_string());
        }
        let (old, new) = (before.to_string(), text.to_string());
        let Some(cut) = Cut::between_texts(&before, &text) else {
            assert_eq!(old, new);
            continue;
        };
        assert_ne!(old, new);
        assert_eq!((&old[..cut.start], &old[cut.old_end..]), (&new[..cut.start], &new[cut.new_end..]));
        let shortest = Cut::between(&old, &new).unwrap();
        assert_eq!((cut.old_end - cut.start, cut.moved()), (shortest.old_end - shortest.start, shortest.moved()), "{cut:?} {shortest:?}");
        assert_eq!(before == text, old == new);
    }
}

/// What was not UTF-8 reached prompts and searches as U+FFFD.
#[test]
fn letters_of_latin_1_are_read_as_what_they_are() {
    use longsight::workspace::fs::decode;
    let text = |bytes: &[u8]| {
        let source = decode(bytes).unwrap();
        assert!(!source.exact, "none of it may be rewritten: {}", source.text);
        source.text.to_string()
    };
    assert_eq!(
        text(b"// Gr\xfc\xdfe, caf\xe9: \x93r\xe9sum\xe9\x94 \x96 5 \x80\n"),
        "// Gr\u{fc}\u{df}e, caf\u{e9}: \u{201c}r\u{e9}sum\u{e9}\u{201d} \u{2013} 5 \u{20ac}\n"
    );
    // One that is UTF-8 but for a letter keeps the rest.
    assert_eq!(text("// Stra\u{df}e, ".bytes().chain(*b"caf\xe9\n").collect::<Vec<_>>().as_slice()), "// Stra\u{df}e, caf\u{e9}\n");
    // Scripts of two bytes a letter, and one that is foreign from end to end, would become other wrong letters.
    for foreign in [&b"// \xb2\xe2\xca\xd4\xb3\xcc\xd0\xf2\n"[..], b"// \x83e\x83X\x83g\n", b"// \xcf\xf0\xe8\xe2\xe5\xf2\n"] {
        assert!(text(foreign).contains('\u{fffd}'), "{}", text(foreign));
    }
    assert_eq!(text(b"\xff\xfea\0\xe9\0"), "a\u{e9}");
}

/// `3` became `13` for the one side and `35` for the other, and both together `135`.
#[test]
fn edits_of_one_word_or_number_clash_also_where_their_letters_do_not_touch() {
    let merged = |text: &str, (old, new): (&str, &str), (theirs, typed): (&str, &str)| {
        let edit = |old: &str, new: &str| {
            let at = text.find(old).unwrap();
            Edit { range: at..at + old.len(), text: new.into() }
        };
        let (base, user) = (Text::new(text), Batch::one(edit(theirs, typed)));
        let mut now = base.clone();
        now.apply(&user).unwrap();
        rebase(&edit(old, new), &base, &user).map(|edit| now.apply(&Batch::one(edit)).map(|()| now.to_string()).unwrap())
    };
    for (text, ours, theirs) in [
        ("gamma = 3", ("= 3", "= 13"), ("= 3", "= 35")),
        ("name = get_user()", ("get_user()", "get_user_id()"), ("get_user()", "fetch_user()")),
        ("total = price", ("price", "prices"), ("price", "nice")),
    ] {
        assert_eq!(merged(text, ours, theirs), Err(Dropped::Changed), "{text} {ours:?} {theirs:?}");
        assert_eq!(merged(text, theirs, ours), Err(Dropped::Changed), "{text} {theirs:?} {ours:?}");
    }
    for (text, ours, theirs, both) in [
        ("rate = 5 * base", ("5", "15"), ("base", "basis"), "rate = 15 * basis"),
        ("one = 1\ntwo = 2\n", ("one = 1\n", "one = 1\nnew = 0\n"), ("one", "uno"), "uno = 1\nnew = 0\ntwo = 2\n"),
        ("call(width)", ("width", "width, height"), ("call", "recall"), "recall(width, height)"),
        ("call(w)", ("w)", "w, h)"), ("(w", "(*w"), "call(*w, h)"),
        ("他们说", ("他", "她"), ("说", "讲"), "她们讲"),
    ] {
        assert_eq!(merged(text, ours, theirs).as_deref(), Ok(both), "{text} {ours:?} {theirs:?}");
    }
}
