//! How a model's answer is fitted into the file: which bytes it replaces, how it is indented, which part of it is the item.
//!
//! - What came with the code: `answer_diff` (it is a diff), `answer_imports` (imports), `wrapped` (a signature or a module around it),
//!   `again` (the same once more), `left_out` (comments that stand for code), `path_line` (the name of the file).
//! - Where it goes: `extent` (the lines it replaces, by their `similarity`; `untouched_lines` stay, and what is `repeated_below` is not
//!   there twice), `inserted` (an empty line), `whole_item` and `members` (more than was asked for), `framed` (the marked lines in the
//!   frame of their item).
//! - How it looks there: `layout` (its indentation), `strings` (which keep their bytes), `attributes` (above an item), `comment` (text as
//!   documentation).

pub(super) mod again;
pub(super) mod answer_diff;
pub(super) mod answer_imports;
pub(super) mod attributes;
pub(super) mod comment;
pub(super) mod extent;
mod framed;
pub(super) mod inserted;
pub(super) mod layout;
pub(super) mod left_out;
pub(super) mod members;
pub(super) mod path_line;
mod repeated_below;
mod similarity;
pub(super) mod strings;
mod untouched_lines;
pub(super) mod whole_item;
pub(super) mod wrapped;
