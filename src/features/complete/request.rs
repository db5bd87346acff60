//! Asks for one hole: which engine, with which prompt, when the answer is long enough, and which part of it fits.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::extent::has_attributes_only;
use super::hole::{self, Hole, Mode};
use super::judge::Judge;
use super::open::without_continuation;
use super::prompt::{self, Budget};
use super::shape::{self, Layout, Nothing, Written, shapes};
use super::{Params, Sent, answer, drawn, edit, indent};
use crate::context::Part;
use crate::engine::{Ask, Cancel, Caps, EngineError, ErrorKind, Event, Priority, Request};
use crate::features::around::{Asker, around};
use crate::features::{Session, Site, difficulty};
use crate::redact;
use crate::route::{Choice, Served, Signal, Task, TaskKind};
use crate::syntax::scope;
use crate::text::{Ending, layout, markdown};

/// Maximum lines cut from the end of a suggestion to make it parse.
const MAX_CUTS: usize = 24;
/// Bytes before the cursor in which used files are counted.
const FILES_COUNTED_WITHIN_BYTES: usize = 4 << 10;

/// The task for a completion, with the signals of the place.
pub(in crate::features) fn task(session: &Session, site: &Site, hole: &Hole, invoked: bool) -> Task {
    let kind = if invoked { TaskKind::CompleteInvoked } else { TaskKind::CompleteAuto };
    let mut task = session.task(kind);
    let item = site.item();
    let inside = |item: &scope::Item| site.empty_body(item).is_some_and(|body| body.start <= site.bytes.start);
    if hole.is_empty_body() || item.as_ref().is_some_and(inside) {
        let documented = item.is_some_and(|item| site.doc_of(&item).is_some());
        task.signals.push(if documented { Signal::DocumentedBody } else { Signal::EmptyBody });
    }
    if invoked || session.config().route.auto_coder {
        let near = hole.before.len().saturating_sub(FILES_COUNTED_WITHIN_BYTES);
        let near = &hole.before[hole.before.floor_char_boundary(near)..];
        task.signals.extend(difficulty::many_files(session, site, near));
    }
    task
}

/// Maximum tokens of the rest of a line.
const MAX_LINE_TOKENS: u32 = 64;
/// Most tokens of a statement, a remark or a pair of brackets that is suggested while the user types.
const MAX_STATEMENT_TOKENS: u32 = 96;

/// Most tokens of the answer for a hole.
pub(super) fn max_tokens(session: &Session, hole: &Hole, invoked: bool) -> u32 {
    let most = session.config().completion.max_tokens.max(1);
    match (&hole.mode, invoked) {
        (Mode::Line, _) => most.min(MAX_LINE_TOKENS),
        (Mode::Statement | Mode::Remark | Mode::Pair { body: false, .. }, false) => most.min(MAX_STATEMENT_TOKENS),
        (_, false) => most,
        (_, true) => most * 2,
    }
}

/// How much of a hole is sent to an engine with these capabilities, whose prefill rate may have been measured.
pub(super) fn budget(session: &Session, hole: &Hole, invoked: bool, rate: Option<f64>, caps: &Caps) -> Budget {
    let config = session.config();
    let most = config.context.completion_tokens as usize;
    let budget = match invoked {
        true => Budget::invoked(most),
        false => Budget::automatic(rate.or(caps.prefill_rate), config.completion.latency_ms, most),
    };
    budget.within(caps, max_tokens(session, hole, invoked))
}

/// One request for one hole.
pub(super) struct CompletionRequest<'a> {
    pub session: &'a Session,
    pub params: &'a Params,
    pub site: &'a Site,
    pub hole: &'a Hole<'a>,
    pub started: Instant,
    /// How the file is laid out. The whole text is read for it, so it is found once, when an answer needs it.
    pub layout: OnceLock<Layout>,
}

/// How a question was asked.
#[derive(Default)]
pub(super) struct SentPrompt {
    pub sent: Sent,
    pub ready_ms: f64,
    /// As a hole, else in words.
    pub as_hole: bool,
}

