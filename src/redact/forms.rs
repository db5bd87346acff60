//! What secrets look like on their own: keys by their published form, passwords by their place in commands and addresses.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use super::chosen::is_marked;
use super::value::{is_drawn, is_no_placeholder, is_random, is_salt, is_words};
use super::{manifest, named, prefixes, seams};

/// One form of secrets. The secret is the group that matched, else the whole match.
pub(super) struct Form {
    kind: &'static str,
    /// Lower-case words, at least one of which occurs in any text with such a secret; empty if there are none.
    needs: Vec<&'static str>,
    pattern: Regex,
    /// Tells a secret from an ordinary word in the same place.
    fits: Fits,
}

/// Whether a value is a secret.
pub(super) type Fits = fn(&str) -> bool;

impl Form {
    /// A form by the name of its kind, its pattern, and the test for its values.
    pub(super) fn new(kind: &'static str, pattern: &str, fits: Fits) -> Self {
        Self { kind, needs: vec![], pattern: compiled(pattern), fits }
    }

    /// Where secrets of this form occur in a text.
    pub(super) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let secrets = self.pattern.captures_iter(text).filter_map(|found| found.iter().skip(1).flatten().next().or_else(|| found.get(0)));
        secrets.filter(|secret| (self.fits)(secret.as_str())).map(|secret| secret.range())
    }
}

/// Between the first and the last line there may only be the parts of a key and the comments of a program that holds it. A key that was cut
/// off ends with the last such line. Two lines of a program that reads keys do not match.
const PRIVATE_KEY: &str = concat!(
    r"-{4,5} ?BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)? ?-{4,5}",
    r"(?:(?:(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*(?:(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): |//)[^\n]*|[A-Za-z0-9+/=]+))+",
    r"(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*-{4,5} ?END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)? ?-{4,5}",
    r"|(?:(?:\s|\\[nr]|[\x22'`+,\\#|*>/])*(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n]*|[A-Za-z0-9+/=]{16,}))+(?:\s*[A-Za-z0-9+/=]+\z)?",
    r"|\s*[A-Za-z0-9+/=]*\z)"
);

/// A private key in base64 (certificates and public keys begin differently), and one in PuTTY's format.
const WRAPPED_PRIVATE_KEY: &str = concat!(
    r"\bLS0tLS1CRUdJTi(?:BQUkl|BQR1A|BSU0EgUFJJ|B[EFP])[A-Za-z0-9+/=]{8,}(?:\s+[A-Za-z0-9+/=]{40,})*",
    r"|\bPrivate-Lines: [0-9]+\s+([A-Za-z0-9+/=]{16,}(?:\s+[A-Za-z0-9+/=]{40,})*(?:\s+[A-Za-z0-9+/]+=*)?)"
);

/// The end of a key whose beginning was cut off.
const END_OF_PRIVATE_KEY: &str =
    r"(?:[A-Za-z0-9+/]{40,}(?:\s|\\[nr]|[\x22'`+,\\])+)+(?:[A-Za-z0-9+/=]*)\s*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----";

/// A private key whose lines are in several strings, with code between them.
const PRIVATE_KEY_IN_PIECES: &str = r"-{5}BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-{5}(?:[^-]{0,60}?[A-Za-z0-9+/=]{48,})+";

/// A session cookie in a request header.
const COOKIE: &str = r"(?i)\b(?:set-)?cookie[\x22'`]?\]?\s*(?:[:=,]|=>)\s*[\x22'`]?[^\x22'`\n]{0,200}?[\w.-]*(?:sess|sid|token|auth|jwt)[\w.-]*=([A-Za-z0-9%._~+/-]{16,}=*)";

/// The secret that follows a Twilio account number.
const SECRET_BEHIND_ACCOUNT: &str = r"\bAC[0-9a-f]{32}[\x22'`]?\s*,\s*(?:[A-Za-z_]\w*\s*[=:]\s*)?[\x22'`]([0-9a-f]{32})[\x22'`]";

/// Tokens of services that are recognised by something other than their beginning.
const OTHER_TOKENS: &str = concat!(
    r"\bsk_[0-9a-f]{48}\b|\bsk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}|\bdp\.st\.[a-z]+\.[A-Za-z0-9]{40,}",
    r"|\btskey-[a-z]+-[A-Za-z0-9_-]{20,}",
    r"|discord(?:app)?\.com/api/webhooks/[0-9]+/([A-Za-z0-9_-]{40,})|webhook\.office\.com/webhookb2/([^\s\x22'<>`]{40,})",
    r"|[?&;]sig=([A-Za-z0-9%+/]{30,}=*)"
);

