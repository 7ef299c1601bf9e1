//! One client of the poll server: what it sent, what it is still to get, and what to wait for next.
//!
//! ```text
//!   socket ──recv──► input (at most a line and what one recv brought) ──► book ──► output ──send──► socket
//!                                                                                 │
//!            no more recv ◄────────── when the output is full ────────────────────┘   backpressure
//! ```
//!
//! **Invariant: a connection never waits. It does what can be done now, and says what it waits for.**

use crate::book::{Answer, Book, LINE_LIMIT};
use crate::line::LineBuffer;
use crate::peer::{self, Peer};
use crate::stream;
use anyhow::{Context, Result};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::{MsgFlags, send};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// So many bytes of answers may wait for a client that does not read; then its requests wait too.
pub const OUTPUT_LIMIT: usize = 16 << 10;

/// One client.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    who: Option<Peer>,
    input: LineBuffer,
    output: Vec<u8>,
    /// Whole lines may be left in the input, because their answers had no room.
    is_behind: bool,
    /// The client sends no more (half-close): its requests are still answered.
    saw_end: bool,
    /// There are no more answers to make: the client said bye, or saw_end and all is answered.
    is_ending: bool,
}

impl Connection {
    /// Takes over an accepted socket, and makes it non-blocking.
    ///
    /// # Errors
    /// See [`stream::set_nonblocking`] and [`peer::peer`].
    pub fn new(socket: OwnedFd) -> Result<Self> {
        stream::set_nonblocking(&socket)?;
        let who = peer::peer(&socket)?;
        let (input, output) = (LineBuffer::new(LINE_LIMIT), Vec::new());
        Ok(Self { socket, who, input, output, is_behind: false, saw_end: false, is_ending: false })
    }

    /// The descriptor to give to poll.
    #[must_use]
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What this client waits for: input as long as its answers have room, and room as long as there are answers.
    ///
    /// To ask for input that one will not read would make poll return at once, again and again: a busy loop.
    #[must_use]
    pub fn interest(&self) -> PollFlags {
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::POLLIN, self.wants_input());
        interest.set(PollFlags::POLLOUT, !self.output.is_empty());
        interest
    }

    fn wants_input(&self) -> bool {
        !self.is_behind && !self.saw_end && !self.is_ending
    }

    /// Does what can be done now: at most one recv, so that a client that never stops talking cannot keep the others
    /// waiting; then answers and sends as far as there is room. Gives whether the connection goes on.
    ///
    /// # Errors
    /// `ECONNRESET`, `EPIPE`: the client is gone.
    pub fn advance(&mut self, events: PollFlags, book: &mut Book) -> Result<bool> {
        if self.wants_input()
            && events.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR)
        {
            self.receive()?;
        }
        loop {
            self.is_behind = self.answer(book);
            self.send()?;
            if !self.output.is_empty() || !self.is_behind {
                break;
            }
        }
        Ok(!(self.is_ending && self.output.is_empty()))
    }

    fn receive(&mut self) -> Result<()> {
        let mut part = [0; 4096];
        match stream::receive(&self.socket, &mut part) {
            Ok(0) => self.saw_end = true,
            Ok(count) => self.input.push(&part[..count]),
            Err(Errno::EAGAIN) => {} // Ready is a hint, not a promise.
            Err(reason) => return Err(reason).context("receive a request"),
        }
        Ok(())
    }

    /// Answers whole lines while there is room; gives whether it stopped for want of room.
    fn answer(&mut self, book: &mut Book) -> bool {
        while !self.is_ending && self.output.len() < OUTPUT_LIMIT {
            match self.input.next_line() {
                Some(request) => self.take(&book.answer(request, self.who)),
                None if self.saw_end => self.end(),
                None => return false,
            }
        }
        !self.is_ending
    }

    /// The client sends no more, and each whole line is answered.
    fn end(&mut self) {
        if self.input.is_inside_a_line() {
            self.take(&Book::cut_short());
        }
        self.is_ending = true;
    }

    fn take(&mut self, answer: &Answer) {
        self.output.extend_from_slice(answer.text.as_bytes());
        self.is_ending |= answer.is_last;
    }

    /// Sends until all is sent or the buffers are full.
    fn send(&mut self) -> Result<()> {
        while !self.output.is_empty() {
            match retry(|| send(self.socket.as_raw_fd(), &self.output, MsgFlags::MSG_NOSIGNAL)) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(Errno::EAGAIN) => break,
                Err(reason) => return Err(reason).context("send an answer"),
            }
        }
        Ok(())
    }
}
