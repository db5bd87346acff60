//! Headers of model files: no panic, no endless loop, no memory that a few bytes can ask for.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use longsight::engine::llama::gguf::{KvType, read_header};

fuzz_target!(|data: &[u8]| {
    let path = std::env::temp_dir().join(format!("longsight-fuzz-{}.gguf", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a scratch file");
    file.write_all(data).expect("a scratch file");
    if let Ok(header) = read_header(&path) {
        let _ = (header.name(), header.context_length(), header.weight_bytes(), header.expert_bytes(), header.active_share());
        for kind in ["f16", "q8_0", "q4_0"].iter().filter_map(|name| KvType::by_name(name)) {
            let _ = header.kv_bytes_per_token(kind);
        }
    }
});
