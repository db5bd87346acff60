//! The short forms of an edit: one small function call for one kind of change. A small model fills one or two strings; where they go and
//! how they look in the file is decided here. Pure.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::calls::Calls;
use super::docs;
use super::extracted;
use super::fit::brought;
use super::fit::diffs;
use super::fit::extent;
use super::fit::given;
use super::fit::layout::{fences_around, without_fence};
use super::fit::strings;
use super::rename::{Changed, Rename};
use super::test::beside::Beside;
use super::test::inside;
use crate::agent::limits;
use crate::dialect::Tool;
use crate::features::Site;
use crate::redact;
use crate::syntax::scope::{self, Item};
use crate::syntax::{self, Parsed, elided, flow};
use crate::text::lines::{line_start, next_line};
use crate::text::words;
use crate::text::{Batch, Edit, Ending, layout};

/// What kind of change, and where.
#[derive(Clone, Debug)]
pub enum Form {
    /// These lines become other lines.
    Replace { lines: Range<usize> },
    /// A comment that documents an item.
    Document { item: Item },
    /// The inside of an empty body.
    Implement {
        body: Range<usize>,
        item: Item,
        /// What the task says of it besides.
        hint: Option<String>,
    },
    /// Tests, at the end of the test module or of the test file.
    Test {
        item: Item,
        /// The test file; none where tests stand in the file itself.
        beside: Option<Arc<Beside>>,
    },
    /// These lines become a call of a new function, which goes behind the item around them.
    Extract { lines: Range<usize>, item: Item },
    /// A value gets a name, in a statement before the one that it is in.
    Variable { value: Range<usize>, statement: Range<usize>, binding: String },
    /// A name is replaced wherever it is used.
    Rename(Arc<Rename>),
    /// The calls of an item follow its signature.
    Calls(Arc<Calls>),
}

/// A call's arguments as edits of the file, sorted, with the model's reason.
#[derive(Default)]
pub struct Filled {
    pub edits: Vec<Edit>,
    pub reason: String,
    /// What becomes of other files.
    pub others: Vec<Changed>,
}

/// Bytes of an item around the marked lines that an answer may give back with them.
const MOST_AROUND: usize = 1500;
/// The field for why.
const REASON: &str = "reason";

impl Form {
    /// The tool that the model must call. Few strings, so that a small model gets it right.
    pub fn tool(&self) -> Tool {
        let reason = (REASON, "In one sentence: what was changed and why.");
        match self {
            Form::Replace { .. } => {
                tool("Replaces the marked lines.", &[("new_code", "The complete new text of the marked lines."), reason])
            }
            Form::Document { item } => {
                let what =
                    format!("One or two sentences in plain words: what `{}` does with its arguments, and what comes of it.", item.name);
                tool(&format!("Writes the comment above `{}`.", item.name), &[("comment", &what)])
            }
            Form::Implement { .. } => tool(
                "Writes the body.",
                &[("body", "The statements of the body, without the signature and without the braces around it."), reason],
            ),
            Form::Test { .. } => tool("Adds tests.", &[("test_code", "One or more complete test functions."), reason]),
            Form::Extract { .. } => tool(
                "Moves the marked lines into a new function.",
                &[("function", "The complete new function."), ("call", "What stands in place of the marked lines: the call."), reason],
            ),
            Form::Variable { .. } => tool(
                "Gives the marked value a name.",
                &[("name", "The name of the new variable, one word in the naming style of this file."), reason],
            ),
            Form::Rename(rename) => {
                let what = format!("The new name of {}, one word in the naming style of this file.", rename.what);
                tool("Renames it everywhere.", &[("new_name", &what), reason])
            }
            Form::Calls(calls) => calls.tool(),
        }
    }

