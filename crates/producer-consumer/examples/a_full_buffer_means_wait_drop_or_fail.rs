//! Claim: when a bounded buffer is full there are three choices: wait, throw something away, or fail. Size is none.
//!
//! Five frames for a buffer of two that nobody empties. What is in the buffer afterwards shows the policy. The kernel
//! offers "wait" (the default) and "fail" (O_NONBLOCK); to throw away the newest is to ignore the failure, and to throw
//! away the oldest, the *producer* must take it out, so it needs a read end.
//!
//! Usage: cargo run -q -p producer-consumer --example a_full_buffer_means_wait_drop_or_fail
//! See also: `policy.rs`, and the player: cargo run -q -p producer-consumer -- --policy oldest

use anyhow::Result;
use producer_consumer::policy::{Fate, Outlet, Policy};
use producer_consumer::{asleep, buffer, film, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    for policy in [Policy::Newest, Policy::Oldest, Policy::Fail, Policy::Block] {
        let (reader, writer) = buffer::bounded(2)?;
        let outlet = Outlet::new(writer, reader.try_clone()?, policy)?;
        let producer = process::child(|| produce(policy, &outlet))?;
        if policy == Policy::Block {
            asleep::until_asleep(producer)?;
            println!("block: the producer waits, the buffer has {:?}", kept(&reader)?);
            process::end(producer)?;
        } else {
            process::join(producer)?;
            println!("{}: the producer has ended, the buffer has {:?}", policy.name(), kept(&reader)?);
        }
    }
    Ok(())
}

fn produce(policy: Policy, outlet: &Outlet) -> Result<()> {
    let film = film::make(5)?;
    for number in 1..=5 {
        if outlet.put(&film::read(&film, number)?, || Ok(()))? == Fate::Refused {
            println!("{}: frame {number} is refused", policy.name());
            break;
        }
    }
    Ok(())
}

/// The numbers of the frames in the buffer.
fn kept(reader: &OwnedFd) -> Result<Vec<u32>> {
    let mut frames = Vec::new();
    while frames.len() < 2 {
        frames.extend(buffer::take(reader)?.as_ref().map(film::number));
    }
    Ok(frames)
}