/// Password hashes as systems store them.
const HASHES: &str = r"\$(?:2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:[156y]|gy|7)\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,40}\$[./A-Za-z0-9]{20,}|argon2id?\$v=[0-9]+\$[^\s\x22':]{40,})";

/// The credentials of a request, unless preceded by a scheme with a form of its own.
const AUTHORIZATION: &str =
    r"(?i)\bauthorization[\x22'`]?\]?\s*(?:[:=,]|=>)\s*[\x22'`]?(?:[a-z][a-z-]{1,20}\s+)?(?:token=)?[\x22'`]?([A-Za-z0-9._~+/-]{20,}=*)";

/// A token after `Bearer`, possibly concatenated with it by a program.
const BEARER: &str = r"(?i)\bbearer\s+(?:[\x22'`]\s*[+.&]{1,2}\s*[\x22'`])?([A-Za-z0-9._~+/-]{20,}=*)";

/// Passwords passed to commands: words, one of which occurs in any text with such a command, and the pattern. Separate patterns, because
/// joined into one expression with others, with which they share no prefix, they take twenty times as long.
const COMMANDS: [(&str, &str); 26] = [
    ("curl", r"\bcurl\b(?:[^\n]|\\\n)*?[\s\x22'](?:-[A-Za-z]*[uU]|--user|--proxy-user)[\s=\x22',]*[^\s:\x22'`$]{1,64}:([^\s\x22'`<>]{3,})"),
    ("http", r"\bhttps?\s+(?:-a|--auth)[\s=\x22']+[^\s:\x22'`$]{1,64}:([^\s\x22'`<>]{3,})"),
    ("mysql", r"\bmysql[a-z]*\b[^\n]*?\s-p([^\s\x22'`<>-]{4,})"),
    ("redis-cli", r"\bredis-cli\b[^\n]*?\s-a\s+([^\s\x22'`<>-]{4,})"),
    (
        "login|upload",
        r"\b(?:(?:docker|podman|helm\s+registry|buildah|az)\s+login|twine\s+upload)\b[^\n]*?\s-p[\s=\x22']*([^\s\x22'`<>-]{4,})",
    ),
    ("zip", r"\bzip\b[^\n|;]*?\s-P\s*[\x22']?([^\s\x22'`<>-]{4,})"),
    ("openssl", r"\bopenssl\s+enc\b[^\n]*?\s-k\s+[\x22']?([^\s\x22'`<>-]{4,})"),
    ("secret set", r"\bgh\s+secret\s+set\b[^\n]*?\s(?:-b|--body)[\s=]*[\x22']?([^\s\x22'`<>-]{4,})"),
    ("<<<", r"\bsecrets?\s+(?:put|set|create|add)\b[^\n]*?<<<\s*[\x22']?([^\s\x22'`<>]{4,})"),
    ("--from-literal", r"--from-literal[=\s]+[\x22']?[\w.-]+=[\x22']?([^\s\x22'`<>]{4,})"),
    ("-stdin", r"\becho\s+(?:-n\s+)?[\x22']?([^\s\x22'`<>|]{4,})[\x22']?\s*\|[^\n|]*--password-stdin\b"),
    ("ldap", r"\bldap(?:search|modify|add|passwd|whoami)\b[^\n]*?\s-w[\s\x22']*([^\s\x22'`<>-]{4,})"),
    ("-pass", r"\s-pass(?:in|out)?\s+pass:([^\s\x22'`<>]{4,})"),
    ("chpasswd", r"\becho\s+[\x22']?[a-z_][\w-]*:([^\s\x22'`<>]{4,})[\x22']?\s*\|\s*(?:sudo\s+)?chpasswd\b"),
    ("sshpass", r"\bsshpass\s+-p\s*[\x22']?([^\s\x22'`<>]{3,})"),
    (
        "sudo|--stdin",
        r"\becho\s+(?:-[ne]\s+)?[\x22']?([^\s\x22'`<>|]{4,})[\x22']?\s*\|\s*(?:sudo\s+(?:-\w+\s+)*?-S\b|(?:sudo\s+)?passwd\s+--stdin\b)",
    ),
    ("useradd|usermod", r"\buser(?:add|mod)\b[^\n]*?\s-p[\s\x22']+([^\s\x22'`<>-]{4,})"),
    ("lftp", r"\blftp\b[^\n]*?\s(?:-u|--user)[\s=\x22']+[^\s,\x22'`$]{1,64},([^\s\x22'`<>]{4,})"),
    ("snmp", r"\bsnmp[a-z]+\b[^\n]*?\s-[AX]\s+[\x22']?([^\s\x22'`<>-]{4,})"),
    ("smbclient", r"\bsmbclient\b[^\n]*?\s(?:-U|--user)[\s=\x22']*[^\s%\x22'`$]{1,64}%([^\s\x22'`<>]{3,})"),
    ("net use", r"\bnet\s+use\s[^\n]*?\\\\\S+\s+([^\s\x22'`<>/*]\S{3,})\s+/user:"),
    ("storepass|keypass", r"\s-(?:src|dest|new)?(?:store|key)pass\s+[\x22']?([^\s\x22'`<>-]{4,})"),
    ("mongo", r"\bmongo[a-z]*\b[^\n]*?\s-p\s+[\x22']?([^\s\x22'`<>-]{4,})"),
    ("sqlplus", r"\bsqlplus\b[^\n]*?\s[\x22']?[A-Za-z][\w$#]*/([^\s@/\x22'`<>]{3,})@"),
    ("jdbc:oracle", r"\bjdbc:oracle:\w+:[A-Za-z][\w$#]*/([^\s@/\x22'`<>]{3,})@"),
    ("convertto-securestring", r"\bConvertTo-SecureString\s+(?:-String\s+)?[\x22']([^\s\x22'`<>]{4,})[\x22']"),
];

