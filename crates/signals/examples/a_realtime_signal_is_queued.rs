//! Claim: real-time signals (SIGRTMIN to SIGRTMAX) are queued: ten sent to a stopped process, ten handled.
//!
//! "Signals are not queued" is true of the standard ones only.
//!
//! Usage: cargo run -q -p signals --example a_realtime_signal_is_queued
//! See also: `signal(7)` (Real-time signals)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{child::Child, number::Number, tally};

fn main() -> Result<()> {
    let realtime = Number::realtime(0);
    tally::start(realtime, SaFlags::empty()).context("install a handler")?;
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    let child = Child::run_to_gate(move || {
        println!("10 x {realtime}: the handler ran {} times", tally::of(realtime));
        println!("10 x SIGUSR1, beside them: {} time", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    child.stop()?;
    for _ in 0..10 {
        child.send(realtime)?;
        child.send(Signal::SIGUSR1)?;
    }
    child.send(Signal::SIGCONT)?;
    child.open()?;
    child.wait()?;
    Ok(())
}
