//! How a child has ended, real-time signals too. See waitid(2).

#![allow(unsafe_code, reason = "nix cannot tell of a death by a real-time signal")]

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::unistd::Pid;

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has ended itself, with this code.
    Code(u8),
    /// This signal has killed it.
    Killed(i32),
}

impl End {
    /// One number, as shells tell it.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Killed(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// Whether any child has ended, and how. It is not reaped, and its number stays its own. `None`: no child, or none has ended.
///
/// # Errors
/// None that the man page names for a right call.
pub fn look() -> nix::Result<Option<(Pid, End)>> {
    match wait(libc::P_ALL, 0, libc::WNOHANG | libc::WNOWAIT) {
        Err(Errno::ECHILD) => Ok(None),
        other => other,
    }
}

/// Waits for this child, and reaps it.
///
/// # Errors
/// `ECHILD`: it is no child, or was reaped already.
pub fn reap(pid: Pid) -> nix::Result<End> {
    let id = libc::id_t::try_from(pid.as_raw()).map_err(|_| Errno::EINVAL)?;
    wait(libc::P_PID, id, 0)?.map(|(_, end)| end).ok_or(Errno::ECHILD)
}

/// Waits until none of our children is in this group any more, and reaps them all.
///
/// # Errors
/// None that the man page names for a right call.
pub fn reap_group(group: Pid) -> nix::Result<()> {
    let id = libc::id_t::try_from(group.as_raw()).map_err(|_| Errno::EINVAL)?;
    loop {
        match wait(libc::P_PGID, id, 0) {
            Ok(_) => {}
            Err(Errno::ECHILD) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
}

/// Reaps the child that this pidfd stands for, if it has ended.
///
/// # Errors
/// `ECHILD`: it was reaped already.
pub fn reap_if_ended(pidfd: BorrowedFd<'_>) -> nix::Result<Option<End>> {
    let id = libc::id_t::try_from(pidfd.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    Ok(wait(libc::P_PIDFD, id, libc::WNOHANG)?.map(|(_, end)| end))
}

fn wait(kind: libc::idtype_t, id: libc::id_t, flags: i32) -> nix::Result<Option<(Pid, End)>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    retry(|| {
        // SAFETY: the kernel writes into `info` only.
        Errno::result(unsafe { libc::waitid(kind, id, info.as_mut_ptr(), libc::WEXITED | flags) })
    })?;
    // SAFETY: all bits zero was a right siginfo already, and the call has filled it.
    let info = unsafe { info.assume_init() };
    // SAFETY: waitid fills these fields; if nobody has ended, they are zero.
    let pid = unsafe { info.si_pid() };
    // SAFETY: as above.
    let status = unsafe { info.si_status() };
    let end = match info.si_code {
        // The kernel keeps eight bits of it.
        libc::CLD_EXITED => End::Code(u8::try_from(status & 0xff).unwrap_or(u8::MAX)),
        _ => End::Killed(status),
    };
    Ok((pid != 0).then(|| (Pid::from_raw(pid), end)))
}
