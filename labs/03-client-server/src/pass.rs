//! Bytes with a descriptor beside them. See `sendmsg(2)`, `cmsg(3)`, `unix(7)`: SCM_RIGHTS.

#![allow(unsafe_code, reason = "a received descriptor is a bare number that somebody must own")]

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use ipc_kit::retry;
use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, send, sendmsg};

/// Sends what the kernel takes of `bytes`, without SIGPIPE; the descriptor goes with the first of them.
///
/// # Errors
/// `EAGAIN` if the socket is non-blocking and full; `EPIPE` if nobody reads any more.
pub fn send_with(socket: impl AsFd, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> nix::Result<usize> {
    let socket = socket.as_fd().as_raw_fd();
    let Some(descriptor) = descriptor else {
        return retry(|| send(socket, bytes, MsgFlags::MSG_NOSIGNAL));
    };
    todo!("M9: sendmsg, with SCM_RIGHTS beside the bytes")
}

/// Receives into `buffer`, and the descriptor that comes with the first of these bytes; 0 is the end of the input.
///
/// # Errors
/// What `recvmsg(2)` says.
pub fn receive_with(socket: impl AsFd, buffer: &mut [u8]) -> nix::Result<(usize, Option<OwnedFd>)> {
    let socket = socket.as_fd().as_raw_fd();
    // M9: recvmsg, and take the descriptor that came
    let n = retry(|| nix::sys::socket::recv(socket, buffer, MsgFlags::empty()))?;
    Ok((n, None))
}
