//! Names the build: a hash of the sources and of what they are built with. A server and an engine process of two builds must not talk to
//! each other, also where the version is the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    for place in ["src", "grammars", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={place}");
        add(Path::new(place), &mut hasher);
    }
    // The features, and which kind of processor it is built for.
    let mut with: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("CARGO_FEATURE_")).collect();
    with.extend(["TARGET", "CARGO_CFG_TARGET_FEATURE"].map(|name| (name.into(), std::env::var(name).unwrap_or_default())));
    with.sort();
    with.hash(&mut hasher);
    println!("cargo:rustc-env=LONGSIGHT_BUILD={:016x}", hasher.finish());
}

/// Adds a file, or all files of a folder in the order of their names.
fn add(place: &Path, hasher: &mut DefaultHasher) {
    if let Ok(entries) = std::fs::read_dir(place) {
        let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| add(entry, hasher));
    } else if let Ok(bytes) = std::fs::read(place) {
        (place, bytes).hash(hasher);
    }
}
