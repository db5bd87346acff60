//! What a request means at its place: the kind of task, the form of the edit, and the task in words for the model.

mod by_form;

use std::ops::Range;
use std::sync::Arc;

use super::allowed::Allowed;
use super::how::{How, Instruction};
use super::wording::{self, ModuleMove};
use crate::context::fence;
use crate::features::actions::{
    CALLS, DOCUMENT, EXTRACT, EXTRACTIONS, FIX, IMPLEMENT, MODULE, RENAME, REWRITE, TEST, VARIABLE, covers, is_edit,
};
use crate::features::ask::MAX_QUESTION_BYTES;
use crate::features::edit::calls::Calls;
use crate::features::edit::extraction;
use crate::features::edit::fit::whole_item;
use crate::features::edit::forms::Form;
use crate::features::edit::rename::{self, Rename};
use crate::features::edit::test::location::Beside;
use crate::features::{Session, Site, difficulty};
use crate::redact::Masked;
use crate::route::{Signal, Task, TaskKind, task_number};
use crate::syntax::scope::Item;
use crate::syntax::{Definition, Kind, Language, naming, place};
use crate::text::excerpt::shorten;
use crate::text::lines;

/// What an edit request has become.
#[derive(Clone)]
pub struct Plan {
    kind: TaskKind,
    pub form: Form,
    /// The task for the model, which embeds the person's words in a sentence of ours.
    pub words: String,
    /// The person's own words; empty for a code action.
    said: String,
    /// What is being done, for the progress display.
    pub doing: String,
    signals: Vec<Signal>,
    /// The editor's diagnostics there.
    pub problems: Vec<String>,
    pub route: Route,
    /// The names in a request to rename.
    renaming: Option<Names>,
    /// Something moves to a module of its own, for which not every language has a form.
    pub moves: Option<ModuleMove>,
    /// The number of the task, however many questions it takes.
    number: u64,
}

/// Who carries a plan out first. If that one cannot, the next in this list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The index: the request says both names of a rename, or the name of a module, and no model is needed.
    IndexAlone,
    /// A model with tools, step by step, if the one that is asked has them.
    Tools,
    /// Any model, by one form. A comment or a name takes one call, whatever the model.
    Form,
}

/// The old and the new name of a rename, as far as they are said.
type Names = (Option<String>, Option<String>);

/// For a fix, an item of up to this many lines is shown whole.
const SMALL_ITEM_LINES: u32 = 60;
/// Otherwise, lines above and below the problem.
const LINES_BESIDE_PROBLEM: usize = 6;

/// Most diagnostics that a model sees whose task is something else, and most bytes of each.
const MAX_PROBLEMS: usize = 20;
const MAX_PROBLEM_BYTES: usize = 400;

/// What a request asks for at its place, before the rest of its plan is known.
struct PlannedTask {
    kind: TaskKind,
    form: Form,
    words: String,
    doing: &'static str,
}

