//! What a peer receives.

use std::cell::Cell;

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::{End, Peer, socket};
use crate::expect::Expect;
use crate::text::shown;

/// How many bytes one read takes.
const PIECE: usize = 256 * 1024;

impl Peer {
    /// The next line, without its newline.
    #[must_use]
    #[track_caller]
    pub fn line(&self) -> String {
        let newline = |bytes: &[u8]| bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
        let mut line = self.take_when("a line", newline);
        line.pop();
        String::from_utf8_lossy(&line).into_owned()
    }

    /// The next `n` bytes.
    #[must_use]
    #[track_caller]
    pub fn take(&self, n: usize) -> Vec<u8> {
        self.take_when(&format!("{n} bytes"), |bytes| (bytes.len() >= n).then_some(n))
    }

    /// Takes the next `n` bytes without keeping them: `see` gets each piece with its offset.
    #[track_caller]
    pub fn take_through(&self, n: u64, mut see: impl FnMut(u64, &[u8])) {
        let mut offset = 0;
        while offset < n {
            let most = usize::try_from(n - offset).unwrap_or(PIECE).min(PIECE);
            let some = |bytes: &[u8]| (!bytes.is_empty()).then_some(bytes.len().min(most));
            let piece = self.take_when(&format!("{n} bytes ({offset} have come)"), some);
            see(offset, &piece);
            offset += piece.len() as u64;
        }
    }

    /// Demands that the next bytes are exactly these.
    #[track_caller]
    pub fn expect(&self, expected: impl AsRef<[u8]>) -> &Self {
        let expected = expected.as_ref();
        let what = format!("the answer {}", shown(expected, 300));
        // A wrong answer may be shorter than the right one: look at what has come. So far, it is the same.
        let same = Cell::new(0);
        let received = self.take_when(&what, |bytes| {
            let n = bytes.len().min(expected.len());
            let pairs = bytes[same.get()..n].iter().zip(&expected[same.get()..n]);
            same.set(same.get() + pairs.take_while(|(one, other)| one == other).count());
            (n == expected.len() || same.get() < n).then_some(n)
        });
        if let Some(text) = expected.mismatch(&received) {
            self.fail_with(&text);
        }
        self
    }

    /// All that comes until the other side closes the connection in order.
    #[must_use]
    #[track_caller]
    pub fn rest(&self) -> Vec<u8> {
        let what = format!("the end of the connection of {}", self.name);
        self.await_bytes(&what, |state| state.end.is_some());
        let end = self.state.borrow().end;
        if let Some(End::Error(_)) = end {
            self.ended("the connection ends with end of file");
        }
        std::mem::take(&mut self.state.borrow_mut().unread)
    }

    /// Demands end of file, and nothing before it.
    #[track_caller]
    pub fn ends(&self) {
        let rest = self.rest();
        if !rest.is_empty() {
            self.fail("nothing more, and end of file", &shown(&rest, 300));
        }
    }

    /// Waits until the connection is over, in whatever way (end of file, reset), and forgets what came before.
    #[track_caller]
    pub fn is_over(&self) {
        self.await_bytes(&format!("the end of the connection of {}", self.name), |state| {
            state.unread.clear();
            state.end.is_some()
        });
    }

    /// One record of a `SOCK_SEQPACKET` connection; `None` at its end.
    #[must_use]
    #[track_caller]
    pub fn record(&self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; PIECE];
        let mut outcome = Err(Errno::EAGAIN);
        let what = format!("a record for {}", self.name);
        self.shared.wait_for_socket(&what, (&self.socket, PollFlags::POLLIN), || {
            if matches!(outcome, Err(Errno::EAGAIN | Errno::EINTR)) {
                outcome = socket::receive(&self.socket, &mut buffer);
            }
            !matches!(outcome, Err(Errno::EAGAIN | Errno::EINTR))
        });
        match outcome {
            Ok(0) => None,
            Ok(n) => Some(buffer[..n].to_vec()),
            Err(error) => self.fail("a record, or the end of the connection", &End::Error(error).words()),
        }
    }

    /// Whether nothing waits to be taken now, the end of the connection included.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.take_what_is_there();
        let state = self.state.borrow();
        state.unread.is_empty() && state.end.is_none()
    }

    /// Whether the other side has ended the connection, and nothing is left to take.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.take_what_is_there();
        let state = self.state.borrow();
        state.unread.is_empty() && state.end.is_some()
    }

    /// What has come and is not yet taken.
    #[must_use]
    pub fn received_now(&self) -> Vec<u8> {
        self.take_what_is_there();
        self.state.borrow().unread.clone()
    }

    /// Takes as many bytes as `enough` says, as soon as it says so.
    #[track_caller]
    fn take_when(&self, what: &str, enough: impl Fn(&[u8]) -> Option<usize>) -> Vec<u8> {
        let whole = format!("{what} for {}", self.name);
        self.await_bytes(&whole, |state| enough(&state.unread).is_some() || state.end.is_some());
        let found = enough(&self.state.borrow().unread);
        match found {
            Some(n) => self.state.borrow_mut().unread.drain(..n).collect(),
            None => self.ended(&whole),
        }
    }

    #[track_caller]
    fn await_bytes(&self, what: &str, mut done: impl FnMut(&mut super::State) -> bool) {
        let mut seen = done(&mut self.state.borrow_mut());
        if seen {
            return;
        }
        let what = self.with_sent(what);
        self.shared.wait_for_socket(&what, (&self.socket, PollFlags::POLLIN), || {
            // As long as more is there, the answer may change with each piece.
            while !seen && self.take_what_is_there() {
                seen = done(&mut self.state.borrow_mut());
            }
            seen
        });
    }

    /// Takes one piece of what the kernel has; whether anything came, an end included.
    pub(super) fn take_what_is_there(&self) -> bool {
        let mut state = self.state.borrow_mut();
        if state.end.is_some() {
            return false;
        }
        let length = state.unread.len();
        state.unread.resize(length + PIECE, 0);
        let received = socket::receive(&self.socket, &mut state.unread[length..]);
        state.unread.truncate(length + received.unwrap_or(0));
        match received {
            Ok(0) => state.end = Some(End::File),
            Ok(_) => {}
            Err(Errno::EAGAIN | Errno::EINTR) => return false,
            Err(error) => state.end = Some(End::Error(error)),
        }
        true
    }

    #[track_caller]
    fn ended(&self, expected: &str) -> ! {
        let (unread, end) = {
            let state = self.state.borrow();
            (state.unread.clone(), state.end)
        };
        let how = end.map_or_else(String::new, End::words);
        let received = match unread.as_slice() {
            [] => how,
            some => format!("{how} after {}", shown(some, 300)),
        };
        self.fail(expected, &received)
    }
}
