//! Whether lines can become a call of a new function, and whether a model's answer is that: whatever leads out of the lines, and values
//! they give that are used later, must still be there.

use std::ops::Range;

use super::calls::signature::Parameters;
use crate::features::{Session, Site};
use crate::syntax::flow::{self, Gives, Jump, Leads};
use crate::syntax::scope::{self, Item};
use crate::syntax::uses::{self, Mention, Stands, Within};
use crate::syntax::{self, Definition, Kind, Parsed, Reach};
use crate::text::words;
use crate::text::{Batch, Edit};

/// How a function calls the object that it belongs to: the first is a parameter where it is no variable, the other is there in methods.
const OWN: &[&str] = &["self", "this"];

/// Why no function can do what these lines of an item do, before a model is asked.
pub fn may_be(site: &Site, item: &Item, lines: &Range<usize>) -> Result<(), String> {
    let at = |range: &Range<usize>| format!("{}:{}", site.path, site.line_of(range.start));
    let Some(parsed) = site.parsed() else { return Ok(()) };
    if flow::is_cut(parsed, lines) {
        return Err(format!("the marked lines at {} begin or end within a statement; mark whole statements", at(lines)));
    }
    if let Some(jump) = flow::leaving(parsed, lines).into_iter().find(|jump| jump.leads == Leads::Nowhere) {
        let word = words::first(&site.text[jump.range.clone()]);
        let place = at(&jump.range);
        return Err(format!(
            "`{word}` at {place} leads out of the marked lines, which another function cannot do for them; mark lines without it, or all that it stays in"
        ));
    }
    let outer = outermost(parsed, lines).unwrap_or(item.range.clone());
    match flow::entering(parsed, &outer, lines).first() {
        Some(jump) => Err(format!("the jump at {} leads into the marked lines; mark lines without its label", at(jump))),
        None => Ok(()),
    }
}

/// The outermost function around some lines: everything inside knows its variables.
fn outermost(parsed: &Parsed, lines: &Range<usize>) -> Option<Range<usize>> {
    let items = scope::at(parsed, lines.start).items;
    items.into_iter().find(|item| item.kind.is_callable() && item.range.end >= lines.end).map(|item| item.range)
}

/// Whether a name would mean the new function here; as a member of something else it would not.
fn takes(one: &Mention, is_member: bool) -> bool {
    one.within == Within::Code && (is_member || matches!(one.stands, Stands::Alone | Stands::Shorthand(..)))
}

/// Whether other files that see this one, or are seen by it, already have a function that the new one would clash with: functions of the
/// package, and members of the types named here.
pub fn taken(session: &Session, site: &Site, function: &str) -> Option<String> {
    let language = site.language.as_ref()?;
    let parsed = syntax::parse(language, function.trim_start()).ok()?;
    let given = syntax::tags(&parsed, "").definitions;
    let is_here = |name: &str| site.definitions().iter().any(|one| one.name.of(&site.text) == name);
    // The new function may be among members of the type around the caller.
    let mut names = given.iter().filter(|one| one.parent.is_none()).map(|one| one.name.of(parsed.text()));
    let name = names.find(|name| !is_here(name))?.to_string();
    let shares = matches!(language.reach, Some(Reach::Package | Reach::Folder | Reach::Includes));
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
    let here = folder(&site.path);
    let taken = session.index.named(&name).into_iter().find_map(|id| {
        let (symbol, file) = (session.index.symbol(id)?, session.index.file(id.file)?);
        let path = file.path.to_string();
        let is_ours = file.language.as_ref().is_some_and(|of| of.family == language.family) && path != site.path;
        let takes = match symbol.container() {
            None => shares && folder(&path) == here,
            Some(container) => words::has(&site.text, session.index.text(container)),
        };
        (is_ours && takes).then_some(path)
    });
    taken.map(|path| format!("`{name}` is in {path} already, where this file sees it\ngive the new function another name"))
}

/// Lines that became a call, with the file as it is then.
struct Extracted<'a> {
    before: &'a Parsed,
    after: Parsed,
    /// The function around the lines, before and after.
    outer: (Range<usize>, Range<usize>),
    lines: &'a Range<usize>,
    call: Range<usize>,
    function: Range<usize>,
}

