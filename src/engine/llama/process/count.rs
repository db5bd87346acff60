//! The threads that count tokens. Each has a vocabulary without its model, so that counting waits neither for weights to load nor for a
//! prompt to be read.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use super::connection::Reply;
use super::load::{self, Backend};
use super::vocabulary::Vocabulary;
use crate::engine::llama::wire::{Answer, Failure, ModelSpec};

/// Maximum vocabularies in memory; the one loaded longest ago goes first.
const MAX_VOCABULARIES: usize = 3;

type Texts = (Vec<String>, Reply);

/// Handles to the threads, which end when this is dropped.
pub struct Counter {
    backend: Arc<Backend>,
    threads: Vec<(ModelSpec, Sender<Texts>)>,
}

impl Counter {
    /// No threads yet.
    pub fn new(backend: Arc<Backend>) -> Self {
        Self { backend, threads: vec![] }
    }

    /// Counts texts and answers.
    pub fn count(&mut self, model: ModelSpec, texts: Vec<String>, reply: Reply) {
        let mut order = (texts, reply);
        if let Some((_, orders)) = self.threads.iter().find(|(spec, _)| is_same_file(spec, &model)) {
            match orders.send(order) {
                Ok(()) => return,
                // The file could not be read then, but may have been replaced by now.
                Err(mpsc::SendError(returned)) => order = returned,
            }
        }
        self.threads.retain(|(spec, _)| spec.path != model.path);
        self.threads.drain(..(self.threads.len() + 1).saturating_sub(MAX_VOCABULARIES));
        let (orders, received) = mpsc::channel();
        let (backend, spec) = (self.backend.clone(), model.clone());
        let started = std::thread::Builder::new().name("count".into()).spawn(move || run(&spec, &received, &backend));
        match started {
            Ok(_) => {
                // The thread takes at least its first order.
                let _ = orders.send(order);
                self.threads.push((model, orders));
            }
            Err(error) => {
                let message = format!("no thread that counts tokens could be started: {error}");
                order.1.send(Answer::Failed { kind: Failure::Unavailable, message });
            }
        }
    }
}

fn run(spec: &ModelSpec, orders: &Receiver<Texts>, backend: &Backend) {
    let Ok(first) = orders.recv() else { return };
    let model = match load::vocabulary(spec, backend) {
        Ok(model) => model,
        Err((kind, message)) => {
            let refuse = |(_, reply): Texts| reply.send(Answer::Failed { kind, message: message.clone() });
            return std::iter::once(first).chain(orders.try_iter()).for_each(refuse);
        }
    };
    let vocabulary = Vocabulary::new(&model);
    for (texts, reply) in std::iter::once(first).chain(orders) {
        reply.send(match reply.is_cancelled() {
            true => Answer::Failed { kind: Failure::Cancelled, message: "cancelled".into() },
            false => Answer::Counts(texts.iter().map(|text| vocabulary.plain(text).len() as u32).collect()),
        });
    }
}

fn is_same_file(one: &ModelSpec, other: &ModelSpec) -> bool {
    (&one.path, one.modified, one.bytes) == (&other.path, other.modified, other.bytes)
}
