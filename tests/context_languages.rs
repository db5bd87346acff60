//! What a prompt is missing in the languages that the ranking was not fitted on: each of these was left out, or came in twice.

use longsight::context::reading::Reading;
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
        let scene = Scene::read(&corpus, place.language(), None, &mut Reading::default(), &place.text, place.text.len());
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

/// A module that a file calls otherwise than its file is called was tied to nothing: `const lint = require('./lint-rules')`,
/// `import { Marks } from './shared'` where that hands on `./marks` as a whole, a package of several files.
#[test]
fn a_name_stands_for_the_module_that_the_import_gives_it() {
    let modules = |fixture: &str| -> Vec<(String, Vec<String>)> {
        let place = Place::new(fixture);
        let corpus = place.corpus(place.view());
        let path = |file: &u32| corpus.files[*file as usize].path.to_string();
        let found = corpus.modules(&place.path, place.language());
        found.iter().map(|(name, files)| (corpus.text(*name).to_string(), files.iter().map(path).collect())).collect()
    };
    let one = |name: &str, file: &str| (name.to_string(), vec![file.to_string()]);
    let rules = "//- /lib/lint-rules.js\nfunction strict() {}\nmodule.exports = { strict };\n";
    let loaded = "//- /lib/main.js\nconst lint = require('./lint-rules');\nconst { strict } = require('./lint-rules');\n$0\n";
    assert_eq!(modules(&format!("{rules}{loaded}")), [one("lint", "lib/lint-rules.js")]);
    let marks = "//- /src/shared/marks.ts\nexport const BOLD = 'b';\n";
    let main = "//- /src/view.ts\nimport { Marks, join } from './shared';\n$0\n";
    for hands_on in ["import * as Marks from './marks';\nexport { Marks };", "export * as Marks from './marks';"] {
        let shared = format!("//- /src/shared/index.ts\n{hands_on}\nexport function join() {{}}\n");
        assert_eq!(modules(&format!("{marks}{shared}{main}")), [one("Marks", "src/shared/marks.ts")], "{hands_on}");
    }
    let python = "//- /shop/__init__.py\n//- /shop/money.py\nclass Coin: pass\n\
                  //- /shop/cart.py\nfrom . import money as cash\nfrom .money import Coin\n$0\n";
    assert_eq!(modules(python), [one("cash", "shop/money.py")]);
    let whole =
        "//- /shop/__init__.py\n//- /shop/money.py\nclass Coin: pass\n//- /cart.py\nimport shop.money as cash, os.path as path\n$0\n";
    assert_eq!(modules(whole), [one("cash", "shop/money.py")]);
    let rust = "//- /src/money.rs\npub struct Coin;\n//- /src/cart.rs\nuse crate::money as cash;\nuse crate::money::Coin;\n$0\n";
    assert_eq!(modules(rust), [one("cash", "src/money.rs")]);
    let go = "//- /go.mod\nmodule example.org/shop\n//- /money/coins.go\npackage money\n\nfunc Coins() {}\n\
              //- /money/notes.go\npackage money\n\nfunc Notes() {}\n//- /weather/rain.go\npackage weather\n\nfunc Rain() {}\n\
              //- /cart/total.go\npackage cart\n\nimport (\n\t\"fmt\"\n\t\"example.org/shop/money\"\n)\n\nfunc total() {\n\t$0\n}\n";
    let both = vec!["money/coins.go".to_string(), "money/notes.go".to_string()];
    assert_eq!(modules(go), [("money".to_string(), both.clone())]);
    assert_eq!(modules(&go.replace("\"example.org/shop/money", "cash \"example.org/shop/money")), [("cash".to_string(), both)]);
    let version = "//- /go.mod\nmodule example.org/shop/v2\n//- /shop.go\npackage shop\n\nfunc Open() {}\n\
                   //- /cmd/main.go\npackage main\n\nimport \"example.org/shop/v2\"\n\nfunc main() {\n\t$0\n}\n";
    assert_eq!(modules(version), [one("shop", "shop.go")]);
}

