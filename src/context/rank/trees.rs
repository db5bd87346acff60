//! Boosted trees over the features of a definition and its standing among the other candidates. The trees are data: `trees.txt` beside
//! this file, written by `scripts/trees.py`.

use std::sync::LazyLock;

use super::kindred::KINDRED;
use crate::context::features::Feature;
use crate::context::nameable::RULES;
use crate::context::weights::WEIGHTS;

/// What is known of a definition that the first look does not ask for: what rules say of it, and what its signature shares with the place.
pub const LOOKS: [&str; 9] = {
    let ([a, b, c, d, e], [f, g, h, i]) = (RULES, KINDRED);
    [a, b, c, d, e, f, g, h, i]
};
/// How it stands among the other candidates.
pub const ADDED: [&str; 9] = ["Seen", "LogOdds", "Place", "FileOthers", "FilePlace", "FileCandidates", "NameOthers", "NamePlace", "Bytes"];

const COLUMNS: usize = Feature::COUNT + LOOKS.len() + ADDED.len();

/// One definition, as the trees see it: its features, what else is known of it, and its standing.
pub type Row = [f32; COLUMNS];

/// The trees that are built in. A broken file leaves the first order as it is; a test says so.
pub static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::parse(include_str!("trees.txt")).unwrap_or_default());

/// A sum of decision trees, in log-odds.
#[derive(Debug, Default)]
pub struct Trees {
    /// The trees one after another, each from its root, a branch before what is below it.
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

/// Whoever is not above the threshold goes on with the next node, others with the one that is so far ahead. A leaf leads nowhere.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The threshold, or what a leaf adds.
    value: f32,
    column: u16,
    ahead: u16,
}

impl Trees {
    /// Reads `columns NAME…` and after it a tree on each line, in preorder: `COLUMN<THRESHOLD` for a branch, a number for a leaf.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let columns = lines.next().and_then(|line| line.strip_prefix("columns ")).ok_or("the columns are not named")?;
        if !columns.split(' ').eq(columns_of_rows().iter().map(String::as_str)) {
            return Err("the columns are not those of this version".into());
        }
        let mut trees = Self::default();
        for line in lines {
            trees.roots.push(trees.nodes.len() as u32);
            let mut words = line.split(' ');
            trees.add(&mut words)?;
            words.next().map_or(Ok(()), |word| Err(format!("`{word}` follows a whole tree")))?;
        }
        Ok(trees)
    }

    fn add<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), String> {
        let word = words.next().ok_or("a tree ends too early")?;
        let number = |text: &str| text.parse::<f32>().map_err(|_| format!("`{word}` is no branch and no leaf"));
        let at = self.nodes.len();
        let Some((column, threshold)) = word.split_once('<') else {
            self.nodes.push(Node { value: number(word)?, column: 0, ahead: 0 });
            return Ok(());
        };
        let column: u16 = column.parse().map_err(|_| format!("`{word}` names no column"))?;
        if usize::from(column) >= COLUMNS {
            return Err(format!("`{word}` names a column that there is not"));
        }
        self.nodes.push(Node { value: number(threshold)?, column, ahead: 0 });
        self.add(words)?;
        self.nodes[at].ahead = u16::try_from(self.nodes.len() - at).map_err(|_| "a tree is too large")?;
        self.add(words)
    }

    pub fn len(&self) -> usize {
        self.roots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Adds to each row's sum what some of the trees say of it.
    pub fn add_to(&self, which: std::ops::Range<usize>, rows: &[Row], sums: &mut [f32]) {
        for root in &self.roots[which] {
            let tree = &self.nodes[*root as usize..];
            for (row, sum) in rows.iter().zip(sums.iter_mut()) {
                *sum += leaf(tree, row);
            }
        }
    }
}

fn leaf(tree: &[Node], row: &Row) -> f32 {
    let mut at = 0;
    loop {
        let node = tree[at];
        if node.ahead == 0 {
            return node.value;
        }
        at += if row[usize::from(node.column)] <= node.value { 1 } else { usize::from(node.ahead) };
    }
}

/// The names of all columns, in order.
pub fn columns_of_rows() -> Vec<String> {
    let features = WEIGHTS.iter().map(|(feature, ..)| format!("{feature:?}"));
    features.chain(LOOKS.map(String::from)).chain(ADDED.map(String::from)).collect()
}
