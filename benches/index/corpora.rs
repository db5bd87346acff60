//! What is measured on: real sources that every machine can get.

use std::path::PathBuf;
use std::process::Command;

/// Where sources are fetched to and large repositories are made, once.
pub fn shelf() -> Option<PathBuf> {
    let folder = longsight::config::cache_dir()?.join("bench");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder)
}

/// Django's source distribution, from PyPI.
pub fn django() -> Option<PathBuf> {
    let shelf = shelf()?;
    let django = shelf.join("django-5.2.19");
    if !django.exists() {
        let fetch = "pip download -q --no-deps --no-binary :all: django==5.2.19 && tar xzf django-5.2.19.tar.gz";
        let _ = Command::new("sh").args(["-c", fetch]).current_dir(&shelf).status();
    }
    django.exists().then_some(django)
}

/// The sources of the crates that cargo has unpacked.
pub fn crates() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    std::fs::read_dir(home.join("registry/src")).ok()?.flatten().map(|entry| entry.path()).next()
}
