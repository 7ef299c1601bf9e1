//! Children that stop, exec, end, ignore or outlive; and parents that wait for them.
#![allow(unsafe_code, reason = "sigaction(2)")]

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{pipe, pipe2};

use super::slowly;
use crate::stage::{child, drain, exec, pour, ready, rename, take, wait_for};

/// A parent stops its child and lets it go on, again and again.
pub(crate) fn stopped_and_continued() -> Result<()> {
    rename("warden")?;
    let (read, write) = pipe()?;
    let prisoner = child("prisoner", &[&read], || {
        loop {
            slowly();
            pour(&write, 1)?;
        }
    })?;
    drop(write);
    ready()?;
    loop {
        kill(prisoner, Signal::SIGSTOP).context("stop the child")?;
        waitpid(prisoner, Some(WaitPidFlag::WUNTRACED)).context("wait for the stop")?;
        slowly();
        kill(prisoner, Signal::SIGCONT).context("continue the child")?;
        take(&read, 1)?;
    }
}

/// A parent waits, as std does, for the end of file that its child's exec brings; the child takes its time before.
pub(crate) fn between_fork_and_exec() -> Result<()> {
    rename("launcher")?;
    ready()?;
    loop {
        let (read, write) = pipe2(OFlag::O_CLOEXEC).context("make a pipe")?;
        let program = child("copy", &[&read], || {
            slowly();
            exec(&["true"])
        })?;
        drop(write);
        ensure!(take(&read, 1)? == 0, "exec closed the pipe");
        wait_for(program)?;
    }
}

/// Starts children that end at once.
pub(crate) fn quick_exits() -> Result<()> {
    rename("forker")?;
    ready()?;
    loop {
        let one = child("one", &[], || Ok(()))?;
        let two = child("two", &[], || Ok(()))?;
        wait_for(two)?;
        wait_for(one)?;
    }
}

/// A child ignores SIGTERM and waits for an order; its parent waits for it with a time-out, then uses SIGKILL.
pub(crate) fn deaf_child() -> Result<()> {
    rename("supervisor")?;
    let ended = SigSet::from(Signal::SIGCHLD);
    ended.thread_block().context("block SIGCHLD")?;
    ready()?;
    loop {
        let (orders, to_child) = pipe()?;
        let deaf = child("deaf", &[&to_child], || {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: ignoring a signal runs no code of ours.
            unsafe { sigaction(Signal::SIGTERM, &ignore) }.context("ignore SIGTERM")?;
            take(&orders, 1).map(drop)
        })?;
        kill(deaf, Signal::SIGTERM).context("ask the child to end")?;
        wait_at_most(&ended)?;
        kill(deaf, Signal::SIGKILL).context("end the child")?;
        wait_for(deaf)?;
    }
}

/// Waits for a blocked signal, for 5 ms.
fn wait_at_most(signals: &SigSet) -> Result<()> {
    let limit = libc::timespec { tv_sec: 0, tv_nsec: 5_000_000 };
    // SAFETY: mask and limit live through the call; no information is asked for.
    let signal = unsafe { libc::sigtimedwait(signals.as_ref(), std::ptr::null_mut(), &raw const limit) };
    match Errno::result(signal) {
        Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
        Err(error) => Err(error).context("wait for SIGCHLD"),
    }
}

/// A daemon, whose starter has ended, writes to a pipe that its grandparent and adoptive parent reads to the end.
pub(crate) fn orphan() -> Result<()> {
    rename("reaper")?;
    prctl::set_child_subreaper(true).context("become the subreaper")?;
    ready()?;
    loop {
        let (read, write) = pipe()?;
        let starter = child("starter", &[&read], || {
            child("daemon", &[], || {
                slowly();
                pour(&write, 1)
            })
            .map(drop)
        })?;
        drop(write);
        wait_for(starter)?;
        drain(&read)?;
        crate::stage::wait_all()?;
    }
}

/// Sorts much data.
pub(crate) fn sort() -> Result<()> {
    ready()?;
    exec(&["sh", "-c", "while :; do seq 1 100000 | sort -R | sort -n | tail -n 1 >/dev/null; done"])
}

/// A child computes; its parent waits for the result.
pub(crate) fn busy_child() -> Result<()> {
    rename("parent")?;
    let (read, write) = pipe()?;
    child("worker", &[&read], || {
        loop {
            let sum = (0..3_000_000_u64).fold(0, |sum: u64, number| std::hint::black_box(sum ^ number));
            std::hint::black_box(sum);
            pour(&write, 1)?;
        }
    })?;
    drop(write);
    ready()?;
    loop {
        ensure!(take(&read, 1)? == 1, "the worker lives");
    }
}
