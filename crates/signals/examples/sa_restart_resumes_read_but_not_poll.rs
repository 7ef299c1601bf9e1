//! Claim: with SA_RESTART the kernel calls read again by itself. A flag set by the handler is then never looked at.
//! poll is never restarted.
//!
//! So SA_RESTART is right where the handler does all that is to be done, and wrong where the loop must see a flag.
//!
//! Usage: cargo run -q -p signals --example sa_restart_resumes_read_but_not_poll
//! See also: `signal(7)` (Interruption of system calls: two lists), `sigaction(2)`

use anyhow::{Context, Result};
use ipc_kit::{pipe, write_all};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, Signal};
use nix::unistd::read;
use signals::{asleep, child::Child, look, tally};
use std::os::fd::AsFd;

fn main() -> Result<()> {
    for (flags, name) in [(SaFlags::empty(), "no flag"), (SaFlags::SA_RESTART, "SA_RESTART")] {
        tally::start(Signal::SIGUSR1, flags).context("install a handler")?;
        read_until_a_flag(name)?;
        wait_in_poll(name)?;
    }
    Ok(())
}

/// `while !flag { read }`: does the signal end it?
fn read_until_a_flag(name: &str) -> Result<()> {
    let (reader, writer) = pipe().context("make a pipe")?;
    let child = Child::run(|_| {
        let mut reads = 0;
        while tally::of(Signal::SIGUSR1) == 0 {
            reads += 1;
            if let Err(reason) = read(&reader, &mut [0; 10]) {
                println!("{name}: read {reads}: {reason}");
            }
        }
        println!("{name}: the loop has seen the flag after read {reads}");
        Ok(())
    })?;
    interrupt(&child, libc::SYS_read)?;
    if name == "SA_RESTART" {
        asleep::until_in(child.pid(), libc::SYS_read)?;
        println!("{name}: the handler has run, and the child sleeps in read 1; now a byte comes");
    }
    write_all(&writer, b"x").context("write")?;
    child.wait()?;
    Ok(())
}

fn wait_in_poll(name: &str) -> Result<()> {
    let (reader, _writer) = pipe().context("make a pipe")?;
    let child = Child::run(|_| {
        let mut ready = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        let reason = ppoll(&mut ready, None, None).expect_err("nobody writes");
        println!("{name}: ppoll: {reason}");
        Ok(())
    })?;
    interrupt(&child, libc::SYS_ppoll)?;
    child.wait()?;
    Ok(())
}

fn interrupt(child: &Child, call: libc::c_long) -> Result<()> {
    asleep::until_in(child.pid(), call)?;
    child.send(Signal::SIGUSR1)?;
    look::until_taken(child.pid(), Signal::SIGUSR1)
}
