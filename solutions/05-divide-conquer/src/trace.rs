//! `IPCLAB_TRACE`: a line for each message that is sent, and for each that is received.

use std::fs::File;

use crate::failure::Failure;
// BEGIN SOLUTION
use std::fs::OpenOptions;
use std::io::Write;
// END SOLUTION

/// Which of the two ends of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It is about to be sent.
    Send,
    /// It was given to whoever asked for it.
    Receive,
}

/// The file of the trace, if there is one.
#[derive(Debug)]
pub struct Trace(Option<File>);

impl Trace {
    /// Opens the file, or none.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: Option<String>) -> Result<Trace, Failure> {
        // BEGIN SOLUTION
        let Some(path) = path else { return Ok(Trace(None)) };
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.map(|file| Trace(Some(file))).map_err(|error| Failure::io(path, &error))
        // END SOLUTION
        // STUB: Ok(Trace(None))
    }

    /// Writes the line of one end of a message, by one write.
    ///
    /// # Errors
    /// The line cannot be written.
    pub fn note(
        &mut self,
        end: Direction,
        from: usize,
        to: usize,
        tag: i32,
        length: usize,
    ) -> Result<(), Failure> {
        // BEGIN SOLUTION
        let Some(file) = &mut self.0 else { return Ok(()) };
        let end = if end == Direction::Send { "send" } else { "recv" };
        let line = format!("{end} {from} {to} {tag} {length}\n");
        file.write_all(line.as_bytes()).map_err(|error| Failure::io("IPCLAB_TRACE", &error))
        // END SOLUTION
        // STUB: todo!("M5: a line for the trace")
    }
}
