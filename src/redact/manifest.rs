//! Secrets of Kubernetes: a document that says that it is one (`kind: Secret`) holds nothing but secrets below `data` and `stringData`,
//! whatever their names are.

use std::collections::HashMap;
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
    let (in_lines, in_json): (Vec<_>, Vec<_>) = KIND.captures_iter(text).map(|found| found.get(1)).partition(Option::is_some);
    if !in_lines.is_empty() {
        Documents::new(text).secrets(in_lines.into_iter().flatten().map(|kind| kind.start()), &mut values);
    }
    if !in_json.is_empty() {
        of_json(text, &mut values);
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
        self.text.trim_end().is_empty() || self.text.starts_with('#')
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

    /// Whether it keeps two documents apart: `---`.
    fn parts(&self) -> bool {
        self.text.is_empty() && self.begins_item && self.indent >= 3
    }

    fn is_data(&self) -> bool {
        matches!(self.text.trim_end(), "data:" | "stringData:")
    }
}

/// The documents of a text, by their lines but for those that say nothing and begin nothing. They are read once, however many secrets
/// there are.
struct Documents<'a> {
    text: &'a str,
    lines: Vec<Line<'a>>,
}

impl<'a> Documents<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1));
        let lines = starts.map(|start| Line::at(text, start)).filter(|line| !line.is_empty() || line.begins_item);
        Self { text, lines: lines.collect() }
    }

    /// The values of the secrets that say so at these places, in their order. What says it once more in what was looked through for the
    /// same depth has no values beside those.
    fn secrets(&self, kinds: impl Iterator<Item = usize>, values: &mut Vec<Range<usize>>) {
        let mut ends: HashMap<usize, usize> = HashMap::new();
        for kind in kinds {
            let own = self.lines.partition_point(|line| line.key <= kind) - 1;
            let end = ends.entry(self.lines[own].indent).or_default();
            if own >= *end {
                *end = self.secret(own, values);
            }
        }
    }

    /// The values of the secret that says so in its line `own`, and the line behind its last one.
    fn secret(&self, own: usize, values: &mut Vec<Range<usize>>) -> usize {
        let level = self.lines[own].indent;
        let ends = |line: &Line| self.is_outside(line, level) || line.parts();
        let begins = |at: &usize| *at == 0 || self.lines[*at].begins_item || ends(&self.lines[*at - 1]);
        let first = (0..=own).rev().find(begins).unwrap_or(own);
        let mut is_data = false;
        for (number, line) in self.lines.iter().enumerate().skip(first) {
            let begins_next = number > own && line.begins_item && line.indent <= level;
            if ends(line) || begins_next {
                return number;
            }
            match line.indent > level {
                _ if line.is_empty() => {}
                false => is_data = line.is_data(),
                true if is_data => values.extend(line.value().or_else(|| line.continued())),
                true => {}
            }
        }
        self.lines.len()
    }

    /// Whether a line stands less deep than a document, or says that it has ended.
    fn is_outside(&self, line: &Line, level: usize) -> bool {
        !line.is_empty() && line.indent < level || line.indent == 0 && self.text[line.key..].starts_with("...")
    }
}
