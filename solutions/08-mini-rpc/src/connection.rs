// BEGIN SOLUTION
//! One connection of rpcd: what has come, what is still to be sent, and what ends with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use ipc_kit::retry;
use nix::poll::PollFlags;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{MsgFlags, getsockopt, send};

use crate::inbox::{Inbox, is_later};
use crate::interface::Identity;

/// Which connection.
pub(crate) type ConnectionId = u64;

/// From so many unsent bytes on nothing more is read.
const ENOUGH: usize = 1 << 20;
/// From so many unsent bytes on nothing is held back.
const FULL: usize = 1 << 16;

pub(crate) struct Connection {
    socket: OwnedFd,
    pub(crate) inbox: Inbox,
    outbox: Vec<u8>,
    /// So many bytes of the outbox are sent.
    sent: usize,
    /// More answers may come at once: they go out together.
    is_held: bool,
    pub(crate) handles: BTreeMap<u32, File>,
    pub(crate) next_handle: u32,
    pub(crate) next_callback: u32,
    /// The kernel's word for who is there; `None` over TCP.
    pub(crate) caller: Option<Identity>,
    /// Nothing more is taken from it; when all is sent, it is closed.
    pub(crate) is_ending: bool,
    /// It is closed now.
    pub(crate) is_over: bool,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd, is_unix: bool) -> Self {
        let identity = |found: nix::sys::socket::UnixCredentials| Identity {
            uid: found.uid(),
            gid: found.gid(),
            pid: u32::try_from(found.pid()).unwrap_or(0),
        };
        let caller = is_unix.then(|| getsockopt(&socket, PeerCredentials).ok().map(identity)).flatten();
        Self {
            socket,
            inbox: Inbox::default(),
            outbox: Vec::new(),
            sent: 0,
            is_held: false,
            handles: BTreeMap::new(),
            next_handle: 1,
            next_callback: 1,
            caller,
            is_ending: false,
            is_over: false,
        }
    }

    /// Whether there is room for one more answer.
    pub(crate) fn has_room(&self) -> bool {
        self.outbox.len() - self.sent < ENOUGH
    }

    /// What the loop shall wait for.
    pub(crate) fn interest(&self) -> PollFlags {
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::POLLIN, self.has_room() && !self.is_ending);
        interest.set(PollFlags::POLLOUT, self.sent < self.outbox.len());
        interest
    }

    /// Takes what has come.
    pub(crate) fn receive(&mut self) {
        match self.inbox.receive(&self.socket) {
            Ok(0) => self.is_over = true,
            Ok(_) => {}
            Err(errno) if is_later(errno) => {}
            Err(_) => self.is_over = true,
        }
    }

    /// Sends, or keeps what the kernel does not take.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.outbox.extend(bytes);
        if !self.is_held || self.outbox.len() - self.sent >= FULL {
            self.flush();
        }
    }

    /// Keeps what is to be sent until [`release`](Self::release). Who has many calls under way gets the answers to all
    /// that came at once by one write: a system call costs more than such an answer.
    pub(crate) fn hold(&mut self) {
        self.is_held = true;
    }

    /// Sends what was kept, also if the connection is over since: those answers were ready before.
    pub(crate) fn release(&mut self) {
        self.is_held = false;
        let is_over = std::mem::take(&mut self.is_over);
        self.flush();
        self.is_over |= is_over;
    }

    pub(crate) fn flush(&mut self) {
        while self.sent < self.outbox.len() && !self.is_over {
            let rest = &self.outbox[self.sent..];
            let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
            match retry(|| send(self.socket.as_raw_fd(), rest, flags)) {
                Ok(sent) => self.sent += sent,
                Err(errno) if is_later(errno) => break,
                Err(_) => self.is_over = true,
            }
        }
        if self.sent == self.outbox.len() {
            self.is_over |= self.is_ending;
            self.sent = 0;
            self.outbox.clear();
            // A large answer was an exception.
            self.outbox.shrink_to(ENOUGH / 16);
        } else if self.sent >= ENOUGH {
            self.outbox.drain(..std::mem::take(&mut self.sent));
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
// END SOLUTION
