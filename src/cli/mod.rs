//! The command line: one file per one-shot command. Commands run the server's code, and print for the user or, with `--json`, one JSON
//! object. Exit codes: 0 done, 1 failed, 2 wrong usage.

pub mod actions;
pub mod ask;
pub mod bench;
pub mod complete;
pub mod context;
pub mod doctor;
pub mod edit;
pub mod engine;
pub mod explain;
pub mod index;
pub mod models;
pub mod parse;
pub mod place;
pub mod render;
pub mod screen;
pub mod serve;
pub mod setup;
pub mod trust;

use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{Args, Parser, Subcommand};

use crate::engine::tape::Tape;
use crate::workspace::{Roots, broad};
use screen::tell;

/// A coding agent that lives in a language server.
#[derive(Parser)]
#[command(name = "longsight", version, about, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Print one JSON object on standard output and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Use this file instead of the user's configuration.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The workspace's root (default: the nearest folder with .git, else the current one).
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Record what models are asked and answer, and what an editor says, in a new file, without secrets.
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The file of `--record`, once something may be written into it.
    #[arg(skip)]
    pub tape: OnceLock<Tape>,
}

#[derive(Subcommand)]
enum Command {
    /// The language server on standard input and output.
    Serve(serve::Arguments),
    /// The engine process (started by itself).
    Engine(engine::Arguments),
    /// Inline completion as an editor gets it.
    Complete(complete::Arguments),
    /// Explain a range.
    Explain(explain::Arguments),
    /// Answer a question about the repository.
    Ask(ask::Arguments),
    /// Code actions offered at a place.
    Actions(actions::Arguments),
    /// Compute an edit and print it; writes nothing.
    Edit(edit::Arguments),
    /// What would be shown to the model.
    Context(context::Arguments),
    /// Index the workspace and print statistics.
    Index(index::Arguments),
    /// Convert messages (JSON on stdin) to prompt text.
    Render(render::Arguments),
    /// Convert completion text on stdin to a message.
    Parse(parse::Arguments),
    /// The model catalogue.
    Models(models::Arguments),
    /// Check the setup.
    Doctor(doctor::Arguments),
    /// Measure the configured engines on this machine.
    Bench(bench::Arguments),
    /// Say whether you trust the workspace's folder, or show what you have decided.
    Trust(trust::Arguments),
}

/// An error ends a command with exit code 1. It says what failed, with what, and what to do next.
pub type CliResult = Result<(), String>;

/// Runs the command in the process's arguments.
pub fn main() -> ExitCode {
    outlive_full_files();
    leave_where_nothing_is_printed();
    let Arguments { common, command } = Arguments::try_parse().unwrap_or_else(|error| told(&error));
    let is_once = !matches!(command, Command::Serve(_) | Command::Engine(_));
    // A user at a terminal wants the answer and what is wrong; the log of every step is for long-running processes.
    if is_once {
        crate::report::only_problems();
    }
    let outcome = if is_once { fenced(|| run(&common, &command)) } else { run(&common, &command) };
    let is_recorded = common.tape.get().is_none_or(Tape::finish);
    let outcome = outcome.and_then(|()| written(std::io::stdout().flush()));
    let unrecorded = || Err("the recording is incomplete: it could not be written to its end".to_string());
    match outcome.and_then(|()| if is_recorded { Ok(()) } else { unrecorded() }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            tell!("longsight: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(common: &Common, command: &Command) -> CliResult {
    match command {
        Command::Serve(arguments) => serve::run(common, arguments),
        Command::Engine(arguments) => engine::run(common, arguments),
        Command::Complete(arguments) => complete::run(common, arguments),
        Command::Explain(arguments) => explain::run(common, arguments),
        Command::Ask(arguments) => ask::run(common, arguments),
        Command::Actions(arguments) => actions::run(common, arguments),
        Command::Edit(arguments) => edit::run(common, arguments),
        Command::Context(arguments) => context::run(common, arguments),
        Command::Index(arguments) => index::run(common, arguments),
        Command::Render(arguments) => render::run(common, arguments),
        Command::Parse(arguments) => parse::run(common, arguments),
        Command::Models(arguments) => models::run(common, arguments),
        Command::Doctor(arguments) => doctor::run(common, arguments),
        Command::Bench(arguments) => bench::run(common, arguments),
        Command::Trust(arguments) => trust::run(common, arguments),
    }
}

/// A panic of a one-shot command as an error like any other, with its exit code. Where it was has been printed by then.
pub fn fenced(run: impl FnOnce() -> CliResult) -> CliResult {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err("this is a bug of longsight, and the lines above say where: please report them, with the command and the file or place that \
             it was given"
            .into())
    })
}

