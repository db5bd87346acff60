//! Which places of the repository the prompts of one question have shown to models.

use crate::route::Choice;

/// The places, in the order of the prompts. `T` is a place.
#[derive(Debug)]
pub(super) struct SentPlaces<T> {
    places: Vec<T>,
    /// Where those of the newest prompt begin, and the engine that it is for.
    newest: usize,
    engine: String,
}

impl<T> Default for SentPlaces<T> {
    fn default() -> Self {
        Self { places: vec![], newest: 0, engine: String::new() }
    }
}

impl<T> SentPlaces<T> {
    /// Adds those of a prompt for an engine. Those of an engine that failed, or that passed the question on, stay: they were sent, too. But
    /// an engine of this machine for which a prompt is built again has refused the one before unread, and it has gone nowhere.
    pub fn add(&mut self, choice: &Choice, places: impl IntoIterator<Item = T>) {
        if self.engine == choice.decision.engine && !choice.leaves() {
            self.places.truncate(self.newest);
        }
        (self.newest, self.engine) = (self.places.len(), choice.decision.engine.clone());
        self.places.extend(places);
    }

    /// All of them.
    pub fn into_places(self) -> Vec<T> {
        self.places
    }
}
