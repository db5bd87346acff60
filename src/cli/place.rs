//! Places on the command line: `FILE:LINE:COL`, `FILE:LINE-LINE` or `FILE:LINE`, 1-based, columns in Unicode characters. A path may itself
//! contain colons, so the numbers are read from the end.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use super::screen::tell;
use crate::text::{Encoding, Position, Text};

/// A file, and a point or lines in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedPlace {
    pub file: PathBuf,
    pub at: Extent,
}

/// A point or lines, 1-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Point { line: usize, column: usize },
    Lines { first: usize, last: usize },
}

impl FromStr for ParsedPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no place: write FILE:LINE:COL or FILE:LINE-LINE, counted from 1");
        let (rest, last) = text.rsplit_once(':').ok_or_else(wrong)?;
        if let Some((first, end)) = last.split_once('-') {
            let (first, last) = (number(first).ok_or_else(wrong)?, number(end).ok_or_else(wrong)?);
            if last < first {
                return Err(format!("`{text}`: the last line is before the first"));
            }
            return place(rest, Extent::Lines { first, last }).ok_or_else(wrong);
        }
        let last = number(last).ok_or_else(wrong)?;
        match rest.rsplit_once(':') {
            Some((file, line)) if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => {
                let line = number(line).ok_or_else(wrong)?;
                place(file, Extent::Point { line, column: last }).ok_or_else(wrong)
            }
            _ => place(rest, Extent::Lines { first: last, last }).ok_or_else(wrong),
        }
    }
}

fn place(file: &str, at: Extent) -> Option<ParsedPlace> {
    (!file.is_empty()).then(|| ParsedPlace { file: file.into(), at })
}

fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

impl ParsedPlace {
    /// The bytes that are meant: an empty range at a point, otherwise whole lines without the last line break. A line that does not exist
    /// is an error; a column past the end of its line means that end, which is reported.
    pub fn bytes(&self, text: &Text) -> Result<Range<usize>, String> {
        let count = text.len_lines();
        let last = match self.at {
            Extent::Point { line, .. } => line,
            Extent::Lines { last, .. } => last,
        };
        if last > count {
            let lines = count - usize::from(count > 1 && text.slice(0..text.len_bytes()).to_string().ends_with(['\n', '\r']));
            return Err(format!("{} has {lines} line(s), there is no line {last}", self.file.display()));
        }
        let offset = |line: usize, column: usize| {
            let at = Position { line: (line - 1) as u32, character: u32::try_from(column).unwrap_or(u32::MAX) };
            text.offset(at, Encoding::Utf32)
        };
        // The byte order mark is not a column of the first line.
        let has_mark = text.mark_bytes() > 0;

        Ok(match self.at {
            Extent::Point { line, column } => {
                let at = offset(line, column - usize::from(line > 1 || !has_mark));
                let columns = text.slice(offset(line, 0)..at).chars().count() + usize::from(line > 1 || !has_mark);
                if columns < column {
                    tell!("longsight: {}:{line} ends at column {columns}, which is used for column {column}", self.file.display());
                }
                at..at
            }
            Extent::Lines { first, last } => offset(first, 0)..offset(last, usize::MAX),
        })
    }
}
