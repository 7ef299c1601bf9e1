//! The server's side: socket, bind, listen, accept.
//!
//! ```text
//!   socket   a descriptor that leads nowhere yet
//!   bind     gives it a name
//!   listen   makes it a door: the kernel takes callers from now on, and lets them wait in a queue (the backlog)
//!   accept   takes one caller out of the queue, as a NEW descriptor; the door stays as it was
//! ```
#![allow(
    unsafe_code,
    reason = "accept4(2) gives a bare number, and taking ownership of one cannot be checked"
)]

use crate::address::Address;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    Backlog, SockFlag, SockType, SockaddrStorage, accept4, bind, getpeername, getsockname, setsockopt,
    socket, sockopt,
};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// socket—Makes a socket of the family of `address`. It has no name yet.
///
/// Close-on-exec, like every descriptor of this course: a program that some other part of the process starts would
/// inherit the socket, and keep the connection open after we closed it.
///
/// # Errors
/// `EAFNOSUPPORT` when the machine has no such family (a kernel without IPv6), `EMFILE` when no descriptor is left.
///
/// See also: `socket(2)`
pub fn make(address: &Address, kind: SockType) -> Result<OwnedFd> {
    let made = socket(address.family(), kind, SockFlag::SOCK_CLOEXEC, None);
    made.with_context(|| format!("make a socket for {address}"))
}

/// socket, bind—Makes a socket with the name `address`. With datagrams, this is all that a receiver needs.
///
/// # Errors
/// `EADDRINUSE` when the name is taken, also by a socket *file* whose server is dead (see [`crate::socket_file`]);
/// `EADDRNOTAVAIL` when this machine has no such internet address.
///
/// See also: `bind(2)`
pub fn bound(address: &Address, kind: SockType) -> Result<OwnedFd> {
    let socket = make(address, kind)?;
    if kind == SockType::Stream && matches!(address, Address::Internet(_)) {
        // Else a restarted server is refused its port for a minute, because of connections that ended (TIME_WAIT).
        // It does not let two servers listen on one port.
        setsockopt(&socket, sockopt::ReuseAddr, &true).context("allow the port to be used again")?;
    }
    bind(socket.as_raw_fd(), &*address.to_kernel()?).with_context(|| format!("bind {address}"))?;
    Ok(socket)
}

/// socket, bind, listen—Opens a door at `address`; up to `backlog` callers may wait there (and, on Linux, one more).
///
/// # Errors
/// See [`bound`]; `EOPNOTSUPP` when `kind` knows no connections.
///
/// See also: `listen(2)`
pub fn listen(address: &Address, kind: SockType, backlog: Backlog) -> Result<OwnedFd> {
    let socket = bound(address, kind)?;
    nix::sys::socket::listen(&socket, backlog).with_context(|| format!("listen at {address}"))?;
    Ok(socket)
}

/// A stream listener with a long queue: what both servers of this lecture use.
///
/// # Errors
/// See [`listen`].
pub fn stream(address: &Address) -> Result<OwnedFd> {
    listen(address, SockType::Stream, Backlog::MAXCONN)
}

/// accept4—Takes the first caller out of the queue, or waits for one. The new descriptor is close-on-exec.
///
/// # Errors
/// `EAGAIN` when the listener is non-blocking and nobody waits; `EMFILE` when no descriptor is left, and then the
/// caller stays in the queue. A caller that was lost while it waited is no error: the next one is taken.
///
/// See also: `accept(2)`
pub fn accept(listener: impl AsFd) -> nix::Result<OwnedFd> {
    loop {
        match accept4(listener.as_fd().as_raw_fd(), SockFlag::SOCK_CLOEXEC) {
            // SAFETY: accept4 has just made this descriptor, so it is open and nobody else owns it.
            Ok(number) => return Ok(unsafe { OwnedFd::from_raw_fd(number) }),
            Err(reason) if reason == Errno::EINTR || is_lost(reason) => {}
            Err(reason) => return Err(reason),
        }
    }
}

/// Whether accept tells of this one caller only: it gave up, or the network to it broke (`accept(2)`, Error handling).
fn is_lost(reason: Errno) -> bool {
    matches!(
        reason,
        Errno::ECONNABORTED
            | Errno::EPROTO
            | Errno::ENOPROTOOPT
            | Errno::ENETDOWN
            | Errno::ENETUNREACH
            | Errno::EHOSTDOWN
            | Errno::EHOSTUNREACH
            | Errno::ENONET
    )
}

/// getsockname—The name of this end. After bind to port 0, it has the port that the kernel chose.
///
/// # Errors
/// See [`Address::from_kernel`].
///
/// See also: `getsockname(2)`
pub fn local_address(socket: impl AsFd) -> Result<Address> {
    let address: SockaddrStorage =
        getsockname(socket.as_fd().as_raw_fd()).context("ask for the own address")?;
    Address::from_kernel(&address)
}

/// getpeername—The name of the other end.
///
/// # Errors
/// `ENOTCONN` when there is none; see also [`Address::from_kernel`].
///
/// See also: `getpeername(2)`
pub fn peer_address(socket: impl AsFd) -> Result<Address> {
    let address: SockaddrStorage =
        getpeername(socket.as_fd().as_raw_fd()).context("ask for the peer's address")?;
    Address::from_kernel(&address)
}
