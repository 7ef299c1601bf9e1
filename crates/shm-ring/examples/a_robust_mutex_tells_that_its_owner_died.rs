//! Claim: a plain lock whose owner dies is locked for ever. A robust one goes to the next who asks, with EOWNERDEAD:
//! "you have it, and what it protects may be half changed". Repair that first, then say so.
//!
//! The kernel can give back the lock. It cannot give back the 30 that have left one account and not reached the
//! other.
//!
//! Usage: cargo run -q -p shm-ring --example a_robust_mutex_tells_that_its_owner_died
//! See also: `pthread_mutexattr_setrobust(3)`, `pthread_mutex_consistent(3)`, `get_robust_list(2)`

use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context, Result, bail};
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::lock::{Got, Kind, Lock};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let plain = Lock::new(Kind::Plain)?;
    die_with(&plain, &accounts()?)?;
    println!("plain: {}", plain.try_lock().expect_err("it is locked for ever").root_cause());

    let (robust, accounts_of_robust) = (Lock::new(Kind::Robust)?, accounts()?);
    die_with(&robust, &accounts_of_robust)?;
    let Got::OwnerDied(held) = robust.lock()? else { bail!("the lock says nothing of its owner's death") };
    println!("robust: EOWNERDEAD; the accounts hold {} of 100", sum(&accounts_of_robust));
    let second = accounts_of_robust.word(4);
    second.store(second.load(Relaxed) + 100 - sum(&accounts_of_robust), Relaxed);
    held.repaired()?;
    drop(held);
    println!(
        "repaired: they hold {}; the next gets the lock, owner died: {}",
        sum(&accounts_of_robust),
        robust.lock()?.owner_died()
    );

    let unrepaired = Lock::new(Kind::Robust)?;
    die_with(&unrepaired, &accounts()?)?;
    drop(unrepaired.lock()?);
    println!("given back without repair: {}", unrepaired.lock().expect_err("it is lost").root_cause());
    Ok(())
}

fn accounts() -> Result<Mapping> {
    let memory = Mapping::anonymous(8, Sharing::Shared)?;
    memory.word(0).store(60, Relaxed);
    memory.word(4).store(40, Relaxed);
    Ok(memory)
}

fn sum(accounts: &Mapping) -> u32 {
    accounts.word(0).load(Relaxed) + accounts.word(4).load(Relaxed)
}

/// A child takes the lock, takes 30 from the first account, and is killed.
fn die_with(lock: &Lock, accounts: &Mapping) -> Result<()> {
    let taken = Gate::new()?;
    let child = Child::start(|| {
        let _held = lock.lock()?;
        accounts.word(0).fetch_sub(30, Relaxed);
        taken.open()?;
        Gate::new()?.pass()
    })?;
    taken.pass()?;
    child.kill().context("kill the owner")
}
