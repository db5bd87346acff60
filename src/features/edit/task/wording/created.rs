//! Whether an instruction asks for a new file: "add a module lines with …", "put a function that … into a new file src/lines.rs". A
//! sentence about files that the code makes, "create a file if it is missing", does not count. Pure.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::is_among;

/// A file that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creates {
    pub named: Named,
    /// The name stands in quotes, so it is one whatever it looks like.
    pub is_quoted: bool,
}

/// The name that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// None is said.
    Not,
    Module(String),
    /// A path or a file's name.
    File(String),
}

/// The start of a sentence that asks for something whole and new, up to the word for it.
const MAKES: &str = r"(?i)^\W*(?:(?:please|now|then)\s+)*(?P<verb>create|add|write|introduce|generate)\s+(?:me\s+|us\s+)?(?:an?|another|one|(?P<known>the))\s+(?P<which>(?:[\w-]+\s+){0,2}?|[`\x22'“][\w$-]+[`\x22'”]\s+)(?P<what>(?:sub)?module|file)\b";
/// The start of a sentence that puts something new into such a thing: first the code, then the place, which is said to be new.
const PUTS: &str = r"(?i)^\W*(?:(?:please|now|then)\s+)*(?P<verb>put|write|add|create|define|implement|place|make)\s+(?P<code>(?:an?|another|one|two|three|some)\s.{2,300}?)\s+(?P<to>in|into|to)\s+(?:(?:an?|another)\s+(?:(?:new|own|separate|second)\s+){1,2}|(?:its|their)\s+own\s+(?:(?:new|separate)\s+)?)(?P<what>(?:sub)?module|file)\b";
/// The file by its name alone: "create src/lines.rs with …".
const NAMES: &str =
    r"(?i)^\W*(?:(?:please|now|then)\s+)*(?:create|add)\s+(?:[`\x22'“][\w./-]+\.\w{1,6}[`\x22'”]|[\w-][\w./-]*/[\w-]+\.\w{1,6})";
/// All of these in Chinese.
const IN_CHINESE: &str = r"^请?(?:(?:新建|创建|新增|编写|写)(?:一个|个)?(?:新的?)?|(?:添加|增加)(?:一个|个)(?:新的?)?)\s*(?:(?:名为|叫做?)\s*)?(?:[`“]?(?P<before>[\w./$-]*[\w$])[`”]?\s*的?)?(?P<what>子?模块|文件)|^请?(?:把|将)?.{0,80}?(?:在|到|进|入)(?:一个)?(?:新的?|单独的?)(?P<where>子?模块|文件)";
/// Words that may stand between the article and the thing.
const KINDS: &str = "new own separate small simple single second further dedicated little short source code private public internal top-level helper utility";
/// Words behind the thing that introduce its content, ...
const CLAUSES: &str =
    "with that which for containing holding having where whose to in beside below under next exporting providing defining implementing";
/// ... and those of them that introduce code for a thing without a name: code itself makes files "for" and "to" something.
const OF_CODE: &str = "with that which containing holding having exporting providing defining implementing";
/// Words that are not names of modules: parts of one, or of the sentence around.
const NO_NAMES: &str = "doc docs docstring documentation comment comments header heading description attribute attributes level scope \
    variable variables constant constants function functions method test tests path paths name names parameter argument arguments import \
    imports declaration prefix suffix type types class struct file files alias export exports system loader resolver cache object field \
    id graph tree handle reader writer summary if when so before after unless into on at from by and or as is it";
/// Words for code, in what should be put into a file.
const CODE: &str = "function method class struct enum trait type interface protocol helper constant macro component hook functions classes \
    methods types helpers constants structs enums traits";
/// Words that begin a clause in what should be put somewhere: the place may belong to the clause, as in "a function that writes to a new
/// file".
const INNER: &str = "that which who whose to for when";
/// Kinds of modules for which languages have their own ways.
const OTHERS: &str = "test tests inline nested inner same existing other current parent private public visible";

