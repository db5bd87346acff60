//! A folder with files as a workspace, its index, and what an index of it from nothing would say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use longsight::index::{Index, Options, View};
use longsight::syntax::Registry;
use longsight::text::Text;
use longsight::workspace::{Document, Roots, Sync};

use super::files;

/// Languages are compiled once.
static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::new()));

/// See the module.
pub struct Tree {
    pub folder: tempfile::TempDir,
    pub cache: tempfile::TempDir,
}

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Self {
        longsight::report::be_strict();
        let tree = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file that looks old, so that the cache may trust its time.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        age(&files::write(self.folder.path(), path, text));
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    pub fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.path(from), to).unwrap();
    }

    pub fn roots(&self) -> Arc<Roots> {
        Arc::new(Roots::new([self.folder.path().to_path_buf()]))
    }

    /// Indexes and waits.
    pub fn index(&self, options: Options) -> Index {
        index(self.roots(), options)
    }

    /// Cached in the tree's own cache folder, once everything written so far may be trusted.
    pub fn cached(&self) -> Options {
        tick();
        Options { cache: Some(self.cache.path().into()), threads: 2, ..Options::default() }
    }

    pub fn document(&self, path: &str, language: &str, version: i32, text: &str) -> Document {
        let place = self.roots().locate(&self.path(path));
        Document {
            uri: format!("file://{}", self.path(path).display()),
            path: place,
            targets: vec![],
            language: language.into(),
            version,
            text: Text::new(text),
            sync: Sync::InStep,
        }
    }

    /// The index says what one from nothing would.
    pub fn assert_fresh(&self, index: &Index) {
        assert_eq!(summary(&index.view()), self.fresh());
    }

    /// What an index from nothing says.
    pub fn fresh(&self) -> BTreeMap<String, Vec<String>> {
        summary(&self.index(Options::default()).view())
    }

    /// Segments of the cache.
    pub fn segments(&self) -> Vec<PathBuf> {
        let mut found = vec![];
        let mut stack = vec![self.cache.path().to_path_buf()];
        while let Some(folder) = stack.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match path.symlink_metadata() {
                    Ok(found) if found.is_dir() => stack.push(path),
                    _ if path.extension().is_some_and(|end| end == "seg") => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }
}

/// Puts a file's time of modification into the past.
pub fn age(path: &Path) {
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::options().append(true).open(path).and_then(|file| file.set_modified(long_ago)).unwrap();
}

/// Waits until the clock has moved on: what was written within its last tick is not trusted to be known, however old it looks.
pub fn tick() {
    std::thread::sleep(Duration::from_millis(25));
}

pub fn index(roots: Arc<Roots>, options: Options) -> Index {
    tick();
    let index = Index::start(roots, REGISTRY.clone(), options);
    index.wait_ready();
    index
}

/// Everything that a view says, without the numbers that differ from run to run.
pub fn summary(view: &View) -> BTreeMap<String, Vec<String>> {
    let describe = |file: &longsight::index::File| {
        let mut said: Vec<String> = file
            .symbols
            .iter()
            .map(|symbol| {
                let container = symbol.container().map_or("", |container| view.text(container));
                format!("{:?} {container}.{} {}-{}", symbol.kind, view.text(symbol.name), symbol.line, symbol.end_line)
            })
            .collect();
        let mut uses: Vec<String> = file.uses.iter().map(|(name, count)| format!("{}={count}", view.text(*name))).collect();
        uses.sort();
        said.extend(uses);
        said.extend(file.imports().iter().map(|import| format!("import {}", view.text(import.module))));
        said.push(format!("{} bytes, {:?}", file.bytes, file.tier));
        said
    };
    view.files().map(|(_, file)| (file.path.to_string(), describe(file))).collect()
}

pub fn paths(view: &View) -> Vec<String> {
    summary(view).into_keys().collect()
}

/// Waits until a view satisfies the condition, which must come to be without help.
pub fn until(index: &Index, what: &str, fits: impl Fn(&View) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !fits(&index.view()) {
        assert!(Instant::now() < deadline, "{what} did not come to be: {:?}", paths(&index.view()));
        std::thread::sleep(Duration::from_millis(5));
    }
}
