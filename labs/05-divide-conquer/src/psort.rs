//! `dnc psort`: sorts the lines of a file by ranks, so that no rank has much more to do than another.

use std::path::Path;

use crate::failure::Failure;

/// Prints the lines of `file`, sorted by their keys. Each rank calls it.
///
/// # Errors
/// When the file cannot be read.
pub fn run(file: &Path) -> Result<(), Failure> {
    todo!("M8: sort by ranks, with the same share of the work for each")
}
