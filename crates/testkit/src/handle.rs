//! What a check changes at a program that runs: the size of its pipes, its limits, whether it runs.
#![allow(unsafe_code, reason = "prlimit(2) of another process and FIONREAD have no safe wrapper")]

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::Resource;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use sandbox::protocol::Verdict;

use crate::failure::{fail, or_grader_error};
use crate::process::Proc;
use crate::room::note_halted;
use crate::running::Running;

mod raw {
    nix::ioctl_read_bad!(unread, libc::FIONREAD, libc::c_int);
}

impl Proc {
    /// Makes the pipe at its descriptor `number` hold `bytes` (rounded up to pages by the kernel): `F_SETPIPE_SZ`, fcntl(2).
    /// Both ends and every holder are concerned: there is one buffer.
    #[track_caller]
    pub fn resize_pipe(&self, number: i32, bytes: i32) {
        or_grader_error(resize_pipe(self.pid, number, bytes));
    }

    /// Bytes that wait to be read in the pipe or socket at its descriptor `number`.
    #[must_use]
    #[track_caller]
    pub fn unread(&self, number: i32) -> usize {
        or_grader_error(unread(self.pid, number))
    }

    /// Sends it a signal; who has ended gets none.
    #[track_caller]
    pub fn kill(&self, signal: Signal) {
        match signal::kill(Pid::from_raw(self.pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => fail(Verdict::GraderError, format!("cannot signal {}: {error}", self.name)),
        }
    }

    /// Stops it (not its children) and waits until it stands, or has ended.
    #[track_caller]
    pub fn stop(&self) {
        self.kill(Signal::SIGSTOP);
        note_halted(self.pid, true);
        let stands = || Self::read(self.pid).is_none_or(|process| matches!(process.state, 'T' | 'Z'));
        crate::eventually(format!("{} to stop", self.name), stands);
    }

    /// Lets it go on.
    #[track_caller]
    pub fn cont(&self) {
        note_halted(self.pid, false);
        self.kill(Signal::SIGCONT);
    }
}

impl Running {
    /// See [`Proc::resize_pipe`].
    #[track_caller]
    pub fn resize_pipe(&self, number: i32, bytes: i32) -> &Self {
        or_grader_error(resize_pipe(self.pid, number, bytes));
        self
    }

    /// See [`Proc::unread`].
    #[must_use]
    #[track_caller]
    pub fn unread(&self, number: i32) -> usize {
        or_grader_error(unread(self.pid, number))
    }

    /// Sets its soft limit of a resource while it runs; the hard limit stays. Gives the soft limit it had. prlimit(2).
    #[track_caller]
    pub fn limit(&self, resource: Resource, soft: u64) -> u64 {
        or_grader_error(limit(self.pid, resource, soft))
    }

    /// Leaves it no number for a new descriptor: the lowest one that is free is above its soft limit of RLIMIT_NOFILE
    /// now. Gives the soft limit it had.
    #[track_caller]
    pub fn allow_no_more_descriptors(&self) -> u64 {
        let open = self.fds();
        let free = (0..).zip(&open).find(|(number, open)| open.number != *number);
        let free = free.map_or(open.len(), |(number, _)| number as usize);
        self.limit(Resource::RLIMIT_NOFILE, free as u64)
    }
}

fn resize_pipe(pid: i32, number: i32, bytes: i32) -> Result<()> {
    let pipe =
        autopsy::borrow(pid, number).with_context(|| format!("borrow descriptor {number} of {pid}"))?;
    fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(bytes)).with_context(|| format!("give a pipe {bytes} bytes"))?;
    Ok(())
}

fn unread(pid: i32, number: i32) -> Result<usize> {
    let pipe =
        autopsy::borrow(pid, number).with_context(|| format!("borrow descriptor {number} of {pid}"))?;
    waiting(&pipe)
}

/// Bytes that wait to be read in a pipe or socket.
pub(crate) fn waiting(end: &OwnedFd) -> Result<usize> {
    let mut bytes = 0;
    // SAFETY: FIONREAD (ioctl_pipe, tcp(7)) writes one int, and `bytes` is one; the descriptor is ours.
    unsafe { raw::unread(end.as_raw_fd(), &mut bytes) }.context("ask how much is unread")?;
    usize::try_from(bytes).context("count what is unread")
}

fn limit(pid: i32, resource: Resource, soft: u64) -> Result<u64> {
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: prlimit(2) without a new limit writes one rlimit, and `old` is one.
    let asked = unsafe { libc::prlimit(pid, resource as _, std::ptr::null(), &mut old) };
    Errno::result(asked).with_context(|| format!("read {resource:?} of {pid}"))?;
    let new = libc::rlimit { rlim_cur: soft, ..old };
    // SAFETY: prlimit(2) reads one rlimit, which `new` is, and writes nothing where the old one is not asked for.
    let set = unsafe { libc::prlimit(pid, resource as _, &new, std::ptr::null_mut()) };
    Errno::result(set).with_context(|| format!("set {resource:?} of {pid} to {soft}"))?;
    Ok(old.rlim_cur)
}
