//! Standard output: whole, or a failure; and whole lines out of pieces.

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes text to standard output, at once. Given.
///
/// # Errors
/// `stdout`: nobody reads any more, or the disk is full.
pub fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Writes bytes to standard output, at once. Given.
///
/// # Errors
/// `stdout`: nobody reads any more, or the disk is full.
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::io("stdout", &error))
}

/// What one rank has written and is not yet a line. For `mpirun`.
#[derive(Debug, Default)]
pub struct Lines {}

impl Lines {
    /// Takes a piece; gives the lines that are whole now, newlines included.
    pub fn add(&mut self, piece: &[u8]) -> Vec<u8> {
        todo!("M4: cut whole lines out of pieces")
    }

    /// The rank has ended: what is left becomes a line.
    pub fn finish(&mut self) -> Vec<u8> {
        todo!("M4: a last line without its newline is a line, too")
    }
}
