//! Claim: the number of a process is free for others when it is reaped; a pidfd never means another one.
//!
//! As long as the parent has not waited, the number is kept (for a zombie), and a parent may use it. After that kill may
//! hit a stranger. Only the parent knows when that is; everybody else needs a pidfd.
//!
//! Usage: cargo run -q -p signals --example a_pidfd_never_means_another_process
//! See also: `pidfd_open(2)`, `pidfd_send_signal(2)`

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use signals::send::{self, PidFd};
use signals::{asleep, child::Child};

fn main() -> Result<()> {
    let child = Child::run_to_gate(|| Ok(()))?;
    let (pid, pidfd) = (child.pid(), PidFd::open(child.pid()).context("take hold of the child")?);
    pidfd.send(Signal::SIGTERM).context("send SIGTERM")?;
    asleep::until(pid, 'Z')?;
    println!(
        "a zombie: kill: {:?}, pidfd: {:?}",
        send::kill(pid, Signal::SIGTERM),
        pidfd.send(Signal::SIGTERM)
    );
    println!("waited for: {}", child.wait()?);
    println!("reaped: pidfd: {:?}", pidfd.send(Signal::SIGTERM));
    println!("reaped: pidfd_open of its number: {:?}", PidFd::open(pid).map(drop));
    Ok(())
}
