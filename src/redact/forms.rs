//! What secrets look like: keys by their published form, and values that stand behind a telling name.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::value::{is_drawn, is_name_of_type, is_no_placeholder, is_random, is_words};

/// A form of secrets. The group that took part, or else the whole match, is the secret.
struct Form {
    kind: &'static str,
    pattern: Regex,
    /// Whether what stands there is a secret and no word of the author's.
    fits: fn(&str) -> bool,
}

impl Form {
    /// The secrets of this form in a text.
    fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let secrets = self.pattern.captures_iter(text).filter_map(|found| found.iter().skip(1).flatten().next().or_else(|| found.get(0)));
        secrets.filter(|secret| (self.fits)(secret.as_str())).map(|secret| secret.range())
    }
}

/// Only what a key is made of stands between its first and its last line; one that was cut off is one to where such lines end. Two lines
/// of a program that reads keys are none.
const PRIVATE_KEY: &str = concat!(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r"(?:(?:(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n]*|[A-Za-z0-9+/=]+))+",
    r"(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r"|(?:(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n]*|[A-Za-z0-9+/=]{16,}))+(?:\s*[A-Za-z0-9+/=]+\z)?",
    r"|\s*[A-Za-z0-9+/=]*\z)"
);

/// The end of one whose beginning was cut off.
const END_OF_PRIVATE_KEY: &str =
    r"(?:[A-Za-z0-9+/]{40,}(?:\s|\\[nr]|[\x22'`+,\\])+)+(?:[A-Za-z0-9+/=]*)\s*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----";

/// Tokens of services that begin all of them by a word of the service's own.
const TOKENS: &str = concat!(
    r"\b(?:hf_|gsk_|do[opr]_v1_|shp(?:at|ca|pa|ss)_|dckr_pat_|rubygems_|lin_api_|glsa_|sntrys_|ya29\.|tskey-[a-z]+-|xapp-|AGE-SECRET-KEY-1",
    r"|hv[sb]\.|ATATT3|PMAK-|figd_|ntn_|pscale_(?:tkn|pw)_|sbp_|r8_|pplx-|dp\.[ps]t\.|sq0[a-z]{3}-|GOCSPX-|gl(?:dt|rt|cbt|ptt|ft|soat)-)",
    r"[A-Za-z0-9_-]{20,}"
);

/// Passwords that are given to commands: to curl, to the clients of databases, and to `sshpass`.
const GIVEN: &str = concat!(
    r"\bcurl\b(?:[^\n]|\\\n)*?[\s\x22'](?:-[A-Za-z]*[uU]|--user|--proxy-user)[\s=\x22',]*[^\s:\x22'`$]{1,64}:([^\s\x22'`<>]{3,})",
    r"|\bmysql[a-z]*\b[^\n]*?\s-p([^\s\x22'`<>-]{4,})",
    r"|\bredis-cli\b[^\n]*?\s-a\s+([^\s\x22'`<>-]{4,})",
    r"|\bsshpass\s+-p\s*[\x22']?([^\s\x22'`<>]{3,})"
);

/// Words in a row behind a password's name, where no blank or quote stands between: so nobody subtracts.
const PASSPHRASE: &str = r"(?i)(?:passw(?:or)?d|passphrase|pwd)=((?:[a-z]{3,}-){2,}[a-z]{3,})(?:[\s;&\x22']|\z)";

/// Passwords in the files of servers and clients, where no sign stands between the word and its value.
const SETTINGS: &str = concat!(
    r"(?m)(?:^[ \t]*|--)(?:requirepass|masterauth)[\x22']?[\s,]+[\x22']?([^\s\x22'`<>]{3,})[\x22']?[ \t]*$",
    r"|\bmachine\s+\S+\s+login\s+\S+\s+password\s+([^\s<]\S{2,})"
);

/// A line of the file in which PostgreSQL's clients look passwords up: host, port, database, user and password.
const PGPASS: &str = concat!(
    r"(?m)^[ \t]*(?:[A-Za-z0-9_.*-]+:(?:5432|\*)|(?:localhost|\*|[A-Za-z0-9_-]*\.[A-Za-z0-9_.*-]+):(?:5[0-9]{3}|6[0-9]{3}|[1-6][0-9]{4}))",
    r":(?:\*|[A-Za-z_][\w-]*):(?:\*|[A-Za-z_][\w.@-]*):((?:[^\s:\\]|\\.){3,})[ \t]*\r?$"
);

/// Words by which the names of secrets end.
const NAMES: &str = concat!(
    r"(?i)passw(?:or)?d|passphrase|pass|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?key",
    r"|signing[_-]?key|encryption[_-]?key|credential"
);

/// What may stand behind such a word in a name that is still a secret's: `token_secret`, `PASSWORD_PROD`, `secretKeyBase`, `password2`.
/// Behind others it is something about one: `tokenizer`, `tokenUrl`, `secret_name`, `password_hint`.
const ENDS: &str = concat!(
    r"(?i)\A(?:[_-]*(?:key|base|value|string|str|text|plain|raw|hash|hex|b64|base64|bytes|word|phrase|prod|production|dev|development|test",
    r"|testing|staging|live|local|old|new|current|default|main|primary|secondary|[0-9]+))*s?[_-]*\z"
);

