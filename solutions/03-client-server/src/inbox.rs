//! From what a socket gives to lines: the only place that knows where a request ends. See `recv(2)`.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::sys::socket::{MsgFlags, recv};

use crate::answer::Refusal;
use crate::options::Kind;
use crate::request::LINE_MAX;

/// So much is taken from a stream at once.
const CHUNK: usize = 16 << 10;
/// One byte more than the longest message, so that a longer one is noticed: it is cut off there.
const MESSAGE: usize = LINE_MAX + 2;

/// What has come and is not yet dealt with.
#[derive(Debug)]
pub enum Inbox {
    // BEGIN SOLUTION
    /// Bytes: those from `start` to `end` are whole lines, and the beginning of one.
    Stream {
        /// What `recv` writes into, again and again: so it is made, and cleared, only once.
        bytes: Vec<u8>,
        /// Where the next line begins.
        start: usize,
        /// Where nothing has come yet.
        end: usize,
    },
    // END SOLUTION
    // STUB: /// Bytes: whole lines, and the beginning of one.
    // STUB: Stream(Vec<u8>),
    /// The last message.
    Packet(Option<Vec<u8>>),
}

impl Inbox {
    /// An empty one.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        // BEGIN SOLUTION
        if kind == Kind::Stream {
            Self::Stream { bytes: Vec::new(), start: 0, end: 0 }
        } else {
            Self::Packet(None)
        }
        // END SOLUTION
        // STUB: if kind == Kind::Stream { Self::Stream(Vec::new()) } else { Self::Packet(None) }
    }

    /// Takes what is there, by one `recv`; false at the end of the input. Whether it waits is up to the socket.
    ///
    /// # Errors
    /// `EAGAIN` if nothing is there and the socket does not block; `ECONNRESET` and others if the client is lost.
    pub fn receive(&mut self, socket: impl AsFd) -> nix::Result<bool> {
        // BEGIN SOLUTION
        let socket = socket.as_fd().as_raw_fd();
        let take = |buffer: &mut [u8]| retry(|| recv(socket, buffer, MsgFlags::empty()));
        match self {
            Self::Stream { bytes, start, end } => {
                // What is left moves to the front once for all lines of a recv, not once for each line.
                bytes.copy_within(*start..*end, 0);
                (*start, *end) = (0, *end - *start);
                bytes.resize(bytes.len().max(*end + CHUNK), 0);
                let n = take(&mut bytes[*end..*end + CHUNK])?;
                *end += n;
                Ok(n > 0)
            }
            Self::Packet(message) => {
                let mut bytes = vec![0; MESSAGE];
                let n = take(&mut bytes)?;
                bytes.truncate(n);
                *message = Some(bytes);
                Ok(n > 0)
            }
        }
        // END SOLUTION
        // STUB: let mut buffer = [0; CHUNK];
        // STUB: let (longest, bytes) = match self {
        // STUB:     Self::Stream(bytes) => (CHUNK, bytes),
        // STUB:     Self::Packet(message) => (MESSAGE, message.insert(Vec::new())),
        // STUB: };
        // STUB: let n = retry(|| recv(socket.as_fd().as_raw_fd(), &mut buffer[..longest], MsgFlags::empty()))?;
        // STUB: bytes.extend_from_slice(&buffer[..n]);
        // STUB: Ok(n > 0)
    }

    /// The next request, without its end; `None` if no whole one is there.
    pub fn next_line(&mut self) -> Option<Result<Vec<u8>, Refusal>> {
        // BEGIN SOLUTION
        let mut line = match self {
            Self::Packet(message) => message.take()?,
            Self::Stream { bytes, start, end } => {
                let held = &bytes[*start..*end];
                match held.iter().position(|&byte| byte == b'\n') {
                    Some(at) => {
                        *start += at + 1;
                        held[..=at].to_vec()
                    }
                    None if held.len() > LINE_MAX => return Some(Err(Refusal::TooLong)),
                    None => return None,
                }
            }
        };
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.len() > LINE_MAX {
            return Some(Err(Refusal::TooLong));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(Ok(line))
        // END SOLUTION
        // STUB: todo!("M1, M2: take the first whole line, without LF and CR; M5: too long; M7: packets")
    }
}