/// Behind `cash.`, where `cash` is what the import calls the module, nothing told its functions from those of other imported modules.
#[test]
fn a_module_under_another_name_has_its_members_behind_the_dot() {
    let functions = |of: &str| -> String { (0..30).map(|number| format!("func {of}{number}() int {{ return {number} }}\n")).collect() };
    let go = format!(
        "//- /go.mod\nmodule example.org/shop\n//- /a/a.go\npackage a\n\n{}//- /z/z.go\npackage z\n\n{}//- /m/m.go\npackage m\n\n{}\
         //- /cart/total.go\npackage cart\n\nimport (\n\t\"example.org/shop/a\"\n\tcash \"example.org/shop/m\"\n\t\"example.org/shop/z\"\n)\n\n\
         func total() int {{\n\treturn a.Among1() + z.Zinc1() + cash.$0\n}}\n",
        functions("Among"),
        functions("Zinc"),
        functions("Coins")
    );
    let text = pack(&go, 300);
    assert!(text.matches("func Coins").count() > 20, "{text}");
}

/// The members of a base that its import gives another name were no members.
#[test]
fn a_base_under_another_name_has_its_members() {
    let methods: String = (0..6).map(|number| format!("    def mix_paint_{number}(self, of):\n        return of\n\n")).collect();
    let site =
        "//- /cart.py\nfrom shop.paints import Palette as Plain\n\n\nclass Card(Plain):\n    def show(self):\n        return self.$0\n";
    has_all(&format!("//- /shop/paints.py\nclass Palette:\n{methods}{site}"), &["mix_paint_0(", "mix_paint_5("]);
}

/// What such a module offers was as far away as anything else.
#[test]
fn a_module_that_is_called_otherwise_than_its_file_is_foreseen_where_its_name_stands() {
    let offered: String = (0..30).map(|number| format!("exports.strictness{number} = function (of) {{ return of; }};\n")).collect();
    let site = "//- /src/main.js\nconst lint = require('./lint-rules');\n\nfunction run(on) {\n    lint.begin(on);\n    $0\n}\n";
    has_all(&format!("//- /src/lint-rules.js\n{offered}{site}"), &["exports.strictness0 ", "exports.strictness5 "]);
}

/// Functions that are likelier everywhere than what stands behind a dot, where that is not known.
fn wheels(extension: &str) -> String {
    let line = |number: usize| match extension {
        "c" | "cpp" => format!("int turn_wheel_of_kind_{number}(int by) {{ return by + {number}; }}\n"),
        "py" => format!("def turn_wheel_of_kind_{number}(by):\n    return by + {number}\n\n\n"),
        "go" => format!("func TurnWheelOfKind{number}(by int) int {{ return by + {number} }}\n"),
        "java" => format!("    public static int turnWheelOfKind{number}(int by) {{ return by + {number}; }}\n"),
        "rs" => format!("pub fn turn_wheel_of_kind_{number}(by: u32) -> u32 {{ by + {number} }}\n"),
        _ => format!("export function turnWheelOfKind{number}(by) {{ return by + {number}; }}\n"),
    };
    let lines: String = (0..60).map(line).collect();
    match extension {
        "go" => format!("//- /src/wheels.go\npackage src\n\n{lines}"),
        "java" => format!("//- /src/Wheels.java\npackage src;\npublic class Wheels {{\n{lines}}}\n"),
        _ => format!("//- /src/wheels.{extension}\n{lines}"),
    }
}

fn has_all(fixture: &str, wanted: &[&str]) {
    let site = &fixture[..fixture.find("$0").unwrap()];
    let path = site.rsplit("//- /").next().unwrap().lines().next().unwrap();
    let text = pack(&format!("{}{fixture}", wheels(path.rsplit('.').next().unwrap())), 400);
    let missing: Vec<&&str> = wanted.iter().filter(|one| !text.contains(**one)).collect();
    assert!(missing.is_empty(), "{missing:?} in {text}");
}

