//! Many short texts in one piece of memory.

/// Texts by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    pub fn with_room(texts: usize) -> Self {
        Self { text: String::with_capacity(texts * 12), ends: Vec::with_capacity(texts) }
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The size of all together.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    pub fn try_get(&self, number: usize) -> Option<&str> {
        (number < self.len()).then(|| self.get(number))
    }

    pub fn get(&self, number: usize) -> &str {
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[start..self.ends[number] as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }
}
