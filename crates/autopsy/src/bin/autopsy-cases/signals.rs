//! Signals that were lost, blocked or never sent. signal(7), sigsuspend(2), signalfd(2).
#![allow(unsafe_code, reason = "sigaction(2)")]

use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context, Result};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, raise, sigaction};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::pipe;

use crate::stage::{child, in_state, pause, rename, take, wait_all, wait_for};

/// How many signals the handler has seen.
static SEEN: AtomicI32 = AtomicI32::new(0);

extern "C" fn count(_: i32) {
    SEEN.fetch_add(1, Ordering::SeqCst);
}

/// Catches a signal with a handler that only counts.
pub(crate) fn catch(signal: Signal) -> Result<()> {
    handle(signal, count)
}

fn handle(signal: Signal, handler: extern "C" fn(i32)) -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(handler), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handlers of this file add to an atomic number, or make one system call.
    unsafe { sigaction(signal, &action) }.with_context(|| format!("catch {signal}")).map(drop)
}

/// The child ended, and SIGCHLD was handled, before the parent began to wait for it.
pub(crate) fn lost_sigchld() -> Result<()> {
    rename("shell")?;
    catch(Signal::SIGCHLD)?;
    let ended = child("true", &[], || Ok(()))?;
    in_state(ended, 'Z')?;
    while SEEN.load(Ordering::SeqCst) == 0 {
        std::hint::spin_loop();
    }
    nix::unistd::pause();
    wait_for(ended)
}

/// SIGTERM is pending, but blocked, while the daemon waits for it.
pub(crate) fn blocked_signal() -> Result<()> {
    rename("daemon")?;
    catch(Signal::SIGTERM)?;
    SigSet::from(Signal::SIGTERM).thread_block().context("block SIGTERM")?;
    raise(Signal::SIGTERM).context("send SIGTERM")?;
    pause()
}

/// SIGCHLD is blocked as it should be, and then waited for with pause instead of sigsuspend.
pub(crate) fn blocked_sigchld() -> Result<()> {
    rename("shell")?;
    catch(Signal::SIGCHLD)?;
    SigSet::from(Signal::SIGCHLD).thread_block().context("block SIGCHLD")?;
    let ended = child("true", &[], || Ok(()))?;
    in_state(ended, 'Z')?;
    nix::unistd::pause();
    wait_for(ended)
}

/// A signalfd for SIGCHLD, which was not blocked: the signal is thrown away, and the descriptor stays empty.
pub(crate) fn signalfd_unblocked() -> Result<()> {
    rename("event-loop")?;
    let signals = SignalFd::new(&SigSet::from(Signal::SIGCHLD)).context("make a signalfd")?;
    let ended = child("true", &[], || Ok(()))?;
    in_state(ended, 'Z')?;
    signals.read_signal().context("read the signalfd")?;
    wait_for(ended)
}

/// Two children end, and one SIGCHLD stands for both: it is taken, one is reaped, and the next one is waited for.
pub(crate) fn one_sigchld_for_two() -> Result<()> {
    rename("shell")?;
    let signals = SigSet::from(Signal::SIGCHLD);
    signals.thread_block().context("block SIGCHLD")?;
    let (first, second) = (child("true", &[], || Ok(()))?, child("false", &[], || Ok(()))?);
    for ended in [first, second] {
        // A child is a zombie a moment before its SIGCHLD is there; waitid(2) returns when both are true.
        waitid(Id::Pid(ended), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).context("wait for a child")?;
    }
    signals.wait().context("wait for SIGCHLD")?;
    wait_for(first)?;
    signals.wait().context("wait for SIGCHLD")?;
    wait_for(second)
}

/// The write end of the pipe to itself.
static TO_ITSELF: AtomicI32 = AtomicI32::new(-1);

extern "C" fn tell_itself(_: i32) {
    // SAFETY: write(2) may be called in a handler; the descriptor is open for ever.
    unsafe { libc::write(TO_ITSELF.load(Ordering::SeqCst), [0_u8; 1 << 12].as_ptr().cast(), 1 << 12) };
}

/// A program with a self-pipe whose SIGTERM came before its handler: nobody writes the byte that it polls for.
pub(crate) fn self_pipe_without_a_signal() -> Result<()> {
    rename("server")?;
    let (read, write) = pipe()?;
    TO_ITSELF.store(write.as_raw_fd(), Ordering::SeqCst);
    handle(Signal::SIGTERM, tell_itself)?;
    let mut ends = [PollFd::new(read.as_fd(), PollFlags::POLLIN)];
    poll(&mut ends, PollTimeout::NONE).context("poll")?;
    Ok(())
}

/// The handler of SIGTERM writes to a pipe of the program's own, which is full.
pub(crate) fn self_pipe_full() -> Result<()> {
    rename("server")?;
    let (_read, write) = pipe()?;
    TO_ITSELF.store(write.as_raw_fd(), Ordering::SeqCst);
    handle(Signal::SIGTERM, tell_itself)?;
    loop {
        raise(Signal::SIGTERM).context("send SIGTERM")?;
    }
}

/// A boss blocks SIGTERM for itself before it forks; the worker inherits the mask, and is asked to end in vain.
pub(crate) fn inherited_mask() -> Result<()> {
    rename("boss")?;
    SigSet::from(Signal::SIGTERM).thread_block().context("block SIGTERM")?;
    let (orders, to_worker) = pipe()?;
    let worker = child("worker", &[&to_worker], || take(&orders, 1).map(drop))?;
    drop(orders);
    in_state(worker, 'S')?;
    kill(worker, Signal::SIGTERM).context("end the worker")?;
    wait_for(worker)?;
    drop(to_worker);
    Ok(())
}

/// The parent waits for its child's SIGUSR1, the child for the parent's byte.
pub(crate) fn sigwait_circle() -> Result<()> {
    rename("parent")?;
    let started = SigSet::from(Signal::SIGUSR1);
    started.thread_block().context("block SIGUSR1")?;
    let (orders, to_child) = pipe()?;
    child("child", &[&to_child], || take(&orders, 1).map(drop))?;
    drop(orders);
    started.wait().context("wait for SIGUSR1")?;
    drop(to_child);
    wait_all()
}

/// A daemon that waits for a signal, as daemons do.
pub(crate) fn pause_idle() -> Result<()> {
    rename("daemon")?;
    pause()
}
