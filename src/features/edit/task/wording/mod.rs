//! What an instruction asks for, as far as its words say it: a rename with its names, a move to a module, a new file, tests, documentation,
//! an extracted function. The rest is for the model to understand. Pure.

mod created;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::syntax::registry;
use crate::text::words;

pub use created::{Creates, Named, created};

/// What an instruction asks for at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Tests,
    Documentation,
    /// The marked lines should become a function.
    Function,
    /// A placeholder should become a body.
    Body,
}

/// Words that may stand between "write" and what should be written, besides the names of languages.
const ADJECTIVES: &str = "an?|the|one|two|three|some|more|few|several|another|any|new|unit|regression|integration|property|short|small|\
    simple|good|better|proper|full|missing|first|its|this|that|all|type|module|function|method|class|struct|api|inline";

/// What may stand between "write" and what should be written.
fn kinds() -> String {
    let languages: Vec<String> = registry::spoken_names().iter().map(|name| regex::escape(name)).collect();
    format!(r"(?:(?:{ADJECTIVES}|{})(?:'?s)?(?:-|\s+)){{0,5}}", languages.join("|"))
}

/// What may follow it: nothing, a clause, or a name. "The test data" and "the docs url" are not tests and docs.
const THEN: &str = r#"(?:\s*[.!?:;)]*$|\s*[:,]\s|\s+(?:cases?\b|for|of|that|which|covering|with|named|called|about|on|above|as|using|where|so|here|against|comment|string)\b|\s+(?:[`"'“]|(?-i:\w*_\w*|[a-z]+[A-Z]\w*|[A-Z]\w+)))"#;
/// "A new function", unlike an existing one in "to the top of the function".
const NEW_FUNCTION: &str =
    r#"\b(?:an?|one|its own|their own|another|some)\s+(?:[\w-]+\s+){0,2}(?:functions?|methods?|helpers?)(?:[\s.,:;!?`"'(]|$)"#;

/// One pattern each. They match the beginning, so that "fix the test that …" does not count; what should be written has to be the last
/// thing named, so that "add a test parameter" does not count either.
fn patterns() -> [(Intent, String); 4] {
    let kinds = kinds();
    [
        (
            Intent::Tests,
            format!(
                r"(?i)^\W*(?:please\s+)?(?:(?:write|add|generate|create)\s+{kinds}tests?{THEN}|test\s+(?:this|it)\b)|^请?(?:编写|写|添加|生成).{{0,8}}测试"
            ),
        ),
        (
            Intent::Documentation,
            format!(
                r#"(?i)^\W*(?:please\s+)?(?:document(?:$|[.!]$|\s+\S+[.!]?$|\s+(?:this|it|that|the|what|how|why|when|all|every|each|its|these|both|[`"'“])(?:\b|\w))|(?:write|add|generate|create|repair|fix|update|improve)\s+{kinds}(?:documentation|docs?|doc(?:umentation)? ?comments?|docstrings?)(?:{THEN}|\s+to\b))|^请?(?:编写|写|添加|补充|修正).{{0,8}}(?:文档|注释)"#
            ),
        ),
        (
            Intent::Function,
            format!(
                r"(?i)^\W*(?:please\s+)?(?:extract\s+(?:{NEW_FUNCTION}|.{{0,80}}\b(?:in)?to\s+{NEW_FUNCTION}|.{{0,80}}\bas\s+{NEW_FUNCTION}|.{{0,80}}\b(?:into|to|as)\s+(?:function|method|helper)\b)|(?:move|pull|put|factor|turn|make)\b.{{0,80}}\b(?:into|in|to|as)\s+{NEW_FUNCTION})|^请?(?:提取|抽取).{{0,12}}(?:函数|方法)"
            ),
        ),
        (
            Intent::Body,
            r"(?i)^\W*(?:please\s+)?(?:(?:write|add|provide|supply|create|give|fill(?:\s+in|\s+out)?|complete|finish|implement)\s+(?:(?:it|its|an?|the|this|that|missing|empty|whole|full|function|method|real)\W+){0,4}(?:body|bodies|implementation|logic|code)\b|(?:implement|complete|finish|fill(?:\s+in|\s+out)?)(?:\s+(?:it|this|that|me|the\s+(?:function|method|stub)|this\s+(?:function|method|stub)|[`\w.]+))?\s*(?:$|[.!:,;(]|\b(?:with|by|using|so|as|for|in)\b))|^请?(?:实现|补全|完成|填写)"
                .to_string(),
        ),
    ]
}

