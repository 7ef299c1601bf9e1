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
        // BEGIN SOLUTION
        let socket = bound(address, kind)?;
        // From here on the file is ours, and removed if anything goes wrong.
        let mut listening = Self { socket, address: address.clone() };
        if kind != Kind::Datagram {
            listen(&listening.socket, Backlog::MAXCONN)?;
        }
        if let Address::Tcp(address) = &mut listening.address {
            let name: SockaddrStorage = getsockname(listening.socket.as_raw_fd())?;
            let port = name.as_sockaddr_in().map(|name| name.port());
            let port = port.or_else(|| name.as_sockaddr_in6().map(|name| name.port()));
            address.set_port(port.ok_or(Errno::EAFNOSUPPORT)?);
        }
        Ok(listening)
        // END SOLUTION
        // STUB: todo!("M1: socket, bind, listen, and the port that the kernel has chosen")
    }

    /// Takes the next client out of the backlog. Whether it waits for one is up to the socket.
    ///
    /// # Errors
    /// `EAGAIN` if there is none, `ECONNABORTED` if it has gone again, `EMFILE` and others if there is no descriptor.
    pub fn accept(&self) -> nix::Result<OwnedFd> {
        // BEGIN SOLUTION
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // END SOLUTION
        // STUB: let flags = SockFlag::SOCK_CLOEXEC; // M3, M4: what may wait for this client?
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
        // BEGIN SOLUTION
        if let Some(path) = self.address.path() {
            // If it is gone already, all is well.
            let _ = fs::remove_file(path);
        }
        // END SOLUTION
        // STUB: // M5: remove the socket's file
    }
}
// BEGIN SOLUTION

/// A socket with its name. The name of a dead server is taken over.
fn bound(address: &Address, kind: Kind) -> nix::Result<OwnedFd> {
    let name = address.to_kernel()?;
    let socket = new_socket(address.family(), kind)?;
    match address {
        Address::Unix(_) => fchmod(&socket, Mode::S_IRUSR | Mode::S_IWUSR)?,
        Address::Abstract(_) => {}
        Address::Tcp(_) => setsockopt(&socket, ReuseAddr, &true)?,
    }
    match bind(socket.as_raw_fd(), &*name) {
        Err(Errno::EADDRINUSE) if address.path().is_some_and(|path| is_abandoned(path, address, kind)) => {
            // Two servers may be here at once: then one of them binds, and the other fails as it should.
            address.path().map_or(Ok(()), nix::unistd::unlink)?;
            bind(socket.as_raw_fd(), &*name)?;
        }
        other => other?,
    }
    Ok(socket)
}

/// Whether `path` is a socket that nobody has open any more.
fn is_abandoned(path: &Path, address: &Address, kind: Kind) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    let is_refused = || {
        let socket = new_socket(address.family(), kind)?;
        connect(socket.as_raw_fd(), &*address.to_kernel()?)
    };
    is_socket && is_refused() == Err(Errno::ECONNREFUSED)
}

fn new_socket(family: AddressFamily, kind: Kind) -> nix::Result<OwnedFd> {
    let kind = match kind {
        Kind::Stream => SockType::Stream,
        Kind::Datagram => SockType::Datagram,
        Kind::Packet => SockType::SeqPacket,
    };
    socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)
}
// END SOLUTION
