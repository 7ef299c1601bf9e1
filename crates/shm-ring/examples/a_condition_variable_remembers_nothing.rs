//! Claim: a condition variable is a place to sleep; the state it is about is yours, under your lock. A signal without
//! a sleeper is lost, and a sleeper that was woken must look at the state again.
//!
//! A semaphore in its place would remember. That is the difference between the two.
//!
//! Usage: cargo run -q -p shm-ring --example a_condition_variable_remembers_nothing
//! See also: `pthread_cond_wait(3p)`, `pthread_condattr_setpshared(3p)`, and `meeting.rs`

use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Result, bail};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::lock::{Got, Kind, Lock};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::meeting::Condition;

fn main() -> Result<()> {
    let (lock, condition) = (Lock::new(Kind::Plain)?, Condition::new()?);
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let (rain, woken) = (memory.word(0), memory.word(4));
    condition.signal()?;
    println!("signalled, and nobody sleeps");
    let child = Child::start(|| {
        let Got::Clean(held) = lock.lock()? else { bail!("somebody died") };
        while rain.load(Relaxed) == 0 {
            condition.wait(&held)?;
            woken.fetch_add(1, Relaxed);
        }
        Ok(())
    })?;
    asleep::until(child.pid())?;
    println!("a child sleeps all the same, and holds no lock: {}", lock.try_lock().is_ok());

    condition.signal()?;
    while woken.load(Relaxed) == 0 {
        std::thread::yield_now();
    }
    asleep::until(child.pid())?;
    println!("signalled: it has woken, found {}, and sleeps again", rain.load(Relaxed));

    let held = lock.lock()?;
    rain.store(1, Relaxed);
    condition.signal()?;
    drop(held);
    println!("state changed and signalled: exit status {}", child.end()?);
    Ok(())
}
