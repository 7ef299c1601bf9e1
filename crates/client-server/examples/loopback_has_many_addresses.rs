//! Claim: 127.0.0.0/8 is this machine talking to itself; a listener bound to one address is found at that one only.
//!
//! So a server for programs on the same machine binds 127.0.0.1 and not 0.0.0.0 ("every address that this machine
//! has"): what is not bound to the network's address cannot be reached from the network.
//!
//! Usage: cargo run -q -p client-server --example loopback_has_many_addresses
//! See also: `ip(7)` (INADDR_LOOPBACK, INADDR_ANY), `connect(2)` (ECONNREFUSED)

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen};
use std::net::{Ipv4Addr, SocketAddr};

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let Address::Internet(address) = listen::local_address(&door)? else {
        unreachable!("it is bound to IPv4")
    };
    for host in [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 1, 2, 3)] {
        let there = Address::Internet(SocketAddr::from((host, address.port())));
        match connect::stream(&there) {
            Ok(_) => println!("listener at 127.0.0.1, call to {host}: connected"),
            Err(error) => println!("listener at 127.0.0.1, call to {host}: {}", error.root_cause()),
        }
    }
    let other =
        listen::stream(&Address::Internet(SocketAddr::from((Ipv4Addr::new(127, 1, 2, 3), address.port()))));
    let _other = other.context("bind the same port at another address")?;
    println!("the same port at 127.1.2.3: free, and now a second door");
    Ok(())
}
