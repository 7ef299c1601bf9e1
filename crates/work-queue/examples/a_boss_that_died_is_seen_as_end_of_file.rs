//! Claim: workers need no signal and no timer to learn that their boss has died: their queue ends.
//!
//! The boss is killed, so it can tell nobody. But the kernel closes its descriptors, the last write end of the queue
//! among them, and every worker's read returns 0. That works only if no worker holds a write end itself.
//!
//! Usage: cargo run -q -p work-queue --example a_boss_that_died_is_seen_as_end_of_file
//! See also: `pipe(7)`, `PR_SET_CHILD_SUBREAPER(2const)`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::fd::OwnedFd;
use work_queue::{asleep, queue};

fn main() -> Result<()> {
    // The orphans become this process's children, so that it can wait for them.
    nix::sys::prctl::set_child_subreaper(true).context("adopt orphans")?;
    let (pids, report) = ipc_kit::pipe().context("make a pipe")?;
    let boss = ipc_kit::run_in_child(|| u8::from(boss(&report).is_err())).context("start a boss")?;
    let mut workers = Vec::new();
    for _ in 0..3 {
        let pid = queue::take(&pids).context("learn a worker's pid")?.context("hear the boss")?;
        workers.push(Pid::from_raw(i32::try_from(pid).context("read a pid")?));
    }
    for worker in &workers {
        asleep::until_in(*worker, libc::SYS_read)?;
    }
    println!("three workers wait for tasks");
    kill(boss, Signal::SIGKILL).context("kill the boss")?;
    println!("boss: status {}", status(boss)?);
    for worker in workers {
        println!("worker: end of the queue, status {}", status(worker)?);
    }
    Ok(())
}

fn status(pid: Pid) -> Result<u8> {
    let end = ipc_kit::wait_for(pid).with_context(|| format!("wait for process {pid}"))?;
    ipc_kit::exit_code(end).context("read its status")
}

fn boss(report: &OwnedFd) -> Result<()> {
    let (tasks, into) = ipc_kit::pipe().context("make the queue")?;
    let mut into = Some(into);
    for _ in 0..3 {
        let worker = ipc_kit::run_in_child(|| {
            into = None; // The worker's copy. Without this line it would wait for itself.
            while let Ok(Some(_)) = queue::take(&tasks) {}
            0
        });
        let pid = worker.context("start a worker")?.as_raw();
        queue::put(report, u32::try_from(pid).context("tell a pid")?).context("tell a pid")?;
    }
    nix::unistd::pause(); // Until it is killed, with its write end open.
    Ok(())
}
