//! Framing: how messages are told apart in a stream that has no messages.
//!
//! ```text
//!   length  4 bytes, little endian | that many bytes | length | ...
//! ```
//!
//! Three rules, and each is broken by most first tries: a read may give a part, so it is repeated until the count is
//! reached; a length is checked against a limit *before* memory is taken for it; and the end of the stream is an end
//! only between two records.

use nix::errno::Errno;
use nix::unistd::read;
use std::fmt;
use std::os::fd::AsFd;

/// The longest record, in bytes. Without a limit, four bytes from anybody could order four gigabytes of memory.
pub const LIMIT: usize = 65_536;

/// Why no record could be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingError {
    /// The length, in bytes, is over [`LIMIT`]. As input it often means that the reader has lost its place.
    TooLong(usize),
    /// The stream ended inside a record: the writer died, or the reader has lost its place.
    Truncated,
    /// The system call failed.
    System(Errno),
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => write!(f, "a record of {length} bytes is over the limit of {LIMIT}"),
            Self::Truncated => write!(f, "the stream ends inside a record"),
            Self::System(reason) => write!(f, "{reason}"),
        }
    }
}

impl std::error::Error for FramingError {}

/// A record in its frame, ready to be written by one call.
///
/// One call, because a call up to `PIPE_BUF` bytes is atomic. Length and bytes in two calls could be separated by
/// another producer's.
///
/// # Errors
/// [`FramingError::TooLong`]: nothing is written that the other side would refuse.
pub fn frame(record: &[u8]) -> Result<Vec<u8>, FramingError> {
    let length = u32::try_from(record.len()).ok().filter(|_| record.len() <= LIMIT);
    let length = length.ok_or(FramingError::TooLong(record.len()))?;
    Ok([&length.to_le_bytes(), record].concat())
}

/// write—Writes one record.
///
/// # Errors
/// See [`frame`]; `EPIPE` when nobody can read any more.
pub fn write_record(to: impl AsFd, record: &[u8]) -> Result<(), FramingError> {
    ipc_kit::write_all(to, &frame(record)?).map_err(FramingError::System)
}

/// read—Reads one record, in as many calls as it takes. `None` when the stream ends before the record begins.
///
/// # Errors
/// Each case of [`FramingError`]. After one of them the stream has no next record: where would it begin?
pub fn read_record(from: impl AsFd) -> Result<Option<Vec<u8>>, FramingError> {
    let mut length = [0; 4];
    if !fill(from.as_fd(), &mut length)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LIMIT {
        return Err(FramingError::TooLong(length));
    }
    let mut record = vec![0; length];
    if length > 0 && !fill(from, &mut record)? {
        return Err(FramingError::Truncated);
    }
    Ok(Some(record))
}

/// read—Fills `part`, in as many calls as it takes. False when the stream ends before its first byte.
///
/// # Errors
/// [`FramingError::Truncated`] when the stream ends inside `part`, [`FramingError::System`] for a failed read.
pub fn fill(from: impl AsFd, part: &mut [u8]) -> Result<bool, FramingError> {
    let mut have = 0;
    while have < part.len() {
        match ipc_kit::retry(|| read(from.as_fd(), &mut part[have..])) {
            Ok(0) if have == 0 => return Ok(false),
            Ok(0) => return Err(FramingError::Truncated),
            Ok(count) => have += count,
            Err(reason) => return Err(FramingError::System(reason)),
        }
    }
    Ok(true)
}
