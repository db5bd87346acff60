//! The forms of an edit: one small function call per kind of change. A small model fills in one or two strings; where they go and how they
//! look in the file is decided here. Pure.
//!
//! `schema` is what the model is shown of a form. `body` fills the body of an item; `extract` gives lines or a value a name, also where the
//! model gives the function `together` with its changed caller.

mod body;
mod extract;
mod schema;
mod together;
mod unwrapped;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use body::implement;
pub(super) use body::{behind_colon, inner_indent, line_indent};
use extract::{extract, variable};
use schema::{NAME, REASON, not_repeated, repeats};

use super::calls::Calls;
use super::documentation;
use super::fit::again;
use super::fit::answer_diff;
use super::fit::answer_imports;
use super::fit::extent;
use super::fit::inserted;
use super::fit::layout as answer_layout;
use super::fit::left_out;
use super::fit::members;
use super::fit::path_line;
use super::fit::strings;
use super::module_move::Moving;
use super::new_file::NewFile;
use super::rename::{Changed, Rename};
use super::test::inside;
use super::test::location::Beside;
use crate::features::Site;
use crate::redact;
use crate::syntax::scope::Item;
use crate::syntax::{self, Parsed, flow};
use crate::text::excerpt::shorten;
use crate::text::lines::next_line;
use crate::text::{Batch, Edit, Ending, layout, markdown};

/// The kind of a change, and its place.
#[derive(Clone, Debug)]
pub enum Form {
    /// These lines are replaced.
    Replace { lines: Range<usize> },
    /// Code goes to this empty line.
    Insert { line: Range<usize> },
    /// An item gets a documentation comment.
    Document { item: Item },
    /// An empty body is filled.
    Implement {
        body: Range<usize>,
        item: Item,
        /// What the task says about it besides.
        hint: Option<String>,
    },
    /// Tests are added, to the test module or the test file.
    Test {
        item: Item,
        /// The test file; none where tests stand in the same file.
        beside: Option<Arc<Beside>>,
    },
    /// These lines become a call of a new function, which goes behind the item around.
    Extract { lines: Range<usize>, item: Item },
    /// A value gets a name, in a statement before its own.
    Variable { value: Range<usize>, statement: Range<usize>, binding: String },
    /// A name is replaced wherever it is used.
    Rename(Arc<Rename>),
    /// The calls of an item are adapted to its signature.
    Calls(Arc<Calls>),
    /// An item moves to a module of its own, which the task may give a name.
    Module { item: Item, moving: Arc<Moving>, name: Option<String> },
    /// A file is created.
    Create { lines: Range<usize>, new: Arc<NewFile> },
}

/// A call's arguments as sorted edits of the file, with the model's reason.
#[derive(Default)]
pub struct Filled {
    pub edits: Vec<Edit>,
    pub reason: String,
    /// The changes of other files.
    pub others: Vec<Changed>,
}

/// Most tokens of any answer.
pub const MAX_TOKENS: u32 = 4096;
/// Bytes of an item around the marked lines that an answer may repeat.
const MAX_BYTES_AROUND: usize = 1500;

impl Form {
    /// The range that the model is shown as the one to work on.
    pub fn marked(&self) -> Range<usize> {
        match self {
            Form::Replace { lines } | Form::Extract { lines, .. } | Form::Create { lines, .. } => lines.clone(),
            Form::Insert { line } => line.clone(),
            Form::Document { item, .. } | Form::Implement { item, .. } | Form::Test { item, .. } | Form::Module { item, .. } => {
                item.range.clone()
            }
            Form::Variable { value, .. } => value.clone(),
            Form::Rename(rename) => rename.place(),
            Form::Calls(calls) => calls.signature.clone(),
        }
    }

    /// Most tokens that the answer may need.
    pub fn tokens(&self, site: &Site) -> u32 {
        let code = (site.text[self.marked()].len() / 3) as u32;
        // Models like to repeat everything around the marked lines.
        let around = || site.item().map_or(0, |item| item.range.len()).min(MAX_BYTES_AROUND) as u32 / 3;
        match self {
            Form::Replace { .. } => 240 + (code * 2).max(around()),
            Form::Insert { .. } => 640 + around(),
            Form::Create { .. } => 1600,
            Form::Document { .. } => 300,
            Form::Implement { .. } => 800,
            Form::Test { .. } => 800,
            Form::Extract { .. } => 320 + (code * 2).max(around()),
            Form::Variable { .. } | Form::Rename(_) | Form::Module { .. } => 120,
            Form::Calls(calls) => 160 + (calls.bytes() as u32) / 2,
        }
        .min(MAX_TOKENS)
    }

    /// Fails if a value cannot get a name where it stands, whatever the name.
    pub fn can_be_filled(&self, site: &Site) -> Result<(), String> {
        let Form::Variable { value, statement, binding } = self else { return Ok(()) };
        let unused = (1..).map(|number| format!("named_{number}")).find(|name| !site.text.contains(name.as_str())).unwrap_or_default();
        let batch = Batch::new(variable(site, value, statement, binding, &unused)?).map_err(|overlap| overlap.to_string())?;
        let (before, after) = site.errors_with(&Edit { range: 0..site.text.len(), text: batch.applied_to(&site.text) });
        if after > before {
            Err("what is selected cannot be a name in this place: the file would not parse any more".into())
        } else {
            Ok(())
        }
    }

