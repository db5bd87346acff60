// A key-value store with a write-ahead log. See tests/syntax.rs for what the marks mean.

use std::collections::{BTreeMap, HashMap as Map}; //: import std::collections BTreeMap, HashMap as Map
use std::fmt; //: import std fmt
use std::io::{self, Write}; //: import std io | import std::io Write

pub use crate::error::{Error as StoreError, Result}; //: import crate::error Error as StoreError, Result | reexport StoreError pub | reexport Result pub
use super::log; //: import super log

/// Most entries that are kept in memory.
pub const MAX_ENTRIES: usize = 1 << 16; //: constant MAX_ENTRIES pub doc="Most entries"
const _: () = assert!(MAX_ENTRIES > 0);
static COUNTER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0); //: constant COUNTER

/// What is stored under a key.
///
/// Values are bytes; whoever puts them in knows what they mean.
#[derive(Clone, Debug, Default)]
pub struct Entry { //: struct Entry pub doc="What is stored" to=+5
    /// The bytes.
    pub value: Vec<u8>, //: attribute value pub in=Entry doc="The bytes."
    // Counted up with every write.
    version: u64, //: attribute version in=Entry doc="Counted up"
}

pub struct Key(pub String); //: struct Key pub
struct Unit; //: struct Unit

// A comment that stands apart belongs to nothing.

/// How a write ended.
#[derive(Clone, Copy, PartialEq)]
pub enum Outcome { //: enum Outcome pub doc="How a write ended."
    Written, //: variant Written pub in=Outcome
    /// Somebody else was faster.
    Conflict(u64), //: variant Conflict pub in=Outcome doc="Somebody else"
    Refused { //: variant Refused pub in=Outcome
        reason: String, //: attribute reason in=Refused
    },
}

/// Where entries go.
pub trait Backend: Send + fmt::Debug { //: interface Backend pub bases=Send,Debug doc="Where entries go."
    type Cursor; //: type Cursor pub in=Backend
    const NAME: &'static str; //: constant NAME pub in=Backend

    /// Writes one entry.
    fn put(&mut self, key: &Key, entry: Entry) -> Result<Outcome>; //: method put pub in=Backend doc="Writes one entry."

    fn flush(&mut self) -> io::Result<()> { //: method flush pub in=Backend to=+2
        Ok(())
    }
}

pub type Table = BTreeMap<String, Entry>; //: type Table pub

/// Entries in memory.
#[derive(Debug)]
pub struct Memory<L> { //: struct Memory pub doc="Entries in memory."
    table: Table, //: attribute table in=Memory
    pub(crate) log: L, //: attribute log pub in=Memory
}

impl<L: Write> Memory<L> {
    /// An empty store.
    pub fn new(log: L) -> Self { //: method new pub in=Memory doc="An empty store."
        Self { table: Table::new(), log }
    }

    pub async fn get(&self, key: &Key) -> Option<&Entry> { //: method get pub in=Memory
        let found = self.table.get(&key.0);
        //                         ^ expression in get block=-1..+6
        // A name in a comment, such as MAX_ENTRIES, is no use of it.
        //               ^ comment in get
        let label = "a string with { a brace";
        //                   ^ string expression in get
        found.filter(|entry| !entry.value.is_empty() && label.len() < MAX_ENTRIES)
    }

    #[inline]
    fn reset(&mut self) { //: method reset in=Memory
        //               ^ in reset empty
    }

    fn later(&self) -> u64 { //: method later in=Memory
        todo!("count them")
        //  ^ expression in later empty
    }
}

impl<L: Write + Send + fmt::Debug> Backend for Memory<L> {
    type Cursor = usize; //: type Cursor in=Memory
    const NAME: &'static str = "memory"; //: constant NAME in=Memory

    fn put(&mut self, key: &Key, entry: Entry) -> Result<Outcome> { //: method put in=Memory
        if self.table.len() >= MAX_ENTRIES {
            return Ok(Outcome::Refused { reason: format!("{} entries", MAX_ENTRIES) });
        }
        self.table.insert(key.0.clone(), entry);
        Ok(Outcome::Written)
    }
}

impl<'a, L> IntoIterator for &'a Memory<L> {
    type Item = u64; //: type Item in=Memory
}
impl Backend for &crate::store::Memory<()> {
    fn each(&self) {} //: method each in=Memory
}
impl dyn Backend + Send {
    fn all(&self) {} //: method all in=Backend
}
impl fmt::Display for &dyn crate::Backend {
    fn fmt(&self) {} //: method fmt in=Backend
}

/// Joins paths.
#[macro_export]
macro_rules! join { //: macro join pub doc="Joins paths."
    ($($part:expr),*) => { [$($part),*].concat() };
}

fn checksum(bytes: &[u8]) -> u64 { //: function checksum
    fn step(sum: u64, byte: u8) -> u64 { //: function step in=checksum
        sum.rotate_left(5) ^ u64::from(byte)
    }
    bytes.iter().fold(0, |sum, byte| step(sum, *byte))
}

mod codec; //: module codec

#[cfg(test)]
mod tests { //: module tests
    use super::*; //: import super *

    #[test]
    fn an_entry_comes_back() { //: function an_entry_comes_back in=tests
        let sum = checksum(b"abc");
        assert_ne!(sum, 0);
    }
}
//: uses MAX_ENTRIES=5 checksum=2 Outcome=5 step=2
