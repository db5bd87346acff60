//! What is asked for: the request as it came (`how`), what its words say (`wording`), the kind of task and the form of edit that they
//! amount to (`plan`), and what an edit for it may remove (`allowed`).

pub(super) mod allowed;
pub(super) mod how;
pub(super) mod plan;
pub mod wording;
