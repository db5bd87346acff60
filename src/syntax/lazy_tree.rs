//! A tree that is made on first use. After an open bracket the parser recovers from errors up to the end of the text, again with each key,
//! and most callers then want the tree with a partner for every bracket.

use std::sync::OnceLock;

use tree_sitter::{InputEdit, Tree};

/// A tree of a text, made immediately or later.
pub(super) enum LazyTree {
    Made(Tree),
    Later {
        /// None if it could not be made.
        made: OnceLock<Option<Tree>>,
        /// What it is made from: the tree of an earlier version, told of all edits since.
        before: Tree,
        /// Another tree of the same text, which is used if this one cannot be made.
        instead: Tree,
    },
}

impl LazyTree {
    /// A tree that is made later.
    pub fn later(before: Tree, instead: Tree) -> Self {
        Self::Later { made: OnceLock::new(), before, instead }
    }

    /// The tree; `make` makes it from the tree of an earlier version.
    pub fn get(&self, make: impl FnOnce(&Tree) -> Option<Tree>) -> &Tree {
        match self {
            Self::Made(tree) => tree,
            Self::Later { made, before, instead } => made.get_or_init(|| make(before)).as_ref().unwrap_or(instead),
        }
    }

    /// The latest existing tree, updated with an edit: the tree of the next version is made from it.
    pub fn told(&self, edit: Option<&InputEdit>) -> Tree {
        let mut tree = match self {
            Self::Made(tree) => tree.clone(),
            Self::Later { made, before, .. } => made.get().and_then(Option::as_ref).unwrap_or(before).clone(),
        };
        if let Some(edit) = edit {
            tree.edit(edit);
        }
        tree
    }

    /// Whether somebody asked for it and it could not be made.
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Later { made, .. } if matches!(made.get(), Some(None)))
    }

    /// Whether it exists and has no errors.
    pub fn is_known_clean(&self) -> bool {
        let made = match self {
            Self::Made(tree) => Some(tree),
            Self::Later { made, .. } => made.get().and_then(Option::as_ref),
        };
        made.is_some_and(|tree| !tree.root_node().has_error())
    }
}
