//! `info`, `close`, `push` and `pop`: from lines to records and back.

use std::fmt::Display;

use crate::failure::Failure;
use crate::memory::Memory;
use crate::options::Place;

/// `ring info`: one line.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn info(place: &Place) -> Result<(), Failure> {
    todo!("M1: print what the header says")
}

/// `ring close`.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn close(place: &Place) -> Result<(), Failure> {
    todo!("M2: close the ring")
}

/// `ring push`: a record for each line of standard input.
///
/// # Errors
/// What keeps a line from being pushed. The lines before it stay pushed.
pub fn push(place: &Place, only_try: bool, keep: bool) -> Result<(), Failure> {
    todo!("M2: push each line")
}

/// Pushes standard input into a ring that is mapped.
///
/// # Errors
/// As [`push`].
pub fn push_to(memory: &Memory, what: &impl Display, only_try: bool, keep: bool) -> Result<(), Failure> {
    todo!("M2: push each line; M9: used for a memfd, too")
}

/// `ring pop`: a line for each record.
///
/// # Errors
/// What keeps a record from being printed.
pub fn pop(place: &Place, only_try: bool, count: Option<u64>) -> Result<(), Failure> {
    todo!("M2: print each record")
}

/// Pops from a ring that is mapped, to standard output.
///
/// # Errors
/// As [`pop`].
pub fn pop_from(
    memory: &Memory,
    what: &impl Display,
    only_try: bool,
    count: Option<u64>,
) -> Result<(), Failure> {
    todo!("M2: print each record; M9: used for a memfd, too")
}
