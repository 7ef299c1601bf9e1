//! `dnc sort`: sorts the lines of a file, in a tree of processes.

use std::path::Path;

use crate::failure::Failure;

/// Prints the lines of `file`, sorted by their keys, found by `n` processes: this one and its descendants.
///
/// # Errors
/// When the file cannot be read, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    todo!("M3: sort the lines in a tree of n processes")
}
