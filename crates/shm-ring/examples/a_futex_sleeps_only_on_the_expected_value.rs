//! Claim: FUTEX_WAIT sleeps only if the word still is what the caller expects. The kernel compares and goes to sleep
//! in one step.
//!
//! FUTEX_WAKE says how many it has woken. It does not change the word, and remembers nothing: who wakes must change
//! the word first.
//!
//! Usage: cargo run -q -p shm-ring --example a_futex_sleeps_only_on_the_expected_value
//! See also: `futex(2)`, `FUTEX_WAIT(2const)`, `FUTEX_WAKE(2const)`, and `futex.rs`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::futex::{ALL, Scope, wait, wake};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let word = memory.word(0);
    println!(
        "the word is 0; wait for as long as it is 1: {}",
        wait(word, 1, Scope::Shared).expect_err("it is 0")
    );
    println!("wake, and nobody sleeps: {} woken", wake(word, 1, Scope::Shared).context("wake")?);

    let sleepers = (0..3).map(|_| {
        Child::start(|| {
            while word.load(Ordering::Acquire) == 0 {
                // Woken, too late to sleep, or for no reason: the loop looks again.
                let _ = wait(word, 0, Scope::Shared);
            }
            Ok(())
        })
    });
    let sleepers: Vec<Child> = sleepers.collect::<Result<_>>()?;
    for child in &sleepers {
        asleep::until(child.pid())?;
    }
    println!("three children sleep for as long as it is 0");
    println!("wake all without a change: {} woken", wake(word, ALL, Scope::Shared).context("wake")?);
    for child in &sleepers {
        asleep::until(child.pid())?;
    }
    println!("they have looked, and sleep again");
    // Release: whoever sees the 1 (Acquire above) sees everything stored before it.
    word.store(1, Ordering::Release);
    println!("the word is 1; wake one: {} woken", wake(word, 1, Scope::Shared).context("wake")?);
    println!("wake all: {} woken", wake(word, ALL, Scope::Shared).context("wake")?);
    for child in sleepers {
        child.end()?;
    }
    println!("wake all: {} woken", wake(word, ALL, Scope::Shared).context("wake")?);
    Ok(())
}
