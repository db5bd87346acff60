//! `longsight ask`: answers a question about the repository, with checked citations.

use clap::Args;

use super::{CliResult, Common, explain, setup};
use crate::features::ask::ask;
use crate::route::TaskKind;

/// The arguments of `longsight ask`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The question.
    pub question: String,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    if arguments.question.trim().is_empty() {
        super::usage("ask needs a question");
    }
    let session = setup::session(common)?;
    session.count_exactly(TaskKind::Ask);
    let asked = async |cancel: &_, sink: &_| {
        ask(&session, &arguments.question, cancel, sink).await.inspect_err(|failed| setup::print_partial(common, failed))
    };
    setup::run(common, asked, |found| explain::show(&found.answer))
}