/// A type was only an empty head, `pub struct Point {`, and each of its fields had to win a line of its own.
#[test]
fn a_short_type_is_shown_whole() {
    let point = "pub struct Point {\n    pub from_left: f64,\n    pub from_top: f64,\n}";
    let lined = "pub enum Lined {\n    Dashed { dash_gap: f64 },\n    Solid,\n}";
    let site = "//- /src/draw.rs\nuse crate::shape::{Lined, Point};\n\npub fn draw(at: Point, how: Lined) {\n    $0\n}\n";
    has_all(&format!("//- /src/shape.rs\n{point}\n\n{lined}\n{site}"), &[point, lined]);
    let card = "class Card:\n    paper: str\n    weight: int";
    let python = "//- /draw.py\nfrom shapes import Card\n\n\ndef draw(card: Card):\n    $0\n";
    has_all(&format!("//- /shapes.py\n{card}\n\n\nclass Odd(Card):\n    pass\n{python}"), &[card]);
    // What has functions is not.
    let site = "//- /draw.py\nfrom shapes import Card\n\n\ndef draw(card: Card):\n    $0\n";
    let text = pack(&format!("//- /shapes.py\n{card}\n\n    def fold(self):\n        return 1\n{site}"), 400);
    assert!(text.contains("class Card:\n") && !text.contains("return 1"), "{text}");
}

/// A name that is taken from a module by `require` was no imported one.
#[test]
fn what_require_takes_is_imported() {
    let seen = |text: &str, name: &str| {
        let place = Place::new(&format!("//- /a.js\nexports.mixPaint = 1;\n//- /b.js\n{text}\n\nfunction draw() {{\n  $0\n}}\n"));
        let corpus = place.corpus(place.view());
        let scene = Scene::read(&corpus, place.language(), None, &mut Reading::default(), &place.text, place.text.find("  \n").unwrap());
        scene.seen.get(&corpus.name(name).unwrap()).unwrap().imported
    };
    assert!(seen("const mixPaint = require('./a');", "mixPaint"));
    assert!(seen("const {\n  mixPaint,\n} = require('./a');", "mixPaint"));
    assert!(!seen("const {\n  mixPaint,\n} = other;\nconst at = require('./a');", "mixPaint"));
    assert!(!seen("const mixPaint = other(require('./a'));", "mixPaint"));
}

/// Each further function of the current one's name in a file raised the likeness of that file again, until it was no number any more.
#[test]
fn many_functions_of_one_name_do_not_hide_their_file() {
    let many: String =
        (0..400).map(|number| format!("class Colour{number}:\n    def describe(self):\n        return {number}\n\n\n")).collect();
    let site =
        "//- /cart.py\nfrom colours import Colour1\n\n\nclass Cart:\n    def describe(self):\n        paint = Colour1()\n        $0\n";
    has_all(&format!("//- /colours.py\n{many}{site}"), &["class Colour1:\nclass Colour2:"]);
}

/// Declarations ended after 400 bytes, inside of their parameters, and the next one followed in the open bracket.
#[test]
fn a_long_declaration_is_shown_to_its_end_or_says_that_it_goes_on() {
    let declared = |count: usize| {
        let parameters: Vec<String> = (0..count).map(|number| format!("    const struct paint_options *options_{number}")).collect();
        let header = format!("int mix_paints(\n{});\nint rinse_brush(int twice);\n", parameters.join(",\n"));
        pack(
            &format!("//- /paints.h\n{header}//- /cart.c\n#include \"paints.h\"\n\nint cart(int of)\n{{\n    return mix_paints($0\n}}\n"),
            2000,
        )
    };
    let whole = declared(14);
    assert!(whole.contains("*options_13);\n"), "{whole}");
    let cut = declared(80);
    let lines: Vec<&str> = cut.lines().skip_while(|line| !line.contains("int mix_paints(")).collect();
    let end = lines.iter().position(|line| line.trim() == "…").unwrap_or_else(|| panic!("{cut}"));
    assert!(lines[end - 1].ends_with(','), "{cut}");
}

