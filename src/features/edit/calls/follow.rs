//! An edit that changes a signature is half an edit: the calls follow, in a second question.

use std::sync::Arc;

use super::Calls;
use crate::engine::{EngineError, ErrorKind};
use crate::features::edit::Work;
use crate::features::edit::forms::Form;
use crate::features::edit::offer;
use crate::features::edit::short::{self, Done};
use crate::syntax::{self, scope};
use crate::text::Batch;

/// Asks for the calls of what has another signature now. What could not be done about them is said, for a person to look at.
pub async fn calls(work: &Work<'_>, done: &mut Done) -> Result<Vec<String>, EngineError> {
    let Some(calls) = changed(work, done) else { return Ok(vec![]) };
    let told = calls.told(work.site);
    let unfit = if calls.count() == 0 { None } else { ask(work, done, calls).await? };
    Ok(told.into_iter().chain(unfit).collect())
}

/// Asks for the calls; what hinders them to follow.
async fn ask(work: &Work<'_>, done: &mut Done, calls: Calls) -> Result<Option<String>, EngineError> {
    let (name, count) = (calls.name.clone(), calls.count());
    let unfit = |why: String| Some(format!("`{name}` has another signature with this, and its {count} call(s) do not follow: {why}"));
    if let Err(why) = calls.fit() {
        return Ok(unfit(why));
    }
    let words = calls.words();
    let plan = work.plan.about(Form::Calls(Arc::new(calls)), words, format!("adapting the calls of {name}"));
    let more = Work { plan: &plan, ..*work };
    match short::rounds(&more).await {
        Ok(more) => {
            done.add(more);
            Ok(None)
        }
        Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
        Err(error) => Ok(unfit(error.message)),
    }
}

/// The calls of the item at hand, if the edit changes its signature and keeps its name.
fn changed(work: &Work<'_>, done: &Done) -> Option<Calls> {
    let Form::Replace { lines } = &work.plan.form else { return None };
    let site = work.site;
    let item = site.item().filter(|item| item.kind.is_callable())?;
    let after = offer::changed(&site.text, &Batch::new(done.filled.edits.clone()).ok()?);
    let parsed = syntax::parse(site.language.as_ref()?, after.clone()).ok()?;
    let now = scope::item_at(&parsed, item.range.start).filter(|now| now.name == item.name)?;
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let (before, said) = (&site.text[item.signature.clone()], &after[now.signature.clone()]);
    let parameters = |text: &str| plain(text).trim_end_matches(['{', ':']).to_string();
    if parameters(before) == parameters(said) {
        return None;
    }
    // Those that the answer has adapted itself are done.
    let calls = Calls::with(work.session, site, &item, said).outside(site, lines);
    Some(done.filled.edits.iter().fold(calls, |calls, edit| calls.outside(site, &edit.range)))
}
