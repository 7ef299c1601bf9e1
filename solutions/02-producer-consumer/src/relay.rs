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
    // BEGIN SOLUTION
    let (mut up, mut down) = (Direction::default(), Direction::default());
    while !(up.is_over && down.is_over) {
        wait(&[(&a, up.events(&down)), (&b, down.events(&up))]).map_err(Failure::on("poll"))?;
        up.pass(&a, &b)?;
        down.pass(&b, &a)?;
    }
    Ok(())
    // END SOLUTION
    // STUB: todo!("M9: pass bytes both ways; wait in poll only")
}

/// Connects to a Unix stream socket.
fn connect(path: &Path) -> Result<Side, Failure> {
    // BEGIN SOLUTION
    let what = path.display().to_string();
    let failed = |error: std::io::Error| {
        // An error without a number is a path that is too long for a socket.
        let errno = error.raw_os_error().map_or(Errno::ENAMETOOLONG, Errno::from_raw);
        Failure::NoConnection { what: what.clone(), errno }
    };
    let socket = UnixStream::connect(path).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    Ok(Side { socket, what })
    // END SOLUTION
    // STUB: todo!("M9: connect to this path; NoConnection if that fails")
}
// BEGIN SOLUTION

/// Sleeps until one of the sockets can do what is wanted of it. One that nothing is wanted of is not asked: it may
/// have hung up long ago, and poll would say so each time.
fn wait(sides: &[(&Side, PollFlags)]) -> nix::Result<()> {
    let mut list: Vec<PollFd> = sides
        .iter()
        .filter(|(_, events)| !events.is_empty())
        .map(|(side, events)| PollFd::new(side.socket.as_fd(), *events))
        .collect();
    retry(|| poll(&mut list, PollTimeout::NONE)).map(drop)
}

/// What is under way from one side to the other.
#[derive(Debug, Default)]
struct Direction {
    bytes: Vec<u8>,
    /// The source sends no more.
    has_ended: bool,
    /// The other side knows it.
    is_over: bool,
}

impl Direction {
    fn has_room(&self) -> bool {
        !self.has_ended && self.bytes.len() < ROOM
    }

    /// What is wanted of this direction's source, which is the destination of the way `back`.
    fn events(&self, back: &Self) -> PollFlags {
        let mut events = PollFlags::empty();
        events.set(PollFlags::POLLIN, self.has_room());
        events.set(PollFlags::POLLOUT, !back.bytes.is_empty());
        events
    }

    /// Passes on what can be passed on without waiting.
    fn pass(&mut self, from: &Side, to: &Side) -> Result<(), Failure> {
        if self.has_room() {
            self.read(from).map_err(Failure::writing(&from.what))?;
        }
        if !self.bytes.is_empty() {
            self.write(to).map_err(Failure::writing(&to.what))?;
        }
        if self.has_ended && self.bytes.is_empty() && !self.is_over {
            // Who has gone altogether needs to be told nothing.
            let _ = to.socket.shutdown(Shutdown::Write);
            self.is_over = true;
        }
        Ok(())
    }

    fn read(&mut self, from: &Side) -> nix::Result<()> {
        let mut block = [0; ROOM];
        let room = ROOM - self.bytes.len();
        match retry(|| read(&from.socket, &mut block[..room])) {
            Ok(0) => self.has_ended = true,
            Ok(count) => self.bytes.extend_from_slice(&block[..count]),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    fn write(&mut self, to: &Side) -> nix::Result<()> {
        match retry(|| write(&to.socket, &self.bytes)) {
            Ok(count) => drop(self.bytes.drain(..count)),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        Ok(())
    }
}
// END SOLUTION
