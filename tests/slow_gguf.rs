//! Row F2 in full: every field of a model file's header lies in turn, before a real engine process. Whatever the lie, there is one message
//! that names the file, or an answer; and nothing but the engine process may die of it.

use std::collections::BTreeMap;
use std::path::Path;

use longsight::engine::ErrorKind;
use longsight::engine::llama::gguf::read_header;

use crate::support::engine::{Rig, ask, chat};
use crate::support::gguf::{Gguf, deepseek, llama4};

/// A damaged file and what was done to it.
struct Mutant {
    what: String,
    bytes: Vec<u8>,
}

fn mutant(what: impl Into<String>, bytes: Vec<u8>) -> Mutant {
    Mutant { what: what.into(), bytes }
}

/// Every value of the metadata, changed in ways that its type allows.
fn values(file: &Gguf) -> Vec<Mutant> {
    let mut out = vec![];
    for (at, (key, value)) in file.values.iter().enumerate() {
        let mut with = |what: &str, value: Vec<u8>| {
            let mut bent = file.clone();
            bent.values[at].1 = value;
            out.push(mutant(format!("{key} {what}"), bent.bytes()));
        };
        let kind = u32::from_le_bytes(value[..4].try_into().unwrap());
        match kind {
            4 => {
                let old = u32::from_le_bytes(value[4..8].try_into().unwrap());
                for new in [0, 1, 2, 3, old.wrapping_add(1), old.wrapping_mul(2), old / 2, old.wrapping_sub(1), 1 << 16, 1 << 31, u32::MAX]
                {
                    with(&format!("= {new}"), [&4u32.to_le_bytes()[..], &new.to_le_bytes()].concat());
                }
                with("is text", [&8u32.to_le_bytes()[..], &3u64.to_le_bytes(), b"abc"].concat());
                with("is negative", [&5u32.to_le_bytes()[..], &(-1i32).to_le_bytes()].concat());
                with("is a list", [&9u32.to_le_bytes()[..], &4u32.to_le_bytes(), &1u64.to_le_bytes(), &old.to_le_bytes()].concat());
                with("is wide", [&10u32.to_le_bytes()[..], &(u64::from(old) | 1 << 40).to_le_bytes()].concat());
            }
            6 => {
                for new in [0.0, -1.0, 1e30, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE] {
                    with(&format!("= {new}"), [&6u32.to_le_bytes()[..], &new.to_le_bytes()].concat());
                }
            }
            8 => {
                for new in ["", "x", "gpt2", "\u{0}", &"long ".repeat(2000)] {
                    let text = [&8u32.to_le_bytes()[..], &(new.len() as u64).to_le_bytes(), new.as_bytes()].concat();
                    with(&format!("= {:.12?}", new), text);
                }
                for length in [1u64, 1 << 20, 1 << 30, 1 << 62, u64::MAX] {
                    with(&format!("claims {length} bytes"), [&8u32.to_le_bytes()[..], &length.to_le_bytes(), &value[12..]].concat());
                }
            }
            9 => {
                let length = u64::from_le_bytes(value[8..16].try_into().unwrap());
                for new in [0, 1, length - 1, length + 1, length * 2, 1 << 40, 1 << 61, u64::MAX] {
                    with(&format!("claims {new} items"), [&value[..8], &new.to_le_bytes(), &value[16..]].concat());
                }
                for item in [0u32, 6, 7, 9, 12, 13, 99] {
                    with(&format!("has items of type {item}"), [&value[..4], &item.to_le_bytes(), &value[8..]].concat());
                }
            }
            _ => with("has another type", [&77u32.to_le_bytes()[..], &value[4..]].concat()),
        }
        let mut bent = file.clone();
        bent.values.push(file.values[at].clone());
        out.push(mutant(format!("{key} twice"), bent.bytes()));
        let mut bent = file.clone();
        bent.values.remove(at);
        out.push(mutant(format!("{key} is missing"), bent.bytes()));
    }
    out
}