/// Many fields, so that the last is not shown as one of a few.
fn fields(of: &str) -> String {
    (0..14).map(|number| format!("    int dummy_{of}_{number};\n")).collect()
}

/// A `typedef` whose name is not that of its `struct` had no fields: redis and tmux name nearly all of their types so.
#[test]
fn a_type_that_is_called_otherwise_than_its_struct_has_the_fields_of_that() {
    let f = fields("ledger");
    let site = "//- /main.c\n#include \"a.h\"\n#include \"priv.h\"\n\nint weigh(a_t *a) {\n    return a->$0;\n}\n";
    has_all(&format!("//- /a.h\ntypedef struct a_s {{\n{f}    int ledger_sum;\n}} a_t;\n{site}"), &["int ledger_sum"]);
    has_all(&format!("//- /a.h\ntypedef struct a_s a_t;\nstruct a_s {{\n{f}    int ledger_sum;\n}};\n{site}"), &["int ledger_sum"]);
    let apart = format!("//- /a.h\ntypedef struct a_s a_t;\n//- /priv.h\nstruct a_s {{\n{f}    int ledger_sum;\n}};\n{site}");
    has_all(&apart, &["int ledger_sum"]);
    has_all(&format!("//- /a.h\ntypedef union a_s {{\n{f}    int ledger_sum;\n}} a_t;\n{site}"), &["int ledger_sum"]);
    let pointer = "//- /main.c\n#include \"a.h\"\n\nint weigh(a_ref a) {\n    return a->$0;\n}\n";
    has_all(&format!("//- /a.h\nstruct a_s {{\n{f}    int ledger_sum;\n}};\ntypedef struct a_s *a_ref;\n{pointer}"), &["int ledger_sum"]);
}

/// The same hole in the others: an alias led nowhere.
#[test]
fn an_alias_has_the_members_of_what_it_stands_for() {
    has_all(
        "//- /inter.ts\nexport interface HasA { fieldAlpha: string }\nexport interface HasB { fieldBeta: string }\nexport type Both = HasA & HasB;\n\
         //- /main.ts\nimport { Both } from './inter';\nexport function f(b: Both) { b.$0 }\n",
        &["fieldAlpha: string", "fieldBeta: string"],
    );
    has_all(
        "//- /pick.ts\nexport interface Person { firstName: string; hiddenKey: string }\nexport type Pub = Omit<Person, 'hiddenKey'>;\n\
         //- /main.ts\nimport { Pub } from './pick';\nexport function f(p: Pub) { p.$0 }\n",
        &["firstName: string"],
    );
    has_all(
        "//- /own.ts\nexport interface Base { baseField: string }\nexport type Own = Base & { ownField: number };\n\
         //- /main.ts\nimport { Own } from './own';\nexport function f(p: Own) { p.$0 }\n",
        &["baseField: string", "ownField: number"],
    );
    has_all(
        "//- /go.mod\nmodule example.org/app\n//- /al/al.go\npackage al\n\ntype Core struct {\n\tCoreTemp int\n}\n\ntype Shell = Core\n\
         //- /src/main.go\npackage src\n\nimport \"example.org/app/al\"\n\nfunc f(s al.Shell) {\n\ts.$0\n}\n",
        &["CoreTemp int"],
    );
    has_all(
        "//- /src/lib.rs\nmod core;\nmod main;\n//- /src/core.rs\npub struct Core<T> {\n    pub core_temp: T,\n}\npub type Shell = Core<u32>;\n\
         //- /src/main.rs\nuse crate::core::Shell;\n\nfn f(shell: &Shell) {\n    shell.$0\n}\n",
        &["pub core_temp: T"],
    );
    has_all(
        "//- /conn.hpp\nclass Conn {\n public:\n  void PingPeer(int n);\n};\nusing Link = Conn;\n\
         //- /main.cpp\n#include \"conn.hpp\"\n\nvoid f(Link &link) {\n  link.$0;\n}\n",
        &["void PingPeer(int n)"],
    );
}

