//! Claim: the protocol does not depend on the family: the same server answers on a path, an abstract name and IPv4.
//!
//! Only the address differs, at one place in the code. What does differ: on a Unix socket the kernel knows who asks.
//! IPv6 has an example of its own, since not every machine has it.
//!
//! Usage: cargo run -q -p client-server --example one_protocol_on_unix_and_ipv4
//! See also: `unix(7)`, `ip(7)`, `socket(2)`

use anyhow::{Context, Result};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = Address::Path(folder.path().join("book"));
    let name = Address::Abstract(format!("ipc-labs-book-{}", std::process::id()));
    println!("a path:           {}", conversation(&path)?);
    println!("an abstract name: {}", conversation(&name)?);
    println!("IPv4:             {}", conversation(&"127.0.0.1:0".parse()?)?);
    Ok(())
}

fn conversation(address: &Address) -> Result<String> {
    let listener = listen::stream(address)?;
    let address = listen::local_address(&listener)?;
    let _server = Background::server(Kind::Poll, listener, Book::with(&[("cherry", "red")]))?;
    let client = connect::stream(&address)?;
    stream::send_all(&client, b"get cherry\nwho\n")?;
    let (colour, who) = (stream::receive_line(&client)?, stream::receive_line(&client)?);
    let is_me = who.ends_with(&format!(" pid={}", std::process::id()));
    Ok(format!("{colour}; who: {}", if is_me { "ok, my own uid, gid and pid" } else { &who }))
}
