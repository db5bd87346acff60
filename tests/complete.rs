//! What is offered at the cursor of what a model wrote: modes, cuts, overlaps, layout, typing through. `$0` is the cursor.

use std::sync::LazyLock;

use longsight::config::Config;
use longsight::dialect::Fim;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Ask, Cancel, Engine};
use longsight::features::Target;
use longsight::features::complete::hole::{Hole, Inside, Mode};
use longsight::features::complete::memory::Memory;
use longsight::features::complete::prompt::{whole_steps, window_after, window_before, window_below};
use longsight::features::complete::shape::{Layout, Nothing, shape};
use longsight::features::complete::{Params, complete};
use longsight::route::{Decision, Role};
use longsight::syntax::{Registry, Surface};
use longsight::text::{Ending, layout};

use crate::support::workspace::{Workspace, target};

/// Offers `raw` at `$0` of `code`; the outcome is the file with the suggestion between `⟦⟧`, or why there is none.
fn offer(code: &str, raw: &str, invoked: bool) -> String {
    offer_with(code, raw, invoked, false)
}

/// How code with slashes for its comments looks, and code with `#`.
fn slashes() -> &'static Surface {
    static CPP: LazyLock<Surface> = LazyLock::new(|| surface("cpp"));
    &CPP
}

fn hash() -> &'static Surface {
    static PYTHON: LazyLock<Surface> = LazyLock::new(|| surface("python"));
    &PYTHON
}

fn surface(language: &str) -> Surface {
    Registry::new().by_id(language).unwrap().surface.clone()
}

fn offer_with(code: &str, raw: &str, invoked: bool, cut_short: bool) -> String {
    offer_in(slashes(), code, raw, invoked, cut_short)
}

fn offer_in(surface: &Surface, code: &str, raw: &str, invoked: bool, cut_short: bool) -> String {
    let (before, after) = code.split_once("$0").expect("a cursor");
    let hole = Hole::new(before, after, surface, Inside::Code, invoked);
    let layout = Layout { ending: Ending::Lf, unit: layout::known_unit(&format!("{before}{after}")), known: true };
    match shape(&hole, raw, cut_short, &layout) {
        Ok(text) => format!("{before}⟦{text}⟧{after}"),
        Err(nothing) => nothing.words().into(),
    }
}

fn check(code: &str, raw: &str, expected: expect_test::Expect) {
    expected.assert_eq(&offer(code, raw, false));
}

/// A line whose blanks are not ASCII, as an input method for Japanese types them, was cut inside of one.
#[test]
fn before_the_cursor_may_be_blanks_of_any_script() {
    for blank in ['\u{3000}', '\u{a0}', '\u{2003}', '\u{85}'] {
        let offered = offer(&format!("fn main() {{\n{blank}$0\n    done();\n}}\n"), "if ready {\n    start();\n}", true);
        assert!(offered.starts_with(&format!("fn main() {{\n{blank}⟦if ready {{")), "{offered}");
    }
}

