//! The agent. `turn` is a turn of questions and tool calls as a state machine, over a conversation that is kept inside the window
//! (`transcript`; `compact` shortens old messages). `limits` says what a turn may use up. `refusals` tracks edits that were refused, `talk`
//! detects calls that may only be quoted, `args` checks arguments, `patch` finds the place of a proposed change, `permit` decides what
//! needs the user's consent, `gaps` recognises places where only the grammar fails, `residue` what is no text of a file, `tools` is what
//! the model may call. Only `driver` waits for anything.

pub mod args;
mod compact;
pub mod driver;
pub mod gaps;
pub mod limits;
pub mod patch;
pub mod permit;
pub mod refusals;
pub mod residue;
pub mod talk;
pub mod tools;
mod transcript;
pub mod turn;
