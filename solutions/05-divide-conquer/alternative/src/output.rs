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
pub struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Takes a piece; gives the lines that are whole now, newlines included.
    pub fn add(&mut self, piece: &[u8]) -> Vec<u8> {
        match piece.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => {
                let (whole, begun) = piece.split_at(last + 1);
                let mut lines = std::mem::replace(&mut self.begun, begun.to_vec());
                lines.extend_from_slice(whole);
                lines
            }
            None => {
                self.begun.extend_from_slice(piece);
                Vec::new()
            }
        }
    }

    /// The rank has ended: what is left becomes a line.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut line = std::mem::take(&mut self.begun);
        if !line.is_empty() {
            line.push(b'\n');
        }
        line
    }
}
