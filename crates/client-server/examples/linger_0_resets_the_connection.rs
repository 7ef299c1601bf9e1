//! Claim: a connection can end in order (a 0 from recv) or by a reset (ECONNRESET); SO_LINGER with 0 seconds makes the
//! second.
//!
//! Crashed machines, firewalls and impatient clients reset, so a server must take it as one client's end. With a reset,
//! what was on its way may be thrown away: never use it to "close fast".
//!
//! Usage: cargo run -q -p client-server --example linger_0_resets_the_connection
//! See also: `socket(7)` (SO_LINGER), `tcp(7)`, `recv(2)` (ECONNRESET)

use anyhow::{Context, Result};
use client_server::{connect, stream};
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

fn main() -> Result<()> {
    let (client, server) = connect::both_ends(&"127.0.0.1:0".parse()?)?;
    drop(client);
    println!("closed in order: {}", receive(&server));

    let (client, server) = connect::both_ends(&"127.0.0.1:0".parse()?)?;
    let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
    setsockopt(&client, sockopt::Linger, &at_once).context("set SO_LINGER")?;
    drop(client);
    println!("closed with linger 0: {}", receive(&server));
    println!("asked again: {}", receive(&server));
    Ok(())
}

fn receive(socket: &std::os::fd::OwnedFd) -> String {
    match stream::receive(socket, &mut [0; 100]) {
        Ok(count) => format!("{count} bytes"),
        Err(reason) => reason.to_string(),
    }
}
