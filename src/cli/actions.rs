//! `longsight actions`: the code actions offered at a place.

use clap::Args;
use serde_json::json;

use super::place::ParsedPlace;
use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::features::actions::{actions, refused};

/// The arguments of `longsight actions`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE-LINE or FILE:LINE:COL, 1-based.
    pub place: ParsedPlace,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let (session, target) = setup::session_at(common, &arguments.place)?;
    let (offers, why) = (actions(&session, &target, &[]), refused(&session, &target));
    if common.json {
        let mut shown = json!({ "actions": offers });
        why.iter().for_each(|reason| shown["nothing"] = json!(reason));
        screen::print_json(&shown);
        return Ok(());
    }
    if offers.is_empty() {
        say!("(nothing is offered here{})", why.map_or(String::new(), |reason| format!(": {reason}")));
    }
    offers.iter().for_each(|offer| say!("{:<46} {}", offer.kind, offer.title));
    Ok(())
}
