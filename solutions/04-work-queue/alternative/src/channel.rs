//! The channel between the boss and one worker: a stream on which a newline ends each message.
//! See `unix(7)`, `cmsg(3)`.
//!
//! One task is on its way at a time, so no read ever brings more than one message.

#![allow(
    unsafe_code,
    reason = "a received descriptor is a bare number that somebody must take into possession"
)]

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, Shutdown, SockFlag, SockType, recvmsg,
    sendmsg, shutdown, socketpair,
};

/// One side.
#[derive(Debug)]
pub struct Channel(OwnedFd);

/// What has come.
#[derive(Debug, Default)]
pub struct Message {
    /// Its bytes, without the newline.
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
        let flags = SockFlag::SOCK_CLOEXEC;
        let (one, other) = socketpair(AddressFamily::Unix, SockType::Stream, None, flags)?;
        Ok((Channel(one), Channel(other)))
    }

    /// Sends one message, and a copy of a descriptor with it.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: nobody holds the other side any more.
    pub fn send(&self, message: &[u8], descriptor: Option<BorrowedFd<'_>>) -> nix::Result<()> {
        let line = [message, b"\n"].concat();
        let numbers: Vec<RawFd> = descriptor.iter().map(AsRawFd::as_raw_fd).collect();
        let mut control = vec![ControlMessage::ScmRights(&numbers)];
        let mut sent = 0;
        while sent < line.len() {
            if numbers.is_empty() || sent > 0 {
                control.clear();
            }
            let rest = [IoSlice::new(&line[sent..])];
            let flags = MsgFlags::MSG_NOSIGNAL;
            sent += retry(|| sendmsg::<()>(self.0.as_raw_fd(), &rest, &control, flags, None))?;
        }
        Ok(())
    }

    /// Waits for the next message; `None` is the end: nobody holds the other side any more. A message that was cut off
    /// by the end is none.
    ///
    /// # Errors
    /// What recvmsg(2) says.
    pub fn receive(&self) -> nix::Result<Option<Message>> {
        let mut message = Message::default();
        loop {
            let before = message.bytes.len();
            match self.receive_some(&mut message) {
                // A side that is closed with something unread in it says so by ECONNRESET.
                Err(Errno::ECONNRESET) => return Ok(None),
                other => other?,
            }
            if message.bytes.len() == before {
                return Ok(None);
            }
            if message.bytes.last() == Some(&b'\n') {
                message.bytes.pop();
                return Ok(Some(message));
            }
        }
    }

    fn receive_some(&self, message: &mut Message) -> nix::Result<()> {
        let mut bytes = [0; 4096];
        let mut space = nix::cmsg_space!(RawFd);
        let received = retry(|| {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let received = recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
            let mut numbers = received.cmsgs()?.filter_map(|control| match control {
                ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
                _ => None,
            });
            Ok((received.bytes, numbers.next()))
        })?;
        message.bytes.extend_from_slice(&bytes[..received.0]);
        if let Some(number) = received.1 {
            // SAFETY: recvmsg(2) has just made this descriptor for us, and told nobody else of it.
            message.descriptor = Some(unsafe { OwnedFd::from_raw_fd(number) });
        }
        Ok(())
    }

    /// Waits until [`receive`](Self::receive) would not wait. It takes nothing and allocates nothing.
    pub fn wait(&self) {
        // Whatever poll(2) may have to say, recvmsg(2) says it, too.
        let _ = retry(|| poll(&mut [self.readable()], PollTimeout::NONE));
    }

    /// Whether [`receive`](Self::receive) would not wait.
    pub fn has_something(&self) -> bool {
        matches!(poll(&mut [self.readable()], PollTimeout::ZERO), Ok(1))
    }

    /// The other side sees the end, whoever holds copies of this one. Messages from there still come.
    pub fn end(&self) {
        // The other side may be gone already.
        let _ = shutdown(self.0.as_raw_fd(), Shutdown::Write);
    }

    fn readable(&self) -> PollFd<'_> {
        PollFd::new(self.0.as_fd(), PollFlags::POLLIN)
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
