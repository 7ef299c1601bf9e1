//! Claim: a System V receiver chooses messages by type, and leaves the others where they are, in their order.
//!
//! The *receiver* decides; with POSIX priorities the sender does. One queue may so serve several receivers, each with a
//! type of its own (its process id, say). No other queue of the kernel can do this.
//!
//! Usage: cargo run -q -p producer-consumer --example a_system_v_receiver_chooses_by_type
//! See also: `msgrcv(2)`

use anyhow::{Context, Result};
use producer_consumer::system_v::Queue;

const TEA: i64 = 1;
const MILK: i64 = 2;
const SUGAR: i64 = 3;

fn main() -> Result<()> {
    let queue = Queue::new().context("make a queue")?;
    for (kind, text) in [(TEA, "tea 1"), (SUGAR, "sugar"), (MILK, "milk 1"), (MILK, "milk 2"), (TEA, "tea 2")]
    {
        queue.send(kind, text).context("send")?;
    }
    let receive = |kind| queue.receive(kind).map(|(_, text)| text).context("receive");
    println!("type {MILK}: {}, {}", receive(MILK)?, receive(MILK)?);
    println!("type {MILK} again: {}", queue.try_receive(MILK).expect_err("no milk is left"));
    println!("any type, the oldest: {}", receive(0)?);
    println!("the lowest type up to {SUGAR}: {}", receive(-SUGAR)?);
    println!("what is left: {}", receive(0)?);
    Ok(())
}