/// Checks that the edits do what the lines did, as far as the tree can tell.
pub fn check(site: &Site, lines: &Range<usize>, call: &Edit, function: &Edit) -> Result<(), String> {
    let (Some(before), Some(language)) = (site.parsed(), &site.language) else { return Ok(()) };
    let first = function.range.start <= call.range.start;
    let edits = if first { vec![function.clone(), call.clone()] } else { vec![call.clone(), function.clone()] };
    let batch = Batch::new(edits).map_err(|overlap| overlap.to_string())?;
    let Ok(after) = syntax::parse(language, batch.applied_to(&site.text)) else { return Ok(()) };
    let grown = function.text.len();
    let moved = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
    let by = if first { grown } else { 0 };
    let placed = moved(&(lines.start..lines.start + call.text.len()), by);
    let start = if first { function.range.start } else { function.range.start + call.text.len() - lines.len() };
    let outer = outermost(before, lines).unwrap_or(lines.clone());
    let outer_now = outer.start + by..outer.end + by + call.text.len() - lines.len();
    let extracted = Extracted { before, after, outer: (outer, outer_now), lines, call: placed, function: start..start + grown };
    extracted.calls(site)?;
    extracted.jumps(site)?;
    extracted.names()
}

impl Extracted<'_> {
    fn call_text(&self) -> &str {
        &self.after.text()[self.call.clone()]
    }

    /// Checks that the new function is one, is new, clashes with none, and is called.
    fn calls(&self, site: &Site) -> Result<(), String> {
        let text = self.after.text();
        let all = syntax::tags(&self.after, &site.path).definitions;
        let inside = |range: &Range<usize>| self.function.start <= range.start && range.end <= self.function.end;
        let is_outermost = |one: &&Definition| {
            let around = one.parent.and_then(|parent| all.get(parent as usize));
            inside(&one.item.range()) && !around.is_some_and(|around| inside(&around.item.range()))
        };
        let new: Vec<&Definition> = all.iter().filter(is_outermost).collect();
        let known = site.definitions();
        let known = |name: &str| known.iter().any(|known| known.name.of(&site.text) == name);
        let name = match new[..] {
            [] => return Err("the answer holds no complete new function\nwrite one in `function`".into()),
            [only] if only.kind.is_callable() => only.name.of(text),
            [first, ..] => {
                let again = new.iter().map(|one| one.name.of(text)).find(|name| known(name)).unwrap_or_else(|| first.name.of(text));
                return Err(format!("beside the new function the answer also holds `{again}`\nwrite the new function alone in `function`"));
            }
        };
        if known(name) {
            return Err(format!("`{name}` is in {} already\ngive the new function another name", site.path));
        }
        if !words::has(self.call_text(), name) {
            return Err(format!(
                "the lines in place of the marked ones do not call `{name}`\n`call` must call the new function by its name"
            ));
        }
        self.takes_what_it_uses(new[0])?;
        let is_member = new[0].parent.is_some_and(|parent| all.get(parent as usize).is_some_and(|around| around.kind.is_type()));
        match uses::mentions(self.before, name).into_iter().find(|one| takes(one, is_member)) {
            Some(one) => Err(format!(
                "`{name}` means something else at {}:{}\ngive the new function another name",
                site.path,
                site.line_of(one.range.start)
            )),
            None => Ok(()),
        }
    }

    /// The new function knows the object that it speaks of, and is given as many arguments as it has to have.
    fn takes_what_it_uses(&self, new: &Definition) -> Result<(), String> {
        let (text, lines) = (self.after.text(), &self.before.text()[self.lines.clone()]);
        let (name, body) = (new.name.of(text), new.body.range());
        let head = &text[new.signature.start as usize..body.start.max(new.signature.start as usize)];
        let behind = &text[new.name.end as usize..body.start.max(new.name.end as usize)];
        for word in OWN.iter().filter(|word| words::has(lines, word)) {
            let is_own = |(at, within): &(Range<usize>, Within)| {
                *within == Within::Code && body.start <= at.start && at.end <= body.end && uses::is_own_word(&self.after, at)
            };
            let used = uses::uses(&self.after, word).iter().any(is_own);
            let has = words::has(behind, word) || new.kind == Kind::Method && *word != OWN[0];
            // `f.call(this)` passes the object on.
            let is_lent = words::places(self.call_text(), name).any(|at| self.call_text()[at.end..].starts_with('.'));
            if used && !has && !is_lent {
                return Err(format!(
                    "the new function uses `{word}`, and is no method that has one\nmake it a method, or hand the value over"
                ));
            }
            if behind.contains(&format!("&{word}")) && flow::is_written_in(&self.after, &body, word) {
                return Err(format!("the new function gives parts of `{word}` a value and takes `&{word}`\ntake `&mut {word}`"));
            }
        }
        let forms = &self.after.language().parameters;
        let call = words::places(self.call_text(), name).next().map(|at| self.call.start + at.start..self.call.start + at.end);
        let given = call.filter(|at| matches!(uses::use_of(&self.after, at), uses::Use::Call(_))).and_then(|at| {
            let rest = &text[at.end..self.call.end];
            // What a string holds, and what is compared, is not counted.
            let is_plain = rest.trim_start().starts_with('(') && !rest.contains(['"', '\'', '`', '<']);
            is_plain.then(|| Parameters::of(rest, forms))
        });
        let wanted = Parameters::of(behind, forms);
        match given {
            Some(given) if given.is_fewer_than(&wanted, OWN) => {
                Err(format!("the call gives `{name}` fewer arguments than it has parameters: `{}`", head.trim()))
            }
            _ => Ok(()),
        }
    }

    /// Checks that returns, awaits and errors in the lines take effect in the caller.
    fn jumps(&self, site: &Site) -> Result<(), String> {
        let (was, now) = (flow::leaving(self.before, self.lines), flow::leaving(&self.after, &self.call));
        let call = self.call_text().trim();
        let has = |jumps: &[Jump], leads: Leads| jumps.iter().any(|jump| jump.leads == leads);
        // If the last expression is the function's value, no keyword is needed.
        let gives =
            !call.ends_with([';', '}']) && call.lines().count() == 1 && site.language.as_ref().is_some_and(|language| language.tail_values);
        if let Some(jump) = now.iter().find(|jump| jump.leads == Leads::Nowhere) {
            return Err(format!(
                "`{}` beside the call leads out of it, which the marked lines did not",
                &self.after.text()[jump.range.clone()]
            ));
        }
        if has(&was, Leads::Return) && !has(&now, Leads::Return) && !gives {
            return Err("the marked lines return, and the call does not\nreturn there what the new function gives".into());
        }
        if has(&was, Leads::Perhaps) && !has(&now, Leads::Return) && !has(&now, Leads::Perhaps) && !gives {
            return Err("the marked lines hand errors on with `?`, and the call does not".into());
        }
        if has(&was, Leads::Waits) && !has(&now, Leads::Waits) && !has(&now, Leads::Return) && !gives {
            return Err("the marked lines wait with `await`, and the call does not".into());
        }
        let behind = &self.before.text()[self.lines.end..self.outer.0.end.max(self.lines.end)];
        let goes_on = behind.chars().any(|letter| !letter.is_whitespace() && !"});".contains(letter));
        if goes_on && flow::ends_with_return(&self.after, &self.call) && !flow::ends_with_return(self.before, self.lines) {
            return Err("the call always returns, and the marked lines do not: what is behind them would not be reached any more".into());
        }
        Ok(())
    }

    /// Checks that what is used later has its value, and that the new function is passed what it uses.
    fn names(&self) -> Result<(), String> {
        let call = self.call_text();
        let function = &self.after.text()[self.function.clone()];
        let language = self.before.language();
        let by_reference = |name: &str| {
            let marks = |before: &str| language.by_reference.iter().any(|word| before.trim_end().ends_with(word.as_str()));
            !language.indented && words::places(call, name).any(|at| marks(&call[..at.start]) || function.contains('&'))
        };
        for one in flow::needed(self.before, &self.outer.0, self.lines) {
            let name = &one.name;
            let is_outer = || flow::is_outer(self.before, &self.outer.0, name) && flow::is_outer(&self.after, &self.function, name);
            if !one.declared && words::has(function, name) && is_outer() {
                continue;
            }
            match flow::gives(&self.after, &self.outer.1, &self.call, &one) {
                Gives::Another => {
                    return Err(format!(
                        "`{name}` is declared before the marked lines and used behind them, and the call declares another `{name}`\nassign to it instead"
                    ));
                }
                Gives::Nothing if one.declared || !by_reference(name) => {
                    return Err(format!(
                        "`{name}` is used behind the marked lines, and the call gives it no value\nreturn it from the new function and assign it"
                    ));
                }
                Gives::Nothing | Gives::Value => {}
            }
        }
        match flow::borrowed(&self.after, &self.outer.1, &self.function).first() {
            Some(name) => Err(format!(
                "the new function uses `{name}`, which is a variable of the function around the marked lines\nhand it over as a parameter"
            )),
            None => Ok(()),
        }
    }
}
