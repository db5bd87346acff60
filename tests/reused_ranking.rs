//! State that the ranking reuses from one prompt to the next (the words of a text, the ranking at a place) must give the same prompts as state
//! that is computed anew.

use longsight::context::corpus::Corpus;
use longsight::context::reading::Reading;
use longsight::context::scene::Scene;
use longsight::context::{Handle, PlaceQuery, Sources};
use longsight::workspace::WorkspacePath;

use super::context::thirds;
use super::ranking_first_look;

/// The words of each line.
fn words(reading: &Reading) -> Vec<Vec<&str>> {
    reading.lines().map(|line| line.iter().map(|word| reading.word(*word)).collect()).collect()
}

#[test]
fn a_text_is_read_alike_whatever_was_read_before() {
    let texts = [
        "",
        "one two\nthree\n\nfour five",
        "one two\nthree\n\nfour fives",
        "one two\nthree\n\nfour fives\n",
        "\none two\nthree\n\nfour fives\n",
        "\none two\nthree\nmore\nand more of it\n\nfour fives\n",
        "\none two\nthree\nfour fives\n",
        "one two\nthree\nfour fives\n",
        "two\nthree\nthree\nfour\n",
        "two\nthree\nfour\n",
        "two\nünd_ö thrée\nfour\n",
        "two\nünd_ä thrée\r\nfour",
        "ünd_ä\nünd_ä\nünd_ä\nünd_ä",
        "ünd_ä\nünd_ä\nünd_ä",
        "\n\n\n",
        "\n\n",
        "one",
        "",
    ];
    let mut kept = Reading::default();
    for text in texts.iter().chain(texts.iter().rev()) {
        kept.update(text);
        let mut anew = Reading::default();
        anew.update(text);
        assert_eq!(words(&kept), words(&anew), "{text:?}");
        assert_eq!(words(&kept).len(), text.split('\n').count(), "{text:?}");
    }
}

/// A step to one side, and in the next turn back.
fn snake(step: usize, steps: usize, turn: usize) -> usize {
    if turn.is_multiple_of(2) { step % steps } else { steps - 1 - step % steps }
}

#[test]
fn a_kept_ranking_packs_what_a_new_one_does() {
    let whole = ranking_first_look::sources("src/context/rank/second.rs");
    let view = whole.view();
    // As long as a file cannot be read, there is less to choose from.
    let some = |path: &WorkspacePath| whole.read(&path.to_string()).filter(|_| !path.to_string().ends_with("context/numbers.rs"));
    let corpora = [Corpus::new(view.clone(), None, some), whole.corpus(view)];
    let text = &*whole.text;
    let typed = |what: &str, line: usize| {
        let at = text.match_indices('\n').nth(line).unwrap().0 + 1;
        (format!("{}{what}{}", &text[..at], &text[at..]), at + what.len())
    };
    let places = [
        typed("", 70),
        typed("    (", 70),
        typed("    ()", 70),
        typed("    (HashMap", 70),
        typed("    (Corpus", 70),
        typed("    (Corpus, Candidate", 70),
        typed("    (Corpus, Candidate)", 70),
        typed("\n", 70),
        typed("", 120),
        typed("use crate::index::View;\n", 3),
    ];
    let paths = [&*whole.path, "src/context/other.rs", "src/context/tests/second.rs"];
    let (handle, language) = (Handle::default(), whole.language());
    let (mut parts, mut budget) = (0, 1000);
    // To and fro, so that from one to the next only one thing is another.
    for step in 0..paths.len() * places.len() * corpora.len() {
        let [by_corpus, by_place] = [step / corpora.len(), step / corpora.len() / places.len()];
        let (corpus, place) = (snake(step, corpora.len(), by_corpus), snake(by_corpus, places.len(), by_place));
        let ((text, offset), path) = (&places[place], paths[by_place]);
        // The lines of other files are taken apart once, by the names of the corpus that was there then.
        let (corpus, writes) = (&corpora[corpus], corpus == 1);
        // Each budget has parts of its own that stay, and so has each preview; what is kept beside is for all.
        budget += step % 2;
        let preview = step % 2 == 0;
        let query = PlaceQuery { corpus, path, language, text, parsed: None, offset: *offset, budget, preview, writes };
        let sources = Sources { changed: &|_| None, is_gone: &|_| false, read: &|path| whole.read(path), count: &thirds };
        let [pack, anew] = [&handle, &Handle::default()].map(|handle| handle.place(&query, &sources));
        assert_eq!(pack.parts, anew.parts, "step {step}: {path} at {offset}");
        parts += pack.parts.len();
    }
    assert!(parts > 100, "{parts} parts are little to compare");
}

/// The kept order of the definitions is not taken for one without the files that are gone now.
#[test]
fn a_kept_order_is_not_that_of_files_that_are_gone_since() {
    let place = ranking_first_look::sources("src/context/rank/second.rs");
    let corpus = place.corpus(place.view());
    let handle = Handle::default();
    let pack = |handle: &Handle, preview: bool, gone: Option<u32>| {
        let query = place.query(&corpus, 1000, preview, None);
        let is_gone = |file: u32| Some(file) == gone;
        let sources = Sources { changed: &|_| None, is_gone: &is_gone, read: &|path| place.read(path), count: &thirds };
        handle.place(&query, &sources)
    };
    let first = pack(&handle, false, None);
    assert_eq!(pack(&handle, true, None).parts, first.parts);
    let gone = corpus.file(&first.parts[0].path);
    let (without, anew) = (pack(&handle, true, gone), pack(&Handle::default(), false, gone));
    let shown = |parts: &[longsight::context::Part]| parts.iter().any(|part| corpus.file(&part.path) == gone);
    assert!(gone.is_some() && !shown(&without.parts) && !shown(&anew.parts));
    assert!(shown(&pack(&Handle::default(), false, None).parts));
}

/// Each letter of a name made all definitions be ranked again, since what stands there so far may be a name as well.
#[test]
fn a_name_that_is_being_written_changes_the_ranking_only_if_it_is_that_of_a_definition() {
    let whole = ranking_first_look::sources("src/context/rank/second.rs");
    let corpus = whole.corpus(whole.view());
    let at = whole.text.match_indices('\n').nth(70).unwrap().0 + 1;
    let scene = |what: &str| {
        let text = format!("{}    {what}\n{}", &whole.text[..at], &whole.text[at..]);
        Scene::read(&corpus, whole.language(), None, &mut Reading::default(), &text, at + 4 + what.len())
    };
    let name = |text: &str| corpus.name(text).unwrap();
    assert!(corpus.defined(name("chosen")).is_empty(), "a local variable");
    assert!(scene("chos").is_alike(&scene("chosen")));
    assert!(scene("chosen").is_alike(&scene("")));
    assert!(!scene("chosen.").is_alike(&scene("chosen")), "now it is written");
    assert!(!scene("Corpus").is_alike(&scene("Corpu")));
    let nearness = |scene: &Scene, word: &str| scene.near_words.get(&corpus.word(word).unwrap()).copied();
    assert_eq!(nearness(&scene("passages_fi"), "passages"), Some(1.0), "a finished part");
    assert_eq!(nearness(&scene("passagesFi"), "passages"), Some(1.0));
}
