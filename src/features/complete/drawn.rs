//! What a completion would send to a model, for the preview.

use super::hole::Hole;
use super::prompt::{self, Budget};
use super::request;
use super::spot::Spot;
use crate::context::Part;
use crate::engine::Tokens;
use crate::features::around::{Asker, around};
use crate::features::preview::{LikelyEngine, UnrenderedPrompt, current};
use crate::features::{Session, Site};
use crate::redact::Masked;

/// What a completion at a place sends, with `wanted` tokens of other files (or the regular number), that number, and the maximum tokens of
/// the answer.
pub(in crate::features) fn draw(
    session: &Session,
    spot: &Spot,
    wanted: Option<usize>,
    reader: &LikelyEngine,
    invoked: bool,
) -> (UnrenderedPrompt, usize, u32) {
    let (site, hole, tokens) = (&spot.site, spot.hole(invoked), reader.tokens.as_ref());
    let due = request::budget(session, &hole, invoked, reader.rate(session), &reader.caps);
    let budget = Budget { context: wanted.unwrap_or(due.context), ..due };
    let mut parts = around(session, site, site.bytes.start, budget.context, tokens, Asker::Preview);
    parts.extend(below(&hole, site, budget, tokens));
    let ask = prompt::ask(&session.shared.registry, &hole, &site.path, budget, &parts, reader.caps.fim);
    let (prefix, suffix) = (prompt::window_before(hole.before, budget.before), prompt::window_after(hole.after, budget.after));
    let line = site.line_of(site.bytes.start);
    let first = line - prefix.matches('\n').count() as u32;
    parts.push(current(&site.path, first, Masked::whole(prefix), tokens, "before the cursor"));
    parts.push(current(&site.path, line, Masked::whole(suffix), tokens, "after the cursor"));
    (UnrenderedPrompt { ask, parts }, budget.context, request::max_tokens(session, &hole, invoked))
}

/// Text further down in the file than the window after the cursor.
pub(super) fn below(hole: &Hole, site: &Site, budget: Budget, tokens: &dyn Tokens) -> Option<Part> {
    let shown = prompt::window_after(hole.after, budget.after);
    let (skipped, text) = prompt::window_below(hole.after, shown, budget.below)?;
    let first = site.line_of(site.bytes.start) + (shown.matches('\n').count() + skipped) as u32;
    Some(current(&site.path, first, Masked::whole(text), tokens, "further below"))
}
