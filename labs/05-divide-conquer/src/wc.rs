//! `dnc wc`: counts words by map and reduce. A map task counts the words of a file, a reduce task joins the counts
//! of its part of all words.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Counts the words of `files` by `n` workers. The folder `out` gets a file for each of `parts` parts.
///
/// # Errors
/// When a file cannot be read or written, or a task has killed four workers.
pub fn run(files: &[PathBuf], n: usize, parts: usize, out: &Path) -> Result<(), Failure> {
    todo!("M9: map tasks, then reduce tasks, by workers that may die or stop")
}
