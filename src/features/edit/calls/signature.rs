//! What a call can see of a function's parameters: how many are required, how many are allowed, in which order. Types are up to the
//! compiler. Pure.

use crate::syntax::{ParameterForms, lists};

/// The parameters of one function, as they are written.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::features::edit) struct Parameters {
    all: Vec<Parameter>,
}

#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    /// Its text without blanks.
    text: String,
    /// It is optional.
    is_free: bool,
    /// It takes as many as there are, ...
    takes_many: bool,
    /// ... and by whatever names they are given.
    takes_any_name: bool,
}

impl Parameters {
    /// Reads the parameters from the text between a function's name and its body.
    pub fn of(signature: &str, forms: &ParameterForms) -> Self {
        let parts = split(list(signature));
        let parts = parts.into_iter().filter(|part| !part.is_empty() && !lists(&forms.none, part));
        Self { all: parts.map(|part| Parameter::new(part, forms)).collect() }
    }

    fn required(&self) -> usize {
        self.all.iter().filter(|one| !one.is_free).count()
    }

    /// Whether these, as the arguments of a call, are fewer than the required parameters. A method's own object, named as in `own`, is no
    /// argument.
    pub fn is_fewer_than(&self, wanted: &Self, own: &[&str]) -> bool {
        let is_own = |one: &Parameter| own.iter().any(|word| crate::text::words::has(&one.text, word));
        let is_spread = self.all.iter().any(|one| one.takes_many);
        !is_spread && self.all.len() < wanted.all.iter().filter(|one| !one.is_free && !is_own(one)).count()
    }

    /// Whether a call that fits the one list may not fit the other.
    pub fn ask_for_more_than(&self, before: &Self) -> bool {
        let takes_many = self.all.iter().any(|one| one.takes_many);
        let may_be_too_many = !takes_many && (self.all.len() < before.all.len() || before.all.iter().any(|one| one.takes_many));
        self.required() > before.required() || may_be_too_many || self.is_another_order(before)
    }

    /// Whether parameters that both lists have stand in another order.
    fn is_another_order(&self, before: &Self) -> bool {
        let places: Vec<usize> = before.all.iter().filter_map(|one| self.all.iter().position(|other| other.text == one.text)).collect();
        places.windows(2).any(|pair| pair[0] >= pair[1])
    }

    /// Words of parameters that none of the others has: a call may use them as names. Empty if any name is accepted.
    pub fn names_gone_in(&self, after: &Self) -> Vec<String> {
        if after.all.iter().any(|one| one.takes_any_name) {
            return vec![];
        }
        let words = |one: &Parameter| crate::text::words::all(&one.text).map(str::to_string).collect::<Vec<_>>();
        let now: Vec<String> = after.all.iter().flat_map(words).collect();
        self.all.iter().flat_map(words).filter(|word| !now.contains(word)).collect()
    }
}

impl Parameter {
    fn new(text: String, forms: &ParameterForms) -> Self {
        let (begins, has) = (|sign: &String| text.starts_with(sign.as_str()), |sign: &String| text.contains(sign.as_str()));
        let takes_many = forms.many_begins.iter().any(begins) || forms.many_has.iter().any(has);
        let ends = |sign: &String| text.ends_with(sign.as_str());
        let is_free = takes_many || has_default(&text) || forms.free_has.iter().any(has) || forms.free_ends.iter().any(ends);
        let takes_any_name = forms.any_name.as_ref().is_some_and(begins);
        // What tells parameters apart is without the value that they have by default.
        Self { text: text.split('=').next().unwrap_or_default().into(), is_free, takes_many, takes_any_name }
    }
}

/// Whether there is an `=` that is not part of `=>`, `==`, `<=`, `>=` or `!=`.
fn has_default(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let (before, after) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(at + 1));
        *byte == b'=' && !matches!(after, Some(b'=' | b'>')) && !matches!(before, Some(b'=' | b'<' | b'>' | b'!'))
    })
}

/// The content of the parameter brackets, behind those of types.
fn list(signature: &str) -> &str {
    let mut rest = signature.trim_start();
    while rest.starts_with(['<', '[']) {
        let Some(end) = closing(rest) else { return "" };
        rest = rest[end..].trim_start();
    }
    let Some(opening) = rest.find('(') else { return "" };
    let rest = &rest[opening..];
    closing(rest).map_or(&rest[1..], |end| &rest[1..end - 1])
}

/// The offset behind the bracket that closes the one at the start of a text.
pub(in crate::features::edit) fn closing(text: &str) -> Option<usize> {
    let mut depth = Depth::default();
    text.char_indices().find(|(_, letter)| depth.after(*letter) == 0).map(|(at, letter)| at + letter.len_utf8())
}

/// The parts between commas outside of all brackets, without blanks.
fn split(list: &str) -> Vec<String> {
    let mut depth = Depth::default();
    let mut parts = vec![String::new()];
    for letter in list.chars() {
        let inside = depth.after(letter);
        if letter == ',' && inside == 0 {
            parts.push(String::new());
        } else if !letter.is_whitespace() || parts.last().is_some_and(|part| part.ends_with(crate::text::words::is_word)) {
            // Blanks only separate words.
            let part = parts.last_mut().into_iter();
            part.for_each(|part| part.push(if letter.is_whitespace() { ' ' } else { letter }));
        }
    }
    parts.into_iter().map(|part| part.trim().to_string()).collect()
}

/// The depth of brackets in a text.
#[derive(Default)]
pub(in crate::features::edit) struct Depth {
    depth: i32,
    last: char,
}

impl Depth {
    /// The depth behind this character.
    pub fn after(&mut self, letter: char) -> i32 {
        self.depth += match letter {
            '(' | '[' | '{' | '<' => 1,
            ')' | ']' | '}' => -1,
            // Not the `>` of an arrow.
            '>' if !matches!(self.last, '-' | '=') => -1,
            _ => 0,
        };
        self.last = letter;
        self.depth
    }
}
