//! The embedded engine: GGUF models in a child process shared by all servers of a user. `gguf` checks a file before llama.cpp sees it,
//! `wire` is the protocol between the two processes, `place` is where they meet, `client` is our side, `process` the other.

pub mod client;
pub mod gguf;
pub mod place;
#[cfg(feature = "llama")]
pub mod process;
pub mod wire;

pub use client::Llama;
