//! Inline completion: what is offered at the cursor, or why nothing is.
//!
//! The hole and its mode come from syntax (`hole`), the prompt fits the engine's speed (`prompt`), the answer is cut to what belongs
//! there (`shape`), and a suggestion that the user types through is answered from `memory`.

mod answer;
pub mod brackets;
mod extent;
pub mod hole;
mod indent;
mod judge;
pub mod memory;
mod open;
pub mod prompt;
mod rest;
pub mod shape;

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::Serialize;

use super::around::{Asker, around};
use super::preview::{Drawn, Reader, current};
use super::{LspRange, Session, Site, Target, Timing, hard};
use crate::context::redact::{self, Secrets};
use crate::context::{Masked, Part};
use crate::engine::{Ask, Cancel, Caps, EngineError, ErrorKind, Event, Finish, Priority, Request, Tokens};
use crate::route::{Choice, Decision, Served, Signal, Task, TaskKind};
use crate::syntax::scope;
use crate::text::{Edit, Ending, layout};
use brackets::Comments;
use extent::has_attributes_only;
use hole::{Hole, Inside, Mode};
use judge::Judge;
pub use memory::Memory;
use open::without_continuation;
use prompt::Budget;
use shape::{Layout, Nothing, shapes};

/// What an inline completion is asked with.
#[derive(Clone, Debug)]
pub struct Params {
    /// The cursor is the start of its bytes.
    pub at: Target,
    /// Asked for by a person, not by typing.
    pub invoked: bool,
    /// The entry that is selected in the editor's own list: a suggestion begins with its text and replaces its bytes.
    pub selected: Option<(Range<usize>, String)>,
}

impl Params {
    /// Without a selected entry that replaces something else than what stands at the cursor.
    fn sensible(&self) -> Self {
        let (cursor, text) = (self.at.bytes.start, &self.at.document.text);
        let at_cursor = |range: &Range<usize>| {
            range.start <= cursor && cursor <= range.end && text.to_arc().get(range.clone()).is_some_and(|there| !there.contains('\n'))
        };
        Self { selected: self.selected.clone().filter(|(range, _)| at_cursor(range)), ..self.clone() }
    }
}

/// What is offered.
#[derive(Clone, Debug, Serialize)]
pub struct Completion {
    pub items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Decision>,
    pub timing: Timing,
    /// Why there are no items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// The suggestion was shown before, and the user has typed its beginning.
    pub from_memory: bool,
    pub sent: Sent,
}

/// One suggestion.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    pub text: String,
    pub range: LspRange,
    #[serde(skip)]
    pub edit: Edit,
}

/// What went to the model, in bytes of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sent {
    pub before: usize,
    pub after: usize,
    /// Places of other files.
    pub context: Vec<String>,
}

/// Documents above this are left alone.
const MAX_DOCUMENT: usize = 32 << 20;
/// Lines taken off the end of a suggestion to make it parse.
const MOST_CUTS: usize = 24;
/// Bytes before the cursor of which it is counted how many files they use.
const USED_WITHIN: usize = 4 << 10;
/// Text around the cursor that is looked at.
const NEAR: usize = 64 << 10;

/// What is left of a suggestion that the user types through, without asking anybody.
pub fn recall(session: &Session, params: &Params) -> Option<Completion> {
    let params = &params.sensible();
    remembered(session, params, &prepare(session, params).ok()?)
}

fn remembered(session: &Session, params: &Params, prepared: &Prepared) -> Option<Completion> {
    let none_selected = params.selected.is_none();
    let known = none_selected
        .then(|| session.shared.notes(|notes| notes.memory.recall(&params.at.document.uri, &prepared.before, &prepared.after)));
    let (text, decision) = known.flatten()?;
    Some(Completion {
        from_memory: true,
        ..offered(params, &prepared.site.as_written(&text), decision, Timing::default(), Sent::default())
    })
}