#[test]
fn inside_an_expression_one_line() {
    check(
        "let x = add($0);\n",
        "1, 2);\nlet y = 3;\n",
        expect_test::expect![[r#"
        let x = add(⟦1, 2⟧);
    "#]],
    );
    check(
        "print(f\"{name$0}\")\n",
        ".upper()}\")\nprint(1)\n",
        expect_test::expect![[r#"
        print(f"{name⟦.upper()⟧}")
    "#]],
    );
}

#[test]
fn at_an_empty_block_a_block() {
    check(
        "fn max(a: u32, b: u32) -> u32 {\n    $0\n}\n\nfn other() {}\n",
        "if a > b {\n        a\n    } else {\n        b\n    }\n}\n\nfn min() {}\n",
        expect_test::expect![[r#"
            fn max(a: u32, b: u32) -> u32 {
                ⟦if a > b {
                    a
                } else {
                    b
                }⟧
            }

            fn other() {}
        "#]],
    );
}

#[test]
fn the_closing_line_comes_along_where_it_is_missing() {
    check(
        "fn one() -> u32 {$0",
        "\n    1\n}\n\nfn two() -> u32 {\n    2\n}\n",
        expect_test::expect![[r#"
            fn one() -> u32 {⟦
                1
            }⟧"#]],
    );
}

#[test]
fn a_python_body_ends_where_the_indentation_does() {
    check(
        "def area(w, h):\n    $0\n\ndef other():\n    pass\n",
        "\"\"\"The area.\"\"\"\n    return w * h\n\ndef volume(w, h, d):\n    return w * h * d\n",
        expect_test::expect![[r#"
            def area(w, h):
                ⟦"""The area."""
                return w * h⟧

            def other():
                pass
        "#]],
    );
}

#[test]
fn between_statements_one_statement() {
    check(
        "fn f() {\n    let a = 1;\n    $0\n    done(a);\n}\n",
        "let b = compute(\n        a,\n        2,\n    );\n    let c = 3;\n",
        expect_test::expect![[r#"
            fn f() {
                let a = 1;
                ⟦let b = compute(
                    a,
                    2,
                );⟧
                done(a);
            }
        "#]],
    );
}

#[test]
fn what_follows_is_never_repeated() {
    check(
        "fn f() {\n    let a = $0\n    println!(\"{a}\");\n}\n",
        "1;\n    println!(\"{a}\");\n}",
        expect_test::expect![[r#"
            fn f() {
                let a = ⟦1;⟧
                println!("{a}");
            }
        "#]],
    );
    check("foo($0)\n", ")", expect_test::expect!["the model repeated what stands behind the cursor"]);
    check(
        "fn f() {\n    $0\n    println!(\"done\");\n}\n",
        "println!(\"done\");\n}",
        expect_test::expect!["the model repeated what stands behind the cursor"],
    );
}

#[test]
fn a_line_with_its_block_below_is_one_line() {
    check(
        "def f(cls):\n    if cls.has_c$0\n        # We have it.\n        return False\n",
        "ommit():\n        return False\n",
        expect_test::expect![[r#"
            def f(cls):
                if cls.has_c⟦ommit():⟧
                    # We have it.
                    return False
        "#]],
    );
}

#[test]
fn attributes_without_their_item_are_left_out() {
    check(
        "mod tests {\n    fn one() {\n        $0\n    }\n}\n",
        "run();\n        #[test]",
        expect_test::expect![[r#"
            mod tests {
                fn one() {
                    ⟦run();⟧
                }
            }
        "#]],
    );
    check("fn one() {\n    $0\n}\n", "#[test]", expect_test::expect!["the model wrote only the beginning of something"]);
}

#[test]
fn no_blanks_and_no_echo() {
    check("x = $0\n", "   \n\n", expect_test::expect!["the model wrote nothing"]);
    check("    total += value\n    $0\n", "total += value\n", expect_test::expect!["the model repeated what stands before the cursor"]);
}

#[test]
fn one_indentation_is_enough() {
    check(
        "fn f() {\n    $0\n}\n",
        "    let a = 1;\n",
        expect_test::expect![[r#"
        fn f() {
            ⟦let a = 1;⟧
        }
    "#]],
    );
}

#[test]
fn tabs_stay_tabs_and_crlf_stays_crlf() {
    check(
        "func f() {\n\tx := 1\n\tif x > 0 {\n\t\t$0\n\t}\n}\n",
        "a()\n        b()\n",
        expect_test::expect![[r#"
        func f() {
        	x := 1
        	if x > 0 {
        		⟦a()
        		b()⟧
        	}
        }
    "#]],
    );
    let hole = Hole::new("if a {\n    ", "\n}\n", slashes(), Inside::Code, false);
    let layout = Layout { ending: Ending::CrLf, unit: Some("    ".into()), known: true };
    assert_eq!(shape(&hole, "b();\n    c();\n}", false, &layout).unwrap(), "b();\r\n    c();");
}

/// A filler that looks like a blank made another name of a name; a separator ends a line in some languages.
#[test]
fn letters_that_nobody_sees_are_not_offered() {
    for hidden in ['\u{3164}', '\u{115f}', '\u{ad}', '\u{2028}', '\u{2060}', '\u{1b}', '\u{202e}'] {
        assert_eq!(offer("user.$0\n", &format!("name{hidden};"), false), "user.⟦name⟧\n", "{hidden:?}");
    }
    // What the file has is no surprise.
    assert_eq!(offer("a = \"x\u{ad}y\"\nb = $0\n", "\"x\u{ad}y\"", false), "a = \"x\u{ad}y\"\nb = ⟦\"x\u{ad}y\"⟧\n");
}

#[test]
fn an_unfinished_last_line_is_dropped() {
    let code = "def f():\n    $0\n";
    expect_test::expect![[r#"
        def f():
            ⟦a = 1⟧
    "#]]
    .assert_eq(&offer_with(code, "a = 1\n    b = some_lo", false, true));
}

#[test]
fn loops_and_monsters_are_cut() {
    let looping = "say(1)\n".to_string() + &"    step()\n".repeat(30);
    expect_test::expect![[r#"
        def f():
            ⟦say(1)
            step()⟧
    "#]]
    .assert_eq(&offer("def f():\n    $0\n", &looping, false));
    assert_eq!(offer("x = $0\n", &"a".repeat(5000), false), "the model wrote a line of more than 4 KiB");
    check(
        "x = $0\n",
        "1\u{0}\u{1b}[31m",
        expect_test::expect![[r#"
        x = ⟦1⟧
    "#]],
    );
}

#[test]
fn equal_lines_before_others_are_no_loop() {
    let rows = "    [0, 0, 0],\n".repeat(4) + "    [1, 1, 1],\n]";
    assert_eq!(
        offer("let m = [\n    $0\n];\n", rows.trim_start(), true),
        format!("let m = [\n    ⟦{}⟧\n];\n", rows.trim().trim_end_matches("\n]"))
    );
    let lines = "p.line()\n    p.line()\n    p.line()\n    p.flush()\n    return p\n";
    assert_eq!(offer_in(hash(), "def f(p):\n    $0\n", lines, true, false), format!("def f(p):\n    ⟦{}⟧\n", lines.trim()));
    // Where the model would have gone on, three are enough.
    let cut_short = "start()\n    p.line()\n    p.line()\n    p.line()\n    p.li";
    assert_eq!(offer_in(hash(), "def f(p):\n    $0\n", cut_short, true, true), "def f(p):\n    ⟦start()\n    p.line()⟧\n");
}

/// A guard clause ends with the line that the function ends with.
#[test]
fn an_early_return_is_no_repetition_of_the_line_behind_the_cursor() {
    let rows = [
        (
            "func f() error {\n\t$0\n\treturn err\n}\n",
            "a, err := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\ta.run()",
            "\n\treturn err\n}",
        ),
        ("def f(x):\n    $0\n    return None\n", "if x is None:\n        return None\n    x.run()", "\n    return None\n\ndef g():"),
        (
            "def f(x):\n    $0\n    return False\n",
            "for y in x:\n        if y > 3:\n            return False\n    y = 1",
            "\n    return False",
        ),
        ("function f(x) {\n  $0\n  return false;\n}\n", "if (!x) {\n    return false;\n  }\n  go(x);", "\n  return false;\n}"),
        (
            "fn f() -> R {\n    $0\n    Ok(result)\n}\n",
            "if early {\n        return Ok(one);\n    }\n    let result = match x {\n        1 => {\n            Ok(result)\n        }\n    };",
            "\n    Ok(result)\n}",
        ),
    ];
    for (code, wanted, repeated) in rows {
        let comments = if code.starts_with("def") { hash() } else { slashes() };
        for raw in [wanted.to_string(), format!("{wanted}{repeated}")] {
            let offered = offer_in(comments, code, &raw, true, false);
            assert_eq!(offered, code.replace("$0", &format!("⟦{wanted}⟧")), "{raw}");
        }
    }
}

#[test]
fn brackets_in_comments_and_regular_expressions_open_nothing() {
    let rows = [
        (hash(), "def f(a):\n    y = $0\n    return y\n", "g(a // 2)\n    z = 3\n    w = 4", "g(a // 2)"),
        (hash(), "def f(a):\n    y = $0\n    return y\n", "1  # see (note\n    z = 3", "1  # see (note"),
        (hash(), "def f(a):\n    $0\n    return y\n", "y = \"# (\"\n    z = 3", "y = \"# (\""),
        (slashes(), "fn f() {\n    let y = $0\n    y\n}\n", "1; // see (note\n    let z = 3;", "1; // see (note"),
        (slashes(), "fn f() {\n    let y = $0\n    y\n}\n", "1 /* ( */;\n    let z = 3;", "1 /* ( */;"),
        (slashes(), "function f(x) {\n  $0\n  return x;\n}\n", "/[(]/.test(x);\n  a();\n  b();", "/[(]/.test(x);"),
        (slashes(), "function f(x) {\n  $0\n  return x;\n}\n", "x = y.split(/\\(/g);\n  a();", "x = y.split(/\\(/g);"),
        (slashes(), "function f(x) {\n  $0\n  return x;\n}\n", "x = a / (b /\n    c);\n  a();", "x = a / (b /\n    c);"),
    ];
    for (comments, code, raw, wanted) in rows {
        assert_eq!(offer_in(comments, code, raw, false, false), code.replace("$0", &format!("⟦{wanted}⟧")), "{raw}");
    }
}

#[test]
fn a_comment_behind_an_opener_opens_nothing_less() {
    let mode = |comments, before| Hole::new(before, "\n", comments, Inside::Code, false).mode;
    let block = Mode::Block { indent: String::new() };
    assert_eq!(mode(hash(), "def f():  # note\n    "), block);
    assert_eq!(mode(slashes(), "fn f() { // note\n    "), block);
    assert_eq!(mode(slashes(), "fn f() { /* note */\n    "), block);
    assert_eq!(mode(hash(), "x = a // b:  # {\n"), block, "only the sign of the language makes a comment");
    assert_eq!(mode(hash(), "# Note:\n"), Mode::Statement);
}

#[test]
fn stops_keep_the_model_short() {
    let stops = |code: &str| {
        let (before, after) = code.split_once("$0").unwrap();
        Hole::new(before, after, slashes(), Inside::Code, false).stops()
    };
    assert_eq!(stops("f($0) + 1"), ["\n"]);
    assert_eq!(stops("if ($0) {\n}\n"), ["\n"]);
    assert_eq!(stops("f($0)"), ["\n)", "\n\n\n"]);
    assert_eq!(stops("  f($0);\n  return x;\n"), ["\n  )", "\n\n\n", "\n  return"]);
    assert!(stops("    fn f() {\n        $0\n    }\n").contains(&"\n    }".to_string()));
    // Nothing closes the block yet: the model shall.
    assert!(!stops("fn f() {\n    $0").contains(&"\n}".to_string()));
    let (before, after) = ("fn f() {\n    let a = 1;\n    ", "\n    b();\n}\n");
    assert_eq!(Hole::new(before, after, slashes(), Inside::Code, true).mode, Mode::Block { indent: String::new() });
    assert_eq!(Hole::new(before, after, slashes(), Inside::Code, false).mode, Mode::Statement);
}

/// For every cut of every sample: what is offered never makes the file end differently, is never blank, and never has a foreign
/// line break.
#[test]
fn whatever_the_model_writes_what_follows_stays() {
    let samples = ["a\n}\n}\n}", ")))", "\n\n\n", "}\n\nfn g() {\n", "\r\nx\r\n", "日本語\n\t深い\n", "\"", "let x = [1, 2", "// …\n"];
    let codes = ["fn f() {\n    $0\n}\n", "f($0)\n", "x = $0", "$0", "if a:\n\t$0\n\tb\n"];
    for code in codes {
        for sample in samples {
            for end in (0..=sample.len()).filter(|end| sample.is_char_boundary(*end)) {
                let (before, after) = code.split_once("$0").unwrap();
                for invoked in [false, true] {
                    let hole = Hole::new(before, after, slashes(), Inside::Code, invoked);
                    let layout = Layout { ending: Ending::Lf, unit: Some("    ".into()), known: true };
                    let Ok(text) = shape(&hole, &sample[..end], false, &layout) else { continue };
                    assert!(!text.trim().is_empty() && !text.contains('\r'), "{code:?} {text:?}");
                    assert!(!after.starts_with('\n') || !text.ends_with('\n'), "{code:?} {text:?}");
                }
            }
        }
    }
}

fn decision() -> Decision {
    Decision { role: Role::Scout, engine: "local".into(), model: "m".into(), reason: String::new(), origin: None }
}

#[test]
fn j1_typing_through_shrinks_a_suggestion_and_other_text_drops_it() {
    let mut memory = Memory::default();
    memory.keep("file:///a.rs", "let x = ", "\n", "compute(1);", &decision());
    let recall = |uri: &str, before: &str, after: &str| memory.recall(uri, before, after).map(|(text, _)| text);
    assert_eq!(recall("file:///a.rs", "let x = ", "\n").as_deref(), Some("compute(1);"));
    assert_eq!(recall("file:///a.rs", "let x = com", "\n").as_deref(), Some("pute(1);"));
    assert_eq!(recall("file:///a.rs", "let x = cox", "\n"), None, "typed something else");
    assert_eq!(recall("file:///a.rs", "let y = com", "\n"), None, "the text before has changed");
    assert_eq!(recall("file:///a.rs", "let x = com", ";\n"), None, "the text behind has changed");
    assert_eq!(recall("file:///a.rs", "let x = compute(1);", "\n"), None, "typed to its end");
    assert_eq!(recall("file:///b.rs", "let x = com", "\n"), None, "another document");
    assert_eq!(recall("file:///a.rs", "let x =", "\n"), None, "typed back before its place");
}

#[test]
fn what_was_cut_short_ends_with_a_whole_word() {
    assert_eq!(offer_with("let total = $0;\n", "compute(first, seco", false, true), "let total = ⟦compute(first,⟧;\n");
    assert_eq!(offer_with("let total = $0\n", "comp", false, true), Nothing::Unfinished.words());
    assert_eq!(offer_with("let total = $0\n", "first\nlet other", false, true), "let total = ⟦first⟧\n");
}

#[test]
fn a_cursor_inside_of_a_word_is_known() {
    for (before, after, inside) in
        [("let fo", "o = 1;", true), ("let foo", " = 1;", false), ("foo(", "bar)", false), ("é", "è", true), ("", "x", false)]
    {
        assert_eq!(Hole::new(before, after, slashes(), Inside::Code, false).is_inside_word(), inside, "{before}|{after}");
    }
}

#[test]
fn brackets_in_single_quotes_open_nothing() {
    check(
        "def f(line):\n    $0\n    return 1\n",
        "first = line.startswith('(')\n    second = line.endswith(')')\n",
        expect_test::expect![[r#"
            def f(line):
                ⟦first = line.startswith('(')⟧
                return 1
        "#]],
    );
    check(
        "fn f<'a>(line: &'a str, other: &'a str) {\n    $0\n    done();\n}\n",
        "let at = line.find(['(', '\\'']).map(|at: usize| at);\n    let more: &'a str = other;\n",
        expect_test::expect![[r#"
            fn f<'a>(line: &'a str, other: &'a str) {
                ⟦let at = line.find(['(', '\'']).map(|at: usize| at);⟧
                done();
            }
        "#]],
    );
}

#[test]
fn in_a_long_file_the_window_stays_while_a_line_is_typed() {
    let long: String = (0..6000).map(|number| format!("line number {number} of a long file\n")).collect();
    let windows = ["", "let", "let answer = compute_the_answer_of(everything, and_more);", "{\n"].map(|typed| {
        let text = format!("{long}    {typed}");
        let near = whole_steps(&text, 64 << 10).to_string();
        let window = window_before(&near, 4000);
        assert!(window.ends_with(&text[text.len() - 20..]) && window.len() < 8000, "{} bytes", window.len());
        window.lines().next().unwrap().to_string()
    });
    assert!(windows.iter().all(|first| *first == windows[0]), "{windows:?}");
}

/// What a model that answers `raw` makes of `code`, whose cursor is `$0`, and what it was asked.
async fn asked(code: &str, raw: &str, selected: Option<(std::ops::Range<usize>, &str)>, fim: bool) -> (String, Ask) {
    let (at, plain) = (code.find("$0").expect("a cursor"), code.replace("$0", ""));
    let workspace = Workspace::new(&[("a.py", &plain)]);
    let script = vec![Scripted::text(raw)];
    let engine = if fim { Scripted::new(script) } else { Scripted::without_fim(script) };
    let session = workspace.session(Config::default(), vec![("local".into(), engine.clone() as std::sync::Arc<dyn Engine>)]);
    let at = Target { bytes: at..at, ..target(&session, "a.py", "") };
    let selected = selected.map(|(range, text)| (range, text.to_string()));
    let offered = complete(&session, &Params { at, invoked: false, selected }, &Cancel::new()).await.unwrap();
    let mut text = plain;
    let item = &offered.items.first().unwrap_or_else(|| panic!("{:?}", offered.nothing)).edit;
    text.replace_range(item.range.clone(), &item.text);
    (text, engine.asked().remove(0).ask)
}

#[tokio::test]
async fn an_entry_that_replaces_what_stands_behind_the_cursor_leaves_it_out_of_the_question() {
    let (text, ask) = asked("x = su$0foo + 1\n", "(xs)", Some((4..9, "sumfoo")), true).await;
    assert_eq!(text, "x = sumfoo(xs) + 1\n");
    let Ask::Fim(Fim { prefix, suffix, .. }) = ask else { panic!("no hole") };
    assert_eq!((prefix.as_str(), suffix.as_str()), ("x = sumfoo", " + 1\n"));
}

#[tokio::test]
async fn an_entry_that_replaces_something_else_is_left_alone() {
    for range in [0..1, 0..6] {
        let (text, _) = asked("a = 1\nb = $0\n", "a + 1", Some((range, "sum")), true).await;
        assert_eq!(text, "a = 1\nb = a + 1\n");
    }
}

/// Control tokens are broken on the way to the model, so the mark of the cursor is none; a file that has it gets another one.
#[tokio::test]
async fn the_mark_of_the_cursor_is_there_once_and_as_it_is_named() {
    for (code, mark) in [("x = 1  # \nprint($0)\n", "<CURSOR>"), ("x = \"<CURSOR>\"\nprint($0)\n", "<CURSOR_2>")] {
        let (text, ask) = asked(code, &format!("x{mark}"), None, false).await;
        assert_eq!(text, code.replace("$0", "x"));
        let Ask::Chat(chat) = ask else { panic!("no chat") };
        let question = &chat.messages.last().unwrap().content;
        assert_eq!(question.matches(mark).count(), 2, "{question}");
        assert!(question.contains(&format!("print({mark})")) && question.ends_with(&format!("at {mark}.")), "{question}");
    }
}

#[test]
fn what_stands_further_below_stays_while_the_user_types_above() {
    let lines: Vec<String> = (0..60).map(|line| format!("    statement_number_{line}();\n")).collect();
    let below = |from: usize| {
        let after = lines[from..].concat();
        let shown = window_after(&after, 200).to_string();
        window_below(&after, &shown, 600).map(|(skipped, text)| (from + shown.matches('\n').count() + skipped, text.to_string()))
    };
    let (first, text) = below(3).expect("there is more");
    assert!(text.starts_with(&format!("    statement_number_{first}()")) && text.ends_with('\n') && text.len() <= 600, "{first} {text}");
    assert_eq!(below(4), Some((first, text)), "a line further on it is the same");
    assert_eq!(below(57), None, "all of it is shown already");
    assert_eq!(window_below("one line that is too long for the window", "one line", 600), None);
}

/// The `>` behind the cursor was taken for the one that the answer writes for itself.
#[test]
fn a_type_that_closes_its_own_angle_brackets_keeps_them() {
    for (code, raw) in [
        ("auto p = std::make_unique<$0>(1);\n", "std::vector<int>"),
        ("auto p = static_cast<$0>(x);\n", "vector<int>"),
        ("auto p = vector<$0>{};\n", "pair<int, int>"),
        ("const [a, b] = useState<$0>(null);\n", "Array<number>"),
    ] {
        assert_eq!(offer(code, raw, false), code.replace("$0", &format!("⟦{raw}⟧")));
        let rest = code.split_once("$0").unwrap().1.trim_end();
        assert_eq!(offer(code, &format!("{raw}{rest}"), false), code.replace("$0", &format!("⟦{raw}⟧")));
    }
}

/// The end of the statement in a function that is handed on was taken for the end of the line.
#[test]
fn a_function_before_the_end_of_a_call_is_offered_whole() {
    for (code, raw) in [
        ("f($0);\n", "() => { g(1); }"),
        ("f(\"a\", $0);\n", "() => { g(1); }"),
        ("it(\"x\", $0);\n", "async () => {\n  await g();\n}"),
        ("fn f() { spawn($0); }\n", "move || { g(1); }"),
        ("void f() { run($0); }\n", "[&] { g(1); }"),
    ] {
        assert_eq!(offer(code, raw, false), code.replace("$0", &format!("⟦{raw}⟧")));
    }
}

/// Nothing was offered of an answer that begins at the margin and is indented otherwise than the file.
#[test]
fn an_answer_from_the_margin_in_another_unit_is_indented_as_the_file_is() {
    let tabs = "int g(int b) {\n\tif (b) {\n\t\treturn 7;\n\t}\n\treturn b;\n}\n\nint f(int a) {\n\t$0\n}\n";
    let two = "function g(b) {\n  if (b) {\n    return 7;\n  }\n  return b;\n}\n\nfunction f(a) {\n  $0\n}\n";
    for (code, unit) in [(tabs, "\t"), (two, "  ")] {
        for own in ["    ", "  ", "        "].into_iter().filter(|own| *own != unit) {
            let raw = format!("if (a) {{\n{own}if (b) {{\n{own}{own}return 1;\n{own}}}\n}}");
            let wanted = format!("if (a) {{\n{unit}{unit}if (b) {{\n{unit}{unit}{unit}return 1;\n{unit}{unit}}}\n{unit}}}");
            assert_eq!(offer(code, &raw, false), code.replace("$0", &format!("⟦{wanted}⟧")), "{own:?}");
        }
    }
}
