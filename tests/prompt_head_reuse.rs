//! A prompt at a new place reuses the start of an earlier prompt, as long as that saves more reading than it takes room from better parts.

use crate::context::{Place, all};

/// A workshop and a weather service of so many files each, more than a prompt of 4,096 tokens has room for.
fn two_worlds() -> String {
    let file = |at: usize| {
        let part = format!(
            "//- /src/parts/m{at}.rs\npub fn total_price_of_part_{at}(order: &Order, discount: Discount) -> Money {{\n    todo!()\n}}\n"
        );
        let rain = format!(
            "//- /src/rain/r{at}.rs\npub fn rainfall_of_station_{at}(place: &Place, week: Week) -> Millimetres {{\n    todo!()\n}}\n"
        );
        part + &rain
    };
    let bill = "//- /src/bill.rs\npub fn total_price(order: &Order) -> Money {\n    $0\n}\n";
    (0..100).map(file).chain([bill.to_string()]).collect()
}

/// A head that stayed was the longest one within a fixed loss: it cost what was needed where much was, and was short where little was.
#[test]
fn after_a_move_a_head_stays_that_saves_more_than_it_crowds_out() {
    let mut place = Place::new(&two_worlds());
    let corpus = place.corpus(place.view());
    let before = place.pack(&corpus, 4096);
    assert!(all(&before).matches("total_price_of_part_").count() > 60, "{}", all(&before));
    let called = |stations: std::ops::Range<usize>| stations.map(|at| format!("    rainfall_of_station_{at};\n")).collect::<String>();
    place.go("src/wet.rs", &format!("pub fn total_price_of_umbrellas(order: &Order) -> Money {{\n{}    $0\n}}\n", called(7..9)));
    let near = place.pack(&corpus, 4096);
    assert!(near.prefix_reused > near.tokens / 2, "{} of {}", near.prefix_reused, near.tokens);
    for station in ["rainfall_of_station_7(", "rainfall_of_station_8("] {
        assert!(all(&near).contains(station), "{}", all(&near));
    }
    place.go("src/rain/all.rs", &format!("pub fn rainfall(place: &Place) -> Millimetres {{\n{}    $0\n}}\n", called(20..90)));
    let far = place.pack(&corpus, 4096);
    let missing: Vec<usize> = (20..90).filter(|at| !all(&far).contains(&format!("rainfall_of_station_{at}("))).collect();
    // Of what is called farthest away a little may be left out for what is kept.
    assert!(
        missing.len() <= 7 && missing.iter().all(|at| *at < 50) && far.prefix_reused < near.prefix_reused,
        "{missing:?} {} of {}",
        far.prefix_reused,
        far.tokens
    );
}

/// Functions that every board defines anew; at the place, the header beside it is meant. The boards come first in a prompt.
fn one_header_for_many_boards() -> String {
    let names = || (0..40).map(|number| format!("measured_weight_of_part_{number}"));
    let declared: String = names().map(|name| format!("int {name}(struct part *part, int unit);\n")).collect();
    let defined: String = names().map(|name| format!("int {name}(struct part *part, int unit)\n{{\n    return unit;\n}}\n\n")).collect();
    let boards: String = (0..6).map(|number| format!("//- /boards/board_{number}.c\n{defined}")).collect();
    let called: String = names().map(|name| format!("    total += {name}(part, 1);\n")).collect();
    let first = format!("int weigh_first(struct part *part)\n{{\n{called}    return total;\n}}\n");
    let place = format!("#include \"weight.h\"\n\n{first}\nint weigh_all(struct part *part)\n{{\n    $0\n}}\n");
    format!("{boards}//- /src/weight.h\n{declared}//- /src/all.c\n{place}")
}

/// The first definition of a name in the prompt counted in full, and the likelier ones after it for a quarter: a large pack that had just
/// been made seemed to be worth little, and was made again at each place, and in some repositories with each key.
#[test]
fn a_pack_is_worth_as_much_as_the_same_one_made_from_scratch() {
    let mut place = Place::new(&one_header_for_many_boards());
    let corpus = place.corpus(place.view());
    let before = place.pack(&corpus, 16384);
    assert!(all(&before).matches("measured_weight_of_part_7(").count() > 3, "{}", all(&before));
    place.type_in("return measured_");
    let typed = place.pack(&corpus, 16384);
    assert!(typed.prefix_reused > before.tokens - before.tokens / 10, "{} of {}", typed.prefix_reused, before.tokens);
    let text = place.text.clone() + "\nint weigh_last(struct part *part)\n{\n    $0\n}\n";
    place.go("src/all.c", &text);
    let next = place.pack(&corpus, 16384);
    assert!(next.prefix_reused > before.tokens - before.tokens / 10, "{} of {}", next.prefix_reused, before.tokens);
}
