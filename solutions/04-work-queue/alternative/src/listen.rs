//! Listening: a socket with a name, or with a port. See `unix(7)`, `tcp(7)`.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use crate::failure::Failure;

/// A name with its zero byte must fit into `sun_path`.
const LONGEST_NAME: usize = 107;

/// The name of a socket. It goes when this value is dropped, if it is still the same.
#[derive(Debug)]
pub struct Name {
    path: PathBuf,
    /// Device and inode of the name that is ours.
    own: (u64, u64),
}

/// Listens at `path`. The socket of a dead server is replaced, and nothing else.
///
/// # Errors
/// When somebody else is there, or the name cannot be made.
pub fn unix(path: &Path) -> Result<(UnixListener, Name), Failure> {
    let failed = |error: io::Error| Failure::io(path.display().to_string(), &error);
    if path.as_os_str().len() > LONGEST_NAME {
        return Err(failed(Errno::ENAMETOOLONG.into()));
    }
    let bound = UnixListener::bind(path).or_else(|error| {
        if error.kind() != io::ErrorKind::AddrInUse || !is_dead(path) {
            return Err(error);
        }
        fs::remove_file(path)?;
        UnixListener::bind(path)
    });
    let listener = bound.map_err(failed)?;
    let meta = path.symlink_metadata().map_err(failed)?;
    let name = Name { path: path.to_owned(), own: (meta.dev(), meta.ino()) };
    listener.set_nonblocking(true).map_err(failed)?;
    Ok((listener, name))
}

/// Whether there is a socket that nobody listens at. A live server with a full queue must not hold us.
fn is_dead(path: &Path) -> bool {
    let is_socket = path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_socket());
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let refused = || {
        let asking = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        connect(asking.as_raw_fd(), &UnixAddr::new(path)?)
    };
    is_socket && refused() == Err(Errno::ECONNREFUSED)
}

impl Drop for Name {
    fn drop(&mut self) {
        let meta = self.path.symlink_metadata();
        if meta.is_ok_and(|meta| (meta.dev(), meta.ino()) == self.own) {
            // If it cannot be removed, the next server finds that nobody listens.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens at `address`, and gives the address that the system chose where it has port 0.
///
/// # Errors
/// When the address is taken, or not ours.
pub fn tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listen = || {
        // std sets SO_REUSEADDR: connections that an earlier server has closed are no obstacle.
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listen().map_err(|error| Failure::io(address.to_string(), &error))
}
