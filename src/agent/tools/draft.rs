//! `propose_edit`: changes go to drafts in memory, all of a call or none, each anchored to text that has to exist. A draft that parses
//! worse than before, or that the permits refuse, is not accepted.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::base::Base;
use super::{Refusal, ToolAnswer, Workbench, text};
use crate::agent::compact::TEXT_LEFT_OUT;
use crate::agent::gaps;
use crate::agent::patch::{self, Miss};
use crate::agent::permit::{self, Permit};
use crate::agent::refusals::{Gap, RequestedEdit};
use crate::agent::residue;
use crate::context::Stretch;
use crate::redact::{self, PLACEHOLDER};
use crate::syntax::{self, Language, Parsed, elided};
use crate::text::common::common_start;
use crate::text::excerpt::shorten;
use crate::text::visible::restored;
use crate::text::{Edit, Ending, Text, markdown};
use crate::workspace::{Document, ReadError, Sync, WorkspacePath};

/// A file as it will be.
#[derive(Clone, Debug)]
pub struct Draft {
    pub path: WorkspacePath,
    /// `None` for a file that is created.
    pub before: Option<Arc<str>>,
    pub after: String,
    /// The model's reasons, each with the bytes of `after` that it is about.
    reasons: Vec<(Range<usize>, String)>,
    /// The text that the newest answer was written for.
    base: Base,
    /// The edits that led here, as the model wrote them: `old` and `new`.
    made_by: Vec<(String, String)>,
}

/// All drafts of a turn.
#[derive(Default)]
pub struct Drafts {
    drafts: BTreeMap<WorkspacePath, Draft>,
}

impl Drafts {
    /// The drafts, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &Draft> {
        self.drafts.values()
    }

    /// The draft of a file, if there is one.
    pub fn get(&self, path: &WorkspacePath) -> Option<&Draft> {
        self.drafts.get(path)
    }

    /// Whether nothing was drafted.
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// A new answer begins: the model has written it for the current drafts.
    pub(super) fn begin_answer(&mut self) {
        for draft in self.drafts.values_mut() {
            draft.base = Base::new(&draft.after);
        }
    }
}

impl Draft {
    fn new(path: &WorkspacePath, before: Option<Arc<str>>) -> Self {
        let after = before.as_deref().unwrap_or_default().to_string();
        Self { path: path.clone(), before, base: Base::new(&after), after, reasons: vec![], made_by: vec![] }
    }

    /// A draft of a whole file with a single reason.
    pub fn whole(path: &WorkspacePath, before: Option<Arc<str>>, after: String, reason: &str) -> Self {
        let reasons = vec![(0..after.len(), reason.to_string())];
        Self { reasons, after, ..Self::new(path, before) }
    }

    /// The place of an edit. If a text occurs several times only because edits of the same answer copied it, it was unique when the model
    /// wrote the edit.
    fn place(&self, old: &str, new: &str, indented: bool) -> Result<Edit, Miss> {
        let as_it_was = || {
            let edit = patch::place(&self.base.text, old, new, indented).ok()?;
            let range = self.base.now(&edit.range)?;
            (self.after[range.clone()] == self.base.text[edit.range]).then_some(Edit { range, text: edit.text })
        };
        patch::place(&self.after, old, new, indented).or_else(|miss| match miss {
            Miss::Ambiguous(_) => as_it_was().ok_or(miss),
            Miss::Empty | Miss::NotFound { .. } => Err(miss),
        })
    }

    /// Whether an edit was made before and would be made again: the same edit is asked for twice, or an earlier edit has already put its
    /// new lines next to their anchor.
    fn has(&self, old: &str, new: &str, place: &Edit) -> bool {
        if self.after[place.range.clone()] == place.text {
            return true;
        }
        let again = || self.made_by.iter().any(|made| made.0 == old && made.1 == new) && self.after.contains(place.text.trim());
        let anchor = &self.after[place.range.clone()];
        let stands_around = |(at, _): (usize, &str)| {
            let start = place.range.start.checked_sub(at);
            start.is_some_and(|start| self.after.as_bytes()[start..].starts_with(place.text.as_bytes()))
        };
        let is_new = || !self.before.as_deref().unwrap_or_default().contains(place.text.as_str());
        again() || place.text.match_indices(anchor).any(stands_around) && is_new()
    }

