//! Claim: when a server may move, its clients need a directory: a place that does not move and knows the address.
//!
//! The directory here is a file. A server writes its address beside it and renames: a reader sees the old address or
//! the new one, never half of one. DNS, portmappers and service registries are larger answers to the same question.
//!
//! Usage: cargo run -q -p client-server --example a_directory_tells_where_the_server_is
//! See also: `rename(2)`, `getaddrinfo(3)`

use anyhow::{Context, Result};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};
use std::fs;
use std::path::Path;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let directory = folder.path().join("book.address");
    let (old, old_address) = start_and_register(&directory, "first server")?;
    println!("{}", ask(&directory)?);
    let (_new, new_address) = start_and_register(&directory, "second server")?;
    drop(old);

    println!("the address is another: {}", old_address != new_address);
    println!("{}", ask(&directory)?);
    let refused = connect::stream(&old_address).expect_err("its server is dead");
    println!("who remembers the old address: {}", refused.root_cause());
    Ok(())
}

fn start_and_register(directory: &Path, name: &str) -> Result<(Background, Address)> {
    let listener = listen::stream(&Address::own_loopback())?;
    let address = listen::local_address(&listener)?;
    let server = Background::server(Kind::Poll, listener, Book::with(&[("name", name)]))?;
    let draft = directory.with_extension("new");
    fs::write(&draft, address.to_string()).context("write the address")?;
    fs::rename(draft, directory).context("publish the address")?;
    Ok((server, address))
}

fn ask(directory: &Path) -> Result<String> {
    let address = fs::read_to_string(directory).context("look into the directory")?;
    let server = connect::stream(&address.parse()?)?;
    stream::send_all(&server, b"get name\n")?;
    Ok(format!("found by the directory: {}", stream::receive_line(&server)?))
}
