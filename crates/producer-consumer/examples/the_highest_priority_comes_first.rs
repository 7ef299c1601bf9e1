//! Claim: a POSIX queue gives the message of the highest priority first, and equal ones in the order of sending.
//!
//! The *sender* decides. In a pipe an urgent record waits behind all the others.
//!
//! Usage: cargo run -q -p producer-consumer --example the_highest_priority_comes_first
//! See also: `mq_send(3)`

use anyhow::{Context, Result};
use producer_consumer::posix_queue::Name;

fn main() -> Result<()> {
    let name = Name::new();
    let queue = name.create(5)?;
    for (message, priority) in [("tea", 1), ("fire!", 9), ("milk", 1), ("wipe the table", 0), ("sugar", 1)] {
        queue.send(message.as_bytes(), priority).context("send")?;
    }
    while queue.waiting().context("look")? > 0 {
        let (message, priority) = queue.receive().context("receive")?;
        println!("{priority}: {}", String::from_utf8_lossy(&message));
    }
    Ok(())
}
