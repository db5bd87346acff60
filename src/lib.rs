//! longsight: a coding agent that lives in a language server.
//!
//! Read from top to bottom, the modules follow a keystroke: a frame becomes an ordered event in `server`, a feature takes a
//! snapshot, `context` gathers what the model should see, `route` picks who answers, `dialect` and `engine` speak to the model,
//! and `text` fits the answer to what the user has typed since.
//!
//! A module uses only what stands below it in its column: `server, cli → features → agent → context → index → syntax → workspace
//! → text` and `features, agent → route → engine → dialect`. `models` is a leaf of `engine` and the command line, `web` of `engine`
//! and `models`; `config`, `digest`, `pages`, `records`, `redact` and `report` are leaves that everyone may use.
//! `tests/tidy.rs` checks this.

// Input from outside may be missing or wrong: code returns an error for it and never panics.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)]
// All output for a terminal goes through `cli/screen.rs`, which masks control characters.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod server;

pub mod cli;

pub mod features;

pub mod agent;

pub mod context;

pub mod index;

pub mod syntax;

pub mod workspace;

pub mod text;

pub mod route;

pub mod engine;

pub mod dialect;

pub mod models;

pub mod web;

pub mod config;

pub mod digest;

pub mod pages;

pub mod records;

pub mod redact;

pub mod report;