    /// Whether an edit whose anchor is gone has been made: its new text is there, and was not before.
    fn has_made(&self, old: &str, new: &str, indented: bool) -> bool {
        let is_known = || self.made_by.iter().any(|made| made.0 == old && made.1 == new);
        let is_new = || !self.before.as_deref().unwrap_or_default().contains(new.trim());
        !self.made_by.is_empty() && patch::place(&self.after, new, new, indented).is_ok() && (is_known() || is_new())
    }

    fn apply(&mut self, edit: &Edit, reason: &str) {
        self.base.note(&self.after, edit);
        let (removed, added) = (edit.range.len(), edit.text.len());
        let moved = |at: usize| if at >= edit.range.end { at - removed + added } else { at.min(edit.range.start + added) };
        for (range, _) in &mut self.reasons {
            *range = moved(range.start).min(moved(range.end))..moved(range.end);
        }
        self.after.replace_range(edit.range.clone(), &edit.text);
        self.reasons.push((edit.range.start..edit.range.start + added, shorten(reason.trim(), 400)));
    }

    /// The reasons for these bytes of the new text, or for what was deleted there.
    pub fn reason(&self, bytes: &Range<usize>) -> String {
        let touches = |range: &Range<usize>| range.start <= bytes.end && bytes.start <= range.end;
        let mut said: Vec<&str> = vec![];
        for (_, reason) in self.reasons.iter().filter(|(range, _)| touches(range)) {
            if !reason.is_empty() && !said.contains(&reason.as_str()) {
                said.push(reason);
            }
        }
        shorten(&said.join(" "), 800)
    }
}

/// The drafts of one call, accepted together or not at all.
type Staged = BTreeMap<WorkspacePath, Draft>;

/// Why an edit of a call is refused.
struct RefusedEdit {
    reason: String,
    /// The file, as far as it is known.
    target: Option<String>,
    /// The number of the edit within its call, if it is about one.
    number: Option<usize>,
    /// Lines that the model may have meant.
    near: Option<Box<(Stretch, String)>>,
    /// What it would change must not be touched.
    barred: bool,
}

impl RefusedEdit {
    fn of(path: &WorkspacePath, reason: String) -> Self {
        Self { reason, target: Some(path.to_string()), number: None, near: None, barred: false }
    }

    /// The refusal of the whole call. None of it was accepted, so its other edits are missing as well, except for those already in place.
    fn of_call(self, mut wanted: Vec<RequestedEdit>, stand: &[usize]) -> Refusal {
        let Self { reason, target, number, near, barred } = self;
        let edits = wanted.len();
        let again = if edits > 1 { format!("{BREAK}Nothing of this call was taken: send all {edits} edits again.") } else { String::new() };
        let is_it = |at: usize, one: &RequestedEdit| {
            number.map_or_else(|| target.as_deref().is_some_and(|path| one.is_of(path)), |number| number == at)
        };
        if let (Some(number), Some((_, lines))) = (number, near.as_deref())
            && let Some(one) = wanted.get_mut(number)
        {
            one.near(lines);
        }
        for (at, one) in wanted.iter_mut().enumerate() {
            one.barred = barred && is_it(at, one);
        }
        let left = wanted.into_iter().enumerate().filter(|(at, _)| !stand.contains(at)).map(|(_, one)| one).collect();
        Refusal {
            message: format!("{reason}{again}"),
            target,
            gap: Gap::Edits(left),
            places: near.into_iter().map(|near| near.0).collect(),
        }
    }
}

/// The refusal of a call that would change nothing. If all of it was made before, its edits are not missing.
fn nothing_new(wanted: Vec<RequestedEdit>, is_made: bool) -> Refusal {
    let message = match wanted.as_slice() {
        [only] => format!("edit 1 of {}: the edit changes nothing: what it writes stands there already\n{GO_ON}", only.path),
        all => format!("the {} edits change nothing: what they want stands there already\n{GO_ON}", all.len()),
    };
    let target = wanted.first().filter(|_| !is_made).map(|one| one.path.clone());
    Refusal { message, target, gap: Gap::Stands(wanted), places: vec![] }
}

