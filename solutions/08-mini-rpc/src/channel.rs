// BEGIN SOLUTION
//! One connection of rpcc, and the one place where rpcc waits. See `connect(2)`, `poll(2)`.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Instant;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};

use crate::address::Address;
use crate::frame::{Bad, Frame};
use crate::inbox::{Inbox, is_later};
use crate::listen::connect_to;

/// A connection to rpcd.
pub(crate) struct Channel {
    socket: OwnedFd,
    inbox: Inbox,
    outbox: Vec<u8>,
    /// Whose connection it is, if rpcc has asked.
    pub(crate) instance: Option<u64>,
}

/// What a wait has brought.
#[derive(Debug)]
pub(crate) enum News {
    /// A frame.
    Frame(Frame),
    /// The connection is over.
    Ended,
    /// What has come is no frame.
    Bad(&'static str),
    /// It is time.
    Time,
    /// Standard input has something.
    Input,
}

impl Channel {
    pub(crate) fn open(address: &Address) -> nix::Result<Self> {
        Ok(Self { socket: connect_to(address)?, inbox: Inbox::default(), outbox: Vec::new(), instance: None })
    }

    /// Sends a frame, or what the kernel takes of it now; the rest goes in [`next`](Self::next).
    pub(crate) fn post(&mut self, frame: &Frame) {
        self.queue(frame);
        self.flush();
    }

    /// Sends a frame together with others, at the latest before the next wait.
    pub(crate) fn queue(&mut self, frame: &Frame) {
        self.outbox.extend(frame.encode());
    }

    /// Sends what is queued, as far as the kernel takes it now.
    pub(crate) fn flush(&mut self) {
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        while !self.outbox.is_empty() {
            match retry(|| send(self.socket.as_raw_fd(), &self.outbox, flags)) {
                Ok(sent) => drop(self.outbox.drain(..sent)),
                Err(errno) if is_later(errno) => return,
                // The other side is gone; what it said before is still to be read, and then its end.
                Err(_) => self.outbox.clear(),
            }
        }
    }

    /// What has come already; `None` if one has to wait for it.
    pub(crate) fn there(&mut self) -> Option<News> {
        match self.inbox.frame() {
            Ok(frame) => frame.map(News::Frame),
            Err(Bad::Magic) => Some(News::Bad("it does not begin like one")),
            Err(Bad::Length(..)) => Some(News::Bad("it is too long")),
            Err(Bad::Checksum) => Some(News::Bad("its checksum is wrong")),
            Err(Bad::Version(..)) => Some(News::Bad("it has another version")),
        }
    }

    /// Waits for a frame, for a time, and for standard input if `input` says so.
    pub(crate) fn next(&mut self, until: Option<Instant>, input: bool) -> News {
        self.flush();
        loop {
            if let Some(news) = self.there() {
                return news;
            }
            // If nothing but the socket can bring something, its receive is the wait, and poll would be a call more.
            let is_alone = until.is_none() && !input && self.outbox.is_empty();
            let (socket, stdin) = match is_alone {
                true => (PollFlags::POLLIN, PollFlags::empty()),
                false => match self.wait(until, input) {
                    Ok(events) => events,
                    Err(_) => return News::Ended,
                },
            };
            if socket.contains(PollFlags::POLLOUT) {
                self.flush();
            }
            if socket.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
                match self.inbox.receive(&self.socket) {
                    Ok(0) => return News::Ended,
                    Ok(_) => {}
                    Err(errno) if is_later(errno) => {}
                    Err(_) => return News::Ended,
                }
            } else if !stdin.is_empty() {
                return News::Input;
            } else if until.is_some_and(|until| until <= Instant::now()) {
                return News::Time;
            }
        }
    }

    fn wait(&self, until: Option<Instant>, input: bool) -> nix::Result<(PollFlags, PollFlags)> {
        let mut interest = PollFlags::POLLIN;
        interest.set(PollFlags::POLLOUT, !self.outbox.is_empty());
        let stdin = std::io::stdin();
        let mut polled = vec![PollFd::new(self.socket.as_fd(), interest)];
        if input {
            polled.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut polled, timeout(until)) {
            // The caller looks again, at the clock, too.
            Err(Errno::EINTR) => return Ok((PollFlags::empty(), PollFlags::empty())),
            other => other?,
        };
        let events = |n: usize| polled.get(n).and_then(PollFd::revents).unwrap_or(PollFlags::empty());
        Ok((events(0), events(1)))
    }
}

/// Waits for nothing but the time.
pub(crate) fn pause(until: Instant) {
    while until > Instant::now() {
        // EINTR: the loop looks at the clock again.
        let _ = poll(&mut [], timeout(Some(until)));
    }
}

fn timeout(until: Option<Instant>) -> PollTimeout {
    until.map_or(PollTimeout::NONE, |until| {
        // Rounded up: waking too early is waking twice.
        let millis = until.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    })
}
// END SOLUTION
