//! What is put in front of the model for a place: which definitions, in which order, and what stays put.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use longsight::context::corpus::{Corpus, Digest};
use longsight::context::rank::{Candidate, Ranker};
use longsight::context::reading::Reading;
use longsight::context::scene::Scene;
use longsight::context::{Handle, Kind, Pack, PlaceQuery, Sources};
use longsight::index::{Index, Options, View};
use longsight::syntax::{Language, Parsed, Registry};
use longsight::workspace::{Document, Documents, Roots, Snapshot, WorkspacePath};

use crate::support::files;

/// A repository from `//- /path` stretches, and the place of `$0` in it.
pub struct Place {
    pub _folder: tempfile::TempDir,
    pub roots: Arc<Roots>,
    pub path: String,
    pub text: String,
    offset: usize,
    pub handle: Handle,
    pub registry: Arc<Registry>,
}

/// Tokens of a text whose every token is three bytes.
pub fn thirds(text: &str) -> usize {
    text.len().div_ceil(3)
}

impl Place {
    pub fn new(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for stretch in fixture.split("//- /").skip(1) {
            let (path, text) = stretch.split_once('\n').unwrap();
            files.insert(path.trim().into(), text.into());
        }
        let (path, text) = files.iter().find(|(_, text)| text.contains("$0")).map(|(path, text)| (path.clone(), text.clone())).unwrap();
        let offset = text.find("$0").unwrap();
        let text = text.replace("$0", "");
        for (path, text) in &files {
            files::write(folder.path(), path, text.replace("$0", ""));
        }
        let roots = Arc::new(Roots::new([folder.path().to_path_buf()]));
        Self { _folder: folder, roots, path, text, offset, handle: Handle::default(), registry: Arc::new(Registry::new()) }
    }

    pub fn view(&self) -> Arc<View> {
        let index = Index::start(self.roots.clone(), Arc::new(Registry::new()), Options::default());
        index.wait_ready();
        index.view()
    }

    pub fn corpus(&self, view: Arc<View>) -> Corpus {
        let snapshot = Snapshot::new(self.roots.clone(), Documents::default());
        Corpus::new(view, None, |path| snapshot.read(path).ok())
    }

    pub fn pack(&self, corpus: &Corpus, budget: usize) -> Pack {
        self.pack_with(corpus, budget, &|_| None)
    }

    pub fn pack_with(&self, corpus: &Corpus, budget: usize, changed: &dyn Fn(&str) -> Option<Arc<Digest>>) -> Pack {
        let parsed = self.parsed();
        let sources = Sources { changed, is_gone: &|_| false, read: &|path| self.read(path), count: &thirds };
        self.handle.place(&self.query(corpus, budget, false, parsed.as_ref()), &sources)
    }

    /// While files of the corpus are gone.
    pub fn pack_without(&self, corpus: &Corpus, budget: usize, is_gone: &dyn Fn(u32) -> bool) -> Pack {
        let parsed = self.parsed();
        let sources = Sources { changed: &|_| None, is_gone, read: &|path| self.read(path), count: &thirds };
        self.handle.place(&self.query(corpus, budget, false, parsed.as_ref()), &sources)
    }

    /// What a person sees who looks at what would be sent.
    fn preview(&self, corpus: &Corpus, budget: usize) -> Pack {
        let sources = Sources { changed: &|_| None, is_gone: &|_| false, read: &|path| self.read(path), count: &thirds };
        self.handle.place(&self.query(corpus, budget, true, None), &sources)
    }

    pub fn query<'a>(&'a self, corpus: &'a Corpus, budget: usize, preview: bool, parsed: Option<&'a Parsed>) -> PlaceQuery<'a> {
        let (path, language, text, offset) = (&*self.path, self.language(), &*self.text, self.offset);
        PlaceQuery { corpus, path, language, text, parsed, offset, budget, preview, writes: true }
    }

    /// A file as it lies in the folder.
    pub fn read(&self, path: &str) -> Option<Arc<str>> {
        std::fs::read_to_string(self._folder.path().join(path)).ok().map(Arc::from)
    }

    pub fn language(&self) -> Option<&Language> {
        self.registry.by_path(&self.path).map(|language| &**language)
    }

    fn parsed(&self) -> Option<Parsed> {
        longsight::syntax::parse(self.registry.by_path(&self.path)?, self.text.as_str()).ok()
    }

    /// Goes to the place of `$0` in another text.
    pub fn go(&mut self, path: &str, text: &str) {
        self.path = path.into();
        self.offset = text.find("$0").unwrap();
        self.text = text.replace("$0", "");
    }

    /// Puts text at the cursor.
    pub fn type_in(&mut self, text: &str) {
        self.text.insert_str(self.offset, text);
        self.offset += text.len();
    }
}

