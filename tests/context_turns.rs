//! What can come next at the cursor comes into a prompt that stays as it was as far as it can: places that follow each other, and letters.

use crate::context::{Place, all};

/// Methods of a class that no other place calls.
fn methods() -> String {
    (0..24).map(|number| format!("  stepOfKind{number}(by: number): number {{ return by + {number}; }}\n")).collect()
}

fn wheels() -> String {
    (0..200)
        .map(|number| format!("export function turnTheWheelOfKind{number}(by: number): number {{\n  return by + {number};\n}}\n"))
        .collect()
}

fn calls(from: usize) -> String {
    (from..from + 12).map(|number| format!("  turnTheWheelOfKind{number}(1);\n")).collect()
}

/// What earlier places had left in the prompt stayed, and took the room of what stands behind the dot.
#[test]
fn members_behind_a_dot_come_in_whatever_was_asked_before() {
    let walk: String = (0..8)
        .map(|number| {
            format!(
                "//- /src/walk{number}.ts\nimport {{ Wheels }} from './wheels';\nexport function walk{number}() {{\n{}}}\n",
                calls(number)
            )
        })
        .collect();
    let site = format!("import {{ Job }} from './job';\nexport function work(job: Job) {{\n{}  job.$0\n}}\n", calls(4));
    let fixture =
        format!("//- /src/wheels.ts\n{}//- /src/job.ts\nexport class Job {{\n{}}}\n{walk}//- /src/work.ts\n{site}", wheels(), methods());
    let mut place = Place::new(&fixture);
    let corpus = place.corpus(place.view());
    let shown = |text: &str| (0..24).filter(|number| text.contains(&format!("stepOfKind{number}("))).count();
    let fresh = shown(&all(&place.pack(&corpus, 1200)));
    assert!(fresh > 20, "{fresh}");
    place.handle = longsight::context::Handle::default();
    for number in 0..8 {
        let text = format!("import {{ Wheels }} from './wheels';\nexport function walk{number}() {{\n{}  $0\n}}\n", calls(number));
        place.go(&format!("src/walk{number}.ts"), &text);
        place.pack(&corpus, 1200);
    }
    place.go("src/work.ts", &site);
    let later = shown(&all(&place.pack(&corpus, 1200)));
    assert!(later >= fresh - 1, "{later} of {fresh}");
}

/// One that is called like a function which is there already was never let in, however much of its name was written.
#[test]
fn a_member_comes_in_though_another_of_its_name_is_there() {
    let fixture = format!(
        "//- /src/wheels.ts\n{}export class Wheel {{\n  turnAround(by: number): number {{ return by; }}\n}}\n\
         //- /src/job.ts\nexport class Job {{\n{}  turnAround(slowly: boolean): void {{ }}\n}}\n\
         //- /src/work.ts\nimport {{ Job }} from './job';\nimport {{ Wheel }} from './wheels';\n\
         export function work(job: Job, wheel: Wheel) {{\n  wheel.turnAround(1);\n{}  $0\n}}\n",
        wheels(),
        methods(),
        calls(0)
    );
    let mut place = Place::new(&fixture);
    let corpus = place.corpus(place.view());
    place.pack(&corpus, 500);
    for letters in ["job", ".", "t", "u", "r"] {
        place.type_in(letters);
        place.pack(&corpus, 500);
    }
    let text = all(&place.pack(&corpus, 500));
    assert!(text.contains("turnAround(slowly: boolean)"), "{text}");
}

/// A string or bracket that was still open hid the function, so the prompt was made anew, and again when it was closed.
#[test]
fn a_prompt_stays_while_a_statement_is_half_written() {
    let parts: String = (0..150).map(|number| format!("int weight_of_part_{number}(struct part *part);\n")).collect();
    let like = "void weigh(struct part *part) {\n    count_one(part, 1);\n    show_weight(part, 2);\n    if (part) {\n        part = 0;\n    }\n}\n";
    let fixture = format!(
        "//- /parts.h\n{parts}//- /like.c\n#include \"parts.h\"\n\n{like}\n\
         //- /main.c\n#include \"parts.h\"\n\nvoid weigh_again(struct part *part) {{\n    count_one(part, 1);\n    show_weight(part, 2);\n    $0\n}}\n\n\
         int later(int number) {{\n    return number;\n}}\n"
    );
    let mut place = Place::new(&fixture);
    let corpus = place.corpus(place.view());
    let before = all(&place.pack(&corpus, 1200));
    assert!(before.contains("if (part) {"), "similar code is there: {before}");
    for letter in "if (number_of(part, \"gross\") > 1) {\n        fail(\"too \\\"much\");\n    }".chars() {
        place.type_in(&letter.to_string());
        assert_eq!(all(&place.pack(&corpus, 1200)), before, "{letter:?} moves nothing: {}", place.text);
    }
}