/// The new file that an instruction asks for, if it asks for nothing else.
pub fn created(words: &str) -> Option<Creates> {
    static SENTENCES: LazyLock<Vec<Regex>> =
        LazyLock::new(|| [MAKES, PUTS, NAMES, IN_CHINESE].into_iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());
    let [makes, puts, names, chinese] = SENTENCES.as_slice() else { return None };
    let words = words.trim();
    if asks_for_more(words) {
        return None;
    }
    if let Some(found) = names.find(words) {
        return named(found.as_str(), &words[found.end()..]);
    }
    if let Some(found) = makes.captures(words) {
        return made(&found, &words[found.get(0)?.end()..]);
    }
    if let Some(found) = puts.captures(words) {
        return put(&found, &words[found.get(0)?.end()..]);
    }
    in_chinese(words, &chinese.captures(words)?)
}

/// Reads what [`NAMES`] matched, and the rest.
fn named(found: &str, rest: &str) -> Option<Creates> {
    let (name, is_quoted) = first_name(found.rsplit(char::is_whitespace).next()?)?;
    goes_on(rest, OF_CODE).then_some(Creates { named: Named::File(name), is_quoted })
}

/// Reads what [`MAKES`] matched, and the rest.
fn made(found: &Captures<'_>, rest: &str) -> Option<Creates> {
    let is_module = !found["what"].eq_ignore_ascii_case("file");
    // "The module" exists, and something may also be added to existing things: to a list, to the imports.
    let (adds, known) = (found["verb"].eq_ignore_ascii_case("add"), found.name("known").is_some());
    if adds && known {
        return None;
    }
    let clauses = if adds || known { OF_CODE } else { CLAUSES };
    let which = found["which"].trim();
    let before = first_name(which).filter(|(_, is_quoted)| *is_quoted && is_module);
    if let Some((name, is_quoted)) = before {
        return goes_on(rest, clauses).then_some(Creates { named: Named::Module(name), is_quoted });
    }
    if !which.split_whitespace().all(|word| is_among(KINDS, word)) {
        return bare_before(which, is_module).filter(|_| !known && goes_on(rest, clauses));
    }
    behind(rest, is_module, clauses).filter(|new| new.named != Named::Not || !known && is_module)
}

/// Reads what [`PUTS`] matched, and the rest.
fn put(found: &Captures<'_>, rest: &str) -> Option<Creates> {
    let is_module = !found["what"].eq_ignore_ascii_case("file");
    let code = || found["code"].split(|letter: char| !letter.is_alphanumeric());
    let is_code = code().any(|word| is_among(CODE, word));
    let new = behind(rest, is_module, CLAUSES).filter(|new| new.named != Named::Not || is_code);
    let puts = ["put", "place"].iter().any(|verb| found["verb"].eq_ignore_ascii_case(verb));
    let is_certain = puts || !code().any(|word| is_among(INNER, word));
    let says_where = |new: &Creates| matches!(new.named, Named::File(_)) && !found["to"].eq_ignore_ascii_case("to");
    new.filter(|new| is_certain || says_where(new))
}

/// Reads what [`IN_CHINESE`] matched.
fn in_chinese(words: &str, found: &Captures<'_>) -> Option<Creates> {
    let what = found.name("what").or(found.name("where"))?;
    let rest = &words[what.end()..];
    let is_module = what.as_str() != "文件";
    let named = |name: &str| if is_module { Named::Module(name.into()) } else { Named::File(name.into()) };
    if let Some(name) = found.name("before").filter(|name| !name.as_str().is_empty()) {
        let is_name = (is_module || has_extension(name.as_str())) && goes_on_in_chinese(rest);
        return is_name.then(|| Creates { named: named(name.as_str()), is_quoted: true });
    }
    let rest = rest.trim_start_matches(['，', ',', '、', ' ']).trim_start_matches("名为").trim_start_matches("叫做");
    let (name, is_quoted) = first_name(rest.trim_start()).filter(|(name, _)| is_module || has_extension(name)).unzip();
    let is_said = name.is_some() || is_module && goes_on_in_chinese(rest);
    let named = name.as_deref().map_or(Named::Not, named);
    is_said.then_some(Creates { named, is_quoted: is_quoted.unwrap_or_default() })
}

/// [`goes_on`] for Chinese: "模块级常量" and "模块文档" are parts of a module.
fn goes_on_in_chinese(rest: &str) -> bool {
    let rest = rest.trim_start();
    let clauses = ["里", "中", "内", "用于", "用来", "包含", "来", "以", "其", "提供", "实现"];
    rest.is_empty()
        || rest.starts_with(['，', '。', '：', '；', '、', ',', '.', ':', '(', '（', '！'])
        || clauses.iter().any(|clause| rest.starts_with(clause))
}

