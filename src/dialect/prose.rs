//! Where in a text we are: at the start of a line, behind a quote, inside a code block. What is talked about there is not meant as a call.

/// Follows the text that is shown, in pieces of any size.
#[derive(Debug)]
pub(super) struct Prose {
    last: char,
    /// The last character that is no white space.
    ended: char,
    /// Marks of a fence that the line began with, and whether anything else stands on it.
    ticks: usize,
    solid: bool,
    fenced: bool,
}

/// Marks of a fence.
const FENCE: usize = 3;

impl Default for Prose {
    fn default() -> Self {
        Self { last: '\n', ended: '\n', ticks: 0, solid: false, fenced: false }
    }
}

impl Prose {
    pub fn saw(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => (self.ticks, self.solid) = (0, false),
                '`' if !self.solid => {
                    self.ticks += 1;
                    self.fenced ^= self.ticks == FENCE;
                }
                _ if c.is_whitespace() && self.ticks == 0 => {}
                _ => {
                    // A fence with a language opens a block, and closes none.
                    self.fenced |= !self.solid && self.ticks >= FENCE && c.is_alphanumeric();
                    self.solid = true;
                }
            }
            self.last = c;
            if !c.is_whitespace() {
                self.ended = c;
            }
        }
    }

    /// What was shown is over: what comes next begins a line of its own.
    pub fn new_line(&mut self) {
        self.saw("\n");
    }

    /// Whether a sentence has ended, or announces what comes next.
    pub fn ends_sentence(&self) -> bool {
        !self.fenced && matches!(self.ended, '.' | ':' | '!' | '?' | '。' | '：')
    }

    pub fn last(&self) -> char {
        self.last
    }

    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// Whether what comes next begins a line, outside code: there nothing is only talked about.
    pub fn is_plain(&self) -> bool {
        !self.solid && self.ticks == 0 && !self.fenced
    }
}
