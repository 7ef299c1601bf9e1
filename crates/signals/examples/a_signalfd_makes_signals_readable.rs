//! Claim: a signalfd turns blocked signals into records that are read: one record for pending standard signals of one
//! number, one for each real-time signal. Forgetting to block them ends the process.
//!
//! A descriptor can be polled beside others, and no code runs at a bad moment.
//!
//! Usage: cargo run -q -p signals --example a_signalfd_makes_signals_readable
//! See also: `signalfd(2)`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::getpid;
use signals::{child::Child, number::Number, send, set};

const FLAGS: SfdFlags = SfdFlags::SFD_NONBLOCK.union(SfdFlags::SFD_CLOEXEC);

fn main() -> Result<()> {
    let realtime = Number::realtime(0);
    let wanted = set::of([Signal::SIGUSR1.into(), realtime]);
    let careless = Child::run(|_| {
        let _signals = SignalFd::with_flags(&wanted, FLAGS).context("make a signalfd")?;
        raise(Signal::SIGUSR1).context("raise the signal")?;
        println!("not reached: the default action came first");
        Ok(())
    })?;
    println!("not blocked: {}", careless.wait()?);

    wanted.thread_block().context("block the signals")?;
    let signals = SignalFd::with_flags(&wanted, FLAGS).context("make a signalfd")?;
    for value in 1..=3 {
        raise(Signal::SIGUSR1).context("raise the signal")?;
        send::queue(getpid(), realtime, value).context("queue a signal")?;
    }
    println!("blocked; sent: 3 x SIGUSR1, 3 x {realtime}");
    while let Some(record) = signals.read_signal().context("read a signal")? {
        let number = i32::try_from(record.ssi_signo).ok().and_then(Number::new).context("name the signal")?;
        let is_own = u32::try_from(getpid().as_raw()) == Ok(record.ssi_pid);
        println!("read: {number}, value {}, from this process: {is_own}", record.ssi_int);
    }
    Ok(())
}
