//! An edit from its computation to the editor's text. `change` decides what becomes of it: `edits` has the editor apply it, and `shown`
//! looks whether it did; or it is `held` as `hunks` until a person decides on each by `review` or `accept`. `partly` is what typing leaves.

pub mod accept;
pub mod change;
mod closed;
pub mod drawn;
pub mod edits;
pub mod held;
pub mod hunks;
mod partly;
pub mod renamed;
pub mod review;
mod selector;
mod shown;
mod warnings;
