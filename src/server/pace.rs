//! How completion keeps pace with typing: while keys come faster than answers, a model is asked only after a short pause; as soon as a
//! suggestion is accepted, the next one is started. Pure, except for the futures that it holds.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::Shared;

use super::service::Suggestions;
use crate::engine::{BoxFuture, Cancel, EngineError};
use crate::text::{Edit, Text};
use crate::workspace::Document;

/// The result of a completion: suggestions, or why there are none.
pub type Suggested = Result<Suggestions, EngineError>;

/// While requests are overtaken by further keys, typing has to pause for this share of the usual waiting time before a model is asked.
const REST_SHARE: f64 = 0.125;
const MAX_REST_MS: f64 = 200.0;
/// Weight of the newest measurement in the average.
const NEWEST_WEIGHT: f64 = 0.3;

/// The pace of completion.
#[derive(Default)]
pub struct Pace {
    /// The milliseconds a model usually takes; none before the first answer.
    usual_ms: Option<f64>,
    /// The last suggestion, and the document that it was for.
    offered: Option<(Arc<Document>, Edit)>,
    prepared: Option<Prepared>,
}

/// A completion that runs before the editor has asked for it.
struct Prepared {
    uri: String,
    text: Text,
    offset: usize,
    cancel: Cancel,
    outcome: Shared<BoxFuture<'static, Suggested>>,
}

impl Pace {
    /// Notes how long a model took.
    pub fn took(&mut self, time: Duration) {
        let now = time.as_secs_f64() * 1000.0;
        self.usual_ms = Some(self.usual_ms.map_or(now, |usual| usual * (1.0 - NEWEST_WEIGHT) + now * NEWEST_WEIGHT));
    }

    /// How long to wait for another key before a model is asked, if the last request was overtaken by a key.
    pub fn rest(&self) -> Duration {
        let rest = self.usual_ms.unwrap_or_default() * REST_SHARE;
        Duration::from_secs_f64(rest.min(MAX_REST_MS) / 1000.0)
    }

    /// Remembers the suggestion for a document; none if nothing was offered.
    pub fn offered(&mut self, document: Arc<Document>, suggestion: Option<Edit>) {
        self.offered = suggestion.map(|suggestion| (document, suggestion));
    }

    /// The position of the cursor, if this text is the previous one with the last suggestion accepted in full.
    pub fn accepted(&mut self, now: &Document) -> Option<usize> {
        let (before, suggestion) = self.offered.take_if(|(before, _)| before.uri == now.uri)?;
        let length = before.text.len_bytes() - suggestion.range.len() + suggestion.text.len();
        let (start, end) = (suggestion.range.start, suggestion.range.start + suggestion.text.len());
        // The user may have typed a single character; more characters at once count as an acceptance.
        let here = now.text.len_bytes() == length && suggestion.text.chars().count() > 1 && now.text.slice(start..end) == suggestion.text;
        let mut after = before.text.clone();
        after.replace(suggestion.range.clone(), &suggestion.text);
        (here && after == now.text).then_some(end)
    }

    /// Keeps a completion that was started for this place, replacing the previous one.
    pub fn prepare(
        &mut self,
        document: &Document,
        offset: usize,
        cancel: Cancel,
        work: BoxFuture<'static, Suggested>,
    ) -> BoxFuture<'static, ()> {
        let outcome = work.shared();
        let run = outcome.clone().map(|_| ());
        self.drop_prepared();
        self.prepared = Some(Prepared { uri: document.uri.clone(), text: document.text.clone(), offset, cancel, outcome });
        run.boxed()
    }

    /// The completion that was started in advance for this place. If it was started for another place, it is useless now and is stopped.
    pub fn join(&mut self, document: &Document, offset: usize) -> Option<BoxFuture<'static, Suggested>> {
        let fits = |prepared: &mut Prepared| {
            prepared.uri == document.uri && prepared.offset == offset && prepared.text == document.text && !prepared.cancel.is_cancelled()
        };
        let Some(prepared) = self.prepared.take_if(fits) else {
            self.drop_prepared();
            return None;
        };
        Some(Box::pin(async move {
            // If the request is overtaken, this stops as well.
            let _stop = prepared.cancel.drop_guard();
            prepared.outcome.await
        }))
    }

    fn drop_prepared(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            prepared.cancel.cancel();
        }
    }
}
