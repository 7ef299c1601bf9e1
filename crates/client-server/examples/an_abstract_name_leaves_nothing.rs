//! Claim: an abstract name (Linux) is gone with the last descriptor, so nothing is stale; but it has no mode, so
//! anybody may connect, and anybody may take the name first.
//!
//! It is not in the file system at all. Who needs to know who connects asks SO_PEERCRED.
//!
//! Usage: cargo run -q -p client-server --example an_abstract_name_leaves_nothing
//! See also: `unix(7)` (Abstract sockets)

use anyhow::Result;
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen};
use std::fs;

fn main() -> Result<()> {
    let name = format!("ipc-labs-abstract-{}", std::process::id());
    let address = Address::Abstract(name.clone());
    let server = Background::server(Kind::Poll, listen::stream(&address)?, Book::default())?;
    let table = fs::read_to_string("/proc/net/unix")?;
    println!("in the kernel's table: {}", table.contains(&format!("@{name}")));
    println!("a second server: {}", listen::stream(&address).expect_err("the name is taken").root_cause());
    println!("connect: {}", if connect::stream(&address).is_ok() { "success" } else { "error" });

    drop(server);
    println!("the server is killed");
    println!("connect: {}", connect::stream(&address).expect_err("nobody has the name").root_cause());
    println!("the next server: {}", if listen::stream(&address).is_ok() { "success" } else { "error" });
    Ok(())
}
