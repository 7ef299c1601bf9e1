//! Hearing of a death while asleep: one thread waits for all whose end matters, and wakes whoever sleeps.
//! pidfd_open(2), epoll(7).
//!
//! The sleeper registers a descriptor of the other's end before it looks whether that one lives, and has read its word
//! before that. So a death is seen by the look, or comes through the descriptor, and then changes the word: the sleep
//! does not begin, or ends.
#![allow(unsafe_code, reason = "pidfd_open(2) has no wrapper")]

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::unistd::gettid;

use crate::layout::{LOCK_OWNER, LOCK_OWNER_DIED, LOCK_WAITERS};
use crate::memory::Words;
use crate::peers::{Ticket, is_living};
use crate::sleep;
use crate::sync::{Side, Word};

/// So many owners of the lock are kept in sight. More are possible in a hostile segment only, or a very crowded one.
const MOST_OWNERS: usize = 64;
/// The descriptor is of a thread, not of a process. `PIDFD_THREAD`, Linux 6.9.
const PIDFD_THREAD: libc::c_int = libc::O_EXCL;

/// Whom this process watches.
#[derive(Debug)]
pub(crate) struct Watch {
    words: Words,
    me: u32,
    /// Made, with its thread, when there is somebody to watch.
    epoll: OnceCell<Arc<Epoll>>,
    /// The other side. When another one comes, its descriptor is closed, and so forgotten by epoll(7).
    peer: RefCell<Option<(Ticket, OwnedFd)>>,
    /// Owners of the lock, by thread id.
    owners: RefCell<HashMap<u32, OwnedFd>>,
}

impl Watch {
    /// Watches nobody yet. To be used by the thread that makes it.
    pub(crate) fn new(words: &Words) -> Watch {
        Watch {
            words: words.clone(),
            me: gettid().as_raw().cast_unsigned(),
            epoll: OnceCell::new(),
            peer: RefCell::default(),
            owners: RefCell::default(),
        }
    }

    /// The id of the thread that made it.
    pub(crate) fn me(&self) -> u32 {
        self.me
    }

    /// Whether somebody is attached on this side and is dead. If he lives, his end will wake the other side.
    ///
    /// # Errors
    /// Those of pidfd_open(2), epoll_ctl(2), pthread_create(3), and of reading `/proc`.
    pub(crate) fn is_dead(&self, side: Side) -> nix::Result<bool> {
        loop {
            let ticket = Ticket::read(&self.words, side);
            if ticket.pid == 0 {
                return Ok(false);
            }
            if self.keep_in_sight(ticket, side)? && is_living(ticket)? {
                return Ok(false);
            }
            // Whoever leaves takes its pid away before it ends. If it still stands here, this was no leaving.
            if Ticket::read(&self.words, side) == ticket {
                return Ok(true);
            }
        }
    }

    /// Whether there is no such thread. If there is, its end will wake whoever sleeps on the lock.
    ///
    /// # Errors
    /// As [`Watch::is_dead`].
    pub(crate) fn is_gone(&self, tid: u32) -> nix::Result<bool> {
        let mut owners = self.owners.borrow_mut();
        if let Some(known) = owners.get(&tid) {
            if !has_ended(known)? {
                return Ok(false);
            }
            // The id may have a new thread.
            owners.remove(&tid);
        }
        let descriptor = match open_thread(tid)? {
            Thread::Gone => return Ok(true),
            Thread::Hidden => return Ok(false),
            Thread::Living(descriptor) => descriptor,
        };
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        self.register(&descriptor, Word::Lock, tid)?;
        let ended = has_ended(&descriptor)?;
        owners.insert(tid, descriptor);
        Ok(ended)
    }

    /// Registers whoever has this ticket; `false` if there is no such process.
    fn keep_in_sight(&self, ticket: Ticket, side: Side) -> nix::Result<bool> {
        let mut peer = self.peer.borrow_mut();
        if peer.as_ref().is_some_and(|(known, _)| *known == ticket) {
            return Ok(true);
        }
        *peer = None;
        let Some(descriptor) = open(ticket.pid, 0)? else { return Ok(false) };
        let other = if side == Side::Producer { Side::Consumer } else { Side::Producer };
        self.register(&descriptor, sleep::words(other).0, ticket.pid)?;
        *peer = Some((ticket, descriptor));
        Ok(true)
    }

