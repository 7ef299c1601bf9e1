//! Claim: a signal is a software interrupt: kill sends one integer, and a function runs between two instructions.
//!
//! The child computes and makes no system call. Nothing in its loop looks for a message. Yet the handler runs, and the
//! loop sees what it left. kill(2) means a process of this machine: there is no address of another one.
//!
//! Usage: cargo run -q -p signals --example a_signal_is_a_software_interrupt
//! See also: `kill(2)`, `signal(7)`

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{asleep, child::Child, look, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?; // The child inherits it.
    let child = Child::run(|gate| {
        gate.wait()?;
        let mut steps: u64 = 0;
        while tally::of(Signal::SIGUSR1) == 0 {
            steps += 1;
        }
        println!("child: interrupted in its loop, after at least one step: {}", steps > 0);
        println!("child: the handler got one integer, that of {}", look::names(&tally::order()));
        Ok(())
    })?;
    asleep::until_in(child.pid(), libc::SYS_read)?;
    child.open()?;
    asleep::until_computing(child.pid())?;
    child.send(Signal::SIGUSR1)?;
    println!("child: {}", child.wait()?);
    Ok(())
}
