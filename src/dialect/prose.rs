//! Where in a text we are: at the start of a line, behind a quote, inside a code block. A call that is only mentioned there is not meant.

/// Follows the text that is shown, given in pieces of any size.
#[derive(Debug)]
pub(super) struct Prose {
    last: char,
    /// The last character that is not white space.
    ended: char,
    /// The backquotes that the line began with, and whether anything else stands in it.
    ticks: usize,
    solid: bool,
    fenced: bool,
}

/// Backquotes of a fence.
const FENCE: usize = 3;

impl Default for Prose {
    fn default() -> Self {
        Self { last: '\n', ended: '\n', ticks: 0, solid: false, fenced: false }
    }
}

impl Prose {
    /// Notes text that was shown.
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
                    // A fence with a language opens a block and never closes one.
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

    /// What comes next begins a line, though no line end was shown.
    pub fn new_line(&mut self) {
        self.saw("\n");
    }

    /// Whether the text so far ends a sentence, or announces what comes next.
    pub fn ends_sentence(&self) -> bool {
        !self.fenced && matches!(self.ended, '.' | ':' | '!' | '?' | '。' | '：')
    }

    /// The last character that was shown.
    pub fn last(&self) -> char {
        self.last
    }

    /// Whether the text is inside of a code block.
    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// Whether what comes next begins a line outside of code: nothing is only mentioned there.
    pub fn is_plain(&self) -> bool {
        !self.solid && self.ticks == 0 && !self.fenced
    }
}
