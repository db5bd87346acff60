//! `longsight context`: what would be put in front of the model, and why.

use clap::Args;

use super::{Outcome, Shared};

#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE:COL, 1-based.
    #[arg(required_unless_present = "ask", conflicts_with = "ask")]
    pub place: Option<String>,
    /// A question about the repository in place of a place.
    #[arg(long)]
    pub ask: Option<String>,
    /// Tokens for what is added around the current file.
    #[arg(long)]
    pub budget: Option<usize>,
}

pub fn run(_shared: &Shared, _arguments: &Arguments) -> Outcome {
    Err("context is not built yet".into())
}
