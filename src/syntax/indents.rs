//! Statements that are indented more or less than the others of their block. Grammars of indented languages accept them; the languages do
//! not.

use tree_sitter::Node;

use super::Parsed;
use super::scope::BLOCK;
use super::uses::role;
use crate::text::lines::line_start;

impl Parsed {
    /// The number of statements not indented like the first of their block, plus that of blocks left empty because their statements are at
    /// the outer level. Zero in languages in which indentation means nothing.
    pub fn strays(&self) -> usize {
        if !self.language().indented {
            return 0;
        }
        let is_block = |node: &Node<'_>| *node == self.root() || role(&self.language().scope_roles, *node) & BLOCK != 0;
        self.preorder(|_| true).filter(is_block).map(|block| self.strays_in(block)).sum()
    }

    fn strays_in(&self, block: Node<'_>) -> usize {
        let text = self.text();
        let depth = |statement: Node<'_>| {
            let start = statement.start_byte();
            let before = &text[line_start(text, start)..start];
            (!statement.is_extra() && before.trim().is_empty()).then_some(before)
        };
        let mut cursor = block.walk();
        if block != self.root() && block.named_child_count() == 0 {
            return 1;
        }
        // What follows another statement on its line comes after a `;`.
        let is_behind = |statement: &Node<'_>| {
            let start = statement.start_byte();
            let before = text[line_start(text, start)..start].trim_end();
            !statement.is_extra() && !before.is_empty() && !before.ends_with(';')
        };
        let statements: Vec<Node<'_>> = block.named_children(&mut cursor).collect();
        let behind = statements.iter().skip_while(|one| one.is_extra()).skip(1).filter(|one| is_behind(one)).count();
        let mut depths = statements.iter().filter_map(|one| depth(*one));
        let Some(first) = depths.next() else { return behind };
        behind + depths.filter(|depth| *depth != first).count()
    }
}
