//! Records on a byte stream: a pipe, a FIFO, a file. See `read(2)`, `write(2)`, `pipe(7)`, `poll(2)`.

use crate::consume::Source;
use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{HEADER, Header, Record, Sent, Took};
use crate::terminate::Hold;
use ipc_kit::retry;
use nix::libc::PIPE_BUF;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{read, write};
use std::os::fd::AsFd;

/// Takes records from a stream.
#[derive(Debug)]
pub struct StreamSource<F> {
    from: F,
    what: String,
    try_: bool,
}

impl<F: AsFd> StreamSource<F> {
    /// Records from `from`; `what` it is called in messages.
    pub fn new(from: F, what: String, try_: bool) -> Self {
        Self { from, what, try_ }
    }
}

impl<F: AsFd> Source for StreamSource<F> {
    fn take(&mut self) -> Result<Took, Failure> {
        // BEGIN SOLUTION
        if self.try_ && !is_ready(&self.from, PollFlags::POLLIN).map_err(Failure::on(&self.what))? {
            return Ok(Took::Nothing);
        }
        take(&self.from).map_err(Failure::on(&self.what))
        // END SOLUTION
        // STUB: todo!("M2: take one record; with --try, only if something is there (M8)")
    }
}

/// Takes one record from a stream: exactly its bytes.
///
/// # Errors
/// As read(2).
pub fn take(from: impl AsFd) -> nix::Result<Took> {
    // BEGIN SOLUTION
    let mut header = [0; HEADER];
    match fill(&from, &mut header)? {
        0 => return Ok(Took::End),
        HEADER => {}
        _ => return Ok(Took::Truncated),
    }
    // Only a len that the contract allows is given memory.
    let Some(known) = Header::parse(&header) else { return Ok(Took::Malformed) };
    let mut bytes = vec![0; HEADER + known.len];
    bytes[..HEADER].copy_from_slice(&header);
    if fill(&from, &mut bytes[HEADER..])? < known.len {
        return Ok(Took::Truncated);
    }
    Ok(Took::Record(Record { header: known, bytes }))
    // END SOLUTION
    // STUB: todo!("M2: read a header, judge it, read the payload; each of them may come in pieces, or end too early")
}
// BEGIN SOLUTION

/// Reads until `buffer` is full or the stream ends, and tells how many bytes it got.
fn fill(from: impl AsFd, buffer: &mut [u8]) -> nix::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match retry(|| read(&from, &mut buffer[got..]))? {
            0 => break,
            count => got += count,
        }
    }
    Ok(got)
}

/// Which file this is: device and inode.
fn identity(descriptor: impl AsFd) -> Option<(u64, u64)> {
    fstat(descriptor).ok().map(|status| (status.st_dev, status.st_ino))
}

/// Whether a read or write would not wait. Of a hang-up or an error only the call itself tells what it is.
fn is_ready(descriptor: impl AsFd, wanted: PollFlags) -> nix::Result<bool> {
    let mut list = [PollFd::new(descriptor.as_fd(), wanted)];
    retry(|| poll(&mut list, PollTimeout::ZERO))?;
    Ok(list[0].any().unwrap_or(false))
}
// END SOLUTION

/// Sends records into a stream.
#[derive(Debug)]
pub struct StreamSink<F> {
    to: F,
    what: String,
    try_: bool,
    // BEGIN SOLUTION
    /// SIGTERM waits, where a record may be written in part. Only the wait for room lets it in.
    hold: Option<Hold>,
    // END SOLUTION
}

impl<F: AsFd> StreamSink<F> {
    /// Records with payloads of `size` bytes into `to`, which is called `what` in messages.
    ///
    /// # Errors
    /// As fstat(2).
    pub fn new(to: F, what: String, size: usize, try_: bool) -> Result<Self, Failure> {
        // BEGIN SOLUTION
        // A pipe takes up to PIPE_BUF bytes as a whole or not at all: then no signal can tear them.
        let status = fstat(&to).map_err(Failure::on(&what))?;
        let is_pipe = SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO;
        let may_be_torn = !is_pipe || HEADER + size > PIPE_BUF;
        let hold = may_be_torn.then(Hold::new).transpose().map_err(Failure::on(&what))?;
        Ok(Self { to, what, try_, hold })
        // END SOLUTION
        // STUB: Ok(Self { to, what, try_ })
    }
    // BEGIN SOLUTION

    /// Sends the record's bytes from `sent` on, which says afterwards how many are sent.
    ///
    /// # Errors
    /// As write(2).
    pub(crate) fn send_rest(&self, record: &Record, sent: &mut usize) -> nix::Result<Sent> {
        if *sent == 0 {
            if self.try_ && !is_ready(&self.to, PollFlags::POLLOUT)? {
                return Ok(Sent::Full);
            }
            if let Some(hold) = &self.hold {
                hold.wait(self.to.as_fd(), PollFlags::POLLOUT)?;
            }
        }
        while *sent < record.bytes.len() {
            *sent += retry(|| write(&self.to, &record.bytes[*sent..]))?;
        }
        Ok(Sent::Done)
    }

    /// Goes on with another descriptor, after `sent` bytes of a record; SIGTERM may end the wait for it if there are
    /// none. If it is another file than before, the record begins anew.
    pub(crate) fn replace(
        &mut self,
        sent: &mut usize,
        next: impl FnOnce() -> Result<F, Failure>,
    ) -> Result<(), Failure> {
        let held = if *sent == 0 { self.hold.take().is_some() } else { false };
        let before = std::mem::replace(&mut self.to, next()?);
        if identity(&before) != identity(&self.to) {
            *sent = 0;
        }
        if held {
            self.hold = Some(Hold::new().map_err(Failure::on(&self.what))?);
        }
        Ok(())
    }
    // END SOLUTION
}

impl<F: AsFd> Sink for StreamSink<F> {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        // BEGIN SOLUTION
        self.send_rest(record, &mut 0).map_err(Failure::writing(&self.what))
        // END SOLUTION
        // STUB: todo!("M2: write the whole record; mind SIGTERM (M3), and with --try look for room first (M8)")
    }
}
