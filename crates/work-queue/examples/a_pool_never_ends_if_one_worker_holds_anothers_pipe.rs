//! Claim: worker 2 inherits the boss's end of worker 1's pipe; as long as it keeps it, worker 1 never sees the end.
//!
//! The boss ends its workers one by one: close the pipe, wait for the worker. It waits for ever: worker 1 waits for the
//! end of a pipe that worker 2 holds, worker 2 for the boss, the boss for worker 1. Close-on-exec does not help, since
//! nobody calls exec. The cure: the first thing a worker does is to close the ends of the workers before it.
//!
//! Usage: cargo run -q -p work-queue --example a_pool_never_ends_if_one_worker_holds_anothers_pipe
//! See also: `fork(2)`, `fcntl(2)` (FD_CLOEXEC), `proc_pid_fd(5)`, and `src/crew.rs`

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::os::fd::{AsRawFd, OwnedFd};
use work_queue::{asleep, queue};

fn main() -> Result<()> {
    println!("each worker closes its own write end only:");
    let mut workers = start(false)?;
    let flags = fcntl(&workers[0].1, FcntlArg::F_GETFD).context("ask for the flags")?;
    println!("    close-on-exec is set: {}", FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC));
    let pipe = std::fs::read_link(format!("/proc/self/fd/{}", workers[0].1.as_raw_fd()));
    let pipe = pipe.context("look at the pipe")?;
    let (first, end) = workers.remove(0);
    drop(end);
    asleep::until_in(first, libc::SYS_read)?;
    let ended = waitpid(first, Some(WaitPidFlag::WNOHANG)).context("look at worker 1")?;
    println!("    closed pipe 1, worker 1 has ended: {}", ended != WaitStatus::StillAlive);
    println!("    worker 2 holds pipe 1: {}", asleep::pipes(workers[0].0)?.contains(&pipe));
    let (second, end) = workers.remove(0);
    drop(end);
    for worker in [second, first] {
        ipc_kit::wait_for(worker).context("wait for a worker")?;
    }
    println!("    closed pipe 2: worker 2 ends, then worker 1");

    println!("each worker closes the others' as well:");
    for (number, (worker, end)) in start(true)?.into_iter().enumerate() {
        drop(end);
        ipc_kit::wait_for(worker).context("wait for a worker")?;
        println!("    closed pipe {0}, worker {0} has ended", number + 1);
    }
    Ok(())
}

/// Two workers, each with the boss's end of its pipe.
fn start(is_careful: bool) -> Result<Vec<(Pid, OwnedFd)>> {
    let mut workers = Vec::new();
    for _ in 0..2 {
        let (tasks, into) = ipc_kit::pipe().context("make a pipe")?;
        let mut into = Some(into);
        let worker = ipc_kit::run_in_child(|| {
            into = None;
            if is_careful {
                workers.clear(); // The worker's copies. The boss's list stays as it is.
            }
            while let Ok(Some(_)) = queue::take(&tasks) {}
            0
        });
        workers.push((worker.context("start a worker")?, into.context("keep the write end")?));
    }
    Ok(workers)
}