/// Computes what is offered. An empty list has a reason in `nothing`; an error means that no engine could be asked.
pub async fn complete(session: &Session, params: &Params, cancel: &Cancel) -> Result<Completion, EngineError> {
    let started = Instant::now();
    let params = &params.sensible();
    let prepared = match prepare(session, params) {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(nothing(session, params, reason)),
    };
    if let Some(known) = remembered(session, params, &prepared) {
        return Ok(known);
    }
    let Prepared { site, before, after } = prepared;
    let uri = &params.at.document.uri;
    let near = Near::new(&before, &after);
    if near.in_secret {
        return Ok(nothing(session, params, "the cursor is inside of what looks like a secret".into()));
    }
    let comments = Comments::in_file(site.language.as_ref(), &site.path);
    let hole = Hole::new(&near.before, &near.after, comments, inside(&site), params.invoked);
    if hole.is_inside_word() && !params.invoked && params.selected.is_none() {
        return Ok(nothing(session, params, "the cursor is inside of a word; ask for a suggestion to get one there".into()));
    }
    let work = Work { session, params, site: &site, hole: &hole, started };
    let task = work.task();
    let (mut served, mut sent) = work.ask(&task, cancel).await?;
    let again = work.harder(&task, &served);
    if let Some(task) = again {
        match work.ask(&task, cancel).await {
            Ok(better) => (served, sent) = better,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            // The first answer is there, whatever became of the second.
            Err(_) => served.decision.reason.push_str("; it was unsure, and nobody else answered"),
        }
    }
    let timing = Timing { ready_ms: sent.1, engine: served.answer.finished.timing.clone() };
    let raw = work.text_of(&served.answer.text, sent.2);
    let cut_short = served.answer.finished.reason == Finish::Length;
    match work.fit(&raw, cut_short) {
        Ok(text) => {
            if params.selected.is_none() {
                session.shared.notes(|notes| notes.memory.keep(uri, &before, &after, &text, &served.decision));
            }
            Ok(offered(params, &site.as_written(&text), served.decision, timing, sent.0))
        }
        Err(reason) => {
            let thought = only_thought(&served, work.max_tokens());
            let empty = nothing(session, params, thought.unwrap_or_else(|| reason.words().into()));
            Ok(Completion { route: Some(served.decision), timing, sent: sent.0, ..empty })
        }
    }
}

/// Who is to be asked for a completion at a place.
pub(super) fn task(session: &Session, at: &Target, invoked: bool) -> Result<Task, EngineError> {
    let params = Params { at: at.clone(), invoked, selected: None };
    let refused = |reason| EngineError::new(ErrorKind::Unsupported, format!("nothing is sent from here: {reason}"));
    let Prepared { site, before, after } = prepare(session, &params).map_err(refused)?;
    let near = Near::new(&before, &after);
    let comments = Comments::in_file(site.language.as_ref(), &site.path);
    let hole = Hole::new(&near.before, &near.after, comments, inside(&site), invoked);
    Ok(Work { session, params: &params, site: &site, hole: &hole, started: Instant::now() }.task())
}

/// What a completion at a place sends, with `wanted` tokens of other files or as many as are due, and their number.
pub(super) fn draw(session: &Session, at: &Target, wanted: Option<usize>, reader: &Reader) -> Result<(Drawn, usize), EngineError> {
    let params = Params { at: at.clone(), invoked: false, selected: None };
    let refused = |reason| EngineError::new(ErrorKind::Unsupported, format!("nothing is sent from here: {reason}"));
    let Prepared { site, before, after } = prepare(session, &params).map_err(refused)?;
    let near = Near::new(&before, &after);
    // In a prompt with FIM tokens the mode is not said, and a text that was just opened need not be parsed for it.
    let inside = if reader.caps.fim { Inside::Code } else { inside(&site) };
    let comments = Comments::in_file(site.language.as_ref(), &site.path);
    let hole = Hole::new(&near.before, &near.after, comments, inside, false);
    let config = session.config();
    let automatic = Budget::automatic(reader.rate(session), config.completion.latency_ms, config.context.completion_tokens as usize);
    let budget = Budget { context: wanted.unwrap_or(automatic.context), ..automatic };
    let mut parts = around(session, &site, site.bytes.start, budget.context, reader.tokens.as_ref(), Asker::Preview);
    parts.extend(below(&hole, &site, budget, reader.tokens.as_ref()));
    let ask = prompt::ask(&hole, &site.path, budget, &parts, reader.caps.fim);
    let (prefix, suffix) = (prompt::window_before(hole.before, budget.before), prompt::window_after(hole.after, budget.after));
    let line = site.line_of(site.bytes.start);
    let first = line - prefix.matches('\n').count() as u32;
    parts.push(current(&site.path, first, Masked::whole(prefix), reader.tokens.as_ref(), "before the cursor"));
    parts.push(current(&site.path, line, Masked::whole(suffix), reader.tokens.as_ref(), "after the cursor"));
    Ok((Drawn { ask, parts }, budget.context))
}

