//! Death by a signal: `die`.

#![allow(unsafe_code, reason = "sigaction(2) is unsafe because of handlers; there is none here")]

use anyhow::{Context, Result, bail};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, raise, sigaction, sigprocmask,
};

pub(crate) fn die(name: &str) -> Result<()> {
    let signal = match name.parse::<i32>() {
        Ok(number) => Signal::try_from(number),
        Err(_) => format!("SIG{}", name.trim_start_matches("SIG")).parse(),
    };
    let signal = signal.with_context(|| format!("find signal {name}"))?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("forbid a core file")?;
    if signal != Signal::SIGKILL && signal != Signal::SIGSTOP {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: the default action runs no code of ours.
        unsafe { sigaction(signal, &default) }.context("reset the signal")?;
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None).context("unblock signals")?;
    raise(signal).context("raise the signal")?;
    if signal == Signal::SIGSTOP || signal == Signal::SIGTSTP {
        // Continued: that is all one can ask of a stop.
        return Ok(());
    }
    bail!("still alive after {signal}")
}
