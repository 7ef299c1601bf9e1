//! Claim: IPv6 is one more family: another address, the same calls, the same protocol.
//!
//! `::1` is IPv6's loopback. A machine may have no IPv6: then bind says EADDRNOTAVAIL, or socket says EAFNOSUPPORT.
//!
//! Usage: cargo run -q -p client-server --example ipv6_speaks_the_same_protocol
//! See also: `ipv6(7)`

use anyhow::Result;
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};

fn main() -> Result<()> {
    let listener = listen::stream(&"[::1]:0".parse()?)?;
    let address = listen::local_address(&listener)?;
    let _server = Background::server(Kind::Poll, listener, Book::with(&[("cherry", "red")]))?;

    let client = connect::stream(&address)?;
    stream::send_all(&client, b"get cherry\n")?;
    println!("IPv6: {}", stream::receive_line(&client)?);
    let Address::Internet(own) = listen::local_address(&client)? else {
        unreachable!("it is an IPv6 socket")
    };
    println!("the client's own address: {}", own.ip());
    Ok(())
}
