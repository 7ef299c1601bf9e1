//! Claim: the descriptor from accept does not inherit close-on-exec from the listener: accept4 must ask for it.
//!
//! Without it every program that the server starts keeps every client's connection open: the client waits for an end
//! that comes when that program ends. O_NONBLOCK is not inherited either (on Linux).
//!
//! Usage: cargo run -q -p client-server --example accept_does_not_hand_on_cloexec
//! See also: `accept(2)` (accept4, SOCK_CLOEXEC), `execve(2)`

use anyhow::{Context, Result};
use client_server::{connect, listen};
use ipc_kit::pipe;
use nix::sys::socket::{SockFlag, accept4};
use std::os::fd::{AsRawFd, RawFd};
use std::process::Command;

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let address = listen::local_address(&door)?;
    let (_first, _second) = (connect::stream(&address)?, connect::stream(&address)?);
    println!("the listener, made close-on-exec: {}", after_exec(door.as_raw_fd())?);

    // Not owned, so not closed here either: the process ends soon.
    let plain = accept4(door.as_raw_fd(), SockFlag::empty()).context("accept plainly")?;
    println!("accepted plainly: {}", after_exec(plain)?);
    let marked = listen::accept(&door)?;
    println!("accepted with SOCK_CLOEXEC: {}", after_exec(marked.as_raw_fd())?);
    println!("a pipe of ipc-kit: {}", after_exec(pipe()?.0.as_raw_fd())?);
    Ok(())
}

/// Asks another program whether it has the descriptor.
fn after_exec(descriptor: RawFd) -> Result<&'static str> {
    let status = Command::new("test").arg("-e").arg(format!("/proc/self/fd/{descriptor}")).status();
    Ok(if status.context("run test")?.success() { "still open after exec" } else { "closed by exec" })
}
