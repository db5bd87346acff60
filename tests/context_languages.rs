//! What a prompt is missing in the languages that the ranking was not fitted on: each of these was left out, or came in twice.

use longsight::context::scene::Scene;

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

/// The prototype and the definition of a function stood below each other.
#[test]
fn a_function_that_a_header_declares_is_shown_once_and_where_it_is_defined() {
    let others: String = (0..40).map(|number| format!("int ring_step_of_kind_{number}(struct ring *ring);\n")).collect();
    let text = pack(
        &format!(
            "//- /ring.h\nstruct ring;\nint ring_put(struct ring *into, int value);\n{others}\
             //- /ring.c\n#include \"ring.h\"\n\nint ring_put(struct ring *into, int value) {{\n    return value;\n}}\n\
             //- /main.c\n#include \"ring.h\"\n\n/* Puts a value into the ring. */\nint turn(struct ring *ring, int value) {{\n    $0\n}}\n"
        ),
        200,
    );
    assert!(text.contains("int ring_put(struct ring *into, int value) {"), "{text}");
    assert!(!text.contains("int ring_put(struct ring *into, int value);"), "{text}");
    assert!(text.contains("int ring_step_of_kind_"), "what is defined nowhere is declared: {text}");
}

/// The same of methods, which classes declare.
#[test]
fn a_method_that_its_class_declares_is_shown_where_it_is_defined() {
    let others: String = (0..40).map(|number| format!("    bool stepOfKind{number}(int by) const;\n")).collect();
    let text = pack(
        &format!(
            "//- /ring.h\n#pragma once\nclass Ring {{\npublic:\n    bool put(int value);\n{others}}};\n\
             //- /ring.cc\n#include \"ring.h\"\n\nbool Ring::put(int value) {{\n    return value > 0;\n}}\n\
             //- /main.cc\n#include \"ring.h\"\n\n// Puts a value into the ring.\nbool turn(Ring &ring, int value) {{\n    $0\n}}\n"
        ),
        200,
    );
    assert!(text.contains("bool Ring::put(int value) {") && !text.contains("bool put(int value);"), "{text}");
}

/// What a static function of another file is called says nothing of a declaration.
#[test]
fn a_declaration_stays_where_only_another_file_has_such_a_function_for_itself() {
    let text = pack(
        "//- /ring.h\nint ring_put(int value);\n\
         //- /other.c\nstatic int ring_put(int value) {\n    return value;\n}\n\
         //- /main.c\n#include \"ring.h\"\n\nint turn(int value) {\n    ring_put(value);\n    $0\n}\n",
        400,
    );
    assert!(text.contains("int ring_put(int value);"), "{text}");
}

/// Constants of other files were foreseen as seldom as fields are: the ranking was fitted where they are hardly ever what is used.
#[test]
fn constants_are_foreseen_where_a_language_declares_them() {
    let functions: String = (0..60)
        .map(|number| format!("export function turnTheWheelOfKind{number}(by: number): number {{\n    return by + {number};\n}}\n"))
        .collect();
    let script = format!(
        "//- /src/limits.ts\nexport const MOST_ITEMS = 40;\nexport const LEAST_ITEMS = 2;\n\
         //- /src/wheels.ts\n{functions}\
         //- /src/cart.ts\nimport {{ MOST_ITEMS }} from './limits';\n\nexport function isFull(items: number): boolean {{\n    $0\n}}\n"
    );
    let text = pack(&script, 150);
    assert!(text.contains("export const MOST_ITEMS = 40;"), "{text}");

    let functions: String =
        (0..60).map(|number| format!("func turnWheel{number}(by int) int {{\n\treturn by + {number}\n}}\n\n")).collect();
    let package = format!(
        "//- /limits.go\npackage shop\n\nconst (\n\tmostItems  = 40\n\tleastItems = 2\n)\n\
         //- /wheels.go\npackage shop\n\n{functions}\
         //- /cart.go\npackage shop\n\n// isFull says whether there are too many items.\nfunc isFull(items int) bool {{\n\t$0\n}}\n"
    );
    let text = pack(&package, 150);
    assert!(text.contains("mostItems  = 40"), "{text}");
}

/// A variable that holds a module is no constant that others want.
#[test]
fn what_is_taken_from_a_module_is_no_value_of_the_file() {
    let place = Place::new(
        "//- /a.js\nconst util = require('./util');\nconst LIMIT = 4;\nmodule.exports = { LIMIT };\n//- /util.js\nexports.x = 1;\n//- /b.js\nconst { LIMIT } = require('./a');\n$0\n",
    );
    let corpus = place.corpus(place.view());
    let declared: Vec<(&str, bool)> = corpus
        .live()
        .filter(|(_, symbol)| &*corpus.files[symbol.file as usize].path == "a.js")
        .map(|(_, symbol)| (corpus.text(symbol.name), symbol.declared))
        .collect();
    assert_eq!(declared, [("util", false), ("LIMIT", true)]);
}

/// Files of the own package, and of packages that are imported by their folder, were as far away as any other: no import says their names.
#[test]
fn files_of_a_package_are_meant_by_the_import_of_its_folder() {
    let meant = |fixture: &str| -> Vec<String> {
        let place = Place::new(fixture);
        let corpus = place.corpus(place.view());
        let scene = Scene::new(&corpus, place.language(), &place.text, place.text.len());
        let sure = corpus.imported(&scene.import_words, place.language(), &place.path);
        let files = corpus.files.iter().zip(sure).filter(|(digest, sure)| *sure > 0.0 && *digest.path != *place.path);
        files.map(|(digest, _)| digest.path.to_string()).collect()
    };
    let go = "//- /go.mod\nmodule example.org/shop\n//- /money/coins.go\npackage money\n\nfunc Coins() int { return 1 }\n\
              //- /weather/rain.go\npackage weather\n\nfunc Rain() int { return 1 }\n\
              //- /cart/items.go\npackage cart\n\nfunc items() int { return 1 }\n\
              //- /cart/total.go\npackage cart\n\nimport \"example.org/shop/money\"\n\nfunc total() int {\n\t$0\n}\n";
    assert_eq!(meant(go), ["cart/items.go", "money/coins.go"]);
    let java = "//- /shop/cart/Items.java\npackage shop.cart;\nclass Items {}\n//- /shop/weather/Rain.java\npackage shop.weather;\npublic class Rain {}\n\
                //- /shop/cart/Total.java\npackage shop.cart;\nclass Total {\n    int sum() {\n        $0\n    }\n}\n";
    assert_eq!(meant(java), ["shop/cart/Items.java"]);
}