    /// The fields of code that the form is made of, and what belongs there; none where it has other fields.
    pub fn blocks(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Form::Replace { .. } => &[("new_code", "the complete new text of the marked lines")],
            Form::Implement { .. } => &[("body", "the complete function")],
            Form::Test { .. } => &[("test_code", "one or more complete test functions")],
            Form::Extract { .. } => {
                &[("function", "the complete new function"), ("call", "the new text of the marked lines, which calls it")]
            }
            _ => &[],
        }
    }

    /// The same tool without a word of description: what is not there cannot be given back for an answer.
    pub fn bare_tool(&self) -> Tool {
        let mut tool = self.tool();
        tool.function["description"] = "".into();
        let properties = tool.function["parameters"]["properties"].as_object_mut();
        for field in properties.into_iter().flat_map(serde_json::Map::values_mut).filter_map(Value::as_object_mut) {
            field.remove("description");
        }
        tool
    }

    /// Whether a call gives back what was asked for in place of an answer.
    pub fn is_echo(&self, arguments: &Value) -> bool {
        not_repeated(&self.tool(), arguments).is_err()
    }

    /// The bytes that the model is shown as the ones to work on.
    pub fn marked(&self) -> Range<usize> {
        match self {
            Form::Replace { lines } | Form::Extract { lines, .. } => lines.clone(),
            Form::Document { item, .. } | Form::Implement { item, .. } | Form::Test { item, .. } => item.range.clone(),
            Form::Variable { value, .. } => value.clone(),
            Form::Rename(rename) => rename.place(),
            Form::Calls(calls) => calls.signature.clone(),
        }
    }

    /// Tokens that the answer may need.
    pub fn tokens(&self, site: &Site) -> u32 {
        let code = (site.text[self.marked()].len() / 3) as u32;
        // Models like to give back all of what the marked lines are in.
        let around = || site.item().map_or(0, |item| item.range.len()).min(MOST_AROUND) as u32 / 3;
        match self {
            Form::Replace { .. } => 160 + (code * 3 / 2).max(around()),
            Form::Document { .. } => 180,
            Form::Implement { .. } => 400,
            Form::Test { .. } => 480,
            Form::Extract { .. } => 240 + code * 2,
            Form::Variable { .. } | Form::Rename(_) => 120,
            Form::Calls(calls) => 160 + (calls.bytes() as u32) / 2,
        }
        .min(4096)
    }

    /// Whether a value can have a name where it stands, whatever name that is.
    pub fn can_be_filled(&self, site: &Site) -> Result<(), String> {
        let Form::Variable { value, statement, binding } = self else { return Ok(()) };
        let unused = (1..).map(|number| format!("named_{number}")).find(|name| !site.text.contains(name.as_str())).unwrap_or_default();
        let batch = Batch::new(variable(site, value, statement, binding, &unused)?).map_err(|overlap| overlap.to_string())?;
        let (before, after) = site.errors_with(&Edit { range: 0..site.text.len(), text: super::offer::changed(&site.text, &batch) });
        if after > before {
            Err("what is selected cannot be a name in this place: the file would not parse any more".into())
        } else {
            Ok(())
        }
    }

    /// The edits that a call means, or what is wrong with it.
    pub fn fill(&self, site: &Site, arguments: &Value) -> Result<Filled, String> {
        let wrong = crate::agent::args::check(&self.tool().function["parameters"], arguments);
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        not_repeated(&self.tool(), arguments)?;
        // What the model was shown masked, and gives back so, is the file's own.
        let text = |name: &str| redact::unmasked(&without_fence(arguments[name].as_str().unwrap_or_default()), &site.text);
        let unit = site.indent_unit();
        // Where lines stand otherwise than the file does, so may those that take their place.
        let mixed = layout::is_foreign(&site.text[self.marked()], &unit);
        let code = |name: &str| if mixed { text(name) } else { strings::in_unit(site.language.as_ref(), &text(name), &unit) };
        let edits = match self {
            // The fences of a block in a Markdown file are the file's own.
            Form::Replace { lines } if fences_around(&site.text[lines.clone()]).is_some() => {
                let new = redact::unmasked(arguments["new_code"].as_str().unwrap_or_default(), &site.text);
                vec![replace(site, lines, new.trim_matches('\n'))?]
            }
            Form::Replace { lines } => {
                let code = code("new_code");
                replaced(site, lines, written_out(site, lines, &code).as_deref().unwrap_or(&code))?
            }
            Form::Document { item } => vec![docs::edit(site, item, &text("comment"))?],
            Form::Implement { body, item, hint } => implement(site, body, item, &code("body"), hint.is_some())?,
            Form::Test { beside: Some(beside), .. } => {
                let code = strings::in_unit(site.language.as_ref(), &text("test_code"), &beside.indent_unit(&unit));
                holds_a_test(site, &code)?;
                return Ok(Filled { reason: self.reason(arguments), others: vec![beside.with(&code)?], edits: vec![] });
            }
            Form::Test { item, .. } => {
                let code = code("test_code");
                holds_a_test(site, &code)?;
                inside::add(site, item, &code)?
            }
            Form::Extract { lines, item } => extract(site, lines, item, &code("function"), &code("call"))?,
            Form::Variable { value, statement, binding } => variable(site, value, statement, binding, text("name").trim())?,
            Form::Rename(rename) => {
                let new = text("new_name").trim().trim_matches('`').to_string();
                if let Some(reason) = rename.refuses(&new) {
                    return Err(reason);
                }
                return Ok(Filled { edits: rename.here(&new), reason: rename.told(&new), others: rename.elsewhere(&new) });
            }
            Form::Calls(calls) => return calls.fill(site, arguments),
        };
        let reason = [self.reason(arguments), self.told(site)].join(" ").trim().to_string();
        Ok(Filled { edits, reason, others: vec![] })
    }

    /// The edit of an answer that has nothing in place of the marked lines; none where it has something, or where more was marked for the
    /// model than the person has marked.
    pub fn emptied(&self, site: &Site, arguments: &Value) -> Option<Filled> {
        let Form::Replace { lines } = self else { return None };
        if *lines != site.whole_lines(site.bytes.clone()) {
            return None;
        }
        arguments["new_code"].as_str().filter(|new| without_fence(new).trim().is_empty())?;
        let is_alone = site.text[..lines.start].lines().next_back().is_none_or(|line| line.trim().is_empty());
        let mut end = next_line(&site.text, lines.end);
        // The blank lines above stay, and these would be those below as well.
        while is_alone && end < site.text.len() && site.text[end..next_line(&site.text, end)].trim().is_empty() {
            end = next_line(&site.text, end);
        }
        let edit = Edit { range: lines.start..end, text: String::new() };
        Some(Filled { edits: vec![edit], reason: self.reason(arguments), others: vec![] })
    }

    /// What a person should know of it, whatever the model says.
    fn told(&self, site: &Site) -> String {
        let Form::Variable { value, statement, .. } = self else { return String::new() };
        let overtaken = site.parsed().and_then(|parsed| flow::overtaken(parsed, statement, value));
        let shown = |range: &Range<usize>| limits::shorten(&site.text[range.clone()], 60);
        overtaken.map_or_else(String::new, |before| format!("`{}` is evaluated before `{}` with this.", shown(value), shown(&before)))
    }

    /// What the model says why; nothing where it gives back what that field is for.
    fn reason(&self, arguments: &Value) -> String {
        let said = arguments[REASON].as_str().filter(|_| !repeats(&self.tool(), arguments, REASON));
        limits::shorten(said.unwrap_or_default().trim(), 400)
    }
}

