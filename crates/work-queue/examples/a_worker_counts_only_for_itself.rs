//! Claim: workers are isolated: what one of them counts, no other sees; to work together they must send.
//!
//! One program, four processes. Three workers take tasks from one queue and count them in the same variable, each in
//! its own copy of it. The boss's copy stays 0. What each *sends*, the boss can add.
//!
//! Usage: cargo run -q -p work-queue --example a_worker_counts_only_for_itself
//! See also: `fork(2)`

use anyhow::{Context, Result};
use work_queue::queue;

const TASKS: u32 = 1000;

fn main() -> Result<()> {
    let (tasks, into) = ipc_kit::pipe().context("make the queue")?;
    for task in 0..TASKS {
        queue::put(&into, task).context("put a task")?;
    }
    drop(into); // Before the workers start: none of them can then keep the queue open.
    let (counts, count_writer) = ipc_kit::pipe().context("make the pipe for the counts")?;

    let mut done = 0_u32;
    let mut workers = Vec::new();
    for _ in 0..3 {
        let work = || -> nix::Result<()> {
            while queue::take(&tasks)?.is_some() {
                done += 1;
            }
            queue::put(&count_writer, done)
        };
        let worker = ipc_kit::run_in_child(|| u8::from({ work }().is_err()));
        workers.push(worker.context("start a worker")?);
    }
    drop(count_writer);
    let (mut sum, mut senders) = (0, 0);
    while let Some(count) = queue::take(&counts).context("receive a count")? {
        (sum, senders) = (sum + count, senders + 1);
    }
    for worker in workers {
        ipc_kit::wait_for(worker).context("wait for a worker")?;
    }
    println!("the boss's own variable: {done}");
    println!("sent by {senders} workers, added by the boss: {sum}");
    Ok(())
}
