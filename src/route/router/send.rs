//! The path of one request: the allowed engines in order, what is announced and recorded about what leaves the machine, and which request
//! tests whether an engine is back.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use super::{Choice, Router, Served};
use crate::engine::{self, Answer, Ask, Cancel, Caps, EngineError, ErrorKind, Event, Finish, Finished, Request};
use crate::route::audit::Sent;
use crate::route::health::Leave;
use crate::route::{Decision, RouteError, Task, TaskKind};

/// Makes the request for an engine that can do this.
pub(super) type BuildRequest<'a> = dyn FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send + 'a;

/// Sees every event, and says when there is enough of an answer.
pub(super) type OnEvent<'a> = dyn FnMut(&Event) -> ControlFlow<()> + Send + 'a;

/// Why nobody answered, and the decision for the engine whose failure is reported; none if no engine was asked.
type Unanswered = (RouteError, Option<Box<Decision>>);

impl Router {
    /// Asks the engines of [`plan`](Self::plan) in order until one answers. If an engine fails after it has written something, no other
    /// engine takes over, because the user has seen half an answer. If no engine answers, a failure is remembered for the status: that of
    /// the first engine, or of the one that broke off.
    pub(super) async fn once(
        &self,
        task: &Task,
        cancel: &Cancel,
        make: &mut BuildRequest<'_>,
        each: &mut OnEvent<'_>,
    ) -> Result<(Served, bool), RouteError> {
        self.in_order(task, cancel, make, each).await.map_err(|(error, asked)| {
            self.note_failed(task, asked.map(|asked| *asked), &error);
            error
        })
    }

    /// The loop of [`once`](Self::once).
    async fn in_order(
        &self,
        task: &Task,
        cancel: &Cancel,
        make: &mut BuildRequest<'_>,
        each: &mut OnEvent<'_>,
    ) -> Result<(Served, bool), Unanswered> {
        let (mut failure, mut first): (Option<EngineError>, Option<Box<Decision>>) = (None, None);
        let candidates = self.candidates(task);
        // If no engine answers, the user gets the failure as the answer. If another engine answers instead, the user is told once that the
        // first one failed.
        let mut news: Vec<String> = candidates.down.iter().filter_map(|(name, error)| self.news(task, name, error)).collect();
        for mut choice in candidates.choices().map_err(|problem| (problem, None))? {
            if let Some(error) = &failure {
                choice.decision.reason = format!("stands in, because {error}");
            }
            first.get_or_insert_with(|| Box::new(choice.decision.clone()));
            let trial = match self.may_ask(task, &choice.decision.engine) {
                Ok(trial) => trial,
                Err(refused) => {
                    failure = failure.or(Some(refused));
                    continue;
                }
            };
            let (mut spoke, mut offered) = (false, false);
            let mut whole = |choice: &Choice, caps: &Caps| {
                let mut request = make(choice, caps)?;
                offered = self.offer(task, choice, caps, &mut request.ask);
                Ok(request)
            };
            let mut heard = |event: &Event| {
                spoke |= matches!(event, Event::Text(_) | Event::Reasoning(_) | Event::Call(_));
                each(event)
            };
            let outcome = self.send(task, &choice, cancel, &mut whole, &mut heard).await;
            drop(trial);
            match outcome {
                Ok(answer) => {
                    self.compare(&mut choice.decision, &answer.finished.model);
                    self.succeeded(task, &choice.decision, &answer);
                    news.into_iter().for_each(|what| self.notice(format!("{what}; \"{}\" stands in", choice.decision.engine)));
                    return Ok((Served { answer, decision: choice.decision }, offered));
                }
                Err(error) if choice.leaves() && self.withdrawn.is_cancelled() => {
                    return Err((RouteError::Engine(error), Some(Box::new(choice.decision))));
                }
                Err(error) => {
                    news.extend(self.news(task, &choice.decision.engine, &error));
                    let final_word = spoke || matches!(error.kind, ErrorKind::Cancelled | ErrorKind::Garbled);
                    if final_word {
                        return Err((RouteError::Engine(error), Some(Box::new(choice.decision))));
                    }
                    failure = failure.or(Some(error));
                }
            }
        }
        let nobody = || EngineError::new(ErrorKind::Unavailable, "no engine answered");
        Err((RouteError::Engine(failure.unwrap_or_else(nobody)), first))
    }

    /// Notes a failure. Returns the sentence for the user if this is the engine's first failure since its last good answer.
    fn news(&self, task: &Task, engine: &str, error: &EngineError) -> Option<String> {
        self.failed(task, engine, error).then(|| format!("The engine \"{engine}\" does not answer: {error}"))
    }

