//! Who is on the other side, and whether it is alive: attaching, leaving, and the lock that the kernel shall know of.
//! proc_pid_stat(5), set_robust_list(2).
#![allow(unsafe_code, reason = "set_robust_list(2) has no wrapper")]

use std::fmt::Display;
use std::io::ErrorKind;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

use nix::errno::Errno;

use crate::failure::Failure;
use crate::layout::FLAG_MANY;
use crate::memory::{Memory, Words};
use crate::sleep::nudge;
use crate::sync::{Side, Wide, Word};

/// A process, as it has written itself into a segment. The pid alone may mean another one later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// 0: nobody.
    pub(crate) pid: u32,
    /// 0: not known (yet).
    pub(crate) start: u64,
}

impl Ticket {
    /// Who is attached on this side. The pid is read first: its owner wrote the start time 0 before it (see
    /// [`attach`]).
    pub(crate) fn read(words: &Words, side: Side) -> Ticket {
        let (pid, start) = fields(side);
        // Acquire: whoever sees a 0 sees all that the one who left has done.
        let pid = words.word(pid.offset()).load(Ordering::Acquire);
        Ticket { pid, start: words.wide(start.offset()).load(Ordering::Acquire) }
    }
}

fn fields(side: Side) -> (Word, Wide) {
    match side {
        Side::Producer => (Word::ProducerPid, Wide::ProducerStart),
        Side::Consumer => (Word::ConsumerPid, Wide::ConsumerStart),
    }
}

/// Takes a side of a ring for this process: its start time, its pid, and the other side looks. In a ring for many
/// there is nothing to take; but the kernel shall know about the lock.
///
/// # Errors
/// A living process has this side.
pub fn attach(memory: &Memory, side: Side, what: &impl Display) -> Result<(), Failure> {
    if memory.header().flags & FLAG_MANY != 0 {
        return tell_kernel_of_lock(memory.words()).map_err(|errno| Failure::system(what, errno));
    }
    let (pid, start) = fields(side);
    let (pid, start) = (memory.words().word(pid.offset()), memory.words().wide(start.offset()));
    let me = std::process::id();
    let (_, born) =
        look_up(me).map_err(|errno| Failure::system("/proc/self/stat", errno))?.unwrap_or_default();
    loop {
        let found = Ticket::read(memory.words(), side);
        memory.sound(what)?;
        if found.pid != me && is_living(found).map_err(|errno| Failure::system(what, errno))? {
            let role = if side == Side::Producer { "producer" } else { "consumer" };
            return Err(Failure::new(what, format!("{role} {} is attached", found.pid)));
        }
        // Two may be here at once. The start time first, as "not known": so the pid never stands beside a start time
        // that makes its owner dead. Whoever loses one of the two steps looks again.
        let cleared = start.compare_exchange(found.start, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if cleared && pid.compare_exchange(found.pid, me, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            start.store(born, Ordering::Release);
            break;
        }
    }
    let other = if side == Side::Producer { Side::Consumer } else { Side::Producer };
    nudge(memory, other);
    memory.sound(what)
}

/// Gives the side back. The pid last: then it is free, with all that was done here.
pub fn detach(memory: &Memory, side: Side) {
    let (pid, start) = fields(side);
    let pid = memory.words().word(pid.offset());
    let is_ours = pid.load(Ordering::Relaxed) == std::process::id();
    if memory.header().flags & FLAG_MANY == 0 && is_ours {
        memory.words().wide(start.offset()).store(0, Ordering::Relaxed);
        pid.store(0, Ordering::Release);
    }
}

/// Whether there is a process of this pid, no zombie, and the one that was started then.
///
/// # Errors
/// Those of reading `/proc`.
pub(crate) fn is_living(ticket: Ticket) -> nix::Result<bool> {
    if ticket.pid == 0 {
        return Ok(false);
    }
    let found = look_up(ticket.pid)?;
    Ok(found.is_some_and(|(state, born)| {
        !matches!(state, b'Z' | b'X' | b'x') && (ticket.start == 0 || ticket.start == born)
    }))
}

/// State and start time, fields 3 and 22 of `/proc/PID/stat`; `None` without such a process.
fn look_up(pid: u32) -> nix::Result<Option<(u8, u64)>> {
    let text = match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(text) => text,
        // ESRCH: it ended between open and read.
        Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH) => {
            return Ok(None);
        }
        Err(error) => return Err(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))),
    };
    // Field 2 is a name in parentheses, and may have blanks and parentheses of its own.
    let behind_name = text.iter().rposition(|byte| *byte == b')').ok_or(Errno::EPROTO)? + 1;
    let rest = String::from_utf8_lossy(&text[behind_name..]);
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next().and_then(|state| state.bytes().next()).ok_or(Errno::EPROTO)?;
    let born = fields.nth(18).and_then(|born| born.parse().ok()).ok_or(Errno::EPROTO)?;
    Ok(Some((state, born)))
}

/// `struct robust_list_head` of `<linux/futex.h>`. The list is empty, that is, it points to itself.
#[repr(C)]
struct RobustList {
    next: *mut RobustList,
    offset: libc::c_long,
    /// The lock that the thread has, or takes, or gives back. The kernel looks by itself which.
    pending: *mut u32,
}

/// Should this thread die with the lock, the kernel sets bit 30 and wakes one who sleeps.
fn tell_kernel_of_lock(words: &Words) -> nix::Result<()> {
    let pending = words.word(Word::Lock.offset()).as_ptr();
    // The kernel keeps the address until the thread ends; so nobody may free it. The mapping lives as long: if the
    // lock is not there any more, the kernel goes by.
    let list = Box::leak(Box::new(RobustList { next: null_mut(), offset: 0, pending }));
    list.next = list;
    // SAFETY: the list has the kernel's form and is never freed.
    let told = unsafe { libc::syscall(libc::SYS_set_robust_list, &raw const *list, size_of::<RobustList>()) };
    Errno::result(told).map(drop)
}
