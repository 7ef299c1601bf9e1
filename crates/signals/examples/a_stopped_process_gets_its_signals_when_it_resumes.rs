//! Claim: a signal is delivered when the process runs again: a stopped one gets it at SIGCONT. SIGKILL does not wait.
//!
//! Between sending and delivery the signal is *pending*. kill(2) returns at once; it says nothing of the delivery.
//!
//! Usage: cargo run -q -p signals --example a_stopped_process_gets_its_signals_when_it_resumes
//! See also: `signal(7)` (Execution of signal handlers), `proc_pid_status(5)` (ShdPnd)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{asleep, child::Child, look, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    for signal in [Signal::SIGUSR1, Signal::SIGTERM, Signal::SIGKILL] {
        let child = Child::run_to_gate(|| {
            println!("child: it goes on; runs of its handler: {}", tally::of(Signal::SIGUSR1));
            Ok(())
        })?;
        child.stop()?;
        child.send(signal)?;
        if signal == Signal::SIGKILL {
            println!("{signal}, and no SIGCONT: {}", child.wait()?);
            break;
        }
        let (state, pending) = (asleep::state(child.pid())?, look::at(child.pid())?.pending);
        println!("{signal} sent to a stopped process: state {state}, pending: {}", look::names(&pending));
        child.send(Signal::SIGCONT)?;
        child.open()?;
        println!("SIGCONT: {}", child.wait()?);
    }
    Ok(())
}