fn document(path: &WorkspacePath, version: i32, text: &str) -> Document {
    let text = longsight::text::Text::new(text);
    let language = if path.relative().ends_with(".py") { "python" } else { "rust" };
    Document { language: language.into(), version, ..Document::on_disk(path.clone(), text) }
}

pub fn all(pack: &Pack) -> String {
    pack.parts.iter().map(|part| &*part.text).collect()
}

const SHOP: &str = "
//- /src/lib.rs
mod cart;
mod money;
mod weather;
//- /src/money.rs
/// An amount.
pub struct Money {
    cents: u64,
}

impl Money {
    pub fn plus(self, other: Money) -> Money {
        Money { cents: self.cents + other.cents }
    }
}

pub fn taxed(amount: Money) -> Money {
    amount
}
//- /src/weather.rs
pub fn rainfall_of_last_week(place: &str) -> f64 {
    0.0
}
//- /src/cart.rs
use crate::money::{Money, taxed};

pub struct Cart {
    prices: Vec<Money>,
}

impl Cart {
    /// The sum with tax.
    pub fn total(&self) -> Money {
        $0
    }
}
";

#[test]
fn definitions_that_the_place_uses_come_with_their_place_and_the_reason() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 120);
    assert!(pack.tokens <= pack.budget, "{pack:?}");
    let money = pack.parts.iter().find(|part| &*part.path == "src/money.rs").expect("the imported file is there");
    for line in ["pub struct Money {", "    pub fn plus(self, other: Money) -> Money {", "pub fn taxed(amount: Money) -> Money {"] {
        assert!(money.text.lines().any(|known| known == line), "{line} is missing in {:?}", money.text);
    }
    assert_eq!((money.kind, money.start_line), (Kind::Signature, 2));
    assert!(!money.why.is_empty());
    assert!(pack.parts.iter().all(|part| &*part.path != "src/cart.rs"), "the current file is not repeated");
}

/// Include guards and switches of features filled the context of C.
#[test]
fn macros_that_stand_for_nothing_are_left_out() {
    let place = Place::new(
        "//- /ring.h\n#ifndef ring__h\n#define ring__h\n#define RING_MAX 16\n#define RING_NEXT(i) (((i) + 1) % RING_MAX)\nint ring_put(int value);\n#endif\n\
         //- /ring.c\n#define _CRT_SECURE_NO_DEPRECATE\n#include \"ring.h\"\nint ring_put(int value) { return value; }\n\
         //- /main.c\n#include \"ring.h\"\n\nint main(void) {\n    $0\n}\n",
    );
    let view = place.view();
    assert!(view.name("ring__h").is_some_and(|name| !view.defined(name).is_empty()), "the index knows it");
    let text = all(&place.pack(&place.corpus(view), 2000));
    assert!(text.contains("RING_MAX 16") && text.contains("RING_NEXT") && text.contains("ring_put"), "{text}");
    assert!(!text.contains("#define ring__h") && !text.contains("_CRT_SECURE"), "{text}");
}

#[test]
fn a_small_budget_takes_what_matters_most() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 40);
    assert!(pack.tokens <= 40);
    assert!(!all(&pack).contains("rainfall"), "{:?}", all(&pack));
    assert!(all(&pack).contains("Money"), "{:?}", all(&pack));
}

#[test]
fn the_sums_of_the_ranking_are_those_of_its_features() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let scene = Scene::read(&corpus, place.language(), None, &mut Reading::default(), &place.text, place.offset);
    let ranker = Ranker::new(&corpus, &scene, place.language(), &place.path);
    let candidates = ranker.candidates();
    assert!(candidates.len() >= 4);
    for candidate in candidates {
        let slow = ranker.probability(&corpus.symbols[candidate.symbol as usize]);
        assert!((candidate.score - slow).abs() < 1e-4, "{candidate:?} is {slow}");
    }
}

