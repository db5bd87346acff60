//! Renames: the index says where a name is used, and every such place follows. What the model decides, at most, is the new name. A
//! name whose uses cannot be told from those of another is left to tools that know types.

use std::ops::Range;
use std::sync::Arc;

use super::wording::is_name;
use crate::features::{Session, Site};
use crate::syntax::scope::Item;
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Kind, Language, naming};
use crate::workspace::WorkspacePath;

/// Files that one rename may change.
const MOST_FILES: usize = 200;

/// A name with every place that it stands in.
#[derive(Clone, Debug)]
pub struct Rename {
    pub old: String,
    /// What it is, for the model.
    pub what: String,
    /// The new name, where the task says it.
    pub wanted: Option<String>,
    /// In the file at hand.
    here: Vec<Range<usize>>,
    /// In other files.
    elsewhere: Vec<InFile>,
    /// It is used as a member of something, so that other members may be of its name.
    is_member: bool,
    /// Where the old name is used: what stands there is taken.
    texts: Vec<(Option<Arc<Language>>, Arc<str>)>,
    /// Places in strings, which stay.
    pub in_strings: usize,
}

/// The places in one file.
#[derive(Clone, Debug)]
struct InFile {
    path: WorkspacePath,
    text: Arc<str>,
    ranges: Vec<Range<usize>>,
}

/// What becomes of another file.
pub struct Changed {
    pub path: WorkspacePath,
    /// None for a file that is made.
    pub before: Option<Arc<str>>,
    pub after: String,
}

/// The name at a place: the word that is selected or that the cursor is in, else that of the item there.
pub fn name_at(site: &Site) -> Option<String> {
    let text = &site.text;
    let selected = text[site.bytes.clone()].trim();
    if !selected.is_empty() && selected.chars().all(uses::is_word) {
        return Some(selected.into());
    }
    if site.bytes.is_empty() {
        let start = text[..site.bytes.start]
            .rfind(|c: char| !uses::is_word(c))
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        let end = text[site.bytes.start..].find(|c: char| !uses::is_word(c)).map_or(text.len(), |at| site.bytes.start + at);
        let word = &text[start..end];
        if is_name(word) && site.defines(word) {
            return Some(word.into());
        }
    }
    site.item().map(|item| item.name).filter(|name| is_name(name))
}

/// Behind a dot stands a member of something, not a variable.
fn is_member(text: &str, range: &Range<usize>) -> bool {
    text[..range.start].ends_with('.') && !text[..range.start].ends_with("..")
}

/// A name as the definition that is renamed has it.
struct Meant<'a> {
    name: &'a str,
    /// It can be called, so that `name(` may be it.
    callable: bool,
}

impl Meant<'_> {
    /// Those uses that mean the definition: not those of a variable of that name.
    ///
    /// # Errors
    /// In a function that has such a variable the name is also called: which of the two is meant, only types tell.
    fn of(
        &self,
        path: &str,
        text: &str,
        uses: Vec<(Range<usize>, Within)>,
        variables: &[Item],
    ) -> Result<Vec<(Range<usize>, Within)>, String> {
        let is_variable = |range: &Range<usize>| {
            let inside = |function: &Item| function.range.start <= range.start && range.end <= function.range.end;
            variables.iter().any(|function| inside(function) && function.name != self.name) && !is_member(text, range)
        };
        let (variables, meant): (Vec<_>, Vec<_>) = uses.into_iter().partition(|(range, _)| is_variable(range));
        let called = |(range, within): &&(Range<usize>, Within)| *within == Within::Code && text[range.end..].starts_with('(');
        match variables.iter().find(called).filter(|_| self.callable) {
            Some((range, _)) => Err(format!(
                "`{}` is a variable in {path} too, and called at line {}; the index cannot tell which is meant there: use the rename of your language server",
                self.name,
                text[..range.start].matches('\n').count() + 1
            )),
            None => Ok(meant),
        }
    }
}

