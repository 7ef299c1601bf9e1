//! Claim: a queue is persistent: its messages wait, though the sender has ended and nobody has the queue open.
//!
//! Sender and receiver need not live at the same time. It is not for ever: the queue is in the kernel's memory, until
//! somebody removes its name or the machine is restarted. Removing the name takes it from nobody who has it open.
//!
//! Usage: cargo run -q -p producer-consumer --example a_queue_outlives_its_processes
//! See also: `mq_overview(7)` (kernel persistence), `mq_unlink(3)`

use anyhow::{Context, Result};
use producer_consumer::{posix_queue::Name, process};

fn main() -> Result<()> {
    let name = Name::new();
    let sender = process::child(|| name.create(4)?.send(b"I have gone already", 0).context("send"))?;
    process::join(sender)?;
    println!("the sender has ended, nobody has the queue open");

    let queue = name.open()?;
    println!("a later process receives: {}", String::from_utf8_lossy(&queue.receive().context("receive")?.0));
    queue.send(b"still here", 0).context("send")?;
    name.unlink()?;
    println!("the name is removed, open: {}", name.open().err().context("the name is gone")?.root_cause());
    println!("who has it open receives: {}", String::from_utf8_lossy(&queue.receive().context("receive")?.0));
    Ok(())
}
