//! What would be sent to a model, and why: made by the code of the real prompts, without asking a model.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;

use super::answer::Prompt;
use super::complete::{self, Spot};
use super::edit::How;
use super::edit::conversation::first_question;
use super::{Session, Target, ask, explain};
use crate::config::EngineConfig;
use crate::context::{Kind, Part};
use crate::engine::{ANY_WINDOW, Ask, Caps, EngineError, Estimate, Tokens};
use crate::redact::Masked;
use crate::route::{Choice, Decision, Task, TaskKind, most_thoughts};
use crate::text::common::common_text;

/// What to preview.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// A point shows what a completion sends, a selection what an explanation sends.
    pub at: Option<Target>,
    /// Shows what an edit sends instead.
    pub how: Option<How>,
    /// Whether the user asked for the completion. If not given, the kind of completion that would leave the machine is shown.
    pub invoked: Option<bool>,
    pub question: Option<String>,
    /// Tokens for everything around the current file; none means as configured.
    pub budget: Option<usize>,
}

/// What would be sent.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// In prompt order; parts of the current file have kind `current`.
    pub parts: Vec<Part>,
    /// Tokens of all other parts; never more than the budget.
    pub tokens: usize,
    pub budget: usize,
    /// The exact text.
    pub prompt: String,
    /// How many tokens at the start are the same as in the last prompt of this kind.
    pub prefix_reused: usize,
    /// All tokens of the prompt, estimated if the engine has no count.
    pub prompt_tokens: usize,
    /// Where it would go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
}

/// Who would answer, where, and at what price.
#[derive(Clone, Debug, Serialize)]
pub struct Destination {
    #[serde(flatten)]
    pub route: Decision,
    /// It would leave this machine.
    pub remote: bool,
    /// The model's context window in tokens, if it is known: of a longer prompt less would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Maximum number of questions to the model; each request contains the results of the previous steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_at_most: Option<usize>,
    /// For this prompt and the longest answer, in the currency of the engine's prices, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_of_first_step: Option<f64>,
    /// For all steps that may follow, each with a full window. Retries after a server's refusal are not included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_at_most: Option<f64>,
}

/// The last prompt of each kind and budget, most recent first, to compare with the next.
#[derive(Default)]
pub struct LastPrompts(VecDeque<((TaskKind, usize), String)>);

/// As many as the context keeps alive.
const KEPT_PROMPTS: usize = 8;

impl LastPrompts {
    /// How many leading bytes are the same; remembers the prompt.
    fn shared(&mut self, kind: TaskKind, budget: usize, prompt: &str) -> usize {
        let known = self.0.iter().position(|(key, _)| *key == (kind, budget)).and_then(|at| self.0.remove(at));
        let before = known.map(|(_, prompt)| prompt).unwrap_or_default();
        self.0.push_front(((kind, budget), prompt.into()));
        self.0.truncate(KEPT_PROMPTS);
        common_text(&before, prompt)
    }
}

/// What is sent for a task, before it is rendered.
pub(super) struct UnrenderedPrompt {
    pub ask: Ask,
    /// In prompt order.
    pub parts: Vec<Part>,
}

/// The engine that would answer, as far as that is known without starting it.
pub(super) struct LikelyEngine {
    choice: Option<Choice>,
    pub tokens: Arc<dyn Tokens>,
    pub caps: Caps,
}

/// Maximum tokens of an answer in words, for estimates.
const MAX_ANSWER_TOKENS: u32 = 700;

impl LikelyEngine {
    /// The likely engine for a task. An error if the routing policy forbids the task.
    pub(super) fn new(session: &Session, task: &Task) -> Result<Self, EngineError> {
        let choice: Option<Choice> = match session.router().plan(task) {
            Ok(choices) => choices.into_iter().next(),
            // If only the model is missing, the context can still be shown. A task that the policy forbids must not look as if it would be
            // sent.
            Err(crate::route::RouteError::Engine(_)) => None,
            Err(refused) => return Err(refused.into()),
        };
        if let Some(choice) = &choice {
            choice.engine.tokens().prepare();
        }
        Ok(match choice {
            Some(choice) => Self { tokens: choice.engine.tokens(), caps: choice.engine.known_caps(), choice: Some(choice) },
            None => Self { choice: None, tokens: Arc::new(Estimate), caps: Caps::assumed() },
        })
    }

    /// The measured rate for reading a prompt.
    pub fn rate(&self, session: &Session) -> Option<f64> {
        session.router().prefill_rate(&self.choice.as_ref()?.decision.engine)
    }