/// "A parser module": the bare name stands before the thing.
fn bare_before(which: &str, is_module: bool) -> Option<Creates> {
    let name = which.split_whitespace().next_back()?;
    let before = which.split_whitespace().rev().skip(1).all(|word| is_among(KINDS, word));
    let is_name = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit());
    let is_other = is_among(OTHERS, name) || is_among(NO_NAMES, name) || is_among(KINDS, name);
    let creates = || Creates { named: Named::Module(name.into()), is_quoted: false };
    (is_module && before && is_name && !is_other).then(creates)
}

/// What stands behind the thing: its name, and then its content, introduced by one of the `clauses`.
fn behind(rest: &str, is_module: bool, clauses: &str) -> Option<Creates> {
    static CALLED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^\s*,?\s*(?:called|named|at)\s+").ok());
    let called = CALLED.as_ref()?.find(rest).map(|called| called.end());
    let rest = &rest[called.unwrap_or(0)..];
    let word = rest.trim_start();
    if let Some((name, is_quoted)) = first_name(word).filter(|(name, _)| called.is_some() || !is_among(CLAUSES, name)) {
        let quotes = if is_quoted { 2 * word.chars().next().map_or(0, char::len_utf8) } else { 0 };
        let after = word.get(name.len() + quotes..).unwrap_or_default();
        if !is_quoted && called.is_none() && (is_among(NO_NAMES, &name) || is_among(OTHERS, &name)) {
            return None;
        }
        let is_path = name.contains('/') || has_extension(&name);
        // "Module a.b" is a path in the language, which only a model can place.
        let is_plain = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$'));
        let is_named = is_path || is_module && is_plain && (is_quoted || !name.contains('-'));
        let named = if is_path { Named::File(name) } else { Named::Module(name) };
        return (is_named && goes_on(after, clauses)).then_some(Creates { named, is_quoted });
    }
    (called.is_none() && goes_on(rest, OF_CODE)).then_some(Creates { named: Named::Not, is_quoted: false })
}

/// The name at the start of a text, and whether it stands in quotes.
fn first_name(text: &str) -> Option<(String, bool)> {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^(?:[`"'“](?P<quoted>[A-Za-z_$][\w$./-]*|\.{0,2}/[\w$./-]+)[`"'”]|(?P<bare>[A-Za-z_$](?:[\w$./-]*[\w$])?))"#).ok()
    });
    let found = NAME.as_ref()?.captures(text)?;
    let (name, is_quoted) = found.name("quoted").map(|name| (name, true)).or(found.name("bare").map(|name| (name, false)))?;
    Some((name.as_str().to_string(), is_quoted))
}

/// Whether the rest of a sentence ends or introduces the content.
fn goes_on(rest: &str, clauses: &str) -> bool {
    let rest = rest.trim_start();
    let first = rest.split(|letter: char| letter.is_whitespace() || ",.:;(".contains(letter)).next().unwrap_or_default();
    rest.is_empty() || rest.starts_with([':', ',', '.', ';', '(', '!', '，', '。', '：']) || is_among(clauses, first)
}

fn has_extension(name: &str) -> bool {
    let (stem, extension) = name.rsplit('/').next().unwrap_or(name).rsplit_once('.').unwrap_or_default();
    !stem.is_empty() && (1..=6).contains(&extension.len()) && extension.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether a sentence goes on with something for other files: "… and call it from here".
fn asks_for_more(words: &str) -> bool {
    static MORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)
              (?:\b(?:and|then|also)|[,;.])\s+ (?:(?:then|also|afterwards)\s+)*
              (?: (?:use|call|import|register|load)\s+ (?:it|them|its|this|that|these|those|the\s+(?:new\s+)?(?:function|module|class|type|file|method)s?)\b
                | (?:move|replace|update|remove|delete|change|rename|re-?export|adapt|rewrite)\s+ (?:it|them|its|this|that|these|those|the|all|every|both|here|existing|callers)\b )
            | (?:并|然后|再)(?:且)?\s*(?:在.{0,20})?(?:调用|使用|导入|替换|删除|移动|引用)",
        )
        .ok()
    });
    MORE.as_ref().is_some_and(|more| more.is_match(words))
}
