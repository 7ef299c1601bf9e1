//! The socket that waits: its name and its end. Complete; nothing to do here. See `unix(7)`, `bind(2)`, `listen(2)`.

#![allow(unsafe_code, reason = "an accepted descriptor is a bare number that somebody must own")]

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{ReuseAddr, TcpNoDelay};
use nix::sys::socket::{
    Backlog, SockFlag, SockType, SockaddrStorage, accept4, bind, connect, getsockname, listen, setsockopt,
    socket,
};

use crate::address::Address;
use crate::failure::failed;

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
    pub fn open(address: &Address) -> anyhow::Result<Self> {
        Self::make(address).map_err(|errno| failed(address, errno))
    }

    fn make(address: &Address) -> nix::Result<Self> {
        let socket = new_socket(address, SockFlag::SOCK_NONBLOCK)?;
        if let Address::Tcp(_) = address {
            setsockopt(&socket, ReuseAddr, &true)?;
        }
        bind(socket.as_raw_fd(), &*address.to_kernel()?)?;
        // From here on the file is ours, and removed if anything goes wrong.
        let mut listening = Self { socket, address: address.clone() };
        listen(&listening.socket, Backlog::MAXCONN)?;
        if let Address::Tcp(address) = &mut listening.address {
            let name: SockaddrStorage = getsockname(listening.socket.as_raw_fd())?;
            let port = name.as_sockaddr_in().map(|name| name.port());
            let port = port.or_else(|| name.as_sockaddr_in6().map(|name| name.port()));
            address.set_port(port.ok_or(Errno::EAFNOSUPPORT)?);
        }
        Ok(listening)
    }

    /// Takes the next client out of the backlog, without waiting for one. Its socket does not block either.
    ///
    /// # Errors
    /// `EAGAIN` if there is none, `ECONNABORTED` if it has gone again, `EMFILE` and others if there is no descriptor.
    pub fn accept(&self) -> nix::Result<OwnedFd> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let number = retry(|| accept4(self.socket.as_raw_fd(), flags))?;
        // SAFETY: accept4 has just made this descriptor, and nobody else knows of it.
        let socket = unsafe { OwnedFd::from_raw_fd(number) };
        without_delay(&socket, &self.address)?;
        Ok(socket)
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
        if let Some(path) = self.address.path() {
            // If it is gone already, all is well.
            let _ = fs::remove_file(path);
        }
    }
}

/// Connects to a server. The socket blocks.
///
/// # Errors
/// What `connect(2)` says: `ECONNREFUSED`, `ENOENT`.
pub fn connect_to(address: &Address) -> nix::Result<OwnedFd> {
    let socket = new_socket(address, SockFlag::empty())?;
    retry(|| connect(socket.as_raw_fd(), &*address.to_kernel()?))?;
    without_delay(&socket, address)?;
    Ok(socket)
}

/// A frame leaves at once, even if the one before is not acknowledged: `tcp(7)`.
fn without_delay(socket: &OwnedFd, address: &Address) -> nix::Result<()> {
    match address {
        Address::Tcp(_) => setsockopt(socket, TcpNoDelay, &true),
        _ => Ok(()),
    }
}

fn new_socket(address: &Address, flags: SockFlag) -> nix::Result<OwnedFd> {
    socket(address.family(), SockType::Stream, SockFlag::SOCK_CLOEXEC | flags, None)
}
