//! `relay`: two sockets, two directions, one thread. See `poll(2)`, `shutdown(2)`, `unix(7)`.
//!
//! It sleeps in poll and nowhere else: a write that could wait would keep it from reading, and if both sides do
//! that, all three wait for ever.

use crate::failure::Failure;
use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// The most that is held for one direction, in bytes.
const ROOM: usize = 64 << 10;

/// One socket.
#[derive(Debug)]
struct Side {
    socket: UnixStream,
    /// Its path, for messages.
    what: String,
}

/// Passes on what comes from either side, until both have ended.
///
/// # Errors
/// `NoConnection`; `Gone` if one side reads no more; what else the system says.
pub fn relay(a: &Path, b: &Path) -> Result<(), Failure> {
    let (a, b) = (connect(a)?, connect(b)?);
    todo!("M9: pass bytes both ways; wait in poll only")
}

/// Connects to a Unix stream socket.
fn connect(path: &Path) -> Result<Side, Failure> {
    todo!("M9: connect to this path; NoConnection if that fails")
}
