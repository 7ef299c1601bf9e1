//! Claim: a port belongs to one listener; port 0 asks the kernel for a free one, and getsockname tells which.
//!
//! A fixed port makes two runs of a program collide. So tests, and servers whose clients are told the address, take
//! port 0.
//!
//! Usage: cargo run -q -p client-server --example port_0_lets_the_kernel_choose
//! See also: `bind(2)` (EADDRINUSE), `ip(7)` (ip_local_port_range), `getsockname(2)`

use anyhow::Result;
use client_server::{address::Address, listen};
use std::net::SocketAddr;

fn main() -> Result<()> {
    let any_port: Address = "127.0.0.1:0".parse()?;
    let (first, second) = (listen::stream(&any_port)?, listen::stream(&any_port)?);
    let (first_port, second_port) =
        (port(&listen::local_address(&first)?), port(&listen::local_address(&second)?));
    println!("the kernel chose port 0: {}", first_port == 0);
    println!("two listeners, one port: {}", first_port == second_port);

    let taken = listen::stream(&listen::local_address(&first)?);
    println!("bind to a taken port: {}", taken.expect_err("the first listener has it").root_cause());
    Ok(())
}

fn port(address: &Address) -> u16 {
    if let Address::Internet(address) = address { SocketAddr::port(address) } else { 0 }
}
