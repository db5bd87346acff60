//! Many short texts in one allocation.

/// Texts by their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    /// No texts yet, but room for this many short ones.
    pub fn with_room(texts: usize) -> Self {
        Self { text: String::with_capacity(texts * 12), ends: Vec::with_capacity(texts) }
    }

    /// Splits a text by the lengths of its pieces; none if they do not add up to it on character boundaries.
    pub fn of(text: &str, mut lengths: Vec<u32>) -> Option<Self> {
        let mut end = 0u32;
        for length in &mut lengths {
            end = end.checked_add(*length).filter(|end| text.is_char_boundary(*end as usize))?;
            *length = end;
        }
        (end as usize == text.len()).then(|| Self { text: text.into(), ends: lengths })
    }

    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Total length in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The text with this number; none if there are fewer.
    pub fn try_get(&self, number: usize) -> Option<&str> {
        (number < self.len()).then(|| self.get(number))
    }

    /// The text with this number. Panics if there are fewer.
    pub fn get(&self, number: usize) -> &str {
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[start..self.ends[number] as usize]
    }

    /// All texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }
}
