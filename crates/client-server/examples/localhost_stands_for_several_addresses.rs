//! Claim: a name is not an address: one name may stand for several, and a client tries them until one answers.
//!
//! The names of hosts come from a file (/etc/hosts) or from a directory in the network (DNS); getaddrinfo asks them.
//! Here the server has an IPv4 address only, and "localhost" may stand for ::1 first.
//!
//! Usage: cargo run -q -p client-server --example localhost_stands_for_several_addresses
//! See also: `getaddrinfo(3)`, `hosts(5)`, `nsswitch.conf(5)`

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen};
use std::net::ToSocketAddrs;

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let Address::Internet(address) = listen::local_address(&door)? else {
        unreachable!("it is bound to IPv4")
    };

    let found: Vec<_> =
        ("localhost", address.port()).to_socket_addrs().context("look up localhost")?.collect();
    println!(
        "every address of localhost is loopback: {}",
        found.iter().all(|found| found.ip().is_loopback())
    );
    let calls = found.into_iter().map(|found| connect::stream(&Address::Internet(found)));
    let connected = calls.into_iter().find_map(Result::ok).context("reach localhost")?;
    println!("one of them answered: {}", listen::peer_address(&connected)? == Address::Internet(address));
    Ok(())
}
