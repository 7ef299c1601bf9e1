//! Who is at the other end of a Unix socket: the kernel knows, and the client cannot lie.

use anyhow::{Context, Result};
use nix::sys::socket::{AddressFamily, SockaddrLike, SockaddrStorage, getsockname, getsockopt, sockopt};
use std::fmt;
use std::os::fd::{AsFd, AsRawFd};

/// The process that called connect, as it was at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its effective user.
    pub uid: u32,
    /// Its effective group.
    pub gid: u32,
    /// Its process number, for messages only: the process may have ended, and its number be another's by now.
    pub pid: i32,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uid={} gid={} pid={}", self.uid, self.gid, self.pid)
    }
}

/// getsockopt SO_PEERCRED—Who connected this Unix socket; `None` for an internet socket, where the kernel knows an
/// address only, and an address is not a person.
///
/// The descriptor may have been handed to another process since; the answer stays the one who connected.
///
/// # Errors
/// None for a connected socket.
///
/// See also: `unix(7)` (SO_PEERCRED)
pub fn peer(socket: impl AsFd) -> Result<Option<Peer>> {
    let own: SockaddrStorage = getsockname(socket.as_fd().as_raw_fd()).context("ask for the own address")?;
    if own.family() != Some(AddressFamily::Unix) {
        return Ok(None);
    }
    let known = getsockopt(&socket, sockopt::PeerCredentials).context("ask who the peer is")?;
    Ok(Some(Peer { uid: known.uid(), gid: known.gid(), pid: known.pid() }))
}
