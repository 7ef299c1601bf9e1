//! Descriptors on their way through a Unix socket, beside bytes. See `sendmsg(2)`, `cmsg(3)`, `unix(7)`:
//! SCM_RIGHTS.

#![allow(unsafe_code, reason = "a received descriptor is a bare number that somebody must own")]

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use ipc_kit::retry;
use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// Sends what the kernel takes of `bytes`, and the descriptor with the first of them; no SIGPIPE.
///
/// # Errors
/// `EPIPE` if nobody reads any more; what else `sendmsg(2)` says.
pub fn send_with(socket: BorrowedFd<'_>, bytes: &[u8], descriptor: BorrowedFd<'_>) -> nix::Result<usize> {
    let numbers = [descriptor.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&numbers)];
    let parts = [IoSlice::new(bytes)];
    retry(|| sendmsg::<()>(socket.as_raw_fd(), &parts, &rights, MsgFlags::MSG_NOSIGNAL, None))
}

/// Receives into `buffer`, and the descriptor that comes with the first of these bytes; 0 is the end of the input.
///
/// # Errors
/// What `recvmsg(2)` says.
pub fn receive_with(socket: impl AsFd, buffer: &mut [u8]) -> nix::Result<(usize, Option<OwnedFd>)> {
    let mut space = cmsg_space!([RawFd; 1]);
    let number = socket.as_fd().as_raw_fd();
    let (n, passed) = retry(|| {
        let mut parts = [IoSliceMut::new(&mut *buffer)];
        let message = recvmsg::<()>(number, &mut parts, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC)?;
        let passed: Vec<RawFd> = message.cmsgs()?.flat_map(numbers_of).collect();
        Ok((message.bytes, passed))
    })?;
    // There is room for one number, so the kernel has closed all others.
    // SAFETY: the kernel has just put this descriptor into our table, and nobody else knows of it.
    let mut owned = passed.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) });
    Ok((n, owned.next()))
}

fn numbers_of(control: ControlMessageOwned) -> Vec<RawFd> {
    match control {
        ControlMessageOwned::ScmRights(numbers) => numbers,
        _ => Vec::new(),
    }
}