    /// The edits that a call stands for, or what is wrong with it.
    pub fn fill(&self, site: &Site, arguments: &Value) -> Result<Filled, String> {
        let wrong = crate::agent::args::check(&self.tool().function["parameters"], arguments);
        if !wrong.is_empty() {
            return Err(format!("the model's answer is not what it was asked for\n{}", wrong.join("; ")));
        }
        not_repeated(&self.tool(), arguments)?;
        // Text that the model saw masked, and repeats like this, means the file's own text.
        let text = |name: &str| redact::unmasked(&markdown::without_fence(arguments[name].as_str().unwrap_or_default()), &site.text);
        let unit = site.indent_unit();
        // Lines indented differently than the file may be replaced by such lines.
        let mixed = layout::is_foreign(&site.text[self.marked()], &unit);
        let code = |name: &str| {
            let said = text(name);
            let said = answer_layout::without_line_ends(&said).unwrap_or(said);
            let said = path_line::without(&site.text, &site.path, &said).unwrap_or(said);
            if mixed { said } else { strings::in_unit(site.language.as_ref(), &said, &unit) }
        };
        let edits = match self {
            // In a Markdown file, the fences of a code block belong to the file.
            Form::Replace { lines } if markdown::fences_around(&site.text[lines.clone()]).is_some() => {
                let new = redact::unmasked(arguments["new_code"].as_str().unwrap_or_default(), &site.text);
                vec![replace(site, lines, new.trim_matches('\n'))?]
            }
            Form::Replace { lines } => {
                let code = unwrapped::bare(site, lines, code("new_code"));
                replaced(site, lines, left_out::written_out(site, lines, &code).as_deref().unwrap_or(&code))?
            }
            Form::Insert { line } => inserted(site, line, &code("new_code"))?,
            Form::Document { item } => vec![documentation::edit(site, item, &text("comment"))?],
            Form::Implement { body, item, hint } => implement(site, body, item, &code("body"), hint.is_some())?,
            Form::Test { beside: Some(beside), .. } => {
                let code = strings::in_unit(site.language.as_ref(), &text("test_code"), &beside.indent_unit(&unit));
                holds_a_test(site, &code)?;
                return Ok(Filled { reason: self.reason(arguments), others: vec![beside.with(&code)?], edits: vec![] });
            }
            Form::Test { item, .. } => {
                let code = code("test_code");
                holds_a_test(site, &code)?;
                inside::add(site, item, &code)?
            }
            Form::Extract { lines, item } => extract(site, lines, item, &code("function"), &code("call"))?,
            Form::Variable { value, statement, binding } => variable(site, value, statement, binding, text("name").trim())?,
            Form::Rename(rename) => {
                let new = text("new_name").trim().trim_matches('`').to_string();
                if let Some(reason) = rename.refuses(&new) {
                    return Err(reason);
                }
                return Ok(Filled { edits: rename.here(&new), reason: rename.told(&new), others: rename.elsewhere(&new) });
            }
            Form::Calls(calls) => return calls.fill(site, arguments),
            Form::Module { moving, .. } => {
                let (edits, new) = moving.fill(site, &text("module"))?;
                return Ok(Filled { reason: self.reason(arguments), edits, others: vec![new] });
            }
            Form::Create { new, .. } => {
                let (edits, others) = new.fill(site, arguments[NAME].as_str(), arguments["content"].as_str().unwrap_or_default())?;
                return Ok(Filled { reason: self.reason(arguments), edits, others });
            }
        };
        let reason = [self.reason(arguments), self.told(site)].join(" ").trim().to_string();
        Ok(Filled { edits, reason, others: vec![] })
    }

    /// The edit for an answer with nothing in place of the marked lines. None where it has something, or where the model saw more lines
    /// marked than the person had marked.
    pub fn emptied(&self, site: &Site, arguments: &Value) -> Option<Filled> {
        let Form::Replace { lines } = self else { return None };
        if *lines != site.whole_lines(site.bytes.clone()) {
            return None;
        }
        arguments["new_code"].as_str().filter(|new| markdown::without_fence(new).trim().is_empty())?;
        // Blank lines at the ends that are marked as well go, too.
        let lines = site.whole_lines(site.selected.clone());
        let is_alone = site.text[..lines.start].lines().next_back().is_none_or(|line| line.trim().is_empty());
        let mut end = next_line(&site.text, lines.end);
        // The blank lines above stay; those below would be added to them.
        while is_alone && end < site.text.len() && site.text[end..next_line(&site.text, end)].trim().is_empty() {
            end = next_line(&site.text, end);
        }
        let edit = Edit { range: lines.start..end, text: String::new() };
        Some(Filled { edits: vec![edit], reason: self.reason(arguments), others: vec![] })
    }

