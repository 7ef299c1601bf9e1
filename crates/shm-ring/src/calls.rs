//! For the demonstrations: counting the system calls of some code, with ptrace, as strace does.

use anyhow::{Context, Result, bail, ensure};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Kills the traced child if counting fails.
struct Traced(Pid);

impl Drop for Traced {
    fn drop(&mut self) {
        // Reached only on the way out of an error, which is the one to report.
        let _ = nix::sys::signal::kill(self.0, Signal::SIGKILL);
        let _ = waitpid(self.0, None);
    }
}

/// ptrace—Runs `body` in a child, and counts the system calls from its beginning to the child's end.
///
/// A few belong to the frame, the end among them, so compare two counts; one alone says little.
///
/// # Errors
/// When this machine forbids tracing, or the body fails.
///
/// See also: `ptrace(2)` (PTRACE_SYSCALL)
pub fn count(body: impl FnOnce() -> Result<()>) -> Result<u64> {
    let pid = ipc_kit::run_in_child(|| {
        let ready = ptrace::traceme().and_then(|()| raise(Signal::SIGSTOP));
        let done = ready.context("let the parent trace").and_then(|()| body());
        if let Err(error) = &done {
            eprintln!("child: {error:#}");
        }
        u8::from(done.is_err())
    });
    let traced = Traced(pid.context("start a child")?);
    let first = waitpid(traced.0, None).context("wait until the child has stopped")?;
    ensure!(
        matches!(first, WaitStatus::Stopped(_, Signal::SIGSTOP)),
        "the child cannot be traced: {first:?}"
    );
    ptrace::setoptions(traced.0, ptrace::Options::PTRACE_O_TRACESYSGOOD)
        .context("ask for system call stops")?;
    let mut stops: u64 = 0;
    loop {
        ptrace::syscall(traced.0, None).context("run to the next system call")?;
        match waitpid(traced.0, None).context("wait for a system call")? {
            WaitStatus::PtraceSyscall(_) => stops += 1,
            ended @ (WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => {
                // It is waited for: its number may belong to somebody else from now on.
                std::mem::forget(traced);
                ensure!(matches!(ended, WaitStatus::Exited(_, 0)), "the traced child failed: {ended:?}");
                // Each call stops twice, at its entry and its exit; the last, exit_group, has an entry only.
                return Ok(stops.div_ceil(2));
            }
            other => bail!("the child was to make system calls and end: {other:?}"),
        }
    }
}
