//! The calls of an item whose signature has changed: where they are, by the index, and how the model adapts each.
//!
//! `signature` tells whether calls have to change, `callee` which uses are calls of the item, `constructors` where a type's values are
//! made. `follow` asks the question after an edit, and `adapted` puts a call's new text into its place.

pub(super) mod adapted;
pub(super) mod callee;
pub(super) mod constructors;
pub(super) mod follow;
pub(super) mod signature;

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::forms::Filled;
use super::rename::{self, Changed};
use crate::context::fence;
use crate::dialect::Tool;
use crate::features::{Session, Site};
use crate::redact::Masked;
use crate::syntax::scope::Item;
use crate::text::excerpt::shorten;
use crate::text::lines::{line_end, line_number, line_start};
use crate::text::{Batch, Edit, layout, markdown, words};
use crate::workspace::WorkspacePath;
use callee::{Callee, UseOfCallee};

/// Most calls in one question.
const MAX_CALLS_ASKED: usize = 12;
/// Uses other than calls that a person is told of.
const MAX_OTHER_USES_TOLD: usize = 3;
/// Most lines of a call.
const LINES: usize = 24;

/// The calls of an item.
#[derive(Clone, Debug)]
pub struct Calls {
    pub name: String,
    /// In the current file.
    pub signature: Range<usize>,
    /// The signature that the calls should fit.
    said: String,
    calls: Vec<Call>,
    /// Uses in code that are not calls, by file and 1-based line.
    others: Vec<(Option<WorkspacePath>, usize)>,
}

/// The lines of one call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// None for the current file.
    path: Option<WorkspacePath>,
    /// The exact text: an edit of another file has to match the bytes on disk.
    pub(super) text: Arc<str>,
    pub(super) lines: Range<usize>,
    /// The calls in these lines, each from the name to the closing bracket.
    pub(super) calls: Vec<Range<usize>>,
}

/// How many other files use a name, and how often it is used here, from memory.
pub fn known_uses(session: &Session, site: &Site, name: &str) -> usize {
    let Some(id) = session.index.name(name) else { return 0 };
    let users = session.index.users(id);
    let total: usize = users.iter().map(|(_, count)| *count as usize).sum();
    let defined = session.index.defined(id).len();
    if users.is_empty() { site.uses(name).map_or(0, |found| found.len().saturating_sub(1)) } else { total.saturating_sub(defined) }
}

impl Calls {
    /// The calls of an item, or why there is nothing to do.
    pub fn find(session: &Session, site: &Site, item: &Item) -> Result<Self, String> {
        rename::whole(session)?;
        let found = Self::with(session, site, item, &site.text[item.signature.clone()]);
        if found.calls.is_empty() { Err(format!("nothing calls `{}`", item.name)) } else { Ok(found) }
    }

    /// The calls of an item that is to get another signature than it has.
    pub fn with(session: &Session, site: &Site, item: &Item, signature: &str) -> Self {
        let name = &item.name;
        let said = signature.trim_end().trim_end_matches('{').trim_end().to_string();
        let (mut calls, mut others) = (vec![], vec![]);
        let mut sort = |path: Option<&WorkspacePath>, all: Vec<UseOfCallee>| {
            for one in all {
                match one {
                    UseOfCallee::Call(call) => calls.push(call),
                    UseOfCallee::Other(line) => others.push((path.cloned(), line)),
                }
            }
        };
        let callee = Callee::new(session, site, item);
        let own = site.document_path().and_then(|path| session.index.find(path));
        sort(None, site.parsed().map(|parsed| callee.found(parsed, &site.text, None, own)).unwrap_or_default());
        let family = site.language.as_ref().map(|language| language.family.as_str());
        let users = session.index.name(name).map(|id| session.index.users(id)).unwrap_or_default();
        for (id, file) in users.iter().filter_map(|(id, _)| Some((*id, session.index.file(*id)?))).filter(|(id, _)| Some(*id) != own) {
            if session.closed_path(&file.path).is_some() {
                continue;
            }
            let Ok((text, Some(parsed))) = session.parsed(&file.path) else { continue };
            // A function of the same name in another language is not meant.
            if Some(parsed.language().family.as_str()) != family {
                continue;
            }
            sort(Some(&file.path), callee.found(&parsed, &text, Some(&file.path), Some(id)));
        }
        // The index has files in the order in which they were read.
        let in_order = |call: &Call| call.path.as_ref().map(WorkspacePath::to_string);
        calls.sort_by_key(in_order);
        others.sort_by_key(|(path, line)| (path.as_ref().map(WorkspacePath::to_string), *line));
        // Two calls in the same lines are one place.
        calls.dedup_by(|later, earlier| {
            let one = later.path == earlier.path && later.lines.start < earlier.lines.end;
            if one {
                earlier.lines.end = earlier.lines.end.max(later.lines.end);
                earlier.calls.append(&mut later.calls);
            }
            one
        });
        Self { name: name.clone(), signature: item.signature.clone(), said, calls, others }
    }

    /// Leaves out calls in these bytes of the current file, which are being rewritten themselves.
    pub fn outside(mut self, site: &Site, bytes: &Range<usize>) -> Self {
        self.calls.retain(|call| call.path.is_some() || call.lines.end <= bytes.start || bytes.end <= call.lines.start);
        let (first, last) = site.line_range(bytes);
        self.others.retain(|(path, line)| path.is_some() || *line < first as usize || last as usize <= *line);
        self
    }

