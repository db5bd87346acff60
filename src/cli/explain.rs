//! `longsight explain`: explains a range of lines.

use clap::Args;

use super::place::ParsedPlace;
use super::screen::say;
use super::{CliResult, Common, setup};
use crate::features::answer::Answer;
use crate::features::answer::cite::Citation;
use crate::features::explain::explain;
use crate::route::TaskKind;

/// The arguments of `longsight explain`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE-LINE or FILE:LINE:COL, 1-based.
    pub place: ParsedPlace,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let (session, target) = setup::session_to_read_at(common, &arguments.place)?;
    session.count_exactly(TaskKind::Explain);
    let explained = async |cancel: &_, sink: &_| {
        explain(&session, &target, cancel, sink).await.inspect_err(|failed| setup::print_partial(common, failed))
    };
    setup::run(common, explained, show)
}

/// Prints what follows the text (which has already been printed): the places, who named each, and whether it exists.
pub fn show(answer: &Answer) {
    say!("\n");
    for Citation { path, line, end_line, verified, whole, from } in &answer.citations {
        let place = match end_line {
            _ if *whole => path.clone(),
            Some(end) => format!("{path}:{line}-{end}"),
            None => format!("{path}:{line}"),
        };
        let checked = if *verified { "checked" } else { "NOT FOUND" };
        say!("  {checked:<9}  {place:<36}  {}", from.words());
    }
    setup::footer(&answer.route, &answer.timing, &answer.sent);
}