/// Every tensor: its name, shape, type and offset.
fn tensors(file: &Gguf) -> Vec<Mutant> {
    let whole = file.bytes();
    let mut out = vec![];
    for (at, (name, shape, _)) in file.tensors.iter().enumerate() {
        let place = find(&whole, name);
        let after = place + name.len();
        let (kind, offset) = (after + 4 + shape.len() * 8, after + 8 + shape.len() * 8);
        let mut with = |what: &str, from: usize, new: &[u8]| {
            let mut bytes = whole.clone();
            bytes[from..from + new.len()].copy_from_slice(new);
            out.push(mutant(format!("tensor {name}: {what}"), bytes));
        };
        for number in [0u32, 5, u32::MAX] {
            with(&format!("{number} dimensions"), after, &number.to_le_bytes());
        }
        for (axis, old) in shape.iter().enumerate() {
            for size in [0, 1, old + 1, old / 2, old * 2, 1 << 40, u64::MAX] {
                with(&format!("size {size} on axis {axis}"), after + 4 + axis * 8, &size.to_le_bytes());
            }
        }
        for number in [1u32, 2, 4, 8, 14, 24, 26, 28, 31, 36, 38, 39, 41, 64, u32::MAX] {
            with(&format!("type {number}"), kind, &number.to_le_bytes());
        }
        for number in [1u64, 32, 1 << 20, 1 << 62, u64::MAX - 31] {
            with(&format!("offset {number}"), offset, &number.to_le_bytes());
        }
        let mut bent = file.clone();
        bent.tensors.remove(at);
        out.push(mutant(format!("tensor {name} is missing"), bent.bytes()));
        let mut bent = file.clone();
        let copy = bent.tensors[at].clone();
        bent.tensors.push(copy);
        out.push(mutant(format!("tensor {name} twice"), bent.bytes()));
    }
    out
}

/// Where the name of a tensor stands: its length, then its text.
fn find(bytes: &[u8], name: &str) -> usize {
    let wanted = [&(name.len() as u64).to_le_bytes()[..], name.as_bytes()].concat();
    let at = bytes.windows(wanted.len()).position(|window| window == wanted).unwrap();
    at + 8
}

/// The file as a whole: counts, alignment, and cut off at every boundary of the metadata.
fn file(file: &Gguf) -> Vec<Mutant> {
    let whole = file.bytes();
    let mut out = vec![];
    for at in [8, 16] {
        let old = u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
        for new in [0, 1, old - 1, old + 1, 1 << 16, 1 << 32, 1 << 63, u64::MAX] {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
            out.push(mutant(format!("count at {at} is {new}"), bytes));
        }
    }
    for alignment in [0u32, 1, 3, 8, 16, 64, 4096, 1 << 16, 1 << 20, 1 << 31] {
        let mut bent = file.clone();
        bent.number("general.alignment", alignment);
        out.push(mutant(format!("alignment {alignment}"), bent.bytes()));
    }
    let mut end = 24;
    for (key, value) in &file.values {
        for cut in [end, end + 4, end + 8 + key.len(), end + 8 + key.len() + 4, end + 8 + key.len() + value.len() - 1] {
            out.push(mutant(format!("ends in or before {key}, at {cut}"), whole[..cut].to_vec()));
        }
        end += 8 + key.len() + value.len();
    }
    for (name, ..) in &file.tensors {
        let at = find(&whole, name);
        for cut in [at - 8, at, at + name.len(), at + name.len() + 6] {
            out.push(mutant(format!("ends in tensor {name}"), whole[..cut].to_vec()));
        }
    }
    let last = whole.len() - 1;
    out.push(mutant("lacks its last byte", whole[..last].to_vec()));
    out
}

