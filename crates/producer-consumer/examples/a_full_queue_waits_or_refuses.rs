//! Claim: a POSIX queue is finite: full, it lets the sender wait, or refuses (EAGAIN) a sender that must not wait.
//!
//! The same choice as for a pipe, counted in messages instead of bytes: this queue holds two, however short.
//!
//! Usage: cargo run -q -p producer-consumer --example a_full_queue_waits_or_refuses
//! See also: `mq_send(3)`, `mq_overview(7)` (/proc/sys/fs/mqueue/msg_max, RLIMIT_MSGQUEUE)

use anyhow::{Context, Result};
use producer_consumer::{asleep, posix_queue::Name, process};

fn main() -> Result<()> {
    let name = Name::new();
    let queue = name.create(2)?;
    let sender = process::child(|| (1..=3).try_for_each(|number| queue.send(&[number], 0)).context("send"))?;
    asleep::until_asleep(sender)?;
    println!("two of three messages are in, the sender sleeps: {} wait", queue.waiting().context("look")?);
    println!("received: {:?}", queue.receive().context("receive")?.0);
    process::join(sender)?;
    println!("the sender could send the third: {} wait", queue.waiting().context("look")?);

    queue.set_nonblocking().context("make it non-blocking")?;
    println!("send into the full queue: {}", queue.send(&[4], 0).expect_err("it is full"));
    queue.receive().and(queue.receive()).context("empty it")?;
    println!("receive from the empty queue: {}", queue.receive().expect_err("it is empty"));
    Ok(())
}