#[test]
fn the_second_look_leaves_what_is_imported_above_what_is_not() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let scene = Scene::read(&corpus, place.language(), None, &mut Reading::default(), &place.text, place.offset);
    let ranker = Ranker::new(&corpus, &scene, place.language(), &place.path);
    let first = ranker.candidates();
    let mut second = first.clone();
    ranker.look_again(None, &mut second);
    assert!(first.iter().zip(&second).all(|(a, b)| a.symbol == b.symbol && (0.0..=1.0).contains(&b.score)));
    assert!(first.iter().zip(&second).any(|(a, b)| a.score != b.score), "nothing was judged again");
    let score = |name: &str| {
        let named = |candidate: &&Candidate| corpus.text(corpus.symbols[candidate.symbol as usize].name) == name;
        second.iter().find(named).map_or(0.0, |candidate| candidate.score)
    };
    assert!(score("taxed") > score("rainfall_of_last_week"));
    assert!(score("Money") > score("rainfall_of_last_week"));
}

#[test]
fn looking_at_a_prompt_leaves_the_next_one_its_head() {
    let mut place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let sent = place.pack(&corpus, 60);
    let offset = std::mem::replace(&mut place.offset, 0);
    for budget in (60..2000).step_by(20) {
        place.preview(&corpus, budget);
    }
    place.offset = offset;
    let again = place.pack(&corpus, 60);
    assert_eq!((again.parts, again.prefix_reused), (sent.parts, sent.tokens));
}

#[test]
fn a_tokenizer_that_is_slow_holds_up_no_other_pack() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let (begun, begin) = channel();
    let (done, end) = channel();
    std::thread::scope(|scope| {
        let (place, corpus) = (&place, &corpus);
        scope.spawn(move || {
            begin.recv().unwrap();
            place.handle.visited("src/money.rs", 1);
            done.send(place.pack(corpus, 100)).unwrap();
        });
        let first = Cell::new(true);
        let count = |text: &str| {
            if first.replace(false) {
                begun.send(()).unwrap();
                let other = end.recv_timeout(Duration::from_secs(20)).expect("the other pack does not wait for this count");
                assert!(!other.parts.is_empty());
            }
            text.len().div_ceil(3)
        };
        let sources = Sources { changed: &|_| None, is_gone: &|_| false, read: &|_| None, count: &count };
        assert!(!place.handle.place(&place.query(corpus, 200, false, None), &sources).parts.is_empty());
    });
}

#[test]
fn what_was_just_visited_is_likelier() {
    let names = ["north", "south"];
    let files: String =
        names.iter().map(|name| format!("//- /src/{name}.rs\npub fn {name}ern(value: u32) -> u32 {{\n    value\n}}\n")).collect();
    let fixture = format!("{files}//- /src/main.rs\nfn main() {{\n    $0\n}}\n");
    for name in names {
        let place = Place::new(&fixture);
        let corpus = place.corpus(place.view());
        place.handle.visited(&format!("src/{name}.rs"), 1);
        assert_eq!(&*place.pack(&corpus, 200).parts[0].path, format!("src/{name}.rs"));
    }
}

#[test]
fn typing_keeps_the_head() {
    let mut place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let before = place.pack(&corpus, 200);
    assert_eq!(before.prefix_reused, 0);
    place.type_in("let sum = self.pri");
    let after = place.pack(&corpus, 200);
    assert_eq!(before.parts, after.parts);
    assert_eq!(after.prefix_reused, after.tokens);
}

/// The shop among much that is likelier than the weather: its place, and a pack of 200 tokens without that.
fn crowded() -> (Place, Corpus, Pack) {
    let others: String = (0..40)
        .map(|at| format!("//- /src/m{at}.rs\npub fn total_price_of_part_{at}(order: &Order) -> Money {{\n    todo!()\n}}\n"))
        .collect();
    let place = Place::new(&format!("{SHOP}{others}"));
    let corpus = place.corpus(place.view());
    let before = place.pack(&corpus, 200);
    assert!(!all(&before).contains("rainfall_of_last_week"), "{}", all(&before));
    (place, corpus, before)
}

