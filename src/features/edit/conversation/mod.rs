//! What is said to a model and made of its answers, without waiting for it; `driver` asks and waits.
//!
//! A model with a small window is asked a `question` in each round of a `form_turn`, one with a large window works in a `tool_turn`.
//! `first_question` is what either would be sent first, for the preview.

pub(in crate::features) mod first_question;
pub(super) mod form_turn;
pub(super) mod question;
pub(super) mod tool_turn;
