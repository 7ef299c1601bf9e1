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
        let name = path.display().to_string();
        let failed = |error| Failure::io(&name, &error);
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let (old, good) = parse(&bytes).map_err(|line| Failure::damaged(&name, line))?;
        if good < bytes.len() {
            file.set_len(good as u64).map_err(failed)?;
        }
        Ok(Journal { file, name, old })
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
        let record = record::done(output);
        match self.file.write(&record) {
            Ok(length) if length == record.len() => Ok(()),
            // The next run finds a torn end.
            Ok(_) => Err(Failure::system(&self.name, nix::errno::Errno::ENOSPC)),
            Err(error) => Err(Failure::io(&self.name, &error)),
        }
    }
}

/// The results, and how many bytes are good; or the number of the damaged line.
fn parse(bytes: &[u8]) -> Result<(Results, usize), usize> {
    let (mut old, mut good) = (Results::new(), 0);
    for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let Some(fields) = line.strip_suffix(b"\n").and_then(record::unseal) else {
            let is_last = good + line.len() == bytes.len();
            return if is_last { Ok((old, good)) } else { Err(number + 1) };
        };
        if let Some((id, output)) = record::output(fields) {
            old.insert(id.to_vec(), output);
        }
        good += line.len();
    }
    Ok((old, good))
}