    /// What a person should know about the edit, whatever the model says.
    fn told(&self, site: &Site) -> String {
        let Form::Variable { value, statement, .. } = self else { return String::new() };
        let overtaken = site.parsed().and_then(|parsed| flow::overtaken(parsed, statement, value));
        let shown = |range: &Range<usize>| shorten(&site.text[range.clone()], 60);
        overtaken.map_or_else(String::new, |before| format!("`{}` is evaluated before `{}` with this.", shown(value), shown(&before)))
    }

    /// The model's reason; empty if it only repeats the description of that field.
    fn reason(&self, arguments: &Value) -> String {
        let said = arguments[REASON].as_str().filter(|_| !repeats(&self.tool(), arguments, REASON));
        shorten(said.unwrap_or_default().trim(), 400)
    }
}

fn ending(site: &Site) -> Ending {
    Ending::of(&site.text)
}

/// Fails for statements without a test around them, since nothing would run them.
fn holds_a_test(site: &Site, code: &str) -> Result<(), String> {
    not_empty(code, "test_code")?;
    let Some(language) = &site.language else { return Ok(()) };
    let marked = language.tests.as_ref().is_some_and(|tests| tests.marks.iter().any(|mark| code.contains(mark)));
    let defines =
        |parsed: Parsed| syntax::tags(&parsed, &site.path).definitions.iter().any(|one| one.kind.is_callable() || one.kind.is_type());
    match marked || syntax::parse(language, code).is_ok_and(defines) {
        true => Ok(()),
        false => Err("the answer holds no test function\nwrite a whole one".to_string()),
    }
}

fn not_empty(text: &str, name: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("the answer is empty\ngive `{name}` a text")) } else { Ok(()) }
}

fn replace(site: &Site, lines: &Range<usize>, new: &str) -> Result<Edit, String> {
    not_empty(new, "new_code")?;
    extent::edit(site, lines, new)
}

/// An answer in place of the marked lines, with imports for the top of the file; or what a diff in it says.
fn replaced(site: &Site, lines: &Range<usize>, new: &str) -> Result<Vec<Edit>, String> {
    not_empty(new, "new_code")?;
    if let Some(hunks) = unwrapped::versions(new, &site.text).or_else(|| answer_diff::hunks(new, &site.text)) {
        let indented = site.language.as_deref().is_some_and(|language| language.indented);
        let edits: Result<Vec<Edit>, String> = hunks.iter().map(|hunk| hunk.edit(&site.text, lines, indented)).collect();
        return Ok(sorted(edits?));
    }
    let once = again::once(site, lines, new);
    let new = once.as_deref().unwrap_or(new);
    let brought = answer_imports::parted(site, lines, new);
    if brought.is_all() {
        let missing = || "the file imports that already\ngive back the marked lines, changed as the task asks".to_string();
        return Ok(vec![brought.edit(site, lines.start).ok_or_else(missing)?]);
    }
    // Of what stands around the marked lines nothing was asked for.
    if let Some(part) = members::narrowed(site, lines, &brought.code)
        && let Some(edit) = extent::edit(site, lines, &part.code).ok().filter(|edit| parses_no_worse(site, edit))
    {
        let import = brought.edit(site, lines.start);
        return Ok(sorted(import.into_iter().chain(part.beside).chain([edit]).collect()));
    }
    let whole = extent::edit(site, lines, new);
    // If the answer repeats lines around the marked ones, its imports belong to those lines when the file has imports there.
    if !brought.has_imports() || whole.as_ref().is_ok_and(|edit| !answer_imports::adds_imports(site, edit)) {
        return Ok(vec![whole?]);
    }
    let edit = extent::edit(site, lines, &brought.code)?;
    match brought.edit(site, lines.start) {
        // An edit widened to the imports has them already.
        Some(import) if edit.range.contains(&import.range.start) => Ok(vec![whole?]),
        import => Ok(sorted(import.into_iter().chain([edit]).collect())),
    }
}

/// An answer for an empty line, with imports for the top of the file.
fn inserted(site: &Site, line: &Range<usize>, new: &str) -> Result<Vec<Edit>, String> {
    not_empty(new, "new_code")?;
    let brought = answer_imports::parted(site, line, new);
    if let Some(part) = members::narrowed(site, line, &brought.code)
        && let Some(edit) = inserted::edit(site, line, &part.code).ok().filter(|edit| parses_no_worse(site, edit))
    {
        let import = brought.edit(site, line.start);
        return Ok(sorted(import.into_iter().chain(part.beside).chain([edit]).collect()));
    }
    let code = (!brought.code.trim().is_empty()).then(|| inserted::edit(site, line, &brought.code)).transpose()?;
    // An edit widened to the imports has them already.
    let import = brought.edit(site, line.start);
    let import = import.filter(|import| code.as_ref().is_none_or(|code| !code.range.contains(&import.range.start)));
    let edits: Vec<Edit> = import.into_iter().chain(code).collect();
    if edits.is_empty() { Err("the file imports that already\ngive the code that goes to the line".into()) } else { Ok(sorted(edits)) }
}

fn parses_no_worse(site: &Site, edit: &Edit) -> bool {
    let (before, after) = site.errors_with(edit);
    after <= before
}

fn sorted(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| edit.range.start);
    edits
}
