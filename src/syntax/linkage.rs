//! `#ifdef __cplusplus`, `extern "C" {`, `#endif`: what every C header wraps its declarations in, though its brackets are of two conditions
//! and no grammar can pair them.

use std::sync::LazyLock;

use regex::Regex;

use super::data::Reach;
use super::language::Language;

static WRAPPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let bracket = r#"(?:extern[ \t]+"C"[ \t]*\{?|\{|\}[^\n]*|//[^\n]*|/\*[^\n]*\*/)?"#;
    Regex::new(&format!(r"(?m)^[ \t]*#[ \t]*if[^\n]*__cplusplus[^\n]*\n(?:[ \t]*{bracket}[ \t]*\r?\n)*?[ \t]*#[ \t]*endif[^\r\n]*")).ok()
});

/// A text of C or C++ of the same length without these lines; none where there are none.
pub fn blanked(language: &Language, text: &str) -> Option<String> {
    let wrapped = WRAPPED.as_ref().filter(|_| language.reach == Some(Reach::Includes) && text.contains("__cplusplus"))?;
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