/// Whether an instruction goes on with something else: "add type hints and docs", "document it and rename it".
fn names_more(words: &str) -> bool {
    static MORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:and|then|also|but)\s+(?:then\s+)?(?:add|write|fix|make|rename|remove|return|use|change|update|handle|convert|replace|move|type|let|simplify|rewrite|delete|extract)\s+\S|[，,；;](?:并|再|然后)|并且").ok()
    });
    MORE.as_ref().is_some_and(|more| more.is_match(words))
}

/// What an instruction asks for at its beginning; none if it is something else.
pub fn intent(words: &str) -> Option<Intent> {
    static COMPILED: LazyLock<Vec<(Intent, Regex)>> =
        LazyLock::new(|| patterns().into_iter().filter_map(|(intent, pattern)| Some((intent, Regex::new(&pattern).ok()?))).collect());
    let intent = COMPILED.iter().find(|(_, pattern)| pattern.is_match(words)).map(|(intent, _)| *intent);
    // "Into a function parameter" is not into a new function.
    static PART: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:functions?|methods?|helpers?)['’]?s?\s+(?:calls?|arguments?|param(?:eter)?s?|signature|body|name|pointer|object|file|module|class|type)\b").ok()
    });
    let of_function = |intent: &Intent| *intent == Intent::Function && PART.as_ref().is_some_and(|part| part.is_match(words));
    intent.filter(|intent| !names_more(words) && !of_function(intent))
}

/// A move to a module of its own: what moves and the name of the module, as far as they are said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleMove {
    pub item: Option<String>,
    pub module: Option<String>,
    /// The marked lines may be meant, since nothing says that it is a function or a type.
    pub may_be_lines: bool,
    /// It is said to be a constant or the like.
    pub is_value: bool,
    /// The item stands in quotes, so it is a name.
    pub is_quoted: bool,
    /// The module may exist already, since nothing says that it is new.
    pub may_be_there: bool,
}

