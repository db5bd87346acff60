//! `longsight engine`: the engine process, which servers start themselves.

use clap::Args;

use super::{CliResult, Common};

/// The arguments of `longsight engine`.
#[derive(Args, Debug)]
pub struct Arguments {}

/// Runs the engine process until it is idle.
#[cfg(feature = "llama")]
pub fn run(_common: &Common, _arguments: &Arguments) -> CliResult {
    short_spin()?;
    crate::pages::as_before();
    crate::engine::llama::process::serve().map_err(|error| format!("the engine process cannot serve: {error}"))
}

/// Fails: this build has no embedded engine.
#[cfg(not(feature = "llama"))]
pub fn run(_common: &Common, _arguments: &Arguments) -> CliResult {
    Err("this longsight was built without the embedded engine (feature `llama`)".into())
}

/// Restarts this process with OpenMP's short spin, unless it is set: the library reads its environment before `main`. The default spin
/// makes decoding many times slower on a busy machine.
#[cfg(feature = "llama")]
fn short_spin() -> CliResult {
    use std::os::unix::process::CommandExt;
    if std::env::var_os("GOMP_SPINCOUNT").is_some() {
        return Ok(());
    }
    let binary = std::env::current_exe().map_err(|error| format!("the engine process cannot find its own binary: {error}"))?;
    let error = std::process::Command::new(binary).args(std::env::args_os().skip(1)).env("GOMP_SPINCOUNT", "1000").exec();
    Err(format!("the engine process cannot be started again: {error}"))
}
