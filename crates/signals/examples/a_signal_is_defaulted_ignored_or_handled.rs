//! Claim: at a signal a process does the default, nothing, or a function of its own.
//!
//! Three children get the same signal. Only the first dies of it.
//!
//! Usage: cargo run -q -p signals --example a_signal_is_defaulted_ignored_or_handled
//! See also: `sigaction(2)`, `signal(7)` (Signal dispositions)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{action, child::Child, look, tally};

fn main() -> Result<()> {
    action::restore_default(Signal::SIGUSR1).context("choose the default")?;
    report("default")?;
    action::ignore(Signal::SIGUSR1).context("choose to ignore it")?;
    report("ignore")?;
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("choose a function")?;
    report("handler")
}

/// A child inherits the disposition of its parent.
fn report(choice: &str) -> Result<()> {
    let child = Child::run_to_gate(move || {
        println!("{choice}: the child goes on; runs of its handler: {}", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    child.send(Signal::SIGUSR1)?;
    if choice != "default" {
        look::until_taken(child.pid(), Signal::SIGUSR1)?;
    }
    child.open()?;
    println!("{choice}: {}", child.wait()?);
    Ok(())
}
