//! The journal: results that survive the boss. See `open(2)` on O_APPEND, `ftruncate(2)`.
//!
//! A result is recorded before it is told (a *write-ahead* log). So whatever was told can be found here; what was
//! recorded and not told, the next run tells.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::failure::Failure;
use crate::record;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    name: String,
    /// The lines of output of earlier runs, by ID.
    old: Results,
}

type Results = HashMap<Vec<u8>, Vec<u8>>;

impl Journal {
    /// Opens the journal, or makes it; reads what it holds; cuts off a torn end.
    ///
    /// # Errors
    /// When it cannot be opened, or is damaged.
    pub fn open(path: &Path) -> Result<Journal, Failure> {
        todo!("M8: open the journal, read it, cut off a torn end")
    }

    /// The line of output that an earlier run has recorded for this ID.
    pub fn old(&self, id: &[u8]) -> Option<&Vec<u8>> {
        self.old.get(id)
    }

    /// Records a line of output.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, output: &[u8]) -> Result<(), Failure> {
        todo!("M8: append a record by one write")
    }
}
