//! An engine that plays a script: for faults and fast tests, never as proof that a feature works.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Ask, BoxFuture, Cancel, Caps, Engine, EngineError, Estimate, Event, Events, Finished, Request, Tokens};

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    Event(Event),
    Wait(Duration),
    /// Never answers, until cancelled.
    Hang,
}

/// Plays one script per request, in order; hangs once none is left. Stops at a request's stop texts if one piece contains such a text
/// completely. Keeps the requests.
#[derive(Default)]
pub struct Scripted {
    scripts: Vec<Vec<Step>>,
    /// It has no FIM tokens.
    in_words: bool,
    next: AtomicUsize,
    /// One slot for each script, and some for requests without one.
    asked: Vec<OnceLock<Request>>,
}

/// How many requests without a script are kept.
const IN_VAIN: usize = 64;

impl Scripted {
    /// Plays these scripts.
    pub fn new(scripts: impl IntoIterator<Item = Vec<Step>>) -> Arc<Self> {
        let scripts: Vec<Vec<Step>> = scripts.into_iter().collect();
        let asked = (0..scripts.len() + IN_VAIN).map(|_| OnceLock::new()).collect();
        Arc::new(Self { scripts, in_words: false, next: AtomicUsize::new(0), asked })
    }

    /// [`Self::new`] without FIM tokens: holes are then asked for in words.
    pub fn without_fim(scripts: impl IntoIterator<Item = Vec<Step>>) -> Arc<Self> {
        let mut engine = Self::new(scripts);
        if let Some(engine) = Arc::get_mut(&mut engine) {
            engine.in_words = true;
        }
        engine
    }

    /// A script that answers with `text` and ends.
    pub fn text(text: &str) -> Vec<Step> {
        vec![Step::Event(Event::Text(text.into())), Step::Event(Event::Done(Finished::default()))]
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.iter().map_while(|place| place.get().cloned()).collect()
    }
}

impl Engine for Scripted {
    fn model(&self) -> String {
        "scripted".into()
    }

    fn origin(&self) -> Option<String> {
        None
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        Box::pin(std::future::ready(Ok(self.known_caps())))
    }

    fn start(&self, request: Request, cancel: Cancel) -> Events {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let stop = request.stop.clone();
        if let Some(place) = self.asked.get(number) {
            place.get_or_init(|| request);
        }
        let script = self.scripts.get(number).cloned().unwrap_or(vec![Step::Hang]);
        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        tokio::spawn(async move {
            let play = async {
                for step in script {
                    match step {
                        Step::Event(Event::Text(text)) => {
                            let end = stop.iter().filter_map(|stop| text.find(stop.as_str())).min();
                            let _ = sender.send(Event::Text(text[..end.unwrap_or(text.len())].into())).await;
                            if end.is_some() {
                                let _ = sender.send(Event::Done(Finished::default())).await;
                                return;
                            }
                        }
                        Step::Event(event) => {
                            let _ = sender.send(event).await;
                        }
                        Step::Wait(time) => tokio::time::sleep(time).await,
                        Step::Hang => std::future::pending().await,
                    }
                }
            };
            tokio::select! {
                () = play => {}
                () = cancel.cancelled() => {
                    let _ = sender.send(Event::Failed(EngineError::cancelled())).await;
                }
                () = sender.closed() => {}
            }
        });
        receiver
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Estimate)
    }

    fn preview(&self, ask: &Ask) -> String {
        format!("{ask:?}")
    }

    fn known_caps(&self) -> Caps {
        Caps { fim: !self.in_words, chat: true, tools: true, context: 8192, ..Caps::default() }
    }
}
