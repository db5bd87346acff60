//! Creates a file that an instruction asks for: its place, how it begins, and the line that makes it part of the rest. A model writes its
//! content, as one piece of code.

use std::fmt;
use std::sync::Arc;

use super::check::outline::Outline;
use super::fit::strings;
use super::module_move::{Declared, declared, declares, folder_of, is_below};
use super::rename::Changed;
use super::task::wording::{Creates, Named, created};
use super::test::imports;
use super::test::opening;
use super::test::testfile::Source;
use crate::features::{Session, Site};
use crate::redact::{self, PLACEHOLDER};
use crate::syntax::{self, Definition, Kind, Language, OwnModule, import, naming, scope};
use crate::text::{Edit, Ending, layout, markdown, words};
use crate::workspace::{ReadError, WorkspacePath};

/// A file to create.
pub struct NewFile {
    session: Session,
    language: Arc<Language>,
    home: WorkspacePath,
    /// None if the model has to name it.
    path: Option<WorkspacePath>,
    /// The task: names that it mentions may be in either file.
    task: String,
}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFile").field("path", &self.path).finish()
    }
}

impl NewFile {
    /// The file that an instruction asks for; none if it asks for none, or for one without code in this language. An error says why it
    /// cannot be created.
    pub fn find(session: &Session, site: &Site, task: &str) -> Result<Option<Self>, String> {
        let Some(asked) = created(task) else { return Ok(None) };
        let (Some(language), Some(home)) = (site.language.clone(), site.document_path().cloned()) else { return Ok(None) };
        let rules = language.own_module.as_ref();
        let stands_alone = rules.is_some_and(|rules| is_below(&home, &rules.alone_in));
        if !matches!(asked.named, Named::File(_)) && (stands_alone || naming::is_header(&language, home.extension())) {
            return Ok(None);
        }
        let new = Self { session: session.clone(), language, home, path: None, task: task.into() };
        let path = match &asked.named {
            Named::Not => None,
            // "A rust module" says the language, not the name.
            Named::Module(name) if !asked.is_quoted && is_kind(session, task, name) => None,
            Named::Module(name) => Some(new.of_module(name)?),
            Named::File(name) => match new.of_file(name, &asked)? {
                Some(path) => Some(path),
                None => return Ok(None),
            },
        };
        path.iter().try_for_each(|path| new.is_free(path))?;
        if !session.shared.creates_files() {
            let which = path.as_ref().map_or("it".into(), |path| path.to_string());
            return Err(format!("this editor cannot create files: create {which}, with a line in it, and ask there"));
        }
        Ok(Some(Self { path, ..new }))
    }

    /// The path of a module with this name: beside the file, or below it if the file is the parent module.
    fn of_module(&self, name: &str) -> Result<WorkspacePath, String> {
        let name = name.trim().trim_matches('`').trim_end_matches(&format!(".{}", self.home.extension()));
        // A declared module has a name in the language; one found by its file has a file's name.
        let is_declared = self.language.own_module.is_some();
        let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || !is_declared && matches!(letter, '-' | '$');
        if name.is_empty() || !name.chars().all(fits) || is_declared && naming::stands_for_folder(&self.language, name) {
            return Err(format!("`{name}` is no name of a module: one word"));
        }
        let folder = match &self.language.own_module {
            Some(_) => folder_of(&self.language, &self.home),
            None => self.home.to_string().strip_suffix(self.home.name()).unwrap_or_default().to_string(),
        };
        self.resolve(&format!("{folder}{name}.{}", self.home.extension()))
    }

    /// The path of a file with this name: beside the current one if no folder is named. None for a file without code in this language,
    /// which the code itself may write.
    fn of_file(&self, name: &str, asked: &Creates) -> Result<Option<WorkspacePath>, String> {
        let name = name.trim_start_matches("./");
        let has_extension = name.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let name = if has_extension { name.to_string() } else { format!("{name}.{}", self.home.extension()) };
        let own = self.home.to_string();
        let (root, beside) =
            (own.strip_suffix(self.home.relative()).unwrap_or_default(), own.strip_suffix(self.home.name()).unwrap_or_default());
        let first = name.split_once('/').map(|(first, _)| first);
        let is_folder = |at: &str| self.resolve(at).is_ok_and(|path| path.absolute().is_dir());
        let path = match first {
            None => format!("{beside}{name}"),
            Some(first) if !is_folder(&format!("{root}{first}")) && is_folder(&format!("{beside}{first}")) => format!("{beside}{name}"),
            Some(_) => format!("{root}{name}"),
        };
        let path = self.resolve(&path)?;
        let language = self.session.language_at(&path, "");
        let is_kin = language.as_ref().is_some_and(|language| language.family == self.language.family);
        Ok((is_kin || asked.is_quoted && language.is_some()).then_some(path))
    }

