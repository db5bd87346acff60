//! The first look of the ranking leaves out definitions that are hopeless at a place, and no others: it finds the same candidates as a
//! computation from the features of each definition.

use std::path::Path;

use longsight::context::corpus::Corpus;
use longsight::context::rank::Ranker;
use longsight::context::reading::Reading;
use longsight::context::scene::Scene;

use super::context::Place;

/// The log-odds from which on a definition is a candidate, and how far sums in another order may be from it.
const HOPELESS: f32 = -9.0;
const ROUNDING: f32 = 1e-4;

/// Our own sources, the cursor in one of them.
pub fn sources(at: &str) -> Place {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut fixture = String::new();
    for folder in ["src/context", "src/context/rank", "src/context/corpus", "src/index", "src/text"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap().replace("$0", "");
                let text = if name == at { text.replacen("    let ", "    $0let ", 1) } else { text };
                fixture += &format!("//- /{name}\n{text}\n");
            }
        }
    }
    Place::new(&fixture)
}

#[test]
fn the_first_look_finds_all_that_is_not_hopeless() {
    for at in ["src/context/handle.rs", "src/context/rank/second.rs", "src/index/names.rs", "src/text/words.rs"] {
        let place = sources(at);
        let corpus: Corpus = place.corpus(place.view());
        let query = place.query(&corpus, 1000, false, None);
        let scene = Scene::read(&corpus, query.language, None, &mut Reading::default(), query.text, query.offset);
        let ranker = Ranker::new(&corpus, &scene, query.language, query.path);
        let found: Vec<u32> = ranker.candidates().iter().map(|candidate| candidate.symbol).collect();
        let own = corpus.file(query.path);
        let odds = |probability: f32| (probability / (1.0 - probability)).ln();
        let others: Vec<u32> = corpus.live().filter(|(_, symbol)| Some(symbol.file) != own).map(|(number, _)| number).collect();
        assert!(!found.is_empty() && found.len() < others.len(), "{at}: {} of {}", found.len(), others.len());
        assert!(found.is_sorted());
        for number in others {
            let symbol = &corpus.symbols[number as usize];
            let sum = odds(ranker.probability(symbol));
            if (sum - HOPELESS).abs() > ROUNDING {
                assert_eq!(found.contains(&number), sum > HOPELESS, "{at}: {} comes to {sum}", corpus.text(symbol.name));
            }
        }
    }
}