/// Small models like to answer with the description of what they are asked for.
fn repeats(tool: &Tool, arguments: &Value, name: &str) -> bool {
    let said = |text: &Value| text.as_str().map(|text| text.trim().trim_end_matches('.').to_lowercase());
    let property = &tool.function["parameters"]["properties"][name];
    let value = said(&arguments[name]);
    value.is_some() && (value == said(&property["description"]) || value == said(&tool.function["description"]))
}

/// Why an answer is only what was asked; a reason that is does not make the edit worse.
fn not_repeated(tool: &Tool, arguments: &Value) -> Result<(), String> {
    let fields = tool.function["parameters"]["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    match fields.filter(|name| *name != REASON).find(|name| repeats(tool, arguments, name)) {
        Some(name) => Err(format!("`{name}` repeats the description of the function; write what belongs into the file")),
        None => Ok(()),
    }
}

fn tool(description: &str, fields: &[(&str, &str)]) -> Tool {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, what)| (name.to_string(), json!({"type": "string", "description": what}))).collect();
    // An edit without a reason is an edit.
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).filter(|name| *name != REASON).collect();
    let parameters = json!({"type": "object", "properties": properties, "required": required});
    let function = json!({"name": "propose_edit", "description": description, "parameters": parameters});
    Tool { name: "propose_edit".into(), function }
}

