//! An edit that changes a signature is only half of the work: a second question adapts the calls. Pure.

use std::sync::Arc;

use super::Calls;
use crate::engine::{EngineError, ErrorKind};
use crate::features::edit::Work;
use crate::features::edit::conversation::form_turn::FilledForm;
use crate::features::edit::forms::Form;
use crate::features::edit::task::plan::Plan;
use crate::syntax::{self, scope};
use crate::text::Batch;

/// The calls of a function whose signature has changed.
pub struct Following {
    /// What a person must look at whatever becomes of them.
    pub told: Vec<String>,
    /// The question for them; none where there is nothing to ask.
    pub plan: Option<Plan>,
    name: String,
    count: usize,
}

/// What follows an edit, if it changes a signature.
pub fn calls(work: &Work<'_>, done: &FilledForm) -> Option<Following> {
    let calls = changed(work, done)?;
    let (told, name, count) = (calls.told(work.site).into_iter().collect(), calls.name.clone(), calls.count());
    let mut following = Following { told, plan: None, name, count };
    if count == 0 {
        return Some(following);
    }
    match calls.fit() {
        Ok(()) => {
            let (words, doing) = (calls.words(), format!("adapting the calls of {}", following.name));
            following.plan = Some(work.plan.about(Form::Calls(Arc::new(calls)), words, doing));
        }
        Err(why) => following.told.push(following.unfit(&why)),
    }
    Some(following)
}

/// What a person is told if the time was up before the calls could be adapted.
pub fn too_late() -> Vec<String> {
    vec!["the signature is another with this, and the time was up before its calls were".to_string()]
}

impl Following {
    /// Adds the adapted calls to the edit. Returns what a person must look at.
    pub fn take(mut self, done: &mut FilledForm, asked: Result<FilledForm, EngineError>) -> Result<Vec<String>, EngineError> {
        match asked {
            Ok(more) => done.add(more),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) => self.told.push(self.unfit(&error.message)),
        }
        Ok(self.told)
    }

    fn unfit(&self, why: &str) -> String {
        format!("`{}` has another signature with this, and its {} call(s) do not follow: {why}", self.name, self.count)
    }
}

/// The calls of the current item, if the edit changes its signature and keeps its name.
fn changed(work: &Work<'_>, done: &FilledForm) -> Option<Calls> {
    let Form::Replace { lines } = &work.plan.form else { return None };
    let site = work.site;
    let item = site.item().filter(|item| item.kind.is_callable())?;
    let after = Batch::new(done.filled.edits.clone()).ok()?.applied_to(&site.text);
    let parsed = syntax::parse(site.language.as_ref()?, after.clone()).ok()?;
    let now = scope::item_at(&parsed, item.range.start).filter(|now| now.name == item.name)?;
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let (before, said) = (&site.text[item.signature.clone()], &after[now.signature.clone()]);
    let parameters = |text: &str| plain(text).trim_end_matches(['{', ':']).to_string();
    if parameters(before) == parameters(said) {
        return None;
    }
    // Calls that the answer has adapted itself are done.
    let calls = Calls::with(work.session, site, &item, said).outside(site, lines);
    Some(done.filled.edits.iter().fold(calls, |calls, edit| calls.outside(site, &edit.range)))
}
