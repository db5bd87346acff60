//! `longsight actions`: the code actions offered at a place.

use clap::Args;
use serde_json::json;

use super::place::Place;
use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::features::actions::actions;

#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE-LINE or FILE:LINE:COL, 1-based.
    pub place: Place,
}

pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let (session, target) = setup::session_at(common, &arguments.place)?;
    let offers = actions(&session, &target, &[]);
    if common.json {
        screen::print_json(&json!({ "actions": offers }));
        return Ok(());
    }
    if offers.is_empty() {
        say!("(nothing is offered here)");
    }
    offers.iter().for_each(|offer| say!("{:<46} {}", offer.kind, offer.title));
    Ok(())
}
