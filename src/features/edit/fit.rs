//! How a model's answer is fitted into the file: which bytes it replaces, how it is indented, which part of it is the item.

pub(super) mod alike;
pub(super) mod answer_imports;
pub(super) mod comment;
pub(super) mod diffs;
pub(super) mod extent;
pub(super) mod heads;
pub(super) mod inserted;
pub(super) mod layout;
pub(super) mod left;
pub(super) mod members;
pub(super) mod strings;
pub(super) mod whole_item;
pub(super) mod wrapped;
