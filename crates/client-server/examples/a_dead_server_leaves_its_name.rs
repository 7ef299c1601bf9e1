//! Claim: a killed server leaves its socket file, which refuses clients *and* the next server. The next server must
//! take it over, but never a live server's name, and never somebody's file.
//!
//! Usage: cargo run -q -p client-server --example a_dead_server_leaves_its_name
//! See also: `unix(7)`, `bind(2)` (EADDRINUSE), `connect(2)` (ECONNREFUSED), and `socket_file.rs`

use anyhow::{Context, Result};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, socket_file};
use std::fs;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = folder.path().join("book");
    let address = Address::Path(path.clone());
    let server = Background::server(Kind::Poll, listen::stream(&address)?, Book::default())?;
    drop(server); // Killed, so nothing of its own code ran.
    println!("the server is killed; its file is there: {}", path.exists());
    println!("connect: {}", connect::stream(&address).expect_err("nobody listens").root_cause());
    println!("bind: {}", listen::stream(&address).expect_err("the name is taken").root_cause());

    let (_door, name) = socket_file::listen(&path)?;
    println!("taken over; connect: {}", if connect::stream(&address).is_ok() { "success" } else { "error" });
    let second = socket_file::listen(&path).expect_err("a server lives there").to_string();
    println!("a second server: {}", second.replace(&path.display().to_string(), "PATH"));
    drop(name);
    println!("the server ends in order; its file is there: {}", path.exists());

    fs::write(&path, "somebody's diary").context("write a file")?;
    let refused = socket_file::listen(&path).expect_err("a file is there").to_string();
    println!("over a file: {}", refused.replace(&path.display().to_string(), "PATH"));
    println!("the file: {:?}", fs::read_to_string(&path).context("read the file")?);
    Ok(())
}
