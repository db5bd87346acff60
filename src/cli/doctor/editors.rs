//! Checks the editors on this machine: which ones there are, what each still needs, and whether they find `longsight`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Check, Status};

/// A check for each editor that is found.
pub fn checks() -> Vec<Check> {
    let mut checks: Vec<Check> = neovim().into_iter().chain(vscodes()).collect();
    checks.extend(OTHERS.iter().filter_map(other));
    if checks.is_empty() {
        checks.push(Check::new(Status::Info, "editors", "none found in PATH", "any editor that speaks LSP will do: longsight serve"));
    }
    checks.push(command());
    checks
}

/// Editors that users configure themselves: command, name, documentation page, and files (in the configuration folder, or with `~` in
/// home), one of which names longsight once that is done.
const OTHERS: &[(&str, &str, &str, &[&str])] = &[
    ("hx", "Helix", "helix", &["helix/languages.toml"]),
    ("helix", "Helix", "helix", &["helix/languages.toml"]),
    ("emacs", "Emacs", "emacs", &["emacs/init.el", "~.emacs.d/init.el", "~.emacs"]),
    ("kak", "Kakoune", "kakoune", &["kak/kakrc", "kak-lsp/kak-lsp.toml"]),
    ("zed", "Zed", "zed", &[]),
    ("subl", "Sublime Text", "sublime", &["sublime-text/Packages/User/LSP.sublime-settings"]),
];

fn other(&(program, name, page, files): &(&str, &str, &str, &[&str])) -> Option<Check> {
    let path = in_path(program)?;
    let home = PathBuf::from(std::env::var_os("HOME")?);
    let config = base("XDG_CONFIG_HOME", ".config")?;
    let names_us = |file: &&&str| {
        let file = file.strip_prefix('~').map_or_else(|| config.join(file), |below| home.join(below));
        std::fs::read_to_string(file).is_ok_and(|text| text.contains("longsight"))
    };
    let (path, name) = (path.display(), format!("editor {name}"));
    Some(match files.iter().find(names_us) {
        Some(file) => Check::ok(name, format!("{path}, {} names longsight", file.trim_start_matches('~'))),
        None => {
            let fix = format!("for its configuration see editors/{page}.md in longsight's repository");
            Check::new(Status::Info, name, format!("{path}, not configured for longsight"), fix)
        }
    })
}

/// Checks the command, since editors start `longsight` by its name.
fn command() -> Check {
    let own = std::env::current_exe().unwrap_or_default();
    match in_path("longsight") {
        Some(found) if found.canonicalize().ok() == own.canonicalize().ok() => Check::ok("command", found.display().to_string()),
        Some(found) => {
            let detail = format!("editors start {}, this is {}", found.display(), own.display());
            Check::new(Status::Info, "command", detail, "`make install` puts the newest there, if that is meant")
        }
        None => {
            let detail = format!("`longsight` is not in PATH, where editors look for it; this is {}", own.display());
            Check::new(Status::Info, "command", detail, "make install, and ~/.local/bin in PATH; or name the whole path in the editor")
        }
    }
}

fn neovim() -> Option<Check> {
    let path = in_path("nvim")?;
    let version = first_line(&path, &["--version"])?;
    let numbers: Vec<u32> = version.trim_start_matches("NVIM v").split(['.', '-']).filter_map(|part| part.parse().ok()).collect();
    let detail = format!("{version} at {}", path.display());
    if numbers.as_slice() < [0, 11].as_slice() {
        return Some(Check::new(Status::Warning, "editor Neovim", detail, "longsight's plugin needs Neovim 0.11 or newer"));
    }
    let data = base("XDG_DATA_HOME", ".local/share")?;
    let installed = data.join("nvim/site/pack/longsight/start/longsight/plugin/longsight.lua").is_file();
    Some(match installed {
        true => Check::ok("editor Neovim", format!("{detail}, plugin installed; :checkhealth longsight shows the rest")),
        false => Check::new(
            Status::Info,
            "editor Neovim",
            format!("{detail}, plugin not installed"),
            "in longsight's repository: make install-neovim",
        ),
    })
}

/// Every VS Code on this machine, found by its command and its extensions folder.
fn vscodes() -> Vec<Check> {
    let known = [
        ("code", ".vscode"),
        ("code-insiders", ".vscode-insiders"),
        ("codium", ".vscode-oss"),
        ("code-server", ".local/share/code-server"),
    ];
    known.into_iter().filter_map(|(program, folder)| vscode(program, folder)).collect()
}

fn vscode(program: &str, folder: &str) -> Option<Check> {
    let path = in_path(program)?;
    let extensions = PathBuf::from(std::env::var_os("HOME")?).join(folder).join("extensions");
    let installed = std::fs::read_dir(extensions)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().to_lowercase().starts_with("longsight.longsight-"));
    let name = format!("editor VS Code ({program})");
    Some(match installed {
        true => Check::ok(name, format!("{}, extension installed", path.display())),
        false => {
            let detail = format!("{}, extension not installed", path.display());
            Check::new(Status::Info, name, detail, "in longsight's repository: make install-vscode")
        }
    })
}

fn in_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(String::from)
}

fn base(variable: &str, under_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(under_home)))
}
