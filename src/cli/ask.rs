//! `longsight ask`: answers a question about the repository, with checked citations.

use clap::Args;

use super::{Outcome, Shared, explain, setup};
use crate::features::ask::ask;

#[derive(Args, Debug)]
pub struct Arguments {
    /// The question.
    pub question: String,
}

pub fn run(shared: &Shared, arguments: &Arguments) -> Outcome {
    if arguments.question.trim().is_empty() {
        super::usage("ask needs a question");
    }
    let desk = setup::desk(shared)?;
    setup::run(shared, async |cancel, sink| ask(&desk, &arguments.question, cancel, sink).await, |found| explain::show(&found.answer))
}
