//! Where tests go, and how a model's tests are put there: the file, the class or module in it, the imports.
//!
//! - The place: `location` decides between the file itself (`inside`) and a test file (`testfile`, with its `opening` if it is new);
//!   `example` finds tests nearby to follow.
//! - The code: `append` puts it there, `dedup` drops what is there already, `imports` joins the imports.

pub(super) mod append;
pub(super) mod dedup;
pub(super) mod example;
pub(super) mod imports;
pub(super) mod inside;
pub(super) mod location;
pub(super) mod opening;
pub(super) mod testfile;
