//! Claim: the queue of callers that wait for accept is finite: beyond it a caller waits in connect, or is refused.
//!
//! Linux lets one more wait than was asked for. The caller here is non-blocking and so gets EAGAIN. On TCP, a caller
//! beyond the queue gets no answer and tries again after a second.
//!
//! Usage: cargo run -q -p client-server --example the_backlog_is_finite
//! See also: `listen(2)`, `connect(2)` (EAGAIN), `tcp(7)` (tcp_abort_on_overflow)

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen, stream};
use nix::sys::socket::{Backlog, SockType};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let address = Address::Path(folder.path().join("door"));
    let door = listen::listen(&address, SockType::Stream, Backlog::new(2).context("choose a backlog")?)?;

    let mut callers = Vec::new();
    let refusal = loop {
        match call(&address) {
            Ok(caller) => callers.push(caller),
            Err(error) => break error,
        }
    };
    println!("backlog 2: {} callers wait, the next gets {}", callers.len(), refusal.root_cause());
    let _accepted = listen::accept(&door)?;
    println!(
        "after one accept, another call: {}",
        if call(&address).is_ok() { "connected" } else { "refused" }
    );
    Ok(())
}

fn call(address: &Address) -> Result<OwnedFd> {
    let caller = listen::make(address, SockType::Stream)?;
    stream::set_nonblocking(&caller)?;
    connect::connect_to(&caller, address)?;
    Ok(caller)
}
