//! Sites to measure at: function bodies that use definitions of other files, cut out of their file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use longsight::context::Sources;
use longsight::context::corpus::Corpus;
use longsight::context::reading::Reading;
use longsight::context::scene::Scene;
use longsight::index::{Index, Options, View};
use longsight::syntax::{Kind, Language, Parsed, Registry, naming, parse};
use longsight::text::words;
use longsight::workspace::{Documents, Roots, Snapshot};

/// A body's length in lines.
const LINES: std::ops::RangeInclusive<usize> = 8..=60;
/// Sites of one file.
const PER_FILE: usize = 3;

/// A repository with its sites.
pub struct Repository {
    pub name: String,
    pub corpus: Corpus,
    pub sites: Vec<Site>,
    texts: HashMap<String, Arc<str>>,
    registry: Arc<Registry>,
}

/// A function without its body.
pub struct Site {
    pub path: String,
    pub label: String,
    pub text: String,
    /// The same as its parser reads it.
    pub parsed: Option<Parsed>,
    pub offset: usize,
    /// What stood at the offset.
    pub body: String,
    pub gold: Vec<Gold>,
    shown: HashSet<String>,
}

/// A name that the body uses, and where it may be defined (0-based lines).
#[derive(Clone)]
pub struct Gold {
    pub name: String,
    pub places: Vec<(String, u32)>,
}

impl Site {
    /// Whether a name stands in the file without the body.
    pub fn shows(&self, name: &str) -> bool {
        self.shown.contains(name)
    }
}

impl Repository {
    /// What a pack is made from, its tokens counted by `count`.
    pub fn sources<T>(&self, count: &dyn Fn(&str) -> usize, pack: impl FnOnce(&Sources) -> T) -> T {
        pack(&Sources { changed: &|_| None, is_gone: &|_| false, read: &|path| self.texts.get(path).cloned(), count })
    }

    /// Indexes a folder and draws its sites, always the same ones.
    pub fn read(folder: &Path, gold: Option<&str>, most: usize) -> Self {
        let folder = folder.canonicalize().expect("a folder");
        let roots = Arc::new(Roots::new([folder.clone()]));
        let registry = Arc::new(Registry::new());
        let index = Index::start(roots.clone(), registry.clone(), Options::default());
        index.wait_ready();
        let view = index.view();
        let snapshot = Snapshot::new(roots, Documents::default());
        let corpus = Corpus::new(view.clone(), None, |path| snapshot.read(path).ok());
        let texts: HashMap<String, Arc<str>> =
            view.files().filter_map(|(_, file)| Some((file.path.to_string(), snapshot.read(&file.path).ok()?))).collect();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut repository = Self { name, corpus, sites: vec![], texts, registry };
        repository.sites = match gold {
            Some(file) => repository.resolved(file),
            None => repository.named(&view),
        };
        // The index numbers files as they come.
        repository.sites.sort_by(|a, b| (&a.path, a.offset).cmp(&(&b.path, b.offset)));
        shuffle(&mut repository.sites);
        let mut per: HashMap<String, usize> = HashMap::new();
        repository.sites.retain(|site| {
            let here = per.entry(site.path.clone()).or_default();
            *here += 1;
            *here <= PER_FILE
        });
        repository.sites.truncate(most);
        let mut sites = std::mem::take(&mut repository.sites);
        sites.iter_mut().for_each(|site| site.parsed = repository.parsed(&site.path, &site.text));
        repository.sites = sites;
        repository
    }

    /// What the product sees of a site's surroundings.
    pub fn scene(&self, site: &Site) -> Scene {
        let language = self.language(&site.path);
        Scene::read(&self.corpus, language, site.parsed.as_ref(), &mut Reading::default(), &site.text, site.offset)
    }

    pub fn language(&self, path: &str) -> Option<&Language> {
        self.registry.by_path(path).map(|language| &**language)
    }

