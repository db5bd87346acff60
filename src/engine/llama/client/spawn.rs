//! Starts the engine process and greets it.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::engine::llama::{place, wire};

/// How long a new engine process may take to listen; it loads no model before that.
const START: Duration = Duration::from_secs(15);

/// How long a process of another build may take to leave.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// Size of the log file in bytes at which it is started over.
const LOG_LIMIT: u64 = 4 << 20;

/// Where the engine process is, how it is started, and how patient we are. By default the environment decides.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The socket; none means the user's ([`place::socket`]).
    pub socket: Option<PathBuf>,
    /// The binary to start; none means `$LONGSIGHT_BIN`, else the running one.
    pub binary: Option<PathBuf>,
    /// Time without clients after which the process leaves.
    pub idle: Option<Duration>,
    /// The folder with `kv` for saved KV caches; none means the cache folder.
    pub states: Option<PathBuf>,
    /// Time without a sign of life after which the process is killed.
    pub hang: Option<Duration>,
}

/// A connection on which both sides have greeted.
pub(super) struct Connection {
    pub stream: UnixStream,
    /// The engine process's id, if the system tells.
    pub pid: Option<i32>,
    /// Set if this connection started the process.
    pub child: Option<Child>,
}

/// Connects to the running engine process, or starts one.
pub(super) async fn connect(surroundings: &Surroundings) -> Result<Connection> {
    let socket = surroundings.socket.clone().map_or_else(place::socket, Ok)?;
    nothing_else(&socket)?;
    if let Ok(stream) = UnixStream::connect(&socket).await {
        match greet(stream, None).await {
            // A dying process hangs up, and its socket no longer answers.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && replaced(&socket).await.is_none() => {}
            Err(error) if error.kind() == ErrorKind::Unsupported => replaced(&socket).await.map_or(Ok(()), |()| Err(error))?,
            outcome => return outcome.map_err(|error| strange(&socket, &error)),
        }
    }
    let mut child = start(surroundings, &socket)?;
    let started = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(15)).await;
        if let Ok(stream) = UnixStream::connect(&socket).await {
            return greet(stream, Some(child)).await;
        }
        // A process that finds another one starting exits with 0, and the other will listen.
        if let Some(status) = child.try_wait()?.filter(|status| !status.success()) {
            return Err(Error::other(format!("the engine process did not start ({status}){}", last_words())));
        }
        if started.elapsed() > START {
            let _ = child.start_kill();
            let message = format!("the engine process did not listen on {} within {} s{}", socket.display(), START.as_secs(), last_words());
            return Err(Error::new(ErrorKind::TimedOut, message));
        }
    }
}

/// Waits for a process of another build, which leaves after refusing us if nobody uses it. `Some` if it stays.
async fn replaced(socket: &Path) -> Option<()> {
    let started = Instant::now();
    while started.elapsed() < TAKE_OVER {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !socket.exists() || UnixStream::connect(socket).await.is_err() {
            return None;
        }
    }
    Some(())
}

/// Anything at the socket's path that is not a socket is somebody's file.
fn nothing_else(socket: &Path) -> Result<()> {
    use std::os::unix::fs::FileTypeExt;
    match std::fs::symlink_metadata(socket) {
        Ok(found) if !found.file_type().is_socket() => {
            let message = format!("{} is in the way of its socket: remove it, or set LONGSIGHT_SOCKET to another path", socket.display());
            Err(Error::new(ErrorKind::AlreadyExists, message))
        }
        _ => Ok(()),
    }
}

/// The error if the listener does not greet like an engine process. A refusal in words is passed on.
fn strange(socket: &Path, error: &Error) -> Error {
    if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) {
        return Error::new(error.kind(), error.to_string());
    }
    let message = format!(
        "what listens on {} does not answer as longsight's engine does ({error}): stop it, or set LONGSIGHT_SOCKET to another path",
        socket.display()
    );
    Error::new(error.kind(), message)
}

