//! The place of a completion, read once for all decisions: who is asked, what is sent, what of the answer fits.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::hole::{Hole, Inside};
use super::{Params, prompt};
use crate::context::Masked;
use crate::context::redact::Secrets;
use crate::features::{Session, Site, Target};
use crate::syntax::Surface;

/// Larger documents, in bytes, get no completion.
const MAX_DOCUMENT: usize = 32 << 20;
/// Bytes around the cursor that are looked at.
const BYTES_AROUND_CURSOR: usize = 64 << 10;

/// The place of a completion.
pub(in crate::features) struct Spot {
    pub site: Site,
    /// The range that a suggestion replaces, and the entry of the editor's list that it begins with.
    replaced: Range<usize>,
    chosen: String,
    /// Searched for secrets once, when somebody asks.
    near: OnceLock<MaskedSides>,
    /// What the parser says, asked once.
    inside: OnceLock<Inside>,
}

impl Spot {
    /// Reads the place, or says why nothing is offered there.
    pub fn new(session: &Session, params: &Params) -> Result<Self, String> {
        let spot = Self::of(session, &params.at, params.selected.clone())?;
        spot.wanted(session, params.invoked)?;
        Ok(spot)
    }

    /// [`Self::new`] without asking whether anything is wanted there.
    pub fn of(session: &Session, at: &Target, selected: Option<(Range<usize>, String)>) -> Result<Self, String> {
        if let Some(reason) = session.closed(at) {
            return Err(reason);
        }
        if at.document.text.len_bytes() > MAX_DOCUMENT {
            return Err("the document is larger than 32 MiB".into());
        }
        let site = Site::new(session, at);
        let cursor = site.bytes.start;
        let (replaced, chosen) = selected.unwrap_or((cursor..cursor, String::new()));
        let replaced = site.text.floor_char_boundary(replaced.start)..site.text.floor_char_boundary(replaced.end);
        Ok(Self { site, replaced, chosen, near: OnceLock::new(), inside: OnceLock::new() })
    }

    /// Why nothing is offered here, while typing or when `invoked`.
    pub fn wanted(&self, session: &Session, invoked: bool) -> Result<(), String> {
        let in_words = || {
            let place = self.site.place();
            place.in_comment || place.in_string
        };
        match !invoked && !session.config().completion.in_comments && in_words() {
            true => Err("completion in comments and strings is turned off (completion.in_comments)".into()),
            false => Ok(()),
        }
    }

    /// The text before the suggestion.
    pub fn before(&self) -> Cow<'_, str> {
        let before = &self.site.text[..self.replaced.start];
        if self.chosen.is_empty() { before.into() } else { format!("{before}{}", self.chosen).into() }
    }

    /// The text behind it.
    pub fn after(&self) -> &str {
        &self.site.text[self.replaced.end..]
    }

    fn near(&self) -> &MaskedSides {
        self.near.get_or_init(|| MaskedSides::new(&self.before(), self.after()))
    }

    /// Whether the cursor is inside of what looks like a secret.
    pub fn is_in_secret(&self) -> bool {
        self.near().in_secret
    }

    /// The hole at this place.
    pub fn hole(&self, invoked: bool) -> Hole<'_> {
        let (near, inside) = (self.near(), *self.inside.get_or_init(|| inside(&self.site)));
        Hole::new(&near.before, &near.after, Surface::in_file(self.site.language.as_ref(), &self.site.path), inside, invoked)
    }
}

/// What surrounds the place, by the parser. On a line of its own an expression may take several lines: an element of a list, a field with
/// all its content.
fn inside(site: &Site) -> Inside {
    let place = site.place();
    let alone = || site.text[site.whole_lines(site.bytes.start..site.bytes.start)].trim().is_empty();
    match place.in_comment || place.in_string {
        true => Inside::Words,
        false if place.in_expression && !alone() => Inside::Expression,
        false => Inside::Code,
    }
}

/// The text beside the cursor, as models may see it. Secrets are found in both sides together: a value being typed begins before the cursor
/// and ends behind it.
struct MaskedSides {
    before: Masked,
    after: Masked,
    in_secret: bool,
}

impl MaskedSides {
    fn new(before: &str, after: &str) -> Self {
        let before = near_end(before);
        let (at, text) = (before.len(), before + &near_start(after));
        let secrets = Secrets::of(&text);
        let (before, after) = (secrets.cut(&text, 0..at), secrets.cut(&text, at..text.len()));
        Self { before, after, in_secret: secrets.around(at) }
    }
}

/// The text before the cursor with `\n` as line break, as models were trained.
fn near_end(before: &str) -> String {
    with_line_feeds_alone(prompt::whole_steps(before, BYTES_AROUND_CURSOR))
}

fn near_start(after: &str) -> String {
    with_line_feeds_alone(&after[..after.floor_char_boundary(BYTES_AROUND_CURSOR)])
}

fn with_line_feeds_alone(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into() }
}
