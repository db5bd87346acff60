//! An answer that is more than what was asked for: the class, the `impl`, the module or the file around the marked lines. Of its members
//! the one that is marked is taken, and those that are new; the others stay as the file has them, whether the answer leaves them out or
//! changes them.

use std::collections::HashSet;
use std::ops::Range;

use super::strings::fitted;
use crate::features::Site;
use crate::features::edit::forms::line_indent;
use crate::syntax::members::{self, Holder};
use crate::syntax::{self, Definition, Kind, Parsed};
use crate::text::lines::{line_start, next_line};
use crate::text::{Edit, Ending, words};

/// What an answer comes to.
pub(in crate::features::edit) struct Narrowed {
    /// What goes to the marked lines.
    pub code: String,
    /// What is new beside the thing that these are in.
    pub beside: Option<Edit>,
}

/// The part of an answer that was asked for; none where it is no more than that, or where it cannot be parted.
pub(in crate::features::edit) fn narrowed(site: &Site, lines: &Range<usize>, new: &str) -> Option<Narrowed> {
    let (language, parsed) = (site.language.as_ref()?, site.parsed()?);
    let code = fitted(Some(language), new.trim_matches('\n'), "");
    let given = syntax::parse(language, code.as_str()).ok().filter(|given| given.errors() == 0)?;
    let marked = marked(site, lines);
    let (old, new) = (Side::of(parsed, site.definitions().to_vec()), Side::of(&given, syntax::tags(&given, &site.path).definitions));
    let pair = Pair { site, old, new, is_blank: site.text[lines.clone()].trim().is_empty() };
    members::around(parsed, &marked).iter().find_map(|holder| {
        let mut all = members::alike(&given, holder).into_iter();
        all.find_map(|own| pair.narrowed(&marked, holder, &own))
    })
}

/// How deep the members are of what is around a line.
pub(in crate::features::edit) fn depth(site: &Site, line: &Range<usize>) -> Option<String> {
    let around = members::around(site.parsed()?, line).into_iter().next().filter(|one| !one.is_file)?;
    let is_in = |one: &&Definition| around.inside.start <= one.item.start as usize && one.item.end as usize <= around.inside.end;
    let first = site.definitions().iter().find(is_in)?;
    Some(line_indent(site, first.item.start as usize).to_string())
}

/// Where a block is told by its indentation, an empty line behind it may go on with it.
fn marked(site: &Site, lines: &Range<usize>) -> Range<usize> {
    let goes_on = site.language.as_deref().is_some_and(|language| language.indented) && site.text[lines.clone()].trim().is_empty();
    let end = site.text[..lines.start].trim_end().len();
    if goes_on && end > 0 { line_start(&site.text, end - 1)..end } else { lines.clone() }
}

/// A text with its definitions.
struct Side<'a> {
    parsed: &'a Parsed,
    all: Vec<Definition>,
}

/// A member: where it is, and what it defines.
struct Member<'a> {
    range: Range<usize>,
    text: &'a str,
    defines: Vec<&'a Definition>,
}

impl<'a> Side<'a> {
    fn of(parsed: &'a Parsed, all: Vec<Definition>) -> Self {
        Self { parsed, all }
    }

    fn text(&self) -> &str {
        self.parsed.text()
    }

    fn member(&self, range: &Range<usize>) -> Member<'_> {
        let holds = |outer: &Range<usize>, one: &Definition| outer.start <= one.item.start as usize && one.item.end as usize <= outer.end;
        let within: Vec<&Definition> = self.all.iter().filter(|one| holds(range, one)).collect();
        let inner = |one: &Definition| within.iter().any(|other| other.item != one.item && holds(&other.item.range(), one));
        let defines = within.iter().copied().filter(|one| !inner(one)).collect();
        // What ends a field is no part of it in some grammars.
        let behind = &self.text()[range.end..];
        let end = range.end + usize::from(behind.starts_with([';', ',']));
        Member { text: &self.text()[range.start..end], range: range.start..end, defines }
    }

    fn members(&self, all: &[Range<usize>]) -> Vec<Member<'_>> {
        all.iter().map(|range| self.member(range)).collect()
    }
}

impl Member<'_> {
    fn plain(&self) -> String {
        self.text.split_whitespace().collect::<String>().trim_end_matches([';', ',']).into()
    }
}

/// What a member of an answer is in the file.
#[derive(Clone, Copy, PartialEq)]
enum MemberMatch {
    Known(usize),
    New,
    /// Nothing that has a name.
    Loose,
    /// A comment.
    Nothing,
}

struct Pair<'a> {
    site: &'a Site,
    old: Side<'a>,
    new: Side<'a>,
    is_blank: bool,
}