/// The pack stayed as it was for as long as somebody typed in one function, and never had what was being called.
#[test]
fn what_is_named_while_typing_comes_in_behind_a_head_that_stays() {
    let (mut place, corpus, before) = crowded();
    place.type_in("let wet = rainfall_of_last_week");
    assert_eq!(place.pack(&corpus, 200).parts, before.parts, "the word is still being written");
    place.type_in("(");
    let after = place.pack(&corpus, 200);
    assert!(all(&after).contains("pub fn rainfall_of_last_week(place: &str) -> f64"), "{}", all(&after));
    assert!(after.tokens <= 200 && after.prefix_reused > 0, "{after:?}");
    let same = before.parts.iter().zip(&after.parts).take_while(|(one, other)| one == other).count();
    assert_eq!(after.prefix_reused, after.parts[..same].iter().map(|part| part.tokens).sum::<usize>());
    place.type_in("place");
    assert_eq!(place.pack(&corpus, 200).parts, after.parts, "and then it stays");
}

/// A word of a comment brought the only function of that name in, and what stood behind it in the prompt was read anew.
#[test]
fn what_is_named_in_a_comment_or_in_a_string_stays_out() {
    for prose in ["// as rainfall_of_last_week is ", "let a = \"rainfall_of_last_week \"; ", "let a = \"rainfall_of_last_week is "] {
        let (mut place, corpus, before) = crowded();
        place.type_in(prose);
        assert_eq!(place.pack(&corpus, 200).parts, before.parts, "{prose}");
    }
}

/// What a place had in its prompt was forgotten as soon as the user looked elsewhere.
#[test]
fn who_comes_back_finds_the_prompt_that_was_there() {
    let (mut place, corpus, before) = crowded();
    let (path, text, offset) = (place.path.clone(), place.text.clone(), place.offset);
    place.go("src/weather.rs", "pub fn rainfall_of_last_week(place: &str) -> f64 {\n    total_price_of_part_33($0\n}\n");
    assert_ne!(place.pack(&corpus, 200).parts, before.parts);
    (place.path, place.text, place.offset) = (path, text, offset);
    let again = place.pack(&corpus, 200);
    assert_eq!((&again.parts, again.prefix_reused), (&before.parts, before.tokens));
}

/// An open string hid the rest of its file: what a prompt still showed of it was said to be gone, and the head was thrown away.
#[test]
fn a_half_written_file_is_not_said_to_have_lost_what_an_open_string_hides() {
    let office =
        "class Office:\n    def open_mail(self, mail):\n        $0\n\n    def weigh_parcel(self, parcel):\n        \"\"\"In grams.\"\"\"\n";
    let counter = "from office import Office\n\ndef serve(office: Office, parcel):\n    office.weigh_parcel(parcel)\n    $0\n";
    let mut place = Place::new(&format!("//- /office.py\n{}//- /counter.py\n{counter}", office.replace("$0", "return mail")));
    let index = Index::start(place.roots.clone(), place.registry.clone(), Options::default());
    index.wait_ready();
    let corpus = place.corpus(index.view());
    assert!(all(&place.pack(&corpus, 200)).contains("def weigh_parcel"));
    place.go("office.py", office);
    place.type_in("\"\"\"Looks into ");
    let path = place.roots.resolve("office.py").unwrap();
    index.update(document(&path, 1, &place.text));
    index.sync();
    let view = index.view();
    let now = Digest::new(&view, view.at(&path).unwrap(), &place.text).map(Arc::new);
    let after = place.pack_with(&corpus, 200, &|path| now.clone().filter(|_| path == "office.py"));
    assert!(after.parts.iter().all(|part| part.kind != Kind::Correction), "{after:?}");
}

/// What the user had just written in another file stayed out for as long as typing went on where it was wanted.
#[test]
fn what_was_just_written_comes_in_while_the_head_stays() {
    let (mut place, corpus, _) = crowded();
    let path = place.roots.resolve("src/weather.rs").unwrap();
    let text = std::fs::read_to_string(path.absolute()).unwrap();
    let line = text.lines().position(|line| line.contains("fn rainfall")).unwrap();
    place.handle.visited("src/weather.rs", line as u32);
    place.type_in("let");
    let after = place.pack(&corpus, 200);
    assert!(all(&after).contains("pub fn rainfall_of_last_week") && after.prefix_reused > 0, "{}", all(&after));
    place.type_in(" wet = rainfall_of_last_week(place);\n        let taxes = taxed(");
    let later = place.pack(&corpus, 200);
    assert!(all(&later).contains("pub fn rainfall_of_last_week") && all(&later).contains("pub fn taxed("), "{}", all(&later));
}