/// Handles errors of standard output. `longsight … | head` closes it early, which is no failure.
fn written(outcome: std::io::Result<()>) -> CliResult {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("the result cannot be written to standard output: {error}")),
        _ => Ok(()),
    }
}

/// Ignores the signal for a file that may not grow any more (`ulimit -f`), so that writing fails as on a full disk. Threads inherit this,
/// child processes do not.
fn outlive_full_files() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let mut held = SigSet::empty();
        held.add(Signal::SIGXFSZ);
        let _ = held.thread_block();
    }
}

/// `println!` panics when it fails; the program then ends with that error.
fn leave_where_nothing_is_printed() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let words = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
        let Some(why) = words.and_then(|words| words.strip_prefix("failed printing to stdout: ")) else { return usual(panic) };
        let number = why.rsplit_once("(os error ").and_then(|(_, number)| number.strip_suffix(')')?.parse().ok());
        let error = number.map_or_else(|| std::io::Error::other(why), std::io::Error::from_raw_os_error);
        leave(written(Err(error)));
    }));
}

/// Prints what the argument parser says (help, version, an error) and exits.
fn told(error: &clap::Error) -> ! {
    let printed = error.print();
    if !error.use_stderr() {
        leave(written(printed.and_then(|()| std::io::stdout().flush())));
    }
    std::process::exit(error.exit_code())
}

fn leave(outcome: CliResult) -> ! {
    if let Err(message) = &outcome {
        tell!("longsight: {message}");
    }
    std::process::exit(i32::from(outcome.is_err()))
}

/// The workspace's folders: its root, or none if the current folder is no workspace, which is reported.
pub fn roots(common: &Common) -> Result<Roots, String> {
    let root = root(common)?;
    let Some(why) = broad::reason(&root) else { return Ok(Roots::new([root])) };
    tell!("longsight: {} {why}: nothing in it is read but the file that you name; {}", root.display(), broad::WAY_OUT);
    Ok(Roots::default())
}

/// The root of what must be a workspace.
pub fn workspace_root(common: &Common) -> Result<PathBuf, String> {
    let root = root(common)?;
    broad::reason(&root).map_or(Ok(()), |why| Err(format!("{} {why}; {}", root.display(), broad::WAY_OUT)))?;
    Ok(root)
}

/// The workspace's root: the one asked for, else the nearest folder with `.git`, else the current folder. It is an error if one that was
/// asked for cannot be a workspace.
pub fn root(common: &Common) -> Result<PathBuf, String> {
    let folder = match &common.workspace {
        Some(folder) => folder.clone(),
        None => {
            let here =
                std::env::current_dir().map_err(|error| format!("the current folder cannot be found ({error}); give --workspace DIR"))?;
            let is_one = |folder: &&Path| folder.join(".git").exists() && broad::reason(folder).is_none();
            here.ancestors().find(is_one).unwrap_or(&here).to_path_buf()
        }
    };
    let real = folder
        .canonicalize()
        .map_err(|error| format!("the workspace {} cannot be opened ({error}); give --workspace DIR", folder.display()))?;
    if !real.is_dir() {
        return Err(format!("the workspace {} is not a folder; give --workspace DIR", real.display()));
    }
    match broad::reason(&real).filter(|_| common.workspace.is_some()) {
        Some(why) => Err(format!("{} {why}; {}", real.display(), broad::WAY_OUT)),
        None => Ok(real),
    }
}

/// Wrong usage that the argument parser cannot detect: prints it and exits with code 2.
fn usage(message: &str) -> ! {
    use clap::CommandFactory;
    Arguments::command().error(clap::error::ErrorKind::ValueValidation, message).exit()
}