/// What stands further below in the file than the text after the cursor reaches.
fn below(hole: &Hole, site: &Site, budget: Budget, tokens: &dyn Tokens) -> Option<Part> {
    let shown = prompt::window_after(hole.after, budget.after);
    let (skipped, text) = prompt::window_below(hole.after, shown, budget.below)?;
    let first = site.line_of(site.bytes.start) + (shown.matches('\n').count() + skipped) as u32;
    let part = current(&site.path, first, Masked::whole(text), tokens, "further below");
    // It ends with a line break.
    Some(Part { end_line: part.end_line - 1, ..part })
}

struct Prepared {
    site: Site,
    before: String,
    after: String,
}

/// What the parser says is around a place. On a line of its own an expression may want several: an element of a list, a field with all
/// that it holds.
fn inside(site: &Site) -> Inside {
    let place = site.place();
    let alone = || site.text[site.whole_lines(site.bytes.start..site.bytes.start)].trim().is_empty();
    match place.in_comment || place.in_string {
        true => Inside::Words,
        false if place.in_expression && !alone() => Inside::Expression,
        false => Inside::Code,
    }
}

/// Reads the place, or says why nothing is offered there.
fn prepare(session: &Session, params: &Params) -> Result<Prepared, String> {
    if let Some(reason) = session.closed(&params.at) {
        return Err(reason);
    }
    if params.at.document.text.len_bytes() > MAX_DOCUMENT {
        return Err("the document is larger than 32 MiB".into());
    }
    let site = Site::new(session, &params.at);
    let unwanted = |place: crate::syntax::Place| place.in_comment || place.in_string;
    if !params.invoked && !session.config().completion.in_comments && unwanted(site.place()) {
        return Err("completion in comments and strings is turned off (completion.in_comments)".into());
    }
    let cursor = site.bytes.start;
    let (replaced, chosen) = params.selected.clone().unwrap_or((cursor..cursor, String::new()));
    let before = format!("{}{chosen}", &site.text[..site.text.floor_char_boundary(replaced.start)]);
    let after = site.text[site.text.floor_char_boundary(replaced.end)..].to_string();
    Ok(Prepared { before, after, site })
}

/// One request for one hole.
struct Work<'a> {
    session: &'a Session,
    params: &'a Params,
    site: &'a Site,
    hole: &'a Hole<'a>,
    started: Instant,
}

/// What was sent, after how many milliseconds, and whether as a hole (or else in words).
type Asked = (Sent, f64, bool);