    /// The engine, if there is one.
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    fn leaves(&self) -> bool {
        self.choice.as_ref().is_some_and(Choice::leaves)
    }

    /// Where a prompt of `tokens` tokens would go.
    fn destination(&self, session: &Session, kind: TaskKind, tokens: usize, steps: &Steps) -> Option<Destination> {
        let choice = self.choice.as_ref()?;
        let config = session.config();
        let engine = config.engines.get(&choice.decision.engine);
        let first = steps.first.unwrap_or(MAX_ANSWER_TOKENS);
        let thoughts = if kind.is_completion() { 0 } else { most_thoughts(&self.caps) };
        let cost = |(read, written): (usize, usize)| {
            let engine: &EngineConfig = engine?;
            let (price_in, price_out) = (engine.price_in?, engine.price_out.unwrap_or(0.0));
            Some((read as f64 * price_in + written as f64 * price_out) / 1e6)
        };
        let answers = [first, steps.later].map(|tokens| (tokens + thoughts) as usize);
        let cost_of_first_step = cost((tokens, answers[0]));
        let cost_at_most = cost(steps.at_most(tokens, answers, self.caps.context as usize));
        let steps_at_most = Some(steps.count).filter(|count| *count > 1);
        let (route, remote) = (choice.decision.clone(), choice.leaves());
        let window = Some(self.caps.context).filter(|window| *window < ANY_WINDOW);
        Some(Destination { route, remote, window, steps_at_most, cost_of_first_step, cost_at_most })
    }

    fn render(&self, ask: &Ask) -> String {
        match &self.choice {
            Some(choice) => choice.engine.preview(ask),
            None => fallback(ask),
        }
    }
}

/// The prompt in the dialect of the default model.
fn fallback(ask: &Ask) -> String {
    let Some(dialect) = crate::dialect::by_name("hermes") else { return String::new() };
    let prompt = match ask {
        Ask::Chat(chat) => dialect.render(chat).ok(),
        Ask::Fim(fim) => dialect.fim(fim),
    };
    prompt.map(|prompt| dialect.text(&prompt)).unwrap_or_default()
}

/// How often a model may be asked for one edit, and the size of each step.
pub(super) struct Steps {
    pub count: usize,
    /// Maximum tokens of the first answer (none: as for an answer in words), and of each later answer.
    pub first: Option<u32>,
    pub later: u32,
    /// Maximum tokens that a later request adds to the first prompt and the answers so far.
    pub more: usize,
}

impl Steps {
    const ONE: Self = Self { count: 1, first: None, later: 0, more: 0 };

    /// Total tokens read and written; no question is longer than the window.
    fn at_most(&self, prompt: usize, [first, later]: [usize; 2], window: usize) -> (usize, usize) {
        let question = |step: usize| (prompt + self.more + first + (step - 1) * later).min(window.max(prompt));
        let read = prompt + (1..self.count).map(question).sum::<usize>();
        (read, first + (self.count - 1) * later)
    }
}

/// Makes the preview. Waits for the ranking of the repository but asks no model; blocks briefly, so not for async code.
pub fn preview(session: &Session, params: &Params) -> Result<Preview, EngineError> {
    let Previewed { task, budget, drawn, reader, steps } = match (&params.question, &params.at, &params.how) {
        (Some(question), _, _) => of_question(session, params, question)?,
        (None, Some(at), Some(how)) => of_edit(session, params, at, how)?,
        (None, Some(at), None) if at.bytes.is_empty() => of_completion(session, params, at)?,
        (None, Some(at), None) => of_explanation(session, params, at)?,
        (None, None, _) => return Err(EngineError::refused("a preview needs a place or a question")),
    };
    let (kind, mut asked) = (task.kind, drawn.ask);
    if let Some(choice) = &reader.choice {
        session.router().offer(&task, choice, &reader.caps, &mut asked);
    }
    let prompt = reader.render(&asked.masked());
    let shared = session.shared.notes(|notes| notes.last.shared(kind, budget, &prompt));
    let parts = drawn.parts;
    let tokens = parts.iter().filter(|part| part.kind != Kind::Current).map(|part| part.tokens).sum();
    let (prompt_tokens, prefix_reused) = counted_with(reader.tokens.as_ref(), &prompt, shared);
    let destination = reader.destination(session, kind, prompt_tokens, &steps);
    Ok(Preview { tokens, budget, prefix_reused, prompt_tokens, destination, parts, prompt })
}

/// What a request would send, and to whom.
struct Previewed {
    task: Task,
    /// Tokens for what is added around the current file.
    budget: usize,
    drawn: UnrenderedPrompt,
    reader: LikelyEngine,
    steps: Steps,
}

