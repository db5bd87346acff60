//! Where tests go in a file that has its tests in itself, as Rust has it: into the test module around which the item stands, found in the
//! tree; or into a new one at the end of the file.

use super::forms::line_indent;
use super::given;
use super::strings::fitted;
use crate::features::Site;
use crate::syntax::scope::Item;
use crate::syntax::{Definition, Kind, import};
use crate::text::lines::{line_start, next_line};
use crate::text::{Edit, Ending};

/// The test module of an item: the innermost beside it, the last of several. One without a body has a file of its own.
pub fn module(site: &Site, item: &Item) -> Option<Definition> {
    let all = site.definitions();
    let beside = |one: &&Definition| {
        let around = one.parent.and_then(|parent| all.get(parent as usize)).map(|around| around.item.range());
        around.is_none_or(|around| around.start <= item.range.start && item.range.end <= around.end)
    };
    let modules = all.iter().filter(|one| one.kind == Kind::Module && holds_tests(site, one)).filter(beside);
    modules.max_by_key(|one| (one.parent.map(|parent| all[parent as usize].item.start), one.item.start)).cloned()
}

fn holds_tests(site: &Site, module: &Definition) -> bool {
    let attributes = site.text.get(module.item.start as usize..module.signature.start as usize).unwrap_or_default();
    let name = module.name.of(&site.text);
    matches!(name, "test" | "tests") || name.ends_with("_tests") || attributes.contains("cfg(test)")
}

/// The edit that adds tests.
pub fn add(site: &Site, item: &Item, code: &str) -> Edit {
    let unit = site.indent_unit();
    let code = site.language.as_ref().map_or_else(|| code.into(), |language| given::tests(language, code));
    let end = site.text.len();
    let (at, text) = match module(site, item).filter(|module| !module.body.is_empty()) {
        Some(module) => into(site, &module, &code, &unit),
        None => {
            let head = if code.contains("use super::") { "".into() } else { format!("{unit}use super::*;\n\n") };
            (end, format!("\n#[cfg(test)]\nmod tests {{\n{head}{}\n}}\n", fitted(site.language.as_ref(), &code, &unit).trim_end()))
        }
    };
    let gap = if at == end && !site.text.ends_with('\n') { "\n" } else { "" };
    Edit::insert(at, Ending::of(&site.text).apply(&format!("{gap}{text}")))
}

/// Tests before the brace that closes a module, without the imports that the module has.
fn into(site: &Site, module: &Definition, code: &str, unit: &str) -> (usize, String) {
    let body = module.body.of(&site.text);
    let has = |line: &str| body.lines().any(|known| known.trim() == line.trim());
    let (mut code, mut removed) = (code.to_string(), vec![]);
    if let Some(parsed) = site.language.as_ref().and_then(|language| crate::syntax::parse(language, code.as_str()).ok()) {
        removed = import::statements(&parsed).into_iter().map(|known| known.range).filter(|range| has(&code[range.clone()])).collect();
    }
    for range in removed.into_iter().rev() {
        let start = code[..range.start].trim_end_matches([' ', '\t']).len();
        let end = next_line(&code, range.end);
        code.replace_range(start..end, "");
    }
    let (outer, close) = (line_indent(site, module.item.start as usize), module.body.end as usize - 1);
    let inner = format!("{outer}{unit}");
    let empty = body.trim_start_matches('{').trim_end_matches('}').trim().is_empty();
    let head = if empty && !code.contains("use super::") { format!("{inner}use super::*;\n\n") } else { String::new() };
    let tests = fitted(site.language.as_ref(), code.trim_matches('\n'), &inner);
    let line = line_start(&site.text, close);
    if site.text[line..close].trim().is_empty() {
        let gap = if empty { "" } else { "\n" };
        return (line, format!("{gap}{head}{}\n", tests.trim_end()));
    }
    (close, format!("\n{head}{}\n{outer}", tests.trim_end()))
}
