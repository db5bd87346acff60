//! `longsight serve`: the language server on standard input and output, and its recordings.

use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio::runtime::Runtime;

use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::config;
use crate::report::{self, Level};
use crate::server::replay::{Replayed, replay};
use crate::server::{self, backend::Backend, trace};
use crate::syntax::guard;

/// The arguments of `longsight serve`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Accepted for editors that pass it; standard input and output are the only transport.
    #[arg(long)]
    pub stdio: bool,
    /// Serve nobody: replay a recording on --workspace, without editor, network or model, and report what differs.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    pub replay: Option<PathBuf>,
}

/// Runs the server, or a replay.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the server cannot start its threads: {error}"))?;
    if let Some(file) = &arguments.replay {
        return play(common, &runtime, file);
    }
    if let Err(missing) = setup::config_path(common) {
        // It may be written later: the server keeps checking.
        report::log(Level::Warning, format_args!("{missing}; the defaults are in use until it is there"));
    }
    let cache = config::cache_dir();
    if let Some(cache) = &cache {
        guard::arm(&cache.join("running"));
    }
    let tape = match &common.record {
        Some(_) => setup::tape(common, &setup::config(common)?)?,
        None => None,
    };
    let backend = Arc::new(Backend::start(setup::building(tape.as_ref()), cache.clone()));
    let options = server::Options {
        config: common.config.clone(),
        cache,
        state: config::state_dir(),
        features: backend.clone(),
        probe: None,
        tape: tape.clone(),
    };
    let code = runtime.block_on(server::run(own_input(), tokio::io::stdout(), options));
    if let Some(tape) = tape {
        tape.finish();
    }
    backend.leave();
    guard::disarm();
    // Exits immediately: a thread that waits for standard input would delay an orderly end until the editor closes the pipe.
    exit(code.into())
}

/// Plays a recording; differences are a failure.
fn play(common: &Common, runtime: &Runtime, file: &Path) -> CliResult {
    let wrong = |reason: String| format!("the recording {} cannot be played: {reason}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let trace = trace::read(&text).map_err(wrong)?;
    let root = super::root(common)?;
    let scratch = Scratch::new().map_err(|error| wrong(format!("no scratch folder could be made ({error})")))?;
    report::only_problems();
    let replayed = runtime.block_on(replay(trace, &root, &scratch.0)).map_err(wrong)?;
    let Replayed { messages, requests, differences, notes } = replayed;
    if common.json {
        screen::print_json(&json!({ "messages": messages, "requests": requests, "differences": differences, "notes": notes }));
    } else {
        notes.iter().for_each(|note| say!("note: {note}"));
        differences.iter().for_each(|difference| say!("{difference}"));
        say!("{messages} messages of the server and {requests} requests to engines compared, {} differences", differences.len());
    }
    drop(scratch);
    // A thread that is still indexing does not matter any more.
    exit(i32::from(!differences.is_empty()))
}

/// A folder for one replay, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("longsight-replay-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Standard input under a descriptor of its own. Otherwise a file of a repository that is a link to `/dev/stdin` could steal the editor's
/// messages, if it appears between check and read.
fn own_input() -> Box<dyn tokio::io::AsyncRead + Send + Unpin> {
    #[cfg(unix)]
    if let Some(input) = moved_input() {
        return Box::new(tokio::fs::File::from_std(input));
    }
    Box::new(tokio::io::stdin())
}

/// Duplicates standard input; descriptor 0 reads nothing from then on.
#[cfg(unix)]
fn moved_input() -> Option<std::fs::File> {
    use std::os::fd::AsFd;
    let input = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    let (nothing, _other_end) = std::io::pipe().ok()?;
    nix::unistd::dup2_stdin(nothing).ok()?;
    Some(std::fs::File::from(input))
}
