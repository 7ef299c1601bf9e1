//! `pool run`: tasks from standard input, results to standard output. The boss's loop.

use crate::failure::Failure;
use crate::options::Run;

/// The status after SIGTERM: 128 and its number.
pub const TERMINATED: u8 = 143;

/// Runs all tasks of standard input.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Run) -> Result<u8, Failure> {
    todo!("M1: take lines, run their tasks, print the results")
}
