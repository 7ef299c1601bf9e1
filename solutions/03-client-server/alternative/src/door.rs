//! The socket that waits: its name, its mode, and its end. See `unix(7)`, `bind(2)`, `listen(2)`, `umask(2)`.

#![allow(unsafe_code, reason = "an accepted descriptor is a bare number that somebody must own")]

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{ReuseAddr, TcpNoDelay};
use nix::sys::socket::{
    Backlog, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, accept4, bind, connect, getsockname,
    listen, setsockopt, socket,
};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, getpid};

use crate::address::Address;
use crate::failure::{failed, failed_io};
use crate::options::Kind;

/// So many may wait until they are accepted.
const BACKLOG: i32 = 128;

/// Who comes through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Clients.
    Clients,
    /// Whoever is in charge.
    Control,
}

/// A bound socket. Dropping it in the process that made it removes its file.
#[derive(Debug)]
pub struct Door {
    socket: OwnedFd,
    address: Address,
    /// How messages travel through it.
    pub kind: Kind,
    /// Who comes through it.
    pub purpose: Purpose,
    _name: Option<Name>,
}

impl Door {
    /// Makes the socket, gives it its name, and lets clients come.
    ///
    /// # Errors
    /// `ADDRESS: REASON`; above all `Address already in use`.
    pub fn open(address: &Address, kind: Kind, purpose: Purpose) -> anyhow::Result<Self> {
        Self::make(address, kind, purpose).map_err(|errno| failed(address, errno))
    }

    fn make(address: &Address, kind: Kind, purpose: Purpose) -> nix::Result<Self> {
        let socket = new_socket(address, kind)?;
        if matches!(address, Address::Tcp(_)) {
            setsockopt(&socket, ReuseAddr, &true)?;
            // Accepted sockets inherit it: an answer shall not wait for the acknowledgement of the one before.
            setsockopt(&socket, TcpNoDelay, &true)?;
        }
        let name = match address.path() {
            Some(path) => Some(bind_to_file(&socket, address, path, kind)?),
            None => bind(socket.as_raw_fd(), &*address.to_kernel()?).map(|()| None)?,
        };
        if kind != Kind::Datagram {
            listen(&socket, Backlog::new(BACKLOG)?)?;
        }
        let address = with_port(&socket, address)?;
        Ok(Self { socket, address, kind, purpose, _name: name })
    }

    /// Whether clients come through a Unix socket.
    #[must_use]
    pub fn is_local(&self) -> bool {
        !matches!(self.address, Address::Tcp(_))
    }

    /// Takes the next client out of the backlog; does not wait for one. The connection itself is one that waits.
    ///
    /// # Errors
    /// `EAGAIN` if there is none, `ECONNABORTED` if it has gone again, `EMFILE` and others if there is no
    /// descriptor.
    pub fn accept(&self) -> nix::Result<OwnedFd> {
        let number = retry(|| accept4(self.socket.as_raw_fd(), SockFlag::SOCK_CLOEXEC))?;
        // SAFETY: accept4 has just made this descriptor, and nobody else knows of it.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }

    /// Prints `ready ADDRESS`: from now on a client may come.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn announce(&self) -> anyhow::Result<()> {
        let mut stdout = io::stdout();
        let written = writeln!(stdout, "ready {}", self.address).and_then(|()| stdout.flush());
        written.map_err(|error| failed_io("stdout", &error))
    }
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The file of a socket, which goes when filed goes; copies of this value in children of filed do nothing.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    file: Option<(u64, u64)>,
    owner: Pid,
}

impl Name {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: identity(path), owner: getpid() }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.owner == getpid() && self.file == identity(&self.path) {
            // Whoever removes it at this moment does our work.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Device and number of a file: a name may be somebody else's when filed ends.
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

fn new_socket(address: &Address, kind: Kind) -> nix::Result<OwnedFd> {
    let socket_type = match kind {
        Kind::Stream => SockType::Stream,
        Kind::Datagram => SockType::Datagram,
        Kind::Packet => SockType::SeqPacket,
    };
    // A client may be gone between poll and accept: then accept must not wait for the next one.
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(address.family(), socket_type, flags, None::<SockProtocol>)
}

/// Binds, and takes the place of a dead server.
fn bind_to_file(socket: &OwnedFd, address: &Address, path: &Path, kind: Kind) -> nix::Result<Name> {
    match bind_private(socket, address) {
        Err(Errno::EADDRINUSE) if is_dead(address, path, kind) => {
            fs::remove_file(path).map_err(|_| Errno::EADDRINUSE)?;
            bind_private(socket, address)?;
        }
        bound => bound?,
    }
    Ok(Name::new(path))
}

/// The umask decides the mode of the file, so it is right from its first moment. The umask is that of the whole
/// process, which has one thread.
fn bind_private(socket: &OwnedFd, address: &Address) -> nix::Result<()> {
    let kernel = address.to_kernel()?;
    let before = umask(Mode::from_bits_truncate(0o177));
    let bound = bind(socket.as_raw_fd(), &*kernel);
    umask(before);
    bound
}

/// Whether this is a socket, and nobody listens.
fn is_dead(address: &Address, path: &Path, kind: Kind) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    let refused = || {
        let probe = new_socket(address, kind)?;
        connect(probe.as_raw_fd(), &*address.to_kernel()?)
    };
    is_socket && refused() == Err(Errno::ECONNREFUSED)
}

/// The address with the port that the kernel has chosen.
fn with_port(socket: &OwnedFd, address: &Address) -> nix::Result<Address> {
    let number = socket.as_raw_fd();
    Ok(match address {
        Address::Tcp(SocketAddr::V4(_)) => {
            Address::Tcp(SocketAddrV4::from(getsockname::<SockaddrIn>(number)?).into())
        }
        Address::Tcp(SocketAddr::V6(_)) => {
            let bound = getsockname::<SockaddrIn6>(number)?;
            Address::Tcp(SocketAddr::from((bound.ip(), bound.port())))
        }
        local => local.clone(),
    })
}