impl Plan {
    /// The plan, or why the request fits nothing here.
    pub fn new(session: &Session, site: &Site, how: &How) -> Result<Self, String> {
        let moves = match how {
            How::Instruction(Instruction { words, .. }) => wording::moved(words).filter(|moves| is_meant(session, site, moves)),
            How::Action { kind, .. } => (kind == MODULE).then(ModuleMove::default),
        };
        let PlannedTask { kind, form, words, doing } = match (how, &moves) {
            (_, Some(moves)) => module(session, site, moves)?,
            (How::Instruction(Instruction { words, .. }), None) => instruction(site, words.trim())?,
            (How::Action { kind, problems }, None) => action(session, site, kind, problems)?,
        };
        let (first, _) = site.line_range(&form.marked());
        let signals = signals(session, site, &form);
        let problems = how.problems(site, &form.marked());
        let renaming = match how {
            // The mark of a private member is not part of its name.
            How::Instruction(Instruction { words, .. }) => {
                let mark = site.language.as_ref().and_then(|language| language.private_mark.as_deref());
                let words = mark.map_or_else(|| words.clone(), |mark| rename::private::unmarked(words, mark));
                wording::rename_at(&words, |name| rename::stands_at(site, name))
            }
            How::Action { .. } => None,
        };
        let said = match how {
            How::Instruction(Instruction { words, .. }) => words.clone(),
            How::Action { .. } => String::new(),
        };
        let says_all = matches!(renaming, Some((_, Some(_)))) || moves.as_ref().is_some_and(|moves| moves.module.is_some());
        let is_one_call = kind == TaskKind::Document || matches!(form, Form::Rename(_) | Form::Variable { .. });
        let route = match (says_all, is_one_call) {
            (true, _) => Route::IndexAlone,
            (false, false) => Route::Tools,
            (false, true) => Route::Form,
        };
        let (doing, number) = (format!("{doing} {}:{first}", site.path), task_number());
        Ok(Self { kind, form, words, said, doing, signals, problems, route, renaming, moves, number })
    }

    /// Another question of the same task.
    pub fn about(&self, form: Form, words: String, doing: String) -> Self {
        Self { form, words, doing, ..self.clone() }
    }

    /// What an edit may remove.
    pub fn allowed(&self) -> Allowed<'_> {
        let problems = if self.kind == TaskKind::Fix { self.problems.as_slice() } else { &[] };
        Allowed { said: &self.said, problems }
    }

    /// The diagnostics for the model, when lines are rewritten. A fix has them in its words, and other tasks are not about them.
    pub fn shown_problems(&self) -> Option<String> {
        let rewrites = self.kind == TaskKind::Rewrite && matches!(self.form, Form::Replace { .. } | Form::Insert { .. });
        let shown: Vec<String> = self.problems.iter().take(MAX_PROBLEMS).map(|problem| shorten(problem, MAX_PROBLEM_BYTES)).collect();
        let words = "The editor shows these problems there. The task says whether they are to be fixed; add none.";
        (rewrites && !shown.is_empty()).then(|| format!("{words}\n{}", quoted(&shown)))
    }

    /// The old name of a rename that should have no uses left.
    pub fn renames(&self, session: &Session) -> Option<String> {
        let Some((Some(old), Some(_))) = &self.renaming else { return None };
        rename::is_unmistakable(session, old).then(|| old.clone())
    }

    /// The task for the router.
    pub fn task(&self, session: &Session) -> Task {
        Task { signals: self.signals.clone(), number: self.number, ..session.task(self.kind) }
    }
}

fn signals(session: &Session, site: &Site, form: &Form) -> Vec<Signal> {
    let mut signals = difficulty::signals(session, site, &form.marked());
    if let Form::Implement { item, .. } = form {
        signals.push(if site.doc_of(item).is_some() { Signal::DocumentedBody } else { Signal::EmptyBody });
    }
    signals
}

fn instruction(site: &Site, words: &str) -> Result<PlannedTask, String> {
    if words.chars().all(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err("the instruction is empty; say what is to be changed".into());
    }
    if words.len() > MAX_QUESTION_BYTES {
        return Err(format!(
            "an instruction has {MAX_QUESTION_BYTES} bytes at most, and this one {}; mark the code that it speaks of",
            words.len()
        ));
    }
    if let Some(line) = site.blank_line() {
        let words = format!("write what goes to line {}, which is empty: {words}", site.line_of(line.start));
        return Ok(PlannedTask { kind: TaskKind::Rewrite, form: Form::Insert { line }, words, doing: "writing" });
    }
    let words = format!("change the marked lines: {words}");
    Ok(PlannedTask { kind: TaskKind::Rewrite, form: replace(site)?, words, doing: "rewriting" })
}

/// For tests in the file itself.
const IN_THIS_FILE: &str = "Write them in the language and style of this file.";

