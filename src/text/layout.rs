//! How a text is laid out: its line endings and its indentation, so that what we add looks like what is there.
//!
//! Lines end with `\n`, `\r\n` or `\r`, as in LSP. Parsers and most tools do not know a lone `\r`. So readers of a text get line
//! feeds ([`with_line_feeds`]) at the same offsets, and edits use the file's own endings.

use std::borrow::Cow;
use std::sync::Arc;

use super::Text;
use super::common::common_start;

/// A line ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ending {
    #[default]
    Lf,
    CrLf,
    Cr,
}

impl Ending {
    /// The characters of this line ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Lf => "\n",
            Ending::CrLf => "\r\n",
            Ending::Cr => "\r",
        }
    }

    /// The ending that most lines of a text have; `\n` for a text of one line.
    pub fn of(text: &str) -> Ending {
        let crlf = text.matches("\r\n").count();
        let cr = text.matches('\r').count() - crlf;
        let lf = text.matches('\n').count() - crlf;
        match (lf >= crlf && lf >= cr, crlf >= cr) {
            (true, _) => Ending::Lf,
            (false, true) => Ending::CrLf,
            (false, false) => Ending::Cr,
        }
    }

    /// `text` with every line ending of any kind replaced by this one.
    pub fn apply(self, text: &str) -> String {
        // Most texts have none: looking for it costs a fraction of two copies.
        let plain = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into() };
        if self == Ending::Lf { plain } else { plain.replace('\n', self.as_str()) }
    }
}

impl Text {
    /// The ending that most lines of this document have.
    pub fn ending(&self) -> Ending {
        Ending::of(&self.to_string())
    }
}

/// Whether a carriage return ends a line by itself.
pub fn has_lone_returns(text: &str) -> bool {
    text.match_indices('\r').any(|(at, _)| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

/// A whole text in which each lone carriage return is a line feed. All offsets stay the same.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if !has_lone_returns(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\r') {
        out.push_str(&rest[..at]);
        out.push(if rest.as_bytes().get(at + 1) == Some(&b'\n') { '\r' } else { '\n' });
        rest = &rest[at + 1..];
    }
    Cow::Owned(out + rest)
}

/// [`with_line_feeds`] for a shared text; a text without lone carriage returns is returned as it is.
pub fn shared_with_line_feeds(text: Arc<str>) -> Arc<str> {
    match with_line_feeds(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed.into(),
    }
}

/// The white space at the start of a line.
pub fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// One level of indentation as used in a text; four spaces if nothing is indented ([`known_unit`] tells the difference).
pub fn indent_unit(text: &str) -> String {
    known_unit(text).unwrap_or_else(|| " ".repeat(4))
}

/// One level of indentation as used in a text: a tab or a number of spaces. None if nothing is indented.
pub fn known_unit(text: &str) -> Option<String> {
    let mut counts = [0usize; 9];
    let mut tabs = 0usize;
    let mut previous = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = indentation(line);
        if indent.starts_with('\t') {
            tabs += 1;
            continue;
        }
        if let Some(count) = counts.get_mut(indent.len().abs_diff(previous)) {
            *count += 1;
        }
        previous = indent.len();
    }
    // In a file of a few lines, the only indentation may be that of the line being typed.
    if tabs == 0 && counts[2..].iter().all(|count| *count == 0) {
        tabs = usize::from(text.lines().any(|line| line.starts_with('\t')));
    }
    // A difference of one is alignment, not a level.
    let best = (2..counts.len()).rev().max_by_key(|&width| counts[width]).filter(|&width| counts[width] > 0);
    match best {
        Some(width) if counts[width] >= tabs => Some(" ".repeat(width)),
        None if tabs == 0 => None,
        _ => Some("\t".into()),
    }
}

/// Whether lines are indented by spaces although `unit` is a tab, or by tabs although it is spaces.
pub fn is_foreign(text: &str, unit: &str) -> bool {
    let foreign = if unit.starts_with('\t') { ' ' } else { '\t' };
    text.lines().any(|line| line.starts_with(foreign))
}

/// A text with one `unit` of indentation for each `said`: converts from the text's unit to the file's.
pub fn in_unit(text: &str, said: &str, unit: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let indent = indentation(line);
        format!("{}{}", indent.replace(said, unit), &line[indent.len()..])
    });
    lines.collect()
}

/// The indentation shared by all lines that are not blank.
pub fn common_indentation(text: &str) -> &str {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).map(indentation);
    let Some(first) = lines.next() else { return "" };
    lines.fold(first, |common, indent| &common[..common_start(common.as_bytes(), indent.as_bytes())])
}

/// Moves a block so that its common indentation is `to`; blank lines stay empty, line endings stay.
pub fn reindent(text: &str, to: &str) -> String {
    let common = common_indentation(text).len();
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            out.push_str(line.trim_start_matches([' ', '\t']));
        } else {
            out.push_str(to);
            out.push_str(&line[common..]);
        }
    }
    out
}
