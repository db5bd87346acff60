//! `#ifdef __cplusplus`, `extern "C" {`, `#endif`: every C header wraps its declarations in this, although its brackets are under two
//! conditions and no grammar can pair them. `languages.toml` says how such lines read.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use super::language::Language;

/// Lines that wrap what a language shares with a related one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapping {
    /// A word that all of them contain.
    word: String,
    /// All lines of one wrapping, as a regular expression.
    lines: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

/// A text of the same length without these lines; none if there are none.
pub fn blanked(language: &Language, text: &str) -> Option<String> {
    let wrapping = language.wrapping.as_ref().filter(|wrapping| text.contains(&wrapping.word))?;
    let wrapped = wrapping.compiled.get_or_init(|| Regex::new(&wrapping.lines).ok()).as_ref()?;
    let mut out = text.to_string();
    let found: Vec<_> = wrapped.find_iter(text).map(|found| found.range()).collect();
    if found.is_empty() {
        return None;
    }
    for range in found {
        let blank: String =
            text[range.clone()].bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte as char } else { ' ' }).collect();
        out.replace_range(range, &blank);
    }
    Some(out)
}
