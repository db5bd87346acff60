//! The agent: a turn of questions and tool calls as a state machine (`turn`) over a conversation that stays in the window (`transcript`;
//! `compact` says what is left of old messages), what it may use up (`limits`), which of its edits were refused (`refusals`) or may only
//! be quoted (`talk`), how arguments are checked (`args`), where a proposed change belongs (`patch`), what needs a person's word
//! (`permit`), what only the grammar cannot read (`gaps`) and what the model may call (`tools`). Only `driver` waits for anything.

pub mod args;
mod compact;
pub mod driver;
pub mod gaps;
pub mod limits;
pub mod patch;
pub mod permit;
pub mod refusals;
pub mod talk;
pub mod tools;
mod transcript;
pub mod turn;
