//! Claim: who closes while bytes are unread resets the connection; the peer gets ECONNRESET where it waited for the
//! end.
//!
//! So a server that answers "too long", and closes without reading the rest, may take its own answer away: on Linux
//! what has arrived can still be read, on other systems and over a real network it may be lost.
//!
//! Usage: cargo run -q -p client-server --example closing_with_unread_bytes_resets
//! See also: `tcp(7)`, `unix(7)`, RFC 9293 3.6.1, and the example linger_0_resets_the_connection

use anyhow::{Context, Result};
use client_server::{connect, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::SockType;
use std::os::fd::{AsFd, OwnedFd};

fn main() -> Result<()> {
    report("TCP", connect::both_ends(&"127.0.0.1:0".parse()?)?)?;
    report("Unix", connect::pair(SockType::Stream)?)
}

fn report(kind: &str, (client, server): (OwnedFd, OwnedFd)) -> Result<()> {
    stream::send_all(&client, b"a request that nobody reads")?;
    let mut ready = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    retry(|| poll(&mut ready, PollTimeout::NONE)).context("wait until it has arrived")?;
    stream::send_all(&server, b"error\n")?;
    println!("{kind}: the answer: {}", stream::receive_line(&client)?);
    drop(server);
    println!("{kind}: then: {}", stream::receive(&client, &mut [0]).expect_err("bytes were unread"));
    Ok(())
}
