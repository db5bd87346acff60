//! What a wish means at its place: the kind of task, the form of the edit, and the task in words for the model.

use super::How;
use super::forms::Form;
use crate::features::actions::{DOCUMENT, EXTRACT, FIX, IMPLEMENT, REWRITE, TEST};
use crate::features::{Desk, Site};
use crate::route::{Signal, Task, TaskKind};
use crate::syntax::scope::Item;

/// See the module.
pub struct Plan {
    kind: TaskKind,
    pub form: Form,
    pub words: String,
    /// For the progress display.
    pub doing: String,
    signals: Vec<Signal>,
}

/// An item up to this many lines is given to the model whole when a problem in it is to be fixed.
const SMALL_ITEM: u32 = 60;
/// Lines above and below a problem otherwise.
const BESIDE: usize = 6;
/// More lines than this make a task hard.
const MANY_LINES: u32 = 80;

impl Plan {
    /// The plan, or why the wish fits nothing here.
    pub fn new(site: &Site, how: &How) -> Result<Self, String> {
        let (kind, form, words, doing) = match how {
            How::Instruction(words) => {
                let words = words.trim();
                if words.is_empty() {
                    return Err("the instruction is empty; say what is to be changed".into());
                }
                (TaskKind::Rewrite, replace(site)?, format!("change the marked lines: {words}"), "rewriting")
            }
            How::Action { kind, problems } => match kind.as_str() {
                DOCUMENT => {
                    let item = item(site, "documented")?;
                    let words = format!(
                        "write the documentation of {} `{}`: what it is for, in one to four sentences.",
                        item.kind.name(),
                        item.name
                    );
                    let old = site.doc_of(&item);
                    (TaskKind::Document, Form::Document { item, old }, words, "documenting")
                }
                TEST => {
                    let item = item(site, "tested")?;
                    let words = format!("write one or two short unit tests of `{}`, in the language and style of this file.", item.name);
                    (TaskKind::Test, Form::Test { item }, words, "writing tests")
                }
                IMPLEMENT => {
                    let item = item(site, "implemented")?;
                    let body = site.empty_body(&item).ok_or_else(|| format!("the body of `{}` is not empty", item.name))?;
                    let words = format!("write the body of `{}`.", item.name);
                    (TaskKind::Rewrite, Form::Implement { body, item }, words, "implementing")
                }
                EXTRACT => {
                    let item = item(site, "taken from")?;
                    let lines = site.whole_lines(site.bytes.clone());
                    let words = "move the marked lines into a new function with a telling name, and call it in their place.".to_string();
                    (TaskKind::Extract, Form::Extract { lines, item }, words, "extracting")
                }
                kind if covers(FIX, kind) => {
                    if problems.is_empty() {
                        return Err("there is no diagnostic here that could be fixed".into());
                    }
                    let words = format!("fix these problems in the marked lines, and change nothing else:\n- {}", problems.join("\n- "));
                    (TaskKind::Fix, fix(site), words, "fixing")
                }
                kind if covers(REWRITE, kind) => {
                    let words = "rewrite the marked lines so that they are clearer and simpler and do exactly the same.".to_string();
                    (TaskKind::Rewrite, replace(site)?, words, "rewriting")
                }
                other => return Err(format!("`{other}` is no kind of edit that longsight knows")),
            },
        };
        let (first, last) = site.line_range(&form.marked());
        let mut signals = vec![];
        if last - first > MANY_LINES {
            signals.push(Signal::LargeSelection);
        }
        Ok(Self { kind, form, words, doing: format!("{doing} {}:{first}", site.path), signals })
    }

    /// Whether a model that can work with tools should: what concerns one comment is done by one call everywhere.
    pub fn goes_deep(&self) -> bool {
        self.kind != TaskKind::Document
    }

    pub fn task(&self, desk: &Desk) -> Task {
        Task { signals: self.signals.clone(), ..desk.task(self.kind) }
    }
}

/// Whether a kind is another or stands below it.
fn covers(parent: &str, kind: &str) -> bool {
    kind.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn item(site: &Site, what: &str) -> Result<Item, String> {
    site.item()
        .ok_or_else(|| format!("there is no function or type at {}:{} that could be {what}", site.path, site.line_of(site.bytes.start)))
}

fn replace(site: &Site) -> Result<Form, String> {
    let lines = site.lines();
    if site.text[lines.clone()].trim().is_empty() && !site.text.trim().is_empty() {
        return Err(format!("{}:{} is blank; choose the lines that are to be changed", site.path, site.line_of(lines.start)));
    }
    Ok(Form::Replace { lines })
}

/// The item around the problem where it is small, else some lines around it.
fn fix(site: &Site) -> Form {
    if let Some(item) = site.item() {
        let lines = site.whole_lines(item.range.clone());
        let (first, last) = site.line_range(&lines);
        if last - first < SMALL_ITEM {
            return Form::Replace { lines };
        }
    }
    let lines = site.whole_lines(site.bytes.clone());
    let start = site.text[..lines.start].rmatch_indices('\n').nth(BESIDE).map_or(0, |(at, _)| at + 1);
    let end = site.text[lines.end..].match_indices('\n').nth(BESIDE).map_or(site.text.len(), |(at, _)| lines.end + at);
    Form::Replace { lines: site.whole_lines(start..end) }
}
