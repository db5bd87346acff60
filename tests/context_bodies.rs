//! What a large budget shows behind the signatures: definitions that are hardly wanted, and whole definitions.

use longsight::context::{Kind, Pack, Part};

use super::context::{Place, thirds};

const SHOP: &str = r#"
//- /src/lib.rs
mod cart;
mod money;
mod weather;
//- /src/money.rs
pub struct Money {
    cents: u64,
}

impl Money {
    pub fn plus(self, other: Money) -> Money {
        Money { cents: self.cents + other.cents }
    }
}

pub fn taxed(amount: Money) -> Money {
    amount.plus(Money { cents: 19 })
}
//- /src/weather.rs
const UNITS_OF_RAIN: f64 = 0.25;

pub fn rainfall_of_last_week(place: &str) -> f64 {
    fn inches(millimetres: f64) -> f64 {
        millimetres / 25.4
    }
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    inches(UNITS_OF_RAIN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_rains_in_bergen() {
        super::rainfall_of_last_week("Bergen");
    }
}
//- /src/cart.rs
use crate::money::{Money, taxed};

pub fn total(prices: &[Money]) -> Money {
    $0
}

pub fn discount(prices: &[Money]) -> Money {
    taxed(prices[0])
}
"#;
const LARGE: usize = 10_000;

fn bodies(pack: &Pack) -> Vec<&Part> {
    pack.parts.iter().filter(|part| part.kind == Kind::Definition).collect()
}

#[test]
fn whole_definitions_follow_the_signatures_where_there_is_room() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, LARGE);
    let kinds: Vec<Kind> = pack.parts.iter().map(|part| part.kind).filter(|kind| *kind != Kind::Passage).collect();
    assert!(kinds.is_sorted_by_key(|kind| *kind == Kind::Definition), "the signatures stay in front: {kinds:?}");
    let found = bodies(&pack);
    let body = found.iter().find(|part| part.text.starts_with("pub fn taxed")).expect("it is imported");
    assert_eq!(&*body.text, "pub fn taxed(amount: Money) -> Money {\n    amount.plus(Money { cents: 19 })\n}");
    assert_eq!((&*body.path, body.start_line, body.end_line), ("src/money.rs", 11, 13));
    assert_eq!(body.tokens, thirds(&body.text) + thirds(&body.path) + 3);
    assert!(body.why.starts_with("taxed: "), "{}", body.why);
    assert!(found.iter().all(|part| &*part.path != "src/cart.rs"), "the current file is not repeated");
    for (at, part) in found.iter().enumerate() {
        let inside = |other: &&&Part| other.path == part.path && other.start_line <= part.end_line && part.start_line <= other.end_line;
        assert_eq!(found.iter().filter(inside).count(), 1, "number {at} is shown twice: {part:?}");
    }
    assert_eq!(pack.tokens, pack.parts.iter().map(|part| part.tokens).sum::<usize>());
    assert!(bodies(&place.pack(&corpus, 4096)).is_empty(), "a small budget is for signatures");
}

/// A definition that nothing ties to the place was never shown, however much room there was.
#[test]
fn what_is_hardly_wanted_fills_a_large_budget() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let signatures = |pack: &Pack| {
        let parts = pack.parts.iter().filter(|part| part.kind == Kind::Signature);
        parts.map(|part| &*part.text).collect::<String>()
    };
    let (small, large) = (signatures(&place.pack(&corpus, 4096)), signatures(&place.pack(&corpus, LARGE)));
    assert!(!small.contains("UNITS_OF_RAIN"), "the test needs a definition that is hardly wanted: {small}");
    assert!(large.contains("const UNITS_OF_RAIN: f64 = 0.25;"), "{large}");
    assert!(!large.contains("it_rains_in_bergen"), "a test is of no use outside of tests: {large}");
}

#[test]
fn whole_definitions_stay_while_a_function_is_written_and_at_the_next_one() {
    let mut place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let first = place.pack(&corpus, LARGE);
    let shown: Vec<Part> = bodies(&first).into_iter().cloned().collect();
    assert!(shown.len() >= 3, "{shown:?}");
    for line in ["let unrelated = 1;\n    ", "println!(\"{unrelated}\");\n    "] {
        place.type_in(line);
        let pack = place.pack(&corpus, LARGE);
        assert!(bodies(&pack).into_iter().eq(&shown), "typing {line:?} moves nothing");
        let front: usize = pack.parts.iter().filter(|part| part.kind != Kind::Passage).map(|part| part.tokens).sum();
        assert_eq!(pack.prefix_reused, front, "all of it counts as unchanged");
    }
    place.go("src/cart.rs", &place.text.replace("taxed(prices[0])", "$0"));
    assert!(bodies(&place.pack(&corpus, LARGE)).into_iter().eq(&shown), "all of it is wanted in the next function as well");
}

#[test]
fn a_whole_definition_goes_with_its_file_and_shows_no_secret() {
    let place = Place::new(SHOP);
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, LARGE);
    let rain = bodies(&pack).into_iter().find(|part| part.text.contains("fn rainfall_of_last_week")).expect("there is room for it");
    assert!(rain.text.contains("let token = \"<redacted "), "{}", &*rain.text);
    std::fs::write(place._folder.path().join("src/weather.rs"), "pub fn sunshine() -> f64 {\n    8.0\n}\n").unwrap();
    let corpus = place.corpus(place.view());
    let pack = place.pack(&corpus, LARGE);
    let shown: Vec<&Part> = bodies(&pack);
    assert!(!shown.iter().any(|part| part.text.contains("rainfall")), "{shown:?}");
    assert!(shown.iter().any(|part| part.text.contains("8.0")) && shown.iter().any(|part| part.text.contains("cents: 19")), "{shown:?}");
}
