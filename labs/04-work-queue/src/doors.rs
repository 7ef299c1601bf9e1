//! The doorkeeper: the thread that waits for all sockets of clients at once. See `epoll(7)`.
//!
//! It waits without the lock; the set of doors may be changed meanwhile by whoever holds it.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::boss::{Boss, Held};
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
    /// No door yet.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn new() -> Result<Arc<Doors>, Failure> {
        let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC);
        set.map(|set| Arc::new(Doors(set))).map_err(|errno| Failure::system("epoll", errno))
    }

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

/// The doorkeeper's life. It allocates nothing while it has not the lock.
pub fn keep<H: House>(boss: &Boss<H>) {
    let mut desk = boss.lock();
    let doors = Arc::clone(desk.front.doors());
    while !desk.pool.is_draining {
        drop(desk);
        let mut events = [EpollEvent::empty(); AT_ONCE];
        let happened = retry(|| doors.0.wait(&mut events, EpollTimeout::NONE));
        desk = boss.lock();
        let happened = happened.map_err(|errno| Failure::system("epoll", errno));
        let count = *happened.as_ref().unwrap_or(&0);
        boss.check(&mut desk, happened.map(drop));
        for event in &events[..count] {
            // Since the end has begun, nobody is heard any more.
            if !desk.pool.is_draining {
                desk.front.look(event.data(), event.events());
            }
        }
        boss.proceed(&mut desk);
    }
    rest(boss, desk);
}

fn rest<'a, H: House>(boss: &'a Boss<H>, mut desk: Held<'a, H>) {
    while !desk.pool.is_ending {
        desk = boss.wait(&boss.changed, desk);
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