impl Work<'_> {
    fn task(&self) -> Task {
        let kind = if self.params.invoked { TaskKind::CompleteInvoked } else { TaskKind::CompleteAuto };
        let mut task = self.session.task(kind);
        let item = self.site.item();
        let inside = |item: &scope::Item| self.site.empty_body(item).is_some_and(|body| body.start <= self.site.bytes.start);
        if self.hole.is_empty_body() || item.as_ref().is_some_and(inside) {
            let documented = item.is_some_and(|item| self.site.doc_of(&item).is_some());
            task.signals.push(if documented { Signal::DocumentedBody } else { Signal::EmptyBody });
        }
        if kind == TaskKind::CompleteInvoked || self.session.config().route.auto_coder {
            let near = self.hole.before.len().saturating_sub(USED_WITHIN);
            let near = &self.hole.before[self.hole.before.floor_char_boundary(near)..];
            task.signals.extend(hard::many_files(self.session, self.site, near));
        }
        task
    }

    /// The task for a second pass, when the first was unsure of an answer that somebody waits for.
    fn harder(&self, task: &Task, served: &Served) -> Option<Task> {
        let unsure = self.session.router().unsure(&served.answer.finished.timing)?;
        self.may_ask_harder(task, unsure, &served.decision.engine)
    }

    /// The task with a signal that the first answer gives, where another engine than the first would be asked then.
    fn may_ask_harder(&self, task: &Task, signal: Signal, first: &str) -> Option<Task> {
        let again = task.signals.is_empty() && (self.params.invoked || self.session.config().route.auto_coder);
        let harder = Task { signals: vec![signal], ..task.clone() };
        let other = self.session.router().plan(&harder).ok()?.first()?.decision.engine != first;
        (again && other).then_some(harder)
    }

    /// Asks, and ends the answer where the hole is full: servers that are not told where to stop, or cannot be, write on.
    async fn ask(&self, task: &Task, cancel: &Cancel) -> Result<(Served, Asked), EngineError> {
        let mut asked = Asked::default();
        let (layout, mut said) = (self.layout(), String::new());
        // How sure a model was is told at the end of its answer only.
        let (as_hole, may_end) = (AtomicBool::new(true), AtomicBool::new(true));
        let served = self.session.router().run_while(
            task,
            cancel,
            |choice, caps| {
                let (request, sent) = self.request(choice, caps)?;
                may_end.store(self.may_ask_harder(task, Signal::Unsure(0), &choice.decision.engine).is_none(), Ordering::Relaxed);
                as_hole.store(caps.fim, Ordering::Relaxed);
                asked = (sent, self.started.elapsed().as_secs_f64() * 1000.0, caps.fim);
                Ok(request)
            },
            |event| {
                match event {
                    Event::Text(piece) => said.push_str(piece),
                    Event::TextWasReasoning => said.clear(),
                    _ => return ControlFlow::Continue(()),
                }
                let wanted = may_end.load(Ordering::Relaxed) && said.contains('\n');
                let full = wanted && self.is_full(&said, as_hole.load(Ordering::Relaxed), &layout);
                if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        let served = served.await?;
        Ok((served, asked))
    }

    fn is_full(&self, said: &str, as_hole: bool, layout: &Layout) -> bool {
        let text = self.text_of(said, as_hole);
        // What is said behind a code block is about it; one may still follow on words.
        let fences = if as_hole || self.site.language.is_none() { 0 } else { said.matches("```").count() };
        let ends_in_words = said.trim().lines().next().is_some_and(|line| line.ends_with([':', '.', '!']));
        match fences {
            0 if !as_hole && ends_in_words => false,
            2.. if !text.trim().is_empty() => true,
            _ => shape::is_full(self.hole, &text, layout),
        }
    }

    /// The text to insert in what a model said of a hole, or in words.
    fn text_of(&self, said: &str, as_hole: bool) -> String {
        let markup = self.site.language.is_none();
        let in_words = !as_hole || answer::is_fenced(said) && !markup && !self.site.place().in_comment;
        if in_words { answer::out_of_words(self.hole, said, markup) } else { said.into() }
    }

    fn request(&self, choice: &Choice, caps: &Caps) -> Result<(Request, Sent), EngineError> {
        let config = self.session.config();
        let most = config.context.completion_tokens as usize;
        let rate = self.session.router().prefill_rate(&choice.decision.engine).or(caps.prefill_rate);
        let max_tokens = self.max_tokens();
        let budget = match self.params.invoked {
            true => Budget::invoked(most),
            false => Budget::automatic(rate, config.completion.latency_ms, most),
        };
        let budget = budget.within(caps.context, max_tokens);
        let parts = self.context(choice, budget);
        let ask = prompt::ask(self.hole, &self.site.path, budget, &parts, caps.fim);
        let sent = Sent {
            before: prompt::window_before(self.hole.before, budget.before).len(),
            after: prompt::window_after(self.hole.after, budget.after).len(),
            context: parts.iter().map(|part| format!("{}:{}-{}", part.path, part.start_line, part.end_line)).collect(),
        };
        // A chat model may open its answer with a line break or a fence: the stops of a hole would end it there.
        let stop = if matches!(ask, Ask::Fim(_)) { self.hole.stops() } else { vec![] };
        let priority = if self.params.invoked { Priority::Invoked } else { Priority::Typing };
        Ok((Request { ask, max_tokens, temperature: 0.0, stop, priority }, sent))
    }

    fn max_tokens(&self) -> u32 {
        let most = self.session.config().completion.max_tokens.max(1);
        match (&self.hole.mode, self.params.invoked) {
            (Mode::Line, _) => most.min(64),
            (Mode::Statement | Mode::Remark | Mode::Pair { body: false, .. }, false) => most.min(96),
            (_, false) => most,
            (_, true) => most * 2,
        }
    }

    /// Definitions of other files that the code here will want.
    fn context(&self, choice: &Choice, budget: Budget) -> Vec<Part> {
        let asker = if self.params.invoked { Asker::Invoked } else { Asker::Typing };
        let tokens = choice.engine.tokens();
        let mut parts = around(self.session, self.site, self.site.bytes.start, budget.context, tokens.as_ref(), asker);
        parts.extend(below(self.hole, self.site, budget, tokens.as_ref()));
        parts
    }

    /// What of the raw answer is offered: shaped, and shortened until the parser takes it.
    fn fit(&self, raw: &str, cut_short: bool) -> Result<String, Nothing> {
        let raw = indent::recipe(self.hole, &self.site.path, raw);
        let mut shapes = shapes(self.hole, &raw, cut_short, &self.layout())?;
        if self.site.path.ends_with(".json") {
            shapes.iter_mut().for_each(|text| text.truncate(without_last_comma(self.hole, text).len()));
        }
        if shapes.iter().any(|text| text.contains(redact::PLACEHOLDER)) {
            return Err(Nothing::Secret);
        }
        let judge = Judge::new(self.site, self.hole);
        let fitting = shapes.into_iter().filter_map(|text| self.shortened(&judge, text));
        // Of equal ones the first, which is the likeliest.
        fitting.min_by_key(|(_, faults)| *faults).map(|(text, _)| text).ok_or(Nothing::Broken)
    }

    fn layout(&self) -> Layout {
        let language = self.site.language.as_deref();
        let prescribed = || language.and_then(|language| language.indent.clone());
        let unit = layout::known_unit(&self.site.text).or_else(prescribed);
        Layout { ending: Ending::of(&self.site.text), unit, known: language.is_some() }
    }

    /// The beginning of a suggestion that may stand in the file, with the faults that the file has then.
    fn shortened(&self, judge: &Judge, mut text: String) -> Option<(String, usize)> {
        for cuts in 0..MOST_CUTS {
            let whole = format!("{text}{}", self.hole.tail(&text));
            if let Some(faults) = judge.faults(&edit(self.params, &whole)) {
                return Some((whole, faults));
            }
            text.truncate(text[..text.rfind('\n')?].trim_end().len());
            text.truncate(without_continuation(self.hole, &text).len());
            // What was to follow an attribute was cut off: it would stand on something else.
            if text.trim().is_empty() || cuts + 1 == MOST_CUTS || has_attributes_only(&text, self.hole.comments) {
                break;
            }
        }
        None
    }
}

/// Without the comma before the bracket that closes a list, which JSON does not take.
fn without_last_comma<'a>(hole: &Hole, text: &'a str) -> &'a str {
    let last = hole.rest().trim().is_empty() && hole.following().next().is_some_and(hole::begins_with_closer);
    text.trim_end().strip_suffix(',').filter(|_| last).unwrap_or(text)
}