/// C, C++ and Java had no function at all, TypeScript one that was closed above the cursor.
#[test]
fn the_enclosing_function_is_known_in_every_language() {
    let rows = [
        (
            "a.c",
            "int parse_all(int a) {\n  return a;\n}\n\nstatic int\nsend_mail(struct mail *one)\n{\n    $0\n}\n",
            Some("send_mail"),
            None,
        ),
        ("a.c", "int parse_all(int a) {\n  return a;\n}\n\n$0\nint send_mail(int b);\n", None, None),
        ("a.cc", "int Office::send_mail(int a) {\n  $0\n}\nclass Office {};\n", Some("send_mail"), Some("Office")),
        (
            "A.java",
            "class Office {\n  int parse_all() {\n    return 1;\n  }\n  int send_mail() {\n    $0\n  }\n}\n",
            Some("send_mail"),
            Some("Office"),
        ),
        (
            "a.ts",
            "function parse_all() {\n  return 1;\n}\n\nclass Office {\n  send_mail(to: string) {\n    $0\n  }\n}\n",
            Some("send_mail"),
            Some("Office"),
        ),
        ("a.ts", "function parse_all() {\n  return 1;\n}\n\nconst send_mail = (to: string) => {\n  $0\n};\n", Some("send_mail"), None),
        ("a.ts", "function parse_all() {\n  return 1;\n}\n\n$0\nfunction send_mail() {}\n", None, None),
        ("a.js", "function parse_all() {\n  return 1;\n}\n\nfunction send_mail() {\n  const a = parse_all($0\n", Some("send_mail"), None),
        ("a.py", "def parse_all():\n    return 1\n\nlimit = 3\n$0\n\ndef send_mail():\n    pass\n", None, None),
        (
            "a.py",
            "def parse_all():\n    return 1\n\nclass Office:\n    def send_mail(\n        self,\n    ):\n        $0\n",
            Some("send_mail"),
            Some("Office"),
        ),
        ("a.rs", "fn parse_all() {\n}\n\nstatic A: u8 = 1;\n$0\nfn send_mail() {}\n", None, None),
    ];
    for (path, text, function, owner) in rows {
        let place = Place::new(&format!("//- /{path}\n{text}"));
        let corpus = place.corpus(place.view());
        let parsed = longsight::syntax::parse(place.registry.by_path(path).unwrap(), place.text.as_str()).unwrap();
        let scene = Scene::read(&corpus, place.language(), Some(&parsed), &mut Reading::default(), &place.text, place.offset);
        let found = scene.function.map(|name| corpus.text(name));
        assert_eq!((found, scene.function_line.is_some()), (function, function.is_some()), "{text}");
        assert_eq!(scene.owners.first().map(|name| corpus.text(*name)), owner, "{text}");
    }
}

/// A function without a body, and one that held an open string, took all that follows for their headings: each type there was one that
/// they take, and its fields filled the prompt.
#[test]
fn what_follows_a_half_written_function_is_no_part_of_its_heading() {
    let rows = [
        (
            "a.py",
            "def send_mail(\n    one: Mail,\n) -> None:\n    \"\"\"Sends $0\n\ndef weigh(other: Parcel):\n    \"\"\"In grams.\"\"\"\n",
        ),
        ("a.py", "def send_mail(one: Mail) -> None:\n    $0\n\ndef weigh(other: Parcel):\n    return 1\n"),
        ("a.py", "def send_mail(one: Mail) -> None:\n    weigh(one, $0\n\ndef weigh(other: Parcel):\n    return 1\n"),
        ("a.rs", "fn send_mail(one: Mail) {\n    weigh(\"$0\n\nfn weigh(other: Parcel) {\n    1\n}\n"),
        ("a.ts", "function send_mail(one: Mail) {\n  weigh(`$0\n\nfunction weigh(other: Parcel) {\n  return 1;\n}\n"),
    ];
    for (path, text) in rows {
        let place = Place::new(&format!("//- /{path}\n{text}//- /post.py\nclass Mail:\n    pass\n\nclass Parcel:\n    pass\n"));
        let corpus = place.corpus(place.view());
        let scene = Scene::read(&corpus, place.language(), place.parsed().as_ref(), &mut Reading::default(), &place.text, place.offset);
        let takes = |name: &str| scene.signature.iter().any(|known| corpus.text(*known) == name);
        assert!(takes("Mail") && !takes("Parcel"), "{text}");
    }
}