pub(super) fn line_indent(site: &Site, offset: usize) -> &str {
    let start = line_start(&site.text, offset);
    layout::indentation(&site.text[start..])
}

/// The indentation of an item's body: that of its first line where it stands on a line of its own, or of a blank line that waits for it,
/// else one level more than the item.
pub(super) fn inner_indent(site: &Site, item: &Item) -> String {
    let outer = line_indent(site, item.range.start);
    let inside = item.body.clone().map_or("", |body| &site.text[body]);
    let deeper = |own: &&str| own.len() > outer.len() && own.starts_with(outer);
    let first = match inside.strip_prefix('{').and_then(|braced| braced.split_once('\n')) {
        Some((_, rest)) => {
            let said = rest.lines().find(|line| !line.trim().is_empty()).map(layout::indentation).filter(deeper);
            said.or_else(|| rest.lines().filter(|line| line.trim().is_empty()).find(deeper))
        }
        None => item.body.as_ref().map(|body| {
            let start = line_start(&site.text, body.start);
            layout::indentation(&site.text[start..])
        }),
    };
    first.filter(deeper).map_or_else(|| format!("{outer}{}", site.indent_unit()), String::from)
}

fn ending(site: &Site) -> Ending {
    Ending::of(&site.text)
}

/// Statements alone are no test: nothing would run them.
fn holds_a_test(site: &Site, code: &str) -> Result<(), String> {
    not_empty(code, "test_code")?;
    let Some(language) = &site.language else { return Ok(()) };
    let marked = language.tests.as_ref().is_some_and(|tests| tests.marks.iter().any(|mark| code.contains(mark)));
    let defines =
        |parsed: Parsed| syntax::tags(&parsed, &site.path).definitions.iter().any(|one| one.kind.is_callable() || one.kind.is_type());
    match marked || syntax::parse(language, code).is_ok_and(defines) {
        true => Ok(()),
        false => Err("`test_code` holds no test function; write a whole one".to_string()),
    }
}

fn not_empty(text: &str, name: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("`{name}` is empty")) } else { Ok(()) }
}

fn replace(site: &Site, lines: &Range<usize>, new: &str) -> Result<Edit, String> {
    not_empty(new, "new_code")?;
    extent::edit(site, lines, new)
}

/// An answer in place of the marked lines, with what it brings for the top of the file; or what a diff of these says.
fn replaced(site: &Site, lines: &Range<usize>, new: &str) -> Result<Vec<Edit>, String> {
    not_empty(new, "new_code")?;
    if let Some(hunks) = diffs::hunks(new, &site.text) {
        let indented = site.language.as_deref().is_some_and(|language| language.indented);
        let edits: Result<Vec<Edit>, String> = hunks.iter().map(|hunk| hunk.edit(&site.text, lines, indented)).collect();
        return Ok(sorted(edits?));
    }
    let brought = brought::parted(site, lines, new);
    if brought.is_all() {
        let missing = || "the file imports that already; give back the marked lines, changed as the task asks".to_string();
        return Ok(vec![brought.edit(site, lines.start).ok_or_else(missing)?]);
    }
    let whole = extent::edit(site, lines, new);
    // An answer with lines of the file around the marked ones has the imports among these where the file has them.
    if !brought.has_imports() || whole.as_ref().is_ok_and(|edit| !brought::adds_imports(site, edit)) {
        return Ok(vec![whole?]);
    }
    let edit = extent::edit(site, lines, &brought.code)?;
    match brought.edit(site, lines.start) {
        // What was widened to the imports has them.
        Some(import) if edit.range.contains(&import.range.start) => Ok(vec![whole?]),
        import => Ok(sorted(import.into_iter().chain([edit]).collect())),
    }
}

