//! The one integration binary: a file per subject, `support` for the fake editor, engines, sandboxes and fixtures.

mod agent;
mod complete;
mod config;
mod dialect;
mod dialect_properties;
mod doctor;
mod engine_files;
mod http;
mod http_servers;
mod lifecycle;
mod models;
mod redact;
mod requests;
mod review;
mod route;
mod slow_cli;
mod slow_engine;
mod slow_http;
mod slow_neovim;
mod slow_wire;
mod support;
mod sync;
mod text;
mod tidy;
mod typing;
mod wire;