/// What stands between a name and its value in quotes: `=`, a type and `=`, a subscript, the next argument, the attribute `value`, a call,
/// or nothing but blanks, and a call around the value. A quote in a type is a lifetime's: else the value itself would pass for the type of the
/// next one.
const GIVES: &str = concat!(
    r#"(?:\\?["']?\]?(?:\[[0-9]*\])?\s*(?::\s*(?:[&<,]\s*'[a-z_]+[ ,>]|[&\w<>\[\]:,*? ]){1,60}?)?(?:=>|:=|={1,3}|:)\s*|\\?["'][ \t]*,\s*|["']\s+value\s*=\s*|\(\s*|[ \t]+)"#,
    r"(?:[A-Za-z_][A-Za-z0-9_:.]*\(\s*|\(\s*)?"
);

/// A value without quotes.
const BARE: &str = r#"([^\s"'`;,&(){}<>\[\]]{8,})"#;

/// The same at the end of a line, where it ends no item of a list.
const WORD: &str = r#"([^\s"'`;,&(){}<>\[\]][^\s"'`;,(){}<>\[\]]{7,})"#;

/// Bytes behind a name in which its value begins.
const BEHIND: usize = 400;

type Fits = fn(&str) -> bool;

/// Every form but values behind names.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let any: Fits = |_| true;
    let drawn: Fits = |value| !is_words(value);
    let forms: [(&'static str, &str, Fits); 25] = [
        ("private-key", PRIVATE_KEY, any),
        ("aws-key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b", any),
        ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b", any),
        ("gitlab-token", r"\bglpat-[A-Za-z0-9_-]{20,}", any),
        ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", any),
        ("slack-token", r"\bxox[abposr]-[A-Za-z0-9-]{10,}", any),
        ("api-key", r"\bsk-[A-Za-z0-9_-]{20,}", drawn),
        ("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", any),
        ("google-key", r"\bAIza[A-Za-z0-9_-]{35}", any),
        ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b", any),
        ("pypi-token", r"\bpypi-[A-Za-z0-9_-]{50,}", any),
        ("sendgrid-key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", any),
        ("token", TOKENS, drawn),
        ("slack-hook", r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,})", any),
        ("password", r"://[^\s/:@'\x22]*:([^\s/@'\x22<>]{3,})@", is_no_placeholder),
        ("bearer", r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{20,}=*)", drawn),
        ("basic", r"(?i)\bbasic\s+([A-Za-z0-9+/]{12,}={0,2})", is_random),
        ("telegram-token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", any),
        ("discord-token", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}", is_random),
        ("api-key", r"\b(?:SK|key-|dapi)[0-9a-f]{32}\b", any),
        ("password", GIVEN, is_no_placeholder),
        ("password", SETTINGS, is_no_placeholder),
        ("password", PASSPHRASE, any),
        ("password", PGPASS, is_no_placeholder),
        ("private-key", END_OF_PRIVATE_KEY, any),
    ];
    forms.into_iter().map(|(kind, pattern, fits)| Form { kind, pattern: compiled(pattern), fits }).collect()
});

static NAME: LazyLock<Regex> = LazyLock::new(|| compiled(NAMES));
static END: LazyLock<Regex> = LazyLock::new(|| compiled(ENDS));

