//! What an edit is asked for with: a code action, or words, and the editor's diagnostics at the place.

use std::ops::Range;

use crate::features::Site;

/// How an edit was asked for.
#[derive(Clone, Debug)]
pub enum How {
    /// A code action of this kind, with the messages of the diagnostics there, which a fix should cure.
    Action {
        kind: String,
        problems: Vec<String>,
    },
    Instruction(Instruction),
}

/// A person's request in words.
#[derive(Clone, Debug, Default)]
pub struct Instruction {
    pub words: String,
    /// The document's diagnostics, as far as the editor tells.
    pub problems: Vec<Problem>,
}

/// A diagnostic.
#[derive(Clone, Debug)]
pub struct Problem {
    pub message: String,
    /// Zero-based first and last line; none if it is just said to be where the edit is asked for.
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
    /// This instruction with everything masked that is masked in the file, because compilers quote code.
    pub(in crate::features::edit) fn masked(&self, site: &Site) -> Self {
        let masked = |text: &String| site.masked_in(text).to_string();
        match self {
            How::Instruction(Instruction { words, problems }) => How::Instruction(Instruction {
                words: masked(words),
                problems: problems.iter().map(|problem| Problem { message: masked(&problem.message), ..problem.clone() }).collect(),
            }),
            How::Action { kind, problems } => How::Action { kind: kind.clone(), problems: problems.iter().map(masked).collect() },
        }
    }

    /// The diagnostics in this stretch of the text.
    pub(in crate::features::edit) fn problems(&self, site: &Site, marked: &Range<usize>) -> Vec<String> {
        let problems = match self {
            How::Action { problems, .. } => return problems.clone(),
            How::Instruction(instruction) => &instruction.problems,
        };
        let (first, last) = site.line_range(marked);
        let is_here = |problem: &&Problem| problem.lines.is_none_or(|(top, bottom)| top < last && bottom >= first - 1);
        problems.iter().filter(is_here).map(|problem| problem.message.clone()).collect()
    }
}
