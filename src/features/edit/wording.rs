//! What an instruction asks for, as far as its words alone say it: a rename with its names, tests, documentation, a function taken out.
//! Whatever else it says is the model's to understand. Pure.

use std::sync::LazyLock;

use regex::Regex;

use crate::syntax::uses;

/// What the words ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Tests,
    Documentation,
    /// The marked lines are to become a function.
    Function,
}

/// A pattern for each. They begin the instruction, so that "fix the test that …" is none of them.
const PATTERNS: &[(Asked, &str)] = &[
    (
        Asked::Tests,
        r"(?i)^\W*(please\s+)?((write|add|generate|create)\b.{0,24}\btests?\b|test (this|it)\b)|^请?(编写|写|添加|生成).{0,8}测试",
    ),
    (
        Asked::Documentation,
        r"(?i)^\W*(please\s+)?(document\b|(write|add|generate|repair|fix|update|improve)\b.{0,24}\b(documentation|docs?|doc(umentation)? ?comments?|docstrings?)\b)|^请?(编写|写|添加|补充|修正).{0,8}(文档|注释)",
    ),
    (
        Asked::Function,
        r"(?i)^\W*(please\s+)?(extract|move|pull|put|factor)\b.{0,80}\b(into|out|as|in|to)\b.{0,24}\b(function|method|helper)\b|^请?(提取|抽取).{0,12}(函数|方法)",
    ),
];

/// What an instruction begins to ask for; none where it is something else.
pub fn asked(words: &str) -> Option<Asked> {
    static COMPILED: LazyLock<Vec<(Asked, Regex)>> =
        LazyLock::new(|| PATTERNS.iter().filter_map(|(asked, pattern)| Some((*asked, Regex::new(pattern).ok()?))).collect());
    COMPILED.iter().find(|(_, pattern)| pattern.is_match(words)).map(|(asked, _)| *asked)
}

/// What an instruction that asks for a rename says: the old name where it is said, and the new one.
pub fn rename(words: &str) -> Option<(Option<String>, Option<String>)> {
    static VERB: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\brename\b|重命名|改名|改为|改成|umbenenn|renomm").ok());
    static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)[`"'“]?([\p{L}_$][\w$]*)[`"'”]?\s*(?:,\s*)?(?:\b(?:to|as|into|in|zu|en)\b|->|=>|→|重命名为|改名为|改为|改成|为|成)\s*[`"'“]?([\p{L}_$][\w$]*)[`"'”]?"#).ok()
    });
    if !VERB.as_ref()?.is_match(words) {
        return None;
    }
    let found = PAIR.as_ref()?.captures(words).filter(|found| !is_prose(&found[2], words));
    let Some(found) = found else { return Some((None, None)) };
    let (old, new) = (found[1].to_string(), found[2].to_string());
    let rest = found.get(0).map_or(String::new(), |pair| words.replacen(pair.as_str(), " ", 1));
    if !is_filling(&rest) {
        return None;
    }
    let old = Some(old).filter(|old| !is_prose(old, words));
    Some((old, Some(new)))
}

/// Words that say nothing more than the two names of a rename.
const FILLING: &str = "rename please the this a it its it's function method type struct class enum trait variable field constant parameter \
    name from everywhere in all files file across with and callers calls uses usages references of whole repository workspace project \
    where is used every place places at also update their to";
/// The same in Chinese, which has no blanks between words: they are taken out wherever they stand, the longest first.
const FILLING_IN_CHINESE: &[&str] =
    &["在所有文件中", "重命名", "改名", "函数", "方法", "变量", "类型", "全部", "所有", "文件", "请", "把", "将", "中", "里"];
/// Words that are rather prose than a name: "to something that says more".
const PROSE: &str = "a an the it this that what something be say match make function method name more better";

/// Whether what an instruction says besides the two names asks for nothing more than the rename.
fn is_filling(rest: &str) -> bool {
    let rest = FILLING_IN_CHINESE.iter().fold(rest.to_string(), |rest, word| rest.replace(word, " "));
    let mut words = rest.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.all(|word| is_among(FILLING, word))
}

/// Whether a word of an instruction is rather prose than a name; what is quoted is a name.
fn is_prose(word: &str, words: &str) -> bool {
    let quoted = ["`", "\"", "'", "“"].iter().any(|mark| words.contains(&format!("{mark}{word}")));
    !quoted && is_among(PROSE, word)
}

fn is_among(list: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    list.split_whitespace().any(|known| known == word)
}

/// Whether a text could name something.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(uses::is_word) && !text.starts_with(|c: char| c.is_ascii_digit())
}
