//! Attacks with processes and signals.
#![allow(unsafe_code, reason = "fork and raw signals are what these attacks are made of")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::unistd::{ForkResult, Pid, fork, pause, setsid};

use crate::word;

/// Attempts of a bomb: far more than any limit in the tests, harmless for a machine.
const BOMB: usize = 600;

fn refuse_unlimited() -> Result<()> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NPROC).context("read RLIMIT_NPROC")?;
    ensure!(soft < 4096, "RLIMIT_NPROC is {soft}: not starting a bomb");
    Ok(())
}

/// Forks until refused; the children wait and are killed at the end.
pub(crate) fn fork_bomb() -> Result<String> {
    refuse_unlimited()?;
    small_bomb()
}

/// The same where the limit is not this process's own: a bound of [`BOMB`] must do.
pub(crate) fn small_bomb() -> Result<String> {
    let mut children = Vec::new();
    while children.len() < BOMB {
        // SAFETY: this process has one thread.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => loop {
                nix::unistd::alarm::set(crate::OWN_LIMIT);
                pause();
            },
            Ok(ForkResult::Parent { child }) => children.push(child),
            Err(_) => break,
        }
    }
    for child in &children {
        kill(*child, Signal::SIGKILL).context("kill a child")?;
    }
    Ok(format!("reached {}", children.len()))
}

/// The same with threads.
pub(crate) fn thread_bomb() -> Result<String> {
    refuse_unlimited()?;
    let start = || std::thread::Builder::new().stack_size(64 << 10).spawn(std::thread::park);
    let reached = (0..BOMB).map_while(|_| start().ok()).count();
    Ok(format!("reached {reached}"))
}

/// Blocks every signal, forgets its parent, and spins.
pub(crate) fn ignore_everything() -> Result<String> {
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None).context("block all signals")?;
    prctl::set_pdeathsig(None).context("forget the parent")?;
    spin()
}

/// Uses the processor until stopped, at most 30 s.
pub(crate) fn spin() -> Result<String> {
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        std::hint::spin_loop();
    }
    Ok("still alive".to_owned())
}

/// Kills everybody it may.
pub(crate) fn kill_all() -> Result<String> {
    Ok(word(kill(Pid::from_raw(-1), Signal::SIGKILL)))
}

/// Fires at process 1.
pub(crate) fn kill_init() -> Result<String> {
    let signals = [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGSEGV, Signal::SIGALRM, Signal::SIGTERM];
    let fired = signals.map(|signal| word(kill(Pid::from_raw(1), signal)));
    let refused = fired.iter().filter(|word| *word != "ok").count();
    Ok(format!("fired {}, refused {refused}", fired.len()))
}

/// Kills one process by number.
pub(crate) fn kill_one(pid: &str) -> Result<String> {
    let pid = pid.parse().context("read a pid")?;
    Ok(word(kill(Pid::from_raw(pid), Signal::SIGKILL)))
}

/// Leaves a daemon, twice forked, in a session of its own.
pub(crate) fn daemon() -> Result<String> {
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { child } = unsafe { fork() }.context("fork")? {
        nix::sys::wait::waitpid(child, None).context("wait for the middle process")?;
        return Ok("left".to_owned());
    }
    setsid().context("start a session")?;
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { .. } = unsafe { fork() }.context("fork")? {
        // SAFETY: it touches no memory; the other process has printed nothing that could be lost.
        unsafe { libc::_exit(0) };
    }
    ignore_everything()
}

/// Sends itself a signal.
pub(crate) fn raise(signal: &str) -> Result<String> {
    let signal: Signal = signal.parse().context("read a signal's name")?;
    nix::sys::signal::raise(signal).context("raise")?;
    Ok("survived".to_owned())
}

/// Tries to get more than it was given.
pub(crate) fn raise_limits() -> Result<String> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NPROC).context("read RLIMIT_NPROC")?;
    Ok(word(setrlimit(Resource::RLIMIT_NPROC, hard + 1, hard + 1)))
}