/// Whatever is said of it, the message names the file. What the header's check refuses, the engine process refuses with the same words
/// (`engine_files`), so it is not asked. `Unavailable` means that the process died: counted, and told.
async fn survive(rig: &Rig, path: &Path, mutants: &[Mutant]) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let (mut counts, mut problems) = (BTreeMap::new(), vec![]);
    for Mutant { what, bytes } in mutants {
        std::fs::write(path, bytes).unwrap();
        if let Err(error) = read_header(path) {
            assert!(error.to_string().contains("mutant.gguf"), "{what}: {error}");
            *counts.entry("refused at once").or_default() += 1;
            continue;
        }
        let outcome = match ask(&rig.engine(path, 256), chat("hi", 2)).await {
            Ok(_) => "answered",
            Err(error) if !error.message.contains("mutant.gguf") => {
                problems.push(format!("{what}: names no file: {}", error.message));
                "unnamed"
            }
            Err(error) if error.kind == ErrorKind::Unavailable => {
                problems.push(format!("{what}: the engine process died: {}", error.message));
                "died"
            }
            Err(_) => "refused",
        };
        *counts.entry(outcome).or_default() += 1;
    }
    (counts, problems)
}

/// A part of the mutants in every run of the suite; all of them with `LONGSIGHT_ALL_MUTANTS=1` (minutes).
#[tokio::test]
async fn f2_every_field_of_the_header_lies_in_turn() {
    let step = if std::env::var_os("LONGSIGHT_ALL_MUTANTS").is_some() { 1 } else { 53 };
    let rig = Rig::new();
    let path = rig.path().join("mutant.gguf");
    let mut all = vec![];
    for (name, model) in [("llama4", llama4()), ("deepseek2", deepseek("deepseek2")), ("deepseek32", deepseek("deepseek32"))] {
        let mutants: Vec<Mutant> = [values(&model), tensors(&model), file(&model)].into_iter().flatten().step_by(step).collect();
        let (counts, problems) = survive(&rig, &path, &mutants).await;
        println!("{name}: {counts:?}");
        all.extend(problems.into_iter().map(|problem| format!("{name}, {problem}")));
        model.write(&path);
        assert!(ask(&rig.engine(&path, 256), chat("hi", 2)).await.is_ok(), "{name}: the whole file still answers");
    }
    assert!(all.is_empty(), "{} problems:\n{}", all.len(), all.join("\n"));
}

/// Parts of a split model that do not belong together.
#[tokio::test]
async fn f2_parts_of_a_split_model_that_do_not_fit() {
    let rig = Rig::new();
    let (one, two) = (rig.path().join("mutant.gguf-00001-of-00002.gguf"), rig.path().join("mutant.gguf-00002-of-00002.gguf"));
    let parts = |bend: &dyn Fn(&mut Gguf, &mut Gguf)| {
        let [mut first, mut second] = llama4().split();
        bend(&mut first, &mut second);
        first.write(&one);
        second.write(&two);
    };
    type Bend = (&'static str, fn(&mut Gguf, &mut Gguf));
    let bends: [Bend; 9] = [
        ("part 2 says it is part 1", |_, second| second.raw("split.no", 2, &0u16.to_le_bytes())),
        ("part 2 is of another set", |_, second| second.raw("split.count", 2, &3u16.to_le_bytes())),
        ("part 2 says nothing", |_, second| second.values.clear()),
        ("fewer tensors than promised", |_, second| drop(second.tensors.pop())),
        ("no tensors in part 2", |_, second| second.tensors.clear()),
        ("a tensor in both parts", |first, second| second.tensors.push(first.tensors[3].clone())),
        ("part 2 has another architecture", |_, second| second.text("general.architecture", "qwen2")),
        ("part 1 promises more tensors", |first, _| first.raw("split.tensors.count", 5, &999i32.to_le_bytes())),
        ("part 1 promises a negative number", |first, _| first.raw("split.tensors.count", 5, &(-1i32).to_le_bytes())),
    ];
    let mut problems = vec![];
    for (what, bend) in bends {
        parts(&bend);
        match ask(&rig.engine(&one, 256), chat("hi", 2)).await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::Configuration && error.message.contains("mutant.gguf-0000") => {}
            Err(error) => problems.push(format!("{what}: {:?}: {}", error.kind, error.message)),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    parts(&|_, _| {});
    assert!(ask(&rig.engine(&one, 256), chat("hi", 2)).await.is_ok());
}
