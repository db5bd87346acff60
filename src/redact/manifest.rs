//! Secrets of Kubernetes: a document of `kind: Secret` holds only secrets under `data` and `stringData`, whatever their names.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::compiled;

/// How such a document states its kind: on a YAML line of its own, or among JSON keys.
static KIND: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"(?m)^[ \t-]*(kind:[ \t]*["']?Secret["']?)[ \t]*(?:#.*)?\r?$|"kind"\s*:\s*"(Secret)""#));
static DATA_OF_JSON: LazyLock<Regex> = LazyLock::new(|| compiled(r#""(?:data|stringData)"\s*:\s*\{([^{}]*)\}"#));
static STRING_OF_JSON: LazyLock<Regex> = LazyLock::new(|| compiled(r#":\s*"([^"\n]+)""#));

/// The values of all Kubernetes secrets in a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut values = vec![];
    // Few texts contain these words, and the expression takes longer.
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
    /// The offset of its first key, after the dashes of a list.
    key: usize,
    /// The number of bytes before that key.
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

    /// The value after its key, without quotes; none if there is none, or for a placeholder that is filled in later.
    fn value(&self) -> Option<Range<usize>> {
        let colon = self.text.find(": ")?;
        let (key, value) = self.text.split_at(colon + 1);
        let quotes = |letter: char| matches!(letter, '"' | '\'' | ' ' | '\t');
        let inner = value.trim_matches(quotes);
        let start = self.key + key.len() + value.find(|letter| !quotes(letter))?;
        let is_put_in = ["{{", "${", "$("].iter().any(|sign| inner.contains(sign));
        (!is_put_in && !inner.starts_with(['|', '>', '{', '<'])).then(|| start..start + inner.len())
    }

    /// A line without a key that continues a value over several lines.
    fn continued(&self) -> Option<Range<usize>> {
        let is_one = !self.text.contains(':') && !self.text.contains("{{");
        is_one.then(|| self.key..self.key + self.text.trim_end().len())
    }

    /// Whether it separates two documents: `---`.
    fn parts(&self) -> bool {
        self.text.is_empty() && self.begins_item && self.indent >= 3
    }

    fn is_data(&self) -> bool {
        matches!(self.text.trim_end(), "data:" | "stringData:")
    }
}

/// The documents of a text by line, without lines that neither say nor begin anything. Read once, however many secrets there are.
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

    /// The values of the secrets whose kinds are at these places, in order. A second mention inside a stretch already searched, at the same
    /// depth, adds nothing.
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

    /// Adds the values of the secret whose kind is on line `own`; returns the line after its last one.
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

    /// Whether a line is indented less than a document, or marks its end.
    fn is_outside(&self, line: &Line, level: usize) -> bool {
        !line.is_empty() && line.indent < level || line.indent == 0 && self.text[line.key..].starts_with("...")
    }
}
