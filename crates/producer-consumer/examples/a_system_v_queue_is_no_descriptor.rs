//! Claim: a System V queue is not a descriptor: no poll, no close, no end when its last user leaves.
//!
//! A process that must also listen to a pipe needs a second thread or process for the queue; that is why new code stays
//! away. And the queue outlives even the process that made it for itself alone (IPC_PRIVATE is no privacy): it has to be
//! removed by hand.
//!
//! Usage: cargo run -q -p producer-consumer --example a_system_v_queue_is_no_descriptor
//! See also: `sysvipc(7)`, `msgctl(2)` (IPC_RMID), `ipcs(1)`

use anyhow::{Context, Result};
use producer_consumer::{process, system_v::Queue};

fn main() -> Result<()> {
    let (pipe, before) = (ipc_kit::pipe().context("make a pipe")?, descriptors()?);
    let queue = Queue::new().context("make a queue")?;
    println!("descriptors after making a queue: {} more", descriptors()? - before);
    drop(pipe);
    println!("after closing a pipe: {} fewer", before - descriptors()?);

    let user = process::child(|| queue.send(1, "left behind").context("send"))?;
    process::join(user)?;
    println!("its only user has ended, it holds: {}", queue.receive(0).context("receive")?.1);
    Ok(())
}

fn descriptors() -> Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd").context("list own descriptors")?.count())
}
