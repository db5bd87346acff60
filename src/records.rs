//! Small files of our own in the state folder (`$XDG_STATE_HOME/longsight`), readable only by their owner: written whole, or line by line
//! up to a limit. A leaf, like `config` and `report`. Never files of a workspace.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::Path;

/// Larger files, in bytes, are not ours.
const MOST: u64 = 4 << 20;

/// The text of a file; empty if there is none.
pub fn read(file: &Path) -> Result<String> {
    let open = match unhindered(OpenOptions::new().read(true)).open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    open.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST { Err(Error::other(format!("{} is too large", file.display()))) } else { Ok(text) }
}

/// Replaces a file: it is new or unchanged, whenever the process dies.
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
    // One write, so that lines of two processes do not mix.
    private(OpenOptions::new().append(true).create(true)).open(file)?.write_all(format!("{line}\n").as_bytes())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use nix::fcntl::OFlag;
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
}

/// Never blocks: a pipe of that name has nothing to say.
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