    /// Sends a request to a chosen engine. What leaves the machine is announced the first time, always recorded, and aborted when the
    /// configuration is withdrawn.
    async fn send(
        &self,
        task: &Task,
        choice: &Choice,
        cancel: &Cancel,
        make: &mut BuildRequest<'_>,
        each: &mut OnEvent<'_>,
    ) -> Result<Answer, EngineError> {
        if !choice.leaves() {
            return ask(task, choice, cancel, None, make, each).await;
        }
        let mut record = Record { router: self, sent: None };
        let asked = self.withdrawn.run_until_cancelled(ask(task, choice, cancel, Some(&mut record), make, each)).await;
        let outcome = asked.unwrap_or_else(|| {
            let to = choice.decision.origin.as_deref().unwrap_or_default();
            let words =
                format!("the configuration has changed meanwhile: the request was broken off, and nothing more is sent to {to}; ask again");
            Err(EngineError::new(ErrorKind::Configuration, words))
        });
        record.ends(&outcome);
        outcome
    }

    /// Tells the user about the first request to an origin on another machine, before it is sent: where the request is recorded, or that it
    /// cannot be recorded.
    fn announce(&self, task: &Task, to: &Decision, recorded: &Result<PathBuf, String>) {
        let Decision { engine, model, origin, .. } = to;
        let origin = origin.as_deref().unwrap_or_default();
        let is_first = self.with(|state| state.origins.insert(origin.into())) && self.audit.is_new(origin);
        let is_first_loss = recorded.is_err() && self.audit.is_first_loss(origin);
        let record = match recorded {
            Ok(file) => format!("Every request is recorded in {}.", file.display()),
            Err(why) => format!("What is sent there cannot be recorded: {why}."),
        };
        if is_first {
            self.notice(format!(
                "For the first time something is sent to {origin}, the engine \"{engine}\" of your configuration ({model}): {}. {record}",
                task.kind.sends()
            ));
        } else if is_first_loss {
            self.notice(record.replacen("there", &format!("to {origin}"), 1));
        }
    }

    /// If a model other than the configured one answered, notes that in the decision and tells the user once.
    fn compare(&self, decision: &mut Decision, served: &str) {
        if !engine::http::is_other_model(&decision.model, served) {
            return;
        }
        decision.reason.push_str(&format!("; it answered as `{served}`, not `{}`", decision.model));
        let notice = format!("The engine \"{}\" is set up for {} but answers as {served}", decision.engine, decision.model);
        if self.with(|state| state.strangers.insert(notice.clone())) {
            self.notice(notice);
        }
    }

    /// Permission to send a request to an engine; it ends when this is dropped.
    fn may_ask<'a>(&'a self, task: &Task, engine: &str) -> Result<Trial<'a>, EngineError> {
        let typing = task.kind == TaskKind::CompleteAuto;
        let asked = self.with(|state| {
            let health = state.health.entry(engine.into()).or_default();
            health.may_ask(typing, Instant::now()).map_err(|left| (left, health.problem.clone().unwrap_or_default()))
        });
        match asked {
            Ok(leave) => Ok(Trial { router: self, engine: (leave == Leave::Trial).then(|| engine.into()) }),
            Err((left, problem)) => {
                let message = match left.as_secs() {
                    0..86_400 => format!("the engine \"{engine}\" fails and is left alone for another {} s: {problem}", left.as_secs() + 1),
                    _ => format!("the engine \"{engine}\" gets no code while you type until you have asked it something: {problem}"),
                };
                Err(EngineError::new(ErrorKind::Unavailable, message))
            }
        }
    }
}

/// A trial request to an engine that may work again. If it is dropped without a result, because it was cancelled, the next request is the
/// trial.
struct Trial<'a> {
    router: &'a Router,
    engine: Option<String>,
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(engine) = &self.engine {
            self.router.with(|state| state.health.entry(engine.clone()).or_default().gave_up());
        }
    }
}

/// What is recorded about a task whose requests leave the machine.
struct Record<'a> {
    router: &'a Router,
    /// The request in flight.
    sent: Option<Sent>,
}

impl Record<'_> {
    /// Records that a request goes out. The recorded hash is that of the request as sent, without secrets.
    fn sends(&mut self, task: &Task, choice: &Choice, ask: &Ask) {
        let prompt = choice.engine.preview(ask);
        let (sent, recorded) = self.router.audit.sends(task.kind, &choice.decision, &prompt, choice.engine.tokens().count(&prompt));
        self.router.announce(task, &choice.decision, &recorded);
        self.sent = Some(sent);
    }

    fn sees(&self, event: &Event) {
        if let (Event::SentAgain(why), Some(sent)) = (event, &self.sent) {
            sent.again(*why);
        }
    }

    fn ends(&mut self, outcome: &Result<Answer, EngineError>) {
        if let Some(sent) = self.sent.take() {
            sent.ends(outcome);
        }
    }
}

/// Maximum tokens for a model's reasoning before an answer, and the divisor of the window that limits it as well.
const THOUGHTS: u32 = 16_384;
const THOUGHTS_SHARE: u32 = 4;

