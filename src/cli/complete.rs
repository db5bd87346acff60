//! `longsight complete`: inline completion as an editor gets it.

use clap::Args;

use super::place::ParsedPlace;
use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::features::complete::{Completion, Params, complete};
use crate::route::TaskKind;

/// The arguments of `longsight complete`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE:COL, 1-based, columns in Unicode characters.
    pub place: ParsedPlace,
    /// Who asks: `auto` (typing) or `invoked`.
    #[arg(long, default_value = "invoked", value_parser = ["auto", "invoked"])]
    pub trigger: String,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    if !setup::is_point(&arguments.place) {
        super::usage("complete needs a point: FILE:LINE:COL");
    }
    let (session, at) = setup::session_at(common, &arguments.place)?;
    session.prepare();
    let invoked = arguments.trigger == "invoked";
    session.count_exactly(if invoked { TaskKind::CompleteInvoked } else { TaskKind::CompleteAuto });
    let params = Params { at, invoked, selected: None };
    setup::run(common, async |cancel, _| complete(&session, &params, cancel).await, show)
}

fn show(completion: &Completion) {
    match (completion.items.first(), &completion.nothing) {
        (Some(item), _) => screen::print(&format!("{}\n", item.text)),
        (None, reason) => say!("(nothing is offered: {})", reason.as_deref().unwrap_or("no reason is known")),
    }
    if let Some(route) = &completion.route {
        let sent = &completion.sent;
        let around = format!("{} bytes before and {} after the cursor", sent.before, sent.after);
        let all: Vec<String> = std::iter::once(around).chain(sent.context.iter().cloned()).collect();
        setup::footer(route, &completion.timing, &all);
    }
}