/// Values, where a name has ended: in quotes, bare behind `=`, to the end of a line or a string, and between tags.
static VALUES: LazyLock<[Form; 4]> = LazyLock::new(|| {
    let form = |pattern: &str, fits: Fits| Form { kind: "secret", pattern: compiled(&format!(r"\A{pattern}")), fits };
    [
        form(&format!(r#"{GIVES}[rRbBfFuUL]?\\?["'`]([^"'`\n]{{8,}}?)\\?(?:["'`\n]|\z)"#), is_random),
        form(&format!(r#"["']?={BARE}(?:[\s;"'`,&)<]|\z)"#), is_drawn),
        form(&format!(r#"["']?[ \t]*[:=][ \t]+{WORD}[ \t]*(?:["'`\r\n]|#|\z)"#), |value| is_drawn(value) && !is_name_of_type(value)),
        form(r"\s*>\s*([^<>\s]{8,})\s*</", is_random),
    ]
});

/// A value behind blanks alone: of a variable in capitals, or of a flag.
static ARGUMENT: LazyLock<Form> =
    LazyLock::new(|| Form { kind: "secret", pattern: compiled(&format!(r"\A[ \t]+{BARE}(?:\s|\z)")), fits: is_drawn });

/// A value that takes the rest of its line, in files that hold nothing but settings.
static SETTING: LazyLock<Form> =
    LazyLock::new(|| Form { kind: "secret", pattern: compiled(r#"\A=([^\s"'`]{8,})[ \t]*(?:[\r\n]|\z)"#), fits: is_drawn });
/// What may stand before the name of a setting in its line.
static BEFORE_SETTING: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A\s*(?:(?:export|ENV|ARG|set|setx)\s+)?(?:[a-z][\w-]*\.)*\z"));

/// Patterns speak of bytes: what is a letter in another alphabet than ours matters to none.
#[expect(clippy::expect_used, reason = "constants, which every test compiles")]
pub(super) fn compiled(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)").replace(r"\s", r"[ \t\r\n\x0b\x0c]")).expect("the forms are constants and compile")
}

/// Where secrets stand in a text, and of which kind. Some may be found twice.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    if !HINTS.is_match(text) {
        return vec![];
    }
    let mut found = vec![];
    let keys = text.contains("PRIVATE KEY");
    for form in FORMS.iter().filter(|form| keys || form.kind != "private-key") {
        found.extend(form.find(text).map(|range| (range, form.kind)));
    }
    found.extend(NAME.find_iter(text).filter_map(|name| Some((behind(text, name.range())?, "secret"))));
    found
}

/// The secret that stands behind a name with a telling word in it.
fn behind(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let end = word.end + text[word.end..].find(|letter| !part(letter)).unwrap_or(text.len() - word.end);
    if !END.is_match(&text[word.end..end]) {
        return None;
    }
    let start = text[..word.start].rfind(|letter| !part(letter)).map_or(0, |before| text.ceil_char_boundary(before + 1));
    let (name, before, word) = (&text[start..end], &text[start..word.start], &text[word]);
    // As a word of its own: `compass` and `bypass` are none.
    let letter = |letter: char| letter.is_ascii_alphanumeric();
    let apart = !before.ends_with(letter) || word.starts_with('P') && before.ends_with(|letter: char| letter.is_ascii_lowercase());
    if word.eq_ignore_ascii_case("pass") && !apart {
        return None;
    }
    let behind = &text[end..text.floor_char_boundary(end + BEHIND)];
    let shouted = || name.starts_with("--") || !name.contains(|letter: char| letter.is_ascii_lowercase());
    let before = &text[text[..start].rfind(['\n', '\r']).map_or(0, |end| end + 1)..start];
    let setting = || (shouted() || before.ends_with('.')) && BEFORE_SETTING.is_match(before);
    let setting = SETTING.find(behind).next().filter(|_| setting());
    let value = setting
        .or_else(|| VALUES.iter().find_map(|form| form.find(behind).next()))
        .or_else(|| ARGUMENT.find(behind).next().filter(|_| shouted()))?;
    // A passphrase may be made of words; what is drawn by a machine is not.
    if !word.to_ascii_lowercase().starts_with('p') && is_words(&behind[value.clone()]) {
        return None;
    }
    // One that goes on behind what was looked at is a secret to its end.
    let range = end + value.start..end + value.end;
    let open = value.end == behind.len();
    let more = text[range.end..].find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`'));
    let more = if open { more.unwrap_or(text.len() - range.end) } else { rest_of_value(&text[range.end..]) };
    Some(range.start..range.end + more)
}

/// Bytes that still belong to a value without quotes, in which a `&` is a letter, unless another name and its value follow.
fn rest_of_value(behind: &str) -> usize {
    let mut length = 0;
    while let Some(piece) = behind[length..].strip_prefix('&') {
        let end = piece.find(|letter: char| letter.is_whitespace() || "\"'`&;,(){}<>[]=".contains(letter)).unwrap_or(piece.len());
        let is_next = piece[end..].starts_with(['=', '(']) || piece.starts_with("amp;");
        if end == 0 || is_next {
            break;
        }
        length += 1 + end;
    }
    length
}

/// Words that every secret's form needs; text without any of them is not searched further.
#[expect(clippy::expect_used, reason = "constants, which every test compiles")]
static HINTS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"PRIVATE KEY|AGE-SECRET-KEY",
        r"A[KSGIRN][IPDON]A[A-Z0-9]{16}",
        r"gh[pousr]_|github_pat_|glpat-|eyJ|xox[abposr]-|xapp-|sk[-_]|rk_|AIza|npm_|pypi-|SG\.",
        r"hf_|gsk_|hooks\.slack|_v1_|shp[acps]|dckr_|rubygems_|lin_api_|glsa_|sntrys_|ya29|tskey-",
        r"hv[sb]\.|ATATT3|PMAK-|figd_|ntn_|pscale_|sbp_|r8_|pplx-|dp\.[ps]t\.|sq0[a-z]{3}-|GOCSPX-|gl[a-z]{2,4}-|:AA|\b[MNO][A-Za-z0-9_-]{23}",
        r"\b(?:SK|key-|dapi)[0-9a-f]{32}|curl|mysql|redis-cli|sshpass|masterauth|(?m)^[ \t]*[^\s:]+:(?:[0-9]{4,5}|\*):[^\s:]+:[^\s:]+:",
        r"://[^\s/]*@",
        r"(?i)bearer\s|basic\s|pass|pwd|secret|token|key|credential",
    ])
    .expect("the hints are constants and compile")
});