    /// When this one ends, whoever sleeps on `word` is woken, once.
    fn register(&self, descriptor: &OwnedFd, word: Word, id: u32) -> nix::Result<()> {
        let tag = (word.offset() as u64) << 32 | u64::from(id);
        let event = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT, tag);
        self.epoll()?.add(descriptor, event)
    }

    fn epoll(&self) -> nix::Result<&Epoll> {
        if let Some(epoll) = self.epoll.get() {
            return Ok(epoll);
        }
        let epoll = Arc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?);
        let (same, words) = (Arc::clone(&epoll), self.words.clone());
        let started = thread::Builder::new().spawn(move || tell_of_ends(&same, &words));
        started.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EAGAIN)))?;
        Ok(self.epoll.get_or_init(|| epoll))
    }
}

/// The thread: it ends with its process.
fn tell_of_ends(epoll: &Epoll, words: &Words) {
    let mut events = [EpollEvent::empty()];
    loop {
        match epoll.wait(&mut events, EpollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            // It is our own descriptor, and our own array.
            Err(errno) => panic!("cannot wait for the end of processes: {errno}"),
        }
        let (offset, id) = ((events[0].data() >> 32) as usize, events[0].data() as u32);
        let told = if offset == Word::Lock.offset() {
            mark_orphan(words, id);
            words.wake(offset)
        } else {
            words.word(offset).fetch_add(1, Ordering::Release);
            words.wake(offset)
        };
        told.expect("a mapped word can be woken");
    }
}

/// Does for an owner that has not asked the kernel for it what the kernel does: bit 30 in place of its id.
fn mark_orphan(words: &Words, owner: u32) {
    let word = words.word(Word::Lock.offset());
    // An id that has a thread again is another's.
    let is_orphan = |now: u32| now & LOCK_OWNER == owner && matches!(open_thread(owner), Ok(Thread::Gone));
    let mark = |now: u32| is_orphan(now).then_some(now & LOCK_WAITERS | LOCK_OWNER_DIED);
    // Nobody learns from this word what the owner did, but through the lock that is then taken. Without success
    // somebody else has taken it over.
    let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mark);
}

/// What is known of a thread id.
enum Thread {
    /// No thread has it, or only a zombie.
    Gone,
    /// It lives, and this tells its end.
    Living(OwnedFd),
    /// It lives, but an older kernel has descriptors for the first thread of a process only. Its end is left to the
    /// robust list of its owner.
    Hidden,
}

fn open_thread(tid: u32) -> nix::Result<Thread> {
    let opened = match open(tid, PIDFD_THREAD) {
        Err(Errno::EINVAL) => open(tid, 0)?,
        opened => opened?,
    };
    match opened {
        Some(descriptor) if has_ended(&descriptor)? => Ok(Thread::Gone),
        Some(descriptor) => Ok(Thread::Living(descriptor)),
        None if is_living(Ticket { pid: tid, start: 0 })? => Ok(Thread::Hidden),
        None => Ok(Thread::Gone),
    }
}

/// pidfd_open(2); `None` if there is no such process, or thread.
fn open(id: u32, flags: libc::c_int) -> nix::Result<Option<OwnedFd>> {
    let Ok(id @ 1..) = i32::try_from(id) else { return Ok(None) };
    // SAFETY: the arguments are numbers.
    match Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, id, flags) }) {
        // SAFETY: the kernel has just made it, for us.
        Ok(raw) => Ok(Some(unsafe { OwnedFd::from_raw_fd(raw as RawFd) })),
        Err(Errno::ESRCH) => Ok(None),
        // It is the id of a thread, and no process has it.
        Err(Errno::ENOENT | Errno::EINVAL) if flags == 0 => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether this one is a zombie, or no more.
fn has_ended(descriptor: &OwnedFd) -> nix::Result<bool> {
    let mut asked = [PollFd::new(descriptor.as_fd(), PollFlags::POLLIN)];
    Ok(ipc_kit::retry(|| poll(&mut asked, PollTimeout::ZERO))? > 0)
}