/// An answer with the lines that others stand for: those of the marked lines, else of the items around them, else of the file.
fn written_out(site: &Site, lines: &Range<usize>, new: &str) -> Option<String> {
    let language = site.language.as_ref()?;
    let around = site.parsed().map(|parsed| scope::at(parsed, lines.start).items).unwrap_or_default();
    let around = around.into_iter().rev().map(|item| site.whole_lines(item.range)).filter(|item| item.end >= lines.end);
    let all = || elided::expanded(language, &site.text[lines.clone()], new, true);
    let part = |wider: Range<usize>| elided::expanded(language, &site.text[wider], new, false);
    all().or_else(|| around.chain(std::iter::once(0..site.text.len())).find_map(part))
}

fn sorted(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| edit.range.start);
    edits
}

/// Where the space behind the colon begins that a body follows on the same line; none for a body on lines of its own.
pub(super) fn behind_colon(site: &Site, item: &Item) -> Option<usize> {
    let first = item.body.as_ref()?.start;
    let before = site.text[..first].trim_end_matches([' ', '\t']);
    (!before.is_empty() && !before.ends_with(['\n', '\r'])).then_some(before.len())
}

/// The body of an item, with the definitions that were given beside it; or the item whole, where it needs another signature.
fn implement(site: &Site, body: &Range<usize>, item: &Item, code: &str, may_change: bool) -> Result<Vec<Edit>, String> {
    not_empty(code, "body")?;
    let brought = brought::parted(site, body, code);
    let given = given::body(site, item, &brought.code, may_change)?;
    if given.is_other {
        return replaced(site, &site.whole_lines(item.range.clone()), code);
    }
    let mut edits = vec![written(site, body, item, &given.body)];
    for helper in &given.beside {
        edits.push(placed(site, item, helper, &given.body));
    }
    edits.extend(brought.edit(site, item.range.start));
    Ok(sorted(edits))
}

/// Statements in place of a body that was to come.
fn written(site: &Site, body: &Range<usize>, item: &Item, code: &str) -> Edit {
    let outer = line_indent(site, item.range.start).to_string();
    let inner = inner_indent(site, item);
    let text = strings::fitted_in(site.language.as_ref(), code, &inner, inner.strip_prefix(outer.as_str()));
    let (text, braced) = (text.trim_end(), site.text[body.clone()].starts_with('{'));
    let indented = site.language.as_deref().is_some_and(|language| language.indented);
    if let Some(start) = behind_colon(site, item).filter(|_| indented && !braced) {
        // The statements stand on lines of their own, and so does the docstring that stood behind the colon.
        let doc = site.text[start..body.start].trim();
        let doc = if doc.is_empty() { String::new() } else { format!("\n{inner}{doc}") };
        return Edit { range: start..body.end, text: ending(site).apply(&format!("{doc}\n{text}")) };
    }
    // Behind a docstring the body begins on a line of its own.
    let behind = !braced && site.text[..body.start].ends_with(|before: char| !before.is_whitespace());
    let text = match (braced, behind) {
        (true, _) => format!("{{\n{text}\n{outer}}}"),
        (false, true) => format!("\n{text}"),
        (false, false) => text.trim().to_string(),
    };
    Edit { range: body.clone(), text: ending(site).apply(&text) }
}

