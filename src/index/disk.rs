//! The file operations of the cache, behind a trait, so that tests can make the n-th of them fail.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the cache does in its folder. An error only means that something is not cached.
pub trait Disk: Send + Sync {
    /// Makes a folder for this user only. Fails if it belongs to somebody else, is a link or is not a folder.
    fn prepare(&self, folder: &Path) -> io::Result<()>;
    /// The direct entries of a folder, with sizes and ages in seconds.
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>>;
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;
    /// Writes a file that is complete or missing, even if the process or the machine dies in between.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()>;
    fn remove_file(&self, file: &Path) -> io::Result<()>;
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub path: PathBuf,
    pub bytes: u64,
    pub age: u64,
    pub is_folder: bool,
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        make_private(folder)?;
        check_owner(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut listed = vec![];
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            let age = metadata.modified().ok().and_then(|time| time.elapsed().ok()).map_or(0, |age| age.as_secs());
            listed.push(Listed { path: entry.path(), bytes: metadata.len(), age, is_folder: metadata.is_dir() });
        }
        listed.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        if !file.symlink_metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        std::fs::read(file)
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = file.with_extension("tmp");
        let written = create(&temporary).and_then(|mut open| {
            open.write_all(bytes)?;
            open.sync_all()
        });
        let renamed = written.and_then(|()| std::fs::rename(&temporary, file));
        if renamed.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        renamed
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        std::fs::remove_file(file)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(folder)
    }
}

#[cfg(unix)]
fn create(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits()).open(file)
}

#[cfg(not(unix))]
fn create(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(file)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Refuses a folder that somebody else may have planted or may write to.
#[cfg(unix)]
fn check_owner(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let metadata = folder.symlink_metadata()?;
    if !metadata.is_dir() {
        return Err(io::Error::other(format!("{} is not a folder", folder.display())));
    }
    if metadata.uid() != nix::unistd::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} belongs to another user", folder.display())));
    }
    if metadata.mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(folder: &Path) -> io::Result<()> {
    if folder.symlink_metadata()?.is_dir() { Ok(()) } else { Err(io::Error::other("not a folder")) }
}
