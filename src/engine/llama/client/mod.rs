//! Our side of the engine process: an `Engine` that renders requests, sends them over the link, and reads the answers.

mod count;
mod deaths;
mod link;
mod request;
mod spawn;
mod spec;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use self::link::Link;
use self::request::Prepared;
pub use self::spawn::Surroundings;
use self::spec::{Model, Subject};
use super::gguf::Header;
use super::wire;
use crate::config::EngineConfig;
use crate::dialect::{self, Dialect, Fim};
use crate::engine::{
    Ask, BoxFuture, Cancel, Caps, Engine, EngineError, ErrorKind, Event, Events, Priority, Request, Tokens, with_thinking,
};

/// The embedded engine.
pub struct Llama {
    subject: Subject,
    link: Link,
    tokens: Arc<count::Counter>,
}

impl Llama {
    /// An engine for one model file. Starts nothing: the engine process is found or started with the first request.
    #[expect(clippy::new_ret_no_self, reason = "callers want the trait object; the type is a detail")]
    pub fn new(config: &EngineConfig, model_file: PathBuf) -> Arc<dyn Engine> {
        Self::within(config, model_file, Surroundings::default())
    }

    /// [`Llama::new`] with a choice of engine process, for tests.
    pub fn within(config: &EngineConfig, model_file: PathBuf, surroundings: Surroundings) -> Arc<dyn Engine> {
        let subject = Subject::new(config.clone(), model_file);
        let link = Link::start(surroundings);
        let tokens = Arc::new(count::Counter::new(subject.clone(), link.clone()));
        Arc::new(Self { subject, link, tokens })
    }

    /// What to send for a request, or why it cannot be sent.
    fn prepare(&self, request: &Request) -> Result<Prepared, EngineError> {
        let model = self.subject.model()?;
        Prepared::new(request, &model)
    }
}

impl Engine for Llama {
    fn model(&self) -> String {
        self.subject.name()
    }

    fn origin(&self) -> Option<String> {
        None
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        Box::pin(async {
            let model = self.subject.model()?;
            let mut answers = self.link.send(wire::Order::Open(model.spec.clone()), &model.spec);
            while let Some(answer) = answers.recv().await {
                match answer {
                    wire::Answer::Opened(caps) => {
                        return Ok(spoken_to(&model, caps));
                    }
                    wire::Answer::Failed { kind, message } => return Err(request::error(kind, message)),
                    _ => {}
                }
            }
            Err(link::gone())
        })
    }

    fn start(&self, request: Request, cancel: Cancel) -> Events {
        let (sender, events) = mpsc::channel(256);
        match self.prepare(&request) {
            Ok(prepared) => {
                let answers = self.link.send(prepared.order(&request), prepared.spec());
                tokio::spawn(request::follow(prepared, answers, sender, cancel, self.model()));
            }
            // A new channel has capacity.
            Err(error) => drop(sender.try_send(Event::Failed(error))),
        }
        events
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        self.tokens.clone()
    }

    fn preview(&self, ask: &Ask) -> String {
        let dialect = self.subject.dialect();
        let configured = match (ask, self.subject.model()) {
            (Ask::Chat(chat), Ok(model)) => Ask::Chat(with_thinking(chat, model.thinking, Priority::Normal)),
            _ => ask.clone(),
        };
        match request::render(&configured, dialect.as_ref()) {
            Ok(prompt) => dialect.text(&prompt),
            Err(error) => error.message,
        }
    }

    fn known_caps(&self) -> Caps {
        match self.subject.model() {
            Ok(model) => spoken_to(&model, Caps { fim: model.has_fim, context: model.spec.context, ..Caps::default() }),
            // Without the file, the best is assumed.
            Err(_) => Caps { fim: writes_holes(self.subject.dialect().as_ref()), context: self.subject.window(), ..Caps::assumed() },
        }
    }
}

/// What a model can do in its dialect.
fn spoken_to(model: &Model, caps: Caps) -> Caps {
    let fim = caps.fim && writes_holes(model.dialect.as_ref());
    Caps { fim, chat: true, tools: true, thinks: model.thinking == Some(true), ..caps }
}

fn writes_holes(dialect: &dyn Dialect) -> bool {
    dialect.fim(&Fim::default()).is_some()
}

/// The configured dialect, else the model's own.
fn choose(config: &EngineConfig, header: &Header) -> Result<Arc<dyn Dialect>, EngineError> {
    // `native` leaves rendering to a server, and here we are the server.
    let Some(wanted) = config.dialect.as_deref().filter(|wanted| *wanted != "native") else {
        return Ok(header.dialect().unwrap_or_else(dialect::usual));
    };
    dialect::by_name(wanted).ok_or_else(|| {
        let message = format!("`{wanted}` is not a dialect; there are {}", dialect::NAMES.join(", "));
        EngineError::new(ErrorKind::Configuration, message)
    })
}
