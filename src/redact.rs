//! Secrets that stand in ordinary code: found by their form, replaced before any prompt, log or cache sees them. A placeholder is the
//! same for the same secret, so that a masked text does not change from one prompt to the next; it is never turned back. `route` masks every request, whoever made it, and the log masks every line.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use xxhash_rust::xxh3::xxh3_64;

/// Keys by their published form. The first group, or else the whole match, is the secret.
#[expect(clippy::expect_used, reason = "constants, which every test compiles")]
static FORMS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    [
        ("private-key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)"),
        ("aws-key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b"),
        ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b"),
        ("gitlab-token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
        ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        ("slack-token", r"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
        ("api-key", r"\bsk-[A-Za-z0-9_-]{20,}"),
        ("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
        ("google-key", r"\bAIza[A-Za-z0-9_-]{35}"),
        ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("password", r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'\x22]*:([^\s/@'\x22{}$<>]{3,})@"),
        ("bearer", r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{20,}=*)"),
    ]
    .into_iter()
    .map(|(name, form)| (name, Regex::new(form).expect("the forms are constants and compile")))
    .collect()
});

/// `password = "…"`: a telling name and a quoted value.
#[expect(clippy::expect_used, reason = "a constant, which every test compiles")]
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"(?:passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|private_?key|auth_?key|credentials?|client_?secret)";
    let form = format!(
        r#"(?i)[A-Za-z0-9_.-]*{name}[A-Za-z0-9_]*["']?\s*(?::\s*[&'A-Za-z<>]+\s*)?(?:=>|:=|=|:)\s*[rbf]?["'`]([^"'`\n]{{8,}})["'`]"#
    );
    Regex::new(&form).expect("the form is a constant and compiles")
});

/// Words that every secret's form needs; text without any of them is not searched further.
#[expect(clippy::expect_used, reason = "constants, which every test compiles")]
static HINTS: LazyLock<regex::RegexSet> = LazyLock::new(|| {
    regex::RegexSet::new([
        r"PRIVATE KEY",
        r"A[KSGIRN][IPDON]A[A-Z0-9]{16}",
        r"gh[pousr]_|github_pat_|glpat-|eyJ|xox[abposr]-|sk[-_]|rk_|AIza|npm_",
        r"://[^\s/]*@",
        r"(?i)bearer\s|passw|passphrase|secret|token|key|credential",
    ])
    .expect("the hints are constants and compile")
});

/// The text with every secret-looking stretch replaced by `<redacted KIND HASH>`. The number of lines stays the same.
pub fn mask(text: &str) -> String {
    if !HINTS.is_match(text) {
        return text.to_string();
    }
    let mut masked = text.to_string();
    for (kind, form) in FORMS.iter() {
        if form.is_match(&masked) {
            masked = form.replace_all(&masked, |found: &Captures| hide(kind, found)).into_owned();
        }
    }
    ASSIGNED
        .replace_all(&masked, |found: &Captures| {
            let value = found.get(1).map_or("", |value| value.as_str());
            if is_random(value) { hide("secret", found) } else { found[0].to_string() }
        })
        .into_owned()
}

/// A match in three: what stands before the secret, the secret, and what follows.
fn parts<'a>(found: &Captures<'a>) -> [&'a str; 3] {
    let Some(whole) = found.get(0) else { return [""; 3] };
    let secret = found.get(1).unwrap_or(whole);
    let (start, end) = (secret.start() - whole.start(), secret.end() - whole.start());
    let whole = whole.as_str();
    [&whole[..start], &whole[start..end], &whole[end..]]
}

/// The match with its secret replaced; line breaks inside the secret stay.
fn hide(kind: &str, found: &Captures) -> String {
    let [before, secret, after] = parts(found);
    if secret.starts_with("<redacted ") {
        return found[0].to_string();
    }
    let breaks = "\n".repeat(secret.matches('\n').count());
    format!("{before}<redacted {kind} {:08x}>{breaks}{after}", xxh3_64(secret.as_bytes()) as u32)
}

/// The text with every letter and digit of a secret-looking stretch replaced by `*`. Places in the text stay where they are: for traces,
/// whose later messages speak of positions.
pub fn veil(text: &str) -> String {
    if !HINTS.is_match(text) {
        return text.to_string();
    }
    let hide = |found: &Captures| {
        let [before, secret, after] = parts(found);
        format!("{before}{}{after}", stars(secret))
    };
    let veiled = FORMS.iter().fold(text.to_string(), |text, (_, form)| form.replace_all(&text, hide).into_owned());
    ASSIGNED.replace_all(&veiled, |found: &Captures| if is_random(&found[1]) { hide(found) } else { found[0].to_string() }).into_owned()
}

/// Every letter and digit as `*`, in as many bytes.
pub fn stars(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { '*' } else { letter }).collect()
}

/// Whether a value looks drawn at random rather than written by hand: many different characters, of several classes, no sentence, no
/// template.
fn is_random(value: &str) -> bool {
    if value.contains([' ', '{', '<', '$', '%', '(']) || value.starts_with("redacted") {
        return false;
    }
    let classes = [
        value.chars().any(|letter| letter.is_ascii_digit()),
        value.chars().any(|letter| letter.is_ascii_lowercase()),
        value.chars().any(|letter| letter.is_ascii_uppercase()),
        value.chars().any(|letter| letter.is_ascii_punctuation()),
    ];
    let kinds = classes.iter().filter(|there| **there).count();
    kinds >= 2 && classes[0] && entropy(value) >= if value.len() >= 20 { 3.2 } else { 2.7 }
}

/// Bits per character.
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    for letter in value.chars() {
        *counts.entry(letter).or_insert(0.0) += 1.0;
    }
    let total = value.chars().count() as f64;
    counts.values().map(|count: &f64| -(count / total) * (count / total).log2()).sum()
}