/// Whether a name means one thing in the workspace, and no file is called so: then none of its uses should be left after a rename.
pub fn is_unmistakable(session: &Session, name: &str) -> bool {
    let is_file = || session.index.files().any(|(_, file)| naming::stem(file.language.as_deref(), file.path.relative()) == name);
    definitions(session, name).len() == 1 && !is_file()
}

impl Rename {
    /// The places of a name, or why they cannot be told.
    pub fn find(session: &Session, site: &Site, old: &str, wanted: Option<String>) -> Result<Self, String> {
        let here = site.uses(old).ok_or_else(|| format!("{} cannot be parsed, so the uses of `{old}` are not known", site.path))?;
        let defined = definitions(session, old);
        let variables = site.variables(old);
        // What is called so inside of a function hides every definition of that name elsewhere.
        let hidden = variables.iter().find(|function| function.range.contains(&site.bytes.start) && function.name != old);
        if let Some(function) = hidden {
            return Self::local(site, old, wanted, here, function);
        }
        let Some((first, rest)) = defined.split_first() else {
            let item = site.item().ok_or_else(|| format!("nothing in {} defines `{old}`", site.path))?;
            return Self::local(site, old, wanted, here, &item);
        };
        if rest.iter().any(|other| other.file != first.file || other.container != first.container) {
            return Err(format!(
                "`{old}` is defined at {} places ({}, …); the index cannot tell their uses apart: use the rename of your language server",
                defined.len(),
                first.place
            ));
        }
        let callable = matches!(first.kind, Kind::Function | Kind::Method | Kind::Macro);
        let meant = Meant { name: old, callable };
        let here = meant.of(&site.path, &site.text, here, &variables)?;
        let mut rename = Self::new(old, format!("the {} `{old}`", first.kind.name()), wanted, site, here);
        let id = session.index.name(old).ok_or("the index does not know it")?;
        for (file, _) in session.index.users(id) {
            let Some(file) = session.index.file(file).filter(|file| file.path.to_string() != site.path) else { continue };
            if naming::stem(file.language.as_deref(), file.path.relative()) == old {
                return Err(format!("`{old}` is also what {} is called: rename the file first, or use your language server", file.path));
            }
            if let Some(reason) = session.closed_path(&file.path) {
                return Err(format!("`{old}` is used where nothing may be changed: {reason}"));
            }
            rename.add(session, &file.path, &meant)?;
        }
        if rename.elsewhere.len() > MOST_FILES {
            return Err(format!("`{old}` is used in {} files; {MOST_FILES} are the limit", rename.elsewhere.len()));
        }
        Ok(rename)
    }

    fn new(old: &str, what: String, wanted: Option<String>, site: &Site, here: Vec<(Range<usize>, Within)>) -> Self {
        let in_strings = here.iter().filter(|(_, within)| *within == Within::Text).count();
        let here: Vec<_> = here.into_iter().filter(|(_, within)| *within != Within::Text).map(|(range, _)| range).collect();
        let is_member = here.iter().any(|range| is_member(&site.text, range));
        let texts = vec![(site.language.clone(), site.text.clone())];
        Self { old: old.into(), what, wanted, here, elsewhere: vec![], texts, is_member, in_strings }
    }

    /// A name that belongs to the item around it.
    fn local(site: &Site, old: &str, wanted: Option<String>, here: Vec<(Range<usize>, Within)>, item: &Item) -> Result<Self, String> {
        let inside = |range: &Range<usize>| item.range.start <= range.start && range.end <= item.range.end;
        let here: Vec<_> = here.into_iter().filter(|(range, _)| inside(range) && !is_member(&site.text, range)).collect();
        if !here.iter().any(|(_, within)| *within == Within::Code) {
            return Err(format!("nothing in `{}` is called `{old}`", item.name));
        }
        Ok(Self::new(old, format!("the variable `{old}` of `{}`", item.name), wanted, site, here))
    }

