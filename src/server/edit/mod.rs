//! An edit from its computation to the editor's text.
//!
//! - `delivery`: has an edit computed, and decides how it gets to the editor.
//! - `apply`: has the editor apply it, all or nothing. `unopened_file` fits it to a file that is not open, `verify` looks whether the text
//!   shows it, and `partial` saves what still fits when the text was changed meanwhile.
//! - `hold`: keeps it back until a person decides, as pending `hunks`. `moved_file` and `file_renames` follow files that get another name.
//! - `review`: accepts, rejects and explains hunks, which a `selector` names and `hunk_view` draws. `accept_by_action` does it where the
//!   editor applies no edits of a server.
//! - `warnings`: the reasons for a second look, in words.

pub mod accept_by_action;
pub mod apply;
pub mod delivery;
pub mod file_renames;
pub mod hold;
pub mod hunk_view;
pub mod hunks;
mod moved_file;
mod partial;
pub mod review;
mod selector;
mod unopened_file;
mod verify;
mod warnings;
