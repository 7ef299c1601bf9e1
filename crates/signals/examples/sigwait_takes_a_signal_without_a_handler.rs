//! Claim: a blocked signal can be waited for and taken like a message: no handler, no flag, no gap.
//!
//! One that came before the wait is pending, and the wait returns at once. Block first, then start whatever may send.
//!
//! Usage: cargo run -q -p signals --example sigwait_takes_a_signal_without_a_handler
//! See also: `sigwaitinfo(2)`, `sigwait(3)`

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use nix::unistd::getppid;
use signals::{arrival, asleep, child::Child, send, set, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    let wanted = set::of([Signal::SIGUSR1]);
    wanted.thread_block().context("block the signal")?;

    let child = Child::run_to_gate(|| {
        let boss = getppid();
        for _ in 0..2 {
            let arrival = arrival::wait(&wanted).context("wait for a signal")?;
            println!("child: took {}, from the parent: {}", arrival.number, arrival.sender == Some(boss));
        }
        println!("child: another one is there: {}", arrival::take(&wanted).context("look")?.is_some());
        println!("child: the handler ran {} times", tally::of(Signal::SIGUSR1));
        send::kill(boss, Signal::SIGUSR1).context("answer")
    })?;
    child.send(Signal::SIGUSR1)?; // Before it waits.
    child.open()?;
    asleep::until_in(child.pid(), libc::SYS_rt_sigtimedwait)?;
    child.send(Signal::SIGUSR1)?; // While it waits.
    let answer = arrival::wait(&wanted).context("wait for the answer")?;
    println!("parent: took {}, from the child: {}", answer.number, answer.sender == Some(child.pid()));
    child.wait()?;
    Ok(())
}
