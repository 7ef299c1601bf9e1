//! Records on a byte stream: a pipe, a FIFO, a file. See `read(2)`, `writev(2)`, `pipe(7)`.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::MutexGuard;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::libc::PIPE_BUF;
use nix::poll::{PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::sys::uio::writev;
use nix::unistd::read;

use crate::consume::Source;
use crate::failure::Failure;
use crate::fifo::Fifo;
use crate::produce::Sink;
use crate::record::{HEADER, Header, LONGEST, Record, Sent, Took};
use crate::terminate::{begin, has_room, watch};

/// How much a source takes beyond the record that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// Whatever is there: few calls, but what is taken is lost for others.
    All,
    /// Not a byte.
    Nothing,
}

/// Takes records from a stream.
#[derive(Debug)]
pub(crate) struct StreamSource {
    from: OwnedFd,
    what: String,
    ahead: Ahead,
    try_: bool,
    /// Room for the longest record.
    buffer: Box<[u8]>,
    /// The bytes that were read and belong to no record yet are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl StreamSource {
    /// Records from `from`; `what` it is called in messages.
    pub(crate) fn new(from: OwnedFd, what: String, ahead: Ahead, try_: bool) -> Self {
        let buffer = vec![0; HEADER + LONGEST].into_boxed_slice();
        Self { from, what, ahead, try_, buffer, start: 0, end: 0 }
    }

    /// Makes sure that at least `need` bytes are held; false if the stream ends before.
    fn hold(&mut self, need: usize) -> nix::Result<bool> {
        if self.start == self.end || self.start + need > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end < self.start + need {
            let limit = match self.ahead {
                Ahead::All => self.buffer.len(),
                Ahead::Nothing => self.start + need,
            };
            match retry(|| read(&self.from, &mut self.buffer[self.end..limit]))? {
                0 => return Ok(false),
                n => self.end += n,
            }
        }
        Ok(true)
    }

    fn next(&mut self) -> nix::Result<Took> {
        if self.start == self.end && self.try_ && !self.is_ready()? {
            return Ok(Took::Nothing);
        }
        if !self.hold(HEADER)? {
            return Ok(if self.start == self.end { Took::End } else { Took::Truncated });
        }
        let header = self.buffer[self.start..self.end].first_chunk().and_then(|bytes| Header::parse(*bytes));
        let Some(header) = header else { return Ok(Took::Malformed) };
        let size = HEADER + header.len;
        if !self.hold(size)? {
            return Ok(Took::Truncated);
        }
        let bytes = &self.buffer[self.start..self.start + size];
        self.start += size;
        Ok(Record::from_bytes(bytes).map_or(Took::Malformed, Took::Record))
    }

    /// Whether a read gives something, or the end of file, at once.
    fn is_ready(&self) -> nix::Result<bool> {
        let mut events = [watch(self.from.as_fd(), PollFlags::POLLIN)];
        retry(|| poll(&mut events, PollTimeout::ZERO)).map(|ready| ready > 0)
    }
}

impl Source for StreamSource {
    fn take(&mut self) -> Result<Took, Failure> {
        self.next().map_err(Failure::on(&self.what))
    }
}

/// Sends records into a stream.
#[derive(Debug)]
pub(crate) struct StreamSink {
    to: OwnedFd,
    what: String,
    /// Whoever reads it may be followed by another reader.
    fifo: Option<Fifo>,
    is_pipe: bool,
    try_: bool,
}

impl StreamSink {
    /// Records into `to`, which is called `what` in messages.
    ///
    /// # Errors
    /// As fstat(2).
    pub(crate) fn new(to: OwnedFd, what: String, fifo: Option<Fifo>, try_: bool) -> Result<Self, Failure> {
        let status = fstat(&to).map_err(Failure::on(&what))?;
        let is_pipe = SFlag::from_bits_truncate(status.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFIFO;
        Ok(Self { to, what, fifo, is_pipe, try_ })
    }

    fn write(&self, record: &Record, sent: usize) -> nix::Result<usize> {
        record.rest(sent, |parts| retry(|| writev(&self.to, parts)))
    }

    /// A reader has gone: waits for the next one. What was written stays in the FIFO meanwhile, because the old
    /// descriptor is open until then. False: the name is that of another FIFO now, and what was written is lost.
    fn wait_for_reader(&mut self, gone: Errno) -> Result<bool, Failure> {
        let fifo = self.fifo.as_ref().filter(|_| gone == Errno::EPIPE);
        let Some(fifo) = fifo else { return Err(Failure::writing(&self.what)(gone)) };
        let before = std::mem::replace(&mut self.to, fifo.open_to_write()?);
        let identity = |file: &OwnedFd| fstat(file).map(|status| (status.st_dev, status.st_ino));
        Ok(identity(&before) == identity(&self.to))
    }

    /// The first write, when there is room. `None`: there is none, and nothing was written.
    fn begin(&mut self, record: &Record) -> Result<Option<Begun>, Failure> {
        // The kernel writes such a record whole or not at all: SIGTERM may come while it waits in the write.
        let is_atomic = self.is_pipe && record.size() <= PIPE_BUF;
        // Into a FIFO, which was opened here, no write waits: it says itself that there is no room.
        let mut asks = !is_atomic || self.try_ && self.fifo.is_none();
        loop {
            if asks && !has_room(self.to.as_fd(), !self.try_)? {
                return Ok(None);
            }
            let whole = (!is_atomic).then(begin);
            match self.write(record, 0) {
                Ok(sent) => return Ok(Some(Begun { sent, _whole: whole })),
                Err(Errno::EAGAIN) if self.try_ => return Ok(None),
                Err(Errno::EAGAIN) => asks = true,
                Err(Errno::EPIPE) if self.try_ && self.fifo.is_some() => return Ok(None),
                Err(errno) => {
                    drop(whole);
                    self.wait_for_reader(errno)?;
                }
            }
        }
    }
}

/// A record of which `sent` bytes are out. SIGTERM waits for the rest.
struct Begun {
    sent: usize,
    _whole: Option<MutexGuard<'static, ()>>,
}

impl Sink for StreamSink {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        let Some(mut begun) = self.begin(record)? else { return Ok(Sent::Full) };
        while begun.sent < record.size() {
            match self.write(record, begun.sent) {
                Ok(n) => begun.sent += n,
                Err(Errno::EAGAIN) => {
                    let mut events = [watch(self.to.as_fd(), PollFlags::POLLOUT)];
                    retry(|| poll(&mut events, PollTimeout::NONE)).map_err(Failure::on("poll"))?;
                }
                Err(errno) => {
                    if !self.wait_for_reader(errno)? {
                        begun.sent = 0;
                    }
                }
            }
        }
        Ok(Sent::Done)
    }
}
