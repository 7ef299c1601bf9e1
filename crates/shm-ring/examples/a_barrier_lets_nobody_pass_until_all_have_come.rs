//! Claim: at a barrier nobody passes until all have come; exactly one of them is told that it is the one. Then it is
//! as new.
//!
//! Programs that compute in rounds stand there between two rounds. If one of them dies, the others wait for ever.
//!
//! Usage: cargo run -q -p shm-ring --example a_barrier_lets_nobody_pass_until_all_have_come
//! See also: `pthread_barrier_wait(3p)`, and `meeting.rs`

use std::sync::atomic::Ordering::Relaxed;

use anyhow::Result;
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::meeting::Barrier;

const ROUNDS: u32 = 100;

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let (passed, chosen, early) = (memory.word(0), memory.word(4), memory.word(8));
    let barrier = Barrier::new(3)?;
    let rounds = |from: u32, to: u32| -> Result<()> {
        for round in from..to {
            let is_the_one = barrier.wait()?;
            chosen.fetch_add(u32::from(is_the_one), Relaxed);
            // Whoever passes round n finds that all have passed the rounds before: 3 each.
            early.fetch_add(u32::from(passed.fetch_add(1, Relaxed) < 3 * round), Relaxed);
        }
        Ok(())
    };
    let children = [Child::start(|| rounds(0, ROUNDS))?, Child::start(|| rounds(0, ROUNDS))?];
    for child in &children {
        asleep::until(child.pid())?;
    }
    println!("two of three have come and sleep; passed: {}", passed.load(Relaxed));
    rounds(0, ROUNDS)?;
    for child in children {
        child.end()?;
    }
    let [passed, chosen, early] = [passed, chosen, early].map(|word| word.load(Relaxed));
    println!("{ROUNDS} rounds: passed {passed}, chosen {chosen}, too early {early}");
    Ok(())
}
