//! Syntax: the language registry (reads `grammars/languages.toml`), budgeted incremental parsing, tags, scopes. Owns tree-sitter.
//!
//! A language is data: `grammars/<language>/tags.scm` says which nodes define, mention and import names, `scope.scm` which nodes are
//! comments, strings, blocks and expressions. Both are plain tree-sitter queries. Running queries over a whole file costs half a parse, so
//! [`pattern`] compiles them into tables that one walk with a cursor reads ([`tags()`]); tests check that walk and query agree.
//! `grammars/macros.toml` says which parts of a text are hidden from the parser.

mod blanks;
pub mod brackets;
mod claim;
mod data;
pub mod elided;
mod faults;
pub mod files;
pub mod flow;
pub mod gaps;
pub mod guard;
pub mod import;
mod indents;
mod language;
mod lazy_tree;
pub mod lexical;
mod lines;
pub mod linkage;
pub mod literal;
pub mod members;
pub mod naming;
pub mod parse;
pub mod pattern;
pub mod place;
mod preorder;
pub mod registry;
pub mod scope;
mod surface;
pub mod tags;
mod trees;
mod unclosed;
pub mod uses;
pub mod value;
mod walk;
pub mod whole;
pub mod words;

pub use data::{
    Beyond, Docstring, Documentation, HandsOut, InlineTests, ModuleMarks, OwnModule, ParameterForms, Reach, Runner, TestFiles, TestNames,
    TypeWords, lists,
};
pub use faults::Owner;
pub use import::Import;
pub use language::Language;
pub use parse::{ParseError, Parsed, STACK, parse};
pub use registry::{Problem, Registry};
pub use scope::Place;
pub use surface::{Blocks, Preprocessor, Surface};
pub use tags::{Definition, Facts, Kind, Span};
pub use trees::Trees;
pub use walk::change::{self, Change};
pub(crate) use walk::max_signature;
pub use walk::{definitions_in, tags};
pub use words::Words;