    /// A text as its file's parser reads it.
    pub fn parsed(&self, path: &str, text: &str) -> Option<Parsed> {
        parse(self.registry.by_path(path)?, text).ok()
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|text| &**text)
    }

    pub fn line(&self, path: &str, line: u32) -> &str {
        self.texts.get(path).and_then(|text| text.lines().nth(line as usize)).unwrap_or_default()
    }

    fn is_left_out(&self, path: &str) -> bool {
        let other = |folder: &str| matches!(folder, "docs" | "locale" | "target" | "node_modules");
        naming::is_test(self.language(path), path) || path.split('/').any(other)
    }

    /// Sites with the names of their bodies that are defined in one or two other files.
    fn named(&self, view: &View) -> Vec<Site> {
        let mut places: BTreeMap<&str, Vec<(String, u32)>> = BTreeMap::new();
        let files = || {
            let measured = |path: &str| (path.ends_with(".rs") || path.ends_with(".py")) && !self.is_left_out(path);
            view.files().map(|(_, file)| (file.path.to_string(), file)).filter(move |(path, _)| measured(path))
        };
        for (path, file) in files() {
            for symbol in file.symbols.iter().filter(|symbol| is_definition(symbol.kind, file.language_name())) {
                places.entry(view.text(symbol.name)).or_default().push((path.clone(), symbol.name_line));
            }
        }
        let mut sites = vec![];
        for (path, file) in files() {
            let Some(text) = self.texts.get(&path) else { continue };
            let own: HashSet<&str> = file.symbols.iter().map(|symbol| view.text(symbol.name)).collect();
            for symbol in file.symbols.iter().filter(|symbol| symbol.kind.is_callable()) {
                let Some(body) = text.get(symbol.body.range()).filter(|body| LINES.contains(&(body.matches('\n').count() + 1))) else {
                    continue;
                };
                let code = without_prose(body);
                let used: HashSet<&str> = words::identifiers(&code).map(|(_, word)| word).collect();
                let label = view.text(symbol.name);
                let known = |name: &&str| {
                    let files: HashSet<&str> = places.get(*name).into_iter().flatten().map(|(path, _)| path.as_str()).collect();
                    name.len() >= 4 && !own.contains(*name) && *name != label && (1..=2).contains(&files.len())
                };
                let mut gold: Vec<Gold> =
                    used.into_iter().filter(known).map(|name| Gold { name: name.into(), places: places[name].clone() }).collect();
                gold.sort_by(|a, b| a.name.cmp(&b.name));
                if gold.len() >= 2 {
                    sites.push(site(&path, label, text, symbol.body.range(), gold));
                }
            }
        }
        sites
    }

    /// Sites whose definitions a type checker has resolved.
    fn resolved(&self, file: &str) -> Vec<Site> {
        let said = std::fs::read_to_string(file).expect("the file of gold");
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let each = |one: &serde_json::Value| {
            let path = one["path"].as_str()?;
            let text = self.texts.get(path)?;
            let range = one["start"].as_u64()? as usize..one["end"].as_u64()? as usize;
            let gold = one["gold"].as_object()?.iter().map(|(name, places)| Gold {
                name: name.clone(),
                places: places
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|at| Some((at[0].as_str()?.into(), at[1].as_u64()? as u32)))
                    .collect(),
            });
            Some(site(path, one["label"].as_str().unwrap_or_default(), text, range, gold.collect()))
        };
        said.as_array().into_iter().flatten().filter_map(each).collect()
    }
}

/// The definitions of a corpus that are meant.
pub fn symbols_at(corpus: &Corpus, gold: &Gold) -> Vec<u32> {
    let here = |(path, line): &(String, u32)| {
        let file = corpus.file(path)?;
        corpus.of_file(file).find(|number| corpus.facts(&corpus.symbols[*number as usize]).name_line == *line)
    };
    gold.places.iter().filter_map(here).collect()
}

fn site(path: &str, label: &str, text: &str, body: std::ops::Range<usize>, gold: Vec<Gold>) -> Site {
    let (head, tail) = (&text[..body.start], &text[body.end..]);
    let body = &text[body];
    // A body in braces keeps them; one that is indented leaves the cursor where it began.
    let (cut, offset) =
        if body.starts_with('{') { (format!("{head}{{\n    \n}}{tail}"), head.len() + 6) } else { (format!("{head}{tail}"), head.len()) };
    let shown = words::identifiers(&cut).map(|(_, word)| word.to_string()).collect();
    Site { path: path.into(), label: label.into(), text: cut, parsed: None, offset, body: body.into(), gold, shown }
}

fn is_definition(kind: Kind, language: &str) -> bool {
    match kind {
        Kind::Function | Kind::Method | Kind::Class | Kind::Struct | Kind::Interface | Kind::Enum | Kind::Macro => true,
        Kind::Type | Kind::Constant => language != "python",
        _ => false,
    }
}

/// Code without its comments and strings, roughly.
fn without_prose(code: &str) -> String {
    let form = regex::Regex::new(r#"(?s)""".*?"""|'''.*?'''|//[^\n]*|#[^\n\[!][^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'"#)
        .expect("a constant");
    form.replace_all(code, " ").into_owned()
}

fn shuffle<T>(items: &mut [T]) {
    let mut seed = 20_261_123u64;
    for at in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (seed >> 33) as usize % (at + 1));
    }
}