/// What an embedded struct has is called on the outer one.
#[test]
fn the_members_of_what_is_embedded_are_those_of_the_outer_type() {
    has_all(
        "//- /go.mod\nmodule example.org/app\n//- /core/base.go\npackage core\n\ntype Root struct {\n\tRootPath string\n}\n\nfunc (r *Root) WalkAll(n int) error { return nil }\n\
         //- /svc/user.go\npackage svc\n\nimport \"example.org/app/core\"\n\ntype UserSvc struct {\n\t*core.Root `json:\"root\"`\n\ttable string\n}\n\
         //- /src/main.go\npackage src\n\nimport \"example.org/app/svc\"\n\nfunc f(u *svc.UserSvc) error {\n\treturn u.$0\n}\n",
        &["WalkAll(n int)", "RootPath string"],
    );
    has_all(
        "//- /go.mod\nmodule example.org/app\n//- /src/own.go\npackage src\n\ntype own struct {\n\t*Kernel\n\tx int\n}\n\
         //- /src/kernel.go\npackage src\n\ntype Kernel struct {\n\tKernelTemp int\n}\n\
         //- /src/reboot.go\npackage src\n\nfunc (k *Kernel) Reboot(n int) {}\n\
         //- /src/main.go\npackage src\n\nfunc (o *own) Run() {\n\to.$0\n}\n",
        &["Reboot(n int)", "KernelTemp int"],
    );
}

/// `this.` behind which nothing stands yet hid the heading of its class from the parser, and bases were followed two steps.
#[test]
fn what_is_inherited_from_far_up_comes_behind_a_dot() {
    let others: String = (0..14).map(|number| format!("    public int dummy{number}(int v) {{ return v; }}\n")).collect();
    let base = format!(
        "//- /lib/BaseJob.java\npackage lib;\npublic abstract class BaseJob {{\n{others}    protected void scheduleRetry(long ms) {{ }}\n}}\n\
                //- /lib/MidJob.java\npackage lib;\npublic class MidJob extends BaseJob {{\n    protected void midStep() {{ }}\n}}\n"
    );
    has_all(
        &format!(
            "{base}//- /src/MailJob.java\npackage src;\nimport lib.MidJob;\npublic class MailJob extends MidJob {{\n    void run() {{\n        this.$0\n    }}\n}}\n"
        ),
        &["scheduleRetry(long ms)", "midStep()"],
    );
    let more = "//- /lib/Third.java\npackage lib;\npublic class Third extends MidJob {\n}\n//- /lib/Fourth.java\npackage lib;\npublic class Fourth extends Third {\n}\n";
    has_all(
        &format!(
            "{base}{more}//- /src/Uses.java\npackage src;\nimport lib.Fourth;\npublic class Uses {{\n    void run(Fourth job) {{\n        job.$0\n    }}\n}}\n"
        ),
        &["scheduleRetry(long ms)"],
    );
}

/// `it->second.` led nowhere.
#[test]
fn what_a_map_holds_is_reached_through_its_entries() {
    has_all(
        "//- /quota.hpp\n#include <map>\nstruct Quota {\n  int max_units;\n};\nstruct Book {\n  std::map<int, Quota> quotas;\n};\n\
         //- /main.cpp\n#include \"quota.hpp\"\n\nint f(Book &book) {\n  auto it = book.quotas.find(1);\n  return it->second.$0;\n}\n",
        &["int max_units"],
    );
}

