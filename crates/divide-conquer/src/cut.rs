//! Divide: a row of items cut into parts that differ by one item at most.

use std::ops::Range;

/// The items of part `index` of `parts`. The first parts get one more, as long as the remainder lasts: 10 items in 4
/// parts are 3, 3, 2 and 2. With more parts than items the last ones are empty.
///
/// # Panics
/// If there is no such part.
#[must_use]
pub fn part(items: usize, parts: usize, index: usize) -> Range<usize> {
    assert!(index < parts, "part {index} of {parts}");
    let (share, remainder) = (items / parts, items % parts);
    let start = index * share + index.min(remainder);
    start..start + share + usize::from(index < remainder)
}
