//! Records from a stream, and the queue that they are. See read(2), poll(2).

use std::os::fd::BorrowedFd;

use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::read;

use crate::record::{DATA, HEADER, Header, Request};

/// So much is read at once.
const BLOCK: usize = 1 << 16;

/// What the stream gives next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A request.
    Request(Request),
    /// What has been read is no whole record; read more.
    More,
    /// End of file, between two records.
    End,
    /// End of file inside a record.
    Truncated,
    /// What the contract has no name for.
    Malformed,
}

/// The bytes of a stream that have been read and not been used.
pub struct Input<'a> {
    stream: BorrowedFd<'a>,
    // BEGIN SOLUTION
    buffer: Vec<u8>,
    used: usize,
    has_ended: bool,
    /// The record that has begun belongs to those that were dropped.
    drops_next: bool,
    // END SOLUTION
    /// Records with data so far, the dropped ones too.
    pub records: u64,
}

impl<'a> Input<'a> {
    /// Nothing has been read yet.
    #[must_use]
    pub fn new(stream: BorrowedFd<'a>) -> Self {
        // BEGIN SOLUTION
        Self { stream, buffer: Vec::new(), used: 0, has_ended: false, drops_next: false, records: 0 }
        // END SOLUTION
        // STUB: Self { stream, records: 0 }
    }

    /// The next request among the bytes that are here. Reads nothing.
    pub fn take(&mut self) -> Next {
        // BEGIN SOLUTION
        loop {
            match self.record() {
                Ok(Some(payload)) => {
                    self.records += 1;
                    if !std::mem::take(&mut self.drops_next) {
                        return Next::Request(Request::parse(&payload));
                    }
                }
                Ok(None) if !self.has_ended => return Next::More,
                Ok(None) if self.used == self.buffer.len() => return Next::End,
                Ok(None) => return Next::Truncated,
                Err(Bad) => return Next::Malformed,
            }
        }
        // END SOLUTION
        // STUB: todo!("M5: where does a record end? A read may bring half of one, or three")
    }

    /// Reads once: waits if nothing is there.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn fill(&mut self) -> nix::Result<()> {
        // BEGIN SOLUTION
        self.buffer.drain(..std::mem::take(&mut self.used));
        let before = self.buffer.len();
        self.buffer.resize(before + BLOCK, 0);
        let count = retry(|| read(self.stream, &mut self.buffer[before..]));
        self.buffer.truncate(before + count.unwrap_or(0));
        self.has_ended = count? == 0;
        Ok(())
        // END SOLUTION
        // STUB: todo!("M5: read; what if a signal comes meanwhile?")
    }

    /// Drops all that is queued: what has been read, and what can be read without waiting. A record of which a part is here is
    /// dropped when the rest has come. Gives their number.
    ///
    /// # Errors
    /// What the system calls say.
    pub fn flush(&mut self) -> nix::Result<u64> {
        // BEGIN SOLUTION
        let mut count = 0;
        loop {
            while let Ok(Some(_)) = self.record() {
                self.records += 1;
                // A part that was counted before is not counted again when it is whole.
                count += u64::from(!std::mem::take(&mut self.drops_next));
            }
            if self.has_ended || self.is_malformed() || !self.is_readable()? {
                break;
            }
            self.fill()?;
        }
        let is_partial = self.used < self.buffer.len() && !self.is_malformed();
        let is_new = is_partial && !std::mem::replace(&mut self.drops_next, is_partial);
        Ok(count + u64::from(is_new))
        // END SOLUTION
        // STUB: todo!("M8: where does the queue lie?")
    }
    // BEGIN SOLUTION

    /// The payload of the next record with data, if it is whole. Others are skipped.
    fn record(&mut self) -> Result<Option<Vec<u8>>, Bad> {
        loop {
            let rest = &self.buffer[self.used..];
            let Some((header, rest)) = rest.split_first_chunk::<HEADER>() else { return Ok(None) };
            let header = Header::parse(header).ok_or(Bad)?;
            let Some(payload) = rest.get(..header.len) else { return Ok(None) };
            self.used += HEADER + header.len;
            if header.kind == DATA {
                return Ok(Some(payload.to_vec()));
            }
        }
    }

    fn is_malformed(&self) -> bool {
        let header = self.buffer[self.used..].first_chunk::<HEADER>();
        header.is_some_and(|header| Header::parse(header).is_none())
    }

    fn is_readable(&self) -> nix::Result<bool> {
        let mut input = [PollFd::new(self.stream, PollFlags::POLLIN)];
        Ok(retry(|| poll(&mut input, PollTimeout::ZERO))? > 0)
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// There is no such record.
#[derive(Debug)]
struct Bad;
// END SOLUTION
