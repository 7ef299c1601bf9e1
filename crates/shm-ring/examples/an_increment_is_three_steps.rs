//! Claim: "add 1" is load, add, store. What others store in between is lost, however much it is.
//!
//! Two gates make the unlucky order happen every time. Without them it happens sometimes, on one core too: the kernel
//! may take the processor away between any two instructions.
//!
//! Usage: cargo run -q -p shm-ring --example an_increment_is_three_steps
//! See also: `fetch_add_is_one_step`, and `gate.rs`

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let counter = memory.long(0);
    let (loaded, go) = (Gate::new()?, Gate::new()?);
    let child = Child::start(|| {
        let value = counter.load(Relaxed);
        loaded.open()?;
        go.pass()?;
        counter.store(value + 1, Relaxed);
        Ok(())
    })?;
    loaded.pass()?;
    println!("child: loads 0");
    for _ in 0..1000 {
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }
    println!("parent: adds 1 a thousand times: {}", counter.load(Relaxed));
    go.open()?;
    child.end()?;
    println!("child: stores its sum; of 1001 increments are left: {}", counter.load(Relaxed));

    let results: Vec<u64> = (0..16_u8).filter(|order| order.count_ones() == 2).map(two_increments).collect();
    let lost = results.iter().filter(|result| **result == 1).count();
    println!("two increments have {} orders; an increment is lost in {lost}", results.len());
    Ok(())
}

/// Two processes load and store once each. Bit i says which of them does step i.
fn two_increments(order: u8) -> u64 {
    let (counter, mut loaded) = (AtomicU64::new(0), [None, None]);
    for step in 0..4 {
        let process = usize::from(order >> step & 1);
        match loaded[process] {
            None => loaded[process] = Some(counter.load(Relaxed)),
            Some(value) => counter.store(value + 1, Relaxed),
        }
    }
    counter.load(Relaxed)
}
