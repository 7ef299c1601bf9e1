//! `IPCLAB_TRACE`: a line for each message that is sent, and for each that is received.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;

use crate::failure::Failure;

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
    pub fn open(path: Option<OsString>) -> Result<Trace, Failure> {
        let Some(path) = path else { return Ok(Trace(None)) };
        // All ranks write here: with O_APPEND each line goes to the end, wherever that is by now.
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let file = file.map_err(|error| Failure::io(path.to_string_lossy(), &error))?;
        Ok(Trace(Some(file)))
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
        let Some(file) = &mut self.0 else { return Ok(()) };
        let word = match end {
            Direction::Send => "send",
            Direction::Receive => "recv",
        };
        let line = format!("{word} {from} {to} {tag} {length}\n");
        file.write_all(line.as_bytes()).map_err(|error| Failure::io("trace", &error))
    }
}