impl CompletionRequest<'_> {
    /// The task for a second pass, if the first was unsure of an answer that the user waits for.
    pub fn harder(&self, task: &Task, served: &Served) -> Option<Task> {
        let unsure = self.session.router().unsure(&served.answer.finished.timing)?;
        self.may_ask_harder(task, unsure, &served.decision.engine)
    }

    /// The task with a further signal, if an engine other than the first would then be asked.
    fn may_ask_harder(&self, task: &Task, signal: Signal, first: &str) -> Option<Task> {
        let again = task.signals.is_empty() && (self.params.invoked || self.session.config().route.auto_coder);
        let harder = Task { signals: vec![signal], ..task.clone() };
        let other = self.session.router().plan(&harder).ok()?.first()?.decision.engine != first;
        (again && other).then_some(harder)
    }

    /// Asks, and ends the answer when the hole is full: servers may not know where to stop.
    pub async fn ask(&self, task: &Task, cancel: &Cancel) -> Result<(Served, SentPrompt), EngineError> {
        let mut asked = SentPrompt::default();
        let mut said = String::new();
        // How sure a model was is only known at the end of its answer.
        let (as_hole, may_end) = (AtomicBool::new(true), AtomicBool::new(true));
        let served = self.session.router().run_while(
            task,
            cancel,
            |choice, caps| {
                let (request, sent) = self.request(choice, caps)?;
                may_end.store(self.may_ask_harder(task, Signal::Unsure(0), &choice.decision.engine).is_none(), Ordering::Relaxed);
                as_hole.store(caps.fim, Ordering::Relaxed);
                asked = SentPrompt { sent, ready_ms: self.started.elapsed().as_secs_f64() * 1000.0, as_hole: caps.fim };
                Ok(request)
            },
            |event| {
                match event {
                    Event::Text(piece) => said.push_str(piece),
                    Event::TextWasReasoning => said.clear(),
                    _ => return ControlFlow::Continue(()),
                }
                let wanted = may_end.load(Ordering::Relaxed) && said.contains('\n');
                let full = wanted && self.is_full(&said, as_hole.load(Ordering::Relaxed));
                if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        let served = served.await?;
        Ok((served, asked))
    }

    fn is_full(&self, said: &str, as_hole: bool) -> bool {
        let written = self.written(said, as_hole);
        // Text after a code block is about it; a block may still follow prose.
        let fences = if as_hole || self.site.language.is_none() { 0 } else { said.matches(markdown::FENCE).count() };
        let ends_in_words = said.trim().lines().next().is_some_and(|line| line.ends_with([':', '.', '!']));
        match fences {
            0 if !as_hole && ends_in_words => false,
            2.. if !written.text.trim().is_empty() => true,
            _ => shape::is_full(self.hole, &written, self.layout()),
        }
    }

    /// The text to insert, from what a model wrote for a hole or in words.
    pub fn written<'s>(&self, said: &'s str, as_hole: bool) -> Written<'s> {
        let markup = self.site.language.is_none();
        let spoken = !as_hole || answer::is_fenced(said) && !markup && !self.site.place().in_comment;
        Written { text: if spoken { answer::out_of_words(self.hole, said, markup).into() } else { said.into() }, spoken }
    }

    fn request(&self, choice: &Choice, caps: &Caps) -> Result<(Request, Sent), EngineError> {
        let rate = self.session.router().prefill_rate(&choice.decision.engine);
        let max_tokens = self.max_tokens();
        let budget = budget(self.session, self.hole, self.params.invoked, rate, caps);
        if budget.before == 0 {
            let words =
                format!("the window of {} ({} tokens) has no room for the code before the cursor", choice.decision.model, caps.context);
            return Err(EngineError::new(ErrorKind::TooLong, words));
        }
        let parts = self.context(choice, budget);
        let ask = prompt::ask(&self.session.shared.registry, self.hole, &self.site.path, budget, &parts, caps.fim);
        let sent = Sent {
            before: prompt::window_before(self.hole.before, budget.before).len(),
            after: prompt::window_after(self.hole.after, budget.after).len(),
            context: parts.iter().map(|part| format!("{}:{}-{}", part.path, part.start_line, part.end_line)).collect(),
        };
        // A chat model may begin with a line break or a fence, at which the stops of a hole would end it.
        let stop = if matches!(ask, Ask::Fim(_)) { self.hole.stops() } else { vec![] };
        let priority = if self.params.invoked { Priority::Invoked } else { Priority::Typing };
        Ok((Request { ask, max_tokens, temperature: 0.0, stop, priority }, sent))
    }

    /// Maximum tokens of the answer.
    pub fn max_tokens(&self) -> u32 {
        max_tokens(self.session, self.hole, self.params.invoked)
    }

    /// Definitions of other files that the code here will need.
    fn context(&self, choice: &Choice, budget: Budget) -> Vec<Part> {
        let asker = if self.params.invoked { Asker::Invoked } else { Asker::Typing };
        let tokens = choice.engine.tokens();
        let mut parts = around(self.session, self.site, self.site.bytes.start, budget.context, tokens.as_ref(), asker);
        parts.extend(drawn::below(self.hole, self.site, budget, tokens.as_ref()));
        parts
    }

    /// The suggestion in an answer: shaped, and shortened until the parser accepts it.
    pub fn fit(&self, said: &str, as_hole: bool, cut_short: bool) -> Result<String, Nothing> {
        let written = self.written(said, as_hole);
        let written = Written { text: indent::recipe(self.hole, &written.text), ..written };
        let mut shapes = shapes(self.hole, &written, cut_short, self.layout())?;
        if self.hole.surface.no_last_comma {
            shapes.iter_mut().for_each(|text| text.truncate(without_last_comma(self.hole, text).len()));
        }
        if shapes.iter().any(|text| text.contains(redact::PLACEHOLDER)) {
            return Err(Nothing::Secret);
        }
        let judge = Judge::new(self.site, self.hole);
        let fitting = shapes.into_iter().filter_map(|text| self.shortened(&judge, text));
        // The first among equals, which is the likeliest.
        fitting.min_by_key(|(_, faults)| *faults).map(|(text, _)| text).ok_or(Nothing::Broken)
    }

    fn layout(&self) -> &Layout {
        self.layout.get_or_init(|| {
            let language = self.site.language.as_deref();
            let prescribed = || language.and_then(|language| language.indent.clone());
            let known = self.site.parsed().map_or_else(|| layout::known_unit(&self.site.text), |parsed| parsed.known_unit());
            let unit = known.or_else(prescribed);
            Layout { ending: Ending::of(&self.site.text), unit, known: language.is_some() }
        })
    }

    /// The longest start of a suggestion that the file can take, and the number of faults then.
    fn shortened(&self, judge: &Judge, mut text: String) -> Option<(String, usize)> {
        for cuts in 0..MAX_CUTS {
            let whole = format!("{text}{}", self.hole.tail(&text));
            if let Some(faults) = judge.faults(&edit(self.params, &whole)) {
                return Some((whole, faults));
            }
            text.truncate(text[..text.rfind('\n')?].trim_end().len());
            text.truncate(without_continuation(self.hole, &text).len());
            // Without the definition that was cut off, an attribute would apply to the next one in the file.
            if text.trim().is_empty() || cuts + 1 == MAX_CUTS || has_attributes_only(&text, self.hole.surface) {
                break;
            }
        }
        None
    }
}

/// A text without a comma before the bracket that closes a list.
fn without_last_comma<'a>(hole: &Hole, text: &'a str) -> &'a str {
    let last = hole.rest().trim().is_empty() && hole.following().next().is_some_and(|line| hole::begins_with_closer(line, hole.surface));
    text.trim_end().strip_suffix(',').filter(|_| last).unwrap_or(text)
}
