//! SHA-256 in hexadecimal: of model files, of what was sent, of files that steer tools. A leaf. Owns ring.

use std::fmt::Write;

use ring::digest::{Context, SHA256};

/// A hash of input that arrives in pieces.
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Adds these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything added so far.
    pub fn digits(self) -> String {
        self.0.finish().as_ref().iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

/// The hash of a whole text.
pub fn sha256(text: &str) -> String {
    let mut hash = Sha256::default();
    hash.update(text.as_bytes());
    hash.digits()
}
