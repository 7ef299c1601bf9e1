//! The channel between the boss and one worker. See `pipe(7)`, `socketpair(2)`, `unix(7)`, `cmsg(3)`.
// BEGIN SOLUTION
//!
//! A pair of connected sockets that keep messages apart (SOCK_SEQPACKET): one send is one receive, whole. One
//! descriptor for each side serves both directions, can carry another descriptor along, and when all copies of one
//! side are closed, the other side sees the end.
// END SOLUTION

#![allow(
    unsafe_code,
    reason = "a received descriptor is a bare number that somebody must take into possession"
)]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

// BEGIN SOLUTION
use std::cell::RefCell;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use ipc_kit::retry;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, recvmsg,
    sendmsg, socketpair,
};

/// A message is never longer: a line of 4000 bytes in which each `{}` has become a number of 20 digits, and what is said
/// about it.
const LONGEST: usize = 64 << 10;
// END SOLUTION

/// One side.
#[derive(Debug)]
// BEGIN SOLUTION
pub struct Channel {
    socket: OwnedFd,
    /// Where a message comes in. It is made once: to fill it with zeros for each message took three quarters of a
    /// worker's instructions.
    room: RefCell<Vec<u8>>,
}
// END SOLUTION
// STUB: pub struct Channel(OwnedFd);

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
        // BEGIN SOLUTION
        let (one, other) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        let side = |socket| Channel { socket, room: RefCell::new(vec![0; LONGEST]) };
        Ok((side(one), side(other)))
        // END SOLUTION
        // STUB: todo!("M2: make the two sides of a channel")
    }

    /// Sends one message, and a copy of a descriptor with it.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: nobody holds the other side any more.
    pub fn send(&self, message: &[u8], descriptor: Option<BorrowedFd<'_>>) -> nix::Result<()> {
        // BEGIN SOLUTION
        let passed: Vec<RawFd> = descriptor.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&passed)];
        let control = if passed.is_empty() { &[][..] } else { &rights };
        let bytes = [IoSlice::new(message)];
        let flags = MsgFlags::MSG_NOSIGNAL;
        retry(|| sendmsg::<UnixAddr>(self.socket.as_raw_fd(), &bytes, control, flags, None)).map(drop)
        // END SOLUTION
        // STUB: todo!("M2: send one message; M9: with a descriptor (SCM_RIGHTS)")
    }

    /// Waits for the next message; `None` is the end: nobody holds the other side any more.
    ///
    /// # Errors
    /// What recvmsg(2) says.
    pub fn receive(&self) -> nix::Result<Option<Message>> {
        // BEGIN SOLUTION
        match retry(|| self.receive_once()) {
            // Tells that the other side was closed before it had read everything. What it had sent comes after.
            Err(Errno::ECONNRESET) => retry(|| self.receive_once()),
            other => other,
        }
        // END SOLUTION
        // STUB: todo!("M2: receive one message, or the end")
    }
    // BEGIN SOLUTION

    fn receive_once(&self) -> nix::Result<Option<Message>> {
        let mut room = self.room.borrow_mut();
        let mut space = cmsg_space!(RawFd);
        let mut pieces = [IoSliceMut::new(&mut room)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let got = recvmsg::<UnixAddr>(self.socket.as_raw_fd(), &mut pieces, Some(&mut space), flags)?;
        let length = got.bytes;
        let rights = got.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmRights(passed) => passed.first().copied(),
            _ => None,
        });
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
        let descriptor = rights.map(|number| unsafe { OwnedFd::from_raw_fd(number) });
        // Nobody sends an empty message.
        Ok((length > 0).then(|| Message { bytes: room[..length].to_vec(), descriptor }))
    }
    // END SOLUTION
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // BEGIN SOLUTION
        self.socket.as_fd()
        // END SOLUTION
        // STUB: self.0.as_fd()
    }
}
// BEGIN SOLUTION

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_message_comes_whole_and_the_next_one_alone() {
        let (one, other) = Channel::pair().unwrap();
        for length in [LONGEST, 1] {
            let message = vec![b'x'; length];
            one.send(&message, None).unwrap();
            assert_eq!(other.receive().unwrap().unwrap().bytes, message);
        }
        drop(one);
        assert!(other.receive().unwrap().is_none());
    }
}
// END SOLUTION
