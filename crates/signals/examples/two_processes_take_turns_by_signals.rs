//! Claim: signals coordinate processes; they carry no data. Two processes take turns, ten times, without a word.
//!
//! The two kinds of communication: coordination (signals, fork, wait, locks) says *when*; data exchange (pipes, sockets,
//! shared memory) says *what*. Here each process says only "your turn". Both block the signal first, so a turn that comes
//! early is kept.
//!
//! Usage: cargo run -q -p signals --example two_processes_take_turns_by_signals
//! See also: `sigwaitinfo(2)`, `kill(2)`

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use signals::{arrival, child::Child, send, set};

fn main() -> Result<()> {
    let turn = set::of([Signal::SIGUSR1]);
    turn.thread_block().context("block the signal")?;
    let child = Child::run(|_| {
        for _ in 0..5 {
            arrival::wait(&turn).context("wait for the turn")?;
            println!("        pong");
            send::kill(getppid(), Signal::SIGUSR1).context("give the turn back")?;
        }
        Ok(())
    })?;
    for _ in 0..5 {
        println!("ping");
        child.send(Signal::SIGUSR1)?;
        arrival::wait(&turn).context("wait for the turn")?;
    }
    println!("child: {}", child.wait()?);
    Ok(())
}
