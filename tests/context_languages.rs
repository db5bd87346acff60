//! What a prompt is missing in the languages that the ranking was not fitted on: each of these was left out, or came in twice.

use crate::context::{Place, all};

fn pack(fixture: &str, budget: usize) -> String {
    let place = Place::new(fixture);
    let corpus = place.corpus(place.view());
    all(&place.pack(&corpus, budget))
}

/// `#define failf Curl_failf` was taken for a macro that stands for nothing, as it ends with its own name.
#[test]
fn a_macro_whose_value_ends_with_its_name_is_shown() {
    let text = pack(
        "//- /log.h\n#ifndef LOG_H\n#define LOG_H\n#define failf Ring_failf\nvoid Ring_failf(const char *said);\n#endif\n\
         //- /main.c\n#include \"log.h\"\n\nint main(void) {\n    failf(\"no\");\n    $0\n}\n",
        2000,
    );
    assert!(text.contains("#define failf Ring_failf"), "{text}");
    assert!(!text.contains("#define LOG_H"), "{text}");
}

/// A long `typedef struct { … } name;` was shown in one line, which stands nowhere in its file.
#[test]
fn a_type_that_is_named_behind_its_body_is_shown_by_its_own_lines() {
    let fields: String = (0..20).map(|number| format!("    unsigned long counter_of_kind_{number};\n")).collect();
    let text = pack(
        &format!(
            "//- /ring.h\ntypedef struct ring {{\n{fields}}} ring_t;\n\n\
             //- /main.c\n#include \"ring.h\"\n\nvoid fill(ring_t *ring) {{\n    $0\n}}\n"
        ),
        120,
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.contains(&"typedef struct ring {") && lines.contains(&"} ring_t;"), "{text}");
}
