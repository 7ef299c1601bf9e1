//! Claim: a parent is told of stops and continues as of ends. SIGTSTP can be caught, to tidy up first; SIGCONT continues
//! even a process that blocks it, and throws away a pending stop.
//!
//! Usage: cargo run -q -p signals --example stop_and_continue_are_seen_by_the_parent
//! See also: `waitpid(2)` (WUNTRACED, WCONTINUED), `signal(7)` (SIGTSTP, SIGCONT)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::setpgid;
use signals::{child::Child, look, set, tally};

fn main() -> Result<()> {
    set::of([Signal::SIGCONT]).thread_block().context("block SIGCONT")?;
    let child = Child::run_to_gate(|| {
        println!("child: goes on");
        Ok(())
    })?;
    setpgid(child.pid(), child.pid()).context("make a group")?; // In an orphaned group SIGTSTP does nothing.
    for signal in [Signal::SIGTSTP, Signal::SIGCONT, Signal::SIGSTOP, Signal::SIGCONT] {
        child.send(signal)?;
        match waitpid(child.pid(), Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED)).context("wait")? {
            WaitStatus::Stopped(_, by) => println!("{signal}: stopped by {by}"),
            WaitStatus::Continued(_) => println!("{signal}, which it blocks: continued"),
            other => anyhow::bail!("unexpected: {other:?}"),
        }
    }
    child.open()?;
    child.wait()?;

    tally::start(Signal::SIGTSTP, SaFlags::empty()).context("install a handler")?;
    let caught = Child::run_to_gate(|| {
        println!("SIGTSTP caught: runs of the handler {}; it has not stopped", tally::of(Signal::SIGTSTP));
        Ok(())
    })?;
    caught.send(Signal::SIGTSTP)?;
    look::until_taken(caught.pid(), Signal::SIGTSTP)?;
    caught.open()?;
    caught.wait()?;
    discard()
}

fn discard() -> Result<()> {
    set::of([Signal::SIGTSTP]).thread_block().context("block SIGTSTP")?;
    let child = Child::run_to_gate(|| Ok(()))?;
    child.send(Signal::SIGTSTP)?;
    println!("SIGTSTP blocked: pending: {}", look::names(&look::at(child.pid())?.pending));
    child.send(Signal::SIGCONT)?;
    println!("then SIGCONT: pending: {}", look::names(&look::at(child.pid())?.pending));
    child.open()?;
    child.wait()?;
    Ok(())
}
