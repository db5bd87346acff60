//! What ranking needs to know of a repository: definitions, who uses which name, who imports what. Names are numbers here, so that a
//! place can be ranked against every definition in milliseconds. Built from the index, once per version of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::words;

/// One file as the index sees it.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// Path in the workspace, with `/`.
    pub path: Arc<str>,
    pub symbols: Vec<SymbolFacts>,
    /// The identifiers of the file and how often each occurs.
    pub names: Vec<(Arc<str>, u32)>,
    pub lines: u32,
    pub bytes: u64,
}

/// What a definition is, as far as ranking cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Function,
    Method,
    /// Classes, structs, enums, traits, interfaces.
    Type,
    Constant,
    Variable,
    Macro,
}

/// One definition.
#[derive(Clone, Debug, Default)]
pub struct SymbolFacts {
    pub name: Arc<str>,
    pub sort: Sort,
    /// Lines are 0-based. `line` is where the definition's own text begins (not its attributes or comments).
    pub line: u32,
    /// The definition's first line up to the end of its signature: verbatim lines, without the last line break.
    pub signature: Box<str>,
    /// Last line of the whole definition.
    pub end: u32,
    /// Name of the enclosing class, `impl` type or module, if any.
    pub container: Option<Arc<str>>,
    /// Names of the base classes.
    pub bases: Vec<Arc<str>>,
}

/// A name's number in this corpus.
pub type Name = u32;

/// A definition in the corpus.
#[derive(Clone, Debug)]
pub struct Symbol {
    pub file: u32,
    /// Which symbol of the file's facts this is.
    pub index: u32,
    pub name: Name,
    pub container: Option<Name>,
    pub sort: Sort,
}

/// The repository, ready for ranking.
#[derive(Default)]
pub struct Corpus {
    pub files: Vec<Arc<FileFacts>>,
    pub symbols: Vec<Symbol>,
    /// Symbols of a name, by its number.
    pub defined: Vec<Vec<u32>>,
    /// Files that mention a name, with counts, by its number.
    pub used: Vec<Vec<(u32, u32)>>,
    /// Types that each symbol's signature and bases name.
    pub mentions: Vec<Vec<Name>>,
    /// Symbols of each file, as a range of `symbols`.
    pub of_file: Vec<std::ops::Range<u32>>,
    /// Test files are read less than what they test.
    pub is_test: Vec<bool>,
    /// Sum over a file's names of their squared weight: the length for comparing files.
    pub norm: Vec<f32>,
    /// Sub-words (`load`, `config`) of each name.
    pub subwords: Vec<Vec<Name>>,
    /// Number of names that contain a sub-word, by the sub-word's number.
    pub subword_names: Vec<u32>,
    numbers: HashMap<Arc<str>, Name>,
    paths: HashMap<Arc<str>, u32>,
    subword_numbers: HashMap<Box<str>, Name>,
}

impl Corpus {
    /// Builds the statistics. Linear in the number of distinct names per file.
    pub fn new(files: Vec<Arc<FileFacts>>) -> Self {
        let mut corpus = Self::default();
        for (number, file) in files.iter().enumerate() {
            corpus.add(number as u32, file);
        }
        corpus.files = files;
        corpus.find_mentions();
        corpus.count_subwords();
        corpus.measure_files();
        corpus
    }

    /// The number of a name that occurs anywhere.
    pub fn name(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub fn file(&self, path: &str) -> Option<u32> {
        self.paths.get(path).copied()
    }

    pub fn subword(&self, text: &str) -> Option<Name> {
        self.subword_numbers.get(text).copied()
    }

    /// The facts of a symbol.
    pub fn facts(&self, symbol: &Symbol) -> &SymbolFacts {
        &self.files[symbol.file as usize].symbols[symbol.index as usize]
    }

    /// How telling a name is: the rarer, the more.
    pub fn idf(&self, name: Name) -> f32 {
        let files = self.files.len().max(1) as f32;
        (1.0 + files / (1.0 + self.used[name as usize].len() as f32)).ln()
    }

    fn number(&mut self, text: &Arc<str>) -> Name {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = self.defined.len() as Name;
        self.numbers.insert(text.clone(), number);
        self.defined.push(vec![]);
        self.used.push(vec![]);
        number
    }

    fn add(&mut self, number: u32, file: &FileFacts) {
        self.paths.insert(file.path.clone(), number);
        self.is_test.push(words::is_test_path(&file.path));
        let first = self.symbols.len() as u32;
        for (index, facts) in file.symbols.iter().enumerate() {
            let name = self.number(&facts.name);
            let container = facts.container.as_ref().map(|container| self.number(container));
            self.defined[name as usize].push(self.symbols.len() as u32);
            self.symbols.push(Symbol { file: number, index: index as u32, name, container, sort: facts.sort });
        }
        self.of_file.push(first..self.symbols.len() as u32);
        for (text, count) in &file.names {
            let name = self.number(text);
            self.used[name as usize].push((number, *count));
        }
    }

    fn find_mentions(&mut self) {
        let is_type = |name: Name| {
            let all = &self.defined[name as usize];
            !all.is_empty() && all.len() <= 4 && all.iter().any(|number| self.symbols[*number as usize].sort == Sort::Type)
        };
        let mentions = self.symbols.iter().map(|symbol| {
            let facts = self.facts(symbol);
            let words = words::identifiers(&facts.signature).map(|(_, word)| word).chain(facts.bases.iter().map(|base| &**base));
            let mut found: Vec<Name> =
                words.filter_map(|word| self.name(word)).filter(|name| *name != symbol.name && is_type(*name)).collect();
            found.sort_unstable();
            found.dedup();
            found
        });
        self.mentions = mentions.collect();
    }

    fn count_subwords(&mut self) {
        self.subwords = vec![vec![]; self.defined.len()];
        let mut all: Vec<_> = self.numbers.iter().map(|(text, number)| (*number, text.clone())).collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        for (number, text) in all {
            if self.defined[number as usize].is_empty() {
                continue;
            }
            for word in words::subwords(&text) {
                let next = self.subword_names.len() as Name;
                let id = *self.subword_numbers.entry(word.into()).or_insert(next);
                if id == next {
                    self.subword_names.push(0);
                }
                self.subword_names[id as usize] += 1;
                self.subwords[number as usize].push(id);
            }
        }
    }

    fn measure_files(&mut self) {
        self.norm = vec![0.0; self.files.len()];
        for name in 0..self.used.len() {
            let weight = self.idf(name as Name);
            for (file, _) in &self.used[name] {
                self.norm[*file as usize] += weight * weight;
            }
        }
        for norm in &mut self.norm {
            *norm = norm.sqrt().max(1.0);
        }
    }
}
