//! Doctor's look at the editors on this machine: which there are, what each still needs, and whether they find `longsight`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Check, Status};

/// Checks of the editors that are found.
pub fn checks() -> Vec<Check> {
    let mut checks: Vec<Check> = [neovim(), vscode()].into_iter().flatten().collect();
    for (program, editor) in [("hx", "Helix"), ("emacs", "Emacs"), ("zed", "Zed"), ("subl", "Sublime Text"), ("kak", "Kakoune")] {
        if let Some(path) = in_path(program) {
            let fix = format!(
                "for its configuration see editors/{}.md in longsight's repository",
                editor.split(' ').next().unwrap_or(editor).to_lowercase()
            );
            checks.push(Check::new(Status::Info, format!("editor {editor}"), path.display().to_string(), fix));
        }
    }
    if checks.is_empty() {
        checks.push(Check::new(Status::Info, "editors", "none found in PATH", "any editor that speaks LSP will do: longsight serve"));
    }
    checks.push(command());
    checks
}

/// Editors start `longsight` by its name.
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
        true => Check::ok("editor Neovim", format!("{detail}, plugin installed; :checkhealth longsight says the rest")),
        false => Check::new(
            Status::Info,
            "editor Neovim",
            format!("{detail}, plugin not installed"),
            "in longsight's repository: make install-neovim",
        ),
    })
}

fn vscode() -> Option<Check> {
    let known = [("code", ".vscode"), ("codium", ".vscode-oss"), ("code-server", ".local/share/code-server")];
    let (path, folder) = known.into_iter().find_map(|(program, folder)| Some((in_path(program)?, folder)))?;
    let extensions = PathBuf::from(std::env::var_os("HOME")?).join(folder).join("extensions");
    let installed = std::fs::read_dir(extensions)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().to_lowercase().contains("longsight"));
    Some(match installed {
        true => Check::ok("editor VS Code", format!("{}, extension installed", path.display())),
        false => Check::new(
            Status::Info,
            "editor VS Code",
            format!("{}, extension not installed", path.display()),
            "in longsight's repository: make install-vscode",
        ),
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
