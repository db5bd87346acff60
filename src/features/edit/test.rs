//! Where tests go, and what a model's tests become there: the file, the class or module in it, what they bring in.

pub(super) mod append;
pub(super) mod dedup;
pub(super) mod example;
pub(super) mod imports;
pub(super) mod inside;
pub(super) mod location;
pub(super) mod opening;
pub(super) mod testfile;
