//! Records on a byte stream: a pipe, a FIFO, a file. See `read(2)`, `write(2)`, `pipe(7)`, `poll(2)`.

use crate::consume::Source;
use crate::failure::Failure;
// BEGIN SOLUTION
use crate::held::Held;
// END SOLUTION
use crate::produce::Sink;
// BEGIN SOLUTION
use crate::record::{HEADER, Record, Sent, Took};
// END SOLUTION
// STUB: use crate::record::{HEADER, Header, Record, Sent, Took};
use crate::terminate::Hold;
use ipc_kit::retry;
use nix::libc::PIPE_BUF;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
// BEGIN SOLUTION
use nix::unistd::write;
// END SOLUTION
// STUB: use nix::unistd::{read, write};
use std::os::fd::AsFd;

/// Takes records from a stream.
#[derive(Debug)]
pub struct StreamSource<F> {
    from: F,
    what: String,
    try_: bool,
    // BEGIN SOLUTION
    held: Held,
    // END SOLUTION
}

impl<F: AsFd> StreamSource<F> {
    /// Records from `from`; `what` it is called in messages.
    pub fn new(from: F, what: String, try_: bool) -> Self {
        // BEGIN SOLUTION
        Self { from, what, try_, held: Held::exact() }
        // END SOLUTION
        // STUB: Self { from, what, try_ }
    }
    // BEGIN SOLUTION

    /// Reads in blocks. What was read and not printed is lost for whoever reads next, so only where nobody does.
    #[must_use]
    pub fn reading_ahead(self) -> Self {
        Self { held: Held::ahead(), ..self }
    }
    // END SOLUTION
}

impl<F: AsFd> Source for StreamSource<F> {
    fn take(&mut self) -> Result<Took, Failure> {
        // BEGIN SOLUTION
        if self.try_ && !is_ready(&self.from, PollFlags::POLLIN).map_err(Failure::on(&self.what))? {
            return Ok(Took::Nothing);
        }
        self.held.take(&self.from).map_err(Failure::on(&self.what))
        // END SOLUTION
        // STUB: todo!("M2: take one record; with --try, only if something is there (M8)")
    }
    // BEGIN SOLUTION

    fn holds_next(&self) -> bool {
        self.held.has_record()
    }
    // END SOLUTION
}

// BEGIN SOLUTION
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
// STUB: /// Takes one record from a stream: exactly its bytes.
// STUB: ///
// STUB: /// # Errors
// STUB: /// As read(2).
// STUB: pub fn take(from: impl AsFd) -> nix::Result<Took> {
// STUB:     todo!("M2: read a header, judge it, read the payload; each of them may come in pieces, or end too early")
// STUB: }

/// Sends records into a stream.
#[derive(Debug)]
pub struct StreamSink<F> {
    to: F,
    what: String,
    try_: bool,
    // BEGIN SOLUTION
    /// SIGTERM waits, where a record may be written in part. Only the wait for room lets it in.
    hold: Option<Hold>,
    /// A pipe or a regular file.
    is_whole: bool,
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
        let kind = SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT;
        let is_pipe = kind == SFlag::S_IFIFO;
        let may_be_torn = !is_pipe || HEADER + size > PIPE_BUF;
        let hold = may_be_torn.then(Hold::new).transpose().map_err(Failure::on(&what))?;
        Ok(Self { to, what, try_, hold, is_whole: is_pipe || kind == SFlag::S_IFREG })
        // END SOLUTION
        // STUB: Ok(Self { to, what, try_ })
    }
    // BEGIN SOLUTION

    /// How many records of `size` bytes may go out by one write. A pipe takes up to PIPE_BUF bytes as a whole, and a
    /// file never waits; elsewhere a signal that has waited for one record would wait for all of them.
    pub(crate) fn together(&self, size: usize) -> u32 {
        let most = if self.is_whole && !self.try_ { PIPE_BUF / (HEADER + size) } else { 1 };
        // At most PIPE_BUF.
        most.max(1) as u32
    }

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
    // BEGIN SOLUTION

    fn together(&self, size: usize) -> u32 {
        StreamSink::together(self, size)
    }
    // END SOLUTION
}