    fn resolve(&self, path: &str) -> Result<WorkspacePath, String> {
        self.session.snapshot.roots.resolve(path).map_err(|error| format!("`{path}`: {error}"))
    }

    /// Fails if nothing can be created there.
    fn is_free(&self, path: &WorkspacePath) -> Result<(), String> {
        let snapshot = &self.session.snapshot;
        let is_there = |path: &WorkspacePath| !matches!(snapshot.read_exact(path), Err(ReadError::Missing));
        if is_there(path) {
            return Err(format!("{path} exists already; ask there, or choose another name"));
        }
        // A module may also be a folder.
        let plain = path.to_string();
        let plain = plain.strip_suffix(&format!(".{}", path.extension())).unwrap_or(&plain);
        let stems = naming::folder_files(&self.language).filter(|_| path.extension() == self.home.extension());
        for stem in stems {
            let other = self.resolve(&format!("{plain}/{stem}.{}", path.extension()));
            if let Some(other) = other.ok().filter(is_there) {
                return Err(format!("{other} is that module already; ask there, or choose another name"));
            }
        }
        self.session.closed_path(path).map_or(Ok(()), |reason| Err(format!("{path} cannot be made: {reason}")))
    }

    /// Whether the model has to name it.
    pub fn is_unnamed(&self) -> bool {
        self.path.is_none()
    }

    /// Whether the instruction is about the marked lines; else they only are where the cursor was.
    pub fn is_about_marked(&self) -> bool {
        ["marked", "selected", "this", "these"].iter().any(|word| words::has(&self.task.to_lowercase(), word))
    }

    /// Its path or kind, for people.
    pub fn shown(&self) -> String {
        self.path.as_ref().map_or_else(|| "a new file".into(), |path| path.to_string())
    }

    /// The task, for the model.
    pub fn words(&self, site: &Site, said: &str) -> String {
        let which = self.path.as_ref().map_or_else(|| "a new module".into(), |path| format!("the new file {path}"));
        let own = self.language.own_module.as_ref().filter(|_| self.is_of_this_language());
        let shown = own.map_or_else(String::new, |rules| {
            format!(" It is the module itself, without a declaration of it around; what other files use of it is `{}`.", rules.public)
        });
        let top = site.definitions().iter().filter(|one| one.parent.is_none() && one.container.is_empty());
        let said_here = top.map(|one| one.name.of(&site.text)).find(|name| words::has(said, name));
        let sample = self.sample(site, said_here.unwrap_or("…")).map(|line| line.trim().to_string()).filter(|line| !line.is_empty());
        let imports = sample.map_or_else(String::new, |line| format!(" What it uses of {} it imports: `{line}`.", site.path));
        format!(
            "write {which}, all of it, and nothing of what stands in {}: {}.{shown}{imports}",
            site.path,
            said.trim().trim_end_matches('.')
        )
    }

    fn is_of_this_language(&self) -> bool {
        let language = self.path.as_ref().and_then(|path| self.session.language_at(path, ""));
        language.is_none_or(|language| language.family == self.language.family)
    }

    /// The line with which it imports a name of the current file, if that is known.
    fn sample(&self, site: &Site, name: &str) -> Option<String> {
        if !self.is_of_this_language() {
            return None;
        }
        if let Some(inline) = self.language.inline_tests.as_ref() {
            let is_inside = self.path.as_ref().is_none_or(|path| self.parent(path).is_some_and(|parent| parent == self.home));
            return is_inside.then(|| inline.importing(name));
        }
        let rules = self.language.tests.as_ref()?;
        if rules.import.as_ref().is_none_or(|import| import.contains("{include}")) {
            return None;
        }
        let package = site.parsed().and_then(import::package_name).map(String::from);
        let source = Source { session: &self.session, language: &self.language, rules, here: &self.home, package, is_public: true };
        Some(opening::import(&source, site, self.path.as_ref().unwrap_or(&self.home), None, None, name))
    }

