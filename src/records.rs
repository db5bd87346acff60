//! Small files of our own in the state folder (`$XDG_STATE_HOME/longsight`), readable only by their owner: written whole, or line by line
//! up to a limit. Also folders for such files. A leaf, like `config` and `report`. Never workspace files.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// Larger files, in bytes, are neither ours nor the user's configuration.
const MAX_RECORD_BYTES: u64 = 4 << 20;

/// The text of a file; empty if there is none.
pub fn read(file: &Path) -> Result<String> {
    let open = match unhindered(OpenOptions::new().read(true)).open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    open.take(MAX_RECORD_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_RECORD_BYTES { Err(Error::other(format!("{} is too large", file.display()))) } else { Ok(text) }
}

/// The text of a regular file of at most 4 MiB that the user writes. Anything else is refused in words for the user, without waiting for
/// it: a pipe says nothing until somebody writes, and a device may never end.
pub fn read_regular(file: &Path) -> Result<String> {
    let refused = |what: &str| Error::other(format!("it is {what} and no regular file; put a file in its place, or remove it"));
    let check = |metadata: std::fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(refused(if metadata.is_dir() { "a folder" } else { "a pipe, a socket or a device" })),
    };
    check(std::fs::metadata(file)?)?;
    let open = unhindered(OpenOptions::new().read(true)).open(file)?;
    // It may have been replaced since it was looked at.
    check(open.metadata()?)?;
    let mut text = String::new();
    open.take(MAX_RECORD_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_RECORD_BYTES {
        true => Err(Error::other("it is larger than 4 MiB; make it smaller")),
        false => Ok(text),
    }
}

/// Replaces a file atomically: it has the new or the old content, whenever the process dies.
pub fn replace(file: &Path, text: &str) -> Result<()> {
    prepare(file)?;
    let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&temporary).and_then(|mut open| {
        open.write_all(text.as_bytes())?;
        open.sync_all()
    });
    let renamed = written.and_then(|()| std::fs::rename(&temporary, file));
    if renamed.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    renamed
}

/// Appends a line. A file larger than `limit` bytes becomes `….1`, replacing the one before it.
pub fn append(file: &Path, line: &str, limit: u64) -> Result<()> {
    prepare(file)?;
    if std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > limit) {
        let mut earlier = file.as_os_str().to_owned();
        earlier.push(".1");
        std::fs::rename(file, Path::new(&earlier))?;
    }
    // One write, so that lines of two processes do not interleave.
    private(OpenOptions::new().append(true).create(true)).open(file)?.write_all(format!("{line}\n").as_bytes())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use nix::fcntl::OFlag;
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
}

/// Never blocks: a pipe of that name has nothing for us.
#[cfg(unix)]
fn unhindered(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
}

#[cfg(not(unix))]
fn unhindered(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn prepare(file: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    file.parent().map_or(Ok(()), |folder| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder))
}

#[cfg(not(unix))]
fn prepare(file: &Path) -> Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// Our folder under the temporary folder, for what has no other place. It may not exist, or may belong to somebody else.
pub fn temporary() -> PathBuf {
    #[cfg(unix)]
    let name = format!("longsight-{}", nix::unistd::getuid());
    #[cfg(not(unix))]
    let name = "longsight";
    std::env::temp_dir().join(name)
}

/// Makes a folder that only this user can enter, or checks that an existing one is.
#[cfg(unix)]
pub fn private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    match std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = std::fs::symlink_metadata(folder)?;
    if !metadata.is_dir() || metadata.uid() != nix::unistd::getuid().as_raw() {
        return Err(Error::new(ErrorKind::PermissionDenied, format!("{} does not belong to this user; remove it", folder.display())));
    }
    if metadata.mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Makes a folder, and its parents.
#[cfg(not(unix))]
pub fn private_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
}
