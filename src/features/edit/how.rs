//! What is asked of an edit: a code action, or words, with what the editor complains of at the place.

use std::ops::Range;

use crate::features::Site;

#[derive(Clone, Debug)]
pub enum How {
    /// A code action of this kind, with the messages of the diagnostics there: those that a fix is to cure.
    Action {
        kind: String,
        problems: Vec<String>,
    },
    Instruction(Instruction),
}

/// What a person asks for in words.
#[derive(Clone, Debug, Default)]
pub struct Instruction {
    pub words: String,
    /// The diagnostics of the document, as far as the editor tells them.
    pub problems: Vec<Problem>,
}

/// A diagnostic.
#[derive(Clone, Debug)]
pub struct Problem {
    pub message: String,
    /// Zero-based first and last line; none of one that is said to be where the edit is asked for.
    pub lines: Option<(u32, u32)>,
}

impl From<String> for Instruction {
    fn from(words: String) -> Self {
        Self { words, problems: vec![] }
    }
}

impl From<&str> for Instruction {
    fn from(words: &str) -> Self {
        words.to_string().into()
    }
}

impl How {
    /// The same with nothing in it that is masked in the file: compilers quote what they complain of.
    pub(super) fn masked(&self, site: &Site) -> Self {
        let masked = |text: &String| site.masked_in(text).to_string();
        match self {
            How::Instruction(Instruction { words, problems }) => How::Instruction(Instruction {
                words: masked(words),
                problems: problems.iter().map(|problem| Problem { message: masked(&problem.message), ..problem.clone() }).collect(),
            }),
            How::Action { kind, problems } => How::Action { kind: kind.clone(), problems: problems.iter().map(masked).collect() },
        }
    }

    /// What the editor complains of in this stretch of the text.
    pub(super) fn problems(&self, site: &Site, marked: &Range<usize>) -> Vec<String> {
        let problems = match self {
            How::Action { problems, .. } => return problems.clone(),
            How::Instruction(instruction) => &instruction.problems,
        };
        let (first, last) = site.line_range(marked);
        let is_here = |problem: &&Problem| problem.lines.is_none_or(|(top, bottom)| top < last && bottom >= first - 1);
        problems.iter().filter(is_here).map(|problem| problem.message.clone()).collect()
    }
}
