//! `longsight context`: what would be sent to a model, and why.

use clap::Args;

use super::edit::check_words;
use super::place::{Extent, ParsedPlace};
use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::context::Kind;
use crate::features::edit::How;
use crate::features::preview::{Params, Preview, preview};

/// The arguments of `longsight context`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// FILE:LINE:COL for what a completion sends, FILE:LINE-LINE for an explanation, 1-based.
    #[arg(required_unless_present = "ask", conflicts_with = "ask")]
    pub place: Option<ParsedPlace>,
    /// A question about the repository instead of a place.
    #[arg(long)]
    pub ask: Option<String>,
    /// What an edit would send instead of an explanation: what to do, in words.
    #[arg(long, value_name = "WORDS", requires = "place", conflicts_with = "ask", allow_hyphen_values = true)]
    pub instruction: Option<String>,
    /// The same for a code action of this kind.
    #[arg(long, value_name = "KIND", requires = "place", conflicts_with_all = ["instruction", "ask"])]
    pub action: Option<String>,
    /// Tokens for what is added around the current file.
    #[arg(long)]
    pub budget: Option<usize>,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    if arguments.ask.as_ref().is_some_and(|question| question.trim().is_empty()) {
        super::usage("--ask needs a question");
    }
    check_words(arguments.instruction.as_deref(), arguments.action.as_deref());
    let (session, at) = match &arguments.place {
        Some(place) => {
            // Lines alone are for an explanation, which changes nothing.
            let is_read = matches!(place.at, Extent::Lines { .. }) && arguments.action.is_none() && arguments.instruction.is_none();
            let at = if is_read { setup::session_to_read_at } else { setup::session_at };
            at(common, place).map(|(session, at)| (session, Some(at)))?
        }
        None => (setup::session(common)?, None),
    };
    let how = match (&arguments.action, &arguments.instruction) {
        (Some(kind), _) => Some(How::Action { kind: kind.clone(), problems: vec![] }),
        (None, words) => words.clone().map(|words| How::Instruction(words.into())),
    };
    let params = Params { at, how, invoked: None, question: arguments.ask.clone(), budget: arguments.budget };
    setup::run(common, async |_, _| preview(&session, &params), show)
}

fn show(preview: &Preview) {
    for part in &preview.parts {
        let kind = match part.kind {
            Kind::Outline => "map",
            Kind::File => "whole file",
            Kind::Signature => "signatures",
            Kind::Definition => "definition",
            Kind::Recent => "recent",
            Kind::Passage => "similar code",
            Kind::Correction => "correction",
            Kind::Current => "this file",
        };
        say!("{}:{}-{}  {kind}, {} tokens: {}", part.path, part.start_line, part.end_line, part.tokens, part.why);
    }
    say!("\n{} of {} tokens around the current file\n", preview.tokens, preview.budget);
    screen::print(&format!("{}\n", preview.prompt));
    let Some(to) = &preview.destination else { return };
    let place = to.route.origin.as_deref().filter(|_| to.remote).unwrap_or("this machine");
    let (first, all) = (to.cost_of_first_step.map(|cost| format!("{cost:.4}")), to.cost_at_most.map(|cost| format!("{cost:.4}")));
    let more = match (to.steps_at_most, first.zip(all)) {
        (None, None) => String::new(),
        (None, Some((_, all))) => format!(", {all} at most by the prices of your configuration"),
        (Some(steps), None) => format!(" for the first of at most {steps} steps, each with the results of those before"),
        (Some(steps), Some((first, all))) => format!(
            " for the first of at most {steps} steps, each with the results of those before: {first} at most for this one, {all} for all, by \
             the prices of your configuration"
        ),
    };
    say!("\n— {} tokens to {} ({}) on {place}{more}", preview.prompt_tokens, to.route.engine, to.route.model);
    if let Some(window) = to.window.filter(|window| preview.prompt_tokens > *window as usize) {
        say!("— its window is {window} tokens, so less than this would be sent: ask for a smaller --budget");
    }
}
