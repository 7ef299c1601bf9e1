// BEGIN SOLUTION
//! Bytes of a stream that have been read and not yet taken as records. See `read(2)`.
//!
//! A record's two parts could be read by two system calls, and nothing else: then the stream stands at the next record,
//! whoever reads it. Or a read takes as much as a pipe holds: 900 records of 64 bytes by one call. A buffer is a
//! promise about who reads next, so its owner says which of the two it is.

use crate::record::{HEADER, Header, LONGEST, Record, Took};
use ipc_kit::retry;
use nix::unistd::read;
use std::os::fd::AsFd;

/// What one read takes at most, if it may take more than it needs: as much as a pipe holds, and a whole record.
const BLOCK: usize = HEADER + LONGEST;

/// The bytes.
#[derive(Debug)]
pub struct Held {
    /// Those from `start` to `end` are held.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// To so many bytes a read fills up, even if fewer are needed.
    ahead: usize,
}

impl Held {
    /// Reads what is needed, and not a byte more.
    #[must_use]
    pub fn exact() -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0, ahead: 0 }
    }

    /// Reads what is there, as much as a pipe holds.
    #[must_use]
    pub fn ahead() -> Self {
        Self { ahead: BLOCK, ..Self::exact() }
    }

    /// Takes one record; reads only if it is not held yet.
    ///
    /// # Errors
    /// As read(2).
    pub fn take(&mut self, from: impl AsFd) -> nix::Result<Took> {
        match self.fill(&from, HEADER)? {
            0 => return Ok(Took::End),
            HEADER => {}
            _ => return Ok(Took::Truncated),
        }
        // Only a len that the contract allows is given memory.
        let Some(header) = self.header() else { return Ok(Took::Malformed) };
        let whole = HEADER + header.len;
        if self.fill(&from, whole)? < whole {
            return Ok(Took::Truncated);
        }
        let bytes = self.bytes[self.start..self.start + whole].to_vec();
        self.start += whole;
        Ok(Took::Record(Record { header, bytes }))
    }

    /// Whether a whole record is held.
    #[must_use]
    pub fn has_record(&self) -> bool {
        self.header().is_some_and(|header| self.end - self.start >= HEADER + header.len)
    }

    /// Reads whole records of `size` bytes: what is there, at least one and at most so many.
    ///
    /// # Errors
    /// As read(2).
    pub fn fill_with(&mut self, from: impl AsFd, size: usize, most: usize) -> nix::Result<()> {
        self.ahead = size * most;
        self.fill(&from, size)?;
        // A read may stop anywhere, if not in a pipe that gets whole records only.
        let whole = (self.end - self.start).next_multiple_of(size);
        self.ahead = 0;
        self.fill(&from, whole).map(drop)
    }

    fn header(&self) -> Option<Header> {
        self.bytes[self.start..self.end].first_chunk().and_then(Header::parse)
    }

    /// Reads until `wanted` bytes are held or the stream ends, and tells how many of them there are.
    fn fill(&mut self, from: impl AsFd, wanted: usize) -> nix::Result<usize> {
        if self.end - self.start < wanted {
            // What is held is less than a record: the rest of a block moves to the front, once a block.
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.bytes.resize(self.bytes.len().max(wanted).max(self.ahead), 0);
        }
        let most = self.start + wanted.max(self.ahead);
        while self.end - self.start < wanted {
            match retry(|| read(&from, &mut self.bytes[self.end..most]))? {
                0 => break,
                count => self.end += count,
            }
        }
        Ok((self.end - self.start).min(wanted))
    }
}
// END SOLUTION