/// An open bracket or string hid the function around it from the tree, and a loop or condition beside it seemed to be the function: with
/// every third key or so another prompt was made.
#[test]
fn a_half_written_statement_does_not_hide_its_function() {
    let c = "  if (kind_of(paths) != ARRAY) {\n    drop_all(paths);\n    return fail(\"Paths must be an array\");\n  }\n";
    let java = "    for (Path one : all(\"x\")) {\n      if (one.isGone()) { drop(one, paths(\"a\", 1)); }\n    }\n";
    let wide =
        "    // Loops through all.\n    Node node = first.child();\n    while (node.isThere()) {\n        Item item = node.item();\n";
    let typescript = "    if (one.isGone()) {\n      drop(one, `paths ${one}`, [1, 2]);\n    }\n    return { one, two: all(1) };\n";
    let rows = [
        (
            "a.c",
            "#include \"a.h\"\n\nstatic int count(int a) {\n  return a;\n}\n\nstatic value\ndrop_paths(value object, value paths) {\n$0}\n\nint later(int b) {\n  return b;\n}\n",
            c,
            "drop_paths",
        ),
        (
            "a.cc",
            "static int count(int a)\n{\n    return a;\n}\n\nNote::Note(const Node &first) : Base(first)\n{\n$0}\n\nint later(int b)\n{\n    return b;\n}\n",
            wide,
            "Note",
        ),
        (
            "A.java",
            "class A {\n  int count() {\n    return 1;\n  }\n\n  @Override\n  public void dropPaths(Path from)\n      throws Gone {\n$0  }\n\n  int later() {\n    return 2;\n  }\n}\n",
            java,
            "dropPaths",
        ),
        (
            "a.ts",
            "class A {\n  count(): number {\n    return 1;\n  }\n\n  dropPaths(one: Path, all: Count) {\n$0  }\n\n  later() {\n    return 2;\n  }\n}\n",
            typescript,
            "dropPaths",
        ),
    ];
    for (path, text, body, function) in rows {
        let mut place = Place::new(&format!("//- /{path}\n{text}"));
        let corpus = place.corpus(place.view());
        let named = text.lines().position(|line| line.contains(&format!("{function}(")));
        for letter in body.chars() {
            place.type_in(&letter.to_string());
            let scene = Scene::read(&corpus, place.language(), place.parsed().as_ref(), &mut Reading::default(), &place.text, place.offset);
            let found = scene.function.map(|name| corpus.text(name));
            assert_eq!((found, scene.function_named), (Some(function), named), "{}", &place.text[..place.offset]);
        }
    }
}

/// The prompts of seconds said that what was just renamed or deleted was still there.
#[test]
fn what_was_renamed_or_deleted_is_corrected() {
    let place = Place::new(SHOP);
    let index = Index::start(place.roots.clone(), place.registry.clone(), Options::default());
    index.wait_ready();
    let corpus = place.corpus(index.view());
    place.pack(&corpus, 200);
    let path = place.roots.resolve("src/money.rs").unwrap();
    let text = std::fs::read_to_string(path.absolute()).unwrap();
    let deleted = text.replace("pub fn taxed(amount: Money) -> Money {\n    amount\n}\n", "");
    assert_ne!(deleted, text);
    let gone = "(gone: pub fn taxed(amount: Money) -> Money {)";
    for (version, now, said) in [
        (1, text.replace("taxed(", "with_taxes("), format!("{gone}\npub fn with_taxes(amount: Money) -> Money {{")),
        (2, deleted, gone.to_string()),
    ] {
        index.update(document(&path, version, &now));
        index.sync();
        let view = index.view();
        let file = view.at(&path).unwrap().clone();
        let pack = place
            .pack_with(&corpus, 200, &|path| (path == "src/money.rs").then(|| Digest::new(&view, &file, &now).map(Arc::new)).flatten());
        let last = pack.parts.last().unwrap();
        assert_eq!((last.kind, last.text.trim()), (Kind::Correction, said.as_str()), "{pack:?}");
    }
}

