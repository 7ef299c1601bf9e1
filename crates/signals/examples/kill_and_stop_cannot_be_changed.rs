//! Claim: SIGKILL and SIGSTOP cannot be caught, ignored or blocked; all the others can.
//!
//! Catching and ignoring are refused aloud (EINVAL). Blocking is refused in silence: the call succeeds, and the two are
//! not in the mask. So there is always a way to end and to stop a process.
//!
//! Usage: cargo run -q -p signals --example kill_and_stop_cannot_be_changed
//! See also: `sigaction(2)` (EINVAL), `sigprocmask(2)` (NOTES)

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigSet, Signal};
use nix::unistd::getpid;
use signals::{action, asleep, child::Child, look, tally};

fn main() -> Result<()> {
    let mut changed = 0;
    for signal in Signal::iterator() {
        let results = [tally::start(signal, SaFlags::empty()), action::ignore(signal)];
        match results {
            [Ok(()), Ok(())] => {
                changed += 1;
                // Else a child's end would not be reported: ignoring SIGCHLD means that.
                action::restore_default(signal).context("restore the default")?;
            }
            [Err(Errno::EINVAL), Err(Errno::EINVAL)] => println!("{signal}: catch: EINVAL, ignore: EINVAL"),
            other => anyhow::bail!("{signal}: {other:?}"),
        }
    }
    println!("of {} standard signals {changed} can be caught and ignored", Signal::iterator().count());

    SigSet::all().thread_block().context("block every signal")?;
    let blocked = look::at(getpid())?.blocked;
    let standard = Signal::iterator().filter(|signal| blocked.contains(&(*signal).into()));
    println!("asked to block all, blocked: {}", standard.count());
    for signal in [Signal::SIGKILL, Signal::SIGSTOP] {
        println!("{signal} is blocked: {}", blocked.contains(&signal.into()));
    }
    let child = Child::run_to_gate(|| Ok(()))?; // Everything is blocked there, too.
    child.send(Signal::SIGTERM)?;
    child.stop()?;
    println!("SIGSTOP to such a child: state {}", asleep::state(child.pid())?);
    child.send(Signal::SIGKILL)?;
    println!("SIGKILL: {}", child.wait()?);
    Ok(())
}
