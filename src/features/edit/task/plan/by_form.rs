//! The plan for a model that fills a form: which form the words or the place need, and what no form can do.

use std::sync::Arc;

use super::{IN_THIS_FILE, Plan, Route, item, signals, tests_of, tests_words};
use crate::features::edit::extraction;
use crate::features::edit::forms::Form;
use crate::features::edit::module_move::Moving;
use crate::features::edit::new_file::NewFile;
use crate::features::edit::rename::{self, Rename};
use crate::features::edit::task::how::{How, Instruction};
use crate::features::edit::task::wording::{self, Intent};
use crate::features::{Session, Site};
use crate::route::TaskKind;

impl Plan {
    /// The plan for a model that fills a form. The index finds the uses for a rename; what no form can do is refused.
    pub fn by_form(self, session: &Session, site: &Site, how: &How) -> Result<Self, String> {
        let this = Self { route: Route::Form, ..self };
        if let Some(moves) = &this.moves {
            let item = item(site, "moved")?;
            if let Some(moving) = Moving::find(session, site, &item)? {
                let words = format!("move `{}` into a new module of its own. Say only how the module is to be called.", item.name);
                let form = Form::Module { item, moving: Arc::new(moving), name: moves.module.clone() };
                return Ok(Self { form, words, ..this });
            }
            return Err(format!(
                "to move `{}` of {} into a module needs a model that works with tools: set one with a larger window as `roles.coder` \
                 (route.agent_context)",
                item.name, site.path
            ));
        }
        if let Form::Calls(calls) = &this.form {
            calls.fit()?;
        }
        let How::Instruction(Instruction { words, .. }) = how else {
            let Form::Test { item, beside: Some(beside) } = &this.form else { return Ok(this) };
            return Ok(Self { words: tests_words(&item.name, &beside.words()), ..this });
        };
        let Some((old, new)) = this.renaming.clone() else {
            if let Some(new) = NewFile::find(session, site, words)? {
                let (words, doing) = (new.words(site, words), format!("writing {}", new.shown()));
                let form = Form::Create { lines: site.whole_lines(site.bytes.clone()), new: Arc::new(new) };
                return Ok(Self { form, words, doing, ..this });
            }
            let Some((kind, form, more)) = narrower(session, site, words)? else { return Ok(this) };
            if let Form::Extract { lines, item } = &form {
                extraction::may_be(site, item, lines)?;
            }
            let signals = signals(session, site, &form);
            let words = match &form {
                Form::Implement { item, .. } => format!("write the body of `{}`: {}", item.name, words.trim()),
                _ => format!("{} {more}", words.trim()).trim_end().to_string(),
            };
            return Ok(Self { kind, form, signals, words, ..this });
        };
        let is_unused = |old: &str| site.uses(old).is_none_or(|uses| uses.is_empty());
        let old = match old {
            Some(old) if is_unused(&old) => match new {
                // A word taken for a name where no name was asked for.
                None => return Ok(this),
                Some(_) => return Err(format!("`{old}` is not in {}; ask where it is used", site.path)),
            },
            Some(old) => old,
            None => match rename::name_at(site) {
                Some(old) => old,
                None => return Ok(this),
            },
        };
        let found = Rename::find(session, site, &old, new)?;
        let words = format!("{words}\nThis is about {}.", found.what);
        Ok(Self { form: Form::Rename(Arc::new(found)), words, ..this })
    }
}

/// The form for an instruction that says more, by its words or its place, than that lines should change.
fn narrower(session: &Session, site: &Site, words: &str) -> Result<Option<(TaskKind, Form, String)>, String> {
    let Some(item) = site.item() else { return Ok(None) };
    Ok(match wording::intent(words) {
        // Another test is added to a test by changing the lines themselves.
        Some(Intent::Tests) if site.is_test(&item) => None,
        Some(Intent::Tests) => {
            let (form, _) = tests_of(session, site, item)?;
            let Form::Test { beside, .. } = &form else { return Ok(None) };
            let where_to = beside.as_ref().map_or(IN_THIS_FILE.into(), |beside| beside.words());
            Some((TaskKind::Test, form, where_to))
        }
        Some(Intent::Documentation) => Some((TaskKind::Document, Form::Document { item }, String::new())),
        Some(Intent::Function) => {
            let lines = site.whole_lines(site.bytes.clone());
            site.is_in_body(&item, &lines).then_some((TaskKind::Extract, Form::Extract { lines, item }, String::new()))
        }
        // A placeholder is marked, or a body is asked for.
        intent => site
            .empty_body(&item)
            .filter(|_| {
                intent == Some(Intent::Body) && site.blank_line().is_none() || site.is_in_body(&item, &site.whole_lines(site.bytes.clone()))
            })
            .map(|body| {
                let hint = Some(words.trim().to_string());
                (TaskKind::Rewrite, Form::Implement { body, item, hint }, String::new())
            }),
    })
}