/// Passwords and keys that are only recognised by the name of the called function.
const PASSWORDS_OF_CALLS: [&str; 4] = [
    concat!(
        r"(?i)(?:\bauth\s*[=:]\s*[(\[]|\b(?:http(?:basic|digest|proxy)auth|set_?basic_?auth|basic_?auth|set_?authorization|getconnection)\s*\()",
        r"[^()\n]*?,\s*(?:Some\()?b?[\x22'`]([^\x22'`\s]*[^\x22'`\sA-Za-z./:_-][^\x22'`\s]*)[\x22'`]"
    ),
    concat!(
        r"(?:Credentials?|_credentials?|PasswordAuthentication|WiFi(?:Multi)?\.(?:begin|softAP|addAP)|mysqli(?:_connect)?|MySQLdb\.connect|PDO|\.login)\s*\(",
        r"[^()\n]*?,\s*b?[\x22'`]([^\x22'`\s]*[^\x22'`\sA-Za-z./:_-][^\x22'`\s]*)[\x22'`]"
    ),
    r"(?:hashpw|bcrypt\.hash(?:Sync)?)\s*\(\s*b?[\x22'`]([^\x22'`\s]{4,})[\x22'`]",
    r"fill_in[\s(]\s*[\x22'][^\x22'\n]*[Pp]assw[^\x22'\n]*[\x22']\s*,\s*:?with(?::|\s*=>)\s*[\x22']([^\x22'\s]{4,})[\x22']",
];
const KEYS_OF_CALLS: &str = concat!(
    r"(?i)(?:\bjwt\.(?:sign|encode|verify|decode)\s*\([^()\n]*?,",
    r"|(?:\bcreatehmac|\bhmac\.new|\bsecretkeyspec|\bfernet|\.sign_?with|\bbearer_?auth)\s*\((?:[^()\n]*?,)?)",
    r"\s*(?:\[\]byte\()?b?[\x22'`]([^\x22'`\s]{16,})[\x22'`]"
);

/// The argument that follows an access key id, which has a form of its own.
const SECRET_BEHIND_KEY: &str =
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}[\x22'`]?\s*,\s*(?:[A-Za-z_]\w*\s*[=:]\s*)?b?[\x22'`]([A-Za-z0-9/+]{40})[\x22'`]";

/// Signed tokens, whose two halves have the same beginning, and encrypted ones.
const JWT: &str = concat!(
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"|\beyJ(?:hbGciOi|0eXAiOi|raWQiOi|lbmMiOi)[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,}){2,4}"
);

/// The words from which a wallet can be recovered.
const WORDS_OF_WALLET: &str =
    r"(?i)(?:mnemonic|(?:seed|recovery|secret)[_-]?phrase)\w*[\x22'`]?\]?\s*(?::=|[:=])\s*[\x22'`]?((?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b";

/// Joined words after a password's name, without spaces or quotes: nobody subtracts like this.
const PASSPHRASE: &str = r"(?i)(?:passw(?:or)?d|passphrase|pwd)=((?:[a-z]{3,}-){2,}[a-z]{3,})(?:[\s;&\x22']|\z)";

/// Passwords in configuration files and statements with no sign between the word and its value.
const SETTINGS: &str = r"(?m)(?:^[ \t]*|--)(?:requirepass|masterauth)[\x22']?[\s,]+[\x22']?([^\s\x22'`<>]{3,})[\x22']?[ \t]*$";
const STATEMENTS: &str = concat!(
    r"\bmachine\s+\S+\s+login\s+\S+\s+password\s+([^\s<]\S{2,})",
    r"|(?i:\bidentified\s+(?:with\s+\S+\s+)?by\s+[\x22']([^\x22'\n<]{3,})[\x22'])"
);

