//! Claim: kill carries the number of the signal; sigqueue adds one integer, and the kernel adds who sent it.
//!
//! Ten values sent to a child that is stopped arrive all, in order. With a standard signal the values do not help: only
//! one is pending, and the first value is kept. An integer is a small message: for more, let the signal say "look into
//! the pipe".
//!
//! Usage: cargo run -q -p signals --example sigqueue_adds_one_integer
//! See also: `sigqueue(3)`, `sigaction(2)` (siginfo_t)

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};
use signals::{arrival, child::Child, number::Number, send, set};

fn main() -> Result<()> {
    let realtime = Number::realtime(0);
    let both = set::of([realtime, Signal::SIGUSR1.into()]);
    both.thread_block().context("block the signals")?; // The child inherits the mask.

    let child = Child::run_to_gate(|| {
        let boss = getppid();
        take_all("kill", Signal::SIGUSR1, boss)?;
        take_all("queued", realtime, boss)
    })?;
    child.stop()?;
    child.send(Signal::SIGUSR1)?;
    for value in 0..10 {
        send::queue(child.pid(), realtime, value * value).context("queue a value")?;
    }
    child.send(Signal::SIGCONT)?;
    child.open()?;
    child.wait()?;

    let child = Child::run_to_gate(|| take_all("queued as SIGUSR1: 7, 8, 9", Signal::SIGUSR1, getppid()))?;
    for value in [7, 8, 9] {
        send::queue(child.pid(), Signal::SIGUSR1, value).context("queue a value")?;
    }
    child.open()?;
    child.wait()?;
    Ok(())
}

fn take_all(how: &str, number: impl Into<Number>, boss: Pid) -> Result<()> {
    let (set, mut values, mut from_boss) = (set::of([number]), Vec::new(), true);
    while let Some(arrival) = arrival::take(&set).context("take a signal")? {
        values.push(arrival.value);
        from_boss &= arrival.sender == Some(boss);
    }
    let count = values.len();
    let values: Vec<i32> = values.into_iter().flatten().collect();
    println!("{how}: {count} arrived, values {values:?}, sender is the parent: {from_boss}");
    Ok(())
}
