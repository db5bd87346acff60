//! Makes a model's text inert: markdown from which no renderer fetches, runs or links anything. Code is unchanged, since answers are about
//! code; everything else that could become an image, a link or HTML is shown as plain text.
//!
//! A code block gets a fence of ours at the start of a line, however the model indented it. Whether something is a fence depends on the
//! surrounding list and on four spaces of indentation, and where a renderer sees no fence, it treats the code as markdown.

use crate::text::Ending;
use crate::text::markdown::{FENCE, FenceLine, Fences, code_span};
use crate::text::visible::visible;

/// Takes an answer in chunks of any size and returns it inert. The result does not depend on how it was split.
#[derive(Default)]
pub struct Inert {
    /// Text that cannot be decided yet.
    held: String,
    /// The code blocks so far.
    fences: Fences,
    in_line: bool,
    /// The last chunk ended in a carriage return, which may be followed by a line feed.
    returned: bool,
}

/// Makes a whole answer inert.
pub fn inert(text: &str) -> String {
    let mut filter = Inert::default();
    let mut out = filter.push(text);
    out.push_str(&filter.finish());
    out
}

/// Info strings of code blocks that renderers draw instead of showing.
const DRAWN_LANGUAGES: &[&str] =
    &["mermaid", "html", "svg", "math", "latex", "dot", "graphviz", "plantuml", "geojson", "topojson", "stl", "vega"];
/// A line that is undecided for this many bytes is decided as it is.
const UNDECIDED_BYTES: usize = 2000;

impl Inert {
    /// Takes a chunk; returns what is decided, inert.
    pub fn push(&mut self, chunk: &str) -> String {
        let mut chunk = chunk;
        if self.returned && !chunk.is_empty() {
            self.held.push('\n');
            self.returned = false;
            chunk = chunk.strip_prefix('\n').unwrap_or(chunk);
        }
        if let Some(before) = chunk.strip_suffix('\r') {
            (chunk, self.returned) = (before, true);
        }
        self.held.push_str(&Ending::Lf.apply(chunk));
        self.advance(false)
    }

    /// Ends the answer. A code block that is open is closed.
    pub fn finish(&mut self) -> String {
        if std::mem::take(&mut self.returned) {
            self.held.push('\n');
        }
        let mut out = self.advance(true);
        if let Some(fence) = self.fences.close() {
            if self.in_line {
                out.push('\n');
            }
            out.push_str(&fence);
            out.push('\n');
        }
        out
    }

    fn advance(&mut self, over: bool) -> String {
        let mut out = String::new();
        while !self.held.is_empty() {
            let before = self.held.len();
            if !self.in_line && !self.line_start(over, &mut out) {
                break;
            }
            if self.in_line && !self.rest_of_line(over, &mut out) {
                break;
            }
            if self.held.len() == before && !self.in_line {
                break;
            }
        }
        out
    }

