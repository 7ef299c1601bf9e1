//! The client's side: socket, connect.

use crate::address::Address;
use crate::listen::{self, make};
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// socket, connect—Calls the server at `address`. It returns when the caller stands in the server's queue, which may
/// be long before the server accepts.
///
/// # Errors
/// `ECONNREFUSED` when nobody listens there, `ENOENT` when a Unix path does not exist, `EACCES` when its mode forbids.
///
/// See also: `connect(2)`
pub fn connect(address: &Address, kind: SockType) -> Result<OwnedFd> {
    let socket = make(address, kind)?;
    connect_to(&socket, address).with_context(|| format!("connect to {address}"))?;
    Ok(socket)
}

/// A stream to the server at `address`.
///
/// # Errors
/// See [`connect`].
pub fn stream(address: &Address) -> Result<OwnedFd> {
    connect(address, SockType::Stream)
}

/// connect—Connects an existing socket. For a datagram socket nothing is sent: it only gets a standing receiver.
///
/// # Errors
/// See [`connect`]; `EAGAIN` when the socket is non-blocking and the server's queue is full (Unix).
pub fn connect_to(socket: impl AsFd, address: &Address) -> Result<()> {
    let kernel = address.to_kernel()?;
    let mut interrupted = false;
    loop {
        match nix::sys::socket::connect(socket.as_fd().as_raw_fd(), &*kernel) {
            // A signal ends the waiting, not the connecting: asked again, Linux waits on, or says that it is done.
            Err(Errno::EINTR) => interrupted = true,
            Err(Errno::EISCONN) if interrupted => return Ok(()),
            other => return Ok(other?),
        }
    }
}

/// socketpair—Two Unix sockets that are connected to each other and have no names: a two-way pipe.
///
/// # Errors
/// `EMFILE` when no descriptor is left.
///
/// See also: `socketpair(2)`
pub fn pair(kind: SockType) -> Result<(OwnedFd, OwnedFd)> {
    let made = nix::sys::socket::socketpair(AddressFamily::Unix, kind, None, SockFlag::SOCK_CLOEXEC);
    made.context("make a socket pair")
}

/// listen, connect, accept—Both ends of a stream over `address`, in one process: first the client's, then the server's.
/// That works because connect does not wait for accept.
///
/// # Errors
/// See [`listen::stream`] and [`stream`].
pub fn both_ends(address: &Address) -> Result<(OwnedFd, OwnedFd)> {
    let listener = listen::stream(address)?;
    let client = stream(&listen::local_address(&listener)?)?;
    let server = listen::accept(&listener).context("accept a client")?;
    Ok((client, server))
}