    /// The edits of the current file, and of others including the new one, for this content. `called` is the name, if the model gives it.
    pub fn fill(&self, site: &Site, called: Option<&str>, code: &str) -> Result<(Vec<Edit>, Vec<Changed>), String> {
        let path = match (&self.path, called) {
            (Some(path), _) => path.clone(),
            (None, called) => {
                let path = self.of_module(&markdown::without_fence(called.unwrap_or_default()))?;
                self.is_free(&path)?;
                path
            }
        };
        let code = redact::unmasked(&markdown::without_fence(code), &site.text);
        let code = self.without_path(&path, &code);
        if code.contains(PLACEHOLDER) {
            return Err("it contains `<redacted …>`, which stands for a secret that models do not see".into());
        }
        let language = self.session.language_at(&path, code);
        let is_ours = language.as_ref().is_some_and(|language| language.family == self.language.family);
        let code = if is_ours { strings::in_unit(language.as_ref(), code, &site.indent_unit()) } else { code.to_string() };
        let code = if is_ours { self.fitted(site, &path, &code)? } else { code };
        if code.trim().is_empty() {
            return Err("the new file is empty\nwrite what goes into it".into());
        }
        let after = Ending::of(&site.text).apply(&format!("{}\n", code.trim_matches('\n').trim_end()));
        let mut others = vec![Changed { path: path.clone(), before: None, after }];
        let mut edits = vec![];
        if let Some((parent, edit)) = is_ours.then(|| self.declaration(site, &path)).flatten() {
            match parent {
                None => edits.push(edit),
                Some((parent, text)) => {
                    let mut after = text.to_string();
                    after.replace_range(edit.range, &edit.text);
                    others.push(Changed { path: parent, before: Some(text), after });
                }
            }
        }
        Ok((edits, others))
    }

    /// The code without a first comment that only states its path.
    fn without_path<'c>(&self, path: &WorkspacePath, code: &'c str) -> &'c str {
        let (first, rest) = code.split_once('\n').unwrap_or((code, ""));
        let says = self.language.comment.as_ref().and_then(|sign| first.trim().strip_prefix(sign.as_str())).map(str::trim);
        if says.is_some_and(|says| says == path.name() || says == path.to_string()) { rest.trim_start_matches('\n') } else { code }
    }

    /// The code as a file: without a declaration of the module around it, with the package of its folder, and with imports from the current
    /// file.
    fn fitted(&self, site: &Site, path: &WorkspacePath, code: &str) -> Result<String, String> {
        let parse = |code: &str| syntax::parse(&self.language, code).ok();
        let Some(parsed) = parse(code) else { return Ok(code.into()) };
        let stem = naming::stem(Some(&self.language), path.relative());
        let code = unwrapped(&Outline::of(parsed), stem).unwrap_or_else(|| code.to_string());
        let Some(parsed) = parse(&code) else { return Ok(code) };
        let new = Outline::of(parsed);
        let top = |one: &&Definition| one.parent.is_none() && one.container.is_empty();
        let is_weighty = |one: &&Definition| one.kind.is_callable() || one.kind.is_type();
        let here: Vec<&str> = site.definitions().iter().filter(top).filter(is_weighty).map(|one| one.name.of(&site.text)).collect();
        let names = || new.all.iter().filter(top).filter(is_weighty).map(|one| one.name.of(&code));
        if let Some(again) = names().find(|name| here.contains(name) && !words::has(&self.task, name)) {
            return Err(format!("`{again}` is in {} already\nwrite only what is new, and import what stands there", site.path));
        }
        // Files of one folder are in one package, whatever the model writes.
        let own = site.parsed().filter(|_| path.folder() == self.home.folder());
        let package =
            own.and_then(|own| Some(own.text()[import::package(own)?].trim().to_string())).filter(|clause| !clause.contains('\n'));
        let code = match (package, import::package(&new.parsed)) {
            (Some(package), None) => format!("{package}\n\n{code}"),
            (Some(package), Some(given)) if !code[given.clone()].trim().contains('\n') => {
                let end = given.start + code[given.clone()].trim_end().len();
                [&code[..given.start], &package, &code[end..]].concat()
            }
            _ => code.clone(),
        };
        let used = site.definitions().iter().filter(top).map(|one| one.name.of(&site.text)).filter(|name| words::has(&code, name));
        let samples: Vec<String> = used.filter_map(|name| self.sample(site, name)).collect();
        let whole = imports::completed(&self.language, code.clone(), &code, &samples);
        // Indented languages separate top-level definitions by two blank lines.
        let is_first = whole != code && import::statements(&new.parsed).is_empty() && self.language.indented;
        Ok(if is_first { whole.replacen("\n\n", "\n\n\n", 1) } else { whole })
    }

    /// The file that declares this module, if the language has declarations and the file exists.
    fn parent(&self, path: &WorkspacePath) -> Option<WorkspacePath> {
        let rules = self.language.own_module.as_ref()?;
        if is_below(path, &rules.alone_in) {
            return None;
        }
        let shown = path.to_string();
        let root = shown.strip_suffix(path.relative()).unwrap_or_default();
        let stands = naming::stands_for_folder(&self.language, naming::first_part(path.name()));
        let folder = if stands { path.folder().rsplit_once('/').map_or("", |(around, _)| around) } else { path.folder() };
        let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut ways: Vec<String> =
            naming::folder_files(&self.language).map(|stem| format!("{root}{below}{stem}.{}", path.extension())).collect();
        ways.extend((!folder.is_empty()).then(|| format!("{root}{folder}.{}", path.extension())));
        let there = ways.iter().filter_map(|way| self.session.snapshot.roots.resolve(way).ok());
        let mut there = there.filter(|other| other != path && self.session.snapshot.read_exact(other).is_ok()).collect::<Vec<_>>();
        there.sort_by_key(|other| *other != self.home);
        there.into_iter().next()
    }

    /// The edit that declares it, with file and text if that is not the current file; none if it is declared already.
    #[allow(clippy::type_complexity, reason = "said once")]
    fn declaration(&self, site: &Site, path: &WorkspacePath) -> Option<(Option<(WorkspacePath, Arc<str>)>, Edit)> {
        let rules = self.language.own_module.as_ref()?;
        let parent = self.parent(path).filter(|parent| self.session.closed_path(parent).is_none())?;
        let module = naming::stem(Some(&self.language), path.relative());
        if parent == self.home {
            return Some((None, declaring(site.parsed()?, module, rules)?));
        }
        let (text, parsed) = self.session.parsed(&parent).ok()?;
        let edit = declaring(&parsed?, module, rules)?;
        Some((Some((parent, text)), edit))
    }
}

