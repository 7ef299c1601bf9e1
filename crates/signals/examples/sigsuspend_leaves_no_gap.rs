//! Claim: block the signal, look, and let sigsuspend open the mask and sleep in one step: then nothing is lost.
//!
//! The signal comes at the same place as in `check_then_pause_loses_the_wakeup`. It is blocked there, so it waits, and
//! sigsuspend returns at once.
//!
//! Usage: cargo run -q -p signals --example sigsuspend_leaves_no_gap
//! See also: `sigsuspend(2)`

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use nix::unistd::getpid;
use signals::{child::Child, look, set, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    let child = Child::run(|_| {
        set::of([Signal::SIGUSR1]).thread_block().context("block the signal")?;
        let mut looks = 0;
        while tally::of(Signal::SIGUSR1) == 0 {
            looks += 1;
            raise(Signal::SIGUSR1).context("raise the signal")?;
            let now = look::at(getpid())?;
            println!(
                "look {looks}: not set; then the signal comes: set {} times, pending: {}",
                tally::of(Signal::SIGUSR1),
                look::names(&now.pending)
            );
            SigSet::empty().suspend().context("wait")?;
        }
        println!("sigsuspend let it in: set {} time", tally::of(Signal::SIGUSR1));
        println!("and blocked it again: {}", look::names(&look::at(getpid())?.blocked));
        Ok(())
    })?;
    println!("child: {}", child.wait()?);
    Ok(())
}