    fn add(&mut self, session: &Session, path: &WorkspacePath, meant: &Meant) -> Result<(), String> {
        let text = session.snapshot.read_exact(path).map_err(|error| format!("`{}` is used in {path}: {error}", self.old))?;
        let language = session.shared.registry.detect(path.relative(), &text);
        let parsed = language.and_then(|language| syntax::parse(language, text.clone()).ok());
        // What has no grammar is prose or data; it stays.
        let Some(parsed) = parsed else { return Ok(()) };
        let variables = uses::variables(&parsed, &self.old);
        let found = meant.of(&path.to_string(), parsed.text(), uses::uses(&parsed, &self.old), &variables)?;
        self.in_strings += found.iter().filter(|(_, within)| *within == Within::Text).count();
        let ranges: Vec<_> = found.into_iter().filter(|(_, within)| *within != Within::Text).map(|(range, _)| range).collect();
        if !ranges.is_empty() {
            self.is_member |= ranges.iter().any(|range| is_member(&text, range));
            self.texts.push((language.cloned(), text.clone()));
            self.elsewhere.push(InFile { path: path.clone(), text, ranges });
        }
        Ok(())
    }

    /// The first place here: what the model is shown.
    pub fn place(&self) -> Range<usize> {
        self.here.first().cloned().unwrap_or_default()
    }

    /// Why a new name will not do.
    pub fn refuses(&self, new: &str) -> Option<String> {
        if !is_name(new) {
            return Some(format!("`{new}` is no name; give one word of letters, digits and _"));
        }
        if new == self.old {
            return Some(format!("`{new}` is what it is called already; give another name"));
        }
        if let Some(wanted) = self.wanted.as_ref().filter(|wanted| *wanted != new) {
            return Some(format!("the task asks for the name `{wanted}`, not `{new}`"));
        }
        let taken = self.texts.iter().any(|(language, text)| self.is_taken(new, language.as_ref(), text));
        taken.then(|| format!("`{new}` is taken in a file that uses `{}`; give another name", self.old))
    }

    /// Whether code uses a name, other than as a member where the old one is none. Words in comments and strings are no names.
    fn is_taken(&self, new: &str, language: Option<&Arc<Language>>, text: &Arc<str>) -> bool {
        if uses::words(text, new).next().is_none() {
            return false;
        }
        let Some(parsed) = language.and_then(|language| syntax::parse(language, text.clone()).ok()) else { return true };
        let is_name = |range: &Range<usize>| self.is_member || !is_member(text, range);
        uses::uses(&parsed, new).iter().any(|(range, within)| *within == Within::Code && is_name(range))
    }

    /// The edits of the file at hand.
    pub fn here(&self, new: &str) -> Vec<crate::text::Edit> {
        self.here.iter().map(|range| crate::text::Edit { range: range.clone(), text: new.into() }).collect()
    }

    /// What becomes of the other files.
    pub fn elsewhere(&self, new: &str) -> Vec<Changed> {
        let changed = self.elsewhere.iter().map(|file| {
            let mut after = file.text.to_string();
            file.ranges.iter().rev().for_each(|range| after.replace_range(range.clone(), new));
            Changed { path: file.path.clone(), before: Some(file.text.clone()), after }
        });
        changed.collect()
    }

    /// What is told of it.
    pub fn told(&self, new: &str) -> String {
        let files = 1 + self.elsewhere.len();
        let places = self.here.len() + self.elsewhere.iter().map(|file| file.ranges.len()).sum::<usize>();
        let strings = match self.in_strings {
            0 => String::new(),
            count => format!("; {count} place(s) inside strings stay as they are"),
        };
        format!("`{}` is called `{new}` at {places} place(s) in {files} file(s){strings}.", self.old)
    }
}

/// One definition of a name.
struct Defined {
    kind: Kind,
    file: u32,
    container: Option<String>,
    place: String,
}

fn definitions(session: &Session, name: &str) -> Vec<Defined> {
    let known = session.index.named(name).into_iter().filter_map(|id| {
        let (symbol, file) = (session.index.symbol(id)?, session.index.file(id.file)?);
        let container = symbol.container().map(|container| session.index.text(container).to_string());
        let place = format!("{}:{}", file.path, symbol.line + 1);
        Some(Defined { kind: symbol.kind, file: id.file.0, container, place })
    });
    known.filter(|one| one.kind != Kind::Reexport).collect()
}
