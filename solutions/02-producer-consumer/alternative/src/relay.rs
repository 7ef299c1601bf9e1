//! `relay`: two directions, two threads. See `unix(7)`, `shutdown(2)`.
//!
//! Each direction reads and writes in calls that block. If one waits to be read, it keeps only itself from reading.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use ipc_kit::{retry, write_all};
use nix::errno::Errno;
use nix::unistd::read;

use crate::failure::Failure;
use crate::terminate::{errno_of, start_thread};

/// The most that is held for one direction, in bytes.
const ROOM: usize = 64 << 10;

/// One socket.
#[derive(Debug)]
struct Side {
    socket: UnixStream,
    /// Its path, for messages.
    what: String,
}

impl Side {
    fn connect(path: &Path) -> Result<Arc<Self>, Failure> {
        let what = path.display().to_string();
        match UnixStream::connect(path) {
            Ok(socket) => Ok(Arc::new(Self { socket, what })),
            Err(error) => Err(Failure::NoConnection { what, errno: errno_of(&error) }),
        }
    }
}

/// Passes on what comes from either side, until both have ended.
///
/// # Errors
/// `NoConnection`; `Gone` if one side reads no more; what else the system says.
pub(crate) fn relay(a: &Path, b: &Path) -> Result<(), Failure> {
    let (a, b) = (Side::connect(a)?, Side::connect(b)?);
    let (ended, ends) = channel();
    for (from, to) in [(a.clone(), b.clone()), (b, a)] {
        let ended = ended.clone();
        start_thread(move || ended.send(pass(&from, &to)))?;
    }
    // The first failure is the end of both ways, wherever the other one waits.
    ends.iter().take(2).collect()
}

/// One direction, to its end.
fn pass(from: &Side, to: &Side) -> Result<(), Failure> {
    let mut buffer = vec![0; ROOM];
    loop {
        // A socket that was closed with something unread gives ECONNRESET here: it reads no more either.
        match retry(|| read(&from.socket, &mut buffer)).map_err(Failure::writing(&from.what))? {
            0 => break,
            n => write_all(&to.socket, &buffer[..n]).map_err(Failure::writing(&to.what))?,
        }
    }
    match to.socket.shutdown(Shutdown::Write) {
        Err(error) if errno_of(&error) != Errno::ENOTCONN => Err(Failure::on(&to.what)(errno_of(&error))),
        _ => Ok(()),
    }
}
