//! The part of a prompt that comes from other files: the ranked pack for a place, with corrections for what has changed since.

use std::sync::Arc;
use std::time::Duration;

use super::{Session, Site, corpora};
use crate::context::corpus::{Corpus, Digest};
use crate::context::{Pack, Part, PlaceQuery, Sources};
use crate::engine::Tokens;

/// How long a user who asked waits for the ranking of a repository that was just opened.
pub(super) const RANKING_WAIT: Duration = Duration::from_secs(20);

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Nobody: the user is typing, so the ranking is used as far as it is ready.
    Typing,
    /// A user who asked for code at the cursor.
    Invoked,
    /// A user who asked for an answer that takes seconds anyway.
    Person,
    /// A user who asked what would be sent.
    Preview,
}

/// Definitions from other files that the code at a place uses or will need, within `budget` tokens.
pub fn around(session: &Session, site: &Site, offset: usize, budget: usize, tokens: &dyn Tokens, asker: Asker) -> Vec<Part> {
    pack(session, site, offset, budget, tokens, asker).parts
}

/// [`around`] with the totals of the pack.
pub(super) fn pack(session: &Session, site: &Site, offset: usize, budget: usize, tokens: &dyn Tokens, asker: Asker) -> Pack {
    let nothing = || Pack { budget, ..Pack::default() };
    if budget == 0 {
        return nothing();
    }
    let corpus = if asker == Asker::Typing { corpora::newest(session) } else { corpora::wait(session, RANKING_WAIT) };
    let Some(corpus) = corpus else { return nothing() };
    let preview = asker == Asker::Preview;
    let language = site.language.as_deref();
    let (path, text, parsed) = (&site.path, &site.text, site.parsed());
    let writes = asker != Asker::Person;
    let query = PlaceQuery { corpus: &corpus, path, language, text, parsed, offset, budget, preview, writes };
    if !preview {
        session.shared.context.visited(&site.path, site.line_of(offset) - 1);
    }
    // Until the ranking is updated, what it has of a deleted file is left out.
    let is_behind = corpus.generation() < session.index.generation();
    let sources = Sources {
        changed: &|path| changed(session, &corpus, path),
        is_gone: &|file| is_behind && session.index.at(&corpus.files[file as usize].file.path).is_none(),
        read: &|path| session.snapshot.read(&corpus.files[corpus.file(path)? as usize].file.path).ok(),
        count: &|text| tokens.count(text),
    };
    session.shared.context.place(&query, &sources)
}

/// The current signatures of a file, if the index has another version of it than the corpus.
fn changed(session: &Session, corpus: &Corpus, path: &str) -> Option<Arc<Digest>> {
    let known = &corpus.files[corpus.file(path)? as usize];
    let now = session.index.at(&known.file.path);
    if now.is_some_and(|now| Arc::ptr_eq(now, &known.file) || now.hash == known.file.hash) {
        return None;
    }
    match now {
        Some(now) => Digest::new(&session.index, now, &session.snapshot.read(&now.path).ok()?).map(Arc::new),
        None => Some(Arc::new(known.gone())),
    }
}
