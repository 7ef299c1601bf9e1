//! One client's connection: whole heads out of a stream of bytes, with a limit in bytes and one in time.

use crate::answer::Status;
use crate::quit::Quit;
use crate::request::{self, MOST_HEAD, Request};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Most bytes thrown away after a refusal, so that the client gets to read the reason.
const MOST_DISCARDED: u64 = 16 << 20;

/// The reading side of a connection.
#[derive(Debug)]
pub struct Connection<'a> {
    client: &'a TcpStream,
    quit: &'a Quit,
    patience: Duration,
    /// What was received and not yet used: a part of a head, or several requests at once.
    received: Vec<u8>,
}

/// What came next on a connection.
#[derive(Debug)]
pub enum Next {
    /// A request.
    Request(Request),
    /// Something that gets this answer; after it nothing can be understood any more.
    Refused(Status),
    /// Nothing more will come.
    End,
}

impl<'a> Connection<'a> {
    /// A client that has `patience` to send a request and to take an answer.
    #[must_use]
    pub fn new(client: &'a TcpStream, patience: Duration, quit: &'a Quit) -> Self {
        Self { client, quit, patience, received: Vec::new() }
    }

    /// read—Waits for the next request.
    pub fn next_request(&mut self) -> Next {
        let deadline = Instant::now() + self.patience;
        loop {
            match request::head_length(&self.received) {
                Err(status) => return Next::Refused(status),
                Ok(Some(length)) => {
                    let head: Vec<u8> = self.received.drain(..length).collect();
                    return request::parse(&head).map_or_else(Next::Refused, Next::Request);
                }
                Ok(None) => {}
            }
            match self.receive(deadline) {
                Ok(0) => return Next::End,
                Ok(_) => {}
                Err(Errno::ETIMEDOUT) if !self.received.is_empty() => {
                    return Next::Refused(Status::REQUEST_TIMEOUT);
                }
                // A client that went away, or said nothing at all: there is nobody to tell.
                Err(_) => return Next::End,
            }
        }
    }

    /// ppoll, recv—Waits for bytes until the deadline; 0 is the end of what the client sends.
    fn receive(&mut self, deadline: Instant) -> nix::Result<usize> {
        let mut part = [0; MOST_HEAD];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.quit.wait_to_read(self.client, left)? {
                return Err(Errno::ETIMEDOUT);
            }
            match recv(self.client.as_raw_fd(), &mut part, MsgFlags::MSG_DONTWAIT) {
                // Readable was a hint, and nothing is there.
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                Ok(count) => {
                    self.received.extend_from_slice(&part[..count]);
                    return Ok(count);
                }
                Err(reason) => return Err(reason),
            }
        }
    }

    /// shutdown, read—Ends the connection so that the client can still read the last answer.
    ///
    /// Closing a socket with unread bytes sends a reset, and a reset destroys what is on its way *to* the client. So
    /// say "no more from me", then throw away what still comes, within limits.
    pub fn close_gently(self) {
        let deadline = Instant::now() + self.patience;
        let (mut rest, mut discarded) = (self, 0);
        // Fails when the client has gone; then there is nothing to do.
        if rest.client.shutdown(Shutdown::Write).is_err() {
            return;
        }
        while discarded < MOST_DISCARDED {
            rest.received.clear();
            match rest.receive(deadline) {
                Ok(0) | Err(_) => return,
                Ok(count) => discarded += count as u64,
            }
        }
    }
}
