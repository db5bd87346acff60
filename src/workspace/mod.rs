//! The workspace: roots and paths (the only door from string to path), read-only files, documents, watching, snapshots.
//!
//! Nothing here can write a workspace file. Every read goes through [`fs`], which follows no symbolic link and opens nothing but
//! regular files; every string becomes a path in [`Roots::resolve`].

pub mod broad;
pub mod document;
pub mod fs;
mod git_config;
mod misread;
pub mod obeyed;
pub mod path;
mod rule_files;
pub mod rules;
pub mod secret;
pub mod snapshot;
pub mod trust;
pub mod uri;
pub mod walk;
pub mod watch;

pub use document::{Document, Documents, Sync};
pub use fs::{ReadError, Source};
pub use path::{PathError, Root, Roots, WorkspacePath, folder_of};
pub use rules::Rules;
pub use secret::is_secret;
pub use snapshot::Snapshot;
