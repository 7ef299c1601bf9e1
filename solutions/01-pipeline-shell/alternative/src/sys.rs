//! System calls without a safe wrapper that keeps all we need.
#![allow(unsafe_code, reason = "fork(2), waitpid(2) with every signal, raw descriptors")]

use std::ffi::CString;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, fork};

use crate::procs::State;

/// Runs `child` in a new process, which ends with the status it gives. Returns the new pid.
///
/// # Errors
/// As fork(2).
pub(crate) fn in_child(child: impl FnOnce() -> u8) -> nix::Result<i32> {
    // SAFETY: psh never starts a thread, so no lock can be held by somebody who is not in the child.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child.as_raw()),
        ForkResult::Child => {
            let status = catch_unwind(AssertUnwindSafe(child)).unwrap_or(101);
            // SAFETY: _exit(2) has no conditions; the frames of the parent must not be unwound twice.
            unsafe { libc::_exit(i32::from(status)) }
        }
    }
}

/// `waitpid(2)` for any child; `None`: nothing to tell (or no child, as ECHILD).
///
/// nix's wrapper has no name for real-time signals and would lose the status of a process killed by one.
pub(crate) fn wait_any(block: bool) -> nix::Result<Option<(i32, State)>> {
    let options = libc::WUNTRACED | libc::WCONTINUED | if block { 0 } else { libc::WNOHANG };
    let mut status = 0;
    // SAFETY: `status` is a valid place for one int during the call.
    let pid = Errno::result(unsafe { libc::waitpid(-1, &raw mut status, options) })?;
    Ok((pid > 0).then(|| {
        let state = if libc::WIFEXITED(status) {
            State::Ended(libc::WEXITSTATUS(status) as u8)
        } else if libc::WIFSIGNALED(status) {
            State::Ended(128 + libc::WTERMSIG(status) as u8)
        } else if libc::WIFSTOPPED(status) {
            State::Stopped(libc::WSTOPSIG(status) as u8)
        } else {
            State::Running
        };
        (pid, state)
    }))
}

/// `pidfd_open(2)`: a descriptor that is readable when the process has ended.
pub(crate) fn pidfd(pid: i32) -> nix::Result<OwnedFd> {
    // SAFETY: two integers; the kernel checks them.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the call gave us a new descriptor (close-on-exec), which nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Makes all descriptors from `first` to `last` close at exec, or closes them at once.
///
/// Close at once only in a child that never returns to the owners of the descriptors.
pub(crate) fn close_range(first: RawFd, last: RawFd, at_exec: bool) {
    let flags = if at_exec { libc::CLOSE_RANGE_CLOEXEC } else { 0 };
    if first <= last {
        // SAFETY: in the child of `in_child` no owner lives on, because it ends by _exit(2); flags keep them open.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    }
}

/// `dup2(2)`; with equal numbers it only takes close-on-exec away, as posix_spawn(3) does.
pub(crate) fn move_fd(from: RawFd, to: RawFd) -> nix::Result<()> {
    let result = if from == to {
        // SAFETY: integers only; the caller is a child about to exec.
        unsafe { libc::fcntl(from, libc::F_SETFD, 0) }
    } else {
        // SAFETY: integers only; in a child about to exec nobody owns `to`.
        unsafe { libc::dup2(from, to) }
    };
    Errno::result(result).map(drop)
}

/// Every signal at its default (but `keep`), none blocked.
pub(crate) fn default_signals(keep: Option<i32>) {
    for signal in (1..=libc::SIGRTMAX()).filter(|signal| Some(*signal) != keep) {
        // SAFETY: all-zero bytes are a valid sigaction: default action, empty mask, no flags.
        let action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: a valid action; KILL, STOP and libc's own two signals are refused, which is right.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
    // SAFETY: all-zero bytes are the empty set.
    let none: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: a valid set; the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
}

/// Ignores a signal, or takes its default again.
pub(crate) fn ignore(signal: i32, ignored: bool) {
    // SAFETY: all-zero bytes are a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = if ignored { libc::SIG_IGN } else { libc::SIG_DFL };
    // SAFETY: no handler is installed, only a disposition that has no code of ours.
    unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
}

/// Really every signal: `sigfillset` leaves out the two that glibc keeps for itself, and posix_spawn(3) would then
/// leave them ignored in the new program.
pub(crate) fn all_signals() -> SigSet {
    // SAFETY: all-zero bytes are the empty set.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is plain bits, so every pattern of bytes is a set.
    unsafe { std::ptr::write_bytes(&raw mut set, 0xff, 1) };
    // SAFETY: the set is initialised.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// The words as C strings. Words cannot hold NUL: the parser refuses it and `$(..)` drops it.
pub(crate) fn c_strings(words: &[Vec<u8>]) -> Vec<CString> {
    words.iter().filter_map(|word| CString::new(word.as_slice()).ok()).collect()
}
