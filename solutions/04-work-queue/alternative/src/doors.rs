//! The doorkeeper: the thread that waits for all sockets of clients at once. See `epoll(7)`.
//!
//! It waits without the lock; the set of doors may be changed meanwhile by whoever holds it.

#![allow(
    unsafe_code,
    reason = "an accepted descriptor is a bare number that somebody must take into possession"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{SockFlag, accept4};

use crate::boss::Boss;
use crate::failure::Failure;
use crate::pool::Front;

/// The number of the door at which new clients come.
pub const ENTRANCE: u64 = 0;
/// So many events are taken at once.
const AT_ONCE: usize = 64;

/// A front with doors.
pub trait House: Front {
    /// Its doors.
    fn doors(&self) -> &Arc<Doors>;

    /// Something has happened at the door of this number.
    fn look(&mut self, door: u64, events: EpollFlags);
}

/// What the doorkeeper waits for.
#[derive(Debug)]
pub struct Doors(Epoll);

impl Doors {
    /// Waits at one door more. That its other side is gone is told even if no event is asked for.
    ///
    /// # Errors
    /// `ENOMEM`, `ENOSPC`: the set is full.
    pub fn add(&self, door: u64, at: impl AsFd, events: EpollFlags) -> nix::Result<()> {
        self.0.add(at, EpollEvent::new(events, door))
    }

    /// Waits for other events there.
    pub fn change(&self, door: u64, at: impl AsFd, events: EpollFlags) {
        // The door is in the set, and a change needs no memory.
        let _ = self.0.modify(at, &mut EpollEvent::new(events, door));
    }

    /// Waits there no more. To close the descriptor is not enough: a worker may have a copy.
    pub fn remove(&self, at: impl AsFd) {
        let _ = self.0.delete(at);
    }
}

/// The door at which new clients come.
#[derive(Debug)]
pub struct Entrance {
    listener: OwnedFd,
    doors: Arc<Doors>,
    state: Admission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Open,
    /// There was no descriptor for the next one. It would be told again and again, until somebody leaves.
    Full,
    Closed,
}

impl Entrance {
    /// The doors, and the entrance as the first of them. The listener must be non-blocking.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn new(listener: OwnedFd) -> Result<Entrance, Failure> {
        let failed = |errno| Failure::system("epoll", errno);
        let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(failed)?;
        let doors = Arc::new(Doors(set));
        doors.add(ENTRANCE, &listener, EpollFlags::EPOLLIN).map_err(failed)?;
        Ok(Entrance { listener, doors, state: Admission::Open })
    }

    /// All doors.
    pub fn doors(&self) -> &Arc<Doors> {
        &self.doors
    }

    /// The next client, if one waits.
    pub fn admit(&mut self) -> Option<OwnedFd> {
        loop {
            match accept4(self.listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC) {
                // SAFETY: accept4(2) has just made this descriptor for us, and told nobody else of it.
                Ok(number) => return Some(unsafe { OwnedFd::from_raw_fd(number) }),
                Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => {
                    self.set(Admission::Full);
                    return None;
                }
                // It has gone before it came in.
                Err(Errno::ECONNABORTED | Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// There is a descriptor again.
    pub fn somebody_left(&mut self) {
        if self.state == Admission::Full {
            self.set(Admission::Open);
        }
    }

    /// Nobody comes in any more. Tells whether somebody could until now.
    pub fn close(&mut self) -> bool {
        let was_closed = self.state == Admission::Closed;
        self.set(Admission::Closed);
        !was_closed
    }

    fn set(&mut self, state: Admission) {
        if self.state != state {
            self.state = state;
            let events = if state == Admission::Open { EpollFlags::EPOLLIN } else { EpollFlags::empty() };
            self.doors.change(ENTRANCE, &self.listener, events);
        }
    }
}

/// The doorkeeper's life. It allocates nothing while it has not the lock.
pub fn keep<H: House>(boss: &Boss<H>) {
    let mut desk = boss.lock();
    let doors = Arc::clone(desk.front.doors());
    loop {
        drop(desk);
        let mut events = [EpollEvent::empty(); AT_ONCE];
        let happened = retry(|| doors.0.wait(&mut events, EpollTimeout::NONE));
        desk = boss.lock();
        let happened = happened.map_err(|errno| Failure::system("epoll", errno));
        let count = *happened.as_ref().unwrap_or(&0);
        boss.check(&mut desk, happened.map(drop));
        for event in &events[..count] {
            desk.front.look(event.data(), event.events());
        }
        boss.proceed(&mut desk);
    }
}

/// What a socket is good for, at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It takes an answer.
    Writable,
    /// It takes none: its other side does not read.
    Full,
    /// Nobody is at its other side.
    Gone,
}

/// Looks at a client's socket, without waiting.
pub fn state(socket: BorrowedFd<'_>) -> State {
    let mut asked = [PollFd::new(socket, PollFlags::POLLOUT)];
    // Without an answer, somebody else finds out what is wrong.
    let _ = retry(|| poll(&mut asked, PollTimeout::ZERO));
    let events = asked[0].revents().unwrap_or(PollFlags::empty());
    if events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR) {
        State::Gone
    } else if events.contains(PollFlags::POLLOUT) {
        State::Writable
    } else {
        State::Full
    }
}