#[test]
fn a_changed_definition_is_corrected_behind_a_head_that_stays() {
    let place = Place::new(SHOP);
    let index = Index::start(place.roots.clone(), place.registry.clone(), Options::default());
    index.wait_ready();
    let corpus = place.corpus(index.view());
    let before = place.pack(&corpus, 200);
    let path = place.roots.resolve("src/money.rs").unwrap();
    let text = std::fs::read_to_string(path.absolute()).unwrap().replace("taxed(amount: Money)", "taxed(amount: Money, rate: u8)");
    index.update(document(&path, 1, &text));
    index.sync();
    let view = index.view();
    let now = Arc::new(Digest::new(&view, view.at(&path).unwrap(), &text).unwrap());
    let after = place.pack_with(&corpus, 200, &|path| (path == "src/money.rs").then(|| now.clone()));
    assert!(after.parts.starts_with(&before.parts), "the head stays");
    let correction = &after.parts[before.parts.len()];
    assert_eq!(correction.kind, Kind::Correction);
    assert_eq!(correction.text.trim(), "pub fn taxed(amount: Money, rate: u8) -> Money {");
    assert!(after.tokens <= after.budget);
}

#[test]
fn a_corpus_that_is_refreshed_after_an_edit_knows_what_a_new_one_knows() {
    let place = Place::new(SHOP);
    let index = Index::start(place.roots.clone(), Arc::new(Registry::new()), Options::default());
    index.wait_ready();
    let read = |path: &WorkspacePath| std::fs::read_to_string(path.absolute()).ok().map(Arc::from);
    let before = Corpus::new(index.view(), None, read);
    let path = place.roots.resolve("src/money.rs").unwrap();
    for (version, edit) in
        [("let body = 1;", "        let body = 1;\n"), ("fn refunded", "    pub fn refunded(self) -> Money {\n        self\n    }\n")]
    {
        let text = read(&path).unwrap().replace("    pub fn plus", &format!("{edit}    pub fn plus"));
        index.update(document(&path, version.len() as i32, &text));
        index.sync();
        let now = |wanted: &WorkspacePath| {
            if *wanted == path { Some(Arc::from(text.as_str())) } else { read(wanted) }
        };
        let refreshed = before.refreshed(index.view(), now).expect("one file has changed, none is new");
        let rebuilt = Corpus::new(index.view(), None, now);
        let known = |corpus: &Corpus| {
            let all = (0..corpus.files.len() as u32).flat_map(|file| corpus.of_file(file));
            let mut all: Vec<(String, u32, u32)> = all
                .map(|number| &corpus.symbols[number as usize])
                .map(|symbol| {
                    let counts = corpus.counts[symbol.slot as usize];
                    assert!(corpus.defined(symbol.name).iter().any(|number| corpus.symbols[*number as usize].index == symbol.index));
                    (corpus.signature(symbol).to_string(), counts.files, counts.definitions)
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(known(&refreshed), known(&rebuilt), "after {version}");
    }
}

#[test]
fn k12_a_secret_in_a_signature_is_masked() {
    let place = Place::new(
        "
//- /settings.py
def connect(token: str = \"ghp_abcdefghijklmnopqrstuvwxyz0123456789\"):
    pass
//- /main.py
from settings import connect

def run():
    connect($0)
",
    );
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 200);
    assert!(all(&pack).contains("def connect"), "{:?}", all(&pack));
    assert!(!all(&pack).contains("ghp_abc"), "{:?}", all(&pack));
}

#[test]
fn c12_what_is_ignored_or_secret_is_in_no_context() {
    let place = Place::new(
        "
//- /.gitignore
generated/
//- /generated/tables.py
def frobnicate_table():
    pass
//- /.env.py
def frobnicate_secret():
    pass
//- /.ssh/id_rsa
def frobnicate_key():
    pass
//- /main.py
def run():
    frobnicate_table()
    $0
",
    );
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 400);
    assert!(!all(&pack).contains("frobnicate_table") && !all(&pack).contains("frobnicate_key"), "{:?}", all(&pack));
}

const TRANSPORTS: &str = "
//- /src/lib.rs
mod checksum;
mod framing;
mod serial;
mod socket;
mod weather;
//- /src/checksum.rs
pub fn crc_of(bytes: &[u8]) -> u32 {
    bytes.len() as u32
}
//- /src/framing.rs
pub fn escaped(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}
//- /src/serial.rs
use crate::checksum::crc_of;
use crate::framing::escaped;

pub fn write_frame(port: &mut Vec<u8>, payload: &[u8]) {
    port.extend(escaped(payload));
    port.extend(crc_of(payload).to_le_bytes());
}
//- /src/weather.rs
pub fn rainfall(place: &str) -> f64 {
    0.0
}

pub fn sunshine(place: &str) -> f64 {
    rainfall(place)
}
//- /src/socket.rs
pub fn write_frame(stream: &mut Vec<u8>, payload: &[u8]) {
    $0
}
";

#[test]
fn what_functions_of_the_same_name_use_is_foreseen() {
    let place = Place::new(TRANSPORTS);
    let corpus = place.corpus(place.view());
    let scene = Scene::read(&corpus, place.language(), None, &mut Reading::default(), &place.text, place.offset);
    let ranker = Ranker::new(&corpus, &scene, place.language(), &place.path);
    let probability = |name: &str| {
        let number = corpus.defined(corpus.name(name).unwrap())[0];
        ranker.probability(&corpus.symbols[number as usize])
    };
    // Nothing in the file names any of the three.
    assert!(probability("crc_of") > 2.0 * probability("rainfall"), "{} {}", probability("crc_of"), probability("rainfall"));
    assert!(probability("escaped") > 2.0 * probability("rainfall"));
}

/// "Used by similar files" was said of nearly everything, also of what nobody else uses.
#[test]
fn the_reason_is_what_ties_a_definition_to_the_place() {
    let place = Place::new(
        "//- /util.py\ndef load_rows(a): return a\ndef drop_rows(a): return load_rows(a)\n//- /main.py\nfrom util import load_rows\n\ndef go():\n    load_rows($0\n//- /z.py\nx = 1\n",
    );
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 400);
    assert_eq!(pack.parts.iter().find(|part| &*part.path == "util.py").unwrap().why, "load_rows: named near the cursor");
    assert!(pack.parts.iter().all(|part| !part.why.contains("similar files")), "{pack:?}");
}

/// How a file is written is no part of what its definitions look like.
#[test]
fn byte_order_marks_and_returns_are_not_shown() {
    let place = Place::new(
        "//- /util.py\n\u{feff}def load_rows(a,\r\n              b):\r\n    return a\r\n//- /main.py\nfrom util import load_rows\n\ndef go():\n    load_rows($0\n",
    );
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 400);
    assert_eq!(&*pack.parts[0].text, "def load_rows(a,\n              b):\n");
}

