//! Records from a stream, and the queue that they are. See read(2), poll(2), FIONREAD in ioctl_tty(2) and pipe(7).
//!
//! Nothing here waits: a read happens only if poll(2) has said that there is something. So who holds the input, holds it
//! briefly, and a flush knows where each byte lies: here, or still with the kernel.

#![allow(unsafe_code, reason = "FIONREAD has no safe wrapper")]

use std::os::fd::{AsRawFd, BorrowedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::read;

use crate::record::{DATA, HEADER, Header, LONGEST, Request};

/// Room for the longest record, and for as much again, so that a read is seldom small.
const ROOM: usize = 2 * (HEADER + LONGEST);

/// What the stream gives next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A request.
    Request(Request),
    /// What is here is no whole record, and no more can be read without waiting.
    Wait,
    /// End of file, between two records.
    End,
    /// End of file inside a record.
    Truncated,
    /// What the contract has no name for.
    Malformed,
}

/// What stands at the beginning of the buffer.
enum Front {
    /// No whole record.
    Part,
    /// A whole record with data, and its payload's length.
    Data(usize),
    /// A whole record of the other kind.
    End,
    Malformed,
}

/// The bytes of a stream that have been read and not been used.
pub struct Input<'a> {
    stream: BorrowedFd<'a>,
    buffer: Box<[u8]>,
    /// The bytes in use are those from `start` to `end`.
    start: usize,
    end: usize,
    is_at_end: bool,
    /// The record at the front was flushed when only a part of it was here.
    is_doomed: bool,
    /// Records with data so far, the dropped ones too.
    pub records: u64,
}

impl<'a> Input<'a> {
    /// Nothing has been read yet.
    #[must_use]
    pub fn new(stream: BorrowedFd<'a>) -> Self {
        let buffer = vec![0; ROOM].into_boxed_slice();
        Self { stream, buffer, start: 0, end: 0, is_at_end: false, is_doomed: false, records: 0 }
    }

    /// The next request, if it can be had without waiting.
    ///
    /// # Errors
    /// What poll(2) and read(2) say.
    pub fn take(&mut self) -> nix::Result<Next> {
        loop {
            match self.front() {
                Front::Malformed => return Ok(Next::Malformed),
                Front::End => self.skip(HEADER),
                Front::Data(len) => {
                    let payload = &self.buffer[self.start + HEADER..self.start + HEADER + len];
                    let request = (!self.is_doomed).then(|| Request::parse(payload));
                    self.records += 1;
                    self.skip(HEADER + len);
                    if let Some(request) = request {
                        return Ok(Next::Request(request));
                    }
                }
                Front::Part if self.is_at_end => {
                    return Ok(if self.start == self.end { Next::End } else { Next::Truncated });
                }
                Front::Part if self.is_ready()? => {
                    self.fill(ROOM)?;
                }
                Front::Part => return Ok(Next::Wait),
            }
        }
    }

    /// Drops all that is queued at this moment: what has been read, and what lies with the kernel. A record of which a part is
    /// here is counted now, and dropped when the rest has come. Gives their number.
    ///
    /// # Errors
    /// What the system calls say.
    pub fn flush(&mut self) -> nix::Result<u64> {
        // What is written from now on is not ours to drop, and a writer that never stops must not keep us here.
        let mut left = self.waiting()?;
        let mut dropped = 0;
        while self.drop_whole(&mut dropped) && left > 0 && !self.is_at_end && self.is_ready()? {
            left -= self.fill(left)?;
        }
        if self.start < self.end && !self.is_doomed && self.may_be_a_request() {
            self.is_doomed = true;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// Drops the whole records that are here; whether what follows may be one, too.
    fn drop_whole(&mut self, dropped: &mut u64) -> bool {
        loop {
            match self.front() {
                Front::Part => return true,
                Front::Malformed => return false,
                Front::End => self.skip(HEADER),
                Front::Data(len) => {
                    // A doomed one was counted when it was doomed.
                    *dropped += u64::from(!self.is_doomed);
                    self.records += 1;
                    self.skip(HEADER + len);
                }
            }
        }
    }

    fn front(&self) -> Front {
        let bytes = &self.buffer[self.start..self.end];
        let Some(header) = bytes.first_chunk() else { return Front::Part };
        match Header::parse(header) {
            None => Front::Malformed,
            Some(Header { kind: DATA, len }) if bytes.len() < HEADER + len => Front::Part,
            Some(Header { kind: DATA, len }) => Front::Data(len),
            Some(_) => Front::End,
        }
    }

    /// Whether a part of a record can be one with data, as far as it is here. One that can be both counts as a request.
    fn may_be_a_request(&self) -> bool {
        let bytes = &self.buffer[self.start..self.end];
        let mut header = [0; HEADER];
        let known = bytes.len().min(HEADER);
        header[..known].copy_from_slice(&bytes[..known]);
        // Of what is missing, zeros make data; but zeros in `len` alone do not.
        known < 4 || Header::parse(&header).is_some_and(|header| header.kind == DATA)
    }

    fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.is_doomed = false;
    }

    /// Reads once, `most` bytes at most; gives how many. Only if the stream is ready.
    fn fill(&mut self, most: usize) -> nix::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let room = most.min(self.buffer.len() - self.end);
        let n = retry(|| read(self.stream, &mut self.buffer[self.end..self.end + room]))?;
        self.end += n;
        self.is_at_end = n == 0;
        Ok(n)
    }

    /// Whether a read would come back at once with bytes. If it is known that none will come, notes the end.
    fn is_ready(&mut self) -> nix::Result<bool> {
        let mut stream = [PollFd::new(self.stream, PollFlags::POLLIN)];
        retry(|| poll(&mut stream, PollTimeout::ZERO))?;
        let seen = stream[0].revents().unwrap_or(PollFlags::empty());
        // Without POLLIN the pipe is empty, and nobody can write. A read would say the same; but if somebody opened the FIFO
        // for writing just now, it would wait.
        self.is_at_end |= seen.contains(PollFlags::POLLHUP) && !seen.contains(PollFlags::POLLIN);
        Ok(seen.intersects(PollFlags::POLLIN | PollFlags::POLLERR | PollFlags::POLLNVAL))
    }

    /// How many bytes lie with the kernel; more than there can be, if it cannot say.
    fn waiting(&self) -> nix::Result<usize> {
        // For a file, FIONREAD counts to 2 GiB only; and a file ends.
        if SFlag::from_bits_truncate(fstat(self.stream)?.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFREG {
            return Ok(usize::MAX);
        }
        let mut bytes: libc::c_int = 0;
        // SAFETY: FIONREAD stores an int at this address, which outlives the call.
        match Errno::result(unsafe { libc::ioctl(self.stream.as_raw_fd(), libc::FIONREAD, &raw mut bytes) }) {
            Ok(_) => Ok(usize::try_from(bytes).unwrap_or(usize::MAX)),
            Err(Errno::ENOTTY | Errno::EINVAL) => Ok(usize::MAX),
            Err(errno) => Err(errno),
        }
    }
}
