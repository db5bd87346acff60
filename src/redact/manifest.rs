//! Secrets of Kubernetes: a document that says that it is one (`kind: Secret`) holds nothing but secrets below `data` and `stringData`,
//! whatever their names are.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::compiled;

/// What the document of a secret says of itself, alone in a line of YAML or among the keys of JSON.
static KIND: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"(?m)^[ \t-]*(kind:[ \t]*["']?Secret["']?)[ \t]*(?:#.*)?\r?$|"kind"\s*:\s*"(Secret)""#));
static DATA_OF_JSON: LazyLock<Regex> = LazyLock::new(|| compiled(r#""(?:data|stringData)"\s*:\s*\{([^{}]*)\}"#));
static STRING_OF_JSON: LazyLock<Regex> = LazyLock::new(|| compiled(r#":\s*"([^"\n]+)""#));

/// The values of all secrets of a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut values = vec![];
    // Hardly any text has the word, and what it stands in takes longer to look for.
    if !text.contains("Secret") || !text.contains("kind") {
        return values;
    }
    for found in KIND.captures_iter(text) {
        match found.get(1) {
            Some(kind) => of_yaml(text, kind.start(), &mut values),
            None => of_json(text, &mut values),
        }
    }
    values
}

fn of_json(text: &str, values: &mut Vec<Range<usize>>) {
    for data in DATA_OF_JSON.captures_iter(text).filter_map(|found| found.get(1)) {
        let strings = STRING_OF_JSON.captures_iter(data.as_str()).filter_map(|found| found.get(1));
        values.extend(strings.map(|value| data.start() + value.start()..data.start() + value.end()));
    }
}

/// A line of YAML.
struct Line<'a> {
    /// Where its first key begins, behind the dashes of the list that it is in.
    key: usize,
    /// Bytes before that.
    indent: usize,
    begins_item: bool,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn at(text: &'a str, start: usize) -> Self {
        let line = text[start..].lines().next().unwrap_or_default();
        let before = |letters: &[char]| line.len() - line.trim_start_matches(letters).len();
        let (blanks, indent) = (before(&[' ', '\t']), before(&[' ', '\t', '-']));
        Self { key: start + indent, indent, begins_item: indent > blanks, text: &line[indent..] }
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }

    /// Where the value behind its key is written, without quotes; none where there is none, or where it is put in later.
    fn value(&self) -> Option<Range<usize>> {
        let colon = self.text.find(": ")?;
        let (key, value) = self.text.split_at(colon + 1);
        let quotes = |letter: char| matches!(letter, '"' | '\'' | ' ' | '\t');
        let inner = value.trim_matches(quotes);
        let start = self.key + key.len() + value.find(|letter| !quotes(letter))?;
        let is_put_in = ["{{", "${", "$("].iter().any(|sign| inner.contains(sign));
        (!is_put_in && !inner.starts_with(['|', '>', '{', '<'])).then(|| start..start + inner.len())
    }

    /// A line of a value of several, which has no key.
    fn continued(&self) -> Option<Range<usize>> {
        let is_one = !self.text.contains(':') && !self.text.contains("{{");
        is_one.then(|| self.key..self.key + self.text.trim_end().len())
    }

    fn is_data(&self) -> bool {
        matches!(self.text.trim_end(), "data:" | "stringData:")
    }
}

/// The values of the document that says at `kind` that it is a secret.
fn of_yaml(text: &str, kind: usize, values: &mut Vec<Range<usize>>) {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
    let own = starts.partition_point(|start| *start <= kind) - 1;
    let level = Line::at(text, starts[own]).indent;
    let lines = |number: &usize| Line::at(text, *number);
    let is_outside = |line: &Line| !line.is_empty() && line.indent < level || line.indent == 0 && text[line.key..].starts_with("...");
    let parts = |line: &Line| line.text.is_empty() && line.begins_item && line.indent >= 3;
    let mut first = own;
    while first > 0 && !lines(&starts[first]).begins_item {
        let before = lines(&starts[first - 1]);
        if is_outside(&before) || parts(&before) {
            break;
        }
        first -= 1;
    }
    let mut is_data = false;
    for (number, start) in starts.iter().enumerate().skip(first) {
        let line = lines(start);
        let begins_next = number > own && line.begins_item && line.indent <= level;
        if is_outside(&line) || parts(&line) || begins_next {
            break;
        }
        match line.indent > level {
            _ if line.is_empty() => {}
            false => is_data = line.is_data(),
            true if is_data => values.extend(line.value().or_else(|| line.continued())),
            true => {}
        }
    }
}
