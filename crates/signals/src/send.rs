//! Sending a signal: to a number, with an integer, or to a process that is held by a descriptor.
#![allow(unsafe_code, reason = "sigqueue(3) and pidfd_send_signal(2) are called by hand")]

use crate::number::Number;
use nix::errno::Errno;
use nix::unistd::Pid;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// kill — Sends a signal to a process; a negative number means a process group.
///
/// # Errors
/// `ESRCH`: there is no such process. `EPERM`: it belongs to somebody else.
///
/// See also: `kill(2)`
pub fn kill(pid: Pid, number: impl Into<Number>) -> nix::Result<()> {
    // SAFETY: kill(2) touches no memory of this process.
    Errno::result(unsafe { libc::kill(pid.as_raw(), number.into().get()) }).map(drop)
}

/// sigqueue — Sends a signal with one integer.
///
/// # Errors
/// `EAGAIN`: the receiver's user has as many queued signals as RLIMIT_SIGPENDING allows. Else as [`kill`].
///
/// See also: `sigqueue(3)`
pub fn queue(pid: Pid, number: impl Into<Number>, value: libc::c_int) -> nix::Result<()> {
    let value = libc::sigval { sival_ptr: std::ptr::without_provenance_mut(value as usize) };
    // SAFETY: sigqueue hands the value on without following it.
    Errno::result(unsafe { libc::sigqueue(pid.as_raw(), number.into().get(), value) }).map(drop)
}

/// A process, held by a descriptor. Unlike its number the descriptor never means another process.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// pidfd_open — Takes hold of a process. Whoever calls this for anything but its own child, which it has not reaped,
    /// must check afterwards that the number still meant the right one.
    ///
    /// # Errors
    /// `ESRCH`: there is no such process.
    ///
    /// See also: `pidfd_open(2)`
    pub fn open(pid: Pid) -> nix::Result<Self> {
        // SAFETY: the call touches no memory of this process.
        let raw = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
        let raw = libc::c_int::try_from(raw).expect("a descriptor is a small number");
        // SAFETY: the kernel has just made this descriptor for us, close-on-exec, and nobody else knows it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(raw) }))
    }

    /// pidfd_send_signal — Sends a signal to that process.
    ///
    /// # Errors
    /// `ESRCH`: it has ended and was reaped, whoever has its number now.
    ///
    /// See also: `pidfd_send_signal(2)`
    pub fn send(&self, number: impl Into<Number>) -> nix::Result<()> {
        let (raw, none) = (self.0.as_raw_fd(), std::ptr::null::<libc::siginfo_t>());
        // SAFETY: a null pointer is allowed: the kernel then fills in what kill(2) would say.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, raw, number.into().get(), none, 0) };
        Errno::result(sent).map(drop)
    }
}
