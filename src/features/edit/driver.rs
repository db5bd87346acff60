//! Asks the models for an edit, and hands their answers to the code that decides: `tool_turn` or `form_turn`, and `calls::follow` after
//! that. Nothing else of an edit is asynchronous.

use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use super::calls::follow;
use super::conversation::form_turn::{self, AnswerWatch, FilledForm, FormRounds, SentQuestion};
use super::conversation::tool_turn::{self, Begun};
use super::task::plan::{Plan, Route};
use super::{Edited, Params, Work, too_slow};
use crate::agent::driver::{Driver, in_time};
use crate::agent::limits;
use crate::engine::{Answer, Cancel, Caps, EngineError, ErrorKind, Event};
use crate::features::{AnswerEvent, Session, Sink, Site};
use crate::route::{Choice, Decision, RouteError};

/// Computes an edit. An edit that cannot be offered is an error with the reason.
pub async fn edit(session: &Session, params: &Params, cancel: &Cancel, sink: &Sink) -> Result<Edited, EngineError> {
    if let Some(reason) = session.closed(&params.at) {
        return Err(EngineError::refused(format!("nothing is changed here: {reason}")));
    }
    let session = &session.for_document(&params.at.document);
    let site = Site::new(session, &params.at);
    let params = &Params { how: params.how.masked(&site), ..params.clone() };
    let plan = Plan::new(session, &site, &params.how).map_err(EngineError::refused)?;
    let work = Work { session, params, site: &site, plan: &plan, cancel, sink };
    let outcome = work_out(&work).await;
    if let Err(error) = &outcome {
        session.router().came_to_nothing(&plan.task(session), error);
    }
    outcome
}

/// Begins the reason why a model was asked for a rename, for that model, and for a person if nothing comes of it.
const NOT_ALONE: &str = "the index alone could not rename it";

async fn work_out(work: &Work<'_>) -> Result<Edited, EngineError> {
    let by_form = || work.plan.clone().by_form(work.session, work.site, &work.params.how);
    // What the index can do alone is done without a model, so nothing leaves the machine.
    let alone = (work.plan.route == Route::IndexAlone).then(by_form);
    if let Some(Ok(plan)) = &alone
        && let Some(Ok(settled)) = form_turn::settled(&Work { plan, ..*work })
    {
        return Ok(settled);
    }
    // If no model can be asked, the error says why the index could not do it alone.
    let (window, down) = match (asked_window(work).await, &alone) {
        (Err(_), Some(Err(reason))) => return Err(EngineError::refused(reason.clone())),
        (window, _) => window?,
    };
    if let Some(window) = window {
        let why = alone.as_ref().and_then(|plan| plan.as_ref().err()).filter(|_| work.plan.moves.is_none());
        let mut plan = work.plan.clone();
        if let Some(why) = why {
            plan.words.push_str(&format!("\n{NOT_ALONE}: {why}."));
        }
        let outcome = with_tools(&Work { plan: &plan, ..*work }, window).await;
        let Err(error) = &outcome else { return outcome };
        if !may_fill_a_form(work, error).await? {
            return outcome.map_err(|error| match why.filter(|_| error.kind != ErrorKind::Cancelled) {
                Some(why) => EngineError { message: format!("{}; {NOT_ALONE}: {why}", error.message), ..error },
                None => error,
            });
        }
    }
    // A move may need tools. If a model that has them does not answer, that failure is the error, not that the form cannot do it.
    let down = down.filter(|_| work.plan.moves.is_some());
    let too_much = |reason: String| down.unwrap_or_else(|| EngineError::refused(reason));
    let plan = alone.unwrap_or_else(by_form).map_err(too_much)?;
    let work = &Work { plan: &plan, ..*work };
    match form_turn::settled(work) {
        Some(settled) => settled,
        None => with_a_form(work).await,
    }
}

/// Whether a form may still do what failed with tools.
async fn may_fill_a_form(work: &Work<'_>, error: &EngineError) -> Result<bool, EngineError> {
    match error.kind {
        // The engine that takes over may have a small window.
        ErrorKind::Unavailable | ErrorKind::TimedOut => has_small_stand_in(work).await,
        // Only its refusal has told what the engine supports, so its window is looked at again.
        ErrorKind::Unsupported | ErrorKind::TooLong => Ok(asked_window(work).await?.0.is_none()),
        _ => Ok(false),
    }
}

