//! From what a socket gives to lines: the only place that knows where a request ends. See `recv(2)`, `poll(2)`.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

use crate::answer::Refusal;
use crate::family::{is_up, wait_for_any};
use crate::options::Kind;
use crate::request::LINE_MAX;
use crate::signals::Lifeline;

/// So much is taken from a stream at once.
const CHUNK: usize = 16 << 10;
/// The longest line, its newline, and one byte more that tells that a message was longer.
pub const MESSAGE: usize = LINE_MAX + 2;

/// What has come and is not yet dealt with.
#[derive(Debug)]
pub struct Inbox<'a> {
    kind: Kind,
    lifeline: &'a Lifeline,
    bytes: Vec<u8>,
    /// `bytes` are a message that nobody has taken.
    is_message: bool,
}

impl<'a> Inbox<'a> {
    /// An empty one.
    #[must_use]
    pub fn new(kind: Kind, lifeline: &'a Lifeline) -> Self {
        Self { kind, lifeline, bytes: Vec::new(), is_message: false }
    }

    /// Waits for the next request, and takes it, without its end. `None` if there will be none: the client has
    /// ended its input, or is lost, or filed ends.
    pub fn next(&mut self, socket: impl AsFd) -> Option<Result<Vec<u8>, Refusal>> {
        let mut has_looked = false;
        loop {
            if let Some(line) = self.take() {
                return (has_looked || !self.is_over()).then_some(line);
            }
            let mut polled = [
                PollFd::new(self.lifeline.as_fd(), PollFlags::POLLIN),
                PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            ];
            wait_for_any(&mut polled).ok()?;
            if is_up(&polled[0]) || self.receive(&socket) == 0 {
                return None;
            }
            has_looked = true;
        }
    }

    /// Whether filed ends; does not wait.
    fn is_over(&self) -> bool {
        let mut polled = [PollFd::new(self.lifeline.as_fd(), PollFlags::POLLIN)];
        !matches!(retry(|| poll(&mut polled, PollTimeout::ZERO)), Ok(0))
    }

    /// Takes what is there, and says how much; a lost client has nothing more, like one that has ended.
    fn receive(&mut self, socket: impl AsFd) -> usize {
        let mut buffer = [0; CHUNK];
        let longest = if self.kind == Kind::Stream { CHUNK } else { MESSAGE };
        let buffer = &mut buffer[..longest];
        let n = retry(|| recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::empty())).unwrap_or(0);
        self.bytes.extend_from_slice(&buffer[..n]);
        self.is_message = self.kind != Kind::Stream;
        n
    }

    fn take(&mut self) -> Option<Result<Vec<u8>, Refusal>> {
        if self.kind == Kind::Stream {
            return self.take_line();
        }
        self.is_message.then(|| {
            self.is_message = false;
            let message = std::mem::take(&mut self.bytes);
            request_of(&message).map(<[u8]>::to_vec)
        })
    }

    fn take_line(&mut self) -> Option<Result<Vec<u8>, Refusal>> {
        let seen = &self.bytes[..self.bytes.len().min(LINE_MAX + 1)];
        match seen.iter().position(|&byte| byte == b'\n') {
            Some(end) => {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                Some(Ok(without_end(&line).to_vec()))
            }
            None => (seen.len() > LINE_MAX).then_some(Err(Refusal::TooLong)),
        }
    }
}

/// The request in a message, which may have an LF at its end, or not.
///
/// # Errors
/// [`Refusal::TooLong`].
pub fn request_of(message: &[u8]) -> Result<&[u8], Refusal> {
    let length = message.len() - usize::from(message.ends_with(b"\n"));
    if length > LINE_MAX { Err(Refusal::TooLong) } else { Ok(without_end(message)) }
}

/// Without its LF, and without a CR just before that.
#[must_use]
pub fn without_end(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(text) => text.strip_suffix(b"\r").unwrap_or(text),
        None => line,
    }
}
