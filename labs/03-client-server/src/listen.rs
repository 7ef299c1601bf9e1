//! The socket that waits: its name, its mode, and its end. See `unix(7)`, `bind(2)`, `listen(2)`.

#![allow(unsafe_code, reason = "an accepted descriptor is a bare number that somebody must own")]

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, accept4, bind, connect, getsockname, listen,
    setsockopt, socket,
};
use nix::sys::stat::{Mode, fchmod};

use crate::address::Address;
use crate::failure::failed;
use crate::options::Kind;

/// A bound socket. Dropping it removes its file.
#[derive(Debug)]
pub struct Listening {
    socket: OwnedFd,
    address: Address,
}

impl Listening {
    /// Makes the socket, gives it its name, and lets clients come.
    ///
    /// # Errors
    /// `ADDRESS: REASON`; above all `Address already in use`.
    pub fn open(address: &Address, kind: Kind) -> anyhow::Result<Self> {
        Self::make(address, kind).map_err(|errno| failed(address, errno))
    }

    fn make(address: &Address, kind: Kind) -> nix::Result<Self> {
        todo!("M1: socket, bind, listen, and the port that the kernel has chosen")
    }

    /// Takes the next client out of the backlog. Whether it waits for one is up to the socket.
    ///
    /// # Errors
    /// `EAGAIN` if there is none, `ECONNABORTED` if it has gone again, `EMFILE` and others if there is no descriptor.
    pub fn accept(&self) -> nix::Result<OwnedFd> {
        let flags = SockFlag::SOCK_CLOEXEC; // M3, M4: what may wait for this client?
        let number = retry(|| accept4(self.socket.as_raw_fd(), flags))?;
        // SAFETY: accept4 has just made this descriptor, and nobody else knows of it.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }

    /// Prints `ready ADDRESS`: from now on a client may come.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn announce(&self) -> io::Result<()> {
        let mut stdout = io::stdout();
        writeln!(stdout, "ready {}", self.address)?;
        stdout.flush()
    }
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // M5: remove the socket's file
    }
}