/// Nothing that is loaded by its path was known behind a dot or between braces.
#[test]
fn what_require_gives_is_known() {
    let utils = "//- /lib/utils.js\nexports.cubeRoot = function (n) { return n; };\nmodule.exports.hexArea = (n) => n;\n";
    let wanted = ["cubeRoot", "hexArea"];
    has_all(&format!("{utils}//- /src/main.js\nconst utils = require('../lib/utils');\nfunction f() {{ return utils.$0 }}\n"), &wanted);
    has_all(&format!("{utils}//- /src/main.js\nfunction f() {{ return require('../lib/utils').$0 }}\n"), &wanted);
    has_all(&format!("{utils}//- /src/main.js\nasync function f() {{ const m = await import('../lib/utils.js'); m.$0 }}\n"), &wanted);
    let object =
        "//- /lib/utils.js\nfunction triSide(n) { return n; }\nconst quadSide = (n) => n;\nmodule.exports = { triSide, quadSide };\n";
    let wanted = ["function triSide", "quadSide = (n)"];
    has_all(&format!("{object}//- /src/main.js\nconst u = require('../lib/utils');\nfunction f() {{ return u.$0 }}\n"), &wanted);
    has_all(&format!("{object}//- /src/main.js\nconst {{ $0 }} = require('../lib/utils');\n"), &wanted);
}

/// What a file hands on as a whole has no name: it is called as who takes it likes.
#[test]
fn what_a_file_hands_on_as_a_whole_is_known_by_any_name() {
    let others: String = (0..14).map(|number| format!("  dummy{number}(v) {{ return v + {number}; }}\n")).collect();
    let class = |name: &str| format!("class {name} {{\n{others}  sendLater(to) {{ }}\n}}\n");
    let post = "const Post = require('../lib/mailer');\nfunction f() { const m = new Post(); m.$0 }\n";
    has_all(&format!("//- /lib/mailer.js\n{}module.exports = Mailer;\n//- /src/main.js\n{post}", class("Mailer")), &["sendLater(to)"]);
    let hub = "const hub = require('../lib/hub');\nfunction f() { hub.$0 }\n";
    has_all(&format!("//- /lib/hub.js\n{}module.exports = new Hub();\n//- /src/main.js\n{hub}", class("Hub")), &["sendLater(to)"]);
    let thing = "import Anything from '../lib/thing';\nexport function f() { const q = new Anything(); q.$0 }\n";
    has_all(&format!("//- /lib/thing.ts\nexport default {}//- /src/main.ts\n{thing}", class("Thing")), &["sendLater(to)"]);
    let barrel = format!(
        "//- /lib/folder/index.js\nmodule.exports = {{ ...require('./impl'), Other: require('./other') }};\n\
         //- /lib/folder/impl.js\nclass Impl {{ implCall(n) {{ }} }}\nmodule.exports = {{ Impl }};\n\
         //- /lib/folder/other.js\n{}module.exports = OtherOne;\n",
        class("OtherOne")
    );
    has_all(
        &format!(
            "{barrel}//- /src/main.js\nconst {{ Impl, Other }} = require('../lib/folder');\nfunction f() {{ const o = new Other(); o.$0 }}\n"
        ),
        &["sendLater(to)"],
    );
    has_all(&format!("{barrel}//- /src/main.js\nconst {{ $0 }} = require('../lib/folder');\n"), &["class Impl"]);
}

/// Names that a file hands on from others, as it calls them.
#[test]
fn what_is_handed_on_under_another_name_is_known() {
    has_all(
        "//- /lib/ren/index.ts\nexport { Inner as Outer } from './impl';\n//- /lib/ren/impl.ts\nexport class Inner { renamedCall(n: number) { } }\n\
         //- /src/main.ts\nimport { Outer } from '../lib/ren';\nexport function f(b: Outer) { b.$0 }\n",
        &["renamedCall(n: number)"],
    );
    has_all(
        "//- /lib/geo/index.ts\nexport * as shapes from './shapes';\n//- /lib/geo/shapes.ts\nexport function hexArea(n: number) { return n; }\n\
         //- /src/main.ts\nimport { shapes } from '../lib/geo';\nexport function f() { return shapes.$0 }\n",
        &["function hexArea"],
    );
    // Its own.
    has_all(
        "//- /lib/own.ts\nclass Inner { renamedCall(n: number) { } }\nexport { Inner as Outer };\n\
         //- /src/main.ts\nimport { Outer } from '../lib/own';\nexport function f(b: Outer) { b.$0 }\n",
        &["renamedCall(n: number)"],
    );
}