/// Everything that an instruction may say which asks for such a move only.
const MOVE: &str = r#"(?ix)
    ^\W* (?:please\s+)? (?:move|put|extract|pull|factor|split|take) \s+
    (?:(?:this|that|the) \s+)? (?:(?:(?P<kind>function|method|struct|class|type|enum|trait|interface|item|definition)|(?P<value>constant|const|static|variable)|code) \s+)?
    (?:[`"'“]? (?P<item>[\p{L}_$][\w$]*) (?:\(\))? [`"'”]? \s+)?
    (?:out \s+)? (?:into|in|to) \s+
    (?:(?P<article>an?|its|their|the) \s+)? (?P<new>(?:(?:own|new|separate|another|dedicated) \s+){1,2})?
    (?:
        (?:sub)?module (?:\s+of\s+its\s+own)? (?:\s*,? \s+ (?:called|named) \s+ [`"'“]? (?P<called>[\w$]+) (?:\.\w+)? [`"'”]?)?
      | (?:sub)?module \s+ [`"'“]? (?P<behind>[\w$]+) [`"'”]?
      | [`"'“]? (?P<before>[\w$]+) [`"'”]? \s+ (?:sub)?module
    )
    (?:\s*,? \s+ and \s+ (?:update|fix|adapt|adjust) \s+ (?:(?:all|its|the) \s+)* (?:callers|calls|uses|usages|imports|references))?
    \s* [.!]? \s* $
  | ^请?(?:把|将)(?:这个|此|该)?(?P<sort>函数|方法|类型?|结构体?)? \s* [`“]? (?P<that>[\w$--\p{Han}]*) [`”]? \s*
    (?:移动?|放|搬|提取|抽取)(?:到|进|入)?(?P<apart>一个)?(?P<named>(?:\s*(?:新的?|单独的?|名为|叫做?))+)? \s*
    [`“]? (?P<there>[\w$--\p{Han}]*) [`”]? \s* 的?(?P<fresh>新|单独)?模块(?:里|中)?[。.!]? \s* $
"#;
/// Words in place of a name that say which module is meant or how much moves: for the model to find out.
const OTHERS: &str = "all everything them these those lines same existing other different parent inner nested private public test tests";
/// Words in that place that say nothing.
const NO_ITEM: &str = "it this that out code";
const NO_MODULE: &str = "please now too here instead again";
/// Words beside "module" that are not its name: a place in an existing module, or which of several.
const PLACES: &str = "level levels scope root top main functions start beginning front head body end bottom back global globals file crate \
    package current right correct appropriate proper suitable relevant next previous standalone single small smaller distinct";

/// What an instruction moves that plainly asks for a move: "move this function into a module called digits".
pub fn moved(words: &str) -> Option<ModuleMove> {
    static COMPILED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(MOVE).ok());
    let found = COMPILED.as_ref()?.captures(words)?;
    let said = |groups: &[&str]| {
        let mut names = groups.iter().filter_map(|group| found.name(group)).map(|name| name.as_str());
        names.find(|name| !name.is_empty()).map(String::from)
    };
    let is_word = |name: &String, list: &str| !is_quoted(name, words) && is_among(list, name);
    let (item, module) = (said(&["item", "that"]), said(&["called", "behind", "before", "there"]));
    if item.iter().chain(&module).any(|name| is_word(name, OTHERS)) {
        return None;
    }
    let is_called = found.name("called").is_some();
    if !is_called && module.as_ref().is_some_and(|name| is_word(name, PLACES)) {
        return None;
    }
    let item = item.filter(|name| !is_word(name, NO_ITEM));
    let module = module.filter(|name| !is_word(name, NO_MODULE));
    let says = |groups: &[&str]| groups.iter().any(|group| found.name(group).is_some());
    // "The module" exists, and "the digits module" may exist.
    let article = found.name("article").map(|article| article.as_str().to_lowercase());
    let is_known = module.is_none() && article.as_deref() == Some("the");
    let is_new = is_called || says(&["new", "apart", "named", "fresh"]) || article.is_some_and(|article| article != "the");
    let may_be_lines = item.is_none() && !says(&["kind", "sort", "value"]);
    let is_quoted = item.as_ref().is_some_and(|name| is_quoted(name, words));
    let may_be_there = module.is_some() && !is_new;
    (!is_known).then_some(ModuleMove { item, module, may_be_lines, is_value: says(&["value"]), is_quoted, may_be_there })
}

/// The two names of a rename with what joins them, and their place in the instruction.
struct Pair {
    old: String,
    new: String,
    range: Range<usize>,
}

/// The names in an instruction that asks for a rename: the old one if it is said, and the new one. None if it asks for something else, or
/// says a name that is not understood.
pub fn rename(words: &str) -> Option<(Option<String>, Option<String>)> {
    static VERB: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\brename\b|重命名|改名|改为|改成|umbenenn|renomm").ok());
    if !VERB.as_ref()?.is_match(words) {
        return None;
    }
    let pairs = pairs(words);
    let Some(pair) = pairs.iter().find(|pair| !is_prose(&pair.new, words)) else {
        // "To something that says more": the model finds the name.
        let old = pairs.into_iter().map(|pair| pair.old).find(|old| is_said(old, words));
        return Some((old.or_else(|| renamed(words).map(|(range, _)| words[range].to_string())), None));
    };
    let rest = without(words, &pair.range);
    if is_said(&pair.old, words) {
        return is_filling(&rest).then(|| (Some(pair.old.clone()), Some(pair.new.clone())));
    }
    // "Rename n in this function to result": the old name stands before the place.
    if let Some((range, true)) = renamed(words).filter(|(range, _)| range.end <= pair.range.start) {
        let found = is_filling(&without(&without(words, &pair.range), &range));
        return found.then(|| (Some(words[range].to_string()), Some(pair.new.clone())));
    }
    // "Rename name to title": the old name may itself be such a word.
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\brename\s+[\w$]+\s+(?:to|as|into)\b").ok());
    let pronoun = is_among("this it that", &pair.old);
    let bare = !pronoun && BARE.as_ref()?.is_match(words);
    (!bare && is_filling(&rest)).then(|| (None, Some(pair.new.clone())))
}

/// [`rename`], knowing which names stand at the place: such a word is a name, whatever it means in English. "Rename make to build."
pub fn rename_at(words: &str, is_there: impl Fn(&str) -> bool) -> Option<(Option<String>, Option<String>)> {
    static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)^\W*(?:please\s+)?rename\s+(?:(?:the|this|local|variable|field|constant|parameter|argument|function|method|type|struct|class|enum|trait)\s+)*([\p{L}_$][\w$]*)\s+(?:to|as|into)\s+[`"'“]?([\p{L}_$][\w$]*(?:#\w+)?)[`"'”]?\W*$"#).ok()
    });
    let plain = || {
        let found = PLAIN.as_ref()?.captures(words)?;
        let vague = is_among("something what", &found[2]) && !is_quoted(&found[2], words);
        (!vague && is_there(&found[1])).then(|| (Some(found[1].to_string()), Some(found[2].to_string())))
    };
    plain().or_else(|| rename(words))
}

/// Every "old to new" in an instruction. Joining words of other languages count only between quoted names, because of "n in this".
fn pairs(words: &str) -> Vec<Pair> {
    static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)([`"'“]?)([\p{L}_$][\w$]*)[`"'”]?\s*(?:,\s*)?(?:\b(to|as|into|in|zu|en)\b|->|=>|→|重命名为|改名为|改为|改成|为|成)\s*([`"'“]?)([\p{L}_$][\w$]*(?:#\w+)?)[`"'”]?"#).ok()
    });
    static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)umbenenn|renomm").ok());
    let Some(pattern) = PAIR.as_ref() else { return vec![] };
    let foreign = OTHER.as_ref().is_some_and(|other| other.is_match(words));
    let (mut found, mut at) = (vec![], 0);
    while let Some(captures) = pattern.captures_at(words, at) {
        let (Some(whole), Some(old)) = (captures.get(0), captures.get(2)) else { break };
        let joins = captures.get(3).is_none_or(|joiner| !is_among("in en zu", joiner.as_str()));
        let quoted = !captures[1].is_empty() && !captures[4].is_empty();
        if joins || quoted || foreign {
            found.push(Pair { old: old.as_str().into(), new: captures[5].into(), range: whole.range() });
        }
        at = old.end();
    }
    found
}

