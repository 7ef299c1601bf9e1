//! Claim: who sends to a queue addresses no process: consumers may come, go and be many, and no sender notices.
//!
//! That is indirect addressing. Two producers send to the name; the first consumer takes two messages and ends, two others
//! share the rest. No lock is needed: the kernel gives each message to one of them. For answers one needs a second
//! queue, for a queue of such messages goes one way.
//!
//! Usage: cargo run -q -p producer-consumer --example a_queue_is_an_address_without_a_process
//! See also: `mq_overview(7)`

use anyhow::{Context, Result};
use producer_consumer::{posix_queue::Name, process};
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let name = Name::new();
    let keeps_it = name.create(4)?;
    let (results, result_in) = ipc_kit::pipe().context("make a pipe for the results")?;
    let producers = [0..5, 5..10].map(|numbers| {
        process::child(|| {
            let queue = name.open()?;
            numbers.into_iter().try_for_each(|number: u8| queue.send(&[number], 0)).context("send")
        })
    });

    process::join(process::child(|| consume(&name, 2, &result_in))?)?;
    println!("the first consumer took 2 messages and ended");
    let later = [(); 2].map(|()| process::child(|| consume(&name, 4, &result_in)));
    for child in producers.into_iter().chain(later) {
        process::join(child?)?;
    }
    drop(result_in);
    let taken: BTreeSet<u8> =
        ipc_kit::read_to_end(&results).context("read the results")?.into_iter().collect();
    println!("three consumers took {} different messages of 2 producers", taken.len());
    println!("left in the queue: {}", keeps_it.waiting().context("look")?);
    Ok(())
}

fn consume(name: &Name, messages: usize, results: &OwnedFd) -> Result<()> {
    let queue = name.open()?;
    for _ in 0..messages {
        let (message, _) = queue.receive().context("receive")?;
        ipc_kit::write_all(results, &message).context("tell the result")?;
    }
    Ok(())
}
