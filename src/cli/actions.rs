//! `longsight actions`: the code actions offered at a place.

use clap::Args;
use serde_json::json;

use super::place::Place;
use super::{CliResult, Shared, setup};
use crate::features::actions::actions;

#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE-LINE or FILE:LINE:COL, 1-based.
    pub place: Place,
}

pub fn run(shared: &Shared, arguments: &Arguments) -> CliResult {
    let (session, target) = setup::session_at(shared, &arguments.place)?;
    let offers = actions(&session, &target, &[]);
    if shared.json {
        println!("{}", json!({ "actions": offers }));
        return Ok(());
    }
    if offers.is_empty() {
        println!("(nothing is offered here)");
    }
    offers.iter().for_each(|offer| println!("{:<46} {}", offer.kind, offer.title));
    Ok(())
}
