//! The binary: argv to `serve`, `engine` or a one-shot command. Everything else is in the library.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    longsight::cli::main()
}
