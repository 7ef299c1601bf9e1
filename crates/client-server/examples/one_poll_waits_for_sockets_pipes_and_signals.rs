//! Claim: poll waits for descriptors of every kind together: a listener, a client, a pipe, a signal.
//!
//! One call, and the first that is ready ends it. That is why it matters that a mechanism *is* a descriptor: what is
//! not (a System V queue, a condition variable) needs a thread or process of its own to wait in.
//!
//! Usage: cargo run -q -p client-server --example one_poll_waits_for_sockets_pipes_and_signals
//! See also: `poll(2)`, `signalfd(2)`, `epoll(7)`

use anyhow::{Context, Result};
use client_server::{connect, listen, stream};
use ipc_kit::{pipe, retry, write_all};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::{AsFd, BorrowedFd};

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let (client, server) = connect::both_ends(&"127.0.0.1:0".parse()?)?;
    let (reader, writer) = pipe().context("make a pipe")?;
    let usr1 = SigSet::from(Signal::SIGUSR1);
    usr1.thread_block().context("block SIGUSR1")?; // Else its default action would end us.
    let signals = SignalFd::with_flags(&usr1, SfdFlags::SFD_CLOEXEC).context("make a signalfd")?;

    let all = [
        ("listener", door.as_fd()),
        ("client", server.as_fd()),
        ("pipe", reader.as_fd()),
        ("signal", signals.as_fd()),
    ];
    println!("nothing has happened; ready: {:?}", ready(&all, PollTimeout::ZERO)?);

    let _caller = connect::stream(&listen::local_address(&door)?)?;
    println!("somebody calls; ready: {:?}", ready(&all, PollTimeout::NONE)?);
    listen::accept(&door)?;
    stream::send_all(&client, b"a request")?;
    println!("accepted, and a request is sent; ready: {:?}", ready(&all, PollTimeout::NONE)?);
    write_all(&writer, b"x").context("write to the pipe")?;
    raise(Signal::SIGUSR1).context("raise a signal")?;
    println!("a byte in the pipe, and a signal; ready: {:?}", ready(&all, PollTimeout::NONE)?);
    Ok(())
}

fn ready<'a>(all: &[(&'a str, BorrowedFd)], timeout: PollTimeout) -> Result<Vec<&'a str>> {
    let mut entries: Vec<_> = all.iter().map(|(_, end)| PollFd::new(*end, PollFlags::POLLIN)).collect();
    retry(|| poll(&mut entries, timeout)).context("poll")?;
    let names = all.iter().zip(&entries).filter(|(_, entry)| entry.any() == Some(true));
    Ok(names.map(|((name, _), _)| *name).collect())
}
