//! Who is on the other side, and whether it is alive: attaching, leaving, and hearing of a death while asleep.
#![allow(unsafe_code, reason = "pidfd_open(2) and set_robust_list(2) have no wrapper")]

use crate::failure::Failure;
use crate::memory::Memory;
use crate::sync::Side;

// BEGIN SOLUTION
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::{fmt, io, ptr, thread};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::memory::Words;
use crate::ring::nudge;
use crate::sync::{Ordering, Shared, Wide, Word};
// END SOLUTION

/// Takes a side of a ring for this process: its start time, its pid, and the other side looks. In a ring for many
/// there is nothing to take; but the kernel shall know about the lock.
///
/// # Errors
/// A living process has this side.
pub fn attach(memory: &Memory, side: Side, what: &impl std::fmt::Display) -> Result<(), Failure> {
    // BEGIN SOLUTION
    if memory.header().flags & crate::layout::FLAG_MANY != 0 {
        return register(memory).map_err(|errno| Failure::system("set_robust_list", errno));
    }
    let (pid, start) = words(side);
    let me = std::process::id();
    loop {
        let old = memory.load(pid, Ordering::Acquire);
        if old != 0 && is_alive(old, memory.load_wide(start, Ordering::Acquire)) {
            return Err(Failure::new(what, format!("{} {old} is attached", name(side))));
        }
        // Without a start time a living pid is believed: nobody shall take us for dead between the next two lines.
        memory.store_wide(start, 0, Ordering::Release);
        if memory.exchange(pid, old, me, Ordering::AcqRel).is_ok() {
            memory.store_wide(start, life(me).unwrap_or(0), Ordering::Release);
            nudge(memory, other(side));
            return Ok(());
        }
    }
    // END SOLUTION
    // STUB: Ok(()) // M7: say who you are
}

/// Gives the side back.
pub fn detach(memory: &Memory, side: Side) {
    // BEGIN SOLUTION
    let (pid, start) = words(side);
    if memory.load(pid, Ordering::Acquire) == std::process::id() {
        memory.store_wide(start, 0, Ordering::Release);
        memory.store(pid, 0, Ordering::Release);
    }
    // END SOLUTION
    // STUB: // M7: nobody is here any more
}

/// Which process this side watches, so that its death ends a sleep.
#[derive(Debug, Default)]
pub struct Watch {
    // BEGIN SOLUTION
    /// Its pid and start time: the same number may come again.
    watched: Mutex<(u32, u64)>,
    // END SOLUTION
}
// BEGIN SOLUTION

impl Watch {
    /// Whether the process on `side` is dead. If it is not, this process will be woken from its sleep when it dies.
    pub(crate) fn is_dead(&self, memory: &Memory, side: Side) -> bool {
        let (word, start) = words(side);
        let pid = memory.load(word, Ordering::Acquire);
        let start = memory.load_wide(start, Ordering::Acquire);
        // First the watch, then the look: a death between the two is seen by the look, a later one by the watch.
        pid != 0
            && (!self.watch((pid, start), memory.words(), sleepers(other(side)))
                || !is_alive(pid, start))
            // If another has come meanwhile, these were the pid of the one and the start time of the other.
            && memory.load(word, Ordering::Acquire) == pid
    }

    /// Starts to watch a process, if that is not done yet; `false` if there is none.
    fn watch(&self, who: (u32, u64), words: &Words, sleepers: Word) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if *watched == who {
            return true;
        }
        let process = match pidfd(who.0) {
            Ok(process) => process,
            Err(Errno::ESRCH | Errno::EINVAL | Errno::ENOENT) => return false,
            // An old kernel: then a death is noticed at the next look only.
            Err(_) => return true,
        };
        let words = words.clone();
        let watcher = thread::Builder::new().name("watch".into()).spawn(move || {
            wait_for_end(&process);
            words.word(sleepers.offset()).fetch_add(1, Ordering::Release);
            words.wake(sleepers.offset());
        });
        if watcher.is_ok() {
            *watched = who;
        }
        true
    }
}

/// A descriptor for a process; it becomes readable when the process ends. pidfd_open(2).
fn pidfd(pid: u32) -> nix::Result<OwnedFd> {
    let pid = i32::try_from(pid).map_err(|_| Errno::ESRCH)?;
    // SAFETY: takes numbers, gives a number.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(Errno::result(fd)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor (with O_CLOEXEC), and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn wait_for_end(process: &OwnedFd) {
    let mut events = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    while poll(&mut events, PollTimeout::NONE) == Err(Errno::EINTR) {}
}

/// When the process, or thread, `pid` was started; `None` if it is gone, or a zombie. proc_pid_stat(5).
pub(crate) fn life(pid: u32) -> Option<u64> {
    let text = match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(text) => text,
        Err(error)
            if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH) =>
        {
            return None;
        }
        // It is there, and says nothing.
        Err(_) => return Some(0),
    };
    // The name may hold blanks and parentheses: it ends at the last one. The state is field 3, the start time 22.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split_whitespace().collect();
    let is_over = matches!(fields.first(), Some(&("Z" | "X")));
    fields.get(19).and_then(|start| start.parse().ok()).filter(|_| !is_over)
}

/// Whether this process lives and was started then; 0: nobody knows when.
fn is_alive(pid: u32, start: u64) -> bool {
    life(pid).is_some_and(|now| start == 0 || now == 0 || now == start)
}

fn words(side: Side) -> (Word, Wide) {
    match side {
        Side::Producer => (Word::ProducerPid, Wide::ProducerStart),
        Side::Consumer => (Word::ConsumerPid, Wide::ConsumerStart),
    }
}

/// What this side sleeps on.
fn sleepers(side: Side) -> Word {
    match side {
        Side::Producer => Word::Space,
        Side::Consumer => Word::Data,
    }
}

fn other(side: Side) -> Side {
    match side {
        Side::Producer => Side::Consumer,
        Side::Consumer => Side::Producer,
    }
}

fn name(side: Side) -> impl fmt::Display {
    match side {
        Side::Producer => "producer",
        Side::Consumer => "consumer",
    }
}

/// `struct robust_list_head`, set_robust_list(2). The list is empty: it points to itself.
#[repr(C)]
struct RobustList {
    next: *mut RobustList,
    offset: libc::c_long,
    pending: *const u32,
}

/// Tells the kernel where the lock is. If this thread ends while its id is in there, the kernel marks the word and
/// wakes one who sleeps on it.
fn register(memory: &Memory) -> nix::Result<()> {
    let lock = memory.words().word(Word::Lock.offset()).as_ptr();
    // It must stay for as long as the thread lives, and the mapping, too: both until the process ends.
    std::mem::forget(memory.words().clone());
    let list = Box::leak(Box::new(RobustList { next: ptr::null_mut(), offset: 0, pending: lock }));
    list.next = list;
    // SAFETY: the structure stays where it is for ever.
    let done =
        unsafe { libc::syscall(libc::SYS_set_robust_list, ptr::from_mut(list), size_of::<RobustList>()) };
    Errno::result(done).map(drop)
}
// END SOLUTION