/// Whether the name stands before the word "module" and is that of a language.
fn is_kind(session: &Session, task: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    session.shared.registry.by_id(&name).is_some() && task.to_lowercase().contains(&format!("{name} module"))
}

/// The edit that declares a module: where and how others are declared; else below the imports; else above the first definition.
fn declaring(parsed: &syntax::Parsed, module: &str, rules: &OwnModule) -> Option<Edit> {
    let (text, top) = (parsed.text(), scope::top_level(parsed));
    let known: Vec<(&str, &str)> = top.iter().filter_map(|range| declares(&text[range.clone()], rules)).collect();
    let inline = |one: &Definition| one.kind == Kind::Module && one.parent.is_none() && one.name.of(text) == module;
    if known.iter().any(|(_, name)| *name == module) || syntax::tags(parsed, "").definitions.iter().any(inline) {
        return None;
    }
    // If all of them are public, so is this one.
    let shown = known.first().map(|(shown, _)| *shown).filter(|first| known.iter().all(|(shown, _)| shown == first));
    let shown = shown.filter(|shown| !shown.is_empty()).map_or_else(String::new, |shown| format!("{shown} "));
    let line = format!("{shown}{}", rules.declares.replace("{module}", module));
    let (at, line) = match declared(parsed, &top, &[], rules) {
        Some(Declared::Module(at)) => (at, format!("\n{line}")),
        Some(Declared::Import(at)) => (at, format!("\n\n{line}")),
        None => {
            let at = import::first_place(parsed);
            let above = if at == 0 || text[..at].ends_with("\n\n") { "" } else { "\n" };
            let below = if text[at..].trim().is_empty() || text[at..].starts_with('\n') { "" } else { "\n" };
            (at, format!("{above}{line}\n{below}"))
        }
    };
    Some(Edit::insert(at, Ending::of(text).apply(&line)))
}

/// The content of a module declaration that a model wrote around everything.
fn unwrapped(outline: &Outline, module: &str) -> Option<String> {
    let text = outline.text();
    let mut outer = outline.all.iter().filter(|one| one.parent.is_none());
    let only = outer.next().filter(|one| one.kind == Kind::Module && one.name.of(text) == module && !one.body.is_empty())?;
    if outer.next().is_some() {
        return None;
    }
    let body = text[only.body.range()].trim().strip_prefix('{')?.strip_suffix('}')?;
    let outside = [&text[..only.item.start.min(only.signature.start) as usize], &text[only.item.end as usize..]].concat();
    let head = if outside.trim().is_empty() { String::new() } else { format!("{}\n\n", outside.trim()) };
    Some(format!("{head}{}", layout::reindent(body.trim_matches('\n').trim_end(), "")))
}
