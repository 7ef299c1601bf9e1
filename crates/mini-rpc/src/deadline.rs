//! A caller who does not wait for ever. The deadline ends the *wait*; the call goes on at the server, and its answer
//! comes some time: too late. The number tells it from the answer to the next call.

use crate::client_stub::{CallError, unpack_outcome};
use crate::frame::{HEADER, Kind, Message, body_length};
use crate::stream;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A client whose calls have deadlines. It keeps the bytes of a frame whose rest is not there yet.
#[derive(Debug)]
pub struct DeadlineStub {
    stream: UnixStream,
    inbox: Vec<u8>,
    client: u16,
    last: u16,
    /// Answers that came too late for their calls.
    pub late: usize,
}

impl DeadlineStub {
    /// A client with this number.
    #[must_use]
    pub fn new(stream: UnixStream, client: u16) -> Self {
        Self { stream, inbox: Vec::new(), client, last: 0, late: 0 }
    }

    /// Calls, and waits at most so long. `None`: the deadline has passed, and the outcome is unknown.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn call(
        &mut self,
        method: u8,
        arguments: &[u8],
        patience: Duration,
    ) -> Result<Option<Vec<u8>>, CallError> {
        let deadline = Instant::now() + patience;
        self.last = self.last.wrapping_add(1);
        let call = Message::call(self.client, self.last, [&[method], arguments].concat());
        let frame = call.to_frame().map_err(|bad| CallError::NotSent(bad.to_string()))?;
        stream::send(&mut self.stream, &frame).map_err(|error| CallError::NotSent(error.to_string()))?;
        while let Some(message) = self.next_before(deadline)? {
            if (message.kind, message.client, message.number) == (Kind::Return, self.client, self.last) {
                return unpack_outcome(&message.body).map(Some);
            }
            self.late += 1;
        }
        Ok(None)
    }

    fn next_before(&mut self, deadline: Instant) -> Result<Option<Message>, CallError> {
        let unknown = |error: &dyn std::fmt::Display| CallError::Unknown(error.to_string());
        loop {
            if let Some(frame) = take_frame(&mut self.inbox)? {
                return Message::from_frame(&frame).map(Some).map_err(|bad| unknown(&bad));
            }
            if !self.readable_before(deadline)? {
                return Ok(None);
            }
            let mut bytes = [0; 1024];
            match self.stream.read(&mut bytes).map_err(|error| unknown(&error))? {
                0 => return Err(CallError::Unknown("the server hung up".to_owned())),
                count => self.inbox.extend(&bytes[..count]),
            }
        }
    }

    /// Waits for bytes. After a signal only the rest of the time is left: the deadline is a moment, not a duration.
    fn readable_before(&self, deadline: Instant) -> Result<bool, CallError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // poll counts in milliseconds; a rest of one is a whole one, or it would spin.
            let left = PollTimeout::try_from(left.as_millis() + u128::from(!left.is_zero()));
            let mut fds = [PollFd::new(self.stream.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, left.unwrap_or(PollTimeout::MAX)) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(true),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(CallError::Unknown(error.to_string())),
            }
        }
    }
}

/// Takes the first frame out of these bytes, if it is whole.
fn take_frame(inbox: &mut Vec<u8>) -> Result<Option<Vec<u8>>, CallError> {
    if inbox.len() < HEADER {
        return Ok(None);
    }
    let wanted = HEADER + body_length(inbox).map_err(|bad| CallError::Unknown(bad.to_string()))?;
    Ok((inbox.len() >= wanted).then(|| inbox.drain(..wanted).collect()))
}
