//! One request: rendered on the way out, parsed on the way back.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::link::{self, Answers};
use super::spec::Model;
use crate::dialect::{Delta, Dialect, Parser, Piece, ToolChoice};
use crate::engine::llama::wire::{Answer, Failure, Generate, Grammar, ModelSpec, Order, Stage};
use crate::engine::{Ask, Cancel, EngineError, ErrorKind, Event, Finish, Finished, Request, with_thinking};

/// A rendered request and the parser of its answer.
pub(super) struct Prepared {
    prompt: Vec<Piece>,
    stop_tokens: Vec<String>,
    grammar: Option<Grammar>,
    /// `None` for holes: their text is taken as it comes.
    parser: Option<Box<dyn Parser>>,
    spec: ModelSpec,
}

/// Renders a conversation or a hole.
pub(super) fn render(ask: &Ask, dialect: &dyn Dialect) -> Result<Vec<Piece>, EngineError> {
    match ask {
        Ask::Chat(chat) => dialect.render(chat).map_err(|error| EngineError::new(ErrorKind::Unsupported, error.to_string())),
        Ask::Fim(fim) => dialect.fim(fim).ok_or_else(|| {
            EngineError::new(ErrorKind::Unsupported, format!("the dialect {} cannot fill holes; use it for conversations", dialect.name()))
        }),
    }
}

impl Prepared {
    /// Renders a request for a model, and makes the parser for its answer.
    pub fn new(request: &Request, model: &Arc<Model>) -> Result<Self, EngineError> {
        let dialect = model.dialect.as_ref();
        let mut prepared = Self {
            prompt: vec![],
            stop_tokens: dialect.stop_texts().iter().map(|text| (*text).to_string()).collect(),
            grammar: None,
            parser: None,
            spec: model.spec.clone(),
        };
        match &request.ask {
            Ask::Fim(_) => prepared.prompt = render(&request.ask, dialect)?,
            Ask::Chat(chat) => {
                let chat = with_thinking(chat, model.thinking, request.priority);
                let tools = if chat.tool_choice == ToolChoice::None { &[][..] } else { &chat.tools };
                prepared.parser = Some(dialect.parser(tools, dialect.start(&chat)));
                prepared.grammar = dialect.grammar(&chat.tools, chat.tool_choice).map(|g| Grammar { gbnf: g.gbnf, trigger: g.trigger });
                prepared.prompt = render(&Ask::Chat(chat), dialect)?;
            }
        }
        Ok(prepared)
    }

    /// The model it is for, and how that is loaded.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The order to the engine process.
    pub fn order(&self, request: &Request) -> Order {
        Order::Generate(Box::new(Generate {
            model: self.spec.clone(),
            prompt: self.prompt.clone(),
            max_tokens: request.max_tokens,
            temperature: request.temperature,
            stop: request.stop.clone(),
            stop_tokens: self.stop_tokens.clone(),
            plain: self.parser.is_none(),
            grammar: self.grammar.clone(),
            priority: request.priority,
        }))
    }
}

/// Turns the answers to a request into events, until it ends, is cancelled or nobody listens.
pub(super) async fn follow(prepared: Prepared, mut answers: Answers, events: mpsc::Sender<Event>, cancel: Cancel, model: String) {
    let mut reading = Reading { parser: prepared.parser, calls: 0, unreadable: None };
    loop {
        // Dropping `answers` tells the link, which tells the engine process.
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                let _ = events.send(Event::Failed(EngineError::cancelled())).await;
                return;
            }
            () = events.closed() => return,
            answer = answers.recv() => answer,
        };
        let (out, last) = match answer {
            Some(answer) => reading.read(answer, &model),
            None => (vec![Event::Failed(link::gone())], true),
        };
        for event in out {
            if events.send(event).await.is_err() {
                return;
            }
        }
        if last {
            return;
        }
    }
}

struct Reading {
    parser: Option<Box<dyn Parser>>,
    calls: usize,
    /// Why a call could not be read.
    unreadable: Option<String>,
}

impl Reading {
    /// The events of an answer, and whether it was the last.
    fn read(&mut self, answer: Answer, model: &str) -> (Vec<Event>, bool) {
        match answer {
            Answer::Progress { stage, done, total } => {
                let stage = match stage {
                    Stage::Load => "loading the model",
                    Stage::Prefill => "reading the prompt",
                };
                (vec![Event::Progress { stage, done, total }], false)
            }
            Answer::Cost(timing) => (vec![Event::Cost(timing)], false),
            Answer::Text(text) => match &mut self.parser {
                None => (vec![Event::Text(text)], false),
                Some(parser) => {
                    let deltas = parser.push(&text);
                    (self.events(deltas), false)
                }
            },
            Answer::Done { finish, timing } => {
                let deltas = self.parser.as_mut().map(|parser| parser.finish(finish != Finish::Length)).unwrap_or_default();
                let mut events = self.events(deltas);
                events.push(match finish.of(self.calls, self.unreadable.take()) {
                    Err(message) => Event::Failed(EngineError::new(ErrorKind::Garbled, message)),
                    Ok(reason) => Event::Done(Finished { reason, model: model.into(), timing, cut: None }),
                });
                (events, true)
            }
            Answer::Failed { kind, message } => (vec![Event::Failed(error(kind, message))], true),
            Answer::Opened(_) | Answer::Counts(_) | Answer::Pong { .. } => (vec![], false),
        }
    }

    fn events(&mut self, deltas: Vec<Delta>) -> Vec<Event> {
        let mut events = vec![];
        for delta in deltas {
            match delta {
                Delta::Text(text) => events.push(Event::Text(text)),
                Delta::TextWasReasoning => events.push(Event::TextWasReasoning),
                Delta::Reasoning(text) => events.push(Event::Reasoning(text)),
                Delta::Call(call) => {
                    self.calls += 1;
                    events.push(Event::Call(call));
                }
                Delta::Malformed(message) => self.unreadable = Some(message),
            }
        }
        events
    }
}

/// The error for a failure in the engine process.
pub(super) fn error(kind: Failure, message: String) -> EngineError {
    let overflow = if let Failure::TooLong(overflow) = kind { overflow } else { None };
    let kind = match kind {
        Failure::Cancelled => ErrorKind::Cancelled,
        // The link handles the second like a death.
        Failure::Unavailable | Failure::Died => ErrorKind::Unavailable,
        Failure::Configuration => ErrorKind::Configuration,
        Failure::TooLong(_) => ErrorKind::TooLong,
        Failure::Unsupported => ErrorKind::Unsupported,
    };
    EngineError { overflow, ..EngineError::new(kind, message) }
}