impl Pair<'_> {
    fn narrowed(&self, marked: &Range<usize>, holder: &Holder, own: &Holder) -> Option<Narrowed> {
        let (known, given) = (self.old.members(&holder.members), self.new.members(&own.members));
        let meets = |range: &Range<usize>| range.start < marked.end && marked.start < range.end;
        let is_marked = |at: usize| !self.is_blank && meets(&known[at].range);
        let what: Vec<MemberMatch> = given.iter().map(|one| self.what(one, &known, &given)).collect();
        let taken = |is: &MemberMatch| *is == MemberMatch::New || matches!(is, MemberMatch::Known(at) if is_marked(*at));
        let left = |is: &MemberMatch| matches!(is, MemberMatch::Known(at) if !is_marked(*at));
        let has_marked = what.iter().any(|is| taken(is) && *is != MemberMatch::New);
        // What is said of the whole in its head is not said of its members.
        let head = |side: &Side<'_>, one: &Holder| side.text()[one.range.start..one.inside.start].to_string();
        let said = head(&self.old, holder);
        if words::all(&head(&self.new, own)).any(|word| !words::has(&said, word)) {
            return None;
        }
        let outer = self.outside(own)?;
        let is_wider = !holder.is_file || what.iter().any(left);
        if what.contains(&MemberMatch::Loose) || !is_wider || has_marked == self.is_blank || !what.iter().any(taken) {
            return None;
        }
        let changed = |one: &Member<'_>, at: usize| one.plain() != known[at].plain();
        let pairs = || given.iter().zip(&what);
        if self.is_blank && holder.defines {
            // Where an empty line was chosen, and the whole comes back with nothing lost, what has changed in it was meant.
            let is_back = |at: usize| known[at].defines.is_empty() || what.contains(&MemberMatch::Known(at));
            let has_changed = pairs().any(|(one, is)| matches!(is, MemberMatch::Known(at) if changed(one, *at)));
            if has_changed && (0..known.len()).all(is_back) {
                return None;
            }
        }
        let kept: Vec<&Member<'_>> = pairs().filter(|(_, is)| taken(is)).map(|(one, _)| one).collect();
        let names: HashSet<&str> =
            kept.iter().copied().chain(&outer.new).flat_map(|one| &one.defines).map(|one| one.name.of(self.new.text())).collect();
        let dropped = pairs().filter_map(|(one, is)| match is {
            MemberMatch::Known(at) if !is_marked(*at) && changed(one, *at) => Some((one.text, known[*at].text)),
            _ => None,
        });
        let mut dropped = dropped.chain(outer.changed.iter().copied());
        let signature = |side: &Side<'_>, one: &Member<'_>| {
            let said = one.defines.first().map_or("", |one| one.signature.of(side.text()));
            said.split_whitespace().collect::<String>()
        };
        let is_other = pairs().any(|(one, is)| match is {
            MemberMatch::Known(at) if is_marked(*at) => signature(&self.new, one) != signature(&self.old, &known[*at]),
            _ => false,
        });
        if dropped.any(|(now, before)| self.is_needed(now, before, &kept, &names, is_other)) {
            return None;
        }
        let code = self.joined(&kept, &given);
        let is_sample = |one: &&Member<'_>| meets(&one.range) || self.is_blank && !one.defines.is_empty();
        let depth = known.iter().find(is_sample).map_or("", |one| line_indent(self.site, one.range.start));
        let code = fitted(self.site.language.as_ref(), &code, depth);
        Some(Narrowed { code, beside: self.beside(holder, &outer.new) })
    }

    /// What a member is: the one of the same name, and of the same signature where a name may have several.
    fn what(&self, one: &Member<'_>, known: &[Member<'_>], given: &[Member<'_>]) -> MemberMatch {
        let same = |own: &Member<'_>| own.plain() == one.plain();
        if let Some(at) = known.iter().position(same) {
            return MemberMatch::Known(at);
        }
        if one.defines.is_empty() {
            let is_blank = self.site.language.as_ref().is_some_and(|language| language.is_blank(one.text));
            return if is_blank { MemberMatch::Nothing } else { MemberMatch::Loose };
        }
        let named = |own: &Member<'_>, side: &Side<'_>, other: &Member<'_>| {
            let is_it = |a: &&Definition, b: &&Definition| {
                let kin = a.kind == b.kind || a.kind.is_callable() && b.kind.is_callable();
                kin && a.name.of(side.text()) == b.name.of(self.new.text())
            };
            own.defines.iter().any(|a| other.defines.iter().any(|b| is_it(a, b)))
        };
        let signed = |own: &Member<'_>, side: &Side<'_>, other: &Member<'_>| {
            let said = |text: &str, one: &Member<'_>| {
                let signature = one.defines.first().map_or("", |one| one.signature.of(text));
                signature.split_once('(').map_or(String::new(), |(_, said)| said.split_whitespace().collect::<String>())
            };
            said(side.text(), own) == said(self.new.text(), other)
        };
        let namesakes: Vec<usize> = (0..known.len()).filter(|at| named(&known[*at], &self.old, one)).collect();
        let overloads = self.site.language.as_deref().is_some_and(|language| language.overloads);
        let exact = namesakes.iter().find(|at| signed(&known[**at], &self.old, one));
        match (namesakes.first(), exact) {
            (None, _) => MemberMatch::New,
            (_, Some(at)) => MemberMatch::Known(*at),
            (Some(_), None) if overloads => {
                let rivals = given.iter().filter(|other| named(other, &self.new, one)).count();
                if rivals == 1 && namesakes.len() == 1 { MemberMatch::Known(namesakes[0]) } else { MemberMatch::New }
            }
            (Some(at), None) => MemberMatch::Known(*at),
        }
    }

    /// What an answer has around the thing that the marked lines are in; none where some of it can be told neither known nor new.
    fn outside<'a>(&'a self, own: &Holder) -> Option<Outside<'a>> {
        let mut outside = Outside { new: vec![], changed: vec![] };
        let top = members::around(self.old.parsed, &(0..0)).pop()?;
        let known = self.old.members(&top.members);
        let squeezed: String = self.site.text.split_whitespace().collect();
        for range in members::beside(self.new.parsed, own) {
            let one = self.new.member(&range);
            if squeezed.contains(&one.plain()) {
                continue;
            }
            match self.what(&one, &known, &[]) {
                MemberMatch::Known(at) => {
                    outside.changed.push((&self.new.text()[one.range.clone()], &self.old.text()[known[at].range.clone()]))
                }
                MemberMatch::New if one.defines.iter().any(|one| one.kind == Kind::Module) => return None,
                MemberMatch::New => outside.new.push(one),
                MemberMatch::Loose => return None,
                MemberMatch::Nothing => {}
            }
        }
        Some(outside)
    }

    /// Whether what is taken needs what has changed in something that stays as it is.
    fn is_needed(&self, now: &str, before: &str, kept: &[&Member<'_>], names: &HashSet<&str>, is_other: bool) -> bool {
        let had: HashSet<&str> = before.lines().map(str::trim).collect();
        let mut said = now.lines().map(str::trim).filter(|line| !had.contains(line)).flat_map(words::all);
        let is_new = |word: &str| !words::has(&self.site.text, word) && kept.iter().any(|one| words::has(one.text, word));
        said.any(|word| names.contains(word) && (is_other || !words::has(before, word)) || is_new(word))
    }

    /// Members as they stand in the answer, one behind the other.
    fn joined(&self, kept: &[&Member<'_>], given: &[Member<'_>]) -> String {
        let text = self.new.text();
        let (mut out, mut last) = (String::new(), None);
        for one in kept {
            let start = line_start(text, one.range.start);
            let start = if text[start..one.range.start].trim().is_empty() { start } else { one.range.start };
            let at = given.iter().position(|own| own.range == one.range).unwrap_or_default();
            if let Some((before, end)) = last {
                let between: &str = &text[end..start.max(end)];
                let is_next = before + 1 == at && between.trim().is_empty() && between.contains('\n');
                out.push_str(if is_next { between } else { "\n\n" });
            }
            out.push_str(&text[start..one.range.end]);
            last = Some((at, one.range.end));
        }
        out
    }

    /// What is new beside a thing goes behind it, or before it where things are declared first.
    fn beside(&self, holder: &Holder, new: &[Member<'_>]) -> Option<Edit> {
        let (site, language) = (self.site, self.site.language.as_ref()?);
        let text: Vec<&str> = new.iter().map(|one| one.text).collect();
        if text.is_empty() {
            return None;
        }
        let around = members::around(self.old.parsed, &(holder.range.start..holder.range.end));
        let stands = |range: &&Range<usize>| range.start <= holder.range.start && holder.range.end <= range.end;
        let whole = around.iter().flat_map(|one| &one.members).find(stands).cloned().unwrap_or(holder.range.clone());
        let code = fitted(Some(language), &text.join("\n\n"), line_indent(site, whole.start));
        let gap = if language.indented { "\n" } else { "" };
        let ending = Ending::of(&site.text);
        if language.declared_first {
            return Some(Edit::insert(line_start(&site.text, whole.start), ending.apply(&format!("{}\n{gap}\n", code.trim_end()))));
        }
        let end = next_line(&site.text, whole.end);
        let line_end = if site.text[..end].ends_with('\n') { "" } else { "\n" };
        Some(Edit::insert(end, ending.apply(&format!("{line_end}{gap}\n{}\n", code.trim_end()))))
    }
}

/// What stands around a thing in an answer.
struct Outside<'a> {
    new: Vec<Member<'a>>,
    /// What it makes of something in the file, and that.
    changed: Vec<(&'a str, &'a str)>,
}
