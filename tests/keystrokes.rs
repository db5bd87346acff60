//! Keystrokes in an open document: what the index makes of them is what it makes of the whole text, and it costs what they change, also where
//! the text does not parse cleanly.

use std::sync::Arc;

use longsight::index::{Index, Options, Tier};
use longsight::syntax::{self, Registry, change};
use longsight::text::Text;
use longsight::workspace::{Document, Roots};

use crate::samples::samples;
use crate::support::tree::Tree;

/// What an index makes of a keystroke is what it makes of the whole text. In a strict process the index compares both itself, and its
/// thread dies where they differ, so that no later version arrives.
#[test]
fn edits_give_the_same_facts_as_a_fresh_parse() {
    longsight::report::be_strict();
    for (folder, name, text) in samples() {
        let tree = tempfile::tempdir().unwrap();
        let file = tree.path().join(&name);
        std::fs::write(&file, &text).unwrap();
        let roots = Arc::new(Roots::new([tree.path().to_path_buf()]));
        let registry = Arc::new(Registry::new());
        let language = registry.detect(&name, &text).unwrap().name.clone();
        let index = Index::start(roots.clone(), registry, Options::default());
        index.wait_ready();
        let place = roots.locate(&file).unwrap();
        let mut patched = 0;
        let mut session = Session { text: text.clone(), seed: 7 };
        for version in 0..400 {
            let text = Text::new(&session.text);
            let document =
                Document { uri: place.uri(), path: Some(place.clone()), language: language.clone(), version, text, desynced: false };
            index.update(document);
            index.sync();
            let view = index.view();
            let found = view.at(&place).unwrap();
            let hash = xxhash_rust::xxh3::xxh3_64(session.text.as_bytes());
            assert_eq!(found.hash, hash, "{folder}/{name}: version {version} made the index fail");
            patched += usize::from(found.tier == Tier::Parsed);
            session.step(version as usize, &text_of(&samples(), &name));
        }
        assert!(patched > 300, "{folder}/{name}: {patched}");
    }
}

/// Its facts were made anew, and all that is made of the view with them.
#[test]
fn a_document_that_is_opened_as_it_lies_on_disk_changes_nothing() {
    let text = "fn a() {\n    b();\n}\n";
    let tree = Tree::new(&[("a.rs", text), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(Options::default());
    let before = index.view();
    let document = |version: i32, text: &str| tree.document("a.rs", "rust", version, text);
    let told = index.update(document(1, text));
    index.sync();
    assert_eq!(index.view().generation(), before.generation());
    assert_eq!(*index.taken().borrow(), told, "it was looked at all the same");
    index.update(document(2, &text.replace("b();", "c();")));
    index.update(document(3, &text.replace("fn a", "fn d")));
    index.sync();
    assert!(index.view().named("a").is_empty() && index.view().named("d").len() == 1);
    // In another language it says something else.
    index.close(&document(3, "").uri);
    index.update(tree.document("a.rs", "python", 4, text));
    index.sync();
    assert!(index.view().named("a").is_empty() && index.view().named("d").is_empty());
    index.close(&document(4, "").uri);
    index.sync();
    tree.assert_fresh(&index);
}

fn text_of(samples: &[(String, String, String)], name: &str) -> String {
    samples.iter().find(|(_, known, _)| known == name).map(|(_, _, text)| text.clone()).unwrap_or_default()
}

/// Someone who types, deletes, breaks lines and brackets, and now and then goes back to what was right.
struct Session {
    text: String,
    seed: u64,
}

impl Session {
    fn random(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below.max(1)
    }

    fn boundary(&self, at: usize) -> usize {
        (at..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len())
    }

    fn step(&mut self, step: usize, whole: &str) {
        const TYPED: &[&str] = &[
            "x",
            "\n",
            "}",
            "(",
            " ",
            "\n\n",
            "1",
            "{",
            "\"",
            "/* c */",
            ".name",
            " = 1",
            "#",
            ", more",
            "\n    def f(): pass\n",
            "self.x = 1\n",
        ];
        if step % 40 == 39 {
            return self.text = whole.into();
        }
        let at = self.random(self.text.len());
        let at = self.boundary(at);
        match step % 5 {
            3 => {
                let end = self.random(24);
                let end = self.boundary((at + end).min(self.text.len()));
                self.text.replace_range(at..end, "");
            }
            4 => {
                // A piece of the text once more.
                let length = self.random(200);
                let end = self.boundary((at + length).min(self.text.len()));
                let piece = self.text[at..end].to_string();
                let to = self.random(self.text.len());
                let to = self.boundary(to);
                self.text.insert_str(to, &piece);
            }
            _ => {
                let typed = TYPED[self.random(TYPED.len())];
                self.text.insert_str(at, typed);
            }
        }
    }
}

/// Keystrokes in names of a long text with a broken place in the middle, one at the start or one at the end.
#[test]
fn a_keystroke_in_a_broken_text_costs_what_it_changes() {
    let registry = Registry::new();
    for (folder, name, text) in samples() {
        let language = registry.detect(&name, &text).unwrap();
        for broken in [0, 6, 11] {
            let copies: Vec<String> =
                (0..12).map(|at| if at == broken { format!("{text}\n)) ] == {{ ; (\n") } else { text.clone() }).collect();
            let mut session = Session { text: copies.join("\n"), seed: 3 };
            let mut before = syntax::parse(language, session.text.as_str()).unwrap();
            assert!(before.errors() > 0, "{folder}/{name}");
            let (mut told, mut replaced) = (0, 0);
            for _ in 0..40 {
                let at = session.random(session.text.len() - 1);
                let in_name = session.text.as_bytes()[at..at + 2].iter().all(u8::is_ascii_lowercase);
                if !in_name {
                    continue;
                }
                session.text.insert(at + 1, 'q');
                let after = before.edited(session.text.as_str()).unwrap();
                told += 1;
                replaced += change::between(&before, &after, &name).map_or(session.text.len(), |change| change.before.len());
                before = after;
            }
            // The broken place may be told as one piece; the rest is told by items.
            assert!(
                told > 4 && replaced < told * session.text.len() / 4,
                "{folder}/{name}: {replaced} bytes of {} by {told}",
                session.text.len()
            );
        }
    }
}
