//! Files that are secret by their name. The lists are compiled in and compared without regard to case.

use super::WorkspacePath;

/// Whether a file is likely to hold credentials: it never enters an index, a prompt, a log or a cache.
pub fn is_secret(path: &WorkspacePath) -> bool {
    is_secret_name(path.relative())
}

/// As [`is_secret`], for a relative path with `/`.
pub fn is_secret_name(relative: &str) -> bool {
    let lower = relative.to_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let inside = |wanted: &[&str]| folders.split('/').any(|folder| wanted.contains(&folder));
    let at = |place: &str| lower.strip_suffix(place).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    if inside(FOLDERS) || PLACES.iter().any(|place| at(place)) {
        return true;
    }
    let name = original(name);
    let swap = name.strip_prefix('.').filter(|_| lower.ends_with(".swp"));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    // Container tools mount secrets by bare names.
    let holds_values = DATA.contains(&extension) || !name.contains('.') && !BUILD_FILES.contains(&name);
    is_secret_file(name) || swap.is_some_and(is_secret_file) || holds_values && inside(&["secrets"])
}

/// The name of which this is a copy that an editor or a person has put aside.
fn original(name: &str) -> &str {
    let aside = |name: &str| {
        ["~", ".bak", ".backup", ".old", ".orig", ".save", ".swp", ".swo"].iter().find_map(|end| Some(name.strip_suffix(end)?.len()))
    };
    let mut name = name;
    while let Some(length) = aside(name).filter(|length| *length > 0) {
        name = &name[..length];
    }
    name
}

fn is_secret_file(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    // `secrets.dev`, `secrets-prod` and `prod-secrets` as well.
    let mut parts = stem.trim_start_matches('.').split(['.', '-', '_']);
    let says_so = STEMS.contains(&stem) || parts.next().is_some_and(is_word) || parts.next_back().is_some_and(is_word);
    is_environment(name)
        || NAMES.contains(&name)
        || EXTENSIONS.contains(&extension)
        || name.ends_with(".tfvars.json")
        || name.contains(".tfstate")
        || PRIVATE_KEYS.iter().any(|kind| name == *kind || name.starts_with(&format!("{kind}_")) || name.starts_with(&format!("{kind}.")))
            && extension != "pub"
        || (says_so || HOLDINGS.contains(&stem)) && DATA.contains(&extension)
        || is_cloud_key(stem) && DATA.contains(&extension)
        || stem.ends_with(".env") && DATA.contains(&extension)
        || name.starts_with("ssh_host_") && name.ends_with("_key")
        || STEMS.contains(&name)
}

/// A key of a cloud's service; providers put the project's name before.
fn is_cloud_key(stem: &str) -> bool {
    BEGINNINGS.iter().any(|begin| stem.starts_with(begin)) || stem.contains("-firebase-adminsdk-")
}

fn is_word(part: &str) -> bool {
    matches!(part, "secret" | "secrets" | "credential" | "credentials" | "passwords")
}

/// `.env` and its variants. Templates are examples, but people put real keys there as well.
fn is_environment(name: &str) -> bool {
    name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name == ".envrc"
        || name.ends_with(".env")
}

/// Folders in which all is secret.
const FOLDERS: &[&str] = &[".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".secrets", ".password-store"];

/// Files at a place that programs keep keys in.
const PLACES: &[&str] = &["gh/hosts.yml", "rclone/rclone.conf", ".m2/settings.xml", ".m2/settings-security.xml", ".vscode/sftp.json"];

/// Files without an extension that are no secrets, wherever they stand.
const BUILD_FILES: &[&str] = &["makefile", "dockerfile", "justfile", "readme", "license"];

const NAMES: &[&str] = &[
    ".dev.vars",
    ".vault_pass",
    ".vault_password",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".htpasswd",
    ".pgpass",
    ".my.cnf",
    ".s3cfg",
    ".boto",
    ".vault-token",
    ".terraformrc",
    "kubeconfig",
    "credentials.toml",
    "service-account.json",
    "serviceaccount.json",
    "client_secret.json",
    "google-services.json",
    "master.key",
    "terraform.rc",
    "shadow",
    // Of shells and clients, which are given passwords.
    ".bash_history",
    ".zsh_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".node_repl_history",
    ".python_history",
    ".htdigest",
    ".passwd",
    ".authinfo",
    ".esmtprc",
    ".msmtprc",
    ".fetchmailrc",
    ".muttrc",
    ".cvspass",
    ".ftpconfig",
    ".aws-credentials",
    ".flaskenv",
    ".sentryclirc",
    ".claude.json",
    "settings-security.xml",
    "auth.json",
    "sftp-config.json",
    "docker-config.json",
    "local.settings.json",
    "connectionstrings.config",
    "keystore.properties",
    "key.properties",
    "signing.properties",
    "gcp-key.json",
    "vault.yml",
    "vault.yaml",
    "kube.config",
    "deploy_key",
    "rootkey.csv",
    "accesskeys.csv",
    "env.local",
];

/// `key` also covers Apple Keynote documents, which are no source either.
const EXTENSIONS: &[&str] = &[
    "pem",
    "key",
    "p12",
    "pfx",
    "p8",
    "jks",
    "keystore",
    "kdbx",
    "ppk",
    "asc",
    "gpg",
    "tfvars",
    "tfstate",
    "ovpn",
    "kubeconfig",
    "jceks",
    "agekey",
    "crt",
    "cert",
    "keytab",
    "jwk",
    "jwks",
    "pkcs8",
];

const PRIVATE_KEYS: &[&str] = &["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_xmss"];

const STEMS: &[&str] = &["secret", "secrets", "credential", "credentials", ".credentials", "local.secrets", "passwords", ".secrets"];

/// Files of data that hold but this; as a part of a name such a word may mean anything.
const HOLDINGS: &[&str] = &["password", "passwd", "token", "tokens", "apikey", "apikeys", "api_key", "api_keys", "api-key", "api-keys"];

/// What names of keys to cloud services begin by, in files of data.
const BEGINNINGS: &[&str] = &["firebase-adminsdk", "service-account", "service_account", "serviceaccount", "kubeconfig"];

/// Formats that hold values; `secrets.rs` is source code.
const DATA: &[&str] =
    &["yml", "yaml", "json", "toml", "ini", "txt", "xml", "properties", "cfg", "conf", "env", "csv", "enc", "edn", "json5"];
