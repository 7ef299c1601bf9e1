//! The parties of a demonstration: children that run a closure, are stopped, go on and are waited for.
//!
//! Lecture 1 wrote fork and wait by hand. What is added here is that no party outlives its demonstration.

use anyhow::{Context, Result, bail, ensure};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, close, getpid, getppid};
use std::os::fd::{AsRawFd, OwnedFd};

/// fork—Starts a child that runs `body`. An error of `body` is printed on stderr and becomes exit code 1.
///
/// The kernel kills the child when its parent dies, whatever the child waits for. A demonstration may so be
/// interrupted at any moment, and no process is left behind.
///
/// # Errors
/// See [`ipc_kit::run_in_child`].
///
/// See also: `prctl(2)` (PR_SET_PDEATHSIG)
pub fn child(body: impl FnOnce() -> Result<()>) -> Result<Pid> {
    let parent = getpid();
    let run = || match end_with(parent).and_then(|()| body()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("child: {error:#}");
            1
        }
    };
    ipc_kit::run_in_child(run).context("fork")
}

fn end_with(parent: Pid) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("ask to die with the parent")?;
    // The parent may have died before we asked; then the kernel has given us another one.
    ensure!(getppid() == parent, "the parent is gone");
    Ok(())
}

/// waitpid—Waits until the child has ended: its exit code, or 128 + n if signal n killed it.
///
/// # Errors
/// `ECHILD` when it is not a child of this process, or was waited for before.
pub fn end_of(pid: Pid) -> Result<u8> {
    let status = ipc_kit::wait_for(pid).with_context(|| format!("wait for process {pid}"))?;
    ipc_kit::exit_code(status).with_context(|| format!("process {pid} has not ended: {status:?}"))
}

/// waitpid—Waits for a child that must end well.
///
/// # Errors
/// When its exit code is not 0, and see [`end_of`].
pub fn join(pid: Pid) -> Result<()> {
    let code = end_of(pid)?;
    ensure!(code == 0, "process {pid} ended with {code}");
    Ok(())
}

/// Stops the child, as Ctrl-Z would, and returns when it stands still. No clock: the kernel reports the stop.
///
/// # Errors
/// When the child ends instead.
///
/// See also: `waitpid(2)` (WUNTRACED)
pub fn stop(pid: Pid) -> Result<()> {
    kill(pid, Signal::SIGSTOP).with_context(|| format!("stop process {pid}"))?;
    match ipc_kit::retry(|| waitpid(pid, Some(WaitPidFlag::WUNTRACED))).context("wait for the stop")? {
        WaitStatus::Stopped(..) => Ok(()),
        other => bail!("process {pid} did not stop: {other:?}"),
    }
}

/// Lets a stopped child go on.
///
/// # Errors
/// When there is no such process.
pub fn go_on(pid: Pid) -> Result<()> {
    kill(pid, Signal::SIGCONT).with_context(|| format!("let process {pid} go on"))
}

/// Ends the child by force and waits for it.
///
/// # Errors
/// When there is no such process.
pub fn end(pid: Pid) -> Result<()> {
    kill(pid, Signal::SIGKILL).with_context(|| format!("end process {pid}"))?;
    end_of(pid).map(drop)
}

/// close—Closes, in a child, an end that only its parent needs. The parent's own copy stays open.
///
/// Fork copies every descriptor. The one that must not stay open is the write end of the child's own input: with it,
/// the child would wait for an end that it holds back itself.
///
/// # Errors
/// None for an open descriptor.
pub fn close_copy(end: &OwnedFd) -> Result<()> {
    // The value `end` is a copy of the parent's, and is not dropped here: this child ends by _exit.
    close(end.as_raw_fd()).context("close the copy of an end")
}
