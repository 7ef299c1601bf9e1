//! A child that runs a closure, and how a child has ended.

#![allow(unsafe_code, reason = "fork(2) and _exit(2)")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use crate::retry;

/// fork(2) — runs `body` in a child, which then ends with the status it returns; gives the child's id.
///
/// The child never comes back into the caller's code: it ends by _exit(2), which writes no buffer a second
/// time and runs no exit handler. A panic of `body` is printed and becomes status 101.
///
/// # Errors
/// `EAGAIN`: too many processes. `EBUSY`: this process has more than one thread; a lock that another
/// thread holds at the fork would stay locked in the child for ever.
///
/// See also: `_exit(2)`, `signal-safety(7)`
pub fn run_in_child(body: impl FnOnce() -> u8) -> nix::Result<Pid> {
    let threads = fs::read_dir("/proc/self/task").map_err(|_| Errno::ENOENT)?.count();
    if threads != 1 {
        return Err(Errno::EBUSY);
    }
    // SAFETY: this thread is the only one (counted above, and only it could have started another since), so
    // every lock is in a consistent state in the child.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = catch_unwind(AssertUnwindSafe(body)).unwrap_or(101);
            // SAFETY: _exit(2) has no precondition.
            unsafe { libc::_exit(status.into()) }
        }
    }
}

/// waitpid(2) — waits until the child `pid` has ended, and reaps it.
///
/// # Errors
/// `ECHILD`: there is no such child, or it was reaped already.
pub fn wait_for(pid: Pid) -> nix::Result<WaitStatus> {
    retry(|| waitpid(pid, None))
}

/// waitpid(2) — a child's end as one number, as shells tell it: its exit status, or 128 + n if signal n
/// killed it. `None` if it has not ended but stopped or gone on.
#[must_use]
pub fn exit_code(status: WaitStatus) -> Option<u8> {
    match status {
        // The kernel keeps eight bits of what was given to _exit(2).
        WaitStatus::Exited(_, code) => u8::try_from(code).ok(),
        WaitStatus::Signaled(_, signal, _) => u8::try_from(128 + signal as i32).ok(),
        _ => None,
    }
}
