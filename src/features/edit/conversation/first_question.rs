//! What an edit would send to a model, for the preview: the first question, made by the same code.

use std::ops::Range;

use super::form_turn;
use super::question::{self, Question, Retry};
use super::tool_turn;
use crate::agent::driver;
use crate::agent::limits;
use crate::agent::tools::schema;
use crate::dialect::{Chat, Message, Role};
use crate::engine::{Ask, BYTES_PER_TOKEN, Cancel, EngineError};
use crate::features::around::{Asker, around};
use crate::features::edit::forms::{Form, MAX_TOKENS};
use crate::features::edit::task::plan::Plan;
use crate::features::edit::{How, Params, Work};
use crate::features::preview::{LikelyEngine, Steps, UnrenderedPrompt, current};
use crate::features::{Session, Site, Target, silent};
use crate::route::Task;

/// The first question, and estimates for the rest.
pub(in crate::features) struct First {
    pub drawn: UnrenderedPrompt,
    pub reader: LikelyEngine,
    pub task: Task,
    /// Tokens for what is added around the current file.
    pub budget: usize,
    pub steps: Steps,
}

/// The first question for an edit, with `wanted` tokens of other files or the due number.
pub(in crate::features) fn first(session: &Session, at: &Target, how: &How, wanted: Option<usize>) -> Result<First, EngineError> {
    if let Some(reason) = session.closed(at) {
        return Err(EngineError::refused(format!("nothing is sent from here: {reason}")));
    }
    let site = Site::new(session, at);
    let plan = Plan::new(session, &site, how).map_err(EngineError::refused)?;
    let params = Params { at: at.clone(), how: how.clone() };
    let (cancel, sink) = (Cancel::new(), silent());
    let small = plan.clone().by_form(session, &site, how);
    let base = Work { session, params: &params, site: &site, plan: &plan, cancel: &cancel, sink: &sink };
    if let Ok(small) = &small
        && form_turn::settled(&Work { plan: small, ..base }).is_some_and(|settled| settled.is_ok())
    {
        return Err(EngineError::refused("nothing is sent for this: the index does it without a model"));
    }
    let task = plan.task(session);
    let reader = LikelyEngine::new(session, &task)?;
    let window = base.window_for_tools(&reader.caps);
    let plan = if window.is_some() { &plan } else { small.as_ref().map_err(|reason| EngineError::refused(reason.clone()))? };
    let work = Work { plan, ..base };
    let marked = plan.form.marked();
    let configured = session.config().context.edit_tokens as usize;
    let budget = wanted.unwrap_or(configured).min(reader.caps.context as usize / 8);
    let here =
        |shown: Range<usize>| current(&site.path, site.line_range(&shown).0, site.masked(shown), reader.tokens.as_ref(), "to be changed");
    if let Some(window) = window {
        let words = tool_turn::words(&work, window, budget);
        let messages = vec![Message::new(Role::System, tool_turn::RULES), Message::new(Role::User, words.text)];
        let ask = Ask::Chat(Chat { messages, tools: schema::tools(), ..Chat::default() });
        let parts = words.parts.into_iter().chain([here(words.shown)]).collect();
        let (drawn, more) = (UnrenderedPrompt { ask, parts }, limits::MAX_ALL_RESULTS_BYTES / BYTES_PER_TOKEN);
        let [first, later] = driver::answers(reader.caps.context);
        return Ok(First { drawn, reader, task, budget, steps: Steps { count: limits::MAX_STEPS, first: Some(first), later, more } });
    }
    let choice = reader.choice().ok_or_else(|| EngineError::refused("no engine is set up that could be asked"))?;
    let format = question::answer_format(&plan.form, choice, &reader.caps, true);
    let question = Question { work: &work, format, budget, exchanges: &[], retry: Retry::default() };
    let (asked, _) = question.request(choice, &reader.caps)?;
    let mut parts = around(session, &site, marked.start, budget, reader.tokens.as_ref(), Asker::Preview);
    parts.push(here(marked));
    let drawn = UnrenderedPrompt { ask: asked.ask, parts };
    let (count, first) = (form_turn::rounds_of(format), asked.max_tokens);
    // When asked again, a model reads its own answer and why it was refused.
    let mut steps = Steps { count, first: Some(first), later: first, more: limits::MAX_RESULT_BYTES / BYTES_PER_TOKEN };
    if matches!(plan.form, Form::Replace { .. }) && site.item().is_some_and(|item| item.kind.is_callable()) {
        // The calls may have to follow the signature, in another question.
        steps = Steps { count: 2 * count, later: MAX_TOKENS, more: reader.caps.context as usize, ..steps };
    }
    Ok(First { drawn, reader, task, budget, steps })
}
