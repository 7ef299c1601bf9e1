//! Claim: "look at the flag, then pause" can sleep for ever: the signal may come between the two.
//!
//! ```text
//!   while !flag { /* the signal comes here: the handler sets the flag */ pause() }
//! ```
//!
//! The gap is a few instructions wide, so tests seldom hit it. Here the child itself raises the signal in the gap, and
//! it always happens. The flag is set, and the child sleeps.
//!
//! Usage: cargo run -q -p signals --example check_then_pause_loses_the_wakeup
//! See also: `pause(2)`, `sigsuspend(2)`, and `sigsuspend_leaves_no_gap`

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal, raise};
use signals::{asleep, child::Child, look, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    let child = Child::run(|_| {
        let (mut looks, mut in_the_gap) = (0, true);
        while tally::of(Signal::SIGUSR1) == 0 {
            looks += 1;
            if std::mem::take(&mut in_the_gap) {
                raise(Signal::SIGUSR1).context("raise the signal")?;
                println!(
                    "look {looks}: not set; then the signal comes: set {} time",
                    tally::of(Signal::SIGUSR1)
                );
            }
            nix::unistd::pause();
        }
        println!("it went on after signal {}", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    asleep::until_in(child.pid(), asleep::PAUSE)?;
    println!("the child sleeps in pause; pending: {}", look::names(&look::at(child.pid())?.pending));
    child.send(Signal::SIGUSR1)?; // Only a second one wakes it.
    println!("child: {}", child.wait()?);
    Ok(())
}
