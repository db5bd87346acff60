//! `longsight explain`: explains a range of lines.

use clap::Args;

use super::place::Place;
use super::{Outcome, Shared, setup};
use crate::features::answer::Answer;
use crate::features::cite::Citation;
use crate::features::explain::explain;

#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE-LINE or FILE:LINE:COL, 1-based.
    pub place: Place,
}

pub fn run(shared: &Shared, arguments: &Arguments) -> Outcome {
    let desk = setup::desk(shared)?;
    let target = setup::target(&desk, shared, &arguments.place)?;
    setup::run(shared, async |cancel, sink| explain(&desk, &target, cancel, sink).await, show)
}

/// What comes after the text, which has been shown as it was written.
pub fn show(answer: &Answer) {
    println!("\n");
    for Citation { path, line, verified, from, .. } in &answer.citations {
        let checked = if *verified { "" } else { "  (not found)" };
        println!("  {path}:{line}{checked}  [{}]", from.words());
    }
    setup::footer(&answer.route, &answer.timing, &answer.sent);
}
