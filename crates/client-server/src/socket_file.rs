//! The name of a Unix socket in the file system: made with mode 0600, taken over from a dead server, and removed.
//!
//! The name is not the socket. When a server is killed the kernel closes its socket, but the file stays: connect to it
//! says ECONNREFUSED, and bind says EADDRINUSE. Somebody must unlink it, and only if nobody lives there:
//!
//! ```text
//!   what is at the path       connect says      what to do
//!   nothing                   ENOENT            bind
//!   a socket, server dead     ECONNREFUSED      unlink, bind
//!   a file, a folder          ECONNREFUSED too  refuse: it is somebody's data
//!   a socket, server alive    success, EAGAIN   refuse
//! ```

use crate::address::Address;
use crate::{connect, listen, stream};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::SockType;
use nix::sys::stat::{Mode, umask};
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Removes the name when dropped, if it is still ours. A killed process drops nothing: hence the takeover.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: another server may have put its own socket at our path.
    identity: (u64, u64),
}

/// Listens at `path` with mode 0600. A socket file whose server is dead is taken over.
///
/// # Errors
/// When a server lives there, when there is something that is no socket, or when the folder cannot be read or written.
///
/// See also: `unix(7)`, `flock(2)`, `umask(2)`
pub fn listen(path: &Path) -> Result<(OwnedFd, SocketFile)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let turn = File::open(folder).with_context(|| format!("open the folder {}", folder.display()))?;
    // One at a time from here to bind: else two starters find the same dead socket, and the second unlinks the first's
    // new one. The lock goes with its descriptor, also when the process is killed; it leaves no file.
    turn.lock().with_context(|| format!("lock the folder {}", folder.display()))?;

    let address = Address::Path(path.to_owned());
    if is_stale(path, &address)? {
        fs::remove_file(path).with_context(|| format!("remove the dead socket {}", path.display()))?;
    }
    // The mode is right from the first moment: chmod after bind would leave a moment in which anybody can connect. The
    // umask is the whole process's: a program with threads does this before it starts them.
    let before = umask(Mode::from_bits_truncate(0o177));
    let listener = listen::stream(&address);
    umask(before);
    let made = fs::symlink_metadata(path).context("look at the new socket file");
    Ok((
        listener?,
        SocketFile { path: path.to_owned(), identity: made.map(|made| (made.dev(), made.ino()))? },
    ))
}

/// Whether there is a socket at `path` whose server is dead. False when there is nothing.
fn is_stale(path: &Path, address: &Address) -> Result<bool> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("look at {}", path.display())),
    };
    if !found.file_type().is_socket() {
        bail!("{} is there, and is no socket", path.display());
    }
    let caller = listen::make(address, SockType::Stream)?;
    stream::set_nonblocking(&caller)?; // A live server with a full queue would let us wait.
    match connect::connect_to(&caller, address) {
        Ok(()) => bail!("a server lives at {address}"),
        Err(error) => match error.downcast_ref::<Errno>() {
            Some(Errno::ECONNREFUSED) => Ok(true),
            // Full queue; a socket of another kind.
            Some(Errno::EAGAIN | Errno::EPROTOTYPE) => bail!("a server lives at {address}"),
            _ => Err(error).with_context(|| format!("ask who lives at {address}")),
        },
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = |found: fs::Metadata| (found.dev(), found.ino()) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            // If that fails the next server takes the name over.
            let _ = fs::remove_file(&self.path);
        }
    }
}