/// A component's attributes were foreseen as seldom as any other fields.
#[test]
fn the_attributes_of_a_tag_are_what_its_component_takes() {
    let f: String = (0..14).map(|number| format!("  dummyField{number}: string;\n")).collect();
    let props = format!("export interface ButtonProps {{\n{f}  labelText: string;\n  onPressed?: () => void;\n}}\n");
    let app = "//- /src/App.tsx\nimport { Button } from '../lib/Button';\nexport function App() { return <Button $0 />; }\n";
    let wanted = ["labelText: string", "onPressed?"];
    has_all(&format!("//- /lib/Button.tsx\n{props}export function Button(props: ButtonProps) {{ return null; }}\n{app}"), &wanted);
    has_all(
        &format!("//- /lib/Button.tsx\n{props}export const Button: React.FC<ButtonProps> = (props) => {{ return null; }};\n{app}"),
        &wanted,
    );
    has_all(
        &format!(
            "//- /lib/Button.tsx\n{props}export class Button extends Component<ButtonProps> {{\n  render() {{ return null; }}\n}}\n{app}"
        ),
        &wanted,
    );
}

/// A function without a name that is not closed yet is no tree, and what it is handed was not known.
#[test]
fn what_a_function_without_a_name_is_handed_is_an_element() {
    has_all(
        "//- /lib/rows.ts\nexport interface Rec { recIndex: number }\nexport interface Recs { list: Rec[] }\n\
         //- /src/main.ts\nimport { Recs } from '../lib/rows';\nexport function f(t: Recs) { t.list.map((r) => r.$0) }\n",
        &["recIndex: number"],
    );
    has_all(
        "//- /lib/Row.java\npackage lib;\npublic class Row {\n    public int rowIndex() { return 1; }\n}\n\
         //- /lib/Table.java\npackage lib;\nimport java.util.List;\npublic class Table {\n    public List<Row> rows;\n}\n\
         //- /src/Main.java\npackage src;\nimport lib.Table;\nclass Main { void f(Table t) { t.rows.stream().map(r -> r.$0) } }\n",
        &["rowIndex()"],
    );
}

/// What a value that is imported holds, by the type that is written for it.
#[test]
fn an_element_of_a_value_of_another_file_is_known() {
    has_all(
        "//- /lib/rec.ts\nexport interface Quota { maxUnits: number }\nexport const quotas: Record<string, Quota> = {};\n\
         //- /src/main.ts\nimport { quotas } from '../lib/rec';\nexport function f() { quotas['a'].$0 }\n",
        &["maxUnits: number"],
    );
}

/// What `__init__` gives to `self` had the comment above a later member as its heading, and the class was said twice.
#[test]
fn attributes_of_a_class_are_shown_below_its_line_and_not_below_a_comment() {
    let text = "class Parcel(Base):\n    \"\"\"What is sent.\"\"\"\n\n    # Parcel flags\n    fragile = False\n\n    def __init__(self, \
                weight, height):\n        self.weight = weight\n        # Parcel sizes\n        self.height = height\n";
    let place =
        Place::new(&format!("//- /main.py\nfrom parcel import Parcel\n\ndef send(parcel: Parcel):\n    parcel.$0\n//- /parcel.py\n{text}"));
    let shown = all(&place.pack(&place.corpus(place.view()), 400));
    assert!(shown.contains("self.weight = weight") && shown.contains("self.height = height"), "{shown}");
    assert!(!shown.contains('#') && shown.matches("class Parcel").count() == 1, "{shown}");
}

