//! How much of some lines of a file an answer gives back: the lines that both have, in their order. Pure.

/// What a line of code counts. One of brackets or other signs only counts little, for it stands everywhere; a blank one counts nothing.
pub const LINE: usize = 20;
/// What a changed line counts of that.
const CHANGED: usize = LINE * 3 / 4;
/// Bytes at which lines begin alike, where they are no short ones.
const BEGINNING: usize = 8;
/// More lines than these are not compared.
const MOST: usize = 600;

/// See the module.
#[derive(Debug)]
pub struct Alike {
    /// What is in one of the two only.
    pub cost: usize,
    /// For each line of the answer the line of the file that it gives back.
    pub back: Vec<Option<usize>>,
    /// For each line of the file whether the answer has it, or has it changed.
    pub kept: Vec<bool>,
}

/// Whether two lines are one. What stands elsewhere in its line is the same only where indentation means nothing (`loose`) and the line
/// says something.
pub fn same(a: &str, b: &str, loose: bool) -> bool {
    a.trim_end() == b.trim_end() || loose && weight(a) == LINE && a.trim() == b.trim()
}

pub fn weight(line: &str) -> usize {
    match line.trim() {
        "" => 0,
        line if line.contains(char::is_alphanumeric) => LINE,
        _ => 1,
    }
}

/// What two lines have in common.
fn common(a: &str, b: &str, loose: bool) -> usize {
    if same(a, b, loose) {
        return weight(a);
    }
    let is_changed = weight(a) == LINE && weight(b) == LINE && is_like(a.trim(), b.trim());
    if is_changed { CHANGED } else { 0 }
}

/// Whether a line is another one changed: most of it is the same, with its beginning.
fn is_like(a: &str, b: &str) -> bool {
    let (longer, shorter) = (a.len().max(b.len()), a.len().min(b.len()));
    let before = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let after = a.bytes().rev().zip(b.bytes().rev()).take(shorter - before).take_while(|(a, b)| a == b).count();
    (before >= BEGINNING || 5 * before >= 3 * longer) && 4 * (before + after) >= 3 * longer
}

/// Lays an answer along lines of a file; none where there are too many.
pub fn alike(file: &[&str], answer: &[&str], loose: bool) -> Option<Alike> {
    if file.len() > MOST || answer.len() > MOST {
        return None;
    }
    // What the ends of both have in common from here on.
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
