//! The channel between the boss and one worker. See `pipe(7)`, `socketpair(2)`, `unix(7)`, `cmsg(3)`.

#![allow(
    unsafe_code,
    reason = "a received descriptor is a bare number that somebody must take into possession"
)]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// One side.
#[derive(Debug)]
pub struct Channel(OwnedFd);

/// What has come.
#[derive(Debug)]
pub struct Message {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The descriptor that came along.
    pub descriptor: Option<OwnedFd>,
}

impl Channel {
    /// Both sides of a new channel.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`: no descriptor is left.
    pub fn pair() -> nix::Result<(Channel, Channel)> {
        todo!("M2: make the two sides of a channel")
    }

    /// Sends one message, and a copy of a descriptor with it.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: nobody holds the other side any more.
    pub fn send(&self, message: &[u8], descriptor: Option<BorrowedFd<'_>>) -> nix::Result<()> {
        todo!("M2: send one message; M9: with a descriptor (SCM_RIGHTS)")
    }

    /// Waits for the next message; `None` is the end: nobody holds the other side any more.
    ///
    /// # Errors
    /// What recvmsg(2) says.
    pub fn receive(&self) -> nix::Result<Option<Message>> {
        todo!("M2: receive one message, or the end")
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
