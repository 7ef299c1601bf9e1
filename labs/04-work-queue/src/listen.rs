//! Listening: a socket with a name, or with a port. See `unix(7)`, `tcp(7)`.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::failure::Failure;

/// A name with its zero byte must fit into `sun_path`.
const LONGEST_NAME: usize = 107;

/// A Unix socket that is listened on. The name goes when this value is dropped.
#[derive(Debug)]
pub struct Named {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the name that is ours.
    own: (u64, u64),
}

impl Named {
    /// Listens at `path`. The socket of a dead server is replaced, and nothing else.
    ///
    /// # Errors
    /// When somebody else is there, or the name cannot be made.
    pub fn new(path: &Path) -> Result<Named, Failure> {
        todo!("M9: listen at the path")
    }

    /// The next client, if there is one.
    ///
    /// # Errors
    /// `EAGAIN`: there is none. `EMFILE`: no descriptor is left for it.
    pub fn accept(&self) -> io::Result<OwnedFd> {
        self.listener.accept().map(|(client, _)| client.into())
    }
}

impl AsFd for Named {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for Named {
    fn drop(&mut self) {}
}

/// Listens at `address`, and gives the address that the system chose where it has port 0.
///
/// # Errors
/// When the address is taken, or not ours.
pub fn tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    todo!("M9: listen at the address")
}
