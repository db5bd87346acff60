//! What two texts, paths or lists have in common at their ends, counted in items. Pure.

/// Items compared at once: large blocks first, then small ones. Byte by byte would cost as much as a parse.
const BLOCKS: [usize; 2] = [1024, 32];
/// Shared bytes at their start that make two lines alike, unless they are short.
const BEGINNING: usize = 8;

/// How many items two lists share at their start.
pub fn common_start<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut start = 0;
    for block in BLOCKS {
        let blocks = a[start..].chunks_exact(block).zip(b[start..].chunks_exact(block));
        start += block * blocks.take_while(|(x, y)| x == y).count();
    }
    start + a[start..].iter().zip(&b[start..]).take_while(|(x, y)| x == y).count()
}

/// How many items two lists share at their end.
pub fn common_end<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut end = 0;
    for block in BLOCKS {
        let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
        end += block * a.rchunks_exact(block).zip(b.rchunks_exact(block)).take_while(|(x, y)| x == y).count();
    }
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    end + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

/// How many items two lists share at their start, and at the end of what is left.
pub fn common_ends<T: PartialEq>(a: &[T], b: &[T]) -> (usize, usize) {
    let start = common_start(a, b);
    (start, common_end(&a[start..], &b[start..]))
}

/// How many bytes two texts share at their start, up to a border between characters.
pub fn common_text(a: &str, b: &str) -> usize {
    b.floor_char_boundary(common_start(a.as_bytes(), b.as_bytes()))
}

/// Whether a line is a changed version of another: most of it is equal, with its start.
pub fn is_changed(a: &str, b: &str) -> bool {
    let longer = a.len().max(b.len());
    let (before, after) = common_ends(a.as_bytes(), b.as_bytes());
    (before >= BEGINNING || 5 * before >= 3 * longer) && 4 * (before + after) >= 3 * longer
}
