//! Diagnostics that an editor has sent with requests for code actions: each such request has the diagnostics at its place. They are used
//! when a client asks for an edit in words without sending diagnostics. A diagnostic holds as long as its lines are unchanged.

use crate::features::edit::Problem;
use crate::text::Text;

/// Maximum diagnostics that are kept, and maximum lines that one may be about.
const KEPT_DIAGNOSTICS: usize = 64;
const MAX_DIAGNOSTIC_LINES: u32 = 100;

/// Diagnostics of one document.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    problems: Vec<(Problem, String)>,
}

impl Diagnostics {
    /// Records all diagnostics for a range of lines (zero-based, inclusive).
    pub fn take_in(&mut self, text: &Text, lines: (u32, u32), problems: Vec<Problem>) {
        let meets = |problem: &Problem| problem.lines.is_none_or(|(first, last)| first <= lines.1 && last >= lines.0);
        // Some clients send everything they know about the document each time.
        let is_said_again = |known: &Problem| problems.iter().any(|one| (&one.message, one.lines) == (&known.message, known.lines));
        self.problems.retain(|(known, _)| !meets(known) && !is_said_again(known));
        let heard = problems.into_iter().filter_map(|problem| {
            let said_of = of(text, &problem)?;
            Some((problem, said_of))
        });
        self.problems.extend(heard);
        let many = self.problems.len().saturating_sub(KEPT_DIAGNOSTICS);
        self.problems.drain(..many);
    }

    /// The diagnostics whose lines are unchanged and in the same place.
    pub fn still(&self, text: &Text) -> Vec<Problem> {
        let holds = |(problem, said_of): &&(Problem, String)| of(text, problem).as_ref() == Some(said_of);
        self.problems.iter().filter(holds).map(|(problem, _)| problem.clone()).collect()
    }
}

/// The lines that a diagnostic is about; none if the text has no such lines.
fn of(text: &Text, problem: &Problem) -> Option<String> {
    let (first, last) = problem.lines?;
    let (first, last) = (first as usize, last as usize);
    (first <= last && last - first <= MAX_DIAGNOSTIC_LINES as usize && last < text.len_lines())
        .then(|| text.slice(text.line_start(first)..text.line_start(last) + text.line_text(last).len()))
}