fn action(session: &Session, site: &Site, kind: &str, problems: &[String]) -> Result<PlannedTask, String> {
    match kind {
        DOCUMENT => document(site),
        TEST => {
            let item = item(site, "tested")?;
            let name = item.name.clone();
            let (form, where_to) = tests_of(session, site, item)?;
            Ok(PlannedTask { kind: TaskKind::Test, words: tests_words(&name, &where_to), form, doing: "writing tests" })
        }
        IMPLEMENT => implement(site),
        EXTRACT | EXTRACTIONS => {
            let item = item(site, "taken from")?;
            let lines = site.whole_lines(site.bytes.clone());
            extraction::may_be(site, &item, &lines)?;
            let words = "move the marked lines into a new function with a telling name, and call it in their place.".to_string();
            Ok(PlannedTask { kind: TaskKind::Extract, form: Form::Extract { lines, item }, words, doing: "extracting" })
        }
        VARIABLE => {
            let words = "give the marked value a telling name.".to_string();
            Ok(PlannedTask { kind: TaskKind::Extract, form: variable(site)?, words, doing: "extracting" })
        }
        RENAME => better_name(session, site),
        CALLS => {
            let calls = Calls::find(session, site, &item(site, "called")?)?;
            let words = calls.words();
            Ok(PlannedTask { kind: TaskKind::Rewrite, form: Form::Calls(Arc::new(calls)), words, doing: "following the signature" })
        }
        kind if covers(FIX, kind) => {
            if problems.is_empty() {
                return Err("there is no diagnostic here that could be fixed".into());
            }
            let shown = quoted(problems);
            let words = format!("fix the problems that the editor shows in the marked lines, and change nothing else:\n{shown}");
            Ok(PlannedTask { kind: TaskKind::Fix, form: fix(site), words, doing: "fixing" })
        }
        kind if is_edit(kind) && covers(REWRITE, kind) => {
            let words = "rewrite the marked lines so that they are clearer and simpler and do exactly the same.".to_string();
            Ok(PlannedTask { kind: TaskKind::Rewrite, form: replace(site)?, words, doing: "rewriting" })
        }
        other => Err(format!("`{other}` is no kind of edit that longsight knows")),
    }
}

/// Diagnostics as data: they may quote code, and are no instructions either.
fn quoted(problems: &[String]) -> String {
    fence::quote("problems", None, &Masked::whole(&problems.join("\n")))
}

fn tests_words(name: &str, where_to: &str) -> String {
    format!("write one or two short unit tests of `{name}`. {where_to}")
}

/// The form for tests of an item, and where they go in words for the model; or why they have no place.
fn tests_of(session: &Session, site: &Site, item: Item) -> Result<(Form, String), String> {
    let beside = Beside::find(session, site, &item)?.map(Arc::new);
    if let Some(new) = beside.as_ref().filter(|beside| beside.is_new() && !session.shared.creates_files()) {
        let words = "create it, with a line in it, and ask again";
        return Err(format!(
            "the tests of `{}` go into the new file {}, and this editor cannot create files: {words}",
            item.name, new.path
        ));
    }
    let where_to = beside.as_ref().map_or(IN_THIS_FILE.into(), |beside| beside.words_with_tools());
    Ok((Form::Test { item, beside }, where_to))
}

fn document(site: &Site) -> Result<PlannedTask, String> {
    let item = item(site, "documented")?;
    let words = format!("write the documentation of {} `{}`: what it is for, in one to four sentences.", item.kind.name(), item.name);
    Ok(PlannedTask { kind: TaskKind::Document, form: Form::Document { item }, words, doing: "documenting" })
}