/// Passwords in addresses. A password may contain `@`, and `/` if that does not follow a port. Addresses of Go's drivers have no scheme.
const ADDRESS: &str = r"://[^\s/:@'\x22]*:([^\s/'\x22<>]{3,})@";
const ADDRESS_WITH_SLASHES: &str = r"://[^\s/:@'\x22]+:([^\s@/'\x22<>]*[^\s@/'\x22<>0-9][^\s@/'\x22<>]*/[^\s@'\x22<>]{3,})@[A-Za-z0-9]";

const ADDRESS_OF_DRIVER: &str = r"[\x22'`][\w.-]{1,64}:([^\s/'\x22<>@]{3,})@(?:tcp|unix)\(";

/// The keys of WordPress, which use their own character set, including spaces.
const SALTS: &str = r"define\(\s*['\x22][A-Z_]+_(?:KEY|SALT)['\x22]\s*,\s*'([^'\n]{40,})'";

/// A line of the file in which PostgreSQL clients look up passwords: host, port, database, user and password.
const PGPASS: &str = concat!(
    r"(?m)^[ \t]*(?:[A-Za-z0-9_.*-]+:(?:5432|\*)|(?:localhost|\*|[A-Za-z0-9_-]*\.[A-Za-z0-9_.*-]+):(?:5[0-9]{3}|6[0-9]{3}|[1-6][0-9]{4}))",
    r":(?:\*|[A-Za-z_][\w-]*):(?:\*|[A-Za-z_][\w.@-]*):((?:[^\s:\\]|\\.){3,})[ \t]*\r?$"
);