/// The call in place of the lines and the function that it calls, if they do what the lines did as far as that can be told; with the imports
/// that they bring.
fn extract(site: &Site, lines: &Range<usize>, item: &Item, function: &str, call: &str) -> Result<Vec<Edit>, String> {
    not_empty(function, "function")?;
    let (function, mut call) = (brought::parted(site, lines, function), call.to_string());
    if let Some([hunk]) = diffs::hunks(&call, &site.text).as_deref() {
        call = hunk.new.clone();
    }
    let call = replace(site, lines, &call)?;
    let new = placed(site, item, &function.code, &call.text);
    extracted::check(site, lines, &call, &new)?;
    Ok(sorted(function.edit(site, lines.start).into_iter().chain([call, new]).collect()))
}

/// A new function beside an item, as code that calls it wants it.
fn placed(site: &Site, item: &Item, function: &str, call: &str) -> Edit {
    let (home, is_free) = home(site, item, function, call);
    let indent = line_indent(site, home.start);
    let function = strings::fitted(site.language.as_ref(), function, indent);
    // Python parts what stands at the top by two lines.
    let wide = indent.is_empty() && site.language.as_deref().is_some_and(|language| language.indented);
    let gap = if wide { "\n" } else { "" };
    if is_free && site.language.as_deref().is_some_and(|language| language.declared_first) {
        let start = line_start(&site.text, home.start);
        let text = format!("{}\n{gap}\n", function.trim_end());
        return Edit::insert(start, ending(site).apply(&text));
    }
    let end = next_line(&site.text, home.end);
    let line_end = if site.text[..end].ends_with('\n') { "" } else { "\n" };
    let text = format!("{line_end}{gap}\n{}\n", function.trim_end());
    Edit::insert(end, ending(site).apply(&text))
}

/// What a new function goes beside, and whether it is one that stands free: then that is the outermost around in its module, with the
/// comment above; one that is called as a member of something goes beside the item that it was taken from. Where methods see each other
/// without a word, a method's helper is a method.
fn home(site: &Site, item: &Item, function: &str, call: &str) -> (Range<usize>, bool) {
    let parsed = site.language.as_ref().and_then(|language| syntax::parse(language, function.trim_start()).ok());
    let named = parsed.and_then(|parsed| scope::item_at(&parsed, 0));
    let is_free = named.is_some_and(|new| {
        let called = words::places(call, &new.name).next();
        called.is_some_and(|at| !call[..at.start].ends_with(['.', ':', '>']))
    });
    let top = site.parsed().and_then(|parsed| scope::outermost(parsed, item.range.start));
    let in_type = top.as_ref().is_some_and(|top| *top != item.range);
    let member = in_type && site.language.as_deref().is_some_and(|language| language.bare_members);
    let Some(top) = top.filter(|_| is_free && !member) else { return (item.range.clone(), false) };
    let doc = if top == item.range { site.doc_of(item) } else { None };
    let start = doc.map_or(top.start, |doc| doc.start.min(top.start));
    (start..top.end, true)
}

/// A statement that names the value, before the one that it stands in.
fn variable(site: &Site, value: &Range<usize>, statement: &Range<usize>, binding: &str, name: &str) -> Result<Vec<Edit>, String> {
    if name.is_empty() || !name.chars().all(words::is_word) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{}` is no name; give one word of letters, digits and _", limits::shorten(name, 60)));
    }
    let item = site.item();
    let (around, of) = item.map_or((0..site.text.len(), site.path.clone()), |item| (item.range, item.name));
    if words::has(&site.text[around], name) {
        return Err(format!("`{name}` is taken in `{of}`; give another name"));
    }
    let start = line_start(&site.text, statement.start);
    let text = binding.replace("{name}", name).replace("{value}", &site.text[value.clone()]);
    let line = format!("{}{text}\n", &site.text[start..statement.start]);
    Ok(vec![Edit::insert(start, ending(site).apply(&line)), Edit { range: value.clone(), text: name.into() }])
}
