//! Claim: SIGCHLD is one bit as well: five children end, the handler runs once. Reap in a loop until none is left.
//!
//! The boss is stopped while its children end. One that reaps a child for each signal keeps four zombies. (Here the
//! reaping is done after the handler, in the loop of the program.)
//!
//! Usage: cargo run -q -p signals --example one_sigchld_may_stand_for_many_children
//! See also: `waitpid(2)` (WNOHANG), `signal(7)`

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::getpid;
use signals::{asleep, child::Child, send, tally};

fn main() -> Result<()> {
    tally::start(Signal::SIGCHLD, SaFlags::empty()).context("install a handler")?;
    report("one for each signal", |signals| {
        for _ in 0..signals {
            waitpid(None, Some(WaitPidFlag::WNOHANG)).context("reap a child")?;
        }
        Ok(())
    })?;
    report("in a loop", |_| reap_all())
}

fn reap_all() -> Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
            other => other.context("reap a child")?,
        };
    }
}

fn report(how: &str, reap: fn(u32) -> Result<()>) -> Result<()> {
    let boss = Child::run(|gate| {
        let inherited = tally::of(Signal::SIGCHLD); // What the parent had counted before fork.
        for _ in 0..5 {
            ipc_kit::run_in_child(|| {
                nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).expect("a signal of that name exists");
                nix::unistd::pause();
                0
            })
            .context("start a child")?;
        }
        gate.wait()?;
        let signals = tally::of(Signal::SIGCHLD) - inherited;
        reap(signals)?;
        let zombies = asleep::children(getpid())?.len();
        println!("reaps {how}: children that ended 5, runs of the handler {signals}, zombies left {zombies}");
        reap_all() // Else init would have to.
    })?;
    asleep::until_in(boss.pid(), libc::SYS_read)?;
    let children = asleep::children(boss.pid())?;
    boss.stop()?;
    for child in children {
        asleep::until_in(child, asleep::PAUSE)?;
        send::kill(child, Signal::SIGTERM).context("end a child")?;
        asleep::until(child, 'Z')?;
    }
    boss.send(Signal::SIGCONT)?;
    boss.open()?;
    boss.wait()?;
    Ok(())
}
