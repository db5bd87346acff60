//! The number formats of a KV cache.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number format of a KV cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KvType {
    #[default]
    #[serde(rename = "f16")]
    F16,
    #[serde(rename = "q8_0")]
    Q8_0,
    #[serde(rename = "q4_0")]
    Q4_0,
}

impl KvType {
    /// The type with this name in the configuration.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::F16, Self::Q8_0, Self::Q4_0].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// Bytes of so many elements; quantised types store blocks of 32 elements with a scale.
    pub fn bytes(self, elements: u64) -> u64 {
        match self {
            Self::F16 => elements * 2,
            Self::Q8_0 => (elements * 34).div_ceil(32),
            Self::Q4_0 => (elements * 18).div_ceil(32),
        }
    }
}

impl fmt::Display for KvType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
