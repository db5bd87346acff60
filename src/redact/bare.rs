//! Passwords without quotes that people chose: in settings files, commands, database addresses, comments and tags. A word with a digit or a
//! sign is enough there; in some places any word is.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::chosen::{is_bare, is_password, is_word};
use super::forms::{Fits, compiled};

/// A value that is no string, variable, call or template.
const VALUE: &str = r#"([^\s"'`;,(){}<>\[\]$|]{4,})"#;
/// The same where types, variables and references may occur as well, which begin with a capital or a sign.
const SMALL: &str = r#"([a-z0-9][^\s"'`;,(){}<>\[\]$|]{3,})"#;
/// The end of a line.
const END: &str = r"[ \t]*(?:[\r\n]|\z)";

/// What may precede a name on its line.
static BEFORE: LazyLock<Before> = LazyLock::new(|| Before {
    setting: compiled(r"\A\s*(?:-\s+)?(?:(?:export|ENV|ARG|set|setx)\s+)?(?:[a-z%][\w-]*\.)*\z"),
    variable: compiled(r#"(?:\A|[\s;&|"'`(])\z"#),
    set: compiled(r"\b(?:ENV|setx|set[ \t]+-\w+)[ \t]+\z"),
    pair: compiled(r#"(?:[;&?]|&amp;|[\w.]=[^\s,;()"'=]*[ \t]|["']|-[dF][ \t]|-D[\w.]*|\bhttps?[ \t][^\n"']*[ \t])\z"#),
    chain: compiled(r#"\w=[^;=\n]*;[ \t]?\z"#),
    comment: compiled(r"(?:\A|\s)(?:#|//|\*|--|;)[ \t][^\n]*\z"),
});

struct Before {
    setting: Regex,
    variable: Regex,
    set: Regex,
    pair: Regex,
    chain: Regex,
    comment: Regex,
}

/// What may follow a name; the value is the first group.
static BEHIND: LazyLock<Behind> = LazyLock::new(|| {
    let form = |pattern: String| compiled(&format!(r"\A{pattern}"));
    Behind {
        line: form(format!("={VALUE}{END}")),
        apart: form(format!(r"[ \t]*[?:+]?=[ \t]*{VALUE}{END}")),
        yaml: form(format!(r#"["']?[ \t]*:[ \t]+(?:!!?str[ \t]+)?{SMALL}[ \t]*(?:#[^\n]*)?(?:[\r\n]|\z)"#)),
        variable: form(format!(r#"={VALUE}(?:[\s;&|"'`)]|\z)"#)),
        flag: form(format!(r#"[ \t=]+["']?{VALUE}(?:[\s"'`\\]|\z)"#)),
        blank: form(format!(r"[ \t]+{VALUE}(?:\s|\z)")),
        pair: form(r#"=([^\s"'`;&,(){}<>\[\]$|\\]{4,})(?:[;&"'`\s\\]|\z)"#.into()),
        comment: form(format!(r#"["']?(?:[ \t]*[:=][ \t]*|[ \t]+is:?[ \t]+)["'`]?{VALUE}(?:["'`]|{END})"#)),
        default: form(format!(r"(?::-?|-|:=|:\?){VALUE}\}}")),
        tag: form(r"[^<>\n]{0,80}?\s*>\s*(?:<!\[CDATA\[)?([^<>\s\]]{4,})(?:\]\]>)?\s*</".into()),
        directive: form(format!("[ \\t]+{SMALL}{END}")),
    }
});

struct Behind {
    line: Regex,
    apart: Regex,
    yaml: Regex,
    variable: Regex,
    flag: Regex,
    blank: Regex,
    pair: Regex,
    comment: Regex,
    default: Regex,
    tag: Regex,
    directive: Regex,
}

/// A line of YAML settings: a name with or without a value, a list item, a comment.
static YAML: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r#"\A\s*(?:#[^\n]*|---[^\n]*|-[ \t][^\n]*[^,;{(\s]|(?:[\w./-]+|"[^"\n]*"|'[^'\n]*'):(?:[ \t]+[^\n]*[^,;{(\s])?)?\s*\z"#)
});
/// How many lines above and below have to be of that kind, or of the next.
const NEAR_LINES: usize = 2;

/// A line of settings without signs between name and value, as mail programs and servers have them: `host mail.example.org`.
static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A\s*(?:[#!][^\n]*|[a-z][\w.-]*(?:[ \t]+[^\s(){}\[\];,=]+){0,3})?\s*\z"));

/// What precedes a name in a map on one line of YAML, its value, and the rest of that line.
static BEFORE_IN_FLOW: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"\A\s*(?:-[ \t]+)?(?:[\w./-]+:[ \t]+)?\{(?:[ \t]*[\w./-]+:[ \t]+[^\s,{}\[\]();=]+,)*[ \t]*["']?\z"#));
static IN_FLOW: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!(r#"\A["']?:[ \t]+{SMALL}[ \t]*(?:,[^\n{{}}\[\]();=]*)?\}}[ \t]*(?:#[^\n]*)?(?:[\r\n]|\z)"#)));

/// The header of a section, and the other lines of a file with sections.
static SECTION: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A\s*\[+[\w .:/@-]+\]+\s*\z"));
static LINE_OF_SECTION: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A\s*(?:[#;][^\n]*|[\w .%/-]+[=:][^\n]*)?\z"));
/// Maximum lines between that header and a name.
const SECTION_LINES: usize = 24;

/// A name in a text that is certainly that of a password.
pub(super) struct PasswordName<'a> {
    pub text: &'a str,
    pub name: Range<usize>,
    /// What precedes and follows it on its line, as far as that is examined.
    pub before: &'a str,
    pub behind: &'a str,
    pub is_shouted: bool,
    /// Whether a word of letters only may be the password.
    pub may_be_word: bool,
}

impl PasswordName<'_> {
    /// The value of the name, as a range of the text after it.
    pub fn value(&self) -> Option<Range<usize>> {
        let (before, behind, name) = (&*BEFORE, &*BEHIND, &self.text[self.name.clone()]);
        let first = self.behind.trim_start_matches(['"', '\'', ' ', '\t']).chars().next()?;
        if !self.behind.starts_with([' ', '\t']) && !"=:?+->".contains(first) {
            return None;
        }
        let is_dotted =
            self.before.ends_with('.') && !self.before.trim_start().starts_with("self.") && !self.before.trim_start().starts_with("this.");
        let is_setting = || (self.is_shouted || is_dotted) && before.setting.is_match(self.before);
        let begins_line = self.before.trim_start().is_empty();
        let word: Fits = if self.may_be_word { |value| is_bare(value) || is_word(value) } else { is_bare };
        let tag: Fits = if self.may_be_word { |value| is_password(value) } else { is_bare };
        let one =
            |form: &Regex, fits: Fits| form.captures(self.behind)?.get(1).filter(|value| fits(value.as_str())).map(|value| value.range());
        let shouted = || self.is_shouted && before.variable.is_match(self.before);
        None.or_else(|| one(&behind.line, word).filter(|_| is_setting()))
            .or_else(|| one(&behind.apart, word).filter(|_| (begins_line || is_setting()) && self.is_in_section()))
            .or_else(|| one(&behind.apart, is_bare).filter(|_| self.is_shouted && begins_line))
            .or_else(|| one(&behind.yaml, word).filter(|value| self.is_in_yaml(value.end)))
            .or_else(|| one(&behind.variable, is_bare).filter(|_| shouted()))
            .or_else(|| one(&behind.line, is_bare).filter(|_| self.before.is_empty()))
            .or_else(|| one(&behind.flag, is_bare).filter(|_| name.starts_with('-')))
            .or_else(|| one(&behind.blank, is_bare).filter(|_| before.set.is_match(self.before)))
            .or_else(|| one(&behind.pair, word).filter(|_| before.chain.is_match(self.before)))
            .or_else(|| one(&behind.pair, is_bare).filter(|_| before.pair.is_match(self.before)))
            .or_else(|| one(&behind.default, is_bare).filter(|_| self.before.ends_with("${")))
            .or_else(|| one(&behind.tag, tag))
            .or_else(|| one(&behind.comment, is_bare).filter(|_| before.comment.is_match(self.before)))
            .or_else(|| one(&behind.directive, is_bare).filter(|value| begins_line && self.is_in_directives(value.end)))
    }

    /// Whether the name begins its line in YAML and its value ends at `end`.
    fn is_in_yaml(&self, end: usize) -> bool {
        let begins = self.before.trim_start().trim_start_matches("- ").trim_start_matches(['"', '\'']);
        // The name may have parts before its telling word, as in `db.password`.
        begins.is_empty() && lines_around(self.text, self.name.start..self.name.end + end).all(|line| YAML.is_match(line.trim_end()))
    }

    /// Whether the lines around the name, whose value ends at `end`, are names and values with blanks between them, at least one of them.
    fn is_in_directives(&self, end: usize) -> bool {
        let is_small = !self.text[self.name.clone()].contains(|letter: char| letter.is_ascii_uppercase());
        let is_one = |line: &str| DIRECTIVE.is_match(line) && line.trim().contains([' ', '\t']);
        let mut around = lines_around(self.text, self.name.start..self.name.end + end);
        is_small && around.clone().all(|line| DIRECTIVE.is_match(line)) && around.any(is_one)
    }

    /// Whether the name is in a section of a settings file.
    fn is_in_section(&self) -> bool {
        let mut above = self.text[..self.name.start].rsplit('\n').skip(1).take(SECTION_LINES);
        let header = above.find(|line| SECTION.is_match(line.trim_end()) || !LINE_OF_SECTION.is_match(line.trim_end()));
        header.is_some_and(|line| SECTION.is_match(line.trim_end()))
    }
}

/// The lines above and below a stretch of a text.
fn lines_around(text: &str, stretch: Range<usize>) -> impl Iterator<Item = &str> + Clone {
    let above = text[..stretch.start].rsplit('\n').skip(1).take(NEAR_LINES);
    above.chain(text[stretch.end..].split('\n').skip(1).take(NEAR_LINES))
}

/// The value of the name at `name` in a map on one line of YAML, as a range of the text after it. In code the same may be variables, so the
/// lines around have to be YAML as well.
pub(super) fn in_flow(text: &str, name: Range<usize>, before: &str, behind: &str) -> Option<Range<usize>> {
    let value = IN_FLOW.captures(behind).filter(|_| BEFORE_IN_FLOW.is_match(before))?.get(1)?.range();
    lines_around(text, name.start..name.end + value.end).all(|line| YAML.is_match(line.trim_end())).then_some(value)
}
