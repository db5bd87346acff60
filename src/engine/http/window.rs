//! What a server says of its context window when it refuses a longer prompt: each words it differently, and most give the number.

/// Fewer tokens than this are no window: the field was not filled in, or the number means something else.
pub(super) const MIN_WINDOW_TOKENS: u32 = 256;

/// Phrases that servers use for a prompt that does not fit.
const OVERFLOWS: &[&str] = &[
    "context length",
    "maximum context",
    "context size",
    "context window",
    "too long",
    "exceeds the available",
    "exceeds maximum allowed token",
    "maximum model length",
    "maximum allowed length",
    "maximum input length",
    "input token count",
    "max_new_tokens` must be",
    "request too large",
];

/// Phrases that precede the window.
const BEFORE: &[&str] = &[
    "context length",
    "context size",
    "context window",
    "maximum context",
    "maximum model length",
    "allowed token size",
    "allowed length",
    "input length",
    "number of tokens",
    "must be <=",
    "tokens >",
    "limit",
];

/// Maximum characters between the phrase and the number.
const NEAR: usize = 24;

/// Whether this says that a prompt does not fit.
pub(super) fn is_overflow(said: &str) -> bool {
    // Something that took too long is not a prompt that is too long.
    let said = said.to_lowercase().replace("took too long", "").replace("taking too long", "");
    OVERFLOWS.iter().any(|words| said.contains(words))
}

/// The window in tokens that a refusal names.
pub(super) fn named(said: &str) -> Option<u32> {
    let said = said.to_lowercase();
    let behind = |words: &&str| said.match_indices(*words).find_map(|(at, words)| first_number(&said[at + words.len()..]));
    BEFORE.iter().find_map(behind)
}

/// The number near the start of a text, after a few characters at most; `131,072` is one number.
fn first_number(text: &str) -> Option<u32> {
    let start = text.char_indices().take(NEAR).find(|(_, letter)| letter.is_ascii_digit()).map(|(at, _)| at)?;
    let digits = text[start..].chars().take_while(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '_'));
    let digits: String = digits.filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|number| *number >= MIN_WINDOW_TOKENS)
}

/// The window of a server that refuses a prompt of `asked` tokens, while `known` was assumed: the window that it names, else half of
/// `asked`. A server that names what is already assumed counts tokens differently.
pub(super) fn smaller(said: &str, known: u32, asked: u32) -> u32 {
    let half = (known.min(asked) / 2).max(MIN_WINDOW_TOKENS);
    named(said).filter(|window| *window < known).unwrap_or(half).min(known)
}
