//! Segments by name: made whole and private, opened with suspicion, removed.

use std::fs::File;

use crate::failure::Failure;
use crate::memory::Memory;
use crate::options::{Place, Shape};

/// Makes a ring.
///
/// # Errors
/// The name is taken, the ring is too large, or the system has no room; then nothing is left behind.
pub fn create(place: &Place, shape: Shape, lock: bool, many: bool) -> Result<(), Failure> {
    todo!("M1: make the segment, with its header, of mode 0600")
}

/// A new file for a segment, of mode 0600 whatever the umask is; nobody else has this name.
///
/// # Errors
/// The name is taken, or cannot be.
pub fn create_new(place: &Place) -> Result<File, Failure> {
    todo!("M1: a name that nobody else has")
}

/// Opens and maps a ring that somebody has made.
///
/// # Errors
/// There is none (status 1), or it is malformed (4).
pub fn open(place: &Place) -> Result<Memory, Failure> {
    todo!("M1: open the file, read its header, map it; M6: trust nothing")
}

/// The file of a segment that is there, open for reading and writing.
///
/// # Errors
/// It cannot be opened.
pub fn existing(place: &Place) -> Result<File, Failure> {
    todo!("M1: open what is there")
}

/// Maps a ring that is open already.
///
/// # Errors
/// It is malformed (4), or cannot be mapped (1).
pub fn open_file(file: &File, what: &impl std::fmt::Display) -> Result<Memory, Failure> {
    todo!("M1: read the header, map the segment; M6: refuse what is malformed; M9: used for a memfd, too")
}

/// Removes the name. Whoever has mapped the segment keeps it.
///
/// # Errors
/// There is no such name.
pub fn remove(place: &Place) -> Result<(), Failure> {
    todo!("M1: remove the name")
}
