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
        // BEGIN SOLUTION
        let name = path.display().to_string();
        let failed = |error| Failure::io(&*name, &error);
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let (old, sound) = understand(&bytes).map_err(|line| Failure::damaged(&*name, line))?;
        if sound < bytes.len() {
            file.set_len(sound as u64).map_err(failed)?;
        }
        Ok(Journal { file, name, old })
        // END SOLUTION
        // STUB: todo!("M8: open the journal, read it, cut off a torn end")
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
        // BEGIN SOLUTION
        self.file.write_all(&record::done(output)).map_err(|error| Failure::io(&*self.name, &error))
        // END SOLUTION
        // STUB: todo!("M8: append a record by one write")
    }
}
// BEGIN SOLUTION

/// The results by ID, and the length of the part that is sound. The number of a damaged line is the error.
fn understand(bytes: &[u8]) -> Result<(Results, usize), usize> {
    let mut old = Results::new();
    let mut sound = 0;
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match line.strip_suffix(b"\n").and_then(record::unseal) {
            Some(fields) => old.extend(record::output(fields).map(|(id, output)| (id.to_vec(), output))),
            // Only the last write can be torn.
            None if sound + line.len() == bytes.len() => break,
            None => return Err(index + 1),
        }
        sound += line.len();
    }
    Ok((old, sound))
}
// END SOLUTION
