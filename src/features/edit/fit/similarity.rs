//! How much of some lines of a file an answer repeats: the lines that both have, in order. Pure.

use crate::text::common::is_changed;

/// The weight of a line of code. A line of brackets or signs counts little, because it stands everywhere; a blank one counts nothing.
pub const LINE_WEIGHT: usize = 20;
/// The weight of a line that was changed.
const CHANGED_LINE_WEIGHT: usize = LINE_WEIGHT * 3 / 4;
/// Longer texts, in lines, are not compared.
const MAX_COMPARED_LINES: usize = 600;

/// The comparison of an answer with lines of a file.
#[derive(Debug)]
pub struct Alike {
    /// The weight of everything that only one of the two has.
    pub cost: usize,
    /// For each line of the answer, the line of the file that it repeats.
    pub back: Vec<Option<usize>>,
    /// For each line of the file, whether the answer has it, changed or not.
    pub kept: Vec<bool>,
}

impl Alike {
    /// How many of the file's lines of code the answer has, changed or not, and how many there are.
    pub fn kept_code(&self, file: &[&str]) -> (usize, usize) {
        let is_code = |line: &str| weight(line) == LINE_WEIGHT;
        let kept = file.iter().zip(&self.kept).filter(|(line, kept)| **kept && is_code(line)).count();
        (kept, file.iter().filter(|line| is_code(line)).count())
    }
}

/// Whether two lines are the same. With other indentation only if that means nothing (`loose`) and the line has words.
pub fn same(a: &str, b: &str, loose: bool) -> bool {
    a.trim_end() == b.trim_end() || loose && weight(a) == LINE_WEIGHT && a.trim() == b.trim()
}

/// The weight of a line.
pub fn weight(line: &str) -> usize {
    match line.trim() {
        "" => 0,
        line if line.contains(char::is_alphanumeric) => LINE_WEIGHT,
        _ => 1,
    }
}

/// The weight that two lines have in common.
fn common(a: &str, b: &str, loose: bool) -> usize {
    if same(a, b, loose) {
        return weight(a);
    }
    let changed = weight(a) == LINE_WEIGHT && weight(b) == LINE_WEIGHT && is_changed(a.trim(), b.trim());
    if changed { CHANGED_LINE_WEIGHT } else { 0 }
}

/// Compares an answer with lines of a file; none if there are too many.
pub fn alike(file: &[&str], answer: &[&str], loose: bool) -> Option<Alike> {
    if file.len() > MAX_COMPARED_LINES || answer.len() > MAX_COMPARED_LINES {
        return None;
    }
    // The best common weight of both from here on.
    let width = answer.len() + 1;
    let mut shared = vec![0usize; (file.len() + 1) * width];
    for (i, line) in file.iter().enumerate().rev() {
        for (j, own) in answer.iter().enumerate().rev() {
            let without = shared[(i + 1) * width + j].max(shared[i * width + j + 1]);
            let with = match common(line, own, loose) {
                0 => 0,
                both => both + shared[(i + 1) * width + j + 1],
            };
            shared[i * width + j] = without.max(with);
        }
    }
    let (mut i, mut j, mut back, mut kept) = (0, 0, vec![None; answer.len()], vec![false; file.len()]);
    while i < file.len() && j < answer.len() {
        let (here, is_same) = (shared[i * width + j], same(file[i], answer[j], loose));
        let both = common(file[i], answer[j], loose);
        if (is_same || both > 0) && here == both + shared[(i + 1) * width + j + 1] {
            (back[j], kept[i]) = (is_same.then_some(i), true);
            (i, j) = (i + 1, j + 1);
        } else if here == shared[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    let all: usize = file.iter().chain(answer).map(|line| weight(line)).sum();
    Some(Alike { cost: all - 2 * shared[0], back, kept })
}
