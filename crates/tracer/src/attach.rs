//! Takes hold of a program at its first instruction.

use std::fmt;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// The machine forbids tracing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(
    /// How the kernel says so.
    pub Errno,
);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ptrace is refused: {}", self.0.desc())
    }
}

impl std::error::Error for Refused {}

/// Takes hold of the child `pid`, which has asked to be traced (`PTRACE_TRACEME`) just before its exec, and of
/// all whom it will make. It is about to run; its first SIGCONT is the tracer's.
///
/// The child has to ask (it may be undumpable until its exec, so nobody could seize it earlier). That old way
/// knows no lasting stop by a signal, so it is let go as a stopped process and then seized.
///
/// # Errors
/// When the child does something else, or the kernel refuses.
pub fn attach(pid: i32, more: Options) -> Result<()> {
    let pid = Pid::from_raw(pid);
    let wait = |flags| waitpid(pid, Some(flags | WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
    match wait(WaitPidFlag::empty()).context("wait for the program's exec")? {
        WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
        other => bail!("after exec came {other:?}"),
    }
    ptrace::detach(pid, Signal::SIGSTOP).context("let the program go, stopped")?;
    match wait(WaitPidFlag::WUNTRACED).context("wait for the program to stop")? {
        WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
        other => bail!("instead of a stop came {other:?}"),
    }
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL
        | more;
    if let Err(error) = ptrace::seize(pid, options) {
        // Nobody else would ever continue it.
        let _ = kill(pid, Signal::SIGKILL);
        return Err(Refused(error).into());
    }
    wait(WaitPidFlag::empty()).context("wait for the seized program")?;
    kill(pid, Signal::SIGCONT).context("continue the program")?;
    Ok(())
}
