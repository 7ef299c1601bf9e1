//! Passing an open descriptor to another process: SCM_RIGHTS.
//!
//! What is sent is not the number but the open socket behind it: the receiver gets a new descriptor of its own for the
//! same connection, as if dup could reach over to another process.
#![allow(unsafe_code, reason = "a descriptor arrives as a bare number, which has to be given an owner")]

use anyhow::{Context, Result, bail};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

/// sendmsg—Sends a copy of `what` through the Unix socket `to`, with one byte, as some data must go along.
///
/// # Errors
/// `EPIPE`: the other end is closed.
///
/// See also: `unix(7)` (SCM_RIGHTS), `cmsg(3)`
pub fn pass(to: impl AsFd, what: impl AsFd) -> Result<()> {
    let rights = [what.as_fd().as_raw_fd()];
    let (data, control) = ([IoSlice::new(b"d")], [ControlMessage::ScmRights(&rights)]);
    let sent = ipc_kit::retry(|| {
        sendmsg::<()>(to.as_fd().as_raw_fd(), &data, &control, MsgFlags::MSG_NOSIGNAL, None)
    });
    sent.context("pass a descriptor").map(drop)
}

/// recvmsg—Waits for a descriptor. `None`: the other end is closed, none will come.
///
/// # Errors
/// When a message without a descriptor comes, or when this process can hold no more descriptors.
pub fn receive(from: impl AsFd) -> Result<Option<OwnedFd>> {
    let (mut byte, mut space) = ([0], nix::cmsg_space!(RawFd));
    loop {
        let mut parts = [IoSliceMut::new(&mut byte)];
        // Close-on-exec from the first moment on.
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = match recvmsg::<()>(from.as_fd().as_raw_fd(), &mut parts, Some(&mut space), flags) {
            Err(nix::errno::Errno::EINTR) => continue,
            other => other.context("receive a descriptor")?,
        };
        if message.bytes == 0 {
            return Ok(None);
        }
        let Some(ControlMessageOwned::ScmRights(numbers)) =
            message.cmsgs().context("read the control message")?.next()
        else {
            bail!("a message came without a descriptor");
        };
        let [number] = numbers[..] else { bail!("expected one descriptor, {} came", numbers.len()) };
        // SAFETY: the kernel has just made this descriptor for this process, and nobody else here knows its number.
        return Ok(Some(unsafe { OwnedFd::from_raw_fd(number) }));
    }
}
