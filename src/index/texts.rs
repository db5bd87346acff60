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

    /// Takes a text apart by the lengths of its pieces; none where they are not its pieces.
    pub fn of(text: &str, mut lengths: Vec<u32>) -> Option<Self> {
        let mut end = 0u32;
        for length in &mut lengths {
            end = end.checked_add(*length).filter(|end| text.is_char_boundary(*end as usize))?;
            *length = end;
        }
        (end as usize == text.len()).then(|| Self { text: text.into(), ends: lengths })
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
