//! What a line has to begin with so that a pattern can match. Most lines begin with something else, and checking their first letter costs
//! less than a regular expression.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The bytes that may come first, after white space.
pub(super) struct Beginnings([bool; 256]);

impl Beginnings {
    /// None if the pattern may match in the middle of a line, or a blank line.
    pub fn of(pattern: &str) -> Option<Self> {
        let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
        let mut first = [false; 256];
        let begins_lines = parsed.properties().look_set_prefix().contains(Look::StartLF);
        (begins_lines && !add(&parsed, &mut first)).then_some(Self(first))
    }

    /// Where the leading white space of a line ends; none at the end of the text.
    pub fn head(&self, text: &[u8], start: usize) -> Option<usize> {
        text.get(start..)?.iter().position(|byte| !is_blank(*byte)).map(|blanks| start + blanks)
    }

    /// Whether a matching line may begin with a byte.
    pub fn fit(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Adds the bytes that a part of a pattern may begin with. True if the part may match nothing or only white space, so that the next part
/// may come first.
fn add(part: &Hir, first: &mut [bool; 256]) -> bool {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match literal.0.iter().find(|byte| !is_blank(**byte)) {
            Some(byte) => {
                first[usize::from(*byte)] = true;
                false
            }
            None => true,
        },
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = || class.ranges().iter().flat_map(|range| range.start()..=range.end());
            bytes().for_each(|byte| first[usize::from(byte)] = true);
            bytes().any(is_blank)
        }
        // Patterns for bytes have no Unicode classes.
        HirKind::Class(Class::Unicode(_)) => {
            first.fill(true);
            false
        }
        HirKind::Repetition(repetition) => add(&repetition.sub, first) || repetition.min == 0,
        HirKind::Capture(capture) => add(&capture.sub, first),
        HirKind::Concat(parts) => parts.iter().all(|part| add(part, first)),
        // No short circuit: each alternative has to be visited.
        HirKind::Alternation(parts) => parts.iter().fold(false, |passes, part| add(part, first) | passes),
    }
}
