//! The reasons for a second look at an edit, in the words and the length in which a person reads them. Pure.

use crate::text::excerpt::shorten;

/// Most warnings that are shown at once.
const MAX_WARNINGS: usize = 4;

/// Most bytes of a warning: the places that it names stand at its end.
const MAX_WARNING_BYTES: usize = 240;

/// A warning on one line.
pub fn shown_warning(why: &str) -> String {
    shorten(why.trim().lines().next().unwrap_or_default().trim_end(), MAX_WARNING_BYTES).replace('\n', " ")
}

/// The warnings for which there is room.
pub fn shown_warnings(warnings: &[String]) -> Vec<String> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    let shown = warnings.iter().take(MAX_WARNINGS).map(|why| shown_warning(why));
    shown.chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The warnings as one sentence, if there are any.
pub fn look_twice(warnings: &[String]) -> Option<String> {
    (!warnings.is_empty()).then(|| format!("Look twice: {}.", shown_warnings(warnings).join("; ")))
}
