//! Claim: over TCP, a send that succeeds only means that the kernel took the bytes; the error comes with a later call.
//!
//! The peer has closed. The first send still succeeds: only the answer of the peer's kernel, a reset, says that
//! nobody is there. On a Unix socket one kernel sees both ends, and the first send fails.
//!
//! Usage: cargo run -q -p client-server --example a_successful_send_is_no_delivery
//! See also: `tcp(7)`, `send(2)` (EPIPE), `poll(2)` (POLLERR)

use anyhow::{Context, Result};
use client_server::{connect, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::SockType;
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let (ours, theirs) = connect::both_ends(&"127.0.0.1:0".parse()?)?;
    drop(theirs);
    // The end has arrived here, so the peer has certainly closed.
    println!("TCP: the peer has sent its end: {} bytes", stream::receive(&ours, &mut [0])?);
    println!(
        "TCP: first send: {}",
        if stream::send_all(&ours, b"hello").is_ok() { "success" } else { "error" }
    );
    let mut broken = [PollFd::new(ours.as_fd(), PollFlags::empty())];
    retry(|| poll(&mut broken, PollTimeout::NONE)).context("wait for the reset")?;
    println!("TCP: second send: {}", stream::send_all(&ours, b"hello").expect_err("the peer has gone"));

    let (ours, theirs) = connect::pair(SockType::Stream)?;
    drop(theirs);
    println!("Unix: first send: {}", stream::send_all(&ours, b"hello").expect_err("the peer has gone"));
    Ok(())
}
