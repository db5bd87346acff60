//! Where in a text we are: at the start of a line, after a quotation mark, inside a code block. A call there may be merely mentioned.

/// Follows the text that is shown, which arrives in pieces of any size.
#[derive(Debug)]
pub(super) struct Prose {
    last: char,
    /// The last character that is not white space.
    ended: char,
    /// The backquotes at the start of the line, and whether anything else is on it.
    ticks: usize,
    solid: bool,
    fenced: bool,
}

/// The number of backquotes in a fence.
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

    /// What comes next begins a line, although no line end was shown.
    pub fn new_line(&mut self) {
        self.saw("\n");
    }

    /// Whether the text so far ends a sentence, or introduces what comes next.
    pub fn ends_sentence(&self) -> bool {
        !self.fenced && matches!(self.ended, '.' | ':' | '!' | '?' | '。' | '：')
    }

    /// The last character that was shown.
    pub fn last(&self) -> char {
        self.last
    }

    /// Whether the text is inside a code block.
    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// Whether what comes next begins a line outside code: a call there is never a mere mention.
    pub fn is_plain(&self) -> bool {
        !self.solid && self.ticks == 0 && !self.fenced
    }
}
