//! The engine process: owns models and KV caches, listens on the user's socket, leaves when nobody needs it any more. `connection` talks to
//! a client, `hub` finds the worker of a model, `worker` owns the model and interleaves its jobs, `count` counts tokens.

mod confine;
mod connection;
mod count;
mod hub;
mod job;
mod kv;
mod load;
mod log;
mod output;
mod sampling;
mod saved;
mod vocabulary;
mod warm;
mod worker;

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};

use super::place;
use crate::records;
use crate::report::{self, Level};

/// Time without clients after which the process leaves; `LONGSIGHT_ENGINE_IDLE_MS` changes it.
const IDLE: Duration = Duration::from_secs(600);

/// Serves until idle. Returns at once, without error, if another engine process serves this user already.
pub fn serve() -> Result<()> {
    if !confine::confine()? {
        return Ok(());
    }
    let socket = place::socket()?;
    if let Some(folder) = socket.parent() {
        records::private_folder(folder)?;
    }
    log::listen();
    let Some(_lock) = lock(&socket)? else {
        report::log(Level::Info, format_args!("another engine process serves {}", socket.display()));
        return Ok(());
    };
    let listener = listen(&socket)?;
    // A session of its own, so that closing the editor's terminal does not affect it. Fails only if it already has one.
    let _ = nix::unistd::setsid();
    let idle = std::env::var("LONGSIGHT_ENGINE_IDLE_MS").ok().and_then(|text| text.parse().ok()).map_or(IDLE, Duration::from_millis);
    let (events, received) = mpsc::channel();
    let backend = load::backend().map_err(Error::other)?;
    std::thread::Builder::new().name("accept".into()).spawn(move || accept(&listener, &events))?;
    report::log(Level::Info, format_args!("serving on {}", socket.display()));
    // New clients find no socket and start a new process, which waits for this one's lock.
    hub::run(&received, &backend, idle, || drop(std::fs::remove_file(&socket)));
    Ok(())
}

/// How long to wait for a process that is leaving, since it saves expensive caches first.
const LEAVING: Duration = Duration::from_secs(10);

/// Takes the lock that one engine process per user holds. Waits for a process that is leaving; `None` if another one serves. The file
/// stays.
fn lock(socket: &Path) -> Result<Option<Flock<File>>> {
    let path = socket.with_extension("lock");
    let started = Instant::now();
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    loop {
        file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err((file, nix::errno::Errno::EWOULDBLOCK)) => file,
            Err((_, error)) => return Err(error.into()),
        };
        if UnixStream::connect(socket).is_ok() || started.elapsed() > LEAVING {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Binds the socket. We hold the lock, so a socket at its path is left over from a dead process; anything else is not touched.
fn listen(socket: &Path) -> Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt;
    if let Ok(metadata) = std::fs::symlink_metadata(socket) {
        if !metadata.file_type().is_socket() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} is in the way: remove it, or set LONGSIGHT_SOCKET", socket.display()),
            ));
        }
        std::fs::remove_file(socket)?;
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn accept(listener: &UnixListener, events: &mpsc::Sender<hub::Event>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of descriptors: wait until some are closed.
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        if !same_user(&stream) {
            report::log(Level::Warning, "a connection of another user was refused");
            continue;
        }
        let events = events.clone();
        let run = move || connection::serve(stream, &events);
        if let Err(error) = std::thread::Builder::new().name("client".into()).spawn(run) {
            report::log(Level::Warning, format_args!("a client was refused: {error}"));
        }
    }
}

#[cfg(target_os = "linux")]
fn same_user(stream: &UnixStream) -> bool {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    getsockopt(stream, PeerCredentials).is_ok_and(|peer| peer.uid() == nix::unistd::getuid().as_raw())
}

/// On other systems only the permissions of folder and socket protect us.
#[cfg(not(target_os = "linux"))]
fn same_user(_: &UnixStream) -> bool {
    true
}