async fn greet(mut stream: UnixStream, child: Option<Child>) -> Result<Connection> {
    let credentials = stream.peer_cred()?;
    if credentials.uid() != nix::unistd::getuid().as_raw() {
        return Err(Error::new(
            ErrorKind::PermissionDenied,
            "the engine's socket belongs to another user; set LONGSIGHT_SOCKET to a path of your own",
        ));
    }
    stream.write_all(&wire::encode(&wire::Greeting::own())?).await?;
    let body = tokio::time::timeout(START, frame(&mut stream)).await??;
    let theirs: wire::Greeting = serde_json::from_slice(&body)?;
    match theirs.refusal() {
        Some(message) => Err(Error::new(ErrorKind::Unsupported, message)),
        None => Ok(Connection { stream, pid: credentials.pid(), child }),
    }
}

/// Reads the body of one frame.
pub(super) async fn frame(from: &mut (impl AsyncReadExt + Unpin)) -> Result<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head).await?;
    let mut body = vec![0; wire::length(head)?];
    from.read_exact(&mut body).await?;
    Ok(body)
}

/// The binary to start. After an upgrade that is the new file at the running one's path.
fn binary(surroundings: &Surroundings) -> Result<PathBuf> {
    let named = || std::env::var_os("LONGSIGHT_BIN").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = surroundings.binary.clone().or_else(named) {
        return Ok(path);
    }
    let path = std::env::current_exe()?;
    // A cargo test harness with the argument `engine` runs all tests of that name, each of which would start another.
    if path.parent().is_some_and(|folder| folder.ends_with("deps")) {
        return Err(Error::new(ErrorKind::Unsupported, format!("{} is not longsight; set LONGSIGHT_BIN to the binary", path.display())));
    }
    let text = path.to_string_lossy();
    Ok(text.strip_suffix(" (deleted)").map_or_else(|| path.clone(), PathBuf::from))
}

/// Starts `longsight engine` at lower priority, without our secrets, with its output in a log file.
fn start(surroundings: &Surroundings, socket: &Path) -> Result<Child> {
    let binary = binary(surroundings)?;
    let nice = ["/usr/bin/nice", "/bin/nice"].into_iter().find(|path| Path::new(path).exists());
    let mut command = match nice {
        Some(nice) => {
            let mut command = Command::new(nice);
            command.args(["-n", "5"]).arg(&binary);
            command
        }
        None => Command::new(&binary),
    };
    command.arg("engine").env_clear().envs(place::environment()).env("GOMP_SPINCOUNT", "1000").env("LONGSIGHT_SOCKET", socket);
    // On abort llama.cpp would first call a debugger, but the death has to be noticed at once.
    command.env("GGML_NO_BACKTRACE", "1");
    if crate::pages::began_with_huge() {
        command.env(crate::pages::GIVEN_UP_HERE, "1");
    }
    if let Some(idle) = surroundings.idle {
        command.env("LONGSIGHT_ENGINE_IDLE_MS", idle.as_millis().to_string());
    }
    if let Some(folder) = &surroundings.states {
        command.env("LONGSIGHT_STATES", folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log()).current_dir("/").kill_on_drop(false);
    command.spawn().map_err(|error| Error::new(error.kind(), format!("cannot start {} ({error})", binary.display())))
}

/// The log file, started over if it is too large; nothing if it cannot be written.
fn log() -> Stdio {
    let open = || {
        let path = place::log_file()?;
        std::fs::create_dir_all(path.parent()?).ok()?;
        let large = std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LOG_LIMIT);
        if large {
            std::fs::remove_file(&path).ok()?;
        }
        OpenOptions::new().create(true).append(true).open(&path).ok()
    };
    open().map_or_else(Stdio::null, Stdio::from)
}

/// Where to read more, for error messages.
pub(super) fn last_words() -> String {
    place::log_file().map(|path| format!("; its log is {}", path.display())).unwrap_or_default()
}
