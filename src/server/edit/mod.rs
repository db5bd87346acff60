//! An edit from its computation to the editor's text. `change` decides how it gets there. Either `edits` has the editor apply it, and
//! `verify` looks whether the text shows it; or `hold` keeps it back as `hunks`, until a person decides on each by `review` or `accept`.
//! `partial` saves what still fits of an edit when the text was changed meanwhile.

pub mod accept;
pub mod change;
mod closed_file;
pub mod edits;
pub mod file_renames;
pub mod hold;
pub mod hunk_view;
pub mod hunks;
mod moved;
mod partial;
pub mod review;
mod selector;
mod verify;
mod warnings;
