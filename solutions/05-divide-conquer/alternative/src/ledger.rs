//! Memory that dnc shares with its descendants: a file without a name. See `memfd_create(2)`, `pread(2)`, `pwrite(2)`.
//!
//! Everybody writes into a place of its own, and nobody ever waits for room. Whoever reads has reaped the writer
//! before: that is what orders the two.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::failure::Failure;

/// A file without a name; it is gone when the last process that has it ends.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// Makes a ledger of `length` bytes, all 0.
    ///
    /// # Errors
    /// `memfd_create` or `ftruncate` failed: there is no memory, or no descriptor.
    pub fn new(length: u64) -> Result<Ledger, Failure> {
        let file = memfd_create(c"dnc", MFdFlags::MFD_CLOEXEC)
            .map(File::from)
            .map_err(|errno| Failure::system("memfd_create", errno))?;
        file.set_len(length).map_err(|error| Failure::io("ftruncate", &error))?;
        Ok(Ledger(file))
    }

    /// Writes all of `bytes` at byte `place`.
    ///
    /// # Errors
    /// There is no memory.
    pub fn write(&self, place: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write_all_at(bytes, place).map_err(|error| Failure::io("pwrite", &error))
    }

    /// Reads `length` bytes from byte `place` on.
    ///
    /// # Errors
    /// `UnexpectedEof`: the ledger ends before that.
    pub fn read(&self, place: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; length];
        self.0.read_exact_at(&mut bytes, place).map_err(|error| Failure::io("pread", &error))?;
        Ok(bytes)
    }

    /// The file itself, to be mapped.
    pub fn file(&self) -> &File {
        &self.0
    }
}