/// The name in "rename the variable NAME", and whether a place follows: "in …".
fn renamed(words: &str) -> Option<(Range<usize>, bool)> {
    static RENAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)\brename\s+(?:(?:the|this|local|variable|field|constant|parameter|argument|function|method|type|struct|class|enum|trait)\s+)*[`"'“]?([\p{L}_$][\w$]*)[`"'”]?(\s+(?:in|inside|within|of)\b)?"#).ok()
    });
    let found = RENAMED.as_ref()?.captures(words)?;
    let old = found.get(1)?;
    is_said(old.as_str(), words).then_some((old.range(), found.get(2).is_some()))
}

fn without(words: &str, range: &Range<usize>) -> String {
    [&words[..range.start], " ", &words[range.end..]].concat()
}

/// Whether a word is a name, not "it" or "the function".
fn is_said(word: &str, words: &str) -> bool {
    !is_prose(word, words) && (is_quoted(word, words) || !is_filling(word))
}

/// Words that add nothing to the two names of a rename.
const FILLING: &str = "rename please the this a it its it's function method type struct class enum trait variable field constant parameter \
    name from everywhere in all files file across with and callers calls uses usages references of whole repository workspace project \
    where is used every place places at also update their to local argument inside within";
/// Words that add nothing, in Chinese, which has no blanks between words: removed wherever they stand, longest first.
const FILLING_IN_CHINESE: &[&str] = &[
    "在所有文件中",
    "重命名",
    "改名",
    "函数",
    "方法",
    "变量",
    "类型",
    "全部",
    "所有",
    "文件",
    "这个",
    "此",
    "请",
    "把",
    "将",
    "它",
    "中",
    "里",
];
/// Words that are prose rather than a name: "to something that says more".
const PROSE: &str = "a an the it this that what something be say match make function method name more better";

/// Whether the rest of an instruction, besides the two names, asks for nothing more than the rename.
fn is_filling(rest: &str) -> bool {
    let rest = FILLING_IN_CHINESE.iter().fold(rest.to_string(), |rest, word| rest.replace(word, " "));
    let mut words = rest.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.all(|word| is_among(FILLING, word))
}

/// Whether a word is prose rather than a name; quoted words are names.
fn is_prose(word: &str, words: &str) -> bool {
    !is_quoted(word, words) && is_among(PROSE, word)
}

fn is_quoted(word: &str, words: &str) -> bool {
    ["`", "\"", "'", "“"].iter().any(|mark| words.contains(&format!("{mark}{word}")))
}

fn is_among(list: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    list.split_whitespace().any(|known| known == word)
}

/// Whether a text could be a name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(words::is_word) && !text.starts_with(|c: char| c.is_ascii_digit())
}
