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

// BEGIN SOLUTION
/// Writes lines to standard output. They are gathered in a small buffer that is used again and again: a text of all of
/// them would be new memory, and to touch a new page costs more than to fill it.
///
/// # Errors
/// `stdout`: nobody reads any more, or the disk is full.
pub fn print_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Failure> {
    const BLOCK: usize = 64 << 10;
    let mut buffer = Vec::with_capacity(BLOCK);
    for line in lines {
        if buffer.len() + line.len() >= BLOCK {
            print_bytes(&buffer)?;
            buffer.clear();
        }
        buffer.extend_from_slice(line);
        buffer.push(b'\n');
    }
    print_bytes(&buffer)
}

// END SOLUTION
/// What one rank has written and is not yet a line. For `mpirun`.
#[derive(Debug, Default)]
pub struct Lines {
    // BEGIN SOLUTION
    rest: Vec<u8>,
    // END SOLUTION
}

impl Lines {
    /// Takes a piece; gives the lines that are whole now, newlines included.
    pub fn add(&mut self, piece: &[u8]) -> Vec<u8> {
        // BEGIN SOLUTION
        let Some(end) = piece.iter().rposition(|&byte| byte == b'\n') else {
            self.rest.extend_from_slice(piece);
            return Vec::new();
        };
        let mut whole = std::mem::replace(&mut self.rest, piece[end + 1..].to_vec());
        whole.extend_from_slice(&piece[..=end]);
        whole
        // END SOLUTION
        // STUB: todo!("M4: cut whole lines out of pieces")
    }

    /// The rank has ended: what is left becomes a line.
    pub fn finish(&mut self) -> Vec<u8> {
        // BEGIN SOLUTION
        let mut rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            rest.push(b'\n');
        }
        rest
        // END SOLUTION
        // STUB: todo!("M4: a last line without its newline is a line, too")
    }
}
