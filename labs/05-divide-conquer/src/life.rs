//! `dnc life`: Conway's game of life on a torus, each rank with some rows of the board.

use std::path::Path;

use crate::failure::Failure;

/// Prints generation `generations` of the board in `file`. Each rank calls it.
///
/// # Errors
/// When the file cannot be read, or is no board.
pub fn run(file: &Path, generations: u64) -> Result<(), Failure> {
    todo!("M6: deal out the rows, let the ranks work, collect the rows")
}
