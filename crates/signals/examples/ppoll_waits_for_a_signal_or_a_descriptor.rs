//! Claim: ppoll opens the mask only while it sleeps, so it waits for signals and descriptors without a gap. But when a
//! descriptor is ready at once, no signal gets in.
//!
//! Linux looks at the descriptors first. A loop whose input never ends must look for signals as well: a blocked one can
//! be read from a signalfd, or its handler can write to a self-pipe, and then it is a descriptor like the others.
//!
//! Usage: cargo run -q -p signals --example ppoll_waits_for_a_signal_or_a_descriptor
//! See also: `ppoll(2)`, `select_tut(2)`

use anyhow::{Context, Result};
use ipc_kit::{pipe, write_all};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use nix::unistd::read;
use signals::{set, tally};
use std::os::fd::{AsFd, OwnedFd};

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    set::of([Signal::SIGUSR1]).thread_block().context("block the signal")?;
    let (reader, writer) = pipe().context("make a pipe")?;

    raise(Signal::SIGUSR1).context("raise the signal")?; // Between the look and the sleep.
    report("a signal, no data", &reader);
    write_all(&writer, b"x").context("write")?;
    report("data, no signal", &reader);
    raise(Signal::SIGUSR1).context("raise the signal")?;
    report("a signal and data", &reader);
    read(&reader, &mut [0; 10]).context("read")?;
    report("the data is read", &reader);
    Ok(())
}

fn report(what: &str, reader: &OwnedFd) {
    let mut ready = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    let result = match ppoll(&mut ready, None, Some(SigSet::empty())) {
        Ok(count) => format!("{count} ready"),
        Err(reason) => format!("{reason:?}"),
    };
    println!("{what}: ppoll: {result}; runs of the handler: {}", tally::of(Signal::SIGUSR1));
}
