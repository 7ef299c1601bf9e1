//! Children: stopped, not reaped, the wrong one waited for. wait(2), ptrace(2), tcsetpgrp(3).
#![allow(unsafe_code, reason = "clone(2) with CLONE_VFORK")]

use std::os::fd::OwnedFd;

use anyhow::{Context, Result, bail};
use nix::fcntl::{OFlag, open};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::ptrace;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, raise, sigaction};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, dup2_stdout, getpgrp, getpid, pipe, setpgid, setsid, tcsetpgrp};

use crate::stage::{Gate, child, drain, exec, in_state, lose, pause, pour, rename, take, wait_all, wait_for};

/// A worker stopped itself; the parent waits for its exit.
pub(crate) fn stopped_child() -> Result<()> {
    rename("pool")?;
    child("worker", &[], || raise(Signal::SIGSTOP).context("stop"))?;
    wait_all()
}

/// The reader of a pipeline was stopped, so the writer's pipe is full.
pub(crate) fn stopped_reader() -> Result<()> {
    rename("shell")?;
    let (read, write) = pipe()?;
    child("yes", &[], || {
        dup2_stdout(&write)?;
        lose(&[&read, &write]);
        exec(&["yes"])
    })?;
    child("less", &[&write], || {
        raise(Signal::SIGSTOP).context("stop")?;
        drain(&read)
    })?;
    drop((read, write));
    wait_all()
}

/// A child was started with PTRACE_TRACEME and stopped; its tracer reads its output instead of letting it go on.
pub(crate) fn stopped_tracee() -> Result<()> {
    rename("tracer")?;
    let (read, write) = pipe()?;
    child("tracee", &[&read], || {
        ptrace::traceme().context("ask to be traced")?;
        raise(Signal::SIGSTOP).context("stop")?;
        pour(&write, 1)
    })?;
    drop(write);
    drain(&read)
}

/// Waits for one child by its number, while two others have ended.
pub(crate) fn wrong_child() -> Result<()> {
    rename("pool")?;
    let first = child("worker-1", &[], || Ok(()))?;
    let second = child("worker-2", &[], pause)?;
    let third = child("worker-3", &[], || Ok(()))?;
    in_state(first, 'Z')?;
    in_state(third, 'Z')?;
    wait_for(second)
}

/// One child has ended and is not reaped; the parent reads from the other, which waits for its next order.
pub(crate) fn zombie_and_read() -> Result<()> {
    rename("boss")?;
    let (orders, to_worker) = pipe()?;
    let (results, from_worker) = pipe()?;
    let first = child("worker-1", &[&orders, &to_worker, &results, &from_worker], || Ok(()))?;
    in_state(first, 'Z')?;
    child("worker-2", &[&to_worker, &results], || {
        take(&orders, 1)?;
        pour(&from_worker, 1)
    })?;
    drop((orders, from_worker));
    take(&results, 1)?;
    drop(to_worker);
    wait_all()
}

/// A parent in vfork(2) waits for the child's exec or exit; the child waits for the parent's bytes.
pub(crate) fn vfork_parent() -> Result<()> {
    rename("launcher")?;
    let (read, write) = pipe()?;
    let flags = libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: without CLONE_VM this is fork(2): no stack is given, and the child has memory of its own.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match pid {
        0 => {
            rename("helper")?;
            lose(&[&write]);
            take(&read, 1)?;
            // SAFETY: ends this process; nothing is touched.
            unsafe { libc::_exit(0) }
        }
        pid if pid > 0 => {
            pour(&write, 1)?;
            wait_for(Pid::from_raw(i32::try_from(pid)?))
        }
        _ => bail!("vfork: {}", std::io::Error::last_os_error()),
    }
}

/// A terminal of our own: its master, and the path of its slave.
fn terminal() -> Result<(PtyMaster, String)> {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY).context("make a terminal")?;
    grantpt(&master).context("make a terminal")?;
    unlockpt(&master).context("make a terminal")?;
    let slave = ptsname_r(&master).context("name the terminal")?;
    Ok((master, slave))
}

/// Makes the terminal this new session's own.
fn take_terminal(slave: &str) -> Result<OwnedFd> {
    setsid().context("start a session")?;
    open(slave, OFlag::O_RDWR, Mode::empty()).context("open the terminal")
}

/// A background job reads the terminal and is stopped by SIGTTIN; the shell waits for its exit.
pub(crate) fn tty_background_read() -> Result<()> {
    rename("terminal")?;
    let (master, slave) = terminal()?;
    child("shell", &[&master], || {
        let tty = take_terminal(&slave)?;
        let job = child("job", &[], || {
            setpgid(Pid::from_raw(0), Pid::from_raw(0)).context("start a group")?;
            take(&tty, 1).map(drop)
        })?;
        wait_for(job)
    })?;
    wait_all()?;
    drop(master);
    Ok(())
}

/// A shell in a group of its own takes the terminal without ignoring SIGTTOU: it is stopped itself.
pub(crate) fn tty_shell_stopped() -> Result<()> {
    rename("terminal")?;
    let (master, slave) = terminal()?;
    child("login", &[&master], || {
        let tty = take_terminal(&slave)?;
        let shell = child("shell", &[], || {
            setpgid(Pid::from_raw(0), Pid::from_raw(0)).context("start a group")?;
            tcsetpgrp(&tty, getpgrp()).context("take the terminal")
        })?;
        wait_for(shell)
    })?;
    wait_all()?;
    drop(master);
    Ok(())
}

/// The parent sent SIGTERM and waits; the child ignores it and waits for an order.
pub(crate) fn ignored_signal() -> Result<()> {
    rename("supervisor")?;
    let (orders, to_child) = pipe()?;
    let gate = Gate::new()?;
    let worker = child("stubborn", &[&to_child], || {
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { sigaction(Signal::SIGTERM, &ignore) }.context("ignore SIGTERM")?;
        gate.open()?;
        take(&orders, 1).map(drop)
    })?;
    gate.pass()?;
    kill(worker, Signal::SIGTERM).context("end the child")?;
    wait_for(worker)?;
    drop(to_child);
    Ok(())
}

/// A child waits until its parent is another one (it was orphaned), and its parent waits for it.
pub(crate) fn waits_for_its_parent() -> Result<()> {
    rename("parent")?;
    let parent = getpid();
    child("child", &[], || {
        let pidfd = crate::stage::pidfd(parent)?;
        crate::polls::until_readable(&pidfd)
    })?;
    wait_all()
}