#[test]
fn members_are_shown_with_the_line_of_their_type() {
    let place = Place::new(
        "
//- /src/main.rs
use crate::clock::{Clock, Watch};

fn main() {
    let clock = Clock::starting(3);
    let watch = Watch::stopping(clock);
    watch.elapsed_seconds($0);
}
//- /src/clock.rs
pub struct Clock {
    ticks: u64,
}

impl Clock {
    pub fn starting(ticks: u64) -> Self {
        Self { ticks }
    }
}

pub struct Watch {
    clock: Clock,
}

impl<'a> From<&'a Clock> for Watch
where
    Clock: Clone,
{
    fn from(clock: &'a Clock) -> Self {
        Self { clock: clock.clone() }
    }
}

impl Watch {
    pub fn stopping(clock: Clock) -> Self {
        Self { clock }
    }

    pub fn elapsed_seconds(&self) -> u64 {
        self.clock.ticks
    }
}
//- /gears/wheel.go
package gears

type Wheel struct{}

func (w *Wheel) Turn(clock int) {}
",
    );
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, 400);
    let shown: String = pack.parts.iter().filter(|part| part.kind == Kind::Signature).map(|part| &*part.text).collect();
    let belongs = |member: &str| {
        let above = &shown[..shown.find(member).unwrap_or_else(|| panic!("{member}: {shown}"))];
        above.lines().rev().find(|line| !line.starts_with(' ')).unwrap_or_default().to_string()
    };
    assert_eq!(belongs("pub fn starting"), "impl Clock {");
    assert_eq!(belongs("pub fn stopping"), "impl Watch {");
    assert_eq!(belongs("pub fn elapsed_seconds"), "impl Watch {");
    assert_eq!(shown.matches("impl Watch {").count(), 1, "{shown}");
    // The first line of such a part was said to be that of its first member.
    for part in pack.parts.iter().filter(|part| part.kind == Kind::Signature) {
        let file = place.read(&part.path).unwrap();
        let lines: Vec<&str> = file.lines().skip(part.start_line as usize - 1).collect();
        assert_eq!(part.text.lines().next(), lines.first().copied(), "{part:?}");
        let within = &lines[..(part.end_line - part.start_line) as usize + 1];
        assert!(part.text.lines().all(|line| within.contains(&line)), "{part:?}");
    }
}
