//! Passing a descriptor to another process: SCM_RIGHTS.
//!
//! The receiver gets a new number for the same open file, as if by dup: same position, same flags. The bytes of the
//! message say what it is; the descriptor travels beside them, in a *control message*.
#![allow(
    unsafe_code,
    reason = "recvmsg(2) gives bare numbers, and taking ownership of one cannot be checked"
)]

use anyhow::{Context, Result, bail};
use ipc_kit::retry;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

/// sendmsg—Sends a copy of `descriptor` over a Unix socket. Ours may be closed at once: the one in flight is open.
///
/// # Errors
/// `EPIPE` when the peer has gone, `ETOOMANYREFS` when too many descriptors are in flight.
///
/// See also: `unix(7)` (SCM_RIGHTS), `cmsg(3)`
pub fn send_descriptor(socket: impl AsFd, descriptor: impl AsFd) -> Result<()> {
    let rights = [descriptor.as_fd().as_raw_fd()];
    // On a stream, a descriptor travels with at least one byte.
    let (bytes, control) = ([IoSlice::new(b"d")], [ControlMessage::ScmRights(&rights)]);
    let socket = socket.as_fd().as_raw_fd();
    let sent = retry(|| sendmsg::<()>(socket, &bytes, &control, MsgFlags::MSG_NOSIGNAL, None));
    sent.context("send a descriptor").map(drop)
}

/// recvmsg—Receives one descriptor, close-on-exec from the first moment.
///
/// # Errors
/// When the message has none, or the stream is at its end.
///
/// See also: `unix(7)` (SCM_RIGHTS), `recvmsg(2)` (MSG_CMSG_CLOEXEC)
pub fn receive_descriptor(socket: impl AsFd) -> Result<OwnedFd> {
    let (mut byte, mut space) = ([0], nix::cmsg_space!(RawFd));
    let mut parts = [IoSliceMut::new(&mut byte)];
    let socket = socket.as_fd().as_raw_fd();
    let message = loop {
        match recvmsg::<()>(socket, &mut parts, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC) {
            Err(nix::errno::Errno::EINTR) => {}
            other => break other.context("receive a descriptor")?,
        }
    };
    match message.cmsgs().context("read the control message")?.next() {
        Some(ControlMessageOwned::ScmRights(numbers)) if numbers.len() == 1 => {
            // SAFETY: the kernel has just opened this descriptor for us, so nobody else owns it.
            Ok(unsafe { OwnedFd::from_raw_fd(numbers[0]) })
        }
        other => bail!("expected one descriptor, received {other:?}"),
    }
}