fn of_question(session: &Session, params: &Params, question: &str) -> Result<Previewed, EngineError> {
    let task = session.task(TaskKind::Ask);
    let reader = LikelyEngine::new(session, &task)?;
    let budget = params.budget.unwrap_or_else(|| ask::room(session, &reader.caps));
    let prompt = ask::prompt(session, ask::checked(question)?, budget, reader.tokens.as_ref());
    Ok(Previewed { task, budget, drawn: from_words(ask::RULES, prompt), reader, steps: Steps::ONE })
}

fn of_edit(session: &Session, params: &Params, at: &Target, how: &How) -> Result<Previewed, EngineError> {
    let first = first_question::first(session, at, how, params.budget)?;
    Ok(Previewed { task: first.task, budget: first.budget, drawn: first.drawn, reader: first.reader, steps: first.steps })
}

fn of_completion(session: &Session, params: &Params, at: &Target) -> Result<Previewed, EngineError> {
    let spot = Spot::of(session, at, None).map_err(unsent)?;
    let (task, reader) = completing(session, &spot, params.invoked)?;
    let invoked = task.kind == TaskKind::CompleteInvoked;
    let (drawn, budget, answer) = complete::draw(session, &spot, params.budget, &reader, invoked);
    Ok(Previewed { task, budget, drawn, reader, steps: Steps { first: Some(answer), ..Steps::ONE } })
}

fn of_explanation(session: &Session, params: &Params, at: &Target) -> Result<Previewed, EngineError> {
    let task = explain::task(session, at)?;
    let reader = LikelyEngine::new(session, &task)?;
    let budget = params.budget.unwrap_or(session.config().context.explain_tokens as usize);
    let prompt = explain::prompt(session, at, budget, &reader.caps, reader.tokens.as_ref())?;
    Ok(Previewed { task, budget, drawn: from_words(explain::RULES, prompt), reader, steps: Steps::ONE })
}

/// The task and the likely engine for a completion at a place. If it is not given whether the user asks or only types, the kind that leaves
/// the machine is taken.
fn completing(session: &Session, spot: &Spot, invoked: Option<bool>) -> Result<(Task, LikelyEngine), EngineError> {
    let of = |invoked| {
        spot.wanted(session, invoked).map_err(unsent)?;
        let task = complete::task(session, &spot.site, &spot.hole(invoked), invoked);
        let reader = LikelyEngine::new(session, &task)?;
        Ok::<_, EngineError>((task, reader))
    };
    let automatic = of(invoked.unwrap_or_default())?;
    if invoked.is_some() || automatic.1.leaves() {
        return Ok(automatic);
    }
    let asked = of(true)?;
    Ok(if asked.1.leaves() { asked } else { automatic })
}

/// The error for a place from which nothing is sent.
fn unsent(reason: String) -> EngineError {
    EngineError::refused(format!("nothing is sent from here: {reason}"))
}

fn from_words(rules: &str, prompt: Prompt) -> UnrenderedPrompt {
    UnrenderedPrompt { ask: Ask::Chat(super::answer::chat(rules, &prompt.text)), parts: prompt.parts }
}

/// Tokens of a rendered prompt: each control token is one, the rest is text.
pub fn counted(tokens: &dyn Tokens, prompt: &str) -> usize {
    counted_with(tokens, prompt, 0).0
}

/// [`counted`] for a prompt and for so many bytes at its start, without counting these again.
fn counted_with(tokens: &dyn Tokens, prompt: &str, start: usize) -> (usize, usize) {
    let (mut sum, mut at, mut of_start) = (0, 0, None);
    for control in complete::control_token().find_iter(prompt) {
        if control.end() > start {
            of_start.get_or_insert_with(|| sum + tokens.count(&prompt[at..start]));
        }
        sum += tokens.count(&prompt[at..control.start()]) + 1;
        at = control.end();
    }
    let of_start = of_start.unwrap_or_else(|| sum + tokens.count(&prompt[at..start.max(at)]));
    (sum + tokens.count(&prompt[at..]), of_start)
}

/// A stretch of the current file.
pub(super) fn current(path: &str, first: u32, text: Masked, tokens: &dyn Tokens, why: &str) -> Part {
    let lines = text.strip_suffix('\n').unwrap_or(&text).matches('\n').count() as u32;
    Part {
        path: path.into(),
        start_line: first,
        end_line: first + lines,
        kind: Kind::Current,
        tokens: tokens.count(&text),
        text,
        why: why.into(),
    }
}
