//! Claim: a child of fork has its parent's handlers, ignored signals and mask, but none of the pending signals.
//!
//! A pending signal was sent to one process. Everything else is how the program was set up, and the program is the same.
//!
//! Usage: cargo run -q -p signals --example fork_keeps_handlers_and_mask_but_not_pending_signals
//! See also: `fork(2)`, `signal(7)`

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal, raise};
use nix::unistd::getpid;
use signals::{action, child::Child, look, number::Number, set, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    action::ignore(Signal::SIGHUP).context("ignore")?;
    set::of([Signal::SIGUSR2]).thread_block().context("block")?;
    raise(Signal::SIGUSR2).context("raise")?;
    show("parent")?;
    Child::run(|_| show("child"))?.wait()?;
    Ok(())
}

fn show(who: &str) -> Result<()> {
    let sets = look::at(getpid())?;
    let has = |set: &std::collections::BTreeSet<Number>, signal: Signal| set.contains(&signal.into());
    println!(
        "{who:<6}  SIGUSR1 caught: {}, SIGHUP ignored: {}, SIGUSR2 blocked: {}, pending: {}",
        has(&sets.caught, Signal::SIGUSR1),
        has(&sets.ignored, Signal::SIGHUP),
        has(&sets.blocked, Signal::SIGUSR2),
        has(&sets.pending, Signal::SIGUSR2)
    );
    Ok(())
}
