//! Claim: a queue must have an end, and somebody must decide what happens there: wait, refuse, or drop.
//!
//! 6000 tasks come, the queue holds 4096, and no worker is there yet. To wait passes the pressure back (the boss stops
//! reading its own input). To refuse tells the client (503, "come back later"). To drop the oldest suits what grows
//! stale, such as video frames. A queue without a bound only decides later: when the memory is full.
//!
//! Usage: cargo run -q -p work-queue --example a_full_queue_blocks_refuses_or_drops
//! See also: `pipe(7)` (pipe capacity), `fcntl(2)` (F_SETPIPE_SZ)

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::os::fd::OwnedFd;
use work_queue::{asleep, queue};

const TASKS: u32 = 6000;

fn main() -> Result<()> {
    let (out, into) = bounded()?;
    let boss =
        ipc_kit::run_in_child(|| (0..TASKS).try_for_each(|task| queue::put(&into, task)).is_err().into());
    let boss = boss.context("start a boss")?;
    drop(into);
    asleep::until_in(boss, libc::SYS_write)?;
    println!("wait: the boss sleeps at the full queue; a worker comes: {}", drain(&out)?);
    ipc_kit::wait_for(boss).context("wait for the boss")?;

    let (out, into) = bounded()?;
    fcntl(&into, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make it fail instead of wait")?;
    let refused = (0..TASKS).filter(|task| queue::put(&into, *task) == Err(Errno::EAGAIN)).count();
    drop(into);
    println!("refuse: {refused} refused; a worker comes: {}", drain(&out)?);

    let (out, into) = bounded()?;
    fcntl(&into, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make it fail instead of wait")?;
    let mut dropped = 0;
    for task in 0..TASKS {
        while queue::put(&into, task) == Err(Errno::EAGAIN) {
            // Room comes in whole pages, so one page of the oldest tasks goes.
            for _ in 0..4096 / queue::TASK {
                dropped += queue::take(&out).context("drop the oldest")?.map_or(0, |_| 1);
            }
        }
    }
    drop(into);
    println!("drop the oldest: {dropped} dropped; a worker comes: {}", drain(&out)?);
    Ok(())
}

fn bounded() -> Result<(OwnedFd, OwnedFd)> {
    let (out, into) = ipc_kit::pipe().context("make a queue")?;
    queue::bound(&into, 4096).context("bound the queue")?;
    Ok((out, into))
}

/// Takes all tasks until the queue is closed: how many there were, and which was the last.
fn drain(out: &OwnedFd) -> Result<String> {
    let mut tasks = Vec::new();
    while let Some(task) = queue::take(out).context("take a task")? {
        tasks.push(task);
    }
    Ok(format!("{} tasks, {} to {}", tasks.len(), tasks[0], tasks[tasks.len() - 1]))
}
