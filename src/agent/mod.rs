//! The agent: a turn of questions and tool calls as a state machine (`turn`), what it may use up (`limits`), how arguments are checked
//! (`args`) and where a proposed change belongs (`patch`). Only `driver` waits for anything.

pub mod args;
pub mod limits;
pub mod patch;
pub mod permit;
pub mod turn;
