//! The binary: argv to `serve`, `engine` or a one-shot command. Everything else is in the library.

mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::settle();
    longsight::cli::main()
}
