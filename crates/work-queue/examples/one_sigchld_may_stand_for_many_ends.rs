//! Claim: SIGCHLD is not counted: one signal may stand for many ends, so a boss reaps in a loop.
//!
//! Three workers end while the boss is busy. One bit is set, three times. A boss that waits once for each signal
//! keeps two zombies, and after a day the table of processes is full.
//!
//! Usage: cargo run -q -p work-queue --example one_sigchld_may_stand_for_many_ends
//! See also: `signal(7)` (queueing of standard signals), `waitpid(2)` (WNOHANG), and `src/children.rs`

use anyhow::{Context, Result};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use work_queue::{asleep, children::Children};

fn main() -> Result<()> {
    let signals = SigSet::from(Signal::SIGCHLD);
    signals.thread_block().context("block SIGCHLD")?;
    let arrivals = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK).context("make a signalfd")?;

    let mut children = Children::default();
    for _ in 0..3 {
        children.start(|_| Ok(()))?;
    }
    for child in asleep::children(nix::unistd::getpid())? {
        asleep::until(child, 'Z')?;
    }
    let mut signals = 0;
    while arrivals.read_signal().context("read a signal")?.is_some() {
        signals += 1;
    }
    println!("children that ended: 3, signals that came: {signals}");
    println!("reaped in a loop: {}", children.reap()?.len());
    println!("left: {}", asleep::children(nix::unistd::getpid())?.len());
    Ok(())
}
