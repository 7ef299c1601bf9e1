//! Claim: after a TCP server has closed a connection first, its port stays taken for a minute, unless the next server
//! sets SO_REUSEADDR before bind.
//!
//! The side that closes first keeps the pair of addresses in TIME_WAIT, so that late packets find no new connection. It
//! is the *server's* port that is kept, and its restart that fails.
//!
//! Usage: cargo run -q -p client-server --example a_restarted_server_needs_reuseaddr
//! See also: `socket(7)` (SO_REUSEADDR), `tcp(7)`, RFC 9293 3.6.1

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen, stream};
use nix::sys::socket::{SockType, bind};
use std::os::fd::AsRawFd;

fn main() -> Result<()> {
    let door = listen::stream(&Address::own_loopback())?;
    let address = listen::local_address(&door)?;
    let client = connect::stream(&address)?;
    let end = listen::accept(&door)?;
    drop(end);
    println!("the server closes first: {} bytes at the client", stream::receive_all(&client)?.len());
    drop(client);
    drop(door);
    println!("nobody has the port; a new listener without SO_REUSEADDR: {}", bind_plainly(&address)?);
    println!("with SO_REUSEADDR: {}", if listen::stream(&address).is_ok() { "success" } else { "error" });
    Ok(())
}

fn bind_plainly(address: &Address) -> Result<String> {
    let socket = listen::make(address, SockType::Stream).context("make a socket")?;
    Ok(match bind(socket.as_raw_fd(), &*address.to_kernel()?) {
        Ok(()) => "success".to_owned(),
        Err(reason) => reason.to_string(),
    })
}
