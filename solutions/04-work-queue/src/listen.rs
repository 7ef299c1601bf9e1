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
        // BEGIN SOLUTION
        let failed = |error: io::Error| Failure::io(path.display().to_string(), &error);
        if path.as_os_str().len() > LONGEST_NAME {
            return Err(failed(Errno::ENAMETOOLONG.into()));
        }
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_left_over(path) => {
                fs::remove_file(path).and_then(|()| UnixListener::bind(path))
            }
            other => other,
        };
        let listener = listener.map_err(failed)?;
        let own = identity(path).map_err(failed)?;
        // A client that is gone again must not make accept wait.
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Named { listener, path: path.to_owned(), own })
        // END SOLUTION
        // STUB: todo!("M9: listen at the path")
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
    fn drop(&mut self) {
        // BEGIN SOLUTION
        // Somebody may have put something else there; or it is gone, which is right, too.
        if identity(&self.path).is_ok_and(|found| found == self.own) {
            let _ = fs::remove_file(&self.path);
        }
        // END SOLUTION
    }
}
// BEGIN SOLUTION

/// A socket on which nobody listens.
fn is_left_over(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).err().is_some_and(refused)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()))
}
// END SOLUTION

/// Listens at `address`, and gives the address that the system chose where it has port 0.
///
/// # Errors
/// When the address is taken, or not ours.
pub fn tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    // BEGIN SOLUTION
    // std sets SO_REUSEADDR: connections of the last run that linger do not keep us out.
    let listening = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let chosen = listener.local_addr()?;
        Ok((listener, chosen))
    };
    listening().map_err(|error| Failure::io(address.to_string(), &error))
    // END SOLUTION
    // STUB: todo!("M9: listen at the address")
}
