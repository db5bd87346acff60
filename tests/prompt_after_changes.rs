//! A prompt that is continued after files have changed: lines above a shown part come and go, files go and come back, and the text under the
//! cursor is another one. Each part must show what is there now.

use std::fmt::Write as _;
use std::sync::Arc;

use longsight::context::corpus::{Corpus, Digest};
use longsight::context::{Kind, Pack};
use longsight::engine::{Estimate, Tokens};
use longsight::features::preview::counted;
use longsight::index::{Index, Options};

use super::context::{Place, all};

const LIB: &str = "class Engine:
    def start_engine(self, speed):
        self.speed = speed
        return self.speed


def make_engine(kind):
    engine = Engine()
    engine.kind = kind
    return engine


def tune_engine(engine, amount):
    engine.start_engine(amount)
    engine.amount = amount
    return engine
";

const GARAGE: &str = "from lib import make_engine, tune_engine, Engine


def garage(kind, amount):
    engine = make_engine(kind)
    tune_engine(engine, amount)
    engine.start_engine(amount)
    return engine
";

const MAIN: &str = "from lib import make_engine, tune_engine, Engine


def main(kind, amount):
    engine = make_engine(kind)
    tune_engine(engine, amount)
    $0
";

fn place() -> (Place, Index) {
    let place = Place::new(&format!("//- /lib.py\n{LIB}//- /garage.py\n{GARAGE}//- /main.py\n{MAIN}"));
    let index = Index::start(place.roots.clone(), place.registry.clone(), Options::default());
    index.wait_ready();
    (place, index)
}

fn corpus(place: &Place, index: &Index) -> Corpus {
    place.corpus(index.view())
}

/// Writes a file, or removes it, and has the index look at it.
fn change(place: &Place, index: &Index, path: &str, text: Option<&str>) {
    let file = place._folder.path().join(path);
    match text {
        Some(text) => std::fs::write(&file, text).unwrap(),
        None => std::fs::remove_file(&file).unwrap(),
    }
    index.changed(vec![file]);
    index.sync();
}

fn lines(pack: &Pack, path: &str) -> Vec<(u32, u32)> {
    let parts = pack.parts.iter().filter(|part| &*part.path == path && part.kind == Kind::Signature);
    parts.map(|part| (part.start_line, part.end_line)).collect()
}

/// A part said for as long as it stayed where its lines had stood when it was written.
#[test]
fn a_part_that_stays_says_where_its_lines_stand_now() {
    let (place, index) = place();
    let before = place.pack(&corpus(&place, &index), 400);
    assert_eq!(lines(&before, "lib.py"), [(1, 13)], "{before:?}");
    change(&place, &index, "lib.py", Some(&format!("{}{LIB}", "# More.\n".repeat(10))));
    let after = place.pack(&corpus(&place, &index), 400);
    assert_eq!(lines(&after, "lib.py"), [(11, 23)]);
    assert_eq!(after.parts[0].text, before.parts[0].text);
    assert!(after.prefix_reused > 0);
}

/// What had been shown of a file before it was opened stayed when its text was another there.
#[test]
fn what_the_text_under_the_cursor_has_not_any_more_is_not_shown() {
    let (mut place, index) = place();
    let corpus = corpus(&place, &index);
    assert!(all(&place.pack(&corpus, 400)).contains("def tune_engine"));
    place.go("lib.py", &LIB.replace("tune_engine(engine, amount):\n", "tune_motor(engine, amount):\n    $0\n"));
    for _ in 0..2 {
        let pack = place.pack(&corpus, 400);
        assert!(!all(&pack).contains("def tune_engine"), "{}", all(&pack));
    }
}

/// A file that was gone for a moment stayed out while somebody typed in the function that uses it, though there was room.
#[test]
fn a_file_that_comes_back_while_there_is_room_is_shown_behind_what_stays() {
    let (mut place, index) = place();
    change(&place, &index, "lib.py", None);
    let before = place.pack(&corpus(&place, &index), 1000);
    assert!(!all(&before).contains("def tune_engine") && !before.parts.is_empty(), "{before:?}");
    change(&place, &index, "lib.py", Some(LIB));
    place.type_in("x");
    let corpus = corpus(&place, &index);
    let after = place.pack(&corpus, 1000);
    assert!(all(&after).contains("def tune_engine") && after.tokens <= 1000, "{}", all(&after));
    place.type_in("y");
    assert_eq!(place.pack(&corpus, 1000).parts, after.parts, "and then it stays");
}

/// The passage of a file that was gone stood behind the note that it was, until the ranking heard of it.
#[test]
fn a_passage_of_a_file_that_is_gone_is_not_shown() {
    let (place, index) = place();
    let corpus = corpus(&place, &index);
    let passages = |pack: &Pack| pack.parts.iter().filter(|part| part.kind == Kind::Passage && &*part.path == "garage.py").count();
    assert_eq!(passages(&place.pack(&corpus, 400)), 1);
    let gone: Arc<Digest> = Arc::new(corpus.files[corpus.file("garage.py").unwrap() as usize].gone());
    std::fs::remove_file(place._folder.path().join("garage.py")).unwrap();
    let changed = |path: &str| (path == "garage.py").then(|| gone.clone());
    assert_eq!(passages(&place.pack_with(&corpus, 400, &changed)), 0);
}