/// How many tokens a model's reasoning may take in addition to its answer.
pub fn most_thoughts(caps: &Caps) -> u32 {
    if caps.thinks { THOUGHTS.min(caps.context / THOUGHTS_SHARE) } else { 0 }
}

/// The request with more tokens for its answer if the model thinks, because reasoning counts as part of the answer; limited by the room in
/// the window.
fn with_thoughts(request: Request, choice: &Choice, caps: &Caps) -> Request {
    if !caps.thinks || request.priority.is_completion() || matches!(request.ask, Ask::Fim(_)) {
        return request;
    }
    let left = caps.context.saturating_sub(choice.prompt_tokens(&request.ask)).saturating_sub(request.max_tokens);
    Request { max_tokens: request.max_tokens + most_thoughts(caps).min(left), ..request }
}

/// How often one task asks the same engine again in another form, after a refusal has shown what the engine cannot do.
const MAX_REPHRASINGS: usize = 4;

/// A request as it goes to the engine.
fn prepared(choice: &Choice, caps: &Caps, make: &mut BuildRequest<'_>) -> Result<Request, EngineError> {
    let request = make(choice, caps)?;
    // Secrets are masked here, because every prompt passes this line, whichever feature has written it.
    let request = Request { ask: request.ask.masked(), ..request };
    Ok(with_thoughts(request, choice, caps))
}

/// Whether the refusal has shown that the engine can do less than was known before the request.
fn has_learned(asked: &Request, error: &EngineError, before: &Caps, now: &Caps) -> bool {
    match &asked.ask {
        _ if error.kind == ErrorKind::TooLong => now.context < before.context || now.share != before.share,
        Ask::Fim(_) => !now.fim,
        Ask::Chat(chat) => !chat.tools.is_empty() && !now.tools,
    }
}

/// One engine's answer to one task. If a completion's time is up, the text so far counts as the answer, as if the tokens had run out. If
/// the engine refuses a request, the request is changed and sent again: without fill-in-the-middle if the engine has none, without tools if
/// it takes none, with less context if its window is smaller than assumed or the prompt has more tokens than were counted.
async fn ask(
    task: &Task,
    choice: &Choice,
    cancel: &Cancel,
    mut record: Option<&mut Record<'_>>,
    make: &mut BuildRequest<'_>,
    each: &mut OnEvent<'_>,
) -> Result<Answer, EngineError> {
    let mut caps = cancel.run_until_cancelled(choice.engine.caps()).await.ok_or_else(EngineError::cancelled)??;
    let mut request = prepared(choice, &caps, make)?;
    let mut again = 0;
    let answer = 'asked: loop {
        if let Some(record) = &mut record {
            record.sends(task, choice, &request.ask);
        }
        let record_of = record.as_deref();
        let noted = |event: &Event| {
            record_of.into_iter().for_each(|record| record.sees(event));
            each(event)
        };
        let events = choice.engine.start(request.clone(), cancel.clone());
        let answer = cancel.run_until_cancelled(engine::collect_while(events, noted)).await.ok_or_else(EngineError::cancelled)?;
        let Err(error) = &answer else { break answer };
        let may_learn = error.partial.is_empty() && (error.refusal.is_some() || error.kind == ErrorKind::TooLong);
        if !may_learn || again == MAX_REPHRASINGS {
            break answer;
        }
        again += 1;
        let mut now = match error.overflow {
            Some(overflow) => caps.after(overflow),
            None => cancel.run_until_cancelled(choice.engine.caps()).await.ok_or_else(EngineError::cancelled)??,
        };
        let next = loop {
            if !has_learned(&request, error, &caps, &now) {
                break 'asked answer;
            }
            // If the request cannot be made smaller or sent in another form, the server's refusal is final.
            let next = match prepared(choice, &now, make) {
                Ok(next) => next,
                Err(why) if error.kind == ErrorKind::TooLong && why.kind == ErrorKind::TooLong => {
                    break 'asked Err(EngineError { message: format!("{}. {why}", error.message.trim_end_matches('.')), ..error.clone() });
                }
                Err(_) => break 'asked answer,
            };
            if error.kind != ErrorKind::TooLong || choice.prompt_tokens(&next.ask) < choice.prompt_tokens(&request.ask) {
                break next;
            }
            match error.overflow.filter(|_| again < MAX_REPHRASINGS) {
                // There was less to send than its budget allows, and a smaller budget may allow it, too.
                Some(overflow) => now = now.after(overflow),
                None => break 'asked answer,
            }
            again += 1;
        };
        if let Some(record) = &mut record {
            record.ends(&answer);
        }
        (caps, request) = (now, next);
    };
    match answer {
        Err(error) if error.kind == ErrorKind::TimedOut && task.kind.is_completion() && !error.partial.trim().is_empty() => {
            let finished = Finished { reason: Finish::Length, ..Finished::default() };
            Ok(Answer { text: error.partial, finished, ..Answer::default() })
        }
        answer => answer,
    }
}