/// The edit that a suggestion is.
fn edit(params: &Params, text: &str) -> Edit {
    match &params.selected {
        Some((range, chosen)) => Edit { range: range.clone(), text: format!("{chosen}{text}") },
        None => Edit::insert(params.at.bytes.start, text),
    }
}

fn offered(params: &Params, text: &str, decision: Decision, timing: Timing, sent: Sent) -> Completion {
    let edit = edit(params, text);
    let range = LspRange::new(&params.at.document.text, edit.range.clone());
    let items = vec![Item { text: edit.text.clone(), range, edit }];
    Completion { items, route: Some(decision), timing, nothing: None, from_memory: false, sent }
}

/// Why nothing came of an answer that is reasoning and nothing else.
fn only_thought(served: &Served, tokens: u32) -> Option<String> {
    let (answer, engine) = (&served.answer, &served.decision.engine);
    (answer.text.trim().is_empty() && !answer.reasoning.is_empty()).then(|| {
        format!(
            "the model spent its {tokens} tokens thinking; set engines.{engine}.thinking = false, or take another model for completions"
        )
    })
}

fn nothing(session: &Session, params: &Params, reason: String) -> Completion {
    session.shared.notes(|notes| notes.memory.note_nothing(&params.at.document.uri, &reason));
    let (items, route, timing, sent) = Default::default();
    Completion { items, route, timing, nothing: Some(reason), from_memory: false, sent }
}

/// The text next to the cursor, as models may see it. Secrets are found in both sides together: a value that is being typed begins
/// before the cursor and ends behind it.
struct Near {
    before: Masked,
    after: Masked,
    in_secret: bool,
}

impl Near {
    fn new(before: &str, after: &str) -> Self {
        let before = near_end(before);
        let (at, text) = (before.len(), before + &near_start(after));
        let secrets = Secrets::of(&text);
        let (before, after) = (secrets.cut(&text, 0..at), secrets.cut(&text, at..text.len()));
        Self { before, after, in_secret: secrets.around(at) }
    }
}

/// The text next to the cursor with `\n` for line breaks, as models were trained on it.
fn near_end(before: &str) -> String {
    prompt::whole_steps(before, NEAR).replace("\r\n", "\n").replace('\r', "\n")
}

fn near_start(after: &str) -> String {
    after[..after.floor_char_boundary(NEAR)].replace("\r\n", "\n").replace('\r', "\n")
}
