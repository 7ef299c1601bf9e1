//! Claim: of a standard signal, "pending" is one bit. Ten sent to a stopped process: the handler runs once.
//!
//! A second one that comes while the first is pending is thrown away, and its sender is not told. So a standard signal
//! says "at least once since you last looked", never how often. Sent one by one, each after the one before has arrived,
//! ten are ten: an acknowledgement counts, the signal does not.
//!
//! Usage: cargo run -q -p signals --example a_standard_signal_is_not_queued
//! See also: `signal(7)` (Queueing and delivery semantics)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{child::Child, look, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    let child = Child::run_to_gate(|| {
        println!("sent at once: the handler ran {} time", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    child.stop()?;
    for _ in 0..10 {
        child.send(Signal::SIGUSR1)?;
    }
    println!("10 sent to a stopped process; pending: {}", look::names(&look::at(child.pid())?.pending));
    child.send(Signal::SIGCONT)?;
    child.open()?;
    child.wait()?;

    let child = Child::run_to_gate(|| {
        println!("each after the one before has arrived: it ran {} times", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    for _ in 0..10 {
        child.send(Signal::SIGUSR1)?;
        look::until_taken(child.pid(), Signal::SIGUSR1)?;
    }
    child.open()?;
    child.wait()?;
    Ok(())
}