/// What to do next if nothing is wrong.
const GO_ON: &str = "propose what is left, or call finish";
/// Separates what is wrong from what to do; the former may be lines of a file.
const BREAK: &str = "\n";

/// Runs the tool.
pub(super) fn propose(bench: &mut Workbench, arguments: &Value) -> Result<ToolAnswer, Refusal> {
    let wanted = RequestedEdit::all(arguments);
    let edits = arguments["edits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Call { mut staged, stand, unfit } = Call::new(bench, edits);
    if let Some(unfit) = unfit {
        return Err(unfit.of_call(wanted, &stand));
    }
    let is_made = staged.keys().any(|path| bench.drafts.get(path).is_some());
    staged.retain(|_, draft| !bench.stands(draft));
    if staged.is_empty() {
        return Err(nothing_new(wanted, is_made));
    }
    for (path, draft) in &staged {
        if let Err(reason) = bench.check(draft) {
            return Err(RefusedEdit::of(path, format!("{path}: {reason}")).of_call(wanted, &stand));
        }
    }
    let mut said = vec![];
    for (path, draft) in staged {
        said.push(match &draft.before {
            None => format!("{path} is created, {} lines", draft.after.lines().count()),
            Some(_) => format!("{path} is changed"),
        });
        bench.take(draft);
    }
    let stand: String = stand.iter().map(|number| format!(" Edit {} stands already, and is not made again.", number + 1)).collect();
    let text = format!("Taken: {}.{stand} Nothing else is needed for it; a person reviews it before it is applied.", said.join("; "));
    Ok(ToolAnswer { text, taken: wanted, ..ToolAnswer::default() })
}

/// The edits of a call, as drafts that may be shown to the user.
struct Call {
    staged: Staged,
    /// The numbers of the edits that were made before.
    stand: Vec<usize>,
    /// What is wrong with the first edit that cannot be made.
    unfit: Option<RefusedEdit>,
}

impl Call {
    fn new(bench: &Workbench, edits: &[Value]) -> Self {
        let mut call = Self { staged: Staged::new(), stand: vec![], unfit: None };
        for (number, edit) in edits.iter().enumerate() {
            match stage(bench, &mut call.staged, number, edit) {
                Ok(true) => {}
                Ok(false) => call.stand.push(number),
                Err(unfit) => call.unfit = call.unfit.or(Some(unfit)),
            }
        }
        call
    }
}

/// Applies one edit to the drafts of the call; false if it is already in place, since models repeat edits that were accepted.
fn stage(bench: &Workbench, staged: &mut Staged, number: usize, edit: &Value) -> Result<bool, RefusedEdit> {
    let asked = text(edit, "path");
    let path = bench.path(asked).map_err(|reason| RefusedEdit {
        reason,
        target: Some(shorten(asked, 120)),
        number: Some(number),
        near: None,
        barred: true,
    })?;
    let refuse = |reason: String| {
        let reason = format!("edit {} of {path}: {reason}", number + 1);
        RefusedEdit { number: Some(number), ..RefusedEdit::of(&path, reason) }
    };
    if !staged.contains_key(&path) {
        staged.insert(path.clone(), bench.draft(&path).map_err(&refuse)?);
    }
    let draft = staged.get_mut(&path).ok_or_else(|| refuse("it was lost".into()))?;
    // Text that the model saw masked or with invisible characters as numbers, and repeats like this, means the file's own text.
    let as_it_is = |name: &str| restored(&redact::unmasked(text(edit, name), &draft.after), &draft.after).map_err(&refuse);
    let (old, new) = unfenced(&path, &draft.after, as_it_is("old")?, as_it_is("new")?);
    let (old, new) = bench.written_out(&path, &draft.after, old, new);
    let creates = draft.before.is_none() && draft.after.is_empty();
    if creates && let Some(reason) = bench.cannot_create(&old) {
        return Err(refuse(reason.into()));
    }
    let indented = bench.is_indented(&path, &draft.after);
    let place = match draft.place(&old, &new, indented) {
        Ok(place) => place,
        // An edit proposed again finds its own result.
        Err(Miss::NotFound { .. } | Miss::Empty) if draft.has_made(&old, &new, indented) => return Ok(false),
        Err(miss) => {
            let exists = "the file exists already\ncopy the lines to be replaced into `old`".to_string();
            let unfit = refuse(if miss == Miss::Empty { exists } else { miss.to_string() });
            let Miss::NotFound { nearest: Some((line, text)) } = miss else { return Err(unfit) };
            return Err(RefusedEdit { near: Some(Box::new((Stretch::of(&path, line as u32, &text), text))), ..unfit });
        }
    };
    if !creates && draft.has(&old, &new, &place) {
        return Ok(false);
    }
    let place = if creates { Edit { text: bench.ended_like_others(&path, place.text), ..place } } else { place };
    draft.apply(&place, text(edit, "reason"));
    // Text written again after it was deleted may be deleted again.
    draft.made_by.retain(|(old, new)| !new.trim().is_empty() || !place.text.contains(old.trim()));
    draft.made_by.push((old, new));
    Ok(true)
}

/// The two sides of an edit without the code fence that a model puts around a text out of habit. The fence is kept if the file has it
/// there, and in a document, where it may be intended.
fn unfenced(path: &WorkspacePath, file: &str, old: String, new: String) -> (String, String) {
    let has_it = old.contains(markdown::FENCE) && file.contains(old.trim());
    if residue::may_have_fences(path.name()) || has_it {
        return (old, new);
    }
    let creates = old.trim().is_empty();
    let without = |text: String| match markdown::only_block(&text) {
        Some(inside) if creates || text.ends_with('\n') => inside.into(),
        // The line break before the closing fence belongs to the fence.
        Some(inside) => inside.strip_suffix('\n').unwrap_or(inside).into(),
        None => text,
    };
    (without(old), without(new))
}

impl Workbench {
    /// The draft of a file: the current one, or a new one.
    fn draft(&self, path: &WorkspacePath) -> Result<Draft, String> {
        if let Some(draft) = self.drafts.get(path) {
            return Ok(draft.clone());
        }
        if self.snapshot.documents.at(path).is_some_and(|document| !document.is_in_step()) {
            return Err("it is open, but its text is not known for sure\nleave it alone".into());
        }
        match self.snapshot.read_exact(path) {
            Ok(before) => Ok(Draft::new(path, Some(before))),
            Err(ReadError::Missing) => Ok(Draft::new(path, None)),
            Err(error) => Err(format!("{error}\nleave it alone")),
        }
    }

    /// Both sides of an edit with left-out lines filled in ([`crate::syntax::elided`]).
    fn written_out(&self, path: &WorkspacePath, file: &str, old: String, new: String) -> (String, String) {
        let Some(language) = self.language(path, file) else { return (old, new) };
        let old = elided::expanded(&language, file, &old, false).unwrap_or(old);
        let written = elided::expanded(&language, &old, &new, true);
        (old, written.unwrap_or(new))
    }

    fn language(&self, path: &WorkspacePath, source: &str) -> Option<Arc<Language>> {
        let id = self.snapshot.documents.at(path).map_or("", |document| document.language.as_str());
        self.registry.of_document(id, Some(path.relative()), source).cloned()
    }

    /// The text of a new file, with the line endings of the nearest file.
    fn ended_like_others(&self, path: &WorkspacePath, text: String) -> String {
        let folders = |path: &WorkspacePath| path.folder().split('/').map(String::from).collect::<Vec<_>>();
        let own = folders(path);
        let away = |other: &WorkspacePath| {
            let there = folders(other);
            let shared = common_start(&there, &own);
            (there.len() + own.len() - 2 * shared, other.extension() != path.extension(), other.relative().to_string())
        };
        let others = self.index.files().map(|(_, file)| &file.path).filter(|other| other.root() == path.root());
        let nearest = others.min_by_key(|other| away(other)).filter(|other| (self.gate)(other).is_none());
        let ending = nearest.and_then(|other| self.snapshot.read_exact(other).ok()).map(|other| Ending::of(&other));
        match ending {
            Some(Ending::CrLf) => Ending::CrLf.apply(&text),
            _ => text,
        }
    }

    /// Why an edit that replaces `old` cannot create a file.
    fn cannot_create(&self, old: &str) -> Option<&'static str> {
        if !old.trim().is_empty() {
            return Some("there is no such file\nleave `old` empty to create it, or look for the right path with list_files");
        }
        let reason = "there is no such file, and this editor cannot create files\nchange files that exist, or say in the summary what is to be created";
        (!self.creates_files).then_some(reason)
    }

    /// Whether a draft equals what is already there.
    fn stands(&self, draft: &Draft) -> bool {
        let standing = self.drafts.get(&draft.path).map(|old| old.after.as_str()).or(draft.before.as_deref());
        standing == Some(draft.after.as_str())
    }

    /// Whether a draft may be shown to the user; the error is for the model.
    fn check(&mut self, draft: &Draft) -> Result<(), String> {
        let before = draft.before.as_deref().unwrap_or_default();
        let brings = |mark: &str| draft.after.matches(mark).count() > before.matches(mark).count();
        if brings(PLACEHOLDER) {
            return Err("`<redacted …>` stands for a secret that models do not see, and would be written in its place\nleave those lines as they are".into());
        }
        if brings(TEXT_LEFT_OUT) {
            return Err(format!("`{TEXT_LEFT_OUT}` would stand in place of what was written before\nread the file, and write it out"));
        }
        if let Permit::Refused(reason) = permit::judge(&draft.path, draft.before.as_deref(), Some(&draft.after)) {
            return Err(reason);
        }
        if let Some(misread) = self.misread(draft)
            && !self.accepts_second_try(draft, &misread)
        {
            return Err(misread.to_string());
        }
        let (old, new) = (self.parsed(&draft.path, before), self.parsed(&draft.path, &draft.after));
        let Some(new) = new else { return Ok(()) };
        if let Some(left_out) = elided::left_out(new.language(), before, &draft.after) {
            return Err(format!("{left_out}, or replace only the lines that change"));
        }
        if new.strays() > old.as_ref().map_or(0, Parsed::strays) {
            return Err(gaps::STRAYS.into());
        }
        Ok(())
    }

    /// Accepts a draft, so that the other tools see it.
    fn take(&mut self, draft: Draft) {
        self.objected = None;
        let text = Text::new(&draft.after);
        let known = self.snapshot.documents.at(&draft.path).cloned();
        let document = match known {
            Some(document) => Document { text, ..(*document).clone() },
            None => Document {
                uri: draft.path.uri(),
                path: Some(draft.path.clone()),
                targets: vec![],
                language: String::new(),
                version: 0,
                text,
                sync: Sync::InStep,
            },
        };
        self.snapshot.documents.insert(document);
        self.drafts.drafts.insert(draft.path.clone(), draft);
    }

    /// Whether indentation has a meaning in a file; true if its language is not known.
    fn is_indented(&self, path: &WorkspacePath, source: &str) -> bool {
        self.registry.detect(path.relative(), source).is_none_or(|language| language.indented)
    }

    /// The tree of a text in the language of this path; none if it has none.
    pub(super) fn parsed(&self, path: &WorkspacePath, source: &str) -> Option<Parsed> {
        syntax::parse(&self.language(path, source)?, source).ok()
    }

    /// How many places do not parse, before and after. Equal if the language is not known.
    pub(super) fn errors(&self, path: &WorkspacePath, before: &str, after: &str) -> (usize, usize) {
        let count = |source: &str| self.parsed(path, source).map(|parsed| parsed.errors());
        match (count(before), count(after)) {
            (Some(before), Some(after)) => (before, after),
            _ => (0, 0),
        }
    }
}
