//! `longsight edit`: computes an edit and prints it; writes nothing.

use std::sync::Arc;

use clap::Args;

use super::place::ParsedPlace;
use super::screen::{self, say};
use super::{CliResult, Common, setup};
use crate::features::actions::is_edit;
use crate::features::edit::{Edited, How, Instruction, Params, Problem, edit};
use crate::features::{AnswerEvent, Sink};

/// The arguments of `longsight edit`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("how").required(true).args(["action", "instruction"]))]
pub struct Arguments {
    /// FILE:LINE-LINE, 1-based.
    pub place: ParsedPlace,
    /// The code action to compute, e.g. refactor.rewrite.longsight.document.
    #[arg(long, value_name = "KIND")]
    pub action: Option<String>,
    /// What to do, in words.
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub instruction: Option<String>,
    /// A problem that a quickfix should fix, or that an instruction is about, in a diagnostic's words; may be given several times.
    #[arg(long, value_name = "MESSAGE", allow_hyphen_values = true)]
    pub problem: Vec<String>,
    /// Print a unified diff only.
    #[arg(long)]
    pub diff: bool,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    check_words(arguments.instruction.as_deref(), arguments.action.as_deref());
    if arguments.problem.iter().any(|message| message.trim().is_empty()) {
        super::usage("--problem needs the words of a diagnostic");
    }
    let (session, at) = setup::session_at(common, &arguments.place)?;
    let how = match (&arguments.action, &arguments.instruction) {
        (Some(kind), _) => How::Action { kind: kind.clone(), problems: arguments.problem.clone() },
        (None, words) => {
            let problems = arguments.problem.iter().map(|message| Problem { message: message.clone(), lines: None }).collect();
            How::Instruction(Instruction { words: words.clone().unwrap_or_default(), problems })
        }
    };
    let params = Params { at, how };
    setup::run(
        common,
        async |cancel, sink| edit(&session, &params, cancel, &without_text(sink)).await,
        |edited| show(edited, arguments.diff),
    )
}

/// Ends with wrong usage if an instruction says nothing, or there is no such kind of edit.
pub fn check_words(instruction: Option<&str>, action: Option<&str>) {
    if instruction.is_some_and(|words| words.trim().is_empty()) {
        super::usage("--instruction needs words that say what is to be changed");
    }
    if let Some(kind) = action.filter(|kind| !is_edit(kind)) {
        super::usage(&format!("there is no kind of edit \"{kind}\"; `longsight actions` lists those that fit a place"));
    }
}

/// A sink without the model's prose around its call, which is not the result.
fn without_text(sink: &Sink) -> Sink {
    let sink = sink.clone();
    Arc::new(move |event| {
        if !matches!(event, AnswerEvent::Text(_)) {
            sink(event);
        }
    })
}

fn show(edited: &Edited, diff_only: bool) {
    screen::print(&edited.diff);
    if diff_only {
        return;
    }
    say!("");
    for hunk in edited.edits.iter().flat_map(|file| &file.hunks).filter(|hunk| !hunk.reason.is_empty()).take(1) {
        say!("{}", hunk.reason);
    }
    edited.confirm.iter().for_each(|reason| say!("look twice: {}", reason));
    setup::footer(&edited.route, &edited.timing, &edited.sent);
}
