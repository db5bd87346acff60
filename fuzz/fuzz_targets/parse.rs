//! Every dialect's parser: no panic, and the same deltas for the whole text and for two halves. The first byte chooses where it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longsight::dialect::{Delta, Parser, Start, by_name};

fn read(parser: &mut dyn Parser, chunks: &[&str]) -> (String, String, Vec<String>, bool) {
    let mut deltas: Vec<Delta> = chunks.iter().flat_map(|chunk| parser.push(chunk)).collect();
    deltas.extend(parser.finish(true));
    let mut out = (String::new(), String::new(), vec![], false);
    for delta in deltas {
        match delta {
            Delta::Text(text) => out.0.push_str(&text),
            Delta::Reasoning(text) => out.1.push_str(&text),
            Delta::Call(call) => out.2.push(format!("{call:?}")),
            Delta::Malformed(_) => out.3 = true,
        }
    }
    out
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let mut cut = text.len() * usize::from(*first) / 256;
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    for name in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
        let dialect = by_name(name).expect("a known dialect");
        for start in [Start::Content, Start::Reasoning] {
            let whole = read(dialect.parser_for_any_tool(start).as_mut(), &[&text]);
            let halves = read(dialect.parser_for_any_tool(start).as_mut(), &[&text[..cut], &text[cut..]]);
            assert_eq!(whole, halves, "{name} cut at {cut}");
        }
    }
});
