//! The index of the whole workspace: symbols, references, search; built in the background, kept in a crash-safe cache.
//!
//! [`Index`] is the handle: it owns a thread that walks, scans, parses and listens for changes. [`View`] is what everybody reads: an
//! immutable picture of the workspace, replaced as a whole whenever something has changed. The lexical tier (definitions by regular
//! expression) is there within about a second; the parsed tier (tree-sitter) replaces it file by file, open files first.

mod build;
mod cache;
pub mod codec;
mod disk;
mod file;
mod handle;
mod library;
mod lists;
mod names;
mod pass;
mod patch;
mod quiet;
mod resolve;
mod scan;
mod search;
mod sheet;
mod texts;
mod unread;
mod view;
mod warm;

pub use cache::CacheCounts;
pub use disk::{Disk, Listed, RealDisk};
pub use file::{File, FileImport, Symbol, Tier};
pub use handle::{Index, Options, Progress, Stage};
pub use lists::Lists;
pub use names::NameId;
pub use quiet::when_quiet;
pub use search::{Hit, Query, folder, is_below};
pub use unread::Unread;
pub use view::{FileId, Statistics, SymbolId, View};
