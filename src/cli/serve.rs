//! `longsight serve`: the language server on standard input and output.

use clap::Args;

use super::{Outcome, Shared};
use crate::server;

#[derive(Args, Debug)]
pub struct Arguments {
    /// Accepted for editors that pass it; standard input and output are the only transport.
    #[arg(long)]
    pub stdio: bool,
}

pub fn run(shared: &Shared, _arguments: &Arguments) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the server cannot start its threads: {error}"))?;
    let options = server::Options {
        config: shared.config.clone(),
        cache: crate::config::cache_dir(),
        agent: std::sync::Arc::new(server::desk::Desk::start()),
        probe: None,
    };
    let code = runtime.block_on(server::run(tokio::io::stdin(), tokio::io::stdout(), options));
    // Leaving now: a thread that waits for standard input would hold up an orderly end until the editor closes the pipe.
    std::process::exit(code.into())
}
