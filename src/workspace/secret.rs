//! Files that are secret by their name, and files that the editor or a tool would execute. Both lists are compiled in and compared
//! without regard to case.

use super::WorkspacePath;

/// Whether a file is likely to hold credentials: it never enters an index, a prompt, a log or a cache.
pub fn is_secret(path: &WorkspacePath) -> bool {
    is_secret_name(path.relative())
}

/// As [`is_secret`], for a relative path with `/`.
pub fn is_secret_name(relative: &str) -> bool {
    let lower = relative.to_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let mut folders = folders.split('/');
    if folders.any(|folder| matches!(folder, ".ssh" | ".gnupg" | ".aws" | ".azure" | ".kube" | ".docker" | ".secrets")) {
        return true;
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    is_environment(name)
        || NAMES.contains(&name)
        || EXTENSIONS.contains(&extension)
        || name.ends_with(".tfvars.json")
        || name.contains(".tfstate")
        || PRIVATE_KEYS.iter().any(|kind| name == *kind || name.starts_with(&format!("{kind}_")) || name.starts_with(&format!("{kind}.")))
            && extension != "pub"
        || STEMS.contains(&stem) && DATA.contains(&extension)
        || STEMS.contains(&name)
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

const NAMES: &[&str] = &[
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
];

const PRIVATE_KEYS: &[&str] = &["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_xmss"];

const STEMS: &[&str] = &["secret", "secrets", "credential", "credentials", ".credentials", "local.secrets", "passwords", ".secrets"];

/// Formats that hold values; `secrets.rs` is source code.
const DATA: &[&str] = &["yml", "yaml", "json", "toml", "ini", "txt", "xml", "properties", "cfg", "conf", "env", "csv", "enc", "edn"];

/// Whether a tool or an editor executes or obeys the file: changing one needs the user's word every time.
pub fn is_protected(path: &WorkspacePath) -> bool {
    is_protected_name(path.relative())
}

/// As [`is_protected`], for a relative path with `/`.
pub fn is_protected_name(relative: &str) -> bool {
    let lower = relative.to_lowercase();
    let mut parts = lower.split('/');
    let name = lower.rsplit('/').next().unwrap_or_default();
    parts.any(|part| PROTECTED_FOLDERS.contains(&part)) || PROTECTED_NAMES.contains(&name) || name.ends_with(".code-workspace")
}

const PROTECTED_FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".vscode",
    ".idea",
    ".zed",
    ".helix",
    ".nvim",
    ".fleet",
    ".cursor",
    ".claude",
    ".github",
    ".gitlab",
    ".circleci",
    ".cargo",
    ".devcontainer",
    ".husky",
    ".config",
    ".yarn",
    ".longsight",
];

const PROTECTED_NAMES: &[&str] = &[
    ".longsight.toml",
    ".gitattributes",
    ".gitmodules",
    ".gitconfig",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".envrc",
    ".bashrc",
    ".profile",
    ".zshrc",
    ".exrc",
    ".nvimrc",
    ".nvim.lua",
    ".vimrc",
    ".editorconfig",
    ".mcp.json",
    "mcp.json",
    "agents.md",
    "claude.md",
    ".cursorrules",
    "rust-toolchain.toml",
    "rust-toolchain",
];