/// Python's grammar puts comments at the beginning of a body before it, so they were shown as part of the signature.
#[test]
fn comments_at_the_beginning_of_a_body_are_no_part_of_a_signature() {
    let text = "def deliver(parcel):\n    # Nobody is at home\n    # on Sundays.\n\n    return parcel\n\n\ndef recall(\n    parcel,  # it may be gone\n    # given in days\n    after,\n):\n    return after\n";
    let place = Place::new(&format!("//- /main.py\nfrom post import deliver, recall\n\ndef send(parcel):\n    $0\n//- /post.py\n{text}"));
    let pack = place.pack(&place.corpus(place.view()), 400);
    let shown = all(&pack);
    assert!(
        shown.contains("def deliver(parcel):\ndef recall(\n    parcel,  # it may be gone\n    # given in days\n    after,\n):"),
        "{shown}"
    );
    let part = pack.parts.iter().find(|part| &*part.path == "post.py").expect("it is imported");
    assert_eq!((part.start_line, part.end_line), (1, 12), "{shown}");
}

/// A function inside of a method stood right below the line of the class, as if it were a member.
#[test]
fn a_function_inside_of_a_method_is_not_shown_as_a_member() {
    let lib = "class Engine:\n    def start(self, speed):\n        def warm_up(times):\n            return times\n\n        return warm_up(speed)\n\n    def stop(self):\n        return 0\n";
    let main = "from lib import Engine\n\n\ndef main(engine: Engine, times):\n    warm_up(times)\n    engine.stop()\n    $0\n";
    let place = Place::new(&format!("//- /lib.py\n{lib}//- /main.py\n{main}"));
    let shown = all(&place.pack(&place.corpus(place.view()), 150));
    assert!(shown.contains("def stop(self)") && !shown.contains("def warm_up"), "{shown}");
}

/// Where a condition of the preprocessor hid a bracket, the next `else if (…) {` was taken for the definition of a function `if`, and came
/// into every prompt of C with an `if` near the cursor.
#[test]
fn a_statement_is_no_function_with_a_word_of_the_language_for_its_name() {
    let place = Place::new(
        "//- /a.c\nint scale(int e) {\n  if (e) {\n    e++;\n  }}\n  else if (e >= -10) {\n    e--;\n  }\n}\n\n\
         //- /main.c\nint main(void) {\n  if (scale(1)) {\n    $0\n  }\n}\n",
    );
    let corpus = place.corpus(place.view());
    let defined = |word: &str| corpus.name(word).map_or(0, |name| corpus.defined(name).len());
    assert_eq!((defined("scale"), defined("main"), defined("if")), (1, 1, 0));
}

/// `#[cfg(not(unix))]` was a use of a function called `not`.
#[test]
fn what_an_attribute_says_in_words_of_the_language_uses_no_function() {
    let scene = |main: &str| {
        let logic = "pub fn not(said: bool) -> bool { !said }\npub fn any(said: &[bool]) -> bool { said[0] }\npub struct Money;\n";
        let place = Place::new(&format!("//- /logic.rs\n{logic}//- /main.rs\n{main}"));
        let corpus = place.corpus(place.view());
        let query = place.query(&corpus, 1000, false, None);
        let scene = Scene::read(&corpus, query.language, None, &mut Reading::default(), query.text, query.offset);
        ["not", "any", "Money"].map(|name| corpus.name(name).is_some_and(|name| scene.seen.contains_key(&name)))
    };
    assert_eq!(scene("#[cfg(not(unix))]\nfn run() {\n    $0\n}\n"), [false, false, false]);
    assert_eq!(scene("#![cfg(not(unix))]\nfn run() {\n    #[cfg(any(unix, windows))]\n    $0\n}\n"), [false, false, false]);
    assert_eq!(scene("#[cfg(any(\n    unix,\n    not(windows),\n))]\nfn run() {\n    $0\n}\n"), [false, false, false]);
    assert_eq!(scene("#[made(Money)]\nfn run() {\n    $0\n    any(&[not(true)]);\n}\n"), [true, true, true]);
    // One that is still being written hides nothing for long.
    let open = format!("#[cfg(any(\n{}\nfn run() {{\n    not(true);\n    $0\n}}\n", "\n".repeat(20));
    assert_eq!(scene(&open), [true, false, false]);
}
