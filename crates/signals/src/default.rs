//! What a signal does to a process that says nothing about it: found out by doing it to one.
#![allow(unsafe_code, reason = "waitid(2) fills a struct")]

use crate::action;
use crate::asleep;
use crate::child::Child;
use crate::number::Number;
use anyhow::{Context, Result};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Pid, setpgid};
use std::fmt;
use std::mem::MaybeUninit;

/// A default action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Default {
    /// The process ends.
    Ends,
    /// The process stands still until SIGCONT.
    Stops,
    /// Nothing happens.
    Nothing,
    /// A stopped process goes on.
    Continues,
}

impl fmt::Display for Default {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.pad(match self {
            Self::Ends => "ends",
            Self::Stops => "stops",
            Self::Nothing => "nothing",
            Self::Continues => "continues",
        })
    }
}

/// fork, kill, waitpid — Sends the signal to a child that has its default action, and looks what becomes of it.
///
/// # Errors
/// `EAGAIN`: too many processes.
pub fn measure(number: impl Into<Number>) -> Result<Default> {
    let number = number.into();
    let child = Child::run(|gate| {
        // A group of its own, with a parent outside: in an orphaned group SIGTSTP, SIGTTIN and SIGTTOU do not stop.
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).context("make a process group")?;
        SigSet::empty().thread_set_mask().context("unblock everything")?;
        if ![Signal::SIGKILL, Signal::SIGSTOP].map(Number::from).contains(&number) {
            action::restore_default(number).context("restore the default")?;
        }
        setrlimit(Resource::RLIMIT_CORE, 0, 0).context("forbid core files")?;
        gate.wait()
    })?;
    asleep::until_in(child.pid(), libc::SYS_read)?;
    if number == Signal::SIGCONT.into() {
        child.stop()?;
    }
    child.send(number)?;
    child.open()?; // If the signal does nothing, the child goes on to its end.
    seen(&child, number)
}

/// waitid — Looks what has become of the child, and leaves it to be reaped by `Child`. By hand, because `nix` has no word
/// for a process that a real-time signal has ended.
fn seen(child: &Child, number: Number) -> Result<Default> {
    let event = if number == Signal::SIGCONT.into() { libc::WCONTINUED } else { libc::WSTOPPED };
    let pid = libc::id_t::try_from(child.pid().as_raw()).context("a pid is positive")?;
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    let flags = libc::WEXITED | libc::WNOWAIT | event;
    // SAFETY: the pointer leads to room for a siginfo, which the call fills.
    let waited = retry(|| Errno::result(unsafe { libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), flags) }));
    waited.context("wait for the child")?;
    // SAFETY: the call succeeded and had an event to tell, so it has filled the struct.
    match unsafe { info.assume_init() }.si_code {
        libc::CLD_EXITED if number == Signal::SIGCONT.into() => Ok(Default::Continues),
        libc::CLD_CONTINUED => Ok(Default::Continues),
        libc::CLD_EXITED => Ok(Default::Nothing),
        libc::CLD_KILLED | libc::CLD_DUMPED => Ok(Default::Ends),
        libc::CLD_STOPPED => Ok(Default::Stops),
        other => anyhow::bail!("a child that got {number} came to the unknown state {other}"),
    }
}
