//! One program counts, the other adds.

/// Prints 1, 2 and 3.
pub fn count() {
    todo!("M1: count")
}

/// Prints the sum of the numbers it reads.
pub fn add() {
    todo!("M2: add")
}
