//! Boosted trees over a definition's features and its rank among the other candidates. The trees are data: `trees.txt` next to this file,
//! written by `scripts/trees.py`.
//!
//! The scale of their scores: a score is close to the probability that the place uses a definition, but it is too high for a definition
//! that the current file does not show yet. When the trees were fitted, each use of such a definition counted as three uses, because it
//! tells a model more than a definition that the file shows. Constants that other modules compare with scores or add to them (in `members`,
//! `receiver` and `handle`) are chosen on this scale.

use std::ops::Range;
use std::sync::LazyLock;

use super::kindred::KINDRED;
use crate::context::features::Feature;
use crate::context::nameable::RULES;
use crate::context::weights::WEIGHTS;

/// What the first look does not consider about a definition: what rules say about it, and what its signature shares with the place.
pub const LOOKS: [&str; 9] = {
    let ([a, b, c, d, e], [f, g, h, i]) = (RULES, KINDRED);
    [a, b, c, d, e, f, g, h, i]
};
/// Its rank among the other candidates.
const ADDED: [&str; 9] = ["Seen", "LogOdds", "Place", "FileOthers", "FilePlace", "FileCandidates", "NameOthers", "NamePlace", "Bytes"];

const COLUMNS: usize = Feature::COUNT + LOOKS.len() + ADDED.len();

/// One definition as the trees see it: features, looks, standing.
pub type Row = [f32; COLUMNS];

/// How many rows go through a tree together.
const LANES: usize = 32;
/// Maximum leaves of a tree: one bit each.
const LEAVES: usize = u32::BITS as usize;

/// This many rows, column by column.
type Block = [[f32; LANES]; COLUMNS];

/// Definitions as the trees see them, in blocks, each column by column.
#[derive(Default)]
pub struct Rows {
    blocks: Vec<Block>,
    len: usize,
}

impl Rows {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Removes the rows and keeps their memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends a row.
    pub fn push(&mut self, row: &Row) {
        let (block, lane) = (self.len / LANES, self.len % LANES);
        if block == self.blocks.len() {
            self.blocks.push([[0.0; LANES]; COLUMNS]);
        }
        for (column, value) in self.blocks[block].iter_mut().zip(row) {
            column[lane] = *value;
        }
        self.len += 1;
    }

    /// Keeps the rows with these indices, given in order.
    pub fn retain(&mut self, which: &[usize]) {
        for (to, from) in which.iter().enumerate().filter(|(to, from)| to != *from) {
            for column in 0..COLUMNS {
                self.blocks[to / LANES][column][to % LANES] = self.blocks[from / LANES][column][from % LANES];
            }
        }
        self.len = which.len();
    }
}

/// The built-in trees. With a broken file the order of the first look stays; a test would notice.
pub static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::parse(include_str!("trees.txt")).unwrap_or_default());

/// A sum of decision trees, in log-odds. Trees are not walked: every branch removes the leaves that a row cannot reach, and the first one
/// left is the row's. There are few branches, and since none depends on another, many rows are scored at once.
#[derive(Debug, Default)]
pub struct Trees {
    trees: Vec<Tree>,
    branches: Vec<Branch>,
    /// What each leaf adds.
    leaves: Vec<f32>,
}

/// Where a tree's branches are, and where its leaves begin; those for low values come first.
#[derive(Clone, Debug)]
struct Tree {
    branches: Range<usize>,
    leaves: usize,
}

/// A row whose value is above the threshold, or not a number, cannot reach the leaves that are missing in `others`.
#[derive(Clone, Copy, Debug)]
struct Branch {
    threshold: f32,
    others: u32,
    column: usize,
}

impl Trees {
    /// Reads `columns NAME…` and then a tree per line, in preorder: `COLUMN<THRESHOLD` for a branch, a number for a leaf.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let columns = lines.next().and_then(|line| line.strip_prefix("columns ")).ok_or("the columns are not named")?;
        if !columns.split(' ').eq(columns_of_rows().iter().map(String::as_str)) {
            return Err("the columns are not those of this version".into());
        }
        let mut trees = Self::default();
        for line in lines {
            let (branches, leaves) = (trees.branches.len(), trees.leaves.len());
            let mut words = line.split(' ');
            trees.add(leaves, &mut words)?;
            words.next().map_or(Ok(()), |word| Err(format!("`{word}` follows a whole tree")))?;
            trees.trees.push(Tree { branches: branches..trees.branches.len(), leaves });
        }
        // No row reads past the leaves of a small tree, but the compiler cannot know that.
        trees.leaves.extend([0.0; LEAVES]);
        Ok(trees)
    }

    /// Reads the rest of a tree whose leaves begin at `first`.
    fn add<'a>(&mut self, first: usize, words: &mut impl Iterator<Item = &'a str>) -> Result<(), String> {
        let word = words.next().ok_or("a tree ends too early")?;
        let number = |text: &str| text.parse::<f32>().map_err(|_| format!("`{word}` is no branch and no leaf"));
        let Some((column, threshold)) = word.split_once('<') else {
            if self.leaves.len() - first == LEAVES {
                return Err(format!("a tree has more than {LEAVES} leaves"));
            }
            self.leaves.push(number(word)?);
            return Ok(());
        };
        let column: usize = column.parse().map_err(|_| format!("`{word}` names no column"))?;
        if column >= COLUMNS {
            return Err(format!("`{word}` names a column that there is not"));
        }
        let at = self.branches.len();
        self.branches.push(Branch { threshold: number(threshold)?, others: 0, column });
        let before = self.leaves.len() - first;
        self.add(first, words)?;
        let low = self.leaves.len() - first - before;
        self.branches[at].others = !((u32::MAX >> (LEAVES - low)) << before);
        self.add(first, words)
    }

    /// The number of trees.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there are no trees.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Adds to each row's sum what some of the trees say about it.
    pub fn add_to(&self, which: Range<usize>, rows: &Rows, sums: &mut [f32]) {
        for (block, sums) in rows.blocks.iter().zip(sums[..rows.len].chunks_mut(LANES)) {
            for Tree { branches, leaves } in &self.trees[which.clone()] {
                let leaves = &self.leaves[*leaves..*leaves + LEAVES];
                for (sum, left) in sums.iter_mut().zip(left(&self.branches[branches.clone()], block)) {
                    *sum += leaves[left.trailing_zeros() as usize % LEAVES];
                }
            }
        }
    }
}

/// For each row, the leaves of a tree that are left, as bits.
fn left(branches: &[Branch], block: &Block) -> [u32; LANES] {
    let mut left = [u32::MAX; LANES];
    for Branch { threshold, others, column } in branches.iter().copied() {
        for (left, value) in left.iter_mut().zip(&block[column]) {
            // Branch-free, so that several rows are compared at once.
            *left &= u32::from(*value <= threshold).wrapping_neg() | others;
        }
    }
    left
}

/// The names of all columns, in order.
pub fn columns_of_rows() -> Vec<String> {
    let features = WEIGHTS.iter().map(|(feature, ..)| format!("{feature:?}"));
    features.chain(LOOKS.map(String::from)).chain(ADDED.map(String::from)).collect()
}
