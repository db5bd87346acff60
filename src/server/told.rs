//! What an editor has said of a document in passing: with each request for code actions come the diagnostics at that place. A client that asks
//! for an edit in words and sends none has told them so. They hold for as long as their lines stand as they did.

use crate::features::edit::Problem;
use crate::text::Text;

/// More than this many are not kept, nor what is about more lines.
const MOST: usize = 64;
const LONGEST: u32 = 100;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Told {
    problems: Vec<(Problem, String)>,
}

impl Told {
    /// Takes in what is said of the lines of a range, from zero, both counted: it is all that is to be said of them.
    pub fn hear(&mut self, text: &Text, lines: (u32, u32), problems: Vec<Problem>) {
        let meets = |problem: &Problem| problem.lines.is_none_or(|(first, last)| first <= lines.1 && last >= lines.0);
        // Some clients say all that they know of the document each time.
        let is_said_again = |known: &Problem| problems.iter().any(|one| (&one.message, one.lines) == (&known.message, known.lines));
        self.problems.retain(|(known, _)| !meets(known) && !is_said_again(known));
        let heard = problems.into_iter().filter_map(|problem| {
            let said_of = of(text, &problem)?;
            Some((problem, said_of))
        });
        self.problems.extend(heard);
        let many = self.problems.len().saturating_sub(MOST);
        self.problems.drain(..many);
    }

    /// Those whose lines stand where they did, as they did.
    pub fn still(&self, text: &Text) -> Vec<Problem> {
        let holds = |(problem, said_of): &&(Problem, String)| of(text, problem).as_ref() == Some(said_of);
        self.problems.iter().filter(holds).map(|(problem, _)| problem.clone()).collect()
    }
}

/// The lines that a problem is about; none where the text has no such lines.
fn of(text: &Text, problem: &Problem) -> Option<String> {
    let (first, last) = problem.lines?;
    let (first, last) = (first as usize, last as usize);
    (first <= last && last - first <= LONGEST as usize && last < text.len_lines())
        .then(|| text.slice(text.line_start(first)..text.line_start(last) + text.line_text(last).len()))
}