    /// At the start of a line, decides about a fence; false if more text is needed.
    fn line_start(&mut self, over: bool, out: &mut String) -> bool {
        let indent = self.held.len() - self.held.trim_start_matches([' ', '\t']).len();
        let rest = &self.held[indent..];
        let Some(mark) = rest.chars().next() else {
            if over {
                out.push_str(&std::mem::take(&mut self.held));
            }
            return over;
        };
        if !matches!(mark, '`' | '~') {
            self.in_line = true;
            return true;
        }
        let run = rest.len() - rest.trim_start_matches(mark).len();
        let Some(end) = self.held.find('\n').map(|at| at + 1).or((over || self.held.len() > UNDECIDED_BYTES).then_some(self.held.len()))
        else {
            return false;
        };
        if run < FENCE.len() {
            self.in_line = true;
            return true;
        }
        let line: String = self.held.drain(..end).collect();
        match self.fences.take(&line[indent..]) {
            // As in the specification, but at any indentation, so that no line of the code can end our fence.
            FenceLine::Closes { run } => out.push_str(&format!("{run}\n")),
            FenceLine::Code => out.push_str(&visible(&line)),
            FenceLine::Prose => {
                self.held.insert_str(0, &line);
                self.in_line = true;
            }
            FenceLine::Opens { run, info } => {
                let name = info.split_whitespace().next().unwrap_or_default().to_lowercase();
                let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "+#-_.".contains(letter));
                let name = if plain && !DRAWN_LANGUAGES.contains(&name.as_str()) { name } else { "text".into() };
                out.push_str(&format!("{run}{name}\n"));
            }
        }
        true
    }

    /// Inside a line, returns what is decided; false if more text is needed.
    fn rest_of_line(&mut self, over: bool, out: &mut String) -> bool {
        while let Some(letter) = self.held.chars().next() {
            let end = self.held.find('\n');
            if letter == '\n' {
                self.held.remove(0);
                out.push('\n');
                self.in_line = false;
                return true;
            }
            if self.fences.in_code() {
                let take = end.unwrap_or(self.held.len());
                out.push_str(&visible(&self.held.drain(..take).collect::<String>()));
                continue;
            }
            let decided = over || end.is_some() || self.held.len() > UNDECIDED_BYTES;
            if !self.plain(letter, decided, out) {
                return false;
            }
        }
        over
    }

    /// One step in ordinary text; false if more text is needed.
    fn plain(&mut self, letter: char, decided: bool, out: &mut String) -> bool {
        let line_end = self.held.find('\n').unwrap_or(self.held.len());
        let line = &self.held[..line_end];
        let taken = match letter {
            '`' => backquotes(line, decided, out),
            '\\' | '[' | '<' | '&' => mark(letter, line, decided, out),
            ':' | 'w' | 'W' => address(line, decided, out),
            _ => Some(0),
        };
        let Some(mut taken) = taken else { return false };
        if taken == 0 {
            out.push_str(&visible(letter.encode_utf8(&mut [0; 4])));
            taken = letter.len_utf8();
        }
        self.held.drain(..taken);
        true
    }
}

/// A run of backquotes: it begins code, or its characters are plain. Returns how many bytes that was; none if more text is needed.
fn backquotes(line: &str, decided: bool, out: &mut String) -> Option<usize> {
    let run = line.len() - line.trim_start_matches('`').len();
    match code_span(line, run) {
        // The closing run may continue, and then it closes nothing.
        Some(end) if end == line.len() && !decided => None,
        // A table cell ends at a bar, even inside code.
        Some(end) if !line[..end].contains('|') || !line[..end].contains(['[', '<', ':']) => {
            out.push_str(&visible(&line[..end]));
            Some(end)
        }
        None if !decided => None,
        _ => {
            (0..run).for_each(|_| out.push_str("\\`"));
            Some(run)
        }
    }
}

/// Named characters that change the direction of text. (A number may denote any character.)
const DIRECTIONS: &[&str] = &["lrm;", "rlm;"];

/// A character that begins a link, an element, or an escape of the model's own, which would undo ours. Returns how many bytes that was, 0
/// if it begins nothing; none if more text is needed.
fn mark(letter: char, line: &str, decided: bool, out: &mut String) -> Option<usize> {
    let next = line[letter.len_utf8()..].chars().next();
    let means = match (letter, next) {
        ('[', _) => true,
        (_, None) if !decided => return None,
        ('&', _) if !decided && DIRECTIONS.iter().any(|name| line.len() <= name.len() && name.starts_with(&line[1..])) => return None,
        ('&', next) => next == Some('#') || DIRECTIONS.iter().any(|name| line[1..].starts_with(name)),
        ('\\', next) => next.is_some_and(|next| "[<!`&\\".contains(next)),
        (_, next) => next.is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(next)),
    };
    if !means {
        return Some(0);
    }
    out.extend(['\\', letter]);
    Some(1)
}

/// Text that turns what follows into a link: `://`, `www.`. Returns the same as [`mark`].
fn address(line: &str, decided: bool, out: &mut String) -> Option<usize> {
    const ADDRESSES: &[&str] = &["://", "www."];
    let begins = |long: &str, short: &str| {
        long.len() >= short.len() && long.is_char_boundary(short.len()) && long[..short.len()].eq_ignore_ascii_case(short)
    };
    let undecided = |known: &&str| line.len() < known.len() && begins(known, line);
    if !decided && ADDRESSES.iter().any(undecided) {
        return None;
    }
    let Some(known) = ADDRESSES.iter().find(|known| begins(line, known)) else { return Some(0) };
    let cut = if known.starts_with(':') { 1 } else { 3 };
    out.push_str(&line[..cut]);
    out.push('\\');
    out.push_str(&line[cut..known.len()]);
    Some(known.len())
}