    /// Keeps only calls that pass an argument by one of these names.
    pub fn naming(mut self, names: &[String]) -> Self {
        let gives = |text: &str, name: &String| {
            words::places(text, name).any(|at| {
                let after = text[at.end..].trim_start();
                after.starts_with('=') && !after.starts_with("==")
            })
        };
        self.calls.retain(|call| names.iter().any(|name| gives(&call.text[call.lines.clone()], name)));
        self
    }

    /// Uses that are not calls and cannot follow, for a person to look at.
    pub fn told(&self, site: &Site) -> Option<String> {
        let place = |(path, line): &(Option<WorkspacePath>, usize)| match path {
            Some(path) => format!("{path}:{line}"),
            None => format!("{}:{line}", site.path),
        };
        let places: Vec<String> = self.others.iter().take(MAX_OTHER_USES_TOLD).map(place).collect();
        let more = if self.others.len() > MAX_OTHER_USES_TOLD { ", …" } else { "" };
        let words = || {
            format!(
                "`{}` is also used at {}{more}, in a way that cannot be told to follow its signature: look there",
                self.name,
                places.join(", ")
            )
        };
        (!places.is_empty()).then(words)
    }

    /// The places whose lines are unchanged in a text; `now` is a file's new text, none if it has none.
    pub fn left<'t>(&self, site: &Site, now: impl Fn(Option<&WorkspacePath>) -> Option<&'t str>) -> Vec<String> {
        let stands = |call: &&Call| now(call.path.as_ref()).is_none_or(|text| text.contains(call.text[call.lines.clone()].trim()));
        let place = |call: &Call| {
            let path = call.path.as_ref().map_or_else(|| site.path.clone(), WorkspacePath::to_string);
            format!("{path}:{}", line_number(&call.text, call.lines.start))
        };
        self.calls.iter().filter(stands).map(place).collect()
    }

    /// The number of places.
    pub fn count(&self) -> usize {
        self.calls.len()
    }

    /// Whether one question can cover all of them; the error says why not.
    pub fn fit(&self) -> Result<(), String> {
        let (count, name) = (self.calls.len(), &self.name);
        if count <= MAX_CALLS_ASKED {
            Ok(())
        } else {
            Err(format!(
                "`{name}` is called at {count} places; this model does {MAX_CALLS_ASKED} at once: set a larger one as `roles.coder`"
            ))
        }
    }

    /// The calls for the model, numbered.
    pub fn words(&self) -> String {
        let mut words = format!(
            "the signature of `{}` has changed to `{}`. Rewrite each of these {} places, so that the call fits the new signature, and change nothing else:\n",
            self.name,
            &*Masked::whole(&self.said),
            self.calls.len()
        );
        for (number, call) in self.calls.iter().enumerate() {
            let path = call.path.as_ref().map_or("this file".into(), WorkspacePath::to_string);
            words.push_str(&format!("{}. ", number + 1));
            words.push_str(&fence::quote(&path, None, &Masked::stretch(&layout::with_line_feeds(&call.text), call.lines.clone())));
        }
        words
    }

    /// The total length of all places, in bytes.
    pub fn bytes(&self) -> usize {
        self.calls.iter().map(|call| call.lines.len()).sum()
    }

    /// The tool with which the model gives new texts for all places.
    pub fn tool(&self) -> Tool {
        let items = json!({"type": "string", "description": "The complete new text of one place."});
        let count = self.calls.len();
        let calls =
            json!({"type": "array", "items": items, "minItems": count, "maxItems": count, "description": "The places in their order."});
        let reason = json!({"type": "string", "description": "In one sentence: what was changed and why."});
        let parameters = json!({"type": "object", "properties": {"calls": calls, "reason": reason}, "required": ["calls"]});
        let function = json!({"name": "propose_edit", "description": "Rewrites the calls.", "parameters": parameters});
        Tool { name: "propose_edit".into(), function }
    }

    /// The edits that the model's answer stands for.
    pub fn fill(&self, site: &Site, arguments: &Value) -> Result<Filled, String> {
        let mut filled = Filled { reason: shorten(arguments["reason"].as_str().unwrap_or_default().trim(), 400), ..Filled::default() };
        let mut others: Vec<(WorkspacePath, Arc<str>, Vec<Edit>)> = vec![];
        for (number, (call, said)) in self.calls.iter().zip(arguments["calls"].as_array().into_iter().flatten()).enumerate() {
            let code = markdown::without_fence(said.as_str().unwrap_or_default());
            let Some(language) = &site.language else { continue };
            let edit = call.with(language, &self.name, &code).map_err(|why| format!("place {}: {why}", number + 1))?;
            if edit.text == call.text[edit.range.clone()] {
                continue;
            }
            match &call.path {
                None => filled.edits.push(edit),
                Some(path) => match others.iter_mut().find(|(known, ..)| known == path) {
                    Some((.., edits)) => edits.push(edit),
                    None => others.push((path.clone(), call.text.clone(), vec![edit])),
                },
            }
        }
        if filled.edits.is_empty() && others.is_empty() {
            return Err("no place has changed".into());
        }
        for (path, before, edits) in others {
            let batch = Batch::new(edits).map_err(|overlap| overlap.to_string())?;
            filled.others.push(Changed { after: batch.applied_to(&before), path, before: Some(before) });
        }
        Ok(filled)
    }
}

/// The lines of a call.
pub(super) fn whole_lines(text: &str, exact: &Arc<str>, path: Option<&WorkspacePath>, call: &Range<usize>) -> UseOfCallee {
    let (start, end) = (line_start(text, call.start), line_end(text, call.end));
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    if text[start..end].matches('\n').count() >= LINES {
        return UseOfCallee::Other(line_number(text, call.start));
    }
    UseOfCallee::Call(Call { path: path.cloned(), lines: start..end, text: exact.clone(), calls: vec![call.clone()] })
}
