//! Claim: of several pending signals the order of delivery is not the order of sending. Count on no order.
//!
//! Three are sent while they are blocked, twice the same way. What Linux does: it takes the lowest number first, but
//! then a second signal may interrupt the first one's handler before its first instruction. So the *handlers* run in
//! the opposite order, unless a mask keeps the others out. No order is that of sending. Only real-time signals have a
//! promise: the lowest number first, and one number's in the order of sending.
//!
//! Usage: cargo run -q -p signals --example the_order_of_signals_is_not_promised
//! See also: `signal(7)` (Queueing and delivery semantics), `sigaction(2)` (sa_mask)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use nix::unistd::getpid;
use signals::{arrival, child::Child, look, number::Number, send, set, tally};

const SENT: [Signal; 3] = [Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGHUP];

fn main() -> Result<()> {
    println!("sent:                               {}", look::names(&SENT.map(Number::from)));
    handled("handlers that may be interrupted", SigSet::empty())?;
    handled("handlers that block the others", SigSet::all())?;

    let (low, high) = (Number::realtime(0), Number::realtime(1));
    let both = set::of([low, high]);
    both.thread_block().context("block real-time signals")?;
    for (number, value) in [(high, 1), (low, 2), (high, 3), (low, 4)] {
        send::queue(getpid(), number, value).context("queue a signal")?;
    }
    let mut values = Vec::new();
    while let Some(arrival) = arrival::take(&both).context("take a signal")? {
        values.push(arrival.value.context("find the value")?);
    }
    println!("real-time, sent 1 to 4 as high, low, high, low; arrived: {values:?}");
    Ok(())
}

/// In a child, because the order is noted once a process.
fn handled(what: &'static str, while_handling: SigSet) -> Result<()> {
    let child = Child::run(|_| {
        for signal in SENT {
            tally::start_blocking(signal, SaFlags::empty(), while_handling).context("install a handler")?;
        }
        set::of(SENT).thread_block().context("block them")?;
        for signal in SENT {
            raise(signal).context("raise a signal")?;
        }
        set::of(SENT).thread_unblock().context("unblock them")?;
        println!("{what:<34}  {}", look::names(&tally::order()));
        Ok(())
    })?;
    child.wait()?;
    Ok(())
}