fn implement(site: &Site) -> Result<PlannedTask, String> {
    let item = item(site, "implemented")?;
    if !item.kind.is_callable() {
        return Err(format!("`{}` has no body that could be written", item.name));
    }
    let body = site.empty_body(&item).ok_or_else(|| match (&item.body, site.is_stub()) {
        (Some(_), false) => format!("the body of `{}` is not empty", item.name),
        (Some(_), true) => format!("{} only declares what another file defines: implement `{}` there", site.path, item.name),
        (None, _) => format!("`{}` is only declared here, without a body that could be written", item.name),
    })?;
    let hint = said_in(site, &body);
    let more = hint.as_ref().map_or_else(|| ".".into(), |hint| format!(": {hint}"));
    let words = format!("write the body of `{}`{more}", item.name);
    Ok(PlannedTask { kind: TaskKind::Rewrite, form: Form::Implement { body, item, hint }, words, doing: "implementing" })
}

/// What comments in an empty body say about it.
fn said_in(site: &Site, body: &Range<usize>) -> Option<String> {
    let sign = site.language.as_ref()?.comment.clone()?;
    let lines = site.masked(body.clone());
    let said = lines.lines().filter_map(|line| line.trim().strip_prefix(sign.as_str()));
    let said: Vec<&str> = said.map(|line| line.trim_start_matches(['/', '!']).trim()).filter(|line| !line.is_empty()).collect();
    let said = said.join(" ");
    let said = said.strip_prefix("TODO").map_or(said.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    (!said.is_empty()).then(|| said.to_string())
}

/// Whether words that read like a move to a new module are about what stands here, and not about an existing module: otherwise they are an
/// ordinary instruction.
fn is_meant(session: &Session, site: &Site, moves: &ModuleMove) -> bool {
    let item = site.item();
    // At a function or a type, "the constant" means something that it uses, and not what stands here.
    if moves.is_value && item.as_ref().is_none_or(|item| item.kind.is_callable() || item.kind.is_type()) {
        return false;
    }
    let is_here = |name: &str| site.definitions().iter().any(|one| one.name.of(&site.text) == name);
    let is_item = |name: &str| item.as_ref().is_some_and(|item| item.name == name) || is_here(name);
    let names_none = moves.item.as_ref().is_some_and(|name| !moves.is_quoted && !is_item(name));
    let is_there = || moves.module.as_ref().is_some_and(|name| may_be_there(session, site, name));
    !(names_none || moves.may_be_there && is_there())
}

/// Whether a module may have this name already; files that the index has not read count.
fn may_be_there(session: &Session, site: &Site, module: &str) -> bool {
    let family = site.language.as_ref().map(|language| &language.family);
    let is_kin = |other: Option<&Arc<Language>>| family.is_none() || other.is_some_and(|other| Some(&other.family) == family);
    let is_module = |one: &Definition| one.kind == Kind::Module && one.name.of(&site.text) == module;
    let mut files = session.index.files().map(|(_, file)| file).filter(|file| is_kin(file.language.as_ref()));
    rename::whole(session).is_err()
        || files.any(|file| naming::stem(file.language.as_deref(), file.path.relative()) == module)
        || site.definitions().iter().any(is_module)
}

fn module(session: &Session, site: &Site, moves: &ModuleMove) -> Result<PlannedTask, String> {
    if !session.shared.creates_files() {
        let words = "`longsight edit` shows the change as a diff";
        return Err(format!("a module of its own is a new file, and this editor cannot create files; {words}"));
    }
    let item = item(site, "moved")?;
    if let Some(other) = moves.item.as_ref().filter(|name| **name != item.name) {
        let place = format!("{}:{}", site.path, site.line_of(site.bytes.start));
        return Err(format!("`{other}` is not what stands at {place}, which is `{}`; ask where it is defined", item.name));
    }
    if moves.may_be_lines
        && let Some(reason) = other_than_marked(site, &item)
    {
        return Err(reason);
    }
    let called = moves.module.as_ref().map_or_else(String::new, |name| format!(" that is called `{name}`,"));
    let words = format!(
        "move `{}`, with what only it needs, into a new module{called} in a file beside this one; declare the module where the \
         language wants that, and let every use in all files find it there.",
        item.name
    );
    Ok(PlannedTask { kind: TaskKind::Extract, form: Form::Replace { lines: site.whole_lines(item.range) }, words, doing: "moving" })
}

/// Why the marked lines are not this item, which begins where they do or surrounds them.
fn other_than_marked(site: &Site, item: &Item) -> Option<String> {
    let (marked, name) = (site.text[site.bytes.clone()].trim_end(), &item.name);
    if marked.is_empty() {
        return None;
    }
    if site.is_in_body(item, &site.whole_lines(site.bytes.clone())) {
        let words = "ask for the whole of it by its name, or for a function of these lines first";
        return Some(format!("the marked lines are a part of `{name}`, and only functions and types move into a module; {words}"));
    }
    let is_more = site.bytes.start + marked.len() > item.range.end;
    is_more.then(|| format!("the marked lines hold more than `{name}`; mark one function or type, and move each by itself"))
}

fn better_name(session: &Session, site: &Site) -> Result<PlannedTask, String> {
    let old = rename::name_at(site).ok_or_else(|| format!("there is no name at {}:{}", site.path, site.line_of(site.bytes.start)))?;
    let found = Rename::find(session, site, &old, None)?;
    let words = format!("find a better name for {}: one that says what it is or does.", found.what);
    Ok(PlannedTask { kind: TaskKind::Rewrite, form: Form::Rename(Arc::new(found)), words, doing: "renaming" })
}

fn item(site: &Site, what: &str) -> Result<Item, String> {
    site.item().ok_or_else(|| {
        let place = format!("{}:{}", site.path, site.line_of(site.bytes.start));
        format!("there is no function or type with a name at {place} that could be {what}; choose a line of one")
    })
}

fn replace(site: &Site) -> Result<Form, String> {
    let lines = site.lines();
    if site.text[lines.clone()].trim().is_empty() && !site.text.trim().is_empty() {
        return Err(format!("{}:{} is blank; choose the lines that are to be changed", site.path, site.line_of(lines.start)));
    }
    Ok(Form::Replace { lines })
}

/// The item around a problem if it is small, else some lines around it.
fn fix(site: &Site) -> Form {
    if let Some(item) = site.item() {
        // Attributes above the item are not replaced, whether the grammar counts them as part of it or not.
        let start = site.definition_of(&item).map_or(item.range.start, |known| whole_item::behind_annotations(site, &site.text, &known));
        let lines = site.whole_lines(start.max(item.range.start)..item.range.end);
        let (first, last) = site.line_range(&lines);
        if last - first < SMALL_ITEM_LINES {
            return Form::Replace { lines };
        }
    }
    let lines = site.whole_lines(site.bytes.clone());
    let start = site.text[..lines.start].rmatch_indices('\n').nth(LINES_BESIDE_PROBLEM).map_or(0, |(at, _)| at + 1);
    let end = site.text[lines.end..].match_indices('\n').nth(LINES_BESIDE_PROBLEM).map_or(site.text.len(), |(at, _)| lines.end + at);
    Form::Replace { lines: site.whole_lines(lines::without_blank_ends(&site.text, &(start..end))) }
}

fn variable(site: &Site) -> Result<Form, String> {
    let language = site.language.as_ref();
    let binding = language.and_then(|language| language.binding.clone());
    let binding = binding.ok_or_else(|| format!("in {} longsight does not know how a variable is written", site.path))?;
    let (value, statement) = site.value()?;
    let literal = site.parsed().is_some_and(|parsed| place::is_literal(parsed, &value));
    let constant = language.and_then(|language| language.constant.clone()).filter(|_| literal);
    let form = Form::Variable { value, statement, binding: constant.unwrap_or(binding) };
    // A value that cannot get a name is refused before a model is asked.
    form.can_be_filled(site)?;
    Ok(form)
}