/// All forms except tokens recognised by their prefix alone and values after names: the kind, words one of which occurs in any text with
/// such a secret (in any case), and the pattern.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let any: Fits = |_| true;
    let drawn: Fits = |value| !is_words(value);
    let random: Fits = |value| is_random(value) && !is_words(value);
    let certain: Fits = |value| is_drawn(value) && !is_words(value);
    let password: Fits = |value| is_marked(value) || value.len() >= 8 && is_random(value) && !is_words(value);
    let forms: [(&'static str, &str, &str, Fits); 48] = [
        ("private-key", "private key", PRIVATE_KEY, any),
        ("private-key", "private key", END_OF_PRIVATE_KEY, any),
        ("private-key", "private key", PRIVATE_KEY_IN_PIECES, any),
        ("private-key", "ls0tls1crudjti|private-lines", WRAPPED_PRIVATE_KEY, any),
        ("aws-key", "akia|asia|agpa|aida|aroa|anpa", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b", any),
        ("aws-key", "akia|asia", SECRET_BEHIND_KEY, random),
        (
            "aws-key",
            "secret_access_key",
            r"(?i)secret_access_key[\x22'`]?[\s:=]+[\x22'`]?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
            random,
        ),
        (
            "github-token",
            "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
            any,
        ),
        ("gitlab-token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}", any),
        ("jwt", "eyj", JWT, any),
        ("slack-token", "xox", r"\bxox[abposr]-[A-Za-z0-9-]{10,}", any),
        ("api-key", "sk-", r"\bsk-[A-Za-z0-9_-]{20,}", drawn),
        ("stripe-key", "sk_|rk_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", any),
        ("google-key", "aiza", r"\bAIza[A-Za-z0-9_-]{35}", any),
        ("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b", any),
        ("pypi-token", "pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}", any),
        ("sendgrid-key", "sg.", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", any),
        ("token", "8q~", r"\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}", random),
        ("token", "atlasv1", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}", random),
        // Separate patterns: joined into one expression with others, with which they share no prefix, they take twenty times as long.
        ("token", "-us", r"\b[0-9a-f]{32}-us[0-9]{1,2}\b", any),
        ("token", "pat", r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b", any),
        ("token", "sk_|sk.eyj|dp.st.|tskey-|/webhook|sig=", OTHER_TOKENS, random),
        ("token", "://", r"://([A-Za-z0-9_-]{20,})(?::[A-Za-z0-9_-]*)?@[A-Za-z0-9]", random),
        ("slack-hook", "hooks.slack", r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,})", any),
        ("password", "://", ADDRESS, is_no_placeholder),
        ("password", "://", ADDRESS_WITH_SLASHES, is_drawn),
        ("password", "@tcp(|@unix(", ADDRESS_OF_DRIVER, is_no_placeholder),
        ("bearer", "bearer", BEARER, drawn),
        ("basic", "basic", r"(?i)\bbasic\s+([A-Za-z0-9+/]{12,}={0,2})", is_random),
        ("authorization", "authorization", AUTHORIZATION, certain),
        ("cookie", "cookie", COOKIE, certain),
        ("token", "twilio", SECRET_BEHIND_ACCOUNT, any),
        ("telegram-token", ":aa", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", any),
        ("discord-token", "", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}", is_random),
        ("api-key", "sk|key-|dapi", r"\b(?:SK|key-|dapi)[0-9a-f]{32}\b", any),
        ("password", "auth|getconnection", PASSWORDS_OF_CALLS[0], password),
        ("password", "credential|mysqli|mysqldb|pdo|.login|passwordauth|wifi", PASSWORDS_OF_CALLS[1], password),
        ("password", "hashpw|bcrypt.hash", PASSWORDS_OF_CALLS[2], password),
        ("password", "fill_in", PASSWORDS_OF_CALLS[3], password),
        ("secret", "jwt.|hmac|secretkeyspec|fernet|signwith|sign_with|bearer", KEYS_OF_CALLS, certain),
        ("secret", "mnemonic|phrase", WORDS_OF_WALLET, any),
        ("password", "requirepass|masterauth", SETTINGS, is_no_placeholder),
        ("password", "machine|identified", STATEMENTS, is_no_placeholder),
        ("password", "identified", r"(?i)\bidentified\s+by\s+([^\s\x22'`();,?<:@]{8,})", is_drawn),
        ("password", "pass|pwd", PASSPHRASE, any),
        ("password", ":*|:1|:2|:3|:4|:5|:6", PGPASS, is_no_placeholder),
        ("password-hash", "$", HASHES, any),
        ("secret", "define", SALTS, is_salt),
    ];
    let form = |(kind, needs, pattern, fits): (_, &'static str, _, _)| Form {
        needs: needs.split('|').filter(|word| !word.is_empty()).collect(),
        ..Form::new(kind, pattern, fits)
    };
    let commands = COMMANDS.map(|(needs, pattern)| ("password", needs, pattern, is_no_placeholder as Fits));
    forms.into_iter().chain(commands).map(form).collect()
});

/// Compiles a pattern for bytes: none of them needs letters of other alphabets.
#[expect(clippy::expect_used, reason = "constants, which every test compiles")]
pub(super) fn compiled(pattern: &str) -> Regex {
    // Unicode classes, when repeated, would take tens of megabytes.
    let pattern = pattern.replace(r"\b", r"(?-u:\b)").replace(r"\s", r"[ \t\r\n\x0b\x0c]").replace(r"\w", "[0-9A-Za-z_]");
    Regex::new(&pattern).expect("the forms are constants and compile")
}

/// Where secrets are in a text, and of which kind. Some may be found twice.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = alone(text);
    found.extend(seams::find(text));
    found.extend(manifest::find(text).into_iter().map(|range| (range, "secret")));
    found.extend(named::find(text).map(|range| (range, "secret")));
    found
}

/// Of these, the secrets that can be recognised without their surroundings.
pub(super) fn alone(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = vec![];
    for form in FORMS.iter().zip(NEEDS.in_text(text)).filter_map(|(form, is_there)| is_there.then_some(form)) {
        found.extend(form.find(text).map(|range| (range, form.kind)));
    }
    found.extend(prefixes::find(text).map(|range| (range, "token")));
    found
}

/// The words that forms need, found in one pass over a text.
static NEEDS: LazyLock<Needs> = LazyLock::new(Needs::new);

struct Needs {
    words: AhoCorasick,
    /// For each word, the forms that need it.
    forms: Vec<Vec<usize>>,
}

impl Needs {
    #[expect(clippy::expect_used, reason = "constants, which every test compiles")]
    fn new() -> Self {
        let mut forms = BTreeMap::<&str, Vec<usize>>::new();
        for (number, form) in FORMS.iter().enumerate() {
            form.needs.iter().for_each(|word| forms.entry(word).or_default().push(number));
        }
        let words = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(forms.keys());
        Self { words: words.expect("the words are constants"), forms: forms.into_values().collect() }
    }

    /// For each form, whether one of its words occurs in a text.
    fn in_text(&self, text: &str) -> Vec<bool> {
        let mut there: Vec<bool> = FORMS.iter().map(|form| form.needs.is_empty()).collect();
        for word in self.words.find_overlapping_iter(text) {
            self.forms[word.pattern()].iter().for_each(|form| there[*form] = true);
        }
        there
    }
}