/// The window in bytes of the model that will be asked, if it is suited for tools; and the error of the first engine that does not answer.
async fn asked_window(work: &Work<'_>) -> Result<(Option<usize>, Option<EngineError>), EngineError> {
    let choices = work.session.router().plan(&work.plan.task(work.session))?;
    let goes_deep = work.goes_deep();
    let mut down = None;
    for choice in choices.iter().filter(|_| goes_deep) {
        // If an engine does not answer, the router asks the next, whose window counts then.
        match caps(work, choice).await? {
            Ok(caps) => return Ok((work.window_for_tools(&caps), down)),
            Err(error) => down = down.or(Some(error)),
        }
    }
    Ok((None, down))
}

/// Whether an engine that may take over has too small a window for tools.
async fn has_small_stand_in(work: &Work<'_>) -> Result<bool, EngineError> {
    let Ok(choices) = work.session.router().plan(&work.plan.task(work.session)) else { return Ok(false) };
    for choice in choices {
        if caps(work, &choice).await?.is_ok_and(|caps| caps.context < work.least()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The abilities of an engine. Fails if the request is cancelled meanwhile.
async fn caps(work: &Work<'_>, choice: &Choice) -> Result<Result<Caps, EngineError>, EngineError> {
    let asked = work.cancel.run_until_cancelled(choice.engine.caps()).await;
    asked.ok_or_else(EngineError::cancelled)
}

/// Runs a turn of the agent with a window of so many bytes.
async fn with_tools(work: &Work<'_>, window: usize) -> Result<Edited, EngineError> {
    let Begun { turn, bench, sent, ready_ms } = tool_turn::begin(work, window);
    let thought = AtomicUsize::new(0);
    let say = |what: String| (work.sink)(AnswerEvent::Progress(what, None));
    let see = |event: &Event| tool_turn::show(work, event, &thought);
    let (task, least) = (work.plan.task(work.session), work.least());
    let driver =
        Driver { router: work.session.router(), task, cancel: work.cancel, least, time: limits::MAX_TURN_TIME, say: &say, see: &see };
    let ran = driver.run(turn, bench).await;
    tool_turn::finish(work, ran, sent, ready_ms)
}

/// Fills a form. If that changes a signature, a second question adapts the calls; if it fails, the first answer is offered alone.
async fn with_a_form(work: &Work<'_>) -> Result<Edited, EngineError> {
    let started = Instant::now();
    let mut done = in_time(limits::MAX_TURN_TIME, rounds(work)).await.unwrap_or_else(|| Err(too_slow()))?;
    let left = limits::MAX_TURN_TIME.saturating_sub(started.elapsed());
    let told = in_time(left, calls(work, &mut done)).await.unwrap_or_else(|| Ok(follow::too_late()))?;
    form_turn::offered(work, done, told)
}

/// Asks until an edit may be offered, or the rounds are over.
async fn rounds(work: &Work<'_>) -> Result<FilledForm, EngineError> {
    let mut short = FormRounds::new(work);
    loop {
        (work.sink)(AnswerEvent::Progress(short.doing(), None));
        let asked = ask(&mut short).await;
        if let Some(done) = short.take(asked)? {
            return Ok(done);
        }
    }
}

/// Asks once.
async fn ask(short: &mut FormRounds<'_>) -> Result<(Answer, Decision), RouteError> {
    let work = short.work;
    short.restart();
    let (mut asked, mut heard) = (SentQuestion::default(), AnswerWatch::default());
    let this = &*short;
    let build = |choice: &Choice, caps: &Caps| this.question(choice, caps, &mut asked);
    let each = |event: &Event| heard.hear(event, work.sink);
    let served = work.session.router().run_while(&work.plan.task(work.session), work.cancel, build, each).await;
    short.answered(asked, &heard, served)
}

/// Asks for the calls of a function whose signature has changed. Returns what could not be adapted, for a person to look at.
async fn calls(work: &Work<'_>, done: &mut FilledForm) -> Result<Vec<String>, EngineError> {
    let Some(following) = follow::calls(work, done) else { return Ok(vec![]) };
    let Some(plan) = &following.plan else { return Ok(following.told) };
    let asked = rounds(&Work { plan, ..*work }).await;
    following.take(done, asked)
}