/// Where a limit cut a signature, it cut what stood there in two, and half a key was none for the redaction.
#[test]
fn k12_a_secret_that_a_limit_would_cut_in_two_is_not_shown_in_part() {
    let key = format!("ghp_{}", "q7Zr0Wk2Xp9Lm4Tn8Vb3Hd6Js1Fg5Yc0AbCd");
    for most in [120, 160, 700] {
        for left in [2, 9, 20] {
            let mut text = String::from("class Long:\n    def packed(self,\n");
            while most > 120 && text.len() + 60 < most {
                let _ = writeln!(text, "        argument_{}=None,", text.len());
            }
            let room = (most - (key.len() - left)).saturating_sub(text.len() - 12);
            let _ = write!(text, "{}x=\"{key}\"):\n        pass\n", "a".repeat(room));
            let place = Place::new(&format!("//- /long.py\n{text}//- /main.py\nfrom long import Long\n\nLong().packed($0)\n"));
            let pack = place.pack(&place.corpus(place.view()), 4000);
            assert!(all(&pack).contains("packed(self"), "{}", all(&pack));
            assert!(!all(&pack).contains("ghp_q7"), "{most}, {left}: {}", all(&pack));
        }
    }
    let text = format!("{}{key} and more", "word ".repeat(20));
    let starts = text.find("ghp_").unwrap();
    for most in 0..text.len() + 5 {
        let inside = starts + 1..starts + key.len();
        let expected = if inside.contains(&most) { starts } else { most.min(text.len()) };
        assert_eq!(longsight::redact::beginning(&text, most).len(), expected, "{most}");
    }
}

/// The letters of a control token were counted, so that more of a prompt was the same as before than it had.
#[test]
fn a_control_token_of_a_prompt_counts_as_one() {
    let (one, other) = ("lib.py\ndef one():\n    pass\n", "def other():\n    ");
    let text = Estimate.count(one) + Estimate.count(other);
    for [before, between, behind] in [["<|file_sep|>", "<|fim_prefix|>", "<|fim_middle|>"], ["<file_sep>", "<fim_prefix>", "<fim_middle>"]]
    {
        assert_eq!(counted(&Estimate, &format!("{before}{one}{between}{other}{behind}")), text + 3);
    }
}

/// A file that was deleted while nothing else happened was shown in the next prompt, with a note below that it is gone.
#[test]
fn a_file_that_is_gone_is_left_out_before_the_ranking_hears_of_it() {
    let (place, index) = place();
    let corpus = corpus(&place, &index);
    let lib = corpus.file("lib.py");
    let gone = |is_gone: bool| place.pack_without(&corpus, 400, &|file| is_gone && Some(file) == lib);
    assert!(!all(&gone(true)).contains("def tune_engine"), "in a first prompt");
    assert!(all(&gone(false)).contains("def tune_engine"));
    let after = gone(true);
    assert!(
        !all(&after).contains("tune_engine(engine, amount):\n    engine.start") && lines(&after, "lib.py").is_empty(),
        "{}",
        all(&after)
    );
    assert!(after.parts.iter().all(|part| part.kind != Kind::Correction), "{after:?}");
}

/// A file that the current one imports and that was gone for a moment was let in when its names were written again: others had its room.
#[test]
fn a_file_that_comes_back_is_shown_although_others_have_taken_its_room() {
    let module = |stem: &str| -> String {
        (0..6).map(|number| format!("def {stem}_{number}(kind, amount):\n    return kind * amount\n\n\n")).collect()
    };
    let stems = ["engine", "wheel", "brake"];
    let imports: String = stems.iter().map(|stem| format!("from {stem}s import {stem}_0, {stem}_1, {stem}_2\n")).collect();
    let calls: String = stems.iter().map(|stem| format!("    {stem}_0(kind, {stem}_1(kind, {stem}_2(kind, amount)))\n")).collect();
    let files: String = stems.iter().map(|stem| format!("//- /{stem}s.py\n{}", module(stem))).collect();
    let main = format!("//- /main.py\n{imports}\n\ndef main(kind, amount):\n{calls}\n\n\n\n    $0\n");
    let fillers = format!("//- /fillers.py\n{}", module("filler").repeat(20));
    let mut place = Place::new(&format!("{files}{fillers}{main}"));
    let wheels = module("wheel");
    let index = Index::start(place.roots.clone(), place.registry.clone(), Options::default());
    index.wait_ready();
    let full = |pack: &Pack| pack.tokens > 400 * 3 / 4;
    let before = place.pack(&corpus(&place, &index), 400);
    assert!(all(&before).contains("def wheel_0") && full(&before), "{}", all(&before));
    for how in ["the ranking knew", "the ranking had not heard"] {
        let old = corpus(&place, &index);
        change(&place, &index, "wheels.py", None);
        place.type_in("a");
        let without = match how {
            "the ranking knew" => place.pack(&corpus(&place, &index), 400),
            _ => place.pack_without(&old, 400, &|file| Some(file) == old.file("wheels.py")),
        };
        assert!(lines(&without, "wheels.py").is_empty() && full(&without), "{how}: {}", all(&without));
        change(&place, &index, "wheels.py", Some(&wheels));
        place.type_in("b");
        let new = corpus(&place, &index);
        let after = place.pack(if how == "the ranking knew" { &new } else { &old }, 400);
        assert!(all(&after).contains("def wheel_0") && after.tokens <= 400, "{how}: {}", all(&after));
        assert!(after.prefix_reused > 0, "{how}: it is appended");
        place.type_in("c");
        assert_eq!(all(&place.pack(&new, 400)), all(&after), "{how}: and then it stays");
    }
}
