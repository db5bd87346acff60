//! The embedded engine: GGUF models in a child process that all servers of a user share. `gguf` checks a file before llama.cpp sees it,
//! `wire` is what the two processes say to each other, `place` is where they meet, `client` is our side, `process` the other.

pub mod client;
pub mod gguf;
pub mod place;
#[cfg(feature = "llama")]
pub mod process;
pub mod wire;

pub use client::Llama;
